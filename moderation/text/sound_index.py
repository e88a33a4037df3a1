"""The sound index: terms by the sound classes of their characters, as flat arrays in the order in which scanning looks them up."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from moderation.core.folded import FOLDS
from moderation.text.scan_tables import STRICT, scan_tables

LONGEST = 32
"""Terms of more characters than this are not indexed."""

FILTER_BITS = (12, 13, 15, 16)
"""The base-2 logarithms of how many words each of `threes`, `strict`, `quads` and `gaps` has."""


SUBSTITUTED = 1 << FOLDS.index("homophone") | 1 << FOLDS.index("look_alike")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A term, or another writing of it, to be found by sound. One of two characters is found by numbers only if by sound too.

    text     folded
    owner    number of what it stands for
    allowed  a bit for each fold, by its place in FOLDS, that it may be found through
    added    the bits of those that this writing itself is made by
    """

    text: str
    owner: int
    allowed: int
    added: int = 0


WRITING = np.dtype([("at", "<u4"), ("allowed", "<u4"), ("added", "<u4"), ("owner", "<u4")])


@dataclass(frozen=True)
class SoundIndex:
    """Patterns in the order of their first three classes. Ranges are half-open.

    pair_at     by first class times the number of classes plus the second: where the patterns begin that begin so
    further     the third and the fourth class of each pattern, 0 where it has none
    threes      a filter: three bits of a word for each hash, by `hashed`, of the classes of some pattern of three characters
    strict      the same of those that allow with STRICT, which are not among the former
    quads       the same of the first four classes of longer patterns
    gaps        and of each three of these four, by which one is left out and the others
    writings    of each pattern where its characters begin, and the rest as in `Pattern`; one row more than there are patterns
    characters  the characters: 21 bits of code point, from the lowest on, 11 of class, and 30 of their usual reading as `packed` or 0
    """

    pair_at: NDArray[np.uint32]
    further: NDArray[np.uint16]
    threes: NDArray[np.uint64]
    strict: NDArray[np.uint64]
    quads: NDArray[np.uint64]
    gaps: NDArray[np.uint64]
    writings: NDArray[np.void]
    characters: NDArray[np.uint64]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def build_index(patterns: Iterable[Pattern]) -> SoundIndex:
    """The index of all patterns whose every character has a sound class; others are left out.

    A character with a second reading makes a second entry.
    """
    tables = scan_tables()
    usual, second = tables.term_class, tables.term_second
    fitting = [pattern for pattern in patterns if 2 <= len(pattern.text) <= LONGEST]
    codes = np.frombuffer("".join(pattern.text for pattern in fitting).encode("utf-32-le"), "<u4")
    codes = np.minimum(codes, len(usual) - 1)
    lengths = np.array([len(pattern.text) for pattern in fitting], np.int64)
    numbers = np.array([(p.owner, p.allowed, p.added) for p in fitting], np.uint32).reshape(-1, 3)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    short = (lengths == 2) & (numbers[:, 1] & SUBSTITUTED == 0)
    numbers[short, 1] &= ~np.uint32(1 << FOLDS.index("numeral"))
    sounds = usual[codes]
    whole = np.ones(len(fitting), bool)
    if len(fitting):
        whole = np.minimum.reduceat(sounds, starts[:-1]) > 0
    rows = np.flatnonzero(whole)
    # One more entry for each second reading, with that one character's class put in its place.
    places = np.flatnonzero((second[codes] > 0) & np.repeat(whole, lengths))
    again = np.searchsorted(starts, places, side="right") - 1
    rows = np.concatenate([rows, again])
    taken, at = _gather(starts, lengths, rows)
    chosen = sounds[taken]
    first_again = len(rows) - len(again)
    spelt = tables.term_read[codes[taken]]
    instead = at[first_again:-1] + (places - starts[again])
    chosen[instead], spelt[instead] = second[codes[places]], tables.term_second_read[codes[places]]
    return _ordered(codes[taken], chosen, spelt, at, numbers[rows])


def _ordered(
    codes: NDArray[np.uint32],
    sounds: NDArray[np.uint16],
    read: NDArray[np.uint32],
    at: NDArray[np.int64],
    numbers: NDArray[np.uint32],
) -> SoundIndex:
    count, lengths = scan_tables().classes, np.diff(at)
    first, second = sounds[at[:-1]].astype(np.int64), sounds[at[:-1] + 1].astype(np.int64)
    third = np.where(lengths > 2, np.append(sounds, 0)[np.minimum(at[:-1] + 2, len(sounds))], 0).astype(np.int64)
    beyond = np.where(lengths > 3, np.append(sounds, 0)[np.minimum(at[:-1] + 3, len(sounds))], 0).astype(np.int64)
    strict = numbers[:, 1] & STRICT > 0
    order = np.lexsort((third, second, first))
    pairs = (first * count + second)[order]
    taken, places = _gather(at, lengths, order)
    triples = hashed(first, second, third)
    four = [each[lengths > 3] for each in (first, second, third, beyond)]
    writings = np.zeros(len(order) + 1, WRITING)
    writings["at"] = places
    for column, name in enumerate(("owner", "allowed", "added")):
        writings[name][:-1] = numbers[order, column]
    shifted = ((codes, 0), (sounds, 21), (read, 32))
    characters = np.bitwise_or.reduce([each[taken].astype(np.uint64) << np.uint64(bits) for each, bits in shifted])
    return SoundIndex(
        pair_at=np.searchsorted(pairs, np.arange(count * count + 1)).astype(np.uint32),
        further=np.stack([third, beyond], axis=1)[order].astype(np.uint16),
        threes=filter_of(triples[(lengths == 3) & ~strict], FILTER_BITS[0]),
        strict=filter_of(triples[(lengths == 3) & strict], FILTER_BITS[1]),
        quads=filter_of(hashed(*four), FILTER_BITS[2]),
        gaps=filter_of(
            np.concatenate([hashed(*four[:gap], *four[gap + 1 :], gap=gap) for gap in range(4)]), FILTER_BITS[3]
        ),
        writings=writings,
        characters=characters,
    )


def hashed(*sounds: NDArray[np.int64], gap: int | None = None) -> NDArray[np.uint64]:
    """A hash of 32 bits for each row of classes, with the place of the one that was left out.

    Its high bits are the number of its word in a filter, its lowest three times six those of its bits.
    """
    count = np.uint64(scan_tables().classes)
    mixed = np.zeros(len(sounds[0]), np.uint64)
    for place, each in enumerate(sounds):
        mixed = mixed * (count if place < 3 else _MIXED) + each.astype(np.uint64) & _U32
    if gap is not None:
        mixed = mixed * np.uint64(4) + np.uint64(gap) & _U32
    return mixed * _MIXED & _U32


_MIXED, _U32 = np.uint64(0x9E3779B1), np.uint64(0xFFFFFFFF)


def filter_of(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    """A filter of hashes of 32 bits, of 1 << bits words: three bits of one word are set for each."""
    words = np.zeros(1 << bits, np.uint64)
    for place in (0, 6, 12):
        bit = np.uint64(1) << (hashes >> np.uint64(place) & np.uint64(63))
        np.bitwise_or.at(words, hashes >> np.uint64(32 - bits), bit)
    return words


def _gather(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The elements of ragged rows in a new order, and where each then starts."""
    taken = lengths[rows]
    at = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    return np.arange(at[-1]) + np.repeat(starts[:-1][rows] - at[:-1], taken), at
