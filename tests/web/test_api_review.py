"""The API on cases, accounts, measures, webhooks, rescans and the event log."""

import json
import re

import pytest

from tests.making import HELD
from tests.web.calling import Api, Json, bio, body_of, fields, problem


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


def test_the_word_lists_in_use_are_told_and_what_is_wrong_with_an_edit(api: Api) -> None:
    told = api("GET", "/v1/wordlists").json()
    assert (
        told.keys() == {"version", "terms", "in_use_since", "problems"} and told["problems"] == [] and told["terms"] > 0
    )
    (api.made.settings.wordlists / "gambling.txt").write_text("彩\n", encoding="utf-8")
    api.made.lists.look()
    api.made.lists.look()
    after = api("GET", "/v1/wordlists").json()
    assert after["version"] == told["version"]
    [problem] = after["problems"]
    assert problem["field"].endswith("gambling.txt:1") and problem["reason"] and problem["fix"]
