"""Reading the policy file: TOML text in, a `Policy` out, or every problem in it with its line and fix."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Verdict
from moderation.core.folded import FOLDS
from moderation.core.measures import ENDS, Action
from moderation.core.policy import Category, FoldsOff, Policy, Thresholds
from moderation.core.strikes import Ladder, Step
from moderation.core.submission import Kind, Scene
from moderation.core.toml_text import parse_toml

LANGUAGES = ("zh", "en")
_HEADER = re.compile(r"^\s*(\[{1,2})([\w.]+)\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([\w-]+)\s*=")
_TOP = {"version", "effective", "general", "held", "thresholds", "review", "ladder", "folds", "category"}
_CATEGORY = {
    "code", "clause", "title", "message", "severity", "cap", "caps", "thresholds", "kinds", "scenes", "detectors", "second_opinion",
}  # fmt: skip

_DETECTORS = {"keywords", "contacts", "names", "classifier", "codes", "image", "bank", "marks"}

_STEPS = {
    action.value: action
    for action in (Action.REMOVE_CONTENT, Action.RECTIFY, Action.RESTRICT, Action.SUSPEND, Action.TERMINATE)
}
"""What the ladder may recommend: a step that refuses a registration, or restores, makes no sense."""


def parse_policy(text: str, name: str = "policy.toml") -> Policy:
    """The policy that the TOML text says.

    name  of the file, for error messages

    Raises BadSetup with every problem: the file and line, what is wrong and how to fix it.

    >>> parse_policy("version = 1", "p.toml")
    Traceback (most recent call last):
    moderation.core.errors.BadSetup: p.toml:1: version is not a string; write version = "2026-11-22"
    ...
    """
    data = parse_toml(text, name)
    return _Reader(data, _lines(text), name, text).policy()


def _lines(text: str) -> dict[str, int]:
    """The line of each key, by its path: "ladder.strike_days", "category.3.cap", "category.3" for the table itself."""
    found: dict[str, int] = {}
    table, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            root, _, rest = table.partition(".")
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            elif root in counts:
                table = f"{root}.{counts[root]}.{rest}"
            found[table] = number
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found


class _Reader:
    """Reads a parsed file, collecting problems instead of stopping at the first."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[str, int], name: str, text: str) -> None:
        self.data, self.lines, self.name, self.text = data, lines, name, text
        self.problems: list[Problem] = []

    def bad(self, path: str, reason: str, fix: str) -> None:
        """Notes a problem at the closest line known for the path."""
        at = path
        while at and at not in self.lines:
            at = at.rpartition(".")[0]
        self.problems.append(Problem(f"{self.name}:{self.lines.get(at, 1)}", reason, fix))

    def policy(self) -> Policy:
        for key in sorted(self.data.keys() - _TOP):
            self.bad(key, f"{key} is not known here", f"use one of {', '.join(sorted(_TOP))}")
        version = self.data.get("version")
        if not isinstance(version, str) or not version:
            self.bad("version", "version is not a string", 'write version = "2026-11-22"')
        effective = self.data.get("effective")
        if type(effective) is not date:  # a time of day would be one, too
            self.bad("effective", "effective is not a date", "write effective = 2026-11-22")
        general, held = self.words(self.data, "general", ""), self.words(self.data, "held", "")
        review = self.table(self.data, "review", "", {"lease_minutes", "undo_minutes"})
        lease = self.number(review, "lease_minutes", "review", 10, 1, 24 * 60)
        undo = self.number(review, "undo_minutes", "review", 10, 0, 30 * 24 * 60)
        default = self.thresholds(self.data.get("thresholds", {}), "thresholds", Thresholds())
        ladder, folds = self.ladder(), self.folds()
        categories: dict[str, Category] = {}
        for index, entry in enumerate(self.tables(self.data, "category", "category")):
            category = self.category(entry, f"category.{index}", default)
            if category.code and category.code in categories:
                self.bad(
                    f"category.{index}.code", f"the category {category.code} stands twice", "remove one of the two"
                )
            categories[category.code] = category
        if not categories and not self.problems:
            self.bad("category", "there is no category", "add at least one [[category]]")
        if self.problems:
            raise BadSetup(self.problems)
        digest = hashlib.sha256(self.text.replace("\r\n", "\n").encode("utf-8")).hexdigest()[:8]
        assert isinstance(effective, date)
        return Policy(f"{version}+{digest}", effective, categories, ladder, general, held, folds, lease, undo)

    def table(self, data: Mapping[str, Any], key: str, path: str, known: set[str]) -> Mapping[str, Any]:
        """A sub-table whose keys are all known; {} where it is missing."""
        value, at = data.get(key, {}), f"{path}.{key}".lstrip(".")
        if not isinstance(value, dict):
            self.bad(at, f"{key} is not a table", f"write [{key}] and its keys below")
            return {}
        for extra in sorted(value.keys() - known):
            self.bad(f"{at}.{extra}", f"{extra} is not known here", f"use one of {', '.join(sorted(known))}")
        return value

    def tables(self, data: Mapping[str, Any], key: str, path: str) -> list[Mapping[str, Any]]:
        """An array of tables; [] where it is missing."""
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.bad(path, f"{key} is not an array of tables", f"write [[{path}]] and its keys below, for each")
            return []
        return value

    def number(self, data: Mapping[str, Any], key: str, path: str, default: int, low: int, high: int) -> int:
        value = data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.bad(f"{path}.{key}", f"{key} is {value!r}", f"give a whole number from {low} to {high}")
            return default
        return value

    def words(self, data: Mapping[str, Any], key: str, path: str) -> dict[str, str]:
        """A text in every language."""
        value = self.table(data, key, path, set(LANGUAGES))
        for language in LANGUAGES:
            if not isinstance(value.get(language), str) or not value[language]:
                at = f"{path}.{key}.{language}".lstrip(".")
                self.bad(at, f"{key} has no text for {language}", f'add {key}.{language} = "…"')
        return {language: str(value.get(language, "")) for language in LANGUAGES}

    def thresholds(self, data: object, path: str, default: Thresholds) -> Thresholds:
        if not isinstance(data, dict):
            self.bad(path, "thresholds are not a table", "write { review = 0.5, reject = 0.9 }")
            return default
        for extra in sorted(data.keys() - {"review", "reject"}):
            self.bad(f"{path}.{extra}", f"{extra} is not a threshold", "use review and reject")
        values = []
        for key, fallback in (("review", default.review), ("reject", default.reject)):
            value = data.get(key, fallback)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
                self.bad(f"{path}.{key}", f"{key} is {value!r}", "give a number above 0, at most 1")
                value = fallback
            values.append(float(value))
        if values[0] > values[1]:
            self.bad(path, f"review {values[0]} is above reject {values[1]}", "let review be the lower of the two")
        return Thresholds(*values)

    def one_of(self, value: object, known: Mapping[str, Any], path: str, what: str, default: Any) -> Any:
        if isinstance(value, str) and value in known:
            return known[value]
        self.bad(path, f"{what} is {value!r}", f"use one of {', '.join(known)}")
        return default

    def category(self, entry: Mapping[str, Any], path: str, default: Thresholds) -> Category:
        for extra in sorted(entry.keys() - _CATEGORY):
            self.bad(f"{path}.{extra}", f"{extra} is not known in a category", f"use {', '.join(sorted(_CATEGORY))}")
        for key in ("code", "clause"):
            if not isinstance(entry.get(key), str) or not entry[key]:
                self.bad(f"{path}.{key}", f"{key} is missing", f'add {key} = "…"')
        caps = {verdict.word: verdict for verdict in Verdict}
        thresholds = self.thresholds(entry.get("thresholds", {}), f"{path}.thresholds", default)
        by_detector = self.table(entry, "caps", path, _DETECTORS)
        second = entry.get("second_opinion", 0.0)
        if isinstance(second, bool) or not isinstance(second, int | float) or not 0 <= second <= 1:
            self.bad(f"{path}.second_opinion", f"second_opinion is {second!r}", "give a number from 0 (never) to 1")
            second = 0.0
        kinds, scenes = {k.value: k for k in Kind}, {s.value: s for s in Scene}
        return Category(
            code=str(entry.get("code", "")),
            clause=str(entry.get("clause", "")),
            titles=self.words(entry, "title", path),
            messages=self.words(entry, "message", path),
            severity=self.number(entry, "severity", path, 1, 1, 4),
            cap=self.one_of(entry.get("cap"), caps, f"{path}.cap", "cap", Verdict.REVIEW),
            caps={d: self.one_of(v, caps, f"{path}.caps.{d}", "cap", Verdict.REVIEW) for d, v in by_detector.items()},
            thresholds=thresholds,
            second_opinion=float(second),
            by_kind={
                kinds[name]: self.thresholds(value, f"{path}.kinds.{name}", thresholds)
                for name, value in self.table(entry, "kinds", path, set(kinds)).items()
                if name in kinds
            },
            by_scene={
                scenes[name]: self.thresholds(value, f"{path}.scenes.{name}", thresholds)
                for name, value in self.table(entry, "scenes", path, set(scenes)).items()
                if name in scenes
            },
            by_detector={
                name: self.thresholds(value, f"{path}.detectors.{name}", thresholds)
                for name, value in self.table(entry, "detectors", path, _DETECTORS).items()
            },
        )

    def ladder(self) -> Ladder:
        data = self.table(self.data, "ladder", "", {"strike_days", "rectify_days", "steps"})
        steps: list[Step] = []
        for index, entry in enumerate(self.tables(data, "steps", "ladder.steps")):
            path = f"ladder.steps.{index}"
            for extra in sorted(entry.keys() - {"points", "action", "days"}):
                self.bad(f"{path}.{extra}", f"{extra} is not known in a step", "use points, action and days")
            action = self.one_of(entry.get("action"), _STEPS, f"{path}.action", "action", Action.RECTIFY)
            points = self.number(entry, "points", path, 1, 1, 1000)
            days = self.number(entry, "days", path, 0, 0, 3650)
            if steps and points <= steps[-1].points:
                self.bad(path, f"{points} points do not exceed the step before", "order the steps by rising points")
            if action is Action.RESTRICT and not days:
                self.bad(path, "a restriction has no end", "add days = 7")
            if days and action not in ENDS | {Action.SUSPEND}:
                self.bad(f"{path}.days", f"{action} has no end", "leave days out")
            steps.append(Step(points, action, days))
        return Ladder(
            tuple(steps),
            self.number(data, "strike_days", "ladder", 180, 1, 3650),
            self.number(data, "rectify_days", "ladder", 7, 1, 365),
        )

    def folds(self) -> tuple[FoldsOff, ...]:
        switches = []
        kinds, scenes = {k.value: k for k in Kind}, {s.value: s for s in Scene}
        for index, entry in enumerate(self.tables(self.data, "folds", "folds")):
            path = f"folds.{index}"
            for extra in sorted(entry.keys() - {"off", "kinds", "scenes"}):
                self.bad(f"{path}.{extra}", f"{extra} is not known here", "use off, kinds and scenes")
            off = self.several(entry, "off", path, {name: name for name in FOLDS}, ())
            if not off:
                self.bad(f"{path}.off", "no fold is switched off", 'write off = ["homophone"]')
            fitting = (
                self.several(entry, "kinds", path, kinds, Kind),
                self.several(entry, "scenes", path, scenes, Scene),
            )
            switches.append(FoldsOff(frozenset(off), *map(frozenset, fitting)))
        return tuple(switches)

    def several(
        self, data: Mapping[str, Any], key: str, path: str, known: Mapping[str, Any], default: Iterable[Any]
    ) -> list[Any]:
        """The values that a list of words stands for; the default where there is no list."""
        value = data.get(key)
        if value is None:
            return list(default)
        if not isinstance(value, list):
            self.bad(f"{path}.{key}", f"{key} is not a list", f'write {key} = ["{next(iter(known))}"]')
            return []
        return [self.one_of(word, known, f"{path}.{key}", f"a word of {key}", None) for word in value]
