"""Delivery: takes messages from the outbox to their webhooks, tries again with growing pauses, and gives up at last."""

import logging
from datetime import timedelta

from moderation.core.clock import Clock
from moderation.core.errors import BadInput, NotFound, Problem
from moderation.outbound.webhooks import DeliveryFailed, WebhookSender
from moderation.store import outbox
from moderation.store.database import Database
from moderation.store.outbox import Message, Webhook

log = logging.getLogger(__name__)

PAUSES = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400)
"""Seconds before each further try, about two days in all; after the last the message is dead until somebody revives it."""

EVENTS = (
    "screening.done",
    "case.resolved",
    "case.undone",
    "measure.proposed",
    "measure.declined",
    "measure.applied",
    "measure.lifted",
    "measure.reminded",
)


class DeliverFlow:
    """Delivers messages, and keeps the list of those who get them."""

    def __init__(self, database: Database, sender: WebhookSender, clock: Clock) -> None:
        self.database, self.sender, self.clock = database, sender, clock

    def deliver(self, limit: int = 5) -> int:
        """Delivers up to `limit` messages whose time has come; how many were tried.

        A message may arrive more than once, with the same id, if this process dies between the receiver's answer and the commit.
        """
        for tried in range(limit):
            # One by one: a receiver that is slow must not let the leases of those behind it run out.
            with self.database.read() as tx:  # a writer would keep others waiting, and mostly for nothing
                if not outbox.due(tx, self.clock.now()):
                    return tried
            lease = self.clock.token()
            with self.database.write() as tx:
                messages = outbox.claim(tx, lease, self.clock.now(), 1)
            if not messages:
                return tried
            self._deliver(messages[0], lease)
        return limit

    def _deliver(self, message: Message, lease: str) -> None:
        try:
            self.sender.send(message.webhook.url, message.webhook.secret, message.id, message.body, self.clock.now())
        except DeliveryFailed as error:
            pause = PAUSES[message.attempts - 1] if message.attempts <= len(PAUSES) else None
            retry_at = self.clock.now() + timedelta(seconds=pause) if pause else None
            log.warning("%s to %s failed, try %d: %s", message.type, message.webhook.id, message.attempts, error)
            with self.database.write() as tx:
                outbox.failed(tx, message.id, lease, str(error), retry_at)
            return
        with self.database.write() as tx:
            outbox.delivered(tx, message.id, lease, self.clock.now())

    def add(self, url: str, events: tuple[str, ...], secret: str) -> Webhook:
        """A new webhook. Raises BadInput for an unknown event or a URL that nothing would be sent to.

        secret  "whsec_" and base64 of at least 24 random bytes
        """
        unknown = [event for event in events if event not in EVENTS and event != "*"]
        if unknown or not events:
            reason = f"{unknown[0]!r} is not an event" if unknown else "there is none"
            raise BadInput([Problem("events", reason, f"use one or more of {', '.join(EVENTS)}, or *")])
        self.sender.check(url)
        webhook = Webhook(self.clock.id("hook"), url, events, secret, self.clock.now())
        with self.database.write() as tx:
            outbox.add_webhook(tx, webhook)
        return webhook

    def webhooks(self) -> list[Webhook]:
        with self.database.read() as tx:
            return outbox.all_webhooks(tx)

    def remove(self, id: str) -> None:
        """Raises NotFound."""
        with self.database.write() as tx:
            outbox.remove_webhook(tx, id, self.clock.now())

    def dead(self, limit: int = 100) -> list[Message]:
        """The messages that were given up."""
        with self.database.read() as tx:
            return outbox.dead(tx, limit)

    def revive(self, id: str) -> None:
        """Puts a message that was given up back into delivery. Raises NotFound, also where its webhook was removed."""
        with self.database.write() as tx:
            if not outbox.revive(tx, [id], self.clock.now()):
                raise NotFound("dead message", id)
