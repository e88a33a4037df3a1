"""The case page: what it shows, what a decision brings about, and what happens when two people want one case."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from moderation.core import case as rules
from moderation.core.case import CaseStatus, ItemVerdict
from moderation.core.finding import Finding, Part, Screening, Verdict
from moderation.core.measures import Action, Standing
from moderation.core.submission import Item, Kind, Scene, Span
from moderation.store import accounts, cases
from moderation.store.cases import get
from moderation.web.desk_view import items
from tests.web.desk import House

PASS = {"items.0.verdict": "pass", "version": "1"}
REJECT = {"items.0.verdict": "reject", "items.0.category": "gambling", "version": "1"}


# Reading


def test_a_case_shows_what_was_found_where_and_how_it_was_hidden(house: House) -> None:
    case = house.case("加Ｖ❤信领彩金", scene=Scene.PROFILE_CHANGE)
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    assert ">加Ｖ❤信</mark>" in page and ">领彩金</mark>" in page
    for said in (
        "加v信",
        "全半角",
        "大小写",
        "插入符号",
        "3.1.2.5",
        "3.1.1.7",
        "关键词",
        "1.00",
        "作者将看到",
        "进入人工审核",
    ):
        assert said in li.text, said


def test_no_submitted_text_disturbs_the_page(house: House) -> None:
    case = house.case("\ud800\x00\u202e领彩金</bdi><script>alert(1)</script>", account="u/<b>\u202e")
    li = house.visit("li.na")
    for url in ("/desk", f"/desk/cases/{case}"):
        page = li.get(url).text
        assert "<script>alert" not in page and "<b>\u202e" not in page and "\u202e" not in page and "\x00" not in page
        assert "U+D800" in page and "␀" in page and "U+202E" in page
    assert li.get(re.findall(r'href="(/desk/accounts/[^"]+)"', li.page)[0]).status_code == 200


def test_a_joined_profile_marks_every_field_it_lies_in(house: House) -> None:
    case = house.case("正常加v信", Item(Kind.BIO, "联系某某领彩金"), scene=Scene.PROFILE_CHANGE)
    file = house.services.review.file(case)
    assert file.screening is not None and file.screening.outcome is not None
    first, second = file.screening.outcome.items
    joined = Finding("gambling", 1.0, "keywords@1", parts=(Part(0, Span(0, 2)), Part(1, Span(2, 4))))
    outcome = replace(
        file.screening.outcome,
        items=(replace(first, screening=Screening((joined,))), replace(second, screening=Screening())),
    )
    views = items(replace(file, screening=replace(file.screening, outcome=outcome)), house.services.policy, str)
    assert [re.findall(r'data-hits="0">(.*?)</mark>', str(view.text)) for view in views] == [["正常"], ["某某"]]
    assert views[0].hits[0].joined and str(views[0].hits[0].text) == "正常 + 某某"


def test_pictures_are_veiled_and_for_reviewers_only(house: House) -> None:
    drawn = BytesIO()
    Image.new("RGB", (32, 32), "red").save(drawn, "WEBP")
    picture = house.services.pictures.put(drawn.getvalue(), {})
    case = house.case(Item(Kind.AVATAR, None, (picture,)), scene=Scene.REGISTRATION, account=None)
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    assert f'class="veil" tabindex="0"><img src="/desk/pictures/{picture}"' in page
    assert "未完成的检查" in li.text and "图片" in li.text
    shown = li.get(f"/desk/pictures/{picture}")
    assert shown.content == drawn.getvalue() and shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert house.visit().get(f"/desk/pictures/{picture}", follow=False).status_code == 303
    assert li.get("/desk/pictures/sha256:nothing").status_code == 404


def test_a_case_of_a_lapsed_deadline_shows_the_field_as_it_stands(house: House) -> None:
    house.screen("老王五金", scene=Scene.PROFILE_CHANGE)
    case = house.case("出来领彩金", scene=Scene.PROFILE_CHANGE)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "action": "rectify", "days": "7", "next": "0"})
    house.later(days=8)
    house.services.enforce.run_out()
    [lapsed] = house.visit("li.na").rows("/desk")
    zhang = house.visit("zhang.wei")
    page = zhang.get(f"/desk/cases/{lapsed}").text
    assert "整改逾期" in zhang.text and "老王五金" in zhang.text and 'value="suspend"' in page


# Deciding


def test_passing_a_case_resolves_it_with_the_note_and_goes_on_to_the_next(house: House) -> None:
    case, next = house.case("出来领彩金"), house.case("再来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    arrived = li.post(f"/desk/cases/{case}/decide", {**PASS, "note": "玩笑 ", "next": "1"}, follow=False)
    assert arrived.headers["location"] == f"/desk/cases/{next}?decided={case}"
    resolved, measures = house.services.review.get(case)
    assert resolved.verdict is Verdict.PASS and resolved.note == "玩笑" and resolved.resolved_by == "user:li.na"
    assert measures == []
    assert house.services.review.get(next)[0].claimed_by == "user:li.na"
    li.get(arrived.headers["location"])
    assert 'data-testid="toast"' in li.page and f'action="/desk/cases/{case}/undo"' in li.page
    assert "今日已处理 1" in li.text


def test_htmx_is_sent_on_by_its_own_header(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    arrived = li.post(f"/desk/cases/{case}/decide", {**PASS, "next": "1"}, htmx=True)
    assert arrived.status_code == 204 and arrived.headers["hx-redirect"] == f"/desk?decided={case}"


def test_a_rejection_takes_the_measure_that_was_chosen_and_a_strike(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    chosen: dict[str, str | list[str]] = {
        **REJECT,
        "action": "restrict",
        "days": "3",
        "functions": ["post", "trade"],
        "notice": "请遵守约定",
        "next": "0",
    }
    assert "已驳回" in li.post(f"/desk/cases/{case}/decide", chosen).text
    [measure] = house.services.review.get(case)[1]
    assert (measure.action, measure.functions, measure.notice) == (Action.RESTRICT, ("post", "trade"), "请遵守约定")
    assert measure.until is not None and (measure.until - house.now[0]).days == 3
    li.get("/desk/accounts/u_1")
    assert "限制使用中" in li.text and "+3" in li.text and "至 11-25 12:00" in li.text


def test_the_ladders_recommendation_is_chosen_beforehand_with_its_reason(house: House) -> None:
    first = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{first}")
    assert "有效违规 0 分 ＋ 本次 3 分 ＝ 3 分，建议：删除内容" in li.text
    assert re.search(r'<option value="remove_content"[^>]* selected>删除内容（建议）', li.page)
    li.post(f"/desk/cases/{first}/decide", {**REJECT, "action": "remove_content"})
    li.get(f"/desk/cases/{house.case('再来领彩金')}")
    assert "有效违规 3 分 ＋ 本次 3 分 ＝ 6 分，建议：限制使用 7 天" in li.text
    assert 'name="days" inputmode="numeric" value="7"' in li.page


def test_every_rejected_field_is_to_be_rectified(house: House) -> None:
    case = house.case("加v信", Item(Kind.BIO, "领彩金"), scene=Scene.PROFILE_CHANGE)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    both = {"items.0.verdict": "reject", "items.0.category": "advertising_trade"}
    both |= {"items.1.verdict": "reject", "items.1.category": "gambling", "version": "1", "action": "rectify"}
    assert li.post(f"/desk/cases/{case}/decide", {**both}).status_code == 200
    taken = {(m.field, m.category) for m in house.services.review.get(case)[1]}
    assert taken == {("username", "advertising_trade"), ("bio", "gambling")}


def test_a_pass_takes_no_measure_whatever_stands_in_the_form(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**PASS, "action": "suspend", "days": "30"})
    assert house.services.review.get(case)[1] == []


def test_a_rejected_registration_is_refused_with_the_notice_that_was_written(house: House) -> None:
    case = house.case("老板盘口", scene=Scene.REGISTRATION, account="new_1")
    li = house.visit("li.na")
    assert "不予注册" in li.get(f"/desk/cases/{case}").text
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "notice": "名称不可用"})
    [measure] = house.services.review.get(case)[1]
    assert (measure.action, measure.notice) == (Action.REFUSE_REGISTRATION, "名称不可用")


@pytest.mark.parametrize(
    ("entered", "told"),
    [
        ({}, "第 1 项尚未选择通过或驳回"),
        ({"items.0.verdict": "review"}, "第 1 项尚未选择通过或驳回"),
        ({"items.0.verdict": "reject"}, "第 1 项驳回时请选择违规类型"),
        ({**REJECT, "action": "restrict", "days": "3.5", "functions": "post"}, "期限须为 1–3650 的整数天"),
        ({**REJECT, "action": "suspend", "days": "3651"}, "期限须为 1–3650 的整数天"),
        ({**REJECT, "action": "restrict", "days": "3"}, "请选择要限制的功能"),
        ({**REJECT, "action": "restore"}, "请选择处置方式"),
    ],
)
def test_what_is_missing_is_named_in_place_and_what_was_typed_stays(
    house: House, entered: dict[str, str], told: str
) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    refused = li.post(f"/desk/cases/{case}/decide", {"version": "1", **entered, "note": "写了很久的备注"})
    assert refused.status_code == 422 and told in refused.text and ">写了很久的备注</textarea>" in refused.text
    fragment = li.post(f"/desk/cases/{case}/decide", {"version": "1", **entered}, htmx=True)
    assert fragment.status_code == 422 and told in fragment.text and "<html" not in fragment.text
    assert house.status(case) is CaseStatus.OPEN


def test_somebody_elses_decision_is_shown_in_place_with_a_way_to_reload(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    house.services.review.decide(case, "user:zhang.wei", [ItemVerdict(Verdict.PASS)], [], "", 1)
    fragment = li.post(f"/desk/cases/{case}/decide", {**REJECT, "note": "备注"}, htmx=True)
    assert fragment.status_code == 409
    assert "zhang.wei 已于 12:00 将案件处理为「通过」" in fragment.text
    assert f'href="/desk/cases/{case}"' in fragment.text and "已保留" in fragment.text
    assert li.post(f"/desk/cases/{case}/decide", {**REJECT}).status_code == 409


def test_a_case_that_somebody_has_is_read_only_and_says_who_has_it(house: House) -> None:
    case = house.case("出来领彩金")
    house.services.review.claim(case, "user:zhang.wei")
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    assert "zhang.wei 正在处理" in li.text and "<fieldset disabled>" in page and 'data-testid="claim"' not in page
    refused = li.post(f"/desk/cases/{case}/claim")
    assert refused.status_code == 409 and "zhang.wei 已领取这个案件" in refused.text
    refused = li.post(f"/desk/cases/{case}/decide", {**PASS, "note": "留下"})
    assert refused.status_code == 409 and "zhang.wei 已领取这个案件" in refused.text
    assert ">留下</textarea>" in refused.text
    house.later(minutes=10)
    assert li.post(f"/desk/cases/{case}/claim").status_code == 200


def test_new_findings_since_the_page_was_opened_are_a_conflict(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    with house.services.database.write() as tx:
        found = get(tx, case, lock=True)
        cases.change(tx, found, rules.update(found, ["porn"], 3, house.now[0]))
    refused = li.post(f"/desk/cases/{case}/decide", {**PASS}, htmx=True)
    assert refused.status_code == 409 and "第 1 版 → 第 2 版" in refused.text and "淫秽色情" in refused.text


def test_a_claim_is_renewed_once_a_third_of_it_is_worn_and_the_page_hears_when_it_is_lost(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/claim")
    for minutes, events in ((3, 2), (1, 3)):
        house.later(minutes=minutes)
        kept = li.post(f"/desk/cases/{case}/renew", {"version": "1"}, htmx=True)
        assert kept.status_code == 200 and 'data-state="mine"' in kept.text
        assert len(house.services.review.file(case).events) == events
    assert "共 2 次" in li.said(f"/desk/cases/{case}")
    house.later(minutes=11)
    house.services.review.claim(case, "user:zhang.wei")
    lost = li.post(f"/desk/cases/{case}/renew", {"version": "1"}, htmx=True)
    assert lost.status_code == 409 and "zhang.wei 已领取这个案件" in lost.text and "hx-post" not in lost.text


def test_a_case_can_be_given_back_by_who_has_it(house: House) -> None:
    case = house.case("出来领彩金")
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/claim")
    refused = zhang.post(f"/desk/cases/{case}/release")
    assert refused.status_code == 409 and "不在你名下" in refused.text
    li.post(f"/desk/cases/{case}/release")
    assert house.status(case) is CaseStatus.OPEN


def test_an_undo_takes_measures_and_strikes_back_and_the_case_is_ones_own_again(house: House) -> None:
    case = house.case("出来领彩金")
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "action": "suspend", "days": "", "next": "1"})
    assert "已驳回 · 暂停使用" in li.text
    undone = li.post(f"/desk/cases/{case}/undo")
    assert undone.status_code == 200 and "已撤销，案件重新打开" in undone.text and "由你领取" in li.text
    with house.services.database.read() as tx:
        assert accounts.get(tx, "u_1").standing is Standing.ACTIVE
    assert house.services.review.account("u_1").points == 0


def test_an_undo_that_comes_too_late_or_from_another_says_why(house: House) -> None:
    case = house.case("出来领彩金")
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    li.get(f"/desk/cases/{case}")
    assert "无需撤销" in li.post(f"/desk/cases/{case}/undo").text
    li.post(f"/desk/cases/{case}/decide", {**PASS})
    refused = zhang.post(f"/desk/cases/{case}/undo")
    assert refused.status_code == 403 and "只有作出结论的 li.na 可以撤销" in refused.text
    house.later(minutes=10)
    refused = li.post(f"/desk/cases/{case}/undo")
    assert refused.status_code == 403 and "撤销时限已过" in refused.text
    assert 'data-testid="undo' not in li.get(f"/desk?decided={case}").text
