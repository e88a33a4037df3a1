"""The panel: what is not checked is said so, and a long text cannot hold its caller past the deadline."""

import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest

from moderation.core.exemptions import Exemption, Exemptions
from moderation.core.finding import Check, Finding, Screening, Verdict
from moderation.core.submission import Account, Item, Kind, Scene, Span, Submission
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.panel import LONG, Panel
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist


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


class Brand:
    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        return tuple(Finding(code, 1.0, "names@1", Span(0, 1)) for code in ("brand_misuse", "porn"))


@pytest.mark.parametrize(("account", "ceiling"), [("42", Verdict.PASS), ("43", Verdict.REJECT), (None, Verdict.REJECT)])
def test_what_an_account_has_a_right_to_is_recorded_and_never_acts(account: str | None, ceiling: Verdict) -> None:
    right = Exemption("42", frozenset({"brand_misuse"}), "contract 7", "li", date(2027, 1, 1))
    panel = Panel({Check.NAMES: Brand()}, None, exemptions=Exemptions([right]), today=lambda: date(2026, 11, 22))
    whose = Account(account) if account else None
    try:
        [[found]] = panel.screen([Submission(Scene.PROFILE_CHANGE, (Item(Kind.USERNAME, "某某"),), whose)])
    finally:
        panel.close()
    assert [(each.category, each.ceiling) for each in found.findings] == [
        ("brand_misuse", ceiling),
        ("porn", Verdict.REJECT),
    ]


def test_a_profile_that_violates_together_is_found_in_both_fields() -> None:
    lexicon = Lexicon.of([read_wordlist("百家乐", "gambling.txt")])
    panel = Panel({Check.KEYWORDS: KeywordDetector(lexicon)}, None, today=lambda: date(2026, 11, 22))
    items = Item(Kind.USERNAME, "百家"), Item(Kind.BIO, "乐")
    try:
        [[name, bio], [alone]] = panel.screen(
            [Submission(Scene.REGISTRATION, items), Submission(Scene.POST, items[:1])]
        )
    finally:
        panel.close()
    assert name.findings == bio.findings and [part.item for part in name.findings[0].parts] == [0, 1]
    assert alone.findings == ()


def test_a_joined_profile_that_cannot_be_looked_at_is_unchecked() -> None:
    class Once:
        def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
            if len(text) > 2:
                raise ZeroDivisionError
            return ()

    panel = Panel({Check.KEYWORDS: Once()}, None, today=lambda: date(2026, 11, 22))
    items = Item(Kind.USERNAME, "百家"), Item(Kind.BIO, "乐")
    try:
        [[name, bio]] = panel.screen([Submission(Scene.REGISTRATION, items)])
    finally:
        panel.close()
    assert name.unchecked == (Check.KEYWORDS,) and name.degraded and bio.unchecked == ()
