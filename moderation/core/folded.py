"""A folded text with the way back to the text as submitted; how to fold is in `moderation.text`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from moderation.core.submission import Span

FOLDS = (
    "width",
    "case",
    "traditional",
    "enclosed",
    "look_alike",
    "invisible",
    "inserted",
    "repeated",
    "vertical",
    "numeral",
    "emoji",
    "split",
    "pinyin",
    "initials",
    "homophone",
    "reversed",
    "shuffled",
)
"""The names of the folds, in the order in which a finding names them.

width        another form of the same letter or digit: full or half width, superscript, accented
case         upper or lower case
traditional  a traditional or variant character for the simplified one
enclosed     a letter, digit or character in a circle, box or pair of brackets that is one character
look_alike   a Latin, Cyrillic, Greek or Chinese character that looks like the right one
invisible    one that does not show was left out: zero width, control, combining, variation selector, lone surrogate
inserted     one that shows was left out: a blank, punctuation, symbol or emoji
repeated     the same character several times in a row
vertical     one character a line
numeral      another way to write the same number: 8, 八, 捌
emoji        an emoji for the word that it stands for
split        a character written as its parts: 贝者 for 赌
pinyin       a character's reading in Latin letters, or the whole term's
initials     the first letters of the readings
homophone    a character of the same or nearly the same reading
reversed     written backwards
shuffled     the inner characters in another order
"""


@dataclass(frozen=True)
class Folding:
    """How texts were folded, for the way back.

    offsets  for each folded character of a text, the place in the original of the one that it comes from; never falling
    names    which folds, out of FOLDS and in that order, change or leave out a single original character
    """

    offsets: Callable[[str], Sequence[int]]
    names: Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class FoldedText:
    """A text and what it folds to. Ranges are half-open, [start, end), in folded characters.

    The way back is worked out when it is first asked for, since most texts have no hit.

    >>> folding = Folding(lambda _: [0, 2], lambda character: {"-": ("inserted",), "B": ("case",)}.get(character, ()))
    >>> folded = FoldedText("a-B", "ab", folding)
    >>> folded.span(0, 2), folded.folds(0, 2), folded.gap(0, 2), folded.folds(0, 1)
    (Span(start=0, end=3), ('case', 'inserted'), '-', ())
    """

    original: str
    text: str
    folding: Folding

    @cached_property
    def offsets(self) -> Sequence[int]:
        """The place in the original that each folded character comes from; several from one that expands, as ㎏."""
        if self.text == self.original:
            return range(len(self.text))
        return self.folding.offsets(self.original)

    def span(self, start: int, end: int) -> Span:
        """The least range of the original that folds to this one. ValueError if it is empty or not within the text."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"a folded range needs 0 <= start < end <= {len(self.text)}, got [{start}, {end})")
        return Span(self.offsets[start], self.offsets[end - 1] + 1)

    def folds(self, start: int, end: int) -> tuple[str, ...]:
        """The names of the folds that changed or left out anything within this range, in the order of FOLDS."""
        span = self.span(start, end)
        if self.original[span.start : span.end] == self.text[start:end]:
            return ()
        seen = {name for character in set(span.of(self.original)) for name in self.folding.names(character)}
        return tuple(name for name in FOLDS if name in seen)

    def gap(self, start: int, end: int) -> str:
        """The characters of the original that were left out within this range, in order."""
        span = self.span(start, end)
        kept = set(self.offsets[start:end])
        return "".join(self.original[at] for at in range(span.start, span.end) if at not in kept)
