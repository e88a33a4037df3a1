"""Marks lie at the right characters, whatever the text holds, and the text itself is all there and harmless."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from moderation.core.submission import Span
from moderation.web.highlight import Mark, excerpt, html, label, plain, segments

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    text = draw(ANY_TEXT)
    places = st.tuples(st.integers(0, len(text) + 3), st.integers(1, 12))
    return text, [
        Mark(Span(start, start + length), hit, hit % 8)
        for hit, (start, length) in enumerate(draw(st.lists(places, max_size=6)))
    ]


@given(marked())
def test_the_segments_are_the_text_and_each_knows_exactly_the_marks_that_cover_it(
    given_: tuple[str, list[Mark]],
) -> None:
    text, marks = given_
    found = segments(text, marks)
    assert "".join(segment.text for segment in found) == text
    for segment in found:
        for at in range(segment.start, segment.start + len(segment.text)):
            assert segment.marks == tuple(mark for mark in marks if mark.span.start <= at < mark.span.end)


@given(marked())
def test_no_character_of_a_text_becomes_markup_or_disturbs_the_page(given_: tuple[str, list[Mark]]) -> None:
    text, marks = given_
    written = str(html(text, marks))
    rest = re.sub(r'</?mark[^<>]*>|<span class="hidden[^<>]*>[^<>]*</span>', "", written)
    assert "<" not in rest and ">" not in rest
    written.encode("utf-8")
    assert not any(
        label(character) for character in unescape(rest) if character not in "\n\u200d" and not _selector(character)
    )
    shown = "".join(c for c in text if label(c) is None)
    assert shown == "".join(c for c in unescape(rest) if label(c) is None)


def _selector(character: str) -> bool:
    return 0xFE00 <= ord(character) < 0xFE10 or 0xE0100 <= ord(character) < 0xE01F0


def test_a_mark_lies_on_code_points_not_on_bytes_or_utf16_units() -> None:
    assert str(html("😀😀微信", [Mark(Span(2, 4), 0, 0)])) == '😀😀<mark class="hue-0" data-hits="0">微信</mark>'


def test_overlapping_marks_of_two_categories_show_that_there_are_several() -> None:
    written = str(html("加微信号", [Mark(Span(0, 3), 0, 0), Mark(Span(1, 4), 1, 1)]))
    assert '<mark class="hue-0 several" data-hits="0 1">微信</mark>' in written
    assert "several" not in str(html("加微信", [Mark(Span(0, 2), 0, 3), Mark(Span(1, 3), 1, 3)]))


def test_what_does_not_show_is_named() -> None:
    written = str(html("a\x00b\ud800c\u202ed\u200be\u3164\n"))
    for said in ("␀", "U+D800", "U+202E", "U+200B", "U+3164", "↵"):
        assert f">{said}</span>" in written
    assert "RIGHT-TO-LEFT OVERRIDE" in written


def test_a_long_run_of_one_hidden_character_is_said_once_with_its_length() -> None:
    assert str(html("\u200b" * 500)).count("<span") == 1
    assert "U+200B×500" in html("\u200b" * 500)


def test_an_emoji_stays_whole_but_a_joiner_that_hides_in_a_word_is_shown() -> None:
    assert str(html("👨‍👩‍👧❤️")) == "👨‍👩‍👧❤️"
    assert "U+200D" in html("微\u200d信")


def test_an_excerpt_is_short_and_shows_the_first_hit() -> None:
    text = "好" * 5000 + "微信" + "好" * 5000
    shown = str(excerpt(text, [Mark(Span(5000, 5002), 0, 0)], 60))
    assert '<mark class="hue-0" data-hits="0">微信</mark>' in shown
    assert shown.startswith("…") and shown.endswith("…") and shown.count("好") == 58


def test_an_excerpt_keeps_the_part_of_a_hit_that_fits() -> None:
    assert "<mark" in excerpt("赌" * 300, [Mark(Span(0, 300), 0, 0)], 20)


@given(ANY_TEXT)
def test_short_values_are_printable(text: str) -> None:
    shown = plain(text)
    shown.encode("utf-8")
    assert not any(label(character) for character in shown if character != "\n")
