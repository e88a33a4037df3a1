"""Figures worked out by hand, mistakes by their names, and two models beside each other."""

import math

import numpy as np
import pytest

from moderation.core.errors import BadSetup
from moderation.core.finding import Verdict
from moderation.evaluation import metrics
from moderation.evaluation.comparing import compared
from moderation.evaluation.judging import System
from moderation.evaluation.measuring import drawn_again
from moderation.evaluation.mistakes import SHOWN, mistakes
from moderation.evaluation.report import Measures, Report, as_values
from moderation.evaluation.resampling import mcnemar, tallied
from moderation.evaluation.robustness import robustness
from tests.evaluation.judged import EXAMPLES, POLICY, SCORES, Scripted, board, example, judge_of, measured


@pytest.fixture(scope="module")
def report() -> Report:
    return measured()


def shares(measures: Measures) -> tuple[float, float, float]:
    return measures.precision.value, measures.recall.value, measures.f1.value


def test_precision_recall_and_f1_of_each_system_are_those_worked_out_by_hand(report: Report) -> None:
    hatred, gambling = report.categories
    assert (hatred.code, gambling.code, gambling.texts) == ("ethnic_hatred", "gambling", 3)
    held = {system: shares(gambling.systems[system].review) for system in System}
    assert held[System.LISTS] == pytest.approx((1 / 2, 1 / 3, 0.4))
    assert held[System.MODEL] == pytest.approx((1, 2 / 3, 0.8))
    assert held[System.BOTH] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert shares(gambling.systems[System.MODEL].reject) == pytest.approx((1, 1 / 3, 0.5))
    precision, recall, f1 = shares(hatred.systems[System.LISTS].review)
    assert math.isnan(precision) and (recall, f1) == (0, 0)


def test_macro_f1_is_the_mean_over_the_labelled_categories(report: Report) -> None:
    values = [report.systems[system].macro_f1["review"].value for system in System]
    assert values == pytest.approx([0.2, (0.8 + 2 / 3) / 2, 2 / 3])


def test_finding_in_any_category_does_not_ask_which(report: Report) -> None:
    found = report.systems[System.BOTH].any.review
    assert (found.hits, found.found, found.true) == (3, 5, 4)


def test_auc_is_of_the_probability_however_small(report: Report) -> None:
    gambling = report.categories[1]
    assert gambling.auc.value == 1.0 and gambling.calibration_error > 0


def test_alarms_are_counted_by_source_with_their_intervals(report: Report) -> None:
    chat, made, whole = report.alarms
    assert (chat.name, made.name, whole.name) == ("chat", "made", "")
    both = whole.systems[System.BOTH]
    assert (both.review.hits, both.review.of, both.reject.hits) == (2, 3, 1)
    assert (both.review.low, both.review.high) == metrics.wilson(2, 3)
    assert chat.systems[System.BOTH].review.hits == 0


def test_speech_against_discrimination_has_a_figure_of_its_own(report: Report) -> None:
    whole, near, identity = report.anti_bias.groups
    assert (whole.texts, near.texts, identity.texts) == (1, 1, 1)
    assert whole.systems[System.MODEL].review.hits == 1 and whole.systems[System.LISTS].review.hits == 0
    assert [row.name for row in report.anti_bias.words] == ["黑人"]
    assert [mistake.text for mistake in report.anti_bias.shown] == ["黑人也是人"]


def test_mistakes_are_named_by_their_cost_the_worst_first(report: Report) -> None:
    named = [(group.names["zh"], [mistake.text for mistake in group.shown]) for group in report.mistakes]
    assert named == [
        ("漏放：赌博", ["下一注"]),
        ("误拒：无害文本被拒绝（貌似赌博）", ["百家乐是什么意思"]),
        ("误报：无害文本被送复核（貌似仇恨）", ["黑人也是人"]),
    ]
    missed, refused, _ = (group.shown[0] for group in report.mistakes)
    assert missed.scores["gambling"] == 0.2 and missed.verdicts[System.BOTH] == "pass"
    assert [seen.text for seen in refused.found] == ["百家乐"]


def test_a_long_list_of_mistakes_is_cut_and_counted() -> None:
    many = [example(f"第{at}句话", "gambling") for at in range(SHOWN + 5)]
    [missed] = mistakes(board(many), POLICY)
    assert missed.count == SHOWN + 5 and len(missed.shown) == SHOWN


def test_what_is_found_in_another_category_is_a_mistake_too() -> None:
    [group] = mistakes(board([example("玩百家乐", "ethnic_hatred")]), POLICY)
    assert (group.cost, group.category) == ("mistaken", "ethnic_hatred")


def test_slices_hold_the_texts_of_a_kind_a_length_and_a_register(report: Report) -> None:
    rows = {(row.dimension, row.value): row for row in report.slices}
    names = rows["kind", "username"]
    assert (names.texts, names.violating) == (2, 2)
    assert names.systems[System.MODEL].recall.hits == 1 and names.systems[System.LISTS].recall.hits == 0
    assert rows["length", "≤5"].texts == 4 and rows["length", "6–30"].texts == 3
    assert rows["register", "daily"].texts == len(EXAMPLES)


def test_confusion_goes_by_the_category_that_the_verdict_rests_on(report: Report) -> None:
    table = report.confusion[System.BOTH]
    assert table.labels == ("ethnic_hatred", "gambling", "safe")
    assert table.counts == ((1, 0, 0), (0, 2, 1), (1, 1, 1))


def test_disguises_are_measured_on_what_was_found_before() -> None:
    known = Scripted()  # of the texts as they stand; a rewritten one it does not know
    rows = robustness(board(classifier=known), judge_of(known), POLICY, lambda done, of: None)
    by_name = {row.name: row for row in rows}
    inserted = by_name["inserted"]
    assert inserted.texts == inserted.found[System.BOTH].of == 3
    assert inserted.found[System.LISTS].of == 1 and inserted.found[System.LISTS].hits == 1
    assert (inserted.found[System.MODEL].hits, inserted.found[System.MODEL].of) == (0, 3)
    assert {before for before, _ in inserted.lost} <= set(SCORES) and inserted.lost
    assert rows[-1].name == "" and rows[-1].texts == sum(row.texts for row in rows[:-1])


def test_a_sample_of_disguises_keeps_to_its_limit() -> None:
    rows = robustness(board(), judge_of(Scripted()), POLICY, lambda done, of: None, limit=1)
    assert all(row.texts <= 1 for row in rows[:-1])


def test_a_model_that_fails_is_not_measured() -> None:
    with pytest.raises(BadSetup, match=r"classifier@scripted: failed on a text \(classifier\)"):
        judge_of(Scripted(broken=True))("你好", EXAMPLES[0].kind)


def test_a_model_beside_itself_makes_no_difference() -> None:
    comparison = measured(other=Scripted()).comparison
    assert comparison
    for contest in comparison.contests.values():
        assert contest.better == "neither" and contest.chance == 1
        assert contest.sentence["en"].startswith("No difference") and contest.sentence["zh"].startswith("没有差别")
        assert contest.macro_f1.difference.value == contest.macro_f1.difference.high == 0


def test_models_of_other_categories_are_compared_on_those_that_both_know_too() -> None:
    comparison = measured(other=Scripted(knows=["gambling"])).comparison
    assert comparison
    contest = comparison.contests[System.MODEL]
    assert contest.shared_f1 and contest.shared_f1.difference.value == 0
    assert contest.macro_f1.difference.value == pytest.approx(1 / 3)
    assert contest.categories["ethnic_hatred"].second == 0


def many_judged(worse: float) -> tuple[list[str], Scripted]:
    """Texts all of gambling, and a model that misses the last `worse` of them, a share."""
    texts = [f"第{at}次下注" for at in range(60)]
    scores = {text: {"gambling": 0.95 if at < 60 * (1 - worse) else 0.1} for at, text in enumerate(texts)}
    return texts, Scripted(scores)


@pytest.mark.parametrize(
    ("worse", "better", "said"), [(0.5, "first", "A is better"), (1 / 60, "neither", "no more than")]
)
def test_a_difference_is_told_with_whether_it_is_more_than_chance(worse: float, better: str, said: str) -> None:
    texts, weak = many_judged(worse)
    _, strong = many_judged(0)
    rows = [example(text, "gambling") for text in texts]
    first, second = (board(rows, classifier) for classifier in (strong, weak))
    pair = (drawn_again(first)[Verdict.REVIEW], drawn_again(second)[Verdict.REVIEW])
    contest = compared(first, second, pair, ("A", "B"), "B").contests[System.MODEL]
    missed = round(60 * worse)
    assert (contest.better, contest.only_first, contest.only_second) == (better, missed, 0)
    assert said in contest.sentence["en"]
    assert contest.macro_f1.difference.value == pytest.approx(1 - 2 * (60 - missed) / (120 - missed))
    turned = compared(second, first, pair[::-1], ("B", "A"), "A").contests[System.MODEL]
    assert turned.better == ("second" if better == "first" else "neither") and said in turned.sentence["en"]


def test_the_bootstrap_of_all_is_that_of_each() -> None:
    random = np.random.default_rng(1)
    found, truth = random.random((2, 300, 3)) < 0.4, random.random((300, 3)) < 0.4
    drawn = tallied(found, truth, rounds=200).drawn
    for system in range(2):
        for at in range(3):
            low, high = metrics.bootstrap(metrics.f1, found[system, :, at], truth[:, at], rounds=200)
            draws = drawn.f1[:, system, at]
            assert (np.quantile(draws, 0.025), np.quantile(draws, 0.975)) == pytest.approx((low, high))


def test_mcnemar_by_logarithms_is_what_counting_gives() -> None:
    assert mcnemar(480, 521) == pytest.approx(mcnemar(479, 521), rel=0.1)
    assert mcnemar(700, 900) == pytest.approx(6.3e-7, rel=0.05)


def test_figures_become_json_without_what_json_lacks(report: Report) -> None:
    values = as_values(report)
    precision = values["categories"][0]["systems"]["lists"]["review"]["precision"]
    assert precision == {"value": None, "low": None, "high": None}
    assert values["systems"]["both"]["alarms"]["review"]["share"] == pytest.approx(2 / 3, abs=1e-6)


def test_without_harmless_or_without_violating_texts_there_are_still_figures() -> None:
    violating, harmless = measured(EXAMPLES[:4]), measured(EXAMPLES[4:])
    assert math.isnan(violating.systems[System.BOTH].alarms.review.share)
    assert math.isnan(harmless.systems[System.BOTH].macro_f1["review"].value)
    assert harmless.rewritings[-1].texts == 0 and not harmless.curves
