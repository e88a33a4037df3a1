"""Calibration and thresholds on logits whose truth is known."""

import numpy as np
import pytest

from moderation.core.submission import Kind
from moderation.evaluation import calibration
from moderation.evaluation.datasets import Example


def examples(truth: np.ndarray, kinds: list[Kind]) -> list[Example]:
    return [
        Example(str(at), frozenset({"c"} if is_so else ()), "dev", "chat" if at % 2 else "corpus", kind)
        for at, (is_so, kind) in enumerate(zip(truth, kinds, strict=True))
    ]


def test_probabilities_are_what_they_say() -> None:
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 2, (20_000, 1))
    truth = chance.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits[:, 0] - 1)))
    rows = examples(truth, [Kind.POST] * len(truth))
    everyday = calibration.harmless(rows, ["chat"])
    fitted = calibration.calibrate(logits, rows, ["c"], everyday)
    found = calibration.chances(fitted, logits, [row.kind for row in rows])[:, 0]
    for low, high in ((0.05, 0.15), (0.3, 0.4), (0.6, 0.8)):
        inside = (found >= low) & (found < high)
        assert truth[inside].mean() == pytest.approx(found[inside].mean(), abs=0.03)


def test_a_kind_that_is_scored_too_high_gets_an_offset() -> None:
    chance = np.random.default_rng(2)
    kinds = [Kind.USERNAME if at % 4 < 2 else Kind.POST for at in range(8_000)]
    logits = chance.normal(0, 2, (8_000, 1))
    shifted = logits[:, 0] - np.array([2.0 if kind is Kind.USERNAME else 0.0 for kind in kinds])
    truth = chance.random(8_000) < 1 / (1 + np.exp(-shifted))
    rows = examples(truth, kinds)
    fitted = calibration.calibrate(logits, rows, ["c"], calibration.harmless(rows, ["chat"]))["c"]
    assert fitted[Kind.USERNAME].bias < fitted[Kind.POST].bias - 1


def test_logits_that_tell_nothing_are_left_as_they_are() -> None:
    truth = np.arange(200) % 3 == 0
    logits = np.where(truth, -1.0, 1.0)[:, None]
    rows = examples(truth, [Kind.POST] * 200)
    fitted = calibration.calibrate(logits, rows, ["c"], calibration.harmless(rows, ["chat"]))
    assert fitted["c"][Kind.POST].scale == 1.0


def test_thresholds_hold_the_share_of_alarms_over_all_categories() -> None:
    chance = np.random.default_rng(3)
    harmless = chance.beta(0.5, 4, (10_000, 5))
    thresholds = calibration.choose(harmless, list("abcde"))
    for word, rate in calibration.ALARMS.items():
        bound = np.array([getattr(threshold, word) for threshold in thresholds.values()])
        share = (harmless >= bound).any(axis=1).mean()
        assert rate / 2 <= share <= rate or (bound == calibration.FLOOR[word]).all()
    assert all(threshold.reject >= threshold.review for threshold in thresholds.values())


def test_alarms_are_counted_by_source() -> None:
    rows = [Example(str(at), frozenset(), "dev", source) for at, source in enumerate(["chat", "chat", "names"])]
    probabilities = np.array([[0.9], [0.2], [0.1]])
    found = calibration.alarms(probabilities, rows, {"c": calibration.Threshold(0.5, 0.95)})
    assert (
        found["chat"]["review"][:2] == [1, 2] and found["chat"]["reject"][0] == 0 and found["names"]["review"][0] == 0
    )
