"""The service's processes, started one by one as production would, to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from moderation.core.clock import Clock
from moderation.settings import Settings
from moderation.store import access
from moderation.store.database import Database
from moderation.store.tables import screenings
from moderation.supervisor import dies_with_parent
from moderation.wiring import open_database
from tests.making import variables
from tests.servers import Valkey, free_port

READY_SECONDS = 60.0


class Process:
    """One of the service's processes, with its output kept in a file."""

    def __init__(self, folder: Path, name: str, variables: dict[str, str], *arguments: str) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MODERATION_")}
        self.log = folder / f"{name}.log"
        command = dies_with_parent([sys.executable, "-m", "moderation", *arguments])
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, env=clean | variables, stdout=output, stderr=subprocess.STDOUT)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """As a crash does: at once, without a chance to tidy up."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """As an operator does."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Api(Process):
    """The API on a port of its own."""

    def __init__(self, folder: Path, variables: dict[str, str], key: str, name: str = "api") -> None:
        port = free_port()
        super().__init__(folder, name, variables, "serve", "--port", str(port))
        self.url, self.key = f"http://127.0.0.1:{port}", key
        until(lambda: self._ready(), f"the API is ready\n{self.log.read_text()}")

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=20, trust_env=False)

    def _ready(self) -> bool:
        assert self.alive, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False


class World:
    """An installation of one's own: a database, a Valkey, and the processes that a test starts."""

    def __init__(self, folder: Path, valkey: Valkey, database_url: str, **more: str) -> None:
        self.folder, self.valkey = folder, valkey
        self.variables = variables(folder, database_url, REDIS_URL=valkey.url, **more)
        self.database: Database = open_database(Settings.read(self.variables))
        clock = Clock()
        with self.database.write() as tx:
            self.key = access.add_key(tx, clock.id("key"), "tests", frozenset(access.SCOPES), clock.now())
        self._started: list[Process] = []

    def worker(self) -> Process:
        self._started.append(Process(self.folder, f"worker-{len(self._started)}", self.variables, "worker"))
        return self._started[-1]

    def api(self) -> Api:
        api = Api(self.folder, self.variables, self.key, f"api-{len(self._started)}")
        self._started.append(api)
        return api

    def count(self, **conditions: Any) -> int:
        query = select(func.count()).select_from(screenings)
        for column, value in conditions.items():
            query = query.where(screenings.c[column] == value)
        with self.database.read() as tx:
            return tx.scalar(query) or 0

    def leased(self) -> bool:
        with self.database.read() as tx:
            return bool(tx.scalar(select(func.count()).select_from(screenings).where(screenings.c.lease.is_not(None))))

    def close(self) -> None:
        for process in self._started:
            process.stop()
        self.database.close()


def until(true: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Waits for something to become true; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
