"""Harmless pictures drawn by seed, of kinds that models of nudity and gore take for their own: skin, food, red things."""

import math
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.pictures.drawn import texture

Pixels = NDArray[np.uint8]
Picture = Image.Image
Colour = tuple[int, int, int]

SIDE = 320
SKINS: tuple[Colour, ...] = (
    (255, 224, 196),
    (241, 194, 150),
    (224, 172, 120),
    (198, 134, 86),
    (141, 85, 50),
    (84, 52, 34),
)
CAPTIONS = ("平安喜乐", "小熊\n饼干", "暴富", "LOVE", "今日份\n快乐", "佛系", "王", "南风知我意", "OK", "努力\n加油")


def harmless(each: int = 40, seed: int = 0) -> Iterator[tuple[str, Pixels]]:
    """So many pictures of each kind, with the kind's name; some square, some twice as wide as tall or nearly."""
    for kind, draw in KINDS.items():
        for number in range(each):
            chance = random.Random(f"{kind} {number} {seed}")
            picture = draw(chance).convert("RGB")
            width = round(SIDE * chance.choice((1.0, 1.0, 1.0, 0.75, 0.5)))
            left = (SIDE - width) // 2
            yield kind, np.asarray(picture.crop((left, 0, left + width, SIDE)))


@cache
def font_file() -> str:
    told = subprocess.run(
        ["fc-match", "--format", "%{file}", ":lang=zh-cn"], capture_output=True, text=True, check=True
    )
    return told.stdout


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (max(0, min(255, round(value * by))) for value in colour)
    return red, green, blue


def _any(chance: random.Random) -> Colour:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _graded(top: Colour, bottom: Colour, angle: float = 90.0) -> Picture:
    """From one colour to another along an angle in degrees."""
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    along = across * math.cos(math.radians(angle)) + down * math.sin(math.radians(angle))
    share = ((along - along.min()) / np.ptp(along))[..., None]
    return Image.fromarray((np.array(top) * (1 - share) + np.array(bottom) * share).astype(np.uint8))


def _grained(picture: Picture, chance: random.Random, spread: float = 8.0) -> Picture:
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, spread, (SIDE, SIDE, 1))
    return Image.fromarray((np.asarray(picture.convert("RGB")) + noise).clip(0, 255).astype(np.uint8))


def _skin(chance: random.Random) -> Picture:
    """Skin tones in soft folds, and nothing else."""
    tone = chance.choice(SKINS)
    picture = _graded(_shade(tone, 1.08), _shade(tone, chance.uniform(0.55, 0.85)), chance.uniform(0, 360))
    draw = ImageDraw.Draw(picture)
    for _ in range(chance.randrange(6)):
        x, y, wide, tall = (chance.uniform(0, SIDE) for _ in range(4))
        draw.ellipse((x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2), _shade(tone, chance.uniform(0.75, 1.15)))
    return _grained(picture.filter(ImageFilter.GaussianBlur(chance.uniform(6, 22))), chance, 4)


def _face(chance: random.Random) -> Picture:
    """A head with hair, eyes, mouth and shoulders."""
    tone, hair, shirt = chance.choice(SKINS), _shade(_any(chance), 0.4), _any(chance)
    picture = _graded(_any(chance), _any(chance), chance.uniform(0, 360))
    draw = ImageDraw.Draw(picture)
    x, y, r = chance.uniform(130, 190), chance.uniform(120, 160), chance.uniform(60, 90)
    draw.ellipse((x - 1.15 * r, y - 1.45 * r, x + 1.15 * r, y + r * chance.uniform(0.4, 1.6)), hair)
    draw.rectangle((x - 0.35 * r, y + r, x + 0.35 * r, y + 1.7 * r), _shade(tone, 0.85))
    draw.ellipse((x - 2 * r, y + 1.4 * r, x + 2 * r, y + 4 * r), shirt)
    draw.ellipse((x - 0.85 * r, y - 1.1 * r, x + 0.85 * r, y + 1.2 * r), tone)
    for side in (-1, 1):
        eye = x + side * 0.38 * r
        draw.ellipse((eye - 0.17 * r, y - 0.22 * r, eye + 0.17 * r, y + 0.05 * r), "white")
        draw.ellipse((eye - 0.08 * r, y - 0.17 * r, eye + 0.08 * r, y), (30, 20, 20))
    draw.arc((x - 0.4 * r, y + 0.3 * r, x + 0.4 * r, y + 0.8 * r), 20, 160, (180, 50, 60), 5)
    return _grained(picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 2.5))), chance)


def _food(chance: random.Random) -> Picture:
    """A plate or bowl full of round, long and leafy things, meat and sauces among them."""
    picture = texture((SIDE, SIDE), chance)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((20, 20, 300, 300), _shade((255, 250, 240), chance.uniform(0.6, 1.0)))
    draw.ellipse((45, 45, 275, 275), chance.choice([(150, 40, 20), (240, 220, 180), (120, 60, 30), (220, 120, 40)]))
    colours = [
        (190, 40, 30),
        (160, 82, 45),
        (230, 170, 60),
        (90, 140, 50),
        (250, 235, 200),
        (205, 110, 90),
        (110, 50, 30),
    ]
    for _ in range(chance.randrange(15, 60)):
        angle, far = chance.uniform(0, 2 * math.pi), 100 * math.sqrt(chance.random())
        x, y = 160 + far * math.cos(angle), 160 + far * math.sin(angle)
        wide, tall = chance.uniform(5, 28), chance.uniform(5, 16)
        colour = chance.choice(colours)
        draw.ellipse((x - wide, y - tall, x + wide, y + tall), colour, _shade(colour, 0.7))
        draw.ellipse((x - wide / 3, y - tall / 2, x, y - tall / 4), _shade(colour, 1.3))
    return _grained(picture.filter(ImageFilter.GaussianBlur(1.2)), chance)


def _red(chance: random.Random) -> Picture:
    """Red cloth, paint, petals, wet stone: blotches of red and dark."""
    grey = np.asarray(texture((SIDE, SIDE), chance).convert("L"), dtype=np.float32)[..., None] / 255
    picture = Image.fromarray(
        (grey * np.array(chance.choice([(255, 40, 40), (200, 20, 30), (255, 90, 70)]))).astype(np.uint8)
    )
    draw = ImageDraw.Draw(picture)
    for _ in range(chance.randrange(25)):
        x, y, r = chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.uniform(2, 40)
        shade = chance.choice([(120, 0, 5), (225, 20, 25), (160, 10, 10), (240, 200, 190), (60, 10, 10)])
        draw.ellipse((x - r, y - r * chance.uniform(0.3, 1), x + r, y + r), shade)
    return _grained(picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 5))), chance, 14)


def _sunset(chance: random.Random) -> Picture:
    """A low sun over hills or the sea."""
    picture = _graded(
        chance.choice([(60, 40, 110), (250, 140, 60), (120, 60, 90)]), (255, chance.randrange(110, 200), 80)
    )
    draw = ImageDraw.Draw(picture)
    x, y, r = chance.uniform(60, 260), chance.uniform(120, 200), chance.uniform(18, 50)
    draw.ellipse((x - r, y - r, x + r, y + r), (255, 235, 170))
    for layer in range(chance.randrange(1, 4)):
        low = 190 + 40 * layer
        ridge = [(at, low + 25 * math.sin(at / chance.uniform(25, 60) + layer)) for at in range(0, SIDE + 20, 20)]
        draw.polygon([(0, SIDE), *ridge, (SIDE, SIDE)], _shade((90, 50, 70), 1 - 0.28 * layer))
    return _grained(picture.filter(ImageFilter.GaussianBlur(1)), chance, 6)


def _lettered(chance: random.Random) -> Picture:
    """A few characters on a colour, as many an avatar is."""
    picture = (
        Image.new("RGB", (SIDE, SIDE), _any(chance)) if chance.random() < 0.5 else _graded(_any(chance), _any(chance))
    )
    caption = chance.choice(CAPTIONS)
    size = round(250 / max(map(len, caption.split("\n"))))
    font = ImageFont.truetype(font_file(), min(size, 120))
    ImageDraw.Draw(picture).text((160, 160), caption, _any(chance), font, anchor="mm", align="center")
    return picture


def _cartoon(chance: random.Random) -> Picture:
    """An animal's head in flat colours with dark outlines."""
    picture = Image.new("RGB", (SIDE, SIDE), _any(chance))
    draw = ImageDraw.Draw(picture)
    fur, ink = (
        chance.choice([(250, 190, 120), (255, 214, 222), (240, 240, 240), (170, 120, 80), _any(chance)]),
        (40, 25, 25),
    )
    for side in (-1, 1):
        x = 160 + side * chance.uniform(50, 80)
        draw.ellipse((x - 38, 35, x + 38, chance.uniform(110, 150)), fur, ink, 5)
    draw.ellipse((60, 70, 260, 260), fur, ink, 6)
    for side in (-1, 1):
        draw.ellipse((160 + side * 45 - 14, 130, 160 + side * 45 + 14, 165), ink)
        draw.ellipse((160 + side * 65 - 18, 175, 160 + side * 65 + 18, 195), (255, 150, 150))
    draw.ellipse((148, 172, 172, 188), ink)
    draw.arc((130, 170, 190, 215), 20, 160, ink, 5)
    return picture


def _beach(chance: random.Random) -> Picture:
    """Sky, sea and sand, with a few clothed figures far off."""
    picture = _graded((120, 190, 240), (190, 225, 245))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 130, SIDE, 200), (40, chance.randrange(110, 160), 180))
    draw.rectangle((0, 195, SIDE, SIDE), chance.choice([(236, 208, 160), (222, 184, 135), (245, 222, 179)]))
    for _ in range(chance.randrange(1, 6)):
        x, y, tall, tone = (
            chance.uniform(20, 300),
            chance.uniform(200, 290),
            chance.uniform(30, 90),
            chance.choice(SKINS),
        )
        for limb in (-1, 1):
            draw.line((x, y - tall * 0.45, x + limb * tall * 0.13, y), tone, max(3, round(tall * 0.09)))
            draw.line((x, y - tall * 0.75, x + limb * tall * 0.22, y - tall * 0.45), tone, max(3, round(tall * 0.07)))
        draw.ellipse((x - tall * 0.12, y - tall * 0.8, x + tall * 0.12, y - tall * 0.38), _any(chance))
        draw.ellipse((x - tall * 0.1, y - tall, x + tall * 0.1, y - tall * 0.8), tone)
    return _grained(picture.filter(ImageFilter.GaussianBlur(0.8)), chance)


def _flower(chance: random.Random) -> Picture:
    """Petals around a heart, in pinks and reds, before leaves."""
    picture = texture((SIDE, SIDE), chance)
    draw = ImageDraw.Draw(picture)
    colour = chance.choice([(240, 120, 150), (220, 30, 50), (250, 200, 210), (200, 80, 160), (255, 190, 90)])
    petals, ring = chance.randrange(5, 14), chance.randrange(1, 4)
    for row in range(ring, 0, -1):
        for at in range(petals):
            angle = 2 * math.pi * (at + row / 2) / petals
            x, y = 160 + 42 * row * math.cos(angle), 160 + 42 * row * math.sin(angle)
            draw.ellipse((x - 34, y - 34, x + 34, y + 34), _shade(colour, 0.75 + 0.1 * row), _shade(colour, 0.6), 2)
    draw.ellipse((135, 135, 185, 185), (230, 180, 40))
    return _grained(picture.filter(ImageFilter.GaussianBlur(1.5)), chance)


KINDS: Mapping[str, Callable[[random.Random], Picture]] = {
    "skin tones": _skin,
    "faces": _face,
    "food": _food,
    "red textures": _red,
    "sunsets": _sunset,
    "letters": _lettered,
    "cartoons": _cartoon,
    "beaches": _beach,
    "flowers": _flower,
}
