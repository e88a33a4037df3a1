"""Real servers for tests, private to one run: PostgreSQL from Debian's programs, Valkey from the wheel."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg

from moderation.supervisor import dies_with_parent, valkey_argv

START_SECONDS = 30.0


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Valkey:
    """A Valkey of one's own, on a unix socket in `folder`; killed and started again, it is empty, at the same `url`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{quote(str(self._socket))}"

    def start(self) -> None:
        """Returns once it accepts connections."""
        with (self._folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                dies_with_parent(valkey_argv(self._socket, self._folder)), stdout=log, stderr=subprocess.STDOUT
            )
        _wait_for(self._process, self._accepts, self._folder / "valkey.log")

    def kill(self) -> None:
        """As a crash does: at once, leaving its socket behind."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self._socket))
            return True


class Postgres:
    """A PostgreSQL cluster of one's own, reached only through a unix socket that other users cannot open."""

    def __init__(self) -> None:
        self._programs = _postgres_programs()
        # Not pytest's tmp_path: no other user may enter that, and PostgreSQL refuses to run as root.
        self._folder = Path(tempfile.mkdtemp(prefix="moderation-pg-"))
        self._user = _server_user()
        if self._user is not None:
            shutil.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Makes the cluster and returns once it accepts connections."""
        data, log = self._folder / "data", self._folder / "postgres.log"
        quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        narrow = ["listen_addresses=", "max_connections=300"]
        options = [word for setting in quick + narrow for word in ("-c", setting)]
        with log.open("ab") as output:
            subprocess.run(
                self._command("initdb", "-D", str(data), "-U", "moderation", "-A", "trust", "-E", "UTF8", "-N"),
                cwd=self._folder,
                env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
                stdout=output,
                stderr=subprocess.STDOUT,
                check=True,
            )
            self._process = subprocess.Popen(
                self._command("postgres", "-D", str(data), "-k", str(self._folder), *options),
                cwd=self._folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        _wait_for(self._process, self._accepts, log)

    def create_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{uuid4().hex}"
        self._administer(f"CREATE DATABASE {name}")
        return f"postgresql://moderation@/{name}?host={self._folder}"

    def drop_database(self, url: str) -> None:
        """Drops it, whoever is still connected."""
        name = url.split("/")[3].split("?")[0]
        self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stops at once, since nothing in it is worth keeping, and removes all its files."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_SECONDS)
            self._process = None
        shutil.rmtree(self._folder)

    def _command(self, program: str, *arguments: str) -> list[str]:
        """The program as the server's user, ended when this process ends.

        By setpriv: Python itself may lie where only root can start it.
        """
        words = ["setpriv", "--pdeathsig", "QUIT"]
        if self._user is not None:
            words += ["--reuid", str(self._user.pw_uid), "--regid", str(self._user.pw_gid), "--clear-groups"]
        return [*words, "--", str(self._programs / program), *arguments]

    def _accepts(self) -> bool:
        self._administer("SELECT 1")
        return True

    def _administer(self, statement: str) -> None:
        with psycopg.connect(host=str(self._folder), user="moderation", dbname="postgres", autocommit=True) as tx:
            tx.execute(statement.encode())


def _postgres_programs() -> Path:
    """The newest PostgreSQL's folder of programs, where Debian puts it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise RuntimeError("PostgreSQL's server programs are missing; `make test` installs them (Debian: postgresql)")
    return found[-1].parent


def _server_user() -> pwd.struct_passwd | None:
    """Whom a server runs as when root starts it; None: as oneself."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _wait_for(process: subprocess.Popen[bytes], accepts: Callable[[], bool], log: Path) -> None:
    """Returns once the server accepts a connection; raises with its log when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, psycopg.OperationalError):
            if accepts():
                return
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text(errors='replace')}")
