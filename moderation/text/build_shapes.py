"""Finds characters that look alike in print, by drawing them: `python -m moderation.text.build_shapes FONT...`.

The fonts are collections in the order of Noto Sans CJK and Noto Serif CJK, from which shapes.tsv was made.
"""

import sys
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from moderation.text.confusion import SHAPES, frequencies, han, plain

SIDE = 40
"""Of the square in pixels that a character is drawn in."""

SIMPLIFIED = 2
"""Which face of a collection is drawn: in Noto CJK's, that of simplified Chinese."""

LIKE = 0.80
"""How like two drawings must be, as the cosine of their darkness without its mean; 1 is the same."""

MOST = 12
"""How many likes of a character are kept."""

COMMON = 20
"""From this frequency on a character is one that people type."""


def main(fonts: Iterable[str]) -> None:
    common = frequencies()
    characters = sorted(c for c, count in common.items() if count >= COMMON and han(c) and plain(c) == c)
    likeness = np.mean([_likeness(characters, font) for font in fonts], axis=0)
    np.fill_diagonal(likeness, 0)
    with SHAPES.open("w", encoding="utf-8") as lines:
        for row, character in zip(likeness, characters, strict=True):
            near = [at for at in np.argsort(-row)[:MOST] if row[at] >= LIKE]
            if near:
                lines.write(f"{character}\t{''.join(characters[at] for at in near)}\n")


def _likeness(characters: list[str], font: str) -> NDArray[np.float32]:
    face = ImageFont.truetype(font, SIDE - 6, index=SIMPLIFIED)
    drawn = np.stack([_drawn(character, face) for character in characters])
    drawn -= drawn.mean(axis=1, keepdims=True)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    product: NDArray[np.float32] = drawn @ drawn.T
    return product


def _drawn(character: str, face: ImageFont.FreeTypeFont) -> NDArray[np.float32]:
    """Blurred, so that strokes a little apart still meet."""
    picture = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(picture).text((SIDE / 2, SIDE / 2), character, 255, face, anchor="mm")
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1.2)), np.float32).ravel()


if __name__ == "__main__":
    main(sys.argv[1:])
