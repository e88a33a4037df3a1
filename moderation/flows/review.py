"""Review: the queue, claiming with a lease, deciding with measures, and undoing within the grace period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from moderation.core import case as rules
from moderation.core.case import Case, CaseStatus, ItemVerdict
from moderation.core.clock import Clock
from moderation.core.errors import BadInput, NotFound, Problem
from moderation.core.events import Recorded
from moderation.core.finding import Verdict
from moderation.core.measures import Action, Measure
from moderation.core.policy import Policy
from moderation.core.strikes import Recommendation, Strike, points, recommend
from moderation.core.submission import Scene
from moderation.flows import resources
from moderation.flows.enforce import EnforceFlow, Order
from moderation.store import accounts, audit, cases, outbox, submissions
from moderation.store.accounts import StoredAccount
from moderation.store.cases import Queue
from moderation.store.database import Database
from moderation.store.submissions import StoredScreening


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything a reviewer needs to decide one case.

    screening  None where none is behind it: a deadline that lapsed
    account    None where the account never came to be
    measures   on the account, newest first; `own` are those of this case
    history    earlier screenings of the account, newest first, without this one
    """

    case: Case
    screening: StoredScreening | None
    account: StoredAccount | None
    measures: tuple[Measure, ...]
    own: tuple[Measure, ...]
    strikes: tuple[Strike, ...]
    points: int
    recommendation: Recommendation
    history: tuple[StoredScreening, ...]
    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class AccountFile:
    """Everything known of one account; each list is newest first.

    account  None where the account never came to be, though measures or screenings name it
    points   of the strikes that count now
    """

    id: str
    account: StoredAccount | None
    measures: tuple[Measure, ...]
    strikes: tuple[Strike, ...]
    points: int
    history: tuple[StoredScreening, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How much there is to do, for one reviewer.

    pending  cases that need a person, claimed ones too, by severity, worst first
    mine     cases that they have claimed
    done     cases that they resolved since a given moment
    waiting  measures that wait for a second person, up to 100
    """

    pending: dict[int, int]
    mine: int
    done: int
    waiting: int


class ReviewFlow:
    """What reviewers do with cases."""

    def __init__(self, database: Database, policy: Policy, enforce: EnforceFlow, clock: Clock) -> None:
        self.database, self.policy, self.enforce, self.clock = database, policy, enforce, clock

    @property
    def lease(self) -> timedelta:
        return timedelta(minutes=self.policy.lease_minutes)

    def queue(self, queue: Queue, limit: int = 50, offset: int = 0) -> tuple[list[Case], int]:
        """A page of cases, worst and then oldest first, and how many there are in all."""
        with self.database.read() as tx:
            return cases.listed(tx, queue, limit, offset), cases.count(tx, queue)

    def tally(self, by: str, since: datetime) -> Tally:
        """What is to be done by `by`, and what they have done from `since` on, inclusive."""
        with self.database.read() as tx:
            return Tally(
                pending=cases.by_severity(tx, Queue(pending=True)),
                mine=cases.count(tx, Queue(CaseStatus.CLAIMED, claimed_by=by)),
                done=cases.count(tx, Queue(CaseStatus.RESOLVED, resolved_by=by, resolved_since=since)),
                waiting=len(accounts.proposed(tx, 100)),
            )

    def screenings(self, of: Sequence[Case]) -> dict[str, StoredScreening]:
        """The screenings behind these cases, by the screening's id."""
        with self.database.read() as tx:
            return submissions.several(tx, [case.screening_id for case in of if case.screening_id])

    def to_confirm(self) -> list[Measure]:
        """Measures that wait for a second person, oldest first, up to 100."""
        with self.database.read() as tx:
            return accounts.proposed(tx, 100)

    def account(self, id: str) -> AccountFile:
        """Raises NotFound for an id that nothing here names."""
        with self.database.read() as tx:
            measures, strikes = accounts.measures_of(tx, id), accounts.strikes_of(tx, id)
            history = submissions.of_account(tx, id, 50)
            found = cases.listed(tx, Queue(account_id=id), 50)
            try:
                account = accounts.get(tx, id)
            except NotFound:
                if not (measures or strikes or history or found):
                    raise
                account = None  # it was never registered
        found.sort(key=lambda case: case.opened_at, reverse=True)
        return AccountFile(
            id=id,
            account=account,
            measures=tuple(measures),
            strikes=tuple(strikes),
            points=points(strikes, self.clock.now()),
            history=tuple(history),
            cases=tuple(found),
        )

    def get(self, id: str) -> tuple[Case, list[Measure]]:
        """A case and its measures. Raises NotFound."""
        with self.database.read() as tx:
            return cases.get(tx, id), accounts.measures_of_case(tx, id)

    def file(self, id: str) -> CaseFile:
        """Raises NotFound."""
        with self.database.read() as tx:
            case = cases.get(tx, id)
            screening = submissions.get(tx, case.screening_id) if case.screening_id else None
            account, measures, strikes, history = None, list[Measure](), list[Strike](), list[StoredScreening]()
            if case.account_id:
                try:
                    account = accounts.get(tx, case.account_id)
                except NotFound:
                    account = None  # it is still being registered
                measures = accounts.measures_of(tx, case.account_id)
                strikes = accounts.strikes_of(tx, case.account_id)
                history = [s for s in submissions.of_account(tx, case.account_id, 20) if s.id != case.screening_id]
            events = tuple(audit.read(tx, case.stream))
        now = self.clock.now()
        return CaseFile(
            case=case,
            screening=screening,
            account=account,
            measures=tuple(measures),
            own=tuple(measure for measure in measures if measure.case_id == case.id),
            strikes=tuple(strikes),
            points=points(strikes, now),
            recommendation=self._recommend(case, strikes),
            history=tuple(history),
            events=events,
        )

    def claim(self, id: str, by: str) -> Case:
        """Takes the case, or renews one's own lease. Raises NotFound, or Conflict if somebody else has it."""
        with self.database.write() as tx:
            case = cases.get(tx, id, lock=True)
            return cases.change(tx, case, rules.claim(case, by, self.clock.now(), self.lease))

    def claim_next(self, by: str, category: str | None = None) -> Case | None:
        """Takes the worst, then oldest, case that is free; None if there is none. Never the same to two callers."""
        now = self.clock.now()
        with self.database.write() as tx:
            case = cases.next_claimable(tx, now, category)
            return cases.change(tx, case, rules.claim(case, by, now, self.lease)) if case else None

    def release(self, id: str, by: str) -> Case:
        """Gives the case back. Raises Conflict unless it is one's own."""
        with self.database.write() as tx:
            case = cases.get(tx, id, lock=True)
            return cases.change(tx, case, rules.release(case, by, self.clock.now()))

    def decide(
        self, id: str, by: str, items: Sequence[ItemVerdict], orders: Sequence[Order], note: str, version: int
    ) -> tuple[Case, list[Measure]]:
        """Resolves the case and takes the measures, all or nothing.

        A registration with an item rejected is refused, whether or not that measure is among the orders.

        Raises BadInput, NotFound, or Conflict when the case changed since `version` or is somebody else's.
        """
        self._check(items, orders)
        grace = timedelta(minutes=self.policy.undo_minutes)
        with self.database.write() as tx:
            case = cases.get(tx, id, lock=True)
            resolved = rules.resolve(case, items, note, by, version, self.clock.now(), grace)
            after = cases.change(tx, case, resolved)
            taken = self._follow(tx, after, list(orders), by)
            outbox.put(tx, self.clock, "case.resolved", resources.case(after, taken))
        return after, taken

    def undo(self, id: str, by: str) -> Case:
        """Opens a resolved case again and takes its measures and strikes back. Raises Conflict, or NotAllowed when it is too late."""
        with self.database.write() as tx:
            case = cases.get(tx, id, lock=True)
            after = cases.change(tx, case, rules.undo(case, by, self.clock.now()))
            self.enforce.undo_case(tx, after, by)
            outbox.put(tx, self.clock, "case.undone", resources.case(after, []))
        return after

    def _follow(self, tx: Connection, case: Case, orders: list[Order], by: str) -> list[Measure]:
        """What a resolution does to the account: strikes and measures, or the profile as it passed."""
        if case.account_id is None:
            if orders:
                raise BadInput([Problem("measures", "the case has no account to act on", "leave them out")])
            return []
        upheld = [
            (kind, item) for kind, item in zip(case.kinds, case.items, strict=True) if item.verdict is Verdict.REJECT
        ]
        if not upheld:
            if case.screening_id and case.verdict is Verdict.PASS:
                self.enforce.passed(tx, submissions.get(tx, case.screening_id).submission)
        elif case.scene is Scene.REGISTRATION:
            if not any(order.action is Action.REFUSE_REGISTRATION for order in orders):
                orders.append(Order(Action.REFUSE_REGISTRATION, upheld[0][1].category))
        else:
            self._strike(tx, case, [item.category or "" for _, item in upheld])
        fields = {item.category: kind.value for kind, item in upheld}
        taken = []
        for at, order in enumerate(orders):
            category = (
                order.category or (upheld[0][1].category if upheld else None) or next(iter(case.categories), None)
            )
            about_field = order.action in (Action.RECTIFY, Action.REMOVE_CONTENT)
            first = upheld[0][0].value if upheld else None
            field = order.field or (fields.get(category, first) if about_field else None)
            complete = replace(order, category=category, field=field)
            taken.append(self.enforce.order(tx, case.account_id, complete, by, case.id, f"measures.{at}."))
        return taken

    def _strike(self, tx: Connection, case: Case, categories: Sequence[str]) -> None:
        now = self.clock.now()
        accounts.lock(tx, case.account_id or "", now)
        days = timedelta(days=self.policy.ladder.strike_days)
        added = [
            Strike(
                self.clock.id("str"),
                case.account_id or "",
                case.id,
                code,
                self.policy.categories[code].severity,
                now,
                now + days,
            )
            for code in categories
        ]
        accounts.add_strikes(tx, added)

    def _recommend(self, case: Case, strikes: Sequence[Strike]) -> Recommendation:
        now = self.clock.now()
        others = [strike for strike in strikes if strike.case_id != case.id]
        recommended = recommend(self.policy.ladder, others, case.severity, case.kinds[0], case.scene, now)
        if case.reason is rules.Reason.LAPSE and recommended.action in (Action.RECTIFY, Action.RESTRICT):
            return replace(recommended, action=Action.SUSPEND, until=now + timedelta(days=30))
        return recommended

    def _check(self, items: Sequence[ItemVerdict], orders: Sequence[Order]) -> None:
        problems = []
        for at, item in enumerate(items):
            if item.verdict is Verdict.REVIEW:
                problems.append(Problem(f"items.{at}.verdict", "a person decides", "give pass or reject"))
            if item.verdict is Verdict.REJECT and item.category not in self.policy.categories:
                known = ", ".join(self.policy.categories)
                reason = "is missing" if item.category is None else f"{item.category!r} is not in the policy"
                problems.append(Problem(f"items.{at}.category", reason, f"use one of {known}"))
        for at, order in enumerate(orders):
            if order.action is Action.RESTORE:
                fix = "lift measures on the account instead"
                problems.append(Problem(f"measures.{at}.action", "a case is no place to restore", fix))
        if problems:
            raise BadInput(problems)
