"""Finds every hash within a few bits of a picture's, among a million, exactly: one sorted table for each of 16 bands of 16 bits.

Two hashes that differ in at most 31 of 256 bits differ in at most one bit of some band (16 bands with two each would be 32).
So looking up a band as it is and with each of its bits turned, 17 × 16 look-ups, meets every one of them; what is met is
then compared in full.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.pictures.hashing import PDQ_BYTES, Bytes

WITHIN = 31
"""Bits, inclusive: PDQ's usual bound, and the largest for which the bands miss nothing."""

TAIL = 8192
"""So many added hashes are compared one by one; with more, the tables are made anew."""

Keys = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]
_Any = npt.NDArray[Any]

_BANDS, _VALUES = 16, 1 << 16
_PROBES = np.array([0, *(1 << bit for bit in range(16))], dtype=np.uint16)
_FORMAT = "hash-index-1"
_ALIGNED = 64


class Near(NamedTuple):
    """A hash found: the key it was added with, how many bits it is off, and which of the views asked for it was nearest to."""

    key: int
    distance: int
    view: int


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """order: by band, the rows sorted by the band's value; starts: by band and value, where in `order` its rows begin."""

    hashes: Bytes
    keys: Keys
    order: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """All that a search looks at, put in place as one, so that searches in other threads see a whole state."""

    tables: _Tables
    live: npt.NDArray[np.bool_]
    tail_hashes: Bytes
    tail_keys: Keys


class HashIndex:
    """Hashes of 32 bytes, each with a key of the caller's. One thread may change it while others search.

    A million take about 108 MB, which processes share where they loaded them from the same file.

    >>> index = HashIndex.of(np.zeros((1, 32), dtype=np.uint8), np.array([7]))
    >>> index.search(np.eye(8, 32, dtype=np.uint8)), index.search(np.full((8, 32), 255, dtype=np.uint8))
    ([Near(key=7, distance=1, view=0)], [])
    """

    def __init__(self, tables: _Tables) -> None:
        self._held = _Held(tables, np.ones(len(tables.keys), dtype=np.bool_), *_nothing())

    @classmethod
    def of(cls, hashes: Bytes, keys: Keys) -> "HashIndex":
        """hashes (n, 32), keys (n,)."""
        return cls(_tables(hashes, keys))

    def __len__(self) -> int:
        return int(self._held.live.sum()) + len(self._held.tail_keys)

    def search(self, views: Bytes, within: int = WITHIN) -> list[Near]:
        """What is at most `within` bits (0 to 31) from any of the views (v, 32), nearest first, each key once."""
        if not 0 <= within <= WITHIN:
            raise ValueError(f"within is 0 to {WITHIN} bits, got {within}")
        held = self._held
        asked = _words(views)
        best: dict[int, Near] = {}
        for view, positions in enumerate(_candidates(held.tables, _bands(views))):
            # `take` gathers rows many times faster than an index in brackets.
            near = _near(_words(held.tables.hashes).take(positions, axis=0), asked[view], within)
            rows = positions[near[0]]
            alive = held.live[rows]
            _take(best, held.tables.keys[rows[alive]], near[1][alive], view)
            if not len(held.tail_keys):
                continue
            chosen, distances = _near(_words(held.tail_hashes), asked[view], within)
            _take(best, held.tail_keys[chosen], distances, view)
        return sorted(best.values(), key=lambda near: (near.distance, near.key))

    def add(self, hashes: Bytes, keys: Keys) -> None:
        """Adds (n, 32) hashes with their (n,) keys."""
        held = self._held
        hashes = np.concatenate([held.tail_hashes, hashes])
        keys = np.concatenate([held.tail_keys, keys])
        if len(keys) > TAIL:
            kept = self.contents()
            added = len(held.tail_keys)
            tables = _tables(np.concatenate([kept[0], hashes[added:]]), np.concatenate([kept[1], keys[added:]]))
            self._held = _Held(tables, np.ones(len(tables.keys), dtype=np.bool_), *_nothing())
        else:
            self._held = _Held(held.tables, held.live, hashes, keys)

    def remove(self, keys: Keys) -> None:
        """Removes whatever has one of these keys; none is no mistake."""
        held = self._held
        live = held.live & ~np.isin(held.tables.keys, keys)
        stay = ~np.isin(held.tail_keys, keys)
        self._held = _Held(held.tables, live, held.tail_hashes[stay], held.tail_keys[stay])

    def contents(self) -> tuple[Bytes, Keys]:
        """All hashes and their keys, in no order."""
        held = self._held
        return (
            np.concatenate([held.tables.hashes[held.live], held.tail_hashes]),
            np.concatenate([held.tables.keys[held.live], held.tail_keys]),
        )

    def arrays(self) -> dict[str, _Any]:
        """What `from_arrays` makes the same index of, its tables made anew where hashes were added or removed."""
        held = self._held
        whole = not len(held.tail_keys) and bool(held.live.all())
        tables = held.tables if whole else _tables(*self.contents())
        return {name: getattr(tables, name) for name in ("hashes", "keys", "order", "starts")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, _Any]) -> "HashIndex":
        return cls(_Tables(arrays["hashes"], arrays["keys"], arrays["order"], arrays["starts"]))


def save(path: Path, arrays: Mapping[str, _Any], stamp: Mapping[str, Any]) -> None:
    """Writes arrays and a stamp (JSON) into one file, in one step, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed, at = [], 0
    for name, array in arrays.items():
        listed.append([name, array.dtype.str, list(array.shape), at])
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"format": _FORMAT, "stamp": dict(stamp), "arrays": listed, "bytes": at}).encode() + b"\n"
    head = head.rjust(-(-len(head) // _ALIGNED) * _ALIGNED)
    half = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    with half.open("wb") as file:
        file.write(head)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
            file.write(bytes(-array.nbytes % _ALIGNED))
    half.replace(path)


def load(path: Path) -> tuple[dict[str, _Any], dict[str, Any]] | None:
    """The arrays, read from the file as they are looked at, and the stamp. None for a file that `save` did not write whole."""
    try:
        with path.open("rb") as file:
            head = file.readline()
        whole = np.memmap(path, dtype=np.uint8, mode="r")
        said = json.loads(head)
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("format") != _FORMAT or len(whole) != len(head) + said["bytes"]:
        return None
    arrays = {}
    for name, kind, shape, at in said["arrays"]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        arrays[name] = np.asarray(whole)[len(head) + at :][:size].view(dtype).reshape(shape)
    return arrays, said["stamp"]


def _tables(hashes: Bytes, keys: Keys) -> _Tables:
    hashes = np.ascontiguousarray(hashes)
    bands = _bands(hashes)
    order = np.empty((_BANDS, len(hashes)), dtype=np.int32)
    starts = np.zeros((_BANDS, _VALUES + 1), dtype=np.int32)
    for band in range(_BANDS):
        values = np.ascontiguousarray(bands[:, band])
        order[band] = np.argsort(values, kind="stable")  # by counting, for numbers of 16 bits
        np.cumsum(np.bincount(values, minlength=_VALUES), out=starts[band, 1:])
    return _Tables(hashes, np.asarray(keys, dtype=np.int64), order, starts)


def _candidates(tables: _Tables, bands: npt.NDArray[np.uint16]) -> list[npt.NDArray[np.int32]]:
    """By view, the rows that have a band as the view has it, but for one bit at most; a row may come several times."""
    values = (bands[:, :, None] ^ _PROBES).astype(np.int64)  # (views, bands, probes)
    slot = values + (np.arange(_BANDS) * (_VALUES + 1))[None, :, None]
    flat = tables.starts.ravel()
    first, end = flat[slot], flat[slot + 1]
    sizes = (end - first).reshape(len(bands), -1).astype(np.int64)
    begins = (first + (np.arange(_BANDS, dtype=np.int64) * len(tables.keys))[None, :, None]).reshape(len(bands), -1)
    order = tables.order.ravel()
    found = []
    for begin, size in zip(begins, sizes, strict=True):
        before = np.cumsum(size) - size
        found.append(order[np.repeat(begin - before, size) + np.arange(int(size.sum()))])
    return found


def _near(words: _Words, asked: _Words, within: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]:
    """Which of the rows (n, 4) are near what is asked for, and how far each of them is."""
    counts = np.bitwise_count(words ^ asked).view(np.uint32)[:, 0]
    # The four counts of a row added up inside one number; each needs 9 bits once they are added.
    pairs = (counts & 0x00FF00FF) + ((counts >> 8) & 0x00FF00FF)
    distances = (pairs & 0xFFFF) + (pairs >> 16)
    rows = np.nonzero(distances <= within)[0]
    return rows, distances[rows]


def _take(best: dict[int, Near], keys: Keys, distances: npt.NDArray[np.uint32], view: int) -> None:
    for key, distance in zip(keys.tolist(), distances.tolist(), strict=True):
        if key not in best or distance < best[key].distance:
            best[key] = Near(key, distance, view)


def _words(hashes: Bytes) -> _Words:
    return np.ascontiguousarray(hashes).view(np.uint64)


def _bands(hashes: Bytes) -> npt.NDArray[np.uint16]:
    return np.ascontiguousarray(hashes).view(np.uint16)


def _nothing() -> tuple[Bytes, Keys]:
    return np.zeros((0, PDQ_BYTES), dtype=np.uint8), np.zeros(0, dtype=np.int64)
