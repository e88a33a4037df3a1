"""How the review desk answers: templates, headers, redirects, who is asking, and errors as pages."""

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from moderation.core.case import Case
from moderation.core.clock import rfc3339
from moderation.core.errors import BadInput, Conflict, ModerationError, NotAllowed, NotFound
from moderation.core.finding import Verdict
from moderation.core.measures import MeasureStatus
from moderation.flows.banks import OWN, OWN_SOURCE
from moderation.store.access import Role, Showing
from moderation.web.highlight import plain
from moderation.web.session import Session, Sessions, Visitor, genuine
from moderation.web.words import WORDS, Words
from moderation.wiring import Services

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

BEIJING = timezone(timedelta(hours=8))
"""The desk's own time; China has one, without a summer time."""

HEADERS = {
    # Pico draws the arrows of its form fields from data: addresses; nothing else is let in from outside.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class NotSignedIn(Exception):
    """The page is for people who are signed in."""


class Forged(Exception):
    """A post without this session's token: another site's, or from a page of an earlier session."""


class AdminsOnly(Exception):
    """The page is for administrators."""


@dataclass(frozen=True, slots=True)
class Toast:
    """One line on what was just done.

    undo     the address that takes it back when `fields` are posted there; None where nothing does
    seconds  for how long; None for as long as the page is open
    """

    text: str
    undo: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    seconds: int | None = None


class Desk:
    """What every page of the desk shares."""

    def __init__(self, services: Services) -> None:
        self.services, self.sessions = services, Sessions(services)
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        self.environment.filters["add_one"] = lambda number: number + 1
        self.environment.globals.update(asset=asset, account_url=account_url, rfc3339=rfc3339)

    @property
    def today(self) -> datetime:
        """When this day began, in Beijing."""
        now = self.services.clock.now().astimezone(BEIJING)
        return now.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    def title(self, code: str, language: str) -> str:
        """What a category is called; its code where the policy does not know it."""
        category = self.services.policy.categories.get(code)
        return category.titles[language] if category else code

    def bank_title(self, name: str, language: str) -> str:
        """What a bank is called: one that the desk adds to by its category."""
        category = name.removeprefix(OWN)
        if category == name or category not in self.services.policy.categories:
            return name
        return Words(language)("bank.own", category=self.title(category, language))

    def page(self, request: Request, session: Session, template: str, status: int = 200, **values: object) -> Response:
        """A page in the visitor's language."""
        words = Words(session.language)
        visitor = values.pop("visitor", None)
        known = visitor if isinstance(visitor, Visitor) else None
        tally = self.services.review.tally(known.actor, self.today) if known else None
        shared = {
            "t": words,
            "time": Times(words, self.services.clock.now()),
            "token": session.token,
            "visitor": known,
            "admin": known is not None and known.user.role is Role.ADMIN,
            "tally": tally,
            "showings": tuple(Showing),
            "who": lambda actor: who(actor, words, known),
            "title": lambda code: self.title(code, session.language),
            "source_of": lambda source: words("bank.desk") if source == OWN_SOURCE else source,
            "bank_title": lambda name: self.bank_title(name, session.language),
            "clause": self.services.policy.clause,
            "here": address(request) if request.method == "GET" else from_here(request),
            "toast": None,
        }
        body = self.environment.get_template(template).render({**shared, **values})
        # What a page shows of a submission has its lone surrogates labelled; anywhere else they become question marks.
        content = body.encode("utf-8", "replace")
        response = Response(content, status, HEADERS, media_type="text/html; charset=utf-8")
        if session.fresh:
            self.sessions.write(request, response, session)
        return response

    def toast(self, request: Request, visitor: Visitor) -> Toast | None:
        """What the address says was just done: a decision that can still be undone, or a word of confirmation."""
        words, now = Words(visitor.session.language), self.services.clock.now()
        said = f"said.{request.query_params.get('said', '')}"
        decided = request.query_params.get("decided")
        if not decided:
            return Toast(words(said)) if said in WORDS else None
        try:
            case, measures = self.services.review.get(decided)
        except NotFound:
            return None
        if case.resolved_by != visitor.actor or case.undo_until is None:
            return None
        verdict = words("decide.done_reject" if case.verdict is Verdict.REJECT else "decide.done_pass")
        proposed = any(measure.status is MeasureStatus.PROPOSED for measure in measures)
        taken = [words.code("measure", m.action) for m in measures if m.status is MeasureStatus.ACTIVE]
        taken += [words("decide.proposed")] if proposed else []
        taken += [words(f"bank.with.{key}", n=n) for key in ("added", "lost") if (n := _count(request, key))]
        left = Times(words, now).left(case.undo_until)
        undo = f"/desk/cases/{case.id}/undo" if left else None
        return Toast(" · ".join([verdict, *taken]), undo, seconds=left)

    def go(self, request: Request, url: str) -> Response:
        """Sends the visitor on, whether they came by htmx or by a plain form."""
        if request.headers.get("HX-Request") == "true":
            return Response(status_code=204, headers={"HX-Redirect": url})
        return RedirectResponse(url, 303, headers=HEADERS)

    def refused(self, request: Request, error: Exception) -> Response:
        """What a visitor sees of an error."""
        session = self.sessions.read(request)
        visitor = self.sessions.visitor(session)
        if isinstance(error, NotSignedIn):
            back = address(request) if request.method == "GET" else from_here(request)
            return self.go(request, f"/desk/login?next={quote(back, safe='')}" if back != "/desk" else "/desk/login")
        status, key, detail = _SEEN.get(type(error), (409, "conflict", ""))
        if isinstance(error, BadInput):
            detail = str(error)
        htmx = request.headers.get("HX-Request") == "true"
        return self.page(
            request,
            session,
            "_refused.html" if htmx else "refused.html",
            status,
            visitor=visitor,
            key=key,
            detail=detail,
            back=from_here(request),
        )

    def route(self) -> type[APIRoute]:
        """Routes whose errors become pages."""
        desk = self

        class DeskRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handle = super().get_route_handler()

                async def handled(request: Request) -> Response:
                    try:
                        return await handle(request)
                    except (ModerationError, NotSignedIn, Forged, AdminsOnly) as error:
                        return await run_in_threadpool(desk.refused, request, error)

                return handled

        return DeskRoute


_SEEN: dict[type[Exception], tuple[int, str, str]] = {
    NotFound: (404, "not_found", ""),
    Forged: (403, "forged", ""),
    AdminsOnly: (403, "denied", ""),
    NotAllowed: (403, "own", ""),
    Conflict: (409, "conflict", ""),
    BadInput: (422, "check", ""),
}


class Asking:
    """Who asks, as dependencies of the routes."""

    def __init__(self, desk: Desk) -> None:
        def session(request: Request) -> Session:
            return desk.sessions.read(request)

        def visitor(held: Annotated[Session, Depends(session)]) -> Visitor:
            found = desk.sessions.visitor(held)
            if found is None:
                raise NotSignedIn
            return found

        def admin(found: Annotated[Visitor, Depends(visitor)]) -> Visitor:
            if found.user.role is not Role.ADMIN:
                raise AdminsOnly
            return found

        async def form(request: Request, held: Annotated[Session, Depends(session)]) -> FormData:
            given = await request.form()
            if not genuine(held, request.headers.get("X-CSRF-Token") or text_of(given, "token")):
                # Whoever is signed out is sent to sign in, not told of a forgery.
                if held.user_id is None and request.url.path not in ("/desk/login", "/desk/language"):
                    raise NotSignedIn
                raise Forged
            return given

        self.session, self.visitor, self.admin, self.form = session, visitor, admin, form


def text_of(form: FormData, name: str, default: str = "") -> str:
    """A field's text; the default for one that is missing or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else default


def address(request: Request) -> str:
    """The path and query of a page, to come back to."""
    query = request.url.query
    return quote(request.url.path, safe="/:@") + (f"?{query}" if query else "")


def from_here(request: Request) -> str:
    """The desk's page that a post came from, as far as that is known."""
    given = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    _, found, path = given.partition(f"//{request.url.netloc}/")
    return inside(f"/{path}" if found else "/desk")


def inside(url: str) -> str:
    """The address if it is one of the desk's own pages, else the queue: nobody is sent elsewhere by a crafted link.

    >>> inside("/desk/cases/case_1?x=1"), inside("//evil.example"), inside("/desk\\\\@evil.example")
    ('/desk/cases/case_1?x=1', '/desk', '/desk')
    """
    own = url == "/desk" or url.startswith(("/desk/", "/desk?"))
    return url if own and url.isascii() and url.isprintable() and "\\" not in url else "/desk"


def onward(case: Case | None, category: str | None, **said: str) -> str:
    """The address of the case to go on with; of the queue where there is none."""
    query = {**({"category": category} if category else {}), **said}
    return (f"/desk/cases/{case.id}" if case else "/desk") + (f"?{urlencode(query)}" if query else "")


def account_url(id: str) -> str:
    return f"/desk/accounts/{quote(id, safe='', errors='replace')}"


@cache
def asset(name: str) -> str:
    """The address of a static file, new for new content once the process starts again."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/desk/static/{name}?v={digest}"


def who(actor: str | None, words: Words, visitor: Visitor | None) -> str:
    """An actor of an event as people call them.

    >>> who("user:li", Words("zh"), None), who("key:signup", Words("zh"), None)
    ('li', '接口 signup')
    """
    if actor is None:
        return "—"
    if visitor is not None and actor == visitor.actor:
        return words("queue.you")
    sort, _, name = actor.partition(":")
    if sort == "key":
        return words("actor.key", name=name)
    return name or words.code("actor", actor)


class Times:
    """Times as the desk writes them, seen from `now`."""

    def __init__(self, words: Words, now: datetime) -> None:
        self.words, self.now = words, now

    def when(self, moment: datetime) -> str:
        """The day only where it is not today's."""
        local, today = moment.astimezone(BEIJING), self.now.astimezone(BEIJING)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"

    def full(self, moment: datetime) -> str:
        return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} {self.words('zone')}"

    def day(self, moment: datetime) -> str:
        return f"{moment.astimezone(BEIJING):%Y-%m-%d}"

    def age(self, moment: datetime) -> str:
        """
        >>> now = datetime(2026, 1, 2, tzinfo=UTC)
        >>> Times(Words("zh"), now).age(now - timedelta(minutes=125))
        '2 小时'
        """
        seconds = max(0, int((self.now - moment).total_seconds()))
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= size:
                return self.words(f"age.{unit}", n=seconds // size)
        return self.words("age.seconds", n=seconds)

    def ago(self, moment: datetime) -> str:
        if (self.now - moment).total_seconds() < 5:
            return self.words("ago.now")
        return self.words("ago", age=self.age(moment))

    def left(self, moment: datetime) -> int:
        """Seconds until then, 0 for what is over."""
        return max(0, int((moment - self.now).total_seconds()))


def _count(request: Request, name: str) -> int:
    """A small number in the address; 0 for none."""
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0


def _shown(value: object) -> object:
    """What the templates print: text without anything that would not show or would disturb the page."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
