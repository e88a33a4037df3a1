"""The supervisor keeps its parts alive, stops them in order and leaves none behind."""

import contextlib
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from moderation import supervisor
from moderation.core.errors import BadSetup
from moderation.settings import Settings
from moderation.supervisor import Part, Stop, Supervisor
from tests.servers import Valkey, free_port

# What a supervisor does, with a part for each stage that notes its start and its end.
SUPERVISED = """
import sys, time
from pathlib import Path
from moderation.supervisor import Part, Stop, Supervisor

folder = Path(sys.argv[1])
with Stop.on_signals() as stop:
    crew = Supervisor(folder / "log", sys.stdout)
    for name in ("valkey", "worker", "api"):
        crew.start([Part(name, [sys.executable, "-c", Path(sys.argv[2]).read_text(), str(folder), name], {})])
    while not stop.asked:
        crew.tend()
        time.sleep(0.05)
    crew.stop()
"""
DUMMY = """
import os, pathlib, signal, sys, time
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (folder / "ended").open("a") as file: file.write(name + "\\n")
    raise SystemExit
signal.signal(signal.SIGTERM, end)
(folder / f"{name}.part").write_text(str(os.getpid()))
(folder / f"{name}.part").rename(folder / f"{name}.pid")
while True: time.sleep(60)
"""


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, int]]]:
    """A supervisor of three dummies in a process of its own, and their process ids."""
    dummy = tmp_path / "dummy.py"
    dummy.write_text(DUMMY)
    process = subprocess.Popen([sys.executable, "-c", SUPERVISED, str(tmp_path), str(dummy)], stdout=subprocess.DEVNULL)
    pids: dict[str, int] = {}
    try:
        for name in ("valkey", "worker", "api"):
            until((tmp_path / f"{name}.pid").exists)
            pids[name] = int((tmp_path / f"{name}.pid").read_text())
        yield process, pids
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Supervisor]:
    crew = Supervisor(tmp_path / "log", io.StringIO())
    yield crew
    crew.stop()


def settings_in(var: Path) -> Settings:
    return Settings.read({"MODERATION_VAR": str(var)})


def shell(name: str, script: str) -> Part:
    return Part(name, ["/bin/sh", "-c", script], {"PATH": os.defpath})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_in_order(
    supervised: tuple[subprocess.Popen[bytes], dict[str, int]], tmp_path: Path, number: signal.Signals
) -> None:
    process, pids = supervised
    process.send_signal(number)
    assert process.wait(10) == 0
    assert (tmp_path / "ended").read_text().split() == ["api", "worker", "valkey"]
    assert not any(is_alive(pid) for pid in pids.values())


def test_parts_do_not_outlive_a_killed_supervisor(
    supervised: tuple[subprocess.Popen[bytes], dict[str, int]],
) -> None:
    process, pids = supervised
    assert all(is_alive(pid) for pid in pids.values())
    process.kill()
    process.wait()
    until(lambda: not any(is_alive(pid) for pid in pids.values()))


def test_a_killed_part_is_started_again_within_ten_seconds(
    supervised: tuple[subprocess.Popen[bytes], dict[str, int]], tmp_path: Path
) -> None:
    _, pids = supervised
    os.kill(pids["worker"], signal.SIGKILL)
    until(lambda: int((tmp_path / "worker.pid").read_text()) != pids["worker"], seconds=10)
    assert is_alive(pids["api"])


def test_a_part_that_keeps_dying_is_started_ever_more_rarely_but_within_ten_seconds(
    crew: Supervisor, tmp_path: Path
) -> None:
    crew.start([shell("brief", f"echo started >> {tmp_path}/starts; exit 3")])
    started = time.monotonic()
    while time.monotonic() - started < 2.5:
        crew.tend()
        time.sleep(0.02)
    assert 3 <= len((tmp_path / "starts").read_text().split()) <= 5
    assert supervisor.BACK_OFF[1] < 10


def test_a_part_that_does_not_come_up_is_refused_with_the_end_of_its_log(crew: Supervisor) -> None:
    crew.start([shell("api", "echo 'no policy file' >&2; exit 78")])

    def tend() -> bool:
        crew.tend()
        crew.refuse_hopeless()
        return False

    with pytest.raises(BadSetup, match=r"api: does not start:\n(no policy file\n)+"):
        until(tend)


def test_what_does_not_stop_is_killed_with_all_it_started(crew: Supervisor, tmp_path: Path) -> None:
    pid = f"{tmp_path}/pid"
    script = f"trap '' TERM; sleep 300 & echo $! > {pid}.part; mv {pid}.part {pid}; while :; do wait; done"
    crew.start([shell("deaf", script)])
    until((tmp_path / "pid").exists)
    started = time.monotonic()
    crew.stop()
    assert time.monotonic() - started < supervisor.STOP_SECONDS + 1
    until(lambda: not is_alive(int((tmp_path / "pid").read_text())))


def test_a_taken_port_is_refused_by_name(tmp_path: Path) -> None:
    with socket.create_server((supervisor.HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadSetup, match=rf"PORT: {port} cannot be used .* make run PORT=\d+"):
            supervisor.run(settings_in(tmp_path), port, 1, False, io.StringIO())


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="PORT: 70000"):
        supervisor.run(settings_in(tmp_path), 70000, 1, False, io.StringIO())


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with contextlib.ExitStack() as first:
        assert supervisor._taken_var(tmp_path, first) is None
        with pytest.raises(BadSetup, match=r"VAR: .* in use by another run"):
            supervisor.run(settings_in(tmp_path), free_port(), 1, False, io.StringIO())
    with contextlib.ExitStack() as later:
        assert supervisor._taken_var(tmp_path, later) is None


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match=r"VAR: .* bytes too long"):
        supervisor.run(settings_in(tmp_path / ("deep" * 30)), free_port(), 1, False, io.StringIO())


def test_the_first_run_is_kept_for_its_owner_alone_and_survives_a_second(tmp_path: Path) -> None:
    kept = tmp_path / "first-run.json"
    supervisor.keep_first_run(kept, "http://127.0.0.1:8000", "key", "admin", "pass")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    supervisor.update_first_run(kept, "http://127.0.0.1:8001")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text()) == {
        "url": "http://127.0.0.1:8001",
        "api_key": "key",
        "username": "admin",
        "password": "pass",
    }
    said = supervisor.announcement("http://127.0.0.1:8001", kept)
    assert all(word in said for word in ("http://127.0.0.1:8001/", "admin", "pass", "key", str(kept), "就绪", "ready"))


def test_without_a_kept_first_run_none_is_made_up(tmp_path: Path) -> None:
    kept = tmp_path / "first-run.json"
    supervisor.update_first_run(kept, "http://127.0.0.1:8000")
    assert not kept.exists()
    assert "moderation keys create" in supervisor.announcement("http://127.0.0.1:8000", kept)


def test_being_asked_to_stop_ends_the_wait_for_readiness(crew: Supervisor) -> None:
    with Stop.on_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert supervisor.wait_until_ready(crew, free_port(), stop) is False


def test_valkey_is_empty_and_at_the_same_address_after_its_death(valkey: Valkey) -> None:
    with Redis.from_url(valkey.url) as client:
        client.set("key", "value")
        valkey.kill()
        valkey.start()
        assert client.dbsize() == 0


def test_valkey_is_open_to_its_owner_alone(valkey: Valkey, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "valkey.sock").stat().st_mode) == 0o700
