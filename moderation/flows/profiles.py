"""Profile files: Parquet, CSV and JSON lines with `account_id, username?, bio?, avatar_path?`, read row by row and checked."""

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from moderation.core.errors import BadInput, Problem
from moderation.core.submission import MAX_ACCOUNT_ID, Kind, check_text

Profile = dict[str, Any]
COLUMNS = ("account_id", "username", "bio", "avatar_path")


def read_profiles(file: Path, skip: int = 0) -> Iterator[Profile]:
    """The file's profiles from row `skip` on, each with `account_id` and at least one field.

    Raises BadInput naming the file, the row (from 1, a CSV's heading not counted), the reason and the fix.
    """
    reader = {".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}.get(file.suffix.lower())
    if reader is None:
        raise BadInput(
            [Problem(str(file), f"ends in {file.suffix or 'nothing'}", "give a .parquet, .csv or .jsonl file")]
        )
    try:
        for number, row in enumerate(islice(reader(file), skip, None), skip + 1):
            yield _checked(row, f"{file}:{number}")
    except OSError as error:
        raise BadInput([Problem(str(file), f"cannot be read: {error}", "give the path of a readable file")]) from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(str(file), "is not UTF-8", "convert it to UTF-8")]) from error


def _json_lines(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInput([Problem(f"{file}:{number}", f"is not JSON: {error}", "correct the line")]) from error
            if not isinstance(row, dict):
                raise BadInput([Problem(f"{file}:{number}", "is not an object", 'write {"account_id": …}')])
            yield row


def _csv(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        try:
            yield from rows
        except csv.Error as error:
            raise BadInput([Problem(f"{file}:{rows.line_num}", f"is not CSV: {error}", "correct the line")]) from error


def _parquet(file: Path) -> Iterator[Mapping[str, Any]]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        for batch in ParquetFile(file).iter_batches(batch_size=1024):
            yield from batch.to_pylist()
    except ArrowInvalid as error:
        raise BadInput([Problem(str(file), f"is not Parquet: {error}", "write it again")]) from error


def _checked(row: Mapping[str, Any], where: str) -> Profile:
    unknown = [str(key) for key in row if key not in COLUMNS]
    if unknown:
        raise BadInput([Problem(where, f"has the column {unknown[0]}", f"use {', '.join(COLUMNS)}")])
    id = row.get("account_id")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not id or len(id) > MAX_ACCOUNT_ID or not id.isprintable():
        raise BadInput(
            [
                Problem(
                    f"{where}.account_id",
                    "is missing or not usable",
                    f"give 1 to {MAX_ACCOUNT_ID} printable characters",
                )
            ]
        )
    profile: Profile = {"account_id": id}
    for column in COLUMNS[1:]:
        value = row.get(column)
        if value is None or value == "":
            continue
        kind = Kind.USERNAME if column == "username" else Kind.BIO
        if problems := check_text(kind, value, f"{where}.{column}"):
            raise BadInput(problems)
        profile[column] = value
    if len(profile) == 1:
        raise BadInput([Problem(where, "has nothing to screen", "give a username, bio or avatar_path")])
    return profile
