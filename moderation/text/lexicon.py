"""The lexicon: every word list of a folder, checked and compiled into an index of folded strings and one by sound."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import BadSetup, Problem
from moderation.text import compiled, variants
from moderation.text.compiled import Compiled
from moderation.text.plain_index import build_plain
from moderation.text.scanning import BITS, Match, the_scanner
from moderation.text.sound_index import Pattern, build_index
from moderation.text.wordlist import Rules, Status, Term, Wordlist, read_wordlist


@dataclass(slots=True)
class Entry:
    """What one folded string stands for.

    writings  the terms it is a writing of, and the folds, as a set of bits, that the writing is made by
    spares    categories all of whose terms it spares, being an allow-phrase
    spared    numbers of the terms that name it in their own `allow`
    """

    writings: list[tuple[int, int]] = field(default_factory=list)
    spares: set[str] = field(default_factory=set)
    spared: set[int] = field(default_factory=set)

    @property
    def allows(self) -> bool:
        return bool(self.spares or self.spared)


class Lexicon:
    """Compiled lists; never changes. Safe to use from several threads.

    version  the first 6 hexadecimal digits of a SHA-256 over the lists' categories and contents
    terms    how many live and shadow terms there are; expired ones too, since days pass
    scan     what a text has and hides: see `Index.scan`; the numbers of matches are those of entries, owners are terms
    """

    def __init__(self, kept: Compiled) -> None:
        self.version = kept.version
        self.compiled = kept
        self.terms = len(kept.term_line)
        self.scan = the_scanner().index(kept.plain, kept.index).scan
        self._terms: dict[int, Term] = {}
        self._entries: dict[int, Entry] = {}
        self._rules: dict[int, Rules] = {}

    @classmethod
    def of(cls, wordlists: Iterable[Wordlist]) -> "Lexicon":
        """Compiles lists without problems."""
        ordered = sorted(wordlists, key=lambda each: each.category)
        return cls(compile_lists(ordered))

    def find(self, text: str) -> Sequence[Match]:
        """The entries that stand in the folded text alone."""
        found = self.scan(text, 0)
        return found[1] if found else ()

    def term(self, number: int) -> Term:
        term = self._terms.get(number)
        if term is None:
            kept = self.compiled
            at = int(kept.term_rules[number])
            rules = self._rules.get(at)
            if rules is None:
                rules = self._rules[at] = compiled.rules_from(kept.rules[at])
            category = kept.categories[kept.term_category[number]]
            line = int(kept.term_line[number])
            term = self._terms[number] = Term(category, self._texts[number], self._written[number], line, rules)
        return term

    def entry(self, number: int) -> Entry:
        entry = self._entries.get(number)
        if entry is None:
            kept = self.compiled
            writings = kept.writings[kept.entry_at[number] : kept.entry_at[number + 1]].tolist()
            allows = kept.allows[kept.allow_at[number] : kept.allow_at[number + 1]].tolist()
            spares = {kept.categories[category] for category, _ in allows if category >= 0}
            entry = Entry(
                [(term, folds) for term, folds in writings], spares, {term for _, term in allows if term >= 0}
            )
            self._entries[number] = entry
        return entry

    @cached_property
    def _texts(self) -> list[str]:
        return self.compiled.texts.split("\n")

    @cached_property
    def _written(self) -> list[str]:
        return self.compiled.written.split("\n")


def compile_lists(wordlists: Sequence[Wordlist]) -> Compiled:
    """The lists as arrays, in their order."""
    categories = tuple(dict.fromkeys(wordlist.category for wordlist in wordlists))
    places = {category: place for place, category in enumerate(categories)}
    terms = [term for each in wordlists for term in each.terms if term.rules.status is not Status.QUARANTINED]
    entries: dict[str, int] = {}
    writings: list[tuple[int, int, int]] = []
    allows: list[tuple[int, int, int]] = []
    patterns: list[Pattern] = []
    for number, term in enumerate(terms):
        writings.append((entries.setdefault(term.text, len(entries)), number, 0))
        if folds := variants.allowed(term):
            if folds & BITS["initials"] and (letters := variants.initials(term.text)):
                writings.append((entries.setdefault(letters, len(entries)), number, BITS["initials"]))
            if folds & BITS["numeral"]:
                forms = variants.numbered(term.text)
                writings += ((entries.setdefault(form, len(entries)), number, BITS["numeral"]) for form in forms)
            for form, fold in variants.reordered(term.text, folds):
                writings.append((entries.setdefault(form, len(entries)), number, fold))
            patterns += [Pattern(text, number, *made) for text, *made in variants.sounding(term.text, folds)]
        for phrase in term.rules.allow:
            allows.append((entries.setdefault(phrase, len(entries)), -1, number))
    for wordlist in wordlists:
        for allowed in wordlist.phrases:
            allows.append((entries.setdefault(allowed.text, len(entries)), places[wordlist.category], -1))
    rules: dict[Rules, int] = {}
    contents = "".join(f"{each.category} {each.digest}\n" for each in wordlists)
    entry_at, writing_rows = _by_entry(writings, len(entries))
    allow_at, allow_rows = _by_entry(allows, len(entries))
    return Compiled(
        version=hashlib.sha256(contents.encode()).hexdigest()[:6],
        plain=build_plain(list(entries)),
        index=build_index(patterns),
        categories=categories,
        texts="\n".join(term.text for term in terms),
        written="\n".join(term.written for term in terms),
        term_rules=np.array([rules.setdefault(term.rules, len(rules)) for term in terms], np.uint32),
        rules=tuple(map(compiled.rules_as_json, rules)),
        term_category=np.array([places[term.category] for term in terms], np.uint8),
        term_line=np.array([term.line for term in terms], np.uint32),
        entry_at=entry_at,
        writings=writing_rows.astype(np.uint32),
        allow_at=allow_at,
        allows=allow_rows.astype(np.int32),
    )


def _by_entry(rows: Sequence[tuple[int, int, int]], entries: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Rows of an entry's number and two more, in the order of entries without their numbers, and where each entry's begin."""
    table = np.array(rows, np.int64).reshape(-1, 3)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return np.searchsorted(table[:, 0], np.arange(entries + 1)).astype(np.uint32), table[:, 1:]


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


def load_lexicon(folder: Path, policy_categories: Collection[str], kept_in: Path | None = None) -> Lexicon:
    """The lexicon of all `*.txt` of a folder, each named after a category.

    kept_in  a folder where compiled lexicons are kept, so that the same lists are compiled once; None to compile anew

    Raises BadSetup with everything that is wrong with any of them.
    """
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    key = compiled.key(files, policy_categories)
    kept = compiled.load(kept_in, key) if kept_in and key else None
    if kept is None:
        kept = compile_lists(_sound_lists(folder, policy_categories))
        # Of what was read, unless it was edited in between.
        if kept_in and key and key == compiled.key(files, policy_categories):
            compiled.save(kept, kept_in, key)
    return Lexicon(kept)


def _sound_lists(folder: Path, policy_categories: Collection[str]) -> list[Wordlist]:
    wordlists = read_wordlists(folder, policy_categories)
    problems = [problem for wordlist in wordlists for problem in wordlist.problems]
    if not wordlists:
        problems.append(Problem(str(folder), "has no word lists", "name the folder of gambling.txt and the rest"))
    if problems:
        raise BadSetup(problems)
    return wordlists
