"""The rules for names: reads wordlists/names.toml into words and what they earn, or says all that is wrong with it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind
from moderation.core.toml_text import parse_toml
from moderation.text.folding import fold
from moderation.text.name_variants import spelled, swapped
from moderation.text.name_words import Helper, NameRules, Role, Where, Word
from moderation.text.tables import SEPARATORS


def load_name_rules(path: Path) -> NameRules:
    """The rules of a file. Raises BadSetup with everything that is wrong with it."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return parse_name_rules(path.read_bytes().decode(), name)
    except OSError as error:
        fix = "put the file there; one without groups switches the rules off"
        raise BadSetup([Problem(name, f"cannot be read: {error.strerror}", fix)]) from error
    except UnicodeDecodeError as error:
        raise BadSetup([Problem(name, "is not UTF-8", "save it as UTF-8")]) from error


def parse_name_rules(text: str, name: str = "names.toml") -> NameRules:
    """The rules that the TOML text says; `name` is what problems call the file.

    Raises BadSetup with every problem: the file and line, what is wrong and how to fix it.

    >>> parse_name_rules('[[brand]]\\nwords = ["小米"]\\nalone = "review"').words["小米"].alone.word
    'review'
    >>> parse_name_rules('[[brand]]\\nwords = ["小米"]\\nalone = "no"')
    Traceback (most recent call last):
    moderation.core.errors.BadSetup: names.toml:3: alone is 'no'; use one of pass, review, reject
    """
    text = text.removeprefix("\ufeff")
    data = parse_toml(text, name)
    return _Reader(data, text, name).rules()


_HEADER = re.compile(r"^\s*(\[{1,2})\s*([\w.]+)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?:([\w-]+)|"([^"]+)")\s*=""")
_GROUP = (
    "words", "alone", "where", "rest", "placed", "ceiling", "kinds", "severity", "first", "close", "with", "then", "after", "beside",
)  # fmt: skip
_SURE = {"pinyin", "look_alike", "split"}
_SPELLINGS = ("homophone", "look_alike", "split", "initials", "reversed", "shuffled")
_SPARE = {
    "before": Helper.BEFORE,
    "after": Helper.AFTER,
    "of": Helper.OF,
    "playful": Helper.PLAYFUL,
    "everyday": Helper.EVERYDAY,
    "draws": Helper.DRAWS,
}
_TABLES = {
    "innocent": ("words",),
    "spare": tuple(_SPARE),
    "places": ("names", "endings", "never"),
    "filler": ("words", "marks"),
}
_MAPS = ("letters", "look_alikes", "signs")
_LATIN = re.compile("[a-z]{4,}")


class _Reader:
    """Reads a parsed file, collecting problems instead of stopping at the first."""

    def __init__(self, data: Mapping[str, Any], text: str, name: str) -> None:
        self.data, self.rows, self.name = data, text.splitlines(), name
        self.digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:6]
        self.lines = self._lines()
        self.problems: list[Problem] = []
        self.words: dict[str, Word] = {}
        self.helpers: dict[str, Helper] = {}

    def _lines(self) -> dict[str, int]:
        """The line of each table and key: "brand.1", "brand.1.alone", "spare.before"."""
        found: dict[str, int] = {}
        table, counts = "", dict[str, int]()
        for number, row in enumerate(self.rows, 1):
            if header := _HEADER.match(row):
                table = header[2]
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = f"{table}.{counts[table]}"
                found[table] = number
            elif key := _KEY.match(row):
                found.setdefault(f"{table}.{key[1] or key[2]}".lstrip("."), number)
        return found

    def bad(self, path: str, reason: str, fix: str, written: str = "", again: int = 0) -> None:
        """Notes a problem at the line of the path, or, if given, where the string `written` stands in its list, the last of
        `again` + 1 times."""
        at = path
        while at and at not in self.lines:
            at = at.rpartition(".")[0]
        line = self.lines.get(at, 1)
        if written:
            places = [n for n, row in enumerate(self.rows, 1) for _ in range(row.count(f'"{written}"')) if n >= line]
            line = [line, *places[: again + 1]][-1]
        self.problems.append(Problem(f"{self.name}:{line}", reason, fix))

    def rules(self) -> NameRules:
        known = {*Role, "near", *_TABLES, *_MAPS}
        for key in sorted(self.data.keys() - known):
            self.bad(key, f"{key} is not known here", f"use one of {', '.join(sorted(known))}")
        tables = {table: self.table(self.data.get(table, {}), table, keys) for table, keys in _TABLES.items()}
        places, filler = tables["places"], tables["filler"]
        for role in Role:
            for number, entry in enumerate(self.tables(role)):
                self.group(role, self.table(entry, f"{role}.{number}", _GROUP), f"{role}.{number}")
        look_alikes = self.look_alikes()
        self.swaps(look_alikes)
        for number, entry in enumerate(self.tables("near")):
            path = f"near.{number}"
            self.near(self.table(entry, path, ("word", "pinyin", *_SPELLINGS)), path, look_alikes)
        self.help(tables["innocent"], "innocent", "words", Helper.PLAIN)
        for key, helper in _SPARE.items():
            self.help(tables["spare"], "spare", key, helper)
        self.help(places, "places", "names", Helper.PLACE)
        self.help(filler, "filler", "words", Helper.FILLER)
        rules = NameRules(
            self.digest,
            self.words,
            self.helpers,
            self.characters(filler, "filler", "marks"),
            self.one_for_one("letters"),
            self.one_for_one("signs"),
            self.characters(places, "places", "endings"),
            frozenset(self.strings(places, "places", "never")),
        )
        for text in self.words:
            if not set(text).isdisjoint({*rules.marks, *rules.letters}):
                fix = "spell it otherwise, or take the character out of marks or letters"
                self.bad("", f"{text!r} has a character that is left out or read as another", fix, text)
        if self.problems:
            raise BadSetup(sorted(self.problems, key=lambda problem: int(problem.field.rpartition(":")[2])))
        return rules

    def table(self, value: object, path: str, keys: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.bad(path, f"{path} is not a table", f"write [{path}] and its keys below")
            return {}
        for key in sorted(value.keys() - set(keys)):
            self.bad(f"{path}.{key}", f"{key} is not known here", f"use one of {', '.join(keys)}")
        return value

    def tables(self, key: str) -> list[Any]:
        value = self.data.get(key, [])
        if isinstance(value, list):
            return value
        self.bad(key, f"{key} is not an array of tables", f"write [[{key}]] and its keys below, for each")
        return []

    def strings(self, entry: Mapping[str, Any], path: str, key: str) -> dict[str, str]:
        """The strings of a list, folded, each with how it is written; {} where there is no list."""
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.bad(f"{path}.{key}", f"{key} is not a list of strings", f'write {key} = ["…", "…"]')
            return {}
        found: dict[str, str] = {}
        for written in value:
            text = fold(written).text
            if not text or not SEPARATORS.isdisjoint(text):
                fix = "write letters, digits or characters alone"
                self.bad(
                    f"{path}.{key}", f"{written!r} is nothing but symbols, or has the end of a sentence", fix, written
                )
            elif text in found:
                self.bad(f"{path}.{key}", f"{written!r} stands twice in {key}", "remove one of the two", written, 1)
            else:
                found[text] = written
        return found

    def one_of(self, entry: Mapping[str, Any], path: str, key: str, known: Mapping[str, Any], default: Any) -> Any:
        value = entry.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in known:
            return known[value]
        self.bad(f"{path}.{key}", f"{key} is {value!r}", f"use one of {', '.join(known)}")
        return default

    def switch(self, entry: Mapping[str, Any], path: str, key: str) -> bool:
        value = entry.get(key, False)
        if not isinstance(value, bool):
            self.bad(f"{path}.{key}", f"{key} is {value!r}", "use true or false")
        return value is True

    def some_of(self, entry: Mapping[str, Any], path: str, key: str, known: Sequence[str]) -> Sequence[str]:
        value = entry.get(key, known)
        if isinstance(value, Sequence) and value and set(map(str, value)) <= set(known):
            return value
        self.bad(f"{path}.{key}", f"{key} is {value!r}", f"list some of {', '.join(known)}")
        return known

    def number(self, entry: Mapping[str, Any], path: str, key: str, low: int, high: int, default: int | None) -> Any:
        value = entry.get(key, default)
        if value is not None and (type(value) is not int or not low <= value <= high):
            self.bad(f"{path}.{key}", f"{key} is {value!r}", f"give a whole number from {low} to {high}")
            return default
        return value

    def group(self, role: Role, entry: Mapping[str, Any], path: str) -> None:
        verdicts = {verdict.word: verdict for verdict in Verdict}
        partners = self.some_of(entry, path, "with", tuple(Role))
        kinds = self.some_of(entry, path, "kinds", (Kind.USERNAME, Kind.AVATAR))
        common = Word(
            role,
            "",
            "",
            alone=self.one_of(entry, path, "alone", verdicts, Verdict.PASS),
            where=self.one_of(entry, path, "where", {where.value: where for where in Where}, Where.WHOLE),
            rest=self.number(entry, path, "rest", 0, 20, 4),
            placed=self.one_of(entry, path, "placed", verdicts, Verdict.PASS),
            ceiling=self.one_of(entry, path, "ceiling", verdicts, Verdict.REJECT),
            severity=self.number(entry, path, "severity", 1, 4, None),
            first=self.switch(entry, path, "first"),
            close=self.switch(entry, path, "close"),
            kinds=frozenset(map(Kind, kinds)),
            partners=frozenset(map(Role, partners)),
            beside=tuple(self.strings(entry, path, "beside")),
        )
        listed = self.strings(entry, path, "words")
        if not listed:
            self.bad(path, "there are no words", 'write words = ["…"]')
        for text, written in listed.items():
            if text in self.words:
                fix = "keep one of the two"
                self.bad(f"{path}.words", f"{written!r} is a word of {self.words[text].role} already", fix, written)
            self.words[text] = replace(common, text=text, written=written)
        harmless = Helper.PLAIN | (Helper.NATION if role is Role.RESTRICTED else Helper.NONE)
        for text in listed:
            for follows in self.strings(entry, path, "then"):
                self.helpers[text + follows] = harmless
            for precedes in self.strings(entry, path, "after"):
                self.helpers[precedes + text] = Helper.PLAIN

    def swaps(self, look_alikes: Mapping[str, Sequence[str]]) -> None:
        """Adds, for Latin words, what looks like them: it counts as the word does, by itself too."""
        for text, word in list(self.words.items()):
            if _LATIN.fullmatch(text):
                for form in swapped(text, look_alikes):
                    self.words.setdefault(form, replace(word, text=form, folds=("look_alike",)))

    def near(self, entry: Mapping[str, Any], path: str, look_alikes: Mapping[str, Sequence[str]]) -> None:
        written = entry.get("word")
        word = self.words.get(fold(written).text) if isinstance(written, str) else None
        if word is None:
            self.bad(f"{path}.word", f"word is {written!r}, which no group lists", "name a word of a group")
            return
        for name in _SPELLINGS:
            for text, spelling in self.strings(entry, path, name).items():
                if text in self.words:
                    of = self.words[text].written
                    self.bad(f"{path}.{name}", f"{spelling!r} is {of!r} already", "keep one of the two", spelling)
                self.spelling(word, text, name)
        pinyin = entry.get("pinyin")
        if pinyin is None:
            return
        syllables = pinyin.split(" ") if isinstance(pinyin, str) else []
        if len(syllables) != len(word.text) or not re.fullmatch("[a-z ]+", pinyin) or "" in syllables:
            self.bad(f"{path}.pinyin", f"pinyin is {pinyin!r}", "write one syllable a character, set off by blanks")
            return
        for form, name in spelled(word.text, syllables):
            self.spelling(word, form, name)
        whole = "".join(syllables)
        if _LATIN.fullmatch(whole):
            for form in swapped(whole, look_alikes):
                self.spelling(word, form, "pinyin")

    def spelling(self, word: Word, text: str, name: str) -> None:
        other = replace(
            word,
            text=text,
            folds=tuple(fold for fold in FOLDS if fold == name),
            ceiling=word.ceiling if name in _SURE else min(word.ceiling, Verdict.REVIEW),
            close=word.close or name == "reversed",
            lone=False,
        )
        self.words.setdefault(text, other)

    def look_alikes(self) -> dict[str, list[str]]:
        table = self.table_of("look_alikes")
        found = {}
        for letter in table:
            images = self.strings(table, "look_alikes", letter)
            if not re.fullmatch("[a-z]", letter) or not all(re.fullmatch("[a-z0-9]+", each) for each in images):
                self.bad(
                    f"look_alikes.{letter}", f"{letter!r} is not a letter with letters or digits", 'write o = ["0"]'
                )
            found[letter] = list(images)
        return found

    def one_for_one(self, path: str) -> dict[str, str]:
        table = self.table_of(path)
        for key, value in table.items():
            if len(key) != 1 or not isinstance(value, str) or len(value) != 1 or fold(value).text != value:
                self.bad(f"{path}.{key}", f"{key!r} does not stand for one folded character", 'write "х" = "x"')
        return dict(table)

    def table_of(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key, {})
        return self.table(value, key, list(value) if isinstance(value, dict) else [])

    def help(self, entry: Mapping[str, Any], path: str, key: str, helper: Helper) -> None:
        for text in self.strings(entry, path, key):
            self.helpers[text] = self.helpers.get(text, Helper.NONE) | helper

    def characters(self, entry: Mapping[str, Any], path: str, key: str) -> str:
        value = entry.get(key, "")
        if isinstance(value, str):
            return value
        self.bad(f"{path}.{key}", f"{key} is {value!r}", "write the characters as one string")
        return ""
