"""What tests of flows read from the database."""

from typing import Any

from sqlalchemy import select

from moderation.core.case import Case
from moderation.core.events import Event
from moderation.core.measures import Measure, Standing
from moderation.store import accounts, audit, cases
from moderation.store.accounts import StoredAccount
from moderation.store.cases import Queue
from moderation.store.tables import outbox
from moderation.wiring import Services, webhook_secret

HOOK = "http://127.0.0.1:9/hook"


def listen(made: Services, *events: str) -> None:
    """Adds a webhook, so that messages are written."""
    made.deliver.add(HOOK, events or ("*",), webhook_secret())


def messages(made: Services, type: str | None = None) -> list[dict[str, Any]]:
    """The bodies of the messages that were written, oldest first."""
    with made.database.read() as tx:
        found = [row.body for row in tx.execute(select(outbox.c.body).order_by(outbox.c.created_at, outbox.c.id))]
    return [body for body in found if type in (None, body["type"])]


def events(made: Services, stream: str | None = None) -> list[Event]:
    with made.database.read() as tx:
        return [record.event for record in audit.read(tx, stream)]


def all_cases(made: Services) -> list[Case]:
    with made.database.read() as tx:
        return cases.listed(tx, Queue(), 1000)


def only_case(made: Services) -> Case:
    [case] = all_cases(made)
    return case


def account(made: Services, id: str = "42") -> StoredAccount:
    with made.database.read() as tx:
        return accounts.get(tx, id)


def standing(made: Services, id: str = "42") -> Standing:
    return account(made, id).standing


def measures(made: Services, id: str = "42") -> list[Measure]:
    """Newest first."""
    with made.database.read() as tx:
        return accounts.measures_of(tx, id)
