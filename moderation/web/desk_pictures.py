"""What the pages show of pictures: evidence drawn over them, the bank's pictures beside them, and their likes elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from moderation.core.case import Case
from moderation.core.errors import NotFound
from moderation.core.finding import Point
from moderation.core.measures import Standing
from moderation.core.submission import Kind
from moderation.pictures.bank import PDQ_QUALITY, BankEntry, EntryState
from moderation.pictures.decoded import Facts
from moderation.pictures.hashing import near_views
from moderation.store import accounts, bank_pages, banks, likeness
from moderation.store.documents import read_facts
from moderation.store.pictures import PictureStore
from moderation.web.desk_view import Hit, ItemView
from moderation.wiring import Services

LIKES = 12
"""How many accounts with a similar avatar a page shows."""

LIKES_COUNTED = 200
"""How many such accounts are counted; beyond that the page says that there are more."""

TAG_EDGE = 92.0
"""Percent of the picture's width and height beyond which a box's number is not put, so that it stays inside."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a picture that one or more hits lie in.

    hits    their numbers, as in the rows of the table
    points  its corners as an SVG polygon has them, in percent of the picture
    x, y    where its number stands, in percent
    """

    hits: tuple[int, ...]
    hue: int
    points: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A bank entry that a picture is a copy of. `entry`: None for one that is no longer there; `kept`: whether its own picture is."""

    hit: Hit
    entry: BankEntry | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A bank that holds the picture itself, in so many entries: one for each frame that can be known again."""

    bank: str
    category: str | None
    entries: tuple[BankEntry, ...]

    @property
    def quarantined(self) -> bool:
        return any(entry.state is EntryState.QUARANTINED for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Like:
    """An account that shows a similar picture. `distance`: in bits of 256 (0–31)."""

    account: str
    reference: str
    distance: int
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Likes:
    """The nearest accounts with a similar picture, of `count` in all; `more` where not all of them were counted."""

    shown: tuple[Like, ...] = ()
    count: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture of an item.

    number  within the item, from 1
    kept    whether there is a copy to show
    facts   what is known of it; None of one kept before that was noted
    """

    number: int
    reference: str
    kept: bool
    facts: Facts | None
    boxes: tuple[Box, ...] = ()
    copies: tuple[Copied, ...] = ()
    held: tuple[Held, ...] = ()
    likes: Likes = Likes()

    @property
    def animated(self) -> bool:
        return self.facts is not None and self.facts.frames > 1


def pictures_of(views: Sequence[ItemView], case: Case, services: Services) -> list[list[PictureView]]:
    """The pictures of each item of a case."""
    references = list(dict.fromkeys(reference for view in views for reference in view.images))
    ids = {hit.region.entry for view in views for hit in view.hits if hit.region and hit.region.entry}
    with services.database.read() as tx:
        holding = bank_pages.holding(tx, references) if references else {}
        entries = banks.entries(tx, [int(id) for id in ids if id.isdecimal()]) if ids else {}
    return [
        [
            _picture(number, reference, view, entries, holding[reference], case, services)
            for number, reference in enumerate(view.images)
        ]
        for view in views
    ]


def likes_of(reference: str, besides: str | None, services: Services, facts: Facts | None = None) -> Likes:
    """The accounts, but for one, that show a picture like this one, the nearest first."""
    facts = facts or known(services.pictures, reference)
    first = facts.hashes[0] if facts and facts.hashes else None
    if first is None or first.quality < PDQ_QUALITY:
        return Likes()
    with services.database.read() as tx:
        near = likeness.similar(tx, [view.tobytes() for view in near_views(first.pdq)])
        showing = likeness.shown_by(tx, [like.reference for like in near], LIKES_COUNTED + 1)
        found = [(like, account) for like in near for account in showing.get(like.reference, ()) if account != besides]
        shown = []
        for like, account in found[:LIKES]:
            try:
                standing = accounts.get(tx, account).standing
            except NotFound:
                standing = None
            shown.append(Like(account, like.reference, like.distance, standing))
    return Likes(tuple(shown), min(len(found), LIKES_COUNTED), len(found) > LIKES_COUNTED)


def known(store: PictureStore, reference: str) -> Facts | None:
    """What was noted of a kept picture."""
    try:
        document = store.facts(reference)
    except NotFound:
        return None
    return read_facts(document) if document else None


def boxes(hits: Iterable[Hit], picture: int) -> tuple[Box, ...]:
    """The places of what acts in a picture; hits at one place share its box."""
    placed: dict[tuple[Point, ...], list[Hit]] = {}
    for hit in hits:
        if hit.region and hit.region.corners and hit.region.picture == picture and not hit.shadow:
            placed.setdefault(hit.region.corners, []).append(hit)
    return tuple(_box(corners, at) for corners, at in placed.items())


def _box(corners: Sequence[Point], hits: Sequence[Hit]) -> Box:
    xs, ys = ([min(max(value, 0.0), 1.0) * 100 for value in axis] for axis in zip(*corners, strict=True))
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(xs, ys, strict=True))
    x, y = (f"{min(*axis, TAG_EDGE):.2f}%" for axis in (xs, ys))
    return Box(tuple(hit.number for hit in hits), hits[0].hue, points, x, y)


def _picture(
    number: int,
    reference: str,
    view: ItemView,
    entries: Mapping[int, BankEntry],
    holding: Sequence[BankEntry],
    case: Case,
    services: Services,
) -> PictureView:
    kept = services.pictures.has(reference)
    facts = known(services.pictures, reference) if kept else None
    alike = likes_of(reference, case.account_id, services, facts) if facts and view.kind is Kind.AVATAR else Likes()
    return PictureView(
        number=number + 1,
        reference=reference,
        kept=kept,
        facts=facts,
        boxes=boxes(view.hits, number),
        copies=tuple(_copies(view.hits, number, entries, services)),
        held=held_in(holding),
        likes=alike,
    )


def _copies(
    hits: Iterable[Hit], picture: int, entries: Mapping[int, BankEntry], services: Services
) -> Iterable[Copied]:
    for hit in hits:
        if hit.region is None or not hit.region.entry or hit.region.picture != picture:
            continue
        entry = entries.get(int(hit.region.entry)) if hit.region.entry.isdecimal() else None
        kept = entry is not None and entry.picture is not None and services.pictures.has(entry.picture)
        yield Copied(hit, entry, kept)


def held_in(entries: Iterable[BankEntry]) -> tuple[Held, ...]:
    """The banks whose entries these are, but for removed ones."""
    by_bank: dict[str, list[BankEntry]] = {}
    for entry in entries:
        if entry.state is not EntryState.REMOVED:
            by_bank.setdefault(entry.bank, []).append(entry)
    return tuple(Held(name, its[0].category, tuple(its)) for name, its in by_bank.items())
