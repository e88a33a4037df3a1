"""The bank at the desk: one click on a case, with a decision, taken back; and the banks' own pages."""

import re

import pytest

from moderation.pictures.bank import BankEntry, EntryState
from moderation.pictures.hashing import hash_frame
from moderation.store import audit, bank_pages, banks
from moderation.web.desk_banks import PAGE
from tests.pictures.scenes import scene
from tests.web.desk import House
from tests.web.pictured import avatar, case_of, looked_at, stored

LI = "user:li.na"
REJECT = {"items.0.verdict": "reject", "items.0.category": "fraud", "version": "1", "next": "0"}


def held(house: House, picture: str) -> list[BankEntry]:
    """The entries made of a picture that are not removed."""
    with house.services.database.read() as tx:
        found = bank_pages.holding(tx, [picture])[picture]
    return [entry for entry in found if entry.state is not EntryState.REMOVED]


def told(house: House) -> list[tuple[str, str, str]]:
    with house.services.database.read() as tx:
        events = [each.event for each in audit.read(tx)]
    return [(e.stream, e.type, e.actor) for e in events if e.stream.startswith("bank:")]


@pytest.fixture
def picture(house: House) -> str:
    looked_at(house)
    return avatar(house, 1)


# From a case


def test_one_click_adds_a_picture_under_its_items_category_and_another_takes_it_back(
    house: House, picture: str
) -> None:
    case = case_of(house, picture)
    zhang = house.visit("zhang.wei")
    page = zhang.get(f"/desk/cases/{case}").text
    [form] = re.findall(r'<form class="bank-form".*?</form>', page, re.DOTALL)
    place = f"/desk/cases/{case}/pictures/{picture}"
    assert f'action="{place}/bank"' in form and re.findall(r'value="(\w+)" selected', form) == ["porn"]
    zhang.post(f"{place}/bank", {"category": "porn", "note": " 群发 "})
    [entry] = held(house, picture)
    assert (entry.bank, entry.category, entry.note) == ("own-porn", "porn", f"群发 · {case}")
    assert "已加入「自建图库 · 淫秽色情」" in zhang.text and "已在图库" in zhang.text
    assert f'action="{place}/unbank"' in zhang.page and 'class="bank-form"' not in zhang.page
    toast = zhang.page[zhang.page.index('data-testid="toast"') :]
    assert f'action="{place}/unbank"' in toast and 'name="bank" value="own-porn"' in toast
    zhang.post(f"{place}/unbank", {"bank": "own-porn"})
    assert held(house, picture) == [] and "已移出「自建图库 · 淫秽色情」" in zhang.text
    zhang.post(f"{place}/bank", {"bank": "own-porn"})
    assert [again.id for again in held(house, picture)] == [entry.id]
    assert [(what.rpartition("_")[2], by) for _, what, by in told(house)[1:]] == [
        ("added", "user:zhang.wei"),
        ("removed", "user:zhang.wei"),
        ("restored", "user:zhang.wei"),
    ]


def test_only_who_has_the_case_adds_its_pictures(house: House, picture: str) -> None:
    case, place = case_of(house, picture), ""
    place = f"/desk/cases/{case}/pictures/{picture}"
    house.services.review.claim(case, LI)
    zhang = house.visit("zhang.wei")
    assert 'class="bank-form"' not in zhang.get(f"/desk/cases/{case}").text
    assert zhang.post(f"{place}/bank", {"category": "porn"}).status_code == 409
    assert zhang.post(f"{place}/bank", {"token": "forged", "category": "porn"}).status_code == 403
    other = f"/desk/cases/{case}/pictures/{avatar(house, 2)}/bank"
    assert zhang.post(other, {"category": "porn"}).status_code == 404
    assert told(house) == []
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    assert li.post(f"{place}/bank", {"category": "porn"}).status_code == 200
    assert zhang.post(f"{place}/unbank", {"bank": "own-porn"}).status_code == 409 and held(house, picture)


def test_reviewers_take_pictures_only_out_of_the_desks_own_banks(house: House, picture: str) -> None:
    house.services.banks.create("excused", None, LI)
    house.services.banks.add_to("excused", picture, LI)
    case = case_of(house, picture)
    place = f"/desk/cases/{case}/pictures/{picture}"
    zhang, li = house.visit("zhang.wei"), house.visit("li.na")
    page = zhang.get(f"/desk/cases/{case}").text
    assert "已在图库" in zhang.text and 'data-testid="unbank"' not in page
    for where in ("unbank", "bank"):
        assert zhang.post(f"{place}/{where}", {"bank": "excused"}).status_code == 403
    assert held(house, picture)
    assert 'data-testid="unbank"' in li.get(f"/desk/cases/{case}").text
    li.post(f"{place}/unbank", {"bank": "excused"})
    assert held(house, picture) == []


def test_what_cannot_be_added_is_said_in_words(house: House) -> None:
    looked_at(house)
    flat = avatar(house, stored(scene(1) * 0 + 200))
    case = case_of(house, flat)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    place = f"/desk/cases/{case}/pictures/{flat}/bank"
    refused = li.post(place, {"category": "porn"})
    assert refused.status_code == 422 and "图片内容过于单一" in li.text
    refused = li.post(place, {"category": "nothing"})
    assert refused.status_code == 422 and "请选择违规类型" in li.text and told(house) == []


def test_a_rejection_may_add_the_pictures_too_and_its_undo_takes_them_out_again(house: House, picture: str) -> None:
    case = case_of(house, picture, account="new_1")
    zhang = house.visit("zhang.wei")
    assert 'name="bank" value="1"' in zhang.get(f"/desk/cases/{case}").text
    zhang.post(f"/desk/cases/{case}/decide", {**REJECT, "bank": "1"})
    assert "已驳回" in zhang.text and "1 张图片已加入图库" in zhang.text
    [entry] = held(house, picture)
    assert (entry.bank, entry.category, entry.note) == ("own-fraud", "fraud", f"{case}:rejected")
    zhang.post(f"/desk/cases/{case}/undo")
    assert held(house, picture) == []


def test_an_undo_leaves_what_was_added_by_itself(house: House, picture: str) -> None:
    case = case_of(house, picture)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/pictures/{picture}/bank", {"category": "fraud"})
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "bank": "1"})
    li.post(f"/desk/cases/{case}/undo")
    assert len(held(house, picture)) == 1


def test_a_pass_or_a_rejection_without_the_mark_adds_nothing(house: House, picture: str) -> None:
    li = house.visit("li.na")
    for entered in (REJECT, {**REJECT, "items.0.verdict": "pass", "bank": "1"}):
        case = case_of(house, picture)
        li.get(f"/desk/cases/{case}")
        assert li.post(f"/desk/cases/{case}/decide", {**entered}).status_code == 200
    assert told(house) == []


def test_a_decision_stands_when_its_picture_cannot_be_added(house: House) -> None:
    looked_at(house)
    flat = avatar(house, stored(scene(1) * 0 + 200))
    case = case_of(house, flat)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case}")
    li.post(f"/desk/cases/{case}/decide", {**REJECT, "bank": "1"})
    assert "已驳回" in li.text and "1 张图片无法加入图库" in li.text


def test_a_case_without_pictures_offers_no_bank(house: House) -> None:
    page = house.visit("li.na").get(f"/desk/cases/{house.case('出来领彩金')}").text
    assert 'name="bank"' not in page and 'class="bank-form"' not in page


# The banks' pages


def test_the_banks_are_for_administrators(house: House, picture: str) -> None:
    [entry] = house.services.banks.add(picture, "porn", LI)
    zhang = house.visit("zhang.wei")
    assert "/desk/banks" not in zhang.get("/desk").text
    assert zhang.get("/desk/banks").status_code == zhang.get("/desk/banks/own-porn").status_code == 403
    assert zhang.post(f"/desk/banks/entries/{entry.id}/remove").status_code == 403
    assert 'href="/desk/banks"' in house.visit("li.na").get("/desk").text
    assert held(house, picture)


def test_the_list_of_banks_says_what_is_in_them_and_shows_what_waits(house: House, picture: str) -> None:
    li, flow = house.visit("li.na"), house.services.banks
    li.get("/desk/banks")
    assert "还没有图库" in li.text
    [entry] = flow.add(picture, "porn", LI, "群发")
    flow.create("放行/默认头像", None, LI, owner="运营", source="默认头像", note="平台自带")
    li.get("/desk/banks")
    for said in ("自建图库 · 淫秽色情", "own-porn", "生效中 1", "放行图库：相同图片不再处理", "运营", "平台自带"):
        assert said in li.text, said
    assert "待核查" not in li.text
    flow.quarantine(entry.id, "machine")
    page = li.get("/desk/banks").text
    assert "已隔离，待核查 1" in li.text and f'src="/desk/pictures/{picture}"' in page
    for url in re.findall(r'href="(/desk/banks/[^"]+)"', page):
        assert li.get(url).status_code == 200, url
    assert "图库里还没有条目" in li.said("/desk/banks/放行/默认头像")
    assert li.get("/desk/banks/none").status_code == 404


def test_an_entry_is_set_apart_released_removed_and_restored_each_with_a_way_back(house: House, picture: str) -> None:
    [entry] = house.services.banks.add(picture, "porn", LI)
    li = house.visit("li.na")
    li.get("/desk/banks/own-porn?state=live")
    steps = (
        ("quarantine", EntryState.QUARANTINED, "已隔离"),
        ("release", EntryState.LIVE, "已解除隔离"),
        ("remove", EntryState.REMOVED, "已移出"),
        ("restore", EntryState.LIVE, "已恢复"),
    )
    back: dict[str, str | list[str]] = {"next": "/desk/banks/own-porn?state=live"}
    for what, state, said in steps:
        li.post(f"/desk/banks/entries/{entry.id}/{what}", back)
        assert house.services.banks.entry(entry.id).state is state and f"条目 {entry.id} {said}" in li.text
        toast = li.page[li.page.index('data-testid="toast"') :]
        assert 'value="/desk/banks/own-porn?state=live"' in toast and "撤销" in toast
    assert li.post(f"/desk/banks/entries/{entry.id}/restore", back).status_code == 409
    assert li.post(f"/desk/banks/entries/{entry.id}/burn", back).status_code == 404
    assert li.post("/desk/banks/entries/999/remove", back).status_code == 404
    assert [by for *_, by in told(house)] == [LI] * 6


def test_undoing_a_removal_brings_a_quarantine_back(house: House, picture: str) -> None:
    [entry] = house.services.banks.add(picture, "porn", LI)
    house.services.banks.quarantine(entry.id, "machine")
    li = house.visit("li.na")
    li.get("/desk/banks")
    li.post(f"/desk/banks/entries/{entry.id}/remove", {"next": "/desk/banks"})
    toast = li.page[li.page.index('data-testid="toast"') :]
    assert f'action="/desk/banks/entries/{entry.id}/restore"' in toast and 'name="before" value="quarantined"' in toast
    li.post(f"/desk/banks/entries/{entry.id}/restore", {"next": "/desk/banks", "before": "quarantined"})
    assert house.services.banks.entry(entry.id).state is EntryState.QUARANTINED


def test_what_the_address_says_was_done_is_told_only_where_it_is_so(house: House, picture: str) -> None:
    [entry] = house.services.banks.add(picture, "porn", LI)
    li = house.visit("li.na")
    for asked in (
        f"entry={entry.id}&done=remove",
        f"entry={entry.id}&done=x",
        "entry=999&done=remove",
        "entry=²&done=remove",
    ):
        assert 'data-testid="toast"' not in li.get(f"/desk/banks?{asked}").text, asked
    case = case_of(house, picture)
    assert 'data-testid="toast"' not in li.get(f"/desk/cases/{case}?picture={picture}&bank=other").text


def test_a_bank_is_paged_newest_first_and_filtered_by_state(house: House) -> None:
    house.services.banks.create("list", "gambling", LI)
    with house.services.database.write() as tx:
        bank, frame = banks.bank(tx, "list"), hash_frame(scene(1))
        ids = [banks.add_entry(tx, bank, frame, None, "", LI, house.now[0]) for _ in range(PAGE + 3)]
        banks.add_matches(tx, [ids[-1]] * 2, "a_1", "sha256:1", house.now[0])
        banks.add_matches(tx, [ids[-1]], "a_2", "sha256:2", house.now[0])
    house.services.banks.remove(ids[0], LI)
    li = house.visit("li.na")

    def listed(url: str) -> list[int]:
        return [int(id) for id in re.findall(r'data-testid="bank-entry".*?<b>#(\d+)</b>', li.get(url).text, re.DOTALL)]

    assert listed("/desk/banks/list") == ids[::-1][:PAGE] and "第 1 / 2 页" in li.text
    assert "2 张图片 · 2 个帐号" in li.text and "仅哈希" in li.text
    assert listed("/desk/banks/list?page=2") == listed("/desk/banks/list?page=99") == ids[:3][::-1]
    assert listed("/desk/banks/list?state=removed") == [ids[0]] and "恢复" in li.text
    assert listed("/desk/banks/list?state=quarantined") == [] and "没有这种状态的条目" in li.text
    assert len(listed("/desk/banks/list?state=nonsense&page=-1")) == PAGE
    house.later(days=1, seconds=1)
    assert "2 张图片" not in li.said("/desk/banks/list")
