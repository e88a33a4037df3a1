"""Counts of what was found and what is true, and their bootstrap: one set of draws for all figures, so that any two make a pair."""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from moderation.evaluation.metrics import Bools, Floats

ROUNDS = 1000
_BLOCK = 4_000_000
"""So many weights at most are held at once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95% interval; NaN where nothing defines it."""

    value: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 out: for a difference, whether it is more than chance."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many texts: float64 of one shape, an entry for each thing counted. Shares are NaN where they are of nothing.

    hits   found, and true
    found  found, whether true or not
    true   true, whether found or not

    >>> tally = Tally(np.array([1.0]), np.array([2.0]), np.array([2.0]))
    >>> tally.precision.tolist(), tally.recall.tolist(), tally.f1.tolist()
    ([0.5], [0.5], [0.5])
    """

    hits: Floats
    found: Floats
    true: Floats

    @property
    def precision(self) -> Floats:
        return _share(self.hits, self.found)

    @property
    def recall(self) -> Floats:
        return _share(self.hits, self.true)

    @property
    def f1(self) -> Floats:
        return _share(2 * self.hits, self.found + self.true)


@dataclass(frozen=True, slots=True)
class Tallies:
    """The texts as they are, each entry [systems, categories], and drawn again, each entry [rounds, systems, categories]."""

    whole: Tally
    drawn: Tally


def tallied(found: Bools, truth: Bools, rounds: int = ROUNDS, seed: int = 0) -> Tallies:
    """Counts by system and category, with their bootstrap over texts; the draws are those of `metrics.bootstrap`.

    found  [systems, texts, categories]
    truth  [texts, categories]
    """
    systems, _, categories = found.shape
    columns = np.concatenate([*(found & truth), *found, truth], axis=1).astype(np.float32)
    cells = systems * categories

    def tally(sums: Floats) -> Tally:
        shape = (*sums.shape[:-1], systems, categories)
        true = np.broadcast_to(sums[..., None, 2 * cells :], shape)
        return Tally(sums[..., :cells].reshape(shape), sums[..., cells : 2 * cells].reshape(shape), true)

    return Tallies(tally(columns.sum(0, dtype=np.float64)), tally(_sums(columns, rounds, seed)))


def _sums(columns: np.ndarray[tuple[int, ...], np.dtype[np.float32]], rounds: int, seed: int) -> Floats:
    """The sum of each column over as many rows as there are, drawn with replacement: [rounds, columns]."""
    random = np.random.default_rng(seed)
    texts = len(columns)
    at_once = max(1, min(rounds, _BLOCK // max(1, texts)))
    sums = []
    for first in range(0, rounds, at_once):
        draws = [random.integers(0, texts, texts) for _ in range(min(at_once, rounds - first))]
        weights = np.stack([np.bincount(draw, minlength=texts) for draw in draws]).astype(np.float32)
        sums.append(weights @ columns)
    return np.concatenate(sums).astype(np.float64)


def mean(values: Floats) -> Floats:
    """The mean over the last axis of what is not NaN; NaN where all is.

    >>> mean(np.array([[0.5, np.nan, 1.0], [np.nan, np.nan, np.nan]])).tolist()
    [0.75, nan]
    """
    known = ~np.isnan(values)
    return _share(np.where(known, values, 0.0).sum(-1), known.sum(-1).astype(np.float64))


def estimate(value: float, draws: Floats) -> Estimate:
    """A figure with the 95% percentile interval of its draws, float64 [rounds]; those that are NaN are left out."""
    known = draws[~np.isnan(draws)]
    if math.isnan(value) or not len(known):
        return Estimate(value, math.nan, math.nan)
    return Estimate(value, float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975)))


def mcnemar(only_first: int, only_second: int) -> float:
    """The chance, in [0, 1], of so uneven a split of the texts that only one of two gets right, if both were equally good.

    Two-sided and exact.

    >>> mcnemar(1, 9), mcnemar(0, 0)
    (0.021484375, 1.0)
    """
    of, less = only_first + only_second, min(only_first, only_second)
    if of <= 1000:
        return min(1.0, float(2 * sum(math.comb(of, k) for k in range(less + 1)) / 2**of))
    ways = (math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) for k in range(less + 1))
    return min(1.0, 2 * math.fsum(math.exp(way - of * math.log(2)) for way in ways))


def _share(part: Floats, whole: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        shares: Floats = np.where(whole > 0, part / whole, np.nan)
    return shares
