"""Real databases and a real Valkey for every test that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Postgres, Valkey


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One cluster for all tests of a run."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'moderation.db'}"
        return
    # Asked for here, so that a run of SQLite's tests alone starts no server.
    server: Postgres = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """An empty Valkey of the test's own; `kill` and `start` it to see what its death does."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()
