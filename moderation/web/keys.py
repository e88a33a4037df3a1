"""API keys on the way in: who calls, and whether they may."""

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from moderation.store import access
from moderation.store.access import ApiKey
from moderation.store.database import Database
from moderation.web.problems import Refused

REMEMBERED_SECONDS = 5.0
"""How long a key is taken as good without asking the database again; a revoked one lives on for as long."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the owner of an API key, and what the key may do."""

    owner: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """The caller's name in events."""
        return f"key:{self.owner}"

    def need(self, scope: str) -> None:
        """Raises Refused (403) without the scope."""
        if scope not in self.scopes:
            raise Refused(403, f"The API key lacks the scope {scope}.")


class Keys:
    """Looks keys up, remembering good ones for a few seconds."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._known: dict[str, tuple[float, ApiKey]] = {}

    async def caller(self, presented: str) -> Caller | None:
        found = self._known.get(presented)
        if found is None or found[0] < time.monotonic():
            key = await run_in_threadpool(self._look_up, presented)
            if key is None:
                self._known.pop(presented, None)
                return None
            found = (time.monotonic() + REMEMBERED_SECONDS, key)
            self._known[presented] = found
        return Caller(found[1].owner, found[1].scopes)

    def _look_up(self, presented: str) -> ApiKey | None:
        with self.database.read() as tx:
            return access.key(tx, presented)


_BEARER = HTTPBearer(auto_error=False, description="An API key: `moderation keys create NAME --scope screen`")


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    """The caller behind the Authorization header. Raises Refused (401)."""
    keys: Keys = request.app.state.keys
    caller = await keys.caller(credentials.credentials) if credentials else None
    if caller is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Refused(401, "Give a valid API key: `Authorization: Bearer KEY`.", challenge)
    return caller


Authenticated = Annotated[Caller, Depends(authenticated)]
