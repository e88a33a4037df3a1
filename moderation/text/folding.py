"""Folding: one plain form for the many ways of writing the same thing, with the way back."""

from functools import lru_cache

from moderation.core.folded import FoldedText, Folding
from moderation.text import tables
from moderation.text.scanning import the_scanner


def fold(text: str) -> FoldedText:
    """Folds any text: nothing in Unicode is refused, lone surrogates vanish.

    Full width, enclosed and look-alike letters, case and traditional characters become the plain form; what does not show
    vanishes; blanks, punctuation, symbols and emoji are skipped, but not the ends of sentences and of lines, unless the line
    before or after has one character only.

    >>> fold("加Ｖ❤️信，領彩金！").text
    '加v信领彩金！'
    >>> fold("一条。\\n两条").text
    '一条。\\n两条'
    >>> fold("加\\n微\\n信").text
    '加微信'
    """
    return FoldedText(text, the_scanner().fold(text), folding())


def refolded(text: str, folded: str) -> FoldedText:
    """The same where the folded text is known already."""
    return FoldedText(text, folded, folding())


def simplified(text: str) -> str:
    """Traditional and variant characters simplified, one for one, lone surrogates as blanks; all else stays.

    >>> simplified("工人大會，OK")
    '工人大会，OK'
    """
    return text.translate(tables.simplifying())


@lru_cache(maxsize=1)
def folding() -> Folding:
    return Folding(the_scanner().offsets, tables.names)
