"""Word boundaries around a hit, from rjieba's dictionary: whether a hit cuts a word of ordinary Chinese in two."""

from collections.abc import Callable
from functools import lru_cache

from moderation.text.folding import simplified

WINDOW = 5
"""How many characters on each side are looked at; cutting so much agrees with cutting the whole line."""


# A long text stuffed with one term asks the same thing over and over.
@lru_cache(maxsize=1024)
def aligned(before: str, hit: str, after: str) -> bool:
    """Whether the hit starts and ends where words do. Where one side of an end is no ideograph there is no word to cut.

    It may be cut inside: only its ends are looked at. Any text is accepted, lone surrogates too.

    >>> aligned("前面是路", "口交", "通灯"), aligned("那个", "口交", "视频")
    (False, True)
    """
    before, after = simplified(before[-WINDOW:]), simplified(after[:WINDOW])
    hit = simplified(hit)
    due = set()
    if han(before[-1:]) and han(hit[:1]):
        due.add(len(before))
    if han(hit[-1:]) and han(after[:1]):
        due.add(len(before) + len(hit))
    if not due:
        return True
    place = 0
    for word in _cutter()(before + hit + after):
        place += len(word)
        due.discard(place)
    return not due


def warm() -> None:
    """Loads the dictionary (about 0.15 s), so that no submission waits for it. To be called at the start."""
    _cutter()("预热")


def han(character: str) -> bool:
    """Whether a character is a Chinese ideograph; "" is none."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" or character >= "\U00020000"


@lru_cache(maxsize=1)
def _cutter() -> Callable[[str], list[str]]:
    import rjieba  # here, since importing it loads the dictionary

    return lambda text: rjieba.cut(text, False)
