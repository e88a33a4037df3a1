"""Hostile files: each ends in a picture or a reason, in time and in bounded memory, and harms nobody but its child."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from moderation.pictures.decoded import DecodedPicture, Undecodable
from moderation.pictures.limits import Limits
from moderation.pictures.pool import DecoderPool, NoDecoder
from tests.pictures.hostile import hostile_files, picture, saved

MEMORY = 350_000_000
"""Bytes that no child may ever have resident."""


class Watched:
    """A pool whose children's largest memory is looked at a hundred times a second."""

    def __init__(self) -> None:
        self.pool = DecoderPool(1)
        self.largest = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.pool.close()

    def look(self) -> None:
        for pid in self.pool.pids():
            self.largest = max(self.largest, memory(pid, "VmHWM"))

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.look()


def memory(pid: int | str, line: str) -> int:
    """Bytes in a line of the process's status, 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in status.splitlines() if row.startswith(line)), 0)


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    one = Watched()
    try:
        yield one
    finally:
        one.close()


def outcome(pool: DecoderPool, data: bytes, aspect: float | None = None) -> DecodedPicture | str:
    """The picture, or why there is none; what is nobody's fault is a failure of the test."""
    try:
        return pool.decode(data, aspect=aspect)
    except NoDecoder:
        raise
    except Undecodable as error:
        return str(error)


def test_there_are_enough_files_and_they_are_the_same_at_every_call() -> None:
    files = hostile_files()
    assert len(files) >= 60
    assert max(map(len, files.values())) <= 8_000_000
    hostile_files.cache_clear()
    assert hostile_files() == files


@pytest.mark.parametrize("name", hostile_files())
def test_a_hostile_file_gives_a_picture_or_a_reason_within_time_and_memory(name: str, watched: Watched) -> None:
    start = time.monotonic()
    got = outcome(watched.pool, hostile_files()[name])
    assert time.monotonic() - start < Limits().answer_seconds
    watched.look()
    assert watched.largest < MEMORY
    if isinstance(got, str):
        assert got.isprintable() and len(got) > 15
        return
    assert 1 <= len(got.frames) <= 12 and len(got.facts.hashes) == got.facts.distinct
    assert b"<script>" not in got.webp and b"evil.html" not in got.webp and b"EXIF" not in got.webp
    again = watched.pool.decode(got.webp, aspect=None)
    assert again.facts.format == "WEBP" and len(again.frames) <= len(got.frames)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty", "the picture is empty"),
        ("eps", "the picture is not a JPEG, PNG, WEBP or GIF"),
        ("a real avif", "the picture is not a JPEG, PNG, WEBP or GIF"),
        ("eight megabytes", "the picture has 8,000,000 bytes, at most 5,000,000 are taken"),
        ("jpeg cut at 95%", "the picture is cut off: its data ends too early"),
        ("png of 20,000 squared", "the picture has more than 12,000,000 pixels"),
        ("webp of 20 megapixels", "the picture has more than 12,000,000 pixels"),
        ("png of 1 x 6000", "the picture is 1 × 6000 pixels, each side must have 16 to 6,000"),
        ("jpeg of thousands of scans", "decoding took more than 4 seconds"),
    ],
)
def test_the_reason_is_in_words(name: str, reason: str, watched: Watched) -> None:
    assert outcome(watched.pool, hostile_files()[name]) == reason


@pytest.mark.parametrize(
    "name", ["jpeg of thousands of scans", "png with a zTXt bomb", "gif of 300 frames of 12 megapixels"]
)
def test_after_a_bomb_an_ordinary_picture_is_decoded(name: str, watched: Watched) -> None:
    outcome(watched.pool, hostile_files()[name])
    got = watched.pool.decode(saved(picture(400), "JPEG"), aspect=4.0)
    assert (got.facts.width, got.facts.height, got.facts.problem) == (400, 400, None)


def test_a_child_that_may_not_have_the_memory_says_so_and_is_replaced() -> None:
    data = hostile_files()["png of 12 megapixels with alpha"]
    with DecoderPool(1, Limits(memory=160_000_000)) as pool:
        (before,) = pool.pids()
        assert outcome(pool, data) == "decoding ran out of memory"
        assert pool.pids() != (before,)
        assert not isinstance(outcome(pool, saved(picture(), "PNG")), str)


def test_cpu_time_is_counted_for_each_picture_alone() -> None:
    scans = hostile_files()["jpeg of thousands of scans"]
    with DecoderPool(1, Limits(cpu_seconds=0.3)) as pool:
        for _ in range(40):
            assert not isinstance(outcome(pool, saved(picture(600), "PNG")), str)
        assert outcome(pool, scans) == "decoding took more than 0.3 seconds"


def test_the_services_own_memory_comes_back() -> None:
    names = ["apng of 5,000 frames", "png of 16 x 6000", "gif of 300 small frames on 12 megapixels"]
    ordinary = saved(picture(1_000), "PNG")
    with DecoderPool(1) as pool:
        outcome(pool, ordinary)
        before = memory("self", "VmRSS")
        for _ in range(2):
            for name in names:
                outcome(pool, hostile_files()[name])
            assert np.asarray(pool.decode(ordinary, aspect=4.0).frames[0].pixels).size == 3_000_000
        assert memory("self", "VmRSS") - before < 60_000_000


def test_a_child_that_stays_large_is_replaced() -> None:
    with DecoderPool(1, Limits(child_resident=1)) as pool:
        (before,) = pool.pids()
        outcome(pool, saved(picture(), "PNG"))
        assert pool.pids() != (before,)
