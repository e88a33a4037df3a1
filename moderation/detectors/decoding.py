"""The child process that decodes one picture: bytes in, WEBP out, or exit code 3 and the reason; it limits itself first."""

import io
import resource
import sys

from PIL import Image, ImageOps

from moderation.detectors.images import MAX_PIXELS, SIDES

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MEMORY = 1_000_000_000
CPU_SECONDS = 4
SHOWN_SIDE = 1_024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    try:
        safe = _safe(sys.stdin.buffer.read())
    except Exception as error:  # whatever a hostile file provokes, the answer is the same: not decodable
        print(f"the picture cannot be decoded: {type(error).__name__}: {error}".replace("\n", " "), file=sys.stderr)
        sys.exit(3)
    sys.stdout.buffer.write(safe)


def _safe(picture: bytes) -> bytes:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    image: Image.Image = Image.open(io.BytesIO(picture), formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are more than {MAX_PIXELS}")
    if min(width, height) < SIDES[0] or max(width, height) > SIDES[1]:
        raise ValueError(f"{width} x {height} pixels, each side must have {SIDES[0]} to {SIDES[1]}")
    image.load()
    image = ImageOps.exif_transpose(image)
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    out = io.BytesIO()
    shown.save(out, "WEBP", quality=85)
    return out.getvalue()


if __name__ == "__main__":
    main()
