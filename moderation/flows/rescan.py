"""Rescans: existing profiles read from a file or the store into chunks, each screened exactly once, with cases for what is found."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from moderation.core import case as case_rules
from moderation.core.case import Case, Reason
from moderation.core.clock import Clock
from moderation.core.decision import Outcome, judge
from moderation.core.errors import BadInput, Problem
from moderation.core.finding import Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.detectors.panel import Panel
from moderation.flows import resources
from moderation.flows.intake import PictureIntake
from moderation.flows.profiles import Profile, read_profiles
from moderation.flows.screen import PATIENCE, Fold, given_up, kept
from moderation.outbound.queue import RESCAN, JobQueue
from moderation.store import accounts, cases, rescans, submissions, work
from moderation.store.database import Database
from moderation.store.rescans import Chunk, Progress, Run
from moderation.store.submissions import StoredScreening
from moderation.store.tables import rescan_chunks

log = logging.getLogger(__name__)

CHUNK = 256
"""Profiles in one job."""

PATH = "avatar_path"

FIELDS = (Kind.USERNAME, Kind.BIO)


class RescanFlow:
    """Plans runs, and screens their chunks."""

    def __init__(
        self,
        database: Database,
        panel: Panel,
        policy: Policy,
        queue: JobQueue,
        intake: PictureIntake,
        clock: Clock,
        fold: Fold,
    ) -> None:
        self.database, self.panel, self.policy, self.queue = database, panel, policy, queue
        self.intake, self.clock, self.fold = intake, clock, fold

    def begin(self, file: Path | None) -> tuple[Run, bool]:
        """The run over a file, or over all stored accounts: the unfinished one of the same content, if there is one, else a new one.

        Under another policy it is always a new one.

        The answer says whether it goes on with an earlier run.
        """
        source = f"file:{_digest(file)}" if file else "all"
        with self.database.write() as tx:
            earlier = rescans.unfinished(tx, source, self.policy.version)
            if earlier:
                return earlier, True
            return rescans.add_run(tx, self.clock.id("run"), source, self.policy.version, self.clock.now()), False

    def plan(self, run: Run, file: Path | None) -> Iterator[Progress]:
        """Reads the source from the run's cursor on into chunks, offering each to the workers; tells the progress after each.

        Raises BadInput naming the row for a profile that cannot be used; what was planned before it stays, and the run goes on from there.
        """
        rows, at = iter(list[Profile]()), -1
        while run.planned_at is None:
            if at != run.planned:  # at the start, or because another planner was quicker
                rows, at = self._profiles(run, file), run.planned
            profiles = list(islice(rows, CHUNK))
            now, job, id = self.clock.now(), self.clock.id("job"), self.clock.id("chunk")
            with self.database.write() as tx:
                if profiles:
                    cursor = run.planned + len(profiles) if file else profiles[-1]["account_id"]
                    rescans.plan(tx, run, id, profiles, cursor, now + PATIENCE, job)
                else:
                    rescans.planned(tx, run, now)
            if profiles:
                self.queue.offer(RESCAN, [id], job)
            at += len(profiles)
            progress = self.progress(run.id)
            run = progress.run
            yield progress

    def screen(self, ids: Sequence[str]) -> int:
        """Screens chunks that are to do and held by nobody else; how many were finished here."""
        finished = 0
        for id in ids:
            lease = self.clock.token()
            with self.database.write() as tx:
                work.claim(tx, rescan_chunks, [id], lease, self.clock.now())
            with kept(self.database, rescan_chunks, lease, self.clock):
                with self.database.read() as tx:
                    held = rescans.held(tx, lease)
                for chunk in held:
                    finished += self._screen(chunk, lease)
        return finished

    def progress(self, id: str) -> Progress:
        """How far a run is; notes its end when it is reached. Raises NotFound."""
        with self.database.read() as tx:
            progress = rescans.progress(tx, id)
        if progress.finished and progress.run.finished_at is None:
            with self.database.write() as tx:
                rescans.finish(tx, id, self.clock.now())
        return progress

    def runs(self, limit: int = 20) -> list[Progress]:
        """The newest runs."""
        with self.database.read() as tx:
            return [rescans.progress(tx, run.id) for run in rescans.all_runs(tx, limit)]

    def results(self, id: str) -> Iterator[dict[str, Any]]:
        """`account_id`, `kind`, `verdict` and `findings` of every field screened, in the order of the source."""
        with self.database.read() as tx:
            yield from rescans.results(tx, id)

    def import_profiles(self, file: Path) -> Iterator[int]:
        """Stores a file's profiles as existing accounts; tells how many so far after each batch. Raises BadInput naming the row."""
        rows, done = read_profiles(file), 0
        while batch := list(islice(rows, CHUNK)):
            fields = [self._fields(profile) for profile in batch]
            with self.database.write() as tx:
                for profile, shown in zip(batch, fields, strict=True):
                    accounts.put(tx, profile["account_id"], shown, self.clock.now())
            done += len(batch)
            yield done

    def _profiles(self, run: Run, file: Path | None) -> Iterator[Profile]:
        """The profiles of a run's source behind its cursor."""
        if file:
            yield from read_profiles(file, skip=run.cursor or 0)
            return
        last = run.cursor or ""
        while True:
            with self.database.read() as tx:
                found = accounts.after(tx, last, CHUNK)
            if not found:
                return
            yield from ({"account_id": account.id, **account.fields} for account in found)
            last = found[-1].id

    def _screen(self, chunk: Chunk, lease: str) -> bool:
        """Screens one chunk and stores its results, and the cases for what was found, in one transaction."""
        screened = [self._submission(profile) for profile in chunk.profiles]
        if chunk.attempts > work.MAX_ATTEMPTS:  # something in it kills its workers, again and again
            log.error("%s was given up after %d attempts", chunk.id, work.MAX_ATTEMPTS)
            found = [[given_up()] * len(submission.items) for submission in screened]
        else:
            found = self.panel.screen(screened)
        outcomes = [judge(s, f, self.policy, self.fold) for s, f in zip(screened, found, strict=True)]
        results = [
            {
                "account_id": submission.account.id if submission.account else None,
                "kind": item.kind.value,
                "verdict": item.verdict.word,
                "findings": resources.findings(item.screening, self.policy),
            }
            for submission, outcome in zip(screened, outcomes, strict=True)
            for item in outcome.items
        ]
        with self.database.write() as tx:
            if not rescans.finish_chunk(tx, chunk, lease, results):
                return False
            for at, (submission, outcome) in enumerate(zip(screened, outcomes, strict=True)):
                if outcome.verdict > Verdict.PASS:
                    self._open(tx, f"{chunk.id}:{at}", submission, outcome)
        return True

    def _submission(self, profile: Profile) -> Submission:
        items = [Item(kind, text=profile[kind.value]) for kind in FIELDS if profile.get(kind.value)]
        items += self._avatar(profile)
        return Submission(Scene.RESCAN, tuple(items), Account(profile["account_id"]))

    def _fields(self, profile: Profile) -> dict[str, str]:
        """What an account shows. Raises BadInput for an avatar that cannot be read or decoded."""
        fields = {kind.value: profile[kind.value] for kind in FIELDS if profile.get(kind.value)}
        for item in self._avatar(profile):
            if item.problems:
                field = f"{profile['account_id']}.{PATH}"
                raise BadInput([Problem(field, item.problems[0], "give the path of a JPEG, PNG, WEBP or GIF")])
            fields[Kind.AVATAR.value] = item.images[0]
        return fields

    def _avatar(self, profile: Profile) -> list[Item]:
        """The avatar that a profile names, by its reference or its path; one that cannot be read goes to a person."""
        if profile.get(Kind.AVATAR.value):
            return [Item(Kind.AVATAR, images=(profile[Kind.AVATAR.value],))]
        if not profile.get(PATH):
            return []
        try:
            return [self.intake.item(profile[PATH])]
        except (OSError, ValueError) as error:
            return [Item(Kind.AVATAR, problems=(f"the picture {profile[PATH]} cannot be read: {error}",))]

    def _open(self, tx: Connection, key: str, submission: Submission, outcome: Outcome) -> None:
        """A case for a profile, with what a reviewer needs to see."""
        now = self.clock.now()
        account = submission.account
        case = Case(
            id=self.clock.id("case"),
            screening_id=self.clock.id("scr"),
            account_id=account.id if account else None,
            scene=Scene.RESCAN,
            kinds=tuple(item.kind for item in submission.items),
            categories=outcome.categories,
            severity=outcome.severity,
            reason=Reason.RESCAN,
            opened_at=now,
        )
        stored = StoredScreening(
            id=case.screening_id or "",
            owner="rescan",
            idempotency_key=key,
            digest="",
            submission=submission,
            outcome=outcome,
            degraded=False,
            announce=False,
            case_id=case.id,
            elapsed_ms=None,
            created_at=now,
            done_at=now,
        )
        submissions.add(tx, stored)
        if account:
            accounts.put(tx, account.id, {}, now)
        cases.add(tx, case_rules.opened(case, "machine"))


def _digest(file: Path) -> str:
    """SHA-256 of a file's content. Raises BadInput if it cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(
            [Problem(str(file), f"cannot be read: {error.strerror}", "give the path of a readable file")]
        ) from error
