"""The texts that were judged wrongly, named by what the mistake costs, the worst first; and what prejudice may be behind."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from moderation.core.finding import Verdict
from moderation.core.policy import Policy
from moderation.evaluation.judging import Board, System, by_model, scene_of
from moderation.evaluation.measuring import alarm_row, severity_of, titles_of
from moderation.evaluation.report import AntiBias, Mistake, Mistakes, Seen, Titles

SHOWN = 200
"""So many mistakes of a kind are told, the rest are counted."""

HATRED = "ethnic_hatred"

IDENTITIES = (
    "同性恋",
    "跨性别",
    "黑人",
    "白人",
    "犹太人",
    "穆斯林",
    "回族",
    "维吾尔",
    "藏族",
    "蒙古族",
    "少数民族",
    "河南人",
    "东北人",
    "上海人",
    "广东人",
    "新疆人",
    "台湾人",
    "香港人",
    "外地人",
    "农村人",
    "农民工",
    "日本人",
    "韩国人",
    "印度人",
    "非洲人",
    "残疾人",
    "聋人",
    "盲人",
    "女权",
    "单身妈妈",
)
"""Words for people whom prejudice is about; harmless texts with one of them are measured on their own."""

_COSTS = ("missed", "refused", "held", "mistaken")
_SCORES = 5
_WORTH_TELLING = 0.05


def mistakes(board: Board, policy: Policy, most: int = SHOWN) -> tuple[Mistakes, ...]:
    """The mistakes of all detectors together: what was missed, by severity; what is harmless and was refused, or held; and
    what was found in no category of its own, which costs least, since it was found."""
    both = list(System).index(System.BOTH)
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, example in enumerate(board.examples):
        verdict = Verdict(int(board.verdicts[both, row, -1]))
        if not example.labels:
            if verdict > Verdict.PASS:
                groups["refused" if verdict is Verdict.REJECT else "held", example.near].append(row)
            continue
        severest = max(sorted(example.labels), key=lambda code: severity_of(policy, code))
        if verdict is Verdict.PASS:
            groups["missed", severest].append(row)
        elif not (board.verdicts[both, row, :-1].astype(bool) & board.truth[row, :-1]).any():
            groups["mistaken", severest].append(row)
    ordered = sorted(
        groups.items(),
        key=lambda group: (_COSTS.index(group[0][0]), -severity_of(policy, group[0][1]), -len(group[1]), group[0][1]),
    )
    return tuple(
        Mistakes(
            cost,
            category,
            name_of(cost, category, policy),
            severity_of(policy, category),
            len(rows),
            tuple(mistake(board, row, policy) for row in _worst_first(board, rows, cost)[:most]),
        )
        for (cost, category), rows in ordered
    )


def name_of(cost: str, category: str, policy: Policy) -> Titles:
    """What mistakes of a cost are called.

    >>> name_of("refused", "", Policy.empty())["zh"], name_of("held", "porn", Policy.empty())["en"]
    ('误拒：无害文本被拒绝', 'held though harmless (near porn)')
    """
    titles = titles_of(policy, category)
    near = {"zh": f"（貌似{titles['zh']}）", "en": f" (near {titles['en']})"} if category else {"zh": "", "en": ""}
    return {
        "missed": {"zh": f"漏放：{titles['zh']}", "en": f"missed: {titles['en']}"},
        "refused": {"zh": f"误拒：无害文本被拒绝{near['zh']}", "en": f"refused though harmless{near['en']}"},
        "held": {"zh": f"误报：无害文本被送复核{near['zh']}", "en": f"held though harmless{near['en']}"},
        "mistaken": {"zh": f"归类错误：{titles['zh']}被认作别类", "en": f"found as something else: {titles['en']}"},
    }[cost]


def mistake(board: Board, row: int, policy: Policy) -> Mistake:
    """One text with its label, its scores, and what was found in it."""
    example, judgement = board.examples[row], board.judgements[row]
    verdicts = {system: Verdict(int(board.verdicts[at, row, -1])).word for at, system in enumerate(System)}
    scores = judgement.scores(System.BOTH)
    telling = sorted(scores, key=lambda code: (code not in example.labels, -scores[code]))
    kept = [code for code in telling if code in example.labels or scores[code] >= _WORTH_TELLING][:_SCORES]
    found = []
    for finding in judgement.findings:
        verdict = policy.earned(finding, example.kind, scene_of(example.kind))
        if verdict is Verdict.PASS and by_model(finding):
            continue
        covered = finding.span.of(example.text) if finding.span else ""
        found.append(Seen(finding.category, finding.source, finding.score, verdict.word, covered, finding.folds))
    return Mistake(
        example.text,
        example.kind.value,
        example.source,
        tuple(sorted(example.labels)),
        example.near,
        example.register,
        verdicts,
        {code: scores[code] for code in kept},
        tuple(found),
    )


def anti_bias(board: Board, policy: Policy, most: int = SHOWN) -> AntiBias:
    """False alarms on harmless texts that only look like hatred (speech against it, victims' accounts) or name an identity."""
    harmless = ~board.violating
    near = harmless & np.array([example.near == HATRED for example in board.examples], dtype=bool)
    naming = {
        word: harmless & np.array([word in example.text for example in board.examples], dtype=bool)
        for word in IDENTITIES
    }
    named = np.logical_or.reduce(list(naming.values()))
    flagged = np.flatnonzero((near | named) & (board.verdicts[:, :, -1] > 0).any(0)).tolist()
    worst = _worst_first(board, flagged, "held")
    rows = [alarm_row(board, word, here) for word, here in naming.items() if here.any()]
    return AntiBias(
        (
            alarm_row(board, "all", near | named),
            alarm_row(board, "near", near),
            alarm_row(board, "identity", named),
        ),
        tuple(sorted(rows, key=lambda row: -row.texts)),
        len(flagged),
        tuple(mistake(board, row, policy) for row in worst[:most]),
    )


def _worst_first(board: Board, rows: Sequence[int], cost: str) -> list[int]:
    """What was missed: the least likely of its labels first. What was found wrongly: the worst verdict and surest first."""
    both = list(System).index(System.BOTH)
    scores = board.scores[both]

    def key(row: int) -> tuple[int, float]:
        if cost in ("missed", "mistaken"):
            return (0, float(scores[row, board.truth[row, :-1]].max()))
        return (-int(board.verdicts[both, row, -1]), -float(scores[row].max(initial=0.0)))

    return sorted(rows, key=key)
