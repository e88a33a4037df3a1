"""Delivery of messages: signed, tried again, given up, revived, and never to a neighbour."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from moderation.core.errors import BadInput, NotFound
from moderation.flows.deliver import EVENTS, PAUSES, DeliverFlow
from moderation.outbound.webhooks import WebhookSender
from moderation.store import outbox
from moderation.wiring import Services, webhook_secret
from tests.making import StoodClock
from tests.receiving import Receiver, receiver
from tests.servers import free_port

SECRET = webhook_secret()


@pytest.fixture
def stood() -> StoodClock:
    # A receiver compares the signature's time with its own clock.
    return StoodClock(datetime.now(UTC))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def write(made: Services, *types: str) -> None:
    with made.database.write() as tx:
        for type in types or ("measure.applied",):
            outbox.put(tx, made.clock, type, {"id": "mea_1", "notice": "\ud800\x00"})


def counts(made: Services) -> dict[str, int]:
    with made.database.read() as tx:
        return outbox.counts(tx)


def test_a_message_arrives_once_signed_as_standard_webhooks_has_it(made: Services, hook: Receiver) -> None:
    made.deliver.add(hook.url, ("measure.applied",), SECRET)
    write(made)
    assert made.deliver.deliver() == 1
    assert made.deliver.deliver() == 0
    [(headers, body)] = hook.received
    assert headers["content-type"] == "application/json" and body.isascii()
    assert headers["webhook-id"].startswith("msg_")
    [message] = hook.verified(SECRET)
    assert message["type"] == "measure.applied"
    assert message["data"] == {"id": "mea_1", "notice": "\ud800\x00"}
    with pytest.raises(WebhookVerificationError):
        hook.verified(webhook_secret())
    assert counts(made) == {"waiting": 0, "dead": 0}


def test_only_what_was_asked_for_arrives(made: Services, hook: Receiver) -> None:
    made.deliver.add(hook.url, ("case.resolved", "measure.lifted"), SECRET)
    write(made, *EVENTS)
    made.deliver.deliver(100)
    assert sorted(body["type"] for body in hook.verified(SECRET)) == ["case.resolved", "measure.lifted"]


@pytest.mark.parametrize("status", [302, 400, 404, 410, 500, 503])
def test_whatever_is_not_2xx_is_tried_again_with_the_same_id(
    made: Services, stood: StoodClock, hook: Receiver, status: int
) -> None:
    made.deliver.add(hook.url, ("*",), SECRET)
    hook.statuses = [status]
    write(made)
    assert made.deliver.deliver() == 1
    stood.move(timedelta(seconds=PAUSES[0]) - timedelta(microseconds=1))
    assert made.deliver.deliver() == 0
    stood.move(timedelta(microseconds=1))
    assert made.deliver.deliver() == 1
    assert len({headers["webhook-id"] for headers, _ in hook.received}) == 1
    assert len(hook.received) == 2 and counts(made)["waiting"] == 0


def test_a_message_is_given_up_after_all_its_tries_and_can_be_revived(
    made: Services, stood: StoodClock, hook: Receiver
) -> None:
    made.deliver.add(hook.url, ("*",), SECRET)
    hook.statuses = [500] * (len(PAUSES) + 1)
    write(made)
    for pause in PAUSES:
        assert made.deliver.deliver() == 1
        stood.move(timedelta(seconds=pause))
    assert made.deliver.deliver() == 1
    [dead] = made.deliver.dead()
    assert (dead.attempts, dead.last_error) == (len(PAUSES) + 1, "answered 500")
    stood.move(timedelta(days=9))
    assert made.deliver.deliver() == 0
    made.deliver.revive(dead.id)
    assert made.deliver.deliver() == 1
    assert made.deliver.dead() == [] and counts(made) == {"waiting": 0, "dead": 0}
    for id in (dead.id, "msg_9"):
        with pytest.raises(NotFound):
            made.deliver.revive(id)


def test_a_receiver_that_is_away_or_odd_does_not_stop_the_others(made: Services, hook: Receiver) -> None:
    made.deliver.add(f"http://127.0.0.1:{free_port()}/", ("*",), SECRET)
    made.deliver.add("http://unknown.invalid/", ("*",), SECRET)
    made.deliver.add("http://xn--/", ("*",), SECRET)
    made.deliver.add(hook.url, ("*",), SECRET)
    write(made)
    assert made.deliver.deliver() == 4
    assert len(hook.received) == 1 and counts(made)["waiting"] == 3


def test_what_a_dead_deliverer_held_is_delivered_by_another(made: Services, stood: StoodClock, hook: Receiver) -> None:
    made.deliver.add(hook.url, ("*",), SECRET)
    write(made)
    with made.database.write() as tx:
        outbox.claim(tx, "dead", made.clock.now(), 5)
    assert made.deliver.deliver() == 0
    stood.move(outbox.LEASE)
    assert made.deliver.deliver() == 1 and len(hook.received) == 1


def test_a_removed_webhook_gets_nothing_more_not_even_a_revived_message(made: Services, hook: Receiver) -> None:
    added = made.deliver.add(hook.url, ("*",), SECRET)
    write(made)
    made.deliver.remove(added.id)
    write(made)
    assert made.deliver.webhooks() == [] and made.deliver.deliver() == 0
    [dead] = made.deliver.dead()
    assert dead.last_error == "the webhook was removed"
    with pytest.raises(NotFound):
        made.deliver.revive(dead.id)
    with pytest.raises(NotFound):
        made.deliver.remove(added.id)
    assert hook.received == []


def test_an_unknown_event_is_refused(made: Services) -> None:
    unknown: list[tuple[str, ...]] = [(), ("measure.eaten",), ("case.resolved", "")]
    for events in unknown:
        with pytest.raises(BadInput) as refused:
            made.deliver.add("http://127.0.0.1/", events, SECRET)
        assert refused.value.problems[0].field == "events"


def test_a_url_that_nothing_is_sent_to_is_not_added(made: Services) -> None:
    with pytest.raises(BadInput):
        made.deliver.add("ftp://example.org", ("*",), SECRET)
    assert made.deliver.webhooks() == []


def test_a_host_that_has_become_private_is_not_called(made: Services, hook: Receiver) -> None:
    made.deliver.add(hook.url, ("*",), SECRET)
    write(made)
    sender = WebhookSender(allow_private=False)
    try:
        assert replace(made, deliver=DeliverFlow(made.database, sender, made.clock)).deliver.deliver() == 1
    finally:
        sender.close()
    assert hook.received == [] and counts(made)["waiting"] == 1
