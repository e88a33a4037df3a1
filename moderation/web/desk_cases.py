"""The case page: reading a case, having it, deciding it, and taking the decision back."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from moderation.core.case import Case, CaseStatus, ItemVerdict
from moderation.core.errors import BadInput, Conflict, NotAllowed
from moderation.core.finding import Verdict
from moderation.core.measures import ENDS, FUNCTIONS, Action
from moderation.core.policy import Policy
from moderation.core.submission import Scene
from moderation.flows.enforce import DEFAULT_FUNCTIONS, Order
from moderation.flows.review import CaseFile
from moderation.web import desk_banking as banking
from moderation.web.desk_banking import Note, Unfit
from moderation.web.desk_page import Asking, Desk, Times, onward, text_of, who
from moderation.web.desk_pictures import pictures_of
from moderation.web.desk_view import ACTIONS, days, excerpt_of, history
from moderation.web.session import Visitor
from moderation.web.words import Words

FUNCTION_ORDER = (*DEFAULT_FUNCTIONS, *sorted(FUNCTIONS - set(DEFAULT_FUNCTIONS)))
MAX_DAYS = 3650


@dataclass(slots=True)
class Entered:
    """What stands in the decision's form: at first what the ladder recommends, later what the reviewer gave."""

    verdicts: list[str]
    categories: list[str]
    action: str = ""
    days: str = ""
    functions: list[str] = field(default_factory=lambda: list(DEFAULT_FUNCTIONS))
    notice: str = ""
    note: str = ""
    bank: bool = False

    @classmethod
    def of(cls, form: FormData, file: CaseFile) -> "Entered":
        count = range(len(file.case.kinds))
        return cls(
            verdicts=[text_of(form, f"items.{n}.verdict") for n in count],
            categories=[text_of(form, f"items.{n}.category") for n in count],
            action=text_of(form, "action"),
            days=text_of(form, "days").strip(),
            functions=[name for name in form.getlist("functions") if isinstance(name, str)],
            notice=text_of(form, "notice").strip(),
            note=text_of(form, "note").strip(),
            bank=text_of(form, "bank") == "1",
        )

    def problems(self, file: CaseFile, policy: Policy, words: Words) -> list[str]:
        """What has to be corrected before it can be submitted."""
        found = []
        for n, (verdict, category) in enumerate(zip(self.verdicts, self.categories, strict=True), 1):
            if verdict not in ("pass", "reject"):
                found.append(words("error.verdict", n=n))
            elif verdict == "reject" and category not in policy.categories:
                found.append(words("error.category", n=n))
        if self._takes_measure(file) and self.action:
            action = next((a for a in ACTIONS if a.value == self.action), None)
            if action is None:
                found.append(words("error.action"))
            elif action in ENDS | {Action.SUSPEND} and self.days and not self._days:
                found.append(words("error.days"))
            if action is Action.RESTRICT and not (self.functions and set(self.functions) <= FUNCTIONS):
                found.append(words("error.functions"))
        return found

    @property
    def items(self) -> list[ItemVerdict]:
        return [
            ItemVerdict(Verdict.of(verdict), category if verdict == "reject" else None)
            for verdict, category in zip(self.verdicts, self.categories, strict=True)
        ]

    def orders(self, file: CaseFile, desk: Desk) -> list[Order]:
        """The measures that go with the verdicts; a field's own measure for each item that is rejected."""
        rejected = [(n, category) for n, category in enumerate(self.categories) if self.verdicts[n] == "reject"]
        notice = self.notice or None
        if not rejected or file.case.account_id is None:
            return []
        if file.case.scene is Scene.REGISTRATION:
            return [Order(Action.REFUSE_REGISTRATION, rejected[0][1], notice=notice)]
        if not self.action:
            return []
        action = Action(self.action)
        end = self._days if action in ENDS | {Action.SUSPEND} else None
        until = desk.services.clock.now() + timedelta(days=end) if end else None
        if action in (Action.RECTIFY, Action.REMOVE_CONTENT):
            kinds = file.case.kinds
            return [Order(action, category, until, field=kinds[n].value, notice=notice) for n, category in rejected]
        functions = tuple(self.functions) if action is Action.RESTRICT else ()
        return [Order(action, rejected[0][1], until, functions, notice=notice)]

    def _takes_measure(self, file: CaseFile) -> bool:
        acts = file.case.account_id is not None and file.case.scene is not Scene.REGISTRATION
        return acts and "reject" in self.verdicts

    @property
    def _days(self) -> int | None:
        fits = self.days.isascii() and self.days.isdigit() and len(self.days) < 6
        return int(self.days) if fits and 1 <= int(self.days) <= MAX_DAYS else None


def case_routes(router: APIRouter, desk: Desk, asking: Asking) -> None:
    review = desk.services.review
    In = Annotated[Visitor, Depends(asking.visitor)]
    Form = Annotated[FormData, Depends(asking.form)]

    @router.get("/desk/cases/{id}")
    def case(request: Request, id: str, visitor: In) -> Response:
        return _page(desk, request, visitor, review.file(id))

    @router.post("/desk/cases/{id}/claim")
    def claim(request: Request, id: str, visitor: In, _form: Form) -> Response:
        try:
            review.claim(id, visitor.actor)
        except Conflict:
            return _page(desk, request, visitor, review.file(id), 409)
        return desk.go(request, onward(review.get(id)[0], request.query_params.get("category")))

    @router.post("/desk/cases/{id}/release")
    def release(request: Request, id: str, visitor: In, _form: Form) -> Response:
        try:
            review.release(id, visitor.actor)
        except Conflict:
            words = Words(visitor.session.language)
            return _page(desk, request, visitor, review.file(id), 409, [words("decide.unclaimable")])
        return desk.go(request, "/desk")

    @router.post("/desk/cases/{id}/renew")
    def renew(request: Request, id: str, visitor: In, form: Form) -> Response:
        """Keeps the claim while the page is open, and tells it what changed meanwhile."""
        found, _ = review.get(id)
        status = 200
        if found.claimed_by == visitor.actor and _worn(found, desk):
            try:
                found = review.claim(id, visitor.actor)
            except Conflict:
                found, status = review.get(id)[0], 409
        changed = text_of(form, "version") != str(found.version) or found.claimed_by != visitor.actor
        return desk.page(
            request,
            visitor.session,
            "_lease.html",
            409 if changed else status,
            visitor=visitor,
            case=found,
            state=_state(found, visitor, desk),
            changed=_changes(found, visitor, desk, text_of(form, "version")) if changed else [],
            seen=text_of(form, "version"),
        )

    @router.post("/desk/cases/{id}/decide")
    def decide(request: Request, id: str, visitor: In, form: Form) -> Response:
        file, words = review.file(id), Words(visitor.session.language)
        entered, version = Entered.of(form, file), text_of(form, "version")

        def failed(status: int, problems: list[str], changed: list[str]) -> Response:
            if request.headers.get("HX-Request") == "true":
                values = {"problems": problems, "changed": changed, "case": file.case}
                return desk.page(request, visitor.session, "_problems.html", status, visitor=visitor, **values)
            return _page(desk, request, visitor, review.file(id), status, problems, changed, entered)

        problems = entered.problems(file, desk.services.policy, words)
        if problems:
            return failed(422, problems, [])
        try:
            seen = int(version) if version.isascii() and version.isdigit() else 0
            orders = entered.orders(file, desk)
            review.decide(id, visitor.actor, entered.items, orders, entered.note, seen)
        except Conflict:
            return failed(409, [], _changes(review.get(id)[0], visitor, desk, version))
        except BadInput as error:
            told = [words("error.other", field=p.field, reason=p.reason, fix=p.fix) for p in error.problems]
            return failed(422, told, [])
        said = {"decided": id}
        if entered.bank:
            added, lost = banking.put_rejected(desk, visitor, review.file(id))
            said |= {name: str(count) for name, count in (("added", added), ("lost", lost)) if count}
        if text_of(form, "next", "1") != "1":
            return desk.go(request, onward(review.get(id)[0], None, **said))
        category = text_of(form, "queue_category") or None
        return desk.go(request, onward(review.claim_next(visitor.actor, category), category, **said))

    @router.post("/desk/cases/{id}/undo")
    def undo(request: Request, id: str, visitor: In, _form: Form) -> Response:
        words = Words(visitor.session.language)
        try:
            decided = review.file(id)
            review.undo(id, visitor.actor)
        except Conflict:
            return _page(desk, request, visitor, review.file(id), 409, [words("undo.open")])
        except NotAllowed:
            file = review.file(id)
            mine = file.case.resolved_by == visitor.actor
            other = who(file.case.resolved_by, words, visitor)
            told = words("undo.late") if mine else words("undo.others", who=other)
            return _page(desk, request, visitor, file, 403, [told])
        banking.take_back(desk, visitor, decided)
        with suppress(Conflict):  # somebody took it in between, which the page then says
            review.claim(id, visitor.actor)
        return desk.go(request, f"/desk/cases/{id}?said=undone")

    @router.post("/desk/cases/{id}/pictures/{reference}/bank")
    def bank(request: Request, id: str, reference: str, visitor: In, form: Form) -> Response:
        """Adds a picture under a category, or puts it back into a bank that it was taken out of."""
        file, name = review.file(id), text_of(form, "bank")
        if name:
            banking.put_back(desk, visitor, file, reference, name)
        else:
            try:
                category, note = text_of(form, "category"), text_of(form, "note")
                name = banking.put(desk, visitor, file, reference, category, note)
            except Unfit as error:
                words = Words(visitor.session.language)
                return _page(desk, request, visitor, file, 422, [words(error.key)])
        return desk.go(request, _with_picture(request, file.case, reference, name))

    @router.post("/desk/cases/{id}/pictures/{reference}/unbank")
    def unbank(request: Request, id: str, reference: str, visitor: In, form: Form) -> Response:
        file, name = review.file(id), text_of(form, "bank")
        banking.take_out(desk, visitor, file, reference, name)
        return desk.go(request, _with_picture(request, file.case, reference, name))


def _with_picture(request: Request, case: Case, reference: str, bank: str) -> str:
    """The case's page, saying what was just done with its picture."""
    return onward(case, request.query_params.get("category"), picture=reference, bank=bank)


def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    file: CaseFile,
    status: int = 200,
    problems: list[str] | None = None,
    changed: list[str] | None = None,
    entered: Entered | None = None,
) -> Response:
    services, case = desk.services, file.case
    now = services.clock.now()
    views = banking.views(file, services)
    if entered is None:
        recommended, length = file.recommendation, days(file.recommendation, now)
        action = recommended.action.value if recommended.action in ACTIONS else ""
        entered = Entered([""] * len(views), [view.preset for view in views], action, str(length or ""))
    state = _state(case, visitor, desk)
    if status == 409 and not problems and not changed:
        changed = _changes(case, visitor, desk, str(case.version))
    category = request.query_params.get("category")
    return desk.page(
        request,
        visitor.session,
        "case.html",
        status,
        visitor=visitor,
        file=file,
        case=case,
        items=views,
        pictures=pictures_of(views, case, services),
        may_bank=banking.may_bank(file, visitor, services),
        may_take_out=lambda name: banking.may_take_out(name, visitor),
        note_of=Note.of,
        state=state,
        seen=case.version,
        entered=entered,
        problems=problems or [],
        changed=changed or [],
        actions=ACTIONS,
        lasting=ENDS | {Action.SUSPEND},
        functions=FUNCTION_ORDER,
        steps=services.policy.ladder.steps,
        length=days(file.recommendation, now),
        categories=services.policy.categories.values(),
        excerpt_of=excerpt_of,
        history=history(file.events),
        now=now,
        queue_category=category if category in services.policy.categories else None,
        toast=desk.toast(request, visitor) or banking.toast_of(desk, request, visitor, file),
    )


def _state(case: Case, visitor: Visitor, desk: Desk) -> str:
    """What the visitor can do: "mine", "free", "others" (read only) or "resolved"."""
    if case.status is CaseStatus.RESOLVED:
        return "resolved"
    if case.claimed_by == visitor.actor:
        return "mine"
    return "free" if case.claimable(desk.services.clock.now()) else "others"


def _worn(case: Case, desk: Desk) -> bool:
    """Whether over a third of the lease is used up; sooner, a renewal would only fill the event log."""
    now = desk.services.clock.now()
    return case.lease_until is None or case.lease_until - now < desk.services.review.lease * (2 / 3)


def _changes(case: Case, visitor: Visitor, desk: Desk, version: str) -> list[str]:
    """What is not as the visitor thought, in words."""
    words = Words(visitor.session.language)
    times = Times(words, desk.services.clock.now())
    told = []
    if case.status is CaseStatus.RESOLVED and case.resolved_at:
        verdict = words("decide.pass" if case.verdict is Verdict.PASS else "decide.reject")
        by = who(case.resolved_by, words, visitor)
        return [words("decide.resolved", who=by, when=times.when(case.resolved_at), verdict=verdict)]
    if case.claimed_by not in (None, visitor.actor):
        told.append(words("decide.taken", who=who(case.claimed_by, words, visitor)))
    if version != str(case.version):
        titles = words.joined([desk.title(code, words.language) for code in case.categories])
        told.append(words("decide.updated", mine=version, current=case.version, categories=titles or "—"))
    return told or [words("decide.changed")]
