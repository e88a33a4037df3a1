"""Measures say what their names say, and the model card says what was measured."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from moderation.evaluation import metrics

MODELS = Path(__file__).parents[2] / "models"


def test_the_card_shows_the_figures_that_were_measured() -> None:
    figures = json.loads((MODELS / "text" / "figures.json").read_text(encoding="utf-8"))
    shown = (
        (MODELS / "README.md").read_text(encoding="utf-8").split("<!-- figures -->")[1].split("<!-- /figures -->")[0]
    )
    assert shown.strip() == metrics.card(figures)


def test_precision_recall_and_f1_of_a_small_table() -> None:
    found, truth = np.array([1, 1, 1, 0], dtype=bool), np.array([1, 0, 0, 1], dtype=bool)
    assert metrics.precision(found, truth) == pytest.approx(1 / 3)
    assert metrics.recall(found, truth) == 0.5
    assert metrics.f1(found, truth) == pytest.approx(0.4)
    assert math.isnan(metrics.precision(~found & found, truth))


def test_a_bootstrap_interval_holds_the_measure_and_repeats() -> None:
    random = np.random.default_rng(1)
    truth = random.random(500) < 0.3
    scores = random.random(500) + truth * 0.3
    low, high = metrics.bootstrap(metrics.auc, scores, truth, rounds=200)
    assert low < metrics.auc(scores, truth) < high
    assert (low, high) == metrics.bootstrap(metrics.auc, scores, truth, rounds=200)
