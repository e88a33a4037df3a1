"""A case: something for a person to decide, from opening to resolution, projected from its events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from moderation.core.clock import parse_rfc3339, rfc3339
from moderation.core.errors import BadInput, Conflict, NotAllowed, Problem
from moderation.core.events import Event
from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene


class CaseStatus(StrEnum):
    """open → claimed (a lease) → resolved; an undo within the grace period opens it again."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """Why a person is asked."""

    SCREENING = "screening"
    RESCAN = "rescan"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """What a person says of one item; `category` is set for anything but a pass."""

    verdict: Verdict
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The state of a case, a projection of its events.

    severity    1–4, the worst of the findings' that earned a verdict; 1 where only something unchecked brought it here
    kinds       of its items, in order
    lease_until while `CLAIMED`: from then on, inclusive, anyone may claim it
    undo_until  while `RESOLVED`: until then, exclusive, the resolution can be undone
    version     counts the changes that a decision must know of (new findings, a resolution, an undo; not who has it):
                a decision made on an older version is a conflict
    """

    id: str
    screening_id: str | None
    account_id: str | None
    scene: Scene
    kinds: tuple[Kind, ...]
    categories: tuple[str, ...]
    severity: int
    reason: Reason
    opened_at: datetime
    status: CaseStatus = CaseStatus.OPEN
    claimed_by: str | None = None
    lease_until: datetime | None = None
    items: tuple[ItemVerdict, ...] = ()
    note: str = ""
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    undo_until: datetime | None = None
    version: int = 1

    @property
    def stream(self) -> str:
        return f"case:{self.id}"

    @property
    def verdict(self) -> Verdict | None:
        """The worst of the items' verdicts; None while unresolved."""
        return max((item.verdict for item in self.items), default=None)

    def claimable(self, now: datetime) -> bool:
        """Whether anyone may claim it at `now`: it is open, or its lease has run out."""
        expired = self.lease_until is not None and self.lease_until <= now
        return self.status is CaseStatus.OPEN or (self.status is CaseStatus.CLAIMED and expired)


def opened(case: Case, actor: str) -> Event:
    """The event that a new case begins with."""
    data = {
        "screening_id": case.screening_id,
        "account_id": case.account_id,
        "scene": case.scene.value,
        "kinds": [kind.value for kind in case.kinds],
        "categories": list(case.categories),
        "severity": case.severity,
        "reason": case.reason.value,
    }
    return Event(case.stream, "case.opened", case.opened_at, actor, data)


def claim(case: Case, by: str, now: datetime, lease: timedelta) -> Event:
    """Takes the case for `by`, or renews their lease. Raises Conflict if somebody else has it or it is resolved."""
    if case.status is CaseStatus.RESOLVED:
        raise Conflict("the case is already resolved", {"status": case.status.value, "resolved_by": case.resolved_by})
    if case.claimed_by != by and not case.claimable(now):
        raise Conflict(f"the case is claimed by {case.claimed_by}", {"claimed_by": case.claimed_by})
    return Event(case.stream, "case.claimed", now, by, {"lease_until": rfc3339(now + lease)})


def release(case: Case, by: str, now: datetime) -> Event:
    """Gives the case back to the queue. Raises Conflict unless `by` has it."""
    if case.status is not CaseStatus.CLAIMED or case.claimed_by != by:
        raise Conflict("the case is not claimed by you", {"claimed_by": case.claimed_by})
    return Event(case.stream, "case.released", now, by, {})


def resolve(
    case: Case, items: Sequence[ItemVerdict], note: str, by: str, version: int, now: datetime, grace: timedelta
) -> Event:
    """Decides the case.

    Raises Conflict if it changed since `version`, is resolved, or is somebody else's; BadInput unless each item has its verdict.
    """
    if case.status is CaseStatus.RESOLVED:
        raise Conflict("the case is already resolved", {"version": case.version, "resolved_by": case.resolved_by})
    if version != case.version:
        raise Conflict(
            f"the case changed: you saw version {version}, it is at {case.version}",
            {"version": case.version, "status": case.status.value, "claimed_by": case.claimed_by},
        )
    if case.claimed_by != by and not case.claimable(now):
        raise Conflict(f"the case is claimed by {case.claimed_by}", {"claimed_by": case.claimed_by})
    if len(items) != len(case.kinds):
        reason = f"has {len(items)} verdicts, the case has {len(case.kinds)} items"
        raise BadInput([Problem("items", reason, "give one verdict for each item, in order")])
    data = {
        "items": [{"verdict": item.verdict.word, "category": item.category} for item in items],
        "note": note,
        "undo_until": rfc3339(now + grace),
    }
    return Event(case.stream, "case.resolved", now, by, data)


def close_itself(case: Case, now: datetime) -> Event:
    """Closes a case whose screening finished clean after all; a machine may say pass, and nobody is punished."""
    passed = [{"verdict": Verdict.PASS.word, "category": None} for _ in case.kinds]
    data = {"items": passed, "note": "", "undo_until": rfc3339(now)}
    return Event(case.stream, "case.resolved", now, "machine", data)


def update(case: Case, categories: Sequence[str], severity: int, now: datetime) -> Event:
    """What the finished screening found, for a case that was opened while checks were still running."""
    return Event(case.stream, "case.updated", now, "machine", {"categories": list(categories), "severity": severity})


def undo(case: Case, by: str, now: datetime) -> Event:
    """Takes the resolution back. Raises Conflict if there is none, NotAllowed after the grace period or for another's."""
    if case.status is not CaseStatus.RESOLVED or case.undo_until is None:
        raise Conflict("the case is not resolved", {"status": case.status.value})
    if now >= case.undo_until:
        raise NotAllowed("the grace period for undoing is over; the measure can still be lifted on the account")
    if by != case.resolved_by:
        raise NotAllowed(f"only {case.resolved_by}, who decided, can undo it")
    return Event(case.stream, "case.undone", now, by, {})


def apply(case: Case | None, event: Event) -> Case:
    """The case after one more event; `None` before its first.

    Raises ValueError for an event that no case knows.
    """
    data: dict[str, Any] = dict(event.data)
    if event.type == "case.opened":
        return Case(
            id=event.stream.removeprefix("case:"),
            screening_id=data["screening_id"],
            account_id=data["account_id"],
            scene=Scene(data["scene"]),
            kinds=tuple(Kind(kind) for kind in data["kinds"]),
            categories=tuple(data["categories"]),
            severity=data["severity"],
            reason=Reason(data["reason"]),
            opened_at=event.at,
        )
    if case is None:
        raise ValueError(f"{event.stream} begins with {event.type}, not with case.opened")
    free = replace(case, status=CaseStatus.OPEN, claimed_by=None, lease_until=None)
    changed = case.version + 1
    match event.type:
        case "case.claimed":
            lease = parse_rfc3339(data["lease_until"])
            return replace(free, status=CaseStatus.CLAIMED, claimed_by=event.actor, lease_until=lease)
        case "case.released":
            return free
        case "case.updated":
            return replace(case, version=changed, categories=tuple(data["categories"]), severity=data["severity"])
        case "case.resolved":
            return replace(
                free,
                version=changed,
                status=CaseStatus.RESOLVED,
                items=tuple(ItemVerdict(Verdict.of(i["verdict"]), i["category"]) for i in data["items"]),
                note=data["note"],
                resolved_by=event.actor,
                resolved_at=event.at,
                undo_until=parse_rfc3339(data["undo_until"]),
            )
        case "case.undone":
            return replace(
                free, version=changed, items=(), note="", resolved_by=None, resolved_at=None, undo_until=None
            )
    raise ValueError(f"a case knows no event {event.type}")
