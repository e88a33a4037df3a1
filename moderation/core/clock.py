"""Time and randomness as one argument, so that rules and flows can be run at any moment, repeatably."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, in UTC, with microseconds."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What a flow knows of time and chance.

    now    the present, always aware and in UTC
    token  a fresh string of 24 lower-case hexadecimal digits, unguessable
    """

    now: Callable[[], datetime] = utc_now
    token: Callable[[], str] = lambda: secrets.token_hex(12)

    def id(self, prefix: str) -> str:
        """A new identity that sorts by time of making.

        >>> from datetime import datetime, UTC
        >>> Clock(lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda: "ab" * 12).id("case")
        'case_019b76daa800abababababababababab'
        """
        milliseconds = int(self.now().timestamp() * 1000)
        return f"{prefix}_{milliseconds:012x}{self.token()[:20]}"


def rfc3339(moment: datetime) -> str:
    """A moment as it is written outside: UTC, milliseconds, "Z".

    >>> from datetime import datetime, UTC
    >>> rfc3339(datetime(2026, 11, 22, 8, 30, tzinfo=UTC))
    '2026-11-22T08:30:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """The moment that `rfc3339` wrote, or any RFC 3339 time with an offset.

    >>> parse_rfc3339("2026-11-22T16:30:00+08:00").isoformat()
    '2026-11-22T08:30:00+00:00'
    >>> parse_rfc3339("2026-11-22T16:30:00")
    Traceback (most recent call last):
    ValueError: a time needs an offset, such as Z, got 2026-11-22T16:30:00
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time needs an offset, such as Z, got {text}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"a time lies in the years 1 to 9999 of UTC, got {text}") from error
