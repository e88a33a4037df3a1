"""A review desk, or an API, for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.making import services
from tests.web import calling
from tests.web.calling import Api
from tests.web.desk import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with services(tmp_path, f"sqlite:///{tmp_path / 'moderation.db'}") as made:
        yield calling.opened(made)


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Iterator[Api]:
    """The API on SQLite and on PostgreSQL, for what the two may take differently."""
    with services(tmp_path, database_url) as made:
        yield calling.opened(made)
