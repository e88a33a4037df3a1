"""The panel: what is not checked is said so, and a long text cannot hold its caller past the deadline."""

import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest

from moderation.core.finding import Check, Finding, Screening
from moderation.core.submission import Item, Kind, Scene, Submission
from moderation.detectors.panel import LONG, Panel


class Slow:
    """A detector that does not answer before it is let go, as one with a text full of hits."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        self.go.wait(30)
        return ()


class Broken:
    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        raise ZeroDivisionError


@pytest.fixture
def slow() -> Iterator[Slow]:
    detector = Slow()
    yield detector
    detector.go.set()


def post(text: str) -> Submission:
    return Submission(Scene.POST, (Item(Kind.POST, text),))


def screened(detector: Slow | Broken, text: str, deadline: float | None) -> Screening:
    panel = Panel({Check.KEYWORDS: detector}, None, today=lambda: date(2026, 11, 22))
    try:
        return panel.screen([post(text)], deadline)[0][0]
    finally:
        panel.close()


def test_a_long_text_that_is_not_done_by_the_deadline_is_unchecked(slow: Slow) -> None:
    found = screened(slow, "字" * (LONG + 1), time.monotonic() + 0.05)
    assert not slow.go.is_set(), "the caller was answered while the detector was still at it"
    assert (found.unchecked, found.degraded) == ((Check.KEYWORDS,), True)


def test_without_a_deadline_a_long_text_is_waited_for(slow: Slow) -> None:
    threading.Timer(0.05, slow.go.set).start()
    found = screened(slow, "字" * (LONG + 1), None)
    assert (found.unchecked, found.degraded) == ((), False)


@pytest.mark.parametrize("length", [1, LONG + 1])
def test_a_detector_that_fails_leaves_its_check_undone(length: int) -> None:
    found = screened(Broken(), "字" * length, time.monotonic() + 10)
    assert (found.findings, found.unchecked, found.degraded) == ((), (Check.KEYWORDS,), True)
