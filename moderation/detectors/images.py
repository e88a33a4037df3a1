"""Pictures: decoded in a child process with limits, re-encoded, and until there are checks for them left to a person."""

import subprocess
import sys
from dataclasses import dataclass

from moderation.core.finding import Check, Screening
from moderation.core.submission import Item

MAX_BYTES = 5_000_000
MAX_PIXELS = 12_000_000
SIDES = (16, 6_000)
"""The shortest and longest side in pixels, inclusive."""

SECONDS = 6.0
"""Wall clock for the whole child; the decoding itself has 4 seconds of CPU and 1 GB of memory."""

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")


class Undecodable(Exception):
    """A picture that cannot be decoded safely; the message says why, in words for the caller."""


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A safe copy: the first frame as WEBP without metadata, no side over 1,024 pixels."""

    webp: bytes


def decode(picture: bytes) -> DecodedPicture:
    """Decodes JPEG, PNG, WEBP and GIF in a child process that a hostile file cannot outgrow. Raises Undecodable."""
    if not picture:
        raise Undecodable("the picture is empty")
    if len(picture) > MAX_BYTES:
        raise Undecodable(f"the picture has {len(picture)} bytes, at most {MAX_BYTES} are taken")
    if not picture.startswith(_MAGIC) and not (picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"):
        raise Undecodable("the picture is not a JPEG, PNG, WEBP or GIF")
    command = [sys.executable, "-I", "-m", "moderation.detectors.decoding"]
    try:
        child = subprocess.run(command, input=picture, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Undecodable(f"decoding took more than {SECONDS:g} seconds") from error
    if child.returncode == 0:
        return DecodedPicture(child.stdout)
    reason = child.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    raise Undecodable(reason if child.returncode == 3 else "decoding ran out of memory or time")


def unchecked(item: Item) -> Screening:
    """What is said of an item's pictures: nothing has looked at them, so a person must."""
    if not item.images and not item.problems:
        return Screening()
    waiting = any(reference.startswith("held:") for reference in item.images)
    return Screening(unchecked=(Check.IMAGE,), problem="; ".join(item.problems) or None, degraded=waiting)
