"""What is submitted for screening: its kinds, scenes, items and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.core.errors import BadInput, Problem


class Kind(StrEnum):
    """What part of an account an item is."""

    USERNAME = "username"
    BIO = "bio"
    AVATAR = "avatar"
    POST = "post"


class Scene(StrEnum):
    """On what occasion it is screened."""

    REGISTRATION = "registration"
    PROFILE_CHANGE = "profile_change"
    THIRD_PARTY_LOGIN = "third_party_login"
    POST = "post"
    RESCAN = "rescan"


LIMITS = {Kind.USERNAME: 256, Kind.BIO: 4_000, Kind.POST: 100_000}
"""The longest text of each kind, in Unicode code points, inclusive."""

MAX_ITEMS = 20
MAX_IMAGES = 9
MAX_ACCOUNT_ID = 200


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range [start, end) of Unicode code points in the text as submitted.

    Not UTF-16 units: a page converts before it highlights.

    >>> Span(2, 4).of("加我微信吧")
    '微信'
    >>> Span(4, 4)
    Traceback (most recent call last):
    ValueError: a span needs 0 <= start < end, got [4, 4)
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, got [{self.start}, {self.end})")

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to screen.

    text    as submitted, any Unicode, lone surrogates too; None for a picture alone
    images  references into the picture store, "sha256:…", in order
    problems  why a picture that was given is not among the images; such an item is never clean
    """

    kind: Kind
    text: str | None = None
    images: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose submission it is, as the account system names it.

    created_at  when the account was made; None while it is being registered or when the caller does not say
    third_party the platform that a third-party login came from, e.g. "wechat"
    """

    id: str
    created_at: datetime | None = None
    third_party: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One call's worth of items, screened and decided together."""

    scene: Scene
    items: tuple[Item, ...]
    account: Account | None = None
    language: str = "zh"


def check_text(kind: Kind, text: object, where: str) -> list[Problem]:
    """What is wrong with the text of an item of this kind; empty if nothing is.

    >>> check_text(Kind.USERNAME, "", "text")[0].reason
    'is empty'
    >>> check_text(Kind.USERNAME, "名" * 257, "text")[0].reason
    'has 257 code points, a username has at most 256'
    """
    if not isinstance(text, str):
        return [Problem(where, "is missing or not a string", "give the text to screen as a string")]
    if not text:
        return [Problem(where, "is empty", "give at least one character, or leave the item out")]
    limit = LIMITS.get(kind)
    if limit is None:
        return [Problem(where, f"is not for {kind} items", "give a picture instead")]
    if len(text) > limit:
        return [Problem(where, f"has {len(text)} code points, a {kind} has at most {limit}", "shorten it or split it")]
    return []


def checked(problems: Sequence[Problem]) -> None:
    """Raises BadInput if there are any problems."""
    if problems:
        raise BadInput(problems)
