"""Services on a database of the test's own, once on SQLite and once on PostgreSQL, at a time that stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.wiring import Services
from tests.making import StoodClock, services


@pytest.fixture
def stood() -> StoodClock:
    return StoodClock()


@pytest.fixture
def made(database_url: str, tmp_path: Path, stood: StoodClock) -> Iterator[Services]:
    """Without a classifier, and with the job queue away."""
    with services(tmp_path, database_url, stood) as made:
        yield made
