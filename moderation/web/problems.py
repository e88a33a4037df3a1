"""Errors as RFC 9457 problem documents: every one that can reach a caller, and the status it has."""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from moderation.core.errors import BadInput, Conflict, ModerationError, NotAllowed, NotFound, Problem, Unavailable

log = logging.getLogger(__name__)

STATUS: dict[type[ModerationError], int] = {
    BadInput: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Unavailable: 503,
}
FIXES = {
    "missing": "add it",
    "extra_forbidden": "leave it out",
}


class JsonResponse(Response):
    """JSON as ASCII: lone surrogates and NUL, which are legal input, survive."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")


class FieldProblem(BaseModel):
    field: str
    reason: str
    fix: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details; `errors` where a field is at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None


class Refused(Exception):
    """A request that the web layer itself turns away."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.detail, self.headers = status, detail, headers
        super().__init__(detail)


def problem(
    status: int, detail: str, errors: Sequence[Problem] = (), headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem document as a response."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        document["errors"] = [{"field": e.field, "reason": e.reason, "fix": e.fix} for e in errors]
    return JsonResponse(document, status, headers, media_type="application/problem+json")


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says in OpenAPI of the errors that it can answer."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {"application/problem+json": schema}}
        for status in statuses
    }


def handle(app: FastAPI) -> None:
    """Makes the app answer every error with a problem document."""

    def moderation_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, ModerationError)
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
        if isinstance(error, BadInput):
            return problem(status, "The request has fields that cannot be used.", error.problems)
        if isinstance(error, Conflict):
            return problem(status, str(error), current=error.current)
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Unavailable) else None
        return problem(status, str(error), headers=headers)

    def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return problem(error.status, error.detail, headers=error.headers)

    def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, str(error.detail), headers=headers)

    def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if any(entry["type"] == "json_invalid" for entry in error.errors()):
            return problem(400, "The body is not JSON.")
        return problem(422, "The request has fields that cannot be used.", [_field(entry) for entry in error.errors()])

    def away(_: Request, error: Exception) -> Response:
        log.error("something needed is away: %s", error)
        return problem(503, "The service cannot reach its database or queue; try again.", headers={"Retry-After": "2"})

    def unexpected(_: Request, error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        return problem(500, "Something went wrong here; it has been logged.")

    app.add_exception_handler(ModerationError, moderation_error)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(OperationalError, away)
    app.add_exception_handler(InterfaceError, away)
    app.add_exception_handler(NoConnection, away)
    app.add_exception_handler(RedisError, away)
    app.add_exception_handler(Exception, unexpected)


def _field(entry: dict[str, Any]) -> Problem:
    place = [str(part) for part in entry["loc"][1:]]  # without "body", "query" or "path"
    if len(place) > 1 and place[0] in ("one", "several"):  # the names of `wire.OneOrSeveral`
        place = place[1:]
    reason = str(entry["msg"]).removeprefix("Value error, ")
    # A validator of ours names its own fix behind a semicolon.
    said, _, fix = reason.partition("; ")
    return Problem(".".join(place) or "body", said, fix or FIXES.get(entry["type"], "correct it; see /docs"))
