"""Matchers beside one another on the same terms and texts: our own engines, those that Python has, and those of npm."""

import gc
import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import Any, Protocol

from daachorse import CharwiseDoubleArrayAhoCorasick

from moderation.core.submission import LIMITS, Kind
from tests.bench import peers
from tests.bench.matching_texts import Material, planted
from tests.bench.peers import NotRun

PLANTED = 1000
"""Short texts with a term in them, on which each matcher is tried before it is measured."""
LEAST_FOUND = 0.95
"""The share of these that it must find, so that what is measured is a matcher that works."""
WARM_UP = 5
"""Passes over the short texts before the first that counts; Node compiles for some four of them."""
PIECE, PIECE_FOR_NPM = LIMITS[Kind.POST], 16_000
"""Characters of the bulk text that matchers get at once: as much as the longest post, but those from npm, among which
mint-filter takes half as long again when it gets all in one call."""
HEAD = (
    "Matcher",
    "Called",
    "Clean short text, CPU",
    "As fast as npm's fastest",
    "Bulk text",
    "Of bare daachorse",
    "Built in",
    "JavaScript heap",
    "Finds",
    "Mistaken",
)


def _named(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


BARE = f"{_named('daachorse')}, bare"

Hit = Callable[[str], object]
"""Takes a text and answers with something true if a term is in it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One of ours, built: how it is called, the call, and the CPU seconds that building it took."""

    call: str
    hit: Hit
    build: float


@dataclass(slots=True)
class Row:
    """What one matcher took.

    calls     what was called, for a short text and for the bulk text
    build     CPU seconds to build it from the terms, or None if that was not measured
    heap      bytes of JavaScript's heap that this took, or None if it has none
    found     the share of short texts with a term planted in which it found any
    mistaken  the share of clean short texts in which it found something all the same
    ns        CPU nanoseconds for a clean short text, by round
    speed     megabytes (10^6 bytes of UTF-8) of the bulk text in a second of CPU time, by round
    not_run   why it has no figures, or ""
    """

    calls: Sequence[str] = ()
    build: float | None = None
    heap: int | None = None
    found: float = 0.0
    mistaken: float = 0.0
    ns: list[float] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)
    not_run: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """All matchers by name, as measured on so many terms and short texts of so many characters on average."""

    terms: int
    texts: int
    characters: float
    bulk_bytes: int
    rows: Mapping[str, Row]

    @property
    def fastest_npm(self) -> str | None:
        """The one from npm with the lowest median for short texts; None if none was run."""
        run = [name for name in peers.NAMES if name in self.rows and not self.rows[name].not_run]
        return min(run, key=lambda name: median(self.rows[name].ns), default=None)

    def times_as_fast(self, name: str) -> tuple[float, float, float] | None:
        """How many times as fast on short texts as the fastest from npm: median, lowest and highest round, or None.

        >>> one, other = list(peers.NAMES)[:2]
        >>> rows = {"ours": Row(ns=[4.0, 2.0, 2.0]), one: Row(ns=[8.0, 9.0, 7.0]), other: Row(not_run="node is missing")}
        >>> found = Matching(100, 10, 18.0, 1000, rows)
        >>> found.times_as_fast("ours"), found.times_as_fast(other)
        ((3.5, 2.0, 4.5), None)
        """
        fastest, row = self.fastest_npm, self.rows[name]
        if fastest is None or row.not_run:
            return None
        found = [theirs / its for theirs, its in zip(self.rows[fastest].ns, row.ns, strict=True)]
        return median(found), min(found), max(found)

    def of_bare(self, name: str) -> float | None:
        """A matcher's speed on the bulk text as a share of bare daachorse's, the median of the rounds, or None."""
        row, bare = self.rows[name], self.rows[BARE]
        if row.not_run or bare.not_run:
            return None
        return median(its / theirs for its, theirs in zip(row.speed, bare.speed, strict=True))

    def lines(self) -> list[Sequence[str]]:
        """A table's lines under HEAD, in the order measured."""
        return [self._line(name, row) for name, row in self.rows.items()]

    def _line(self, name: str, row: Row) -> Sequence[str]:
        if row.not_run:
            return (name, f"not run: {row.not_run}", *[""] * (len(HEAD) - 2))
        times, share = self.times_as_fast(name), self.of_bare(name)
        return (
            name,
            ", ".join(f"`{call}`" for call in dict.fromkeys(row.calls)),
            f"{median(row.ns) / 1000:.2f} µs ({min(row.ns) / 1000:.2f}–{max(row.ns) / 1000:.2f})",
            "" if times is None else f"{times[0]:.2f}× ({times[1]:.2f}–{times[2]:.2f})",
            f"{median(row.speed):.1f} MB/s",
            "" if share is None else f"{share:.0%}",
            "" if row.build is None else f"{row.build:.2f} s",
            "" if row.heap is None else f"{row.heap / 1e6:.0f} MB",
            f"{row.found:.1%}",
            f"{row.mistaken:.2%}",
        )


def measure(engines: Mapping[str, Engine], given: Material, rounds: int) -> Matching:
    """All matchers in turn: so many rounds over the short texts, and `bulk_rounds` of them over the bulk text.

    engines  ours, by the names that they are to have, each built from the terms given

    A matcher that cannot be run, or does not find the terms that were planted, has a row that says why.
    """
    lists = {"texts": given.texts, "planted": planted(given, PLANTED), "bulk": _pieces(given.bulk, PIECE)}
    for_npm = lists | {"bulk": _pieces(given.bulk, PIECE_FOR_NPM)}
    rows: dict[str, Row] = {}
    gc.collect()
    gc.disable()  # its pauses are not the engines'
    try:
        matchers: dict[str, _Matcher] = {}
        for name, engine in engines.items():
            rows[name], matchers[name] = Row((engine.call,), engine.build), _Here(engine.hit, lists)
        for name, (call, build) in _IN_PYTHON.items():
            began = time.process_time()
            try:
                matchers[name] = _Here(build(given.terms), lists)
                rows[name] = Row((call,), time.process_time() - began)
            except NotRun as why:
                rows[name] = Row((call,), not_run=str(why))
        with peers.started(given.terms, for_npm) as from_npm:
            for name, peer in from_npm.items():
                if isinstance(peer, NotRun):
                    rows[name] = Row(not_run=str(peer))
                else:
                    rows[name], matchers[name] = Row(peer.calls, peer.build, peer.heap), peer
            _try_out(matchers, rows, given)
            _compare(matchers, rows, given, rounds)
    finally:
        gc.enable()
    return Matching(len(given.terms), len(given.texts), given.characters, len(given.bulk.encode()), rows)


def _pieces(text: str, length: int) -> Sequence[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def bulk_rounds(rounds: int) -> int:
    """How many of the rounds go over the bulk text too: a third of them, at least one."""
    return max(1, rounds // 3)


class _Matcher(Protocol):
    def over(self, which: str) -> tuple[float, int]:
        """Goes over a list of texts once: the CPU seconds of it, and in how many something was found. Raises NotRun."""


class _Here:
    """A matcher in this process."""

    def __init__(self, hit: Hit, lists: Mapping[str, Sequence[str]]) -> None:
        self._hit, self._lists = hit, lists

    def over(self, which: str) -> tuple[float, int]:
        found, hit = 0, self._hit
        began = time.process_time()
        for text in self._lists[which]:
            if hit(text):
                found += 1
        return time.process_time() - began, found


def _try_out(matchers: dict[str, _Matcher], rows: Mapping[str, Row], given: Material) -> None:
    """Whether each finds what was planted, and what it finds where nothing was; then warms them up."""
    for name, (_, found) in _each(matchers, rows, "planted"):
        rows[name].found = found / PLANTED
        if rows[name].found < LEAST_FOUND:
            rows[name].not_run = f"finds only {rows[name].found:.1%} of the terms planted"
            del matchers[name]
    for name, (_, found) in _each(matchers, rows, "texts"):
        rows[name].mistaken = found / len(given.texts)
    for _ in range(WARM_UP - 1):
        _each(matchers, rows, "texts")


def _compare(matchers: dict[str, _Matcher], rows: Mapping[str, Row], given: Material, rounds: int) -> None:
    for _ in range(rounds):
        for name, (seconds, _) in _each(matchers, rows, "texts"):
            rows[name].ns.append(seconds * 1e9 / len(given.texts))
    megabytes = len(given.bulk.encode()) / 1e6
    for _ in range(bulk_rounds(rounds)):
        for name, (seconds, _) in _each(matchers, rows, "bulk"):
            rows[name].speed.append(megabytes / seconds)


def _each(matchers: dict[str, _Matcher], rows: Mapping[str, Row], which: str) -> list[tuple[str, tuple[float, int]]]:
    """What each matcher took for a list; one that breaks is taken out, and its row says why."""
    found = []
    for name, matcher in list(matchers.items()):
        try:
            found.append((name, matcher.over(which)))
        except NotRun as why:
            rows[name].not_run = str(why)
            del matchers[name]
    return found


def _daachorse(terms: Sequence[str]) -> Hit:
    return CharwiseDoubleArrayAhoCorasick(list(terms), use_prefilter=False).find_overlapping


def _pyahocorasick(terms: Sequence[str]) -> Hit:
    try:
        ahocorasick: Any = importlib.import_module("ahocorasick")
    except ImportError:
        raise NotRun("pyahocorasick is not installed") from None
    automaton = ahocorasick.Automaton()
    for number, term in enumerate(terms):
        automaton.add_word(term, number)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def _dict_trie(terms: Sequence[str]) -> Hit:
    """Nested dictionaries, walked anew from each character: what most filters written in Python do."""
    root: dict[str, Any] = {}
    for term in terms:
        node = root
        for character in term:
            node = node.setdefault(character, {})
        node[""] = True

    def find(text: str) -> list[tuple[int, int]]:
        found, length = [], len(text)
        for start in range(length):
            node = root
            for at in range(start, length):
                below = node.get(text[at])
                if below is None:
                    break
                if "" in below:
                    found.append((start, at + 1))
                node = below
        return found

    return find


_IN_PYTHON: Mapping[str, tuple[str, Callable[[Sequence[str]], Hit]]] = {
    BARE: ("find_overlapping(text)", _daachorse),
    _named("pyahocorasick"): ("list(iter(text))", _pyahocorasick),
    "a trie of Python dictionaries": ("find(text)", _dict_trie),
}
