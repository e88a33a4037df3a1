"""What detectors say about an item: findings, and checks that did not finish."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from moderation.core.submission import Span


class Verdict(IntEnum):
    """Ordered from mild to severe, so that `max` is the worse of two."""

    PASS = 0
    REVIEW = 1
    REJECT = 2

    @property
    def word(self) -> str:
        """The verdict as it is written outside: "pass", "review" or "reject"."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Verdict":
        """
        >>> Verdict.of("review") is Verdict.REVIEW
        True
        """
        return cls[word.upper()]


class Check(StrEnum):
    """The checks there are; a check that did not finish is named in `unchecked`."""

    KEYWORDS = "keywords"
    CONTACTS = "contacts"
    NAMES = "names"
    CLASSIFIER = "classifier"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Part:
    """Where in one item a finding of the joined profile lies."""

    item: int
    span: Span


Point = tuple[float, float]
"""(x, y) as fractions in [0, 1] of a picture's width and height, from the upper left."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where in an item's pictures a finding lies, and what it rests on there.

    picture   number of the picture in the item, from 0
    frame     number of the frame in an animation, from 0
    corners   four points around the place, clockwise; () for the whole picture
    text      the characters read there that the finding covers, or what a code holds; "" for none
    entry     the bank entry that the picture is a copy of; "" for none
    distance  bits in which the copy's hash differs; None without an entry
    """

    picture: int
    frame: int = 0
    corners: tuple[Point, ...] = ()
    text: str = ""
    entry: str = ""
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to look twice at an item.

    category code of a category of the policy
    score    calibrated probability in [0, 1] that the category applies; a listed term has 1.0
    source   detector and the version of its data, e.g. "keywords@3f9c2a"
    span     None when the finding is about the whole item (a classifier, an image)
    folds    names of the folds without which it would not have been found, in order of application
    severity 1–4 where the finding knows better than its category, else None
    ceiling  the worst verdict it may earn: REVIEW for a hit across a word boundary, PASS for a shadow term
    parts    where it lies in each field, for a finding of the joined profile
    region   where it lies in the item's pictures, for a finding in one
    excused  which detector's second opinion spares it; such a finding has the ceiling PASS

    Raises ValueError for a score outside [0, 1], NaN included.

    >>> Finding("gambling", 1.5, "keywords@1")
    Traceback (most recent call last):
    ValueError: a score lies in [0, 1], got 1.5
    """

    category: str
    score: float
    source: str
    span: Span | None = None
    folds: tuple[str, ...] = ()
    severity: int | None = None
    ceiling: Verdict = Verdict.REJECT
    parts: tuple[Part, ...] = ()
    region: Region | None = None
    excused: str = ""

    @property
    def detector(self) -> str:
        """
        >>> Finding("gambling", 1.0, "keywords@3f9c2a").detector
        'keywords'
        """
        return self.source.partition("@")[0]

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"a score lies in [0, 1], got {self.score}")


@dataclass(frozen=True, slots=True)
class Screening:
    """Everything the detectors said about one item.

    unchecked  checks that did not finish; an item with any is never clean
    problem    why, in words for the caller, e.g. that a picture cannot be decoded
    degraded   whether the deadline or a failure cut a check short (as opposed to a check that does not exist)
    """

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Check, ...] = ()
    problem: str | None = None
    degraded: bool = False

    @property
    def scores(self) -> dict[str, float]:
        """Each category's highest score; shadow findings do not count.

        >>> Screening((Finding("porn", 0.4, "a@1"), Finding("porn", 0.9, "b@1"))).scores
        {'porn': 0.9}
        """
        best: dict[str, float] = {}
        for finding in self.findings:
            if finding.ceiling > Verdict.PASS:
                best[finding.category] = max(finding.score, best.get(finding.category, 0.0))
        return best

    def and_also(self, other: "Screening") -> "Screening":
        """Both screenings of the same item as one."""
        return Screening(
            findings=self.findings + other.findings,
            unchecked=tuple(dict.fromkeys(self.unchecked + other.unchecked)),
            problem="; ".join(dict.fromkeys(p for p in (self.problem, other.problem) if p)) or None,
            degraded=self.degraded or other.degraded,
        )


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of one source, with those of one category at overlapping places merged into the longest.

    Of equally long ones the first stays. The strictest ceiling and the highest severity of a group stay with it. Order: by place.

    >>> a, b = Finding("porn", 1.0, "k@1", Span(0, 2)), Finding("porn", 1.0, "k@1", Span(0, 4))
    >>> [f.span.of("abcdef") for f in merged([a, b])]
    ['abcd']
    """
    kept: list[Finding] = []
    placed = [f for f in findings if f.span is not None]
    for finding in sorted(placed, key=lambda f: (f.span.start - f.span.end, f.span.start)):  # type: ignore[union-attr]
        for at, longer in enumerate(kept):
            if longer.category == finding.category and longer.span.overlaps(finding.span):  # type: ignore[union-attr, arg-type]
                severities = [s for s in (longer.severity, finding.severity) if s is not None]
                kept[at] = replace(
                    longer, ceiling=max(longer.ceiling, finding.ceiling), severity=max(severities, default=None)
                )
                break
        else:
            kept.append(finding)
    return tuple(sorted(kept, key=lambda f: (f.span.start, f.span.end, f.category)))  # type: ignore[union-attr]
