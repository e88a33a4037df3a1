"""What workers run: an id in, one flow called; and the worker itself, which also sweeps and delivers."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from redis.exceptions import RedisError
from rq.exceptions import StopRequested

from moderation.flows.sweep import EVERY_SECONDS
from moderation.outbound.queue import JobQueue
from moderation.settings import Settings
from moderation.wiring import Services, build

log = logging.getLogger(__name__)

QUEUE_AWAY_SECONDS = 1.0
HELD = timedelta(days=7)
"""How long a picture that nobody has decoded yet is kept."""

_services: Services | None = None


def screen(ids: Sequence[str]) -> None:
    """Finishes accepted submissions."""
    _resident().screen.finish(ids)


def rescan(ids: Sequence[str]) -> None:
    """Screens chunks of a rescan."""
    _resident().rescan.screen(ids)


def work(settings: Settings) -> None:
    """Runs one worker until it is told to stop: models are loaded once, jobs run in this process, and threads sweep and deliver.

    Any number of workers may run: what each does is leased in the database.
    """
    global _services
    _services = services = build(settings)
    stop = threading.Event()
    threads = [
        _every(stop, EVERY_SECONDS, "sweep", services.sweep.sweep),
        _every(stop, EVERY_SECONDS, "measures", services.enforce.run_out),
        _every(stop, 0.5, "deliver", services.deliver.deliver),
        _every(stop, 3600, "pictures", lambda: _forget_held(services)),
        _every(stop, 3600, "matches", services.sweep.forget),
    ]
    try:
        while not _worked(services.queue):
            stop.wait(QUEUE_AWAY_SECONDS)
    except StopRequested:  # the signal came between two workers
        pass
    finally:
        stop.set()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for thread in threads:
            thread.join(timeout=15)
        services.close()


def _worked(queue: JobQueue) -> bool:
    """Works until it is told to stop, True then, or until the queue goes away."""
    worker = queue.worker()
    try:
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.warning("the job queue is away: %s", error)
    return worker.told_to_stop


def _forget_held(services: Services) -> int:
    return services.pictures.drop_held(services.clock.now() - HELD)


def _resident() -> Services:
    if _services is None:
        raise RuntimeError("jobs run inside a worker: start one with `moderation worker`")
    return _services


def _every(stop: threading.Event, seconds: float, name: str, task: Callable[[], int]) -> threading.Thread:
    """Runs a task again and again: at once while it finds something to do, else after a pause."""

    def loop() -> None:
        while not stop.is_set():
            try:
                busy = task() > 0
            except Exception:  # the database may be away for a while; the loop must outlive that
                log.exception("%s failed, trying again in %g seconds", name, seconds)
                busy = False
            stop.wait(0 if busy and name == "deliver" else seconds)

    thread = threading.Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread
