"""Events, the append-only truth: what happened to cases, accounts and the system, chained by hash so that tampering shows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"""What stands for the hash before the first event."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    stream  what it happened to: "case:case_…", "account:42", "system"
    type    what happened, in the past tense: "case.claimed", "measure.applied"
    actor   who did it: "user:li", "key:signup", "machine"
    data    JSON object with what is needed to project the state anew
    """

    stream: str
    type: str
    at: datetime
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its place in the log: `sequence` counts from 1, `hash` covers `previous` and everything else."""

    sequence: int
    event: Event
    previous: str
    hash: str


def chain_hash(previous: str, sequence: int, event: Event) -> str:
    """SHA-256 over the hash before and the event, as 64 hexadecimal digits."""
    body = json.dumps(
        [previous, sequence, event.stream, event.type, _exactly(event.at), event.actor, event.data],
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode("ascii")).hexdigest()


def _exactly(moment: datetime) -> str:
    # To the microsecond, as it is stored: a time changed by less than what is shown outside is changed, too.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def first_break(log: Iterable[Recorded], previous: str = GENESIS, sequence: int = 0) -> Recorded | None:
    """The first record, if any, that does not follow from the ones before it: changed, added, moved, or one before it removed.

    Records removed from the very end leave no trace in what stays: only a hash kept elsewhere shows that.

    previous, sequence  of the record before the first of `log`
    """
    for record in log:
        expected = chain_hash(previous, record.sequence, record.event)
        if record.sequence != sequence + 1 or record.previous != previous or record.hash != expected:
            return record
        previous, sequence = record.hash, record.sequence
    return None
