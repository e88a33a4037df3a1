"""Red pictures with yellow on them that are not the national flag: others' flags, the Spring Festival, posters, patterns."""

import math
import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from moderation.pictures.drawing import star
from tests.pictures.harmless import Pixels, font_file

SIDE = 400
Draw = ImageDraw.ImageDraw
REDS = ("#de2910", "#c8102e", "#ee1c25", "#b01010", "#e8382c", "#a51c30", "#d7261e")
YELLOWS = ("#ffde00", "#ffff00", "#fcd116", "#f5b800", "#ffd34e", "#e8b923", "#fff200")


def red_things(each: int = 16, seed: int = 0) -> Iterator[tuple[str, Pixels]]:
    """So many pictures of each kind, with the kind's name."""
    for kind, draw in KINDS.items():
        for number in range(each):
            chance = random.Random(f"{kind} {number} {seed}")
            picture = Image.new("RGB", (SIDE, round(SIDE * chance.choice((1, 2 / 3, 0.6)))), chance.choice(REDS))
            draw(ImageDraw.Draw(picture), picture, chance)
            if chance.random() < 0.4:
                picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 2)))
            yield kind, np.asarray(picture)


def _text(draw: Draw, at: tuple[float, float], words: str, size: float, colour: str) -> None:
    draw.text(at, words, colour, ImageFont.truetype(font_file(), round(size)), anchor="mm", align="center")


def _one_star(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """One star in the middle or elsewhere, as on the flag of Vietnam."""
    x, y = chance.choice([(0.5, 0.5), (0.5, 0.5), (0.25, 0.3), (0.7, 0.4)])
    radius = picture.height * chance.uniform(0.15, 0.35)
    draw.polygon(star(x * picture.width, y * picture.height, radius), chance.choice(YELLOWS))


def _union(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Hammer, sickle and star in the upper left, roughly."""
    colour, scale = chance.choice(YELLOWS), chance.uniform(0.7, 1.4)
    draw.polygon(star(90, 40, 18 * scale), colour)
    draw.arc((60, 60, 60 + 70 * scale, 60 + 70 * scale), -80, 150, colour, round(9 * scale))
    draw.line((65, 75, 65 + 60 * scale, 75 + 60 * scale), colour, round(9 * scale))
    draw.rectangle((55, 65, 55 + 30 * scale, 65 + 14 * scale), colour)


def _sun(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """A sun with rays, as on the flags of Kyrgyzstan and North Macedonia."""
    x, y, radius = picture.width / 2, picture.height / 2, chance.uniform(40, 70)
    rays, colour = chance.choice((8, 20, 40)), chance.choice(YELLOWS)
    for ray in range(rays):
        angle = 2 * math.pi * ray / rays
        tip = (x + 1.6 * radius * math.cos(angle), y + 1.6 * radius * math.sin(angle))
        sides = [(x + radius * math.cos(angle + by), y + radius * math.sin(angle + by)) for by in (-2 / rays, 2 / rays)]
        draw.polygon([tip, *sides], colour)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _striped(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Bands, crescents and crosses: flags like Spain's, Turkey's and Switzerland's."""
    colour = chance.choice([*YELLOWS, "#ffffff"])
    match chance.randrange(3):
        case 0:
            draw.rectangle((0, picture.height * 0.25, picture.width, picture.height * 0.75), colour)
            draw.ellipse((80, 90, 150, 170), "#a02020")
        case 1:
            draw.ellipse((80, 60, 200, 180), colour)
            draw.ellipse((110, 72, 206, 168), picture.getpixel((1, 1)))
            draw.polygon(star(225, 120, 30, -110), colour)
        case _:
            draw.rectangle((180, 60, 220, 200), colour)
            draw.rectangle((130, 110, 270, 150), colour)


def _festival(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """福, couplets, lanterns with golden tassels."""
    colour = chance.choice(YELLOWS)
    if chance.random() < 0.5:
        middle, half = (picture.width / 2, picture.height / 2), picture.height * 0.42
        draw.regular_polygon((*middle, half), 4, 45, chance.choice(REDS), colour, 5)
        _text(draw, middle, chance.choice(("福", "春", "囍", "财")), half, colour)
        return
    for at in range(chance.randrange(2, 5)):
        x, y = 60 + 95 * at, chance.uniform(50, 110)
        draw.ellipse((x - 38, y - 30, x + 38, y + 30), chance.choice(REDS), colour, 4)
        draw.rectangle((x - 16, y - 38, x + 16, y - 29), colour)
        draw.rectangle((x - 16, y + 29, x + 16, y + 38), colour)
        draw.line((x, y + 38, x, y + 75), colour, 5)


def _packet(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """A red packet with a golden coin and some words."""
    colour = chance.choice(YELLOWS)
    draw.pieslice((-60, -picture.height * 0.7, picture.width + 60, picture.height * 0.5), 0, 180, chance.choice(REDS))
    x, y = picture.width / 2, picture.height * 0.5
    draw.ellipse((x - 42, y - 42, x + 42, y + 42), colour)
    _text(draw, (x, y), chance.choice(("開", "¥", "福")), 50, "#b01010")
    _text(draw, (x, picture.height * 0.85), chance.choice(("恭喜发财", "大吉大利", "新年快乐")), 36, colour)


def _poster(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Yellow words on red, some with stars before them."""
    colour = chance.choice(YELLOWS)
    words = chance.choice(("好好学习\n天天向上", "年货节", "满减\n优惠", "五星好评", "加油", "国庆快乐", "开门红"))
    _text(draw, (picture.width * 0.5, picture.height * 0.6), words, 64, colour)
    for at in range(chance.randrange(6)):
        draw.polygon(star(70 + 60 * at, 40, chance.uniform(12, 24)), colour)


def _scattered(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Stars of all sizes, anywhere."""
    colour = chance.choice(YELLOWS)
    for _ in range(chance.randrange(5, 16)):
        x, y = chance.uniform(0, picture.width), chance.uniform(0, picture.height)
        draw.polygon(star(x, y, chance.uniform(8, 45), chance.uniform(0, 360)), colour)


def _five(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Five stars otherwise: in a row, a ring, an arc below a large one, all of one size or beside a disc."""
    colour, x, y = chance.choice(YELLOWS), picture.width / 2, picture.height / 2
    match chance.randrange(5):
        case 0:
            for at in range(5):
                draw.polygon(star(60 + 70 * at, y, chance.uniform(18, 30)), colour)
        case 1:
            for at in range(5):
                angle = 2 * math.pi * at / 5
                draw.polygon(star(x + 80 * math.cos(angle), y + 80 * math.sin(angle), 22), colour)
        case 2:
            draw.polygon(star(x, y - 30, 60), colour)
            for at in range(-2, 3):
                draw.polygon(star(x + 60 * at, y + 70 - 12 * abs(at), 16), colour)
        case 3:
            for dx, dy in ((0, 0), (70, -40), (95, -10), (95, 40), (70, 70)):
                draw.polygon(star(90 + dx, 100 + dy, 24), colour)
        case _:
            draw.ellipse((30, 40, 130, 140), colour)
            for dx, dy in ((85, -50), (115, -17), (115, 33), (85, 67)):
                draw.ellipse((70 + dx, 80 + dy, 95 + dx, 105 + dy), colour)


def _things(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """Yellow discs, boxes and strokes: fruit, cars, cartoon figures."""
    for _ in range(chance.randrange(3, 12)):
        x, y, radius = chance.uniform(0, picture.width), chance.uniform(0, picture.height), chance.uniform(5, 45)
        colour = chance.choice([*YELLOWS, "#ffffff", "#201010", "#20802a"])
        box = (x - radius, y - radius * 0.7, x + radius, y + radius * 0.7)
        [draw.ellipse, draw.rectangle][chance.randrange(2)](box, colour)


def _patterned(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """The same small star or dot over and over."""
    colour, step, radius = chance.choice(YELLOWS), chance.choice((40, 60, 80)), chance.uniform(6, 20)
    for y in range(step // 2, picture.height, step):
        for x in range(step // 2 + (y // step % 2) * step // 2, picture.width, step):
            draw.polygon(star(x, y, radius), colour)


def _arches(draw: Draw, picture: Image.Image, chance: random.Random) -> None:
    """A shop's sign: thick yellow curves or a letter on red."""
    colour, width = chance.choice(YELLOWS), round(chance.uniform(14, 30))
    x, y = picture.width / 2, picture.height / 2
    if chance.random() < 0.5:
        for side in (-1, 0):
            draw.arc((x + side * 90, y - 90, x + side * 90 + 90, y + 170), 180, 360, colour, width)
    else:
        _text(draw, (x, y), chance.choice("MKB旺囍7"), 170, colour)


Kind = Callable[[Draw, Image.Image, random.Random], None]
KINDS: Mapping[str, Kind] = {
    "one star": _one_star,
    "hammer and sickle": _union,
    "suns": _sun,
    "other flags": _striped,
    "Spring Festival": _festival,
    "red packets": _packet,
    "posters": _poster,
    "scattered stars": _scattered,
    "five stars otherwise": _five,
    "yellow things": _things,
    "patterns": _patterned,
    "signs": _arches,
}
