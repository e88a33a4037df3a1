"""A listed term that asks for a person, where the classifier has read the whole text and finds nothing in it."""

from collections.abc import Mapping
from dataclasses import replace

from moderation.core.finding import Check, Finding, Screening, Verdict
from moderation.detectors.detector import Scores


def reconsidered(screening: Screening, scores: Scores, below: Mapping[str, float], source: str) -> Screening:
    """The screening with those findings of the lists recorded only that the classifier excuses.

    scores  of the same text, all categories that the classifier knows
    below   by category: where no score reaches this, in [0, 1], a term that stands there as written and asks for a person is excused
    source  the classifier and its version, which the finding names

    Never what refuses, nor what was found through a disguise: a model is as easily deceived by one as a list.
    """
    highest = max(scores.values(), default=1.0)

    def judged(finding: Finding) -> Finding:
        doubtful = finding.detector == Check.KEYWORDS and finding.ceiling is Verdict.REVIEW and not finding.folds
        if not doubtful or highest >= below.get(finding.category, 0.0):
            return finding
        return replace(finding, ceiling=Verdict.PASS, excused=source)

    return replace(screening, findings=tuple(map(judged, screening.findings)))
