"""Submissions, their outcomes, and the idempotency keys that they came under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from moderation.core.decision import Outcome
from moderation.core.errors import NotFound
from moderation.core.submission import Submission
from moderation.store.documents import outcome_document, read_outcome, read_submission, submission_document
from moderation.store.tables import screenings


class WorkStatus(StrEnum):
    """queued: to be screened, or to be finished; done: final."""

    QUEUED = "queued"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class StoredScreening:
    """One submission and what became of it.

    owner     whose API key it came under; `idempotency_key` is unique for each owner
    digest    SHA-256 of the body as JSON, to tell another body under the same key
    outcome   None until it was screened; provisional while `degraded`
    degraded  whether checks were cut short and a worker is still to finish them
    announce  whether screening.done is owed once it is final
    attempts  how often a worker took it up
    """

    id: str
    owner: str
    idempotency_key: str
    digest: str
    submission: Submission
    outcome: Outcome | None
    degraded: bool
    announce: bool
    case_id: str | None
    elapsed_ms: float | None
    created_at: datetime
    done_at: datetime | None
    attempts: int = 0

    @property
    def final(self) -> bool:
        return self.outcome is not None and not self.degraded


# Statements of the registration flow are built once: building them costs more than running them.
_ADD = insert(screenings)
_BY_KEY = select(screenings).where(
    screenings.c.owner == bindparam("its_owner"), screenings.c.idempotency_key == bindparam("its_key")
)


def add(tx: Connection, screening: StoredScreening, due_at: datetime | None = None, job: str | None = None) -> None:
    """Stores a new screening; `due_at` and `job` for one that a worker is to take up.

    Raises sqlalchemy.exc.IntegrityError when the owner has used the idempotency key already.
    """
    submission = screening.submission
    tx.execute(
        _ADD,
        {
            "id": screening.id,
            "owner": screening.owner,
            "idempotency_key": screening.idempotency_key,
            "digest": screening.digest,
            "scene": submission.scene.value,
            "account_id": submission.account and submission.account.id,
            "submission": submission_document(submission),
            "outcome": screening.outcome and outcome_document(screening.outcome),
            "verdict": screening.outcome and screening.outcome.verdict.word,
            "degraded": screening.degraded,
            "announce": screening.announce,
            "case_id": screening.case_id,
            "elapsed_us": screening.elapsed_ms and round(screening.elapsed_ms * 1000),
            "created_at": screening.created_at,
            "done_at": screening.done_at,
            "status": (WorkStatus.QUEUED if due_at else WorkStatus.DONE).value,
            "due_at": due_at,
            "job": job,
            "attempts": 0,
        },
    )


def get(tx: Connection, id: str, owner: str | None = None) -> StoredScreening:
    """The screening; of this owner only, where one is given. Raises NotFound."""
    query = select(screenings).where(screenings.c.id == id)
    if owner is not None:
        query = query.where(screenings.c.owner == owner)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound("screening", id)
    return _screening(row)


def by_key(tx: Connection, owner: str, idempotency_key: str) -> StoredScreening | None:
    """What this owner has submitted under the key, if anything."""
    row = tx.execute(_BY_KEY, {"its_owner": owner, "its_key": idempotency_key}).first()
    return _screening(row) if row else None


def held(tx: Connection, lease: str) -> list[StoredScreening]:
    """Those held under a lease, oldest first."""
    query = select(screenings).where(screenings.c.lease == lease).order_by(screenings.c.created_at)
    return [_screening(row) for row in tx.execute(query)]


def finish(
    tx: Connection,
    id: str,
    lease: str,
    submission: Submission,
    outcome: Outcome,
    case_id: str | None,
    now: datetime,
    elapsed_ms: float,
) -> bool:
    """Stores the final outcome, and the submission with its pictures settled.

    False, and nothing changed, if the lease was lost to another worker meanwhile.
    """
    done = (
        update(screenings)
        .where(screenings.c.id == id, screenings.c.lease == lease)
        .values(
            submission=submission_document(submission),
            outcome=outcome_document(outcome),
            verdict=outcome.verdict.word,
            degraded=False,
            case_id=case_id,
            done_at=now,
            elapsed_us=round(elapsed_ms * 1000),
            status=WorkStatus.DONE.value,
            due_at=None,
            lease=None,
            lease_until=None,
        )
    )
    return tx.execute(done).rowcount == 1


def of_account(tx: Connection, account_id: str, limit: int) -> list[StoredScreening]:
    """An account's screenings, newest first."""
    mine = select(screenings).where(screenings.c.account_id == account_id)
    return [_screening(row) for row in tx.execute(mine.order_by(screenings.c.created_at.desc()).limit(limit))]


def several(tx: Connection, ids: Sequence[str]) -> dict[str, StoredScreening]:
    """Screenings by id, those that exist."""
    rows = tx.execute(select(screenings).where(screenings.c.id.in_(ids)))
    return {row.id: _screening(row) for row in rows}


def _screening(row: Row[Any]) -> StoredScreening:
    return StoredScreening(
        id=row.id,
        owner=row.owner,
        idempotency_key=row.idempotency_key,
        digest=row.digest,
        submission=read_submission(row.submission),
        outcome=row.outcome and read_outcome(row.outcome),
        degraded=row.degraded,
        announce=row.announce,
        case_id=row.case_id,
        elapsed_ms=None if row.elapsed_us is None else row.elapsed_us / 1000,
        created_at=row.created_at,
        done_at=row.done_at,
        attempts=row.attempts,
    )
