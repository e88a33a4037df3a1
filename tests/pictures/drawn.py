"""Pictures drawn by seed, each with what it holds: text, or nothing to read. Strings are invented; codes are in `drawn_codes`."""

import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

Pixels = NDArray[np.uint8]
Picture = Image.Image

SIDE = 200
"""Pixels of a text picture's side."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One picture. condition: what was done to it; pixels: RGB, RGBA where transparent; truth: its text or payload, "" for none.

    Lines of a text are parted by a line feed; blanks are as written, so compare without them.
    """

    condition: str
    pixels: Pixels
    truth: str


STRINGS = (
    "加微信领红包",
    "官方客服\n在线咨询",
    "代练上分\n带飞王者",
    "QQ群 736251",
    "兼职日结300元",
    "澳门新葡京",
    "VX：abk8826",
    "专业代开发票",
    "小额贷款\n秒到账",
    "今日份的快乐",
    "人间清醒",
    "星辰大海\n不负韶华",
    "私聊有惊喜",
    "@夜色温柔",
    "www.demo-88.com",
    "招代理\n零门槛",
    "低价出售账号",
    "客服小美",
    "全网最低价",
    "Lucky Star 7",
)


def texts(seed: int = 0) -> Iterator[Drawn]:
    """Every string in every condition of TEXTS."""
    for condition, draw in TEXTS.items():
        for number, string in enumerate(STRINGS):
            chance = random.Random(f"{seed} {condition} {number}")
            yield Drawn(condition, as_pixels(draw(string, chance)), string)


def blanks(seed: int = 0, each: int = 6) -> Iterator[Drawn]:
    """Pictures without text or code, so many of every kind of BLANKS."""
    for condition, draw in BLANKS.items():
        for number in range(each):
            yield Drawn(condition, as_pixels(draw(random.Random(f"{seed} {condition} {number}"))), "")


def as_pixels(picture: Picture) -> Pixels:
    return np.array(picture if picture.mode == "RGBA" else picture.convert("RGB"))


def texture(size: tuple[int, int], chance: random.Random, low: int = 40, high: int = 215) -> Picture:
    """Smooth colours with grain, like a photo out of focus; brightness in [low, high]."""
    draws = np.random.default_rng(chance.getrandbits(32))
    total = np.zeros((size[1], size[0], 3))
    for cells, weight in ((3, 1.0), (6, 0.6), (14, 0.35), (40, 0.15)):
        grid = Image.fromarray(draws.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += weight * np.asarray(grid.resize(size, Image.Resampling.BICUBIC), dtype=float)
    total += draws.normal(0, 5, total.shape)
    lowest, highest = np.percentile(total, (1, 99))
    scaled = low + (total - lowest) / (highest - lowest) * (high - low)
    return Image.fromarray(scaled.clip(0, 255).astype(np.uint8))


def noisy(picture: Picture, chance: random.Random, spread: float) -> Picture:
    draws = np.random.default_rng(chance.getrandbits(32))
    noised = np.asarray(picture, dtype=float) + draws.normal(0, spread, (picture.height, picture.width, 3))
    return Image.fromarray(noised.clip(0, 255).astype(np.uint8))


def colour(chance: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return chance.randint(low, high), chance.randint(low, high), chance.randint(low, high)


@cache
def _font(family: str, size: int) -> ImageFont.FreeTypeFont:
    told = subprocess.run(
        ["fc-match", "--format", "%{file}\n%{index}", f"{family}:lang=zh-cn"],
        capture_output=True,
        text=True,
        check=True,
    )
    file, index = told.stdout.split("\n")
    return ImageFont.truetype(file, size, index=int(index) & 0xFFFF)


FAMILIES = ("Noto Sans CJK SC", "Noto Sans CJK SC:bold", "Noto Serif CJK SC", "Noto Serif CJK SC:bold")


def text_mask(string: str, chance: random.Random, share: float = 0.85, vertical: bool = False) -> Picture:
    """Where the ink of a text goes, 255 for ink; its longest line takes that share of the side."""
    family = chance.choice(FAMILIES)
    lines = [*string.replace("\n", "")] if vertical else string.split("\n")
    gauge = _font(family, 100)
    widest = max(gauge.getlength(line) for line in lines)
    tallest = 120 * len(lines)
    font = _font(family, max(10, min(48, int(100 * share * SIDE / max(widest, tallest)))))
    mask = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).multiline_text(
        (SIDE / 2, SIDE / 2), "\n".join(lines), fill=255, font=font, anchor="mm", align="center", spacing=2
    )
    return mask


def _plain(string: str, chance: random.Random) -> Picture:
    dark, light = colour(chance, 0, 80), colour(chance, 200, 255)
    ink, paper = (dark, light) if chance.random() < 0.6 else (light, dark)
    return inked(text_mask(string, chance), ink, Image.new("RGB", (SIDE, SIDE), paper))


def inked(mask: Picture, ink: tuple[int, int, int], paper: Picture) -> Picture:
    paper.paste(ink, (0, 0), mask)
    return paper


def _vertical(string: str, chance: random.Random) -> Picture:
    paper = Image.new("RGB", (SIDE, SIDE), colour(chance, 200, 255))
    return inked(text_mask(string, chance, 0.95, vertical=True), colour(chance, 0, 80), paper)


def _faint(string: str, chance: random.Random) -> Picture:
    paper = chance.randint(60, 200)
    ink = paper + chance.choice((-1, 1)) * chance.randint(14, 22)
    return inked(text_mask(string, chance), (ink,) * 3, Image.new("RGB", (SIDE, SIDE), (paper,) * 3))


def _transparent(string: str, chance: random.Random) -> Picture:
    mask = text_mask(string, chance)
    return Image.merge("RGBA", (*Image.new("RGB", mask.size, "white").split(), mask))


def _small(string: str, chance: random.Random) -> Picture:
    return inked(text_mask(string, chance, 0.45), colour(chance, 0, 80), Image.new("RGB", (SIDE, SIDE), "white"))


def _textured(string: str, chance: random.Random) -> Picture:
    mask = text_mask(string, chance)
    paper = texture(mask.size, chance)
    paper.paste((20, 20, 20), (0, 0), mask.filter(ImageFilter.MaxFilter(3)))
    return inked(mask, (250, 250, 245), paper)


def _tilted(string: str, chance: random.Random) -> Picture:
    angle = chance.choice((-1, 1)) * chance.uniform(10, 30)
    mask = text_mask(string, chance, 0.75).rotate(angle, Image.Resampling.BICUBIC)
    return inked(mask, colour(chance, 0, 80), Image.new("RGB", mask.size, colour(chance, 200, 255)))


TEXTS: Mapping[str, Callable[[str, random.Random], Picture]] = {
    "plain": _plain,
    "turned by 90°": lambda string, chance: _plain(string, chance).transpose(Image.Transpose.ROTATE_90),
    "turned by 180°": lambda string, chance: _plain(string, chance).transpose(Image.Transpose.ROTATE_180),
    "turned by 270°": lambda string, chance: _plain(string, chance).transpose(Image.Transpose.ROTATE_270),
    "vertical": _vertical,
    "mirrored": lambda string, chance: ImageOps.mirror(_plain(string, chance)),
    "faint": _faint,
    "noisy": lambda string, chance: noisy(_plain(string, chance), chance, 28),
    "small": _small,
    "white on transparent": _transparent,
    "on a photo-like texture": _textured,
    "tilted": _tilted,
}


def _gradient(chance: random.Random) -> Picture:
    corners = np.array([[colour(chance, 0, 255) for _ in range(2)] for _ in range(2)], dtype=np.uint8)
    return Image.fromarray(corners).resize((300, 300), Image.Resampling.BILINEAR)


def _shapes(chance: random.Random) -> Picture:
    picture = Image.new("RGB", (300, 300), colour(chance, 0, 255))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = chance.randint(-40, 260), chance.randint(-40, 260)
        box = (left, top, left + chance.randint(30, 160), top + chance.randint(30, 160))
        chance.choice((draw.ellipse, draw.rectangle))(box, fill=colour(chance, 0, 255))
    return picture


def _face(chance: random.Random) -> Picture:
    picture = Image.new("RGB", (300, 300), colour(chance, 120, 255))
    draw = ImageDraw.Draw(picture)
    skin, hair = (
        (240 - chance.randint(0, 90), 200 - chance.randint(0, 80), 170 - chance.randint(0, 80)),
        colour(chance, 0, 90),
    )
    draw.ellipse((70, 30, 230, 230), hair)
    draw.ellipse((85, 60, 215, 240), skin)
    for x in (115, 170):
        draw.ellipse((x, 125, x + 24, 140), "white")
        draw.ellipse((x + 7, 126, x + 18, 139), hair)
        draw.arc((x - 4, 105, x + 28, 130), 200, 340, hair, 3)
    draw.line((150, 140, 143, 175, 155, 177), (150, 100, 80), 2)
    draw.chord((125, 180, 175, 215), 10, 170, (180, 50, 60))
    draw.rectangle((60, 245, 240, 300), colour(chance, 0, 255))
    return picture


def _grid(chance: random.Random) -> Picture:
    picture = Image.new("RGB", (300, 300), colour(chance, 180, 255))
    draw, step = ImageDraw.Draw(picture), chance.randint(12, 40)
    for at in range(0, 300, step):
        draw.line((at, 0, at, 300), (90, 90, 90), 2)
        draw.line((0, at, 300, at), (90, 90, 90), 2)
    return picture


def _stripes(chance: random.Random) -> Picture:
    """Like a barcode, but of random widths."""
    picture = Image.new("L", (300, 300), 255)
    draw, x = ImageDraw.Draw(picture), 30
    while x < 270:
        wide = chance.randint(1, 4) * 2
        draw.rectangle((x, 60, x + wide - 1, 240), 0)
        x += wide + chance.randint(1, 4) * 2
    return picture


def _squares(chance: random.Random) -> Picture:
    """Like a QR code: three finders and random modules between them."""
    draws = np.random.default_rng(chance.getrandbits(32))
    grid = draws.integers(0, 2, (29, 29)).astype(bool)
    for top, left in ((0, 0), (0, 22), (22, 0)):
        grid[max(0, top - 1) : top + 8, max(0, left - 1) : left + 8] = False
        grid[top : top + 7, left : left + 7] = True
        grid[top + 1 : top + 6, left + 1 : left + 6] = False
        grid[top + 2 : top + 5, left + 2 : left + 5] = True
    picture = Image.fromarray(np.where(grid, 0, 255).astype(np.uint8)).resize((261, 261), Image.Resampling.NEAREST)
    return ImageOps.expand(picture, 20, 255)


def _checks(chance: random.Random) -> Picture:
    step = chance.randint(8, 30)
    y, x = np.indices((300, 300)) // step
    colours = np.array([colour(chance, 0, 100), colour(chance, 150, 255)], dtype=np.uint8)
    return Image.fromarray(colours[(x + y) % 2])


def _grain(chance: random.Random) -> Picture:
    return noisy(Image.new("RGB", (300, 300), colour(chance, 60, 190)), chance, 50)


def _landscape(chance: random.Random) -> Picture:
    picture = Image.new("RGB", (300, 300), (120 + chance.randint(0, 60), 180, 235))
    draw = ImageDraw.Draw(picture)
    x = chance.randint(20, 220)
    draw.ellipse((x, 30, x + 50, 80), (255, 230, 120))
    for base, tone in ((150, 150), (190, 110), (230, 70)):
        ridge = [(step, base + chance.randint(-35, 35)) for step in range(-20, 341, 40)]
        draw.polygon([*ridge, (340, 300), (-20, 300)], (tone // 2, tone, tone // 2))
    return noisy(picture.filter(ImageFilter.GaussianBlur(1)), chance, 4)


BLANKS: Mapping[str, Callable[[random.Random], Picture]] = {
    "one colour": lambda chance: Image.new("RGB", (300, 300), colour(chance, 0, 255)),
    "gradient": _gradient,
    "shapes": _shapes,
    "face": _face,
    "texture": lambda chance: texture((300, 300), chance),
    "grid": _grid,
    "barcode-like stripes": _stripes,
    "QR-like squares": _squares,
    "checks": _checks,
    "grain": _grain,
    "landscape": _landscape,
}
