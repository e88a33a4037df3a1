"""Scanning: what each way of hiding a term is found by, and that the extension and the Python say the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.text import _scan
from moderation.text.build_tables import build_tables
from moderation.text.plain_index import build_plain
from moderation.text.scan_tables import STRICT, scan_tables
from moderation.text.scanning import BITS, EVERY, Found, Index, PythonScanner, make_scanner
from moderation.text.sound_index import Pattern, build_index

TERMS = [
    "加微信",
    "银行卡",
    "赌博",
    "摇头丸",
    "刷单",
    "百家乐",
    "一夜情",
    "网上博彩",
    "操你妈",
    "加v信",
    "爸爸爸活",
    "百家号",
]
INDEX = build_index(
    [
        *(Pattern(term, number, EVERY) for number, term in enumerate(TERMS)),
        Pattern("百家号", 11, EVERY | STRICT),
        Pattern("网上🐴", 7, EVERY, BITS["emoji"]),
    ]
)
PLAIN = build_plain(["赌博", "加微信", "加微信号", "夜情一", "jvx", "火a", "爸爸", "卡银行卡银"])
FAST, SLOW = make_scanner(scan_tables()), PythonScanner(scan_tables())
FAST_INDEX, SLOW_INDEX = FAST.index(PLAIN, INDEX), SLOW.index(PLAIN, INDEX)


def scanned(index: Index, text: str, enabled: int) -> Found:
    return index.scan(text, enabled) or (FAST.fold(text), [], [])


PIECES = [
    *"号浩豪好加微薇信银行航卡赌睹贝者博摇頭丸单乐1一夜情网上操你妈🐴❤➕v\n\r。 Ｖ爸火",
    "dan",
    "shua",
    "bo",
    "️",
    "㎏",
    "\ud800",
    "\n",
]


def found(text: str, enabled: int = EVERY) -> list[tuple[str, str, list[str]]]:
    _, _, hits = scanned(FAST_INDEX, text, enabled)
    return [(text[a:b], TERMS[owner], [name for name in BITS if folds & BITS[name]]) for a, b, owner, folds in hits]


@pytest.mark.parametrize(
    ("text", "hidden", "term", "folds"),
    [
        ("快加薇信", "加薇信", "加微信", ["look_alike"]),
        ("嘉危心吧", "嘉危心", "加微信", ["homophone"]),
        ("印行卡", "印行卡", "银行卡", ["homophone"]),
        ("银航卡", "银航卡", "银行卡", ["homophone"]),
        ("贝者博", "贝者博", "赌博", ["split"]),
        ("贝者十尃", "贝者十尃", "赌博", ["split"]),
        ("去 力口 微信", "力口 微信", "加微信", ["split"]),
        ("刷dan兼职", "刷dan", "刷单", ["pinyin"]),
        ("shua dan", "shua dan", "刷单", ["pinyin"]),
        ("百家家家乐", "百家家家乐", "百家乐", ["repeated"]),
        ("1夜情", "1夜情", "一夜情", ["numeral"]),
        ("操你🐴", "操你🐴", "操你妈", ["emoji"]),
        ("网上🐴", "网上🐴", "网上博彩", ["emoji"]),
        ("加薇❤信", "加薇❤信", "加微信", ["look_alike"]),
        ("加微❤", "加微❤", "加微信", ["emoji"]),
        ("加\n微\n➕\n信", "加\n微\n➕\n信", "加微信", []),
    ],
)
def test_a_hidden_term_is_found_with_how_it_was_hidden(text: str, hidden: str, term: str, folds: list[str]) -> None:
    expected = [(hidden, term, folds)] if folds else []
    assert [hit for hit in found(text) if hit[1] == term] == expected


def test_a_plain_string_is_found_wherever_it_stands_in_folded_text() -> None:
    assert FAST_INDEX.scan("号：加微信号 加❤微信，赌 博", 0) == (
        "号加微信号加微信赌博",
        [(1, 4, 1), (1, 5, 2), (5, 8, 1), (8, 10, 0)],
        [],
    )


def test_a_plain_term_is_no_hidden_one() -> None:
    assert found("加微信，银行卡，加 微 信") == []


def test_a_fold_that_is_off_finds_nothing() -> None:
    assert found("嘉危心") and not found("嘉危心", EVERY & ~BITS["homophone"])
    assert found("加微❤") and not found("加微❤", EVERY & ~BITS["emoji"])


def test_a_pattern_is_found_through_its_own_folds_alone() -> None:
    index = FAST.index(build_plain([]), build_index([Pattern("加微信", 0, BITS["split"])]))
    assert index.scan("加危信", EVERY) is None
    assert index.scan("力口微信", EVERY) == ("力口微信", [], [(0, 4, 0, BITS["split"])])


def test_nothing_is_found_across_the_end_of_a_sentence() -> None:
    assert found("嘉危。心") == [] and found("嘉危心") != []


def test_an_empty_index_finds_nothing() -> None:
    assert FAST.index(build_plain([]), build_index([])).scan("加微信", EVERY) is None


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=12), st.integers(0, EVERY))
def test_the_extension_says_what_the_python_says(text: str, enabled: int) -> None:
    fast, slow = FAST_INDEX.scan(text, enabled), SLOW_INDEX.scan(text, enabled)
    assert fast == slow
    assert FAST.fold(text) == SLOW.fold(text)
    assert list(FAST.offsets(text)) == list(SLOW.offsets(text))
    folded, matches, hits = fast or ("", [], [])
    assert all(0 <= start < end <= len(folded) for start, end, _ in matches)
    assert all(0 <= start < end <= len(text) for start, end, _, _ in hits)


@pytest.mark.parametrize(
    "text",
    [
        "加" * 30_000,
        "加❤" * 20_000,
        "加微" * 20_000 + "心",
        "a" * 50_000,
        "\n加" * 20_000,
        "1" * 50_000,
        "❤🐴" * 20_000,
    ],
)
def test_a_long_monotonous_text_is_scanned_too(text: str) -> None:
    assert len(scanned(FAST_INDEX, text, EVERY)[0]) <= len(text)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="scan"):
        FAST_INDEX.scan(b"bytes", EVERY)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="arrays"):
        _scan.Scanner([])


def test_the_tables_in_the_package_are_what_the_data_gives() -> None:
    for name, array in build_tables().arrays().items():
        assert (array == scan_tables().arrays()[name]).all(), name
