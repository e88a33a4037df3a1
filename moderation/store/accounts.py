"""Accounts, the measures on them and their strikes, as they now stand."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from moderation.core.errors import NotFound
from moderation.core.measures import Action, Measure, MeasureStatus, Standing, standing
from moderation.core.strikes import Strike
from moderation.core.submission import Kind
from moderation.store import likeness
from moderation.store.tables import accounts, measures, strikes


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as this product knows it.

    fields    the profile as last passed or imported: "username", "bio", and "avatar" as a picture's reference
    standing  a projection of its measures
    """

    id: str
    created_at: datetime | None
    third_party: str | None
    fields: dict[str, str]
    standing: Standing
    updated_at: datetime


def get(tx: Connection, id: str) -> StoredAccount:
    """Raises NotFound."""
    row = tx.execute(select(accounts).where(accounts.c.id == id)).first()
    if row is None:
        raise NotFound("account", id)
    return _account(row)


# Statements of the registration flow are built once: building them costs more than running them.
_ADD = {
    name: insert_into(accounts).on_conflict_do_nothing().returning(accounts.c.id)
    for name, insert_into in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}
_MEASURES_OF = (
    select(measures)
    .where(measures.c.account_id == bindparam("its_account"))
    .order_by(measures.c.at.desc(), measures.c.id.desc())
)


def put(
    tx: Connection,
    id: str,
    fields: dict[str, str],
    now: datetime,
    created_at: datetime | None = None,
    third_party: str | None = None,
) -> None:
    """Adds the account, or updates these fields of its profile and leaves the others."""
    if Kind.AVATAR.value in fields:
        likeness.show(tx, id, Kind.AVATAR.value, fields[Kind.AVATAR.value])
    added = {
        "id": id,
        "created_at": created_at,
        "third_party": third_party,
        "fields": fields,
        "standing": Standing.ACTIVE.value,
        "updated_at": now,
    }
    # Not its row count, which PostgreSQL's driver leaves unsaid.
    if tx.scalar(_ADD[tx.dialect.name], added) is not None:
        return
    row = tx.execute(select(accounts).where(accounts.c.id == id).with_for_update()).one()
    changed = {
        "fields": {**row.fields, **fields},
        "created_at": row.created_at or created_at,
        "third_party": row.third_party or third_party,
        "updated_at": now,
    }
    tx.execute(update(accounts).where(accounts.c.id == id).values(**changed))


def lock(tx: Connection, id: str, now: datetime) -> None:
    """Keeps others from changing the account, its measures and strikes before this transaction ends; adds it where it is not known.

    Whoever changes several rows of an account locks it first, so that no two wait for each other.
    """
    put(tx, id, {}, now)


def after(tx: Connection, id: str, limit: int) -> list[StoredAccount]:
    """The next accounts by id whose profile has any field, "" for the first ones."""
    query = select(accounts).where(accounts.c.id > id, accounts.c.fields != {}).order_by(accounts.c.id).limit(limit)
    return [_account(row) for row in tx.execute(query)]


def measures_of(tx: Connection, account_id: str) -> list[Measure]:
    """All measures ever taken on the account, newest first."""
    return [_measure(row) for row in tx.execute(_MEASURES_OF, {"its_account": account_id})]


def measures_of_case(tx: Connection, case_id: str) -> list[Measure]:
    return [_measure(row) for row in tx.execute(select(measures).where(measures.c.case_id == case_id))]


def proposed(tx: Connection, limit: int) -> list[Measure]:
    """Measures that wait for a second person, oldest first."""
    waiting = select(measures).where(measures.c.status == MeasureStatus.PROPOSED.value)
    return [_measure(row) for row in tx.execute(waiting.order_by(measures.c.at, measures.c.id).limit(limit))]


def measure(tx: Connection, id: str, now: datetime) -> Measure:
    """One measure, its account locked for this transaction. Raises NotFound."""
    one = select(measures).where(measures.c.id == id)
    row = tx.execute(one).first()
    if row is None:
        raise NotFound("measure", id)
    lock(tx, row.account_id, now)
    return _measure(tx.execute(one).one())


def ran_out(tx: Connection, now: datetime, limit: int) -> list[Measure]:
    """Measures still active whose end has passed, the longest past first."""
    ended = select(measures).where(measures.c.status == MeasureStatus.ACTIVE.value, measures.c.until <= now)
    return [_measure(row) for row in tx.execute(ended.order_by(measures.c.until).limit(limit))]


def to_remind(tx: Connection, before: datetime, limit: int) -> list[Measure]:
    """Rectifications whose deadline is at or before `before` and that nobody was reminded of, the nearest first."""
    near = select(measures).where(
        measures.c.status == MeasureStatus.ACTIVE.value,
        measures.c.action == Action.RECTIFY.value,
        measures.c.until <= before,
        measures.c.reminded_at.is_(None),
    )
    return [_measure(row) for row in tx.execute(near.order_by(measures.c.until).limit(limit))]


def save_measure(tx: Connection, measure: Measure, now: datetime) -> None:
    """Adds the measure, or stores a later version of it, and projects the account's standing anew."""
    columns = asdict(measure) | {
        "action": measure.action.value,
        "status": measure.status.value,
        "functions": list(measure.functions),
    }
    if measure.version == 1:
        tx.execute(insert(measures).values(**columns))
    else:
        tx.execute(update(measures).where(measures.c.id == measure.id).values(**columns))
    put(tx, measure.account_id, {}, now)
    made = standing(measures_of(tx, measure.account_id), now)
    tx.execute(update(accounts).where(accounts.c.id == measure.account_id).values(standing=made.value))


def next_version(measure: Measure, **changes: Any) -> Measure:
    """The measure with changes, as its next version."""
    return replace(measure, version=measure.version + 1, **changes)


def strikes_of(tx: Connection, account_id: str) -> list[Strike]:
    """All strikes of the account, newest first, expired and cleared ones too."""
    query = select(strikes).where(strikes.c.account_id == account_id).order_by(strikes.c.at.desc())
    return [Strike(**row._mapping) for row in tx.execute(query)]


def add_strikes(tx: Connection, added: Sequence[Strike]) -> None:
    if added:
        tx.execute(insert(strikes), [asdict(strike) for strike in added])


def clear_strikes(tx: Connection, case_id: str, now: datetime) -> list[str]:
    """Takes back the strikes of a case; their ids."""
    standing_ones = strikes.c.case_id == case_id, strikes.c.cleared_at.is_(None)
    return list(tx.scalars(update(strikes).where(*standing_ones).values(cleared_at=now).returning(strikes.c.id)))


def _account(row: Row[Any]) -> StoredAccount:
    return StoredAccount(row.id, row.created_at, row.third_party, row.fields, Standing(row.standing), row.updated_at)


def _measure(row: Row[Any]) -> Measure:
    values = dict(row._mapping)
    return Measure(
        **values
        | {
            "action": Action(row.action),
            "status": MeasureStatus(row.status),
            "functions": tuple(row.functions),
        }
    )
