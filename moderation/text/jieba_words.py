"""The words of jieba's dictionary; jieba itself is not imported, which takes a second."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


def counted() -> Iterator[tuple[str, int]]:
    """Each word, and how often the dictionary counts it."""
    spec = find_spec("jieba")
    assert spec and spec.origin
    with (Path(spec.origin).parent / "dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, *_ = line.split(" ")
            yield word, int(count)
