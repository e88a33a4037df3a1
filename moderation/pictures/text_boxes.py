"""Where text is, from the map of probabilities that the network for finding text gives."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

INK = 0.3
"""A place of the map is text from this probability on, exclusive."""

SURE = 0.5
"""A box is kept from this mean probability inside on, inclusive."""

GROWTH = 1.6
"""The network marks the middle of a line only. A box grows on every side by this × area / perimeter of the mark."""

THINNEST = 3.0
"""Marks thinner than so many places, exclusive, are specks."""

Floats = NDArray[np.float64]


class TextBox(NamedTuple):
    """Four corners (x, y) in places of the map, from the top left clockwise, and the mean probability inside in [0, 1]."""

    corners: Floats
    sure: float


def text_boxes(found: NDArray[np.float32]) -> list[TextBox]:
    """The boxes of a map (height, width), in no order; some corners may lie outside."""
    ink = found > INK
    if not ink.any():
        return []
    # A line's mark may be broken by gaps of one place.
    joined = ink.copy()
    joined[1:] |= ink[:-1]
    joined[:, 1:] |= joined[:, :-1].copy()
    boxes = []
    for points in _blobs(joined):
        middle, along, size = _tightest(points)
        if size.min() < THINNEST:
            continue
        sure = _inside(found, middle, along, size)
        if sure < SURE:
            continue
        grown = size + 2 * GROWTH * size.prod() / (2 * size.sum())
        boxes.append(TextBox(_corners(middle, along, grown), sure))
    return boxes


def _blobs(ink: NDArray[np.bool_]) -> Iterator[Floats]:
    """The left and right ends of every row of each connected part, as points (x, y); diagonal neighbours connect."""
    framed = np.zeros((ink.shape[0], ink.shape[1] + 2), dtype=np.int8)
    framed[:, 1:-1] = ink
    steps = np.diff(framed, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    owner = list(range(len(rows)))

    def root(run: int) -> int:
        while owner[run] != run:
            owner[run] = run = owner[owner[run]]
        return run

    row, start, end = rows.tolist(), starts.tolist(), ends.tolist()
    above = 0
    for run in range(len(row)):
        while row[above] < row[run] - 1 or (row[above] == row[run] - 1 and end[above] < start[run]):
            above += 1
        over = above
        while row[over] == row[run] - 1 and start[over] <= end[run]:
            owner[root(over)] = root(run)
            over += 1
    roots = np.array([root(run) for run in range(len(row))])
    for part in np.unique(roots):
        runs = roots == part
        y = rows[runs]
        yield np.concatenate([np.stack([starts[runs], y], 1), np.stack([ends[runs] - 1, y], 1)]).astype(float)


def _tightest(points: Floats) -> tuple[Floats, Floats, Floats]:
    """The smallest rectangle around points, at any angle: its middle, the direction of its first side, and both sizes.

    Tried at whole degrees, then at tenths around the best; the first side is the one nearer to level.
    """
    best = 0.0
    for angles in (np.arange(-45.0, 45.0), np.arange(-0.9, 1.0, 0.1)):
        tried = np.radians(angles + best)
        across = points @ np.stack([np.cos(tried), np.sin(tried)])
        down = points @ np.stack([-np.sin(tried), np.cos(tried)])
        # Level wins where others are hardly smaller, so that pixel steps do not tilt a line.
        area = (np.ptp(across, axis=0) + 1) * (np.ptp(down, axis=0) + 1) * (1 + 0.0005 * np.abs(angles + best))
        best += float(angles[area.argmin()])
    angle = np.radians(best)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    placed = points @ axes.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    # The points are places, which are one wide.
    return (low + high) / 2 @ axes + 0.5, axes[0], high - low + 1


def _corners(middle: Floats, along: Floats, size: Floats) -> Floats:
    across, down = along * size[0] / 2, np.array([-along[1], along[0]]) * size[1] / 2
    return np.stack([middle - across - down, middle + across - down, middle + across + down, middle - across + down])


def _inside(found: NDArray[np.float32], middle: Floats, along: Floats, size: Floats) -> float:
    """The mean probability over a rectangle."""
    corners = _corners(middle, along, size)
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    part = found[top:bottom, left:right]
    y, x = np.indices(part.shape)
    dx, dy = x + left + 0.5 - middle[0], y + top + 0.5 - middle[1]
    within = (np.abs(dx * along[0] + dy * along[1]) <= size[0] / 2) & (
        np.abs(dy * along[0] - dx * along[1]) <= size[1] / 2
    )
    return float(part[within].mean()) if within.any() else 0.0
