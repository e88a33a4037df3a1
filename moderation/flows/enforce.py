"""Measures on accounts: taken, confirmed by a second person, lifted, run out; each with its event and its message."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from moderation.core import case as case_rules
from moderation.core.case import Case, Reason
from moderation.core.clock import Clock, rfc3339
from moderation.core.errors import BadInput, Conflict, NotAllowed, Problem
from moderation.core.events import Event
from moderation.core.measures import ENDS, FUNCTIONS, MACHINE_MAY, TWO_PEOPLE, Action, Measure, MeasureStatus
from moderation.core.policy import Policy
from moderation.core.submission import Kind, Scene, Submission
from moderation.flows import resources
from moderation.store import accounts, audit, cases, outbox
from moderation.store.database import Database

MACHINE = "machine"
REMINDER = timedelta(days=1)
"""How long before a deadline its account's holder is reminded."""

DEFAULT_RESTRICTION = timedelta(days=7)
DEFAULT_FUNCTIONS = ("post", "comment", "message")


@dataclass(frozen=True, slots=True)
class Order:
    """A measure that somebody asks for.

    category   of the violation; None only for `RESTORE`
    until      None for the action's default: the policy's deadline, a week of restriction, or no end
    functions  for `RESTRICT`; empty for the default ones
    field      the kind of what it is about, e.g. "username"; needed for `RECTIFY`, None for the account as a whole
    notice     None for the policy's message to authors
    """

    action: Action
    category: str | None = None
    until: datetime | None = None
    functions: tuple[str, ...] = ()
    field: str | None = None
    notice: str | None = None


class EnforceFlow:
    """Takes measures and ends them."""

    def __init__(self, database: Database, policy: Policy, clock: Clock) -> None:
        self.database, self.policy, self.clock = database, policy, clock

    def take(self, account_id: str, order: Order, by: str) -> Measure:
        """Takes one measure. Raises BadInput for an order that makes no sense, NotAllowed for one beyond the caller."""
        with self.database.write() as tx:
            if order.action is Action.RESTORE:
                return self.restore(tx, account_id, by)
            return self.order(tx, account_id, order, by, None, "")

    def order(self, tx: Connection, account_id: str, order: Order, by: str, case_id: str | None, where: str) -> Measure:
        """Takes one measure within the caller's transaction; `where` is the order's place in what was given, for errors."""
        now = self.clock.now()
        if by == MACHINE and order.action not in MACHINE_MAY:
            raise NotAllowed(f"a machine may not {order.action}; a person decides that")
        self._check(order, now, where)
        category = self.policy.categories[order.category or ""]
        measure = Measure(
            id=self.clock.id("mea"),
            account_id=account_id,
            action=order.action,
            category=category.code,
            clause=category.clause,
            policy_version=self.policy.version,
            by=by,
            at=now,
            status=MeasureStatus.PROPOSED if order.action in TWO_PEOPLE else MeasureStatus.ACTIVE,
            case_id=case_id,
            until=order.until or self._default_end(order.action, now),
            functions=(order.functions or DEFAULT_FUNCTIONS) if order.action is Action.RESTRICT else (),
            field=order.field,
            notice=order.notice if order.notice is not None else category.messages["zh"],
        )
        applied = measure.status is MeasureStatus.ACTIVE
        self._record(tx, measure, "measure.applied" if applied else "measure.proposed", by)
        return measure

    def confirm(self, measure_id: str, by: str, *, agree: bool) -> Measure:
        """A second person's word on a measure that needs one. Raises NotAllowed for the first person, Conflict if it is not waiting."""
        with self.database.write() as tx:
            measure = accounts.measure(tx, measure_id, self.clock.now())
            if measure.status is not MeasureStatus.PROPOSED:
                raise Conflict(
                    f"the measure is {measure.status}, not waiting for confirmation", {"status": measure.status.value}
                )
            if by in (measure.by, MACHINE):
                raise NotAllowed("a second person must confirm this: somebody other than who proposed it")
            now = self.clock.now()
            if agree:
                changed = accounts.next_version(measure, status=MeasureStatus.ACTIVE, confirmed_by=by, at=now)
            else:
                changed = accounts.next_version(measure, status=MeasureStatus.DECLINED, ended_at=now, ended_by=by)
            self._record(tx, changed, "measure.applied" if agree else "measure.declined", by)
            return changed

    def lift(self, measure_id: str, by: str) -> Measure:
        """Takes a measure back. Raises Conflict if it is not in force or waiting."""
        with self.database.write() as tx:
            measure = accounts.measure(tx, measure_id, self.clock.now())
            if measure.status not in (MeasureStatus.ACTIVE, MeasureStatus.PROPOSED):
                raise Conflict(f"the measure is {measure.status} already", {"status": measure.status.value})
            return self._end(tx, measure, MeasureStatus.LIFTED, by)

    def restore(self, tx: Connection, account_id: str, by: str) -> Measure:
        """Takes back everything in force on the account, and clears nothing else; the answer is the restoring itself."""
        accounts.lock(tx, account_id, self.clock.now())
        standing = [
            m
            for m in accounts.measures_of(tx, account_id)
            if m.status in (MeasureStatus.ACTIVE, MeasureStatus.PROPOSED)
        ]
        if not standing:
            raise Conflict("nothing is in force on this account", {"account_id": account_id})
        worst = standing[0]
        for measure in standing:
            self._end(tx, measure, MeasureStatus.LIFTED, by)
        now = self.clock.now()
        restoring = replace(
            worst,
            id=self.clock.id("mea"),
            action=Action.RESTORE,
            by=by,
            at=now,
            status=MeasureStatus.ENDED,
            until=None,
            functions=(),
            field=None,
            notice="",
            confirmed_by=None,
            ended_at=now,
            ended_by=by,
            reminded_at=None,
            version=1,
        )
        self._record(tx, restoring, "measure.applied", by)
        return restoring

    def undo_case(self, tx: Connection, case: Case, by: str) -> None:
        """Takes back what a case's resolution did to its account: measures and strikes."""
        if case.account_id is None:
            return
        accounts.lock(tx, case.account_id, self.clock.now())
        for measure in accounts.measures_of_case(tx, case.id):
            if measure.status in (MeasureStatus.ACTIVE, MeasureStatus.PROPOSED):
                self._end(tx, measure, MeasureStatus.LIFTED, by)
        accounts.clear_strikes(tx, case.id, self.clock.now())

    def passed(self, tx: Connection, submission: Submission) -> None:
        """A submission passed: its profile is the account's from now on, and what was taken against the old one has been met.

        A post is not of the profile, and a rescan brings nothing new.
        """
        account = submission.account
        if account is None or submission.scene in (Scene.POST, Scene.RESCAN):
            return
        fields = profile(submission)
        accounts.put(tx, account.id, fields, self.clock.now(), account.created_at, account.third_party)
        for measure in accounts.measures_of(tx, account.id):
            met = measure.action in (Action.RECTIFY, Action.REMOVE_CONTENT) and measure.field in fields
            born = measure.action is Action.REFUSE_REGISTRATION and submission.scene is Scene.REGISTRATION
            if measure.status is MeasureStatus.ACTIVE and (met or born):
                self._end(tx, measure, MeasureStatus.ENDED, MACHINE)

    def run_out(self, limit: int = 100) -> int:
        """Ends measures whose time is over and reminds of deadlines that are near; how many were touched.

        A rectification that was not met hides the field and opens a case, for a person to decide on more.
        """
        now = self.clock.now()
        with self.database.read() as tx:
            found = accounts.ran_out(tx, now, limit) + accounts.to_remind(tx, now + REMINDER, limit)
        return sum(self._age(measure.id) for measure in found)

    def _age(self, id: str) -> bool:
        """Ends or reminds of one measure, in a transaction of its own, unless that has been done meanwhile."""
        now = self.clock.now()
        with self.database.write() as tx:
            measure = accounts.measure(tx, id, now)
            if measure.status is not MeasureStatus.ACTIVE or measure.until is None:
                return False
            if measure.until <= now:
                ended = self._end(tx, measure, MeasureStatus.ENDED, MACHINE)
                if measure.action is Action.RECTIFY:
                    self._lapsed(tx, ended)
            elif measure.reminded_at is None:
                self._record(tx, accounts.next_version(measure, reminded_at=now), "measure.reminded", MACHINE)
            else:
                return False
        return True

    def _lapsed(self, tx: Connection, measure: Measure) -> None:
        now = self.clock.now()
        # Not by way of an order: the policy may have lost the category since.
        hiding = Measure(
            id=self.clock.id("mea"),
            account_id=measure.account_id,
            action=Action.REMOVE_CONTENT,
            category=measure.category,
            clause=measure.clause,
            policy_version=measure.policy_version,
            by=MACHINE,
            at=now,
            case_id=measure.case_id,
            field=measure.field,
            notice=measure.notice,
        )
        self._record(tx, hiding, "measure.applied", MACHINE)
        kinds = tuple(kind for kind in Kind if kind.value == measure.field) or (Kind.USERNAME,)
        case = Case(
            id=self.clock.id("case"),
            screening_id=None,
            account_id=measure.account_id,
            scene=Scene.PROFILE_CHANGE,
            kinds=kinds,
            categories=(measure.category,),
            severity=self.policy.categories[measure.category].severity
            if measure.category in self.policy.categories
            else 2,
            reason=Reason.LAPSE,
            opened_at=now,
        )
        cases.add(tx, case_rules.opened(case, MACHINE))

    def _end(self, tx: Connection, measure: Measure, status: MeasureStatus, by: str) -> Measure:
        ended = accounts.next_version(measure, status=status, ended_at=self.clock.now(), ended_by=by)
        self._record(tx, ended, "measure.lifted", by)
        return ended

    def _record(self, tx: Connection, measure: Measure, type: str, by: str) -> None:
        """Stores the measure, its event and the message that tells of it."""
        accounts.save_measure(tx, measure, self.clock.now())
        written = resources.measure(measure)
        audit.append(tx, [Event(f"account:{measure.account_id}", type, self.clock.now(), by, written)])
        outbox.put(tx, self.clock, type, written)

    def _default_end(self, action: Action, now: datetime) -> datetime | None:
        if action is Action.RECTIFY:
            return now + timedelta(days=self.policy.ladder.rectify_days)
        return now + DEFAULT_RESTRICTION if action is Action.RESTRICT else None

    def _check(self, order: Order, now: datetime, where: str) -> None:
        problems: list[Problem] = []
        if order.category not in self.policy.categories:
            known = ", ".join(self.policy.categories)
            problems.append(
                Problem(f"{where}category", f"{order.category!r} is not in the policy", f"use one of {known}")
            )
        if order.until is not None and order.until <= now:
            problems.append(Problem(f"{where}until", f"{rfc3339(order.until)} is in the past", "give a time to come"))
        if order.until is not None and order.action not in ENDS | {Action.SUSPEND}:
            problems.append(Problem(f"{where}until", f"{order.action} has no end", "leave it out"))
        fields = [kind.value for kind in Kind]
        if order.field is None and order.action is Action.RECTIFY:
            problems.append(Problem(f"{where}field", "is missing", f"say what is to be put right: {', '.join(fields)}"))
        if order.field is not None and order.field not in fields:
            problems.append(Problem(f"{where}field", f"{order.field!r} is not a field", f"use {', '.join(fields)}"))
        unknown = sorted(set(order.functions) - FUNCTIONS)
        if unknown:
            fix = f"use {', '.join(sorted(FUNCTIONS))}"
            problems.append(Problem(f"{where}functions", f"{unknown[0]} is not a function", fix))
        if problems:
            raise BadInput(problems)


def profile(submission: Submission) -> dict[str, str]:
    """The profile fields that a submission sets: texts by kind, and the avatar's picture."""
    fields = {i.kind.value: i.text for i in submission.items if i.text is not None and i.kind is not Kind.POST}
    for item in submission.items:
        if item.kind is Kind.AVATAR and item.images:
            fields[item.kind.value] = item.images[0]
    return fields
