"""Scanning: one pass over a text that folds it and finds the terms in it, plain or hidden by sound, shape, parts, numbers or emoji.

The meaning is here, in Python; `_scan.c` does the same a hundred times faster and is used wherever it was built.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import numpy as np
from daachorse import CharwiseDoubleArrayAhoCorasick

from moderation.core.folded import FOLDS
from moderation.text.plain_index import PlainIndex
from moderation.text.scan_tables import (
    AGAIN,
    EMOJI,
    LEFT_OUT,
    SEVERAL,
    STRICT,
    ScanTables,
    Way,
    neighbour_bits,
    packed,
    scan_tables,
)
from moderation.text.sound_index import FILTER_BITS, SUBSTITUTED, SoundIndex
from moderation.text.tables import LINE_ENDS

log = logging.getLogger(__name__)

BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(FOLDS)}
"""The bit of each fold in a set of folds."""

EVERY = (1 << len(FOLDS)) - 1
"""The set of all folds."""

SKIPS = 3
"""So many emoji in a row may each be left out or read."""

MOST_EMOJI = 1_000
"""So many emoji of a text are read; the rest is left out."""

Match = tuple[int, int, int]
"""A range of folded text, [start, end), and the number of the string of the plain index that stands there."""

Hit = tuple[int, int, int, int]
"""Where in the text as submitted a pattern was found, [start, end); its owner; the set of folds, never empty."""

Found = tuple[str, Sequence[Match], Sequence[Hit]]
"""The folded text, the plain strings in it, and what it hides."""


class Index(Protocol):
    """What texts are scanned for."""

    def scan(self, text: str, enabled: int, /) -> Found | None:
        """What is found in a text; None if that is nothing, as in most. Takes any text, lone surrogates too.

        Each plain string that stands in the folded text, and each pattern that is found through some of the enabled folds and
        not without any; both by where they begin and end.
        """


class Scanner(Protocol):
    """Folds and scans; made once for the tables. Takes any text, lone surrogates too."""

    def fold(self, text: str) -> str:
        """The folded text."""

    def offsets(self, text: str) -> Sequence[int]:
        """For each folded character, the place in the text of the one that it comes from; never falling."""

    def index(self, plain: PlainIndex, sounds: SoundIndex) -> Index:
        """An index of strings and of patterns."""


class FastScanner:
    """The extension."""

    def __init__(self, tables: ScanTables) -> None:
        from moderation.text import _scan

        self._scanner = _scan.Scanner(list(tables.arrays().values())[:15])
        self._new_index = _scan.Index
        self._classes = tables.classes
        self.fold, self.offsets = self._scanner.fold, self._scanner.offsets

    def index(self, plain: PlainIndex, sounds: SoundIndex) -> Index:
        arrays = [*sounds.arrays().values(), *plain.arrays().values()]
        return self._new_index(self._scanner, arrays, self._classes, *FILTER_BITS)


def make_scanner(tables: ScanTables) -> Scanner:
    """The fast scanner, or the slow one where the extension was not built."""
    try:
        return FastScanner(tables)
    except ImportError:
        log.warning("the C extension was not built, so screening is slow; install a C compiler and run make again")
        return PythonScanner(tables)


@dataclass(slots=True)
class _Cell:
    """A folded character; `optional` for an emoji that may stand for a word and is no part of the folded text."""

    code: int
    at: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    """What the cells up to `end` may stand for; `way` is a name of `Way` or "SPLIT" or "SYLLABLE"."""

    sound: int
    target: int
    way: str
    end: int


class PythonScanner:
    """The same as the extension, in Python."""

    def __init__(self, tables: ScanTables) -> None:
        self._t = tables
        rows = zip(tables.split_parts.tolist(), tables.split_target.tolist(), tables.split_class.tolist(), strict=True)
        self._splits: dict[tuple[int, ...], list[tuple[list[int], int, int]]] = {}
        for parts, target, sound in rows:
            self._splits.setdefault((parts[0], parts[1]), []).append(([part for part in parts if part], target, sound))
        self._syllables = dict(zip(tables.syllable.tolist(), tables.syllable_class.tolist(), strict=True))

    def fold(self, text: str) -> str:
        return "".join(chr(cell.code) for cell in self._cells(text) if not cell.optional)

    def offsets(self, text: str) -> Sequence[int]:
        return [cell.at for cell in self._cells(text) if not cell.optional]

    def index(self, plain: PlainIndex, sounds: SoundIndex) -> Index:
        return _PythonIndex(self, plain, sounds)

    def read(self, text: str) -> tuple[list[_Cell], list[list[_Token]], list[bool]]:
        """The cells of a text; for each what it may stand for, and whether it stands oddly.

        It does if it has look-alikes and makes no part of an ordinary word with the one before or after it.
        """
        cells = self._cells(text)
        places = range(len(cells))
        odd = [self._has_looks(cells[place]) and not self._in_a_word(cells, place) for place in places]
        return cells, [list(self._tokens(cells, place, odd[place])) for place in places], odd

    def _cells(self, text: str) -> list[_Cell]:
        cells: list[_Cell] = []
        emoji = 0
        for at, character in enumerate(text):
            code = ord(character)
            image = int(self._t.folded[code]) if code < len(self._t.folded) else LEFT_OUT
            if image == LEFT_OUT:
                continue
            if image == EMOJI:
                emoji += 1
                if emoji > MOST_EMOJI:
                    continue
                cells.append(_Cell(code, at, optional=True))
            elif image & SEVERAL:
                first, last = self._t.several_at[image & ~SEVERAL :][:2]
                cells += [_Cell(int(one), at) for one in self._t.several[first:last]]
            else:
                cells.append(_Cell(image, at))
        return list(_without_vertical(cells))

    def _has_looks(self, cell: _Cell) -> bool:
        ways = self._t.option_way[slice(*self._t.option_at[cell.code : cell.code + 2])]
        return Way.LOOK in (ways & ~np.uint8(AGAIN)).tolist()

    def _tokens(self, cells: list[_Cell], place: int, odd: bool) -> Iterator[_Token]:
        code = cells[place].code
        following = [cell.code if not cell.optional else 0 for cell in cells[place : place + 6]]
        for parts, target, split in self._splits.get((following[0], *following[1:2], 0)[:2], ()):
            if following[: len(parts)] == parts:
                yield _Token(split, target, "SPLIT", place + len(parts))
        letters = ""
        for letter in map(chr, following):
            if not "a" <= letter <= "z":
                break
            letters += letter
            if (sound := self._syllables.get(packed(letters))) is not None:
                yield _Token(sound, packed(letters), "SYLLABLE", place + len(letters))
        if code + 1 < len(self._t.option_at):
            for at in range(self._t.option_at[code], self._t.option_at[code + 1]):
                way = Way(int(self._t.option_way[at]) & ~AGAIN).name
                if way == "LOOK" and not odd:
                    continue
                yield _Token(int(self._t.option_class[at]), int(self._t.option_target[at]), way, place + 1)

    def _in_a_word(self, cells: list[_Cell], place: int) -> bool:
        """Whether the cell makes part of an ordinary word with the one before or after it."""
        around = [cell.code | cell.optional << 31 for cell in cells[max(0, place - 1) : place + 2]]
        pairs = (neighbour_bits(one, other) for one, other in pairwise(around))
        return any(int(self._t.neighbours[word]) & bits == bits for word, bits in pairs)


def _without_vertical(cells: list[_Cell]) -> Iterator[_Cell]:
    """Leaves out a line end where the line before or after it has one character; emoji do not count."""
    lengths, line_of = [0], []
    for cell in cells:
        if chr(cell.code) not in LINE_ENDS:
            lengths[-1] += not cell.optional
        elif lengths[-1] or len(lengths) == 1:
            lengths.append(0)
        line_of.append(len(lengths) - 1)
    for cell, line in zip(cells, line_of, strict=True):
        between = lengths[line - 1 : line + 1] if chr(cell.code) in LINE_ENDS else ()
        if 0 in between or 1 not in between:
            yield cell


class _PythonIndex:
    def __init__(self, scanner: PythonScanner, plain: PlainIndex, sounds: SoundIndex) -> None:
        strings = plain.strings()
        self._automaton = CharwiseDoubleArrayAhoCorasick(strings) if strings else None
        self._scanner, self._sounds = scanner, sounds

    def scan(self, text: str, enabled: int) -> Found | None:
        cells, tokens, odd = self._scanner.read(text)
        folded = "".join(chr(cell.code) for cell in cells if not cell.optional)
        matches = sorted(self._automaton.find_overlapping(folded)) if self._automaton else []
        looking = _Looking(self._sounds, cells, tokens, odd, enabled)
        hits = sorted(hit for place in range(len(cells)) for hit in looking.hits(place))
        return (folded, matches, hits) if matches or hits else None


class _Looking:
    """Looks for the patterns of an index in one text's cells."""

    def __init__(
        self, index: SoundIndex, cells: list[_Cell], tokens: list[list[_Token]], odd: list[bool], enabled: int
    ) -> None:
        self._x, self._cells, self._tokens, self._enabled = index, cells, tokens, enabled
        alone = set(scan_tables().alone.tolist())
        # What may stand for another character even in a strict pattern.
        self._strange = [is_odd and cell.code not in alone for cell, is_odd in zip(cells, odd, strict=True)]

    def hits(self, place: int) -> list[Hit]:
        """The hits that begin at a cell, one for each owner."""
        found: dict[int, Hit] = {}
        for pattern in self._beginning_at(place):
            first, allowed, added, owner = map(int, self._x.writings[pattern])
            last = int(self._x.writings[pattern + 1]["at"])
            allowed &= self._enabled | STRICT
            if added & ~self._enabled or owner in found:
                continue
            matched = self._match(range(first, last), place, allowed, added, first=True)
            if matched is not None and matched[1]:
                end, folds = matched
                found[owner] = (self._cells[place].at, self._cells[end - 1].at + 1, owner, folds)
        return list(found.values())

    def _beginning_at(self, place: int) -> Iterator[int]:
        """The patterns whose first two or three classes can be read from a cell on; some more than once.

        Of three, two at most by their looks, and one in a strict pattern of three: more would cost too much.
        """
        for one in self._distinct(place):
            for second in self._next(one.end):
                for two in self._distinct(second):
                    pair = one.sound * scan_tables().classes + two.sound
                    low, high = int(self._x.pair_at[pair]), int(self._x.pair_at[pair + 1])
                    while low < high and self._x.further[low, 0] == 0:
                        yield low
                        low += 1
                    looks = (one.way == "LOOK") + (two.way == "LOOK")
                    past = self._past(two.end)
                    for follow in (two.end, past) if past > two.end else (two.end,):
                        for third in self._next(follow):
                            for three in self._distinct(third):
                                yield from self._longer(low, high, three.sound, looks + (three.way == "LOOK"))

    def _longer(self, low: int, high: int, third: int, looks: int) -> Iterator[int]:
        """The patterns of a range that go on with a third class, so many of the three being read by their looks."""
        for pattern in range(low, high):
            sound, fourth = map(int, self._x.further[pattern])
            strict = not fourth and int(self._x.writings[pattern]["allowed"]) & STRICT
            if sound == third and looks <= (1 if strict else 2):
                yield pattern

    def _distinct(self, place: int) -> Iterator[_Token]:
        """The tokens at a cell, the first of each class among those of one character."""
        seen: set[int] = set()
        for token in self._tokens[place]:
            if token.way in ("SPLIT", "SYLLABLE") or token.sound not in seen:
                yield token
            if token.way not in ("SPLIT", "SYLLABLE"):
                seen.add(token.sound)

    def _next(self, place: int) -> Iterator[int]:
        """This cell and, while there are emoji, those after it."""
        for skipped in range(SKIPS + 1):
            if place + skipped >= len(self._cells):
                return
            yield place + skipped
            if not self._cells[place + skipped].optional:
                return

    def _past(self, place: int) -> int:
        """Past the cells that repeat the one before."""
        while place < len(self._cells) and self._same(place):
            place += 1
        return place

    def _same(self, place: int) -> bool:
        one, other = self._cells[place - 1], self._cells[place]
        return one.code == other.code and one.optional == other.optional

    def _match(self, rest: range, place: int, allowed: int, seen: int, first: bool = False) -> tuple[int, int] | None:
        """Where the first way to read the rest of a pattern from a cell on ends, and its folds."""
        for at in [place] if first else reversed(list(self._next(place))):
            if at >= len(self._cells):
                continue
            for token, folds in self._readings(at, rest[0]):
                if folds & ~allowed or (allowed & STRICT and folds & SUBSTITUTED and not self._strange[at]):
                    continue
                if len(rest) == 1:
                    return token.end, seen | folds
                matched = self._match(rest[1:], token.end, allowed, seen | folds)
                past = self._past(token.end)
                if matched is None and not first and allowed & BITS["repeated"] and past > token.end:
                    matched = self._match(rest[1:], past, allowed, seen | folds | BITS["repeated"])
                if matched is not None:
                    return matched
        return None

    def _readings(self, place: int, at: int) -> list[tuple[_Token, int]]:
        """The tokens of a cell that are read as a pattern's character, those that only sound like it last."""
        folded = [(token, self._folds(token, at)) for token in self._tokens[place]]
        read = [(token, folds) for token, folds in folded if folds is not None]
        return sorted(read, key=lambda pair: pair[1] & BITS["homophone"])

    def _folds(self, token: _Token, at: int) -> int | None:
        """The folds by which a token is read as a pattern's character; None: it is not."""
        packed_up = int(self._x.characters[at])
        code, sound, read = packed_up & 0x1FFFFF, packed_up >> 21 & 0x7FF, packed_up >> 32
        if token.sound != sound:
            return None
        same = token.target == code
        homophone = 0 if same else BITS["homophone"]
        match token.way:
            case "READING":
                return homophone
            case "EMOJI" | "SPLIT":
                return BITS[token.way.lower()] | homophone
            case "SYLLABLE":
                return BITS["pinyin"] if token.target == read else None
            case _:
                return (BITS["look_alike"] if token.way == "LOOK" else BITS["numeral"]) if same else None


@lru_cache(maxsize=1)
def the_scanner() -> Scanner:
    """The scanner that everything shares."""
    return make_scanner(scan_tables())
