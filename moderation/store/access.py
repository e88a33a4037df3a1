"""Who may come in: API keys, the review desk's users, and this installation's own secrets."""

import hashlib
import secrets as randomness
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from moderation.core.errors import BadInput, Conflict, NotFound, Problem
from moderation.store.tables import api_keys, secrets, users

SCOPES = ("screen", "evidence", "cases", "measures", "lists", "policies", "rescans", "audit", "admin")
MAX_NAME = 100
"""The longest name of a user or an API key's owner, in code points, inclusive."""

_PASSWORDS = PasswordHasher()
_NOBODY = _PASSWORDS.hash("nobody")


class Role(StrEnum):
    """reviewer: decides cases; admin: users, keys and webhooks too."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


class Showing(StrEnum):
    """How pictures are first shown to somebody at the desk; each can be seen plainly from there.

    blurred: without detail or colour; grey: without colour; plain: as they are
    """

    BLURRED = "blurred"
    GREY = "grey"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without its secret part, which is not kept. `owner` is the name that its idempotency keys live under."""

    id: str
    owner: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in to the review desk. `pictures`: how they are first shown to them."""

    id: str
    username: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    pictures: Showing = Showing.BLURRED


def add_key(tx: Connection, id: str, owner: str, scopes: frozenset[str], now: datetime) -> str:
    """A new API key; the only time that it can be read. Raises BadInput for an unknown scope or an unusable name."""
    _check_name("name", owner)
    unknown = sorted(scopes - set(SCOPES))
    if unknown or not scopes:
        given = f"{unknown[0]} is not a scope" if unknown else "there is none"
        raise BadInput([Problem("scope", given, f"use one or more of {', '.join(SCOPES)}")])
    key = f"mk_{randomness.token_urlsafe(32)}"
    row = {"id": id, "owner": owner, "digest": _digest(key), "scopes": sorted(scopes), "created_at": now}
    tx.execute(insert(api_keys).values(**row))
    return key


def key(tx: Connection, presented: str) -> ApiKey | None:
    """The key that was presented, unless it is unknown or revoked."""
    row = tx.execute(select(api_keys).where(api_keys.c.digest == _digest(presented))).first()
    return _key(row) if row and row.revoked_at is None else None


def all_keys(tx: Connection) -> list[ApiKey]:
    return [_key(row) for row in tx.execute(select(api_keys).order_by(api_keys.c.created_at))]


def revoke_key(tx: Connection, id: str, now: datetime) -> None:
    """Raises NotFound."""
    if not tx.execute(update(api_keys).where(api_keys.c.id == id).values(revoked_at=now)).rowcount:
        raise NotFound("API key", id)


def add_user(tx: Connection, id: str, username: str, password: str, role: Role, now: datetime) -> User:
    """Raises Conflict if the name is taken, BadInput for an unusable one or a password of under 10 characters."""
    _check_name("username", username)
    row = {"id": id, "username": username, "password": _hashed(password), "role": role.value, "created_at": now}
    try:
        with tx.begin_nested():
            tx.execute(insert(users).values(**row))
    except IntegrityError as error:
        raise Conflict(f"there is a user {username} already") from error
    return User(id, username, role, now)


def set_password(tx: Connection, username: str, password: str) -> None:
    """Raises NotFound, or BadInput for a password of under 10 characters."""
    changed = update(users).where(users.c.username == username).values(password=_hashed(password))
    if not tx.execute(changed).rowcount:
        raise NotFound("user", username)


def disable_user(tx: Connection, username: str, now: datetime) -> None:
    """Raises NotFound."""
    if not tx.execute(update(users).where(users.c.username == username).values(disabled_at=now)).rowcount:
        raise NotFound("user", username)


def set_pictures(tx: Connection, id: str, pictures: Showing) -> None:
    """Keeps how pictures are first shown to a user. Raises NotFound."""
    if not tx.execute(update(users).where(users.c.id == id).values(pictures=pictures.value)).rowcount:
        raise NotFound("user", id)


def all_users(tx: Connection) -> list[User]:
    return [_user(row) for row in tx.execute(select(users).order_by(users.c.created_at))]


def user(tx: Connection, id: str) -> User | None:
    """The user, unless unknown or disabled."""
    row = tx.execute(select(users).where(users.c.id == id, users.c.disabled_at.is_(None))).first()
    return _user(row) if row else None


def signed_in(tx: Connection, username: str, password: str) -> User | None:
    """The user, if the password is right; takes as long for an unknown name, so that names cannot be probed."""
    known = select(users).where(users.c.username == username, users.c.disabled_at.is_(None))
    # No database takes every character that a form can carry, and none is in a name.
    row = tx.execute(known).first() if username.isprintable() else None
    try:
        _PASSWORDS.verify(row.password if row else _NOBODY, password.encode("utf-8", "surrogatepass"))
    except (VerifyMismatchError, InvalidHashError):
        return None
    return _user(row) if row else None


def secret(tx: Connection, name: str) -> bytes:
    """This installation's own secret of that name: 32 random bytes, made on first use."""
    upsert = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    tx.execute(upsert(secrets).values(name=name, value=randomness.token_bytes(32)).on_conflict_do_nothing())
    return bytes(tx.scalars(select(secrets.c.value).where(secrets.c.name == name)).one())


def _digest(key: str) -> str:
    # A key has 256 random bits: a fast hash is enough, and is looked up on every request.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise BadInput([Problem(field, "cannot be used", f"give 1 to {MAX_NAME} printable characters")])


def _hashed(password: str) -> str:
    if len(password) < 10:
        raise BadInput([Problem("password", f"has {len(password)} characters", "use at least 10")])
    return _PASSWORDS.hash(password.encode("utf-8", "surrogatepass"))


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(row.id, row.owner, frozenset(row.scopes), row.created_at, row.revoked_at)


def _user(row: Row[Any]) -> User:
    return User(row.id, row.username, Role(row.role), row.created_at, row.disabled_at, Showing(row.pictures))
