"""Everything about the keyword engine: beside other matchers, compiled and loaded, per text, and what its folds find."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from moderation.settings import Settings
from moderation.text.lexicon import load_lexicon
from moderation.wiring import read_policy
from tests.bench import costs, lexicons, matching_texts, ours
from tests.bench.costs import Cost
from tests.bench.lexicons import Lists
from tests.bench.ours import Compared

CATEGORY = "gambling"
"""What the terms that are drawn pass for; it makes no difference."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    rounds      over short texts, and so many loadings
    compilings  of each set of lists
    texts       short ones
    bulk_bytes  of bulk text
    per_fold    so many terms at most are tried in each row of the fold table
    """

    rounds: int
    compilings: int
    texts: int
    bulk_bytes: int
    per_fold: int


@dataclass(frozen=True, slots=True)
class KeywordEngine:
    """What was measured.

    drawn, shipped  lists of the terms that were drawn for matching, and those that ship
    folds           the tables of `python -m moderation.evaluation.folds`, as Markdown
    """

    effort: Effort
    compared: Compared
    drawn: Lists
    shipped: Lists
    costs: list[Cost]
    folds: str


def measure(effort: Effort, say: Callable[[str], None]) -> KeywordEngine:
    settings = Settings.read({})
    say("keyword engine: drawing terms and texts")
    given = matching_texts.material(texts=effort.texts, bulk_bytes=effort.bulk_bytes)
    say("keyword engine: compiling and loading")
    with TemporaryDirectory(prefix="bench-") as work:
        lists, kept_in, kept_shipped = (Path(work) / name for name in ("lists", "kept", "kept-shipped"))
        lists.mkdir()
        (lists / f"{CATEGORY}.txt").write_text("\n".join(given.terms), encoding="utf-8")
        drawn = lexicons.measure(lists, [CATEGORY], kept_in, effort.compilings, effort.rounds)
        lexicon = load_lexicon(lists, [CATEGORY], kept_in)
        categories = read_policy(settings.policy).categories.keys()
        shipped = lexicons.measure(settings.wordlists, categories, kept_shipped, effort.compilings, effort.rounds)
    say("keyword engine: matching beside others")
    compared = ours.compare(lexicon, drawn.compile, given, effort.rounds)
    say("keyword engine: one text")
    one = costs.measure(given, effort.rounds)
    say("keyword engine: folds")
    return KeywordEngine(effort, compared, drawn, shipped, one, _folds(settings.wordlists, effort.per_fold))


def _folds(wordlists: Path, per_fold: int) -> str:
    command = [sys.executable, "-m", "moderation.evaluation.folds", "--wordlists", str(wordlists)]
    done = subprocess.run(
        [*command, "--per-fold", str(per_fold)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout.strip()
