"""Labelled texts in JSON lines: reading, checking and drawing samples; no model and no network."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text.

    labels  category codes that apply; empty for a safe text
    split   "train" or "dev"
    source  the file it came from, without its ending
    """

    text: str
    labels: frozenset[str]
    split: str
    source: str


class BadDataset(ValueError):
    """A line of a data set that cannot be used: names the file, the line and the reason."""


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of one JSON-lines file, in its order.

    Each line has `text` and `labels` (category codes, or `["safe"]`), and may have `split`; without one, a tenth of the
    texts, chosen by their hash, is the dev split.

    Raises BadDataset naming file and line.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                text, labels = row["text"], frozenset(row["labels"]) - {SAFE}
                if not isinstance(text, str) or not text:
                    raise ValueError("text must be a non-empty string")
            except (ValueError, KeyError, TypeError) as error:
                raise BadDataset(f"{path}:{number}: {error}; each line needs text and labels") from error
            yield Example(text, labels, row.get("split") or split_of(text), path.stem)


def split_of(text: str) -> str:
    """ "dev" for a tenth of all texts, chosen by hash so that a text never changes sides."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "dev" if digest[0] < 26 else "train"


def sample(examples: Iterable[Example], limit: int, random: Random) -> list[Example]:
    """At most `limit` of the examples, drawn without replacement."""
    pool = list(examples)
    return pool if len(pool) <= limit else random.sample(pool, limit)
