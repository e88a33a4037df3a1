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


def platt(logits: Floats, truth: Bools, weights: Floats) -> tuple[float, float]:
    """Scale and bias of sigmoid(scale * logit + bias), fitted by weighted maximum likelihood (Newton's method).

    Raises ValueError if the fitted scale is not positive: such logits do not tell the category.

    >>> scale, bias = platt(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), np.array([0, 0, 1, 0, 1], dtype=bool), np.ones(5))
    >>> scale > 0
    True
    """
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    fitted = np.array([1.0, 0.0])
    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ fitted, -35, 35)))
        slope = design.T @ (weights * (chance - truth))
        curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        fitted = fitted - step
        if np.abs(step).max() < 1e-9:
            break
    if not fitted[0] > 0:
        raise ValueError(f"the logits do not tell the category: scale {fitted[0]:.3f}")
    return float(fitted[0]), float(fitted[1])


def threshold_for(harmless: Floats, rate: float) -> float:
    """The least threshold of 4 digits at or above which at most `rate`, in [0, 1], of the harmless scores lie.

    >>> threshold_for(np.array([0.1, 0.2, 0.3, 0.4]), 0.25)
    0.3001
    """
    allowed = int(rate * len(harmless))
    highest = float(np.sort(harmless)[::-1][allowed]) if allowed < len(harmless) else -1.0
    return math.floor(highest * 10_000 + 1) / 10_000


def calibration_error(chances: Floats, truth: Bools, weights: Floats, bins: int = 10) -> float:
    """The expected calibration error in [0, 1]: the weighted mean gap of chance and share, over equal-width bins."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = (abs((weights * (chances - truth))[place == i].sum()) for i in range(bins))
    return float(sum(gaps) / weights.sum())


def rounded(interval: Interval, digits: int = 4) -> list[float]:
    return [round(bound, digits) for bound in interval]


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

    def interval(cell: Sequence[float]) -> str:
        return f"{cell[0]:.3f} ({cell[1]:.3f}–{cell[2]:.3f})"

    measured = [
        [row["source"], row["category"], f"{row['texts']} ({row['positives']})", interval(row["auc"]), word]
        + [interval(row[word][measure]) for measure in ("precision", "recall", "f1")]
        for row in figures["labelled"]
        for word in ("review", "reject")
    ]
    raised = [
        [which, row["source"], str(row["texts"])]
        + [
            f"{hits} ({100 * low:.2f}–{100 * high:.2f}%)"
            for word in ("review", "reject")
            for hits, low, high in row[word].values()
        ]
        for which, rows in figures["alarms"].items()
        for row in rows
    ]
    names = list(figures["calibration_error"])
    same = figures["agreement"]
    agreed = [
        [name, *(f"{100 * share:.1f}%" for share in shares.values())]
        for name, shares in (
            ("COLD dev, verdict", same["cold, verdict"]),
            ("harmless dev, verdict", same["harmless, verdict"]),
        )
    ]
    agreed.insert(
        0, ["COLD dev, logit above 0", *(f"{100 * share:.1f}%" for share in same["cold, logit above 0"].values()), ""]
    )
    return "\n\n".join(
        [
            table(
                ["source", "category", "texts (positive)", "AUC", "threshold", "precision", "recall", "F1"], measured
            ),
            table(
                [
                    "split",
                    "source",
                    "texts",
                    *(f"{word}: {n}" for word in ("review", "reject") for n in (*names, "any")),
                ],
                raised,
            ),
            table(["int8 agrees with float32", *names, "all categories"], agreed),
        ]
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
