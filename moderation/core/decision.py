"""From findings to a verdict, the category it rests on, and what the author is told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from moderation.core.finding import Finding, Screening, Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Kind, Scene, Submission


def decide(screening: Screening, policy: Policy, kind: Kind, scene: Scene) -> Verdict:
    """The worst verdict that any finding earns. What nobody checked never passes.

    A finding earns the least of what its score reaches, its own ceiling and its category's cap.

    >>> from moderation.core.finding import Check
    >>> decide(Screening(unchecked=(Check.IMAGE,)), Policy.empty(), Kind.AVATAR, Scene.REGISTRATION).name
    'REVIEW'
    """
    floor = Verdict.REVIEW if screening.unchecked or screening.problem else Verdict.PASS
    return max([floor, *(policy.earned(finding, kind, scene) for finding in screening.findings)])


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a verdict rests on: the findings that earned more than a pass, weightiest first, and their worst severity.

    severity  1–4; 1 where no finding earned anything and only an unchecked item asks for a person
    """

    findings: tuple[Finding, ...]
    severity: int

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.category for finding in self.findings))


def grounds(screenings: Sequence[tuple[Screening, Kind]], policy: Policy, scene: Scene) -> Grounds:
    """The grounds of a submission's verdict over all its items: by verdict earned, then severity, then score."""
    weighed = [
        (policy.earned(finding, kind, scene), policy.severity(finding), finding.score, finding)
        for screening, kind in screenings
        for finding in screening.findings
    ]
    acting = sorted((entry for entry in weighed if entry[0] > Verdict.PASS), key=lambda entry: entry[:3], reverse=True)
    return Grounds(tuple(entry[3] for entry in acting), max((entry[1] for entry in acting), default=1))


def author_message(
    grounds: Grounds, verdict: Verdict, policy: Policy, covered: Sequence[str], language: str
) -> str | None:
    """What the author is told of a rejected or held item: the clause, the reason and how to fix it; None for a pass.

    covered   the texts that the findings cover, as submitted and folded; the message holds no run of two of their characters,
              but for the category's own title. Where it would, the general message stands; where even that would, the clause alone
    language  "zh" or "en"
    """
    if verdict is Verdict.PASS:
        return None
    general = policy.general[language]
    category = next((policy.categories[f.category] for f in grounds.findings if f.category in policy.categories), None)
    if category is None:
        return _first_silent([(general, "")], covered) or "—"
    title, clause = category.titles[language], category.clause
    reason = category.messages[language]
    held = policy.held[language] if verdict is Verdict.REVIEW else ""
    full = (
        f"{title}（{clause}）：{reason}{held}" if language == "zh" else f"{title} ({clause}): {reason} {held}".rstrip()
    )
    cited = f"{general}（{clause}）" if language == "zh" else f"{general} ({clause})"
    return _first_silent([(full, title), (cited, ""), (clause, "")], covered) or "—"


def _first_silent(candidates: Sequence[tuple[str, str]], covered: Sequence[str]) -> str | None:
    """The first message that, without its title, shares no run of two characters with any covered text."""
    pairs = {pair for text in covered for form in (text, text.casefold()) for pair in _pairs(form)}
    for message, title in candidates:
        # A run that only begins or ends in the title is still a run.
        said = [message] if not title else [title[-1] + rest for rest in message.split(title)]
        if title:
            said = [part + title[0] for part in said[:-1]] + said[-1:]
            said[0] = said[0].removeprefix(title[-1])
        if not any(pair in pairs for part in said for form in (part, part.casefold()) for pair in _pairs(form)):
            return message
    return None


def _pairs(text: str) -> Iterator[str]:
    return (text[at : at + 2] for at in range(len(text) - 1))


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The verdict on one item, what it rests on, and what its author is told (None for a pass).

    screening  with only those findings that earned more than a pass, and shadow ones
    scores     each category's highest score in [0, 1], of all findings but shadow ones
    """

    kind: Kind
    verdict: Verdict
    screening: Screening
    scores: Mapping[str, float]
    author_message: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on a submission: the worst of its items'.

    categories  those that earned more than a pass, weightiest first
    severity    1–4, see `Grounds`
    """

    verdict: Verdict
    items: tuple[ItemOutcome, ...]
    categories: tuple[str, ...]
    severity: int
    policy_version: str

    @property
    def degraded(self) -> bool:
        """Whether a deadline or a failure cut any check short."""
        return any(item.screening.degraded for item in self.items)


def judge(
    submission: Submission, screenings: Sequence[Screening], policy: Policy, fold: Callable[[str], str]
) -> Outcome:
    """The outcome of a submission whose items were screened, in order.

    fold  how texts are folded for matching, so that a message hides folded terms too
    """
    telling = []
    for item, full in zip(submission.items, screenings, strict=True):
        findings = (
            f for f in full.findings if f.ceiling is Verdict.PASS or policy.earned(f, item.kind, submission.scene)
        )
        telling.append(replace(full, findings=tuple(findings)))
    # Of all items: what is found in one must not be learnt from what is said of another.
    covered = list(_covered(submission, telling))
    covered += [fold(text) for text in covered]
    items = []
    for item, full, screening in zip(submission.items, screenings, telling, strict=True):
        verdict = decide(screening, policy, item.kind, submission.scene)
        own = grounds([(screening, item.kind)], policy, submission.scene)
        message = author_message(own, verdict, policy, covered, submission.language)
        items.append(ItemOutcome(item.kind, verdict, screening, full.scores, message))
    whole = grounds([(o.screening, o.kind) for o in items], policy, submission.scene)
    worst = max(item.verdict for item in items)
    return Outcome(worst, tuple(items), whole.categories, whole.severity, policy.version)


def _covered(submission: Submission, screenings: Sequence[Screening]) -> Iterator[str]:
    """The characters that the findings cover, as submitted; in other items too, for a finding of the joined profile."""
    for item, screening in zip(submission.items, screenings, strict=True):
        for finding in screening.findings:
            if finding.span and item.text:
                yield finding.span.of(item.text)
            if finding.region and finding.region.text:
                yield finding.region.text
            for part in finding.parts:
                yield part.span.of(submission.items[part.item].text or "")
