"""Decoding: what is kept of a picture, what is dropped and which frames are looked at."""

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms, ImageDraw

from moderation.pictures.decoded import WHOLE, DecodedPicture, Facts, Pixels, Undecodable
from moderation.pictures.decoding import decode
from moderation.pictures.frames import MostUnlike, composited, opaque, tiles
from moderation.pictures.hashing import hamming
from moderation.pictures.limits import Limits
from moderation.pictures.pool import DecoderPool
from tests.pictures.hostile import apng, chunk, gps_exif, picture, png, saved


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1) as one:
        yield one


def decoded(pool: DecoderPool, image: Image.Image, kind: str = "PNG", **options: object) -> DecodedPicture:
    return pool.decode(saved(image, kind, **options), aspect=None)


def shot(number: int, side: int = 200) -> Image.Image:
    """One of many frames that differ a little."""
    image = picture(side)
    ImageDraw.Draw(image).rectangle((number % side, 4, number % side + 9, 13), fill=(250, 250, 0))
    return image


def animation(images: Sequence[Image.Image], kind: str, **options: object) -> bytes:
    return saved(images[0], kind, save_all=True, append_images=list(images[1:]), duration=50, **options)


def apart(one: Pixels, other: npt.NDArray[np.generic]) -> float:
    """The mean difference of two pictures of one size, 0–255."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_an_ordinary_picture_of_each_format_is_one_frame(kind: str, pool: DecoderPool) -> None:
    got = decoded(pool, picture(400), kind)
    assert got.facts == Facts(400, 400, kind, 1, 1, got.facts.hashes)
    (frame,) = got.frames
    assert (frame.at, frame.box, frame.pixels.shape) == (0, WHOLE, (400, 400, 3))
    assert apart(frame.pixels, np.asarray(picture(400))) < 4
    assert Image.open(BytesIO(got.webp)).size == (400, 400)


def test_a_large_picture_is_shown_small_and_its_facts_are_of_the_original(pool: DecoderPool) -> None:
    got = decoded(pool, picture(3_000).resize((3_000, 2_000)), "JPEG")
    assert (got.facts.width, got.facts.height) == (3_000, 2_000)
    assert got.frames[0].pixels.shape == (683, 1_024, 3)
    assert Image.open(BytesIO(got.webp)).size == (1_024, 683)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_it_was_taken_is_gone_and_it_stands_upright(kind: str, pool: DecoderPool) -> None:
    original = picture(400).resize((400, 200))
    data = saved(original, kind, exif=gps_exif())
    assert b"SecretCamera" in data
    got = pool.decode(data, aspect=4.0)
    assert b"SecretCamera" not in got.webp and not Image.open(BytesIO(got.webp)).getexif()
    assert (got.facts.width, got.facts.height) == (200, 400)
    assert apart(got.frames[0].pixels, np.asarray(original.transpose(Image.Transpose.ROTATE_270))) < 5


def test_sixteen_bits_keep_their_greys(pool: DecoderPool) -> None:
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16)
    pixels = decoded(pool, Image.fromarray(np.tile(ramp, (64, 1)))).frames[0].pixels
    assert list(pixels[0, ::51, 0]) == [0, 51, 102, 153, 204, 255]


def test_sixteen_bits_keep_their_transparent_grey(pool: DecoderPool) -> None:
    row = b"\0" + struct.pack(">32H", *([1_000] * 16 + [60_000] * 16))
    data = png(32, 32, 16, 0, row * 32, chunk(b"tRNS", struct.pack(">H", 1_000)))
    pixels = pool.decode(data, aspect=4.0).frames[0].pixels
    assert pixels[0, 0].tolist() == [0, 0, 0, 0] and pixels[0, 31].tolist() == [234, 234, 234, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_way_to_store_colours_becomes_rgb(mode: str, pool: DecoderPool) -> None:
    plain = picture(64) if mode in ("P", "CMYK", "RGBA") else picture(64).convert("L").convert("RGB")
    got = decoded(pool, plain.quantize() if mode == "P" else plain.convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    (frame,) = got.frames
    assert frame.pixels.shape == (64, 64, 3)
    assert apart(frame.pixels, np.asarray(plain)) < (90 if mode == "1" else 8)


def test_an_interlaced_picture_is_whole(pool: DecoderPool) -> None:
    pixels = np.asarray(picture(16).convert("L"))
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [pixels[top::down, left::right] for top, left, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts for row in part)
    got = pool.decode(png(16, 16, 8, 0, rows, interlaced=1), aspect=4.0)
    assert np.array_equal(got.frames[0].pixels[..., 0], pixels)


def test_a_picture_that_only_its_colour_profile_shows_is_looked_at_with_it(pool: DecoderPool) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 136 + 12 * n for n in range(count)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    profile[red : red + 8], profile[blue : blue + 8] = profile[blue : blue + 8], profile[red : red + 8]
    image = Image.new("RGB", (64, 64), (250, 10, 10))
    pixels = decoded(pool, image, icc_profile=bytes(profile)).frames[0].pixels
    assert pixels[0, 0, 2] > 200 > 60 > pixels[0, 0, 0]
    assert b"ICCP" not in decoded(pool, image, icc_profile=bytes(profile)).webp


# Frames


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_equal_frames_are_one_and_all_others_are_looked_at(
    kind: str, options: dict[str, object], pool: DecoderPool
) -> None:
    images = [shot(20 * n) for n in (0, 1, 2, 1, 0, 3)]
    got = pool.decode(animation(images, kind, **options), aspect=4.0)
    assert (got.facts.frames, got.facts.distinct, got.facts.problem) == (6, 4, None)
    assert [frame.at for frame in got.frames] == [0, 1, 2, 5]
    assert len(got.facts.hashes) == 4
    with Image.open(BytesIO(got.webp)) as copy:
        assert copy.n_frames == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("hidden", [1, 77, 149])
def test_one_odd_frame_among_150_is_among_the_twelve(kind: str, hidden: int, pool: DecoderPool) -> None:
    images = [shot(n) for n in range(150)]
    images[hidden] = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(images[hidden]).text((60, 90), "WX 88888", fill="black")
    got = pool.decode(animation(images, kind), aspect=4.0)
    assert (got.facts.frames, got.facts.distinct, len(got.facts.hashes)) == (150, 150, 150)
    assert got.facts.problem == "150 different frames, the 12 most unlike ones were looked at"
    chosen = [frame.at for frame in got.frames]
    assert len(chosen) == 12 and chosen[0] == 0 and hidden in chosen and chosen == sorted(chosen)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(max_frames=5), "only the first 5 of 9 frames were looked at: an animation may have 5"),
        (Limits(max_animation=3_000), "only the first 2 of 9 frames were looked at: an animation may have 3,000 pixels in all its frames"),
    ],
)  # fmt: skip
def test_frames_beyond_the_budget_are_a_problem(limits: Limits, reason: str) -> None:
    with DecoderPool(1, limits) as strict:
        assert strict.decode(apng(32, 32, 9), aspect=4.0).facts.problem == reason


def test_frames_that_time_does_not_allow_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # decoding lowers it, which is for a child
    got = decode(apng(32, 32, 9), Limits(child_seconds=1e-9), 4.0)
    assert got.facts.problem == "only the first 1 of 9 frames were looked at: the others would have taken too long"
    assert len(got.frames) == 1


def test_a_cut_off_animation_is_not_taken_for_a_short_one(pool: DecoderPool) -> None:
    for data in (apng(96, 96, 6), animation([shot(n) for n in range(6)], "WEBP")):
        with pytest.raises(Undecodable):
            pool.decode(data[: len(data) * 3 // 4], aspect=4.0)


def test_no_more_frames_are_held_than_are_kept() -> None:
    kept = MostUnlike(3)
    for at, tone in enumerate([10, 11, 12, 200, 13, 90, 14]):
        pixels = np.full((20, 20, 3), tone, np.uint8)
        kept.offer(at, pixels, pixels)
        assert len(kept.kept()) <= 3
    assert [at for at, _ in kept.kept()] == [0, 3, 5]


@pytest.mark.parametrize("kind", ["GIF", "JPEG"])
def test_the_safe_copy_says_the_same_as_the_original(kind: str, pool: DecoderPool) -> None:
    data = animation([shot(40 * n) for n in range(5)], "GIF") if kind == "GIF" else saved(picture(2_000), "JPEG")
    first = pool.decode(data, aspect=4.0)
    second = pool.decode(first.webp, aspect=4.0)
    assert second.facts.distinct == first.facts.distinct and second.facts.problem is None
    for one, other in zip(first.facts.hashes, second.facts.hashes, strict=True):
        assert hamming(one.pdq, other.pdq) <= 16
    for a, b in zip(first.frames, second.frames, strict=True):
        assert a.pixels.shape == b.pixels.shape and apart(a.pixels, b.pixels) < 4


# Long pictures


def test_an_avatar_may_be_four_times_as_long_as_wide_and_no_more(pool: DecoderPool) -> None:
    assert pool.decode(saved(Image.new("RGB", (400, 100)), "PNG"), aspect=4.0).facts.width == 400
    with pytest.raises(Undecodable, match=r"401 × 100 pixels, more than 4 times as long as wide"):
        pool.decode(saved(Image.new("RGB", (401, 100)), "PNG"), aspect=4.0)


def test_a_long_picture_is_looked_at_in_tiles_that_overlap(pool: DecoderPool) -> None:
    image = Image.new("RGB", (900, 5_400), "white")
    got = decoded(pool, image)
    assert (got.facts.width, got.facts.height, got.facts.problem) == (900, 5_400, None)
    assert {frame.pixels.shape for frame in got.frames} == {(1_024, 720, 3)}
    edges = [(frame.box[1], frame.box[3]) for frame in got.frames]
    assert edges[0][0] == 0.0 and edges[-1][1] == 1.0
    assert all(one[1] - other[0] > 0.02 for one, other in pairwise(edges))
    assert Image.open(BytesIO(got.webp)).size == (720, 4_320)
    assert len(decoded(pool, Image.open(BytesIO(got.webp)), "PNG").frames) == len(got.frames)


def test_more_tiles_than_are_kept_are_a_problem() -> None:
    boxes, needed = tiles(16, 6_000, 12)
    assert len(boxes) == 12 and needed > 100
    assert boxes[0][1] == 0 and boxes[-1][3] == 6_000
    assert all(bottom - top == 64 for _, top, _, bottom in boxes)


@pytest.mark.parametrize("size", [(6_000, 20), (20, 6_000), (1_000, 5_000), (5_999, 1_480)])
def test_tiles_leave_nothing_out(size: tuple[int, int]) -> None:
    boxes, needed = tiles(*size, 1_000)
    assert len(boxes) == needed
    seen = np.zeros((size[1], size[0]), bool)
    for left, top, right, bottom in boxes:
        seen[top:bottom, left:right] = True
    assert seen.all()


def test_a_long_animation_is_shared_out_among_its_frames(pool: DecoderPool) -> None:
    banner = [shot(30 * n).resize((728, 90)) for n in range(3)]
    got = pool.decode(animation(banner, "GIF"), aspect=None)
    assert got.facts.problem is None
    assert [frame.at for frame in got.frames] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


# Alpha


def written(colour: tuple[int, int, int], alpha: int = 255) -> Image.Image:
    """Text of that colour on nothing."""
    image = Image.new("RGBA", (200, 80))
    ImageDraw.Draw(image).text((20, 20), "WX 88888", fill=(*colour, alpha), font_size=30)
    return image


def legible(shown: Pixels) -> bool:
    return int(shown.max()) - int(shown.min()) > 60


@pytest.mark.parametrize(("tone", "views"), [(255, 1), (0, 1), (128, 2), (110, 2)])
def test_transparent_text_can_be_read_whatever_its_colour(tone: int, views: int, pool: DecoderPool) -> None:
    got = decoded(pool, written((tone, tone, tone)))
    shown = opaque(got.frames[0].pixels)
    assert got.frames[0].pixels.shape == (80, 200, 4) and len(shown) == views
    assert any(map(legible, shown))
    copy = np.asarray(Image.open(BytesIO(got.webp)))
    assert copy.shape == (80, 200, 4) and any(map(legible, opaque(copy)))


def test_two_pictures_in_one_are_looked_at_on_white_and_on_black() -> None:
    on_white, on_black = np.asarray(picture(64).convert("L")) / 510 + 0.5, np.asarray(written((255,) * 3).convert("L"))
    on_black = np.asarray(Image.fromarray(on_black).resize((64, 64))) / 510
    alpha = np.clip(1 - on_white + on_black, 1 / 255, 1)
    grey = on_black / alpha
    pixels = np.rint(255 * np.dstack([grey, grey, grey, alpha])).clip(0, 255).astype(np.uint8)
    shown = opaque(pixels)
    assert len(shown) == 3
    assert apart(shown[1][..., 0], 255 * on_white) < 2 and apart(shown[2][..., 0], 255 * on_black) < 2


def test_an_alpha_that_hides_nothing_costs_no_second_look() -> None:
    image = picture(200).convert("RGBA")
    image.putalpha(Image.new("L", (200, 200), 255))
    assert len(opaque(np.asarray(image))) == 1
    badge = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(badge).ellipse((10, 10, 190, 190), fill=(200, 30, 30, 255))
    assert len(opaque(np.asarray(badge))) == 1


def test_compositing_rounds_as_a_division_would() -> None:
    colour, alpha = np.meshgrid(np.arange(256), np.arange(256))
    pixels = np.dstack([colour, colour, colour, alpha]).astype(np.uint8)
    for background in (0, 128, 255):
        exact = (colour * alpha + background * (255 - alpha)) / 255
        assert np.array_equal(composited(pixels, background)[..., 0], np.floor(exact + 0.5).astype(np.uint8))
