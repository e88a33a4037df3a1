"""Strikes and what the ladder recommends."""

from datetime import timedelta

import pytest

from moderation.core.measures import Action
from moderation.core.strikes import Ladder, Step, Strike, points, recommend
from moderation.core.submission import Kind, Scene
from tests.making import START

LADDER = Ladder((Step(4, Action.RESTRICT, 7), Step(7, Action.SUSPEND, 30), Step(12, Action.TERMINATE)), 180, 5)


def strike(value: int, days: int = 180, cleared: bool = False) -> Strike:
    end = START + timedelta(days=days)
    return Strike("str_1", "42", "case_1", "gambling", value, START, end, START if cleared else None)


def test_a_strike_counts_until_it_expires_or_is_cleared() -> None:
    one = strike(3, days=1)
    assert points([one, strike(2)], START + timedelta(days=1) - timedelta(microseconds=1)) == 5
    assert points([one, strike(2)], START + timedelta(days=1)) == 2
    assert points([strike(4, cleared=True)], START) == 0


@pytest.mark.parametrize(
    ("before", "severity", "action", "days"),
    [
        (0, 3, Action.RECTIFY, 5),
        (0, 4, Action.RESTRICT, 7),
        (3, 3, Action.RESTRICT, 7),
        (4, 3, Action.SUSPEND, 30),
        (11, 1, Action.TERMINATE, None),
        (40, 4, Action.TERMINATE, None),
    ],
)
def test_the_ladder_recommends_the_highest_step_that_the_points_reach(
    before: int, severity: int, action: Action, days: int | None
) -> None:
    found = recommend(LADDER, [strike(before)], severity, Kind.BIO, Scene.RESCAN, START)
    assert (found.action, found.points) == (action, before + severity)
    assert found.until == (START + timedelta(days=days) if days else None)


def test_below_the_first_step_a_post_is_removed() -> None:
    assert recommend(LADDER, [], 3, Kind.POST, Scene.POST, START).action is Action.REMOVE_CONTENT


def test_a_registration_is_refused_whatever_the_points() -> None:
    assert recommend(LADDER, [strike(20)], 4, Kind.USERNAME, Scene.REGISTRATION, START).action is (
        Action.REFUSE_REGISTRATION
    )
