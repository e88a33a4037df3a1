"""What is written in a picture, put through the text detectors, with the place in the picture as evidence."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from datetime import date

from moderation.core.finding import Check, Finding, Point, Region, Screening, Verdict
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.detector import BatchClassifier, TextDetector, scored

log = logging.getLogger(__name__)

SURE = 0.8
"""How sure the reader must be of every line that a finding covers (in [0, 1], inclusive) for a refusal without a person."""

SHORTEST = 2
"""Code points below which what is read is not given to the classifier."""


@dataclass(frozen=True, slots=True)
class Written:
    """One line read in a picture: how sure in [0, 1], in which picture and frame, and four points around it."""

    text: str
    score: float
    picture: int
    frame: int
    corners: tuple[Point, ...]


class PicturedText:
    """Looks at what is written in pictures.

    text        the detectors as the panel holds them: lists change under way
    classifier  None where the operator has switched it off
    """

    def __init__(self, text: Mapping[Check, TextDetector], classifier: BatchClassifier | None) -> None:
        self.text, self.classifier = text, classifier

    def screen(
        self, lines: Sequence[Written], kind: Kind, scene: Scene, now: date, deadline: float | None
    ) -> Screening:
        """What is said of the lines of one frame, in reading order: each stands on a line of its own."""
        page = "\n".join(line.text for line in lines)
        if not page.strip():
            return Screening()
        screening = Screening()
        # The classifier knows text by kind; what stands in an avatar is as short and as public as a bio.
        as_text = Kind.BIO if kind is Kind.AVATAR else kind
        wanted = self.classifier if len(page.strip()) >= SHORTEST else None
        scoring = wanted.submit([page], kinds=[as_text], deadline=deadline) if wanted else None
        for check, detector in tuple(self.text.items()):
            try:
                found = detector.screen(page, kind, scene, now)
            except Exception:  # as for a text that was submitted
                log.exception("the %s check failed on what a picture says", check)
                screening = screening.and_also(Screening(unchecked=(check,), degraded=True))
            else:
                screening = screening.and_also(Screening(tuple(_placed(finding, page, lines) for finding in found)))
        if scoring is None or wanted is None:
            return screening
        try:
            scores = scoring.result(None if deadline is None else max(0.0, deadline - time.monotonic()))[0]
        except FutureTimeout:
            scores = None
        except Exception:
            log.exception("the classifier failed on what a picture says")
            scores = None
        if scores is None:
            return screening.and_also(Screening(unchecked=(Check.CLASSIFIER,), degraded=True))
        whole = Span(0, len(page))
        return screening.and_also(
            Screening(tuple(_placed(found, page, lines, whole) for found in scored(scores, wanted.source)))
        )


def _placed(finding: Finding, page: str, lines: Sequence[Written], span: Span | None = None) -> Finding:
    """The finding with its place in the picture instead of that in the text; unsure reading goes to a person."""
    span = span or finding.span or Span(0, len(page))
    covered = list(_covered(span, lines))
    first = covered[0]
    sure = all(line.score >= SURE for line in covered)
    region = Region(first.picture, first.frame, _around(covered), span.of(page))
    ceiling = finding.ceiling if sure else min(finding.ceiling, Verdict.REVIEW)
    return replace(finding, span=None, region=region, ceiling=ceiling)


def _covered(span: Span, lines: Sequence[Written]) -> Iterator[Written]:
    start = 0
    for line in lines:
        end = start + len(line.text)
        if start < max(span.end, span.start + 1) and span.start <= end:
            yield line
        start = end + 1


def _around(lines: Sequence[Written]) -> tuple[Point, ...]:
    """The corners of one line, or of the upright box around several."""
    if len(lines) == 1:
        return lines[0].corners
    xs, ys = zip(*(corner for line in lines for corner in line.corners), strict=True)
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return ((left, top), (right, top), (right, bottom), (left, bottom))
