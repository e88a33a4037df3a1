"""The routes under /v1: screenings, submissions, pictures, cases, accounts, measures, webhooks, rescans and the audit log."""

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from moderation.core.case import CaseStatus, ItemVerdict
from moderation.core.clock import rfc3339
from moderation.core.finding import Verdict
from moderation.core.strikes import points
from moderation.core.submission import MAX_ACCOUNT_ID
from moderation.flows import resources
from moderation.store import accounts, audit
from moderation.store.cases import Queue
from moderation.store.outbox import Message, Webhook
from moderation.store.rescans import Progress
from moderation.store.submissions import StoredScreening
from moderation.web import wire
from moderation.web.keys import Authenticated, Caller
from moderation.web.metrics import Metrics
from moderation.web.problems import JsonResponse, Refused, answers
from moderation.wiring import Services, webhook_secret

AcceptLanguage = Annotated[str | None, Header(description="the language of author_message: zh (default) or en")]
Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=2**53)]
Id = Annotated[str, Path(max_length=MAX_ACCOUNT_ID), AfterValidator(wire.plain)]
Named = Annotated[str, AfterValidator(wire.plain)]
COMMON = answers(400, 401, 403, 413, 422, 503)


def api_router(services: Services, metrics: Metrics) -> APIRouter:
    """All routes of the API, on these services."""
    router = APIRouter(prefix="/v1", default_response_class=JsonResponse)
    _screening_routes(router, services, metrics)
    _case_routes(router, services)
    _account_routes(router, services)
    _webhook_routes(router, services)
    _record_routes(router, services)
    return router


def _screening_routes(router: APIRouter, services: Services, metrics: Metrics) -> None:
    def answer(screening: StoredScreening, caller: Caller) -> dict[str, Any]:
        return resources.screening(screening, services.policy if "evidence" in caller.scopes else None)

    @router.post("/screenings", tags=["screening"], summary="Screen at once", responses=COMMON | answers(409))
    def screen(
        body: wire.ScreeningBody, caller: Authenticated, request: Request, accept_language: AcceptLanguage = None
    ) -> Response:
        """Answers within the deadline and 50 ms; what is not finished by then is `unchecked` and finished in the background."""
        caller.need("screen")
        arrived: float = request.state.arrived
        deadline = wire.deadline_of(body, arrived)
        language = wire.language_of(accept_language)
        wanted = wire.request_of(body, caller.owner, language, services.intake, deadline)
        timed = services.screen.now(wanted, deadline)
        screening = timed.screening
        total = (time.monotonic() - arrived) * 1000
        metrics.screened(screening, total)
        timing = f"detectors;dur={timed.detectors:.2f}, database;dur={timed.database:.2f}, total;dur={total:.2f}"
        return JsonResponse(answer(screening, caller), headers={"Server-Timing": timing})

    @router.get(
        "/screenings/{id}", tags=["screening"], summary="A screening as it now stands", responses=COMMON | answers(404)
    )
    def screening(id: Id, caller: Authenticated) -> Response:
        caller.need("screen")
        return JsonResponse(answer(services.screen.get(id, caller.owner), caller))

    @router.post(
        "/submissions", tags=["screening"], status_code=202, summary="Screen later", responses=COMMON | answers(409)
    )
    def submit(body: wire.OneOrSeveral, caller: Authenticated, accept_language: AcceptLanguage = None) -> Response:
        """Accepted once stored; workers screen it. One body, or `{"submissions": [body, …]}` of up to 100."""
        caller.need("screen")
        language = wire.language_of(accept_language)
        several = isinstance(body, wire.SubmissionsBody)
        bodies = body.submissions if isinstance(body, wire.SubmissionsBody) else [body]
        requests = [
            wire.request_of(one, caller.owner, language, services.intake, None, f"submissions.{at}." if several else "")
            for at, one in enumerate(bodies)
        ]
        accepted = services.screen.accept(requests)
        written = [{"id": one.id, "status": "done" if one.outcome else "queued"} for one in accepted]
        return JsonResponse(written if several else written[0], 202)

    picture = {
        "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
    }

    @router.post(
        "/pictures", tags=["screening"], status_code=201, summary="Keep a picture for a submission",
        responses=COMMON, openapi_extra=picture,
    )  # fmt: skip
    async def keep_picture(request: Request, caller: Authenticated) -> Response:
        """The body is the picture's bytes. The answer's `ref` stands for it in a submission's `image` or `images`."""
        caller.need("screen")
        taken = await run_in_threadpool(services.intake.take, await request.body())
        if taken.reference is None:
            raise Refused(422, taken.problem or "The picture cannot be decoded.")
        return JsonResponse({"ref": taken.reference}, 201)


def _case_routes(router: APIRouter, services: Services) -> None:
    review = services.review

    def written(id: str) -> Response:
        return JsonResponse(resources.case(*review.get(id)))

    @router.get("/cases", tags=["review"], summary="The review queue", responses=COMMON)
    def cases(
        caller: Authenticated,
        status: Literal["open", "claimed", "resolved"] | None = None,
        category: Named | None = None,
        account_id: Named | None = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Response:
        """Worst and then oldest first; resolved ones newest first."""
        caller.need("cases")
        queue = Queue(CaseStatus(status) if status else None, category, account_id)
        found, total = review.queue(queue, limit, offset)
        return JsonResponse({"cases": [resources.case(case, []) for case in found], "total": total})

    @router.get("/cases/{id}", tags=["review"], summary="A case", responses=COMMON | answers(404))
    def case(id: Id, caller: Authenticated) -> Response:
        caller.need("cases")
        return written(id)

    @router.post(
        "/cases/claim-next",
        tags=["review"],
        summary="Claim the worst, then oldest, free case",
        responses=COMMON | answers(404),
    )
    def claim_next(_: wire.Nothing, caller: Authenticated, category: Named | None = None) -> Response:
        caller.need("cases")
        claimed = review.claim_next(caller.actor, category)
        if claimed is None:
            raise Refused(404, "No case is waiting.")
        return written(claimed.id)

    @router.post(
        "/cases/{id}/claim",
        tags=["review"],
        summary="Claim, or renew one's lease",
        responses=COMMON | answers(404, 409),
    )
    def claim(id: Id, _: wire.Nothing, caller: Authenticated) -> Response:
        caller.need("cases")
        review.claim(id, caller.actor)
        return written(id)

    @router.post(
        "/cases/{id}/release", tags=["review"], summary="Give a claimed case back", responses=COMMON | answers(404, 409)
    )
    def release(id: Id, _: wire.Nothing, caller: Authenticated) -> Response:
        caller.need("cases")
        review.release(id, caller.actor)
        return written(id)

    @router.post("/cases/{id}/verdict", tags=["review"], summary="Decide", responses=COMMON | answers(404, 409))
    def verdict(id: Id, body: wire.VerdictBody, caller: Authenticated) -> Response:
        """One verdict for each item. `version` is the case's as you saw it; 409 says what changed since."""
        caller.need("cases")
        if body.measures:
            caller.need("measures")
        items = [ItemVerdict(Verdict.of(item.verdict), item.category) for item in body.items]
        orders = [measure.order() for measure in body.measures]
        review.decide(id, caller.actor, items, orders, body.note, body.version)
        return written(id)

    @router.post(
        "/cases/{id}/undo", tags=["review"], summary="Take one's resolution back", responses=COMMON | answers(404, 409)
    )
    def undo(id: Id, _: wire.Nothing, caller: Authenticated) -> Response:
        """Within the policy's grace period; its measures are lifted and its strikes cleared."""
        caller.need("cases")
        review.undo(id, caller.actor)
        return written(id)


def _account_routes(router: APIRouter, services: Services) -> None:
    enforce, database = services.enforce, services.database

    @router.get(
        "/accounts/{id}",
        tags=["accounts"],
        summary="An account's standing and history",
        responses=COMMON | answers(404),
    )
    def account(id: Id, caller: Authenticated) -> Response:
        caller.need("cases")
        with database.read() as tx:
            found = accounts.get(tx, id)
            measures, strikes = accounts.measures_of(tx, id), accounts.strikes_of(tx, id)
        counting = points(strikes, services.clock.now())
        return JsonResponse(resources.account(found, measures, strikes, counting))

    @router.get("/accounts/{id}/measures", tags=["accounts"], summary="Measures on an account", responses=COMMON)
    def measures(id: Id, caller: Authenticated) -> Response:
        caller.need("measures")
        with database.read() as tx:
            found = accounts.measures_of(tx, id)
        return JsonResponse({"measures": [resources.measure(measure) for measure in found]})

    @router.post(
        "/accounts/{id}/measures",
        tags=["accounts"],
        status_code=201,
        summary="Take a measure",
        responses=COMMON | answers(409),
    )
    def take(id: Id, body: wire.MeasureBody, caller: Authenticated) -> Response:
        """`terminate` waits for a second person's confirmation; `restore` takes back all that is in force."""
        caller.need("measures")
        return JsonResponse(resources.measure(enforce.take(id, body.order(), caller.actor)), 201)

    @router.post(
        "/measures/{id}/confirm",
        tags=["accounts"],
        summary="Confirm or decline as second person",
        responses=COMMON | answers(404, 409),
    )
    def confirm(id: Id, body: wire.ConfirmationBody, caller: Authenticated) -> Response:
        caller.need("measures")
        return JsonResponse(resources.measure(enforce.confirm(id, caller.actor, agree=body.agree)))

    @router.post(
        "/measures/{id}/lift", tags=["accounts"], summary="Take a measure back", responses=COMMON | answers(404, 409)
    )
    def lift(id: Id, _: wire.Nothing, caller: Authenticated) -> Response:
        caller.need("measures")
        return JsonResponse(resources.measure(enforce.lift(id, caller.actor)))


def _webhook_routes(router: APIRouter, services: Services) -> None:
    deliver = services.deliver

    def written(webhook: Webhook) -> dict[str, Any]:
        return {
            "id": webhook.id,
            "url": webhook.url,
            "events": list(webhook.events),
            "created_at": rfc3339(webhook.created_at),
        }

    def dead_letter(message: Message) -> dict[str, Any]:
        return {
            "id": message.id,
            "webhook_id": message.webhook.id,
            "type": message.type,
            "created_at": rfc3339(message.created_at),
            "attempts": message.attempts,
            "last_error": message.last_error,
            "body": message.body,
        }

    @router.post("/webhooks", tags=["webhooks"], status_code=201, summary="Add a webhook", responses=COMMON)
    def add(body: wire.WebhookBody, caller: Authenticated) -> Response:
        """The answer shows the signing secret, this once."""
        caller.need("admin")
        webhook = deliver.add(body.url, tuple(body.events), webhook_secret())
        return JsonResponse(written(webhook) | {"secret": webhook.secret}, 201)

    @router.get("/webhooks", tags=["webhooks"], summary="All webhooks", responses=COMMON)
    def webhooks(caller: Authenticated) -> Response:
        caller.need("admin")
        return JsonResponse({"webhooks": [written(webhook) for webhook in deliver.webhooks()]})

    @router.delete(
        "/webhooks/{id}",
        tags=["webhooks"],
        status_code=204,
        summary="Remove a webhook",
        responses=COMMON | answers(404),
    )
    def remove(id: Id, caller: Authenticated) -> Response:
        caller.need("admin")
        deliver.remove(id)
        return Response(status_code=204)

    @router.get("/dead-letters", tags=["webhooks"], summary="Messages that were given up", responses=COMMON)
    def dead(caller: Authenticated, limit: Limit = 50) -> Response:
        caller.need("admin")
        return JsonResponse({"dead_letters": [dead_letter(message) for message in deliver.dead(limit)]})

    @router.post(
        "/dead-letters/{id}/retry",
        tags=["webhooks"],
        status_code=202,
        summary="Deliver again",
        responses=COMMON | answers(404),
    )
    def retry(id: Id, _: wire.Nothing, caller: Authenticated) -> Response:
        caller.need("admin")
        deliver.revive(id)
        return JsonResponse({"id": id, "status": "waiting"}, 202)


def _record_routes(router: APIRouter, services: Services) -> None:
    def written(progress: Progress) -> dict[str, Any]:
        run = progress.run
        return {
            "id": run.id,
            "source": run.source.partition(":")[0],
            "policy_version": run.policy_version,
            "created_at": rfc3339(run.created_at),
            "finished_at": rfc3339(run.finished_at) if run.finished_at else None,
            "planned": run.planned,
            "done": progress.done,
        }

    @router.get("/rescans", tags=["records"], summary="The newest rescans", responses=COMMON)
    def rescans(caller: Authenticated) -> Response:
        caller.need("rescans")
        return JsonResponse({"rescans": [written(progress) for progress in services.rescan.runs()]})

    @router.get("/rescans/{id}", tags=["records"], summary="How far a rescan is", responses=COMMON | answers(404))
    def rescan(id: Id, caller: Authenticated) -> Response:
        caller.need("rescans")
        return JsonResponse(written(services.rescan.progress(id)))

    @router.get("/wordlists", tags=["records"], summary="The word lists in use", responses=COMMON)
    def wordlists(caller: Authenticated) -> Response:
        """Those of the process that answers; `problems` says why an edit of the folder was refused, while it is."""
        caller.need("lists")
        status = services.lists.status
        problems = [{"field": each.field, "reason": each.reason, "fix": each.fix} for each in status.problems]
        used = {"version": status.version, "terms": status.terms, "in_use_since": rfc3339(status.since)}
        return JsonResponse({**used, "problems": problems})

    @router.get("/audit", tags=["records"], summary="The event log", responses=COMMON)
    def events(caller: Authenticated, after: Offset = 0, limit: Limit = 100, stream: Named | None = None) -> Response:
        """Records above the sequence `after`, oldest first, each with the hash that covers it and the one before."""
        caller.need("audit")
        with services.database.read() as tx:
            found = list(audit.read(tx, stream, after, limit))
        records = [
            {
                "sequence": record.sequence,
                "stream": record.event.stream,
                "type": record.event.type,
                "at": rfc3339(record.event.at),
                "actor": record.event.actor,
                "data": dict(record.event.data),
                "previous": record.previous,
                "hash": record.hash,
            }
            for record in found
        ]
        return JsonResponse({"events": records})
