"""The grammar of word lists: reads a file's text into terms and allow-phrases, and says all that is wrong with it."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from daachorse import CharwiseDoubleArrayAhoCorasick

from moderation.core.errors import Problem
from moderation.core.finding import Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene
from moderation.text.scanning import the_scanner
from moderation.text.tables import SEPARATORS

ON_REQUEST = ("look_alike", "split", "pinyin", "initials", "homophone", "reversed", "shuffled")
"""The folds that are on by themselves for long terms alone; a list may grant them to shorter ones."""


class Status(StrEnum):
    """Whether a term acts, is only recorded, or is not looked for."""

    LIVE = "live"
    SHADOW = "shadow"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Rules:
    """When a term counts and what it may earn; the defaults are those of wordlists/README.md.

    severity   1–4, None for the category's
    folds      signed names: "-" one that it may not be found through, "+" one that it may although it is too short
    near       folded words, one of which must stand within `within` folded characters of it (inclusive), if any
    far        folded words, none of which may
    allow      folded phrases inside which it does not count
    expires    the day, UTC, from whose start on it is off
    """

    severity: int | None = None
    kinds: frozenset[Kind] = frozenset(Kind)
    scenes: frozenset[Scene] = frozenset(Scene)
    ceiling: Verdict = Verdict.REJECT
    folds: frozenset[str] = frozenset()
    near: tuple[str, ...] = ()
    far: tuple[str, ...] = ()
    within: int = 12
    allow: tuple[str, ...] = ()
    status: Status = Status.LIVE
    expires: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a list: folded, as written, and the 1-based number of its line."""

    category: str
    text: str
    written: str
    line: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class Phrase:
    """An allow-phrase of a list: folded, as written, and the 1-based number of its line."""

    text: str
    written: str
    line: int


@dataclass(frozen=True)
class Wordlist:
    """One file. A list with problems is never used.

    name      what problems call it
    category  what its terms are of
    digest    of its contents, the SHA-256 as hexadecimal digits
    """

    name: str
    category: str
    digest: str = ""
    terms: tuple[Term, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Bad(Exception):
    """A reason and a fix, from wherever a line was found wrong."""

    def __init__(self, reason: str, fix: str) -> None:
        self.reason, self.fix = reason, fix


@dataclass
class _Line:
    """A term or allow-phrase as read, before folding; `own` are the fields of the line itself."""

    number: int
    written: str
    rules: Rules
    own: Mapping[str, object] = field(default_factory=dict)


def read_wordlist(text: str, name: str) -> Wordlist:
    """Reads the text of one file. Its category is the name's stem.

    >>> listed = read_wordlist("* severity=3\\n加V信\\n+ 说加v信的人", "gambling.txt")
    >>> listed.category, listed.terms[0].text, listed.terms[0].rules.severity, listed.phrases[0].line
    ('gambling', '加v信', 3, 3)
    >>> print(*read_wordlist("彩金 ; severity=5", "gambling.txt").problems)
    gambling.txt:1: severity is '5'; write a whole number from 1 to 4
    """
    problems: list[Problem] = []
    terms: list[_Line] = []
    phrases: list[_Line] = []
    defaults = Rules()
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("*"):
                defaults = replace(Rules(), **_fields(_after_marker(line)))
            elif line.startswith("+"):
                phrases.append(_phrase(number, _after_marker(line)))
            else:
                terms.append(_term(number, line, defaults))
        except _Bad as bad:
            problems.append(Problem(f"{name}:{number}", bad.reason, bad.fix))
    category = PurePath(name).stem
    kept = _checked_terms(category, terms, name, problems)
    spared = _checked_phrases(kept, phrases, name, problems)
    problems.sort(key=lambda problem: int(problem.field.rpartition(":")[2]))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Wordlist(name, category, digest, kept, spared, tuple(problems))


def _after_marker(line: str) -> list[str]:
    if line[1:2] not in (" ", ""):
        raise _Bad(f"has no blank after {line[0]!r}", "put one there; no term can start with this character")
    return [part.strip() for part in line[2:].split(" ; ")] if line[1:] else []


def _term(number: int, line: str, defaults: Rules) -> _Line:
    if ";" not in line and "；" not in line:
        return _Line(number, line, defaults)
    written, *parts = line.split(" ; ")
    _refuse_semicolon(written)
    own = _fields(parts)
    rules = replace(defaults, **own)
    if "within" in own and not (rules.near or rules.far):
        raise _Bad("within stands without with or without", "add the words that it measures to, or drop it")
    return _Line(number, written.strip(), rules, own)


def _phrase(number: int, parts: list[str]) -> _Line:
    written, *rest = parts or [""]
    _refuse_semicolon(written)
    for name in _fields(rest):
        if name != "note":
            raise _Bad(f"an allow-phrase has no field {name!r}", "drop it; only note may follow an allow-phrase")
    return _Line(number, written, Rules())


def _refuse_semicolon(written: str) -> None:
    if ";" in written or "；" in written:
        raise _Bad("has a semicolon inside the term", "set each field off by ' ; ': blank, semicolon, blank")


def _fields(parts: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in parts:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise _Bad(f"{part.strip()!r} is not a field", "write name=value after each ' ; '")
        if key not in _READERS:
            raise _Bad(f"there is no field {key!r}", f"use one of {', '.join(_READERS)}")
        target, reader = _READERS[key]
        if target in values:
            raise _Bad(f"{key} stands twice", "keep one of them")
        if key != "note" and ";" in value:
            raise _Bad(f"{key} has a semicolon in its value", "set each field off by ' ; ': blank, semicolon, blank")
        values[target] = reader(key, value)
    return values


def _severity(key: str, value: str) -> int:
    if value not in ("1", "2", "3", "4"):
        raise _Bad(f"{key} is {value!r}", "write a whole number from 1 to 4")
    return int(value)


def _within(key: str, value: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", value) or not 1 <= int(value) <= 100:
        raise _Bad(f"{key} is {value!r}", "write a whole number from 1 to 100")
    return int(value)


def _ceiling(key: str, value: str) -> Verdict:
    if value not in ("review", "reject"):
        raise _Bad(f"{key} is {value!r}", "write review or reject")
    return Verdict.of(value)


def _expires(key: str, value: str) -> date:
    try:
        return date.fromisoformat(value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "")
    except ValueError:
        raise _Bad(f"{key} is {value!r}", "write a day as 2027-01-31") from None


def _status(key: str, value: str) -> Status:
    return Status(_one_of(key, value, tuple(Status)))


def _one_of(key: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _Bad(f"{key} has {value!r}", f"use {', '.join(known)}")
    return value


def _kinds(key: str, value: str) -> frozenset[Kind]:
    return frozenset(Kind(_one_of(key, item, tuple(Kind))) for item in _items(key, value))


def _scenes(key: str, value: str) -> frozenset[Scene]:
    return frozenset(Scene(_one_of(key, item, tuple(Scene))) for item in _items(key, value))


def _folds(key: str, value: str) -> frozenset[str]:
    known = tuple(sign + name for name in FOLDS for sign in ("-+" if name in ON_REQUEST else "-"))
    return frozenset(_one_of(key, item, known) for item in _items(key, value))


@lru_cache(maxsize=4096)
def _words(key: str, value: str) -> tuple[str, ...]:
    words = tuple(the_scanner().fold(item) for item in _items(key, value))
    if "" in words:
        raise _Bad(f"{key} has a word of nothing but symbols", "write words with letters, digits or characters")
    return tuple(dict.fromkeys(words))


def _items(key: str, value: str) -> list[str]:
    if "，" in value or "、" in value:
        raise _Bad(f"{key} has a full-width comma", "set the words off by ',', the ASCII comma")
    items = [item.strip() for item in value.split(",")]
    if "" in items:
        raise _Bad(f"{key} has a comma with nothing on one side", "drop it")
    return items


def _note(key: str, value: str) -> str:
    return value


_READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "severity": ("severity", _severity),
    "kinds": ("kinds", _kinds),
    "scenes": ("scenes", _scenes),
    "ceiling": ("ceiling", _ceiling),
    "folds": ("folds", _folds),
    "with": ("near", _words),
    "within": ("within", _within),
    "without": ("far", _words),
    "allow": ("allow", _words),
    "status": ("status", _status),
    "expires": ("expires", _expires),
    "note": ("note", _note),
}


def _folded(lines: list[_Line]) -> Iterator[tuple[_Line, str]]:
    folding = the_scanner().fold
    return ((line, folding(line.written)) for line in lines)


def _checked_terms(category: str, lines: list[_Line], name: str, problems: list[Problem]) -> tuple[Term, ...]:
    terms: dict[str, Term] = {}
    for line, text in _folded(lines):
        trouble = _trouble(line, text, terms.get(text))
        if trouble is not None:
            problems.append(Problem(f"{name}:{line.number}", *trouble))
        else:
            terms[text] = Term(category, text, line.written, line.number, line.rules)
    return tuple(terms.values())


def _trouble(line: _Line, text: str, twin: Term | None) -> tuple[str, str] | None:
    written = line.written
    if not text:
        return f"{written!r} has nothing but symbols, which are skipped", "write letters, digits or characters"
    if not SEPARATORS.isdisjoint(text):
        return f"{written!r} has the end of a sentence in it, which nothing is found across", "write two terms"
    if len(text) == 1:
        return f"{written!r} is the single character {text!r} once folded", "write at least two characters"
    if twin is not None:
        return f"{written!r} is the term of line {twin.line} ({twin.written!r}) once folded", "keep one of the two"
    for phrase in line.rules.allow:
        if phrase == text or len(phrase) < len(text):
            return f"allow has {phrase!r}, which is the term or shorter", "write all that it should be spared in"
    return None


def _checked_phrases(
    terms: tuple[Term, ...], lines: list[_Line], name: str, problems: list[Problem]
) -> tuple[Phrase, ...]:
    if not lines:
        return ()
    texts = {term.text for term in terms}
    automaton = CharwiseDoubleArrayAhoCorasick(list(texts)) if texts else None
    phrases = []
    for line, text in _folded(lines):
        if text in texts:
            reason, fix = "is a term of this list, which would never be found", "drop one, or lengthen the phrase"
        elif automaton is None or not automaton.find(text):
            reason, fix = "contains no term of this list", "drop it, or write the term out in it"
        else:
            phrases.append(Phrase(text, line.written, line.number))
            continue
        problems.append(Problem(f"{name}:{line.number}", f"the allow-phrase {line.written!r} {reason}", fix))
    return tuple(phrases)
