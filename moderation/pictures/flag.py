"""Whether a frame shows the national flag, by its layout: a red field, and on it a large yellow star with four small ones beside.

Perceptual hashes tell the flag's pictures apart badly: it is nearly flat, and every border, wave or crop moves its stars.
"""

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from moderation.pictures.decoded import Box, Pixels

LOOKED_AT = 256
"""Pixels of the longer side at which a frame is looked at; of a flag narrower than a third of it the small stars have no shape."""

RED_SHARE = 0.06
"""The least share of a frame that is red where a flag is looked for."""
YELLOW_SHARE = 0.25
"""The most of a frame that may be yellow: each such pixel is walked over; of the flag it is a twentieth."""
LEAST_STAR = 72
"""Pixels of the large star, at least: of a flag narrower than a third, in which small patches may stand anywhere by chance."""
FULLNESS = (0.2, 0.52)
"""How much of its bounding box a star of five points fills, turned as it may be; a disc fills 0.79, a box all of it."""
SMALLER = (0.03, 0.3)
"""A small star's area as a share of the large one's; the standard says 1/9."""
NEAR = 0.6
"""How far a small star may be from its place, in radiuses of the large one: waving moves them."""
STARS = 4
FIELD = 0.75
"""How much of the surroundings of the stars, the flag's upper left quarter, is red or yellow, at least; a round crop cuts some off."""

_PLACES = tuple(complex((x - 5) / 3, (y - 5) / 3) for x, y in ((10, 2), (12, 4), (12, 7), (10, 9)))
"""Of the small stars from the large one, in its radiuses (GB 12982)."""
_STAR_AREA = 1.1226
"""Of a star of five points whose radius is 1."""
_TURNS = tuple(cmath.rect(1, math.radians(quarter + tilt)) for quarter in (0, 90, 180, 270) for tilt in (0, -18, 18))
_VIEWS = tuple((turn, mirrored) for mirrored in (False, True) for turn in _TURNS)

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Patch:
    """Yellow pixels that hang together: how many, their middle (x right, y down), their bounding box's area."""

    size: int
    middle: complex
    bounding: int


def flag_in(pixels: Pixels) -> Box | None:
    """Where an RGB frame shows the flag's stars on their field, in any quarter turn, a little tilted or mirrored; None where not.

    The box is the star group's and reaches a little beyond it.
    """
    height, width = pixels.shape[:2]
    scale = LOOKED_AT / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)).astype(
        np.int16
    )
    red, yellow = _colours(small)
    reds, yellows = int(red.sum()), int(yellow.sum())
    if reds < RED_SHARE * red.size or not LEAST_STAR <= yellows <= YELLOW_SHARE * yellow.size:
        return None
    patches = list(_patches(yellow))
    for large in patches:
        if large.size < LEAST_STAR or not FULLNESS[0] <= large.size / large.bounding <= FULLNESS[1]:
            continue
        radius = math.sqrt(large.size / _STAR_AREA)
        if box := _group(large, radius, patches, red | yellow):
            left, top, right, bottom = box
            return left / size[0], top / size[1], right / size[0], bottom / size[1]
    return None


def _colours(small: npt.NDArray[np.int16]) -> tuple[_Mask, _Mask]:
    """Which pixels are red and which yellow, in light or shade, faded or golden."""
    r, g, b = small[..., 0], small[..., 1], small[..., 2]
    red = (r > 90) & (g * 2 < r) & (b * 2 < r)
    yellow = (r > 130) & (g * 10 > r * 6) & (b * 10 < g * 7)
    return red, yellow


def _patches(mask: _Mask) -> Iterator[_Patch]:
    """Only as many pixels are walked over as are yellow, and those are few."""
    left = set(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True))
    while left:
        seen = [left.pop()]
        for y, x in seen:
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if near in left:
                    left.remove(near)
                    seen.append(near)
        rows, columns = [y for y, _ in seen], [x for _, x in seen]
        middle = complex(sum(columns) / len(seen), sum(rows) / len(seen))
        yield _Patch(len(seen), middle, (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1))


def _group(
    large: _Patch, radius: float, patches: list[_Patch], field: _Mask
) -> tuple[float, float, float, float] | None:
    """The box around the large star and the small ones, if they are where they belong and nothing else is."""
    fitting = [patch for patch in patches if SMALLER[0] <= patch.size / large.size <= SMALLER[1]]
    for turn, mirrored in _VIEWS:
        places = [large.middle + radius * turn * (place.conjugate() if mirrored else place) for place in _PLACES]
        near = [[patch for patch in fitting if abs(patch.middle - place) <= NEAR * radius] for place in places]
        if sum(map(bool, near)) < STARS or len({id(patch) for found in near for patch in found}) != STARS:
            continue
        corners = [large.middle + radius * complex(x, y) for x in (-1.2, 1.2) for y in (-1.2, 1.2)] + places
        xs, ys = [corner.real for corner in corners], [corner.imag for corner in corners]
        left, right = max(0, min(xs) - 0.3 * radius), min(field.shape[1], max(xs) + 0.3 * radius)
        top, bottom = max(0, min(ys) - 0.3 * radius), min(field.shape[0], max(ys) + 0.3 * radius)
        inside = field[int(top) : math.ceil(bottom), int(left) : math.ceil(right)]
        if float(inside.mean()) >= FIELD:
            return left, top, right, bottom
    return None
