"""Pictures in docs/benchmarks.md: the engines' own parts, then what the real service does with pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from moderation.evaluation.metrics import table
from tests.bench import picture_bank, picture_judging, picture_reading, picture_service
from tests.bench.picture_service import PictureService

Goal = tuple[str, str, str, str]

BOUNDS = {2: (250.0, 600.0), 4: (450.0, 900.0)}
"""By callers, the highest p50 and p99 in milliseconds, inclusive."""


@dataclass(frozen=True, slots=True)
class Pictures:
    reading: picture_reading.PictureReading
    bank: picture_bank.PictureBank
    judging: picture_judging.Judging
    service: PictureService


def measure(quick: bool, say: Callable[[str], None]) -> Pictures:
    say("pictures: reading")
    reading = picture_reading.measure(1, 3) if quick else picture_reading.measure(3)
    say("pictures: banks")
    bank = picture_bank.measure(say, 50_000, 20, 20) if quick else picture_bank.measure(say)
    say("pictures: judging")
    judging = picture_judging.measure(3, 3) if quick else picture_judging.measure()
    service = picture_service.measure(1, 20, 50, say) if quick else picture_service.measure(3, 100, 1_000, say)
    return Pictures(reading, bank, judging, service)


def goals(found: Pictures) -> Iterator[Goal]:
    yield from picture_reading.goals(found.reading)
    yield from picture_bank.goals(found.bank)
    yield from picture_judging.goals(found.judging)
    yield from _service_goals(found.service)


def sections(found: Pictures) -> list[str]:
    return [
        "## Pictures",
        *picture_reading.sections(found.reading),
        *picture_bank.sections(found.bank),
        *picture_judging.sections(found.judging),
        *_service_sections(found.service),
    ]


def _service_goals(found: PictureService) -> Iterator[Goal]:
    for callers, (p50, p99) in BOUNDS.items():
        avatars = found.avatars[callers]
        yield _at_most(f"400×400 avatar, all checks, {callers} callers: p50", avatars.p50, p50, "ms")
        yield _at_most(f"400×400 avatar, all checks, {callers} callers: p99", avatars.p99, p99, "ms")
    yield _at_most("static picture with nothing in it, CPU of all processes", found.plain, 150, "ms")
    hostile = found.hostile
    yield _at_most("hostile files: the slowest answer", hostile.worst, 6, "s")
    yield _at_most("hostile files without a verdict or a reason", hostile.unanswered, 0, "")
    yield _at_most("hostile files: the largest decoder", hostile.decoder, 350, "MB")
    yield _at_most("hostile files: memory of the service that stays", hostile.growth, 100, "MB")
    yield _at_most("hostile files: p99 of texts meanwhile, times that without", hostile.during / hostile.before, 2, "×")
    yield _at_most("avatars lost while decoders are killed", found.kept.sent - found.kept.done, 0, "")


def _at_most(name: str, measured: float, bound: float, unit: str) -> Goal:
    return (
        name,
        f"at most {bound:g} {unit}".strip(),
        f"{measured:.3g} {unit}".strip(),
        "yes" if measured <= bound else "**no**",
    )


def _service_sections(found: PictureService) -> list[str]:
    rows = [(str(callers), f"{a.p50:.0f} ms", f"{a.p99:.0f} ms") for callers, a in found.avatars.items()]
    hostile, kept = found.hostile, found.kept
    return [
        "### Through the service",
        "400×400 avatars, a quarter with text and a tenth with a code, through `POST /v1/screenings` with all checks: decoding, banks, "
        "codes, models, marks, reading, and the text detectors on what was read. Each caller sends the next when it has its answer. "
        "Medians over rounds.",
        table(["Callers", "p50", "p99"], rows),
        f"A static picture with nothing in it costs {found.plain:.0f} ms of CPU over all processes.",
        f"**Hostile files.** {hostile.files} files that mean harm (`tests/pictures/hostile.py`), sent by two callers while registrations "
        f"with texts go on: the slowest is answered after {hostile.worst:.1f} s; p99 of the registrations is {hostile.during:.0f} ms, and "
        f"{hostile.before:.0f} ms without them; the largest decoder has {hostile.decoder:.0f} MB, and {hostile.growth:.0f} MB stay in the "
        "service's other processes.",
        f"**Killed decoders.** {kept.sent:,} avatars through the worker while a decoder is killed every half second ({kept.killed} were): "
        f"{kept.done:,} came back with a verdict, in {kept.seconds:.0f} s.",
    ]
