"""`moderation evaluate` on the model that ships, a few texts at a time."""

import json
from pathlib import Path

import pytest

from moderation.settings import Settings
from tests.cli.conftest import Cli

DEV = Path(__file__).parents[2] / "models" / "corpus" / "dev"


def test_an_evaluation_writes_a_page_and_figures_and_tells_the_main_ones(cli: Cli) -> None:
    out = cli.folder / "deep" / "report"
    model = Settings.read().models / "text"
    said = cli(
        "evaluate",
        "--data",
        str(DEV / "gambling.jsonl"),
        "--limit",
        "12",
        "--report",
        str(out),
        "--compare",
        str(model),
    )
    assert said.code == 0, said.err
    figures = json.loads((out / "report.json").read_text("ascii"))
    assert figures["about"]["drawn"] == 12 and set(figures["systems"]) == {"lists", "model", "both"}
    assert "gambling" in [row["code"] for row in figures["categories"]]
    assert figures["comparison"]["contests"]["model"]["better"] == "neither"
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not list(out.glob(".*"))
    assert "12 texts" in said.out and "model: No difference" in said.out and str(out / "report.html") in said.out
    assert json.loads(said.err.splitlines()[0]) == {"judged": 1, "of": 12}


def bad_line(folder: Path) -> list[str]:
    path = folder / "bad.jsonl"
    path.write_text('{"text": "a", "labels": []}\n{"text": "b"}\n', encoding="utf-8")
    return ["--data", str(path)]


def file_for_a_folder(folder: Path) -> list[str]:
    (folder / "r").write_text("", encoding="utf-8")
    return ["--data", str(DEV), "--report", str(folder / "r")]


ERRORS = {
    "a bad line": (bad_line, 65, "bad.jsonl:2: 'labels'; each line needs text and labels; mend or drop that line"),
    "no data": (lambda folder: ["--data", str(folder / "nowhere.jsonl")], 66, "nowhere.jsonl: there is no such file"),
    "no model": (
        lambda folder: ["--data", str(DEV), "--model", str(folder / "none")],
        66,
        "none: there is no such file",
    ),
    "a model that is none": (
        lambda folder: ["--data", str(DEV), "--model", str(folder)],
        78,
        "manifest.json: is missing",
    ),
    "a report that is a file": (file_for_a_folder, 65, "is not a folder; name a folder"),
    "nothing named": (lambda folder: [], 64, "--data"),
}


@pytest.mark.parametrize("mistake", ERRORS)
def test_a_mistake_is_told_with_what_to_do(cli: Cli, mistake: str) -> None:
    arguments, code, said = ERRORS[mistake]
    found = cli("evaluate", "--report", str(cli.folder / "report"), *arguments(cli.folder))
    assert found.code == code and said in found.err
    assert "Traceback" not in found.err
