"""Measures: each action of the agreement, two people for the gravest, deadlines, reminders and lapses."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from moderation.core.case import ItemVerdict, Reason
from moderation.core.errors import BadInput, Conflict, NotAllowed, NotFound
from moderation.core.finding import Verdict
from moderation.core.measures import Action, Measure, MeasureStatus, Standing
from moderation.flows.enforce import REMINDER, EnforceFlow, Order
from moderation.wiring import Services
from tests.flows.reading import account, all_cases, events, listen, measures, messages, only_case, standing
from tests.making import GOOD, StoodClock, at_once, request, shipped_policy, submission

LI, WANG = "user:li", "user:wang"
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def take(made: Services, action: Action, by: str = LI, **order: object) -> Measure:
    fields = {"category": "fraud"} | ({"field": "bio"} if action is Action.RECTIFY else {}) | order
    return made.enforce.take("42", Order(action, **fields), by)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "made_of_it", "days"),
    [
        (Action.REFUSE_REGISTRATION, Standing.REFUSED, None),
        (Action.REMOVE_CONTENT, Standing.ACTIVE, None),
        (Action.RECTIFY, Standing.RECTIFYING, 7),
        (Action.RESTRICT, Standing.RESTRICTED, 7),
        (Action.SUSPEND, Standing.SUSPENDED, None),
    ],
)
def test_a_measure_takes_effect_with_its_event_and_its_message(
    made: Services, stood: StoodClock, action: Action, made_of_it: Standing, days: int | None
) -> None:
    listen(made)
    taken = take(made, action)
    assert measures(made) == [taken]
    assert (taken.status, taken.by, taken.at) == (MeasureStatus.ACTIVE, LI, stood.at)
    assert taken.until == (stood.at + timedelta(days=days) if days else None)
    assert (taken.clause, taken.policy_version) == ("3.1.1.10", made.policy.version)
    assert taken.notice == made.policy.categories["fraud"].messages["zh"]
    assert bool(taken.functions) == (action is Action.RESTRICT)
    assert standing(made) is made_of_it
    [event], [body] = events(made, "account:42"), messages(made)
    assert event.type == body["type"] == "measure.applied"
    assert (event.actor, event.data["action"]) == (LI, action.value) and event.data == body["data"]


def test_terminating_takes_two_people(made: Services, stood: StoodClock) -> None:
    listen(made)
    proposed = take(made, Action.TERMINATE)
    assert proposed.status is MeasureStatus.PROPOSED and standing(made) is Standing.ACTIVE
    assert made.review.to_confirm() == [proposed]
    for by in (LI, "machine"):
        with pytest.raises(NotAllowed):
            made.enforce.confirm(proposed.id, by, agree=True)
    stood.move(DAY)
    confirmed = made.enforce.confirm(proposed.id, WANG, agree=True)
    assert (confirmed.status, confirmed.by, confirmed.confirmed_by) == (MeasureStatus.ACTIVE, LI, WANG)
    assert standing(made) is Standing.TERMINATED and made.review.to_confirm() == []
    assert [body["type"] for body in messages(made)] == ["measure.proposed", "measure.applied"]
    with pytest.raises(Conflict):
        made.enforce.confirm(proposed.id, WANG, agree=True)


def test_a_second_person_may_decline(made: Services) -> None:
    proposed = take(made, Action.TERMINATE)
    assert made.enforce.confirm(proposed.id, WANG, agree=False).status is MeasureStatus.DECLINED
    assert standing(made) is Standing.ACTIVE
    assert [event.type for event in events(made)] == ["measure.proposed", "measure.declined"]


def test_a_machine_may_not_go_beyond_its_measures(made: Services) -> None:
    for action in (Action.RESTRICT, Action.SUSPEND, Action.TERMINATE):
        with pytest.raises(NotAllowed):
            take(made, action, "machine")
    for action in (Action.REFUSE_REGISTRATION, Action.REMOVE_CONTENT, Action.RECTIFY):
        assert take(made, action, "machine").status is MeasureStatus.ACTIVE


def test_an_order_may_say_until_when_what_and_with_which_words(made: Services, stood: StoodClock) -> None:
    end = stood.at + 3 * DAY
    taken = take(made, Action.RESTRICT, until=end, functions=("trade",), notice="请留意\ud800")
    assert (taken.until, taken.functions, taken.notice) == (end, ("trade",), "请留意\ud800")
    assert measures(made) == [taken]


@pytest.mark.parametrize(
    ("action", "order", "field"),
    [
        (Action.SUSPEND, {"category": None}, "category"),
        (Action.SUSPEND, {"category": "poetry"}, "category"),
        (Action.SUSPEND, {"functions": ("fly",)}, "functions"),
        (Action.RECTIFY, {"field": None}, "field"),
        (Action.RECTIFY, {"field": "shoe" * 100}, "field"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_naming_the_field(
    made: Services, action: Action, order: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        take(made, action, **order)
    assert [problem.field for problem in refused.value.problems] == [field]
    with pytest.raises(NotFound):
        account(made)


def test_an_end_lies_in_the_future_and_only_where_there_is_one(made: Services, stood: StoodClock) -> None:
    for action, until in ((Action.SUSPEND, stood.at), (Action.TERMINATE, stood.at + DAY),
                          (Action.REMOVE_CONTENT, stood.at + DAY), (Action.REFUSE_REGISTRATION, stood.at + DAY)):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            take(made, action, until=until)
        assert refused.value.problems[0].field == "until"


def test_a_lifted_measure_is_over_and_cannot_be_lifted_twice(made: Services) -> None:
    listen(made)
    taken = take(made, Action.SUSPEND)
    lifted = made.enforce.lift(taken.id, WANG)
    assert (lifted.status, lifted.ended_by) == (MeasureStatus.LIFTED, WANG)
    assert standing(made) is Standing.ACTIVE
    with pytest.raises(Conflict):
        made.enforce.lift(taken.id, WANG)
    with pytest.raises(NotFound):
        made.enforce.lift("mea_9", WANG)
    assert [body["type"] for body in messages(made)] == ["measure.applied", "measure.lifted"]


def test_lifting_one_measure_twice_at_once_ends_it_once(made: Services) -> None:
    listen(made)
    taken = take(made, Action.SUSPEND)
    results = at_once([lambda: made.enforce.lift(taken.id, WANG)] * 6)
    assert sum(isinstance(result, Measure) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 5
    assert len(messages(made, "measure.lifted")) == 1


def test_everyone_at_once_on_one_account_gets_done_without_waiting_in_circles(made: Services) -> None:
    taken = [take(made, Action.SUSPEND) for _ in range(4)] + [take(made, Action.RECTIFY)]

    def edit(number: int) -> object:
        return made.screen.now(request(submission(GOOD), f"key-{number}"), time.monotonic() + 10)

    tasks: list[Callable[[], object]] = [partial(made.enforce.lift, one.id, WANG) for one in taken[:4]]
    tasks += [partial(edit, number) for number in range(4)]
    tasks += [lambda: take(made, Action.REMOVE_CONTENT), made.enforce.run_out]
    results = at_once(tasks)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert standing(made) is Standing.ACTIVE


def test_restoring_takes_back_all_that_is_in_force(made: Services) -> None:
    listen(made)
    for action in (Action.SUSPEND, Action.RECTIFY, Action.REMOVE_CONTENT, Action.TERMINATE):
        take(made, action)
    restored = made.enforce.take("42", Order(Action.RESTORE), WANG)
    assert (restored.action, restored.status, restored.by) == (Action.RESTORE, MeasureStatus.ENDED, WANG)
    assert standing(made) is Standing.ACTIVE
    assert {m.status for m in measures(made) if m.action is not Action.RESTORE} == {MeasureStatus.LIFTED}
    assert len(messages(made, "measure.lifted")) == 4
    assert messages(made)[-1]["data"]["action"] == "restore"
    with pytest.raises(Conflict):
        made.enforce.take("42", Order(Action.RESTORE), WANG)


def test_a_terminated_account_can_be_restored(made: Services) -> None:
    made.enforce.confirm(take(made, Action.TERMINATE).id, WANG, agree=True)
    made.enforce.take("42", Order(Action.RESTORE), WANG)
    assert standing(made) is Standing.ACTIVE


def test_a_measure_runs_out_at_its_end_and_not_before(made: Services, stood: StoodClock) -> None:
    take(made, Action.RESTRICT)
    stood.move(7 * DAY - TICK)
    assert made.enforce.run_out() == 0 and standing(made) is Standing.RESTRICTED
    stood.move(TICK)
    assert made.enforce.run_out() == 1 and standing(made) is Standing.ACTIVE
    [ended] = measures(made)
    assert (ended.status, ended.ended_by) == (MeasureStatus.ENDED, "machine")
    assert made.enforce.run_out() == 0 and all_cases(made) == []


def test_the_holder_is_reminded_once_a_day_before_the_deadline(made: Services, stood: StoodClock) -> None:
    listen(made)
    take(made, Action.RECTIFY)
    stood.move(7 * DAY - REMINDER - TICK)
    assert made.enforce.run_out() == 0
    stood.move(TICK)
    assert made.enforce.run_out() == 1
    assert made.enforce.run_out() == 0
    [reminder] = messages(made, "measure.reminded")
    assert (reminder["data"]["action"], reminder["data"]["status"]) == ("rectify", "active")
    assert standing(made) is Standing.RECTIFYING


def test_a_lapsed_deadline_hides_the_field_and_asks_a_person_to_suspend(made: Services, stood: StoodClock) -> None:
    take(made, Action.RECTIFY)
    stood.move(7 * DAY)
    assert made.enforce.run_out() == 1
    hidden, lapsed = measures(made)
    assert (lapsed.action, lapsed.status) == (Action.RECTIFY, MeasureStatus.ENDED)
    assert (hidden.action, hidden.field, hidden.by) == (Action.REMOVE_CONTENT, "bio", "machine")
    case = only_case(made)
    assert (case.reason, case.account_id, case.screening_id) == (Reason.LAPSE, "42", None)
    assert [kind.value for kind in case.kinds] == ["bio"]
    assert made.review.file(case.id).recommendation.action is Action.SUSPEND
    assert standing(made) is Standing.ACTIVE  # a person decides
    made.review.decide(case.id, LI, [ItemVerdict(Verdict.REJECT, "fraud")], [Order(Action.SUSPEND)], "", case.version)
    assert standing(made) is Standing.SUSPENDED


def test_a_deadline_lapses_even_when_the_policy_has_lost_the_category(made: Services, stood: StoodClock) -> None:
    take(made, Action.RECTIFY)
    stood.move(7 * DAY)
    policy = shipped_policy()
    newer = EnforceFlow(
        made.database,
        type(policy)(policy.version, policy.effective, {k: v for k, v in policy.categories.items() if k != "fraud"}),
        made.clock,
    )
    assert newer.run_out() == 1
    assert only_case(made).categories == ("fraud",)


def test_several_workers_at_once_end_each_measure_once(made: Services, stood: StoodClock) -> None:
    listen(made)
    take(made, Action.RECTIFY)
    take(made, Action.RESTRICT)
    stood.move(8 * DAY)
    at_once([made.enforce.run_out] * 4)
    assert len(all_cases(made)) == 1
    assert len(messages(made, "measure.lifted")) == 2 and len(messages(made, "measure.applied")) == 3


def test_an_edit_that_passes_meets_the_deadline_and_shows_the_field_again(made: Services, stood: StoodClock) -> None:
    take(made, Action.RECTIFY)
    take(made, Action.REMOVE_CONTENT, field="bio")
    take(made, Action.RECTIFY, field="username")
    take(made, Action.SUSPEND)
    made.screen.now(request(submission(GOOD)), time.monotonic() + 10)
    by = {(measure.action, measure.field): measure.status for measure in measures(made)}
    assert by == {
        (Action.RECTIFY, "bio"): MeasureStatus.ENDED,
        (Action.REMOVE_CONTENT, "bio"): MeasureStatus.ENDED,
        (Action.RECTIFY, "username"): MeasureStatus.ACTIVE,
        (Action.SUSPEND, None): MeasureStatus.ACTIVE,
    }
    stood.move(7 * DAY)
    made.enforce.run_out()
    assert len(all_cases(made)) == 1  # only the username's deadline lapsed


def test_an_edit_that_does_not_pass_does_not(made: Services) -> None:
    take(made, Action.RECTIFY)
    made.screen.now(request(submission("玩百家乐")), time.monotonic() + 10)
    assert standing(made) is Standing.RECTIFYING
