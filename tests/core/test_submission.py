"""What may be submitted."""

import pytest

from moderation.core.errors import BadInput, BadSetup, ModerationError, Problem
from moderation.core.submission import LIMITS, Kind, Span, check_text, checked


@pytest.mark.parametrize("kind", LIMITS)
def test_a_text_may_be_as_long_as_its_kinds_limit_and_no_longer(kind: Kind) -> None:
    for character in ("名", "\U0001f600", "\ud800"):
        assert check_text(kind, character * LIMITS[kind], "text") == []
        [problem] = check_text(kind, character * (LIMITS[kind] + 1), "items.0.text")
        assert (problem.field, problem.reason.split()[0:2]) == ("items.0.text", ["has", str(LIMITS[kind] + 1)])


@pytest.mark.parametrize("text", [None, 5, b"x", ["x"]])
def test_what_is_no_string_is_no_text(text: object) -> None:
    assert "not a string" in check_text(Kind.BIO, text, "text")[0].reason


def test_an_avatar_has_no_text() -> None:
    assert check_text(Kind.AVATAR, "x", "text")[0].fix == "give a picture instead"


def test_problems_together_are_bad_input() -> None:
    checked([])
    with pytest.raises(BadInput) as refused:
        checked([Problem("a", "is bad", "mend it"), Problem("b", "is worse", "drop it")])
    assert str(refused.value) == "a: is bad; mend it\nb: is worse; drop it"


def test_every_error_has_the_one_base_and_is_drawn_in_its_tree() -> None:
    def below(base: type[ModerationError]) -> set[str]:
        return {base.__name__}.union(*(below(each) for each in base.__subclasses__()))

    assert issubclass(BadSetup, BadInput)
    assert all(name in (ModerationError.__doc__ or "") for name in below(ModerationError))


def test_spans_that_only_touch_do_not_overlap() -> None:
    assert not Span(0, 2).overlaps(Span(2, 3))
    assert Span(0, 3).overlaps(Span(2, 3)) and Span(2, 3).overlaps(Span(0, 3))
