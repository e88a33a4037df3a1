"""The keyword detector, case by case, on a small list in the grammar of wordlists/README.md."""

import time
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.finding import Finding, Verdict
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.keywords import KeywordDetector, hits_against
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist

LISTS = {
    "advertising_trade": """\
* severity=2
加v信
加微信
vx
兼职刷单 ; kinds=username,bio
代购 ; scenes=registration
www.bad.com
""",
    "gambling": """\
* severity=3
领彩金
彩金 ; ceiling=review ; allow=彩金池,彩金奖池
百家乐
洗码 ; with=赌,vip ; within=4
盘口 ; without=体育新闻,股 ; within=6
特码 ; expires=2027-01-31
""",
    "drugs_weapons": "大麻\n冰毒 ; severity=4\n+ 大麻烦",
    "porn": "口交\n女装\n约炮 ; folds=-inserted\n啪啪啪\n啪啪\n+ 女装搭配\n+ 路口交通",
    "brand_misuse": "* kinds=username\n小米\n小米官方\n+ 小米粥",
    "insult_defamation": "sb\n250\n傻瓜蛋 ; status=shadow ; severity=4\n傻瓜\n学狗叫 ; status=quarantined\n人大",
}
PUBLIC = "2026-11-22"


def detector_of(lists: dict[str, str]) -> KeywordDetector:
    wordlists = [read_wordlist(text, f"{category}.txt") for category, text in lists.items()]
    assert [problem for wordlist in wordlists for problem in wordlist.problems] == []
    return KeywordDetector(Lexicon.of(wordlists))


DETECTOR = detector_of(LISTS)


def found(text: str, kind: Kind = Kind.BIO, scene: Scene = Scene.REGISTRATION, day: str = PUBLIC) -> list[Finding]:
    return list(DETECTOR.screen(text, kind, scene, date.fromisoformat(day)))


def span_of(finding: Finding) -> Span:
    assert finding.span is not None
    return finding.span


def words(text: str, kind: Kind = Kind.BIO, scene: Scene = Scene.REGISTRATION, day: str = PUBLIC) -> list[str]:
    return [span_of(finding).of(text) for finding in found(text, kind, scene, day)]


def test_a_finding_says_where_what_and_how() -> None:
    contact, prize = found("请加Ｖ❤信领彩金")
    assert (contact.category, contact.score, contact.severity) == ("advertising_trade", 1.0, 2)
    assert span_of(contact).of("请加Ｖ❤信领彩金") == "加Ｖ❤信"
    assert contact.folds == ("width", "case", "inserted")
    assert contact.source == DETECTOR.source == f"keywords@{DETECTOR.lexicon.version}"
    assert contact.ceiling is Verdict.REJECT
    assert (prize.category, prize.folds, prize.severity, prize.ceiling) == ("gambling", (), 3, Verdict.REJECT)


@pytest.mark.parametrize(
    ("text", "expected", "folds"),
    [
        ("加微信", "加微信", ()),
        ("加\u200b微信", "加\u200b微信", ("invisible",)),
        ("加\ud800微\x00信", "加\ud800微\x00信", ("invisible",)),
        ("領彩金", "領彩金", ("traditional",)),
        ("加 v 信", "加 v 信", ("inserted",)),
        ("加🇻信", "加🇻信", ("case", "enclosed")),
        ("①加微信", "加微信", ()),
        ("www.bad.com", "www.bad.com", ()),
        ("WWW.bad.com", "WWW.bad.com", ("case",)),
        ("www bad.com", "www bad.com", ("inserted",)),
    ],
)
def test_a_hit_names_the_folds_that_it_needed(text: str, expected: str, folds: tuple[str, ...]) -> None:
    [finding] = found(text)
    assert (span_of(finding).of(text), finding.folds) == (expected, folds)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("惹了大麻烦", []),
        ("惹了大麻烦，卖大麻", ["大麻"]),
        ("路口交通拥堵", []),
        ("今日女装搭配", []),
        ("买女装", ["女装"]),
        ("彩金池有多少", []),
        ("彩金奖池", []),
        ("送彩金", ["彩金"]),
        ("领彩金池", ["领彩金"]),
        ("大❤麻烦", ["大❤麻"]),
    ],
)
def test_an_allow_phrase_spares_what_it_holds_but_no_evasion(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("小米粥爱好者", []), ("小米官方", ["小米官方"]), ("小米粥小米", ["小米"])]
)
def test_a_brand_in_a_username(text: str, expected: list[str]) -> None:
    assert words(text, Kind.USERNAME) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("usb", []),
        ("sbs", []),
        ("sb", ["sb"]),
        ("你sb吧", ["sb"]),
        ("S B", ["S B"]),
        ("s.b", ["s.b"]),
        ("is bad", []),
        ("is b", []),
        ("s bad", []),
        ("u\u200bsb", []),
        ("u sb", ["sb"]),
        ("sb250", ["sb", "250"]),
        ("1250", []),
        ("2501", []),
        ("v250", ["250"]),
        ("加v信", ["加v信"]),
        ("加vx信", ["vx"]),
        ("vx123", ["vx"]),
        ("ésb", []),
        ("㎏sb", []),
        ("🇸🇧", []),
        ("🇸b", ["🇸b"]),
    ],
)
def test_latin_letters_and_digits_count_as_whole_runs(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("end", [*"。！？!?…\n\r", "\u2028"])
def test_a_term_does_not_span_two_sentences(end: str) -> None:
    assert words(f"去加{end}微信") == []


@pytest.mark.parametrize(
    ("text", "ceiling"),
    [
        ("百家乐", Verdict.REJECT),
        ("百❤家乐", Verdict.REJECT),
        ("百.家.乐", Verdict.REJECT),
        ("百，家乐", None),
        ("百 家乐", Verdict.REVIEW),
        ("百，❤家乐", Verdict.REJECT),
        ("百 家 乐", Verdict.REJECT),
        ("百（家）乐", Verdict.REJECT),
        ("百❤家，乐", Verdict.REJECT),
        ("加 v 信", Verdict.REJECT),
        ("s，b", Verdict.REVIEW),
        ("冰❤毒", Verdict.REJECT),
        ("冰，毒", None),
        ("冰 毒", None),
        ("冰“毒", None),
    ],
)
def test_a_gap_of_ordinary_prose_is_weaker_than_one_of_symbols(text: str, ceiling: Verdict | None) -> None:
    assert [finding.ceiling for finding in found(text)] == ([] if ceiling is None else [ceiling])


@pytest.mark.parametrize(
    ("text", "ceiling"),
    [
        ("工人大会", Verdict.REVIEW),
        ("在人大，开会", Verdict.REJECT),
        ("去人大代表", Verdict.REVIEW),
        ("工人❤大会", Verdict.REJECT),
    ],
)
def test_a_hit_that_cuts_a_word_is_at_most_a_review(text: str, ceiling: Verdict) -> None:
    [finding] = found(text)
    assert finding.ceiling is ceiling


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("洗码", []),
        ("赌场洗码", ["洗码"]),
        ("赌一二三四洗码", ["洗码"]),
        ("赌一二三四五洗码", []),
        ("洗码一二三四赌", ["洗码"]),
        ("洗码一二三四五赌", []),
        ("vip洗码", ["洗码"]),
        ("vips洗码", []),
        ("盘口", ["盘口"]),
        ("体育新闻盘口", []),
        ("盘口一二三四五六股", []),
        ("盘口一二三四五六七股", ["盘口"]),
    ],
)
def test_the_company_of_a_term(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_inside_the_term_is_no_company() -> None:
    detector = detector_of({"gambling": "赌场洗码 ; with=赌 ; within=2\n骗赌局 ; without=骗"})
    day = date(2026, 11, 22)
    assert detector.screen("赌场洗码", Kind.BIO, Scene.POST, day) == ()
    assert len(detector.screen("赌赌场洗码", Kind.BIO, Scene.POST, day)) == 1
    assert len(detector.screen("骗赌局", Kind.BIO, Scene.POST, day)) == 1


def test_a_fold_that_a_term_forbids() -> None:
    assert words("约炮") == ["约炮"]
    assert words("约❤炮") == []


def test_kinds_and_scenes() -> None:
    assert [words("兼职刷单", kind) for kind in (Kind.BIO, Kind.POST)] == [["兼职刷单"], []]
    assert [words("代购", scene=scene) for scene in (Scene.REGISTRATION, Scene.POST)] == [["代购"], []]


def test_a_term_is_off_from_the_start_of_the_day_on_which_it_expires() -> None:
    assert words("特码", day="2027-01-30") == ["特码"]
    assert words("特码", day="2027-01-31") == []


def test_a_shadow_term_is_recorded_and_lends_an_acting_one_nothing() -> None:
    acting, shadow = found("傻瓜蛋")
    assert (acting.ceiling, acting.severity, acting.span) != (shadow.ceiling, shadow.severity, shadow.span)
    assert (shadow.ceiling, shadow.severity, acting.severity) == (Verdict.PASS, 4, None)


def test_a_quarantined_term_is_not_looked_for() -> None:
    assert words("学狗叫") == []


def test_overlapping_terms_of_a_category_are_one_finding_and_those_of_two_are_two() -> None:
    assert words("领彩金") == ["领彩金"]
    assert words("小米官方", Kind.USERNAME) == ["小米官方"]
    assert (
        len(detector_of({"porn": "裸聊", "fraud": "裸聊"}).screen("裸聊", Kind.BIO, Scene.POST, date(2026, 1, 1))) == 2
    )


def test_hits_are_counted_by_term_for_reports() -> None:
    hits = hits_against(DETECTOR, ["卖大麻", "大麻", "大麻烦", "小米"], date(2026, 11, 22))
    assert Counter({term.written: count for term, count in hits.items()}) == {"大麻": 2, "小米": 1}
    assert sum(hits_against(DETECTOR, ["小米"], date(2026, 11, 22), Kind.POST).values()) == 0


@pytest.mark.parametrize("piece", ["天气，不错 去公园。", "加Ｖ❤信领彩金", "大麻烦", "啪", "冰， 毒", "洗码赌", "百❤"])
def test_no_text_of_the_greatest_length_takes_long(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    before = time.process_time()
    found(text, Kind.POST)
    assert time.process_time() - before < 20


def test_overlapping_hits_in_a_stuffed_text_are_merged() -> None:
    assert len(found("啪" * 3_000)) <= 1_100


COMPANY = frozenset("洗码赌")
PIECES = st.sampled_from([*"加v信Ｖ❤ ，。百家乐sb25\ud800\x00大麻烦洗码赌㎏½", "领彩金", "\U000e0041"])


@given(st.lists(PIECES, max_size=30).map("".join) | st.lists(st.integers(0, 0x10FFFF).map(chr)).map("".join))
def test_any_text_is_screened_and_every_finding_lies_in_it(text: str) -> None:
    for finding in found(text):
        assert span_of(finding).end <= len(text)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
def test_what_one_sentence_holds_another_before_it_does_not_change(before: str, sentence: str) -> None:
    # Company may reach across the end of a sentence, gaps, runs and allow-phrases may not.
    def placed(text: str, first: int) -> list[Finding]:
        spans = [(span_of(finding), finding) for finding in found(text)]
        return [
            replace(finding, span=Span(span.start - first, span.end - first))
            for span, finding in spans
            if span.start >= first and COMPANY.isdisjoint(span.of(text))
        ]

    assert placed(f"{before}。{sentence}", len(before) + 1) == placed(sentence, 0)
