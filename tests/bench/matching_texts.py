"""Terms and texts for comparing matchers, drawn from jieba's dictionary by how frequent its words are."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import jieba
from daachorse import CharwiseDoubleArrayAhoCorasick

from moderation.text.folding import fold

T = TypeVar("T")

LENGTHS = {2: 12, 3: 22, 4: 40, 5: 14, 6: 12}
"""Of a hundred terms drawn, how many have so many characters."""
SHORTEST, LONGEST = 8, 32
"""Of a short text, in characters, inclusive."""

# Parts of speech as jieba tags them: r pronoun, d adverb, v verb, vn verbal noun, n noun, a adjective, uj 的, ul 了,
# uz 着, y final particle, t time, s and ns place, p preposition, f direction, m number, q measure, c conjunction.
_CLAUSES = tuple(
    clause.split()
    for clause in (
        "r d v n",
        "r v ul m q n",
        "t r p ns v n",
        "n d a",
        "r uj n d a",
        "a uj n",
        "s v uz a uj n",
        "r d v vn y",
        "c r d v n",
        "p n f v n",
        "v ul digits q n",
        "m q n d v",
        "t d a y",
        "r v latin uj n",
    )
)
_OWN = {
    "digits": ("2", "3", "5", "10", "24", "100", "2025"),
    "latin": ("App", "AI", "OK", "Vlog", "Wi-Fi", "KTV", "BGM"),
}
_HOW_MANY = (1, 2, 3), (15, 64, 21)
_ENDS = (*[""] * 5, *"。。。！？～😊")
_OFFERED = 1.25
"""How many terms are drawn for each that is wanted; the others occur in the texts."""


@dataclass(frozen=True, slots=True)
class Material:
    """What matchers are compared on. No term occurs in the texts or the bulk text, as they are or folded.

    terms  distinct, 2 to 6 ideographs that folding leaves as they are
    texts  distinct, short, most of them with punctuation that folding takes out
    bulk   more such texts, one a line
    """

    terms: tuple[str, ...]
    texts: tuple[str, ...]
    bulk: str

    @property
    def characters(self) -> float:
        """Of a short text, on average."""
        return fmean(map(len, self.texts))


def material(seed: int = 1, *, terms: int = 100_000, texts: int = 20_000, bulk_bytes: int = 20_000_000) -> Material:
    """The same for the same seed and sizes; at these takes some 20 s. `bulk_bytes` of UTF-8 are the least that it has.

    >>> drawn = material(terms=500, texts=200, bulk_bytes=20_000)
    >>> len(set(drawn.terms)), len(set(drawn.texts)), 16 < drawn.characters < 20, drawn == material(
    ...     terms=500, texts=200, bulk_bytes=20_000
    ... )
    (500, 200, True, True)
    >>> everything = "\\n".join((*drawn.texts, drawn.bulk))
    >>> [term for term in drawn.terms if term in everything or term in fold(everything).text or fold(term).text != term]
    []
    """
    chance = random.Random(seed)
    distinct: dict[str, None] = {}
    flow = _texts(chance)
    while len(distinct) < texts:
        distinct[next(flow)] = None
    everything = "\n".join(distinct)
    listed = _absent(_terms(chance), terms, f"{everything}\n{fold(everything).text}")
    return Material(listed, tuple(distinct), _bulk(flow, listed, bulk_bytes))


def planted(given: Material, count: int, seed: int = 1) -> list[str]:
    """Short texts into each of which one term was put, at any place."""
    chance, found = random.Random(seed), []
    for text in chance.sample(given.texts, count):
        at = chance.randint(0, len(text))
        found.append(text[:at] + chance.choice(given.terms) + text[at:])
    return found


def _bulk(texts: Iterator[str], terms: tuple[str, ...], size: int) -> str:
    find = CharwiseDoubleArrayAhoCorasick(list(terms)).find
    lines: list[str] = []
    while size > 0:
        text = next(texts)
        if not find(text) and not find(fold(text).text):
            lines.append(text)
            size -= len(text.encode()) + 1
    return "\n".join(lines) + "\n"


def _absent(terms: Iterator[str], count: int, text: str) -> tuple[str, ...]:
    """So many distinct terms that do not occur in a text."""
    offered: dict[str, None] = {}
    while len(offered) < count * _OFFERED:
        offered[next(terms)] = None
    candidates = list(offered)
    present = {number for _, _, number in CharwiseDoubleArrayAhoCorasick(candidates).find_overlapping(text)}
    kept = tuple(islice((term for number, term in enumerate(candidates) if number not in present), count))
    assert len(kept) == count, "too many of the terms drawn occur in the texts"
    return kept


def _terms(chance: random.Random) -> Iterator[str]:
    """Characters one by one, as often as they stand in words of two and more: whole words would begin alike more often."""
    weights: Counter[str] = Counter()
    for words in _vocabulary().values():
        for word, frequency in words.items():
            for character in word if len(word) > 1 else "":
                weights[character] += frequency
    characters = _drawn(chance, dict(weights))
    for length in _drawn(chance, LENGTHS):
        yield "".join(islice(characters, length))


def _texts(chance: random.Random) -> Iterator[str]:
    vocabulary = _vocabulary()
    tags = {tag for clause in _CLAUSES for tag in clause}
    words = {tag: _drawn(chance, vocabulary.get(tag) or dict.fromkeys(_OWN[tag], 1)) for tag in sorted(tags)}
    while True:
        clauses = chance.choices(_CLAUSES, k=chance.choices(*_HOW_MANY)[0])
        text = "，".join("".join(next(words[tag]) for tag in clause) for clause in clauses) + chance.choice(_ENDS)
        if SHORTEST <= len(text) <= LONGEST:
            yield text


def _drawn(chance: random.Random, weights: Mapping[T, int]) -> Iterator[T]:
    """One after the other without end, each as often as its weight says."""
    values, bounds = list(weights), list(accumulate(weights.values()))
    while True:
        yield from chance.choices(values, cum_weights=bounds, k=10_000)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, dict[str, int]]:
    """By part of speech, the frequency of each word of ideographs that folding leaves as it is; no names of people."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    entries = [line.split(" ") for line in lines]
    # Set off by what folding always keeps; line ends beside single characters it does not.
    folded = fold("。".join(word for word, _, _ in entries)).text.split("。")
    found: dict[str, dict[str, int]] = {}
    for (word, frequency, tag), plain in zip(entries, folded, strict=True):
        if word != plain or len(word) > 4 or not "\u4e00" <= min(word) <= max(word) <= "\u9fff":
            continue
        # A noun of one character seldom stands alone, and those of the dictionary are mostly parts of names.
        if tag.startswith("nr") or (tag in ("n", "ns") and len(word) == 1):
            continue
        found.setdefault(tag, {})[word] = int(frequency)
    return found
