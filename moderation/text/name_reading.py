"""Reading a name: the words and phrases it is made of, by the rules for names, with the way back to the text as submitted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from moderation.core.finding import Verdict
from moderation.core.folded import FoldedText
from moderation.core.submission import Span
from moderation.text import segmentation
from moderation.text.folding import fold
from moderation.text.name_words import Helper, NameRules, Role, Word
from moderation.text.tables import LINE_ENDS, SEPARATORS

_RUN = re.compile("[a-z0-9]+")
_EMPTY = Helper.FILLER | Helper.PLACE | Helper.OF
_LONGEST_PLACE = 8
_LONG = 5
# Where jieba's dictionary may not know the name, its cut says nothing.
_NAMES = frozenset({Role.BRAND, Role.COMPANY, Role.PERSON})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name, [start, end) in its plain text: a word, a helping phrase, or neither."""

    start: int
    end: int
    word: Word | None = None
    helper: Helper = Helper.NONE


@dataclass(frozen=True)
class Name:
    """A name as read.

    text      folded, without the ends of sentences and decoration, look-alikes as what they look like
    pieces    of the text, in order, without gaps
    original  as submitted
    folded    from the original, or from the original with signs read as characters
    kept      for each character of the text, its place in the folded text
    endings   characters that end the name of a place
    """

    text: str
    pieces: Sequence[Piece]
    original: str
    folded: FoldedText
    kept: Sequence[int]
    endings: str

    def span(self, start: int, end: int) -> Span:
        """The least range of the original that is read as this range of the text."""
        return self.folded.span(self.kept[start], self.kept[end - 1] + 1)

    def needed(self, at: int) -> tuple[str, ...]:
        """The names of the folds without which the word of this piece would not have been found."""
        piece = self.pieces[at]
        start, end, word = piece.start, piece.end, piece.word
        span = self.span(start, end)
        found = span.of(self.original)
        if word is None or found == word.written:
            return ()
        first, last = self.kept[start], self.kept[end - 1] + 1
        seen = {*word.folds, *self.folded.folds(first, last)}
        for place in set(range(first, last)) - set(self.kept[start:end]):
            seen.add("vertical" if self.folded.text[place] in LINE_ENDS else "inserted")
        if any(self.folded.text[self.kept[place]] != self.text[place] for place in range(start, end)):
            seen.add("look_alike")
        read = span.of(self.folded.original)
        for sign, image in zip(found, read, strict=True):
            if sign != image:
                seen.add("look_alike" if image.isascii() else "emoji")
        return tuple(seen)

    def places_more(self, at: int) -> bool:
        """Whether a piece says whose what follows is, other characters between or not: a county, or a restricted word."""
        piece = self.pieces[at]
        return not piece.helper & Helper.PLACE or piece.word is not None or self.text[piece.end - 1] in self.endings

    @cached_property
    def others(self) -> Sequence[int]:
        """Before each piece and after the last: how many characters there are that are neither words nor empty."""
        return (0, *accumulate(_weight(piece) for piece in self.pieces))


def _weight(piece: Piece) -> int:
    return 0 if piece.word or piece.helper & _EMPTY else piece.end - piece.start


class NameReader:
    """Reads names by one set of rules; safe to use from several threads.

    >>> from moderation.text.name_rules import parse_name_rules
    >>> rules = parse_name_rules('[[brand]]\\nwords = ["小米"]\\nalone = "review"\\n[filler]\\nmarks = "丶"')
    >>> reader = NameReader(rules)
    >>> [name] = reader.read("小丶米阿杰")
    >>> name.text, [piece.word is None for piece in name.pieces], name.span(0, 2), reader.read("阿杰")
    ('小米阿杰', [False, True], Span(start=0, end=3), [])
    """

    def __init__(self, rules: NameRules) -> None:
        self._rules = rules
        self._signs = frozenset(rules.signs)
        left_out = {*SEPARATORS, *rules.marks}
        self._table = str.maketrans({**rules.letters, **dict.fromkeys(left_out, "")})
        odd = sorted({*left_out, *rules.letters})
        self._needy = [not word.lone or word.alone is word.placed is Verdict.PASS for word in rules.words.values()]
        self._needy += [False] * len(odd)
        # One look for both is the short way for most names, which have neither.
        self._hits = CharwiseDoubleArrayAhoCorasick([*rules.words, *odd], use_prefilter=False).find_overlapping
        texts = list(dict.fromkeys((*rules.words, *rules.helpers)))
        self._entries = [(rules.words.get(text), rules.helpers.get(text, Helper.NONE)) for text in texts]
        self._find = CharwiseDoubleArrayAhoCorasick(texts or ["\0"], MATCH_KIND_LEFTMOST_LONGEST).find

    def read(self, text: str) -> list[Name]:
        """The ways to read a name, [] if no word is in it: as it stands, and with signs as what they stand for."""
        folded = fold(text)
        hits = self._hits(folded.text)
        if (not hits or not self._mean(hits)) and (folded.text == text or self._signs.isdisjoint(text)):
            return []
        readings = [folded]
        if not self._signs.isdisjoint(text):
            readings.insert(0, fold(_without_signs(text, self._rules)))
        return [name for reading in readings for name in self._plainly(text, reading)]

    def _mean(self, hits: Sequence[tuple[int, int, int]]) -> bool:
        """Whether what was found in a folded text can amount to anything: a single word that needs another cannot."""
        return len(hits) > 1 or (len(hits) == 1 and not self._needy[hits[0][2]])

    def _plainly(self, original: str, folded: FoldedText) -> Iterator[Name]:
        kept = [at for at, character in enumerate(folded.text) if self._table.get(ord(character)) != ""]
        text = folded.text.translate(self._table)
        if self._mean(self._hits(text)):
            yield Name(text, self._pieces(text), original, folded, kept, self._rules.endings)

    def _pieces(self, text: str) -> list[Piece]:
        matches = [Piece(start, end, *self._entries[number]) for start, end, number in self._find(text)]
        matches = _whole_runs(text, matches)
        pieces: list[Piece] = []
        place = 0
        for at, match in enumerate(matches):
            following = matches[at + 1] if at + 1 < len(matches) else None
            word, helper = match.word, match.helper
            if word and not self._counts(text, match, word, pieces, place, following):
                word = None
            if match.end - match.start == 1:
                helper &= ~_out_of_place(text, match)
            if word or helper:
                pieces += self._between(text, place, match.start, pieces)
                pieces.append(Piece(match.start, match.end, word, helper))
                place = match.end
        pieces += self._between(text, place, len(text), pieces)
        return pieces

    def _counts(
        self, text: str, match: Piece, word: Word, before: Sequence[Piece], place: int, following: Piece | None
    ) -> bool:
        """Whether the word is meant where it stands; up to `place` the text is cut into the pieces `before`."""
        start, end = match.start, match.end
        if end - start == 1 and end < len(text):
            return False
        if any(other in text for other in word.beside):
            return False
        inside = place < start or not (before and (before[-1].word or before[-1].helper & _EMPTY))
        if word.first and inside and start > 0 and segmentation.han(text[start - 1]):
            return False
        if end - start != 2 or word.folds or word.role in _NAMES or not all(map(segmentation.han, text[start:end])):
            return True
        return not _torn(text[place:start], text[start:end], text[end : following.start if following else len(text)])

    def _between(self, text: str, start: int, end: int, before: Sequence[Piece]) -> Iterator[Piece]:
        """What is neither word nor phrase: digits and single letters are empty, a place is one, and the rest is unknown."""
        last = before[-1].helper if before else Helper.FILLER
        # 北京市, and 市公安局, XX市公安局, which stand for those of some city.
        of_place = last & Helper.PLACE or (last & Helper.FILLER and end - start == 1)
        if start < end and text[start] in self._rules.endings and of_place:
            yield Piece(start, start + 1, helper=Helper.PLACE)
            start += 1
        while start < end:
            stop = start + 1
            empty = _empty(text, start)
            while stop < end and _empty(text, stop) == empty:
                stop += 1
            if empty:
                yield Piece(start, stop, helper=Helper.FILLER)
            else:
                known = self._place(text[start:stop])
                if known:
                    yield Piece(start, start + known, helper=Helper.PLACE)
                if start + known < stop:
                    yield Piece(start + known, stop)
            start = stop

    def _place(self, text: str) -> int:
        """How long the name of a place is that this begins with; 0 for none."""
        for end in range(min(len(text), _LONGEST_PLACE), 1, -1):
            if text[end - 1] in self._rules.endings and text[end - 2 : end] not in self._rules.never:
                return end
        return 0


def _whole_runs(text: str, matches: list[Piece]) -> list[Piece]:
    """The matches that do not cut a run of Latin letters or a number.

    A run counts if words, phrases and digits make up all of it, as in mistore24; else only long words side by side do.
    """
    runs = [(run.start(), run.end()) for run in _RUN.finditer(text)]
    if not runs:
        return matches
    covered = bytearray(len(text))
    for match in matches:
        covered[match.start : match.end] = b"\1" * (match.end - match.start)
    cut = bytearray(len(text))
    for start, end in runs:
        if end - start > 1 and any(not covered[at] and text[at].isalpha() for at in range(start, end)):
            cut[start:end] = b"\1" * (end - start)
    long = [match for match in matches if match.word and match.end - match.start >= _LONG and match.word.text.isalnum()]
    beside = {one.start for one, two in pairwise(long) if one.end == two.start}
    beside |= {two.start for one, two in pairwise(long) if one.end == two.start}
    return [
        match
        for match in matches
        if not _cuts_number(text, match) and (not any(cut[match.start : match.end]) or match.start in beside)
    ]


def _torn(before: str, pair: str, after: str) -> bool:
    """Whether two characters belong to two words, as 全国 does in 安全国际, and not to one or to a longer one."""
    if segmentation.aligned(before, pair, after):
        return False
    return segmentation.aligned("", before[-segmentation.WINDOW :] + pair[0], pair[1] + after)


def _cuts_number(text: str, match: Piece) -> bool:
    start, end = match.start, match.end
    if start and text[start - 1].isdecimal() and text[start].isdecimal():
        return True
    return end < len(text) and text[end - 1].isdecimal() and text[end].isdecimal()


def _empty(text: str, at: int) -> bool:
    """Whether a character is a digit, or a letter that no other stands beside."""
    if text[at].isdecimal():
        return True
    return bool(_RUN.match(text[at])) and not (_RUN.match(text, at + 1) or (at and _RUN.match(text[at - 1])))


def _out_of_place(text: str, match: Piece) -> Helper:
    """What a phrase of one character, which is part of many words, cannot do where it stands: it spares from the ends."""
    before = Helper.BEFORE if match.start else Helper.NONE
    return before | (Helper.AFTER if match.end < len(text) else Helper.NONE)


def _without_signs(text: str, rules: NameRules) -> str:
    """The text with symbols between letters, and emoji beside other characters, as what they stand for."""
    characters = list(text)
    for at, character in enumerate(text):
        image = rules.signs.get(character)
        sides = (text[at - 1 : at], text[at + 1 : at + 2])
        if image and (all(side.isascii() and side.isalnum() for side in sides) if image.isascii() else any(sides)):
            characters[at] = image
    return "".join(characters)
