"""A migrated database for every test of the store, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator

import pytest

from moderation.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    made.migrate()
    yield made
    made.close()
