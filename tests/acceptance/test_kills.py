"""Processes are really killed: nothing accepted is lost, and nothing is done twice."""

import collections
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from moderation.store.submissions import WorkStatus
from moderation.store.tables import cases, screenings
from tests.acceptance.processes import Api, World, until
from tests.making import BAD, GOOD, HELD

SLOW = "玩百家乐，" * 20_000
"""A post that takes a worker about a second."""


class Told:
    """Receives webhooks and keeps each message once, by its id, as receivers are asked to."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                messages[self.headers["webhook-id"]] = body
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def done(self) -> collections.Counter[str]:
        """How many different messages said that each screening is done."""
        messages = list(self.messages.values())
        return collections.Counter(message["data"]["id"] for message in messages if message["type"] == "screening.done")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.close()


def submission(key: str, text: str, kind: str = "post") -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "scene": "post" if kind == "post" else "registration",
        "account": {"id": f"account-{key}"},
        "items": [{"kind": kind, "text": text}],
    }


def accepted(api: Api, texts: list[str]) -> list[str]:
    body = {"submissions": [submission(f"job-{at}", text) for at, text in enumerate(texts)]}
    answer = api.call("POST", "/v1/submissions", body)
    assert answer.status_code == 202, answer.text
    return [one["id"] for one in answer.json()]


def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing_and_nothing_is_done_twice(
    world: World, told: Told
) -> None:
    api = world.api()
    api.call("POST", "/v1/webhooks", {"url": told.url, "events": ["screening.done"]}).raise_for_status()
    worker = world.worker()
    ids = accepted(api, [SLOW, SLOW, SLOW, SLOW, GOOD, HELD])
    until(world.leased, "a worker has taken the job up")
    worker.kill()
    assert world.count(status=WorkStatus.DONE.value) < len(ids), "the worker was to be killed before it was done"
    killed = time.monotonic()
    world.worker()
    until(lambda: world.count(status=WorkStatus.DONE.value) == len(ids), "all are screened", 60)
    assert time.monotonic() - killed < 60
    until(lambda: len(told.done()) == len(ids), "all were told of", 20)
    assert set(told.done().values()) == {1}
    verdicts = [api.call("GET", f"/v1/screenings/{id}").json()["verdict"] for id in ids]
    assert verdicts == ["reject"] * 4 + ["pass", "review"]
    with world.database.read() as tx:
        opened = collections.Counter(tx.scalars(select(cases.c.screening_id)))
    assert opened == dict.fromkeys([*ids[:4], ids[5]], 1), "one case for each submission that needs one"


def test_an_api_killed_in_the_middle_of_requests_has_stored_whatever_it_answered(world: World) -> None:
    api = world.api()
    answered: dict[str, str] = {}
    stop = threading.Event()

    def call(number: int) -> None:
        at = 0
        while not stop.is_set():
            key, at = f"caller-{number}-{at}", at + 1
            try:
                answer = api.call("POST", "/v1/screenings", submission(key, (GOOD, HELD, BAD)[at % 3], "username"))
            except httpx.HTTPError:
                return
            assert answer.status_code == 200, answer.text
            answered[key] = answer.json()["id"]

    with ThreadPoolExecutor(4) as callers:
        calling = [callers.submit(call, number) for number in range(4)]
        until(lambda: len(answered) >= 40, "enough was answered")
        api.kill()
        stop.set()
        for one in calling:
            one.result(20)
    second = world.api()
    for key, id in answered.items():
        with world.database.read() as tx:
            stored = list(tx.scalars(select(screenings.c.id).where(screenings.c.idempotency_key == key)))
        assert stored == [id]
    for number in range(4):
        sent = [key for key in answered if key.startswith(f"caller-{number}-")]
        at = len(sent)  # this one was cut off: it may have been stored or not, and is sent again with the same key
        body = submission(f"caller-{number}-{at}", (GOOD, HELD, BAD)[(at + 1) % 3], "username")
        once, twice = (second.call("POST", "/v1/screenings", body).json() for _ in range(2))
        assert once["id"] == twice["id"]
        assert world.count(idempotency_key=body["idempotency_key"]) == 1


def test_a_queue_that_dies_forgets_nothing_that_was_accepted(world: World) -> None:
    api = world.api()
    ids = accepted(api, [GOOD, HELD, BAD])
    world.valkey.kill()
    body = submission("while-away", HELD)
    late = api.call("POST", "/v1/submissions", body)
    assert late.status_code == 202, "accepted while the queue is away"
    synchronous = api.call("POST", "/v1/screenings", submission("now", BAD, "username")).json()
    assert synchronous["verdict"] == "reject", "screening at once needs no queue"
    world.valkey.start()
    world.worker()
    wanted = [*ids, late.json()["id"]]
    until(lambda: world.count(status=WorkStatus.DONE.value) == len(wanted) + 1, "all are screened", 60)
    verdicts = [api.call("GET", f"/v1/screenings/{id}").json()["verdict"] for id in wanted]
    assert verdicts == ["pass", "review", "reject", "review"]


def test_a_worker_lives_on_when_the_queue_dies_and_comes_back(world: World) -> None:
    api, worker = world.api(), world.worker()
    accepted(api, [GOOD])
    until(lambda: world.count(status=WorkStatus.DONE.value) == 1, "the worker works")
    world.valkey.kill()
    world.valkey.start()
    api.call("POST", "/v1/submissions", submission("after", HELD)).raise_for_status()
    until(lambda: world.count(status=WorkStatus.DONE.value) == 2, "the worker works again", 60)
    assert worker.alive
