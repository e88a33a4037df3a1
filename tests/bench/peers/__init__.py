"""Matchers from npm, each in a Node process of its own: neither its heap nor what was compiled for it is another's."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / "var" / "bench" / "peers"
"""Where npm installs them on the first run."""

NAMES: dict[str, str] = {
    f"{package} {version}": package
    for package, version in json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"].items()
}
"""The packages by what they are called in the table, "fastscan 1.0.6"."""


class NotRun(Exception):
    """A matcher could not be measured; the message says why in a few words, for the table."""


class Peer:
    """A running peer that has its terms and lists of texts.

    calls  what it is asked by: for a short text, and for the bulk text
    build  CPU seconds to build it from the terms
    heap   bytes of JavaScript's heap that this took
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        built = self._answer()
        self.calls: Sequence[str] = built["calls"]
        self.build: float = built["build_us"] / 1e6
        self.heap: int = built["heap_bytes"]

    def over(self, which: str) -> tuple[float, int]:
        """Goes over a list once: the CPU seconds of it, and in how many texts something was found. Raises NotRun."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{which}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended, which the answer tells
        answer = self._answer()
        return answer["cpu_us"] / 1e6, answer["found"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotRun(f"node ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(terms: Sequence[str], lists: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Peer | NotRun]]:
    """Each of NAMES, ready to go over these lists of texts, or why it cannot be run; installs them if need be."""
    with ExitStack() as closing:
        try:
            _install()
        except NotRun as why:
            yield dict.fromkeys(NAMES, why)
            return
        material = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "material.json"
        material.write_text(json.dumps({"terms": terms, **lists}), encoding="utf-8")
        found: dict[str, Peer | NotRun] = {}
        for name, package in NAMES.items():
            try:
                found[name] = closing.enter_context(_running(package, material))
            except NotRun as why:
                found[name] = why
        yield found


@contextmanager
def _running(package: str, material: Path) -> Iterator[Peer]:
    command = ["node", "--expose-gc", "peers.mjs", package, str(material)]
    process = subprocess.Popen(
        command, cwd=CACHE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.communicate()


def _install() -> None:
    """Puts the packages and the program into the cache. Raises NotRun."""
    _need("node")
    lock, installed = HERE / "package-lock.json", CACHE / "node_modules" / ".package-lock.json"
    if not installed.is_file() or (CACHE / lock.name).read_bytes() != lock.read_bytes():
        _need("npm")
        CACHE.mkdir(parents=True, exist_ok=True)
        for file in (HERE / "package.json", lock):
            shutil.copy(file, CACHE)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=CACHE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            installed.unlink(missing_ok=True)
            print(done.stdout, file=sys.stderr)
            raise NotRun("npm ci failed")
    shutil.copy(HERE / "peers.mjs", CACHE)


def _need(command: str) -> None:
    if shutil.which(command) is None:
        print(f"{command} is missing: install Node.js with npm to run the matchers from npm too", file=sys.stderr)
        raise NotRun(f"{command} is missing")
