"""A text as it reads under its disguises, for the detectors of contacts, with the way back to the text as submitted."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from moderation.core.submission import Span
from moderation.text.tables import LINE_ENDS, widened

NOISE = "※"
"""What any symbol or emoji reads as that means nothing here."""

# What several characters read as: ♥ may stand for 信, ♟ 企鹅, ✈ 飞机, ✦ 卫星, ♣ 裙, ☎ 电话, ✉ 邮箱.
_SYMBOLS = {
    "♥": "❤♥♡❣💗💖💕💓💘💝💞💟🧡💛💚💙💜🖤🤍🤎",
    "♟": "🐧",
    "✈": "✈🛩🛫🛬",
    "✦": "🛰",
    "♣": "👗",
    "☎": "☎☏✆📞📱📲",
    "✉": "✉📧📩📮",
    "+": "➕✚✛",
    "10": "🔟",
    ">": "→➡➜➔⇒➝➤►▶👉☞⇨»",
    "·": "·•‧・∙⋅●丶",
    ".": "․﹒",
    ",": "、",
    "。": "。｡",
    "-": "~〜−",
    "|": "丨",
    "(": "[{",
    ")": "]}",
    "\n": LINE_ENDS,
    " ": "\t",
}
_LETTERS = dict(zip("аеорсхуѵνωѡυіјѕкмтвнԛԝɑɡᴠᴡοαρ√∨", "aeopcxyvvwwuijskmtbhqwagvwoapvv", strict=True))
_FORMS = "〇○◯⭕ 壹弌 贰貳弐貮 叁參叄 肆 伍 陆陸 柒 捌 玖"
_NUMERALS = {form: n for n, forms in zip("零一二三四五六七八九", _FORMS.split(), strict=True) for form in forms}
_SIMPLE = dict(
    zip(
        "號電話報飛機聯繫訊撥點衛維絡詢諮鵝郵綠軟體賬專員碼羣",
        "号电话报飞机联系讯拨点卫维络询咨鹅邮绿软体账专员码群",
        strict=True,
    )
)
_READ = {c: image for image, forms in _SYMBOLS.items() for c in forms} | _LETTERS | _NUMERALS | _SIMPLE

_DIGITS = str.maketrans("零一二三四五六七八九幺洞拐", "0123456789107")
_PUNCTUATION = frozenset(".,()+-!?@#&*/\\|_=:;<>\"'%$^`")
_BY_CATEGORY = {"Zs": " ", "Pd": "-", "Ps": "(", "Pi": "(", "Pe": ")", "Pf": ")"}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Mc"})
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_CACHED = 0x20000


# Punctuation, kana, Hangul and rare ideographs.
_CLEAN = "\\x00-/:-@\\[-`{-\xa0\u2010-\u2027\u3000-\u3006\u3008-\u3020\u3040-\u30ff\u3400-\u4dbf\uac00-\ud7a3\uff01-\uff0f\uff1a-\uff20"


def _clean() -> str:
    """The inside of a class of what is no Latin letter and no digit and reads as none.

    In the BMP alone, since a class with ranges beyond it is 400 times slower; so emoji count as telling, which costs a
    little and loses nothing.
    """
    numerals = {*_DIGITS, *map(ord, _NUMERALS)}
    runs, first = [_CLEAN], 0x4E00
    for code in (*sorted(code for code in numerals if 0x4E00 <= code < 0xA000), 0xA000):
        if code > first:
            runs.append(f"{chr(first)}-{chr(code - 1)}")
        first = code + 1
    return "".join(runs)


_GATE = re.compile("[^{0}](?:[{0}]*+[^{0}]){{2}}".format(_clean()))


def may_hold(text: str) -> bool:
    """Whether a text has the three letters, digits, numerals or emoji without which it holds no contact.

    >>> may_hold("今天天气不错，一起去爬山吧"), may_hold("加微信：abc"), may_hold("①③⑧")
    (False, True, True)
    """
    return _GATE.search(text) is not None


@dataclass(frozen=True)
class Reading:
    """A text as it reads. Ranges are half-open, in characters of `plain`.

    plain    lower case, half width, and simplified where leads need it; what does not show is gone, an emoji is the symbol
             for what it may mean or NOISE, a formal or enclosed numeral its common form
    digital  the same with Chinese numerals as digits, place for place
    """

    original: str
    plain: str

    @cached_property
    def digital(self) -> str:
        return self.plain.translate(_DIGITS)

    @cached_property
    def _offsets(self) -> Sequence[int]:
        if self.plain == self.original:
            return range(len(self.plain))
        return [place for place, c in enumerate(self.original) for _ in _IMAGES[ord(c)]]

    def span(self, start: int, end: int) -> Span:
        """The range of the original that reads as this one, which is not empty."""
        return Span(self._offsets[start], self._offsets[end - 1] + 1)

    def written(self, start: int, end: int) -> str:
        """The range as submitted."""
        return self.span(start, end).of(self.original)

    def folds(self, start: int, end: int) -> set[str]:
        """The folds that the characters of a range need to read as they do; that a numeral is a digit is one."""
        folds: set[str] = set().union(*map(_folds_of, set(self.written(start, end))))
        return folds

    def number_folds(self, start: int, end: int) -> set[str]:
        """The folds that a range needs to read as a number."""
        numeral = self.plain[start:end] != self.digital[start:end]
        return self.folds(start, end) | ({"numeral"} if numeral else set())


def read(text: str) -> Reading:
    """Reads any text, lone surrogates too.

    >>> read("加Ｖ❤️：①3㊂ａ").plain, read("壹３㈧").digital
    ('加v♥:13三a', '138')
    """
    return Reading(text, text.translate(_IMAGES))


class _Images(dict[int, str]):
    """What each character reads as, worked out when it is first met; those beyond plane 1 are not kept."""

    def __missing__(self, code: int) -> str:
        image = _image(chr(code))
        if code < _CACHED:
            self[code] = image
        return image


_IMAGES = _Images()


def _image(character: str) -> str:
    lower = character.casefold()
    if lower in _READ:
        return _READ[lower]
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE:
        return ""
    if "\U0001f200" <= character <= "\U0001f251" or character in "㊗㊙":  # emoji that are characters in a box
        return NOISE
    wide = widened(character).casefold()
    if len(wide) > 1:  # ⑴ and ⒈ are 1, ℡ is tel, but ½ is no number that one dials
        wide = wide.strip("().,〔〕")
        return _READ.get(wide, wide) if wide.isalnum() else NOISE
    if wide in _READ or wide in _PUNCTUATION:
        return _READ.get(wide, wide)
    category = unicodedata.category(wide) if wide else "Cn"
    if category[0] == "L" or (category[0] == "N" and wide.isascii()):
        return wide
    return _BY_CATEGORY.get(category, NOISE)


@lru_cache(maxsize=4096)
def _folds_of(character: str) -> frozenset[str]:
    image, lower = _IMAGES[ord(character)], character.casefold()
    if not image:
        if character == "\u20e3":
            return frozenset({"enclosed"})
        return frozenset() if "\ufe00" <= character <= "\ufe0f" else frozenset({"invisible"})
    if lower in _SIMPLE:
        return frozenset({"traditional"})
    if character in "○◯⭕":
        return frozenset({"look_alike"})
    if character in "➕🔟":
        return frozenset({"emoji"})
    if not image.isalnum() or lower in _NUMERALS:
        return frozenset()
    case = {"case"} if widened(character).casefold() != widened(character) else set()
    if lower in _LETTERS:
        return frozenset({"look_alike", *case})
    if character.isascii() or image == lower:
        return frozenset(case)
    return frozenset({"enclosed" if _enclosed(character) else "width", *case})


def _enclosed(character: str) -> bool:
    # Enclosed letters and digits are <circle>, <square> or with a bracket or a dot; the filled ones have no plain form.
    form = unicodedata.decomposition(character)
    return (
        not form or form.startswith(("<circle>", "<square>")) or " 0028 " in form or form.endswith((" 002E", " 002C"))
    )
