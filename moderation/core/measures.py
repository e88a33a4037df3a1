"""Measures on accounts: what they are, who may take them, when they end, and what they make of an account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """The measures of the agreement (2.1.2, 2.4.2, 3.2), from mild to severe, and the one that undoes them."""

    REFUSE_REGISTRATION = "refuse_registration"
    REMOVE_CONTENT = "remove_content"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    TERMINATE = "terminate"
    RESTORE = "restore"


MACHINE_MAY = frozenset({Action.REFUSE_REGISTRATION, Action.REMOVE_CONTENT, Action.RECTIFY})
"""A machine may take these; anything above needs a person."""

TWO_PEOPLE = frozenset({Action.TERMINATE})
"""These wait for a second person's confirmation."""

ENDS = frozenset({Action.RECTIFY, Action.RESTRICT})
"""These need an end; `SUSPEND` may have one."""

FUNCTIONS = frozenset({"post", "comment", "message", "change_username", "change_avatar", "change_bio", "trade"})
"""What `RESTRICT` can withhold."""


class MeasureStatus(StrEnum):
    """proposed (waits for a second person) → active → lifted (undone) or ended (ran out); declined if not confirmed."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    LIFTED = "lifted"
    ENDED = "ended"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure on one account, with what the agreement asks a notice to say.

    until      when it ends; for `RECTIFY` the deadline; None for no end
    functions  what a restriction withholds
    field      the profile field or post that it is about, e.g. "username"; None for the account as a whole
    notice     what the account's holder is told
    version    counts the changes to it
    """

    id: str
    account_id: str
    action: Action
    category: str
    clause: str
    policy_version: str
    by: str
    at: datetime
    status: MeasureStatus = MeasureStatus.ACTIVE
    case_id: str | None = None
    until: datetime | None = None
    functions: tuple[str, ...] = ()
    field: str | None = None
    notice: str = ""
    confirmed_by: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    reminded_at: datetime | None = None
    version: int = 1

    def running(self, now: datetime) -> bool:
        """Whether it is in force at `now`; its end is exclusive."""
        return self.status is MeasureStatus.ACTIVE and (self.until is None or now < self.until)


class Standing(StrEnum):
    """What an account may do, from best to worst; refused is an account that never came to be."""

    ACTIVE = "active"
    RECTIFYING = "rectifying"
    RESTRICTED = "restricted"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    TERMINATED = "terminated"


_STANDING = {
    Action.RECTIFY: Standing.RECTIFYING,
    Action.RESTRICT: Standing.RESTRICTED,
    Action.SUSPEND: Standing.SUSPENDED,
    Action.REFUSE_REGISTRATION: Standing.REFUSED,
    Action.TERMINATE: Standing.TERMINATED,
}


def standing(measures: Iterable[Measure], now: datetime) -> Standing:
    """The worst that the measures in force at `now` make of the account.

    >>> standing([], datetime(2026, 1, 1)).value
    'active'
    """
    worst = Standing.ACTIVE
    order = list(Standing)
    for measure in measures:
        made = _STANDING.get(measure.action)
        if made is not None and measure.running(now) and order.index(made) > order.index(worst):
            worst = made
    return worst
