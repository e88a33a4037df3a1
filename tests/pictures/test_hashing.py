"""PDQ as published, in eight views, and pHash: beside a plain reading of the description, and through what uploaders do."""

import json
import math
import statistics

import numpy as np
import numpy.typing as npt
import pytest

from moderation.pictures.hashing import VIEWS, FrameHash, hamming, hash_and_views, hash_frame, near_views, views
from tests.pictures.scenes import COPIES, Pixels, brighter, drawing, jpeg, lettering, resized, scene, turned

Floats = npt.NDArray[np.float64]


def box(values: list[float], window: int) -> list[float]:
    """One pass of the filter as the description has it, a window that grows, moves and shrinks."""
    ahead = (window + 2) // 2
    return [
        statistics.fmean(values[max(0, at - window + ahead) : min(len(values), at + ahead)])
        for at in range(len(values))
    ]


def plainly(pixels: Pixels) -> tuple[bytes, int]:
    """PDQ and quality, step by step."""
    luma = pixels.astype(np.float64) @ [0.299, 0.587, 0.114]
    height, width = luma.shape
    for _ in range(2):
        luma = np.array([box(row, math.ceil(width / 128)) for row in luma.tolist()])
        luma = np.array([box(column, math.ceil(height / 128)) for column in luma.T.tolist()]).T
    down, across = ([int((at + 0.5) * side / 64) for at in range(64)] for side in (height, width))
    samples = luma[np.ix_(down, across)]
    steps = [*np.diff(samples, axis=0).ravel(), *np.diff(samples, axis=1).ravel()]
    quality = min(100, sum(abs(int(step * 100 / 255)) for step in steps) // 90)
    rows = [[math.cos(math.pi / 128 * k * (2 * at + 1)) for at in range(64)] for k in range(1, 17)]
    cosines = (np.array(rows) @ samples @ np.array(rows).T).ravel()
    median = sorted(cosines)[127]
    number = sum(1 << at for at, cosine in enumerate(cosines) if cosine > median)
    return number.to_bytes(32, "big"), quality


@pytest.mark.parametrize("size", [(400, 400), (300, 200), (64, 64), (40, 33), (512, 129)])
def test_pdq_is_what_the_published_description_gives(size: tuple[int, int]) -> None:
    pixels = resized(1)(scene(1))[: size[0], : size[1]]
    pixels = np.tile(pixels, (2, 2, 1))[: size[0], : size[1]]
    pdq, quality = plainly(pixels)
    found = hash_frame(pixels)
    assert hamming(found.pdq, pdq) <= 2  # where a frequency is the median's neighbour, single precision may differ
    assert abs(found.quality - quality) <= 1


def woven(width: int, height: int, step: int) -> Pixels:
    """A pattern from whole numbers alone, the same on every machine."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    red, green, blue = x * x // step + y * 3, x * y // (2 * step) + x, y * y // step + 5 * x
    return (np.stack([red, green, blue], axis=2) % 256).astype(np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "step", "quality", "pdq"),
    [
        (400, 400, 90, 100, "de28922a162a5555ad7d6b57ce7fb2e067c5cad59ca83968f0c881983e38b1f0"),
        (300, 200, 60, 100, "49550afe4b505a02d155ba5ae2dfd28027576ad4d6976d3ed9508e2558ece39c"),
        (64, 64, 7, 100, "c84fabb4550ba6746ae2959c2b1b54b62941dab67568ca5199ab5316b565ab5a"),
        (97, 333, 300, 100, "33b56c6bd2aaa7727982d272878cbd323ad577a2452ecc78c8c6898d99989993"),
        (512, 512, 700, 100, "e2ffa71339ce8d53aaa6aea8aaaaaea8aaaba8a8aaaaaaa85aaad4a8314a731a"),
    ],
)
def test_pdq_is_what_the_reference_package_gives(width: int, height: int, step: int, quality: int, pdq: str) -> None:
    # Of pdqhash 0.2.8, which wraps the reference implementation; to be installed it needs a compiler and CMake.
    found = hash_frame(woven(width, height, step))
    assert (found.pdq.hex(), found.quality) == (pdq, quality)


@pytest.mark.parametrize("make", [scene, drawing])
def test_each_view_is_the_hash_of_the_picture_turned_like_that(make: object) -> None:
    pixels = scene(5) if make is scene else drawing(5)
    found = views(pixels)
    for at, (quarters, mirrored) in enumerate([(0, False), (1, False), (2, False), (3, False),
                                               (0, True), (1, True), (2, True), (3, True)]):  # fmt: skip
        assert hamming(found[at].tobytes(), hash_frame(turned(quarters, mirrored)(pixels)).pdq) <= 2, VIEWS[at]


def test_views_from_a_hash_alone_are_a_few_bits_off() -> None:
    for seed in range(20):
        frame, exact = hash_and_views(scene(seed))
        near = near_views(frame.pdq)
        assert near[0].tobytes() == frame.pdq
        assert max(hamming(one.tobytes(), other.tobytes()) for one, other in zip(near, exact, strict=True)) <= 28


@pytest.mark.parametrize("copy", COPIES)
def test_copies_of_scenes_and_drawings_stay_within_31_bits(copy: str) -> None:
    for make in (scene, drawing):
        for seed in range(15):
            known = hash_frame(make(seed)).pdq
            assert min(hamming(known, view.tobytes()) for view in views(COPIES[copy](make(seed)))) <= 31


def test_pictures_that_have_nothing_to_do_with_one_another_are_far_apart() -> None:
    seen = [hash_and_views(make(seed)) for make in (scene, drawing, lettering) for seed in range(60)]
    upright = np.stack([np.frombuffer(frame.pdq, dtype=np.uint8) for frame, _ in seen])
    for at, (_, eight) in enumerate(seen):
        distances = np.bitwise_count(eight[:, None, :] ^ upright[None, at + 1 :, :]).sum(axis=2, dtype=np.int64)
        assert distances.size == 0 or distances.min() > 31


def test_phash_outlives_a_cut_edge_and_has_nothing_to_say_of_letters_on_white() -> None:
    for seed in range(20):
        whole, cut = hash_frame(scene(seed)), hash_frame(scene(seed)[8:-8, 8:-8])
        assert (whole.phash ^ cut.phash).bit_count() <= 10
        assert hash_frame(lettering(seed)).phash == 0


def test_quality_tells_the_flat_from_the_detailed() -> None:
    flat = np.full((400, 400, 3), 200, dtype=np.uint8)
    assert hash_frame(flat).quality == 0 and hash_frame(flat).phash == 0
    assert hash_frame(scene(1)).quality > 70


def test_large_and_long_pictures_are_shrunk_first_and_stay_recognisable() -> None:
    small = hash_frame(scene(3)).pdq
    assert hamming(hash_frame(resized(4)(scene(3))).pdq, small) <= 20
    long = np.tile(scene(3), (3, 1, 1))
    assert hamming(hash_frame(long).pdq, hash_frame(jpeg(60)(brighter(0.9)(long))).pdq) <= 31


@pytest.mark.parametrize("side", [1, 4, 5, 17, 63, 65])
def test_any_size_has_a_hash_and_the_smallest_an_empty_one(side: int) -> None:
    pixels = scene(1)[:side, :90]
    frame, eight = hash_and_views(pixels)
    assert eight.shape == (8, 32) and (side >= 5 or frame == FrameHash(bytes(32), 0, 0))


def test_a_hash_survives_json() -> None:
    frame = hash_frame(scene(9))
    assert FrameHash.from_text(json.loads(json.dumps(frame.to_text()))) == frame


@pytest.mark.parametrize("text", ["", "ab:1:2", "zz" * 32 + ":1:0", "00" * 32 + ":101:0", "00" * 32 + ":1:" + "f" * 17])
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        FrameHash.from_text(text)
