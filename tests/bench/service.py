"""The real service, as `moderation run` starts it, on a port and in a folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.load import Plan, Tally
from tests.servers import free_port

START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, its first API key, and the process that started all its others."""

    port: int
    key: str
    pid: int

    def load(self, run: str, rate: float, seconds: float, *, warmup: float = 0.0, seed: int = 0) -> Tally:
        """Sends registrations at this rate from a process of its own; `run` names them apart from all others."""
        plan = Plan(self.port, self.key, run, rate, seconds, warmup, seed)
        command = [sys.executable, "-m", "tests.bench.load"]
        done = subprocess.run(command, input=json.dumps(asdict(plan)), stdout=subprocess.PIPE, text=True, check=True)
        return Tally(**json.loads(done.stdout))


@contextmanager
def running(*, classifier: bool) -> Iterator[Service]:
    """SQLite, the bundled Valkey, one worker and the API, all new; stopped and removed afterwards."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    environment = others | {"MODERATION_CLASSIFIER": "on" if classifier else "off"}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        var, port = Path(folder) / "var", free_port()
        command = [sys.executable, "-m", "moderation", "run", "--port", str(port), "--var", str(var)]
        with (Path(folder) / "out").open("w+b") as out:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
            try:
                _wait_until_announced(process, Path(folder) / "out")
                yield Service(port, json.loads((var / "first-run.json").read_text())["api_key"], process.pid)
            finally:
                process.terminate()
                process.wait(30)


def _wait_until_announced(process: "subprocess.Popen[bytes]", out: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "API key" not in (said := out.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the service did not start:\n{said}")
        time.sleep(0.1)
