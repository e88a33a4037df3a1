"""Accounts and their measures, the measures that wait for a second person, and messages that could not be delivered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from moderation.core.submission import Kind
from moderation.web.desk_page import Asking, Desk, account_url, inside, text_of
from moderation.web.desk_pictures import likes_of
from moderation.web.desk_view import excerpt_of
from moderation.web.session import Visitor


def account_routes(router: APIRouter, desk: Desk, asking: Asking) -> None:
    services = desk.services
    In = Annotated[Visitor, Depends(asking.visitor)]
    Admin = Annotated[Visitor, Depends(asking.admin)]
    Form = Annotated[FormData, Depends(asking.form)]

    @router.get("/desk/accounts/{id:path}")
    def account(request: Request, id: str, visitor: In) -> Response:
        file = services.review.account(id)
        avatar = file.account.fields.get(Kind.AVATAR.value) if file.account else None
        return desk.page(
            request,
            visitor.session,
            "account.html",
            visitor=visitor,
            file=file,
            account=file.account,
            now=services.clock.now(),
            avatar=avatar,
            likes=likes_of(avatar, id, services) if avatar else None,
            has_picture=services.pictures.has,
            excerpt_of=excerpt_of,
            toast=desk.toast(request, visitor),
        )

    @router.post("/desk/measures/{id}/lift")
    def lift(request: Request, id: str, visitor: In, form: Form) -> Response:
        measure = services.enforce.lift(id, visitor.actor)
        back = inside(text_of(form, "next", account_url(measure.account_id)))
        return desk.go(request, f"{back.partition('?')[0]}?said=lifted")

    @router.get("/desk/confirmations")
    def confirmations(request: Request, visitor: In) -> Response:
        return desk.page(
            request,
            visitor.session,
            "confirmations.html",
            visitor=visitor,
            measures=services.review.to_confirm(),
            toast=desk.toast(request, visitor),
        )

    @router.post("/desk/measures/{id}/confirm")
    def confirm(request: Request, id: str, visitor: In, form: Form) -> Response:
        agree = text_of(form, "agree") == "yes"
        services.enforce.confirm(id, visitor.actor, agree=agree)
        return desk.go(request, f"/desk/confirmations?said={'agreed' if agree else 'declined'}")

    @router.get("/desk/webhooks")
    def webhooks(request: Request, visitor: Admin) -> Response:
        return desk.page(
            request,
            visitor.session,
            "webhooks.html",
            visitor=visitor,
            messages=services.deliver.dead(),
            toast=desk.toast(request, visitor),
        )

    @router.post("/desk/webhooks/{id}/retry")
    def retry(request: Request, id: str, visitor: Admin, _form: Form) -> Response:
        services.deliver.revive(id)
        return desk.go(request, "/desk/webhooks?said=retried")
