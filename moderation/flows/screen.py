"""Screening a submission: at once with a deadline, or accepted now and screened by a worker; once for each idempotency key."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

from moderation.core import case as cases_rules
from moderation.core.case import Case, Reason
from moderation.core.clock import Clock
from moderation.core.decision import Outcome, judge
from moderation.core.errors import Conflict
from moderation.core.events import Event
from moderation.core.finding import Check, Screening, Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Scene, Submission
from moderation.detectors.panel import Panel
from moderation.flows import resources
from moderation.flows.banks import BankFlow
from moderation.flows.enforce import EnforceFlow
from moderation.flows.intake import PictureIntake
from moderation.outbound.queue import SCREEN, JobQueue
from moderation.store import accounts, audit, cases, likeness, outbox, submissions, work
from moderation.store.database import Database
from moderation.store.submissions import StoredScreening
from moderation.store.tables import screenings

log = logging.getLogger(__name__)

Fold = Callable[[str], str]

PATIENCE = timedelta(seconds=15)
"""How long a sweep leaves accepted work to the queue before it looks after it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks for.

    owner   of the API key; `idempotency_key` is theirs
    digest  SHA-256 of the body as canonical JSON
    """

    owner: str
    idempotency_key: str
    digest: str
    submission: Submission


@dataclass(frozen=True, slots=True)
class Timed:
    """A screening and where its time went, in milliseconds."""

    screening: StoredScreening
    detectors: float = 0.0
    database: float = 0.0


class ScreenFlow:
    """Screens submissions and stores what became of them."""

    def __init__(
        self,
        database: Database,
        panel: Panel,
        policy: Policy,
        queue: JobQueue,
        enforce: EnforceFlow,
        intake: PictureIntake,
        banks: BankFlow,
        fold: Fold,
    ) -> None:
        self.database, self.panel, self.policy, self.queue = database, panel, policy, queue
        self.enforce, self.intake, self.banks = enforce, intake, banks
        self.clock, self.fold = enforce.clock, fold

    def now(self, request: Request, deadline: float) -> Timed:
        """Screens at once; what is not finished by the deadline (a `time.monotonic()` value) is finished by a worker.

        The same key and body answers the same screening as it now stands. Raises Conflict for the same key with another body.
        """
        began = time.monotonic()
        with self.database.read() as tx:
            earlier = submissions.by_key(tx, request.owner, request.idempotency_key)
        if earlier:
            return Timed(_same(earlier, request))
        looked = time.monotonic()
        found = self.panel.screen([request.submission], deadline)[0]
        outcome = judge(request.submission, found, self.policy, self.fold)
        screened = time.monotonic()
        now, job = self.clock.now(), self.clock.id("job")
        screening = StoredScreening(
            id=self.clock.id("scr"),
            owner=request.owner,
            idempotency_key=request.idempotency_key,
            digest=request.digest,
            submission=request.submission,
            outcome=outcome,
            degraded=outcome.degraded,
            announce=outcome.degraded,
            case_id=None,
            elapsed_ms=round((screened - began) * 1000, 3),  # as exactly as it is stored
            created_at=now,
            done_at=None if outcome.degraded else now,
        )
        try:
            with self.database.write() as tx:
                screening = self._decided(tx, screening, outcome)
                if outcome.degraded:
                    submissions.add(tx, screening, now + PATIENCE, job)
                else:
                    submissions.add(tx, screening)
        except IntegrityError:
            with self.database.read() as tx:
                return Timed(_earlier(tx, request))
        if outcome.degraded:
            self.queue.offer(SCREEN, [screening.id], job)
        self._remember(screening.submission, outcome)
        stored = time.monotonic()
        return Timed(screening, (screened - looked) * 1000, (looked - began + stored - screened) * 1000)

    def accept(self, requests: Sequence[Request]) -> list[StoredScreening]:
        """Stores submissions to be screened by a worker, all or none. They are accepted once stored, even while the queue is away.

        Raises Conflict for a key that was used with another body.
        """
        now, job = self.clock.now(), self.clock.id("job")
        accepted, fresh = dict[int, StoredScreening](), list[str]()
        with self.database.write() as tx:
            # By key, so that two callers with some keys in common do not wait for each other.
            for at in sorted(range(len(requests)), key=lambda at: requests[at].idempotency_key):
                request = requests[at]
                screening = StoredScreening(
                    id=self.clock.id("scr"),
                    owner=request.owner,
                    idempotency_key=request.idempotency_key,
                    digest=request.digest,
                    submission=request.submission,
                    outcome=None,
                    degraded=False,
                    announce=True,
                    case_id=None,
                    elapsed_ms=None,
                    created_at=now,
                    done_at=None,
                )
                try:
                    with tx.begin_nested():
                        submissions.add(tx, screening, now + PATIENCE, job)
                except IntegrityError:
                    accepted[at] = _earlier(tx, request)
                else:
                    accepted[at] = screening
                    fresh.append(screening.id)
        if fresh:
            self.queue.offer(SCREEN, fresh, job)
        return [accepted[at] for at in range(len(requests))]

    def finish(self, ids: Sequence[str]) -> int:
        """Screens what was accepted, or cut short, and is not held by another worker; how many were finished here.

        What was tried before is taken up last and one by one, so that work which kills its workers takes no other with it.
        """
        with self.database.read() as tx:
            tried = work.attempts(tx, screenings, ids)
        again = sorted((id for id in ids if tried.get(id)), key=tried.__getitem__)
        finished = self._finish_together([id for id in ids if id in tried and not tried[id]])
        return finished + sum(self._finish_together([id]) for id in again)

    def _finish_together(self, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        lease = self.clock.token()
        with self.database.write() as tx:
            work.claim(tx, screenings, ids, lease, self.clock.now())
        finished = 0
        with kept(self.database, screenings, lease, self.clock):
            with self.database.read() as tx:
                held = submissions.held(tx, lease)
            # Work that outlived its workers again and again goes to a person unscreened.
            fatal = [screening for screening in held if screening.attempts > work.MAX_ATTEMPTS]
            for screening in fatal:
                log.error("%s was given up after %d attempts", screening.id, work.MAX_ATTEMPTS)
                finished += self._finish(screening, lease, [given_up()] * len(screening.submission.items), 0.0)
            rest = [
                replace(screening, submission=self.intake.settled(screening.submission))
                for screening in held
                if screening.attempts <= work.MAX_ATTEMPTS
            ]
            began = time.monotonic()
            found = self.panel.screen([screening.submission for screening in rest])
            each = (time.monotonic() - began) * 1000 / max(1, len(rest))
            for screening, screened in zip(rest, found, strict=True):
                finished += self._finish(screening, lease, screened, each)
        return finished

    def get(self, id: str, owner: str) -> StoredScreening:
        """The screening as it now stands. Raises NotFound, also for another owner's."""
        with self.database.read() as tx:
            return submissions.get(tx, id, owner)

    def _finish(self, screening: StoredScreening, lease: str, found: Sequence[Screening], elapsed_ms: float) -> bool:
        """Stores a final outcome, what follows from it and the message that tells of it, in one transaction."""
        outcome = judge(screening.submission, found, self.policy, self.fold)
        now = self.clock.now()
        try:
            with self.database.write() as tx:
                final = replace(screening, outcome=outcome, degraded=False, done_at=now, elapsed_ms=elapsed_ms)
                final = self._decided(tx, final, outcome)
                if not submissions.finish(
                    tx, final.id, lease, final.submission, outcome, final.case_id, now, elapsed_ms
                ):
                    raise _LeaseLost
                if final.announce:
                    outbox.put(tx, self.clock, "screening.done", resources.screening(final))
        except _LeaseLost:
            return False
        self._remember(screening.submission, outcome)
        return True

    def _remember(self, submission: Submission, outcome: Outcome) -> None:
        """Keeps what avatars look like, so that their likes are found, and which entries of the bank pictures are copies of."""
        if not any(item.images for item in submission.items):
            return
        account = submission.account.id if submission.account else None
        try:
            hashes = self.intake.hashes(submission)
            if hashes:
                with self.database.write() as tx:
                    for reference, pdq in hashes.items():
                        likeness.put_picture(tx, reference, pdq)
            for item, judged in zip(submission.items, outcome.items, strict=True):
                for number, reference in enumerate(item.images):
                    self.banks.note_matches(matched(judged.screening, number), account, reference)
        except Exception:  # the verdict stands without it
            log.exception("what pictures look like could not be kept")

    def _decided(self, tx: Connection, screening: StoredScreening, outcome: Outcome) -> StoredScreening:
        """What a verdict brings about besides itself: a case, the profile as it passed, and a record of a refusal."""
        submission, now = screening.submission, self.clock.now()
        account = submission.account
        existing = cases.get(tx, screening.case_id, lock=True) if screening.case_id else None
        if existing:
            self._carry_on(tx, existing, submission, outcome)
            return screening
        if outcome.verdict is Verdict.PASS:
            self.enforce.passed(tx, submission)
            return screening
        known = account is not None and submission.scene is not Scene.REGISTRATION
        if outcome.verdict is Verdict.REVIEW or known:
            case = Case(
                id=self.clock.id("case"),
                screening_id=screening.id,
                account_id=account.id if account else None,
                scene=submission.scene,
                kinds=tuple(item.kind for item in submission.items),
                categories=outcome.categories,
                severity=outcome.severity,
                reason=Reason.SCREENING,
                opened_at=now,
            )
            cases.add(tx, cases_rules.opened(case, "machine"))
            if account and known:
                accounts.put(tx, account.id, {}, now, account.created_at, account.third_party)
            return replace(screening, case_id=case.id)
        refused = {
            "screening_id": screening.id,
            "categories": list(outcome.categories),
            "policy_version": outcome.policy_version,
        }
        audit.append(tx, [Event(f"screening:{screening.id}", "screening.refused", now, "machine", refused)])
        return screening

    def _carry_on(self, tx: Connection, case: Case, submission: Submission, outcome: Outcome) -> None:
        """A case that was opened while checks were running learns what they found; it closes itself if that is nothing."""
        if case.status is cases_rules.CaseStatus.RESOLVED:
            return
        now = self.clock.now()
        if outcome.verdict is Verdict.PASS:
            self.enforce.passed(tx, submission)
            closed = cases.change(tx, case, cases_rules.close_itself(case, now))
            outbox.put(tx, self.clock, "case.resolved", resources.case(closed, []))
        else:
            cases.change(tx, case, cases_rules.update(case, outcome.categories, outcome.severity, now))


@contextmanager
def kept(database: Database, table: Table, lease: str, clock: Clock) -> Iterator[None]:
    """Renews a lease every third of its time while the block runs; gives back what is still held at the end."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(work.LEASE.total_seconds() / 3):
            try:
                with database.write() as tx:
                    work.renew(tx, table, lease, clock.now())
            except (
                Exception
            ):  # the next renewal may succeed; if none does, the lease runs out and the work is done again
                log.exception("a lease could not be renewed")

    renewer = threading.Thread(target=renew, name="lease", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        done.set()
        renewer.join()
        with database.write() as tx:
            work.release(tx, table, lease, clock.now())


def matched(screening: Screening, number: int) -> list[int]:
    """The bank entries that a picture of an item is surely a copy of."""
    regions = (f.region for f in screening.findings if f.detector == "bank" and f.ceiling is Verdict.REJECT)
    return [int(region.entry) for region in regions if region and region.picture == number]


class _LeaseLost(Exception):
    """Another worker has taken the work over: what was written here must not stay."""


def _earlier(tx: Connection, request: Request) -> StoredScreening:
    earlier = submissions.by_key(tx, request.owner, request.idempotency_key)
    assert earlier is not None  # the unique key says so, and screenings are never deleted
    return _same(earlier, request)


def _same(earlier: StoredScreening, request: Request) -> StoredScreening:
    if earlier.digest != request.digest:
        raise Conflict("this idempotency key was used with another body", {"id": earlier.id})
    return earlier


def given_up() -> Screening:
    """What is said of an item that could not be screened in many attempts: a person must look."""
    return Screening(unchecked=(Check.KEYWORDS, Check.CLASSIFIER), problem="screening failed again and again")
