"""Screening at once: verdicts and what they bring about, idempotency, and what a deadline leaves to a worker."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from moderation.core.case import CaseStatus, ItemVerdict
from moderation.core.errors import Conflict, NotFound
from moderation.core.finding import Check, Verdict
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.flows.screen import Timed
from moderation.store import work
from moderation.store.submissions import StoredScreening
from moderation.store.tables import screenings
from moderation.wiring import Services
from tests.flows.reading import account, all_cases, events, listen, messages, only_case
from tests.making import BAD, GOOD, HELD, FakeClassifier, StoodClock, at_once, classified, request, submission


def now(made: Services, of: Submission, key: str = "key-1", **more: str) -> StoredScreening:
    return made.screen.now(request(of, key, **more), time.monotonic() + 10).screening


def verdict(screening: StoredScreening) -> Verdict | None:
    return screening.outcome.verdict if screening.outcome else None


def test_a_clean_profile_passes_and_becomes_the_accounts(made: Services) -> None:
    listen(made)
    found = now(made, submission(GOOD))
    assert (verdict(found), found.case_id, found.degraded, found.final) == (Verdict.PASS, None, False, True)
    assert account(made).fields == {"bio": GOOD}
    assert all_cases(made) == [] and messages(made) == []
    assert made.screen.get(found.id, "signup") == found


def test_what_may_go_to_a_person_opens_a_case_and_changes_nothing_yet(made: Services) -> None:
    now(made, submission(GOOD))
    found = now(made, submission(HELD), "key-2")
    case = only_case(made)
    assert verdict(found) is Verdict.REVIEW
    assert (case.id, case.screening_id, case.account_id) == (found.case_id, found.id, "42")
    assert (case.categories, case.severity, case.kinds) == (("gambling",), 3, (Kind.BIO,))
    assert account(made).fields == {"bio": GOOD}


@pytest.mark.parametrize("scene", [Scene.PROFILE_CHANGE, Scene.POST, Scene.THIRD_PARTY_LOGIN, Scene.RESCAN])
def test_a_rejection_of_an_existing_account_opens_a_case(made: Services, scene: Scene) -> None:
    assert now(made, submission(BAD, scene=scene)).case_id == only_case(made).id


def test_a_rejected_registration_is_final_for_that_try_and_recorded(made: Services) -> None:
    found = now(made, submission(BAD, scene=Scene.REGISTRATION))
    assert (verdict(found), found.case_id, all_cases(made)) == (Verdict.REJECT, None, [])
    [refused] = events(made)
    assert (refused.type, refused.data["categories"]) == ("screening.refused", ["gambling"])
    with pytest.raises(NotFound):
        account(made)


def test_a_registration_to_review_opens_a_case(made: Services) -> None:
    assert now(made, submission(HELD, scene=Scene.REGISTRATION)).case_id == only_case(made).id


def test_a_post_that_passes_is_not_a_profile(made: Services) -> None:
    now(made, submission(GOOD, kind=Kind.POST, scene=Scene.POST))
    with pytest.raises(NotFound):
        account(made)


def test_a_rejection_without_an_account_opens_no_case(made: Services) -> None:
    assert now(made, submission(BAD, account=None)).case_id is None


def test_a_picture_that_nothing_looked_at_goes_to_a_person_and_is_not_degraded(made: Services) -> None:
    of = Submission(Scene.PROFILE_CHANGE, (Item(Kind.AVATAR, images=("sha256:" + "0" * 64,)),), Account("42"))
    found = now(made, of)
    assert verdict(found) is Verdict.REVIEW and not found.degraded
    assert found.outcome and found.outcome.items[0].screening.unchecked == (Check.IMAGE,)
    assert found.case_id and only_case(made).severity == 1


@pytest.mark.parametrize("text", ["\ud800", "\x00", "a\x00\udfff\U0001f600", "\U0010ffff" * 300, " "])
def test_any_unicode_is_screened_and_kept(made: Services, text: str) -> None:
    found = now(made, submission(text))
    assert made.screen.get(found.id, "signup").submission.items[0].text == text
    assert account(made).fields == {"bio": text}


def test_the_same_key_and_body_answers_the_same_screening(made: Services) -> None:
    first = now(made, submission(HELD))
    assert now(made, submission(HELD)) == first
    assert len(all_cases(made)) == 1


def test_the_same_key_with_another_body_is_a_conflict(made: Services) -> None:
    first = now(made, submission(GOOD))
    with pytest.raises(Conflict) as refused:
        now(made, submission(HELD))
    assert refused.value.current == {"id": first.id}
    assert all_cases(made) == []


def test_keys_are_each_owners_own(made: Services) -> None:
    first = now(made, submission(GOOD))
    other = now(made, submission(HELD), owner="another")
    assert other.id != first.id
    with pytest.raises(NotFound):
        made.screen.get(first.id, "another")


def test_twelve_calls_at_once_on_one_key_make_one_screening(made: Services) -> None:
    def call() -> Timed:
        return made.screen.now(request(submission(BAD)), time.monotonic() + 10)

    answers = at_once([call] * 12)
    ids = {answer.screening.id if isinstance(answer, Timed) else repr(answer) for answer in answers}
    assert len(ids) == 1
    assert only_case(made).screening_id in ids
    assert len(events(made)) == 1


def test_twelve_calls_at_once_with_two_bodies_make_one_screening_and_conflicts(made: Services) -> None:
    def call(text: str) -> Timed:
        return made.screen.now(request(submission(text)), time.monotonic() + 10)

    answers = at_once([lambda: call(GOOD), lambda: call(HELD)] * 6)
    won = [answer for answer in answers if isinstance(answer, Timed)]
    assert len({answer.screening.id for answer in won}) == 1 and len(won) == 6
    assert all(isinstance(answer, Timed | Conflict) for answer in answers)


def stuck(made: Services) -> Services:
    return classified(made, FakeClassifier(stuck=True))


def degraded(made: Services, of: Submission, key: str = "key-1") -> StoredScreening:
    return stuck(made).screen.now(request(of, key), time.monotonic() + 0.01).screening


def test_a_check_that_does_not_finish_in_time_is_unchecked_and_a_person_is_asked(made: Services) -> None:
    found = degraded(made, submission(GOOD))
    assert (verdict(found), found.degraded, found.final) == (Verdict.REVIEW, True, False)
    assert found.outcome and found.outcome.items[0].screening.unchecked == (Check.CLASSIFIER,)
    assert found.case_id == only_case(made).id
    assert account(made).fields == {}, "the old value stays until the new one passes"


def test_a_rejection_stays_one_whatever_was_not_checked(made: Services) -> None:
    found = degraded(made, submission(BAD))
    assert (verdict(found), found.degraded) == (Verdict.REJECT, True)


def test_the_classifier_is_told_when_nobody_waits_for_it_any_more(made: Services) -> None:
    classifier = FakeClassifier(stuck=True)
    classified(made, classifier).screen.now(request(submission(GOOD)), time.monotonic() + 0.01)
    assert classifier.asked == [[GOOD]] and classifier.futures[0].cancelled()


def test_what_was_cut_short_is_finished_and_its_case_closes_itself_on_a_pass(made: Services, stood: StoodClock) -> None:
    listen(made)
    first = degraded(made, submission(GOOD))
    stood.move(timedelta(seconds=1))
    assert made.screen.finish([first.id]) == 1
    final = made.screen.get(first.id, "signup")
    case = only_case(made)
    assert (verdict(final), final.degraded, final.case_id) == (Verdict.PASS, False, case.id)
    assert (case.status, case.verdict, case.resolved_by) == (CaseStatus.RESOLVED, Verdict.PASS, "machine")
    assert account(made).fields == {"bio": GOOD}
    [done] = messages(made, "screening.done")
    assert (done["data"]["verdict"], done["data"]["degraded"]) == ("pass", False)
    assert [body["data"]["verdict"] for body in messages(made, "case.resolved")] == ["pass"]
    assert now(made, submission(GOOD)) == final


def test_the_final_verdict_is_told_once_however_often_it_is_finished(made: Services) -> None:
    listen(made)
    first = degraded(made, submission(HELD))
    results = at_once([lambda: made.screen.finish([first.id])] * 4)
    assert sorted(map(str, results)) == ["0", "0", "0", "1"]
    assert made.screen.finish([first.id]) == 0
    assert len(messages(made, "screening.done")) == 1


def test_what_finishing_finds_changes_the_case_and_its_version(made: Services) -> None:
    first = degraded(made, submission(GOOD))
    classified(made, FakeClassifier({"fraud": 0.97})).screen.finish([first.id])
    case = only_case(made)
    assert (case.categories, case.severity, case.version, case.status) == (("fraud",), 3, 2, CaseStatus.OPEN)
    assert verdict(made.screen.get(first.id, "signup")) is Verdict.REJECT


def test_a_person_who_was_quicker_has_decided(made: Services) -> None:
    listen(made)
    first = degraded(made, submission(GOOD))
    case = only_case(made)
    made.review.decide(case.id, "user:li", [ItemVerdict(Verdict.REJECT, "fraud")], [], "", case.version)
    assert made.screen.finish([first.id]) == 1
    assert only_case(made).verdict is Verdict.REJECT
    assert account(made).fields == {}
    assert len(messages(made, "screening.done")) == 1


def test_a_classifier_that_fails_again_when_finishing_leaves_the_case_to_a_person(made: Services) -> None:
    first = degraded(made, submission(GOOD))
    assert classified(made, FakeClassifier(None)).screen.finish([first.id]) == 1
    final = made.screen.get(first.id, "signup")
    assert verdict(final) is Verdict.REVIEW and final.final
    assert only_case(made).status is CaseStatus.OPEN


def test_a_screening_that_was_done_in_time_is_not_told_by_webhook(made: Services) -> None:
    listen(made)
    now(made, submission(HELD))
    assert messages(made, "screening.done") == []


def accepted(made: Services, *texts: str) -> list[StoredScreening]:
    return made.screen.accept([request(submission(text), f"key-{n}") for n, text in enumerate(texts)])


def test_submissions_are_accepted_while_the_queue_is_away(made: Services) -> None:
    [first, second] = accepted(made, GOOD, BAD)
    assert first.outcome is None and not first.final
    assert made.screen.get(second.id, "signup") == second
    with made.database.read() as tx:
        assert work.unfinished(tx, screenings) == 2


def test_accepted_submissions_get_one_final_verdict_each_and_tell_it_once(made: Services) -> None:
    listen(made)
    ids = [screening.id for screening in accepted(made, GOOD, HELD, BAD)]
    assert made.screen.finish(ids) == 3
    assert made.screen.finish(ids) == 0
    done = {body["data"]["id"]: body["data"]["verdict"] for body in messages(made, "screening.done")}
    assert done == dict(zip(ids, ["pass", "review", "reject"], strict=True))
    assert len(all_cases(made)) == 2
    finals = [made.screen.get(id, "signup") for id in ids]
    assert all(final.final and final.elapsed_ms is not None for final in finals)


def test_an_accepted_key_is_answered_by_its_screening(made: Services) -> None:
    [first] = accepted(made, GOOD)
    assert accepted(made, GOOD)[0].id == first.id
    assert now(made, submission(GOOD), "key-0").id == first.id
    with pytest.raises(Conflict):
        accepted(made, BAD)


def test_of_several_submissions_all_are_accepted_or_none(made: Services) -> None:
    accepted(made, GOOD)
    requests = [request(submission(HELD), "fresh"), request(submission(HELD), "key-0")]
    with pytest.raises(Conflict):
        made.screen.accept(requests)
    with made.database.read() as tx:
        assert work.unfinished(tx, screenings) == 1
    twice = made.screen.accept([request(submission(HELD), "twice")] * 2)
    assert twice[0].id == twice[1].id


def test_batches_at_once_with_keys_in_common_make_each_once(made: Services) -> None:
    forward = [request(submission(f"{n}好"), f"key-{n}") for n in range(10)]
    answers = at_once([lambda: made.screen.accept(forward), lambda: made.screen.accept(forward[::-1])] * 3)
    ids = {screening.id for answer in answers if isinstance(answer, list) for screening in answer}
    assert len(ids) == 10 and all(isinstance(answer, list) for answer in answers)


def test_work_that_kills_its_workers_goes_to_a_person_and_takes_no_other_with_it(
    made: Services, stood: StoodClock
) -> None:
    ids = [screening.id for screening in accepted(made, "毒", GOOD, HELD)]

    class Killed(BaseException):
        pass

    class Deadly(FakeClassifier):
        def submit(self, texts, *, kinds=None, deadline=None):  # type: ignore[no-untyped-def]
            if "毒" in texts:
                raise Killed
            return super().submit(texts, deadline=deadline)

    deadly = classified(made, Deadly({}))
    for _ in range(work.MAX_ATTEMPTS + 1):
        stood.move(work.LEASE + timedelta(seconds=1))
        try:
            deadly.screen.finish(ids)
        except Killed:
            continue
    finals = [made.screen.get(id, "signup") for id in ids]
    assert [verdict(final) for final in finals] == [Verdict.REVIEW, Verdict.PASS, Verdict.REVIEW]
    assert finals[0].outcome and finals[0].outcome.items[0].screening.problem
    assert finals[2].attempts == 2
    assert all(final.final for final in finals)


def test_a_worker_whose_lease_was_lost_writes_nothing(made: Services, stood: StoodClock) -> None:
    listen(made)
    [first] = accepted(made, HELD)

    class Slow(FakeClassifier):
        def submit(self, texts, *, kinds=None, deadline=None):  # type: ignore[no-untyped-def]
            stood.move(work.LEASE + timedelta(seconds=1))  # it hung so long that another one took over
            assert made.screen.finish([first.id]) == 1
            return super().submit(texts, deadline=deadline)

    assert classified(made, Slow({"fraud": 0.99})).screen.finish([first.id]) == 0
    assert verdict(made.screen.get(first.id, "signup")) is Verdict.REVIEW
    assert len(all_cases(made)) == 1 and len(messages(made, "screening.done")) == 1


def test_a_failure_half_way_gives_the_work_back_at_once(made: Services, stood: StoodClock) -> None:
    ids = [screening.id for screening in accepted(made, GOOD)]

    class Broken(FakeClassifier):
        def submit(self, texts, *, kinds=None, deadline=None):  # type: ignore[no-untyped-def]
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        classified(made, Broken()).screen.finish(ids)
    assert made.screen.finish(ids) == 1


def test_a_degraded_screening_is_finished_with_the_pictures_that_were_held(made: Services) -> None:
    reference = made.pictures.hold(b"not a picture")
    of = Submission(Scene.PROFILE_CHANGE, (Item(Kind.AVATAR, images=(reference,)),), Account("42"))
    first, second = now(made, of), now(made, replace(of, account=Account("43")), "key-2")
    assert first.degraded and second.degraded
    assert made.screen.finish([first.id]) == made.screen.finish([second.id]) == 1
    for id in (first.id, second.id):
        final = made.screen.get(id, "signup")
        assert final.outcome and verdict(final) is Verdict.REVIEW
        assert "not a JPEG" in (final.outcome.items[0].screening.problem or "")
