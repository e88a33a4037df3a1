"""Which folds a term may be found through, and the other writings of it that are looked for."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import permutations

from moderation.text.emoji_words import WORDS
from moderation.text.scan_tables import STRICT, scan_tables
from moderation.text.scanning import BITS
from moderation.text.segmentation import han
from moderation.text.tables import NUMERALS
from moderation.text.wordlist import ON_REQUEST, Term

LONG_ENOUGH = {"look_alike": 3, "homophone": 3, "pinyin": 2, "initials": 5, "reversed": 4, "split": 1}
"""From how many Chinese characters on each fold is on without being granted; those that are not here never are."""

MOST_SHUFFLED = 6
"""A longer term has too many orders of its inner characters: it is not looked for shuffled."""

_ALWAYS = ("repeated", "numeral", "emoji")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile("|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)))


def length(term: str) -> int:
    """How many Chinese characters a folded term has.

    >>> length("加v信")
    2
    """
    return len(_HAN.findall(term))


def granted(term: Term, fold: str) -> bool:
    """Whether its list grants a fold to the term by name."""
    return f"+{fold}" in term.rules.folds


def allowed(term: Term) -> int:
    """The set of folds that a term may be found through, of those that are more than other forms of its characters."""
    return _allowed(term.rules.folds, length(term.text))


@lru_cache(maxsize=4096)
def _allowed(rules: frozenset[str], characters: int) -> int:
    if not characters:
        return 0
    long = {name for name, least in LONG_ENOUGH.items() if characters >= least}
    asked = {name for name in ON_REQUEST if f"+{name}" in rules}
    folds = sum(BITS[name] for name in {*_ALWAYS, *long, *asked} if f"-{name}" not in rules)
    strict = characters <= LONG_ENOUGH["homophone"] and not asked & {"homophone", "look_alike"}
    return folds | STRICT if strict else folds


def sounding(text: str, folds: int) -> Iterator[tuple[str, int, int]]:
    """The writings of a term to be looked for by sound, itself the first: the folds that each allows and is made by."""
    yield text, folds, 0
    if folds & BITS["emoji"] and (found := _WORD.search(text)):
        for emoji in WORDS[found.group()]:
            yield text[: found.start()] + emoji + text[found.end() :], folds, BITS["emoji"]


def reordered(text: str, folds: int) -> Iterator[tuple[str, int]]:
    """The writings of a term in another order, and the fold that each is made by.

    They are looked for as they stand: in another order and by sound at once, everything is found everywhere.

    >>> [name for name, _ in reordered("网上赌博", BITS["reversed"] | BITS["shuffled"])]
    ['博赌上网', '网赌上博']
    """
    if folds & BITS["reversed"] and text != text[::-1]:
        yield text[::-1], BITS["reversed"]
    if folds & BITS["shuffled"] and 4 <= len(text) <= MOST_SHUFFLED:
        orders = {text[0] + "".join(inner) + text[-1] for inner in permutations(text[1:-1])} - {text}
        yield from ((order, BITS["shuffled"]) for order in sorted(orders))


def numbered(text: str) -> Iterator[str]:
    """A term of two characters with one number in it, written otherwise; the sound index has no room for so short ones.

    >>> list(numbered("三陪"))
    ['3陪', '叁陪']
    """
    for same in NUMERALS if len(text) == 2 else ():
        for numeral in same:
            if text.count(numeral) == 1:
                yield from (text.replace(numeral, other) for other in same if other != numeral)


def initials(text: str) -> str:
    """The first letters of the readings of a folded text, "" where it has none or is letters itself.

    >>> initials("加v信")
    'jvx'
    """
    letters = "".join(map(_initial, text))
    return letters if len(letters) == len(text) and letters != text else ""


@cache
def _initial(character: str) -> str:
    if not han(character):
        return character if character.isascii() and character.isalnum() else ""
    read = scan_tables().term_read
    first = int(read[min(ord(character), len(read) - 1)]) >> 25
    return chr(96 + first) if first else ""
