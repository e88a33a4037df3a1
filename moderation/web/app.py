"""The web application: the API, the review desk, health, metrics and the limits on what comes in."""

import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation import __version__
from moderation.settings import Settings
from moderation.web.api import api_router
from moderation.web.desk import STATIC, desk_router
from moderation.web.keys import Keys, authenticated
from moderation.web.metrics import Metrics
from moderation.web.problems import JsonResponse, ProblemDocument, answers, handle, problem
from moderation.wiring import Services, build

MAX_BODY = 8_000_000
"""Bytes of a request's body, inclusive."""


NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "The database is away or its tables are old"}}


def create_app(settings: Settings) -> FastAPI:
    """The application with its services built from the settings. Raises BadSetup for anything that is refused at start."""
    metrics = Metrics()
    services = build(settings, observe=metrics.detected)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.close()

    app = assemble(services, metrics, life)
    # What is loaded by now stays: a full collection would walk all of it, and stop every request for a tenth of a second.
    gc.collect()
    gc.freeze()
    return app


def assemble(services: Services, metrics: Metrics | None = None, lifespan: object = None) -> FastAPI:
    """The application on services that somebody else closes."""
    metrics = metrics or Metrics()
    app = FastAPI(
        title="Moderation",
        version=__version__,
        summary="Screens usernames, avatars, bios and posts against an account agreement.",
        lifespan=lifespan,  # type: ignore[arg-type]
        default_response_class=JsonResponse,
        docs_url=None,
        redoc_url=None,
    )
    app.state.keys = Keys(services.database)
    handle(app)
    app.include_router(api_router(services, metrics))
    app.include_router(desk_router(services))
    app.mount("/desk/static", StaticFiles(directory=STATIC), name="static")
    _open_routes(app, services, metrics)
    app.add_middleware(Arrival)
    original = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = original()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            model = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(model.pop("$defs", {}) | {"ProblemDocument": model})
            for path in schema["paths"].values():
                for operation in path.values():
                    # The framework documents an error shape of its own for 422, which is never sent.
                    operation["responses"].get("422", {}).get("content", {}).pop("application/json", None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


DOCS = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Moderation API</title>
<link rel="icon" href="/desk/static/icon.svg">
<link rel="stylesheet" href="/desk/static/swagger-ui.css">
<div id="api"></div>
<script src="/desk/static/swagger-ui-bundle.js"></script>
<script src="/desk/static/docs.js"></script>
</html>
"""


def _open_routes(app: FastAPI, services: Services, metrics: Metrics) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        # The framework's own page would fetch its scripts from another host.
        return HTMLResponse(DOCS)

    @app.get("/healthz", tags=["service"], summary="Whether the process lives")
    async def healthz() -> Response:
        return JsonResponse({"status": "alive"})

    @app.get("/readyz", tags=["service"], summary="Whether it can screen", responses=NOT_READY)
    def readyz() -> Response:
        """503 until the database answers at the newest tables. A queue that is away is told, and does not stop the service."""
        try:
            current = services.database.current()
        except Exception:
            current = False
        checks = {"database": "ready" if current else "away", "queue": "ready" if services.queue.ready() else "away"}
        status = "ready" if current else "not ready"
        return JsonResponse(
            {"status": status, **checks, "policy_version": services.policy.version}, 200 if current else 503
        )

    bearer = HTTPBearer(auto_error=False)

    @app.get("/metrics", tags=["service"], summary="Prometheus metrics", responses=answers(401, 403, 503))
    async def exposed(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Response:
        if not services.settings.metrics_open:
            (await authenticated(request, credentials)).need("admin")

        return Response(await run_in_threadpool(metrics.exposed, services), media_type="text/plain; version=0.0.4")


class Arrival:
    """Notes when a request arrived, and refuses a body over the limit, however it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["arrived"] = time.monotonic()
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if announced.isdigit() and int(announced) > MAX_BODY:
            await _too_large()(scope, receive, send)
            return
        seen, answered = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise _TooLarge
            return message

        async def answer(message: Message) -> None:
            # Whatever the application makes of a body that it could not read to its end, the answer is this one.
            nonlocal answered
            if seen > MAX_BODY:
                if not answered:
                    answered = True
                    await _too_large()(scope, receive, send)
                return
            answered = True
            await send(message)

        try:
            await self.app(scope, counted, answer)
        except _TooLarge:
            if not answered:
                await _too_large()(scope, receive, send)


class _TooLarge(Exception):
    """The body has grown over the limit while it was read."""


def _too_large() -> Response:
    return problem(413, f"The body has more than {MAX_BODY} bytes.", headers={"Connection": "close"})
