"""`moderation screen`: a verdict for a person, and JSON lines for a program."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.conftest import Cli
from tests.making import BAD, GOOD, HELD, variables

Json = dict[str, Any]


@pytest.mark.parametrize(("text", "code", "word"), [(GOOD, 0, "通过"), (HELD, 1, "待人工复核"), (BAD, 2, "驳回")])
def test_the_exit_code_is_the_verdict_and_the_words_say_why(cli: Cli, text: str, code: int, word: str) -> None:
    said = cli("screen", "--bio", text)
    assert (said.code, said.err) == (code, "")
    assert said.out.startswith(f"{word}  简介  {text}")
    assert ("3.1.1.7" in said.out) == (code > 0)


def test_the_worst_part_of_a_profile_decides(cli: Cli) -> None:
    assert cli("screen", "--username", GOOD, "--bio", HELD, "--post", BAD).code == 2
    assert cli("screen", "--username", GOOD, "--bio", HELD).code == 1


def test_it_speaks_english_when_asked(cli: Cli) -> None:
    said = cli("screen", "--username", BAD, "--english")
    assert said.code == 2 and "reject  username" in said.out and "Gambling (3.1.1.7)" in said.out


def test_a_picture_goes_to_a_person(cli: Cli) -> None:
    Image.new("RGB", (32, 32)).save(cli.folder / "a.png")
    said = cli("screen", "--avatar", str(cli.folder / "a.png"))
    assert said.code == 1 and "image" in said.out
    (cli.folder / "b.png").write_bytes(b"no picture")
    assert "not a JPEG" in cli("screen", "--avatar", str(cli.folder / "b.png")).out


def test_what_a_terminal_would_obey_is_shown_escaped(cli: Cli) -> None:
    said = cli("screen", "--bio", f"\x1b[2J\ud800{BAD}\u202e")
    assert said.code == 2
    assert "\\x1b[2J\\ud800" in said.out and "\x1b" not in said.out and "\u202e" not in said.out


ERRORS: dict[str, tuple[list[str], int, str]] = {
    "nothing to screen": (["screen"], 64, "Give something to screen"),
    "both forms": (["screen", "--jsonl", "--bio", "x"], 64, "not both"),
    "an unknown option": (["screen", "--nose", "x"], 64, "--nose"),
    "an unknown scene": (["screen", "--bio", "x", "--scene", "party"], 64, "party"),
    "an option without its value": (["screen", "--bio"], 64, "--bio"),
    "an unknown command": (["scream"], 64, "scream"),
    "an empty text": (["screen", "--bio", ""], 65, "--bio: is empty"),
    "a text that is too long": (["screen", "--username", "x" * 257], 65, "--username: has 257 code points"),
    "a picture that is not there": (["screen", "--avatar", "/nowhere/a.png"], 66, "/nowhere/a.png"),
    "a picture that is a folder": (["screen", "--avatar", "/"], 66, "/"),
}


@pytest.mark.parametrize("mistake", ERRORS)
def test_an_error_is_never_taken_for_a_verdict(cli: Cli, mistake: str) -> None:
    arguments, code, reason = ERRORS[mistake]
    said = cli(*arguments)
    assert (said.code, said.out) == (code, "")
    assert reason in said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("name", "value"),
    [("POLICY", "/nowhere/p.toml"), ("WORDLISTS", "/nowhere"), ("COLOUR", "blue"), ("CLASSIFIER", "maybe"),
     ("DATABASE_URL", "mysql://x")],
)  # fmt: skip
def test_a_bad_setting_exits_78_and_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MODERATION_{name}", value)
    said = cli("screen", "--bio", "x")
    assert said.code == 78 and f"MODERATION_{name}" in said.err


def test_a_bad_list_exits_78_and_is_named_with_its_line(cli: Cli) -> None:
    (cli.folder / "lists" / "fraud.txt").write_text("好\n词一 ; colour=blue\n", encoding="utf-8")
    said = cli("screen", "--bio", "x")
    assert said.code == 78 and "lists/fraud.txt:1:" in said.err and "lists/fraud.txt:2:" in said.err


def test_a_folder_without_lists_exits_78(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (cli.folder / "empty").mkdir()
    monkeypatch.setenv("MODERATION_WORDLISTS", str(cli.folder / "empty"))
    assert cli("screen", "--bio", "x").code == 78


def test_a_bug_exits_above_64_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the model's file is one that its library takes for something else entirely."""
    monkeypatch.setenv("MODERATION_DATABASE_URL", "sqlite:////proc/1/nowhere/moderation.db")
    assert cli("users", "list").code >= 64


def lines(cli: Cli, *rows: Json | bytes, evidence: bool = False) -> tuple[int, list[Json]]:
    given = b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
    said = cli("screen", "--jsonl", *(["--evidence"] if evidence else []), given=given)
    assert said.err == "" and said.out.isascii()
    return said.code, [json.loads(line) for line in said.out.splitlines()]


def test_a_line_is_answered_with_exactly_the_fields_of_the_contract(cli: Cli) -> None:
    code, [answer] = lines(cli, {"id": "1", "kind": "bio", "text": BAD})
    assert code == 0
    assert list(answer) == ["id", "verdict", "scores", "findings", "unchecked", "problem", "policy_version"]
    [finding] = answer.pop("findings")
    assert answer.pop("policy_version")
    assert answer == {
        "id": "1", "verdict": "reject", "scores": {"gambling": 1.0}, "unchecked": [], "problem": None,
    }  # fmt: skip
    assert list(finding) == ["category", "clause", "score", "source", "span", "folds"]
    assert (finding["category"], finding["clause"], finding["span"]) == ("gambling", "3.1.1.7", [1, 4])


def test_evidence_adds_the_characters_that_are_covered(cli: Cli) -> None:
    rows = [{"id": "1", "kind": "bio", "text": "\U0001f600玩百❤家樂"}]
    assert "text" not in lines(cli, *rows)[1][0]["findings"][0]
    [finding] = lines(cli, *rows, evidence=True)[1][0]["findings"]
    assert (finding["text"], finding["span"]) == ("百❤家樂", [2, 6])


def test_every_line_is_answered_in_order_and_bad_ones_stop_nothing(cli: Cli) -> None:
    rows: list[Json | bytes] = [
        {"id": "1", "kind": "bio", "text": GOOD},
        b"{",
        {"id": "2", "kind": "poem", "text": "x"},
        b"",
        {"kind": "bio", "text": "x"},
        b"\xff\xfe",
        b"[" * 20_000,
        b"[1]",
        {"id": "3", "kind": "bio"},
        {"id": "4", "kind": "username", "text": "x" * 257},
        {"id": "5", "kind": "bio", "text": "x", "colour": 1},
        {"id": "6", "kind": "avatar", "image_path": "/nowhere.png"},
        {"id": "7", "kind": "avatar", "text": "x"},
        {"id": "8", "kind": "bio", "text": "x", "image_path": "a.png"},
        {"id": "9", "kind": "bio", "text": "x", "scene": "party"},
        {"id": "10", "kind": [], "text": "x"},
        {"id": 11, "kind": "post", "text": HELD},
        {"id": True, "kind": "post", "text": "x"},
        {"id": "12", "kind": "avatar", "image_path": "\ud800\x00"},
        {"id": "13", "kind": "avatar", "image_path": "/"},
    ]
    code, answers = lines(cli, *rows)
    assert code == 65 and len(answers) == len(rows)
    assert [answer["id"] for answer in answers] == [
        "1", None, "2", None, None, None, None, None, "3", "4", "5", "6", "7", "8", "9", "10", "11", None, "12", "13",
    ]  # fmt: skip
    assert [answer.get("verdict") for answer in answers if "error" not in answer] == ["pass", "review"]
    wrong = {answer["id"]: answer["error"] for answer in answers if "error" in answer and answer["id"]}
    assert {id: error["field"] for id, error in wrong.items()} == {
        "2": "kind", "3": "text", "4": "text", "5": "colour", "6": "image_path", "7": "text", "8": "image_path",
        "9": "scene", "10": "kind", "12": "image_path", "13": "image_path",
    }  # fmt: skip
    assert all(error.keys() == {"field", "reason", "fix"} and all(error.values()) for error in wrong.values())


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\U0010ffff", "\u2028", "a\nb", "\r"])
def test_any_unicode_is_screened(cli: Cli, text: str) -> None:
    code, [answer] = lines(cli, {"id": text, "kind": "bio", "text": text})
    assert (code, answer["id"], answer["verdict"]) == (0, text, "pass")


def test_the_scene_is_what_is_said_or_the_kinds_own(cli: Cli) -> None:
    (cli.folder / "lists" / "fraud.txt").write_text(
        "帖词 ; scenes=post\n册词 ; scenes=registration\n", encoding="utf-8"
    )
    rows = [
        {"id": "1", "kind": "post", "text": "帖词"}, {"id": "2", "kind": "post", "text": "册词"},
        {"id": "3", "kind": "bio", "text": "帖词"}, {"id": "4", "kind": "bio", "text": "册词"},
        {"id": "5", "kind": "bio", "text": "帖词", "scene": "post"},
    ]  # fmt: skip
    assert [answer["verdict"] for answer in lines(cli, *rows)[1]] == ["reject", "pass", "pass", "reject", "reject"]


def test_pictures_are_read_from_their_paths(cli: Cli) -> None:
    Image.new("RGB", (32, 32)).save(cli.folder / "a.png")
    (cli.folder / "b.png").write_bytes(b"no picture")
    paths = [str(cli.folder / "a.png"), str(cli.folder / "b.png"), "/dev/zero"]
    code, answers = lines(cli, *({"id": path, "kind": "avatar", "image_path": path} for path in paths))
    assert code == 0
    assert {(answer["verdict"], tuple(answer["unchecked"])) for answer in answers} == {("review", ("image",))}
    assert [bool(answer["problem"]) for answer in answers] == [False, True, True]


def test_nothing_in_is_nothing_out(cli: Cli) -> None:
    assert lines(cli) == (0, [])


def test_a_file_from_windows_and_one_without_a_last_line_end_are_read(cli: Cli) -> None:
    row = json.dumps({"id": "1", "kind": "bio", "text": GOOD}).encode()
    said = cli("screen", "--jsonl", given=b"\xef\xbb\xbf" + row + b"\r\n" + row)
    assert (said.code, len(said.out.splitlines())) == (0, 2)


def test_a_line_is_answered_before_input_ends(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    environment = clean | variables(tmp_path, "sqlite:///x.db")
    command = [sys.executable, "-m", "moderation", "screen", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin and process.stdout
        for number in range(3):
            process.stdin.write(json.dumps({"id": str(number), "kind": "bio", "text": GOOD}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == str(number)
        many = [json.dumps({"id": str(n), "kind": "bio", "text": BAD}).encode() + b"\n" for n in range(1000)]
        answers, _ = process.communicate(b"".join(many))
        assert [json.loads(line)["id"] for line in answers.splitlines()] == [str(n) for n in range(1000)]
        assert process.returncode == 0


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    environment = dict(os.environ) | variables(tmp_path, "sqlite:///x.db")
    rows = (json.dumps({"id": "1", "kind": "bio", "text": BAD}) + "\n") * 5000
    (tmp_path / "in.jsonl").write_text(rows, encoding="utf-8")
    shell = f"{sys.executable} -m moderation screen --jsonl < {tmp_path / 'in.jsonl'} | head -n 1"
    done = subprocess.run(["bash", "-c", shell], env=environment, capture_output=True, check=False, text=True)
    assert json.loads(done.stdout)["verdict"] == "reject" and done.stderr == ""


def test_text_that_the_terminal_cannot_write_is_escaped(tmp_path: Path) -> None:
    environment = dict(os.environ) | variables(tmp_path, "sqlite:///x.db") | {"PYTHONIOENCODING": "gbk"}
    command = [sys.executable, "-m", "moderation", "screen", "--bio", f"{BAD}\U0001f600"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"") and f"{BAD}\\U0001f600" in done.stdout.decode("gbk")
