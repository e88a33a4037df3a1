"""The bank as each process holds it: read at start from a compiled file, then kept up with the database every two seconds."""

import hashlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from moderation.core.clock import Clock
from moderation.pictures.bank import Bank, BankEntry, BankMatch, Hashes, looks
from moderation.pictures.decoded import DecodedPicture
from moderation.pictures.index import load, save
from moderation.store import access, banks
from moderation.store.database import Database

log = logging.getLogger(__name__)

SECONDS = 2.0
"""Between two looks at the database: how long an added picture's copies may still pass."""

WORTH_A_FILE = 20_000
"""With fewer entries the database itself is read at start, in a fraction of a second."""

OLD = 5000
"""So many changes since the file was written make it worth being written anew."""


@dataclass(frozen=True, slots=True)
class BankStatus:
    """revision: of the last change taken up; entries: that PDQ can match; since: when it was taken up"""

    revision: int
    entries: int
    since: datetime


class LiveBank:
    """Matches pictures against all banks, as they were at most two seconds ago.

    folder  where the compiled file is kept, for all processes of an installation
    """

    def __init__(self, database: Database, folder: Path, clock: Clock, seconds: float = SECONDS) -> None:
        self._database, self._folder, self._clock, self._seconds = database, folder, clock, seconds
        with database.write() as tx:
            # The file of another database, whose ids mean other entries, is not ours.
            self._whose = hashlib.sha256(access.secret(tx, "picture bank")).hexdigest()[:16]
        self._stop = threading.Event()
        self._looking = threading.Lock()
        self._behind = 0
        self._bank, revision = self._compiled() or (Bank(Hashes.of([]), self._describe), 0)
        self.status = BankStatus(revision, len(self._bank), clock.now())
        self.look()
        self._thread = threading.Thread(target=self._watch, name="picture-bank", daemon=True)

    @property
    def version(self) -> str:
        """What findings name as their source's version: "bank@" and the revision."""
        return f"bank@{self.status.revision}"

    def match(self, picture: DecodedPicture) -> tuple[BankMatch, ...]:
        """The entries that a picture is a copy of; from any thread."""
        return self._bank.match(looks(picture))

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def look(self) -> None:
        """Takes up what has changed since the last look."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        known = self.status.revision
        with self._database.read() as tx:
            newest = banks.revision(tx)
            if newest == known:
                return
            afresh = newest < known or known == 0  # smaller where a backup of the database was put back
            changes = banks.changes(tx, 0 if afresh else known)
        if afresh:
            self._bank = Bank(changes.added, self._describe)
            self._behind = len(self._bank)
        else:
            self._bank.change(changes.gone, changes.added)
            self._behind += len(changes.gone)
        self.status = BankStatus(changes.revision, len(self._bank), self._clock.now())
        if len(self._bank) >= WORTH_A_FILE and self._behind >= OLD:
            self._compile()

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except Exception:  # the database may be away for a while; the bank in use stays
                log.exception("the picture bank could not be brought up to date")

    def _describe(self, ids: Sequence[int]) -> Mapping[int, BankEntry]:
        with self._database.read() as tx:
            return banks.entries(tx, ids)

    @property
    def _file(self) -> Path:
        return self._folder / f"bank-{self._whose}.idx"

    def _compiled(self) -> tuple[Bank, int] | None:
        found = load(self._file)
        if found is None:
            return None
        arrays, stamp = found
        return Bank.from_arrays(arrays, self._describe), int(stamp["revision"])

    def _compile(self) -> None:
        try:
            save(self._file, self._bank.arrays(), {"revision": self.status.revision})
        except OSError as error:  # a start without it is slower, that is all
            log.warning("the picture bank's file could not be written: %s", error)
        else:
            if again := self._compiled():  # its pages are shared with every process that reads the file
                self._bank, _ = again
        self._behind = 0
