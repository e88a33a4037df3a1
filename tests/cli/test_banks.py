"""`moderation banks`: from a picture file and a hash list to what a picture is a copy of."""

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Cli
from tests.pictures.scenes import COPIES, Pixels, scene


@pytest.fixture
def file(cli: Cli) -> Path:
    return saved(cli, "known.png", scene(1))


def saved(cli: Cli, name: str, pixels: Pixels) -> Path:
    path = cli.folder / name
    Image.fromarray(pixels).save(path)
    return path


def test_a_picture_is_added_and_its_copy_found_until_it_is_removed(cli: Cli, file: Path) -> None:
    assert cli("banks", "create", "ads", "--category", "gambling", "--owner", "li").code == 0
    said = cli("banks", "add", "ads", str(file), "--note", "case 7")
    assert said.code == 0 and said.out.startswith("1  ads  gambling  live  sha256:") and said.out.endswith("case 7\n")
    copy = saved(cli, "copy.jpg", COPIES["mirrored, turned left, JPEG of quality 30"](scene(1)))
    found = cli("banks", "check", str(copy)).out.splitlines()
    assert len(found) == 2 and found[0].startswith("pdq ") and "mirrored and turned left: acts" in found[1]
    assert cli("banks", "quarantine", "1").code == 0
    assert cli("banks", "list", "--quarantined").out.startswith("1  ads  gambling  quarantined")
    assert ": review" in cli("banks", "check", str(copy)).out
    assert cli("banks", "release", "1").code == cli("banks", "remove", "1").code == 0
    assert cli("banks", "check", str(copy)).out.splitlines()[-1] == "no bank knows it"
    assert cli("banks", "restore", "1").code == 0
    assert cli("banks", "list").out == "ads  gambling  1 live  owner li\n"
    assert cli("banks", "restore", "1").code == 70


def test_a_list_goes_in_and_out(cli: Cli, file: Path) -> None:
    cli("banks", "create", "ads", "--category", "gambling")
    cli("banks", "add", "ads", str(file))
    exported = cli("banks", "export", "ads").out
    (cli.folder / "list.csv").write_text(exported + "0f" * 32 + ",90\n", encoding="utf-8")
    cli("banks", "create", "shared", "--excuses")
    said = cli("banks", "import", "shared", str(cli.folder / "list.csv"))
    assert said.code == 0 and ": 2 added, 0 known already, 0 repeated, 0 too flat" in said.out
    assert ": excuses" in cli("banks", "check", str(file)).out
    removed = cli("banks", "remove", said.out.split(":")[0])
    assert removed.out == "2 entries removed\n"
    assert ": excuses" not in cli("banks", "check", str(file)).out


def test_what_is_wrong_is_told_with_its_line_and_its_fix(cli: Cli) -> None:
    cli("banks", "create", "ads", "--category", "gambling")
    (cli.folder / "list.csv").write_text("beef\n" + "0f" * 32 + "\n", encoding="utf-8")
    said = cli("banks", "import", "ads", str(cli.folder / "list.csv"))
    assert said.code == 65 and "list.csv:1: has no PDQ hash: beef; give 64" in said.err
    said = cli("banks", "import", "ads", str(cli.folder / "list.csv"), "--partly")
    assert said.code == 0 and "1 added" in said.out and "warning: " in said.err
    assert cli("banks", "import", "ads", "/nowhere.csv").code == 66
    assert cli("banks", "create", "x").code == 64
    assert cli("banks", "create", "ads", "--excuses").code == 70
    (cli.folder / "text.png").write_text("no picture", encoding="utf-8")
    said = cli("banks", "add", "ads", str(cli.folder / "text.png"))
    assert said.code == 65 and "give another picture" in said.err
    assert cli("banks", "check", "sha256:" + "0" * 64).code == 70
