"""The name detector on the rules that ship, by tables of names: what is refused, what is held, what passes, and how it says so."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.names import NameDetector
from moderation.text.name_rules import load_name_rules, parse_name_rules

ROOT = Path(__file__).parents[2]
DETECTOR = NameDetector(load_name_rules(ROOT / "wordlists" / "names.toml"))
NAMES = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
DAY = date(2026, 11, 22)
PASS, REVIEW, REJECT = Verdict.PASS, Verdict.REVIEW, Verdict.REJECT


def found(name: str, kind: Kind = Kind.USERNAME, detector: NameDetector = DETECTOR) -> tuple[Finding, ...]:
    return detector.screen(name, kind, Scene.REGISTRATION, DAY)


def worst(name: str, kind: Kind = Kind.USERNAME, detector: NameDetector = DETECTOR) -> Verdict:
    return max((finding.ceiling for finding in found(name, kind, detector)), default=PASS)


def span_of(finding: Finding) -> Span:
    assert finding.span is not None
    return finding.span


@pytest.mark.parametrize(
    ("verdict", "category", "name"),
    [
        (Verdict.of(verdict), category, name)
        for verdict in ("reject", "review")
        for category, names in NAMES[verdict].items()
        for name in names
    ],
)
def test_a_name_that_poses_is_refused_or_held(verdict: Verdict, category: str, name: str) -> None:
    assert worst(name) is verdict
    assert category in {finding.category for finding in found(name) if finding.ceiling is verdict}


@pytest.mark.parametrize("name", NAMES["pass"]["names"])
def test_a_name_that_merely_has_the_words_passes(name: str) -> None:
    assert found(name) == ()


def test_a_finding_says_where_what_and_how() -> None:
    [finding] = found("我小✨米客Ｆu呀")
    assert (finding.category, finding.score, finding.ceiling) == ("false_identity", 1.0, REJECT)
    assert span_of(finding).of("我小✨米客Ｆu呀") == "小✨米客Ｆu"
    assert finding.folds == ("width", "case", "inserted", "pinyin")
    assert finding.source == DETECTOR.source == f"names@{DETECTOR.rules.digest}"
    assert found("北京市公安局")[0].severity == 3


@pytest.mark.parametrize(
    ("name", "folds"),
    [
        ("小米客服", ()),
        ("MIUI客服", ()),
        ("Miui客服", ("case",)),
        ("ｘiaomi客服", ("width",)),
        ("XIAOMI客服", ("case",)),
        ("小米客服中心", ()),
        ("小米官方專賣店", ("traditional",)),
        ("小\u200b米客服", ("invisible",)),
        ("小丶米客服", ("inserted",)),
        ("小米！客服", ()),
        ("小！米客服", ("inserted",)),
        ("小\n米\n客\n服", ("vertical",)),
        ("xia0mi客服", ("look_alike",)),
        ("хiaomi客服", ("look_alike",)),
        ("xi@omi客服", ("look_alike",)),
        ("囯家", ("look_alike",)),
        ("小🍚客服", ("emoji",)),
        ("小mi客服", ("pinyin",)),
        ("小米客f", ("initials",)),
        ("小米管方", ("homophone",)),
        ("小米方官", ("reversed",)),
        ("小米客月艮", ("split",)),
        ("xioami客服", ("shuffled",)),
    ],
)
def test_a_finding_names_the_folds_that_it_needed(name: str, folds: tuple[str, ...]) -> None:
    assert folds in {finding.folds for finding in found(name) if finding.ceiling is worst(name)}


@pytest.mark.parametrize("kind", [Kind.BIO, Kind.POST])
def test_bios_and_posts_are_not_names(kind: Kind) -> None:
    assert found("小米官方客服", kind) == ()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("小米官方客服", REJECT),
        ("小米\n售后", REJECT),
        ("小米", REVIEW),
        ("北京市公安局", REJECT),
        ("中国", PASS),
        ("我爱中国", PASS),
        ("张警官", PASS),
        ("北京大学", PASS),
        ("今天也要加油", PASS),
    ],
)
def test_text_in_an_avatar_poses_too_but_for_what_only_a_name_claims(text: str, verdict: Verdict) -> None:
    assert worst(text, Kind.AVATAR) is verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("小米客服", REJECT),
        ("小米的客服", REJECT),
        ("小米手机客服", REJECT),
        ("小米北京客服", REJECT),
        ("小米阿杰客服", REVIEW),
        ("小米家住着一个客服", PASS),
        ("一二三小米客服四五六", REJECT),
        ("一二三四小米客服五六七", REVIEW),
    ],
)
def test_two_words_count_less_the_more_there_is_between_and_around_them(name: str, verdict: Verdict) -> None:
    assert worst(name) is verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("小米客服骗子", PASS),
        ("小米客服的女友", PASS),
        ("小米的客服", REJECT),
        ("不是小米客服", PASS),
        ("小米不是客服", PASS),
        ("小米客服粉丝群", REJECT),
        ("可爱的小米客服", REJECT),
        ("可爱派出所", PASS),
        ("派出所", REJECT),
    ],
)
def test_what_spares_a_name_and_what_does_not(name: str, verdict: Verdict) -> None:
    assert worst(name) is verdict


@pytest.mark.parametrize("decoration", ["✨", "·", " ", "❤️", "丶", "\u200b", "！", "-", "\n"])
@pytest.mark.parametrize("name", ["小米官方", "小米商城", "官方客服", "国家网信办"])
def test_decoration_between_the_characters_changes_no_verdict(name: str, decoration: str) -> None:
    assert worst(decoration.join(name)) is worst(name) is REJECT


@pytest.mark.parametrize(
    ("rules", "name", "verdict"),
    [
        ('[[brand]]\nwords = ["小米"]\nalone = "review"', "小米", REVIEW),
        ('[[brand]]\nwords = ["小米"]', "小米", PASS),
        ('[[authority]]\nwords = ["法院"]\nalone = "reject"\nwhere = "end"', "某法院", REVIEW),
        ('[[authority]]\nwords = ["法院"]\nalone = "reject"\nwhere = "start"', "某法院", PASS),
        ('[[authority]]\nwords = ["法院"]\nalone = "reject"\nwhere = "edge"\nrest = 0', "某法院", PASS),
        ('[[authority]]\nwords = ["法院"]\nplaced = "reject"\n[places]\nendings = "县"', "清河县法院", REJECT),
        ('[[authority]]\nwords = ["法院"]\nplaced = "reject"', "清河县法院", PASS),
        (
            '[[authority]]\nwords = ["局"]\nwhere = "end"\nplaced = "reject"\n[places]\nendings = "县"',
            "清河县某某局",
            REJECT,
        ),
        ('[[office]]\nwords = ["记者"]\nalone = "review"\nthen = ["梦"]\nwhere = "edge"', "记者梦", PASS),
        ('[[office]]\nwords = ["记者"]\nalone = "review"\nafter = ["小"]\nwhere = "edge"', "小记者", PASS),
        ('[[brand]]\nwords = ["小米"]\nbeside = ["杂粮"]\n[[business]]\nwords = ["批发"]', "小米杂粮批发", PASS),
        ('[[brand]]\nwords = ["米家"]\nfirst = true\n[[business]]\nwords = ["商城"]', "玉米家商城", PASS),
        ('[[brand]]\nwords = ["米家"]\nfirst = true\n[[business]]\nwords = ["商城"]', "米家商城", REJECT),
        ('[[brand]]\nwords = ["米家"]\n[[business]]\nwords = ["商城"]\nceiling = "review"', "米家商城", REVIEW),
        ('[[brand]]\nwords = ["米家"]\n[[staff]]\nwords = ["本人"]\nclose = true', "米家某本人", PASS),
        ('[[brand]]\nwords = ["米家"]\n[[staff]]\nwords = ["热线"]\nwith = ["official"]', "米家热线", PASS),
        ('[[restricted]]\nwords = ["全国"]\nalone = "review"\nwhere = "start"', "安全国际", PASS),
        ("", "小米官方客服", PASS),
    ],
)
def test_what_an_operator_writes_decides(rules: str, name: str, verdict: Verdict) -> None:
    assert worst(name, detector=NameDetector(parse_name_rules(rules))) is verdict


def test_each_digest_is_another_source() -> None:
    one, other = (NameDetector(parse_name_rules(f'[[brand]]\nwords = ["{word}"]')) for word in ("小米", "红米"))
    assert one.source != other.source


PIECES = st.sampled_from(
    [
        *"小米官方客服国家局的店号县 ✨，。！丶\ud800\x00🍚@㎏½12ABoа",
        "xiaomi",
        "本人",
        "公安局",
        "不是",
        "粉丝",
        "中国人",
        "mi",
        "\U000e0041",
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join) | st.lists(st.integers(0, 0x10FFFF).map(chr)).map("".join))
def test_any_text_is_judged_and_every_finding_lies_in_it(text: str) -> None:
    for kind in (Kind.USERNAME, Kind.AVATAR):
        for finding in found(text, kind):
            assert span_of(finding).end <= len(text)
            assert finding.folds == tuple(fold for fold in FOLDS if fold in finding.folds)
            assert finding.ceiling > PASS


@given(st.lists(PIECES, max_size=12).map("".join))
def test_digits_behind_a_name_free_it_of_nothing(text: str) -> None:
    assert worst(f"{text}官方客服007") is worst(f"{text}官方客服")
