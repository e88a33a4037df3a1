"""An installation whose processes a test starts and kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import World
from tests.servers import Valkey


@pytest.fixture
def world(tmp_path: Path, valkey: Valkey, database_url: str) -> Iterator[World]:
    world = World(tmp_path, valkey, database_url)
    yield world
    world.close()
