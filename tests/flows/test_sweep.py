"""The sweep: what the queue has forgotten, or a worker has dropped, is offered again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rq import Queue

from moderation.flows.screen import PATIENCE
from moderation.outbound.queue import SCREEN, SERIALIZER
from moderation.store import work
from moderation.store.tables import screenings
from moderation.wiring import Services
from tests.making import GOOD, StoodClock, request, services, submission
from tests.servers import Valkey


@pytest.fixture
def queued(database_url: str, tmp_path: Path, valkey: Valkey) -> Iterator[tuple[Services, StoodClock, Valkey]]:
    stood = StoodClock()
    with services(tmp_path, database_url, stood, REDIS_URL=valkey.url) as made:
        yield made, stood, valkey


def offered(made: Services) -> list[str]:
    """The ids in the queue, in the order of its jobs; ids in several jobs stand several times."""
    waiting = Queue(SCREEN, connection=made.queue.redis, serializer=SERIALIZER)
    return [id for job in waiting.jobs for id in job.args[0]]


def accept(made: Services, count: int, keys: str = "key") -> list[str]:
    accepted = made.screen.accept([request(submission(GOOD), f"{keys}-{n}") for n in range(count)])
    return [screening.id for screening in accepted]


def test_accepted_work_is_in_the_queue_once(queued: tuple[Services, StoodClock, Valkey]) -> None:
    made, stood, _ = queued
    ids = accept(made, 3)
    assert offered(made) == ids
    assert made.queue.length(SCREEN) == 1
    for _ in range(20):
        stood.move(timedelta(seconds=5))
        made.sweep.sweep()
    assert offered(made) == ids


def test_what_a_dead_queue_lost_is_offered_when_it_is_back(queued: tuple[Services, StoodClock, Valkey]) -> None:
    made, stood, valkey = queued
    ids = accept(made, 100)
    valkey.kill()
    more = accept(made, 1, "more")
    stood.move(PATIENCE)
    assert made.sweep.sweep() == 0 and not made.queue.ready()
    valkey.start()
    assert offered(made) == []
    assert made.sweep.sweep() == 101
    assert sorted(offered(made)) == sorted(ids + more)
    assert made.queue.length(SCREEN) == 2
    assert made.sweep.sweep() == 0


def test_what_a_worker_dropped_is_offered_when_its_lease_has_run_out(
    queued: tuple[Services, StoodClock, Valkey],
) -> None:
    made, stood, _ = queued
    ids = accept(made, 2)
    made.queue.redis.flushall()  # the worker has taken the job …
    with made.database.write() as tx:
        work.claim(tx, screenings, ids, "dead", stood.at)  # … and the work, and is dead
    stood.move(work.LEASE - timedelta(seconds=1))
    assert made.sweep.sweep() == 0
    stood.move(timedelta(seconds=1))
    assert made.sweep.sweep() == 2
    assert offered(made) == ids


def test_what_is_done_is_not_offered(queued: tuple[Services, StoodClock, Valkey]) -> None:
    made, stood, _ = queued
    made.screen.finish(accept(made, 2))
    made.queue.redis.flushall()
    stood.move(timedelta(days=1))
    assert made.sweep.sweep() == 0


def test_every_piece_of_work_is_done_once_by_a_worker_of_the_queue(queued: tuple[Services, StoodClock, Valkey]) -> None:
    made, stood, _ = queued
    ids = accept(made, 5)
    made.queue.redis.flushall()
    stood.move(PATIENCE)
    made.sweep.sweep()
    assert made.screen.finish(offered(made)) == 5
    assert all(made.screen.get(id, "signup").final for id in ids)
