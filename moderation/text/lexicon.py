"""The lexicon: every word list of a folder, checked and compiled into one automaton over folded text."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daachorse import CharwiseDoubleArrayAhoCorasick

from moderation.core.errors import BadSetup, Problem
from moderation.text.wordlist import Status, Term, Wordlist, read_wordlist


@dataclass(slots=True)
class Entry:
    """What one folded string stands for: terms of one or more categories, and what it spares as an allow-phrase.

    spares  categories all of whose terms it spares
    spared  the terms that name it in their own `allow`, as category and folded text
    """

    terms: list[Term] = field(default_factory=list)
    spares: set[str] = field(default_factory=set)
    spared: set[tuple[str, str]] = field(default_factory=set)

    @property
    def allows(self) -> bool:
        return bool(self.spares or self.spared)


class Lexicon:
    """Compiled lists; never changes. Quarantined terms are not in it; expired ones are, since days pass.

    version  the first 6 hexadecimal digits of a SHA-256 over the lists' categories and contents
    terms    how many live and shadow terms there are
    entries  what the number in a match stands for
    find     all matches in a folded text, overlapping ones too, as (start, end, number of the entry)
    """

    def __init__(self, wordlists: Iterable[Wordlist]) -> None:
        entries: dict[str, Entry] = {}
        self.terms = 0
        contents = hashlib.sha256()
        for wordlist in sorted(wordlists, key=lambda each: each.category):
            contents.update(f"{wordlist.category} {wordlist.digest}\n".encode())
            for term in wordlist.terms:
                if term.rules.status is Status.QUARANTINED:
                    continue
                self.terms += 1
                entries.setdefault(term.text, Entry()).terms.append(term)
                for phrase in term.rules.allow:
                    entries.setdefault(phrase, Entry()).spared.add((term.category, term.text))
            for allowed in wordlist.phrases:
                entries.setdefault(allowed.text, Entry()).spares.add(wordlist.category)
        self.version = contents.hexdigest()[:6]
        self.entries: Sequence[Entry] = tuple(entries.values())
        self.find = _finder(list(entries))


def _finder(patterns: list[str]) -> Callable[[str], list[tuple[int, int, int]]]:
    if not patterns:
        return lambda _: []
    return CharwiseDoubleArrayAhoCorasick(patterns, use_prefilter=False).find_overlapping


def read_wordlists(folder: Path, policy_categories: Collection[str]) -> list[Wordlist]:
    """Every list of a folder, by name, each with what is wrong with it; what cannot be read as a list has no terms."""
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    return [_read(file, policy_categories) for file in files]


def _read(file: Path, policy_categories: Collection[str]) -> Wordlist:
    name = f"{file.parent.name}/{file.name}"
    category = file.stem
    if category not in policy_categories:
        known = ", ".join(sorted(policy_categories))
        problem = Problem(name, f"{category!r} is no category of the policy", f"name the file after one of {known}")
        return Wordlist(name, category, problems=(problem,))
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        return Wordlist(name, category, problems=(Problem(f"{name}:{line}", "is not UTF-8", "save the file as UTF-8"),))
    except OSError as error:
        problem = Problem(name, f"cannot be read: {error.strerror}", "give this user read access")
        return Wordlist(name, category, problems=(problem,))
    return read_wordlist(text, name)


def load_lexicon(folder: Path, policy_categories: Collection[str]) -> Lexicon:
    """The lexicon of all `*.txt` of a folder, each named after a category.

    Raises BadSetup with everything that is wrong with any of them.
    """
    wordlists = read_wordlists(folder, policy_categories)
    problems = [problem for wordlist in wordlists for problem in wordlist.problems]
    if not wordlists:
        problems.append(Problem(str(folder), "has no word lists", "name the folder of gambling.txt and the rest"))
    if problems:
        raise BadSetup(problems)
    return Lexicon(wordlists)
