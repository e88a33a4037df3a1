"""Entries of the banks as people look at them: page by page, by the picture they hold, and with what they matched lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from moderation.pictures.bank import BankEntry, EntryState
from moderation.store import banks
from moderation.store.banks import ImportState, StoredBank
from moderation.store.tables import bank_entries, bank_imports, bank_matches

_LIVE_IMPORTS = select(bank_imports.c.id).where(bank_imports.c.state == ImportState.LIVE.value)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in a list.

    by, at    who put it there and when; of a hash from a list, who imported that
    pictures  how many different ones were copies of it since a moment, of how many different `accounts`
    """

    entry: BankEntry
    by: str
    at: datetime
    pictures: int
    accounts: int


def page(
    tx: Connection, bank: StoredBank, state: EntryState | None, since: datetime, limit: int, offset: int
) -> list[Listed]:
    """Entries of a bank, the newest first; only those in a state where one is given. `since`: from when matches count."""
    its = [
        bank_entries.c.bank_id == bank.id,
        or_(bank_entries.c.import_id.is_(None), bank_entries.c.import_id.in_(_LIVE_IMPORTS)),
    ]
    if state:
        its.append(bank_entries.c.state == state.value)
    newest = select(bank_entries.c.id).where(*its).order_by(bank_entries.c.id.desc()).limit(limit).offset(offset)
    return listed(tx, list(tx.scalars(newest)), since)


def listed(tx: Connection, ids: Sequence[int], since: datetime) -> list[Listed]:
    """The entries with these ids, in that order, without those that are not there."""
    entries = banks.entries(tx, ids)
    adding = (
        select(
            bank_entries.c.id,
            func.coalesce(bank_entries.c.by, bank_imports.c.by).label("by"),
            bank_entries.c.at,
            bank_imports.c.at.label("imported_at"),
        )
        .outerjoin(bank_imports, bank_imports.c.id == bank_entries.c.import_id)
        .where(bank_entries.c.id.in_(ids))
    )
    added = {row.id: (row.by, row.at or row.imported_at) for row in tx.execute(adding)}
    counts = func.count(bank_matches.c.picture.distinct()), func.count(bank_matches.c.account_id.distinct())
    lately = select(bank_matches.c.entry_id, *counts).where(
        bank_matches.c.entry_id.in_(ids), bank_matches.c.at >= since
    )
    matched = {id: (pictures, of) for id, pictures, of in tx.execute(lately.group_by(bank_matches.c.entry_id))}
    return [Listed(entries[id], *added[id], *matched.get(id, (0, 0))) for id in ids if id in entries]


def holding(tx: Connection, pictures: Sequence[str]) -> dict[str, list[BankEntry]]:
    """By the reference of a kept picture, the entries made of it in any bank, by id; removed ones too."""
    made = select(bank_entries.c.id).where(bank_entries.c.picture.in_(pictures)).order_by(bank_entries.c.id)
    entries = banks.entries(tx, list(tx.scalars(made)))
    found: dict[str, list[BankEntry]] = {picture: [] for picture in pictures}
    for _, entry in sorted(entries.items()):
        found[entry.picture or ""].append(entry)
    return found
