"""One evaluation from beginning to end: texts judged, figures, disguises, mistakes, and another model beside it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from moderation.core.finding import Verdict
from moderation.core.policy import Policy
from moderation.evaluation import measuring
from moderation.evaluation.comparing import compared
from moderation.evaluation.datasets import Example
from moderation.evaluation.judging import Judge, Told, board_of, categories_of
from moderation.evaluation.mistakes import anti_bias, mistakes
from moderation.evaluation.report import About, CategoryFigures, Comparison, Report
from moderation.evaluation.resampling import ROUNDS
from moderation.evaluation.robustness import LIMIT, robustness

Phases = Callable[[str], AbstractContextManager[Told]]
"""Begins a phase of long work, named by what is being done to texts, and gives whom to tell how far it is."""


@dataclass(frozen=True)
class Other:
    """Another model to compare with.

    names  of the model that is measured and of the other, for sentences
    label  the other's folder and version
    """

    judge: Judge
    names: tuple[str, str]
    label: str


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work goes into what is drawn at random: rounds of the bootstrap, texts of each rewriting, and the seed."""

    rounds: int = ROUNDS
    rewritten: int = LIMIT
    seed: int = 0


def evaluated(
    examples: Sequence[Example],
    judge: Judge,
    policy: Policy,
    about: About,
    phases: Phases,
    other: Other | None = None,
    effort: Effort | None = None,
) -> Report:
    """Everything that is measured. Raises BadSetup if a check failed on a text."""
    effort = effort or Effort()
    with phases("judged") as told:
        judgements = judge.all(examples, told)
    others = []
    if other:
        with phases("judged_by_the_other") as told:
            others = other.judge.all(examples, told)
    categories = categories_of(examples, [*judgements, *others], policy)
    board = board_of(examples, judgements, categories, policy)
    with phases("rewritten") as told:
        rewritings = robustness(board, judge, policy, told, effort.rewritten, effort.seed)
    with phases("measured") as told:
        tallies = measuring.drawn_again(board, effort.rounds, effort.seed)
        rows: list[CategoryFigures] = []
        for figures in measuring.category_figures(board, tallies, policy):
            rows.append(figures)
            told(len(rows), len(categories))
    comparison: Comparison | None = None
    if other:
        against = board_of(examples, others, categories, policy)
        theirs = measuring.drawn_again(against, effort.rounds, effort.seed)
        pair = (tallies[Verdict.REVIEW], theirs[Verdict.REVIEW])
        comparison = compared(board, against, pair, other.names, other.label)
    return Report(
        about=about,
        systems=measuring.overall(board, tallies),
        categories=tuple(rows),
        alarms=measuring.alarms_by_source(board),
        anti_bias=anti_bias(board, policy),
        rewritings=rewritings,
        slices=measuring.slices(board),
        confusion=measuring.confusion(board, policy),
        reliability=measuring.reliability(board),
        curves=measuring.curves(board),
        mistakes=mistakes(board, policy),
        comparison=comparison,
    )
