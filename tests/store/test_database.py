"""The database itself: its tables, its transactions, and what its columns bring back."""

import threading
from datetime import datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from moderation.core.clock import Clock
from moderation.core.events import Event, first_break
from moderation.store import audit
from moderation.store.database import Database
from moderation.store.tables import events, metadata, rescan_runs, secrets
from tests.making import START, at_once


def happened(number: int, stream: str = "account:1") -> Event:
    return Event(stream, "measure.applied", START, "user:li", {"n": number})


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    assert database.current()


def test_a_database_without_tables_is_not_current(database_url: str) -> None:
    empty = Database(database_url)
    try:
        assert not empty.current()
    finally:
        empty.close()


def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    several = [Database(database_url) for _ in range(4)]
    try:
        assert at_once([one.migrate for one in several]) == [None] * 4
        assert several[0].current()
    finally:
        for one in several:
            one.close()


def test_what_a_failed_block_wrote_is_gone_its_events_too(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        audit.append(tx, [happened(1)])
        tx.execute(insert(secrets).values(name="x", value=b"1"))
        raise ZeroDivisionError
    with database.write() as tx:
        audit.append(tx, [happened(2)])
    with database.read() as tx:
        assert [record.event.data["n"] for record in audit.read(tx)] == [2]
        assert tx.scalar(select(func.count()).select_from(secrets)) == 0


def test_the_event_log_refuses_to_be_changed(database: Database) -> None:
    with database.write() as tx:
        audit.append(tx, [happened(1), happened(2)])
    for change in (
        update(events).values(actor="nobody"),
        update(events).where(events.c.sequence == 1).values(hash="0" * 64),
        delete(events).where(events.c.sequence == 2),
    ):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as tx:
            tx.execute(change)
    with database.read() as tx:
        assert first_break(audit.read(tx)) is None


def test_the_log_stays_one_chain_under_many_writers(database: Database) -> None:
    def write(number: int) -> None:
        for at in range(5):
            with database.write() as tx:
                audit.append(tx, [happened(number, f"account:{number}"), happened(at, "system")])

    assert at_once([lambda number=number: write(number) for number in range(8)]) == [None] * 8  # type: ignore[misc]
    with database.read() as tx:
        log = list(audit.read(tx))
        assert [record.sequence for record in log] == list(range(1, 81))
        assert first_break(log) is None
        assert len(list(audit.read(tx, "account:3"))) == 5
        assert [record.sequence for record in audit.read(tx, after=70, limit=3)] == [71, 72, 73]


def test_writers_of_events_do_not_wait_for_each_other_in_a_circle(database: Database) -> None:
    """One has written an event when the other, who holds a row that the first wants next, writes one, too."""
    with database.write() as tx:
        tx.execute(insert(secrets).values(name="row", value=b"0"))
    first_wrote, second_has_row = threading.Event(), threading.Event()

    def first() -> None:
        with database.write() as tx:
            audit.append(tx, [happened(1)])
            first_wrote.set()
            if not database.sqlite:  # there the second cannot begin before the first has ended
                assert second_has_row.wait(10)
            tx.execute(update(secrets).values(value=b"1"))

    def second() -> None:
        assert first_wrote.wait(10)
        with database.write() as tx:
            tx.execute(update(secrets).values(value=b"2"))
            second_has_row.set()
            audit.append(tx, [happened(2)])

    assert at_once([first, second]) == [None, None]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(document=documents | st.just({"\ud800\x00": ["\udfff", "\x00", "\U0001f600", "名"]}))
def test_a_document_comes_back_as_it_went_in_lone_surrogates_and_nul_too(database: Database, document: object) -> None:
    id = Clock().id("run")
    row = {"id": id, "source": "all", "policy_version": "1", "created_at": START, "cursor": document}
    with database.write() as tx:
        tx.execute(insert(rescan_runs).values(**row))
        assert tx.scalar(select(rescan_runs.c.cursor).where(rescan_runs.c.id == id)) == document
        stored = tx.scalar(text("SELECT cursor FROM rescan_runs WHERE id = :id"), {"id": id})
        assert stored is None or stored.isascii()


def test_a_time_comes_back_to_the_microsecond_in_utc(database: Database) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789012, timezone(timedelta(hours=8)))
    row = {"id": "1", "source": "all", "policy_version": "1", "created_at": moment}
    with database.write() as tx:
        tx.execute(insert(rescan_runs).values(**row))
        stored = tx.scalar(select(rescan_runs.c.created_at))
    assert stored == moment and stored is not None and stored.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    row = {"id": "1", "source": "all", "policy_version": "1", "created_at": datetime(2026, 1, 1)}
    with pytest.raises(StatementError, match="needs a zone"), database.write() as tx:
        tx.execute(insert(rescan_runs).values(**row))
