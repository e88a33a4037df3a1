"""Resources as they are written outside: what GET answers and webhooks carry, as JSON objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from moderation.core.case import Case
from moderation.core.clock import rfc3339
from moderation.core.decision import ItemOutcome, Outcome
from moderation.core.finding import Finding, Region, Screening, Verdict
from moderation.core.measures import Measure
from moderation.core.policy import Policy
from moderation.core.strikes import Strike
from moderation.store.accounts import StoredAccount
from moderation.store.submissions import StoredScreening

Resource = dict[str, Any]


def screening(stored: StoredScreening, policy: Policy | None = None) -> Resource:
    """A screening; with scores, findings and the characters they cover only where `policy` is given, which names their clauses."""
    outcome = stored.outcome
    if outcome is None:
        return {
            "id": stored.id,
            "status": "queued",
            "verdict": None,
            "degraded": False,
            "items": [],
            "case_id": None,
            "policy_version": None,
            "elapsed_ms": None,
        }
    texts = [item.text for item in stored.submission.items]
    return {
        "id": stored.id,
        "status": "done",
        "verdict": outcome.verdict.word,
        "degraded": stored.degraded,
        "items": [_item(item, text, policy) for item, text in zip(outcome.items, texts, strict=True)],
        "case_id": stored.case_id,
        "policy_version": outcome.policy_version,
        "elapsed_ms": stored.elapsed_ms and round(stored.elapsed_ms, 1),
    }


def _item(item: ItemOutcome, text: str | None, policy: Policy | None) -> Resource:
    shown = item.screening
    return {
        "kind": item.kind.value,
        "verdict": item.verdict.word,
        "scores": scores(item) if policy else {},
        "findings": findings(shown, policy, text, evidence=True) if policy else [],
        "unchecked": [check.value for check in shown.unchecked],
        "problem": shown.problem,
        "author_message": item.author_message,
    }


def scores(item: ItemOutcome) -> dict[str, float]:
    return {category: round(score, 4) for category, score in item.scores.items()}


def findings(
    screening: Screening, policy: Policy, text: str | None = None, *, evidence: bool = False
) -> list[Resource]:
    """Findings that act; with evidence also the characters that each covers, in the text or read in a picture."""
    acting = (finding for finding in screening.findings if finding.ceiling > Verdict.PASS)
    return [_finding(finding, policy, text, evidence) for finding in acting]


def _finding(finding: Finding, policy: Policy, text: str | None, evidence: bool) -> Resource:
    written: Resource = {
        "category": finding.category,
        "clause": policy.clause(finding.category),
        "score": round(finding.score, 4),
        "source": finding.source,
        "span": finding.span and [finding.span.start, finding.span.end],
        "folds": list(finding.folds),
    }
    if finding.parts:
        written["parts"] = [{"item": part.item, "span": [part.span.start, part.span.end]} for part in finding.parts]
    if evidence and text is not None and finding.span:
        written["text"] = finding.span.of(text)
    if finding.region:
        written["region"] = _region(finding.region)
        if evidence and finding.region.text:
            written["text"] = finding.region.text
    return written


def _region(region: Region) -> Resource:
    return {
        "picture": region.picture,
        "frame": region.frame,
        "corners": [[round(x, 4), round(y, 4)] for x, y in region.corners] or None,
        "entry": region.entry or None,
        "distance": region.distance,
    }


def case(case: Case, measures: Sequence[Measure]) -> Resource:
    """A case, without its reviewer's note, which stays inside."""
    return {
        "id": case.id,
        "status": case.status.value,
        "reason": case.reason.value,
        "scene": case.scene.value,
        "screening_id": case.screening_id,
        "account_id": case.account_id,
        "kinds": [kind.value for kind in case.kinds],
        "categories": list(case.categories),
        "severity": case.severity,
        "opened_at": rfc3339(case.opened_at),
        "claimed_by": case.claimed_by,
        "lease_until": _time(case.lease_until),
        "verdict": case.verdict.word if case.verdict is not None else None,
        "items": [{"verdict": item.verdict.word, "category": item.category} for item in case.items],
        "measures": [measure(taken) for taken in measures],
        "resolved_by": case.resolved_by,
        "resolved_at": _time(case.resolved_at),
        "undo_until": _time(case.undo_until),
        "version": case.version,
    }


def measure(measure: Measure) -> Resource:
    return {
        "id": measure.id,
        "account_id": measure.account_id,
        "action": measure.action.value,
        "status": measure.status.value,
        "category": measure.category,
        "clause": measure.clause,
        "policy_version": measure.policy_version,
        "case_id": measure.case_id,
        "by": measure.by,
        "confirmed_by": measure.confirmed_by,
        "at": rfc3339(measure.at),
        "until": _time(measure.until),
        "functions": list(measure.functions),
        "field": measure.field,
        "notice": measure.notice,
        "ended_at": _time(measure.ended_at),
        "ended_by": measure.ended_by,
    }


def account(account: StoredAccount, measures: Sequence[Measure], strikes: Sequence[Strike], points: int) -> Resource:
    """An account: its standing and history, without its profile's texts. `points` are the strikes that count now."""
    return {
        "id": account.id,
        "standing": account.standing.value,
        "created_at": _time(account.created_at),
        "third_party": account.third_party,
        "strike_points": points,
        "strikes": [
            {
                "id": strike.id,
                "case_id": strike.case_id,
                "category": strike.category,
                "points": strike.points,
                "at": rfc3339(strike.at),
                "expires_at": rfc3339(strike.expires_at),
                "cleared_at": _time(strike.cleared_at),
            }
            for strike in strikes
        ],
        "measures": [measure(taken) for taken in measures],
    }


def line(id: str | None, outcome: Outcome, policy: Policy, text: str | None, *, evidence: bool) -> Resource:
    """The answer to one line of `screen --jsonl`, which gave the text."""
    item = outcome.items[0]
    return {
        "id": id,
        "verdict": item.verdict.word,
        "scores": scores(item),
        "findings": findings(item.screening, policy, text, evidence=evidence),
        "unchecked": [check.value for check in item.screening.unchecked],
        "problem": item.screening.problem,
        "policy_version": outcome.policy_version,
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
