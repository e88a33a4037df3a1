"""A handful of texts whose figures can be worked out by hand: a list of one term, and a model that says what it is told to."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from datetime import date

from moderation.core.finding import Check, Verdict
from moderation.core.policy import Category, Policy
from moderation.core.submission import Kind
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.panel import Panel
from moderation.evaluation.datasets import Example
from moderation.evaluation.evaluating import Effort, Other, evaluated
from moderation.evaluation.judging import Board, Judge, Told, board_of, categories_of
from moderation.evaluation.report import About, Report
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist


def category(code: str, zh: str, severity: int) -> Category:
    return Category(code, "3.1", {"zh": zh, "en": code}, {}, severity, Verdict.REJECT)


POLICY = Policy(
    "test",
    date(2026, 1, 1),
    {each.code: each for each in (category("ethnic_hatred", "仇恨", 4), category("gambling", "赌博", 3))},
)
"""Reviews from 0.5, rejects from 0.9."""


def example(text: str, *labels: str, near: str = "", kind: Kind = Kind.POST, source: str = "made") -> Example:
    return Example(text, frozenset(labels), "dev", source, kind, near, "daily")


EXAMPLES = (
    example("玩百家乐", "gambling"),
    example("来把大的", "gambling", kind=Kind.USERNAME),
    example("下一注", "gambling", kind=Kind.USERNAME),
    example("都给我滚回老家去", "ethnic_hatred"),
    example("百家乐是什么意思", near="gambling"),
    example("黑人也是人", near="ethnic_hatred"),
    example("今天天气真好", source="chat"),
)
"""The list finds the two with 百家乐."""

SCORES: Mapping[str, Mapping[str, float]] = {
    "玩百家乐": {"gambling": 0.95},
    "来把大的": {"gambling": 0.6},
    "下一注": {"gambling": 0.2},
    "都给我滚回老家去": {"ethnic_hatred": 0.99},
    "百家乐是什么意思": {"gambling": 0.1},
    "黑人也是人": {"ethnic_hatred": 0.7},
}


class Scripted:
    """A classifier with a score for some texts and 0.001 for all else that it knows; `broken`, it checks none."""

    source = "classifier@scripted"

    def __init__(
        self,
        scores: Mapping[str, Mapping[str, float]] = SCORES,
        *,
        knows: Sequence[str] = ("ethnic_hatred", "gambling"),
        broken: bool = False,
    ) -> None:
        self.scores, self.knows, self.broken = scores, knows, broken

    def submit(
        self, texts: Sequence[str], *, kinds: Sequence[Kind] | None = None, deadline: float | None = None
    ) -> "Future[list[dict[str, float] | None]]":
        answer: Future[list[dict[str, float] | None]] = Future()
        found = [{code: self.scores.get(text, {}).get(code, 0.001) for code in self.knows} for text in texts]
        answer.set_result([None if self.broken else each for each in found])
        return answer


def judge_of(classifier: Scripted) -> Judge:
    lexicon = Lexicon.of([read_wordlist("百家乐", "gambling.txt")])
    panel = Panel({Check.KEYWORDS: KeywordDetector(lexicon)}, None, today=lambda: date(2026, 1, 1))
    return Judge(panel, classifier)


def board(examples: Sequence[Example] = EXAMPLES, classifier: Scripted | None = None) -> Board:
    judgements = judge_of(classifier or Scripted()).all(examples, lambda done, of: None)
    return board_of(examples, judgements, categories_of(examples, judgements, POLICY), POLICY)


def silent(phase: str) -> AbstractContextManager[Told]:
    return nullcontext(lambda done, of: None)


ABOUT = About("2026-01-01T00:00:00.000Z", {"made": len(EXAMPLES)}, "", len(EXAMPLES), 4, "m", "keywords@1", "test", 0)


def measured(examples: Sequence[Example] = EXAMPLES, other: Scripted | None = None) -> Report:
    beside = Other(judge_of(other), ("A", "B"), "B") if other else None
    return evaluated(examples, judge_of(Scripted()), POLICY, ABOUT, silent, beside, Effort(rounds=200, rewritten=3))
