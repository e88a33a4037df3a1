"""Reads wordlists/exempt.toml into exemptions, or says all that is wrong with it."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from moderation.core.errors import BadSetup, Problem
from moderation.core.exemptions import EXEMPTABLE, Exemption, Exemptions
from moderation.core.submission import MAX_ACCOUNT_ID
from moderation.core.toml_text import parse_toml

_KEYS = ("account", "categories", "proof", "granted_by", "until")
_HEADER = re.compile(r"^\s*\[\[\s*exempt\s*\]\]")


def load_exemptions(path: Path) -> Exemptions:
    """The exemptions of a file, none where there is no such file. Raises BadSetup with everything that is wrong with it."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return Exemptions()
    except OSError as error:
        problem = Problem(name, f"cannot be read: {error.strerror}", "give this user read access")
        raise BadSetup([problem]) from error
    except UnicodeDecodeError as error:
        raise BadSetup([Problem(name, "is not UTF-8", "save it as UTF-8")]) from error
    return parse_exemptions(text, name)


def parse_exemptions(text: str, name: str = "exempt.toml") -> Exemptions:
    """The exemptions that the TOML text says; `name` is what problems call the file.

    Raises BadSetup with every problem: the file and line of the entry, what is wrong and how to fix it.

    >>> parse_exemptions('[[exempt]]\\naccount = "42"\\ncategories = ["porn"]')
    Traceback (most recent call last):
    moderation.core.errors.BadSetup: exempt.toml:1: proof is None; write proof = "…", a string of 1 to 200 characters
    ...
    """
    text = text.removeprefix("\ufeff")
    data = parse_toml(text, name)
    problems = [
        Problem(f"{name}:1", f"{key} is not known here", "write [[exempt]] for each account")
        for key in sorted(data.keys() - {"exempt"})
    ]
    entries = data.get("exempt", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(Problem(f"{name}:1", "exempt is not an array of tables", "write [[exempt]] for each account"))
        entries = []
    lines = [number for number, row in enumerate(text.splitlines(), 1) if _HEADER.match(row)]
    exemptions: list[Exemption] = []
    for at, entry in enumerate(entries):
        where = f"{name}:{lines[at] if at < len(lines) else 1}"
        wrong = list(_wrong(entry, exemptions, where))
        problems += wrong
        if not wrong:
            exemptions.append(Exemption(**{**entry, "categories": frozenset(entry["categories"])}))
    if problems:
        raise BadSetup(problems)
    return Exemptions(exemptions)


def _wrong(entry: Mapping[str, Any], before: list[Exemption], where: str) -> list[Problem]:
    problems = [
        Problem(where, f"{key} is not known here", f"use {', '.join(_KEYS)}")
        for key in sorted(entry.keys() - set(_KEYS))
    ]
    for key in ("account", "proof", "granted_by"):
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_ACCOUNT_ID:
            fix = f'write {key} = "…", a string of 1 to {MAX_ACCOUNT_ID} characters'
            problems.append(Problem(where, f"{key} is {value!r}", fix))
    categories = entry.get("categories")
    if not isinstance(categories, list) or not categories or not set(map(str, categories)) <= set(EXEMPTABLE):
        problems.append(Problem(where, f"categories is {categories!r}", f"list some of {', '.join(EXEMPTABLE)}"))
    until = entry.get("until")
    if type(until) is not date:  # a time of day would be one, too
        problems.append(
            Problem(where, f"until is {until!r}", "write the last day on which it holds, until = 2027-12-31")
        )
    if problems:
        return problems
    assert isinstance(categories, list)
    twice = {c for one in before if one.account == entry["account"] for c in one.categories & set(categories)}
    if twice:
        reason = f"{entry['account']!r} is exempt from {', '.join(sorted(twice))} already"
        problems.append(Problem(where, reason, "keep one entry for each account and category"))
    return problems
