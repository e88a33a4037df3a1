"""Frames as they are looked at: on opaque backgrounds, the most unlike ones of many, and a long picture's tiles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from moderation.pictures.decoded import Pixels

GREY, WHITE, BLACK = 128, 255, 0

EDGE_ALPHA = 48
"""Two neighbouring pixels whose alphas differ by more than this (0–255) make an edge that the background draws."""
FAINT = 40
"""A colour that differs from its background by less than this in every channel (0–255) cannot be counted on to be seen."""
FEW_EDGES = 24
"""As many edges, in pixels, are too few for a letter."""
MIXED_SHARE = 0.02
"""The share of half-transparent pixels from which on a picture may be one thing on white and another on black."""
MIXED_SPREAD = 6.0
"""The standard deviation of their alphas (0–255) from which on they are not just a tinted pane."""

THUMBNAIL = 48
"""Side in pixels at which frames are compared."""

TILE_SIDE = 1_024
TILE_ASPECT = 4
"""A tile is no longer than this, in pixels and in its own widths: reading text takes long on strips."""
OVERLAP = 8
"""Neighbouring tiles share an eighth of their length, so that a line of text that one cuts is whole in the other."""


def opaque(pixels: Pixels) -> list[Pixels]:
    """RGB pixels as a page shows them: on mid-grey, and on white or black where that shows what grey hides.

    Half-transparent pixels in different strengths can make one picture on white and another on black: then all three.

    >>> [shown.shape for shown in opaque(np.zeros((2, 2, 3), np.uint8))]
    [(2, 2, 3)]
    """
    if pixels.shape[2] == 3:
        return [pixels]
    alpha = pixels[..., 3]
    if int(alpha.min()) == 255:
        return [np.ascontiguousarray(pixels[..., :3])]
    backgrounds = [GREY]
    if _mixed(alpha):
        backgrounds += [WHITE, BLACK]
    else:
        hidden = _Edges.of(pixels)
        unseen = hidden.faint_on(GREY)
        for background in (WHITE, BLACK):
            faint = hidden.faint_on(background)
            if int((unseen & ~faint).sum()) >= FEW_EDGES:
                backgrounds.append(background)
                unseen &= faint
    return [composited(pixels, background) for background in backgrounds]


def composited(pixels: Pixels, background: int) -> Pixels:
    """RGBA pixels on a grey of 0–255 as RGB."""
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + (255 - alpha) * np.uint16(background)
    # Divided by 255 and rounded without a division, exact for all that 16 bits hold.
    mixed += 128
    return np.asarray((mixed + (mixed >> 8)) >> 8, dtype=np.uint8)


def _mixed(alpha: npt.NDArray[np.uint8]) -> bool:
    half = np.pad((alpha > 8) & (alpha < 247), 1)
    # Only with half-transparent neighbours on all sides: the smoothed edge of a letter is no second picture.
    inside = half[1:-1, 1:-1] & half[:-2, 1:-1] & half[2:, 1:-1] & half[1:-1, :-2] & half[1:-1, 2:]
    strengths = alpha[inside]
    return len(strengths) > MIXED_SHARE * alpha.size and float(strengths.std()) > MIXED_SPREAD


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Pairs of neighbouring pixels, RGBA in rows, between which the alpha jumps."""

    one: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]

    @classmethod
    def of(cls, pixels: Pixels) -> "_Edges":
        alpha = pixels[..., 3].astype(np.int16)
        down = np.abs(np.diff(alpha, axis=0)) > EDGE_ALPHA
        right = np.abs(np.diff(alpha, axis=1)) > EDGE_ALPHA
        one = np.concatenate([pixels[:-1][down], pixels[:, :-1][right]])
        other = np.concatenate([pixels[1:][down], pixels[:, 1:][right]])
        return cls(one.astype(np.int32), other.astype(np.int32))

    def faint_on(self, background: int) -> npt.NDArray[np.bool_]:
        """Which of the edges can hardly be seen on this background."""
        sides = [side[:, :3] * side[:, 3:] + background * (255 - side[:, 3:]) for side in (self.one, self.other)]
        steps = np.abs(self.one[:, 3] - self.other[:, 3])
        return np.asarray(np.abs(sides[0] - sides[1]).max(axis=1, initial=0) < FAINT * steps)


class MostUnlike:
    """Keeps, of the frames offered one after another, the first and those that differ most from all others kept.

    With one more than it may hold, it gives up one of the two that are most alike. So a frame that is unlike all others
    stays, wherever it stands, and no more frames are ever held than that.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[int, Pixels, npt.NDArray[np.int16]]] = []

    def offer(self, at: int, pixels: Pixels, shown: Pixels) -> None:
        """A frame with its number, and as it looks on a background."""
        small = Image.fromarray(shown).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
        self._kept.append((at, pixels, np.asarray(small, dtype=np.int16).ravel()))
        if len(self._kept) > self._most:
            del self._kept[self._most_alike()]

    def kept(self) -> list[tuple[int, Pixels]]:
        """Numbers and pixels, in the order in which they were offered."""
        return [(at, pixels) for at, pixels, _ in self._kept]

    def _most_alike(self) -> int:
        looks = np.stack([look for _, _, look in self._kept])
        apart = np.stack([np.abs(looks - look).sum(axis=1, dtype=np.int64) for look in looks]).astype(np.float64)
        np.fill_diagonal(apart, np.inf)
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if 0 in (one, other):
            return int(max(one, other))
        # Of the two, the one that has another neighbour close by says less.
        apart[one, other] = apart[other, one] = np.inf
        return int(one if apart[one].min() < apart[other].min() else other)


def tiles(width: int, height: int, most: int) -> tuple[list[tuple[int, int, int, int]], int]:
    """The tiles of a long picture as (left, top, right, bottom) in pixels, at most so many; and how many cover all of it.

    Where there would be more, the ones given are spread evenly, with the first and the last among them.

    >>> tiles(720, 2000, 12)
    ([(0, 0, 720, 1024), (0, 488, 720, 1512), (0, 976, 720, 2000)], 3)
    """
    short, long = min(width, height), max(width, height)
    side = min(long, TILE_SIDE, TILE_ASPECT * short)
    needed = 1 + -(-(long - side) // (side - side // OVERLAP)) if long > side else 1
    chosen = (
        range(needed) if needed <= most else sorted({round(n * (needed - 1) / max(1, most - 1)) for n in range(most)})
    )
    starts = [n * (long - side) // max(1, needed - 1) for n in chosen]
    if width > height:
        return [(start, 0, start + side, height) for start in starts], needed
    return [(0, start, width, start + side) for start in starts], needed
