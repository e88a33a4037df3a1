"""Folding: one plain form for the many ways of writing the same thing, with the way back."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.core.folded import FoldedText, Folding
from moderation.text.tables import Tables, names, tables

_LONG = 200
"""From this many characters on numpy is quicker than str.translate."""


def fold(text: str) -> FoldedText:
    """Folds any text: nothing in Unicode is refused, lone surrogates vanish.

    Full width, case and traditional characters become the plain form; what does not show vanishes; blanks, punctuation,
    symbols and emoji are skipped, but not the ends of sentences and lines.

    >>> fold("加Ｖ❤️信，領彩金！").text
    '加v信领彩金！'
    >>> fold("一条。\\n两条").text
    '一条。\\n两条'
    """
    table = tables()
    if table.changes.search(text) is None:
        return FoldedText(text, text, _FOLDING)
    if len(text) < _LONG:
        return FoldedText(text, text.translate(table.fold), _FOLDING)
    return FoldedText(text, _fold_long(text, table), _FOLDING)


def simplified(text: str) -> str:
    """Traditional and variant characters simplified, one for one, lone surrogates as blanks; all else stays.

    >>> simplified("工人大會，OK")
    '工人大会，OK'
    """
    return text.translate(tables().simplified)


def _fold_long(text: str, table: Tables) -> str:
    codes = _codes(text, table)
    lengths = table.lengths[codes]
    if lengths.max() > 1:
        return text.translate(table.fold)
    kept: NDArray[np.uint32] = table.codes[codes[lengths == 1]]
    return kept.astype("<u4").tobytes().decode("utf-32-le")


def _offsets(text: str) -> Sequence[int]:
    table = tables()
    if len(text) >= _LONG:
        lengths = table.lengths[_codes(text, table)]
        found: list[int] = np.repeat(np.arange(len(text)), lengths).tolist()
        return found
    places: list[int] = []
    for place, character in enumerate(text):
        image = table.fold[ord(character)]
        if isinstance(image, int):
            places.append(place)
        elif image is not None:
            places += [place] * len(image)
    return places


def _codes(text: str, table: Tables) -> NDArray[np.uint32]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    within: NDArray[np.uint32] = np.minimum(codes, np.uint32(len(table.lengths) - 1))
    return within


_FOLDING = Folding(_offsets, names)
