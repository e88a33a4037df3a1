"""The tables that scanning needs, as flat arrays: what each code point folds to and what it may stand for."""

from dataclasses import dataclass, fields
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "scan_tables.npz"
"""Made by `python -m moderation.text.build_tables`."""

LEFT_OUT = 0xFFFFFFFF
"""Folds to nothing."""

EMOJI = 0xFFFFFFFE
"""Folds to nothing, but may stand for a word."""

SEVERAL = 0x80000000
"""Set in what folds to several characters; the rest is their number in `several_at`."""


STRICT = 1 << 31
"""Set in what a pattern allows: only a character that stands oddly, and is not often alone, stands for another in it."""

NEIGHBOUR_BITS = 14
"""The base-2 logarithm of how many words `neighbours` has."""

AGAIN = 0x80
"""Set in the way of an option of whose class the code point has an earlier one."""


class Way(IntEnum):
    """How an option stands for its target."""

    READING = 0
    LOOK = 1
    NUMERAL = 2
    EMOJI = 3


@dataclass(frozen=True)
class ScanTables:
    """Everything that does not depend on the lists. Ranges are half-open; an `…_at` array has one element more than it has ranges.

    A sound class is a number from 1 on: a reading and all that sound nearly like it, a Latin letter, or an emoji that stands for
    a longer word.

    folded         by code point below LETTERS_END: the one it folds to, or LEFT_OUT, EMOJI, or SEVERAL and a number
    several        the characters of those, several_at[number] to several_at[number + 1]
    option_class   for the options of code point c, option_at[c] to option_at[c + 1]: the sound class, from 1 on
    option_target  the character that the option stands for, itself where it is read
    option_way     a `Way`, and AGAIN
    split_parts    strings of two to four parts, padded with 0, in order; the characters that they make up and their classes
    syllable       Latin syllables of at most 6 letters, packed by `packed`, in order; their classes
    alone          characters that are often words by themselves, in order
    neighbours     two bits for each two characters that follow one another in ordinary words, by `neighbour_bits`
    common         characters by how often they are used, the commonest first, so that what is known of them lies together
    term_class     for a term, by code point: the class of its usual reading, 0 for none; term_second: that of another one, 0 for none
    term_read, term_second_read  and the packed letters of these readings, 0 for none
    class_count    one more than the highest class; the only element
    """

    folded: NDArray[np.uint32]
    several_at: NDArray[np.uint32]
    several: NDArray[np.uint32]
    option_at: NDArray[np.uint32]
    option_class: NDArray[np.uint16]
    option_target: NDArray[np.uint32]
    option_way: NDArray[np.uint8]
    split_parts: NDArray[np.uint32]
    split_target: NDArray[np.uint32]
    split_class: NDArray[np.uint16]
    syllable: NDArray[np.uint32]
    syllable_class: NDArray[np.uint16]
    alone: NDArray[np.uint32]
    neighbours: NDArray[np.uint64]
    common: NDArray[np.uint32]
    term_class: NDArray[np.uint16]
    term_second: NDArray[np.uint16]
    term_read: NDArray[np.uint32]
    term_second_read: NDArray[np.uint32]
    class_count: NDArray[np.uint32]

    @property
    def classes(self) -> int:
        return int(self.class_count[0])

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@lru_cache(maxsize=1)
def scan_tables() -> ScanTables:
    """The tables, read at the first call (about 0.02 s)."""
    with np.load(FILE) as kept:
        return ScanTables(**{field.name: kept[field.name] for field in fields(ScanTables)})


def packed(syllable: str) -> int:
    """At most six letters a–z as one number, in which a shorter word comes before its continuations.

    >>> packed("a") < packed("an") < packed("b")
    True
    """
    number = 0
    for place in range(6):
        number = number << 5 | (ord(syllable[place]) - 96 if place < len(syllable) else 0)
    return number


def neighbour_bits(one: int, other: int) -> tuple[int, int]:
    """The word, and the two bits in it, that stand for two code points next to one another; one in fifty pairs has another's."""
    pair = ((one * 0x9E3779B1) ^ (other * 0x85EBCA6B)) & 0xFFFFFFFF
    return pair >> (32 - NEIGHBOUR_BITS), 1 << (pair & 63) | 1 << (pair >> 6 & 63)
