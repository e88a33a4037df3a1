"""The HTTP API, to the letter of docs/contract: shapes, scopes, limits, errors and idempotency."""

import asyncio
import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from PIL import Image
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
from moderation.core.submission import LIMITS
from moderation.store import access, submissions
from moderation.web.app import MAX_BODY, assemble
from moderation.web.problems import STATUS, handle
from moderation.wiring import Services
from tests.making import BAD, GOOD, HELD, FakeClassifier, classified, services

Json = dict[str, Any]
PROBLEM = "application/problem+json"


@dataclass
class Api:
    """The API as callers see it: a key for each set of scopes."""

    made: Services
    app: FastAPI
    client: TestClient

    def key(self, *scopes: str, owner: str = "signup") -> str:
        with self.made.database.write() as tx:
            clock = self.made.clock
            return access.add_key(tx, clock.id("key"), owner, frozenset(scopes or access.SCOPES), clock.now())

    def __call__(
        self, method: str, path: str, body: object = None, *scopes: str, owner: str = "signup", **headers: str
    ) -> httpx2.Response:
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {self.key(*scopes, owner=owner)}", "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, content=content, headers=sent)

    def screened(self, body: Json, *scopes: str, **headers: str) -> Json:
        answer = self("POST", "/v1/screenings", body, *scopes, **headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


def opened(made: Services) -> Api:
    app = assemble(made)
    return Api(made, app, TestClient(app, raise_server_exceptions=False))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with services(tmp_path, f"sqlite:///{tmp_path / 'moderation.db'}") as made:
        yield opened(made)


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Iterator[Api]:
    """The API on SQLite and on PostgreSQL, for what the two may take differently."""
    with services(tmp_path, database_url) as made:
        yield opened(made)


def body_of(*items: Json, key: str = "key-1", scene: str = "profile_change", **more: Any) -> Json:
    return {"idempotency_key": key, "scene": scene, "account": {"id": "42"}, "items": list(items), **more}


def bio(text: str = GOOD) -> Json:
    return {"kind": "bio", "text": text}


def problem(answer: httpx2.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    document: Json = answer.json()
    assert document["status"] == status and document["title"] and document["detail"] and document["type"]
    for entry in document.get("errors", []):
        assert entry.keys() == {"field", "reason", "fix"} and all(entry.values())
    return document


def fields(answer: httpx2.Response) -> list[str]:
    return [entry["field"] for entry in problem(answer, 422)["errors"]]


def picture(side: int = 32, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(out, kind)
    return out.getvalue()


def based(content: bytes) -> Json:
    return {"base64": base64.b64encode(content).decode()}


# Screenings


def test_a_screening_has_exactly_the_fields_of_the_contract(api: Api) -> None:
    answer = api("POST", "/v1/screenings", body_of(bio(GOOD), bio(HELD)))
    found = answer.json()
    assert list(found) == [
        "id", "status", "verdict", "degraded", "items", "case_id", "policy_version", "elapsed_ms",
    ]  # fmt: skip
    assert re.fullmatch(r"scr_[0-9a-f]{32}", found["id"]) and re.fullmatch(r"case_[0-9a-f]{32}", found["case_id"])
    assert (found["status"], found["verdict"], found["degraded"]) == ("done", "review", False)
    assert found["policy_version"] == api.made.policy.version and found["elapsed_ms"] > 0
    clean, held = found["items"]
    assert clean == {
        "kind": "bio", "verdict": "pass", "scores": {}, "findings": [], "unchecked": [], "problem": None,
        "author_message": None,
    }  # fmt: skip
    assert (held["verdict"], held["scores"]) == ("review", {"gambling": 1.0})
    [finding] = held["findings"]
    source = finding.pop("source")
    assert re.fullmatch(r"keywords@[0-9a-f]{6}", source)
    assert finding == {
        "category": "gambling", "clause": "3.1.1.7", "score": 1.0, "span": [1, 3], "folds": [], "text": "彩金",
    }  # fmt: skip
    assert "赌博" in held["author_message"] and "彩金" not in held["author_message"]
    timing = answer.headers["server-timing"]
    assert re.fullmatch(r"detectors;dur=[\d.]+, database;dur=[\d.]+, total;dur=[\d.]+", timing)
    got = api("GET", f"/v1/screenings/{found['id']}").json()
    assert got == json.loads(answer.content)


def test_without_the_evidence_scope_no_finding_and_no_score_comes_back(api: Api) -> None:
    body = body_of(bio(BAD))
    found = api.screened(body, "screen")
    assert (found["verdict"], found["items"][0]["findings"], found["items"][0]["scores"]) == ("reject", [], {})
    assert found["items"][0]["author_message"]
    again = api("GET", f"/v1/screenings/{found['id']}", None, "screen").json()
    assert again["items"][0]["findings"] == [] and again["items"][0]["scores"] == {}
    assert api.screened(body, "screen", "evidence")["items"][0]["findings"][0]["category"] == "gambling"


def test_spans_count_code_points_of_the_text_as_submitted(api: Api) -> None:
    [item] = api.screened(body_of(bio("\U0001f600\ud800\x00玩 百❤家樂!")))["items"]
    [finding] = item["findings"]
    assert finding["span"] == [5, 9] and finding["text"] == "百❤家樂"
    assert set(finding["folds"]) == {"traditional", "inserted"}


@pytest.mark.parametrize(
    "text", ["\ud800", "\udfff\ud800", "\x00", "a\x00b", "\U0001f600\ufe0f", "\u202e\u200b", "\ufffe"]
)
def test_any_unicode_is_taken_as_it_is(either: Api, text: str) -> None:
    found = either.screened(body_of(bio(text)))
    assert found["verdict"] == "pass"
    with either.made.database.read() as tx:
        assert submissions.get(tx, found["id"]).submission.items[0].text == text


@pytest.mark.parametrize("kind", LIMITS)
def test_limits_count_code_points_and_are_inclusive(api: Api, kind: str) -> None:
    limit = LIMITS[kind]  # type: ignore[index]
    found = api.screened(body_of({"kind": kind, "text": "\U0001f600" * limit}, scene="post", deadline_ms=10_000))
    assert found["verdict"] == "pass"
    longer = body_of({"kind": kind, "text": "x" * (limit + 1)}, scene="post", key="key-2")
    assert fields(api("POST", "/v1/screenings", longer)) == ["items.0.text"]


@pytest.mark.parametrize(
    ("scene", "text", "opens"),
    [
        ("registration", BAD, False), ("registration", HELD, True), ("registration", GOOD, False),
        ("profile_change", BAD, True), ("third_party_login", BAD, True), ("post", BAD, True), ("post", GOOD, False),
    ],
)  # fmt: skip
def test_a_case_is_opened_as_the_contract_says(api: Api, scene: str, text: str, opens: bool) -> None:
    assert bool(api.screened(body_of(bio(text), scene=scene))["case_id"]) is opens


def test_a_deadline_of_one_millisecond_is_answered_degraded_and_finished_later(api: Api) -> None:
    slow = opened(classified(api.made, FakeClassifier(stuck=True)))
    body = body_of(bio(GOOD), deadline_ms=1)
    found = slow.screened(body)
    assert (found["status"], found["verdict"], found["degraded"]) == ("done", "review", True)
    assert found["items"][0]["unchecked"] == ["classifier"] and found["case_id"]
    assert api.made.screen.finish([found["id"]]) == 1
    final = api("GET", f"/v1/screenings/{found['id']}").json()
    assert (final["verdict"], final["degraded"], final["case_id"]) == ("pass", False, found["case_id"])
    assert api.screened(body) == final
    assert api("GET", f"/v1/cases/{found['case_id']}").json()["verdict"] == "pass"


@pytest.mark.parametrize(
    ("accepted", "english"),
    [(None, False), ("en", True), ("en-GB,zh;q=0.5", True), ("zh-CN,en;q=0.9", False), ("fr", False),
     ("en;q=0.1, zh;q=0.2", False), ("en;q=0", False), ("*", False), ("en;q=wide", False)],
)  # fmt: skip
def test_the_author_is_told_in_the_language_that_was_asked_for(api: Api, accepted: str | None, english: bool) -> None:
    headers = {"accept_language": accepted} if accepted else {"accept_language": ""}
    message = api.screened(body_of(bio(BAD)), **headers)["items"][0]["author_message"]
    assert message.isascii() is english and "3.1.1.7" in message


# Idempotency


def test_the_same_key_and_body_in_any_order_of_keys_is_the_same_screening(api: Api) -> None:
    body = body_of(bio(HELD))
    first = api.screened(body)
    turned = {key: body[key] for key in reversed(body)} | {"items": [{"text": HELD, "kind": "bio"}]}
    written = json.dumps(turned, ensure_ascii=False, indent=3).encode()
    answer = api("POST", "/v1/screenings", written)
    assert answer.json() == first


@pytest.mark.parametrize(
    "change",
    [{"scene": "post"}, {"items": [bio(GOOD + "!")]}, {"deadline_ms": 150}, {"account": {"id": "43"}},
     {"items": [{"kind": "bio", "text": GOOD, "image": None}]}, {"items": [bio(GOOD), bio(GOOD)]}],
)  # fmt: skip
def test_the_same_key_with_another_body_is_409(api: Api, change: Json) -> None:
    first = api.screened(body_of(bio(GOOD)))
    document = problem(api("POST", "/v1/screenings", body_of(bio(GOOD)) | change), 409)
    assert document["current"] == {"id": first["id"]}


def test_keys_and_screenings_are_each_owners_own(api: Api) -> None:
    first = api.screened(body_of(bio(GOOD)))
    other = api("POST", "/v1/screenings", body_of(bio(HELD)), owner="another").json()
    assert other["id"] != first["id"]
    problem(api("GET", f"/v1/screenings/{first['id']}", owner="another"), 404)
    same_owner = api("GET", f"/v1/screenings/{first['id']}", None, "screen")
    assert same_owner.status_code == 200


# Submissions


def test_a_submission_is_accepted_queued_and_then_done(api: Api) -> None:
    answer = api("POST", "/v1/submissions", body_of(bio(HELD)))
    assert answer.status_code == 202
    queued = answer.json()
    assert queued == {"id": queued["id"], "status": "queued"}
    assert api("GET", f"/v1/screenings/{queued['id']}").json() == {
        "id": queued["id"], "status": "queued", "verdict": None, "degraded": False, "items": [], "case_id": None,
        "policy_version": None, "elapsed_ms": None,
    }  # fmt: skip
    assert api("POST", "/v1/submissions", body_of(bio(HELD))).json() == queued
    api.made.screen.finish([queued["id"]])
    assert api("GET", f"/v1/screenings/{queued['id']}").json()["verdict"] == "review"
    assert api("POST", "/v1/submissions", body_of(bio(HELD))).json() == queued | {"status": "done"}


def test_up_to_a_hundred_submissions_come_at_once(api: Api) -> None:
    bodies = [body_of(bio(), key=f"key-{n}") for n in range(101)]
    answer = api("POST", "/v1/submissions", {"submissions": bodies[:100]})
    assert answer.status_code == 202
    assert len({one["id"] for one in answer.json()}) == 100
    assert fields(api("POST", "/v1/submissions", {"submissions": bodies})) == ["submissions"]
    assert fields(api("POST", "/v1/submissions", {"submissions": []})) == ["submissions"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"deadline_ms": 5}, "deadline_ms"), ({"items": [{"kind": "bio", "text": ""}]}, "items.0.text"),
     ({"items": [bio(), {"kind": "bio", "texts": "x", "text": "x"}]}, "items.1.texts"), ({"one": 1}, "one")],
)  # fmt: skip
def test_errors_in_submissions_name_the_field_in_one_and_in_several(api: Api, change: Json, field: str) -> None:
    bad = body_of(bio(GOOD)) | change
    assert fields(api("POST", "/v1/submissions", bad)) == [field]
    several = {"submissions": [body_of(bio(GOOD), key="other"), bad]}
    assert fields(api("POST", "/v1/submissions", several)) == [f"submissions.1.{field}"]


# Pictures


def test_a_picture_is_kept_and_stands_for_itself_by_its_reference(api: Api) -> None:
    answer = api("POST", "/v1/pictures", picture(), content_type="image/png")
    assert answer.status_code == 201
    reference = answer.json()["ref"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", reference)
    found = api.screened(body_of({"kind": "avatar", "image": {"ref": reference}}))
    assert (found["verdict"], found["degraded"]) == ("review", False)
    assert found["items"][0]["unchecked"] == ["image"] and found["items"][0]["problem"] is None


def test_a_picture_may_come_with_the_submission(api: Api) -> None:
    found = api.screened(body_of({"kind": "avatar", "image": based(picture(kind="GIF"))}, deadline_ms=10_000))
    assert found["items"][0]["unchecked"] == ["image"] and not found["degraded"]


def test_a_picture_that_cannot_be_decoded_goes_to_a_person_and_says_why(api: Api) -> None:
    for content in (b"", b"no picture", picture()[:60]):
        item = {"kind": "avatar", "image": based(content)}
        [item] = api.screened(body_of(item, key=f"key-{len(content)}", deadline_ms=10_000))["items"]
        assert (item["verdict"], item["unchecked"]) == ("review", ["image"]) and item["problem"]
        problem(api("POST", "/v1/pictures", content, content_type="image/png"), 422)


def test_a_picture_that_is_not_decoded_in_time_is_finished_later(api: Api) -> None:
    found = api.screened(body_of({"kind": "avatar", "image": based(picture())}, deadline_ms=1))
    assert found["degraded"] and found["items"][0]["unchecked"] == ["image"]
    api.made.screen.finish([found["id"]])
    final = api("GET", f"/v1/screenings/{found['id']}").json()
    assert not final["degraded"] and final["items"][0]["problem"] is None


def test_a_post_has_up_to_nine_pictures_with_or_without_a_text(api: Api) -> None:
    small = based(b"x")
    nine = {"kind": "post", "images": [small] * 9}
    assert api.screened(body_of(nine, scene="post"))["items"][0]["unchecked"] == ["image"]
    assert fields(api("POST", "/v1/screenings", body_of({"kind": "post", "images": [small] * 10}))) == [
        "items.0.images"
    ]
    assert fields(api("POST", "/v1/screenings", body_of({"kind": "post", "images": []}))) == ["items.0.text"]


# What cannot be used


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


def operations(api: Api) -> Iterator[tuple[str, str, Json]]:
    schema = api.client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


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


# Cases, accounts and measures


def test_a_case_is_claimed_decided_and_undone(api: Api) -> None:
    id = api.screened(body_of(bio(HELD)))["case_id"]
    listed = api("GET", "/v1/cases").json()
    assert listed["total"] == 1 and listed["cases"][0]["id"] == id
    case = api("GET", f"/v1/cases/{id}").json()
    assert list(case) == [
        "id", "status", "reason", "scene", "screening_id", "account_id", "kinds", "categories", "severity",
        "opened_at", "claimed_by", "lease_until", "verdict", "items", "measures", "resolved_by", "resolved_at",
        "undo_until", "version",
    ]  # fmt: skip
    claimed = api("POST", f"/v1/cases/{id}/claim", {}).json()
    assert (claimed["status"], claimed["claimed_by"], claimed["version"]) == ("claimed", "key:signup", 1)
    assert problem(api("POST", f"/v1/cases/{id}/claim", {}, owner="li"), 409)["current"] == {"claimed_by": "key:signup"}
    verdict = {
        "items": [{"verdict": "reject", "category": "gambling"}],
        "measures": [{"action": "rectify"}, {"action": "restrict", "until": "2099-01-01T00:00:00+08:00"}],
        "note": "内部\ud800",
        "version": 1,
    }
    resolved = api("POST", f"/v1/cases/{id}/verdict", verdict).json()
    assert (resolved["status"], resolved["verdict"], resolved["version"]) == ("resolved", "reject", 2)
    assert {(taken["action"], taken["field"]) for taken in resolved["measures"]} == {
        ("rectify", "bio"), ("restrict", None),
    }  # fmt: skip
    assert "内部" not in json.dumps(resolved, ensure_ascii=False)
    stale = problem(api("POST", f"/v1/cases/{id}/verdict", verdict), 409)
    assert stale["current"]["version"] == 2
    account = api("GET", "/v1/accounts/42").json()
    assert (account["standing"], account["strike_points"], len(account["measures"])) == ("restricted", 3, 2)
    undone = api("POST", f"/v1/cases/{id}/undo", {}).json()
    assert (undone["status"], undone["version"], undone["verdict"]) == ("open", 3, None)
    assert api("GET", "/v1/accounts/42").json()["standing"] == "active"
    problem(api("POST", f"/v1/cases/{id}/undo", {}), 409)


def test_claiming_next_gives_a_case_or_404(api: Api) -> None:
    problem(api("POST", "/v1/cases/claim-next", {}), 404)
    id = api.screened(body_of(bio(HELD)))["case_id"]
    problem(api("POST", "/v1/cases/claim-next?category=porn", {}), 404)
    assert api("POST", "/v1/cases/claim-next?category=gambling", {}).json()["id"] == id
    assert api("POST", f"/v1/cases/{id}/release", {}).json()["status"] == "open"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"items": []}, "items"), ({"items": [{"verdict": "review"}]}, "items.0.verdict"),
        ({"items": [{"verdict": "reject"}]}, "items.0.category"),
        ({"items": [{"verdict": "reject", "category": "x"}]}, "items.0.category"),
        ({"items": [{"verdict": "pass"}] * 2}, "items"), ({"version": None}, "version"), ({"version": "1"}, "version"),
        ({"measures": [{"action": "shout"}]}, "measures.0.action"), ({"colour": 1}, "colour"),
        ({"measures": [{"action": "suspend", "until": "2001-01-01T00:00:00Z"}]}, "measures.0.until"),
    ],
)  # fmt: skip
def test_a_verdict_that_cannot_be_used_is_422_and_names_the_field(api: Api, change: Json, field: str) -> None:
    id = api.screened(body_of(bio(HELD)))["case_id"]
    body = {"items": [{"verdict": "pass"}], "version": 1} | change
    assert fields(api("POST", f"/v1/cases/{id}/verdict", body)) == [field]


def test_terminating_takes_two_keys_owners(api: Api) -> None:
    taken = api("POST", "/v1/accounts/42/measures", {"action": "terminate", "category": "fraud"})
    assert taken.status_code == 201 and taken.json()["status"] == "proposed"
    confirm = f"/v1/measures/{taken.json()['id']}/confirm"
    problem(api("POST", confirm, {"agree": True}), 403)
    assert api("POST", confirm, {"agree": True}, owner="wang").json()["status"] == "active"
    problem(api("POST", confirm, {"agree": True}, owner="wang"), 409)
    restored = api("POST", "/v1/accounts/42/measures", {"action": "restore"})
    assert restored.status_code == 201 and restored.json()["action"] == "restore"
    assert api("GET", "/v1/accounts/42").json()["standing"] == "active"
    assert len(api("GET", "/v1/accounts/42/measures").json()["measures"]) == 2


def test_a_measure_has_exactly_its_fields_and_can_be_lifted_once(either: Api) -> None:
    body = {"action": "restrict", "category": "fraud", "functions": ["trade"], "notice": "请\ud800\x00"}
    taken = either("POST", "/v1/accounts/名/measures", body).json()
    assert list(taken) == [
        "id", "account_id", "action", "status", "category", "clause", "policy_version", "case_id", "by",
        "confirmed_by", "at", "until", "functions", "field", "notice", "ended_at", "ended_by",
    ]  # fmt: skip
    assert (taken["account_id"], taken["notice"], taken["by"]) == ("名", "请\ud800\x00", "key:signup")
    lifted = either("POST", f"/v1/measures/{taken['id']}/lift", {}).json()
    assert (lifted["status"], lifted["ended_by"]) == ("lifted", "key:signup")
    problem(either("POST", f"/v1/measures/{taken['id']}/lift", {}), 409)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"action": "suspend"}, "category"), ({"action": "suspend", "category": "x"}, "category"),
     ({"action": "rectify", "category": "fraud"}, "field"), ({"action": "restrict", "category": "fraud",
      "functions": ["fly"]}, "functions"), ({"action": "remove_content", "category": "fraud", "field": "x" * 99}, "field")],
)  # fmt: skip
def test_a_measure_that_cannot_be_taken_is_422(either: Api, body: Json, field: str) -> None:
    assert fields(either("POST", "/v1/accounts/42/measures", body)) == [field]


# Webhooks and the log


def test_a_webhook_shows_its_secret_once(api: Api) -> None:
    answer = api("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/", "events": ["screening.done"]})
    assert answer.status_code == 201
    added = answer.json()
    assert list(added) == ["id", "url", "events", "created_at", "secret"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", added["secret"])
    [listed] = api("GET", "/v1/webhooks").json()["webhooks"]
    assert listed == {name: added[name] for name in ("id", "url", "events", "created_at")}
    assert api("DELETE", f"/v1/webhooks/{added['id']}").status_code == 204
    problem(api("DELETE", f"/v1/webhooks/{added['id']}"), 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"url": "nonsense"}, "url"), ({"url": "http://["}, "url"), ({"url": "\ud800"}, "url"), ({"events": []}, "events"),
     ({"events": ["x"]}, "events")],
)  # fmt: skip
def test_a_webhook_that_cannot_be_used_is_422(api: Api, change: Json, field: str) -> None:
    body = {"url": "http://127.0.0.1:9/", "events": ["*"]} | change
    assert fields(api("POST", "/v1/webhooks", body)) == [field]


def test_dead_letters_are_listed_and_retried(api: Api) -> None:
    webhook = api("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/", "events": ["*"]}).json()
    api("POST", "/v1/accounts/42/measures", {"action": "suspend", "category": "fraud"})
    assert api("GET", "/v1/dead-letters").json() == {"dead_letters": []}
    api("DELETE", f"/v1/webhooks/{webhook['id']}")
    [letter] = api("GET", "/v1/dead-letters").json()["dead_letters"]
    assert letter["body"]["type"] == letter["type"] == "measure.applied" and letter["webhook_id"] == webhook["id"]
    problem(api("POST", f"/v1/dead-letters/{letter['id']}/retry", {}), 404)  # nobody is there to get it


def test_the_log_is_read_page_by_page(api: Api) -> None:
    api.screened(body_of(bio(HELD)))
    api("POST", "/v1/accounts/42/measures", {"action": "suspend", "category": "fraud"})
    first, second = api("GET", "/v1/audit").json()["events"]
    assert list(first) == ["sequence", "stream", "type", "at", "actor", "data", "previous", "hash"]
    assert (first["type"], second["type"], second["previous"]) == ("case.opened", "measure.applied", first["hash"])
    assert api("GET", "/v1/audit?after=1&limit=1").json()["events"] == [second]
    assert api("GET", "/v1/audit?stream=account:42").json()["events"] == [second]


def test_rescans_are_told_by_their_source(api: Api) -> None:
    run, _ = api.made.rescan.begin(None)
    expected = {
        "id": run.id, "source": "all", "policy_version": api.made.policy.version, "finished_at": None, "planned": 0,
        "done": 0,
    }  # fmt: skip
    found = api("GET", f"/v1/rescans/{run.id}").json()
    assert found.pop("created_at") and found == expected
    assert [one["id"] for one in api("GET", "/v1/rescans").json()["rescans"]] == [run.id]


# Health, metrics and the description


def test_health_needs_no_key_and_readiness_tells_of_the_database_and_the_queue(api: Api) -> None:
    assert api.client.get("/healthz").json() == {"status": "alive"}
    answer = api.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready", "database": "ready", "queue": "away", "policy_version": api.made.policy.version,
    }  # fmt: skip


def test_a_database_with_old_tables_is_not_ready(api: Api) -> None:
    with api.made.database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = api.client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["database"] == "away"


def test_metrics_need_a_key_with_admin(api: Api) -> None:
    problem(api.client.get("/metrics"), 401)
    problem(api("GET", "/metrics", None, "screen"), 403)
    api.screened(body_of(bio(HELD)))
    answer = api("GET", "/metrics", None, "admin")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    for line in (
        'moderation_screenings_total{scene="profile_change",verdict="review"} 1.0',
        'moderation_waiting{what="cases_open"} 1.0',
        'moderation_waiting{what="jobs_screen"} NaN',
    ):
        assert line in answer.text


def test_metrics_can_be_left_open(tmp_path: Path) -> None:
    with services(tmp_path, f"sqlite:///{tmp_path / 'moderation.db'}", METRICS_OPEN="1") as made:
        assert opened(made).client.get("/metrics").status_code == 200


def test_the_description_is_openapi_3_1_and_lists_the_errors_of_every_route(api: Api) -> None:
    schema = api.client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    reference = {"$ref": "#/components/schemas/ProblemDocument"}
    for method, path, operation in operations(api):
        responses = operation["responses"]
        if path.startswith("/v1/"):
            assert {"400", "401", "403", "413", "422", "503"} <= responses.keys(), (method, path)
            # Any id has measures: an account may be known elsewhere only.
            assert "404" in responses or "{id}" not in path or path.endswith("{id}/measures"), (method, path)
        for status, response in responses.items():
            if status >= "400" and path != "/readyz":
                assert list(response["content"]) == [PROBLEM], (method, path, status)
                assert response["content"][PROBLEM]["schema"] == reference
    described = json.dumps(schema)
    assert "FieldProblem" in schema["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/(\w+)"', described):
        assert name in schema["components"]["schemas"]


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
