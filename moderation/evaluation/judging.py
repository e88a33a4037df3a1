"""What the word lists, the model and both together make of labelled texts, each text alone: findings first, then arrays of verdicts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from moderation.core.decision import grounds
from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Check, Finding, Screening, Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Item, Kind, Scene, Submission
from moderation.detectors.detector import BatchClassifier
from moderation.detectors.panel import Panel
from moderation.evaluation.datasets import SAFE, Example
from moderation.evaluation.metrics import Bools, Floats

Told = Callable[[int, int | None], None]
"""Told how far long work is: how many are done, and of how many, where that is known."""

TELLINGS = 20
"""Progress is told about so many times."""


class System(StrEnum):
    """What is measured side by side.

    lists  the word lists alone: keywords, contacts and names
    model  the text classifier alone
    both   all of it, as it runs online
    """

    LISTS = "lists"
    MODEL = "model"
    BOTH = "both"


def scene_of(kind: Kind) -> Scene:
    """The scene in which a text is judged: that of a post for posts, registration for names and bios."""
    return Scene.POST if kind is Kind.POST else Scene.REGISTRATION


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in one text.

    findings  of all detectors, shadow ones too
    chances   the model's probability in [0, 1] of every category that it knows, however small
    """

    kind: Kind
    findings: tuple[Finding, ...]
    chances: Mapping[str, float]

    def seen_by(self, system: System) -> Screening:
        """What one of the systems alone would have found."""
        wanted = {System.LISTS: (False,), System.MODEL: (True,), System.BOTH: (False, True)}[system]
        seen = (finding for finding in self.findings if by_model(finding) in wanted)
        # Alone, the lists have nobody to excuse what they find.
        alone = (replace(f, ceiling=Verdict.REVIEW, excused="") if f.excused else f for f in seen)
        return Screening(tuple(alone if system is System.LISTS else seen))

    def earned(self, system: System, policy: Policy) -> dict[str, Verdict]:
        """The worst verdict that each category earns, of those that earn more than a pass."""
        worst: dict[str, Verdict] = {}
        for finding in self.seen_by(system).findings:
            verdict = policy.earned(finding, self.kind, scene_of(self.kind))
            if verdict > Verdict.PASS:
                worst[finding.category] = max(verdict, worst.get(finding.category, verdict))
        return worst

    def scores(self, system: System) -> dict[str, float]:
        """Each category's highest score in [0, 1]: of the findings, and for the model its probability."""
        best = self.seen_by(system).scores
        for category, chance in self.chances.items() if system is not System.LISTS else ():
            best[category] = max(chance, best.get(category, 0.0))
        return best

    def top(self, system: System, policy: Policy) -> str:
        """The category that the verdict rests on, by verdict, severity and score; "safe" for a text that passes."""
        found = grounds([(self.seen_by(system), self.kind)], policy, scene_of(self.kind)).categories
        return found[0] if found else SAFE


def by_model(finding: Finding) -> bool:
    return finding.source.partition("@")[0] == Check.CLASSIFIER


class Judge:
    """Asks a panel about one text after another. Each is scored alone, as calibration was fitted, since scores move a little in a batch.

    panel       the detectors of the word lists; its own classifier is left aside
    classifier  the model to measure
    """

    def __init__(self, panel: Panel, classifier: BatchClassifier) -> None:
        self._heard = _Heard(classifier)
        self._panel = Panel(panel.text, self._heard, excusing=panel.excusing, today=panel.today)

    def __call__(self, text: str, kind: Kind) -> Judgement:
        """Raises BadSetup if a check failed: what was not looked at cannot be measured."""
        [[screening]] = self._panel.screen([Submission(scene_of(kind), (Item(kind, text),))])
        if screening.unchecked:
            failed = ", ".join(screening.unchecked)
            raise BadSetup([Problem(self._heard.source, f"failed on a text ({failed})", "see the log for the cause")])
        return Judgement(kind, screening.findings, self._heard.last)

    def all(self, examples: Sequence[Example], told: Told) -> list[Judgement]:
        """The judgements of the examples, in their order."""
        found = []
        every = max(1, len(examples) // TELLINGS)
        for done, example in enumerate(examples, 1):
            found.append(self(example.text, example.kind))
            if done % every == 0 or done == len(examples):
                told(done, len(examples))
        return found

    def close(self) -> None:
        """Ends the panel's threads; the classifier stays open."""
        self._panel.close()


class _Heard:
    """A classifier that keeps its last answer whole, where the panel drops the smallest probabilities."""

    def __init__(self, classifier: BatchClassifier) -> None:
        self._classifier = classifier
        self._answer: Future[list[dict[str, float] | None]] | None = None

    @property
    def source(self) -> str:
        return self._classifier.source

    @property
    def last(self) -> dict[str, float]:
        """The scores of the one text that was asked about last; empty for one that was not checked."""
        return (self._answer.result()[0] if self._answer else None) or {}

    def submit(
        self, texts: Sequence[str], *, kinds: Sequence[Kind] | None = None, deadline: float | None = None
    ) -> "Future[list[dict[str, float] | None]]":
        self._answer = self._classifier.submit(texts, kinds=kinds, deadline=deadline)
        return self._answer


@dataclass(frozen=True)
class Board:
    """All texts with what is true and what the systems say, as arrays; systems in the order of System.

    categories  the codes of the columns, in the policy's order
    truth       [texts, categories + 1]: whether a category applies; last, whether any does
    verdicts    int8 [systems, texts, categories + 1]: the verdict a category earned, see Verdict; last, the worst of all
    scores      [systems, texts, categories] in [0, 1]: the highest of a category, 0 where there is none
    known       the categories that the model gives probabilities of
    """

    examples: Sequence[Example]
    judgements: Sequence[Judgement]
    categories: tuple[str, ...]
    truth: Bools
    verdicts: NDArray[np.int8]
    scores: Floats
    known: frozenset[str]

    @property
    def violating(self) -> Bools:
        """[texts]: whether any category applies."""
        violating: Bools = self.truth[:, -1]
        return violating

    def found(self, level: Verdict) -> Bools:
        """[systems, texts, categories + 1]: whether a category earned this verdict or a worse one; last, whether any did."""
        return self.verdicts >= level


def categories_of(examples: Iterable[Example], judgements: Iterable[Judgement], policy: Policy) -> tuple[str, ...]:
    """The categories that any text is labelled with, that the model knows, or that were found anywhere, in the policy's order."""
    seen = {label for example in examples for label in example.labels}
    for judgement in judgements:
        seen.update(judgement.chances, judgement.earned(System.BOTH, policy))
    return (*(code for code in policy.categories if code in seen), *sorted(seen - policy.categories.keys()))


def board_of(
    examples: Sequence[Example], judgements: Sequence[Judgement], categories: Sequence[str], policy: Policy
) -> Board:
    """The arrays of texts and their judgements, in the same order."""
    place = {code: at for at, code in enumerate(categories)}
    shape = (len(System), len(examples), len(categories))
    truth = np.zeros((shape[1], shape[2] + 1), dtype=bool)
    verdicts = np.zeros((*shape[:2], shape[2] + 1), dtype=np.int8)
    scores = np.zeros(shape)
    for row, (example, judgement) in enumerate(zip(examples, judgements, strict=True)):
        truth[row, [place[label] for label in example.labels]] = True
        truth[row, -1] = bool(example.labels)
        for which, system in enumerate(System):
            for code, verdict in judgement.earned(system, policy).items():
                verdicts[which, row, place[code]] = verdict
            for code, score in judgement.scores(system).items():
                if code in place:  # a finding that earns nothing may be of a category that nothing else is of
                    scores[which, row, place[code]] = score
    verdicts[:, :, -1] = verdicts[:, :, :-1].max(axis=2, initial=0)
    known = frozenset(code for judgement in judgements for code in judgement.chances)
    return Board(examples, judgements, tuple(categories), truth, verdicts, scores, known)
