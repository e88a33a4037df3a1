"""Calls to the API as a program makes them, and the bodies that tests send."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from moderation.store import access
from moderation.web.app import assemble
from moderation.wiring import Services
from tests.making import GOOD

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


def operations(api: Api) -> Iterator[tuple[str, str, Json]]:
    schema = api.client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation
