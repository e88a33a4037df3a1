"""Banks of known pictures kept: a picture added with one click, lists imported and exported, entries that over-match set apart."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from moderation.core.clock import Clock
from moderation.core.errors import BadInput, Conflict, Problem
from moderation.core.events import Event
from moderation.core.policy import Policy
from moderation.pictures.bank import PDQ_QUALITY, BankEntry, EntryState, looks
from moderation.pictures.decoded import DecodedPicture
from moderation.pictures.hash_list import HashList, write_hash_list
from moderation.pictures.hashing import FrameHash, hamming
from moderation.pictures.index import WITHIN
from moderation.store import audit, banks
from moderation.store.banks import StoredBank
from moderation.store.database import Database

MACHINE = "machine"

OWN_SOURCE = "the review desk"
"""What such a bank names as its source."""

OWN = "own-"
"""Before a category's code: the name of the bank that the review desk adds to."""

CHUNK = 5000
"""Hashes in one transaction of an import, so that other writers wait for fractions of a second only."""

UNFINISHED = timedelta(days=1)
"""After so long nobody is still at an import, and what it left is deleted by the next one."""


@dataclass(frozen=True, slots=True)
class OverMatching:
    """When an entry is set apart, because more looks like it than its copies.

    pictures  more different pictures than this, of more different accounts than this, within `span`
    times     and at least so many times the pictures it matched on a day of the `days` before that, on average
    """

    pictures: int = 50
    span: timedelta = timedelta(hours=1)
    times: float = 10.0
    days: int = 7


@dataclass(frozen=True, slots=True)
class Imported:
    """added: entries made; known: hashes that the bank had already"""

    id: str
    added: int
    known: int


class BankFlow:
    """Keeps the banks; every change is in the audit log, and in every process's `LiveBank` within seconds.

    recall  a kept picture by its reference; raises NotFound
    rule    when an entry that matches is set apart
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        recall: Callable[[str], DecodedPicture],
        clock: Clock,
        rule: OverMatching | None = None,
    ) -> None:
        self.database, self.policy, self.recall, self.clock = database, policy, recall, clock
        self.rule = rule or OverMatching()

    def create(
        self, name: str, category: str | None, by: str, *, owner: str = "", source: str = "", note: str = ""
    ) -> StoredBank:
        """A new bank; without a category a negative one, which excuses. Raises BadInput, Conflict where the name is taken."""
        self._check(name, category)
        with self.database.write() as tx:
            banks.lock(tx)
            return self._create(tx, name, category, by, owner, source, note)

    def banks(self) -> list[tuple[StoredBank, dict[EntryState, int]]]:
        """Every bank, with how many entries it has in each state."""
        with self.database.read() as tx:
            return banks.all_banks(tx)

    def add(self, reference: str, category: str, by: str, note: str = "") -> list[BankEntry]:
        """Adds a kept picture to the house's own bank of a category, which is made where there is none: one click of the desk.

        Its frames each get an entry, but for those alike and those too flat to be known again. Given again, it changes
        nothing; what was removed of it is put back. Raises BadInput where nothing of it can be known again.
        """
        self._check(OWN + category, category)
        frames = self._frames(reference)
        with self.database.write() as tx:
            banks.lock(tx)
            found = [each for each, _ in banks.all_banks(tx) if each.name == OWN + category]
            bank = found[0] if found else self._create(tx, OWN + category, category, by, "", OWN_SOURCE, "")
            return self._add(tx, bank, reference, frames, by, note)

    def add_to(self, name: str, reference: str, by: str, note: str = "") -> list[BankEntry]:
        """Adds a kept picture to a bank by its name, as `add` does."""
        frames = self._frames(reference)
        with self.database.write() as tx:
            banks.lock(tx)
            return self._add(tx, banks.bank(tx, name), reference, frames, by, note)

    def remove(self, id: int, by: str, note: str = "") -> BankEntry:
        """Takes an entry out; `restore` puts it back. Raises Conflict where it is out already."""
        return self._move(id, (EntryState.LIVE, EntryState.QUARANTINED), EntryState.REMOVED, "removed", by, note)

    def restore(self, id: int, by: str, note: str = "") -> BankEntry:
        """Puts a removed entry back. Raises Conflict where it is not out."""
        return self._move(id, (EntryState.REMOVED,), EntryState.LIVE, "restored", by, note)

    def quarantine(self, id: int, by: str, note: str = "") -> BankEntry:
        """From now on its matches go to a person at most."""
        return self._move(id, (EntryState.LIVE,), EntryState.QUARANTINED, "quarantined", by, note)

    def release(self, id: int, by: str, note: str = "") -> BankEntry:
        """Ends a quarantine: somebody looked, and the entry is right. Its matches until now are not counted against it again."""
        return self._move(id, (EntryState.QUARANTINED,), EntryState.LIVE, "released", by, note)

    def note_matches(self, ids: Sequence[int], account_id: str | None, picture: str) -> list[int]:
        """Notes which entries a picture is surely a copy of; the ids of those set apart by it, told of in the audit log."""
        if not ids:
            return []
        now = self.clock.now()
        with self.database.write() as tx:
            banks.add_matches(tx, ids, account_id, picture, now)
            return [entry.id for entry in banks.entries(tx, ids).values() if self._set_apart(tx, entry, now)]

    def import_list(
        self,
        name: str,
        given: HashList,
        source: str,
        by: str,
        *,
        partly: bool = False,
        tell: Callable[[int, int], None] = lambda done, total: None,
    ) -> Imported:
        """Adds the hashes of a list that the bank has not; all of them count from one moment on, or none where it is cut short.

        partly  use the rest of a list of which some lines are wrong, which otherwise is refused
        tell    called with how many are added so far, and of how many

        Raises BadInput with what is wrong with the list, NotFound for the bank.
        """
        if given.problems and not partly:
            raise BadInput(given.problems)
        now, id = self.clock.now(), self.clock.id("import")
        with self.database.write() as tx:
            bank = banks.bank(tx, name)
            banks.forget_imports(tx, now - UNFINISHED)
            banks.begin_import(tx, id, bank, source, by, now)
        with self.database.read() as tx:
            there = banks.hashes_of(tx, bank)
        fresh = [row for row in _rows(given) if row[0] not in there]
        done = 0
        for chunk in _chunks(fresh):
            with self.database.write() as tx:
                banks.add_imported(tx, id, bank, chunk)
            done += len(chunk)
            tell(done, len(fresh))
        with self.database.write() as tx:
            banks.finish_import(tx, id)
            told = {"import": id, "source": source, "added": len(fresh), "left_out": len(given.problems)}
            self._tell(tx, name, "imported", by, told)
        return Imported(id, len(fresh), len(given.notes) - len(fresh))

    def undo_import(self, id: str, by: str) -> int:
        """Takes all entries of an import out at once; how many. Raises NotFound, Conflict where they are out already."""
        with self.database.write() as tx:
            name, size = banks.remove_import(tx, id)
            self._tell(tx, name, "import_removed", by, {"import": id, "entries": size})
        return size

    def export(self, name: str, by: str) -> Iterator[str]:
        """The lines of a hash list of all that can be matched of a bank. Raises NotFound."""
        with self.database.write() as tx:
            bank = banks.bank(tx, name)
            self._tell(tx, name, "exported", by, {})
        with self.database.read() as tx:
            yield from write_hash_list((e.pdq, e.quality, e.note) for e in banks.entries_of(tx, bank) if _known(e))

    def quarantined(self, limit: int = 200) -> list[BankEntry]:
        """Entries that wait for somebody to look at them."""
        with self.database.read() as tx:
            return banks.quarantined(tx, limit)

    def entry(self, id: int) -> BankEntry:
        """Raises NotFound."""
        with self.database.read() as tx:
            return banks.entry(tx, id)

    def _set_apart(self, tx: Connection, entry: BankEntry, now: datetime) -> bool:
        """Quarantines an entry that over-matches; whether it was done here."""
        rule, since = self.rule, now - self.rule.span
        pictures, accounts = banks.matched_since(tx, entry.id, since)
        if entry.state is not EntryState.LIVE or min(pictures, accounts) <= rule.pictures:
            return False
        before = banks.matched_between(tx, entry.id, since - timedelta(days=rule.days), since)
        if pictures < rule.times * before / rule.days:
            return False
        if not banks.set_state(tx, entry.id, EntryState.LIVE, EntryState.QUARANTINED):
            return False
        data = {"entry": entry.id, "pictures": pictures, "accounts": accounts, "before": before}
        self._tell(tx, entry.bank, "entry_quarantined", MACHINE, data)
        return True

    def _check(self, name: str, category: str | None) -> None:
        problems = []
        if not (name.strip() == name and 0 < len(name) <= 100 and name.isprintable()):
            problems.append(
                Problem("name", f"{name!r} is not 1 to 100 printable characters", "give a shorter, plain one")
            )
        if category is not None and category not in self.policy.categories:
            known = ", ".join(self.policy.categories)
            problems.append(Problem("category", f"the policy has no {category}", f"give one of {known}"))
        if problems:
            raise BadInput(problems)

    def _create(
        self, tx: Connection, name: str, category: str | None, by: str, owner: str, source: str, note: str
    ) -> StoredBank:
        now = self.clock.now()
        bank = StoredBank(self.clock.id("bank"), name, category, owner or by, source, note, now, by)
        banks.add_bank(tx, bank)
        self._tell(tx, name, "created", by, {"category": category, "owner": bank.owner, "source": source})
        return bank

    def _frames(self, reference: str) -> list[FrameHash]:
        """The frames of a kept picture that can be known again, each unlike the ones before."""
        frames: list[FrameHash] = []
        for frame, _ in looks(self.recall(reference)):
            sharp = frame.quality >= PDQ_QUALITY
            alike = any(hamming(frame.pdq, kept.pdq) <= WITHIN for kept in frames)
            if (sharp or frame.phash) and not alike:
                frames.append(frame)
        if not frames:
            reason, fix = "is so flat that other pictures would pass for it", "judge such pictures one by one"
            raise BadInput([Problem("picture", reason, fix)])
        return frames

    def _add(
        self, tx: Connection, bank: StoredBank, reference: str, frames: Iterable[FrameHash], by: str, note: str
    ) -> list[BankEntry]:
        there = banks.entries_of_picture(tx, bank, reference)
        for entry in there:
            if entry.state is EntryState.REMOVED and banks.set_state(tx, entry.id, entry.state, EntryState.LIVE):
                self._tell(tx, bank.name, "entry_restored", by, {"entry": entry.id, "note": note})
        if there:
            return banks.entries_of_picture(tx, bank, reference)
        for frame in frames:
            id = banks.add_entry(tx, bank, frame, reference, note, by, self.clock.now())
            told = {"entry": id, "picture": reference, "pdq": frame.pdq.hex(), "note": note}
            self._tell(tx, bank.name, "entry_added", by, told)
        return banks.entries_of_picture(tx, bank, reference)

    def _move(
        self, id: int, before: Sequence[EntryState], state: EntryState, what: str, by: str, note: str
    ) -> BankEntry:
        with self.database.write() as tx:
            entry = banks.entry(tx, id)
            released = self.clock.now() if what == "released" else None
            if entry.state not in before or not banks.set_state(tx, id, entry.state, state, released):
                raise Conflict(f"the entry is {entry.state} and cannot be {what}", {"state": entry.state.value})
            self._tell(tx, entry.bank, f"entry_{what}", by, {"entry": id, "note": note})
            return banks.entry(tx, id)

    def _tell(self, tx: Connection, bank: str, what: str, by: str, data: dict[str, Any]) -> None:
        audit.append(tx, [Event(f"bank:{bank}", f"bank.{what}", self.clock.now(), by, data)])


def _rows(given: HashList) -> Iterator[tuple[bytes, int, str]]:
    pdqs = (row.tobytes() for row in given.pdqs)
    return zip(pdqs, given.qualities.tolist(), given.notes, strict=True)


def _known(entry: BankEntry) -> bool:
    return entry.quality >= PDQ_QUALITY


def _chunks(rows: Iterable[tuple[bytes, int, str]]) -> Iterator[list[tuple[bytes, int, str]]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
