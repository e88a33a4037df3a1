"""Work: leased by one worker at a time, due again when a lease runs out."""

from datetime import timedelta

import pytest

from moderation.core.submission import Submission
from moderation.store import submissions, work
from moderation.store.database import Database
from moderation.store.submissions import StoredScreening
from moderation.store.tables import screenings
from tests.making import START, at_once, submission

SECOND = timedelta(seconds=1)


def queued(id: str, of: Submission | None = None) -> StoredScreening:
    return StoredScreening(
        id=id,
        owner="signup",
        idempotency_key=id,
        digest="d",
        submission=of or submission("好"),
        outcome=None,
        degraded=False,
        announce=True,
        case_id=None,
        elapsed_ms=None,
        created_at=START,
        done_at=None,
    )


@pytest.fixture
def ids(database: Database) -> list[str]:
    with database.write() as tx:
        for number in range(6):
            submissions.add(tx, queued(f"scr_{number}"), START + number * SECOND, f"job_{number % 2}")
    return [f"scr_{number}" for number in range(6)]


def test_work_is_due_from_its_time_on_the_oldest_first(database: Database, ids: list[str]) -> None:
    with database.read() as tx:
        assert work.due(tx, screenings, START - SECOND, 10) == {}
        assert work.due(tx, screenings, START + SECOND, 10) == {"scr_0": "job_0", "scr_1": "job_1"}
        assert list(work.due(tx, screenings, START + 9 * SECOND, 4)) == ids[:4]
        assert work.unfinished(tx, screenings) == 6


def test_what_is_claimed_is_nobody_elses_until_its_lease_runs_out(database: Database, ids: list[str]) -> None:
    with database.write() as tx:
        assert work.claim(tx, screenings, [ids[1], ids[0], "unknown"], "a", START) == [ids[1], ids[0]]
        assert work.claim(tx, screenings, ids, "b", START) == ids[2:]
        assert {held.id for held in submissions.held(tx, "a")} == {"scr_0", "scr_1"}
        late = START + work.LEASE
        assert work.due(tx, screenings, late - SECOND, 10) == {}
        assert work.claim(tx, screenings, ids[:1], "c", late - SECOND) == []
        assert work.claim(tx, screenings, ids[:1], "c", late) == ids[:1]
        assert work.attempts(tx, screenings, ids[:2]) == {"scr_0": 2, "scr_1": 1}


def test_a_renewed_lease_holds_longer(database: Database, ids: list[str]) -> None:
    with database.write() as tx:
        work.claim(tx, screenings, ids[:2], "a", START)
        assert work.renew(tx, screenings, "a", START + 10 * SECOND) == 2
        assert work.claim(tx, screenings, ids[:2], "b", START + work.LEASE) == []
        assert work.claim(tx, screenings, ids[:2], "b", START + 10 * SECOND + work.LEASE) == ids[:2]
        assert work.renew(tx, screenings, "a", START + 11 * SECOND) == 0


def test_what_is_given_back_is_due_at_once(database: Database, ids: list[str]) -> None:
    with database.write() as tx:
        work.claim(tx, screenings, ids, "a", START)
        work.release(tx, screenings, "a", START + SECOND)
        assert set(work.due(tx, screenings, START + SECOND, 10)) == set(ids)


def test_what_is_done_is_never_due_or_claimed_again(database: Database, ids: list[str]) -> None:
    with database.write() as tx:
        submissions.add(tx, queued("done"), None)
        assert work.claim(tx, screenings, ["done"], "a", START) == []
        work.postpone(tx, screenings, ["done"], START)
        assert "done" not in work.due(tx, screenings, START + timedelta(days=9), 10)


def test_postponed_work_remembers_the_job_it_was_offered_in(database: Database, ids: list[str]) -> None:
    with database.write() as tx:
        work.postpone(tx, screenings, ids[:1], START + 9 * SECOND, "job_9")
        work.postpone(tx, screenings, ids[1:2], START + 9 * SECOND)
        due = work.due(tx, screenings, START + 9 * SECOND, 10)
    assert (due["scr_0"], due["scr_1"]) == ("job_9", "job_1")


def test_claims_at_once_never_share_a_piece_of_work(database: Database) -> None:
    with database.write() as tx:
        for number in range(40):
            submissions.add(tx, queued(f"scr_{number:02}"), START, "job")
    every = [f"scr_{number:02}" for number in range(40)]

    def claim(lease: str) -> list[str]:
        with database.write() as tx:
            return work.claim(tx, screenings, every, lease, START)

    taken = at_once([lambda lease=f"lease_{n}": claim(lease) for n in range(8)])  # type: ignore[misc]
    ids = [id for some in taken if isinstance(some, list) for id in some]
    assert sorted(ids) == every
