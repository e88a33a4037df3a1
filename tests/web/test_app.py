"""Health, metrics and the description of the API."""

import json
import re
from pathlib import Path

from tests.making import HELD, services
from tests.web.calling import PROBLEM, Api, bio, body_of, opened, operations, problem


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
