"""Labelled texts in JSON lines: reading, checking and drawing samples; no model and no network."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from moderation.core.submission import Kind

SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text.

    labels    category codes that apply; empty for a safe text
    split     "train" or "dev"
    source    the file it came from, without its ending
    kind      what it would be submitted as
    near      for a safe text the category that it only looks like, or ""
    register  how it is written, in a word of the corpus's card, or ""
    """

    text: str
    labels: frozenset[str]
    split: str
    source: str
    kind: Kind = Kind.POST
    near: str = ""
    register: str = ""


class BadDataset(ValueError):
    """A line of a data set that cannot be used: names the file, the line and the reason."""


def read_examples(path: Path, split: str | None = None) -> Iterator[Example]:
    """The examples of one JSON-lines file, in its order.

    Each line has `text` and `labels` (category codes, or `["safe"]`), and may have `kind`, `near`, `register` and `split`;
    without a split, a tenth of the texts, chosen by their hash, is the dev split.

    split  that of all lines, whatever they say

    Raises BadDataset naming file and line.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                text, labels = row["text"], frozenset(row["labels"]) - {SAFE}
                if not isinstance(text, str) or not text:
                    raise ValueError("text must be a non-empty string")
                kind = Kind(row.get("kind", Kind.POST))
            except (ValueError, KeyError, TypeError) as error:
                raise BadDataset(f"{path}:{number}: {error}; each line needs text and labels") from error
            of = split or row.get("split") or split_of(text)
            yield Example(text, labels, of, path.stem, kind, row.get("near", ""), row.get("register", ""))


def read_folder(path: Path, split: str | None = None) -> list[Example]:
    """The examples of all `*.jsonl` of a folder by name, or of one file."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return [example for file in files for example in read_examples(file, split)]


def read_corrections(path: Path) -> dict[str, frozenset[str]]:
    """Labels by the digest of a text, for texts of public sets that count as harmless there and are not; {} without the file.

    Each line has the digest's hexadecimal digits, a tab and a category. Texts of others are not repeated in our files.
    """
    if not path.is_file():
        return {}
    pairs = (line.split("\t") for line in path.read_text(encoding="ascii").splitlines())
    return {digest: frozenset({category}) for digest, category in pairs}


def digest_of(text: str) -> str:
    """The SHA-256 of a text as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def split_of(text: str) -> str:
    """ "dev" for a tenth of all texts, chosen by hash so that a text never changes sides."""
    return "dev" if int(digest_of(text)[:2], 16) < 26 else "train"


def sample(examples: Iterable[Example], limit: int, random: Random) -> list[Example]:
    """At most `limit` of the examples, drawn without replacement."""
    pool = list(examples)
    return pool if len(pool) <= limit else random.sample(pool, limit)
