"""The command line in this process, on an installation of the test's own."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from moderation.cli import run
from tests.making import variables


@dataclass
class Said:
    code: int
    out: str
    err: str


@dataclass
class Cli:
    """Runs commands as a terminal would; `folder` is the installation's."""

    folder: Path
    command: Callable[[list[str], bytes], Said]

    def __call__(self, *arguments: str, given: bytes = b"") -> Said:
        return self.command(list(arguments), given)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    for name, value in variables(tmp_path, f"sqlite:///{tmp_path / 'moderation.db'}").items():
        monkeypatch.setenv(name, value)

    def command(arguments: list[str], given: bytes) -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capfd.readouterr()
        code = run(arguments)
        captured = capfd.readouterr()
        return Said(code, captured.out, captured.err)

    return Cli(tmp_path, command)
