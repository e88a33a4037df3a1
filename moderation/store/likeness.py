"""Pictures that accounts show and their likes: found by 16 keys of 16 bits each, exactly, as `pictures.index` does in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from moderation.pictures.index import WITHIN
from moderation.store.tables import account_pictures, picture_bands, pictures

# Two hashes that are at most WITHIN bits apart have one of 16 bands alike but for a bit at most.
_BAND, _BANDS = 16, 16
_FLIPS = (0, *(1 << bit for bit in range(_BAND)))

_INSERT_INTO: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
_LIKE = (
    select(pictures.c.reference, pictures.c.pdq)
    .join(picture_bands, picture_bands.c.picture_id == pictures.c.id)
    .where(picture_bands.c.key.in_(bindparam("keys", expanding=True)))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Like:
    """A picture like another: its reference and in how many bits of 256 (0–31) it is off."""

    reference: str
    distance: int


def put_picture(tx: Connection, reference: str, pdq: bytes) -> None:
    """Keeps the hash of a picture, so that `similar` finds it; nothing where it is kept already."""
    adding = _INSERT_INTO[tx.dialect.name](pictures).values(reference=reference, pdq=pdq)
    id = tx.scalar(adding.on_conflict_do_nothing().returning(pictures.c.id))
    if id is not None:
        tx.execute(insert(picture_bands), [{"key": key, "picture_id": id} for key in _keys(pdq)])


def similar(tx: Connection, views: Sequence[bytes], limit: int = 50) -> list[Like]:
    """The kept pictures that are at most 31 bits from any of the hashes given, nearest first, the same picture too.

    views  PDQ hashes: one, or all eight views, to find mirror images and turns as well
    """
    best: dict[str, int] = {}
    for pdq in views:
        asked = int.from_bytes(pdq, "big")
        probes = [key ^ flip for key in _keys(pdq) for flip in _FLIPS]
        for reference, found in tx.execute(_LIKE, {"keys": probes}):
            distance = (asked ^ int.from_bytes(found, "big")).bit_count()
            if distance <= best.get(reference, WITHIN):
                best[reference] = distance
    ordered = sorted(best.items(), key=lambda found: (found[1], found[0]))
    return [Like(reference, distance) for reference, distance in ordered[:limit]]


def show(tx: Connection, account_id: str, field: str, reference: str | None) -> None:
    """Notes which picture an account now shows in a field, "avatar" say; None for no longer any."""
    its = account_pictures.c.account_id == account_id, account_pictures.c.field == field
    if reference is None:
        tx.execute(delete(account_pictures).where(*its))
        return
    row = {"account_id": account_id, "field": field, "reference": reference}
    adding = _INSERT_INTO[tx.dialect.name](account_pictures).values(**row)
    tx.execute(adding.on_conflict_do_update(index_elements=["account_id", "field"], set_={"reference": reference}))


def shown_by(tx: Connection, references: Sequence[str], limit: int = 200) -> dict[str, list[str]]:
    """By reference, the accounts that show it, in order of their ids."""
    query = (
        select(account_pictures.c.reference, account_pictures.c.account_id)
        .where(account_pictures.c.reference.in_(references))
        .distinct()
        .order_by(account_pictures.c.account_id)
        .limit(limit)
    )
    found: dict[str, list[str]] = {}
    for reference, account_id in tx.execute(query):
        found.setdefault(reference, []).append(account_id)
    return found


def _keys(pdq: bytes) -> list[int]:
    whole = int.from_bytes(pdq, "big")
    return [band << _BAND | (whole >> _BAND * band) & 0xFFFF for band in range(_BANDS)]
