"""What a detector of text is, as the panel and whatever else reads text calls it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Protocol

from moderation.core.finding import Finding
from moderation.core.submission import Kind, Scene

NOISE = 0.01
"""A classifier's score below this is not worth keeping."""

Scores = Mapping[str, float]


class TextDetector(Protocol):
    """Looks at one text, at once."""

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]: ...


class BatchClassifier(Protocol):
    """Looks at texts in a thread of its own; None for a text that it did not get to."""

    @property
    def source(self) -> str: ...

    def submit(
        self, texts: Sequence[str], *, kinds: Sequence[Kind] | None = None, deadline: float | None = None
    ) -> "Future[list[dict[str, float] | None]]": ...


def scored(scores: Scores, source: str) -> tuple[Finding, ...]:
    """A classifier's scores as findings."""
    return tuple(Finding(category, score, source) for category, score in scores.items() if score >= NOISE)
