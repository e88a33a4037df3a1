"""The database: SQLite (WAL) or PostgreSQL behind one pair of doors, `read` and `write`."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, DateTime, Dialect, Engine, Text, create_engine, event, make_url, text
from sqlalchemy.types import TypeDecorator

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 15_000
"""How long an SQLite writer waits for another process's transaction."""


class AsciiJson(TypeDecorator[Any]):
    """A JSON document as ASCII text: lone surrogates and NUL survive, which neither UTF-8 nor PostgreSQL's JSONB would take."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC on both databases; SQLite itself knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a zone, got {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One database, safe to use from many threads and processes.

    url  "sqlite:///path" or "postgresql+psycopg://…" ("postgresql://…" is taken as the latter)
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = create_engine(parsed, pool_size=20, max_overflow=40, pool_pre_ping=not self.sqlite)
        # SQLite has one writer; waiting here is fair and exact, where its own busy handler sleeps in steps of up to 100 ms.
        self._writer = threading.Lock() if self.sqlite else None
        if self.sqlite:
            event.listen(self.engine, "connect", _sqlite_connect)
            event.listen(self.engine, "begin", _sqlite_begin)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end of the block, rolled back if it raises."""
        with self._writer or nullcontext(), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            connection.info[
                _AT_END
            ] = {}  # lives as long as the pooled connection, so a transaction that failed has left its own
            with connection.begin():
                yield connection
                for task, things in connection.info[_AT_END].items():
                    task(connection, things)

    def migrate(self) -> None:
        """Brings the tables to the newest version; safe to run from several processes at once."""
        if self.sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self.write() as connection:
            if not self.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def current(self) -> bool:
        """Whether the tables are at the newest version."""
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head

    def close(self) -> None:
        self.engine.dispose()


def at_end(tx: Connection, task: Callable[[Connection, list[Any]], None], things: Sequence[Any]) -> None:
    """Calls `task` once, with all the things gathered for it, when the block of `Database.write` ends, before the commit."""
    tx.info[_AT_END].setdefault(task, []).extend(things)


_AT_END = "moderation.at_end"

MIGRATION_LOCK = 0x6D6F6431
EVENT_LOCK = 0x6D6F6432
"""Keys of PostgreSQL's advisory locks: migrations, and the end of the event log."""


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _change_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _change_to_wal(cursor: Any) -> None:
    # For this change SQLite does not wait, however patient it was told to be; it is one only while the file is new.
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _sqlite_begin(connection: Connection) -> None:
    # A reader that turns writer half-way can fail at once; a writer says so from the start and waits its turn.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
