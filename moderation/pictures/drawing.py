"""`python -m moderation.pictures.drawing FOLDER` draws the marks of models/marks: state and Party symbols, badges, seals.

Drawn from descriptions and in plain shapes; nothing here runs online. Every mark is drawn four times as large and averaged
down, so that the same Pillow gives the same pixels. Two marks have letters and need Noto Sans CJK.
"""

import argparse
import math
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 400
"""Pixels of a square mark's side; coordinates below are 0–100, whatever the size."""
FINER = 4

Point = tuple[float, float]
Colour = tuple[int, int, int]

RED: Colour = (238, 28, 37)
YELLOW: Colour = (255, 255, 0)
GOLD: Colour = (250, 206, 60)
DEEP_GOLD: Colour = (206, 150, 30)
WHITE: Colour = (255, 255, 255)
BLUE: Colour = (29, 155, 240)
NAVY: Colour = (20, 50, 120)
INK: Colour = (215, 25, 30)


class Sheet:
    """A picture to draw on, 100 units wide."""

    def __init__(self, ground: Colour = WHITE, tall: float = 100.0) -> None:
        self.unit = SIDE * FINER / 100
        self.image = Image.new("RGB", (SIDE * FINER, round(tall * self.unit)), ground)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        self.draw.polygon([(x * self.unit, y * self.unit) for x, y in points], colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.oval(x, y, radius, radius, colour)

    def oval(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        box = [(x - across) * self.unit, (y - down) * self.unit, (x + across) * self.unit, (y + down) * self.unit]
        self.draw.ellipse(box, colour)

    def line(self, points: Iterable[Point], width: float, colour: Colour) -> None:
        """With round ends and corners."""
        placed = list(points)
        self.draw.line([(x * self.unit, y * self.unit) for x, y in placed], colour, round(width * self.unit), "curve")
        for x, y in placed:
            self.disc(x, y, width / 2, colour)

    def star(self, x: float, y: float, radius: float, colour: Colour, angle: float = -90.0) -> None:
        """Of five points, one of them at the angle, in degrees clockwise from the right."""
        self.polygon(star(x, y, radius, angle), colour)

    def done(self) -> Image.Image:
        return self.image.reduce(FINER)


def star(x: float, y: float, radius: float, angle: float = -90.0) -> list[Point]:
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    return [_round(x, y, inner if at % 2 else radius, angle + 36 * at) for at in range(10)]


def _round(x: float, y: float, radius: float, angle: float) -> Point:
    return x + radius * math.cos(math.radians(angle)), y + radius * math.sin(math.radians(angle))


def _arc(x: float, y: float, radius: float, start: float, end: float, steps: int = 60) -> list[Point]:
    return [_round(x, y, radius, start + (end - start) * at / steps) for at in range(steps + 1)]


SMALL_STARS: tuple[Point, ...] = ((10, 2), (12, 4), (12, 7), (10, 9))
"""Their centres on the flag's grid of 30 × 20, of radius 1; the large one is at (5, 5), of radius 3 (GB 12982)."""


def flag() -> Image.Image:
    unit = 100 / 30
    sheet = Sheet(RED, 20 * unit)
    sheet.star(5 * unit, 5 * unit, 3 * unit, YELLOW)
    for x, y in SMALL_STARS:
        towards = math.degrees(math.atan2(5 - y, 5 - x))
        sheet.star(x * unit, y * unit, unit, YELLOW, towards)
    return sheet.done()


def flag_round() -> Image.Image:
    """The flag's left part as a round avatar."""
    tall = flag().height
    return _rounded(flag().crop((0, 0, tall, tall)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def flag_bordered() -> Image.Image:
    return _bordered(flag(), WHITE)


def flag_waving() -> Image.Image:
    """Rippled, with light and shade in the folds."""
    plain = np.asarray(_bordered(flag(), WHITE, 0.8))
    down, across = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    phase = across / SIDE * 2 * math.pi * 1.5
    rows = np.clip(down + 12 * np.sin(phase) * across / SIDE, 0, SIDE - 1).astype(int)
    moved = plain[rows, across.astype(int)]
    shade = 1 + 0.22 * np.cos(phase)
    flagged = ~(moved > 250).all(axis=2)
    return Image.fromarray(np.where(flagged[..., None], moved * shade[..., None], 255).clip(0, 255).astype(np.uint8))


def _rounded(image: Image.Image, ground: Colour = WHITE) -> Image.Image:
    mask = Image.new("L", (SIDE * FINER, SIDE * FINER))
    ImageDraw.Draw(mask).ellipse((0, 0, SIDE * FINER - 1, SIDE * FINER - 1), 255)
    return Image.composite(image, Image.new("RGB", image.size, ground), mask.reduce(FINER))


def _bordered(image: Image.Image, ground: Colour, share: float = 0.88) -> Image.Image:
    width = round(SIDE * share)
    small = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", (SIDE, SIDE), ground)
    paper.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    return paper


def _emblem(sheet: Sheet, x: float, y: float, size: float) -> None:
    """The national emblem: gate under five stars in a wreath of ears, a cogwheel and drapery below."""

    def at(dx: float, dy: float) -> Point:
        return x + dx * size, y + dy * size

    sheet.disc(x, y, size, GOLD)
    for angle in range(0, 360, 12):
        sheet.oval(*_round(x, y, 0.95 * size, angle), 0.09 * size, 0.09 * size, DEEP_GOLD if angle % 24 else GOLD)
    sheet.disc(x, y, 0.78 * size, RED)
    sheet.star(*at(0, -0.42), 0.2 * size, GOLD)
    for dx, dy in ((-0.36, -0.28), (-0.17, -0.13), (0.17, -0.13), (0.36, -0.28)):
        sheet.star(*at(dx, dy), 0.09 * size, GOLD, math.degrees(math.atan2(-0.42 - dy, -dx)))
    roofs = ((0.05, 0.28), (0.16, 0.4))
    for top, half in roofs:
        sheet.polygon([at(-half, top + 0.07), at(-half * 0.8, top), at(half * 0.8, top), at(half, top + 0.07)], GOLD)
    for pillar in range(-3, 4):
        sheet.line([at(pillar * 0.1, 0.23), at(pillar * 0.1, 0.3)], 0.04 * size, GOLD)
    sheet.polygon([at(-0.6, 0.3), at(0.6, 0.3), at(0.56, 0.46), at(-0.56, 0.46)], GOLD)
    for door, wide in ((-0.36, 0.04), (-0.18, 0.045), (0.0, 0.06), (0.18, 0.045), (0.36, 0.04)):
        sheet.polygon([at(door - wide, 0.46), at(door - wide, 0.37), at(door + wide, 0.37), at(door + wide, 0.46)], RED)
    for tooth in range(16):
        sheet.disc(*_round(*at(0, 0.86), 0.25 * size, tooth * 22.5), 0.05 * size, GOLD)
    sheet.disc(*at(0, 0.86), 0.25 * size, GOLD)
    sheet.disc(*at(0, 0.86), 0.14 * size, RED)
    for side in (-1, 1):
        drapery = [
            at(side * 0.26, 0.8),
            at(side * 0.6, 0.66),
            at(side * 0.74, 0.86),
            at(side * 0.5, 1.06),
            at(side * 0.22, 0.98),
        ]
        sheet.polygon(drapery, RED)
        sheet.line([at(side * 0.3, 0.9), at(side * 0.62, 0.8)], 0.03 * size, GOLD)


def emblem(ground: Colour) -> Callable[[], Image.Image]:
    def drawn() -> Image.Image:
        sheet = Sheet(ground)
        _emblem(sheet, 50, 47, 40)
        return sheet.done()

    return drawn


def _party(sheet: Sheet, x: float, y: float, size: float, ink: Colour, ground: Colour) -> None:
    """Hammer and sickle: the hammer's head at the upper left, the sickle's handle at the lower left."""

    def at(dx: float, dy: float) -> Point:
        return x + dx * size, y + dy * size

    outer = _arc(*at(0.02, -0.02), 0.86 * size, -100, 128)
    inner = _arc(*at(-0.1, -0.08), 0.74 * size, 122, -82)
    sheet.polygon([*outer, *inner], ink)
    sheet.line([at(-0.5, 0.62), at(-0.78, 0.88)], 0.17 * size, ink)
    sheet.disc(*at(-0.8, 0.9), 0.13 * size, ink)
    sheet.line([at(-0.36, -0.34), at(0.78, 0.8)], 0.29 * size, ground)
    sheet.line([at(-0.4, -0.38), at(0.82, 0.84)], 0.19 * size, ink)
    sheet.polygon(
        [
            at(-0.86, -0.28),
            at(-0.24, -0.9),
            at(-0.02, -0.68),
            at(-0.32, -0.38),
            at(-0.3, -0.2),
            at(-0.5, 0.0),
            at(-0.64, -0.06),
        ],
        ink,
    )


def party(ink: Colour, ground: Colour, *, round: bool = False) -> Callable[[], Image.Image]:
    def drawn() -> Image.Image:
        sheet = Sheet(ground)
        _party(sheet, 50, 50, 33 if round else 40, ink, ground)
        return _rounded(sheet.done()) if round else sheet.done()

    return drawn


def league() -> Image.Image:
    """The Youth League's emblem: a flag with a star, ears and half a cogwheel around a rising sun, a ribbon below."""
    sheet = Sheet()
    sheet.disc(50, 56, 36, GOLD)
    for tooth in range(-4, 5):
        sheet.disc(*_round(50, 56, 36, 90 + 16 * tooth), 3.2, GOLD)
    sheet.disc(50, 56, 28, (200, 230, 250))
    for ray in range(9):
        middle = 180 + 22.5 * ray
        sheet.polygon([(50, 66), _round(50, 66, 30, middle - 6), _round(50, 66, 30, middle + 6)], YELLOW)
    sheet.disc(50, 66, 13, RED)
    sheet.polygon([(26, 68), (74, 68), (68, 80), (32, 80)], GOLD)
    sheet.polygon([(12, 8), (84, 8), (88, 24), (84, 40), (50, 36), (14, 40), (18, 24)], RED)
    sheet.disc(40, 23, 10.5, YELLOW)
    sheet.disc(40, 23, 9, RED)
    sheet.star(40, 23, 8.6, YELLOW)
    sheet.line([(11, 6), (16, 94)], 2.4, DEEP_GOLD)
    sheet.polygon([(18, 80), (82, 80), (90, 94), (50, 88), (10, 94)], RED)
    return sheet.done()


def pioneers() -> Image.Image:
    """The Young Pioneers' emblem: a star, a torch on it, a ribbon below."""
    sheet = Sheet()
    sheet.star(50, 50, 47, DEEP_GOLD)
    sheet.star(50, 50, 43, YELLOW)
    sheet.polygon([(45, 50), (55, 50), (52, 76), (48, 76)], DEEP_GOLD)
    sheet.polygon([(41, 46), (59, 46), (57, 52), (43, 52)], (180, 110, 20))
    sheet.polygon([(50, 14), (58, 26), (62, 36), (56, 46), (44, 46), (38, 36), (44, 30), (45, 22)], RED)
    sheet.polygon([(50, 28), (55, 38), (52, 45), (47, 45), (45, 38)], (255, 150, 30))
    sheet.polygon([(14, 70), (86, 70), (80, 78), (88, 88), (12, 88), (20, 78)], RED)
    sheet.line([(18, 79), (82, 79)], 1.4, GOLD)
    return sheet.done()


def police() -> Image.Image:
    """A shield with the emblem over a wall, between branches."""
    sheet = Sheet()
    for edge, colour in ((0.0, GOLD), (3.0, NAVY)):
        curve = [(50 + side * (39 - edge - 0.0045 * (y - 45) ** 2 * (y > 45)), y) for side, y in _shield_sides(edge)]
        sheet.polygon(curve, colour)
    _emblem(sheet, 50, 36, 21)
    for side in (-1, 1):
        for leaf in range(7):
            sheet.oval(*_round(50, 46, 31, 90 - side * (22 + 14 * leaf)), 2.6, 4.4, GOLD)
    sheet.polygon([(28, 73), (72, 73), (72, 78), (28, 78)], GOLD)
    for tower in range(28, 72, 12):
        sheet.polygon([(tower, 70), (tower + 6, 70), (tower + 6, 74), (tower, 74)], GOLD)
    sheet.line([(30, 83), (70, 83)], 1.5, GOLD)
    return sheet.done()


def _shield_sides(edge: float) -> list[tuple[int, float]]:
    rows = [6 + edge + at * (89 - 2.2 * edge) / 40 for at in range(41)]
    return [(-1, y) for y in rows] + [(1, y) for y in reversed(rows)]


def tick(colour: Colour) -> Callable[[], Image.Image]:
    """A badge with a scalloped edge and a V like a tick on it, as verified accounts carry."""

    def drawn() -> Image.Image:
        sheet = Sheet()
        for petal in range(8):
            sheet.disc(*_round(50, 50, 33, 45 * petal), 14, colour)
        sheet.disc(50, 50, 38, colour)
        sheet.line([(30, 52), (44, 66), (71, 36)], 8, WHITE)
        return sheet.done()

    return drawn


def letter_v(colour: Colour) -> Callable[[], Image.Image]:
    """A round badge with a capital V on it."""

    def drawn() -> Image.Image:
        sheet = Sheet()
        sheet.disc(50, 50, 46, colour)
        sheet.polygon([(22, 28), (37, 28), (50, 61), (63, 28), (78, 28), (57, 77), (43, 77)], WHITE)
        return sheet.done()

    return drawn


def _font(size: float) -> ImageFont.FreeTypeFont:
    command = ["fc-match", "--format", "%{file}\n%{index}\n%{family}", "Noto Sans CJK SC:bold"]
    file, index, family = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    if "Noto Sans CJK SC" not in family:
        raise SystemExit(
            "Noto Sans CJK is needed for the marks with letters; on Debian: apt-get install fonts-noto-cjk"
        )
    return ImageFont.truetype(file, round(size), index=int(index) & 0xFFFF)


def stamp(words: str, ground: Colour, ink: Colour, slant: float = 0.0) -> Callable[[], Image.Image]:
    """Words in a rounded frame, two above two, at a slant in degrees."""

    def drawn() -> Image.Image:
        sheet = Sheet(ground)
        width = round(3 * sheet.unit)
        box = [round(value * sheet.unit) for value in (14, 14, 86, 86)]
        sheet.draw.rounded_rectangle(box, round(8 * sheet.unit), outline=ink, width=width)
        font = _font(31 * sheet.unit)
        for row, pair in enumerate((words[:2], words[2:])):
            sheet.draw.text((50 * sheet.unit, (34 + 32 * row) * sheet.unit), pair, ink, font, anchor="mm")
        return sheet.image.rotate(slant, Image.Resampling.BICUBIC, fillcolor=ground).reduce(FINER)

    return drawn


def seal(around: str, below: str) -> Callable[[], Image.Image]:
    """A round red seal: a ring, a star, words along the ring and below the star; of no organisation that exists."""

    def drawn() -> Image.Image:
        sheet = Sheet()
        sheet.disc(50, 50, 47, INK)
        sheet.disc(50, 50, 44, WHITE)
        sheet.star(50, 50, 14, INK)
        font = _font(13 * sheet.unit)
        for at, letter in enumerate(around):
            angle = -90 + 240 * (at / (len(around) - 1) - 0.5)
            tile = Image.new("L", (round(18 * sheet.unit),) * 2)
            ImageDraw.Draw(tile).text((tile.width / 2, tile.height / 2), letter, 255, font, anchor="mm")
            turned = tile.rotate(-angle - 90, Image.Resampling.BICUBIC)
            x, y = _round(50, 50, 34, angle)
            sheet.image.paste(
                INK, (round(x * sheet.unit) - tile.width // 2, round(y * sheet.unit) - tile.height // 2), turned
            )
        sheet.draw.text((50 * sheet.unit, 76 * sheet.unit), below, INK, _font(9 * sheet.unit), anchor="mm")
        return sheet.done()

    return drawn


MARKS: Mapping[str, Callable[[], Image.Image]] = {
    "flag": flag,
    "flag_round": flag_round,
    "flag_bordered": flag_bordered,
    "flag_waving": flag_waving,
    "emblem_white": emblem(WHITE),
    "emblem_red": emblem((200, 16, 26)),
    "party_red": party(YELLOW, RED),
    "party_white": party(RED, WHITE),
    "party_round": party(YELLOW, RED, round=True),
    "league": league,
    "pioneers": pioneers,
    "police": police,
    "tick": tick(BLUE),
    "v": letter_v(BLUE),
    "official_certified": stamp("官方认证", WHITE, INK),
    "official_certified_slanted": stamp("官方认证", WHITE, INK, 20),
    "official_service": stamp("官方客服", WHITE, INK),
    "official_service_blue": stamp("官方客服", BLUE, WHITE),
    "seal": seal("官方认证专用章", "客服中心"),
}
"""By name, without its ".png"; what each means is in marks.toml."""

LETTERED = ("official_certified", "official_certified_slanted", "official_service", "official_service_blue", "seal")
"""The ones that differ a little with the version of the font."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m moderation.pictures.drawing", description="Draws the marks.")
    parser.add_argument("folder", type=Path, help="where to write the PNG files")
    folder: Path = parser.parse_args().folder
    for name, draw in MARKS.items():
        draw().save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
