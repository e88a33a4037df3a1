"""Hash lists as platforms exchange them: CSV with a PDQ hash in hex on each line, maybe a quality and a remark beside it.

Read liberally: the columns of ThreatExchange's tools and of spreadsheets are known by their names; without a header the
first is the hash, a whole number beside it its quality, and the rest a remark. Lines that begin with # are comments.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moderation.core.errors import Problem
from moderation.pictures.bank import PDQ_QUALITY
from moderation.pictures.hashing import PDQ_BYTES, Bytes

DEFAULT_QUALITY = 100
"""Of a hash whose list tells no quality: whoever shares it stands for it."""

MOST_PROBLEMS = 20
"""So many are told of, and how many more there are; a file of another kind has one on every line."""

_HASH = ("hash", "pdq", "pdq_hash", "pdqhash", "indicator", "signal", "signal_value", "value")
_QUALITY = ("quality", "pdq_quality")
_KIND = ("type", "signal_type", "indicator_type", "hash_type")
_NOTES = ("note", "notes", "description", "comment", "tags", "filename", "file", "id")
_PDQ_KINDS = ("", "pdq", "hash_pdq", "pdq_hash", "photo_pdq")

HEADER = ("hash", "quality", "note")


@dataclass(frozen=True, slots=True, eq=False)
class HashList:
    """What a file holds.

    pdqs       (n, 32), each hash once
    qualities  (n,), 0–100
    notes      the remark on each, "" for none
    repeated   lines whose hash had been there before
    flat       hashes of too low a quality to be matched, left out
    problems   what is wrong with the lines that are not used
    """

    pdqs: Bytes
    qualities: npt.NDArray[np.uint8]
    notes: tuple[str, ...]
    repeated: int = 0
    flat: int = 0
    problems: tuple[Problem, ...] = ()


def read_hash_list(lines: Iterable[str], name: str) -> HashList:
    """Everything usable, and what is wrong with the rest; `name` is the file's, for problems.

    >>> read_hash_list(["hash,quality", "f8" * 32 + ",97"], "list.csv").qualities.tolist()
    [97]
    >>> str(read_hash_list(["beef"], "list.csv").problems[0])
    'list.csv:1: has no PDQ hash: beef; give 64 hexadecimal digits in the first column, or name a column "hash"'
    """
    found: dict[bytes, tuple[int, str]] = {}
    problems: list[Problem] = []
    wrong = repeated = flat = 0
    for number, row in _rows(lines):
        try:
            pdq, quality, note = row.read()
        except _Unusable as unusable:
            wrong += 1
            if wrong <= MOST_PROBLEMS:
                problems.append(Problem(f"{name}:{number}", unusable.reason, unusable.fix))
            continue
        if quality < PDQ_QUALITY:
            flat += 1
        elif pdq in found:
            repeated += 1
        else:
            found[pdq] = quality, note
    if wrong > MOST_PROBLEMS:
        problems.append(Problem(name, f"has {wrong - MOST_PROBLEMS:,} more lines like that", "mend them as well"))
    return HashList(
        np.frombuffer(b"".join(found), dtype=np.uint8).reshape(-1, PDQ_BYTES),
        np.array([quality for quality, _ in found.values()], dtype=np.uint8),
        tuple(note for _, note in found.values()),
        repeated,
        flat,
        tuple(problems),
    )


def write_hash_list(rows: Iterable[tuple[bytes, int, str]]) -> Iterator[str]:
    """The lines of a file that `read_hash_list` reads back, from rows of PDQ, quality and note.

    >>> [line] = list(write_hash_list([(bytes(31) + b"\\x01", 88, 'a "sign", in red')]))[1:]
    >>> line.endswith('01,88,"a ""sign"", in red"\\r\\n')
    True
    """
    lines: list[str] = []
    writer = csv.writer(_Lines(lines))
    writer.writerow(HEADER)
    for pdq, quality, note in rows:
        yield lines.pop()
        writer.writerow([pdq.hex(), quality, note])
    yield lines.pop()


@dataclass(frozen=True, slots=True)
class _Lines:
    into: list[str]

    def write(self, line: str) -> None:
        self.into.append(line)


class _Unusable(Exception):
    def __init__(self, reason: str, fix: str) -> None:
        self.reason, self.fix = reason, fix


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row is what; None where nowhere."""

    hash: int
    quality: int | None
    kind: int | None
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Sequence[str]
    columns: _Columns | None

    def read(self) -> tuple[bytes, int, str]:
        """PDQ, quality and note. Raises _Unusable."""
        columns = self.columns or self._guessed()
        kind = self._cell(columns.kind).lower()
        if kind not in _PDQ_KINDS:
            raise _Unusable(f"is a {kind}, not a PDQ hash", "give a list of PDQ hashes only")
        return self._pdq(columns), self._quality(columns), " ".join(filter(None, map(self._cell, columns.notes)))

    def _guessed(self) -> _Columns:
        numbered = len(self.cells) > 1 and self._cell(1).isdigit()
        return _Columns(0, 1 if numbered else None, None, tuple(range(2 if numbered else 1, len(self.cells))))

    def _pdq(self, columns: _Columns) -> bytes:
        written = self._cell(columns.hash)
        digits = written.lower().removeprefix("pdq:").removeprefix("0x")
        try:
            pdq = bytes.fromhex(digits)
        except ValueError:
            pdq = b""
        if len(pdq) != PDQ_BYTES or len(digits) != 2 * PDQ_BYTES:
            shown = written[:70] or "nothing"
            fix = 'give 64 hexadecimal digits in the first column, or name a column "hash"'
            raise _Unusable(f"has no PDQ hash: {shown}", fix)
        return pdq

    def _quality(self, columns: _Columns) -> int:
        written = self._cell(columns.quality)
        if not written:
            return DEFAULT_QUALITY
        if not (written.isascii() and written.isdigit() and int(written[:4]) <= 100):
            raise _Unusable(f"has the quality {written[:20]}", "give a whole number from 0 to 100, or none")
        return int(written)

    def _cell(self, at: int | None) -> str:
        return self.cells[at].strip() if at is not None and at < len(self.cells) else ""


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, _Row]]:
    """Rows with the number of the line on which they end."""
    columns: _Columns | None = None
    first = True
    reader = csv.reader(line.replace("\0", "") for line in _separated(lines))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a field beyond the reader's limit
            cells = ["a field that is far too long"]
        if not any(map(str.strip, cells)) or cells[0].lstrip().startswith("#"):
            continue
        if first and (columns := _header(cells)):
            first = False
            continue
        first = False
        yield reader.line_num, _Row(cells, columns)


def _separated(lines: Iterable[str]) -> Iterator[str]:
    """The lines with commas between fields, whichever of tab, semicolon or comma the first one that is no comment has."""
    separator = None
    for number, line in enumerate(lines):
        written = line.removeprefix("\ufeff") if number == 0 else line
        if separator is None and written.strip() and not written.lstrip().startswith("#"):
            separator = next((mark for mark in "\t;" if mark in written and "," not in written), ",")
        yield written if separator in (None, ",") else written.replace(separator, ",")


def _header(cells: Sequence[str]) -> _Columns | None:
    names = [cell.strip().lower() for cell in cells]

    def place(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    hashes = place(_HASH)
    if hashes is None:
        return None
    notes = tuple(at for at, name in enumerate(names) if name in _NOTES)
    return _Columns(hashes, place(_QUALITY), place(_KIND), notes)
