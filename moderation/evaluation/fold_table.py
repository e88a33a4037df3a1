"""What `folds` measured, and how it is shown: recall by rewriting, the cost of each fold, and false alarms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from moderation.core.folded import FOLDS
from moderation.evaluation.metrics import table, wilson
from moderation.text.wordlist import Term

GOALS: Mapping[str, float] = {
    **dict.fromkeys(
        ("width", "case", "traditional", "invisible", "inserted", "repeated", "enclosed", "split", "emoji"), 0.98
    ),
    **dict.fromkeys(("look_alike", "look_alike_letters", "pinyin", "pinyin_spaced", "vertical", "reversed"), 0.95),
    **dict.fromkeys(("homophone", "fuzzy"), 0.90),
}
"""The least recall, in [0, 1], that a rewriting is held to."""

PAIR_GOAL = 0.90
REVIEW_GOAL, REJECT_GOAL = 0.001, 0.0002
"""The largest share of harmless texts that may be held for review or worse, and that may be refused."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: which rewritings, in which order, and the terms that are measured with them."""

    label: str
    names: tuple[str, ...]
    measured: Callable[[Term], bool]
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """A term as its list has it, as it was rewritten, and the text in which that was not found."""

    term: str
    written: str
    text: str


@dataclass(frozen=True)
class Recall:
    """How often a row's rewritings were found.

    terms    how many terms are measured with them
    tried    how many of these were drawn and could be rewritten
    found    how many of those a finding of the term's category, any but a shadow, told of in its place
    without  how many of those with the row's folds switched off
    severe   how many of those their list lets be refused
    refused  how many of these were found with that ceiling
    """

    row: Row
    terms: int
    tried: int = 0
    found: int = 0
    without: int = 0
    severe: int = 0
    refused: int = 0
    misses: Sequence[Miss] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many of a file's harmless texts a detector holds for review or worse, and how many it refuses.

    held  each of them: what was found, through which folds and how far it may go, and the text
    """

    detector: str
    file: str
    texts: int
    review: int
    reject: int
    held: Sequence[str] = ()


@dataclass(frozen=True)
class FoldTable:
    """What was measured.

    terms    how many terms could have been measured
    texts    how many harmless texts there are
    recalls  a line for each row, in their order
    review   for each fold how many harmless texts are held for review or worse, and would not be without it
    reject   for each fold how many are refused, and would not be without it
    alarms   a line for each detector and file
    """

    terms: int
    texts: int
    recalls: Sequence[Recall]
    review: Mapping[str, int]
    reject: Mapping[str, int]
    alarms: Sequence[Alarms]

    def markdown(self) -> str:
        """The tables and what they hold, for docs/benchmarks.md."""
        singles = [recall for recall in self.recalls if len(recall.row.names) < 2]
        pairs = [recall for recall in self.recalls if len(recall.row.names) == 2 and recall.tried]
        return "\n\n".join(
            [
                f"{self.terms} terms. Allowed: terms that are to be found so. Tried: those drawn that can be written so."
                " Found: something of the term's category where it stands, with the 95% interval (Wilson)."
                " Without: the same with the fold switched off."
                " Refused: found and refused, of those that their list lets be refused.",
                table(_RECALL, [self._recall_line(recall) for recall in singles]),
                "Two rewritings, one after the other:",
                table(_RECALL, [self._recall_line(recall) for recall in [*pairs, _all(pairs)]]),
                f"Harmless texts that are held, or refused, because of one fold alone; {self.texts} texts:",
                table(["Fold", "Held", "Per 100,000", "Refused", "Per 100,000"], list(self._cost_lines())),
                f"Harmless texts that are held (goal: at most {REVIEW_GOAL:.2%}) or refused (at most {REJECT_GOAL:.2%}):",
                table(["Detector", "File", "Texts", "Held", "Share", "Refused", "Share"], list(self._alarm_lines())),
            ]
        )

    def examples(self, most: int) -> str:
        """So many misses of each row, and all harmless texts that were held."""
        lines = []
        for recall in self.recalls:
            lines.append(f"{recall.row.label}: {_share(recall.found, recall.tried)}")
            lines += [f"  {miss.term} → {miss.written!r} in {miss.text!r}" for miss in recall.misses[:most]]
        for alarms in self.alarms:
            lines.append(f"harmless {alarms.file}, {alarms.detector}: {alarms.review} held, {alarms.reject} refused")
            lines += [f"  {held}" for held in alarms.held]
        return "\n".join(lines)

    def _recall_line(self, recall: Recall) -> list[str]:
        goal = recall.row.goal if recall.tried else None
        return [
            recall.row.label,
            f"{recall.terms} ({recall.terms / max(1, self.terms):.0%})" if recall.terms else "",
            str(recall.tried),
            _share(recall.found, recall.tried),
            f"{recall.without / recall.tried:.3f}" if recall.tried and recall.row.names else "",
            f"{recall.refused / recall.severe:.3f}" if recall.severe else "",
            "" if goal is None else f"{goal:.2f}",
            "" if goal is None else "yes" if recall.found >= goal * recall.tried else "no",
        ]

    def _cost_lines(self) -> Iterator[list[str]]:
        for name in FOLDS:
            counts = (self.review.get(name, 0), self.reject.get(name, 0))
            yield [name, *(cell for count in counts for cell in (str(count), _per_100_000(count, self.texts)))]

    def _alarm_lines(self) -> Iterator[list[str]]:
        for detector in dict.fromkeys(alarms.detector for alarms in self.alarms):
            rows = [alarms for alarms in self.alarms if alarms.detector == detector]
            total = Alarms(
                detector, "all", *(sum(getattr(row, n) for row in rows) for n in ("texts", "review", "reject"))
            )
            for row in [*rows, total]:
                held, refused = (_percent(count, row.texts) for count in (row.review, row.reject))
                yield [detector, row.file, str(row.texts), str(row.review), held, str(row.reject), refused]


_RECALL = ["Rewriting", "Allowed", "Tried", "Found", "Without", "Refused", "Goal", "Met"]


def _all(recalls: Sequence[Recall]) -> Recall:
    total = Recall(Row("all pairs", ("", ""), lambda _: True, PAIR_GOAL), 0)
    sums = {
        name: sum(getattr(recall, name) for recall in recalls)
        for name in ("tried", "found", "without", "severe", "refused")
    }
    return replace(total, **sums)


def _share(part: int, whole: int) -> str:
    if not whole:
        return ""
    low, high = wilson(part, whole)
    return f"{part / whole:.3f} ({low:.3f}–{high:.3f})"


def _percent(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"{part / max(1, whole):.2%} ({low:.2%}–{high:.2%})"


def _per_100_000(count: int, texts: int) -> str:
    low, high = wilson(count, texts)
    return f"{1e5 * count / max(1, texts):.0f} ({1e5 * low:.0f}–{1e5 * high:.0f})"
