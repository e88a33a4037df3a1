"""Disguised texts: changed in part, the same for the same seed, harmless in any Unicode."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.augmentation import LIKELY, disguised

TEXT = "第一手现在回血，看我主页第二个字母，拉你进交流群"


def test_a_disguise_changes_some_of_the_text_and_leaves_the_rest() -> None:
    seen = {disguised(TEXT, Random(seed)) for seed in range(40)}
    assert len(seen) > 30
    assert all(text != TEXT and len(set(text) & set(TEXT)) >= len(set(TEXT)) // 3 for text in seen)


@pytest.mark.parametrize("name", LIKELY)
def test_every_rewriting_can_be_asked_for_alone(name: str) -> None:
    assert any(disguised(TEXT, Random(seed), (name,)) != TEXT for seed in range(20))


@given(st.text(max_size=40), st.integers(0, 1000))
def test_any_text_can_be_disguised(text: str, seed: int) -> None:
    assert disguised(text, Random(seed)) == disguised(text, Random(seed))
