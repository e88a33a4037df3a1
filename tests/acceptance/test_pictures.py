"""Pictures through real processes: decoders are killed, and nothing is lost."""

import base64
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.store.submissions import WorkStatus
from tests.acceptance.processes import World, until
from tests.bench.picture_service import decoders
from tests.pictures.hostile import picture, saved
from tests.servers import Valkey

COUNT = 120


@pytest.fixture
def looking(tmp_path: Path, valkey: Valkey) -> Iterator[World]:
    """With the checks of pictures on."""
    world = World(tmp_path, valkey, f"sqlite:///{tmp_path / 'moderation.db'}", IMAGES="on")
    yield world
    world.close()


def test_avatars_through_the_worker_are_all_screened_while_decoders_are_killed(looking: World) -> None:
    api, worker = looking.api(), looking.worker()
    stop, killed, chance = threading.Event(), list[int](), random.Random(1)

    def kill() -> None:
        while not stop.wait(0.3):
            if found := decoders(worker.pid):
                killed.append(chance.choice(found))
                os.kill(killed[-1], signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        for first in range(0, COUNT, 40):
            bodies = [avatar(number) for number in range(first, first + 40)]
            api.call("POST", "/v1/submissions", {"submissions": bodies}).raise_for_status()
        until(lambda: looking.count(status=WorkStatus.DONE.value) == COUNT, "all are screened", 120)
    finally:
        stop.set()
        killing.join()
    assert len(killed) >= 5
    listed = api.call("GET", "/v1/cases?limit=1").json()
    assert listed["total"] == 0, "every picture was decoded and looked at, none was left to a person"


def avatar(number: int) -> dict[str, object]:
    content = base64.b64encode(saved(picture(64 + number), "PNG")).decode("ascii")
    return {
        "idempotency_key": f"avatar-{number}",
        "scene": "registration",
        "account": {"id": f"account-{number}"},
        "items": [{"kind": "avatar", "image": {"base64": content}}],
    }
