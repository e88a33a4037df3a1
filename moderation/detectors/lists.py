"""Live word lists: an edit of their folder is in use within seconds, whole, or is refused and told of."""

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from moderation.core.clock import Clock
from moderation.core.errors import BadSetup, Problem
from moderation.detectors.keywords import KeywordDetector
from moderation.text.lexicon import load_lexicon

log = logging.getLogger(__name__)

SECONDS = 1.0
"""Between two looks at the folder. A change is taken once two looks in a row saw it alike, so that no half of one is."""


@dataclass(frozen=True, slots=True)
class ListStatus:
    """Which lists are in use, and what is wrong with those that are not.

    version   of the lists in use
    terms     how many live and shadow terms they have
    since     when they were put to use
    problems  of the lists as they are now, where they were refused
    """

    version: str
    terms: int
    since: datetime
    problems: tuple[Problem, ...] = ()


class LiveLists:
    """Watches a folder of lists for one detector, in a thread of its own.

    kept_in  where compiled lexicons are kept, so that of many processes only the first compiles
    """

    def __init__(
        self,
        folder: Path,
        categories: Collection[str],
        kept_in: Path | None,
        detector: KeywordDetector,
        clock: Clock,
        seconds: float = SECONDS,
    ) -> None:
        self._folder, self._categories, self._kept_in = folder, categories, kept_in
        self._detector, self._clock, self._seconds = detector, clock, seconds
        self._seen = self._used = _state(folder)
        self._stop = threading.Event()
        self.status = ListStatus(detector.lexicon.version, detector.lexicon.terms, clock.now())
        self._thread = threading.Thread(target=self._watch, name="word-lists", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except Exception:  # the folder may be away for a while; the lists in use stay
                log.exception("the word lists could not be looked at")

    def look(self) -> None:
        """One look: takes up a change that the look before saw already."""
        state = _state(self._folder)
        settled, self._seen = state == self._seen, state
        if not settled or state == self._used:
            return
        self._used = state
        try:
            lexicon = load_lexicon(self._folder, self._categories, self._kept_in)
        except BadSetup as refused:
            log.error("the edited word lists are refused, %s stays in use: %s", self.status.version, refused)
            self.status = ListStatus(
                self.status.version, self.status.terms, self.status.since, tuple(refused.problems)
            )
            return
        self._detector.lexicon = lexicon
        self.status = ListStatus(lexicon.version, lexicon.terms, self._clock.now())
        log.info("word lists %s are in use: %d terms", lexicon.version, lexicon.terms)


def _state(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for file in folder.glob("*.txt"):
        try:
            about = file.stat()
        except FileNotFoundError:
            continue
        found[file.name] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found
