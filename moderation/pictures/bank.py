"""The bank of known pictures: which of its entries a picture is a copy of, and what that may earn; it decides nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.pictures.decoded import WHOLE, DecodedPicture, Pixels
from moderation.pictures.frames import GREY, composited
from moderation.pictures.hashing import PDQ_BYTES, VIEWS, Bytes, FrameHash, hash_and_views, near_views
from moderation.pictures.index import HashIndex, Keys

PDQ_QUALITY = 50
"""A frame of lower quality (0–100) is flat: its PDQ is neither stored in the index nor asked for."""

PHASH_WITHIN = 10
"""Bits of 64, inclusive. It finds what PDQ loses when an edge is cut off, and errs more often: a person looks."""

UNLIKE = 100
"""Bits of 256, upright: of pictures that are further apart by PDQ, pHash is not believed."""

MOST = 20
"""So many matches of a picture are told, the nearest first; there are more where lists hold the same picture many times."""

_ASKED = 10 * MOST
"""So many near ones of a frame are described, so that one of a negative bank is not missed behind copies from lists."""

_Phashes = npt.NDArray[np.uint64]


class EntryState(StrEnum):
    LIVE = "live"
    QUARANTINED = "quarantined"  # matches go to a person at most, until somebody has looked at the entry
    REMOVED = "removed"


class Weight(StrEnum):
    """What a match may earn."""

    ACTS = "acts"  # what its category's cap allows
    REVIEW = "review"  # a look by a person at most
    EXCUSES = "excuses"  # of a negative bank: nothing, and the same frame's other matches nothing, too
    EXCUSED = "excused"  # nothing; recorded


@dataclass(frozen=True, slots=True)
class BankEntry:
    """A known picture.

    category  what its copies are; None in a negative bank, which excuses
    phash     0 where there is none: of a hash list, or of a picture in one tone
    picture   reference of the kept copy; None for a hash from a list
    """

    id: int
    bank: str
    category: str | None
    pdq: bytes
    quality: int
    phash: int
    source: str
    owner: str
    note: str
    state: EntryState
    picture: str | None


@dataclass(frozen=True, slots=True)
class BankMatch:
    """An entry that a picture looks like.

    distance  bits that differ: of 256 by PDQ (0–31), of 64 by pHash (0–10)
    view      one of VIEWS: what is done to the picture to see the entry's
    """

    entry: BankEntry
    distance: int
    by: Literal["pdq", "phash"]
    view: str
    weight: Weight

    @property
    def quarantined(self) -> bool:
        return self.entry.state is EntryState.QUARANTINED


class Hashes(NamedTuple):
    """Hashes of entries, a row each: ids, PDQ (n, 32), qualities and pHashes, 0 for none."""

    ids: Keys
    pdqs: Bytes
    qualities: npt.NDArray[np.uint8]
    phashes: _Phashes

    @classmethod
    def of(cls, rows: Sequence[tuple[int, bytes, int, int]]) -> "Hashes":
        """Of rows of id, PDQ, quality and pHash."""
        ids, pdqs, qualities, phashes = zip(*rows, strict=True) if rows else ((), (), (), ())
        return cls(
            np.array(ids, dtype=np.int64),
            np.frombuffer(b"".join(pdqs), dtype=np.uint8).reshape(-1, PDQ_BYTES),
            np.array(qualities, dtype=np.uint8),
            np.array(phashes, dtype=np.uint64),
        )

    def and_(self, other: "Hashes") -> "Hashes":
        """The rows of both."""
        return Hashes(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.pdqs, other.pdqs]),
            np.concatenate([self.qualities, other.qualities]),
            np.concatenate([self.phashes, other.phashes]),
        )


Look = tuple[FrameHash, Bytes | None]
"""A frame's hashes and the PDQs of its eight views; None where only the hashes are left of it."""


def looks(picture: DecodedPicture) -> list[Look]:
    """The frames of a picture to match: those whose pixels are kept, and every other different one by its hashes."""
    whole = [frame.pixels for frame in picture.frames if frame.box == WHOLE]
    seen: list[Look] = [hash_and_views(on_grey(pixels)) for pixels in whole]
    known = {frame.pdq for frame, _ in seen}
    return seen + [(frame, None) for frame in dict.fromkeys(picture.facts.hashes) if frame.pdq not in known]


def on_grey(pixels: Pixels) -> Pixels:
    """RGB pixels, those of an RGBA picture on the grey on which decoding hashes it."""
    return composited(pixels, GREY) if pixels.shape[2] == 4 else pixels


Describe = Callable[[Sequence[int]], Mapping[int, BankEntry]]
"""The entries with these ids, as they are now. It may leave out removed ones."""


class Bank:
    """Entries by their hashes. One thread may change it while others match.

    describe  asked only for entries that are matched, so that a million hashes from lists cost no more than their bits
    """

    def __init__(self, hashes: Hashes, describe: Describe) -> None:
        good = hashes.qualities >= PDQ_QUALITY
        self._index = HashIndex.of(hashes.pdqs[good], hashes.ids[good])
        self._second = _second(hashes)
        self._describe = describe

    def __len__(self) -> int:
        """How many entries can be matched by PDQ."""
        return len(self._index)

    def change(self, gone: Keys, added: Hashes) -> None:
        """Takes entries out by id, then puts others in. To change an entry's hashes, give it as both."""
        second = self._second
        if len(gone):
            self._index.remove(gone)
            second = second.only(~np.isin(second.ids, gone))
        good = added.qualities >= PDQ_QUALITY
        if good.any():
            self._index.add(added.pdqs[good], added.ids[good])
        self._second = second.and_(_second(added))

    def match(self, looks: Sequence[Look]) -> tuple[BankMatch, ...]:
        """The entries that any frame of a picture looks like: what acts first, then the nearest; of each entry its best match."""
        found = [self._match_frame(frame, views) for frame, views in looks]
        best: dict[int, BankMatch] = {}
        for match in sorted((match for matches in found for match in matches), key=_rank):
            best.setdefault(match.entry.id, match)
        return tuple(best.values())[:MOST]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `from_arrays` makes the same bank of."""
        return self._index.arrays() | {f"second_{name}": array for name, array in self._second._asdict().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], describe: Describe) -> "Bank":
        bank = cls(Hashes.of([]), describe)
        bank._index = HashIndex.from_arrays(arrays)
        bank._second = _Second(*(arrays[f"second_{name}"] for name in _Second._fields))
        return bank

    def _match_frame(self, frame: FrameHash, views: Bytes | None) -> list[BankMatch]:
        close: list[tuple[int, int, Literal["pdq", "phash"], int]] = []
        if frame.quality >= PDQ_QUALITY:
            asked = near_views(frame.pdq) if views is None else views
            close += [(near.key, near.distance, "pdq", near.view) for near in self._index.search(asked)]
        known = {id for id, *_ in close}
        close = close[:_ASKED] + [near for near in self._second.near(frame) if near[0] not in known][:MOST]
        if not close:
            return []
        entries = self._describe([id for id, *_ in close])
        matches = [
            BankMatch(entries[id], distance, by, VIEWS[view], _weight(entries[id], by))
            for id, distance, by, view in close
            if id in entries and entries[id].state is not EntryState.REMOVED
        ]
        if any(match.weight is Weight.EXCUSES for match in matches):
            return [m if m.weight is Weight.EXCUSES else replace(m, weight=Weight.EXCUSED) for m in matches]
        return matches


def _weight(entry: BankEntry, by: Literal["pdq", "phash"]) -> Weight:
    sure = by == "pdq" and entry.state is EntryState.LIVE
    if entry.category is None:
        return Weight.EXCUSES if sure else Weight.EXCUSED
    return Weight.ACTS if sure else Weight.REVIEW


_ORDER = {weight: place for place, weight in enumerate(Weight)}


def _rank(match: BankMatch) -> tuple[int, bool, int, int]:
    return _ORDER[match.weight], match.by == "phash", match.distance, match.entry.id


class _Second(NamedTuple):
    """The entries that have a pHash; compared one by one, which takes a millisecond for a million."""

    ids: Keys
    phashes: _Phashes
    pdqs: Bytes

    def near(self, frame: FrameHash) -> list[tuple[int, int, Literal["pdq", "phash"], int]]:
        """What pHash says is near and PDQ does not deny, nearest first."""
        if not frame.phash or not len(self.ids):
            return []
        distances = np.bitwise_count(self.phashes ^ np.uint64(frame.phash))
        rows = np.nonzero(distances <= PHASH_WITHIN)[0]
        apart = np.bitwise_count(self.pdqs[rows] ^ np.frombuffer(frame.pdq, dtype=np.uint8)).sum(axis=1, dtype=np.int64)
        rows = rows[apart <= UNLIKE]
        return sorted(((int(self.ids[row]), int(distances[row]), "phash", 0) for row in rows), key=lambda near: near[1])

    def only(self, which: npt.NDArray[np.bool_]) -> "_Second":
        return _Second(self.ids[which], self.phashes[which], self.pdqs[which])

    def and_(self, other: "_Second") -> "_Second":
        if not len(other.ids):
            return self
        ids, phashes = np.concatenate([self.ids, other.ids]), np.concatenate([self.phashes, other.phashes])
        return _Second(ids, phashes, np.concatenate([self.pdqs, other.pdqs]))


def _second(hashes: Hashes) -> _Second:
    having = hashes.phashes != 0
    return _Second(hashes.ids[having], hashes.phashes[having], hashes.pdqs[having])
