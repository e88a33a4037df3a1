"""The review desk, visited as a reviewer's browser does: plain forms, and htmx where it answers differently."""

import re
from html.parser import HTMLParser

from moderation.core.case import CaseStatus, ItemVerdict
from moderation.core.finding import Verdict
from moderation.core.measures import MeasureStatus, Standing
from moderation.core.submission import Item, Kind, Scene
from moderation.store import access, accounts, outbox
from tests.web.desk import PASSWORD, House

PASS = {"items.0.verdict": "pass", "version": "1"}
REJECT = {"items.0.verdict": "reject", "items.0.category": "gambling", "version": "1"}


# Signing in


def test_whoever_is_not_signed_in_is_sent_to_the_door_and_back_to_where_they_wanted(house: House) -> None:
    case = house.case("出来领彩金")
    visitor = house.visit()
    assert visitor.get("/", follow=False).headers["location"] == "/desk"
    sent = visitor.get(f"/desk/cases/{case}", follow=False)
    assert sent.status_code == 303 and sent.headers["location"] == f"/desk/login?next=%2Fdesk%2Fcases%2F{case}"
    visitor.get(sent.headers["location"])
    arrived = visitor.post(
        "/desk/login", {"username": "li.na", "password": PASSWORD, "next": f"/desk/cases/{case}"}, follow=False
    )
    assert arrived.headers["location"] == f"/desk/cases/{case}"


def test_a_crafted_link_sends_nobody_elsewhere(house: House) -> None:
    visitor = house.visit()
    visitor.get("/desk/login")
    for next in ("//evil.example/desk", "https://evil.example", "/desk\\@evil.example", "/desk/\r\nSet-Cookie: a=b"):
        arrived = visitor.post("/desk/login", {"username": "li.na", "password": PASSWORD, "next": next}, follow=False)
        assert arrived.headers["location"] == "/desk"
        visitor.get("/desk")
        visitor.post("/desk/logout")


def test_a_wrong_password_says_so_and_keeps_the_name(house: House) -> None:
    visitor = house.visit()
    refused = visitor.sign_in("li.na", "wrong password")
    assert refused.status_code == 401
    assert "用户名或密码不正确" in refused.text and 'value="li.na"' in refused.text


def test_ten_wrong_passwords_close_the_door_for_a_while_even_to_the_right_one(house: House) -> None:
    visitor = house.visit()
    for _ in range(10):
        assert visitor.sign_in("li.na", "wrong password").status_code == 401
    paused = visitor.sign_in("li.na")
    assert paused.status_code == 429 and "请 15 分钟后再试" in paused.text
    assert visitor.sign_in("zhang.wei").status_code == 200
    house.later(minutes=15)
    assert house.visit().sign_in("li.na").status_code == 200


def test_the_cookie_is_for_this_site_and_not_for_scripts(house: House) -> None:
    given = house.visit().get("/desk/login").headers["set-cookie"]
    assert "HttpOnly" in given and "SameSite=lax" in given and "Path=/desk" in given


def test_a_sign_in_ends_after_twelve_hours_with_signing_out_and_with_the_user(house: House) -> None:
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    with house.services.database.write() as tx:
        access.disable_user(tx, "zhang.wei", house.now[0])
    assert zhang.get("/desk", follow=False).status_code == 303
    house.later(hours=11, minutes=59)
    assert li.get("/desk", follow=False).status_code == 200
    house.later(minutes=1)
    assert li.get("/desk", follow=False).status_code == 303
    again = house.visit("li.na")
    again.post("/desk/logout")
    assert again.get("/desk", follow=False).status_code == 303


def test_a_tampered_cookie_is_nobody(house: House) -> None:
    li = house.visit("li.na")
    held = li.client.cookies["desk"]
    li.client.cookies.clear()
    li.client.cookies.set("desk", held[:-2] + "xx", path="/desk")
    assert li.get("/desk", follow=False).status_code == 303


def test_a_post_without_the_pages_token_does_nothing(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    for path in ("claim", "decide", "undo", "release", "renew"):
        refused = li.post(f"/desk/cases/{case}/{path}", {**PASS, "token": "forged"})
        assert refused.status_code == 403 and "页面已过期" in refused.text
    assert house.status(case) is CaseStatus.OPEN
    assert li.client.post(f"/desk/cases/{case}/claim", headers={"X-CSRF-Token": li.token}).status_code == 200
    assert house.status(case) is CaseStatus.CLAIMED


# The queue


def test_the_queue_goes_by_severity_then_age_and_shows_the_hit_in_its_place(house: House) -> None:
    second = house.case("出来领彩金")
    house.later(minutes=5)
    third = house.case("老板盘口怎么看")
    first = house.case("我要砍死你")
    li = house.visit("li.na")
    page = li.get("/desk").text
    assert re.findall(r'data-testid="case-row" data-case="(\w+)"', page) == [first, second, third]
    assert '出来<mark class="hue-0" data-hits="0">领彩金</mark>' in page
    assert "5 分钟" in li.text and "3.1.1.7" in li.text and "赌博" in li.text


def test_the_queue_can_be_narrowed(house: House) -> None:
    gambling, advertising = house.case("出来领彩金"), house.case("加V信聊")
    li = house.visit("li.na")
    assert li.rows("/desk?category=gambling") == [gambling]
    assert li.rows("/desk?status=mine") == []
    house.services.review.claim(advertising, "user:li.na")
    assert li.rows("/desk?status=mine") == [advertising]
    assert li.rows("/desk") == [gambling, advertising]
    house.services.review.decide(gambling, "user:zhang.wei", [ItemVerdict(Verdict.PASS)], [], "", 1)
    assert li.rows("/desk?status=resolved") == [gambling]
    assert li.rows("/desk?status=nonsense&category=nonsense&page=99999999999") == [advertising]
    assert li.rows("/desk?page=7") == [advertising]


def test_a_long_queue_has_pages(house: House) -> None:
    for at in range(51):
        house.case(f"第{at}次领彩金")
    li = house.visit("li.na")
    assert len(li.rows("/desk")) == 50 and "第 1 / 2 页" in li.text
    assert len(li.rows("/desk?page=2")) == 1


def test_an_empty_queue_says_so(house: House) -> None:
    li = house.visit("li.na")
    assert "队列已清空" in li.get("/desk").text
    assert "没有可领取的案件了" in li.post("/desk/next").text


def test_claiming_the_next_takes_the_worst_and_never_the_same_for_two(house: House) -> None:
    mild, bad = house.case("出来领彩金"), house.case("我要砍死你")
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    assert li.post("/desk/next", follow=False).headers["location"] == f"/desk/cases/{bad}"
    assert zhang.post("/desk/next", follow=False).headers["location"] == f"/desk/cases/{mild}"
    assert li.post("/desk/next", follow=False).headers["location"] == "/desk?said=none_left"


# Measures


def test_a_termination_waits_for_somebody_else(house: House) -> None:
    case = house.case("出来领彩金")
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    li.get(f"/desk/cases/{case}")
    assert "待第二人确认" in li.post(f"/desk/cases/{case}/decide", {**REJECT, "action": "terminate"}).text
    [measure] = house.services.review.to_confirm()
    assert 'data-testid="agree"' not in li.get("/desk/confirmations").text and "由你提出" in li.text
    refused = li.post(f"/desk/measures/{measure.id}/confirm", {"agree": "yes"})
    assert refused.status_code == 403 and "需由他人确认" in refused.text
    assert 'data-testid="agree"' in zhang.get("/desk/confirmations").text
    assert "已确认，处置生效" in zhang.post(f"/desk/measures/{measure.id}/confirm", {"agree": "yes"}).text
    with house.services.database.read() as tx:
        assert accounts.get(tx, "u_1").standing is Standing.TERMINATED
    assert zhang.post(f"/desk/measures/{measure.id}/confirm", {"agree": "yes"}).status_code == 409


def test_a_termination_can_be_declined(house: House) -> None:
    case = house.case("出来领彩金")
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "action": "terminate"})
    [measure] = house.services.review.to_confirm()
    zhang.get("/desk/confirmations")
    zhang.post(f"/desk/measures/{measure.id}/confirm", {"agree": "no"})
    with house.services.database.read() as tx:
        assert accounts.measures_of(tx, "u_1")[0].status is MeasureStatus.DECLINED


def test_a_measure_is_lifted_from_the_accounts_page(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "action": "suspend", "days": "30"})
    [measure] = house.services.review.get(case)[1]
    assert "已暂停" in li.said("/desk/accounts/u_1")
    lifted = li.post(f"/desk/measures/{measure.id}/lift", {"next": "/desk/accounts/u_1"})
    assert "已解除" in lifted.text and "正常" in li.text
    assert li.post(f"/desk/measures/{measure.id}/lift").status_code == 409


def test_what_does_not_exist_is_said_so(house: House) -> None:
    li = house.visit("li.na")
    for url in ("/desk/cases/case_nothing", "/desk/accounts/nobody"):
        assert li.get(url).status_code == 404 and "没有找到" in li.text
    for url in ("/desk/cases/x/decide", "/desk/cases/x/claim", "/desk/cases/x/undo", "/desk/measures/x/lift"):
        assert li.post(url).status_code == 404


def test_failed_deliveries_are_for_administrators_who_can_send_them_again(house: House) -> None:
    with house.services.database.write() as tx:
        hook = outbox.Webhook("hook_1", "https://example.com/hook", ("*",), "whsec_x", house.now[0])
        outbox.add_webhook(tx, hook)
        outbox.put(tx, house.services.clock, "case.resolved", {"id": "case_1"})
        [message] = outbox.claim(tx, "lease", house.now[0], 10)
        outbox.failed(tx, message.id, "lease", "503 <Service>", None)
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    assert zhang.get("/desk/webhooks").status_code == 403 and "/desk/webhooks" not in zhang.get("/desk").text
    assert "503 &lt;Service&gt;" in li.get("/desk/webhooks").text
    assert "已重新排入投递" in li.post(f"/desk/webhooks/{message.id}/retry").text
    assert house.services.deliver.dead() == [] and "全部送达" in li.text


# Everywhere


def test_english_is_a_switch_away_and_stays(house: House) -> None:
    case = house.case("加Ｖ❤信领彩金", scene=Scene.PROFILE_CHANGE)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    arrived = li.post("/desk/language", {"language": "en", "next": f"/desk/cases/{case}"})
    assert arrived.url.path == f"/desk/cases/{case}" and 'lang="en"' in arrived.text
    for said in ("Gambling", "inserted symbols", "Pass all" if "Pass all" in li.text else "Pass", "Strike points"):
        assert said in li.text
    assert "Review desk" in li.said("/desk")


def test_no_page_needs_another_host_an_inline_script_or_an_inline_style(house: House) -> None:
    house.screen("老王五金", scene=Scene.PROFILE_CHANGE)
    case = house.case("加Ｖ❤信领彩金", Item(Kind.BIO, "领彩金"), scene=Scene.PROFILE_CHANGE)
    li = house.visit("li.na")
    pages = [
        "/desk/login",
        "/desk",
        f"/desk/cases/{case}",
        "/desk/accounts/u_1",
        "/desk/confirmations",
        "/desk/webhooks",
    ]
    for url in pages:
        answer = (house.visit() if url.endswith("login") else li).get(url)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        parser = _Outside()
        parser.feed(answer.text)
        assert parser.found == []
    for name in re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', li.page):
        assert li.client.get(name).status_code == 200


class _Outside(HTMLParser):
    """Collects what the policy of the pages would not let a browser use."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.found.append(f"{tag} {given}")
        if tag == "script" and not (given.get("src") or "").startswith("/desk/static/"):
            self.found.append(f"{tag} {given}")
        for name in ("src", "href", "action", "hx-get", "hx-post"):
            value = given.get(name)
            if value is not None and not re.match(r"/(?!/)|#", value):
                self.found.append(f"{tag} {name}={value}")
