"""A review desk on a small database of its own, with a clock that stands still until it is moved, and browsers to visit it."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx2
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.testclient import TestClient

from moderation.core.case import CaseStatus
from moderation.core.clock import Clock
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.flows.screen import Request
from moderation.settings import Settings
from moderation.store import access
from moderation.store.access import Role
from moderation.store.submissions import StoredScreening
from moderation.web.desk import STATIC, desk_router
from moderation.wiring import Services, build

PASSWORD = "correct horse"
LISTS = {
    "gambling": "领彩金\n盘口 ; ceiling=review\n",
    "advertising_trade": "加v信\n代打上分\n",
    "violence_terror": "砍死你 ; severity=4\n",
    "harassment_vulgar": "低俗词 ; ceiling=review\n",
}


class Browser:
    """Somebody at the desk: follows redirects, keeps the cookie, and posts with the token of the page last seen."""

    def __init__(self, app: FastAPI) -> None:
        self.client = TestClient(app, base_url="http://desk.test")
        self.page = ""

    def get(self, url: str, *, follow: bool = True) -> httpx2.Response:
        return self._seen(self.client.get(url, follow_redirects=follow))

    def post(
        self, url: str, data: dict[str, str | list[str]] | None = None, *, htmx: bool = False, follow: bool = True
    ) -> httpx2.Response:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://desk.test/desk"} if htmx else {}
        token = {} if data and "token" in data else {"token": self.token}
        return self._seen(
            self.client.post(url, data={**token, **(data or {})}, headers=headers, follow_redirects=follow)
        )

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        self.get("/desk/login")
        return self.post("/desk/login", {"username": name, "password": password})

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page)
        return found[1] if found else ""

    @property
    def text(self) -> str:
        """What the page says, without its markup."""
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page)))

    def rows(self, url: str) -> list[str]:
        """The ids of the cases that a page of the queue lists."""
        return re.findall(r'data-testid="case-row" data-case="(\w+)"', self.get(url).text)

    def said(self, url: str) -> str:
        """What a page says."""
        self.get(url)
        return self.text

    def _seen(self, response: httpx2.Response) -> httpx2.Response:
        if 'name="token"' in response.text:
            self.page = response.text
        return response


@dataclass
class House:
    """The desk, its services, and what tests do beside it."""

    services: Services
    app: FastAPI
    now: list[datetime]
    count: int = 0
    browsers: list[Browser] = field(default_factory=list)

    def visit(self, name: str | None = None) -> Browser:
        """A browser at the desk, signed in where a name is given."""
        browser = Browser(self.app)
        self.browsers.append(browser)
        if name:
            assert browser.sign_in(name).status_code == 200
        return browser

    def later(self, **span: float) -> None:
        self.now[0] += timedelta(**span)

    def screen(
        self, *items: Item | str, scene: Scene = Scene.POST, account: str | None = "u_1", deadline: float = 30.0
    ) -> StoredScreening:
        """Screens texts, by default as posts of an account that exists."""
        self.count += 1
        kind = Kind.POST if scene is Scene.POST else Kind.USERNAME
        given = tuple(Item(kind, item) if isinstance(item, str) else item for item in items)
        submission = Submission(scene, given, Account(account) if account else None)
        digest = hashlib.sha256(str(self.count).encode()).hexdigest()
        request = Request("test", f"key-{self.count}", digest, submission)
        return self.services.screen.now(request, time.monotonic() + deadline).screening

    def status(self, id: str) -> CaseStatus:
        return self.services.review.get(id)[0].status

    def case(self, *items: Item | str, scene: Scene = Scene.POST, account: str | None = "u_1") -> str:
        """The id of the case that these open."""
        found = self.screen(*items, scene=scene, account=account).case_id
        assert found is not None
        return found


@contextmanager
def opened(folder: Path, *, images: str = "off") -> Iterator[House]:
    """A desk with an administrator, li.na, and a reviewer, zhang.wei. With `images` "on", pictures are looked at."""
    lists = folder / "wordlists"
    lists.mkdir()
    for name, terms in LISTS.items():
        (lists / f"{name}.txt").write_text(terms, encoding="utf-8")
    now = [datetime(2026, 11, 22, 4, 0, tzinfo=UTC)]
    settings = Settings.read(
        {
            "MODERATION_VAR": str(folder / "var"),
            "MODERATION_WORDLISTS": str(lists),
            "MODERATION_CLASSIFIER": "off",
            "MODERATION_IMAGES": images,
        }
    )
    services = build(settings, clock=Clock(now=lambda: now[0]))
    with services.database.write() as tx:
        for name, role in (("li.na", Role.ADMIN), ("zhang.wei", Role.REVIEWER)):
            access.add_user(tx, services.clock.id("user"), name, PASSWORD, role, now[0])
    app = FastAPI()
    app.include_router(desk_router(services))
    app.mount("/desk/static", StaticFiles(directory=STATIC))
    house = House(services, app, now)
    try:
        yield house
    finally:
        for browser in house.browsers:
            browser.client.close()
        services.close()
