"""The texts to measure on, read strictly: what cannot be measured is refused with its file, its line and what to do."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from moderation.core.errors import BadInput, Problem
from moderation.core.submission import check_text
from moderation.evaluation.datasets import SAFE, BadDataset, Example, read_folder

DEV = "dev"
"""A folder of this name, and a file in it, is of the dev split whole, as `moderation train` takes it."""

_TOLD = 20
"""So many problems are told, the rest are counted."""


def gathered(places: Sequence[Path], categories: Collection[str], split: str = "") -> dict[Path, list[Example]]:
    """By file or folder named, the examples of its JSON lines.

    categories  the codes that a text may be labelled with
    split       only the texts of this split; "" for all

    Raises FileNotFoundError for a place that is not there, BadInput for lines that cannot be measured and for no texts at all.
    """
    found, problems = {}, list[Problem]()
    for place in dict.fromkeys(places):
        if not place.exists():
            raise FileNotFoundError(2, "no such file", str(place))
        files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
        if not files:
            problems.append(Problem(str(place), "holds no *.jsonl", "name a file or folder of JSON lines"))
        examples = []
        for file in files:
            for number, example in _read(file, problems):
                bad = list(_problems(example, f"{file}:{number}", categories))
                problems += bad
                if not bad and split in ("", example.split):
                    examples.append(replace(example, near=example.near or "", register=example.register or ""))
        found[place] = examples
    if not problems and not any(found.values()):
        problems = [Problem("--data", f"holds no texts{' of the split ' + split if split else ''}", "name other data")]
    if problems:
        more = len(problems) - _TOLD
        rest = [Problem("--data", f"has {more} problems more", "mend these first")] if more > 0 else []
        raise BadInput([*problems[:_TOLD], *rest])
    return found


def _read(file: Path, problems: list[Problem]) -> Iterator[tuple[int, Example]]:
    """The lines of a file with their numbers, up to the first that cannot be read, which is added to the problems."""
    whole = DEV if DEV in (file.parent.name, file.name) else None
    try:
        # Every line is an example, so that places in the list are lines of the file.
        yield from enumerate(read_folder(file, whole), 1)
    except BadDataset as error:
        where, _, reason = str(error).removeprefix(f"{file}").partition(": ")
        problems.append(Problem(f"{file}{where}", reason, "mend or drop that line"))
    except UnicodeDecodeError:
        content = file.read_bytes()
        line = content.count(b"\n", 0, _valid(content)) + 1
        problems.append(Problem(f"{file}:{line}", "is not UTF-8", "save the file as UTF-8"))


def _valid(content: bytes) -> int:
    """How many bytes come before the first that is not UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _problems(example: Example, where: str, categories: Collection[str]) -> Iterator[Problem]:
    yield from check_text(example.kind, example.text, where)
    for label in sorted(map(str, example.labels - set(categories))):
        near = get_close_matches(label, categories, n=1)
        fix = f"did you mean {near[0]}?" if near else f"give a list of the policy's category codes, or [{SAFE!r}]"
        yield Problem(where, f"is labelled {label!r}, which is no category of the policy", fix)
    for name, value in (("near", example.near), ("register", example.register)):
        if not isinstance(value or "", str):
            yield Problem(where, f"has a {name} that is not a string", "give one word, or leave it out")
