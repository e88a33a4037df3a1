"""The API on screenings, submissions and pictures, to the letter of its contract."""

import json
import re

import pytest

from moderation.core.submission import LIMITS
from moderation.store import submissions
from tests.making import BAD, GOOD, HELD, FakeClassifier, classified
from tests.web.calling import Api, Json, based, bio, body_of, fields, opened, picture, problem


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
