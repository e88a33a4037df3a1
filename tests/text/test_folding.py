"""Folding: what each fold does, and that any text folds and finds back."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.folded import FOLDS
from moderation.text.folding import fold, simplified
from moderation.text.tables import LINE_ENDS, names

ANY = st.lists(st.integers(0, sys.maxunicode).map(chr), max_size=40).map("".join)
TRICKY = st.lists(
    st.sampled_from("加vＶ信❤️ \u200b\ud800\x00½㎏ﷺ體。\n…ßIİ🇻🅰①e\u0301Ａ，😀\U000e0041𠮷"), max_size=300
).map("".join)


@pytest.mark.parametrize(
    ("text", "folded", "folds"),
    [
        ("加微信", "加微信", ()),
        ("ＶＸ１２３", "vx123", ("width", "case")),
        ("ｖ", "v", ("width",)),
        ("𝐕𝒙", "vx", ("width", "case")),
        ("ⓥⓍ", "vx", ("case", "enclosed")),
        ("🅥🆇🇻", "vxv", ("case", "enclosed")),
        ("①⑩❷➌⓵", "110231", ("enclosed",)),
        ("٣৪", "34", ("width",)),
        ("x²ᵛ", "x2v", ("width",)),
        ("é\u0101ñ", "ean", ("width",)),
        ("½㎏", "12kg", ("width", "enclosed")),
        ("㊣🈲", "正禁", ("enclosed",)),
        ("ваιᴛ", "bait", ("look_alike",)),
        ("加\n微\n信", "加微信", ("vertical",)),
        ("加\r\n微\n\n信", "加微信", ("vertical",)),
        ("ｶﾞ", "カ", ("width",)),
        ("VX", "vx", ("case",)),
        ("ß", "ss", ("case",)),
        ("\u0130", "i", ("width", "case")),
        ("體裏裡爲", "体里里为", ("traditional",)),
        ("気広", "气广", ("traditional",)),
        ("著名的餅乾", "著名的饼干", ("traditional",)),
        ("芸豆", "芸豆", ()),
        ("a\u200b\u200d\ufeff\u00adb", "ab", ("invisible",)),
        ("a\u0301b", "ab", ("invisible",)),
        ("a\x00\x1f\x7fb", "ab", ("invisible",)),
        ("a\ufe0f\U000e0041\U000e0100b", "ab", ("invisible",)),
        ("a\ud800\udfffb", "ab", ("invisible",)),
        ("a\u3164\u115f\u2800b", "ab", ("invisible",)),
        ("加 微\t信\u3000号", "加微信号", ("inserted",)),
        ("加❤微😀信🆗号", "加微信号", ("inserted",)),
        ("加，微·信-号", "加微信号", ("inserted",)),
        ("加\ue000微\U000f0000信", "加微信", ("inserted",)),
        ("1️⃣", "1", ()),
        ("加Ｖ❤️信領", "加v信领", ("width", "case", "traditional", "invisible", "inserted")),
        ("\U00020bb7\U00031350", "\U00020bb7\U00031350", ()),
    ],
)
def test_each_fold_says_its_name(text: str, folded: str, folds: tuple[str, ...]) -> None:
    result = fold(text)
    assert result.text == folded
    assert result.folds(0, len(folded)) == folds


@pytest.mark.parametrize("end", [*"。！？!?…", *LINE_ENDS])
def test_the_ends_of_sentences_and_lines_stay(end: str) -> None:
    assert fold(f"我加{end}微信").text == f"我加{end}微信"


@pytest.mark.parametrize("end", [*LINE_ENDS, "\r\n", "\n\n"])
def test_a_line_end_goes_where_a_line_beside_it_has_one_character(end: str) -> None:
    assert fold(f"来加{end}微{end}信吧").text == "来加微信吧"
    assert fold(f"微{end}信{end}").text == f"微信{end}"
    assert fold(f"很长{end}不短").text == f"很长{end}不短"


@pytest.mark.parametrize(("form", "plain"), [("‼", "!!"), ("⁈", "?!"), ("｡", "。"), ("︒", "。")])
def test_other_forms_of_the_ends_of_sentences_stay_too(form: str, plain: str) -> None:
    assert fold(f"加{form}微").text == f"加{plain}微"


def test_what_was_skipped_can_be_asked_for() -> None:
    folded = fold("加❤️ 微，信。")
    assert folded.text == "加微信。"
    assert [folded.gap(0, 2), folded.gap(1, 3), folded.gap(2, 4), folded.gap(0, 3)] == ["❤️ ", "，", "", "❤️ ，"]


def test_folds_are_those_within_the_range() -> None:
    folded = fold("Ａ加 微")
    assert (folded.folds(0, 1), folded.folds(1, 2), folded.folds(1, 3)) == (("width", "case"), (), ("inserted",))


@given(ANY | TRICKY)
def test_every_range_finds_back_into_any_text(text: str) -> None:
    folded = fold(text)
    for start in range(len(folded.text)):
        for end in (start + 1, len(folded.text)):
            span = folded.span(start, end)
            assert 0 <= span.start < span.end <= len(text)
            assert len(folded.text[start:end]) <= len(fold(span.of(text)).text) + len(LINE_ENDS)
            assert set(folded.folds(start, end)) <= set(FOLDS)
            assert len(folded.gap(start, end)) < span.end - span.start


@given(ANY | TRICKY)
def test_what_is_folded_folds_to_itself(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(ANY | TRICKY)
def test_a_change_has_a_name(text: str) -> None:
    for character in set(text) - set(LINE_ENDS):
        assert (fold(character).text == character) == (names(character) == ())


def test_every_character_folds_to_what_folds_no_further() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    once = fold(everything).text
    assert fold(once).text == once
    assert not any(0xD800 <= ord(character) < 0xE000 for character in once)


@given(ANY | TRICKY)
def test_simplifying_keeps_every_place(text: str) -> None:
    assert len(simplified(text)) == len(text)
    simplified(text).encode()
