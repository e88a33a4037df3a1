"""Decodes a picture within limits, and the child process that does nothing else: pictures in by a pipe, answers out."""

import hashlib
import io
import json
import os
import re
import resource
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import (
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from moderation.pictures.decoded import WHOLE, DecodedPicture, Facts, Frame, Pixels, Undecodable
from moderation.pictures.frames import MostUnlike, opaque, tiles
from moderation.pictures.hashing import FrameHash, hash_frame
from moderation.pictures.limits import LONG_ASPECT, OUT_OF_MEMORY, READY, Limits, format_of

_PLUGINS = (GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)  # the only ones that are loaded
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""
_ORIENTATION = 0x0112

_PATIENCE = 0.55
"""The share of its seconds after which no further frame is visited, so that the rest is enough to encode what is kept."""
_LONG_MINIMUM = 64
"""The shorter side, in px, below which a long animation's frames are not shrunk."""
_STRIP_PIXELS = 1_000_000
_FRAME_MS = 500
"""How long the safe copy of an animation shows each of its frames: for a person to look at, not as in the original."""


def decode(data: bytes, limits: Limits, aspect: float | None) -> DecodedPicture:
    """The picture in these bytes, which may be hostile: hence call it only in a process that is nothing to lose.

    aspect  how many times as long as wide it may be, inclusive; None takes any and looks at long ones in tiles

    Raises Undecodable, MemoryError included.
    """
    try:
        return _Decoding(limits, aspect, data).run()
    except MemoryError as error:
        raise Undecodable(OUT_OF_MEMORY) from error
    except Image.DecompressionBombError as error:
        raise Undecodable(f"the picture has more than {limits.max_pixels:,} pixels") from error
    except Undecodable:
        raise
    except Exception as error:  # whatever a hostile file provokes, the answer is the same
        raise Undecodable(_words(error)) from error


def _words(error: Exception) -> str:
    said = re.sub(r"[^ -~]|<.*>|^\d+$", "", str(error)).strip()[:120]
    if isinstance(error, EOFError) or "truncated" in said.lower():
        return "the picture is cut off: its data ends too early"
    if isinstance(error, UnidentifiedImageError) or not said:
        return "the picture's data is damaged"
    return f"the picture's data is damaged ({said})"


class _Decoding:
    def __init__(self, limits: Limits, aspect: float | None, data: bytes) -> None:
        self._limits, self._aspect, self._data = limits, aspect, data
        self._stop = time.monotonic() + _PATIENCE * limits.child_seconds
        self._problems: list[str] = []
        self._hashes: list[FrameHash] = []
        self._transforms: dict[str, ImageCms.ImageCmsTransform | None] = {}

    def run(self) -> DecodedPicture:
        limits, kind = self._limits, format_of(self._data)
        if kind is None:
            raise Undecodable("the picture is not a JPEG, PNG, WEBP or GIF")
        # Pillow refuses above twice this number and warns above it; it asks before it makes room for a WEBP.
        Image.MAX_IMAGE_PIXELS = limits.max_pixels // 2
        with warnings.catch_warnings(), Image.open(io.BytesIO(self._data), formats=(kind,)) as image:
            warnings.simplefilter("ignore")
            self._check_size(image.size)
            width, height = image.size
            # A second picture inside a JPEG is for cameras' software; nothing shows it, and the copy does not have it.
            self._animated = kind != "JPEG" and bool(getattr(image, "is_animated", False))
            self._long = max(width, height) > LONG_ASPECT * min(width, height)
            if kind == "JPEG":
                image.draft(None, self._shown_size((width, height)))
            kept = MostUnlike(limits.kept_frames)
            for at, frame in self._distinct(image):
                pixels = self._shown(frame, image)
                shown = opaque(pixels)[0] if pixels.shape[2] == 4 else pixels
                self._hashes.append(hash_frame(shown))
                kept.offer(at, pixels, shown)
            if self._animated:
                width, height = image.size  # a GIF's canvas grows with its frames
            if _orientation(image) >= 5:
                width, height = height, width
        if len(self._hashes) > limits.kept_frames:
            self._problems.append(
                f"{len(self._hashes)} different frames, the {limits.kept_frames} most unlike ones were looked at"
            )
        pictures = kept.kept()
        frames = self._tiled(pictures) if self._long else [Frame(at, pixels) for at, pixels in pictures]
        facts = Facts(
            width, height, kind, self._frames, len(self._hashes), tuple(self._hashes), "; ".join(self._problems) or None
        )
        return DecodedPicture(_webp([pixels for _, pixels in pictures]), tuple(frames), facts)

    def _check_size(self, size: tuple[int, int]) -> None:
        (width, height), limits = size, self._limits
        short, long = min(size), max(size)
        if short < limits.min_side or long > limits.max_side:
            sides = f"each side must have {limits.min_side} to {limits.max_side:,}"
            raise Undecodable(f"the picture is {width} × {height} pixels, {sides}")
        if width * height > limits.max_pixels:
            raise Undecodable(f"the picture is {width} × {height} pixels, more than {limits.max_pixels:,} in all")
        if self._aspect is not None and long > self._aspect * short:
            times = f"more than {self._aspect:g} times as long as wide"
            raise Undecodable(f"the picture is {width} × {height} pixels, {times}")

    def _distinct(self, image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
        """Every frame that is not pixel by pixel equal to an earlier one, with its number; sets `_frames`."""
        if not self._animated:
            self._frames = 1
            image.load()
            yield 0, _plain(image)
            return
        # A GIF does not say how many frames it has, and counting a hostile one's takes seconds.
        declared = None if image.format == "GIF" else int(getattr(image, "n_frames", 1))
        seen: set[bytes] = set()
        at = pixels = 0
        while declared is None or at < declared:
            if reason := self._enough(at, pixels + image.width * image.height):
                total = f"of {declared} frames" if declared else "frames of an animation"
                self._problems.append(f"only the first {at} {total} were looked at: {reason}")
                break
            try:
                image.seek(at)
            except EOFError:
                if declared is None:
                    break
                raise
            self._check_size(image.size)
            image.load()
            pixels += image.width * image.height
            frame = _plain(image)
            key = _key(frame)
            if key not in seen:
                seen.add(key)
                yield at, frame
            at += 1
        self._frames = declared or at

    def _enough(self, at: int, pixels: int) -> str | None:
        """Why frame number `at` is not visited, with which so many pixels would have been decoded."""
        if at == 0:
            return None
        if at >= self._limits.max_frames:
            return f"an animation may have {self._limits.max_frames}"
        if pixels > self._limits.max_animation:
            return f"an animation may have {self._limits.max_animation:,} pixels in all its frames"
        if time.monotonic() > self._stop:
            return "the others would have taken too long"
        return None

    def _shown_size(self, size: tuple[int, int]) -> tuple[int, int]:
        short, long, limits = min(size), max(size), self._limits
        scale = limits.shown_side / long
        if self._long:
            scale = max(scale, _LONG_MINIMUM / short) if self._animated else limits.long_side / short
        if scale >= 1:
            return size
        return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))

    def _shown(self, frame: Image.Image, image: Image.Image) -> Pixels:
        """The frame as it is looked at: small, upright, in sRGB, with alpha only where it is used."""
        size = self._shown_size(frame.size)
        if frame.size != size:
            frame = frame.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        frame = self._in_srgb(frame, image.info.get("icc_profile"))
        if turn := _TURNS.get(_orientation(image)):
            frame = frame.transpose(turn)
        pixels = np.array(frame)
        if pixels.shape[2] == 4:
            if int(pixels[..., 3].min()) == 255:
                return np.ascontiguousarray(pixels[..., :3])
            pixels[pixels[..., 3] == 0] = 0
        return pixels

    def _in_srgb(self, frame: Image.Image, profile: object) -> Image.Image:
        """RGB or RGBA. A picture that only its colour profile makes legible is looked at with it, as browsers show it."""
        wanted = frame.mode if frame.mode in ("RGB", "RGBA") else "RGB"
        if isinstance(profile, bytes) and profile:
            if frame.mode not in self._transforms:
                self._transforms[frame.mode] = None
                with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):  # browsers ignore broken ones, too
                    source = ImageCms.getOpenProfile(io.BytesIO(profile))
                    srgb = ImageCms.createProfile("sRGB")
                    self._transforms[frame.mode] = ImageCms.buildTransform(source, srgb, frame.mode, wanted)
            if transform := self._transforms[frame.mode]:
                alpha = frame.getchannel("A") if wanted == "RGBA" else None
                changed = ImageCms.applyTransform(frame, transform)
                if changed is not None:
                    if alpha is not None:
                        changed.putalpha(alpha)
                    return changed
        return frame if frame.mode == wanted else frame.convert(wanted)

    def _tiled(self, pictures: list[tuple[int, Pixels]]) -> list[Frame]:
        frames: list[Frame] = []
        needed = 0
        most = max(1, self._limits.kept_frames // len(pictures))
        for at, pixels in pictures:
            height, width = pixels.shape[:2]
            boxes, all_tiles = tiles(width, height, most)
            needed += all_tiles
            for left, top, right, bottom in boxes:
                box = (left / width, top / height, right / width, bottom / height)
                frames.append(Frame(at, pixels[top:bottom, left:right], box if all_tiles > 1 else WHOLE))
        if needed > len(frames):
            self._problems.append(f"a long picture in {needed} parts, {len(frames)} of them were looked at")
        return frames


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a broken EXIF block turns nothing
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _plain(image: Image.Image) -> Image.Image:
    """The frame that is loaded in RGB, RGBA, L or CMYK of 8 bits; the picture itself where it is so already."""
    if image.mode.startswith("I;16"):
        deep = np.asarray(image)
        plain = Image.fromarray((deep >> 8).astype(np.uint8))
        clear = image.info.get("transparency")
        if isinstance(clear, int) and (deep == clear).any():
            plain = plain.convert("RGBA")
            plain.putalpha(Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8)))
        return plain
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "CMYK", "RGB", "RGBA"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _key(frame: Image.Image) -> bytes:
    """Equal for frames that look the same; what is invisible has no colour."""
    mode = "RGBa" if frame.mode == "RGBA" and frame.getchannel("A").getextrema() != (255, 255) else "RGB"
    digest = hashlib.blake2b(f"{mode} {frame.size}".encode(), digest_size=16)
    rows = max(1, _STRIP_PIXELS // frame.width)
    for top in range(0, frame.height, rows):  # in strips, since the whole in bytes would be a third copy
        strip = frame.crop((0, top, frame.width, min(frame.height, top + rows)))
        digest.update(strip.convert(mode).tobytes())
    return digest.digest()


def _webp(frames: list[Pixels]) -> bytes:
    """The safe copy; a canvas that grew over the animation leaves its early frames with a transparent margin."""
    height, width = (max(frame.shape[axis] for frame in frames) for axis in (0, 1))
    images = [Image.fromarray(frame) for frame in frames]
    if any(image.size != (width, height) for image in images):
        canvases = [Image.new("RGBA", (width, height)) for _ in images]
        for canvas, image in zip(canvases, images, strict=True):
            canvas.paste(image, (0, 0))
        images = canvases
    out = io.BytesIO()
    if len(images) == 1:
        images[0].save(out, "WEBP", quality=80, method=0)
    else:
        images[0].save(
            out, "WEBP", quality=80, method=0, save_all=True, append_images=images[1:], duration=_FRAME_MS, loop=0
        )
    return out.getvalue()


def _confine(limits: Limits) -> None:
    """What a picture may take from the machine; what the child already has loaded counts."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(15)


def _serve(limits: Limits, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers pictures until the other end of the pipe is closed, which is also what a parent's death does.

    The parent's death is not asked of the kernel: it would report that of the thread which started the child.
    """
    replies.write(READY)
    replies.flush()
    while head := requests.read(4):
        asked = json.loads(requests.read(int.from_bytes(head, "big")))
        data = requests.read(asked["bytes"])
        # SIGPROF ends the process. Not RLIMIT_CPU, which counts in whole seconds over all pictures of a child.
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
        header, parts = _answer(data, limits, asked["aspect"])
        text = json.dumps(header).encode()
        replies.write(len(text).to_bytes(4, "big") + text)
        for part in parts:
            replies.write(part)
        replies.flush()
        del data, parts
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(data: bytes, limits: Limits, aspect: float | None) -> tuple[dict[str, object], list[bytes | memoryview]]:
    try:
        picture = decode(data, limits, aspect)
    except Undecodable as error:
        return {"undecodable": str(error), **_memory()}, []
    facts = picture.facts
    header: dict[str, object] = {
        "facts": [facts.width, facts.height, facts.format, facts.frames, facts.distinct],
        "hashes": [each.to_text() for each in facts.hashes],
        "problem": facts.problem,
        "webp": len(picture.webp),
        "frames": [[frame.at, frame.pixels.shape, frame.box] for frame in picture.frames],
    }
    parts = [np.ascontiguousarray(frame.pixels).reshape(-1).data for frame in picture.frames]
    return header | _memory(), [picture.webp, *parts]


def _memory() -> dict[str, int]:
    """Bytes resident now and at the worst moment of this child's life."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return {"resident": int(file.read().split()[1]) * resource.getpagesize(), "peak": peak}
    except OSError:  # not Linux
        return {"resident": peak, "peak": peak}


def main() -> None:
    limits = Limits.from_text(sys.argv[1])
    _confine(limits)
    # Nothing that a library prints may get between the answers.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        _serve(limits, sys.stdin.buffer, replies)
    os._exit(0)


if __name__ == "__main__":
    main()
