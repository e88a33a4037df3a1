"""Pictures at the desk in a real browser: what is veiled, what shows it plainly, and what lights up together."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Locator, Page, expect, sync_playwright

from moderation.core.finding import Region
from tests.acceptance.test_desk_in_a_browser import CHROMIUM, QUIET
from tests.servers import free_port
from tests.web.desk import PASSWORD, House
from tests.web.desk import opened as opened_desk
from tests.web.pictured import CODED, READ, SEEN, avatar, case_of, looked_at

VEILED, GREY, PLAIN = "blur(14px) grayscale(1)", "grayscale(1)", "none"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened_desk(tmp_path) as found:
        looked_at(found, SEEN, READ, CODED)
        yield found


@pytest.fixture
def url(house: House) -> Iterator[str]:
    """Where the desk answers."""
    server = uvicorn.Server(uvicorn.Config(house.app, port=free_port(), log_level="error", ws="none"))
    serving = threading.Thread(target=server.run)
    serving.start()
    ends = time.monotonic() + 20
    while not server.started and time.monotonic() < ends:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    serving.join(20)


@pytest.fixture
def page(url: str) -> Iterator[Page]:
    """li.na's browser, signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/desk/login")
        page.fill("input[name=username]", "li.na")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_test_id("login").click()
        page.wait_for_url(f"{url}/desk")
        yield page
        browser.close()
    assert said == [], "the browser refused something of the page"


def filter_of(picture: Locator) -> str:
    """What the browser does to a picture before it is seen."""
    found: str = picture.evaluate("(img) => getComputedStyle(img).filter")
    return found


def expect_filter(picture: Locator, filter: str) -> None:
    expect(picture).to_have_css("filter", filter)


def test_a_picture_is_veiled_until_it_is_hovered_focused_or_the_key_is_held(house: House, url: str, page: Page) -> None:
    page.goto(f"{url}/desk/cases/{case_of(house, avatar(house, 1))}")
    veil = page.get_by_test_id("picture").locator("figure .veil")
    picture = veil.locator("img")
    expect_filter(picture, VEILED)
    veil.hover()
    expect_filter(picture, PLAIN)
    page.mouse.move(5, 5)
    expect_filter(picture, VEILED)
    veil.focus()
    expect_filter(picture, PLAIN)
    page.keyboard.press("Escape")
    expect_filter(picture, VEILED)
    page.keyboard.down("b")
    expect_filter(picture, PLAIN)
    page.keyboard.up("b")
    expect_filter(picture, VEILED)
    page.get_by_test_id("note").focus()
    page.keyboard.down("b")
    assert filter_of(picture) == VEILED and page.get_by_test_id("note").input_value() == "b"
    page.keyboard.up("b")


def test_how_pictures_are_shown_is_chosen_from_any_page_and_holds_on_every_other(
    house: House, url: str, page: Page
) -> None:
    case = f"{url}/desk/cases/{case_of(house, avatar(house, 1))}"
    menu = page.get_by_test_id("showing")
    for showing, filter in (("grey", GREY), ("plain", PLAIN), ("blurred", VEILED)):
        menu.locator("summary").click()
        page.get_by_test_id(f"showing-{showing}").click()
        expect(page.locator(f"body.shown-{showing}")).to_be_visible()
        page.goto(case)
        expect_filter(page.get_by_test_id("picture").locator("figure img"), filter)
    menu.locator("summary").press("Enter")
    expect(page.get_by_test_id("showing-grey")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("showing-grey")).to_be_hidden()


def test_a_row_and_its_place_in_the_picture_light_up_together_and_stay_sharp(
    house: House, url: str, page: Page
) -> None:
    page.goto(f"{url}/desk/cases/{case_of(house, avatar(house, 1))}")
    rows, places = page.get_by_test_id("hit"), page.locator("polygon.place")
    expect(rows).to_have_count(3)
    expect(places).to_have_count(2)
    assert page.locator(".places").evaluate("(svg) => getComputedStyle(svg).filter") == "none"
    rows.nth(1).hover()
    expect(places.nth(0)).to_have_class("place hue-1 lit")
    expect(places.nth(1)).to_have_class("place hue-1")
    rows.nth(2).focus()
    expect(places.nth(1)).to_have_class("place hue-1 lit")
    places.nth(0).hover()
    expect(rows.nth(1)).to_have_class("hit lit")
    places.nth(1).click()
    expect(rows.nth(2)).to_be_focused()
    drawn, picture = places.nth(0).bounding_box(), page.locator("figure .veil img").bounding_box()
    assert drawn and picture
    assert drawn["x"] - picture["x"] == pytest.approx(0.1 * picture["width"], abs=3)
    assert drawn["y"] - picture["y"] == pytest.approx(0.66 * picture["height"], abs=3)


def test_the_mark_to_add_pictures_is_there_once_one_is_rejected_and_the_bank_knows_it_then(
    house: House, url: str, page: Page
) -> None:
    picture = avatar(house, 1)
    page.goto(f"{url}/desk/cases/{case_of(house, picture)}")
    mark = page.get_by_test_id("with-bank")
    expect(mark).to_be_hidden()
    page.keyboard.press("p")
    expect(mark).to_be_hidden()
    page.keyboard.press("r")
    expect(mark).to_be_visible()
    mark.locator("input").check()
    page.get_by_test_id("decide-stay").click()
    expect(page.get_by_test_id("toast")).to_contain_text("1 张图片已加入图库")
    expect(page.get_by_test_id("held")).to_contain_text("已在图库")
    page.keyboard.press("u")
    expect(page.get_by_test_id("bank-form")).to_be_visible()
    expect(page.get_by_test_id("held")).to_have_count(0)


def test_one_click_adds_a_picture_and_a_key_takes_it_out_not_the_decision_back(
    house: House, url: str, page: Page
) -> None:
    page.goto(f"{url}/desk/cases/{case_of(house, avatar(house, 1))}")
    page.get_by_test_id("item-category-0").select_option("fraud")
    expect(page.get_by_test_id("bank-form").locator("select")).to_have_value("fraud")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.get_by_test_id("decide-stay").click()
    page.get_by_test_id("bank").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已加入「自建图库 · 诈骗」")
    page.keyboard.press("u")
    expect(page.get_by_test_id("toast")).to_contain_text("已移出")
    expect(page.get_by_test_id("resolved")).to_be_visible()


def test_without_scripts_the_same_is_done_by_forms(house: House, url: str, page: Page) -> None:
    looked_at(house, replace(SEEN, region=Region(0)))
    case = case_of(house, avatar(house, 2))
    browser = page.context.browser
    assert browser is not None
    bare = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    bare.goto(f"{url}/desk/cases/{case}")
    bare.get_by_test_id("bank").click()
    expect(bare.get_by_test_id("toast")).to_contain_text("已加入")
    bare.get_by_test_id("toast").get_by_test_id("undo").click()
    expect(bare.get_by_test_id("toast")).to_contain_text("已移出")
    bare.get_by_test_id("showing").locator("summary").click()
    bare.get_by_test_id("showing-plain").click()
    expect_filter(bare.get_by_test_id("picture").locator("figure img"), PLAIN)
    expect(bare.get_by_test_id("with-bank")).to_be_visible()


def test_no_page_is_wider_than_a_small_window_in_either_scheme(house: House, url: str, page: Page) -> None:
    case = case_of(house, avatar(house, 1))
    house.services.banks.add(avatar(house, 3), "porn", "user:li.na")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 1024, 700):
            page.set_viewport_size({"width": width, "height": 800})
            for path in (f"cases/{case}", "banks", "banks/own-porn"):
                page.goto(f"{url}/desk/{path}")
                wide: int = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (path, width, wide)
