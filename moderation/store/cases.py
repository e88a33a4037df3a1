"""Cases as they now stand, the review queue, and how a change to one is stored with its event."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, and_, cast, func, insert, or_, select, update

from moderation.core.case import Case, CaseStatus, ItemVerdict, Reason, apply
from moderation.core.errors import NotFound
from moderation.core.events import Event
from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.store import audit
from moderation.store.tables import cases


@dataclass(frozen=True, slots=True)
class Queue:
    """Which cases to list.

    status    None for all
    category, account_id, claimed_by  only these, where given
    pending   only those that still need a person, claimed or not
    resolved_by, resolved_since  only those resolved by this actor, and from then on, inclusive
    """

    status: CaseStatus | None = None
    category: str | None = None
    account_id: str | None = None
    claimed_by: str | None = None
    pending: bool = False
    resolved_by: str | None = None
    resolved_since: datetime | None = None


def get(tx: Connection, id: str, *, lock: bool = False) -> Case:
    """The case; with `lock`, nobody else can change it before this transaction ends. Raises NotFound."""
    query = select(cases).where(cases.c.id == id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("case", id)
    return _case(row)


def next_claimable(tx: Connection, now: datetime, category: str | None = None) -> Case | None:
    """The worst, then oldest, case that anyone may claim, locked for this transaction; those locked by others are passed over."""
    query = (
        select(cases).where(_claimable(now)).order_by(cases.c.severity.desc(), cases.c.opened_at, cases.c.id).limit(1)
    )
    if category:
        query = query.where(_holds(category))
    row = tx.execute(query.with_for_update(skip_locked=True)).first()
    return _case(row) if row else None


def listed(tx: Connection, queue: Queue, limit: int, offset: int = 0) -> list[Case]:
    """Cases by severity, worst first, then age, oldest first; resolved ones by resolution, newest first."""
    query = select(cases).where(*_conditions(queue)).limit(limit).offset(offset)
    if queue.status is CaseStatus.RESOLVED:
        query = query.order_by(cases.c.resolved_at.desc(), cases.c.id)
    else:
        query = query.order_by(cases.c.severity.desc(), cases.c.opened_at, cases.c.id)
    return [_case(row) for row in tx.execute(query)]


def count(tx: Connection, queue: Queue) -> int:
    return tx.scalar(select(func.count()).select_from(cases).where(*_conditions(queue))) or 0


def by_severity(tx: Connection, queue: Queue) -> dict[int, int]:
    """How many cases there are of each severity, worst first; a severity without any is left out."""
    counted = (
        select(cases.c.severity, func.count().label("number")).where(*_conditions(queue)).group_by(cases.c.severity)
    )
    return {row.severity: row.number for row in tx.execute(counted.order_by(cases.c.severity.desc()))}


def add(tx: Connection, opening: Event) -> Case:
    """Stores a new case and its opening event."""
    case = apply(None, opening)
    tx.execute(insert(cases).values(**_columns(case)))
    audit.append(tx, [opening])
    return case


def change(tx: Connection, case: Case, event: Event) -> Case:
    """Stores what an event makes of a case, and the event."""
    changed = apply(case, event)
    tx.execute(update(cases).where(cases.c.id == case.id).values(**_columns(changed)))
    audit.append(tx, [event])
    return changed


def replayed(tx: Connection, id: str) -> Case:
    """The case as its events alone tell it. Raises NotFound if there are none."""
    case: Case | None = None
    for record in audit.read(tx, f"case:{id}"):
        case = apply(case, record.event)
    if case is None:
        raise NotFound("case", id)
    return case


def _claimable(now: datetime) -> ColumnElement[bool]:
    lapsed = and_(cases.c.status == CaseStatus.CLAIMED.value, cases.c.lease_until <= now)
    return or_(cases.c.status == CaseStatus.OPEN.value, lapsed)


def _holds(category: str) -> ColumnElement[bool]:
    return cast(cases.c.categories, Text).contains(json.dumps(category), autoescape=True)


def _conditions(queue: Queue) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if queue.status is not None:
        found.append(cases.c.status == queue.status.value)
    if queue.category is not None:
        found.append(_holds(queue.category))
    if queue.account_id is not None:
        found.append(cases.c.account_id == queue.account_id)
    if queue.claimed_by is not None:
        found.append(cases.c.claimed_by == queue.claimed_by)
    if queue.pending:
        found.append(cases.c.status != CaseStatus.RESOLVED.value)
    if queue.resolved_by is not None:
        found.append(cases.c.resolved_by == queue.resolved_by)
    if queue.resolved_since is not None:
        found.append(cases.c.resolved_at >= queue.resolved_since)
    return found


def _columns(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "screening_id": case.screening_id,
        "account_id": case.account_id,
        "scene": case.scene.value,
        "kinds": [kind.value for kind in case.kinds],
        "categories": list(case.categories),
        "severity": case.severity,
        "reason": case.reason.value,
        "opened_at": case.opened_at,
        "status": case.status.value,
        "claimed_by": case.claimed_by,
        "lease_until": case.lease_until,
        "items": [[item.verdict.word, item.category] for item in case.items],
        "note": case.note,
        "resolved_by": case.resolved_by,
        "resolved_at": case.resolved_at,
        "undo_until": case.undo_until,
        "version": case.version,
    }


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        screening_id=row.screening_id,
        account_id=row.account_id,
        scene=Scene(row.scene),
        kinds=tuple(Kind(kind) for kind in row.kinds),
        categories=tuple(row.categories),
        severity=row.severity,
        reason=Reason(row.reason),
        opened_at=row.opened_at,
        status=CaseStatus(row.status),
        claimed_by=row.claimed_by,
        lease_until=row.lease_until,
        items=tuple(ItemVerdict(Verdict.of(word), category) for word, category in row.items),
        note=row.note,
        resolved_by=row.resolved_by,
        resolved_at=row.resolved_at,
        undo_until=row.undo_until,
        version=row.version,
    )
