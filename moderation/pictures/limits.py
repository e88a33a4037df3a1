"""What a picture may cost: its size, its frames, and the memory and time of whoever decodes it."""

import json
from dataclasses import asdict, dataclass

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What is decoded. Not AVIF: Pillow has its decoder believe the bitstream up to 268 million pixels, whatever size the file
declares. A file of 1,075 bytes that declared 96 × 96 made it decode 64 million."""

AVATAR_ASPECT = 4.0
"""How many times as long as wide an avatar may be, inclusive."""

LONG_ASPECT = 4.0
"""A picture in a post that is more times as long as wide than this is looked at in tiles."""

READY = b"+"
"""What a child writes once, when it can take pictures."""

OUT_OF_MEMORY = "decoding ran out of memory"
"""What a child says of a picture that its memory was too small for; such a child is replaced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound is inclusive.

    max_bytes       of the file
    max_pixels      of one frame, width × height
    min_side        px, the shorter side; `max_side` the longer one
    max_frames      visited of an animation; further ones are a problem, not a refusal
    max_animation   pixels, frames × width × height; beyond it as beyond `max_frames`
    kept_frames     frames and tiles that are handed on to be looked at
    shown_side      px, the longer side of frames and copies
    long_side       px, the shorter side of a long picture's tiles and copies
    memory          bytes of address space of a child (RLIMIT_AS)
    cpu_seconds     of one picture, in the child
    child_seconds   of wall clock from handing a child the picture until the whole answer is back
    answer_seconds  of wall clock for everything, the wait for a free child included
    child_uses      pictures after which a child is replaced
    child_resident  bytes resident after a picture, beyond which a child is replaced

    Raises ValueError for a bound that is not positive and for a child that may take longer than the answer.

    >>> Limits(max_frames=0)
    Traceback (most recent call last):
    ValueError: max_frames is 0, a bound must be above 0
    """

    max_bytes: int = 5_000_000
    max_pixels: int = 12_000_000
    min_side: int = 16
    max_side: int = 6_000
    max_frames: int = 200
    max_animation: int = 60_000_000
    kept_frames: int = 12
    shown_side: int = 1_024
    long_side: int = 720
    memory: int = 1_000_000_000
    cpu_seconds: float = 4.0
    child_seconds: float = 4.0
    answer_seconds: float = 6.0
    child_uses: int = 500
    child_resident: int = 160_000_000

    def __post_init__(self) -> None:
        for name, bound in asdict(self).items():
            if not bound > 0:
                raise ValueError(f"{name} is {bound}, a bound must be above 0")
        if self.child_seconds > self.answer_seconds:
            raise ValueError(
                f"child_seconds is {self.child_seconds:g}, more than answer_seconds, {self.answer_seconds:g}"
            )

    def to_text(self) -> str:
        """As JSON, for the child's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Limits":
        """
        >>> Limits.from_text(Limits(max_frames=7).to_text()) == Limits(max_frames=7)
        True
        """
        return cls(**json.loads(text))


def format_of(data: bytes) -> str | None:
    """Which of FORMATS the first bytes announce, None for anything else; names and content types are not asked.

    >>> format_of(b"GIF89a..."), format_of(b"<svg xmlns=...")
    ('GIF', None)
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None
