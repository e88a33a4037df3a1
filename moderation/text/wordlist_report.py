"""What `moderation wordlists check` says about a folder of lists: how much is in each, and what is wrong with it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from moderation.core.errors import Problem
from moderation.text.lexicon import read_wordlists
from moderation.text.wordlist import Status, Wordlist


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
