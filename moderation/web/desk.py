"""The review desk for people: signing in, the queue, and the routes that the rest of it adds."""

from math import ceil
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from moderation.core.case import CaseStatus
from moderation.store import access
from moderation.store.access import Showing
from moderation.store.cases import Queue
from moderation.web.desk_accounts import account_routes
from moderation.web.desk_banks import bank_routes
from moderation.web.desk_cases import case_routes
from moderation.web.desk_page import STATIC, Asking, Desk, from_here, inside, onward, text_of
from moderation.web.desk_view import rows
from moderation.web.session import COOKIE, Session, Throttle, Visitor
from moderation.web.words import LANGUAGES, Words
from moderation.wiring import Services

__all__ = ["STATIC", "desk_router"]

PAGE = 50
"""How many cases a page of the queue lists."""

TABS = ("pending", "mine", "resolved")


def desk_router(services: Services) -> APIRouter:
    """All pages of the desk, below /desk, and / which leads there. The static files are the application's to mount."""
    desk = Desk(services)
    asking = Asking(desk)
    router = APIRouter(route_class=desk.route(), include_in_schema=False)
    _door(router, desk, asking)
    _queue(router, desk, asking)
    case_routes(router, desk, asking)
    account_routes(router, desk, asking)
    bank_routes(router, desk, asking)
    return router


def _door(router: APIRouter, desk: Desk, asking: Asking) -> None:
    services, throttle = desk.services, Throttle()

    @router.get("/")
    def front() -> Response:
        return RedirectResponse("/desk")

    @router.get("/desk/login")
    def login(request: Request, session: Annotated[Session, Depends(asking.session)]) -> Response:
        next = inside(request.query_params.get("next", "/desk"))
        if desk.sessions.visitor(session):
            return RedirectResponse(next, 303)
        return desk.page(request, session, "login.html", next=next, username="", problem=None)

    @router.post("/desk/login")
    def sign_in(
        request: Request,
        session: Annotated[Session, Depends(asking.session)],
        form: Annotated[FormData, Depends(asking.form)],
    ) -> Response:
        username, next = text_of(form, "username").strip(), inside(text_of(form, "next", "/desk"))
        words, now, name = Words(session.language), services.clock.now(), username.casefold()

        def refused(status: int, problem: str) -> Response:
            return desk.page(request, session, "login.html", status, next=next, username=username, problem=problem)

        pause = throttle.pause(name, now)
        if pause:
            return refused(429, words("login.paused", minutes=ceil(pause.total_seconds() / 60)))
        with services.database.read() as tx:
            user = access.signed_in(tx, username, text_of(form, "password"))
        if user is None:
            throttle.failed(name, now)
            return refused(401, words("login.wrong"))
        throttle.succeeded(name)
        response = desk.go(request, next)
        desk.sessions.write(request, response, desk.sessions.signed_in(session, user))
        return response

    @router.post("/desk/logout")
    def sign_out(request: Request, _form: Annotated[FormData, Depends(asking.form)]) -> Response:
        response = desk.go(request, "/desk/login")
        response.delete_cookie(COOKIE, path="/desk")
        return response

    @router.post("/desk/language")
    def language(
        request: Request,
        session: Annotated[Session, Depends(asking.session)],
        form: Annotated[FormData, Depends(asking.form)],
    ) -> Response:
        wanted = text_of(form, "language")
        response = desk.go(request, inside(text_of(form, "next", from_here(request))))
        desk.sessions.write(request, response, session.speaking(wanted if wanted in LANGUAGES else LANGUAGES[0]))
        return response

    @router.post("/desk/showing")
    def showing(
        request: Request,
        visitor: Annotated[Visitor, Depends(asking.visitor)],
        form: Annotated[FormData, Depends(asking.form)],
    ) -> Response:
        """Keeps how pictures are first shown to the visitor, on every page from now on."""
        wanted = next((each for each in Showing if each.value == text_of(form, "pictures")), Showing.BLURRED)
        with services.database.write() as tx:
            access.set_pictures(tx, visitor.user.id, wanted)
        return desk.go(request, inside(text_of(form, "next", from_here(request))))


def _queue(router: APIRouter, desk: Desk, asking: Asking) -> None:
    services = desk.services

    @router.get("/desk")
    def queue(request: Request, visitor: Annotated[Visitor, Depends(asking.visitor)]) -> Response:
        tab, category, page = _asked(request, services)
        wanted = {
            "pending": Queue(category=category, pending=True),
            "mine": Queue(CaseStatus.CLAIMED, category=category, claimed_by=visitor.actor),
            "resolved": Queue(CaseStatus.RESOLVED, category=category),
        }[tab]
        cases, total = services.review.queue(wanted, PAGE, (page - 1) * PAGE)
        pages = max(1, ceil(total / PAGE))
        if page > pages:
            page = pages
            cases, total = services.review.queue(wanted, PAGE, (page - 1) * PAGE)
        found = rows(cases, services.review.screenings(cases), services.policy, services.clock.now())
        return desk.page(
            request,
            visitor.session,
            "queue.html",
            visitor=visitor,
            rows=found,
            total=total,
            tab=tab,
            tabs=TABS,
            policy=services.policy,
            category=category,
            number=page,
            pages=pages,
            link=lambda **changes: _link(tab, category, **changes),
            toast=desk.toast(request, visitor),
        )

    @router.post("/desk/next")
    def next_case(
        request: Request,
        visitor: Annotated[Visitor, Depends(asking.visitor)],
        form: Annotated[FormData, Depends(asking.form)],
    ) -> Response:
        category = text_of(form, "category") or None
        case = services.review.claim_next(visitor.actor, category)
        return desk.go(request, onward(case, category) if case else onward(None, category, said="none_left"))

    @router.get("/desk/pictures/{reference}")
    def picture(reference: str, _visitor: Annotated[Visitor, Depends(asking.visitor)]) -> Response:
        headers = {
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return Response(services.pictures.get(reference), headers=headers, media_type="image/webp")


def _asked(request: Request, services: Services) -> tuple[str, str | None, int]:
    """The tab, category and page that are asked for; what makes no sense counts as not asked."""
    asked = request.query_params
    tab, category, page = asked.get("status", ""), asked.get("category"), asked.get("page", "")
    return (
        tab if tab in TABS else TABS[0],
        category if category in services.policy.categories else None,
        max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
    )


def _link(tab: str, category: str | None, **changes: str | int | None) -> str:
    """The address of the queue as it is, but for the changes; any but a change of page begins at the first."""
    wanted = {"status": tab, "category": category, "page": None, **changes}
    given = {key: value for key, value in wanted.items() if value not in (None, "", 1, TABS[0])}
    return "/desk" + (f"?{urlencode(given)}" if given else "")
