"""The name detector: what a name poses as, by putting together the words of wordlists/names.toml."""

from collections.abc import Iterable, Iterator
from datetime import date

from moderation.core.finding import Finding, Verdict, merged
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene
from moderation.text.name_reading import Name, NameReader
from moderation.text.name_words import Helper, NameRules, Role, Where, Word

BRAND_MISUSE, FALSE_IDENTITY = "brand_misuse", "false_identity"

_SHOP = frozenset({Role.BRAND, Role.BUSINESS})

_PAIRS = {
    _SHOP: Verdict.REJECT,
    frozenset({Role.BRAND, Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.BRAND, Role.STAFF}): Verdict.REJECT,
    frozenset({Role.BRAND, Role.OFFICE}): Verdict.REJECT,
    frozenset({Role.COMPANY, Role.BUSINESS}): Verdict.REVIEW,
    frozenset({Role.COMPANY, Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.COMPANY, Role.STAFF}): Verdict.REJECT,
    frozenset({Role.COMPANY, Role.OFFICE}): Verdict.REJECT,
    frozenset({Role.PERSON, Role.BUSINESS}): Verdict.REVIEW,
    frozenset({Role.PERSON, Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.PERSON, Role.STAFF}): Verdict.REJECT,
    frozenset({Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.OFFICIAL, Role.STAFF}): Verdict.REJECT,
    frozenset({Role.OFFICIAL, Role.BUSINESS}): Verdict.REJECT,
    frozenset({Role.AUTHORITY, Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.AUTHORITY, Role.STAFF}): Verdict.REJECT,
    frozenset({Role.AUTHORITY, Role.OFFICE}): Verdict.REJECT,
    frozenset({Role.RESTRICTED, Role.OFFICIAL}): Verdict.REJECT,
    frozenset({Role.RESTRICTED, Role.STAFF}): Verdict.REVIEW,
    frozenset({Role.OFFICE, Role.OFFICIAL}): Verdict.REVIEW,
    frozenset({Role.OFFICE, Role.STAFF}): Verdict.REVIEW,
}
"""What words of two groups pose as together; a word is no pair with itself."""

_JOCULAR = frozenset({Role.AUTHORITY, Role.OFFICE, Role.RESTRICTED, Role.STAFF, Role.OFFICIAL})
"""What a playful word beside it takes the seriousness from; a mark or a firm it does not."""

_TITLES = frozenset({Role.AUTHORITY, Role.OFFICE, Role.RESTRICTED})

_NEXT = 3
"""How many words further a word still combines with another."""

_GAP = 3
"""How many other characters may stand between two words that combine."""

_BRAND_GAP = 6
"""The same between a mark and what makes a business of it: 小米杭州某某广场专卖店."""

_FEW = 16

_LOOSE = 6
"""With more other characters around them, two words earn at most a review."""


class NameDetector:
    """Judges usernames and text in avatars. Opens nothing and takes no decision; safe to use from several threads.

    source  "names@" and the digest of the rules

    >>> from moderation.text.name_rules import parse_name_rules
    >>> rules = parse_name_rules('[[brand]]\\nwords = ["小米"]\\nalone = "review"\\n[[official]]\\nwords = ["客服"]')
    >>> detector = NameDetector(rules)
    >>> [found] = detector.screen("小✨米客服", Kind.USERNAME, Scene.REGISTRATION, date(2026, 1, 1))
    >>> found.category, found.span, found.folds, found.ceiling.word
    ('false_identity', Span(start=0, end=5), ('inserted',), 'reject')
    >>> detector.screen("小米粥", Kind.USERNAME, Scene.REGISTRATION, date(2026, 1, 1))
    ()
    """

    def __init__(self, rules: NameRules) -> None:
        self.rules = rules
        self.source = f"names@{rules.digest}"
        self._read = NameReader(rules).read

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        """What a text of this kind poses as; nothing in bios and posts, and the same in every scene and on every day."""
        if kind is not Kind.USERNAME and kind is not Kind.AVATAR:
            return ()
        names = self._read(text)
        if not names:
            return ()
        return tuple(_merged(finding for name in names for finding in self._judged(name, kind)))

    def _judged(self, name: Name, kind: Kind) -> Iterator[Finding]:
        setting = _Setting(name)
        words = [(at, piece.word) for at, piece in enumerate(name.pieces) if piece.word]
        for number, (at, word) in enumerate(words):
            verdict = setting.alone(at, word) if kind in word.kinds else Verdict.PASS
            if verdict > Verdict.PASS:
                category = BRAND_MISUSE if word.role is Role.BRAND else FALSE_IDENTITY
                yield self._finding(name, category, verdict, (at, word))
            for other in words[number + 1 : number + 1 + _NEXT]:
                verdict = setting.together(at, word, *other)
                if verdict > Verdict.PASS:
                    roles = {word.role, other[1].role}
                    category = BRAND_MISUSE if roles == _SHOP else FALSE_IDENTITY
                    yield self._finding(name, category, verdict, (at, word), other)

    def _finding(self, name: Name, category: str, verdict: Verdict, *words: tuple[int, Word]) -> Finding:
        places = [(name.pieces[at].start, name.pieces[at].end) for at, _ in words]
        span = name.span(places[0][0], places[-1][1])
        needed = {fold for at, _ in words for fold in name.needed(at)}
        folds = tuple(fold for fold in FOLDS if fold in needed)
        severity = max((word.severity for _, word in words if word.severity), default=None)
        return Finding(category, 1.0, self.source, span, folds, severity, verdict)


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """`merged`, few findings at a time, since it compares each with all others and a picture may hold a long text."""
    placed = sorted((finding.span.start, at, finding) for at, finding in enumerate(findings) if finding.span)
    for at in range(0, len(placed), _FEW):
        yield from merged(finding for _, _, finding in placed[at : at + _FEW])


class _Setting:
    """What stands around the words of a name, and what they earn there."""

    def __init__(self, name: Name) -> None:
        self._name, self._others = name, name.others
        helpers = [piece.helper for piece in name.pieces]
        draws = any(helper & Helper.DRAWS for helper in helpers)
        before = [at for at, helper in enumerate(helpers) if helper & Helper.BEFORE]
        after = [at for at, helper in enumerate(helpers) if self._turns(at, helper)]
        self._first_before = len(helpers) if draws or not before else before[0]
        self._last_after = -1 if draws or not after else after[-1]
        self._playful = any(helper & Helper.PLAYFUL for helper in helpers)
        self._everyday = any(helper & Helper.EVERYDAY for helper in helpers)
        self._roles = {piece.word.role for piece in name.pieces if piece.word}
        self._places: list[int | None] = [None]
        for at, piece in enumerate(name.pieces):
            nation = piece.helper & Helper.NATION or (piece.word and piece.word.role is Role.RESTRICTED)
            self._places.append(at if nation or piece.helper & Helper.PLACE else self._places[-1])

    def alone(self, at: int, word: Word) -> Verdict:
        """What a word earns by itself."""
        before, after = self._around(at, at)
        verdict = word.alone
        if word.placed > verdict and (place := self._place(at, word)) is not None:
            verdict, before = word.placed, self._others[place]
        if not word.lone or not verdict or before + after > word.rest or not self._stands(word, before, after):
            return Verdict.PASS
        if self._spared(at) or (self._everyday and word.role is Role.RESTRICTED):
            return Verdict.PASS
        if self._playful and (word.role in _TITLES or (word.role in _JOCULAR and verdict < Verdict.REJECT)):
            return Verdict.PASS
        return min(verdict, Verdict.REVIEW) if before + after else verdict

    def together(self, first: int, one: Word, second: int, two: Word) -> Verdict:
        """What two words earn together, the one at `first` standing before the other."""
        roles = frozenset({one.role, two.role})
        verdict = _PAIRS.get(roles, Verdict.PASS)
        between = self._others[second] - self._others[first + 1]
        if not verdict or one.written == two.written or between > (_BRAND_GAP if roles == _SHOP else _GAP):
            return Verdict.PASS
        if (one.close or two.close) and between:
            return Verdict.PASS
        # 鸿米店, 宏米科技: what sounds like a mark is another's name unless the rest is plainly a shop.
        if roles == _SHOP and not (one.lone and two.lone) and Verdict.REVIEW is one.ceiling is two.ceiling:
            return Verdict.PASS
        if two.role not in one.partners or one.role not in two.partners:
            return Verdict.PASS
        if self._spared(second):
            return Verdict.PASS
        if self._playful and roles <= _JOCULAR and roles != {Role.OFFICIAL}:
            return Verdict.PASS
        if between or sum(self._around(first, second)) > _LOOSE or self._vague(first, one) or self._vague(second, two):
            verdict = Verdict.REVIEW
        return min(verdict, one.ceiling, two.ceiling)

    def _stands(self, word: Word, before: int, after: int) -> bool:
        """Whether the word is the part of the name that it must be, with so many other characters before and after it."""
        if word.where is Where.WHOLE:
            return not before and not after and self._roles == {word.role}
        if word.where is Where.EDGE:
            return not before or not after
        return not (before if word.where is Where.START else after)

    def _spared(self, last: int) -> bool:
        """Whether something said before this word or after it makes it somebody else's, or no claim."""
        return self._first_before < last or self._last_after > last

    def _around(self, first: int, last: int) -> tuple[int, int]:
        return self._others[first], self._others[-1] - self._others[last + 1]

    def _place(self, at: int, word: Word) -> int | None:
        """The piece that places this one: right before it, or a county or a restricted word before other characters."""
        place = self._places[at]
        if place is None:
            return None
        between = self._others[at] - self._others[place + 1]
        if not between or (between <= word.rest and self._name.places_more(place)):
            return place
        return None

    def _vague(self, at: int, word: Word) -> bool:
        """Whether it is a kind of institution, and no place says which."""
        return word.role is Role.AUTHORITY and not word.alone and self._place(at, word) is None

    def _turns(self, at: int, helper: Helper) -> bool:
        """Whether the phrase makes what stands before it somebody else's."""
        if helper & Helper.OF:
            return self._others[-1] > self._others[at + 1]
        return bool(helper & Helper.AFTER)
