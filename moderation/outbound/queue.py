"""The job queue: tells workers by id what is to do. It may forget; the database does not, and a sweep offers the work again."""

import logging
from collections.abc import Iterable, Sequence
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import InvalidJobOperation
from rq.job import Job, JobStatus

log = logging.getLogger(__name__)

SCREEN = "screen"
RESCAN = "rescan"
SERIALIZER = "json"
"""Ids need no more; and whoever can write to the queue must not be able to make a worker run code of theirs."""

JOB_SECONDS = 3600
_FUNCTIONS = {SCREEN: "moderation.jobs.screen", RESCAN: "moderation.jobs.rescan"}


class JobQueue:
    """Both queues, `SCREEN` before `RESCAN`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.redis = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
        self._queues = {name: Queue(name, connection=self.redis, serializer=SERIALIZER) for name in _FUNCTIONS}

    def offer(self, queue: str, ids: Sequence[str], job: str) -> bool:
        """Hands the ids to whichever worker is free, as the job of this id; False if the queue is away."""
        try:
            self._queues[queue].enqueue_call(
                _FUNCTIONS[queue],
                args=(list(ids),),
                job_id=job,
                timeout=JOB_SECONDS,
                result_ttl=0,
                failure_ttl=JOB_SECONDS,
            )
        except RedisError as error:
            log.warning("the job queue is away, the sweep will offer the work again: %s", error)
            return False
        return True

    def waiting(self, job_ids: Iterable[str]) -> set[str] | None:
        """Those of the jobs that still wait for a worker; None if the queue is away."""
        wanted = list(job_ids)
        try:
            jobs = Job.fetch_many(wanted, connection=self.redis, serializer=SERIALIZER)
            return {job.id for job in jobs if job and job.get_status(refresh=False) is JobStatus.QUEUED}
        except (RedisError, InvalidJobOperation) as error:
            log.warning("the job queue is away: %s", error)
            return None

    def length(self, queue: str) -> int | None:
        """How many jobs wait; None if the queue is away."""
        try:
            return int(self._queues[queue].count)
        except RedisError:
            return None

    def worker(self) -> "Worker":
        """A worker of both queues that runs its jobs in this process; on a connection of its own, since it waits on it for long."""
        connection = Redis.from_url(self.url)
        queues = [Queue(name, connection=connection, serializer=SERIALIZER) for name in _FUNCTIONS]
        return Worker(
            queues,
            connection=connection,
            serializer=SERIALIZER,
            worker_ttl=30,
            job_monitoring_interval=1,
            maintenance_interval=5,
        )

    def ready(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


class Worker(SimpleWorker):
    """A worker that soon sees that a queue which was away is back, and knows whether somebody asked it to stop."""

    max_connection_wait_time = 2.0
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
