"""Made-up pictures for the bank, from seeds: scenes like photographs, drawings, letters on white; and what uploaders do to them."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = npt.NDArray[np.uint8]

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@lru_cache(maxsize=200)
def scene(seed: int, size: int = 400) -> Pixels:
    """Like a photograph: clouds of colour at every scale, and a few things in front with shadows and edges."""
    rng = np.random.default_rng([1, seed])
    total = np.zeros((size, size, 3))
    for cells, weight in ((3, 1.0), (6, 0.6), (13, 0.4), (27, 0.25), (55, 0.15)):
        small = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        total += weight * np.asarray(Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC))
    picture = Image.fromarray((total / 2.4).clip(0, 255).astype(np.uint8))
    _things(ImageDraw.Draw(picture), rng, size, int(rng.integers(2, 7)))
    return _grainy(picture.filter(ImageFilter.GaussianBlur(1.2)), rng)


@lru_cache(maxsize=200)
def drawing(seed: int, size: int = 400) -> Pixels:
    """Flat colours with sharp edges, as cartoon avatars have."""
    rng = np.random.default_rng([2, seed])
    picture = Image.new("RGB", (size, size), _colour(rng))
    _things(ImageDraw.Draw(picture), rng, size, int(rng.integers(5, 14)))
    return np.asarray(picture)


@lru_cache(maxsize=200)
def lettering(seed: int, size: int = 400) -> Pixels:
    """A few black letters on white, which is what perceptual hashes tell apart worst."""
    rng = np.random.default_rng([3, seed])
    picture = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(picture)
    for line in range(int(rng.integers(1, 4))):
        word = "".join(rng.choice(list(LETTERS), int(rng.integers(3, 7))))
        font = ImageFont.load_default(size=size * float(rng.uniform(0.12, 0.22)))
        draw.text((size * float(rng.uniform(0.04, 0.2)), size * (0.1 + 0.27 * line)), word, "black", font)
    return np.asarray(picture)


def _things(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, count: int) -> None:
    for _ in range(count):
        x, y = rng.uniform(0, size, 2)
        width, height = rng.uniform(size * 0.08, size * 0.5, 2)
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        match int(rng.integers(3)):
            case 0:
                draw.ellipse(box, _colour(rng))
            case 1:
                draw.rectangle(box, _colour(rng))
            case _:
                corners = [(float(a), float(b)) for a, b in rng.uniform(0, size, (3, 2))]
                draw.polygon(corners, _colour(rng))


def _grainy(picture: Image.Image, rng: np.random.Generator) -> Pixels:
    pixels = np.asarray(picture).astype(np.float32)
    return (pixels + rng.normal(0, 4, pixels.shape)).clip(0, 255).astype(np.uint8)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue


def resized(by: float) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        size = (round(pixels.shape[1] * by), round(pixels.shape[0] * by))
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))

    return change


def jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        kept = io.BytesIO()
        Image.fromarray(pixels).save(kept, "JPEG", quality=quality)
        return np.asarray(Image.open(kept).convert("RGB"))

    return change


def turned(quarters: int, mirrored: bool = False) -> Callable[[Pixels], Pixels]:
    """Quarter turns to the left, after mirroring."""
    return lambda pixels: np.ascontiguousarray(np.rot90(np.fliplr(pixels) if mirrored else pixels, quarters))


def cropped(share: float) -> Callable[[Pixels], Pixels]:
    """So much of each side cut off at all four edges."""

    def change(pixels: Pixels) -> Pixels:
        cut = round(pixels.shape[0] * share)
        return pixels[cut:-cut, cut:-cut]

    return change


def brighter(by: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: (pixels.astype(np.float32) * by).clip(0, 255).astype(np.uint8)


def chained(*changes: Callable[[Pixels], Pixels]) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        for each in changes:
            pixels = each(pixels)
        return pixels

    return change


COPIES: dict[str, Callable[[Pixels], Pixels]] = {
    "resized to 50%": resized(0.5),
    "resized to 75%": resized(0.75),
    "resized to 200%": resized(2),
    "JPEG of quality 30": jpeg(30),
    "resized to 50%, JPEG of quality 30": chained(resized(0.5), jpeg(30)),
    "mirrored": turned(0, mirrored=True),
    "turned left": turned(1),
    "turned upside down": turned(2),
    "turned right": turned(3),
    "mirrored, turned left, JPEG of quality 30": chained(turned(1, mirrored=True), jpeg(30)),
    "mirrored, resized to 60%, JPEG of quality 30": chained(turned(0, mirrored=True), resized(0.6), jpeg(30)),
    "brighter by 20%": brighter(1.2),
}
"""What a copy must be found through."""

CROPS = {"2% cut off each side": cropped(0.02), "5% cut off each side": cropped(0.05)}
"""What PDQ is not made for, and pHash finds some of."""
