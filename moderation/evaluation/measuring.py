"""From the board of verdicts to figures: categories, alarms, slices, confusion, reliability and curves."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from moderation.core.finding import Verdict
from moderation.core.policy import Policy
from moderation.evaluation import metrics
from moderation.evaluation.datasets import SAFE
from moderation.evaluation.judging import Board, System
from moderation.evaluation.metrics import Bools, Floats
from moderation.evaluation.report import (
    AlarmRow,
    Alarms,
    Bin,
    ByVerdict,
    CategoryFigures,
    Confusion,
    Curve,
    Measures,
    Overall,
    Rate,
    Slice,
    SliceFigures,
    Titles,
)
from moderation.evaluation.resampling import ROUNDS, Estimate, Tallies, estimate, mean, tallied

LEVELS = (Verdict.REVIEW, Verdict.REJECT)
BINS = 10
LENGTHS = ((1, 5, "≤5"), (6, 30, "6–30"), (31, 100, "31–100"), (101, math.inf, ">100"))
"""Lengths in code points, both inclusive, and what they are called."""

_POINTS = 120
"""So many points of a curve are kept."""
_MANY = 20_000
"""From so many texts on, an AUC is drawn a fifth as often: it has to sort them each time."""


def titles_of(policy: Policy, code: str) -> Titles:
    """What a category is called; its code where the policy does not know it."""
    category = policy.categories.get(code)
    return category.titles if category else {"zh": code, "en": code}


def severity_of(policy: Policy, code: str) -> int:
    """1–4; 1 for a category that the policy does not know."""
    category = policy.categories.get(code)
    return category.severity if category else 1


def drawn_again(board: Board, rounds: int = ROUNDS, seed: int = 0) -> dict[Verdict, Tallies]:
    """By verdict, the counts of every system and category, last of any, with their bootstrap."""
    return {level: tallied(board.found(level), board.truth, rounds, seed) for level in LEVELS}


def overall(board: Board, tallies: Mapping[Verdict, Tallies]) -> dict[System, Overall]:
    return {
        system: Overall(
            {level.word: macro_f1(tallies[level], at) for level in LEVELS},
            by_verdict(tallies, at, -1),
            alarms_of(board, at, ~board.violating),
        )
        for at, system in enumerate(System)
    }


def macro_f1(tallies: Tallies, system: int, columns: Sequence[int] | None = None) -> Estimate:
    """The mean F1 of the categories that any text is labelled with, out of these columns or all."""
    return estimate(*macro_draws(tallies, system, columns))


def macro_draws(tallies: Tallies, system: int, columns: Sequence[int] | None = None) -> tuple[float, Floats]:
    """The macro-F1 and its draws, float64 [rounds]."""
    true = tallies.whole.true[system, :-1]
    wanted = [at for at in (range(len(true)) if columns is None else columns) if true[at] > 0]
    return float(mean(tallies.whole.f1[system, wanted])), mean(tallies.drawn.f1[:, system, wanted])


def by_verdict(tallies: Mapping[Verdict, Tallies], system: int, column: int) -> ByVerdict:
    def measures(level: Verdict) -> Measures:
        whole, drawn = tallies[level].whole, tallies[level].drawn
        shares = ((whole.precision, drawn.precision), (whole.recall, drawn.recall), (whole.f1, drawn.f1))
        precision, recall, f1 = (estimate(float(at[system, column]), of[:, system, column]) for at, of in shares)
        hits, found, true = (int(of[system, column]) for of in (whole.hits, whole.found, whole.true))
        return Measures(hits, found, true, precision, recall, f1)

    return ByVerdict(measures(Verdict.REVIEW), measures(Verdict.REJECT))


def category_figures(board: Board, tallies: Mapping[Verdict, Tallies], policy: Policy) -> Iterator[CategoryFigures]:
    """One category after another, in the board's order."""
    texts = len(board.examples)
    model = list(System).index(System.MODEL)
    rounds = ROUNDS if texts < _MANY else ROUNDS // 5
    for at, code in enumerate(board.categories):
        truth, chances = board.truth[:, at], board.scores[model, :, at]
        auc = error = math.nan
        bounds = (math.nan, math.nan)
        if code in board.known:
            error = metrics.calibration_error(chances, truth, np.ones(texts), BINS)
            auc = metrics.auc(chances, truth)
        if not math.isnan(auc):
            bounds = metrics.bootstrap(metrics.auc, chances, truth, rounds=rounds)
        yield CategoryFigures(
            code,
            titles_of(policy, code),
            severity_of(policy, code),
            int(truth.sum()),
            code in board.known,
            Estimate(auc, *bounds),
            error,
            {system: by_verdict(tallies, which, at) for which, system in enumerate(System)},
        )


def alarms_of(board: Board, system: int, texts: Bools) -> Alarms:
    """How many of these texts, bool [texts], a system holds or worse, and refuses, in whatever category."""
    review, reject = (int((board.found(level)[system, :, -1] & texts).sum()) for level in LEVELS)
    of = int(texts.sum())
    return Alarms(Rate.counted(review, of), Rate.counted(reject, of))


def alarm_row(board: Board, name: str, texts: Bools) -> AlarmRow:
    found = {system: alarms_of(board, at, texts) for at, system in enumerate(System)}
    return AlarmRow(name, int(texts.sum()), found)


def alarms_by_source(board: Board) -> tuple[AlarmRow, ...]:
    """False alarms on the harmless texts of each source, and last on all."""
    sources = [example.source for example in board.examples]
    rows = [alarm_row(board, source, ~board.violating & where(sources, source)) for source in sorted(set(sources))]
    return (*(row for row in rows if row.texts), alarm_row(board, "", ~board.violating))


def where(values: Sequence[str], value: str) -> Bools:
    return np.array([each == value for each in values], dtype=bool)


def slices(board: Board) -> tuple[Slice, ...]:
    """By kind, by length, and by register, the largest first; texts without a register are in none of those."""
    kinds = [example.kind.value for example in board.examples]
    lengths = [length_of(example.text) for example in board.examples]
    registers = [example.register for example in board.examples]
    by_size = sorted(set(registers) - {""}, key=lambda name: (-registers.count(name), name))
    return (
        *_sliced(board, "kind", kinds, sorted(set(kinds))),
        *_sliced(board, "length", lengths, [name for _, _, name in LENGTHS]),
        *_sliced(board, "register", registers, by_size),
    )


def length_of(text: str) -> str:
    """The name of the length of a text that is not empty.

    >>> [length_of("字" * n) for n in (1, 5, 6, 30, 31, 100, 101)]
    ['≤5', '≤5', '6–30', '6–30', '31–100', '31–100', '>100']
    """
    return next(name for low, high, name in LENGTHS if low <= len(text) <= high)


def _sliced(board: Board, dimension: str, values: Sequence[str], names: Iterable[str]) -> Iterator[Slice]:
    for name in names:
        here = where(values, name)
        if not here.any():
            continue
        violating, harmless = here & board.violating, here & ~board.violating
        figures = {
            system: SliceFigures(alarms_of(board, at, violating).review, alarms_of(board, at, harmless))
            for at, system in enumerate(System)
        }
        yield Slice(dimension, name, int(here.sum()), int(violating.sum()), figures)


def confusion(board: Board, policy: Policy) -> dict[System, Confusion]:
    """A text with several labels counts in the row of each."""
    labels = (*board.categories, SAFE)
    place = {code: at for at, code in enumerate(labels)}
    found = {}
    for system in System:
        counts = np.zeros((len(labels), len(labels)), dtype=int)
        for example, judgement in zip(board.examples, board.judgements, strict=True):
            top = place[judgement.top(system, policy)]
            for label in example.labels or (SAFE,):
                counts[place[label], top] += 1
        found[system] = Confusion(labels, tuple(tuple(map(int, row)) for row in counts))
    return found


def reliability(board: Board) -> tuple[Bin, ...]:
    """The model's probabilities of all its categories together, in tenths; a tenth that holds none is left out."""
    columns = [at for at, code in enumerate(board.categories) if code in board.known]
    model = list(System).index(System.MODEL)
    chances, truth = board.scores[model][:, columns].ravel(), board.truth[:, columns].ravel()
    place = np.minimum((chances * BINS).astype(int), BINS - 1)
    inside = [place == at for at in range(BINS)]
    return tuple(
        Bin(float(chances[here].mean()), Rate.counted(int(truth[here].sum()), int(here.sum())))
        for here in inside
        if here.any()
    )


def curves(board: Board) -> dict[str, dict[System, Curve]]:
    """Precision over recall of the model, and of it with the lists, for each category that it knows and that is labelled."""
    systems = list(System)
    return {
        code: {
            system: curve(board.scores[systems.index(system), :, at], board.truth[:, at])
            for system in (System.MODEL, System.BOTH)
        }
        for at, code in enumerate(board.categories)
        if code in board.known and board.truth[:, at].any()
    }


def curve(scores: Floats, truth: Bools) -> Curve:
    """The curve of scores with at least one true text, from the highest down; texts of one score are taken at once.

    >>> curve(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])).precision
    (1.0, 0.5, 0.6666666666666666)
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(truth[order])[last]
    recall, precision = hits / truth.sum(), hits / (last + 1)
    area = float((np.diff(recall, prepend=0.0) * precision).sum())
    kept = np.unique(np.linspace(0, len(last) - 1, min(len(last), _POINTS)).round().astype(int))
    return Curve(tuple(recall[kept].tolist()), tuple(precision[kept].tolist()), area)
