"""The pool: a child's death loses nothing, its overrun harms nobody else, and no child outlives its service."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random

import pytest
from PIL import Image

from moderation.pictures.decoded import DecodedPicture, Undecodable
from moderation.pictures.limits import Limits
from moderation.pictures.pool import DecoderPool, NoDecoder
from tests.pictures.hostile import picture, saved

NOBODY = 2**22 + 1
"""Above the largest process id that Linux gives."""

ORDINARY = saved(picture(), "PNG")


def decoded(pool: DecoderPool) -> DecodedPicture:
    return pool.decode(ORDINARY, aspect=4.0)


def test_a_child_killed_while_idle_is_not_noticed() -> None:
    with DecoderPool(2) as pool:
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)
        assert decoded(pool).facts.width == 96


def test_a_child_killed_while_it_decodes_loses_nothing() -> None:
    slow = saved(Image.effect_noise((3_000, 3_000), 3).quantize(4), "PNG")
    with DecoderPool(1) as pool, ThreadPoolExecutor(1) as threads:
        decoded(pool)
        (pid,) = pool.pids()
        answer = threads.submit(pool.decode, slow, aspect=4.0)
        time.sleep(0.03)
        os.kill(pid, signal.SIGKILL)
        assert answer.result().facts.width == 3_000
        assert pid not in pool.pids()


def test_200_pictures_in_four_threads_all_come_back_while_children_are_killed() -> None:
    pictures = [saved(picture(100 + n), kind) for n, kind in enumerate(["PNG", "JPEG", "WEBP", "GIF"] * 50)]
    random, killed = Random(5), list[int]()
    with DecoderPool(2) as pool, ThreadPoolExecutor(4) as threads:

        def one(number: int) -> DecodedPicture:
            if number % 12 == 7:
                killed.append(random.choice(pool.pids() or (0,)))
                with suppress(ProcessLookupError):
                    os.kill(killed[-1] or NOBODY, signal.SIGKILL)
            return pool.decode(pictures[number], aspect=4.0)

        answers = list(threads.map(one, range(200)))
    assert [answer.facts.width for answer in answers] == list(range(100, 300))
    assert len(set(killed) - {0}) >= 8


def test_children_end_with_their_parent() -> None:
    code = (
        "import os, sys\n"
        "from moderation.pictures.pool import DecoderPool\n"
        "print(*DecoderPool(2).pids(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 10
    for pid in map(int, ended.stdout.split()):
        while _alive(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_a_child_is_replaced_after_its_last_use() -> None:
    with DecoderPool(1, Limits(child_uses=2)) as pool:
        first = pool.pids()
        decoded(pool)
        assert pool.pids() == first
        decoded(pool)
        assert pool.pids() != first


def test_a_picture_that_finds_no_free_decoder_is_told_to_come_again() -> None:
    with DecoderPool(1, Limits(child_seconds=1.0, answer_seconds=1.0)) as pool, ThreadPoolExecutor(1) as threads:
        decoded(pool)
        os.kill(pool.pids()[0], signal.SIGSTOP)
        stuck = threads.submit(decoded, pool)
        time.sleep(0.1)
        with pytest.raises(NoDecoder, match="every decoder is busy"):
            decoded(pool)
        with pytest.raises(Undecodable):
            stuck.result()


def test_a_child_that_does_not_answer_is_given_up_and_replaced() -> None:
    with DecoderPool(1, Limits(child_seconds=0.5, answer_seconds=6.0)) as pool:
        decoded(pool)
        os.kill(pool.pids()[0], signal.SIGSTOP)
        with pytest.raises(Undecodable, match=r"decoding took more than 0\.5 seconds"):
            decoded(pool)
        assert decoded(pool).facts.width == 96


def test_closing_ends_what_is_being_decoded() -> None:
    with DecoderPool(1) as pool, ThreadPoolExecutor(1) as threads:
        decoded(pool)
        os.kill(pool.pids()[0], signal.SIGSTOP)
        stuck = threads.submit(decoded, pool)
        time.sleep(0.2)
        pool.close()
        with pytest.raises(NoDecoder, match="the decoder is closed"):
            stuck.result()


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("/bin/false", "the decoder does not start; the service's log says why"),
        ("/nowhere/python", "the decoder cannot be started"),
    ],
)
def test_a_decoder_that_cannot_start_says_so(python: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with DecoderPool(1) as pool, pytest.raises(NoDecoder, match=reason):
        decoded(pool)


def test_a_closed_pool_decodes_nothing_and_has_no_children() -> None:
    pool = DecoderPool(2)
    pids = pool.pids()
    pool.close()
    pool.close()
    assert not any(map(_alive, pids)) and pool.pids() == ()
    with pytest.raises(NoDecoder, match="the decoder is closed"):
        decoded(pool)


def test_a_child_sees_nothing_of_the_services_environment() -> None:
    with DecoderPool(1) as pool:
        decoded(pool)
        with open(f"/proc/{pool.pids()[0]}/environ", "rb") as file:
            names = {entry.split(b"=")[0] for entry in file.read().split(b"\0") if entry}
    assert names == {
        b"LANG",
        b"OPENBLAS_NUM_THREADS",
        b"MALLOC_ARENA_MAX",
        b"MALLOC_MMAP_THRESHOLD_",
        b"MALLOC_TRIM_THRESHOLD_",
    }
