"""Banks of known pictures: entries, imports, and a revision that grows with each change, so that processes ask for what is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, not_, or_, select, text, update

from moderation.core.errors import Conflict, NotFound
from moderation.pictures.bank import BankEntry, EntryState, Hashes
from moderation.pictures.hashing import FrameHash
from moderation.pictures.index import Keys
from moderation.store.tables import bank_entries, bank_imports, bank_matches, banks

BANK_LOCK = 0x6D6F6433
"""PostgreSQL's advisory lock for the revision: who changes a bank waits for whoever did before, so that none is passed over."""


class ImportState(StrEnum):
    LOADING = "loading"
    LIVE = "live"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class StoredBank:
    """category  what copies of its pictures are; None for a negative bank"""

    id: str
    name: str
    category: str | None
    owner: str
    source: str
    note: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different since a revision.

    revision  up to which this is all
    gone      ids that are no longer what they were
    added     the hashes of those that can be matched now, some of the gone ones' among them
    """

    revision: int
    gone: Keys
    added: Hashes


_SEEN = or_(bank_entries.c.import_id.is_(None), bank_imports.c.state == ImportState.LIVE.value)
_MATCHABLE = bank_entries.c.state != EntryState.REMOVED.value
_WITH_IMPORT = bank_entries.outerjoin(bank_imports, bank_entries.c.import_id == bank_imports.c.id)
_DESCRIBED = (
    select(bank_entries, banks.c.name, banks.c.category, banks.c.owner, banks.c.source)
    .add_columns(bank_imports.c.source.label("file"))
    .select_from(_WITH_IMPORT.join(banks, bank_entries.c.bank_id == banks.c.id))
)
_HASHES = select(bank_entries.c.id, bank_entries.c.pdq, bank_entries.c.quality, bank_entries.c.phash)


def lock(tx: Connection) -> None:
    """Keeps others from changing any bank before this transaction ends; whoever looks before changing locks first."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer anyway
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BANK_LOCK})


def add_bank(tx: Connection, bank: StoredBank) -> None:
    """Raises Conflict where there is one of that name."""
    if tx.scalar(select(banks.c.id).where(banks.c.name == bank.name)) is not None:
        raise Conflict(f"there is a bank {bank.name} already; give another name")
    tx.execute(insert(banks).values({name: getattr(bank, name) for name in StoredBank.__slots__}))


def bank(tx: Connection, name: str) -> StoredBank:
    """Raises NotFound."""
    row = tx.execute(select(banks).where(banks.c.name == name)).first()
    if row is None:
        raise NotFound("bank", name)
    return StoredBank(**row._mapping)


def all_banks(tx: Connection) -> list[tuple[StoredBank, dict[EntryState, int]]]:
    """Every bank by name, with how many entries it has in each state."""
    counted = (
        select(bank_entries.c.bank_id, bank_entries.c.state, func.count())
        .select_from(_WITH_IMPORT)
        .where(_SEEN)
        .group_by(bank_entries.c.bank_id, bank_entries.c.state)
    )
    counts: dict[str, dict[EntryState, int]] = {}
    for id, state, count in tx.execute(counted):
        counts.setdefault(id, {})[EntryState(state)] = count
    found = (StoredBank(**row._mapping) for row in tx.execute(select(banks).order_by(banks.c.name)))
    return [(each, counts.get(each.id, {})) for each in found]


def revision(tx: Connection) -> int:
    """Of the last change of any bank; 0 where there was none."""
    newest = (tx.scalar(select(func.max(table.c.revision))) for table in (bank_entries, bank_imports))
    return max(found or 0 for found in newest)


def add_entry(
    tx: Connection, bank: StoredBank, frame: FrameHash, picture: str | None, note: str, by: str, now: datetime
) -> int:
    """Adds a live entry; its id."""
    row = {
        "bank_id": bank.id,
        "pdq": frame.pdq,
        "quality": frame.quality,
        "phash": frame.phash.to_bytes(8, "big") if frame.phash else None,
        "picture": picture,
        "note": note,
        "by": by,
        "at": now,
        "state": EntryState.LIVE.value,
        "revision": _next_revision(tx),
    }
    return int(tx.scalar(insert(bank_entries).values(row).returning(bank_entries.c.id)) or 0)


def entries(tx: Connection, ids: Sequence[int]) -> dict[int, BankEntry]:
    """Those with these ids that are there, as they are now; removed ones too."""
    rows = tx.execute(_DESCRIBED.where(bank_entries.c.id.in_(ids), _SEEN))
    return {row.id: _entry(row) for row in rows}


def entry(tx: Connection, id: int) -> BankEntry:
    """Raises NotFound."""
    found = entries(tx, [id])
    if not found:
        raise NotFound("bank entry", str(id))
    return found[id]


def entries_of_picture(tx: Connection, bank: StoredBank, picture: str) -> list[BankEntry]:
    """Of this bank, by id; removed ones too."""
    its = bank_entries.c.bank_id == bank.id, bank_entries.c.picture == picture
    return [_entry(row) for row in tx.execute(_DESCRIBED.where(*its).order_by(bank_entries.c.id))]


def entries_of(tx: Connection, bank: StoredBank) -> Iterator[BankEntry]:
    """All of a bank that can be matched, by id, as they are read."""
    query = _DESCRIBED.where(bank_entries.c.bank_id == bank.id, _SEEN, _MATCHABLE).order_by(bank_entries.c.id)
    for row in tx.execution_options(yield_per=5000).execute(query):
        yield _entry(row)


def quarantined(tx: Connection, limit: int) -> list[BankEntry]:
    """Entries that wait for somebody to look at them."""
    waiting = _DESCRIBED.where(bank_entries.c.state == EntryState.QUARANTINED.value, _SEEN)
    return [_entry(row) for row in tx.execute(waiting.order_by(bank_entries.c.id).limit(limit))]


def set_state(tx: Connection, id: int, before: EntryState, state: EntryState, released: datetime | None = None) -> bool:
    """Changes an entry's state; False where it was no longer `before`. `released`: when a quarantine ended."""
    values: dict[str, Any] = {"state": state.value, "revision": _next_revision(tx)}
    if released:
        values["released_at"] = released
    its = bank_entries.c.id == id, bank_entries.c.state == before.value
    changed = update(bank_entries).where(*its).values(values).returning(bank_entries.c.id)
    return tx.scalar(changed) is not None


def begin_import(tx: Connection, id: str, bank: StoredBank, source: str, by: str, now: datetime) -> None:
    """An import that nobody sees before `finish_import`, so that its entries can be added in many small transactions."""
    row = {"id": id, "bank_id": bank.id, "source": source, "state": ImportState.LOADING.value, "by": by, "at": now}
    tx.execute(insert(bank_imports).values(row))


def hashes_of(tx: Connection, bank: StoredBank) -> set[bytes]:
    """The PDQ hashes of all that can be matched of a bank."""
    query = select(bank_entries.c.pdq).select_from(_WITH_IMPORT)
    found = tx.execution_options(yield_per=10_000).execute(
        query.where(bank_entries.c.bank_id == bank.id, _SEEN, _MATCHABLE)
    )
    return set(found.scalars())


def add_imported(tx: Connection, import_id: str, bank: StoredBank, rows: Sequence[tuple[bytes, int, str]]) -> None:
    """Adds entries of PDQ, quality and note to an import."""
    same = {"bank_id": bank.id, "import_id": import_id, "state": EntryState.LIVE.value, "revision": 0}
    given = [same | {"pdq": pdq, "quality": quality, "note": note or None} for pdq, quality, note in rows]
    if given:
        tx.execute(insert(bank_entries), given)
        tx.execute(
            update(bank_imports).where(bank_imports.c.id == import_id).values(size=bank_imports.c.size + len(given))
        )


def finish_import(tx: Connection, id: str) -> None:
    """From now on its entries are there, all at once."""
    _set_import(tx, id, ImportState.LOADING, ImportState.LIVE)


def remove_import(tx: Connection, id: str) -> tuple[str, int]:
    """Takes all entries of an import away again; the name of their bank and how many. Raises NotFound, Conflict."""
    named = select(banks.c.name, bank_imports.c.size).join(banks, banks.c.id == bank_imports.c.bank_id)
    row = tx.execute(named.where(bank_imports.c.id == id)).first()
    if row is None:
        raise NotFound("import", id)
    _set_import(tx, id, ImportState.LIVE, ImportState.REMOVED)
    return row.name, row.size


def forget_imports(tx: Connection, before: datetime) -> int:
    """Deletes what imports begun before `before` and never finished have left; how many of them."""
    unfinished = bank_imports.c.state == ImportState.LOADING.value, bank_imports.c.at < before
    ids = list(tx.scalars(select(bank_imports.c.id).where(*unfinished)))
    tx.execute(delete(bank_entries).where(bank_entries.c.import_id.in_(ids)))
    tx.execute(delete(bank_imports).where(bank_imports.c.id.in_(ids)))
    return len(ids)


def changes(tx: Connection, since: int) -> Changes:
    """What is different since a revision; with 0, everything that can be matched."""
    now = revision(tx)
    if now == since:
        return Changes(since, np.zeros(0, dtype=np.int64), Hashes.of([]))
    matchable = _HASHES.select_from(_WITH_IMPORT).where(_SEEN, _MATCHABLE)
    if since == 0:
        return Changes(now, np.zeros(0, dtype=np.int64), _hashes(tx, matchable))
    newer = select(bank_imports.c.id).where(bank_imports.c.revision > since)
    # One after the other: of both in one condition the database would make a walk over all entries.
    single, in_bulk = bank_entries.c.revision > since, bank_entries.c.import_id.in_(newer)
    gone = {id for touched in (single, in_bulk) for id in tx.scalars(select(bank_entries.c.id).where(touched))}
    both = [_hashes(tx, matchable.where(touched)) for touched in (single, and_(in_bulk, not_(single)))]
    return Changes(now, np.array(sorted(gone), dtype=np.int64), both[0].and_(both[1]))


def add_matches(tx: Connection, ids: Sequence[int], account_id: str | None, picture: str, now: datetime) -> None:
    """Notes that a picture matched entries."""
    rows = [{"entry_id": id, "account_id": account_id, "picture": picture, "at": now} for id in ids]
    if rows:
        tx.execute(insert(bank_matches), rows)


def matched_since(tx: Connection, id: int, since: datetime) -> tuple[int, int]:
    """How many different pictures and accounts matched an entry from `since` on, or since it was last released."""
    released = tx.scalar(select(bank_entries.c.released_at).where(bank_entries.c.id == id))
    counts = func.count(bank_matches.c.picture.distinct()), func.count(bank_matches.c.account_id.distinct())
    its = bank_matches.c.entry_id == id, bank_matches.c.at >= max(since, released or since)
    pictures, accounts = tx.execute(select(*counts).where(*its)).one()
    return pictures, accounts


def matched_between(tx: Connection, id: int, first: datetime, end: datetime) -> int:
    """How many different pictures matched an entry from `first` to before `end`."""
    its = bank_matches.c.entry_id == id, bank_matches.c.at >= first, bank_matches.c.at < end
    return tx.scalar(select(func.count(bank_matches.c.picture.distinct())).where(*its)) or 0


def forget_matches(tx: Connection, before: datetime) -> int:
    """Deletes the notes of matches before `before`; how many."""
    return len(list(tx.scalars(delete(bank_matches).where(bank_matches.c.at < before).returning(bank_matches.c.id))))


def _next_revision(tx: Connection) -> int:
    lock(tx)
    return revision(tx) + 1


def _set_import(tx: Connection, id: str, before: ImportState, state: ImportState) -> None:
    its = bank_imports.c.id == id, bank_imports.c.state == before.value
    values = {"state": state.value, "revision": _next_revision(tx)}
    changed = update(bank_imports).where(*its).values(values).returning(bank_imports.c.id)
    if tx.scalar(changed) is None:
        raise Conflict(f"the import {id} is not {before}")


def _hashes(tx: Connection, query: Select[Any]) -> Hashes:
    rows = tx.execution_options(yield_per=20_000).execute(query)
    return Hashes.of([(id, pdq, quality, _number(phash)) for id, pdq, quality, phash in rows])


def _entry(row: Row[Any]) -> BankEntry:
    return BankEntry(
        id=row.id,
        bank=row.name,
        category=row.category,
        pdq=row.pdq,
        quality=row.quality,
        phash=_number(row.phash),
        source=row.file or row.source,
        owner=row.owner,
        note=row.note or "",
        state=EntryState(row.state),
        picture=row.picture,
    )


def _number(phash: bytes | None) -> int:
    return int.from_bytes(phash, "big") if phash else 0
