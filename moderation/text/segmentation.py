"""Word boundaries around a hit, from rjieba's dictionary: whether a hit cuts a word of ordinary Chinese in two."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from moderation.text.folding import simplified
from moderation.text.scan_tables import scan_tables

WINDOW = 5
"""How many characters on each side are looked at; cutting so much agrees with cutting the whole line."""


@dataclass(frozen=True, slots=True)
class Seams:
    """How a hit lies among the words around it.

    aligned  whether it starts and ends where words do; where one side of an end is no ideograph there is no word to cut
    odd      for each of its characters, whether it stands alone there and is none of those that often are words by themselves
    """

    aligned: bool
    odd: tuple[bool, ...]


# A long text stuffed with one term asks the same thing over and over.
@lru_cache(maxsize=1024)
def seams(before: str, hit: str, after: str) -> Seams:
    """How words cut this text. Any text is accepted, lone surrogates too.

    >>> seams("前面是路", "口交", "通灯").aligned, seams("那个", "口交", "视频").aligned
    (False, True)
    >>> seams("快来", "刷丹", "吧").odd, seams("很有", "威信", "啊").odd
    ((True, False), (False, False))
    """
    before, after = simplified(before[-WINDOW:]), simplified(after[:WINDOW])
    hit = simplified(hit)
    due = set()
    if han(before[-1:]) and han(hit[:1]):
        due.add(len(before))
    if han(hit[-1:]) and han(after[:1]):
        due.add(len(before) + len(hit))
    place, odd = 0, [False] * len(hit)
    for word in _cutter()(before + hit + after):
        if len(word) == 1 and len(before) <= place < len(before) + len(hit):
            odd[place - len(before)] = han(word) and word not in _often_alone()
        place += len(word)
        due.discard(place)
    return Seams(not due, tuple(odd))


def aligned(before: str, hit: str, after: str) -> bool:
    """Whether the hit starts and ends where words do. It may be cut inside: only its ends are looked at."""
    return seams(before, hit, after).aligned


@lru_cache(maxsize=1)
def _often_alone() -> frozenset[str]:
    return frozenset(map(chr, scan_tables().alone.tolist()))


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
