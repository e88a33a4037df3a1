"""The demonstration: invented submissions of all categories, screened as real ones are, so that the review desk has work to show."""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from moderation.core.clock import Clock
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.flows.intake import PictureIntake
from moderation.flows.screen import Request, ScreenFlow
from moderation.store import submissions
from moderation.store.database import Database

OWNER = "demo"
"""Whose submissions these are, in place of an API key's owner."""

SUBMISSIONS = Path(__file__).with_name("demo.jsonl")
PICTURES = Path(__file__).with_name("demo_pictures")
PATIENCE_SECONDS = 60.0
"""How long one submission may take: nobody waits for it, and a cut-short one would show as degraded."""


def fill(flow: ScreenFlow, clock: Clock, before: Callable[[int, int], None] = lambda at, total: None) -> int:
    """Screens every invented submission, in order; how many there are. A second time, or after a break, only what is missing.

    before  told, ahead of each one, how many are done and how many there are
    """
    lines = _lines()
    for at, line in enumerate(lines):
        before(at, len(lines))
        flow.now(_request(at, line, flow.intake, clock), time.monotonic() + PATIENCE_SECONDS)
    return len(lines)


def filled(database: Database) -> bool:
    """Whether the last submission is there, and so all of them are."""
    with database.read() as tx:
        return submissions.by_key(tx, OWNER, _key(len(_lines()) - 1)) is not None


def _lines() -> list[str]:
    return SUBMISSIONS.read_text(encoding="utf-8").splitlines()


def _request(at: int, line: str, intake: PictureIntake, clock: Clock) -> Request:
    invented = json.loads(line)
    scene = Scene(invented["scene"])
    items = tuple(_item(item, intake) for item in invented["items"])
    # Accounts differ in age, and one that is being registered has none.
    age = timedelta(days=3 + int(invented["account"].rpartition("-")[2]) * 37 % 1500)
    created_at = None if scene is Scene.REGISTRATION else clock.now() - age
    third_party = "wechat" if scene is Scene.THIRD_PARTY_LOGIN else None
    account = Account(invented["account"], created_at, third_party)
    # Of the line alone: the account's time is another in every run, and the submission is the same nevertheless.
    digest = hashlib.sha256(line.encode()).hexdigest()
    return Request(OWNER, _key(at), digest, Submission(scene, items, account))


def _item(invented: dict[str, Any], intake: PictureIntake) -> Item:
    kind = Kind(invented["kind"])
    drawn = [(PICTURES / f"{name}.webp").read_bytes() for name in invented.get("pictures", ())]
    taken = [intake.take(picture, kind=kind).reference for picture in drawn]
    return Item(kind, invented.get("text"), tuple(filter(None, taken)))


def _key(at: int) -> str:
    """
    >>> _key(0)
    'demo-0001'
    """
    return f"demo-{at + 1:04d}"
