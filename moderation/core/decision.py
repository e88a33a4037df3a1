"""From findings to a verdict, the category it rests on, and what the author is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.core.finding import Finding, Screening, Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Kind, Scene


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
    full = f"{title}（{clause}）：{reason}{held}" if language == "zh" else f"{title} ({clause}): {reason} {held}".rstrip()
    cited = f"{general}（{clause}）" if language == "zh" else f"{general} ({clause})"
    return _first_silent([(full, title), (cited, ""), (clause, "")], covered) or "—"


def _first_silent(candidates: Sequence[tuple[str, str]], covered: Sequence[str]) -> str | None:
    """The first message that, without its title, shares no run of two characters with any covered text."""
    pairs = {text[i : i + 2].casefold() for text in covered for i in range(len(text) - 1)}
    for message, title in candidates:
        said = message.replace(title, "\x00") if title else message
        said = said.casefold()
        if not any(said[i : i + 2] in pairs for i in range(len(said) - 1)):
            return message
    return None
