"""What `moderation wordlists check` says about lists: what is in them, what is wrong, what hits harmless texts, what adds nothing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.core.errors import Problem
from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind
from moderation.text.lexicon import read_wordlists
from moderation.text.scanning import BITS
from moderation.text.variants import allowed, length
from moderation.text.wordlist import Rules, Status, Term, Wordlist

ONE_IN = 1_000
"""A term that counts in more than one of so many harmless texts does harm."""

FULL_LENGTH = 4
"""From so many Chinese characters on a term found through other characters earns all that it may."""

KINDS = {"usernames": Kind.USERNAME, "bios": Kind.BIO, "posts": Kind.POST}
"""What the texts of a file are, by its name without its ending; those of other files are of any kind."""

Hits = Callable[[str], Iterable[tuple[Term, Finding]]]
"""All terms that count in a text of any kind and scene, each with its finding."""


@dataclass(frozen=True, slots=True)
class ListReport:
    """One list: its terms by status, without those that are wrong, its allow-phrases, and its problems by line."""

    name: str
    category: str
    terms: dict[Status, int]
    phrases: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All lists of a folder, by name."""

    lists: tuple[ListReport, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all lists; while there is one, `load_lexicon` refuses the folder."""
        return tuple(problem for report in self.lists for problem in report.problems)


def check_wordlists(folder: Path, policy_categories: Collection[str]) -> Report:
    """Reads every list of a folder and says what is there and what is wrong."""
    return Report(tuple(map(_report, read_wordlists(folder, policy_categories))))


def _report(wordlist: Wordlist) -> ListReport:
    statuses = [term.rules.status for term in wordlist.terms]
    counts = {status: statuses.count(status) for status in Status}
    return ListReport(wordlist.name, wordlist.category, counts, len(wordlist.phrases), wordlist.problems)


@dataclass(frozen=True, slots=True)
class Sample:
    """A harmless text: its kind, None for any, and the file and 1-based line that it stands in."""

    text: str
    kind: Kind | None
    where: str


def read_samples(path: Path) -> list[Sample]:
    r"""The texts of a file, one a line with a literal `\n` for a line break, or of every `*.txt` of a folder.

    Blank lines are none. What is not UTF-8 is read as U+FFFD. Raises OSError for what cannot be read.
    """
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    return [sample for file in files for sample in _samples(file)]


def _samples(file: Path) -> Iterator[Sample]:
    lines = file.read_bytes().decode(errors="replace").removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            yield Sample(text.replace("\\n", "\n"), KINDS.get(file.stem), f"{file.name}:{number}")


def harmful(counts: Mapping[Term, int], samples: Sequence[Sample]) -> list[tuple[Term, int, int]]:
    """Terms that count in more than 1 in ONE_IN of the texts where they may, with how many and of how many; the worst first.

    counts  in how many of the texts each term counts
    """
    of_kind = {kind: sum(sample.kind is kind for sample in samples) for kind in (*Kind, None)}
    found = []
    for term, count in counts.items():
        among = of_kind[None] + sum(of_kind[kind] for kind in term.rules.kinds)
        if too_often(count, among):
            found.append((term, count, among))
    return sorted(found, key=lambda each: (-each[1], each[0].category, each[0].line))


def too_often(count: int, texts: int) -> bool:
    """
    >>> too_often(8, 8_000), too_often(9, 8_000)
    (False, True)
    """
    return count * ONE_IN > texts


@dataclass(frozen=True, slots=True)
class Redundant:
    """A term that another one of its category makes needless.

    by    the other one
    lost  the folds through which it alone is found, or more surely; with none, it can go
    """

    term: Term
    by: Term
    lost: tuple[str, ...]


def redundant_terms(
    wordlists: Iterable[Wordlist], hits: Hits, severities: Mapping[str, int], tell: Callable[[int, int], None]
) -> Iterator[Redundant]:
    """Terms in which another one of the category counts as surely anyway; shortest first, and none because of one that is told.

    severities  of the categories, for terms that have none of their own
    tell        is called with how many terms were looked at, and of how many
    """
    terms = [term for each in wordlists for term in each.terms if term.rules.status is not Status.QUARANTINED]
    terms.sort(key=lambda term: (len(term.text), term.category, term.line))
    gone: set[Term] = set()
    needed: set[Term] = set()
    for done, term in enumerate(terms, 1):
        tell(done, len(terms))
        if term in needed:
            continue
        severity = severities[term.category]
        covering = [
            other
            for other, finding in hits(term.text)
            if other != term
            and other not in gone
            and _as_wide(other.rules, term.rules, severity)
            and _covers(other, finding, term)
        ]
        if covering:
            by = min(covering, key=lambda other: (len(_lost(term, other)), len(other.text), other.line))
            gone.add(term)
            needed.add(by)
            yield Redundant(term, by, _lost(term, by))


def _covers(other: Term, finding: Finding, term: Term) -> bool:
    """Whether a finding of the other term in the text of this one says as much as this one would."""
    if other.category != term.category or finding.span is None:
        return False
    # A shadow term's finding tells nothing of what the term would earn.
    earned = other.rules.ceiling if other.rules.status is Status.SHADOW else finding.ceiling
    if earned < term.rules.ceiling:
        return False
    whole = (finding.span.start, finding.span.end) == (0, len(term.text))
    return whole or not finding.folds


def _as_wide(other: Rules, rules: Rules, severity: int) -> bool:
    """Whether the other term counts wherever this one does, and for no less."""
    return (
        not (other.near or other.far or other.allow)
        and (other.severity or severity) >= (rules.severity or severity)
        and other.kinds >= rules.kinds
        and other.scenes >= rules.scenes
        and other.ceiling >= rules.ceiling
        and other.status in (Status.LIVE, rules.status)
        and (other.expires is None or (rules.expires is not None and other.expires >= rules.expires))
    )


def _lost(term: Term, other: Term) -> tuple[str, ...]:
    lost = {name for name in FOLDS if f"-{name}" in other.rules.folds and f"-{name}" not in term.rules.folds}
    beyond = allowed(term) & ~allowed(other)
    lost.update(name for name in FOLDS if BITS[name] & beyond)
    for name in ("homophone", "look_alike"):
        if BITS[name] & allowed(term) and _surely(term, name) and not _surely(other, name):
            lost.add(name)
    return tuple(name for name in FOLDS if name in lost)


def _surely(term: Term, fold: str) -> bool:
    return length(term.text) >= FULL_LENGTH or f"+{fold}" in term.rules.folds


def in_words(result: Redundant) -> Problem:
    """A redundant term as a line for the operator."""
    term, by = result.term, result.by
    ceiling = "" if by.rules.ceiling is Verdict.REJECT else f", {by.rules.ceiling.word}"
    reason = f"{term.written!r} is found by {by.written!r} (line {by.line}{ceiling}) anyway"
    if result.lost:
        return Problem(f"{term.category}.txt:{term.line}", reason, f"without it, lost are {', '.join(result.lost)}")
    return Problem(f"{term.category}.txt:{term.line}", reason, "drop it")
