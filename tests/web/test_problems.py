"""Every error has its status and becomes a problem document."""

import json
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from redis.exceptions import ConnectionError as QueueAway
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.testclient import TestClient

from moderation.core import errors
from moderation.core.errors import (
    BadInput,
    BadSetup,
    Conflict,
    ModerationError,
    NotAllowed,
    NotFound,
    Problem,
    Unavailable,
)
from moderation.web.problems import STATUS, handle
from tests.web.calling import problem


def kinds_of(base: type[ModerationError]) -> Iterator[type[ModerationError]]:
    for each in base.__subclasses__():
        yield each
        yield from kinds_of(each)


EXAMPLES: dict[type[ModerationError], tuple[ModerationError, int]] = {
    BadInput: (BadInput([Problem("a.0", "is bad", "mend it")]), 422),
    BadSetup: (BadSetup([Problem("a.0", "is bad", "mend it")]), 422),
    NotFound: (NotFound("case", "case_1\ud800"), 404),
    NotAllowed: (NotAllowed("not you"), 403),
    Conflict: (Conflict("changed", {"version": 2}), 409),
    Unavailable: (Unavailable("away", 7), 503),
}


def answered(raised: Exception) -> httpx2.Response:
    """What an app answers when a route raises this."""
    app, router = FastAPI(), APIRouter()

    @router.get("/")
    def broken() -> None:
        raise raised

    app.include_router(router)
    handle(app)
    with closing(TestClient(app, raise_server_exceptions=False)) as client:
        return client.get("/")


def test_every_error_has_its_status() -> None:
    ours = {kind for kind in kinds_of(ModerationError) if kind.__module__ == errors.__name__}
    assert ours == EXAMPLES.keys()
    assert {kind for kind in ours if not any(issubclass(kind, known) for known in STATUS)} == set()
    for raised, status in EXAMPLES.values():
        document = problem(answered(raised), status)
        assert document.get("errors", [{}])[0].get("field") == ("a.0" if isinstance(raised, BadInput) else None)


def test_conflicts_say_what_is_and_absences_when_to_come_back() -> None:
    assert answered(EXAMPLES[Conflict][0]).json()["current"] == {"version": 2}
    assert answered(EXAMPLES[Unavailable][0]).headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "raised", [OperationalError("SELECT 1", {}, Exception("away")), NoConnection(), QueueAway("away")]
)
def test_a_database_or_queue_that_is_away_is_503_with_a_time_to_come_back(raised: Exception) -> None:
    answer = answered(raised)
    document = problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0 and "SELECT" not in document["detail"]


def test_a_bug_is_a_problem_document_that_tells_nothing_of_itself() -> None:
    document = problem(answered(ZeroDivisionError("secret")), 500)
    assert "secret" not in json.dumps(document)
