"""Submitted text as safe HTML: hits marked at their characters, and whatever does not show made visible. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from moderation.core.submission import Span

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that print nothing, so that a word can be split without a trace."""

_SELECTORS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
_JOINER = "\u200d"
_RUN = 3
"""A longer run of one hidden character is shown once, with its length."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to mark: which hit it is, and the colour of its category."""

    span: Span
    hit: int
    colour: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the text with the marks that cover all of it, in the order given."""

    start: int
    text: str
    marks: tuple[Mark, ...] = ()


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """Cuts the text wherever a mark begins or ends; what reaches beyond the text is cut off.

    >>> a, b = Mark(Span(1, 3), 0, 0), Mark(Span(2, 9), 1, 1)
    >>> [(s.text, [m.hit for m in s.marks]) for s in segments("加微信吗", [a, b])]
    [('加', []), ('微', [0]), ('信', [0, 1]), ('吗', [1])]
    >>> segments("", [a])
    []
    """
    inside = [mark for mark in marks if mark.span.start < len(text)]
    cuts = sorted({0, len(text), *(m.span.start for m in inside), *(min(m.span.end, len(text)) for m in inside)})
    starts = sorted(range(len(inside)), key=lambda at: inside[at].span.start)
    found: list[Segment] = []
    covering: list[int] = []
    due = 0
    for start, end in pairwise(cuts):
        while due < len(starts) and inside[starts[due]].span.start <= start:
            covering.append(starts[due])
            due += 1
        covering = [at for at in covering if inside[at].span.end > start]
        found.append(Segment(start, text[start:end], tuple(inside[at] for at in sorted(covering))))
    return found


def label(character: str) -> str | None:
    """How a character that would not show, or would disturb the page, is written; None for all others.

    >>> label("\\x00"), label("\\u202e"), label("\\ud800"), label("\\n"), label("信")
    ('␀', 'U+202E', 'U+D800', '↵', None)
    """
    if character == "\n":
        return "↵"
    if character in _BLANK or character in _SELECTORS or unicodedata.category(character) in _HIDDEN:
        code = ord(character)
        if code < 0x20:
            return chr(0x2400 + code)
        return "␡" if code == 0x7F else f"U+{code:04X}"
    return None


def html(text: str, marks: Sequence[Mark] = ()) -> Markup:
    """The text as HTML: hits in <mark>, hidden characters as labels, everything escaped.

    >>> print(html("<b>信", [Mark(Span(3, 4), 0, 2, "赌博")]))
    &lt;b&gt;<mark class="hue-2" data-hits="0" title="赌博">信</mark>
    >>> print(html("\\u202e"))
    <span class="hidden" title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>
    """
    written = []
    for segment in segments(text, marks):
        body = Markup("").join(_visible(text, segment.start, segment.start + len(segment.text)))
        written.append(_marked(body, segment.marks) if segment.marks else body)
    return Markup("").join(written)


def excerpt(text: str, marks: Sequence[Mark] = (), limit: int = 60) -> Markup:
    """A stretch of at most `limit` characters around the first mark, on one line, "…" where something was left out.

    >>> print(excerpt("一二三四五六七八九十", [Mark(Span(6, 7), 0, 0)], 4))
    …五六<mark class="hue-0" data-hits="0">七</mark>八…
    """
    first = min((mark.span.start for mark in marks), default=0)
    start = max(0, min(first - limit // 2, len(text) - limit))
    end = min(len(text), start + limit)
    shifted = [
        Mark(Span(max(m.span.start, start) - start, min(m.span.end, end) - start), m.hit, m.colour, m.title)
        for m in marks
        if m.span.start < end and m.span.end > start
    ]
    body = html(text[start:end], shifted)
    return Markup("{}{}{}").format("…" if start else "", body, "…" if end < len(text) else "")


def plain(text: str) -> str:
    """The text with hidden characters as labels, for names, notes and other short values.

    >>> plain("a\\x00b\\ud800")
    'a␀b[U+D800]'
    """
    if text.isascii() and text.isprintable():
        return text
    shown = ((label(character), character) for character in text)
    return "".join(c if said is None or c == "\n" else said if len(said) == 1 else f"[{said}]" for said, c in shown)


def _visible(text: str, start: int, end: int) -> Iterator[Markup]:
    """The HTML of text[start:end]; the rest is looked at only to tell whether a joiner belongs to an emoji."""
    plain_from = at = start
    if not any(label(character) for character in set(text[start:end])):
        yield escape(text[start:end])
        return
    for character, run in groupby(text[start:end]):
        length = sum(1 for _ in run)
        said = None if length == 1 and _part_of_emoji(text, at) else label(character)
        if said is not None:
            yield escape(text[plain_from:at])
            plain_from = at + length
            if character == "\n":
                yield Markup('<span class="hidden newline">↵</span>\n') * length
            elif length > _RUN:
                yield _hidden(f"{said}×{length}", character)
            else:
                yield _hidden(said, character) * length
        at += length
    yield escape(text[plain_from:end])


def _part_of_emoji(text: str, at: int) -> bool:
    """Whether a joiner or selector only makes one emoji of its neighbours, as in 👨‍👩‍👧."""
    if text[at] not in _SELECTORS and text[at] != _JOINER:
        return False
    before = at - 1
    while before >= 0 and text[before] in _SELECTORS:
        before -= 1
    joins = before >= 0 and unicodedata.category(text[before]) in ("So", "Sk")
    if text[at] == _JOINER:
        return joins and at + 1 < len(text) and unicodedata.category(text[at + 1]) == "So"
    return joins


def _hidden(said: str, character: str) -> Markup:
    return Markup('<span class="hidden" title="{}">{}</span>').format(unicodedata.name(character, "control"), said)


def _marked(body: Markup, marks: Sequence[Mark]) -> Markup:
    hits = " ".join(str(mark.hit) for mark in marks)
    titles = " ｜ ".join(dict.fromkeys(mark.title for mark in marks if mark.title))
    more = " several" if len({mark.colour for mark in marks}) > 1 else ""
    about = Markup(' title="{}"').format(titles) if titles else Markup("")
    opening = Markup('<mark class="hue-{}{}" data-hits="{}"{}>').format(marks[0].colour, more, hits, about)
    return opening + body + Markup("</mark>")
