"""What decoding makes of a picture: frames to look at, facts, a safe copy; or why it cannot be decoded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from moderation.pictures.hashing import FrameHash

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3) RGB, or (height, width, 4) RGBA with straight alpha: 0 is invisible."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as fractions in [0, 1] of the whole picture, whatever size it is shown in."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame to look at, or one tile of a long picture.

    at   number of the frame in the animation, from 0; the tiles of one frame share it
    box  what part of the picture the pixels show, WHOLE but for tiles
    """

    at: int
    pixels: Pixels
    box: Box = WHOLE


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a picture beside its pixels.

    width, height  px as shown, which is after the EXIF orientation
    format         "JPEG", "PNG", "WEBP" or "GIF", whatever the file's name said
    frames         how many there are; of an animation that was not followed to its end, as many as are known of
    distinct       how many different ones were seen, equal pixel by pixel counting as one
    hashes         of every distinct frame, in order of appearance
    problem        why not all of it was looked at, in words for the caller; None when all was
    """

    width: int
    height: int
    format: str
    frames: int
    distinct: int
    hashes: tuple["FrameHash", ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPicture:
    """A picture that can be looked at and shown.

    webp    the safe copy: re-encoded, without metadata, with its alpha; animated where several frames are kept
    frames  the frames, or tiles, to look at, in order of appearance
    """

    webp: bytes
    frames: tuple[Frame, ...]
    facts: Facts


class Undecodable(Exception):
    """A picture that cannot be decoded safely; the message says why, in words for the caller."""
