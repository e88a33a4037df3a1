"""Pictures at the desk: how they are shown, what is drawn over them, copies of known ones, and their likes elsewhere."""

import re
from dataclasses import replace

import pytest

from moderation.core.finding import Finding, Region, Verdict
from moderation.core.submission import Item, Kind, Scene
from moderation.pictures.bank import EntryState
from moderation.pictures.hashing import hash_frame
from moderation.store import access, accounts, banks, likeness
from moderation.store.access import Showing
from moderation.web.desk_pictures import boxes
from moderation.web.desk_view import items
from tests.pictures.scenes import COPIES, scene
from tests.web.desk import House
from tests.web.pictured import CODED, READ, SEEN, TEXT_AT, animated, avatar, case_of, looked_at, stored

LI = "user:li.na"


def shows(house: House, account: str, picture: str) -> None:
    """The account shows the picture as its avatar, as after a submission that passed."""
    [frame] = house.services.intake.recall(picture).facts.hashes
    with house.services.database.write() as tx:
        likeness.put_picture(tx, picture, frame.pdq)
        accounts.put(tx, account, {"avatar": picture}, house.now[0])


def copied(house: House, picture: str, entry: int, bank: str, distance: int = 4) -> str:
    """A case whose picture was found to be a copy of a bank's entry."""
    region = Region(0, entry=str(entry), distance=distance)
    looked_at(house, Finding("gambling", 1.0, f"bank@{bank}", ceiling=Verdict.REVIEW, region=region))
    return case_of(house, picture)


# How pictures are first shown


def test_pictures_are_veiled_until_a_reviewer_chooses_otherwise_and_for_them_only(house: House) -> None:
    case = case_of(house, avatar(house, 1))
    li, zhang = house.visit("li.na"), house.visit("zhang.wei")
    assert 'class="shown-blurred"' in li.get(f"/desk/cases/{case}").text
    for showing, said in ((Showing.GREY, "仅去色"), (Showing.PLAIN, "直接显示"), (Showing.BLURRED, "模糊并去色")):
        page = li.post("/desk/showing", {"pictures": showing.value, "next": f"/desk/cases/{case}"}).text
        assert f'class="shown-{showing.value}"' in page and 'data-testid="picture"' in page
        assert re.search(rf'aria-pressed="true"[^>]*>{said}<', page)
        for url in ("/desk", "/desk/banks", "/desk/accounts/u_1"):
            assert f'class="shown-{showing.value}"' in li.get(url).text
        assert 'class="shown-blurred"' in zhang.get("/desk").text
        with house.services.database.read() as tx:
            assert {user.username: user.pictures for user in access.all_users(tx)}["li.na"] is showing
    assert li.post("/desk/showing", {"pictures": "naked"}).status_code == 200
    assert 'class="shown-blurred"' in li.get("/desk").text
    assert house.visit().get("/desk/login").text.count("shown-") == 0


def test_the_choice_needs_the_sessions_token_and_goes_nowhere_else(house: House) -> None:
    li = house.visit("li.na")
    assert li.post("/desk/showing", {"token": "forged", "pictures": "plain"}).status_code == 403
    assert 'class="shown-blurred"' in li.get("/desk").text
    gone = li.post("/desk/showing", {"pictures": "grey", "next": "//evil.example"}, follow=False)
    assert gone.headers["location"] == "/desk"


# Evidence


def test_what_was_seen_in_a_picture_is_drawn_over_it_with_the_number_of_its_row(house: House) -> None:
    looked_at(house, SEEN, READ, CODED)
    case = case_of(house, avatar(house, 1))
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    polygons = re.findall(r'<polygon class="place hue-(\d)" data-hits="(\d)" points="([^"]+)"', page)
    assert polygons == [
        ("1", "1", "10.00,70.00 90.00,66.00 90.00,82.00 10.00,86.00"),
        ("1", "2", "55.00,10.00 90.00,10.00 90.00,45.00 55.00,45.00"),
    ]
    assert re.findall(r'<svg x="([\d.]+%)" y="([\d.]+%)" class="tag hue-1" data-hits="(\d)">', page) == [
        ("10.00%", "66.00%", "1"),
        ("55.00%", "10.00%", "2"),
    ]
    rows = re.findall(r'<tr data-hit="(\d)".*?class="tag-no hue-\d" title="[^"]*">(\d)<', page, re.DOTALL)
    assert rows == [("0", "1"), ("1", "2"), ("2", "3")]
    for said in (
        "图中文字",
        "加v信 abc123",
        "二维码 · 联系方式",
        "https://u.wechat.com/abc",
        "模型",
        "整张图片",
        "已标出 2 处",
    ):
        assert said in li.text, said
    assert "第 1 帧" not in li.text and "style=" not in page


def test_a_payload_is_shortened_and_is_never_a_link(house: House) -> None:
    url = "https://example.com/" + "x" * 300 + '"><script>alert(1)</script>'
    looked_at(house, replace(CODED, region=replace(CODED.region or Region(0), text=url)))
    page = house.visit("li.na").get(f"/desk/cases/{case_of(house, avatar(house, 1))}").text
    assert 'href="https://example.com' not in page and "<script>alert" not in page
    shown = re.search(r'<span class="payload"[^>]*>([^<]+)</span>', page)
    assert shown and shown[1].startswith("https://example.com/xxx") and shown[1].endswith("…") and len(shown[1]) == 81


def test_hits_at_one_place_share_a_box_and_recorded_ones_have_none(house: House) -> None:
    other = replace(READ, category="gambling")
    recorded = replace(CODED, source="codes@product", ceiling=Verdict.PASS)
    looked_at(house, READ, other, recorded, replace(READ, region=Region(1, 0, TEXT_AT, "第二张")))
    pictures = avatar(house, 1), avatar(house, 2)
    case = case_of(house, *pictures)
    [view] = items(house.services.review.file(case), house.services.policy, str)
    assert [box.hits for box in boxes(view.hits, 0)] == [(0, 1)] and [b.hits for b in boxes(view.hits, 1)] == [(3,)]
    li = house.visit("li.na")
    assert ">1·2</text>" in li.get(f"/desk/cases/{case}").text
    assert "商品码" in li.text and "仅记录，不参与判定" in li.text and "图 2" in li.text


def test_a_box_that_reaches_beyond_the_picture_is_cut_off_and_its_number_stays_inside(house: House) -> None:
    outside = Region(0, 0, ((0.95, 0.97), (1.2, 0.97), (1.2, 1.1), (0.95, 1.1)), "加v信")
    looked_at(house, replace(READ, region=outside))
    [view] = items(house.services.review.file(case_of(house, avatar(house, 1))), house.services.policy, str)
    [box] = boxes(view.hits, 0)
    assert box.points == "95.00,97.00 100.00,97.00 100.00,100.00 95.00,100.00" and (box.x, box.y) == (
        "92.00%",
        "92.00%",
    )


def test_of_an_animation_the_frame_is_named(house: House) -> None:
    looked_at(house, replace(SEEN, region=Region(0, 2)))
    moving = avatar(house, animated(scene(1, 200), scene(2, 200), scene(3, 200)))
    li = house.visit("li.na")
    li.get(f"/desk/cases/{case_of(house, moving)}")
    assert "动图，共 3 帧" in li.text and "第 3 帧" in li.text


def test_a_picture_that_is_gone_is_said_to_be_and_breaks_nothing(house: House) -> None:
    looked_at(house, READ)
    case = case_of(house, "sha256:" + "0" * 64, "held:0")
    li = house.visit("li.na")
    assert li.get(f"/desk/cases/{case}").status_code == 200
    assert li.text.count("图片已不在库中") == 2 and "加v信 abc123" in li.text


# Copies of known pictures


def test_a_copy_is_shown_beside_the_banks_own_picture_with_what_the_bank_says(house: House) -> None:
    known, flow = avatar(house, 5), house.services.banks
    [entry] = flow.add(known, "gambling", "user:zhang.wei", "群发头像")
    case = copied(house, avatar(house, stored(COPIES["JPEG of quality 30"](scene(5)))), entry.id, "own-gambling")
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    [section] = re.findall(r'data-testid="copied">.*?</section>', page, re.DOTALL)
    assert f'<span class="veil" tabindex="0"><img src="/desk/pictures/{known}" alt="图库图片 {entry.id}"' in section
    for said in ("自建图库 · 赌博", f"#{entry.id}", "相差 4 位", "zhang.wei", "群发头像", "审核台"):
        assert said in section, said
    assert "已隔离" not in section
    flow.quarantine(entry.id, LI)
    li.get(f"/desk/cases/{case}")
    assert "已隔离" in li.text and "命中只转人工复核" in li.text


def test_a_copy_of_a_hash_from_a_list_says_so_and_one_of_an_entry_that_is_gone_too(house: House) -> None:
    flow = house.services.banks
    flow.create("共享/名单", "gambling", LI, owner="行业联盟", source="2026 年名单")
    with house.services.database.write() as tx:
        bank = banks.bank(tx, "共享/名单")
        entry = banks.add_entry(tx, bank, hash_frame(scene(5)), None, "第 3 行", LI, house.now[0])
    picture = avatar(house, 5)
    li = house.visit("li.na")
    li.get(f"/desk/cases/{copied(house, picture, entry, bank.name, 9)}")
    for said in ("仅哈希", "共享/名单", "相差 9 位", "行业联盟", "2026 年名单", "第 3 行"):
        assert said in li.text, said
    li.get(f"/desk/cases/{copied(house, picture, 999_999, bank.name)}")
    assert "该图库条目已不存在" in li.text


# Likes


def test_other_accounts_with_a_similar_avatar_are_shown_nearest_first_with_their_standing(house: House) -> None:
    same, near = avatar(house, 5), avatar(house, stored(COPIES["JPEG of quality 30"](scene(5))))
    shows(house, "old/1", same)
    shows(house, "old_2", near)
    shows(house, "new_1", same)
    shows(house, "far", avatar(house, 8))
    case = case_of(house, same)
    li = house.visit("li.na")
    page = li.get(f"/desk/cases/{case}").text
    found = re.findall(r'data-testid="like">.*?<a href="([^"]+)".*?</li>', page, re.DOTALL)
    assert found == ["/desk/accounts/old%2F1", "/desk/accounts/old_2"]
    assert "相似头像的其他帐号" in li.text and "2 个" in li.text and "相同" in li.text and "正常" in li.text
    assert 'alt="帐号 old/1 的头像，相差 0 位"' in page
    li.get("/desk/accounts/old_2")
    assert re.findall(r'data-testid="like">.*?<bdi>([^<]+)<', li.page, re.DOTALL) == ["new_1", "old/1"]
    li.get("/desk/accounts/far")
    assert "没有其他帐号使用相似头像" in li.text


def test_at_most_twelve_likes_are_shown_and_all_are_counted(house: House) -> None:
    same = avatar(house, 5)
    for number in range(15):
        shows(house, f"old_{number:02}", same)
    li = house.visit("li.na")
    assert li.get(f"/desk/cases/{case_of(house, same)}").text.count('data-testid="like"') == 12 and "15 个" in li.text


@pytest.mark.parametrize("kind", [Kind.POST, Kind.AVATAR])
def test_only_avatars_that_can_be_known_again_have_likes(house: House, kind: Kind) -> None:
    flat = avatar(house, stored(scene(1) * 0 + 200)) if kind is Kind.AVATAR else avatar(house, 5)
    looked_at(house)
    for account in ("old_1", "old_2"):
        shows(house, account, flat)
    scene_of = Scene.POST if kind is Kind.POST else Scene.REGISTRATION
    page = house.visit("li.na").get(f"/desk/cases/{house.case(Item(kind, None, (flat,)), scene=scene_of)}").text
    assert 'data-testid="like"' not in page and 'data-testid="picture"' in page


def test_the_state_of_entries_is_a_word_in_both_languages(house: House) -> None:
    li = house.visit("li.na")
    li.post("/desk/language", {"language": "en", "next": "/desk/banks"})
    assert "There is no bank yet" in li.text
    [entry] = house.services.banks.add(avatar(house, 5), "gambling", LI)
    assert "Own bank · Gambling" in li.said("/desk/banks/own-gambling") and "in use" in li.text
    assert entry.state is EntryState.LIVE
