"""The contacts detector, form by form; names and numbers are invented, and demo.com stands for any host."""

import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene
from moderation.detectors.contact_forms import ContactKind
from moderation.detectors.contacts import ContactDetector, find_contacts

DETECTOR = ContactDetector()


def screened(text: str, kind: Kind) -> tuple[Finding, ...]:
    return DETECTOR.screen(text, kind, Scene.REGISTRATION, date(2026, 11, 22))


# A line is a text, and after its last blank the value of the contact that it holds.
TABLES = {
    name: table.strip("\n").split("\n")
    for name, table in tomllib.loads(Path(__file__).with_name("contacts.toml").read_text(encoding="utf-8")).items()
}


def cases(*names: str) -> list[tuple[str, str, str]]:
    split = [(name, *line.rsplit(" ", 1)) for name in names for line in TABLES[name]]
    return [(name, text.replace("⏎", "\n"), value) for name, text, value in split]


MOBILES = [("mobile", text.replace("⏎", "\n"), "13800138000") for text in TABLES["mobile"]]


@pytest.mark.parametrize(("table", "text", "value"), MOBILES + cases("landline"))
def test_a_telephone_number_is_found(table: str, text: str, value: str) -> None:
    assert {(c.kind, c.value) for c in find_contacts(text)} == {(ContactKind.PHONE, value)}


@pytest.mark.parametrize(("kind", "text", "value"), cases("wechat", "qq", "telegram", "email"))
def test_a_name_or_number_after_a_lead_is_found(kind: str, text: str, value: str) -> None:
    assert [(c.kind.value, c.value) for c in find_contacts(text)] == [(kind, value)]


@pytest.mark.parametrize(("table", "text", "value"), cases("hosts"))
def test_a_host_is_found(table: str, text: str, value: str) -> None:
    [contact] = find_contacts(text)
    assert (contact.kind in (ContactKind.URL, ContactKind.DOMAIN), contact.value) == (True, value)


@pytest.mark.parametrize("text", TABLES["nothing"])
def test_ordinary_talk_and_other_numbers_are_no_contacts(text: str) -> None:
    assert find_contacts(text) == ()


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("有意加微信：demo_abc 谢谢", ["加微信：demo_abc"]),
        ("老板，加Ｖ❤信 demo_abc", ["加Ｖ❤信 demo_abc"]),
        ("打电话13800138000吧", ["电话13800138000"]),
        ("13800138000（微信同号）好", ["13800138000（微信同号"]),
        ("+86 138 0013 8000", ["+86 138 0013 8000"]),
        ("😀1️⃣3️⃣8️⃣00138000😀", ["1️⃣3️⃣8️⃣00138000"]),
        ("13800138000 13800138001", ["13800138000", "13800138001"]),
        ("QQ12345678，微信demo_abc", ["QQ12345678", "微信demo_abc"]),
        ("13800138000微信demo_abc", ["13800138000", "微信demo_abc"]),
        ("看https://www.demo.com/a。", ["https://www.demo.com/a"]),
        ("邮箱demo@qq.com，微信demo_abc", ["demo@qq.com", "微信demo_abc"]),
        ("看签\n138 0013 8000", ["看签\n138 0013 8000"]),
    ],
)
def test_a_span_covers_lead_and_contact_as_submitted(text: str, spans: list[str]) -> None:
    assert [contact.span.of(text) for contact in find_contacts(text)] == spans


@pytest.mark.parametrize(
    ("text", "folds"),
    [
        ("微信：demo_abc", ()),
        ("138-0013-8000", ()),
        ("微信：Demo_abc", ("case",)),
        ("１３８００１３８０００", ("width",)),
        ("電話13800138000", ("traditional",)),
        ("電報：@demo_abc", ("traditional",)),
        ("①38 0013 8000", ("enclosed",)),
        ("138OO138OOO", ("case", "look_alike")),
        ("徽信：demo_abc", ("look_alike",)),
        ("138\u200b00138000", ("invisible",)),
        ("138🌸0013🌸8000", ("inserted",)),
        ("微 信：demo_abc", ("inserted",)),
        ("微微信：demo_abc", ("repeated",)),
        ("1\n3\n8\n0\n0\n1\n3\n8\n0\n0\n0", ("vertical",)),
        ("一三八零零一三八零零零", ("numeral",)),
        ("🐧12345678", ("emoji",)),
        ("微❤：demo_abc", ("emoji",)),
        ("加微❤信：demo_abc", ("inserted",)),
        ("君羊号123456789", ("split",)),
        ("weixin：demo_abc", ("pinyin",)),
        ("vx：demo_abc", ("initials",)),
        ("薇信：demo_abc", ("homophone",)),
        ("demo点com", ("homophone",)),
        ("demo。com", ("look_alike",)),
        ("倒着念00083100831", ("reversed",)),
        ("Ｖ❤：①23456", ("width", "case", "enclosed", "emoji", "initials")),
    ],
)
def test_a_contact_names_the_folds_that_it_takes(text: str, folds: tuple[str, ...]) -> None:
    [contact] = find_contacts(text)
    assert contact.folds == folds
    assert contact.disguised == bool(set(folds) - {"width", "case", "traditional"})


def test_another_word_for_the_thing_disguises_it_without_a_fold() -> None:
    [contact] = find_contacts("绿泡泡：demo_abc")
    assert (contact.folds, contact.lead, contact.disguised) == ((), True, True)


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("13800138000", False),
        ("打电话13800138000", True),
        ("demo.com", False),
        ("复制demo.com打开", True),
        ("QQ12345678", True),
    ],
)
def test_a_contact_knows_its_lead(text: str, lead: bool) -> None:
    assert [contact.lead for contact in find_contacts(text)] == [lead]


REJECT, REVIEW = Verdict.REJECT, Verdict.REVIEW


@pytest.mark.parametrize(
    ("text", "username", "bio", "post"),
    [
        ("微信：demo_abc", REJECT, REJECT, REVIEW),
        ("138 0013 8000", REJECT, REJECT, REVIEW),
        ("QQ：12345678", REJECT, REJECT, REVIEW),
        ("telegram：@demo_abc", REJECT, REJECT, REVIEW),
        ("ＱＱ：１２３４５６７８", REJECT, REJECT, REVIEW),
        ("加V❤：demo_abc", REJECT, REJECT, REJECT),
        ("一三八零零一三八零零零", REJECT, REJECT, REJECT),
        ("🐧12345678", REJECT, REJECT, REJECT),
        ("绿泡泡：demo_abc", REJECT, REJECT, REJECT),
        ("demo@qq点com", REJECT, REJECT, REJECT),
        ("demo@mail.example", REJECT, REVIEW, None),
        ("商务合作 demo@mail.example", REJECT, REVIEW, None),
        ("私信或联系demo@mail.example", REJECT, REVIEW, REVIEW),
        ("https://www.demo.com/a", REJECT, REVIEW, None),
        ("复制到浏览器打开 https://www.demo.com/a", REJECT, REVIEW, REVIEW),
        ("demo.com", REJECT, REVIEW, None),
        ("https://t.me/demo_abc", REJECT, REJECT, REJECT),
        ("wa.me/8613800138000", REJECT, REJECT, REJECT),
        ("http://dwz.cn/demo", REJECT, REVIEW, REVIEW),
        ("救助热线400-161-9995", None, None, None),
        ("加微信", None, None, None),
    ],
)
def test_how_far_a_contact_may_go(
    text: str, username: Verdict | None, bio: Verdict | None, post: Verdict | None
) -> None:
    for kind, ceiling in ((Kind.USERNAME, username), (Kind.BIO, bio), (Kind.AVATAR, bio), (Kind.POST, post)):
        assert [finding.ceiling for finding in screened(text, kind)] == ([] if ceiling is None else [ceiling])


def test_a_finding_says_where_what_and_how() -> None:
    [finding] = screened("请加Ｖ❤信：demo_abc", Kind.BIO)
    assert (finding.category, finding.score, finding.severity) == ("advertising_trade", 1.0, 2)
    assert finding.span is not None
    assert finding.span.of("请加Ｖ❤信：demo_abc") == "加Ｖ❤信：demo_abc"
    assert finding.folds == ("width", "case", "inserted", "initials")
    assert finding.source == DETECTOR.source
    assert DETECTOR.source.startswith("contacts@")


def test_an_address_is_a_nuisance_and_leaves_its_severity_to_the_category() -> None:
    [finding] = screened("demo@mail.example", Kind.BIO)
    assert finding.severity is None


@pytest.mark.parametrize(
    "piece",
    [
        "天气不错", "1", "1 ", "1\n", "138 ", "138\n", "13800138000 ", "a", "a.", "a ", "a.com ", "a@", "a@b.com ", "加v ", "微信",
        "微信：a", "V：a_1234 ", "😀", "😀1", "❤v", "w w w ", "点com", "加加我", "http://", "@", "#", "一三八", "\ud800", "(1", "1-",
        "+1 ", "oil", "不要", "加专员", "电话1234567", "微♥", "微 . ", "倒00083100831 ", "\u202e", "𝟏",
    ],
)  # fmt: skip
def test_no_text_of_the_greatest_length_takes_long(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    before = time.process_time()
    find_contacts(text)
    assert time.process_time() - before < 10


PIECES = st.sampled_from(
    [
        *"加微信薇vxVX扣qQ群①③八零1380.。@#点·：:，❤️🐧✈️➕ \n_-a+()\ud800\u200b\x00",
        "demo_abc",
        "13800138000",
        ".com",
        "www.",
        "不",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.lists(st.integers(0, 0x10FFFF).map(chr)).map("".join)


@given(TEXTS)
def test_any_text_is_read_and_its_contacts_lie_in_it_apart_and_in_order(text: str) -> None:
    reached = 0
    for contact in find_contacts(text):
        assert reached <= contact.span.start
        reached = contact.span.end
        assert contact.value
        assert list(contact.folds) == [name for name in FOLDS if name in contact.folds]
    assert reached <= len(text)


@given(TEXTS, st.sampled_from(list(Kind)))
def test_any_text_is_screened(text: str, kind: Kind) -> None:
    for finding in screened(text, kind):
        assert finding.ceiling > Verdict.PASS
