"""What the API refuses, and how it says so: fields, keys, scopes, sizes."""

import asyncio
import json

import pytest

from moderation.store import access
from moderation.web.app import MAX_BODY
from tests.making import HELD
from tests.web.calling import PROBLEM, Api, Json, based, bio, body_of, fields, operations, problem

MISTAKES: dict[str, tuple[Json, str]] = {
    "an unknown field": ({"colour": 1}, "colour"),
    "a field called body": ({"body": 1}, "body"),
    "a field called one": ({"one": 1}, "one"),
    "an unknown field with a lone surrogate": ({"\ud800": 1}, "body"),
    "an unknown field of an item": ({"items": [bio() | {"colour": 1}]}, "items.0.colour"),
    "no item": ({"items": []}, "items"),
    "too many items": ({"items": [bio()] * 21}, "items"),
    "an unknown kind": ({"items": [{"kind": "poem", "text": "x"}]}, "items.0.kind"),
    "no text": ({"items": [bio(), {"kind": "bio"}]}, "items.1.text"),
    "an empty text": ({"items": [bio("")]}, "items.0.text"),
    "a text that is a number": ({"items": [{"kind": "bio", "text": 5}]}, "items.0.text"),
    "a text that is nothing": ({"items": [{"kind": "bio", "text": None}]}, "items.0.text"),
    "an unknown scene": ({"scene": "party"}, "scene"),
    "no account": ({"account": None}, "account"),
    "an account without an id": ({"account": {}}, "account.id"),
    "an empty account id": ({"account": {"id": ""}}, "account.id"),
    "a long account id": ({"account": {"id": "x" * 201}}, "account.id"),
    "an account id with NUL": ({"account": {"id": "a\x00"}}, "account.id"),
    "an account id with a lone surrogate": ({"account": {"id": "\ud800"}}, "account.id"),
    "an account id that is a number": ({"account": {"id": 42}}, "account.id"),
    "a time without a zone": ({"account": {"id": "1", "created_at": "2026-01-01T00:00:00"}}, "account.created_at"),
    "a time before all times": ({"account": {"id": "1", "created_at": "0001-01-01T00:00:00+08:00"}}, "account.created_at"),
    "a time that is a number": ({"account": {"id": "1", "created_at": 5}}, "account.created_at"),
    "a long third party": ({"account": {"id": "1", "third_party": "x" * 101}}, "account.third_party"),
    "a deadline of nothing": ({"deadline_ms": 0}, "deadline_ms"),
    "a deadline too far": ({"deadline_ms": 10_001}, "deadline_ms"),
    "a deadline that is a fraction": ({"deadline_ms": 1.5}, "deadline_ms"),
    "a deadline that is a switch": ({"deadline_ms": True}, "deadline_ms"),
    "a deadline that is a text": ({"deadline_ms": "5"}, "deadline_ms"),
    "no key": ({"idempotency_key": None}, "idempotency_key"),
    "an empty key": ({"idempotency_key": ""}, "idempotency_key"),
    "a key with a line end": ({"idempotency_key": "a\n"}, "idempotency_key"),
    "an avatar with a text": ({"items": [{"kind": "avatar", "text": "x", "image": based(b"x")}]}, "items.0.text"),
    "an avatar without a picture": ({"items": [{"kind": "avatar"}]}, "items.0.image"),
    "a bio with a picture": ({"items": [bio() | {"image": based(b"x")}]}, "items.0.image"),
    "a bio with pictures": ({"items": [bio() | {"images": [based(b"x")]}]}, "items.0.images"),
    "a picture that is nothing": ({"items": [{"kind": "avatar", "image": {}}]}, "items.0.image"),
    "a picture that is both": ({"items": [{"kind": "avatar", "image": {"ref": "sha256:0", "base64": ""}}]}, "items.0.image"),
    "a picture that is not kept": ({"items": [{"kind": "avatar", "image": {"ref": "sha256:0"}}]}, "items.0.image.ref"),
    "a picture that is held": ({"items": [{"kind": "avatar", "image": {"ref": "held:0"}}]}, "items.0.image.ref"),
    "a picture that is a path": ({"items": [{"kind": "avatar", "image": {"ref": "../../x"}}]}, "items.0.image.ref"),
    "a picture that is not base64": ({"items": [{"kind": "avatar", "image": {"base64": "!"}}]}, "items.0.image.base64"),
    "a picture in odd base64": ({"items": [{"kind": "avatar", "image": {"base64": "名"}}]}, "items.0.image.base64"),
    "a post's bad picture": (
        {"items": [{"kind": "post", "images": [based(b"x"), {"ref": "x"}]}]}, "items.0.images.1.ref",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_field_that_cannot_be_used_is_422_and_named(api: Api, mistake: str) -> None:
    change, field = MISTAKES[mistake]
    assert fields(api("POST", "/v1/screenings", body_of(bio()) | change)) == [field]


def test_all_fields_that_cannot_be_used_are_named_at_once(api: Api) -> None:
    found = fields(api("POST", "/v1/screenings", body_of(bio(""), {"kind": "bio", "text": "x" * 4001}, bio())))
    assert found == ["items.0.text", "items.1.text"]


@pytest.mark.parametrize("body", [b"{", b"", b"nonsense", b"\xff\xfe\xfd", b"[" * 100_000, b'{"a": }'])
def test_what_is_no_json_is_refused(api: Api, body: bytes) -> None:
    answer = api("POST", "/v1/screenings", body)
    problem(answer, 422 if body == b"" else 400)


@pytest.mark.parametrize("body", [[], 5, "x", None, [[]]])
def test_what_is_no_object_is_422(api: Api, body: object) -> None:
    assert fields(api("POST", "/v1/screenings", json.dumps(body).encode())) == ["body"]


def test_a_key_is_needed_and_must_be_a_good_one(api: Api) -> None:
    for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic eDp5"}, {"authorization": "x"}):
        answer = api.client.get("/v1/cases", headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing(api: Api) -> None:
    key = api.key("cases")
    with api.made.database.write() as tx:
        [found] = access.all_keys(tx)
        access.revoke_key(tx, found.id, api.made.clock.now())
    problem(api.client.get("/v1/cases", headers={"authorization": f"Bearer {key}"}), 401)


NEEDS = {
    ("POST", "/v1/screenings"): "screen",
    ("GET", "/v1/screenings/{id}"): "screen",
    ("POST", "/v1/submissions"): "screen",
    ("POST", "/v1/pictures"): "screen",
    ("GET", "/v1/cases"): "cases",
    ("GET", "/v1/cases/{id}"): "cases",
    ("POST", "/v1/cases/claim-next"): "cases",
    ("POST", "/v1/cases/{id}/claim"): "cases",
    ("POST", "/v1/cases/{id}/release"): "cases",
    ("POST", "/v1/cases/{id}/verdict"): "cases",
    ("POST", "/v1/cases/{id}/undo"): "cases",
    ("GET", "/v1/accounts/{id}"): "cases",
    ("GET", "/v1/accounts/{id}/measures"): "measures",
    ("POST", "/v1/accounts/{id}/measures"): "measures",
    ("POST", "/v1/measures/{id}/confirm"): "measures",
    ("POST", "/v1/measures/{id}/lift"): "measures",
    ("POST", "/v1/webhooks"): "admin",
    ("GET", "/v1/webhooks"): "admin",
    ("DELETE", "/v1/webhooks/{id}"): "admin",
    ("GET", "/v1/dead-letters"): "admin",
    ("POST", "/v1/dead-letters/{id}/retry"): "admin",
    ("GET", "/v1/rescans"): "rescans",
    ("GET", "/v1/rescans/{id}"): "rescans",
    ("GET", "/v1/wordlists"): "lists",
    ("GET", "/v1/audit"): "audit",
}
BODIES: dict[str, Json] = {
    "/v1/screenings": body_of(bio()),
    "/v1/submissions": body_of(bio()),
    "/v1/cases/{id}/verdict": {"items": [{"verdict": "pass"}], "version": 1},
    "/v1/accounts/{id}/measures": {"action": "suspend", "category": "fraud"},
    "/v1/measures/{id}/confirm": {"agree": True},
    "/v1/webhooks": {"url": "http://127.0.0.1/", "events": ["*"]},
}


def test_every_route_needs_its_scope(api: Api) -> None:
    under_v1 = {(method, path) for method, path, _ in operations(api) if path.startswith("/v1/")}
    assert under_v1 == NEEDS.keys()
    for (method, path), scope in NEEDS.items():
        body = BODIES.get(path, {}) if method == "POST" else None
        others = [other for other in access.SCOPES if other != scope]
        problem(api(method, path.replace("{id}", "x"), body, *others), 403)
        answer = api(method, path.replace("{id}", "x"), body, scope)
        assert answer.status_code not in (401, 403), (method, path)


def test_a_verdict_with_measures_needs_the_scope_of_measures_too(api: Api) -> None:
    case = api.screened(body_of(bio(HELD)))["case_id"]
    body = {"items": [{"verdict": "reject", "category": "gambling"}], "measures": [{"action": "suspend"}], "version": 1}
    problem(api("POST", f"/v1/cases/{case}/verdict", body, "cases"), 403)
    assert api("POST", f"/v1/cases/{case}/verdict", body, "cases", "measures").status_code == 200


def test_what_is_not_there_is_a_problem_document(api: Api) -> None:
    for path in ("/v1/nothing", "/nothing", "/v1/cases/x", "/v1/screenings/x", "/v1/accounts/x", "/v1/rescans/x"):
        problem(api("GET", path), 404)
    answer = api("DELETE", "/v1/screenings")
    problem(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/v1/cases/%00", "/v1/accounts/a%00b", "/v1/accounts/" + "x" * 201, "/v1/cases?category=%00",
     "/v1/cases?account_id=%00", "/v1/audit?stream=%00", "/v1/audit?after=99999999999999999999",
     "/v1/cases?offset=-1", "/v1/cases?limit=0", "/v1/cases?limit=201", "/v1/cases?status=lost"],
)  # fmt: skip
def test_addresses_that_no_database_takes_are_422(either: Api, path: str) -> None:
    problem(either("GET", path), 422)


def test_a_body_over_the_limit_is_413_by_what_it_announces(api: Api) -> None:
    problem(api("POST", "/v1/screenings", b"x" * (MAX_BODY + 1)), 413)
    problem(api("POST", "/v1/pictures", b"x" * (MAX_BODY + 1)), 413)
    problem(api("POST", "/v1/pictures", b"x" * MAX_BODY), 422)


@pytest.mark.parametrize("path", ["/v1/screenings", "/v1/pictures"])
def test_a_body_over_the_limit_is_413_however_it_comes(api: Api, path: str) -> None:
    """In pieces without a length, as a chunked upload comes."""
    key = api.key()
    pieces = [b'{"a": "' + b"x" * 999_993] + [b"x" * 1_000_000] * 8
    sent: list[Json] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Json) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {key}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("x", 80), "client": ("x", 1)}  # fmt: skip
    asyncio.run(api.app(scope, receive, send))  # type: ignore[arg-type]
    start = [message for message in sent if message["type"] == "http.response.start"]
    assert [message["status"] for message in start] == [413]
    assert dict(start[0]["headers"])[b"content-type"] == PROBLEM.encode()
