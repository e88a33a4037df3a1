"""The banks of known pictures and their entries, for administrators: what is in them, what it matches, and setting it apart."""

from datetime import timedelta
from math import ceil
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from moderation.core.errors import NotFound
from moderation.pictures.bank import EntryState
from moderation.store import bank_pages, banks
from moderation.web.desk_banking import LONGEST_NOTE, Note
from moderation.web.desk_page import Asking, Desk, Toast, address, from_here, inside, text_of
from moderation.web.session import Visitor
from moderation.web.words import Words

PAGE = 30
"""How many entries a page of a bank lists."""

WAITING = 12
"""How many quarantined entries stand above the list of banks."""

LATELY = timedelta(days=1)
"""How far back matches are counted."""

STATES = tuple(EntryState)

UNDOING = {"remove": "restore", "restore": "remove", "quarantine": "release", "release": "quarantine"}
"""What may be done to an entry, and what takes it back."""

_AFTER = {
    "remove": EntryState.REMOVED,
    "restore": EntryState.LIVE,
    "quarantine": EntryState.QUARANTINED,
    "release": EntryState.LIVE,
}


def bank_routes(router: APIRouter, desk: Desk, asking: Asking) -> None:
    services, flow = desk.services, desk.services.banks
    acts = {"remove": flow.remove, "restore": flow.restore, "quarantine": flow.quarantine, "release": flow.release}
    Admin = Annotated[Visitor, Depends(asking.admin)]
    Form = Annotated[FormData, Depends(asking.form)]

    @router.get("/desk/banks")
    def all_banks(request: Request, visitor: Admin) -> Response:
        since = services.clock.now() - LATELY
        with services.database.read() as tx:
            found = banks.all_banks(tx)
            waiting = banks.quarantined(tx, WAITING)
            listed = bank_pages.listed(tx, [entry.id for entry in waiting], since)
        return desk.page(
            request,
            visitor.session,
            "banks.html",
            visitor=visitor,
            banks=found,
            states=STATES,
            waiting=listed,
            quarantined=sum(counts.get(EntryState.QUARANTINED, 0) for _, counts in found),
            bank_url=bank_url,
            note_of=Note.of,
            has_picture=services.pictures.has,
            toast=_toast(desk, request, visitor),
        )

    @router.get("/desk/banks/{name:path}")
    def one_bank(request: Request, name: str, visitor: Admin) -> Response:
        asked = request.query_params
        state = next((each for each in EntryState if each.value == asked.get("state")), None)
        number = asked.get("page", "")
        page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 8 else 1
        with services.database.read() as tx:
            found = next((each for each in banks.all_banks(tx) if each[0].name == name), None)
            if found is None:
                raise NotFound("bank", name)
            bank, counts = found
            total = sum(count for each, count in counts.items() if state in (None, each))
            pages = max(1, ceil(total / PAGE))
            page = min(page, pages)
            since = services.clock.now() - LATELY
            listed = bank_pages.page(tx, bank, state, since, PAGE, (page - 1) * PAGE)
        return desk.page(
            request,
            visitor.session,
            "bank.html",
            visitor=visitor,
            bank=bank,
            counts=counts,
            states=STATES,
            state=state,
            entries=listed,
            total=total,
            number=page,
            pages=pages,
            bank_url=bank_url,
            note_of=Note.of,
            has_picture=services.pictures.has,
            toast=_toast(desk, request, visitor),
        )

    @router.post("/desk/banks/entries/{id:int}/{what}")
    def change(request: Request, id: int, what: str, visitor: Admin, form: Form) -> Response:
        """Removes, restores, quarantines or releases an entry; `before` says the state that an undo brings back."""
        if what not in UNDOING:
            raise NotFound("page", address(request))
        note = text_of(form, "note").strip()[:LONGEST_NOTE]
        before = flow.entry(id).state
        acts[what](id, visitor.actor, note)
        if what == "restore" and text_of(form, "before") == EntryState.QUARANTINED.value:
            flow.quarantine(id, visitor.actor, note)
        back = inside(text_of(form, "next", from_here(request)))
        return desk.go(request, _saying(back, entry=str(id), done=what, before=before.value))


def bank_url(name: str, state: EntryState | None = None, page: int = 1) -> str:
    """The address of a bank's page.

    >>> bank_url("own-gambling"), bank_url("a/b ?", EntryState.LIVE, 2)
    ('/desk/banks/own-gambling', '/desk/banks/a/b%20%3F?state=live&page=2')
    """
    query = {**({"state": state.value} if state else {}), **({"page": str(page)} if page > 1 else {})}
    return f"/desk/banks/{quote(name, errors='replace')}" + (f"?{urlencode(query)}" if query else "")


def _toast(desk: Desk, request: Request, visitor: Visitor) -> Toast | None:
    """What the address says was just done to an entry, where that is still so, with a way back."""
    asked, words = request.query_params, Words(visitor.session.language)
    done, id = asked.get("done", ""), asked.get("entry", "")
    if done not in UNDOING or not (id.isascii() and id.isdigit() and len(id) < 18):
        return None
    try:
        entry = desk.services.banks.entry(int(id))
    except NotFound:
        return None
    if entry.state is not _AFTER[done]:
        return None
    fields = {"next": _without(request), "before": asked.get("before", "")}
    said = words(f"entry_done.{done}", n=entry.id)
    return Toast(said, f"/desk/banks/entries/{entry.id}/{UNDOING[done]}", fields)


def _saying(url: str, **said: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(said)}"


def _without(request: Request) -> str:
    """The page's own address, without what it says was done."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key in ("state", "page")]
    path = address(request).partition("?")[0]
    return path + (f"?{urlencode(kept)}" if kept else "")
