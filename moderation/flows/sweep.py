"""The sweep: every few seconds, offers accepted work again that the queue has forgotten or a worker has dropped."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Table

from moderation.core.clock import Clock
from moderation.outbound.queue import RESCAN, SCREEN, JobQueue
from moderation.store import banks, work
from moderation.store.database import Database
from moderation.store.tables import rescan_chunks, screenings

EVERY_SECONDS = 5
MATCHES_KEPT = timedelta(days=14)
"""How long it is known which pictures matched which entries of the bank; the rule on over-matching looks back a week."""

AT_ONCE = 6_400
JOB_SIZE = {SCREEN: 64, RESCAN: 1}
"""Ids in one job; a chunk of a rescan holds many profiles already."""


class SweepFlow:
    """Looks after work that waits in the database."""

    def __init__(self, database: Database, queue: JobQueue, clock: Clock) -> None:
        self.database, self.queue, self.clock = database, queue, clock

    def sweep(self) -> int:
        """Offers what is due; how many pieces of work. Any number of processes may sweep at once."""
        return self._offer(screenings, SCREEN) + self._offer(rescan_chunks, RESCAN)

    def forget(self) -> int:
        """Deletes what no rule looks back at any more; how many rows."""
        with self.database.write() as tx:
            return banks.forget_matches(tx, self.clock.now() - MATCHES_KEPT)

    def _offer(self, table: Table, queue: str) -> int:
        now = self.clock.now()
        with self.database.read() as tx:
            due = work.due(tx, table, now, AT_ONCE)
        if not due:
            return 0
        waiting = self.queue.waiting({job for job in due.values() if job})
        if waiting is None:
            return 0
        queued = [id for id, job in due.items() if job in waiting]
        forgotten = [id for id, job in due.items() if job not in waiting]
        later = now + work.LEASE
        with self.database.write() as tx:
            work.postpone(tx, table, queued, later)
        for chunk in _chunks(forgotten, JOB_SIZE[queue]):
            job = self.clock.id("job")
            with self.database.write() as tx:
                work.postpone(tx, table, chunk, later, job)
            if not self.queue.offer(queue, chunk, job):
                break
        return len(forgotten)


def _chunks(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[at : at + size] for at in range(0, len(ids), size)]
