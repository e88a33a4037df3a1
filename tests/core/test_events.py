"""The chain of hashes over the event log."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.events import GENESIS, Event, Recorded, chain_hash, first_break
from tests.making import START


def log(count: int) -> list[Recorded]:
    records, previous = [], GENESIS
    for sequence in range(1, count + 1):
        event = Event(f"account:{sequence}", "measure.applied", START, "user:li", {"field": "bio", "n": sequence})
        digest = chain_hash(previous, sequence, event)
        records.append(Recorded(sequence, event, previous, digest))
        previous = digest
    return records


def test_a_log_that_nobody_touched_is_whole() -> None:
    assert first_break([]) is None
    assert first_break(log(5)) is None
    assert first_break(log(5)[2:], log(5)[1].hash, 2) is None


CHANGES: dict[str, Any] = {
    "stream": "account:9",
    "type": "measure.lifted",
    "at": START + timedelta(microseconds=1),
    "actor": "user:wang",
    "data": {"field": "bio"},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("place", range(4))
def test_a_record_that_was_changed_is_found(name: str, place: int) -> None:
    records = log(4)
    records[place] = replace(records[place], event=replace(records[place].event, **{name: CHANGES[name]}))
    broken = first_break(records)
    assert broken and broken.sequence == place + 1


@pytest.mark.parametrize("place", range(3))
def test_a_record_that_was_removed_shows_in_the_one_after_it(place: int) -> None:
    records = log(4)
    del records[place]
    broken = first_break(records)
    assert broken and broken.sequence == place + 2


@given(st.permutations(range(5)))
def test_records_that_were_moved_are_found(order: list[int]) -> None:
    records = log(5)
    moved = [records[at] for at in order]
    assert (first_break(moved) is None) == (order == sorted(order))
    renumbered = [replace(record, sequence=at) for at, record in enumerate(moved, 1)]
    assert (first_break(renumbered) is None) == (order == sorted(order))


def test_a_record_that_was_put_in_is_found_even_when_its_own_hash_is_right() -> None:
    records = log(3)
    event = Event("system", "made.up", START, "user:li", {})
    records.insert(1, Recorded(2, event, records[0].hash, chain_hash(records[0].hash, 2, event)))
    broken = first_break(records)
    assert broken and broken.event.type == "measure.applied"


def test_the_hash_is_the_same_wherever_the_time_is_read() -> None:
    event = Event("system", "started", START, "machine", {"b": 1, "a": "\ud800\x00"})
    abroad = replace(event, at=START.astimezone(timezone(timedelta(hours=8))), data={"a": "\ud800\x00", "b": 1})
    assert chain_hash(GENESIS, 1, event) == chain_hash(GENESIS, 1, abroad)
