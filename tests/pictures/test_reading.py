"""Text that is drawn is read, whichever way it lies, and nothing is read where nothing is written."""

import random
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from moderation.core.errors import BadSetup
from moderation.pictures.decoded import Pixels
from moderation.pictures.reading import Line, TextReader
from moderation.pictures.text_boxes import text_boxes
from tests.pictures import drawn

FOLDER = Path(__file__).parents[2] / "models" / "ocr"


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(FOLDER)


def bare(text: str) -> str:
    """As texts are compared: no blanks, full-width signs as ASCII."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def said(lines: tuple[Line, ...]) -> str:
    return bare("".join(line.text for line in lines))


def on_grey(pixels: Pixels) -> Pixels:
    """What is transparent shown on mid-grey, as the caller does it."""
    picture = Image.fromarray(pixels)
    if picture.mode != "RGBA":
        return pixels
    paper = Image.new("RGB", picture.size, (128, 128, 128))
    paper.paste(picture, (0, 0), picture)
    return np.asarray(paper)


def written(*strings: str, side: int = 320) -> Pixels:
    """Black on white, one string below the other."""
    mask = drawn.text_mask("\n".join(strings), random.Random(1), 0.8)
    return np.asarray(ImageOps.invert(mask).convert("RGB").resize((side, side)))


# Of 20; latin letters one below the other are seldom read, and one typeface's 带 is read as Japanese 帯.
LEAST = {"vertical": 14, "turned by 270°": 17}


@pytest.mark.parametrize("condition", drawn.TEXTS)
def test_text_is_read_in_every_condition(reader: TextReader, condition: str) -> None:
    pictures = [each for each in drawn.texts() if each.condition == condition]
    exact = sum(said(reader.read(on_grey(each.pixels))) == bare(each.truth) for each in pictures)
    assert exact >= LEAST.get(condition, 18)


def test_nothing_is_read_where_nothing_is_written(reader: TextReader) -> None:
    assert [(each.condition, lines) for each in drawn.blanks() if (lines := reader.read(each.pixels))] == []


def test_lines_come_in_the_order_in_which_one_reads_them(reader: TextReader) -> None:
    picture = Image.fromarray(written("今日份的快乐", "星辰大海", "不负韶华"))
    for turn in (0, 90, 180, 270):
        lines = reader.read(np.asarray(picture.rotate(turn)))
        assert [line.text for line in lines] == ["今日份的快乐", "星辰大海", "不负韶华"]


@pytest.mark.parametrize(("turn", "along"), [(0, (1, 0)), (90, (0, -1)), (180, (-1, 0)), (270, (0, 1))])
def test_the_first_two_corners_tell_which_way_a_line_runs(
    reader: TextReader, turn: int, along: tuple[int, int]
) -> None:
    [line] = reader.read(np.asarray(Image.fromarray(written("全网最低价")).rotate(turn)))
    (x, y), (next_x, next_y), *_ = line.box
    assert (round(next_x - x), round(next_y - y)) == along and not line.mirrored


def test_the_box_lies_around_the_line(reader: TextReader) -> None:
    picture = written("全网最低价")
    [line] = reader.read(picture)
    y, x = np.nonzero(picture.min(axis=2) < 128)
    corners = np.array(line.box) * 320
    assert np.abs(corners.min(axis=0) - (x.min(), y.min())).max() < 16
    assert np.abs(corners.max(axis=0) - (x.max(), y.max())).max() < 16


def test_a_mirrored_line_says_so_and_begins_at_the_right(reader: TextReader) -> None:
    [line] = reader.read(written("全网最低价")[:, ::-1])
    assert (line.text, line.mirrored) == ("全网最低价", True)
    assert line.box[0][0] > line.box[1][0]


def test_no_word_of_a_line_across_a_long_strip_is_lost_between_tiles(reader: TextReader) -> None:
    strings = ("加微信领红包", "全网最低价", "专业代开发票", "今日份的快乐", "澳门新葡京", "低价出售账号")
    strip = np.concatenate([written(string, side=200)[60:140] for string in strings], axis=1)
    for turned in (strip, np.rot90(strip)):
        text = said(reader.read(turned))
        assert [string for string in strings if string not in text] == []


def test_text_of_a_large_picture_is_read(reader: TextReader) -> None:
    picture = np.full((1500, 1500, 3), 240, dtype=np.uint8)
    picture[900:1220, 100:420] = written("低价出售账号")
    assert said(reader.read(picture)) == "低价出售账号"


SIZES = [(16, 16), (1, 1), (16, 64), (64, 16), (1024, 1024), (33, 257), (2000, 30), (3, 900), (640, 160)]


@pytest.mark.parametrize("size", SIZES)
def test_any_size_is_read(reader: TextReader, size: tuple[int, int]) -> None:
    draws = np.random.default_rng(0)
    assert all(line.text for line in reader.read(draws.integers(0, 256, (*size, 3), dtype=np.uint8)))
    assert reader.read(np.full((*size, 3), 200, dtype=np.uint8)) == ()


def test_two_threads_read_at_once(reader: TextReader) -> None:
    pictures = [on_grey(each.pixels) for each in drawn.texts(3)][::12]
    one_by_one = list(map(reader.read, pictures))
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(reader.read, pictures)) == one_by_one


def test_a_missing_network_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match=r"find\.onnx: is missing; restore it"):
        TextReader(tmp_path)


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "find.onnx").write_bytes(b"version https://git-lfs")
    with pytest.raises(BadSetup, match=r"find\.onnx: cannot be loaded"):
        TextReader(tmp_path)


def test_a_tilted_mark_gives_a_box_at_its_angle() -> None:
    mark = Image.new("L", (160, 160))
    mark.paste(255, (30, 70, 130, 90))
    found = np.asarray(mark.rotate(-20, Image.Resampling.BICUBIC), dtype=np.float32) / np.float32(255)
    [box] = text_boxes(found)
    across = box.corners[1] - box.corners[0]
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(20, abs=2)
    # 100 × 20 has 2000 places and a rim of 240: each side moves out by 1.6 × 2000 / 240.
    assert np.hypot(*across) == pytest.approx(100 + 2 * 1.6 * 2000 / 240, rel=0.06)
    assert box.corners.mean(axis=0) == pytest.approx((80, 80), abs=1.5)


def test_marks_apart_give_boxes_apart_and_specks_give_none() -> None:
    found = np.zeros((96, 96), dtype=np.float32)
    found[10:20, 10:60] = found[40:50, 30:90] = 0.9
    found[80:82, 80:82] = 0.9
    middles = sorted(float(box.corners.mean(axis=0)[1]) for box in text_boxes(found))
    assert middles == pytest.approx([15, 45], abs=1)
