"""The event log: appended to, never changed; each record's hash covers the one before, so that tampering shows."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, insert, select, text

from moderation.core.events import GENESIS, Event, Recorded, chain_hash
from moderation.store.database import EVENT_LOCK, at_end
from moderation.store.tables import events


def append(tx: Connection, happened: Sequence[Event]) -> None:
    """Adds the events at the end of the log, in order, when the transaction of `Database.write` ends.

    Not at once: on PostgreSQL the log's end is locked until the commit, and whoever then waited for a row that another
    writer of events holds would wait for ever.
    """
    if happened:
        at_end(tx, _write, happened)


def _write(tx: Connection, happened: Sequence[Event]) -> None:
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": EVENT_LOCK})
    final = tx.execute(select(events.c.sequence, events.c.hash).order_by(events.c.sequence.desc()).limit(1)).first()
    sequence, previous = (final.sequence, final.hash) if final else (0, GENESIS)
    rows = []
    for event in happened:
        sequence += 1
        digest = chain_hash(previous, sequence, event)
        rows.append(
            {
                "sequence": sequence,
                "stream": event.stream,
                "type": event.type,
                "at": event.at,
                "actor": event.actor,
                "data": dict(event.data),
                "previous": previous,
                "hash": digest,
            }
        )
        previous = digest
    tx.execute(insert(events), rows)


def read(tx: Connection, stream: str | None = None, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
    """Records with a sequence above `after`, oldest first; of one stream, or of all."""
    query = select(events).where(events.c.sequence > after).order_by(events.c.sequence)
    if stream is not None:
        query = query.where(events.c.stream == stream)
    if limit is not None:
        query = query.limit(limit)
    for row in tx.execution_options(yield_per=1000).execute(query):
        event = Event(row.stream, row.type, row.at, row.actor, row.data)
        yield Recorded(row.sequence, event, row.previous, row.hash)
