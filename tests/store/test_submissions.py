"""Stored screenings, the documents that they are kept in, and their idempotency keys."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from moderation.core.decision import ItemOutcome, Outcome
from moderation.core.errors import NotFound
from moderation.core.finding import Check, Finding, Part, Screening, Verdict
from moderation.core.submission import Account, Item, Kind, Scene, Span, Submission
from moderation.store import submissions, work
from moderation.store.database import Database
from moderation.store.documents import (
    outcome_document,
    read_outcome,
    read_submission,
    submission_document,
)
from moderation.store.submissions import StoredScreening
from moderation.store.tables import screenings
from tests.making import START

FINDING = Finding("fraud", 0.25, "k@1", Span(1, 3), ("width",), 4, Verdict.REVIEW, (Part(1, Span(0, 2)),))
OUTCOME = Outcome(
    Verdict.REVIEW,
    (
        ItemOutcome(
            Kind.BIO, Verdict.REVIEW, Screening((FINDING,), (Check.IMAGE,), "不行", True), {"fraud": 0.25}, "改"
        ),
    ),
    ("fraud",),
    4,
    "1+abc",
)
SUBMISSION = Submission(
    Scene.THIRD_PARTY_LOGIN,
    (Item(Kind.BIO, "\ud800\x00\U0001f600名", ("sha256:1",), ("坏",)),),
    Account("42", START, "wechat"),
    "en",
)
QUEUED = StoredScreening("scr_1", "signup", "k", "d", SUBMISSION, None, False, True, None, None, START, None)

texts = st.text(st.characters())
items = st.builds(Item, st.sampled_from(Kind), st.none() | texts, st.lists(texts).map(tuple), st.just(("x",)))


@given(st.builds(Submission, st.sampled_from(Scene), st.lists(items, min_size=1).map(tuple), st.none()))
def test_any_submission_comes_back_from_its_document(submission: Submission) -> None:
    assert read_submission(submission_document(submission)) == submission


def test_an_outcome_comes_back_from_its_document() -> None:
    assert read_outcome(outcome_document(OUTCOME)) == OUTCOME


def test_a_document_from_a_newer_program_is_refused() -> None:
    with pytest.raises(ValueError, match="update it"):
        read_outcome(outcome_document(OUTCOME) | {"v": 2})


def test_a_screening_comes_back_as_it_was_stored(database: Database) -> None:
    done = replace(QUEUED, outcome=OUTCOME, degraded=True, case_id="case_1", elapsed_ms=1.25, done_at=START)
    with database.write() as tx:
        submissions.add(tx, done)
        assert submissions.get(tx, "scr_1") == submissions.get(tx, "scr_1", "signup") == done
        assert submissions.by_key(tx, "signup", "k") == done
        assert submissions.by_key(tx, "other", "k") is None
        assert submissions.of_account(tx, "42", 9) == [done]
        assert submissions.several(tx, ["scr_1", "scr_2"]) == {"scr_1": done}
        for id, owner in (("scr_1", "other"), ("scr_2", None)):
            with pytest.raises(NotFound):
                submissions.get(tx, id, owner)


def test_a_key_is_one_owners_and_used_once(database: Database) -> None:
    with database.write() as tx:
        submissions.add(tx, QUEUED)
        submissions.add(tx, replace(QUEUED, id="scr_2", owner="other"))
    with pytest.raises(IntegrityError), database.write() as tx:
        submissions.add(tx, replace(QUEUED, id="scr_3"))


def test_only_who_holds_the_lease_finishes(database: Database) -> None:
    settled = replace(SUBMISSION, language="zh")
    with database.write() as tx:
        submissions.add(tx, QUEUED, START, "job")
        work.claim(tx, screenings, ["scr_1"], "mine", START)
        assert not submissions.finish(tx, "scr_1", "theirs", settled, OUTCOME, None, START, 1.0)
        assert submissions.get(tx, "scr_1").outcome is None
        assert submissions.finish(tx, "scr_1", "mine", settled, OUTCOME, "case_1", START, 1.5)
        assert not submissions.finish(tx, "scr_1", "mine", settled, OUTCOME, "case_1", START, 1.5)
        stored = submissions.get(tx, "scr_1")
    assert stored.final and (stored.submission, stored.outcome, stored.case_id) == (settled, OUTCOME, "case_1")
    assert (stored.elapsed_ms, stored.done_at) == (1.5, START)
