"""Who is at the review desk: the signed cookie, the token against forged posts, a pause after too many wrong passwords."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from hmac import compare_digest

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

from moderation.core.clock import parse_rfc3339, rfc3339
from moderation.store import access
from moderation.store.access import User
from moderation.web.words import LANGUAGES
from moderation.wiring import Services

COOKIE = "desk"
LIFE = timedelta(hours=12)
"""How long a sign-in lasts, from the password on, whatever is done meanwhile."""

FAILURES = 10
WINDOW = timedelta(minutes=15)
"""So many wrong passwords for one name within this time (inclusive) close the door until the oldest is out of it."""

NAMES = 10_000
"""How many names' failures are remembered; beyond that the one untouched for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie holds, signed.

    token     what every post has to repeat
    language  of the pages
    user_id   None before signing in; `since` is when that was
    fresh     not in the visitor's cookie yet
    """

    token: str
    language: str = LANGUAGES[0]
    user_id: str | None = None
    since: datetime | None = None
    fresh: bool = False

    def speaking(self, language: str) -> "Session":
        return replace(self, language=language)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    user: User
    session: Session

    @property
    def actor(self) -> str:
        """As events name them."""
        return f"user:{self.user.username}"


class Sessions:
    """Reads and writes the cookie."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def _signer(self) -> URLSafeSerializer:
        with self._services.database.write() as tx:
            return URLSafeSerializer(access.secret(tx, "session"), salt="desk")

    def read(self, request: Request) -> Session:
        """The visitor's session; a fresh one if there is none, it was tampered with, or it is of no use any more."""
        fresh = Session(secrets.token_urlsafe(18), fresh=True)
        try:
            held = self._signer.loads(request.cookies.get(COOKIE, ""))
            since = parse_rfc3339(held["since"]) if held["since"] else None
            session = Session(held["token"], held["language"], held["user_id"], since)
        except (BadSignature, KeyError, TypeError, ValueError):
            return fresh
        if session.since is not None and self._services.clock.now() >= session.since + LIFE:
            return replace(fresh, language=session.language)
        return session

    def write(self, request: Request, response: Response, session: Session) -> None:
        held = {
            "token": session.token,
            "language": session.language,
            "user_id": session.user_id,
            "since": rfc3339(session.since) if session.since else None,
        }
        response.set_cookie(
            COOKIE,
            self._signer.dumps(held),
            max_age=int(LIFE.total_seconds()),
            path="/desk",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def visitor(self, session: Session) -> Visitor | None:
        """Who is signed in; None also for a user who was disabled since."""
        if session.user_id is None:
            return None
        with self._services.database.read() as tx:
            user = access.user(tx, session.user_id)
        return Visitor(user, session) if user else None

    def signed_in(self, session: Session, user: User) -> Session:
        """The session after the right password: with a new token, so that one from before is worth nothing."""
        return Session(secrets.token_urlsafe(18), session.language, user.id, self._services.clock.now())


def genuine(session: Session, presented: str) -> bool:
    """Whether a post comes from one of our own pages."""
    return compare_digest(session.token.encode(), presented.encode("utf-8", "replace"))


class Throttle:
    """Counts wrong passwords for each name, in this process only: a bound on guessing, not a ledger.

    >>> from datetime import UTC
    >>> throttle, noon = Throttle(), datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> for _ in range(10): throttle.failed("li", noon)
    >>> throttle.pause("li", noon), throttle.pause("wang", noon)
    (datetime.timedelta(seconds=900), datetime.timedelta(0))
    >>> throttle.pause("li", noon + WINDOW)
    datetime.timedelta(0)
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def pause(self, name: str, now: datetime) -> timedelta:
        """How long the name has to wait before its next try; zero when it may try."""
        with self._lock:
            recent = [at for at in self._failures.get(name, []) if now < at + WINDOW]
        return recent[-FAILURES] + WINDOW - now if len(recent) >= FAILURES else timedelta(0)

    def failed(self, name: str, now: datetime) -> None:
        with self._lock:
            self._failures[name] = [*self._failures.get(name, []), now][-FAILURES:]
            self._failures.move_to_end(name)
            while len(self._failures) > NAMES:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._failures.pop(name, None)
