"""The way back from a folded text."""

import pytest

from moderation.core.folded import FoldedText, Folding
from moderation.core.submission import Span

DOUBLED = Folding(lambda text: [at for at in range(len(text)) for _ in "xx"], lambda _: ("width",))


def test_a_range_inside_an_expansion_is_the_whole_character() -> None:
    folded = FoldedText("ab", "aabb", DOUBLED)
    assert [folded.span(at, at + 1) for at in range(4)] == [Span(0, 1), Span(0, 1), Span(1, 2), Span(1, 2)]
    assert folded.span(1, 3) == Span(0, 2)
    assert folded.gap(0, 4) == ""


def test_the_way_back_is_worked_out_once_and_only_when_it_is_asked_for() -> None:
    calls: list[str] = []

    def offsets(text: str) -> list[int]:
        calls.append(text)
        return [1]

    folded = FoldedText(" x", "x", Folding(offsets, lambda _: ()))
    assert calls == []
    assert (folded.span(0, 1), folded.gap(0, 1), calls) == (Span(1, 2), "", [" x"])


def test_a_text_that_folding_leaves_alone_is_its_own_way_back() -> None:
    folded = FoldedText("abc", "abc", DOUBLED)
    assert (folded.span(1, 3), folded.folds(0, 3), folded.gap(0, 3)) == (Span(1, 3), (), "")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 1), (0, 5)])
def test_a_range_outside_the_folded_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="a folded range needs 0 <= start < end <= 4"):
        FoldedText("ab", "aabb", DOUBLED).span(start, end)
