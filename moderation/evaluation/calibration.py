"""From logits to probabilities and thresholds: fitted on texts that were not trained on, by category and kind; no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moderation.core.submission import Kind
from moderation.detectors.classifier import Calibration
from moderation.evaluation.datasets import Example
from moderation.evaluation.metrics import Bools, Floats, wilson

EVERYDAY = 0.8
"""The weight of harmless texts when probabilities are fitted: as if four of five submissions were everyday text."""

ALARMS = {"review": 0.008, "reject": 0.0006}
"""The share of harmless texts that may reach a threshold of any category, at most; the word lists need the rest of 1% and 0.1%."""

SHARES = {"insult_defamation": 8.0}
"""How many times the others' share of these alarms a category may have: insults are met most, and chat is full of near ones."""

FLOOR = {"review": 0.1, "reject": 0.5}
"""No threshold lies lower, however rare its alarms: a review needs one chance in ten, a refusal one in two."""

_STIFFNESS = 30.0
"""How much evidence, in texts of average weight, it takes to move a kind's offset away from 0."""

Calibrations = dict[str, dict[Kind, Calibration]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which probability on, inclusive, to act, by verdict."""

    review: float
    reject: float


def harmless(examples: Sequence[Example], sources: Sequence[str]) -> Bools:
    """Which examples are everyday texts, of these sources."""
    return np.array([example.source in sources for example in examples], dtype=bool)


def calibrate(logits: Floats, examples: Sequence[Example], categories: Sequence[str], everyday: Bools) -> Calibrations:
    """For each category sigmoid(scale * logit + bias + offset of the kind), by weighted maximum likelihood.

    logits    [texts, categories]
    everyday  which texts are harmless everyday ones

    A kind's offset is held near 0 (a ridge), since a category has few texts of each kind. A category whose logits do not tell it
    apart, as after a few steps of training, gets its logits as they are.
    """
    weights = np.where(everyday, EVERYDAY / max(1, everyday.sum()), (1 - EVERYDAY) / max(1, (~everyday).sum()))
    weights = weights / weights.mean()
    kinds = list(Kind)
    of_kind = np.stack([np.array([e.kind is kind for e in examples], float) for kind in kinds], axis=1)
    found: Calibrations = {}
    for at, name in enumerate(categories):
        truth = np.array([name in example.labels for example in examples], dtype=bool)
        design = np.concatenate([logits[:, [at]], np.ones((len(logits), 1)), of_kind], axis=1)
        fitted = _logistic(design, truth, weights, np.array([0.0, 0.0, *[_STIFFNESS] * len(kinds)]))
        if not fitted[0] > 0:
            fitted = np.array([1.0, *[0.0] * (1 + len(kinds))])
        scale, bias = round(float(fitted[0]), 5), float(fitted[1])
        found[name] = {
            kind: Calibration(scale, round(bias + float(offset), 5))
            for kind, offset in zip(kinds, fitted[2:], strict=True)
        }
    return found


def chances(calibrations: Calibrations, logits: Floats, kinds: Sequence[Kind]) -> Floats:
    """The calibrated probabilities, [texts, categories]."""
    found = np.empty_like(logits)
    for at, by_kind in enumerate(calibrations.values()):
        scale = np.array([by_kind[kind].scale for kind in kinds])
        bias = np.array([by_kind[kind].bias for kind in kinds])
        found[:, at] = 0.5 * (1.0 + np.tanh((scale * logits[:, at] + bias) / 2.0))
    return found


def choose(probabilities: Floats, categories: Sequence[str]) -> dict[str, Threshold]:
    """The least thresholds by which at most ALARMS of these harmless texts reach that of any category.

    probabilities  of harmless texts, [texts, categories]

    Each category may reach its share of them, by SHARES; how large that is, is found by halving.
    """
    shares = np.array([SHARES.get(name, 1.0) for name in categories])
    bounds = {word: _by_shares(probabilities, shares, rate, FLOOR[word]) for word, rate in ALARMS.items()}
    return {
        name: Threshold(float(bounds["review"][at]), float(max(bounds["reject"][at], bounds["review"][at])))
        for at, name in enumerate(categories)
    }


def _by_shares(probabilities: Floats, shares: Floats, rate: float, floor: float) -> Floats:
    ordered = np.sort(probabilities, axis=0)[::-1]
    columns = np.arange(len(shares))

    def at_share(share: float) -> Floats:
        """Just above what so large a share of texts lies above, times each category's own."""
        places = np.minimum((share * shares * len(ordered)).astype(int), len(ordered) - 1)
        bound: Floats = np.maximum(np.ceil(ordered[places, columns] * 10_000 + 0.5) / 10_000, floor)
        return bound

    low, high = 0.0, rate
    for _ in range(30):
        middle = (low + high) / 2
        reached = (probabilities >= at_share(middle)).any(axis=1).mean()
        low, high = (middle, high) if reached <= rate else (low, middle)
    return at_share(low)


def alarms(
    probabilities: Floats, examples: Sequence[Example], thresholds: Mapping[str, Threshold]
) -> dict[str, dict[str, list[float]]]:
    """By source and verdict: how many harmless texts reach a threshold, of how many, and the 95% interval of the share."""
    sources = np.array([example.source for example in examples])
    found: dict[str, dict[str, list[float]]] = {}
    for source in sorted(set(sources.tolist())):
        here = probabilities[sources == source]
        for word in ALARMS:
            bound = np.array([getattr(threshold, word) for threshold in thresholds.values()])
            hits = int((here >= bound).any(axis=1).sum())
            found.setdefault(source, {})[word] = [hits, len(here), *(round(b, 5) for b in wilson(hits, len(here)))]
    return found


def _logistic(design: Floats, truth: Bools, weights: Floats, stiffness: Floats) -> Floats:
    """The coefficients of a weighted logistic regression with a ridge, by Newton's method with halved steps."""

    def cost(at: Floats) -> float:
        margins = np.where(truth, 1.0, -1.0) * (design @ at)
        return float((weights * np.logaddexp(0.0, -margins)).sum() + 0.5 * (stiffness * at * at).sum())

    fitted = np.zeros(design.shape[1])
    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ fitted, -35, 35)))
        slope = design.T @ (weights * (chance - truth)) + stiffness * fitted
        curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design + np.diag(stiffness + 1e-9)
        step = np.linalg.solve(curve, slope)
        while cost(fitted - step) > cost(fitted) + 1e-12 and np.abs(step).max() > 1e-9:
            step = step / 2
        fitted = fitted - step
        if np.abs(step).max() < 1e-7:
            break
    return np.asarray(fitted, dtype=np.float64)
