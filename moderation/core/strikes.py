"""Strikes and the ladder: each upheld violation adds its severity, strikes expire, the ladder recommends a measure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from moderation.core.measures import Action
from moderation.core.submission import Kind, Scene


@dataclass(frozen=True, slots=True)
class Strike:
    """One upheld violation of an account.

    points      its severity, 1–4
    expires_at  from then on, inclusive, it no longer counts
    cleared_at  when an undo, an appeal or an error took it back; None while it counts
    """

    id: str
    account_id: str
    case_id: str
    category: str
    points: int
    at: datetime
    expires_at: datetime
    cleared_at: datetime | None = None

    def counts(self, now: datetime) -> bool:
        return self.cleared_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Step:
    """From `points` strike points on (inclusive), recommend `action` for `days` days; 0 days is without end."""

    points: int
    action: Action
    days: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """The policy's ladder.

    steps         by rising points
    strike_days   how long a strike counts
    rectify_days  the deadline of `RECTIFY`
    """

    steps: tuple[Step, ...] = ()
    strike_days: int = 180
    rectify_days: int = 7


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the ladder recommends to the person who decides, and on how many points."""

    action: Action
    until: datetime | None
    points: int


def points(strikes: Iterable[Strike], now: datetime) -> int:
    """The sum of the strikes that count at `now`."""
    return sum(strike.points for strike in strikes if strike.counts(now))


def recommend(
    ladder: Ladder, strikes: Sequence[Strike], severity: int, kind: Kind, scene: Scene, now: datetime
) -> Recommendation:
    """The measure for one more violation of this severity.

    A registration has no account to act on: it is refused. Else the highest step that the points reach, this violation's included;
    below the first step a profile field is to be rectified and a post removed.

    >>> ladder = Ladder((Step(4, Action.RESTRICT, 7), Step(8, Action.SUSPEND, 30)))
    >>> now = datetime(2026, 1, 1)
    >>> recommend(ladder, [], 2, Kind.BIO, Scene.RESCAN, now).action.value
    'rectify'
    >>> recommend(ladder, [], 4, Kind.BIO, Scene.RESCAN, now).until
    datetime.datetime(2026, 1, 8, 0, 0)
    """
    total = points(strikes, now) + severity
    if scene is Scene.REGISTRATION:
        return Recommendation(Action.REFUSE_REGISTRATION, None, total)
    reached = [step for step in ladder.steps if total >= step.points]
    if reached:
        step = reached[-1]
        return Recommendation(step.action, now + timedelta(days=step.days) if step.days else None, total)
    if kind is Kind.POST:
        return Recommendation(Action.REMOVE_CONTENT, None, total)
    return Recommendation(Action.RECTIFY, now + timedelta(days=ladder.rectify_days), total)
