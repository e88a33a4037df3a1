"""A review desk for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.desk import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as found:
        yield found
