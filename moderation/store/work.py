"""Rows as pieces of work: offered to the queue, leased by one worker at a time, due again when a lease runs out.

The database is the truth about what is to do; the job queue only carries ids to whoever is free.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, and_, func, or_, select, update

LEASE = timedelta(seconds=15)
"""How long a piece of work stays with a worker that no longer says it is alive."""

MAX_ATTEMPTS = 5
"""After so many leases that ran out, the work itself is taken to be what kills its workers."""


def due(tx: Connection, table: Table, now: datetime, limit: int) -> dict[str, str | None]:
    """Work whose time has come and that nobody holds, oldest first: its id, and the job it was last offered in."""
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = select(table.c.id, table.c.job).where(table.c.due_at <= now, free).order_by(table.c.due_at).limit(limit)
    return {row.id: row.job for row in tx.execute(query)}


def postpone(tx: Connection, table: Table, ids: Sequence[str], until: datetime, job: str | None = None) -> None:
    """Leaves work alone until then; with `job`, because it is being offered in that job."""
    values = {"due_at": until} | ({"job": job} if job else {})
    tx.execute(update(table).where(table.c.id.in_(ids), table.c.due_at.is_not(None)).values(**values))


def claim(tx: Connection, table: Table, ids: Sequence[str], lease: str, now: datetime) -> list[str]:
    """Leases those of the ids that are to do and not held by anyone; the others are simply left out."""
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    wanted = and_(table.c.id.in_(ids), table.c.due_at.is_not(None), free)
    taken = tx.scalars(
        update(table)
        .where(wanted)
        .values(lease=lease, lease_until=now + LEASE, due_at=now + LEASE, attempts=table.c.attempts + 1)
        .returning(table.c.id)
    )
    order = {id: at for at, id in enumerate(ids)}
    return sorted(taken, key=order.__getitem__)


def attempts(tx: Connection, table: Table, ids: Sequence[str]) -> dict[str, int]:
    """How often each piece of work has been claimed, of those that are still to do."""
    query = select(table.c.id, table.c.attempts).where(table.c.id.in_(ids), table.c.due_at.is_not(None))
    return {row.id: row.attempts for row in tx.execute(query)}


def renew(tx: Connection, table: Table, lease: str, now: datetime) -> int:
    """Prolongs everything held under this lease; the number of rows still held."""
    held = update(table).where(table.c.lease == lease).values(lease_until=now + LEASE, due_at=now + LEASE)
    return tx.execute(held).rowcount


def release(tx: Connection, table: Table, lease: str, now: datetime) -> None:
    """Gives back what is held under this lease and was not finished; it is due at once."""
    held = table.c.lease == lease
    tx.execute(update(table).where(held).values(lease=None, lease_until=None, due_at=now))


def unfinished(tx: Connection, table: Table) -> int:
    """How many pieces of work are still to do."""
    return tx.scalar(select(func.count()).select_from(table).where(table.c.due_at.is_not(None))) or 0
