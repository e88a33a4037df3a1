"""Which folds a term may be found through, and the other writings of it that are looked for."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations

import numpy as np

from moderation.text.emoji_words import WORDS
from moderation.text.scan_tables import scan_tables
from moderation.text.scanning import BITS
from moderation.text.segmentation import han
from moderation.text.wordlist import ON_REQUEST, Term

LONG_ENOUGH = {"look_alike": 3, "homophone": 3, "pinyin": 2, "initials": 5, "reversed": 3, "split": 1}
"""From how many Chinese characters on each fold is on without being granted; those that are not here never are."""

MOST_SHUFFLED = 6
"""A longer term has too many orders of its inner characters: it is not looked for shuffled."""

_SHORT = 4
_ALWAYS = ("repeated", "numeral", "emoji")
_WORD = re.compile("|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)))


def length(term: str) -> int:
    """How many Chinese characters a folded term has.

    >>> length("加v信")
    2
    """
    return sum(map(han, term))


def granted(term: Term, fold: str) -> bool:
    """Whether its list grants a fold to the term by name."""
    return f"+{fold}" in term.rules.folds


def allowed(term: Term) -> int:
    """The set of folds, of those that the sound index knows, that a term may be found through."""
    characters = length(term.text)
    if not characters:
        return 0
    names = [*_ALWAYS]
    for name in ON_REQUEST:
        if granted(term, name) or characters >= LONG_ENOUGH.get(name, 99):
            names.append(name)
    return sum(BITS[name] for name in names if f"-{name}" not in term.rules.folds)


def sounding(term: Term, folds: int) -> Iterator[tuple[str, int, int]]:
    """The writings of a term to be found by sound, itself the first: the folds they allow besides, and those they are made by."""
    text = term.text
    yield text, folds, 0
    # Backwards and by sound at once, a short one is found everywhere.
    plainly = folds if length(text) > _SHORT else folds & ~(BITS["homophone"] | BITS["look_alike"] | BITS["split"])
    if folds & BITS["reversed"] and text != text[::-1]:
        yield text[::-1], plainly, BITS["reversed"]
    if folds & BITS["shuffled"] and 4 <= len(text) <= MOST_SHUFFLED:
        orders = {text[0] + "".join(inner) + text[-1] for inner in permutations(text[1:-1])} - {text}
        yield from ((order, plainly, BITS["shuffled"]) for order in sorted(orders))
    if folds & BITS["emoji"] and (found := _WORD.search(text)):
        for emoji in WORDS[found.group()]:
            yield text[: found.start()] + emoji + text[found.end() :], folds, BITS["emoji"]


def initials(term: Term, folds: int) -> str:
    """The first letters of a term's readings, "" where it may not be found through them or has none.

    >>> from moderation.text.wordlist import read_wordlist
    >>> [term] = read_wordlist("加微信 ; folds=+initials", "advertising_trade.txt").terms
    >>> initials(term, allowed(term))
    'jwx'
    """
    if not folds & BITS["initials"]:
        return ""
    letters = "".join(map(_initial, term.text))
    return letters if len(letters) == len(term.text) and letters != term.text else ""


@lru_cache(maxsize=None)
def _initial(character: str) -> str:
    if not han(character):
        return character if character.isascii() and character.isalnum() else ""
    read = scan_tables().term_read
    first = int(np.uint32(read[min(ord(character), len(read) - 1)])) >> 25
    return chr(96 + first) if first else ""
