"""Rescan runs: a source read up to a cursor into chunks of profiles, each chunk screened exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from moderation.core.errors import NotFound
from moderation.store.submissions import WorkStatus
from moderation.store.tables import rescan_chunks, rescan_runs


@dataclass(frozen=True, slots=True)
class Run:
    """One rescan.

    source      "all", or "file:" and the SHA-256 of its content
    cursor      where reading the source goes on; None at its beginning
    planned     profiles read so far
    planned_at  when the last of them was read; None while there are more
    """

    id: str
    source: str
    policy_version: str
    created_at: datetime
    cursor: Any
    planned: int
    planned_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of a run's profiles, screened together.

    number    the place of its first profile in the source, from 0
    profiles  JSON objects with `account_id` and fields
    attempts  how often a worker took it up
    """

    id: str
    run_id: str
    number: int
    profiles: tuple[dict[str, Any], ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in profiles."""

    run: Run
    done: int

    @property
    def finished(self) -> bool:
        return self.run.planned_at is not None and self.done >= self.run.planned


def add_run(tx: Connection, id: str, source: str, policy_version: str, now: datetime) -> Run:
    row = {"id": id, "source": source, "policy_version": policy_version, "created_at": now, "planned": 0}
    tx.execute(insert(rescan_runs).values(**row))
    return run(tx, id)


def run(tx: Connection, id: str) -> Run:
    """Raises NotFound."""
    row = tx.execute(select(rescan_runs).where(rescan_runs.c.id == id)).first()
    if row is None:
        raise NotFound("rescan", id)
    return Run(**row._mapping)


def unfinished(tx: Connection, source: str, policy_version: str) -> Run | None:
    """The newest run of this source, under this policy, that is not finished."""
    same = rescan_runs.c.source == source, rescan_runs.c.policy_version == policy_version
    row = tx.execute(
        select(rescan_runs)
        .where(*same, rescan_runs.c.finished_at.is_(None))
        .order_by(rescan_runs.c.created_at.desc())
        .limit(1)
    ).first()
    return Run(**row._mapping) if row else None


def all_runs(tx: Connection, limit: int) -> list[Run]:
    """Newest first."""
    query = select(rescan_runs).order_by(rescan_runs.c.created_at.desc()).limit(limit)
    return [Run(**row._mapping) for row in tx.execute(query)]


def plan(
    tx: Connection,
    run: Run,
    id: str,
    profiles: Sequence[dict[str, Any]],
    cursor: Any,
    due_at: datetime,
    job: str,
) -> bool:
    """Adds a chunk and moves the cursor behind it, in one step; False if another planner was there first."""
    moved = (
        update(rescan_runs)
        .where(rescan_runs.c.id == run.id, rescan_runs.c.planned == run.planned, rescan_runs.c.planned_at.is_(None))
        .values(cursor=cursor, planned=run.planned + len(profiles))
    )
    if not tx.execute(moved).rowcount:
        return False
    tx.execute(
        insert(rescan_chunks).values(
            id=id,
            run_id=run.id,
            number=run.planned,
            profiles=list(profiles),
            size=len(profiles),
            status=WorkStatus.QUEUED.value,
            due_at=due_at,
            job=job,
            attempts=0,
        )
    )
    return True


def planned(tx: Connection, run: Run, now: datetime) -> None:
    """Notes that the whole source has been read, unless another planner was further."""
    read = rescan_runs.c.id == run.id, rescan_runs.c.planned == run.planned
    tx.execute(update(rescan_runs).where(*read).values(planned_at=now))


def held(tx: Connection, lease: str) -> list[Chunk]:
    """The chunks held under a lease."""
    rows = tx.execute(select(rescan_chunks).where(rescan_chunks.c.lease == lease).order_by(rescan_chunks.c.number))
    return [Chunk(row.id, row.run_id, row.number, tuple(row.profiles), row.attempts) for row in rows]


def finish_chunk(tx: Connection, chunk: Chunk, lease: str, results: Sequence[dict[str, Any]]) -> bool:
    """Stores a chunk's results; False, and nothing changed, if the lease was lost to another worker meanwhile."""
    done = (
        update(rescan_chunks)
        .where(rescan_chunks.c.id == chunk.id, rescan_chunks.c.lease == lease)
        .values(results=list(results), status=WorkStatus.DONE.value, due_at=None, lease=None, lease_until=None)
    )
    return tx.execute(done).rowcount == 1


def progress(tx: Connection, id: str) -> Progress:
    """Raises NotFound."""
    mine = rescan_chunks.c.run_id == id, rescan_chunks.c.status == WorkStatus.DONE.value
    done = tx.scalar(select(func.coalesce(func.sum(rescan_chunks.c.size), 0)).where(*mine))
    return Progress(run(tx, id), done or 0)


def finish(tx: Connection, id: str, now: datetime) -> None:
    tx.execute(update(rescan_runs).where(rescan_runs.c.id == id).values(finished_at=now))


def results(tx: Connection, id: str) -> Iterator[dict[str, Any]]:
    """The run's results, in the order of its source."""
    query = select(rescan_chunks.c.results).where(
        rescan_chunks.c.run_id == id, rescan_chunks.c.status == WorkStatus.DONE.value
    )
    row: Row[Any]
    for row in tx.execution_options(yield_per=20).execute(query.order_by(rescan_chunks.c.number)):
        yield from row.results
