"""The keyword detector: finds listed terms, however they are written; what a hit is worth is the arbiter's business."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache

from moderation.core.finding import Finding, Verdict, merged
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.arbiter import Arbiter, Sighting
from moderation.detectors.reporting import reported
from moderation.text.folding import refolded
from moderation.text.lexicon import Lexicon
from moderation.text.scanning import EVERY, Found, Hit, Match
from moderation.text.wordlist import Status, Term

_CLUSTER = 64

ENOUGH = 100
"""So many findings of one category and ceiling are told of one text; the rest would add nothing."""

# Two regional indicators are a flag, if they are nothing else besides: that of the Solomon Islands is no insult.
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


_NONE: frozenset[str] = frozenset()

_TELLING = frozenset({Kind.POST, Kind.BIO})
"""Kinds of texts that may tell of what others say; a name does not."""


def every_fold(kind: Kind | None, scene: Scene | None) -> int:
    """All folds, whatever the kind and scene."""
    return EVERY


class KeywordDetector:
    """Finds listed terms. Opens nothing and takes no decision; safe to use from several threads.

    lexicon  the lists in use; another one may be put in its place at any time, and is used from the next text on
    enabled  the set of folds that are on for a kind and scene, None standing for any

    >>> from moderation.text.wordlist import read_wordlist
    >>> detector = KeywordDetector(Lexicon.of([read_wordlist("加v信", "advertising_trade.txt")]))
    >>> [found] = detector.screen("想看加Ｖ❤信", Kind.BIO, Scene.REGISTRATION, date(2026, 1, 1))
    >>> found.span, found.folds, found.source == detector.source
    (Span(start=2, end=6), ('width', 'case', 'inserted'), True)
    """

    def __init__(self, lexicon: Lexicon, enabled: Callable[[Kind | None, Scene | None], int] = every_fold) -> None:
        self.lexicon, self.enabled = lexicon, enabled

    @property
    def source(self) -> str:
        """ "keywords@" and the lexicon's version."""
        return f"keywords@{self.lexicon.version}"

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        """What is found in a text of this kind and scene; `now` is the day in UTC. A shadow term's ceiling is PASS."""
        lexicon = self.lexicon
        enabled = self.enabled(kind, scene)
        found = lexicon.scan(text, enabled)
        if found is None:
            return ()
        acting: list[Finding] = []
        shadow: list[Finding] = []
        for term, finding in _judged(lexicon, text, found, enabled, kind, scene, now):
            (shadow if term.rules.status is Status.SHADOW else acting).append(finding)
        # Apart, so that a shadow term lends an acting one neither its place nor its severity.
        return tuple(sorted((*_merged(acting), *_merged(shadow)), key=_place))

    def hits(self, text: str, kind: Kind | None, scene: Scene | None, now: date) -> Iterator[tuple[Term, Finding]]:
        """Each term that counts and its finding, none merged, for reports on lists. None is any kind or scene."""
        lexicon, enabled = self.lexicon, self.enabled(kind, scene)
        found = lexicon.scan(text, enabled)
        return _judged(lexicon, text, found, enabled, kind, scene, now) if found else iter(())


def _judged(
    lexicon: Lexicon, text: str, found: Found, enabled: int, kind: Kind | None, scene: Scene | None, now: date
) -> Iterator[tuple[Term, Finding]]:
    folded, matches, hits = found
    arbiter = Arbiter(lexicon, refolded(text, folded), matches)
    off = frozenset(names_of(EVERY & ~enabled))
    source = f"keywords@{lexicon.version}"
    told: Counter[tuple[str, Verdict]] = Counter()

    def counts(term: Term) -> bool:
        rules = term.rules
        if (kind and kind not in rules.kinds) or (scene and scene not in rules.scenes):
            return False
        return (rules.expires is None or now < rules.expires) and told[term.category, Verdict.REJECT] < ENOUGH

    for seen in _sightings(lexicon, arbiter, matches, hits, counts):
        judged = None if _FLAG.fullmatch(seen.span.of(text)) else arbiter.judge(seen)
        if judged is None or not off.isdisjoint(judged[0]):
            continue
        folds, ceiling = judged
        rules = seen.term.rules
        if ceiling is Verdict.REJECT and kind in _TELLING and reported(text, seen.span.start, seen.span.end):
            ceiling = Verdict.REVIEW
        if rules.status is Status.SHADOW:
            ceiling = Verdict.PASS
        told[seen.term.category, ceiling] += 1
        if told[seen.term.category, ceiling] > ENOUGH:
            continue
        yield seen.term, Finding(seen.term.category, 1.0, source, seen.span, folds, rules.severity, ceiling)


def hits_against(detector: KeywordDetector, texts: Iterable[str], now: date, kind: Kind | None = None) -> Counter[Term]:
    """How often each term counts in harmless texts of a kind (None: of any), in any scene; without a hit, absent."""
    return Counter(term for text in texts for term, _ in detector.hits(text, kind, None, now))


@lru_cache(maxsize=4096)
def names_of(folds: int) -> tuple[str, ...]:
    """The names of a set of folds, in the order of FOLDS."""
    return tuple(name for place, name in enumerate(FOLDS) if folds >> place & 1)


def _sightings(
    lexicon: Lexicon, arbiter: Arbiter, matches: Sequence[Match], hits: Sequence[Hit], counts: Callable[[Term], bool]
) -> Iterator[Sighting]:
    """The terms that count and have the company that they need: the cheap questions first, since most fail there."""
    for start, end, number in matches:
        for owner, folds in lexicon.entry(number).writings:
            term = lexicon.term(owner)
            if counts(term) and arbiter.fits(term, start, end):
                span = arbiter.span(start, end)
                yield Sighting(term, owner, start, end, span, _NONE if not folds else frozenset(names_of(folds)))
    for first, last, owner, folds in hits:
        term = lexicon.term(owner)
        if counts(term):
            span = Span(first, last)
            start, end = arbiter.within(span)
            if arbiter.fits(term, start, end):
                yield Sighting(term, owner, start, end, span, frozenset(names_of(folds)))


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
