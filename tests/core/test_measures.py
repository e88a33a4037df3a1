"""Measures, who may take them, and what they make of an account."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.measures import (
    ENDS,
    MACHINE_MAY,
    TWO_PEOPLE,
    Action,
    Measure,
    MeasureStatus,
    Standing,
    standing,
)
from tests.making import START


def measure(action: Action, status: MeasureStatus = MeasureStatus.ACTIVE, days: int | None = None) -> Measure:
    until = START + timedelta(days=days) if days is not None else None
    return Measure("mea_1", "42", action, "fraud", "3.1.1.10", "1", "li", START, status, until=until)


def test_a_machine_may_do_nothing_worse_than_remove_refuse_and_ask_to_rectify() -> None:
    assert {Action.REFUSE_REGISTRATION, Action.REMOVE_CONTENT, Action.RECTIFY} == MACHINE_MAY
    assert {Action.TERMINATE} == TWO_PEOPLE
    assert {Action.RECTIFY, Action.RESTRICT} == ENDS


def test_a_measure_runs_until_its_end_exclusive_and_only_while_active() -> None:
    week = measure(Action.SUSPEND, days=7)
    assert week.running(START + timedelta(days=7) - timedelta(microseconds=1))
    assert not week.running(START + timedelta(days=7))
    assert measure(Action.SUSPEND).running(START + timedelta(days=3650))
    assert not any(measure(Action.SUSPEND, status).running(START) for status in list(MeasureStatus)[2:])
    assert not measure(Action.TERMINATE, MeasureStatus.PROPOSED).running(START)


@pytest.mark.parametrize(
    ("action", "made"),
    [
        (Action.REFUSE_REGISTRATION, Standing.REFUSED),
        (Action.REMOVE_CONTENT, Standing.ACTIVE),
        (Action.RECTIFY, Standing.RECTIFYING),
        (Action.RESTRICT, Standing.RESTRICTED),
        (Action.SUSPEND, Standing.SUSPENDED),
        (Action.TERMINATE, Standing.TERMINATED),
        (Action.RESTORE, Standing.ACTIVE),
    ],
)
def test_every_measure_in_force_makes_its_standing(action: Action, made: Standing) -> None:
    assert standing([measure(action)], START) is made


measures = st.builds(measure, st.sampled_from(Action), st.sampled_from(MeasureStatus), st.none() | st.integers(0, 9))


@given(st.lists(measures), measures)
def test_one_more_measure_never_betters_the_standing(taken: list[Measure], extra: Measure) -> None:
    order = list(Standing)
    assert order.index(standing([*taken, extra], START)) >= order.index(standing(taken, START))
