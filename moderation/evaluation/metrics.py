"""Measures of a classifier's scores, with their uncertainty; numpy only, no model."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Interval = tuple[float, float]


def auc(scores: Floats, truth: Bools) -> float:
    """How often a positive scores above a negative, ties counting half; NaN without both.

    >>> auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return math.nan
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place]
    return float((rank[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def precision(found: Bools, truth: Bools) -> float:
    """The share of what was found that is true; NaN if nothing was found."""
    return _share(int((found & truth).sum()), int(found.sum()))


def recall(found: Bools, truth: Bools) -> float:
    """The share of what is true that was found; NaN if nothing is true."""
    return _share(int((found & truth).sum()), int(truth.sum()))


def f1(found: Bools, truth: Bools) -> float:
    """The harmonic mean of precision and recall; 0 if nothing true was found.

    >>> f1(np.array([True, True, False]), np.array([True, False, True]))
    0.5
    """
    return _share(2 * int((found & truth).sum()), int(found.sum()) + int(truth.sum()))


def bootstrap(
    measure: Callable[..., float], *columns: NDArray[np.generic], rounds: int = 1000, seed: int = 0
) -> Interval:
    """The 95% percentile interval of a measure of columns of equal length, over rows drawn with replacement.

    Draws for which the measure is NaN are left out; (NaN, NaN) if all are.
    """
    random = np.random.default_rng(seed)
    rows = len(columns[0])
    draws = (random.integers(0, rows, rows) for _ in range(rounds))
    values = np.array([measure(*(column[draw] for column in columns)) for draw in draws])
    values = values[~np.isnan(values)]
    if not len(values):
        return (math.nan, math.nan)
    return (float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))


def wilson(hits: int, of: int) -> Interval:
    """The 95% interval of a rate; unlike the bootstrap it is not empty at 0 hits.

    >>> [round(bound, 4) for bound in wilson(0, 1000)]
    [0.0, 0.0038]
    """
    if not of:
        return (0.0, 1.0)
    z = 1.959964
    centre = hits + z * z / 2
    spread = z * math.sqrt(hits * (of - hits) / of + z * z / 4)
    return (max(0.0, (centre - spread) / (of + z * z)), min(1.0, (centre + spread) / (of + z * z)))


def calibration_error(chances: Floats, truth: Bools, weights: Floats, bins: int = 10) -> float:
    """The expected calibration error in [0, 1]: the weighted mean gap of chance and share, over equal-width bins."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = (abs((weights * (chances - truth))[place == i].sum()) for i in range(bins))
    return float(sum(gaps) / weights.sum())


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = ["| " + " | ".join(line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]])


def card(figures: Mapping[str, Any]) -> str:
    """The tables of the model card, in Markdown, from the figures that `export` wrote."""
    alarms = [
        [source, f"{by_verdict['review'][1]:,}"]
        + [f"{hits} ({100 * low:.2f}–{100 * high:.2f}%)" for hits, _, low, high in by_verdict.values()]
        for source, by_verdict in figures["alarms"].items()
    ]
    agreed = [[name, f"{value:.4f}"] for name, value in figures["int8 and float32 agree"].items()]
    return "\n\n".join(
        [
            table(["harmless texts", "how many", "reach review (95%)", "reach reject (95%)"], alarms),
            table(["int8 and float32 agree", ""], agreed),
        ]
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
