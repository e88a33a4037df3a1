"""What an evaluation measured, as values: what the page shows, and what the JSON file says of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from moderation.evaluation.judging import System
from moderation.evaluation.metrics import wilson
from moderation.evaluation.resampling import Estimate

FORMAT = 1
"""Of the JSON file; one more whenever a figure changes its name or meaning."""

Titles = Mapping[str, str]
"""Words by language, "zh" and "en"."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many texts, and the share with its 95% Wilson interval, all in [0, 1]; the share of none is NaN."""

    hits: int
    of: int
    share: float
    low: float
    high: float

    @classmethod
    def counted(cls, hits: int, of: int) -> "Rate":
        """
        >>> Rate.counted(1, 4).share
        0.25
        """
        low, high = wilson(hits, of)
        return cls(hits, of, hits / of if of else math.nan, low, high)


@dataclass(frozen=True, slots=True)
class Measures:
    """How well something is found, with 95% bootstrap intervals.

    hits, found, true  how many texts were found rightly, were found at all, ought to be found
    """

    hits: int
    found: int
    true: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class ByVerdict:
    """The same measures of what is held or worse, and of what is refused."""

    review: Measures
    reject: Measures


@dataclass(frozen=True, slots=True)
class Alarms:
    """The share of harmless texts that are held or worse, and that are refused."""

    review: Rate
    reject: Rate


@dataclass(frozen=True, slots=True)
class Overall:
    """One system over all texts.

    macro_f1  by verdict, the mean F1 of the categories that any text is labelled with
    any       whether a violating text is found in whatever category
    """

    macro_f1: Mapping[str, Estimate]
    any: ByVerdict
    alarms: Alarms


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """One category.

    texts              labelled with it
    severity           1–4
    known              whether the model gives probabilities of it
    auc                of the model's probability, all other texts being negatives
    calibration_error  expected, of the model's probability over these texts, in [0, 1]
    """

    code: str
    titles: Titles
    severity: int
    texts: int
    known: bool
    auc: Estimate
    calibration_error: float
    systems: Mapping[System, ByVerdict]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """False alarms in one group of harmless texts."""

    name: str
    texts: int
    systems: Mapping[System, Alarms]


@dataclass(frozen=True, slots=True)
class AntiBias:
    """False alarms on harmless texts about people whom prejudice is about.

    groups  all of them; those that only look like hatred; those with an identity word
    words   those with each identity word, a text with two counting twice
    flagged how many of these texts any system holds or refuses, and those of them that are shown
    """

    groups: tuple[AlarmRow, ...]
    words: tuple[AlarmRow, ...]
    flagged: int
    shown: tuple["Mistake", ...]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What a way of disguising costs.

    name   of the rewriting
    texts  how many texts found before were rewritten
    found  of those that a system found before, the share that it still finds
    lost   a few that all of it together no longer finds: before and after
    """

    name: str
    texts: int
    found: Mapping[System, Rate]
    lost: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """One system in a slice: the share of violating texts found in any category, and the alarms on harmless ones."""

    recall: Rate
    alarms: Alarms


@dataclass(frozen=True, slots=True)
class Slice:
    """The texts of one kind, length or register."""

    dimension: str
    value: str
    texts: int
    violating: int
    systems: Mapping[System, SliceFigures]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Where texts go: counts[label][top category], both in the order of `labels`, whose last is "safe"."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """The probabilities of all categories that lie in one tenth of [0, 1]: their mean, and how often they come true."""

    mean: float
    true: Rate


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision over recall as a system's score is lowered, thinned out; and its area, the average precision."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]
    area: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What one finding says: `text` is what it covers, "" for the whole; `verdict` what it earned."""

    category: str
    source: str
    score: float
    verdict: str
    text: str
    folds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text that was judged wrongly.

    verdicts  by system
    scores    the highest of all detectors, those of its labels always among them
    """

    text: str
    kind: str
    source: str
    labels: tuple[str, ...]
    near: str
    register: str
    verdicts: Mapping[System, str]
    scores: Mapping[str, float]
    found: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Mistakes of one cost, the worst first.

    cost      missed, refused, held or mistaken
    category  that was missed, that a harmless text only looks like ("" for none), or that was taken for another
    count     of all; `shown` has at most as many as the page has room for
    """

    cost: str
    category: str
    names: Titles
    severity: int
    count: int
    shown: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one F1 of two models: first minus second, with its paired 95% bootstrap interval."""

    first: float
    second: float
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Contest:
    """Two models on the same texts, alone or with the word lists, at the verdict review.

    macro_f1     over all labelled categories
    shared_f1    over those that both models know; None where they know the same ones
    only_first, only_second  texts that only one of them judges rightly: found if violating, passed if not
    chance       the two-sided p of McNemar's test on those
    better       first, second or neither
    sentence     which is better, and whether it is more than chance
    """

    macro_f1: Difference
    shared_f1: Difference | None
    categories: Mapping[str, Difference]
    only_first: int
    only_second: int
    chance: float
    better: str
    sentence: Titles


@dataclass(frozen=True, slots=True)
class Comparison:
    """The model that was measured and another one.

    other  the folder of the other and its version
    """

    other: str
    contests: Mapping[System, Contest]


@dataclass(frozen=True, slots=True)
class About:
    """What was measured, with what.

    made       RFC 3339, UTC
    texts      by file or folder named, how many were read
    drawn      how many were measured, all or a sample
    model, lists, policy  versions
    """

    made: str
    texts: Mapping[str, int]
    split: str
    drawn: int
    violating: int
    model: str
    lists: str
    policy: str
    seed: int


@dataclass(frozen=True, slots=True)
class Report:
    about: About
    systems: Mapping[System, Overall]
    categories: tuple[CategoryFigures, ...]
    alarms: tuple[AlarmRow, ...]
    anti_bias: AntiBias
    rewritings: tuple[Rewriting, ...]
    slices: tuple[Slice, ...]
    confusion: Mapping[System, Confusion]
    reliability: tuple[Bin, ...]
    curves: Mapping[str, Mapping[System, Curve]]
    mistakes: tuple[Mistakes, ...]
    comparison: Comparison | None


def as_values(value: object) -> Any:
    """What JSON can hold: fields by name, floats to 6 digits, None for NaN.

    >>> as_values(Estimate(0.5, 0.25, math.nan))
    {'value': 0.5, 'low': 0.25, 'high': None}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_values(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_values(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_values(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value.value if isinstance(value, Enum) else value


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it appears whole or not at all."""
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(content)
    half.replace(path)
