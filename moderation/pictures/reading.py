"""Reading the text in pictures: three small networks on onnxruntime, with everything around them in numpy and Pillow.

`find.onnx` marks where text is, `turn.onnx` says whether a line stands on its head, `read.onnx` reads a line of any length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moderation.core.errors import BadSetup, Problem
from moderation.pictures.decoded import Pixels
from moderation.pictures.text_boxes import Floats, text_boxes

FIND, TURN, READ = "find.onnx", "turn.onnx", "read.onnx"

LONGEST_SIDE = 640
"""Pixels; a larger picture is shrunk to this before anything is read."""

FIND_LEAST, FIND_MOST = 256, 288
"""Pixels of the long side as the network that finds text sees it, both inclusive; between them as it is."""

MOST_GROWN = 4.0
"""A picture smaller than FIND_LEAST grows at most by this."""

LONGEST_ASPECT = 4.0
"""A picture longer than this is looked at in tiles."""

MOST_LINES = 64
"""So many lines are read at most, the largest first; more are a page, whose first part will do."""

MOST_SECOND_LOOKS = 12
"""So many lines are tried the other way round or mirrored, the largest first."""

LEAST_SCORE, LEAST_SINGLE = 0.6, 0.85
"""A line read with less, exclusive, is taken for no text at all; the second for a single character, as which shapes pass."""

HOPELESS = 0.3
"""A line read with less, exclusive, is not tried again: turned or mirrored text gives more."""

PLAIN_SCORE, LEAST_FILLED = 0.97, 0.5
"""A line read with a lower score, or with fewer characters than this share of its length ÷ height, is tried the other way round too."""

TALL, SHORT = 1.5, 3.0
"""A box of this height ÷ width or more is taken for a turned line; below the second it may be one character as well."""

LINE_HEIGHT = 48
"""Pixels of a line's height as the networks see it."""

LONGEST_LINE = 1280
"""Pixels of a line's length as the network sees it; a longer one is squeezed."""

TURN_LENGTH = 192
TURN_SURE = 0.9

Tensor = NDArray[np.float32]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a picture.

    text      as read; blanks may be missing or too many
    score     how sure the reading is, from 0 to 1: the mean over its characters; never below LEAST_SCORE
    box       four corners (x, y) as fractions in [0, 1] of the picture, clockwise in the text's own view from where it begins,
              so that the first two corners tell which way it runs; the other way round for a mirrored one
    mirrored  whether it was read in the mirror
    """

    text: str
    score: float
    box: tuple[Point, Point, Point, Point]
    mirrored: bool = False


class TextReader:
    """Reads pictures. Safe to use from several threads, and the networks run without the interpreter's lock.

    folder   holds FIND, TURN and READ
    threads  that one network may use, at least 1

    Raises BadSetup when a network is missing or damaged.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self._find = _Network(folder / FIND, threads)
        self._turn = _Network(folder / TURN, threads)
        self._read = _Network(folder / READ, threads)
        self._characters = ["", *self._read.said("character").split("\n"), " "]
        # The first run of each shape plans its memory.
        blank = np.zeros((FIND_MOST, FIND_MOST, 3), dtype=np.uint8)
        self._find(_tensor(blank))
        self._reading(blank[:LINE_HEIGHT])

    def read(self, pixels: Pixels) -> tuple[Line, ...]:
        """The lines of an RGB picture (height, width, 3) of any size, in the order in which one reads them."""
        height, width = pixels.shape[:2]
        size = width, height
        lines = []
        for top, left, tile in _tiles(pixels):
            for found in self._lines(_shrunk(tile)):
                place = found.corners * tile.shape[1::-1] + (left, top)
                lines.append(found._replace(corners=(place / size).clip(0, 1)))
        return tuple(line.public() for line in _in_order(_without_repeats(lines, size), size))

    def _lines(self, picture: Pixels) -> Iterator["_Found"]:
        """The lines of one tile, with corners as fractions of it."""
        height, width = picture.shape[:2]
        longest = max(height, width)
        scale = min(MOST_GROWN, min(FIND_MOST, max(FIND_LEAST, longest)) / longest)
        seen = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
        boxes = text_boxes(self._find(_tensor(_padded(seen)))[0, 0])
        if not boxes:
            return
        places = [box.corners * (width / seen.shape[1], height / seen.shape[0]) for box in boxes]
        places.sort(key=lambda corners: -float(np.prod(_size(corners))))
        for number, corners in enumerate(places[:MOST_LINES]):
            look = self._best(_cut(picture, corners), corners, number < MOST_SECOND_LOOKS)
            text = look.text.strip()
            if text and look.score >= (LEAST_SCORE if len(text) > 1 else LEAST_SINGLE):
                yield look._replace(text=text, corners=look.corners / (width, height))

    def _best(self, cut: Pixels, corners: Floats, again: bool) -> "_Found":
        """The likeliest reading of a box: as it lies; and if that is not sure, on its head and in the mirror."""
        aspect = cut.shape[1] / cut.shape[0]
        first = _View(cut, corners, False)
        upright = first.quarter() if aspect <= 1 / TALL else first
        if self._on_its_head(upright.pixels):
            upright = upright.half()
        found = [self._found(upright)]
        # One or two characters are often taller than wide.
        if 1 / SHORT < aspect <= 1 / TALL:
            found.append(self._found(first))
        best = max(found, key=_weight)
        if not again or best.score < HOPELESS:
            return best
        others = [upright.half()]
        if max(aspect, 1 / aspect) >= TALL:
            others = [upright.mirrored(), upright.half(), upright.half().mirrored()]
        if aspect <= 1 / SHORT:
            others += [first.stacked(), first.mirrored().stacked()]
        for view in others:
            if best.score >= PLAIN_SCORE and len(best.text) >= LEAST_FILLED * max(aspect, 1 / aspect):
                break
            best = max(best, self._found(view), key=_weight)
        return best

    def _found(self, view: "_View") -> "_Found":
        text, score = self._reading(view.pixels)
        return _Found(text, score, view.corners, view.in_mirror)

    def _on_its_head(self, line: Pixels) -> bool:
        tensor = np.zeros((1, 3, LINE_HEIGHT, TURN_LENGTH), dtype=np.float32)
        seen = _tensor(_as_line(line, TURN_LENGTH))
        tensor[..., : seen.shape[3]] = seen
        return float(self._turn(tensor)[0, 1]) > TURN_SURE

    def _reading(self, line: Pixels) -> tuple[str, float]:
        """What a line says and how sure that is: the likeliest character of every step, repeats and gaps dropped."""
        steps = self._read(_tensor(_as_line(line, LONGEST_LINE)))[0]
        likeliest = steps.argmax(axis=1)
        fresh = likeliest != 0
        fresh[1:] &= likeliest[1:] != likeliest[:-1]
        at = np.flatnonzero(fresh)
        if not len(at):
            return "", 0.0
        text = "".join(self._characters[number] for number in likeliest[at])
        return text, float(steps[at, likeliest[at]].mean())


class _Network:
    """One network on onnxruntime with one input and one output."""

    def __init__(self, file: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        # Shapes differ from picture to picture, so a plan for each would only take memory.
        options.enable_mem_pattern = False
        options.enable_cpu_mem_arena = False
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        # onnxruntime's own errors have no common base but this.
        except Exception as error:
            reason = "is missing" if not file.exists() else f"cannot be loaded ({error})"
            raise BadSetup([Problem(str(file), reason, "restore it from the repository")]) from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, tensor: Tensor) -> Tensor:
        answer: Tensor = self._session.run(None, {self._input: tensor})[0]
        return answer

    def said(self, key: str) -> str:
        """What the network's file says of itself under a key."""
        return str(self._session.get_modelmeta().custom_metadata_map[key])


class _Found(NamedTuple):
    """A line as read, with its corners as an array."""

    text: str
    score: float
    corners: Floats
    mirrored: bool

    def public(self) -> Line:
        first, second, third, fourth = ((float(x), float(y)) for x, y in self.corners)
        return Line(self.text, min(1.0, self.score), (first, second, third, fourth), self.mirrored)


class _View(NamedTuple):
    """A cut-out line in one position, and where its corners are in the picture."""

    pixels: Pixels
    corners: Floats
    in_mirror: bool

    def quarter(self) -> "_View":
        """Turned counterclockwise by a quarter."""
        return _View(np.rot90(self.pixels), np.roll(self.corners, -1, axis=0), self.in_mirror)

    def half(self) -> "_View":
        return self.quarter().quarter()

    def mirrored(self) -> "_View":
        return _View(self.pixels[:, ::-1], self.corners[[1, 0, 3, 2]], True)

    def stacked(self) -> "_View":
        """A column of upright characters laid out as a line; it reads downwards, and its lines go to the left."""
        return _View(_laid_out(self.pixels), np.roll(self.corners, -1, axis=0), self.in_mirror)


def _weight(found: _Found) -> float:
    """More characters count for more, since what a network cannot read it leaves out."""
    return found.score * len(found.text)


def _laid_out(column: Pixels) -> Pixels:
    """The characters of a column side by side, parted where rows are empty or nearly so."""
    grey = column.mean(axis=2)
    # What differs from the column's own paper is ink.
    ink = np.abs(grey - np.median(grey)).sum(axis=1)
    width = column.shape[1]
    cuts, at = [0], 0
    while at < len(column):
        # A character is nearly as tall as the column is wide; Latin letters and digits are less so.
        low, high = at + round(width * 0.45), at + round(width * 1.1)
        at = low + int(ink[low:high].argmin()) if high < len(column) else len(column)
        cuts.append(at)
    pieces = [column[top:bottom] for top, bottom in pairwise(cuts)]
    tallest = max(map(len, pieces))
    sides = [((tallest - len(piece)) // 2, (tallest - len(piece) + 1) // 2) for piece in pieces]
    return np.concatenate(
        [np.pad(piece, (side, (0, 0), (0, 0)), "edge") for piece, side in zip(pieces, sides, strict=True)], axis=1
    )


def _tiles(pixels: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    """The picture itself, or tiles of a longer one than LONGEST_ASPECT: top, left, pixels.

    Each tile overlaps the next by half, so that of a line that none holds whole every part of half a tile is read in one piece.
    """
    height, width = pixels.shape[:2]
    long, short = max(height, width), min(height, width)
    if long <= short * LONGEST_ASPECT:
        yield 0, 0, pixels
        return
    # A strip of one line is cheaper in few long tiles.
    length = max(round(short * LONGEST_ASPECT), LONGEST_SIDE // 2)
    step = max(1, length // 2)
    for at in range(0, max(1, long - length + step), step):
        at = min(at, max(0, long - length))
        yield (at, 0, pixels[at : at + length]) if height > width else (0, at, pixels[:, at : at + length])


def _shrunk(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    return pixels if scale >= 1 else _resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def _padded(pixels: Pixels) -> Pixels:
    """Grown to multiples of 32, which the network needs, by repeating the last row and column."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, -height % 32), (0, -width % 32), (0, 0)), "edge")


def _as_line(line: Pixels, longest: int) -> Pixels:
    height, width = line.shape[:2]
    return _resized(line, max(8, min(longest, round(width * LINE_HEIGHT / height))), LINE_HEIGHT)


def _tensor(pixels: Pixels) -> Tensor:
    """As the networks were trained: blue, green, red, from -1 to 1."""
    planes = pixels[..., ::-1].transpose(2, 0, 1)
    return (planes[None] * np.float32(2 / 255) - np.float32(1)).astype(np.float32, copy=False)


def _size(corners: Floats) -> tuple[float, float]:
    return float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))


def _cut(picture: Pixels, corners: Floats) -> Pixels:
    """The rectangle within the corners, upright; what lies outside of the picture repeats its edge."""
    width, height = (max(2, round(size)) for size in _size(corners))
    margin = int(np.ceil(max(0.0, -corners.min(), *(corners - picture.shape[1::-1]).max(axis=0).tolist())))
    if margin:
        picture = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), "edge")
    start = corners[0] + margin
    across, down = (corners[1] - corners[0]) / width, (corners[3] - corners[0]) / height
    terms = (across[0], down[0], start[0], across[1], down[1], start[1])
    source = Image.fromarray(np.ascontiguousarray(picture))
    cut = source.transform((width, height), Image.Transform.AFFINE, terms, Image.Resampling.BICUBIC)
    return np.asarray(cut)


def _without_repeats(lines: Sequence[_Found], size: tuple[int, int]) -> list[_Found]:
    """Without lines that overlapping tiles both saw: one that lies within a longer one goes, but for what sticks out a little."""
    kept: list[_Found] = []
    for line in sorted(lines, key=lambda line: -len(line.text)):
        corners = line.corners * size
        middle, along = corners.mean(axis=0), corners[1] - corners[0]
        ends = middle - 0.4 * along, middle + 0.4 * along
        if not any(all(_within(other.corners * size, end) for end in ends) for other in kept):
            kept.append(line)
    return kept


def _within(corners: Floats, point: Floats) -> bool:
    """Whether a point lies in a rectangle."""
    sides = np.stack([corners[1] - corners[0], corners[3] - corners[0]])
    along = sides @ (point - corners[0])
    return bool(((along >= 0) & (along <= (sides**2).sum(axis=1))).all())


def _in_order(lines: Sequence[_Found], size: tuple[int, int]) -> list[_Found]:
    """Row by row as the text runs, which most of its characters decide; a row from its beginning to its end."""
    if len(lines) < 2:
        return list(lines)
    corners = [line.corners * size for line in lines]
    # A single character hardly tells which way it runs.
    weights = np.array([len(line.text) - 0.99 for line in lines])

    def common(vectors: Floats) -> Floats:
        units = vectors / np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), 1e-9)[:, None]
        agree = units @ units.T > 0.7
        leader = int((agree @ weights).argmax())
        mean: Floats = (units * (weights * agree[leader])[:, None]).sum(axis=0)
        return mean

    along, down = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    if any(len(line.text) > 1 for line in lines):
        along = common(np.array([each[1] - each[0] for each in corners]))
        down = common(np.array([each[3] - each[0] for each in corners]))
        down /= np.hypot(*down)
    middles = np.array([each.mean(axis=0) for each in corners])
    rows: list[list[int]] = []
    for number in np.argsort(middles @ down, kind="stable").tolist():
        tall = float(np.ptp(corners[number] @ down))
        near = rows and float((middles[number] - middles[rows[-1][0]]) @ down) < tall / 2
        if near:
            rows[-1].append(number)
        else:
            rows.append([number])
    return [lines[number] for row in rows for number in sorted(row, key=lambda n: float(middles[n] @ along))]
