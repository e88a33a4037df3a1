"""Writes parts of a text the way people write what they want hidden, or just for fun: for training and for measuring robustness.

Toxic and harmless texts are treated alike, so that a model learns to read through a disguise and not to condemn it.
"""

import re
from collections.abc import Mapping
from random import Random

from moderation.evaluation.perturbation import REWRITINGS, rewrite

LIKELY: Mapping[str, float] = {
    "homophone": 5,
    "inserted": 4,
    "look_alike": 3,
    "emoji": 3,
    "split": 2,
    "pinyin_mixed": 2,
    "fuzzy": 1,
    "pinyin": 1,
    "initials": 1,
    "traditional": 2,
    "shuffled": 1.5,
    "invisible": 1,
    "repeated": 1,
    "reversed": 0.5,
    "vertical": 0.5,
}
"""How likely each rewriting is, beside the others."""

_LETTERS = ("width", "case", "enclosed", "look_alike_letters")
_RUN = re.compile("[\u4e00-\u9fff]{2,}")
_LATIN = re.compile("[A-Za-z0-9]{2,}")
_EVERY = 14
"""One place more is rewritten for every so many characters."""


def disguised(text: str, random: Random, names: tuple[str, ...] = tuple(LIKELY)) -> str:
    """The text with some words of two to four characters rewritten, each in one of the ways named; itself where none can be.

    >>> disguised("加微信领彩金", Random(2), ("pinyin",))
    'jiawei信领彩金'
    >>> disguised("😀", Random(1))
    '😀'
    """
    weights = [LIKELY.get(name, 1.0) for name in names]
    for _ in range(1 + len(text) // _EVERY):
        runs = [match for match in _RUN.finditer(text) if match.end() - match.start() >= 2]
        if not runs:
            break
        run = random.choices(runs, [len(match.group()) for match in runs])[0]
        size = min(random.randint(2, 4), len(run.group()))
        start = run.start() + random.randint(0, len(run.group()) - size)
        written = rewrite(text[start : start + size], [random.choices(names, weights)[0]], random)
        if written:
            text = text[:start] + written + text[start + size :]
    if names == tuple(LIKELY) and (latin := _LATIN.search(text)) and random.random() < 0.5:
        written = rewrite(latin.group(), [random.choice(_LETTERS)], random)
        text = text[: latin.start()] + (written or latin.group()) + text[latin.end() :]
    return text


assert set(LIKELY) <= set(REWRITINGS)
