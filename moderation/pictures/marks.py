"""The marks that a folder describes, found in frames: whole pictures of state and Party symbols, badges and seals.

`python -m moderation.pictures.marks FOLDER` renews hashes.json after a mark was added or changed.
"""

import argparse
import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Verdict
from moderation.pictures.decoded import WHOLE, Box, Pixels
from moderation.pictures.flag import flag_in
from moderation.pictures.hashing import hash_frame, views

TABLE, HASHES = "marks.toml", "hashes.json"

FLAG = "flag"
"""The name of the mark that is also found by its layout."""

FARTHEST = 40.0
"""Bits of 256 in which a frame may differ from a mark, inclusive. Of harmless drawings the nearest differ in 67."""

_MARGINS = (-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.1, 0.15)
"""What a mark is looked for with around it, as a share of its width and height; below 0 it is cut off."""
_SHRUNK = 160
_SIZES = (64, 90, 200)
_SHIFTS = ((1, 0), (0, 1), (-1, -1))
_KEYS = {"name", "title", "category", "ceiling", "severity", "note"}
_CEILINGS = {verdict.word: verdict for verdict in Verdict}

_Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """What marks.toml says of a mark.

    name      its PNG file's without the ending
    titles    by language, "zh" and "en"
    category  code of the agreement's category that its use falls under
    ceiling   the worst verdict that it may earn
    severity  1–4
    note      for those who keep the list
    """

    name: str
    titles: dict[str, str]
    category: str
    ceiling: Verdict
    severity: int
    note: str


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """A mark that a frame shows.

    distance  bits of 256 in which it differs, at most FARTHEST; None where the flag was found by its layout
    box       where: the whole frame, or the flag's stars
    """

    mark: Mark
    distance: float | None
    box: Box


class Marks:
    """Looks for the marks of a folder. May be asked by several threads at once.

    Raises BadSetup if marks.toml, hashes.json or a picture is missing, unreadable, or not as the others say.
    """

    def __init__(self, folder: Path) -> None:
        self.marks = {mark.name: mark for mark in _read(folder / TABLE)}
        hashes = _hashes(folder, self.marks)
        self.version = hashlib.sha256((folder / TABLE).read_bytes() + (folder / HASHES).read_bytes()).hexdigest()[:8]
        """Of the marks and what is said of them."""
        self._names = [name for name, pairs in hashes.items() for _ in pairs]
        pairs = [pair for pairs in hashes.values() for pair in pairs]
        self._bits = _unhexed([bits for bits, _ in pairs])
        self._stable = _unhexed([stable for _, stable in pairs])
        self._per_bit = 256 / np.maximum(np.bitwise_count(self._stable).sum(axis=1, dtype=np.int32), 1)

    def seen(self, pixels: Pixels) -> tuple[MarkSeen, ...]:
        """The nearest mark that an RGB frame is a picture of, if any, and the flag if its layout is there."""
        found = []
        if self._names:
            differing = (views(pixels)[:, None, :] ^ self._bits[None]) & self._stable[None]
            distances = np.bitwise_count(differing).sum(axis=2, dtype=np.int32).min(axis=0) * self._per_bit
            nearest = int(distances.argmin())
            if distances[nearest] <= FARTHEST:
                mark = self.marks[self._names[nearest]]
                found.append(MarkSeen(mark, round(float(distances[nearest]), 1), WHOLE))
        if FLAG in self.marks and not any(seen.mark.name.startswith(FLAG) for seen in found):
            box = flag_in(pixels)
            found += [MarkSeen(self.marks[FLAG], None, box)] if box else []
        return tuple(found)


def hashes_of(picture: Image.Image) -> Iterator[tuple[str, str]]:
    """For a mark with each margin: its PDQ hash, and which of the hash's bits hold when it is resized or shifted by a pixel.

    Of a symmetrical drawing half the bits do not: its odd frequencies are nothing but rounding.
    """
    small = picture.convert("RGB")
    small.thumbnail((_SHRUNK, _SHRUNK), Image.Resampling.LANCZOS)
    edge = small.getpixel((1, 1))
    for margin in _MARGINS:
        for ground in dict.fromkeys([edge, (255, 255, 255)]) if margin > 0 else [edge]:
            drawn = [hash_frame(np.asarray(each)).pdq for each in _shaken(_with_margin(small, margin, ground))]
            bits = np.frombuffer(b"".join(drawn), dtype=np.uint8).reshape(len(drawn), -1)
            stable = ~np.bitwise_or.reduce(bits ^ bits[0], axis=0)
            yield drawn[0].hex(), stable.tobytes().hex()


def _with_margin(picture: Image.Image, margin: float, ground: Any) -> Image.Image:
    across, down = round(picture.width * margin), round(picture.height * margin)
    if margin < 0:
        return picture.crop((-across, -down, picture.width + across, picture.height + down))
    return ImageOps.expand(picture, (across, down), ground)


def _shaken(picture: Image.Image) -> Iterator[Image.Image]:
    """The picture itself first."""
    yield picture
    for width in _SIZES:
        yield picture.resize((width, round(width * picture.height / picture.width)), Image.Resampling.BILINEAR)
    for x, y in _SHIFTS:
        moved = (1, 0, x, 0, 1, y)
        yield picture.transform(picture.size, Image.Transform.AFFINE, moved, fillcolor=picture.getpixel((1, 1)))


def _unhexed(rows: list[str]) -> _Bits:
    return np.frombuffer(bytes.fromhex("".join(rows)), dtype=np.uint8).reshape(len(rows), -1)


def _read(path: Path) -> Iterator[Mark]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["mark"]
    except FileNotFoundError as error:
        raise _refused(path, "is missing", "restore it from the repository") from error
    except (OSError, ValueError, KeyError) as error:
        raise _refused(path, f"cannot be read ({error})", "give one [[mark]] for each picture") from error
    for number, entry in enumerate(entries):
        place = f"{path}: mark {entry.get('name', number + 1)}"
        if missing := _KEYS - set(entry):
            raise _refused(place, f"lacks {', '.join(sorted(missing))}", "add it; README.md says what it means")
        if entry["ceiling"] not in _CEILINGS or entry["severity"] not in range(1, 5):
            fix = f"ceiling is one of {', '.join(_CEILINGS)}, severity 1 to 4"
            raise _refused(place, f"has ceiling {entry['ceiling']!r} and severity {entry['severity']!r}", fix)
        yield Mark(
            name=str(entry["name"]),
            titles={str(language): str(title) for language, title in entry["title"].items()},
            category=str(entry["category"]),
            ceiling=_CEILINGS[entry["ceiling"]],
            severity=int(entry["severity"]),
            note=str(entry["note"]),
        )


def _hashes(folder: Path, marks: dict[str, Mark]) -> dict[str, list[list[str]]]:
    renew = f"run python -m moderation.pictures.marks {folder}"
    try:
        told = json.loads((folder / HASHES).read_bytes())
        hashes = {str(name): [[str(bits), str(stable)] for bits, stable in told[name]["hashes"]] for name in marks}
        digests = {name: str(told[name]["sha256"]) for name in marks}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(folder / HASHES, f"is missing, unreadable or lacks a mark ({error})", renew) from error
    for name, digest in digests.items():
        if _digest(folder / f"{name}.png") != digest:
            raise _refused(folder / f"{name}.png", f"is not the picture that {HASHES} was made from", renew)
    return hashes


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        fix = f"restore it, or take its entry out of {TABLE}"
        raise _refused(path, f"cannot be read ({error})", fix) from error


def _refused(place: object, reason: str, fix: str) -> BadSetup:
    return BadSetup([Problem(str(place), reason, fix)])


def renew(folder: Path) -> None:
    """Writes hashes.json for the marks of marks.toml."""
    told = {}
    for mark in _read(folder / TABLE):
        path = folder / f"{mark.name}.png"
        digest = _digest(path)
        with Image.open(path, formats=("PNG",)) as picture:
            told[mark.name] = {"sha256": digest, "hashes": list(hashes_of(picture))}
    (folder / HASHES).write_text(json.dumps(told, indent=0) + "\n", encoding="ascii")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m moderation.pictures.marks", description="Renews hashes.json.")
    parser.add_argument("folder", type=Path, help="where marks.toml and its PNG files are")
    renew(parser.parse_args().folder)


if __name__ == "__main__":
    main()
