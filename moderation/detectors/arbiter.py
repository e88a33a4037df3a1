"""The arbiter: what one hit of a term is worth, by the rules of wordlists/README.md."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from moderation.core.finding import Verdict
from moderation.core.folded import FOLDS, FoldedText
from moderation.core.submission import Span
from moderation.text import segmentation
from moderation.text.emoji_words import CHARACTERS
from moderation.text.lexicon import Entry, Lexicon
from moderation.text.scanning import Match
from moderation.text.segmentation import han
from moderation.text.variants import granted, length
from moderation.text.wordlist import Rules, Term

_PROSE = frozenset("，、；：,;:\"'—–")
_PROSE_CATEGORIES = frozenset({"Ps", "Pe", "Pi", "Pf"})
_HAN = "\u3400"
_SUBSTITUTED = frozenset({"homophone", "look_alike"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """A term somewhere in a text.

    number      the term's number in the lexicon
    start, end  the range in the folded text; empty where all of it was read from emoji
    span        the range in the text as submitted
    by          names of the folds of which the match itself tells; those of single characters are not among them
    """

    term: Term
    number: int
    start: int
    end: int
    span: Span
    by: frozenset[str] = frozenset()


class Arbiter:
    """Judges the sightings in one text.

    matches  all entries that stand in the folded text, for the allow-phrases
    """

    def __init__(self, lexicon: Lexicon, folded: FoldedText, matches: Sequence[Match]) -> None:
        self._folded = folded
        self._spared = _Spared((lexicon.entry(number), start, end) for start, end, number in matches)
        self._company = _Company(folded)

    def span(self, start: int, end: int) -> Span:
        """The range of the original that a range of the folded text comes from."""
        return self._folded.span(start, end)

    def within(self, span: Span) -> tuple[int, int]:
        """The range of the folded text that comes from this range of the original; it may be empty."""
        offsets = self._folded.offsets
        return bisect_left(offsets, span.start), bisect_left(offsets, span.end)

    def fits(self, term: Term, start: int, end: int) -> bool:
        """Whether a term at this range of the folded text has the company that it needs and none that it may not have."""
        return self._company.fits(term.rules, start, end)

    def judge(self, seen: Sighting) -> tuple[tuple[str, ...], Verdict] | None:
        """The folds that the term was found through and the worst verdict that it may earn; None if it does not count."""
        rules = seen.term.rules
        if not whole_runs(self._folded, seen.start, seen.end):
            return None
        folds = self._folds(seen)
        if any(f"-{name}" in rules.folds for name in folds):
            return None
        ceilings = [rules.ceiling, self._by_punctuation(seen, folds), self._by_words(seen, folds)]
        if None in ceilings:
            return None
        if "inserted" not in folds and self._spared.covers(seen):
            return None
        return folds, min(ceiling for ceiling in ceilings if ceiling is not None)

    def _folds(self, seen: Sighting) -> tuple[str, ...]:
        """The folds without which the term would not have been found so, since it is folded itself."""
        found = seen.span.of(self._folded.original)
        if not seen.by and found == seen.term.written:
            return ()
        single: set[str] = set()
        for character in set(found):
            if not ("emoji" in seen.by and character in CHARACTERS):
                single.update(self._folded.folding.names(character))
        if "inserted" in single and found.casefold() == seen.term.written.casefold():
            single.discard("inserted")
        return tuple(name for name in FOLDS if name in single or name in seen.by)

    def _by_punctuation(self, seen: Sighting, folds: tuple[str, ...]) -> Verdict | None:
        """What was left out says whether it was put in on purpose: where one reads on over some joint, it may well not be."""
        if "inserted" not in folds:
            return Verdict.REJECT
        if "emoji" in seen.by:  # which is no part of the folded text, so that its joints cannot be looked at
            return Verdict.REVIEW
        joints = [_shown(self._folded, place) for place in range(seen.start, seen.end - 1)]
        over = [self._reads_on(place, shown) for place, shown in zip(range(seen.start, seen.end), joints, strict=False)]
        # Nobody reads on between all characters of a word.
        if not any(over) or (len(joints) > 1 and all(joints)):
            return Verdict.REJECT
        clauses = any(reads and not all(c.isspace() for c in shown) for reads, shown in zip(over, joints, strict=True))
        chinese = all(map(han, self._folded.text[seen.start : seen.end]))
        return Verdict.REVIEW if len(joints) > (2 if clauses else 1) or not chinese else None

    def _reads_on(self, place: int, shown: Sequence[str]) -> bool:
        """Whether only ordinary punctuation, or a blank between Chinese characters, stands after this place.

        Symbols and emoji are put in on purpose, and so is a blank beside a letter.
        """
        if not shown or any(not _prose(c) and not c.isspace() for c in shown):
            return False
        return not all(c.isspace() for c in shown) or all(map(han, self._folded.text[place : place + 2]))

    def _by_words(self, seen: Sighting, folds: tuple[str, ...]) -> Verdict | None:
        """What the words around the hit say to it: whether it is cut out of others, or is one in its own right."""
        text = self._folded.text
        if not seen.by:
            if "inserted" in folds:
                return Verdict.REJECT
            before, after = self._around(seen.span)
            fine = segmentation.aligned(before, text[seen.start : seen.end], after)
            return Verdict.REJECT if fine else Verdict.REVIEW
        characters = length(seen.term.text)
        before, hit, after = (
            text[max(0, seen.start - 5) : seen.start],
            text[seen.start : seen.end],
            text[seen.end :][:5],
        )
        seams = segmentation.seams(before, hit, after)
        if _SUBSTITUTED & seen.by:
            odd = [seams.odd[at] for at in _changed(seen.term.text, hit)]
            return _substituted(seen, characters, seams.aligned, odd)
        if "initials" in seen.by:
            return Verdict.REJECT if granted(seen.term, "initials") else Verdict.REVIEW
        if "reversed" in seen.by:
            return Verdict.REVIEW if seams.aligned else None
        if "pinyin" in seen.by and characters < 3 and not granted(seen.term, "pinyin"):
            return Verdict.REVIEW if any(map(han, hit)) else None
        if not seams.aligned:
            return Verdict.REVIEW
        natural = "split" in seen.by and not any(seams.odd[at] for at in _changed(seen.term.text, hit))
        return Verdict.REVIEW if natural else Verdict.REJECT

    def _around(self, span: Span) -> tuple[str, str]:
        original = self._folded.original
        return original[max(0, span.start - segmentation.WINDOW) : span.start], original[span.end :][
            : segmentation.WINDOW
        ]


def _substituted(seen: Sighting, characters: int, aligned: bool, odd: Sequence[bool]) -> Verdict | None:
    """What a hit through other characters is worth; `odd` tells of those that were changed."""
    strange = aligned and any(odd)
    if characters >= 4:
        return Verdict.REJECT if strange else Verdict.REVIEW
    if characters == 3 and any(granted(seen.term, name) for name in _SUBSTITUTED & seen.by):
        return Verdict.REJECT if strange else Verdict.REVIEW if aligned else None
    return Verdict.REVIEW if aligned and (all(odd) if characters == 3 else strange) else None


def _changed(term: str, hit: str) -> range | list[int]:
    """The places in the hit where it differs from the term: all between what both begin and end with, if of unlike lengths."""
    if len(term) == len(hit):
        return [at for at, (one, other) in enumerate(zip(term, hit, strict=True)) if one != other]
    first = next((at for at, (one, other) in enumerate(zip(term, hit, strict=False)) if one != other), 0)
    last = next((at for at, (one, other) in enumerate(zip(term[::-1], hit[::-1], strict=False)) if one != other), 0)
    return range(first, max(first, len(hit) - last))


class _Spared:
    """Where allow-phrases stand in a text, and for whom: a category, or a term's number."""

    def __init__(self, found: Iterable[tuple[Entry, int, int]]) -> None:
        places: defaultdict[str | int, list[tuple[int, int]]] = defaultdict(list)
        for entry, start, end in found:
            if entry.allows:
                scopes: tuple[str | int, ...] = (*entry.spares, *entry.spared)
                for scope in scopes:
                    places[scope].append((start, end))
        self._starts: dict[str | int, list[int]] = {}
        self._reach: dict[str | int, list[int]] = {}
        for scope, ranges in places.items():
            ranges.sort()
            self._starts[scope] = [start for start, _ in ranges]
            # The furthest end of all that start no later: one look-up a hit, however many phrases there are.
            self._reach[scope] = list(accumulate((end for _, end in ranges), max))

    def covers(self, seen: Sighting) -> bool:
        """Whether an allow-phrase of the term's category, or of its own, holds this range."""
        for scope in (seen.term.category, seen.number) if self._starts else ():
            at = bisect_right(self._starts.get(scope, ()), seen.start)
            if at and self._reach[scope][at - 1] >= seen.end:
                return True
        return False


class _Company:
    """The words that stand near a place in a text."""

    def __init__(self, folded: FoldedText) -> None:
        self._folded = folded
        self._present: dict[int, list[str]] = {}

    def fits(self, rules: Rules, start: int, end: int) -> bool:
        """Whether a term at this range has the company that it needs and none that it may not have."""
        if rules.near and not self._any(rules.near, start, end, rules.within):
            return False
        return not (rules.far and self._any(rules.far, start, end, rules.within))

    def _any(self, words: tuple[str, ...], start: int, end: int, within: int) -> bool:
        # Many terms of a list share one tuple of words, of which a text has few; to hash them would take as long as to look.
        present = self._present.get(id(words))
        if present is None:
            text = self._folded.text
            present = self._present[id(words)] = [word for word in words if word in text]
        return any(self._stands(word, start, end, within) for word in present)

    def _stands(self, word: str, start: int, end: int, within: int) -> bool:
        """Whether the word stands at least partly outside the range, with at most so many characters between."""
        text = self._folded.text
        first, last = max(0, start - within - len(word)), end + within + len(word)
        at = text.find(word, first, last)
        while at >= 0:
            if not (start <= at and at + len(word) <= end) and whole_runs(self._folded, at, at + len(word)):
                return True
            at = text.find(word, at + 1, last)
        return False


def whole_runs(folded: FoldedText, start: int, end: int) -> bool:
    """Whether Latin letters or digits at the ends are not part of a longer run in the text as submitted."""
    text = folded.text
    # Chinese is no run, and most terms are Chinese.
    if start == end or (text[start] >= _HAN and text[end - 1] >= _HAN):
        return True
    return not (_joined(folded, start) or _joined(folded, end))


def _joined(folded: FoldedText, place: int) -> bool:
    """Whether the characters before and at this place are of one run: both letters or digits, nothing shown between."""
    if not 0 < place < len(folded.text):
        return False
    before, after = folded.text[place - 1], folded.text[place]
    if not ((_latin(before) and _latin(after)) or (before.isdecimal() and after.isdecimal())):
        return False
    return not _shown(folded, place - 1)


def _latin(character: str) -> bool:
    return character < "\u0250" and character.isalpha()


def _shown(folded: FoldedText, place: int) -> list[str]:
    """What was skipped between this folded character and the next, without what does not show."""
    return [c for c in folded.gap(place, place + 2) if folded.folding.names(c) == ("inserted",)]


def _prose(character: str) -> bool:
    return character in _PROSE or unicodedata.category(character) in _PROSE_CATEGORIES
