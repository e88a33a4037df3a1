"""Our keyword engine as one of the matchers that are compared: with all folds, with fewer, and the texts that it finds clean."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from moderation.core.submission import Kind, Scene
from moderation.detectors.keywords import KeywordDetector
from moderation.text import segmentation
from moderation.text.lexicon import Lexicon
from moderation.text.scanning import BITS, EVERY
from tests.bench.matching import Engine, Hit, Matching, measure
from tests.bench.matching_texts import Material

DEFAULT = "ours, every fold on"
"""What the product does unless its policy switches folds off."""

PLAIN = "ours, plain forms only"
"""With none of the folds of FOUND_OTHERWISE."""

FOUND_OTHERWISE = (
    "homophone", "look_alike", "pinyin", "split", "emoji", "numeral", "repeated", "reversed", "shuffled", "initials",
)  # fmt: skip
"""The folds by which a term is found though it is not in the folded text."""

ENABLED: Mapping[str, int] = {
    DEFAULT: EVERY,
    "ours, without look-alikes": EVERY & ~BITS["look_alike"],
    PLAIN: EVERY & ~sum(BITS[name] for name in FOUND_OTHERWISE),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The matchers as measured, and the shares of short texts and of lines of the bulk text that were left out before."""

    matching: Matching
    rounds: int
    texts_left_out: float
    lines_left_out: float


def compare(lexicon: Lexicon, build: float, given: Material, rounds: int) -> Compared:
    """Our engine and all others on the material, without what ours with all folds finds anything in.

    build  CPU seconds that the lexicon took
    """
    segmentation.warm()
    engines = {name: Engine("screen(text, …)", _hit(lexicon, enabled), build) for name, enabled in ENABLED.items()}
    clean = without(given, engines[DEFAULT].hit)
    texts = 1 - len(clean.texts) / len(given.texts)
    lines = 1 - clean.bulk.count("\n") / given.bulk.count("\n")
    return Compared(measure(engines, clean, rounds), rounds, texts, lines)


def without(given: Material, hit: Hit) -> Material:
    """The material without the short texts and the lines of the bulk text that have a hit.

    >>> left = without(Material(("刷单",), ("刷丹", "喝茶"), "刷丹\\n喝茶\\n"), lambda text: "刷" in text)
    >>> left.texts, left.bulk
    (('喝茶',), '喝茶\\n')
    """
    texts = tuple(text for text in given.texts if not hit(text))
    lines = (line for line in given.bulk.splitlines(keepends=True) if not hit(line))
    return replace(given, texts=texts, bulk="".join(lines))


def _hit(lexicon: Lexicon, enabled: int) -> Hit:
    screen, today = KeywordDetector(lexicon, lambda kind, scene: enabled).screen, date.today()
    return lambda text: screen(text, Kind.POST, Scene.POST, today)
