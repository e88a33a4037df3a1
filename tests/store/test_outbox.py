"""The outbox: messages for every webhook that wants them, leased, tried again, given up and revived."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from moderation.core.errors import NotFound
from moderation.store import outbox
from moderation.store.database import Database
from moderation.store.outbox import Message, Webhook
from tests.making import START, StoodClock

CLOCK = StoodClock().clock
SECRET = "whsec_" + "A" * 32


def hook(id: str, *events: str) -> Webhook:
    return Webhook(id, f"https://example.org/{id}", events, SECRET, START)


def claimed(tx: Connection, lease: str, seconds: float = 0) -> list[Message]:
    return outbox.claim(tx, lease, START + timedelta(seconds=seconds), 100)


@pytest.fixture
def tx_with_one(database: Database) -> Database:
    with database.write() as tx:
        outbox.add_webhook(tx, hook("a", "screening.done"))
        outbox.put(tx, CLOCK, "screening.done", {"id": "scr_1", "odd": "\ud800\x00"})
    return database


def test_each_webhook_gets_what_it_wants_and_no_more(database: Database) -> None:
    with database.write() as tx:
        for webhook in (hook("a", "screening.done"), hook("b", "*"), hook("c", "case.resolved", "measure.lifted")):
            outbox.add_webhook(tx, webhook)
        outbox.put(tx, CLOCK, "screening.done", {"id": "1"})
        outbox.put(tx, CLOCK, "case.resolved", {"id": "2"})
        outbox.put(tx, CLOCK, "measure.applied", {"id": "3"})
        got = {(message.webhook.id, message.type) for message in claimed(tx, "l")}
    assert got == {
        ("a", "screening.done"), ("b", "screening.done"), ("b", "case.resolved"), ("b", "measure.applied"),
        ("c", "case.resolved"),
    }  # fmt: skip


def test_a_message_carries_its_type_time_and_data(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        [message] = claimed(tx, "l")
    data = {"id": "scr_1", "odd": "\ud800\x00"}
    assert message.body == {"type": "screening.done", "timestamp": "2026-11-22T08:00:00.000Z", "data": data}
    assert (message.attempts, message.status) == (1, "waiting")


def test_a_claimed_message_is_nobody_elses_until_its_lease_runs_out(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        assert len(claimed(tx, "a")) == 1
        assert claimed(tx, "b") == []
        assert [message.attempts for message in claimed(tx, "b", outbox.LEASE.total_seconds())] == [2]


def test_a_delivered_message_is_never_sent_again(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        [message] = claimed(tx, "a")
        outbox.delivered(tx, message.id, "a", START)
        assert claimed(tx, "b", 10**6) == []
        assert outbox.counts(tx) == {"waiting": 0, "dead": 0}


def test_a_failed_message_waits_for_its_next_try_and_dies_without_one(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        [message] = claimed(tx, "a")
        outbox.failed(tx, message.id, "a", "answered 500 \x00", START + timedelta(seconds=5))
        assert claimed(tx, "b", 4) == []
        [message] = claimed(tx, "b", 5)
        assert message.last_error == "answered 500 \x00"
        outbox.failed(tx, message.id, "b", "answered 501", None)
        assert outbox.counts(tx) == {"waiting": 0, "dead": 1}
        assert [letter.last_error for letter in outbox.dead(tx, 10)] == ["answered 501"]
        assert claimed(tx, "c", 10**6) == []
        assert outbox.revive(tx, [message.id], START) == 1
        assert [(again.id, again.attempts) for again in claimed(tx, "c")] == [(message.id, 1)]


def test_a_lost_lease_changes_nothing(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        [message] = claimed(tx, "a")
        claimed(tx, "b", outbox.LEASE.total_seconds())
        outbox.delivered(tx, message.id, "a", START)
        outbox.failed(tx, message.id, "a", "x", None)
        assert outbox.counts(tx) == {"waiting": 1, "dead": 0}


def test_what_waits_for_a_removed_webhook_is_given_up_for_good(tx_with_one: Database) -> None:
    with tx_with_one.write() as tx:
        [message] = claimed(tx, "a")
        outbox.remove_webhook(tx, "a", START)
        # The one who was just delivering it finds the lease gone, and does not bring it back to life.
        outbox.failed(tx, message.id, "a", "answered 500", START)
        assert outbox.counts(tx) == {"waiting": 0, "dead": 1}
        assert outbox.revive(tx, [message.id], START) == 0
        assert outbox.all_webhooks(tx) == []
        outbox.put(tx, CLOCK, "screening.done", {})
        assert outbox.counts(tx) == {"waiting": 0, "dead": 1}
        for id in ("a", "unknown"):
            with pytest.raises(NotFound):
                outbox.remove_webhook(tx, id, START)
