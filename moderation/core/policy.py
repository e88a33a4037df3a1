"""The policy: the agreement's categories as data, with thresholds, caps and the ladder; what a finding earns under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from moderation.core.finding import Finding, Verdict
from moderation.core.strikes import Ladder
from moderation.core.submission import Kind, Scene


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score on (inclusive, in [0, 1]) a finding earns a review or a rejection."""

    review: float = 0.5
    reject: float = 0.9

    def earned(self, score: float) -> Verdict:
        """
        >>> Thresholds(0.5, 0.9).earned(0.9).word
        'reject'
        """
        if score >= self.reject:
            return Verdict.REJECT
        return Verdict.REVIEW if score >= self.review else Verdict.PASS


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of prohibited content.

    clause      part.section of the agreement, e.g. "3.1.1.7"
    titles      by language, "zh" and "en"
    messages    by language: to the author, why and how to fix it; never what was matched
    severity    1–4, what one upheld violation adds to an account's strikes
    cap         the worst verdict a machine may give
    caps        by detector, where it differs from `cap`
    second_opinion  a listed term that asks for a person is excused where no score of the classifier reaches this; 0: never
    thresholds  for all kinds and scenes but those in `by_kind` and `by_scene`; a scene's go before a kind's, a detector's before both
    """

    code: str
    clause: str
    titles: Mapping[str, str]
    messages: Mapping[str, str]
    severity: int
    cap: Verdict
    caps: Mapping[str, Verdict] = field(default_factory=dict)
    thresholds: Thresholds = Thresholds()
    by_kind: Mapping[Kind, Thresholds] = field(default_factory=dict)
    by_scene: Mapping[Scene, Thresholds] = field(default_factory=dict)
    by_detector: Mapping[str, Thresholds] = field(default_factory=dict)
    second_opinion: float = 0.0

    def earned(self, finding: Finding, kind: Kind, scene: Scene) -> Verdict:
        """The least of what the finding's score reaches, its own ceiling and this category's cap."""
        detector = finding.detector
        thresholds = (
            self.by_detector.get(detector) or self.by_scene.get(scene) or self.by_kind.get(kind) or self.thresholds
        )
        cap = self.caps.get(detector, self.cap)
        return min(thresholds.earned(finding.score), finding.ceiling, cap)


@dataclass(frozen=True, slots=True)
class FoldsOff:
    """Folds, by name, that word lists are not looked for through in texts of these kinds and scenes."""

    names: frozenset[str]
    kinds: frozenset[Kind] = frozenset(Kind)
    scenes: frozenset[Scene] = frozenset(Scene)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the agreement as data.

    version     what answers and measures cite: the file's own version and the first 8 digits of its hash
    effective   the day from which on it holds
    general     by language: the message to an author where any other would give a term away
    held        by language: what is added to a message while a person is still to decide
    folds_off   switches for folds; all that fit count
    lease_minutes, undo_minutes  how long a claim and the chance to undo last
    """

    version: str
    effective: date
    categories: Mapping[str, Category]
    ladder: Ladder = field(default_factory=Ladder)
    general: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    folds_off: tuple[FoldsOff, ...] = ()
    lease_minutes: int = 10
    undo_minutes: int = 10

    @classmethod
    def empty(cls) -> "Policy":
        """A policy without categories: nothing earns anything. For examples and tests."""
        return cls("empty", date(2026, 1, 1), {})

    def earned(self, finding: Finding, kind: Kind, scene: Scene) -> Verdict:
        """What a finding earns; a category that the policy does not know earns a review, so that a person sees it."""
        category = self.categories.get(finding.category)
        if category is None:
            return min(Verdict.REVIEW, finding.ceiling)
        return category.earned(finding, kind, scene)

    def switched_off(self, kind: Kind, scene: Scene) -> frozenset[str]:
        """The names of the folds that are off for texts of a kind in a scene."""
        fitting = (off.names for off in self.folds_off if kind in off.kinds and scene in off.scenes)
        return frozenset[str]().union(*fitting)

    def severity(self, finding: Finding) -> int:
        """1–4: the finding's own severity, else its category's; 1 for a category that the policy does not know."""
        category = self.categories.get(finding.category)
        return finding.severity or (category.severity if category else 1)

    def clause(self, code: str) -> str:
        """The clause of a category, "" for one that the policy does not know."""
        category = self.categories.get(code)
        return category.clause if category else ""
