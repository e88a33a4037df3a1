"""Review: claiming, deciding with its measures and strikes, and undoing within the grace period."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from moderation.core.case import Case, CaseStatus, ItemVerdict
from moderation.core.errors import BadInput, Conflict, NotAllowed, NotFound
from moderation.core.finding import Verdict
from moderation.core.measures import Action, MeasureStatus, Standing
from moderation.core.submission import Scene, Submission
from moderation.flows.enforce import Order
from moderation.store import accounts, cases
from moderation.store.cases import Queue
from moderation.wiring import Services
from tests.flows.reading import account, events, listen, measures, messages, only_case, standing
from tests.making import BAD, GOOD, HELD, StoodClock, at_once, request, submission

LI, WANG = "user:li", "user:wang"
PASS = ItemVerdict(Verdict.PASS)
KEYS = count()


def reject(category: str = "gambling") -> ItemVerdict:
    return ItemVerdict(Verdict.REJECT, category)


def case_of(made: Services, of: Submission) -> Case:
    """The case that a submission opens."""
    found = made.screen.now(request(of, f"review-{next(KEYS)}"), time.monotonic() + 10).screening
    assert found.case_id
    return made.review.get(found.case_id)[0]


def decide(made: Services, case: Case, item: ItemVerdict, *orders: Order, by: str = LI) -> Case:
    return made.review.decide(case.id, by, [item] * len(case.kinds), orders, "", case.version)[0]


def stored(made: Services, id: str) -> tuple[Case, Case]:
    """The case as projected, and as its events tell it."""
    with made.database.read() as tx:
        return cases.get(tx, id), cases.replayed(tx, id)


def test_a_claimed_case_is_ones_own_until_the_lease_runs_out(made: Services, stood: StoodClock) -> None:
    case = case_of(made, submission(HELD))
    claimed = made.review.claim(case.id, LI)
    assert (claimed.status, claimed.claimed_by) == (CaseStatus.CLAIMED, LI)
    with pytest.raises(Conflict):
        made.review.claim(case.id, WANG)
    assert made.review.claim_next(WANG) is None
    stood.move(made.review.lease)
    taken = made.review.claim_next(WANG)
    assert taken and taken.claimed_by == WANG
    with pytest.raises(Conflict):
        made.review.release(case.id, LI)
    assert made.review.release(case.id, WANG).status is CaseStatus.OPEN
    with pytest.raises(NotFound):
        made.review.claim("case_9", LI)


def test_the_worst_and_then_the_oldest_case_comes_first_of_a_category_too(made: Services, stood: StoodClock) -> None:
    held = case_of(made, submission(HELD))
    stood.move(timedelta(seconds=1))
    worst = case_of(made, submission("卖冰毒"))
    stood.move(timedelta(seconds=1))
    mild = case_of(made, submission("加微信"))
    nobody = made.review.claim_next(LI, "porn")
    chosen = [made.review.claim_next(LI, category) for category in ("advertising_trade", None, None, None)]
    assert nobody is None
    assert [case.id if case else None for case in chosen] == [mild.id, worst.id, held.id, None]
    assert made.review.tally(LI, stood.at).mine == 3


def test_a_pass_makes_the_new_profile_the_accounts(made: Services) -> None:
    listen(made)
    case = case_of(made, submission(HELD))
    decided = decide(made, case, PASS)
    assert (decided.verdict, decided.resolved_by) == (Verdict.PASS, LI)
    assert account(made).fields == {"bio": HELD}
    [body] = messages(made, "case.resolved")
    assert (body["data"]["id"], body["data"]["verdict"], body["data"]["measures"]) == (case.id, "pass", [])


def test_a_rejection_leaves_the_profile_and_adds_the_categorys_severity_as_a_strike(made: Services) -> None:
    case = case_of(made, submission(HELD))
    decide(made, case, reject("drugs_weapons"))
    file = made.review.account("42")
    assert file.account and file.account.fields == {}
    assert [(strike.category, strike.points, strike.case_id) for strike in file.strikes] == [
        ("drugs_weapons", 4, case.id)
    ]
    assert file.points == 4


def test_strikes_stop_counting_after_the_policys_days(made: Services, stood: StoodClock) -> None:
    decide(made, case_of(made, submission(HELD)), reject())
    stood.move(timedelta(days=180) - timedelta(microseconds=1))
    assert made.review.account("42").points == 3
    stood.move(timedelta(microseconds=1))
    assert made.review.account("42").points == 0


def test_the_ladder_recommends_by_strikes_without_those_of_the_case_itself(made: Services) -> None:
    first = case_of(made, submission(HELD))
    assert made.review.file(first.id).recommendation.action is Action.RECTIFY
    decide(made, first, reject())
    assert made.review.file(first.id).recommendation.points == 3
    second = case_of(made, submission(HELD))
    assert made.review.file(second.id).recommendation.action is Action.RESTRICT
    decide(made, second, reject())
    assert made.review.file(case_of(made, submission(HELD)).id).recommendation.action is Action.SUSPEND


def test_a_rejected_registration_is_refused_and_has_no_strikes(made: Services) -> None:
    listen(made)
    case = case_of(made, submission(HELD, scene=Scene.REGISTRATION))
    assert made.review.file(case.id).recommendation.action is Action.REFUSE_REGISTRATION
    decide(made, case, reject())
    [refusal] = measures(made)
    assert (refusal.action, refusal.category, refusal.case_id) == (Action.REFUSE_REGISTRATION, "gambling", case.id)
    assert standing(made) is Standing.REFUSED
    assert made.review.account("42").strikes == ()
    [body] = messages(made, "measure.applied")
    assert (body["data"]["action"], body["data"]["clause"]) == ("refuse_registration", "3.1.1.7")


def test_a_refusal_that_was_ordered_is_not_doubled(made: Services) -> None:
    case = case_of(made, submission(HELD, scene=Scene.REGISTRATION))
    decide(made, case, reject(), Order(Action.REFUSE_REGISTRATION, "gambling", notice="不行"))
    assert [measure.notice for measure in measures(made)] == ["不行"]


def test_a_registration_that_passes_at_last_ends_the_refusal(made: Services) -> None:
    decide(made, case_of(made, submission(HELD, scene=Scene.REGISTRATION)), reject())
    made.screen.now(request(submission(GOOD, scene=Scene.REGISTRATION), "again"), time.monotonic() + 10)
    assert standing(made) is Standing.ACTIVE
    assert measures(made)[0].status is MeasureStatus.ENDED


def test_measures_take_their_category_and_field_from_the_rejected_item(made: Services) -> None:
    case = case_of(made, submission(HELD))
    decide(made, case, reject("fraud"), Order(Action.RECTIFY), Order(Action.SUSPEND))
    found = {measure.action: measure for measure in measures(made)}
    assert {(m.category, m.case_id, m.by) for m in found.values()} == {("fraud", case.id, LI)}
    assert found[Action.RECTIFY].field == "bio" and found[Action.SUSPEND].field is None
    assert standing(made) is Standing.SUSPENDED


def test_a_decision_is_all_or_nothing(made: Services) -> None:
    case = case_of(made, submission(HELD))
    with pytest.raises(BadInput) as refused:
        decide(made, case, reject(), Order(Action.SUSPEND), Order(Action.RESTRICT, functions=("breathe",)))
    assert refused.value.problems[0].field == "measures.1.functions"
    assert made.review.get(case.id) == (case, [])
    assert made.review.account("42").strikes == () == made.review.account("42").measures


@pytest.mark.parametrize(
    ("item", "orders", "field"),
    [
        (ItemVerdict(Verdict.REVIEW), [], "items.0.verdict"),
        (ItemVerdict(Verdict.REJECT), [], "items.0.category"),
        (ItemVerdict(Verdict.REJECT, "poetry"), [], "items.0.category"),
        (ItemVerdict(Verdict.REJECT, "fraud"), [Order(Action.RESTORE)], "measures.0.action"),
        (ItemVerdict(Verdict.REJECT, "fraud"), [Order(Action.SUSPEND, "poetry")], "measures.0.category"),
        (ItemVerdict(Verdict.REJECT, "fraud"), [Order(Action.RECTIFY, field="shoe")], "measures.0.field"),
        (PASS, [Order(Action.RECTIFY)], "measures.0.field"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_naming_the_field(
    made: Services, item: ItemVerdict, orders: list[Order], field: str
) -> None:
    case = case_of(made, submission(HELD))
    with pytest.raises(BadInput) as refused:
        decide(made, case, item, *orders)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_case_of_two_items_wants_two_verdicts(made: Services) -> None:
    case = case_of(made, submission(HELD, "另一个"))
    with pytest.raises(BadInput):
        made.review.decide(case.id, LI, [PASS], [], "", case.version)
    decided, _ = made.review.decide(case.id, LI, [reject(), PASS], [], "", case.version)
    assert decided.verdict is Verdict.REJECT
    assert made.review.account("42").points == 3


def test_a_decision_on_a_version_that_is_no_more_tells_what_changed(made: Services) -> None:
    case = case_of(made, submission(HELD))
    decide(made, case, PASS)
    with pytest.raises(Conflict) as refused:
        decide(made, case, PASS, by=WANG)
    assert refused.value.current == {"version": 2, "resolved_by": LI}


def test_undo_lifts_the_measures_clears_the_strikes_and_opens_the_case_again(made: Services, stood: StoodClock) -> None:
    listen(made)
    case = case_of(made, submission(HELD))
    decide(made, case, reject(), Order(Action.SUSPEND), Order(Action.TERMINATE))
    stood.move(timedelta(minutes=10) - timedelta(microseconds=1))
    with pytest.raises(NotAllowed):
        made.review.undo(case.id, WANG)
    opened = made.review.undo(case.id, LI)
    assert (opened.status, opened.version, opened.items) == (CaseStatus.OPEN, 3, ())
    assert {measure.status for measure in measures(made)} == {MeasureStatus.LIFTED}
    file = made.review.account("42")
    assert file.points == 0 and file.strikes[0].cleared_at == stood.at
    assert standing(made) is Standing.ACTIVE
    assert sorted(body["data"]["action"] for body in messages(made, "measure.lifted")) == ["suspend", "terminate"]
    assert len(messages(made, "case.undone")) == 1
    assert decide(made, opened, PASS).verdict is Verdict.PASS


def test_after_the_grace_period_nothing_is_undone(made: Services, stood: StoodClock) -> None:
    case = case_of(made, submission(HELD))
    decide(made, case, reject(), Order(Action.SUSPEND))
    stood.move(timedelta(minutes=10))
    with pytest.raises(NotAllowed):
        made.review.undo(case.id, LI)
    assert standing(made) is Standing.SUSPENDED and made.review.account("42").points == 3


def test_a_note_stays_inside(made: Services) -> None:
    listen(made)
    case = case_of(made, submission(HELD))
    made.review.decide(case.id, LI, [PASS], [], "私下的话", case.version)
    assert only_case(made).note == "私下的话"
    assert all("私下" not in str(body) for body in messages(made))


def test_no_message_carries_submitted_text(made: Services) -> None:
    listen(made)
    made.screen.finish([s.id for s in made.screen.accept([request(submission(HELD + "独一无二"), "queued")])])
    decide(made, only_case(made), reject(), Order(Action.RECTIFY))
    assert len(messages(made)) == 3
    assert all("独一无二" not in str(body) and "彩金" not in str(body) for body in messages(made))


def test_a_cases_file_has_all_that_a_reviewer_needs(made: Services) -> None:
    made.screen.now(request(submission(GOOD), "earlier"), time.monotonic() + 10)
    case = case_of(made, submission(BAD))
    file = made.review.file(case.id)
    assert file.screening and file.screening.id == case.screening_id
    assert file.account and file.account.fields == {"bio": GOOD}
    assert [screening.submission for screening in file.history] == [submission(GOOD)]
    assert [record.event.type for record in file.events] == ["case.opened"]


def test_the_stored_case_is_always_what_its_events_tell(made: Services, stood: StoodClock) -> None:
    case = case_of(made, submission(HELD))
    steps: list[Callable[[], Case]] = [
        lambda: made.review.claim(case.id, LI),
        lambda: made.review.release(case.id, LI),
        lambda: made.review.claim(case.id, LI),
        lambda: decide(made, case, reject(), Order(Action.RECTIFY)),
        lambda: made.review.undo(case.id, LI),
    ]
    for step in steps:
        stood.move(timedelta(microseconds=1234567))
        step()
        projected, replayed = stored(made, case.id)
        assert projected == replayed
    assert [event.type for event in events(made, f"case:{case.id}")] == [
        "case.opened", "case.claimed", "case.released", "case.claimed", "case.resolved", "case.undone",
    ]  # fmt: skip


def test_the_tally_counts_what_there_is_to_do(made: Services, stood: StoodClock) -> None:
    since = stood.at
    for text in (HELD, "卖冰毒", "加微信"):
        case_of(made, submission(text))
    first = made.review.claim_next(LI)
    assert first
    decide(made, first, reject("drugs_weapons"), Order(Action.TERMINATE))
    tally = made.review.tally(LI, since)
    assert (tally.pending, tally.mine, tally.done, tally.waiting) == ({3: 1, 1: 1}, 0, 1, 1)
    assert made.review.tally(LI, since + timedelta(seconds=1)).done == 0
    found, total = made.review.queue(Queue(pending=True), 1)
    assert (len(found), total) == (1, 2)


def test_an_account_that_nothing_names_is_not_found(made: Services) -> None:
    with pytest.raises(NotFound):
        made.review.account("42")
    case = case_of(made, submission(HELD, scene=Scene.REGISTRATION))
    assert made.review.account("42").account is None
    assert made.review.account("42").cases == (case,)


def test_a_profile_that_passed_on_a_rescan_does_not_replace_a_newer_one(made: Services) -> None:
    case = case_of(made, submission(HELD, scene=Scene.RESCAN))
    with made.database.write() as tx:
        accounts.put(tx, "42", {"bio": "更新的"}, made.clock.now())
    decide(made, case, PASS)
    assert account(made).fields == {"bio": "更新的"}


def test_an_undo_and_a_lift_at_once_end_a_measure_once(made: Services) -> None:
    listen(made)
    case = case_of(made, submission(HELD))
    decide(made, case, reject(), Order(Action.SUSPEND))
    [taken] = measures(made)
    at_once([lambda: made.review.undo(case.id, LI)] + [lambda: made.enforce.lift(taken.id, WANG)] * 5)
    assert len(messages(made, "measure.lifted")) == 1
    assert standing(made) is Standing.ACTIVE and made.review.account("42").points == 0
