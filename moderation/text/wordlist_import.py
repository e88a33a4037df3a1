"""Which words of a file may become terms of a list, which are held back and why, and how the list takes them in, whole or not at all."""

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from moderation.core.errors import BadSetup, Conflict
from moderation.text.jieba_words import counted
from moderation.text.lexicon import Lexicon
from moderation.text.scanning import the_scanner
from moderation.text.segmentation import han
from moderation.text.tables import LINE_ENDS, SEPARATORS
from moderation.text.wordlist import Rules, Term, Wordlist, read_wordlist
from moderation.text.wordlist_formats import LOST, Entry
from moderation.text.wordlist_report import ONE_IN, too_often

LONGEST = 64
"""A word of more characters than this is a sentence."""

EVERYDAY = 500
"""From this count on in jieba's dictionary a word of two characters is an everyday one.

Some 8,300 of its 114,000 words of two characters are, 82% of all uses. Of the terms of two characters that the lists of this
product let reject by themselves none reaches it: the commonest is counted 438 times.
"""

QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "「": "」", "『": "』", "＂": "＂"}

_COMMAS = ",，、"
_WEIGHT = re.compile(r"(.*?\S)(?:\s*=\s*|\s+)\d+(?:\.\d+)?(?:\s+[a-z]{1,4})?")
_AFTER_EQUALS = re.compile(r"(.*?\S)\s*=\s*\d+(?:\.\d+)?")
_PATTERN = re.compile(r"\.[*+?{]|\\[dwsbDWSB]|\(\?|\][*+?{]|\w\|\w|[^\W\d_a-zA-Z]\s*&")


class Fate(StrEnum):
    """What becomes of an entry; one that is only told of is imported."""

    REFUSED = "refused"
    HELD = "held"
    SKIPPED = "skipped"
    TOLD = "told"


class Why(StrEnum):
    """Why, in the words of the summary."""

    UNREADABLE = "no word can be read there"
    EMPTY = "nothing is left once folded"
    SEMICOLON = "a semicolon"
    SEVERAL = "several words in one"
    SENTENCE = "the end of a sentence or line inside"
    LONG = "too long"
    SINGLE = "a single character"
    MARKED = "begins with a mark of the lists' grammar"
    PATTERN = "a pattern, not a word"
    ALLOWED = "an allow-phrase of the category"
    EVERYDAY = "everyday words"
    HARMFUL = "found in harmless texts"
    REPEATED = "twice in the file"
    LISTED = "in the list already"
    ELSEWHERE = "in another category's list too"
    CLEANED = "cleaned"
    FORCED = "imported by force, for review alone"


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of one entry, by the line that it begins in."""

    line: int
    text: str
    fate: Fate
    why: Why
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word to import: as it will be written, folded, and its line in the file; `review` if it may earn no more than that."""

    line: int
    written: str
    text: str
    review: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do: words in the order of the file, and notes on entries by line."""

    words: tuple[Word, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Benign:
    """Harmless texts, as far as an import needs them: how many there are, and in how many of them each term of a lexicon counts."""

    texts: int
    counts: Callable[[Lexicon], Mapping[Term, int]]


class _Bad(Exception):
    """An entry that is not imported."""

    def __init__(self, fate: Fate, why: Why, reason: str, fix: str) -> None:
        self.said = (fate, why, reason, fix)


def plan(entries: Sequence[Entry], category: str, lists: Sequence[Wordlist], benign: Benign, *, force: bool) -> Plan:
    """Which words can join the list of this category, given all lists without problems, and what is wrong with the others.

    force  words that are dangerous are imported all the same, for review alone
    """
    mostly_weighted = sum(_WEIGHT.fullmatch(entry.text.strip()) is not None for entry in entries) * 2 > len(entries)
    known = _Known(category, lists)
    words: dict[str, Word] = {}
    notes: list[Note] = []
    for entry in entries:
        try:
            word, removed = _word(entry, mostly_weighted)
            known.refuse(word, words)
        except _Bad as bad:
            notes.append(Note(entry.line, entry.text, *bad.said))
            continue
        words[word.text] = word
        if removed:
            reason = f"is taken as {word.written!r}, without {' and '.join(removed)}"
            notes.append(Note(entry.line, entry.text, Fate.TOLD, Why.CLEANED, reason, "mend the list if that is wrong"))
        if elsewhere := known.elsewhere(word):
            fix = "drop one of them if both are not meant"
            notes.append(Note(entry.line, entry.text, Fate.TOLD, Why.ELSEWHERE, elsewhere, fix))
    for word, why, reason in _dangers(words, known.own, benign):
        if force:
            words[word.text] = replace(word, review=True)
            notes.append(
                Note(word.line, word.written, Fate.TOLD, Why.FORCED, reason, "it is written with ceiling=review")
            )
        else:
            del words[word.text]
            fix = "lengthen it, or write it into the list yourself with with= or allow=; --force imports it for review alone"
            notes.append(Note(word.line, word.written, Fate.HELD, why, reason, fix))
    return Plan(tuple(words.values()), tuple(sorted(notes, key=lambda note: note.line)))


def _word(entry: Entry, mostly_weighted: bool) -> tuple[Word, list[str]]:
    """The word of an entry, and what was taken off it. Raises _Bad for what no list can hold."""
    if entry.reason:
        raise _Bad(Fate.REFUSED, Why.UNREADABLE, entry.reason, entry.fix)
    if LOST in entry.text:
        raise _Bad(Fate.REFUSED, Why.UNREADABLE, "has bytes that are no text", "write the word anew")
    # Folded as well, since one character may stand for two ends.
    if not SEPARATORS.isdisjoint(entry.text.strip() + the_scanner().fold(entry.text.strip())):
        raise _Bad(Fate.REFUSED, Why.SENTENCE, "has the end of a sentence or line in it", "write words, one an entry")
    written, removed = cleaned(entry.text, mostly_weighted)
    if ";" in written or "；" in written:
        fix = "write words alone; a list in this product's grammar is copied into the folder, not imported"
        raise _Bad(Fate.REFUSED, Why.SEMICOLON, "has a semicolon, which sets off fields in a list", fix)
    if written.startswith(("*", "+", "#")):
        reason = f"begins with {written[0]!r}, which marks what is no term in a list"
        raise _Bad(Fate.REFUSED, Why.MARKED, reason, "drop the mark if a term is meant")
    if _PATTERN.search(written):
        fix = "write plain words; what must stand near goes into the list as with="
        raise _Bad(Fate.REFUSED, Why.PATTERN, "is a pattern or a combination, and terms are plain text", fix)
    if any(comma in written for comma in _COMMAS):
        raise _Bad(Fate.REFUSED, Why.SEVERAL, "has a comma inside, as several words have", "write one word an entry")
    text = the_scanner().fold(written)
    if not text:
        fix = "write letters, digits or characters"
        raise _Bad(Fate.REFUSED, Why.EMPTY, "has nothing but symbols, which are skipped", fix)
    if len(text) == 1:
        fix = "write at least two characters"
        raise _Bad(Fate.REFUSED, Why.SINGLE, f"is the single character {text!r} once folded", fix)
    if max(len(written), len(text)) > LONGEST:
        raise _Bad(Fate.REFUSED, Why.LONG, f"has more than {LONGEST} characters", "write the part that tells")
    return Word(entry.line, written, text), removed


def cleaned(text: str, mostly_weighted: bool = False) -> tuple[str, list[str]]:
    """A word without what lists put around it, and what that was.

    A number after a blank is a weight if a Chinese character stands before it, or if most entries end so.

    >>> cleaned("“百家乐”, ")
    ('百家乐', ['a comma', 'quotes'])
    >>> cleaned("彩金=3"), cleaned("彩金 3 n"), cleaned("iphone 15"), cleaned("vx 15", mostly_weighted=True)
    (('彩金', ['a weight']), ('彩金', ['a weight']), ('iphone 15', []), ('vx', ['a weight']))
    """
    shown = "".join(
        " " if c == "\t" else c for c in text if c == "\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    removed = [] if len(shown) == len(text) else ["characters that do not show"]
    word, before = shown.strip(), ""
    while word != before:
        before = word
        bare = word.strip(_COMMAS).strip()
        if bare != word:
            word, what = bare, "a comma"
        elif len(word) > 1 and QUOTES.get(word[0]) == word[-1]:
            word, what = word[1:-1].strip(), "quotes"
        elif (found := _WEIGHT.fullmatch(word)) and (mostly_weighted or _weighs(found[1], word)):
            word, what = found[1], "a weight"
        else:
            break
        if what not in removed:
            removed.append(what)
    return word, removed


def _weighs(word: str, whole: str) -> bool:
    return han(word[-1]) or word[-1] in QUOTES.values() or _AFTER_EQUALS.fullmatch(whole) is not None


class _Known:
    """What the lists have already."""

    def __init__(self, category: str, lists: Sequence[Wordlist]) -> None:
        found = [each for each in lists if each.category == category]
        self.own = found[0] if found else Wordlist(f"{category}.txt", category)
        self._terms = {term.text: term for term in self.own.terms}
        self._phrases = {phrase.text: phrase for phrase in self.own.phrases}
        self._elsewhere: dict[str, list[str]] = {}
        for each in lists:
            if each.category != category:
                for term in each.terms:
                    self._elsewhere.setdefault(term.text, []).append(f"{each.name}:{term.line}")

    def refuse(self, word: Word, words: Mapping[str, Word]) -> None:
        """Raises _Bad for a word that the file or the list has already, or that the list spares."""
        if twin := words.get(word.text):
            reason = f"is the word of line {twin.line} ({twin.written!r}) once folded"
            raise _Bad(Fate.SKIPPED, Why.REPEATED, reason, "keep one of the two")
        if term := self._terms.get(word.text):
            reason = f"is the {term.rules.status} term {term.written!r} of {self.own.name}:{term.line} once folded"
            raise _Bad(Fate.SKIPPED, Why.LISTED, reason, "edit that line if it is to change")
        if phrase := self._phrases.get(word.text):
            reason = f"is the allow-phrase of {self.own.name}:{phrase.line}, which says that it is harmless"
            raise _Bad(Fate.REFUSED, Why.ALLOWED, reason, "drop one of the two")

    def elsewhere(self, word: Word) -> str:
        """Where other categories have it, as a sentence; "" if none does."""
        places = self._elsewhere.get(word.text)
        return f"is a term of {' and '.join(places)} too" if places else ""


def _dangers(words: Mapping[str, Word], own: Wordlist, benign: Benign) -> list[tuple[Word, Why, str]]:
    """Words that would hit harmless texts, with why and a reason."""
    terms = [Term(own.category, text, word.written, word.line, Rules()) for text, word in words.items()]
    lexicon = Lexicon.of([Wordlist(own.name, own.category, terms=tuple(terms), phrases=own.phrases)])
    counts = {term.text: count for term, count in benign.counts(lexicon).items()} if terms else {}
    common = everyday_words()
    found = []
    for text, word in words.items():
        if too_often(counts.get(text, 0), benign.texts):
            reason = f"is found in {counts[text]:,} of {benign.texts:,} harmless texts, more than 1 in {ONE_IN:,}"
            found.append((word, Why.HARMFUL, reason))
        elif text in common:
            reason = f"is an everyday word: jieba's dictionary counts it {common[text]:,} times, {EVERYDAY} or more"
            found.append((word, Why.EVERYDAY, reason))
    return found


@lru_cache(maxsize=1)
def everyday_words() -> dict[str, int]:
    """The everyday words of two characters, and how often jieba's dictionary counts each."""
    return {word: count for word, count in counted() if len(word) == 2 and count >= EVERYDAY}


def appended(before: str, words: Sequence[Word], fields: Mapping[str, str], source: str, day: date) -> str:
    r"""The text of a list with the words at its end, and the defaults afterwards as they were.

    before  the list as it is, "" for none
    fields  of all these words, as the grammar writes them; none of the list's own defaults hold for them
    source  the name of the file that they come from

    >>> words = [Word(1, "百家乐", "百家乐"), Word(2, "客服", "客服", review=True)]
    >>> print(appended("* severity=4\n洗码\n", words, {"severity": "2"}, "words.csv", date(2026, 11, 22)), end="")
    * severity=4
    洗码
    <BLANKLINE>
    # imported 2026-11-22 from words.csv: 2 terms
    * severity=2
    百家乐
    客服 ; ceiling=review
    # as before the import
    * severity=4
    """
    marked = [line.strip() for line in before.split("\n") if line.strip().startswith("*")]
    shown = "".join(c for c in source if unicodedata.category(c)[0] != "C" and c not in LINE_ENDS)
    block = [
        f"# imported {day} from {shown}: {len(words)} term{'s' * (len(words) > 1)}",
        " ".join(["*", " ; ".join(f"{name}={value}" for name, value in fields.items())]).strip(),
        *(f"{word.written} ; ceiling=review" if word.review else word.written for word in words),
        "# as before the import",
        marked[-1] if marked else "*",
    ]
    gap = "" if not before.strip() else "\n" if before.endswith("\n") else "\n\n"
    return before + gap + "\n".join(block) + "\n"


def check_candidate(lists: Sequence[Wordlist], category: str, text: str) -> None:
    """Compiles all lists with this text as the one of its category. Raises BadSetup with everything that is wrong with it."""
    candidate = read_wordlist(text, f"{category}.txt")
    if candidate.problems:
        raise BadSetup(candidate.problems)
    Lexicon.of([*(each for each in lists if each.category != category), candidate])


def replace_list(path: Path, text: str, before: bytes | None) -> None:
    """Puts a list in the place of the one that is there: readers see the old one or the new one, whole.

    before  what was read of it, None where there was none; raises Conflict if it is something else by now

    Raises OSError naming the list where it cannot be written; the old one stays.
    """
    path = path.resolve()
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        if (path.read_bytes() if path.exists() else None) != before:
            raise Conflict(f"{path} was changed in the meantime; run the import again")
        os.replace(partial, path)
        partial = None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if partial is not None:
            os.unlink(partial)
