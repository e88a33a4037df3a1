"""What is still found when texts are written in disguise: each rewriting alone, on violating texts that were found as they stand."""

from collections import Counter
from random import Random

from moderation.core.policy import Policy
from moderation.evaluation.augmentation import LIKELY, disguised
from moderation.evaluation.judging import TELLINGS, Board, Judge, System, Told
from moderation.evaluation.report import Rate, Rewriting

LIMIT = 200
"""So many texts at most are measured in each rewriting."""

LOST = 3
"""So many texts that are no longer found are shown of each."""

_ATTEMPTS = 5


def robustness(
    board: Board, judge: Judge, policy: Policy, told: Told, limit: int = LIMIT, seed: int = 0
) -> tuple[Rewriting, ...]:
    """Every rewriting of `LIKELY` on its own draw of texts, and last, named "", all of them together.

    A text counts as found if it is held or refused, in whatever category; one that a rewriting cannot change is left out.
    """
    found_before = board.verdicts[:, :, -1] > 0
    pool = [at for at, violating in enumerate(board.violating) if violating and found_before[:, at].any()]
    total = min(limit, len(pool)) * len(LIKELY)
    every = max(1, total // TELLINGS)
    rows, done = [], 0
    before, still = Counter[System](), Counter[System]()
    for name in LIKELY:
        of, kept = Counter[System](), Counter[System]()
        lost: list[tuple[str, str]] = []
        texts = 0
        for at in Random(f"{seed}:{name}").sample(pool, len(pool)):
            example = board.examples[at]
            written = rewritten(example.text, name, f"{seed}:{name}:{at}")
            if texts == limit:
                break
            if written == example.text:
                continue
            texts, done = texts + 1, done + 1
            judgement = judge(written, example.kind)
            found = {system for which, system in enumerate(System) if found_before[which, at]}
            remaining = {system for system in found if judgement.earned(system, policy)}
            of.update(found)
            kept.update(remaining)
            if System.BOTH in found - remaining and len(lost) < LOST:
                lost.append((example.text, written))
            if done % every == 0:
                told(done, total)
        rows.append(Rewriting(name, texts, _rates(kept, of), tuple(lost)))
        before.update(of)
        still.update(kept)
    told(done, done)
    return (*rows, Rewriting("", done, _rates(still, before), ()))


def rewritten(text: str, name: str, seed: str) -> str:
    """The text in one disguise, the same for the same seed; itself where a few attempts find nothing to rewrite.

    >>> rewritten("加微信领彩金", "pinyin", "7") != "加微信领彩金", rewritten("😀", "pinyin", "7")
    (True, '😀')
    """
    attempts = (disguised(text, Random(f"{seed}:{attempt}"), (name,)) for attempt in range(_ATTEMPTS))
    return next((written for written in attempts if written != text), text)


def _rates(hits: Counter[System], of: Counter[System]) -> dict[System, Rate]:
    return {system: Rate.counted(hits[system], of[system]) for system in System}
