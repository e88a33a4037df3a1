"""Pictures of a case in the bank: put there and taken out by who has the case, with the decision or by themselves."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import Request

from moderation.core.case import CaseStatus
from moderation.core.errors import BadInput, Conflict, NotFound
from moderation.core.finding import Verdict
from moderation.flows.banks import OWN
from moderation.flows.review import CaseFile
from moderation.pictures.bank import BankEntry, EntryState
from moderation.pictures.decoded import Undecodable
from moderation.store import bank_pages
from moderation.store.access import Role
from moderation.web.desk_page import AdminsOnly, Desk, Toast
from moderation.web.desk_view import ItemView, items
from moderation.web.session import Visitor
from moderation.web.words import Words
from moderation.wiring import Services, folded

LONGEST_NOTE = 200
"""Characters of a note, inclusive; what is longer is cut off."""

_NOTE = re.compile(r"(?P<said>.*?)(?: · )?(?P<case>case_[0-9a-z]+)(?P<decided>:rejected)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Note:
    """What an entry's note says. `case`: where it was added; `decided`: whether with the decision.

    >>> Note.of("群发广告 · case_1a"), Note.of("case_1a:rejected").decided, Note.of("from a list").case
    (Note(said='群发广告', case='case_1a', decided=False), True, None)
    """

    said: str
    case: str | None = None
    decided: bool = False

    @classmethod
    def of(cls, text: str) -> "Note":
        match = _NOTE.fullmatch(text)
        return cls(match["said"], match["case"], bool(match["decided"])) if match else cls(text)

    def __str__(self) -> str:
        about = f"{self.case}{':rejected' if self.decided else ''}" if self.case else ""
        return " · ".join(filter(None, (self.said, about)))


class Unfit(Exception):
    """A picture that the bank cannot take; `key` is the word for why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def may_bank(file: CaseFile, visitor: Visitor, services: Services) -> bool:
    """Whether the visitor may add the case's pictures: who has it, could have it, or decided it, and administrators."""
    case = file.case
    if visitor.user.role is Role.ADMIN or visitor.actor in (case.claimed_by, case.resolved_by):
        return True
    return case.status is not CaseStatus.RESOLVED and case.claimable(services.clock.now())


def may_take_out(bank: str, visitor: Visitor) -> bool:
    """Whether the visitor may take entries out of a bank: reviewers only out of those that the desk adds to."""
    return visitor.user.role is Role.ADMIN or bank.startswith(OWN)


def put(desk: Desk, visitor: Visitor, file: CaseFile, reference: str, category: str, said: str) -> str:
    """Adds a picture of the case; the bank's name. Raises NotFound, Conflict where somebody else has the case, BadInput, Unfit."""
    _check(desk, visitor, file, reference)
    note = Note(said.strip()[:LONGEST_NOTE], file.case.id)
    return _add(desk.services, reference, category, visitor, note)[0].bank


def put_back(desk: Desk, visitor: Visitor, file: CaseFile, reference: str, bank: str) -> None:
    """Undoes `take_out`. Raises NotFound, Conflict, AdminsOnly."""
    _check(desk, visitor, file, reference, bank)
    for entry in _in_bank(desk.services, reference, bank, removed=True):
        desk.services.banks.restore(entry.id, visitor.actor, str(Note("", file.case.id)))


def take_out(desk: Desk, visitor: Visitor, file: CaseFile, reference: str, bank: str) -> None:
    """Takes a picture of the case out of a bank. Raises NotFound, Conflict, AdminsOnly."""
    _check(desk, visitor, file, reference, bank)
    for entry in _in_bank(desk.services, reference, bank, removed=False):
        desk.services.banks.remove(entry.id, visitor.actor, str(Note("", file.case.id)))


def put_rejected(desk: Desk, visitor: Visitor, file: CaseFile) -> tuple[int, int]:
    """Adds the pictures of a case's rejected items under what each was rejected for; how many were added, and how many could not be."""
    added = lost = 0
    for view in views(file, desk.services):
        verdict = view.decided
        if verdict is None or verdict.verdict is not Verdict.REJECT or verdict.category is None:
            continue
        for reference in view.images:
            try:
                _add(desk.services, reference, verdict.category, visitor, Note("", file.case.id, True))
                added += 1
            except (Unfit, BadInput, NotFound):
                lost += 1
    return added, lost


def take_back(desk: Desk, visitor: Visitor, file: CaseFile) -> None:
    """Takes out what was added with the case's decision."""
    note = str(Note("", file.case.id, True))
    for entry in _entries(desk.services, views(file, desk.services)):
        if entry.note == note and entry.state is not EntryState.REMOVED:
            desk.services.banks.remove(entry.id, visitor.actor, note)


def toast_of(desk: Desk, request: Request, visitor: Visitor, file: CaseFile) -> Toast | None:
    """What the address says was just done with a picture of the case, where that is still so, with a way back."""
    asked, words = request.query_params, Words(visitor.session.language)
    reference, bank = asked.get("picture", ""), asked.get("bank", "")
    if not reference or not bank:
        return None
    place, back = f"/desk/cases/{file.case.id}/pictures/{reference}", {"bank": bank}
    title = desk.bank_title(bank, words.language)
    if _in_bank(desk.services, reference, bank, removed=False):
        return Toast(words("bank.done", bank=title), f"{place}/unbank", back)
    if _in_bank(desk.services, reference, bank, removed=True):
        return Toast(words("bank.undone", bank=title), f"{place}/bank", back)
    return None


def views(file: CaseFile, services: Services) -> list[ItemView]:
    return items(file, services.policy, folded)


def _check(desk: Desk, visitor: Visitor, file: CaseFile, reference: str, bank: str | None = None) -> None:
    services = desk.services
    if not any(reference in view.images for view in views(file, services)):
        raise NotFound("picture", reference)
    if not may_bank(file, visitor, services):
        raise Conflict("somebody else has the case")
    if bank is not None and not may_take_out(bank, visitor):
        raise AdminsOnly


def _add(services: Services, reference: str, category: str, visitor: Visitor, note: Note) -> list[BankEntry]:
    if category not in services.policy.categories:
        raise Unfit("bank.category")
    try:
        return services.banks.add(reference, category, visitor.actor, str(note))
    except BadInput as error:
        raise Unfit("bank.flat") from error
    except Undecodable as error:
        raise Unfit("bank.unreadable") from error


def _entries(services: Services, given: Iterable[ItemView]) -> list[BankEntry]:
    references = list(dict.fromkeys(reference for view in given for reference in view.images))
    if not references:
        return []
    with services.database.read() as tx:
        holding = bank_pages.holding(tx, references)
    return [entry for its in holding.values() for entry in its]


def _in_bank(services: Services, reference: str, bank: str, *, removed: bool) -> list[BankEntry]:
    with services.database.read() as tx:
        its = bank_pages.holding(tx, [reference])[reference]
    return [entry for entry in its if entry.bank == bank and (entry.state is EntryState.REMOVED) is removed]
