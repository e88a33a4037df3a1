"""Messages that wait to leave, written in the transaction of the decision they tell of; and who they go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from moderation.core.clock import Clock, rfc3339
from moderation.core.errors import NotFound
from moderation.store.tables import outbox, webhooks

LEASE = timedelta(seconds=60)
"""How long a message stays with a deliverer that died; longer than any delivery may take."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who is told of events.

    events  types such as "measure.applied"; "*" for all
    secret  "whsec_…", for signatures
    """

    id: str
    url: str
    events: tuple[str, ...]
    secret: str
    created_at: datetime

    def wants(self, type: str) -> bool:
        return type in self.events or "*" in self.events


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way to one webhook. `id` is the same on every try, so that a receiver can tell repeats."""

    id: str
    webhook: Webhook
    type: str
    body: dict[str, Any]
    created_at: datetime
    status: str
    attempts: int
    due_at: datetime | None
    last_error: str | None
    delivered_at: datetime | None


def add_webhook(tx: Connection, webhook: Webhook) -> None:
    tx.execute(
        insert(webhooks).values(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            secret=webhook.secret,
            created_at=webhook.created_at,
        )
    )


def all_webhooks(tx: Connection) -> list[Webhook]:
    query = select(webhooks).where(webhooks.c.removed_at.is_(None)).order_by(webhooks.c.created_at)
    return [_webhook(row) for row in tx.execute(query)]


def remove_webhook(tx: Connection, id: str, now: datetime) -> None:
    """Stops a webhook; what still waited for it is dead. Raises NotFound."""
    standing = webhooks.c.id == id, webhooks.c.removed_at.is_(None)
    if not tx.execute(update(webhooks).where(*standing).values(removed_at=now)).rowcount:
        raise NotFound("webhook", id)
    waiting = outbox.c.webhook_id == id, outbox.c.status == "waiting"
    gone = {"status": "dead", "due_at": None, "lease": None, "lease_until": None}
    tx.execute(update(outbox).where(*waiting).values(**gone, last_error="the webhook was removed"))


def put(tx: Connection, clock: Clock, type: str, data: dict[str, Any]) -> None:
    """Writes an event for every webhook that wants it.

    data  the resource as GET returns it, without submitted text
    """
    now = clock.now()
    body = {"type": type, "timestamp": rfc3339(now), "data": data}
    rows = [
        {
            "id": clock.id("msg"),
            "webhook_id": webhook.id,
            "type": type,
            "body": body,
            "created_at": now,
            "status": "waiting",
            "due_at": now,
            "attempts": 0,
        }
        for webhook in all_webhooks(tx)
        if webhook.wants(type)
    ]
    if rows:
        tx.execute(insert(outbox), rows)


def due(tx: Connection, now: datetime) -> bool:
    """Whether a message's time has come."""
    ready = select(outbox.c.id).where(outbox.c.status == "waiting", outbox.c.due_at <= now)
    return tx.execute(ready.limit(1)).first() is not None


def claim(tx: Connection, lease: str, now: datetime, limit: int) -> list[Message]:
    """Leases messages whose time has come, oldest first."""
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    ready = select(outbox.c.id).where(outbox.c.status == "waiting", outbox.c.due_at <= now, free)
    ready = ready.order_by(outbox.c.due_at).limit(limit).with_for_update(skip_locked=True)
    ids = list(tx.scalars(ready))
    tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(lease=lease, lease_until=now + LEASE, attempts=outbox.c.attempts + 1)
    )
    return _messages(tx, outbox.c.id.in_(ids))


def delivered(tx: Connection, id: str, lease: str, now: datetime) -> None:
    tx.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.lease == lease)
        .values(status="delivered", delivered_at=now, due_at=None, lease=None, lease_until=None, last_error=None)
    )


def failed(tx: Connection, id: str, lease: str, error: str, retry_at: datetime | None) -> None:
    """Notes why a delivery failed; tried again at `retry_at`, or dead without one."""
    tx.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.lease == lease)
        .values(
            status="waiting" if retry_at else "dead",
            due_at=retry_at,
            lease=None,
            lease_until=None,
            last_error=error,
        )
    )


def dead(tx: Connection, limit: int) -> list[Message]:
    """Messages that were given up, newest first."""
    return _messages(tx, outbox.c.status == "dead", limit)


def revive(tx: Connection, ids: Sequence[str], now: datetime) -> int:
    """Puts dead messages back into delivery, with all their tries again; how many. Those of a removed webhook stay dead."""
    there = select(webhooks.c.id).where(webhooks.c.removed_at.is_(None))
    gone = outbox.c.id.in_(ids), outbox.c.status == "dead", outbox.c.webhook_id.in_(there)
    return tx.execute(update(outbox).where(*gone).values(status="waiting", due_at=now, attempts=0)).rowcount


def counts(tx: Connection) -> dict[str, int]:
    """How many messages are waiting and how many are dead."""
    counted = select(outbox.c.status, func.count().label("number")).where(outbox.c.status != "delivered")
    found = {row.status: row.number for row in tx.execute(counted.group_by(outbox.c.status))}
    return {"waiting": 0, "dead": 0} | found


def _messages(tx: Connection, condition: Any, limit: int = 1000) -> list[Message]:
    joined = select(
        outbox,
        webhooks.c.url,
        webhooks.c.events,
        webhooks.c.secret,
        webhooks.c.created_at.label("webhook_created_at"),
    ).join(webhooks)
    rows = tx.execute(joined.where(condition).order_by(outbox.c.created_at, outbox.c.id).limit(limit))
    return [
        Message(
            id=row.id,
            webhook=Webhook(row.webhook_id, row.url, tuple(row.events), row.secret, row.webhook_created_at),
            type=row.type,
            body=row.body,
            created_at=row.created_at,
            status=row.status,
            attempts=row.attempts,
            due_at=row.due_at,
            last_error=row.last_error,
            delivered_at=row.delivered_at,
        )
        for row in rows
    ]


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(row.id, row.url, tuple(row.events), row.secret, row.created_at)
