"""Compiled lexicons: as flat arrays, and as files with a checksum of their own."""

import hashlib
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.text.plain_index import PlainIndex
from moderation.text.scan_tables import FILE as TABLES
from moderation.text.sound_index import SoundIndex
from moderation.text.wordlist import Rules, Status

log = logging.getLogger(__name__)

FORMAT = 4
"""Raised with every change to what is kept or to how lists are compiled."""

ALIGNED = 16
"""Arrays begin at multiples of so many bytes in the file."""

KEPT = 3
"""So many compiled lexicons stay in a folder, the newest."""


@dataclass(frozen=True)
class Compiled:
    """A lexicon as flat arrays and strings, which is how it is kept on disk. Quarantined terms are not in it.

    version       the first 6 hexadecimal digits of a SHA-256 over the lists' categories and contents
    plain         the index of entries, which are its strings
    index         the sound index; its owners are numbers of terms
    categories    their codes; the other arrays have their places here
    texts, written  of the terms, one a line; lines are their line numbers
    term_category, term_rules, term_line  of the terms; `rules` are the distinct rules as JSON
    entry_at      by entry, where its writings begin in `writings`: rows of a term's number and the folds
    allow_at      by entry, where its rows begin in `allows`: a category's place and -1, or -1 and a term's number
    """

    version: str
    plain: PlainIndex
    index: SoundIndex
    categories: tuple[str, ...]
    texts: str
    written: str
    rules: tuple[str, ...]
    term_category: NDArray[np.uint8]
    term_rules: NDArray[np.uint32]
    term_line: NDArray[np.uint32]
    entry_at: NDArray[np.uint32]
    writings: NDArray[np.uint32]
    allow_at: NDArray[np.uint32]
    allows: NDArray[np.int32]


def key(files: Sequence[Path], policy_categories: Collection[str]) -> str:
    """What a compiled lexicon depends on, as a hash; "" where a file cannot be read."""
    parts = [
        str(FORMAT),
        *sorted(policy_categories),
        hashlib.sha256(TABLES.read_bytes()).hexdigest(),
    ]
    try:
        for file in files:
            parts += [file.name, hashlib.sha256(file.read_bytes()).hexdigest()]
    except OSError:
        return ""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def save(kept: Compiled, folder: Path, name: str) -> None:
    """Keeps a compiled lexicon, atomically, and drops the oldest. A folder that cannot be written to is no error."""
    blobs, described = [], {}
    for part, array in _arrays(kept).items():
        described[part] = [array.dtype.descr if array.dtype.names else array.dtype.str, list(array.shape)]
        blob = np.ascontiguousarray(array).tobytes()
        blobs.append(blob + bytes(-len(blob) % ALIGNED))
    plain = {each: getattr(kept, each) for each in ("version", "categories", "texts", "written", "rules")}
    header = json.dumps({"plain": plain, "arrays": described}).encode()
    header += b" " * (-(8 + len(header)) % ALIGNED)
    body = b"".join([len(header).to_bytes(8, "little"), header, *blobs])
    path = folder / f"{name}.lexicon"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{id(kept):x}.partial")
        partial.write_bytes(hashlib.sha256(body).digest() + body)
        partial.replace(path)
        for old in sorted(folder.glob("*.lexicon"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("the compiled lexicon could not be kept in %s: %s", folder, error)


def load(folder: Path, name: str) -> Compiled | None:
    """The lexicon that was kept under this name; None where there is none or its checksum is wrong."""
    path = folder / f"{name}.lexicon"
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    body = memoryview(whole)[32:]
    if hashlib.sha256(body).digest() != whole[:32]:
        log.warning("%s is damaged; the lists are compiled again", path)
        return None
    place = 8 + int.from_bytes(body[:8], "little")
    header = json.loads(bytes(body[8:place]))
    arrays: dict[str, NDArray[Any]] = {}
    for part, (kind, shape) in header["arrays"].items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[part] = np.frombuffer(body, _dtype(kind), count, place).reshape(shape)
        place += arrays[part].nbytes + -arrays[part].nbytes % ALIGNED
    plain: dict[str, Any] = header["plain"]
    index = SoundIndex(**{field.name: arrays.pop("index." + field.name) for field in fields(SoundIndex)})
    entries = PlainIndex(**{field.name: arrays.pop("plain." + field.name) for field in fields(PlainIndex)})
    for part in ("categories", "rules"):
        plain[part] = tuple(plain[part])
    return Compiled(**plain | arrays, plain=entries, index=index)


def _dtype(kind: str | list[list[str]]) -> np.dtype[Any]:
    return np.dtype(kind if isinstance(kind, str) else [(name, form) for name, form in kind])


def _arrays(kept: Compiled) -> dict[str, NDArray[Any]]:
    own = {each.name: getattr(kept, each.name) for each in fields(kept)}
    arrays = {name: value for name, value in own.items() if isinstance(value, np.ndarray)}
    parts: dict[str, SoundIndex | PlainIndex] = {"index": kept.index, "plain": kept.plain}
    indexes = {f"{part}.{name}": value for part, each in parts.items() for name, value in each.arrays().items()}
    return {**indexes, **arrays}


def rules_as_json(rules: Rules) -> str:
    values = {each.name: getattr(rules, each.name) for each in fields(rules)}
    plain = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}
    return json.dumps(plain, default=str, ensure_ascii=False)


def rules_from(text: str) -> Rules:
    """
    >>> rules = Rules(severity=3, kinds=frozenset({Kind.BIO}), folds=frozenset({"-case"}), expires=date(2027, 1, 31))
    >>> rules_from(rules_as_json(rules)) == rules
    True
    """
    values = json.loads(text)
    return Rules(
        **values
        | {
            "kinds": frozenset(map(Kind, values["kinds"])),
            "scenes": frozenset(map(Scene, values["scenes"])),
            "ceiling": Verdict(values["ceiling"]),
            "folds": frozenset(values["folds"]),
            "near": _shared(tuple(values["near"])),
            "far": _shared(tuple(values["far"])),
            "allow": tuple(values["allow"]),
            "status": Status(values["status"]),
            "expires": date.fromisoformat(values["expires"]) if values["expires"] else None,
        }
    )


@cache
def _shared(words: tuple[str, ...]) -> tuple[str, ...]:
    """One and the same tuple for the same words, so that it can be told by its identity."""
    return words
