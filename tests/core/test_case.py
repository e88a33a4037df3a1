"""The life of a case: claimed, decided, undone, and told again by its events."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core import case as rules
from moderation.core.case import Case, CaseStatus, ItemVerdict, Reason
from moderation.core.errors import BadInput, Conflict, ModerationError, NotAllowed
from moderation.core.events import Event
from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from tests.making import START

LEASE, GRACE = timedelta(minutes=10), timedelta(minutes=5)
PASSED, REJECTED = ItemVerdict(Verdict.PASS), ItemVerdict(Verdict.REJECT, "gambling")
CASE = Case(
    id="case_1",
    screening_id="scr_1",
    account_id="42",
    scene=Scene.PROFILE_CHANGE,
    kinds=(Kind.BIO,),
    categories=("gambling",),
    severity=3,
    reason=Reason.SCREENING,
    opened_at=START,
)
CLAIMED = rules.apply(CASE, rules.claim(CASE, "li", START, LEASE))
RESOLVED = rules.apply(CLAIMED, rules.resolve(CLAIMED, [REJECTED], "so", "li", 1, START, GRACE))


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_case_opens_as_its_event_says() -> None:
    assert rules.apply(None, rules.opened(CASE, "machine")) == CASE
    assert CASE.verdict is None


def test_a_claim_holds_until_its_lease_runs_out_and_then_anyone_may_claim() -> None:
    assert (CLAIMED.status, CLAIMED.claimed_by, CLAIMED.lease_until) == (CaseStatus.CLAIMED, "li", START + LEASE)
    with pytest.raises(Conflict) as refused:
        rules.claim(CLAIMED, "wang", START + LEASE - timedelta(microseconds=1), LEASE)
    assert refused.value.current == {"claimed_by": "li"}
    assert rules.apply(CLAIMED, rules.claim(CLAIMED, "wang", START + LEASE, LEASE)).claimed_by == "wang"


def test_ones_own_claim_is_renewed() -> None:
    renewed = rules.apply(CLAIMED, rules.claim(CLAIMED, "li", after(60), LEASE))
    assert renewed.lease_until == after(60) + LEASE
    assert renewed.version == CLAIMED.version == 1


def test_only_who_has_a_case_gives_it_back() -> None:
    freed = rules.apply(CLAIMED, rules.release(CLAIMED, "li", START))
    assert freed == CASE
    for case, by in ((CLAIMED, "wang"), (CASE, "li"), (RESOLVED, "li")):
        with pytest.raises(Conflict):
            rules.release(case, by, START)


def test_a_decision_closes_the_case_and_counts_as_a_change() -> None:
    assert (RESOLVED.status, RESOLVED.version, RESOLVED.verdict) == (CaseStatus.RESOLVED, 2, Verdict.REJECT)
    assert (RESOLVED.resolved_by, RESOLVED.note, RESOLVED.claimed_by) == ("li", "so", None)
    assert RESOLVED.undo_until == START + GRACE


def test_an_open_case_can_be_decided_without_a_claim() -> None:
    assert rules.apply(CASE, rules.resolve(CASE, [PASSED], "", "li", 1, START, GRACE)).verdict is Verdict.PASS


def test_nobody_decides_a_case_that_somebody_else_has_or_decided() -> None:
    for case in (CLAIMED, RESOLVED):
        with pytest.raises(Conflict):
            rules.resolve(case, [PASSED], "", "wang", case.version, START, GRACE)
    with pytest.raises(Conflict):
        rules.claim(RESOLVED, "wang", START, LEASE)


def test_a_decision_on_an_older_version_is_a_conflict_that_tells_the_present_one() -> None:
    changed = rules.apply(CLAIMED, rules.update(CLAIMED, ["fraud"], 4, START))
    assert (changed.version, changed.categories, changed.severity) == (2, ("fraud",), 4)
    assert changed.claimed_by == "li"
    with pytest.raises(Conflict) as refused:
        rules.resolve(changed, [PASSED], "", "li", 1, START, GRACE)
    assert refused.value.current["version"] == 2


@pytest.mark.parametrize("verdicts", [[], [PASSED, PASSED]])
def test_a_decision_has_one_verdict_for_each_item(verdicts: list[ItemVerdict]) -> None:
    with pytest.raises(BadInput) as refused:
        rules.resolve(CASE, verdicts, "", "li", 1, START, GRACE)
    assert refused.value.problems[0].field == "items"


def test_who_decided_can_undo_it_until_the_grace_period_is_over() -> None:
    undone = rules.apply(RESOLVED, rules.undo(RESOLVED, "li", START + GRACE - timedelta(microseconds=1)))
    assert undone == replace(CASE, version=3)
    with pytest.raises(NotAllowed):
        rules.undo(RESOLVED, "li", START + GRACE)
    with pytest.raises(NotAllowed):
        rules.undo(RESOLVED, "wang", START)
    with pytest.raises(Conflict):
        rules.undo(CLAIMED, "li", START)


def test_a_case_that_closed_itself_cannot_be_undone() -> None:
    closed = rules.apply(CLAIMED, rules.close_itself(CLAIMED, START))
    assert (closed.verdict, closed.resolved_by) == (Verdict.PASS, "machine")
    with pytest.raises(NotAllowed):
        rules.undo(closed, "machine", START)


def test_events_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="begins with"):
        rules.apply(None, Event("case:1", "case.claimed", START, "li", {"lease_until": "2026-01-01T00:00:00Z"}))
    with pytest.raises(ValueError, match="knows no event"):
        rules.apply(CASE, Event("case:1", "case.eaten", START, "li", {}))


Step = Callable[[Case, str, datetime], Event]
STEPS: list[Step] = [
    lambda case, by, now: rules.claim(case, by, now, LEASE),
    rules.release,
    lambda case, by, now: rules.resolve(case, [REJECTED], "", by, case.version, now, GRACE),
    rules.undo,
    lambda case, by, now: rules.update(case, ["fraud"], 2, now),
]


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(["li", "wang"]), st.integers(0, 400)), max_size=12))
def test_whatever_happens_a_case_is_never_in_two_states(steps: list[tuple[Step, str, int]]) -> None:
    case, now = CASE, START
    for step, by, seconds in steps:
        now += timedelta(seconds=seconds)
        try:
            changed = rules.apply(case, step(case, by, now))
        except ModerationError:
            continue
        assert changed.version >= case.version
        case = changed
        assert (case.status is CaseStatus.CLAIMED) == (case.claimed_by is not None) == (case.lease_until is not None)
        assert (case.status is CaseStatus.RESOLVED) == (case.resolved_by is not None) == bool(case.items)
        assert (case.verdict is None) == (case.status is not CaseStatus.RESOLVED)
