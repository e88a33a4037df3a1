"""Requests as they arrive: their fields, limits and defaults, and how they become core values."""

import base64
import binascii
import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from moderation.core.clock import parse_rfc3339
from moderation.core.errors import BadInput, Problem
from moderation.core.measures import Action
from moderation.core.submission import (
    MAX_ACCOUNT_ID,
    MAX_IMAGES,
    MAX_ITEMS,
    Account,
    Item,
    Kind,
    Scene,
    Submission,
    check_text,
)
from moderation.flows.enforce import Order
from moderation.flows.intake import PictureIntake
from moderation.flows.screen import Request

DEFAULT_MS = 150
DEFAULT_PICTURE_MS = 1_500
MAX_SUBMISSIONS = 100


def _any_text(value: Any) -> str:
    # Not pydantic's own string: it refuses lone surrogates, which are legal input here.
    if not isinstance(value, str):
        raise ValueError("is not a string; give a string")
    return value


def plain(value: str) -> str:
    """A text that every database takes. Raises ValueError with the reason and the fix."""
    if not value.isprintable():
        raise ValueError("has characters that cannot be printed; use letters, digits and signs")
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a string; write an RFC 3339 time such as 2026-11-22T08:30:00Z")
    try:
        return parse_rfc3339(value)
    except ValueError as error:
        raise ValueError("is not an RFC 3339 time; write one such as 2026-11-22T08:30:00Z") from error


Text = Annotated[str, PlainValidator(_any_text), WithJsonSchema({"type": "string"})]
Name = Annotated[str, Field(min_length=1, max_length=MAX_ACCOUNT_ID), AfterValidator(plain)]
Moment = Annotated[datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Base64 = Annotated[str, PlainValidator(_any_text), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Picture(Body):
    """A picture's bytes as base64, or the reference that POST /v1/pictures gave."""

    base64: Base64 | None = None
    ref: str | None = None


class SubmittedItem(Body):
    kind: Literal["username", "bio", "avatar", "post"]
    text: Text | None = Field(None, description="username ≤256, bio ≤4,000, post ≤100,000 code points; any Unicode")
    image: Picture | None = Field(None, description="for an avatar")
    images: list[Picture] | None = Field(None, description=f"for a post, at most {MAX_IMAGES}")


class SubmittedAccount(Body):
    id: Name
    created_at: Moment | None = None
    third_party: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain)] | None = None


class SubmissionBody(Body):
    """What is to be screened."""

    idempotency_key: Name
    scene: Literal["registration", "profile_change", "third_party_login", "post", "rescan"]
    account: SubmittedAccount
    items: Annotated[list[SubmittedItem], Field(min_length=1, max_length=MAX_ITEMS)]


class ScreeningBody(SubmissionBody):
    """What is to be screened at once."""

    deadline_ms: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description=f"default {DEFAULT_MS}, with a picture {DEFAULT_PICTURE_MS}"
    )


class SubmissionsBody(Body):
    submissions: Annotated[list[SubmissionBody], Field(min_length=1, max_length=MAX_SUBMISSIONS)]


def _how_many(value: Any) -> str:
    return "several" if isinstance(value, dict) and "submissions" in value else "one"


OneOrSeveral = Annotated[
    Annotated[SubmissionBody, Tag("one")] | Annotated[SubmissionsBody, Tag("several")], Discriminator(_how_many)
]
"""One submission, or several; told apart first, so that errors speak of the one that was meant."""


class Nothing(Body):
    """An empty object."""


class ItemVerdictBody(Body):
    verdict: Literal["pass", "reject"]
    category: str | None = Field(None, description="of the policy; needed for reject")


class MeasureBody(Body):
    action: Literal["refuse_registration", "remove_content", "rectify", "restrict", "suspend", "terminate", "restore"]
    category: str | None = None
    until: Moment | None = None
    functions: list[str] | None = None
    field: str | None = None
    notice: Text | None = None

    def order(self) -> Order:
        return Order(
            Action(self.action), self.category, self.until, tuple(self.functions or ()), self.field, self.notice
        )


class VerdictBody(Body):
    items: Annotated[list[ItemVerdictBody], Field(min_length=1)]
    measures: list[MeasureBody] = []
    note: Text = ""
    version: int


class WebhookBody(Body):
    url: str
    events: list[str]


class ConfirmationBody(Body):
    agree: bool


def deadline_of(body: ScreeningBody, arrived: float) -> float:
    """The `time.monotonic()` value by which a screening that arrived then is to be answered."""
    pictured = any(item.image or item.images for item in body.items)
    return arrived + (body.deadline_ms or (DEFAULT_PICTURE_MS if pictured else DEFAULT_MS)) / 1000


def digest_of(body: SubmissionBody) -> str:
    """SHA-256 of the body as JSON: the same for any order of keys and any white space.

    Pictures count by their own SHA-256: megabytes written as JSON would keep all other callers waiting.
    """
    written = body.model_dump(mode="python", exclude_unset=True)
    for item in written["items"]:
        for picture in [item.get("image"), *(item.get("images") or ())]:
            if picture and picture.get("base64"):
                content = picture["base64"].encode("utf-8", "surrogatepass")
                picture["base64"] = hashlib.sha256(content).hexdigest()
    return hashlib.sha256(json.dumps(written, sort_keys=True, default=str).encode("ascii")).hexdigest()


def language_of(accept_language: str | None) -> str:
    """
    >>> language_of("en-GB,zh;q=0.5"), language_of("fr, zh"), language_of(None)
    ('en', 'zh', 'zh')
    """
    weighed = []
    for at, part in enumerate((accept_language or "").split(",")):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            weight = 0.0
        weighed.append((-weight, at, tag.strip().lower()[:2]))
    return next((tag for weight, _, tag in sorted(weighed) if tag in ("zh", "en") and weight < 0), "zh")


def request_of(
    body: SubmissionBody, owner: str, language: str, intake: PictureIntake, deadline: float | None, where: str = ""
) -> Request:
    """The flow's request; its pictures are taken in by the deadline, or held for a worker where there is none.

    Raises BadInput naming every field that cannot be used.
    """
    problems: list[Problem] = []
    for at, item in enumerate(body.items):
        problems += _item_problems(item, f"{where}items.{at}", intake)
    if problems:
        raise BadInput(problems)
    items = tuple(_item(item, f"{where}items.{at}", intake, deadline) for at, item in enumerate(body.items))
    account = Account(body.account.id, body.account.created_at, body.account.third_party)
    submission = Submission(Scene(body.scene), items, account, language)
    return Request(owner, body.idempotency_key, digest_of(body), submission)


def _item_problems(item: SubmittedItem, where: str, intake: PictureIntake) -> list[Problem]:
    kind, problems = Kind(item.kind), []
    pictures = _pictures(item)
    if kind is Kind.AVATAR:
        if item.text is not None:
            problems.append(Problem(f"{where}.text", "is not for an avatar", "leave it out"))
        if item.image is None:
            problems.append(Problem(f"{where}.image", "is missing", 'give {"base64": …} or {"ref": …}'))
    elif item.image is not None:
        problems.append(Problem(f"{where}.image", f"is not for a {kind}", "leave it out; a post has `images`"))
    if kind is not Kind.POST and item.images is not None:
        problems.append(Problem(f"{where}.images", f"is not for a {kind}", "leave it out"))
    if len(pictures) > MAX_IMAGES:
        problems.append(Problem(f"{where}.images", f"has {len(pictures)} pictures", f"give at most {MAX_IMAGES}"))
    if kind is not Kind.AVATAR and not (kind is Kind.POST and pictures and item.text is None):
        problems += check_text(kind, item.text, f"{where}.text")
    for place, picture in pictures:
        field = f"{where}.{place}"
        if (picture.base64 is None) == (picture.ref is None):
            problems.append(Problem(field, "needs either base64 or ref", "give one of the two"))
        elif picture.ref is not None and not intake.store.has(picture.ref):
            problems.append(
                Problem(f"{field}.ref", "is not a picture that is kept here", "send it to /v1/pictures first")
            )
    return problems


def _pictures(item: SubmittedItem) -> list[tuple[str, Picture]]:
    single = [("image", item.image)] if item.image else []
    return single + [(f"images.{at}", picture) for at, picture in enumerate(item.images or [])]


def _item(item: SubmittedItem, where: str, intake: PictureIntake, deadline: float | None) -> Item:
    references, problems = list[str](), list[str]()
    for place, picture in _pictures(item):
        if picture.ref is not None:
            references.append(picture.ref)
            continue
        content = _decoded(picture.base64 or "", f"{where}.{place}.base64")
        if deadline is None:
            references.append(intake.store.hold(content))
            continue
        taken = intake.take(content, deadline, kind=Kind(item.kind))
        references += [taken.reference] if taken.reference else []
        problems += [taken.problem] if taken.problem else []
    return Item(Kind(item.kind), item.text, tuple(references), tuple(problems))


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(
            [Problem(where, f"is not base64: {error}", "encode the picture's bytes as standard base64")]
        ) from error
