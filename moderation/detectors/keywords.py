"""The keyword detector: finds listed terms and says what each hit is worth, by the rules of wordlists/README.md."""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate

from moderation.core.finding import Finding, Verdict, merged
from moderation.core.folded import FoldedText
from moderation.core.submission import Kind, Scene, Span
from moderation.text import segmentation
from moderation.text.folding import fold
from moderation.text.lexicon import Entry, Lexicon
from moderation.text.wordlist import Rules, Status, Term

_PROSE = frozenset("，、；：,;:\"'—–")
_PROSE_CATEGORIES = frozenset({"Ps", "Pe", "Pi", "Pf"})
_CLUSTER = 64
# Two regional indicators are a flag, if they are nothing else besides: that of the Solomon Islands is no insult.
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")

_Matches = Sequence[tuple[int, int, int]]
_Scope = str | tuple[str, str]


class KeywordDetector:
    """Finds listed terms. Opens nothing and takes no decision; safe to use from several threads.

    source  "keywords@" and the lexicon's version

    >>> from moderation.text.wordlist import read_wordlist
    >>> detector = KeywordDetector(Lexicon([read_wordlist("加v信", "advertising_trade.txt")]))
    >>> [found] = detector.screen("想看加Ｖ❤信", Kind.BIO, Scene.REGISTRATION, date(2026, 1, 1))
    >>> found.span, found.folds, found.source == f"keywords@{detector.lexicon.version}"
    (Span(start=2, end=6), ('width', 'case', 'inserted'), True)
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.source = f"keywords@{lexicon.version}"
        self._find = lexicon.find

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        """What is found in a text of this kind and scene; `now` is the day in UTC. A shadow term's ceiling is PASS."""
        folded = fold(text)
        matches = self._find(folded.text)
        if not matches:
            return ()
        acting: list[Finding] = []
        shadow: list[Finding] = []
        for term, finding in self._judged(folded, matches, kind, scene, now):
            (shadow if term.rules.status is Status.SHADOW else acting).append(finding)
        # Apart, so that a shadow term lends an acting one neither its place nor its severity.
        return tuple(sorted((*_merged(acting), *_merged(shadow)), key=_place))

    def hits(self, text: str, kind: Kind | None, scene: Scene | None, now: date) -> Iterator[tuple[Term, Finding]]:
        """Each term that counts and its finding, none merged, for reports on lists. None is any kind or scene."""
        folded = fold(text)
        return self._judged(folded, self._find(folded.text), kind, scene, now)

    def _judged(
        self, folded: FoldedText, matches: _Matches, kind: Kind | None, scene: Scene | None, now: date
    ) -> Iterator[tuple[Term, Finding]]:
        entries = self.lexicon.entries
        spared, company = _Spared(entries, matches), _Company(folded)
        for start, end, number in matches:
            for term in entries[number].terms:
                rules = term.rules
                if (kind and kind not in rules.kinds) or (scene and scene not in rules.scenes):
                    continue
                if rules.expires is not None and now >= rules.expires:
                    continue
                finding = self._judge(folded, start, end, term, spared, company)
                if finding is not None:
                    yield term, finding

    def _judge(
        self, folded: FoldedText, start: int, end: int, term: Term, spared: "_Spared", company: "_Company"
    ) -> Finding | None:
        rules = term.rules
        if not _whole_runs(folded, start, end) or not company.fits(rules, start, end):
            return None
        span = folded.span(start, end)
        found = span.of(folded.original)
        if _FLAG.fullmatch(found):
            return None
        folds = _needed(folded, start, end, term, found)
        if not rules.forbidden.isdisjoint(folds):
            return None
        ceiling = rules.ceiling
        if "inserted" in folds:
            if _read_on(folded, start, end):
                if end - start == 2 and all(map(segmentation.han, folded.text[start:end])):
                    return None
                ceiling = min(ceiling, Verdict.REVIEW)
        elif spared.covers(term, start, end):
            return None
        elif ceiling > Verdict.REVIEW and not _aligned(folded, span, folded.text[start:end]):
            ceiling = Verdict.REVIEW
        if rules.status is Status.SHADOW:
            ceiling = Verdict.PASS
        return Finding(term.category, 1.0, self.source, span, folds, rules.severity, ceiling)


def hits_against(detector: KeywordDetector, texts: Iterable[str], now: date, kind: Kind | None = None) -> Counter[Term]:
    """How often each term counts in harmless texts of a kind (None: of any), in any scene; without a hit, absent."""
    return Counter(term for text in texts for term, _ in detector.hits(text, kind, None, now))


class _Spared:
    """Where allow-phrases stand in a text, and for whom."""

    def __init__(self, entries: Sequence[Entry], matches: _Matches) -> None:
        places: defaultdict[_Scope, list[tuple[int, int]]] = defaultdict(list)
        for start, end, number in matches:
            entry = entries[number]
            if entry.allows:
                scopes: tuple[_Scope, ...] = (*entry.spares, *entry.spared)
                for scope in scopes:
                    places[scope].append((start, end))
        self._starts: dict[_Scope, list[int]] = {}
        self._reach: dict[_Scope, list[int]] = {}
        for scope, ranges in places.items():
            ranges.sort()
            self._starts[scope] = [start for start, _ in ranges]
            # The furthest end of all that start no later: one look-up a hit, however many phrases there are.
            self._reach[scope] = list(accumulate((end for _, end in ranges), max))

    def covers(self, term: Term, start: int, end: int) -> bool:
        """Whether an allow-phrase of the term's category, or of its own, holds this range."""
        for scope in (term.category, (term.category, term.text)) if self._starts else ():
            at = bisect_right(self._starts.get(scope, ()), start)
            if at and self._reach[scope][at - 1] >= end:
                return True
        return False


class _Company:
    """The words that stand near a place in a text."""

    def __init__(self, folded: FoldedText) -> None:
        self._folded = folded
        self._present: dict[tuple[str, ...], list[str]] = {}

    def fits(self, rules: Rules, start: int, end: int) -> bool:
        """Whether a term at this range has the company that it needs and none that it may not have."""
        if rules.near and not self._any(rules.near, start, end, rules.within):
            return False
        return not (rules.far and self._any(rules.far, start, end, rules.within))

    def _any(self, words: tuple[str, ...], start: int, end: int, within: int) -> bool:
        present = self._present.get(words)
        if present is None:  # a list's many terms share few sets of words, and a text has few of these
            present = self._present[words] = [word for word in words if word in self._folded.text]
        return any(self._stands(word, start, end, within) for word in present)

    def _stands(self, word: str, start: int, end: int, within: int) -> bool:
        """Whether the word stands at least partly outside the range, with at most so many characters between."""
        text = self._folded.text
        first, last = max(0, start - within - len(word)), end + within + len(word)
        at = text.find(word, first, last)
        while at >= 0:
            if not (start <= at and at + len(word) <= end) and _whole_runs(self._folded, at, at + len(word)):
                return True
            at = text.find(word, at + 1, last)
        return False


def _whole_runs(folded: FoldedText, start: int, end: int) -> bool:
    """Whether Latin letters or digits at the ends are not part of a longer run in the text as submitted."""
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


def _read_on(folded: FoldedText, start: int, end: int) -> bool:
    """Whether somewhere in the range one reads on: over ordinary punctuation, or a blank between Chinese characters.

    Symbols and emoji there are put in on purpose, and so is a blank beside a letter.
    """
    for place in range(start, end - 1):
        shown = _shown(folded, place)
        if not shown or any(not _prose(c) and not c.isspace() for c in shown):
            continue
        if not all(c.isspace() for c in shown) or all(map(segmentation.han, folded.text[place : place + 2])):
            return True
    return False


def _needed(folded: FoldedText, start: int, end: int, term: Term, found: str) -> tuple[str, ...]:
    """The folds without which the term would not have been found as `found`, since it is folded itself."""
    if found == term.written:
        return ()
    folds = folded.folds(start, end)
    if "inserted" in folds and found.casefold() == term.written.casefold():
        return tuple(name for name in folds if name != "inserted")
    return folds


def _prose(character: str) -> bool:
    return character in _PROSE or unicodedata.category(character) in _PROSE_CATEGORIES


def _aligned(folded: FoldedText, span: Span, hit: str) -> bool:
    before = folded.original[max(0, span.start - segmentation.WINDOW) : span.start]
    after = folded.original[span.end : span.end + segmentation.WINDOW]
    return segmentation.aligned(before, hit, after)


def _merged(findings: list[Finding]) -> Iterator[Finding]:
    """`merged`, cluster by cluster of overlapping findings.

    Merging compares each finding with all others, so a long text stuffed with one term must not come in one piece; a
    cluster past its size is cut, which at worst leaves two overlapping findings apart.
    """
    cluster: list[Finding] = []
    reach = 0
    for finding in sorted(findings, key=_place):
        start, end, _ = _place(finding)
        if cluster and (start >= reach or len(cluster) >= _CLUSTER):
            yield from merged(cluster)
            cluster = []
        cluster.append(finding)
        reach = max(reach, end)
    yield from merged(cluster)


def _place(finding: Finding) -> tuple[int, int, str]:
    span = finding.span
    return (span.start, span.end, finding.category) if span else (0, 0, finding.category)
