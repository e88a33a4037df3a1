"""The one tree of errors; only `web` knows which HTTP status each one is, only `cli` which exit code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of what was given.

    field   path of the field, e.g. "items.0.text"; a file and line for files: "wordlists/porn.txt:12"
    reason  what is wrong
    fix     what to do about it
    """

    field: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}; {self.fix}"


class ModerationError(Exception):
    """Base of every error that is somebody's to act on.

    ModerationError
    ├── BadInput       fields that cannot be used, each with reason and fix
    ├── BadSetup       a policy, list, model or setting that is refused at start
    ├── NotFound       no such case, account, screening, run …
    ├── NotAllowed     known, but not permitted to do this
    ├── Conflict       somebody else was there first, or the key means another body; reload and decide again
    └── Unavailable    something needed is away for now; try again after `retry_after` seconds
    """


class BadInput(ModerationError):
    """Fields that cannot be used.

    >>> str(BadInput([Problem("items.0.text", "is empty", "give at least one character")]))
    'items.0.text: is empty; give at least one character'
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class BadSetup(BadInput):
    """A policy, word list, model or setting that the product refuses to start with."""


class NotFound(ModerationError):
    """There is no `what` with this id."""

    def __init__(self, what: str, id: str) -> None:
        self.what, self.id = what, id
        super().__init__(f"no {what} has the id {id}")


class NotAllowed(ModerationError):
    """The caller is known, but may not do this."""


class Conflict(ModerationError):
    """The state is no longer what the caller thought; `current` says what it is now."""

    def __init__(self, reason: str, current: dict[str, object] | None = None) -> None:
        self.reason, self.current = reason, current or {}
        super().__init__(reason)


class Unavailable(ModerationError):
    """Something needed is away; worth another try after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        self.reason, self.retry_after = reason, retry_after
        super().__init__(reason)
