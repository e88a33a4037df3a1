"""Accounts, measures and strikes as they now stand."""

from datetime import timedelta

import pytest

from moderation.core.errors import NotFound
from moderation.core.measures import Action, Measure, MeasureStatus, Standing
from moderation.core.strikes import Strike
from moderation.store import accounts
from moderation.store.database import Database
from tests.making import START, at_once

DAY = timedelta(days=1)


def measure(id: str, action: Action, days: int | None = None, account: str = "42") -> Measure:
    until = START + days * DAY if days is not None else None
    return Measure(id, account, action, "fraud", "3.1.1.10", "1", "user:li", START, case_id="case_1", until=until,
                   functions=("post",), field="bio", notice="\ud800\x00")  # fmt: skip


def strike(id: str, case: str = "case_1") -> Strike:
    return Strike(id, "42", case, "fraud", 3, START, START + 180 * DAY)


def test_fields_are_added_to_those_already_there(database: Database) -> None:
    with database.write() as tx:
        accounts.put(tx, "42", {"username": "旧", "bio": "\ud800\x00"}, START, third_party="wechat")
        accounts.put(tx, "42", {"username": "新"}, START + DAY, created_at=START, third_party="qq")
        found = accounts.get(tx, "42")
    assert found.fields == {"username": "新", "bio": "\ud800\x00"}
    assert (found.created_at, found.third_party, found.updated_at) == (START, "wechat", START + DAY)
    assert found.standing is Standing.ACTIVE


def test_an_unknown_account_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.read() as tx:
        accounts.get(tx, "42")


def test_writers_of_one_account_at_once_lose_nothing(database: Database) -> None:
    def put(field: str) -> None:
        with database.write() as tx:
            accounts.put(tx, "42", {field: field}, START)

    assert at_once([lambda field=f"f{n}": put(field) for n in range(8)]) == [None] * 8  # type: ignore[misc]
    with database.read() as tx:
        assert len(accounts.get(tx, "42").fields) == 8


def test_measures_taken_at_once_all_count_in_the_standing(database: Database) -> None:
    def take(at: int, action: Action) -> None:
        with database.write() as tx:
            accounts.save_measure(tx, measure(f"mea_{at}", action), START)

    actions = [Action.RECTIFY, Action.SUSPEND, Action.RESTRICT, Action.REMOVE_CONTENT]
    assert at_once([lambda n=n, a=a: take(n, a) for n, a in enumerate(actions)]) == [None] * 4  # type: ignore[misc]
    with database.read() as tx:
        assert accounts.get(tx, "42").standing is Standing.SUSPENDED


def test_profiles_are_walked_by_id_and_those_without_a_field_left_out(database: Database) -> None:
    with database.write() as tx:
        for id in ("c", "a", "b", "名"):
            accounts.put(tx, id, {"bio": "x"}, START)
        accounts.put(tx, "bb", {}, START)
        first = accounts.after(tx, "", 2)
        rest = accounts.after(tx, first[-1].id, 9)
    walked = [account.id for account in first + rest]
    assert len(walked) == 4 and set(walked) == {"a", "b", "c", "名"}


def test_a_measure_comes_back_as_it_was_and_its_next_version_replaces_it(database: Database) -> None:
    taken = measure("mea_1", Action.SUSPEND, 7)
    with database.write() as tx:
        accounts.save_measure(tx, taken, START)
        assert accounts.measures_of(tx, "42") == accounts.measures_of_case(tx, "case_1") == [taken]
        ended = accounts.next_version(taken, status=MeasureStatus.LIFTED, ended_at=START, ended_by="user:li")
        accounts.save_measure(tx, ended, START)
        assert accounts.measure(tx, "mea_1", START) == ended
        assert accounts.get(tx, "42").standing is Standing.ACTIVE
        with pytest.raises(NotFound):
            accounts.measure(tx, "mea_2", START)


def test_measures_run_out_at_their_end_and_are_reminded_of_once(database: Database) -> None:
    with database.write() as tx:
        for taken in (
            measure("mea_1", Action.RECTIFY, 7), measure("mea_2", Action.SUSPEND, 3), measure("mea_3", Action.SUSPEND),
        ):  # fmt: skip
            accounts.save_measure(tx, taken, START)
        assert accounts.ran_out(tx, START + 3 * DAY - timedelta(microseconds=1), 9) == []
        assert [m.id for m in accounts.ran_out(tx, START + 3 * DAY, 9)] == ["mea_2"]
        assert [m.id for m in accounts.ran_out(tx, START + 99 * DAY, 9)] == ["mea_2", "mea_1"]
        assert accounts.to_remind(tx, START + 6 * DAY, 9) == []
        [near] = accounts.to_remind(tx, START + 7 * DAY, 9)
        accounts.save_measure(tx, accounts.next_version(near, reminded_at=START), START)
        assert accounts.to_remind(tx, START + 7 * DAY, 9) == []


def test_strikes_of_a_case_are_cleared_once(database: Database) -> None:
    with database.write() as tx:
        accounts.add_strikes(tx, [])
        accounts.add_strikes(tx, [strike("str_1"), strike("str_2"), strike("str_3", "case_2")])
        assert sorted(accounts.clear_strikes(tx, "case_1", START)) == ["str_1", "str_2"]
        assert accounts.clear_strikes(tx, "case_1", START + DAY) == []
        assert {s.id: s.cleared_at for s in accounts.strikes_of(tx, "42")} == {
            "str_1": START, "str_2": START, "str_3": None,
        }  # fmt: skip
