"""The second opinion: which findings of the lists a classifier that finds nothing excuses."""

from dataclasses import replace

import pytest

from moderation.core.finding import Finding, Screening, Verdict
from moderation.core.submission import Span
from moderation.detectors.second_opinion import reconsidered

HELD = Finding("insult_defamation", 1.0, "keywords@1", Span(0, 2), ceiling=Verdict.REVIEW)
BELOW = {"insult_defamation": 0.01}
NOTHING = {"insult_defamation": 0.002, "fraud": 0.004}


def after(finding: Finding, scores: dict[str, float] = NOTHING) -> Finding:
    [found] = reconsidered(Screening((finding,)), scores, BELOW, "classifier@9").findings
    return found


def test_a_term_that_asks_for_a_person_is_excused_where_the_model_finds_nothing() -> None:
    assert (after(HELD).ceiling, after(HELD).excused) == (Verdict.PASS, "classifier@9")


@pytest.mark.parametrize(
    "finding",
    [
        replace(HELD, ceiling=Verdict.REJECT),
        replace(HELD, folds=("homophone",)),
        replace(HELD, category="drugs_weapons"),
        replace(HELD, source="contacts@1"),
    ],
    ids=["it refuses", "it was disguised", "its category takes no second opinion", "it is no listed term"],
)
def test_nothing_else_is_excused(finding: Finding) -> None:
    assert after(finding) == finding


def test_a_score_of_any_category_speaks_against_it() -> None:
    assert after(HELD, NOTHING | {"fraud": 0.01}) == HELD
    assert after(HELD, {}) == HELD
