"""Word boundaries at the ends of a hit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.segmentation import aligned, warm

ANY = st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("before", "hit", "after", "expected"),
    [
        ("路", "口交", "通拥堵", False),
        ("前方路", "口交", "通", False),
        ("工", "人大", "会召开", False),
        ("老", "子弹", "琴", False),
        ("工", "人大", "會召開", False),
        ("加", "微信", "吧", True),
        ("", "微信号码", "", True),
        ("我要", "买冰毒", "", True),
        ("", "口交", "", True),
        ("路，", "口交", "，通", True),
        ("abc", "vx", "123", True),
        ("加\ud800", "微信", "\udfff吧", True),
    ],
)
def test_only_the_ends_of_a_hit_must_be_those_of_words(before: str, hit: str, after: str, expected: bool) -> None:
    warm()
    assert aligned(before, hit, after) is expected


@given(ANY, ANY, ANY)
def test_any_text_is_accepted(before: str, hit: str, after: str) -> None:
    assert aligned(before, hit, after) in (True, False)
