"""Time as it is written, and ids."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.clock import Clock, parse_rfc3339, rfc3339
from tests.making import StoodClock


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_time_reads_back_to_the_millisecond(moment: datetime) -> None:
    lost = moment - parse_rfc3339(rfc3339(moment))
    assert timedelta(0) <= lost < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-11-22", "2026-11-22T08:30:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+08:00",
     "9999-12-31T23:59:59-08:00"],
)  # fmt: skip
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)


def test_ids_sort_by_when_they_were_made_and_are_never_the_same() -> None:
    stood = StoodClock()
    ids = []
    for _ in range(20):
        ids.append(stood.clock.id("case"))
        stood.move(timedelta(milliseconds=1))
    assert ids == sorted(ids) and len(set(ids)) == 20
    clock = Clock()
    assert len({clock.id("case") for _ in range(1000)}) == 1000
    assert clock.now().tzinfo is UTC
