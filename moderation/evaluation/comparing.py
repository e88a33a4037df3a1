"""Whether one model is better than another on the same texts, and whether that is more than chance."""

from collections.abc import Mapping

import numpy as np

from moderation.core.finding import Verdict
from moderation.evaluation.judging import Board, System
from moderation.evaluation.measuring import macro_draws
from moderation.evaluation.report import Comparison, Contest, Difference, Titles
from moderation.evaluation.resampling import Tallies, estimate, mcnemar

CHANCE = 0.05
"""The verdicts of two models differ by more than chance if McNemar's p lies below it."""


def compared(
    first: Board, second: Board, tallies: tuple[Tallies, Tallies], names: tuple[str, str], other: str
) -> Comparison:
    """The model alone, and with the word lists, beside another one.

    first, second  of the same texts and categories, in the same order
    tallies        of each, at the verdict review, with the same draws, which makes their differences paired
    names          of the two models, for the sentence
    other          the second's folder and version
    """
    systems = (System.MODEL, System.BOTH)
    return Comparison(other, {system: _contest(first, second, tallies, names, system) for system in systems})


def _contest(
    first: Board, second: Board, tallies: tuple[Tallies, Tallies], names: tuple[str, str], system: System
) -> Contest:
    at = list(System).index(system)
    shared = [column for column, code in enumerate(first.categories) if code in first.known & second.known]
    macro = _macro(tallies, at)
    one, two = (board.found(Verdict.REVIEW)[at, :, -1] == board.violating for board in (first, second))
    only_first, only_second = int((one & ~two).sum()), int((two & ~one).sum())
    chance = mcnemar(only_first, only_second)
    alike = bool(np.array_equal(first.verdicts[at], second.verdicts[at]))
    better = "neither" if not macro.difference.certain else "first" if macro.difference.value > 0 else "second"
    return Contest(
        macro,
        None if first.known == second.known else _macro(tallies, at, shared),
        _by_category(first, tallies, at),
        only_first,
        only_second,
        chance,
        better,
        sentence(macro, better, (only_first, only_second), chance, names, alike=alike),
    )


def _macro(tallies: tuple[Tallies, Tallies], system: int, columns: list[int] | None = None) -> Difference:
    (one, draws_one), (two, draws_two) = (macro_draws(each, system, columns) for each in tallies)
    return Difference(one, two, estimate(one - two, draws_one - draws_two))


def _by_category(board: Board, tallies: tuple[Tallies, Tallies], system: int) -> Mapping[str, Difference]:
    """Of the categories that any text is labelled with."""
    found = {}
    for at, code in enumerate(board.categories):
        if not board.truth[:, at].any():
            continue
        one, two = (float(each.whole.f1[system, at]) for each in tallies)
        draws = tallies[0].drawn.f1[:, system, at] - tallies[1].drawn.f1[:, system, at]
        found[code] = Difference(one, two, estimate(one - two, draws))
    return found


def sentence(
    macro: Difference, better: str, only: tuple[int, int], chance: float, names: tuple[str, str], *, alike: bool
) -> Titles:
    """Which model is better, and whether it is more than chance.

    only   how many texts only the first, and only the second, judges rightly
    alike  whether both gave every text the same verdict in every category
    """
    first, second = names
    if alike:
        return {
            "zh": f"没有差别：{first} 与 {second} 对每条文本的结论都相同。",
            "en": f"No difference: {first} and {second} give every text the same verdict.",
        }
    gap, low, high = (abs(macro.difference.value), macro.difference.low, macro.difference.high)
    if better == "neither":
        zh = f"{first} 与 {second} 的宏平均 F1 相差 {gap:.3f}（95% 区间 {low:+.3f} 至 {high:+.3f}），没有超出偶然"
        en = f"{first} and {second} differ by {gap:.3f} in macro-F1 ({low:+.3f} to {high:+.3f}), no more than chance"
    else:
        winner, loser = names if better == "first" else names[::-1]
        low, high = sorted((abs(low), abs(high)))
        zh = f"{winner} 更好：宏平均 F1 比 {loser} 高 {gap:.3f}（95% 区间 {low:.3f} 至 {high:.3f}），超出偶然"
        en = f"{winner} is better: its macro-F1 is {gap:.3f} higher than that of {loser} ({low:.3f} to {high:.3f}), more than chance"
    p = "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"
    beyond = chance < CHANCE
    return {
        "zh": f"{zh}；只有前者（{first}）判对的文本 {only[0]} 条，只有后者判对的 {only[1]} 条"
        f"（McNemar {p}，{'超出偶然' if beyond else '没有超出偶然'}）。",
        "en": f"{en}; {only[0]} texts only {first} judges rightly, {only[1]} only {second} "
        f"(McNemar {p}, {'more than chance' if beyond else 'no more than chance'}).",
    }
