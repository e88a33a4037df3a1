"""Pictures: what they are copies of, what they show, and what is coded and written in them."""

import ctypes
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from moderation.core.errors import NotFound
from moderation.core.finding import Check, Finding, Point, Region, Screening, Verdict
from moderation.core.submission import Item, Kind, Scene
from moderation.detectors.pictured_text import PicturedText, Written
from moderation.pictures.bank import BankMatch, Weight
from moderation.pictures.codes import Payload, classify, read_codes
from moderation.pictures.decoded import DecodedPicture, Frame, Pixels, Undecodable
from moderation.pictures.explicit import ExplicitModels
from moderation.pictures.frames import opaque
from moderation.pictures.marks import Marks
from moderation.pictures.reading import TextReader

TRADE = "advertising_trade"
"""What a contact, an address or a payment in a code is."""

LARGE = 3_000_000
"""Bytes of pixels beyond which what a picture took is given back to the system: left alone, the C library keeps it."""

_CEILINGS = {
    Weight.ACTS: Verdict.REJECT,
    Weight.REVIEW: Verdict.REVIEW,
    Weight.EXCUSES: Verdict.PASS,
    Weight.EXCUSED: Verdict.PASS,
}

Known = Callable[[DecodedPicture], tuple[BankMatch, ...]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What sees: the reader of what is written, the models of what is shown, and the drawn marks."""

    reader: TextReader
    explicit: ExplicitModels
    marks: Marks

    @classmethod
    def load(cls, models: Path) -> "Sight":
        """Takes about a second. Raises BadSetup for a model that is missing or damaged."""
        return cls(TextReader(models / "ocr"), ExplicitModels(models / "images"), Marks(models / "marks"))


class ImageDetector:
    """Looks at the pictures of items.

    recall  a picture that was taken in, by its reference; raises Undecodable or NotFound
    known   the bank's entries that a picture is a copy of, one way or the other
    sight   called once, at the first picture or by `warm`: whoever screens texts alone does not wait for it
    text    what is read goes through it
    """

    def __init__(
        self, recall: Callable[[str], DecodedPicture], known: Known, sight: Callable[[], Sight], text: PicturedText
    ) -> None:
        self.recall, self.known, self.text = recall, known, text
        self._load, self._loading = sight, threading.Lock()
        self._sight: Sight | None = None

    def warm(self) -> None:
        """Loads the models now."""
        _ = self.sight

    @property
    def sight(self) -> Sight:
        with self._loading:
            if self._sight is None:
                self._sight = self._load()
            return self._sight

    def screen(self, item: Item, scene: Scene, today: date, deadline: float | None = None) -> Screening:
        """What is said of an item's pictures; what could not be looked at by the deadline (`time.monotonic()`) is unchecked."""
        screening = Screening()
        if item.problems:
            screening = Screening(unchecked=(Check.IMAGE,), problem="; ".join(item.problems))
        large = False
        for number, reference in enumerate(item.images):
            if _is_held(reference) or _late(deadline):
                screening = screening.and_also(Screening(unchecked=(Check.IMAGE,), degraded=True))
                continue
            try:
                picture = self.recall(reference)
            except (Undecodable, NotFound) as error:
                screening = screening.and_also(Screening(unchecked=(Check.IMAGE,), problem=str(error)))
                continue
            large |= sum(frame.pixels.nbytes for frame in picture.frames) > LARGE
            screening = screening.and_also(self._look(number, picture, item.kind, scene, today, deadline))
        if large:
            _give_back()
        return screening

    def _look(
        self, number: int, picture: DecodedPicture, kind: Kind, scene: Scene, today: date, deadline: float | None
    ) -> Screening:
        problem = picture.facts.problem
        screening = Screening(unchecked=(Check.IMAGE,) if problem else (), problem=problem)
        matches = self.known(picture)
        excused = any(match.weight is Weight.EXCUSES for match in matches)
        shown = [_matched(match, number) for match in matches if match.entry.category is not None]
        for frame in picture.frames:
            for pixels in opaque(frame.pixels):
                if _late(deadline):
                    screening = screening.and_also(Screening(unchecked=(Check.IMAGE,), degraded=True))
                    break
                shown += self._judged(pixels, frame, number)
                screening = screening.and_also(Screening(tuple(_coded(pixels, frame, number))))
                lines = list(self._written(pixels, frame, number))
                screening = screening.and_also(self.text.screen(lines, kind, scene, today, deadline))
        if excused:
            shown = [replace(finding, ceiling=Verdict.PASS) for finding in shown]
        return replace(screening, findings=_once([*shown, *screening.findings]))

    def _judged(self, pixels: Pixels, frame: Frame, number: int) -> Iterator[Finding]:
        """What the models say that a frame shows, and the marks in it."""
        for said in self.sight.explicit.scores(pixels):
            source = f"image@{said.source.replace('@', '-')}"
            yield Finding(said.category, said.score, source, region=Region(number, frame.at))
        for seen in self.sight.marks.seen(pixels):
            mark, left, top, right, bottom = seen.mark, *seen.box
            corners = _placed(((left, top), (right, top), (right, bottom), (left, bottom)), frame)
            region = Region(number, frame.at, corners, mark.titles["zh"])
            source = f"marks@{self.sight.marks.version}"
            yield Finding(mark.category, 1.0, source, severity=mark.severity, ceiling=mark.ceiling, region=region)

    def _written(self, pixels: Pixels, frame: Frame, number: int) -> Iterator[Written]:
        for line in self.sight.reader.read(pixels):
            yield Written(line.text, line.score, number, frame.at, _placed(line.box, frame))


def unlooked(item: Item) -> Screening:
    """What is said of an item's pictures where nobody has looked at them: a person must."""
    if not item.images and not item.problems:
        return Screening()
    waiting = any(map(_is_held, item.images))
    return Screening(unchecked=(Check.IMAGE,), problem="; ".join(item.problems) or None, degraded=waiting)


def _matched(match: BankMatch, number: int) -> Finding:
    """A copy of a picture in a bank, or one that a bank excuses."""
    entry = match.entry
    region = Region(number, entry=str(entry.id), distance=match.distance)
    return Finding(entry.category or "", 1.0, f"bank@{entry.bank}", ceiling=_CEILINGS[match.weight], region=region)


def _coded(pixels: Pixels, frame: Frame, number: int) -> Iterator[Finding]:
    """Codes that lead somewhere or to somebody; a product's code is recorded."""
    for code in read_codes(pixels):
        payload = classify(code)
        if payload is Payload.OTHER:
            continue
        ceiling = Verdict.PASS if payload is Payload.PRODUCT else Verdict.REJECT
        region = Region(number, frame.at, _placed(code.box, frame), code.payload)
        yield Finding(TRADE, 1.0, f"codes@{payload.value}", ceiling=ceiling, region=region)


def _placed(corners: Sequence[Point], frame: Frame) -> tuple[Point, ...]:
    """Corners in a tile as corners in the whole picture."""
    left, top, right, bottom = frame.box
    return tuple((left + x * (right - left), top + y * (bottom - top)) for x, y in corners)


def _once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Without what other frames or backgrounds say again: of each category, source and text the surest."""
    best: dict[tuple[str, str, str, str], Finding] = {}
    for finding in findings:
        region = finding.region or Region(0)
        key = (finding.category, finding.source, region.text, region.entry)
        if key not in best or (finding.ceiling, finding.score) > (best[key].ceiling, best[key].score):
            best[key] = finding
    return tuple(best.values())


def _give_back() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def _is_held(reference: str) -> bool:
    """Whether a picture waits for a worker to decode it."""
    return reference.startswith("held:")


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline
