"""One registration, end to end, in a real browser: flagged, claimed, rejected, and the refusal goes out signed."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from standardwebhooks.webhooks import Webhook

from moderation.supervisor import dies_with_parent
from tests.servers import free_port

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 90


@dataclass(frozen=True)
class Installation:
    """A running `make run`, and what it printed for its first user."""

    url: str
    api_key: str
    username: str
    password: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.api_key}"}
        answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=10, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()


class Receiver:
    """A webhook's receiver: keeps the headers and body of whatever arrives."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[tuple[dict[str, str], str]] = queue.Queue()
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode("ascii")
                arrived.put((dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    var, port = tmp_path_factory.mktemp("var"), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    environment = clean | {"MODERATION_ALLOW_PRIVATE_HOSTS": "1"}
    command = [sys.executable, "-m", "moderation", "run", "--port", str(port), "--var", str(var)]
    process = subprocess.Popen(dies_with_parent(command), env=environment, stdout=subprocess.PIPE, text=True)
    try:
        _wait_until_announced(process)
        first = json.loads((var / "first-run.json").read_text("utf-8"))
        yield Installation(first["url"].rstrip("/"), first["api_key"], first["username"], first["password"])
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stdout is not None
        process.stdout.close()


def _wait_until_announced(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    alarm = threading.Timer(START_SECONDS, process.kill)
    alarm.start()
    printed = ""
    for line in process.stdout:
        printed += line
        if "first-run.json" in line:
            alarm.cancel()
            return
    pytest.fail(f"the installation did not become ready:\n{printed}")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        outside: list[str] = []
        page.on("request", lambda request: outside.append(request.url) if "//127.0.0.1" not in request.url else None)
        yield page
        browser.close()
    assert outside == [], "the desk asked other hosts"


def test_a_reviewer_refuses_a_registration_and_the_account_system_learns_of_it(
    installation: Installation, receiver: Receiver, page: Page
) -> None:
    hook = installation.call("POST", "/v1/webhooks", {"url": receiver.url, "events": ["measure.applied"]})
    username = "全国✨王小明"
    body = {
        "idempotency_key": "browser-1",
        "scene": "registration",
        "account": {"id": "account-1"},
        "items": [{"kind": "username", "text": username}, {"kind": "bio", "text": "喜欢爬山和摄影"}],
    }
    screened = installation.call("POST", "/v1/screenings", body)
    assert screened["verdict"] == "review"

    page.goto(f"{installation.url}/")
    page.fill("input[name=username]", installation.username)
    page.fill("input[name=password]", installation.password)
    page.get_by_test_id("login").click()
    row = page.get_by_test_id("case-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("全国")
    row.get_by_role("link").first.click()
    page.get_by_test_id("claim").click()
    expect(page.get_by_test_id("lease")).to_be_visible()
    expect(page.locator("mark").first).to_have_text("全国")
    page.get_by_test_id("reject").click()
    expect(page.get_by_test_id("measure-part")).to_contain_text("不予注册")
    page.get_by_test_id("decide").click()
    expect(page.get_by_test_id("toast")).to_be_visible()

    headers, payload = receiver.arrived.get(timeout=20)
    told = Webhook(hook["secret"]).verify(payload, headers)
    assert told["type"] == "measure.applied"
    assert told["data"]["action"] == "refuse_registration"
    assert told["data"]["account_id"] == "account-1"
    assert told["data"]["clause"] == "2.1.2"
    assert username not in payload
    case = installation.call("GET", f"/v1/cases/{screened['case_id']}")
    assert (case["status"], case["verdict"], case["resolved_by"]) == (
        "resolved",
        "reject",
        f"user:{installation.username}",
    )


def test_a_decision_is_undone_with_a_key(installation: Installation, page: Page) -> None:
    body = {
        "idempotency_key": "browser-2",
        "scene": "profile_change",
        "account": {"id": "account-2"},
        "items": [{"kind": "username", "text": "加Ｖ❤信领彩金"}],
    }
    screened = installation.call("POST", "/v1/screenings", body)
    page.goto(f"{installation.url}/desk/login")
    page.fill("input[name=username]", installation.username)
    page.fill("input[name=password]", installation.password)
    page.get_by_test_id("login").click()
    page.goto(f"{installation.url}/desk/cases/{screened['case_id']}")
    page.keyboard.press("c")
    expect(page.get_by_test_id("lease")).to_be_visible()
    assert page.locator("mark").all_inner_texts() == ["加Ｖ❤信", "领彩金"]
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("toast")).to_be_visible()
    path = f"/v1/cases/{screened['case_id']}"
    assert installation.call("GET", path)["verdict"] == "reject"
    page.keyboard.press("u")
    expect(page.get_by_test_id("claim").or_(page.get_by_test_id("lease"))).to_be_visible()
    reopened = installation.call("GET", path)
    assert reopened["status"] in ("open", "claimed")
    account = installation.call("GET", "/v1/accounts/account-2")
    assert (account["standing"], account["strike_points"]) == ("active", 0)


def test_the_desk_speaks_english_when_asked(installation: Installation, page: Page) -> None:
    page.goto(f"{installation.url}/desk/login")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
