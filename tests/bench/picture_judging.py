"""The models of nudity and gore and the drawn marks: cost, false alarms on harmless drawings, and what is found of the marks."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from moderation.evaluation.metrics import table
from moderation.pictures.drawing import MARKS, flag
from moderation.pictures.explicit import ExplicitModels
from moderation.pictures.marks import Marks
from tests.bench.quiet import quiet
from tests.pictures.harmless import Pixels, harmless
from tests.pictures.red_things import red_things
from tests.pictures.scenes import drawing, lettering, scene

MODELS = Path(__file__).parents[2] / "models"
LEVELS = (0.5, 0.7, 0.9)
CPU_MS, READY, FALSE_ALARMS = 55.0, 1.0, 0.005
"""The most CPU milliseconds of both models on 400×400, seconds to load, share of harmless drawings at 0.5 and over."""

Change = Callable[[Image.Image, random.Random], Image.Image]


def _framed(picture: Image.Image, chance: random.Random) -> Image.Image:
    return ImageOps.expand(picture, chance.randrange(4, 50), chance.choice(("white", "black", "lightgrey")))


def _tilted(picture: Image.Image, chance: random.Random) -> Image.Image:
    return picture.rotate(chance.choice((-1, 1)) * chance.uniform(2, 8), Image.Resampling.BICUBIC, fillcolor="white")


CHANGES: dict[str, Change] = {
    "resized to 64–900 px": lambda picture, chance: ImageOps.scale(picture, chance.uniform(0.17, 2.2)),
    "blurred": lambda picture, chance: picture.filter(ImageFilter.GaussianBlur(chance.uniform(1, 4))),
    "framed, 1–12%": _framed,
    "2–4% cut off": lambda picture, chance: ImageOps.crop(picture, chance.randrange(8, 16) * picture.height // 400),
    "tilted by 2–8°": _tilted,
}


@dataclass(frozen=True, slots=True)
class Judging:
    """
    ready       seconds to load the models
    cost        CPU milliseconds by size, one thread: models and marks, medians
    harmless    how many harmless drawings were judged
    alarms      how many of them reach each of LEVELS, by model and category
    found       the share of marks found, by what was done to them
    flags       the share of flags found by hash or layout, by what was done to them
    others      how many pictures without a mark were looked at, and how many were taken for one
    """

    ready: float
    cost: dict[str, tuple[float, float]]
    harmless: int
    alarms: dict[tuple[str, str], tuple[int, ...]]
    found: dict[str, float]
    flags: dict[str, float]
    others: tuple[int, int]


def measure(each: int = 40, rounds: int = 15) -> Judging:
    """each: drawings of every kind; rounds: of the timings."""
    began = time.perf_counter()
    models = ExplicitModels(MODELS / "images")
    ready = time.perf_counter() - began
    marks = Marks(MODELS / "marks")
    cost = {}
    for width, height in ((400, 400), (200, 200), (400, 300)):
        pixels = np.ascontiguousarray(scene(1)[:height, :width])
        of_models = [quiet(partial(_ms, partial(models.scores, pixels))) for _ in range(rounds)]
        of_marks = [quiet(partial(_ms, partial(marks.seen, pixels))) for _ in range(rounds)]
        cost[f"{width}×{height}"] = median(of_models), median(of_marks)
    drawn = [pixels for _, pixels in harmless(each)]
    plain = [draw(seed) for draw in (scene, drawing, lettering) for seed in range(each)]
    scores: dict[tuple[str, str], list[float]] = {}
    for pixels in drawn + plain:
        for said in models.scores(pixels):
            scores.setdefault((said.source, said.category), []).append(said.score)
    others = [*drawn, *plain, *(pixels for _, pixels in red_things(each))]
    return Judging(
        ready=ready,
        cost=cost,
        harmless=len(drawn) + len(plain),
        alarms={key: tuple(sum(score >= level for score in all) for level in LEVELS) for key, all in scores.items()},
        found={name: _found(marks, change, each // 8) for name, change in CHANGES.items()},
        flags={name: _flags(marks, change, each) for name, change in CHANGES.items()},
        others=(len(others), sum(bool(marks.seen(pixels)) for pixels in others)),
    )


def _ms(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return (time.process_time() - began) * 1000


def _pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture, dtype=np.uint8)


def _found(marks: Marks, change: Change, times: int) -> float:
    found = 0
    for name, draw in MARKS.items():
        for at in range(times):
            changed = _pixels(change(draw(), random.Random(f"{name} {at}")))
            found += any(seen.mark.titles == marks.marks[name].titles for seen in marks.seen(changed))
    return found / (len(MARKS) * times)


def _flags(marks: Marks, change: Change, times: int) -> float:
    changed = [_pixels(change(flag(), random.Random(at))) for at in range(times)]
    return sum(any(seen.mark.name.startswith("flag") for seen in marks.seen(each)) for each in changed) / times


def goals(found: Judging) -> Iterator[tuple[str, str, str, str]]:
    """The lines of the goals' table."""
    cost = found.cost["400×400"][0]
    yield _goal("nudity and gore: CPU on 400×400", f"{CPU_MS:g} ms", f"{cost:.0f} ms", cost <= CPU_MS)
    yield _goal("nudity and gore: loaded", f"{READY:g} s", f"{found.ready:.2f} s", found.ready <= READY)
    share = max(alarms[0] for alarms in found.alarms.values()) / found.harmless
    yield _goal(
        "nudity and gore: harmless drawings at 0.5", f"{FALSE_ALARMS:.1%}", f"{share:.1%}", share <= FALSE_ALARMS
    )
    share = found.others[1] / found.others[0]
    yield _goal("marks: pictures without one", f"{FALSE_ALARMS:.1%}", f"{share:.1%}", share <= FALSE_ALARMS)


def _goal(name: str, goal: str, measured: str, met: bool) -> tuple[str, str, str, str]:
    return name, f"at most {goal}", measured, "yes" if met else "**no**"


def sections(found: Judging) -> list[str]:
    """A heading, paragraphs and tables."""
    costs = [(size, f"{models:.0f} ms", f"{marks:.1f} ms") for size, (models, marks) in found.cost.items()]
    alarms = [
        (source.partition("@")[0], category, *map(str, counts)) for (source, category), counts in found.alarms.items()
    ]
    rates = [(name, f"{found.found[name]:.0%}", f"{found.flags[name]:.0%}") for name in found.found]
    return [
        "## Nudity, gore and marks in pictures",
        f"CPU time, one thread. The models are loaded after {found.ready:.2f} s. No picture of what they look for was at hand, so "
        "what they miss is not measured.",
        table(["Picture", "Both models", "Marks"], costs),
        f"Harmless drawings ({found.harmless}: skin tones, faces, food, red textures, letters, cartoons …) that reach a score:",
        table(["Model", "Category", *(f"≥ {level}" for level in LEVELS)], alarms),
        f"Marks of `models/marks` and the flag, found after a change. Of {found.others[0]} pictures without one, half of them red with "
        f"yellow on it, {found.others[1]} were taken for one.",
        table(["Changed", "Marks found", "Flags found"], rates),
    ]


if __name__ == "__main__":
    judging = measure()
    print("\n\n".join([*sections(judging), *("  ".join(line) for line in goals(judging))]))
