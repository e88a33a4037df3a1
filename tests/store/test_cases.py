"""Cases as stored: the projection, the queue, and the events that tell the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderation.core import case as rules
from moderation.core.case import Case, CaseStatus, ItemVerdict, Reason
from moderation.core.errors import NotFound
from moderation.core.events import Event
from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.store import audit, cases
from moderation.store.cases import Queue
from moderation.store.database import Database
from tests.making import START

MINUTE = timedelta(minutes=1)
ODD = START + timedelta(microseconds=123456)
CASE = Case("case_1", "scr_1", "42", Scene.PROFILE_CHANGE, (Kind.USERNAME, Kind.BIO), ("fraud", "porn"), 3,
            Reason.SCREENING, ODD)  # fmt: skip
REJECTED = (ItemVerdict(Verdict.PASS), ItemVerdict(Verdict.REJECT, "fraud"))


def test_a_case_replayed_from_its_events_equals_the_stored_one_after_every_step(database: Database) -> None:
    def steps(case: Case) -> list[Event]:
        now = ODD + MINUTE
        match case.status, case.version:
            case CaseStatus.OPEN, 1:
                return [rules.claim(case, "user:li", now, MINUTE)]
            case CaseStatus.CLAIMED, 1:
                return [rules.update(case, ["gambling"], 4, now)]
            case CaseStatus.CLAIMED, 2:
                return [rules.resolve(case, REJECTED, "附注\ud800\x00", "user:li", 2, now, MINUTE)]
            case CaseStatus.RESOLVED, 3:
                return [rules.undo(case, "user:li", now)]
            case CaseStatus.OPEN, 4:
                return [rules.close_itself(case, now)]
        return []

    with database.write() as tx:
        case = cases.add(tx, rules.opened(CASE, "machine"))
    seen = 1
    while following := steps(case):
        with database.write() as tx:
            case = cases.change(tx, case, following[0])
        seen += 1
        with database.read() as tx:
            assert cases.get(tx, "case_1") == cases.replayed(tx, "case_1") == case
    assert seen == 6 and case.resolved_by == "machine"
    with database.read() as tx:
        assert len(list(audit.read(tx, "case:case_1"))) == 6


def test_an_unknown_case_is_not_found(database: Database) -> None:
    with database.read() as tx:
        for read in (cases.get, cases.replayed):
            with pytest.raises(NotFound):
                read(tx, "case_9")


@pytest.fixture
def queue(database: Database) -> Database:
    """Cases of severity 1 to 4, the worst ones younger; `low` is claimed, `done` resolved."""
    with database.write() as tx:
        for minute, (id, severity) in enumerate({"low": 1, "mid": 2, "old": 4, "new": 4, "done": 3}.items()):
            opening = rules.opened(
                replace(CASE, id=id, severity=severity, opened_at=START + minute * MINUTE, account_id=id), "machine"
            )
            case = cases.add(tx, opening)
            if id == "low":
                cases.change(tx, case, rules.claim(case, "user:li", START, 10 * MINUTE))
            if id == "done":
                cases.change(tx, case, rules.resolve(case, REJECTED, "", "user:li", 1, START, MINUTE))
    return database


def test_the_queue_gives_the_worst_and_then_the_oldest(queue: Database) -> None:
    with queue.read() as tx:
        assert [case.id for case in cases.listed(tx, Queue(CaseStatus.OPEN), 9)] == ["old", "new", "mid"]
        assert [case.id for case in cases.listed(tx, Queue(pending=True), 2, 1)] == ["new", "mid"]
        assert cases.count(tx, Queue(pending=True)) == 4
        assert cases.by_severity(tx, Queue(pending=True)) == {4: 2, 2: 1, 1: 1}
        first = cases.next_claimable(tx, START)
        assert first and first.id == "old"


def test_a_claimed_case_is_claimable_again_when_its_lease_has_run_out(queue: Database) -> None:
    with queue.write() as tx:
        for id in ("old", "new", "mid"):
            case = cases.get(tx, id, lock=True)
            cases.change(tx, case, rules.claim(case, "user:wang", START, 20 * MINUTE))
        assert cases.next_claimable(tx, START + 10 * MINUTE - timedelta(seconds=1)) is None
        first = cases.next_claimable(tx, START + 10 * MINUTE)
        assert first and first.id == "low"


def test_cases_are_found_by_category_account_and_who_has_them(queue: Database) -> None:
    with queue.read() as tx:
        assert cases.count(tx, Queue(category="porn")) == 5
        for category in ("por", "gambling", '"', "%", 'fraud","porn'):
            assert cases.count(tx, Queue(category=category)) == 0
            assert cases.next_claimable(tx, START, category) is None
        assert [case.id for case in cases.listed(tx, Queue(account_id="mid"), 9)] == ["mid"]
        assert [case.id for case in cases.listed(tx, Queue(claimed_by="user:li"), 9)] == ["low"]
        assert [case.id for case in cases.listed(tx, Queue(CaseStatus.RESOLVED, resolved_by="user:li"), 9)] == ["done"]
        assert cases.count(tx, Queue(resolved_since=START)) == 1
        assert cases.count(tx, Queue(resolved_since=START + MINUTE)) == 0
