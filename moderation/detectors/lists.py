"""Live lists: an edit of the folder of word lists, name rules and exemptions is in use within seconds, whole, or is refused and told of."""

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from moderation.core.clock import Clock
from moderation.core.errors import BadSetup, Problem
from moderation.core.exemptions import Exemptions
from moderation.text.exempt_file import load_exemptions
from moderation.text.lexicon import Lexicon, load_lexicon
from moderation.text.name_rules import load_name_rules
from moderation.text.name_words import NameRules

log = logging.getLogger(__name__)

SECONDS = 0.5
"""Between two looks at the folder. A change is taken once two looks in a row saw it alike, so that no half of one is."""

NAMES, EXEMPT = "names.toml", "exempt.toml"

_Loaded = TypeVar("_Loaded")


@dataclass(frozen=True, slots=True)
class Lists:
    """What a folder of lists holds. `names` is None where there are no name rules."""

    lexicon: Lexicon
    names: NameRules | None
    exemptions: Exemptions


def load_lists(folder: Path, categories: Collection[str], kept_in: Path | None) -> Lists:
    """Everything of a folder. Raises BadSetup with all that is wrong with any of it.

    kept_in  where compiled lexicons are kept, so that of many processes only the first compiles; None to compile anew
    """
    problems: list[Problem] = []

    lexicon = _or_problems(lambda: load_lexicon(folder, categories, kept_in), problems)
    names = _or_problems(lambda: load_name_rules(folder / NAMES), problems) if (folder / NAMES).exists() else None
    exemptions = _or_problems(lambda: load_exemptions(folder / EXEMPT), problems)
    if lexicon is None or exemptions is None or problems:
        raise BadSetup(problems)
    return Lists(lexicon, names, exemptions)


def _or_problems(load: Callable[[], _Loaded], problems: list[Problem]) -> _Loaded | None:
    try:
        return load()
    except BadSetup as refused:
        problems.extend(refused.problems)
        return None


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
    """Watches a folder of lists, in a thread of its own.

    load  everything of the folder; raises BadSetup
    use   puts that to use, at once; what is there at first is read and put to use by the constructor, which raises BadSetup too
    """

    def __init__(
        self,
        folder: Path,
        load: Callable[[], Lists],
        use: Callable[[Lists], None],
        clock: Clock,
        seconds: float = SECONDS,
    ) -> None:
        self._folder, self._load, self._use = folder, load, use
        self._clock, self._seconds = clock, seconds
        self._seen = self._used = _state(folder)
        self._stop = threading.Event()
        now = load()  # after the first look at the folder, so that no edit is missed
        use(now)
        self.status = ListStatus(now.lexicon.version, now.lexicon.terms, clock.now())
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
            lists = self._load()
        except BadSetup as refused:
            log.error("the edited word lists are refused, %s stays in use: %s", self.status.version, refused)
            self.status = ListStatus(self.status.version, self.status.terms, self.status.since, tuple(refused.problems))
            return
        self._use(lists)
        self.status = ListStatus(lists.lexicon.version, lists.lexicon.terms, self._clock.now())
        log.info("word lists %s are in use: %d terms", lists.lexicon.version, lists.lexicon.terms)


def _state(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for file in (*folder.glob("*.txt"), folder / NAMES, folder / EXEMPT):
        try:
            about = file.stat()
        except FileNotFoundError:
            continue
        found[file.name] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found
