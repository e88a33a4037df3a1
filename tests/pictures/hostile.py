"""Files made to hurt whoever decodes them: the same bytes at every call, made here, so that none lies in the repository."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from functools import cache
from random import Random
from time import gmtime

from PIL import Image, ImageDraw

PNG, GIF = b"\x89PNG\r\n\x1a\n", b"GIF89a"
HTML = b"<html><script>alert(document.cookie)</script></html>"
LARGEST = 4_900_000
"""Bytes that stay under the limit, so that it is not the file's length which ends it."""


@cache
def hostile_files() -> dict[str, bytes]:
    """All of them by name."""
    made: dict[str, bytes] = {}
    for part in (_not_pictures, _pngs, _animated_pngs, _jpegs, _gifs, _webps, _random):
        made |= part()
    return made


def picture(side: int = 96) -> Image.Image:
    """Something with edges and colours, nothing of which is hostile."""
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((side // 8, side // 8, side // 2, side // 2), fill=(200, 40, 40))
    draw.rectangle((side // 2, side // 2, side * 7 // 8, side * 3 // 4), fill=(30, 90, 200))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, data: bytes = b"", *, crc: int | None = None) -> bytes:
    check = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png(
    width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"", interlaced: int = 0
) -> bytes:
    """A PNG of raw rows, each with its filter byte; what `extra` says stands before the data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    return PNG + header + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND")


def apng(
    width: int,
    height: int,
    frames: int,
    declared: int | None = None,
    box: tuple[int, ...] | None = None,
    alpha: bool = False,
) -> bytes:
    """Frames of 256 tones of grey in turn; `box` is (width, height, x, y) of the later ones.

    With alpha they are laid over one another, and each is taken back afterwards, which needs the most copies of a frame.
    """
    pixel = 4 if alpha else 1
    whole = [zlib.compress((b"\0" + bytes([tone]) * pixel * width) * height, 1) for tone in range(min(frames, 256))]
    parts = [PNG, chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 0, 0, 0, 0))]
    parts.append(chunk(b"acTL", struct.pack(">II", declared or frames, 0)))
    number = 0
    for at in range(frames):
        wide, high, x, y = (width, height, 0, 0) if at == 0 or box is None else box
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, wide, high, x, y, 1, 10, 2 * alpha, alpha)))
        data = whole[at % 256]
        number += 1
        parts.append(chunk(b"IDAT", data) if at == 0 else chunk(b"fdAT", struct.pack(">I", number) + data))
        number += at > 0
    return b"".join([*parts, chunk(b"IEND")])


def gif(
    width: int, height: int, frames: Iterable[bytes], colours: bytes = b"\0\0\0\xff\xff\xff", end: bytes = b";"
) -> bytes:
    return GIF + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + colours + b"".join(frames) + end


def gif_frame(
    width: int, height: int, x: int = 0, y: int = 0, data: bytes | None = None, palette: bytes = b""
) -> bytes:
    """One frame; without data of its own, as many black pixels as its size asks for."""
    head = b"," + struct.pack("<HHHHB", x, y, width, height, 0x80 if palette else 0) + palette
    return head + (_lzw(width * height) if data is None else data)


def _lzw(pixels: int) -> bytes:
    """Zeros in GIF's LZW of two colours, in runs that grow by one: a whole canvas in a few bytes."""
    bits: list[tuple[int, int]] = [(4, 3)]
    size, free, run = 3, 6, 0
    code = 0
    while pixels > 0:
        run = 1 if code == 0 else run + 1
        bits.append((code, size))
        pixels -= run
        if len(bits) > 2 and free < 4096:
            free += 1
            if free == 1 << size and size < 12:
                size += 1
        code = free if free < 4095 else code
    bits.append((5, size))
    number = place = 0
    for value, width in bits:
        number |= value << place
        place += width
    raw = number.to_bytes((place + 7) // 8, "little")
    return (
        b"\x02"
        + b"".join(bytes([len(raw[at : at + 255])]) + raw[at : at + 255] for at in range(0, len(raw), 255))
        + b"\0"
    )


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4 if size is None else size) + b"WEBP" + body


def vp8x(width: int, height: int, flags: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def animated_webp(width: int, height: int, still: bytes, frames: int) -> bytes:
    """So many times the one chunk of pixels in a plain WEBP file."""
    sizes = bytes(6) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + b"\x0a\0\0\0"
    anmf = (b"ANMF", sizes + still[12:])
    return riff(vp8x(width, height, 2), (b"ANIM", bytes(6)), *[anmf] * frames)


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def exif_loop() -> bytes:
    """An EXIF block whose directories name each other as their successors and sub-directories."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    directory = struct.pack("<H", 2) + entry + struct.pack("<HHII", 0x8825, 4, 1, 8) + struct.pack("<I", 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory


def gps_exif() -> Image.Exif:
    """Where a picture was taken, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (39.0, 54.0, 20.0), 3: "E", 4: (116.0, 23.0, 29.0)}
    return exif


def _cuts(name: str, data: bytes) -> dict[str, bytes]:
    return {f"{name} cut at {share}%": data[: len(data) * share // 100] for share in (10, 50, 95)}


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("evil.html"), HTML)
    return out.getvalue()


def _not_pictures() -> dict[str, bytes]:
    image = picture()
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    made = {
        "empty": b"",
        "one byte": b"\xff",
        "svg": svg,
        "html": HTML,
        "text": "加我微信".encode(),
        "pdf": saved(image, "PDF", creationDate=gmtime(0), modDate=gmtime(0)),
        "eps": saved(image, "EPS"),
        "tiff": saved(image, "TIFF"),
        "bmp": saved(image, "BMP"),
        "ico": saved(image, "ICO"),
        "jpeg 2000": saved(image, "JPEG2000"),
        "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 96, 96, 8, 3) + bytes(12),
        "avif": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B" + Random(1).randbytes(400),
        "a real avif": saved(image, "AVIF"),
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + Random(2).randbytes(400),
        "jpeg xl": b"\xff\x0a" + Random(3).randbytes(400),
        "jpeg xl in boxes": b"\0\0\0\x0cJXL \r\n\x87\n" + Random(4).randbytes(400),
        "archive": _archive(),
        "program": b"\x7fELF" + Random(5).randbytes(400),
        "eight megabytes": PNG + bytes(8_000_000 - len(PNG)),
    }
    return made | {"spaces before a png": b"  " + saved(image, "PNG"), "svg called png": PNG[:4] + svg}


def _pngs() -> dict[str, bytes]:
    plain = saved(picture(), "PNG")
    after_header = len(PNG) + 25
    rows = (b"\0" + bytes(96)) * 96

    def with_chunks(*chunks: bytes) -> bytes:
        return plain[:after_header] + b"".join(chunks) + plain[after_header:]

    bomb = zlib.compress(bytes(60_000_000), 1)
    private = b"".join(chunk(b"prVt") for _ in range(250_000))
    idat = zlib.compress(rows)
    by_byte = b"".join(chunk(b"IDAT", idat[at : at + 1]) for at in range(len(idat)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 96, 8, 0, 0, 0, 0))
    deep = Random(6).randbytes(96 * 6)
    return _cuts("png", plain) | {
        "png of 20,000 squared": png(20_000, 20_000, 1, 0, (b"\0" + bytes(2_500)) * 20_000),
        "png of 12 megapixels with alpha": png(4_000, 3_000, 8, 6, (b"\0" + bytes(16_000)) * 3_000),
        "png of 12 megapixels of 16 bits with alpha": png(4_000, 3_000, 16, 6, (b"\0" + bytes(32_000)) * 3_000),
        "png that declares two billion squared": png(2**31 - 1, 2**31 - 1, 8, 2, rows),
        "png that declares more than it has": png(1_000, 1_000, 8, 0, rows),
        "png with more data than it declares": png(96, 96, 8, 0, bytes(30_000_000)),
        "png of no size": png(0, 0, 8, 0, rows),
        "png with a zTXt bomb": with_chunks(chunk(b"zTXt", b"Comment\0\0" + bomb)),
        "png with an iTXt bomb": with_chunks(chunk(b"iTXt", b"Comment\0\1\0\0\0" + bomb)),
        "png with an iCCP bomb": with_chunks(chunk(b"iCCP", b"icc\0\0" + bomb)),
        "png with a hundred large texts": with_chunks(
            *[chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))] * 100
        ),
        "png with a broken profile": with_chunks(
            chunk(b"iCCP", b"icc\0\0" + zlib.compress(Random(7).randbytes(5_000)))
        ),
        "png with a wrong checksum of its header": plain[:29] + b"\0\0\0\0" + plain[33:],
        "png with a wrong checksum of its data": PNG + header + chunk(b"IDAT", idat, crc=1) + chunk(b"IEND"),
        "png with half a colour in its palette": png(96, 96, 8, 3, rows, chunk(b"PLTE", bytes(5))),
        "png without the palette it needs": png(96, 96, 8, 3, rows),
        "png with colours outside its palette": png(
            96, 96, 8, 3, (b"\0" + b"\xc8" * 96) * 96, chunk(b"PLTE", bytes(6))
        ),
        "png with 250,000 chunks": with_chunks(private),
        "png with a chunk of four gigabytes": plain[:after_header] + b"\xff\xff\xff\xffIDAT" + plain[after_header:],
        "png with a byte in each chunk": PNG + header + by_byte + chunk(b"IEND"),
        "png that is a broken zlib stream": PNG + header + chunk(b"IDAT", Random(8).randbytes(9_000)) + chunk(b"IEND"),
        "png with an unknown filter": png(96, 96, 8, 0, (b"\x09" + bytes(96)) * 96),
        "png with a depth of 3 bits": png(96, 96, 3, 0, rows),
        "png of 1 x 6000": png(1, 6_000, 8, 0, b"\0\x80" * 6_000),
        "png of 6000 x 1": png(6_000, 1, 8, 0, b"\0" + bytes(6_000)),
        "png of 16 x 6000": png(16, 6_000, 8, 0, (b"\0" + bytes(range(16))) * 6_000),
        "png with an archive behind it": plain + _archive(),
        "png with a page in a text": with_chunks(chunk(b"tEXt", b"Comment\0" + HTML)),
        "png with looping exif": with_chunks(chunk(b"eXIf", exif_loop()[6:])),
        "png of 16 bits with a transparent colour": png(96, 96, 16, 2, (b"\0" + deep) * 96, chunk(b"tRNS", deep[:6])),
        "png with a header inside": with_chunks(chunk(b"IHDR", struct.pack(">IIBBBBB", 9_000, 9_000, 8, 6, 0, 0, 0))),
    }


def _animated_pngs() -> dict[str, bytes]:
    whole = apng(96, 96, 6)
    return _cuts("apng", whole) | {
        "apng of 12 frames of 12 megapixels": apng(4_000, 3_000, 12),
        "apng of 6 frames of 12 megapixels with alpha": apng(4_000, 3_000, 6, alpha=True),
        "apng of 5,000 frames": apng(32, 32, 5_000),
        "apng that declares a billion frames": apng(96, 96, 3, declared=10**9),
        "apng that declares no frames": apng(96, 96, 3).replace(b"acTL\0\0\0\x03", b"acTL\0\0\0\0"),
        "apng with frames outside its canvas": apng(96, 96, 4, box=(96, 96, 4_000_000, 5)),
        "apng with a frame larger than its canvas": apng(96, 96, 4, box=(60_000, 60_000, 0, 0)),
        "apng with its frames out of order": whole.replace(struct.pack(">I", 3), struct.pack(">I", 77), 1),
    }


def _jpegs() -> dict[str, bytes]:
    plain, image = saved(picture(), "JPEG"), picture()

    def with_segments(*segments: bytes) -> bytes:
        return plain[:2] + b"".join(segments) + plain[2:]

    def filled(data: bytes, more: bytes) -> bytes:
        return data + more * ((LARGEST - len(data)) // len(more)) + b"\xff\xd9"

    def resized(data: bytes, width: int, height: int) -> bytes:
        at = data.index(b"\xff\xc0") + 5
        return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]

    flat = saved(Image.new("RGB", (3_400, 3_400), (90, 120, 50)), "JPEG", progressive=True)
    last_scan = flat[flat.rindex(b"\xff\xda") : -2]
    second = saved(picture(64), "JPEG")
    icc = b"ICC_PROFILE\0"
    return _cuts("jpeg", plain) | _cuts("progressive jpeg", saved(image, "JPEG", progressive=True)) | {
        "jpeg of thousands of scans": filled(flat[:-2], last_scan),
        "jpeg of millions of restart markers": filled(plain[: plain.index(b"\xff\xda") + 14], bytes.fromhex("ffd0ffd1ffd2ffd3")),
        "jpeg that declares 65,535 squared": resized(plain, 65_535, 65_535),
        "jpeg that declares 4,000 x 3,000": resized(plain, 4_000, 3_000),
        "jpeg of no size": resized(plain, 0, 0),
        "jpeg of samples of 12 bits": plain.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        "jpeg with an archive behind it": plain + _archive(),
        "jpeg with a page in a comment": with_segments(segment(0xFE, HTML)),
        "jpeg with megabytes of comments": with_segments(*[segment(0xFE, bytes(65_000))] * 70),
        "jpeg with looping exif": with_segments(segment(0xE1, exif_loop())),
        "jpeg with much exif": with_segments(*[segment(0xE1, b"Exif\0\0" + Random(9).randbytes(60_000))] * 40),
        "jpeg with a broken profile": with_segments(segment(0xE2, icc + b"\1\1" + Random(10).randbytes(9_000))),
        "jpeg with 200 parts of a profile": with_segments(
            *[segment(0xE2, icc + bytes([n, 200]) + bytes(20_000)) for n in range(1, 201)]
        ),
        "jpeg with a second picture": saved(image, "MPO", save_all=True, append_images=[picture(64)]),
        "jpeg inside a jpeg": with_segments(segment(0xE1, second)),
        "jpeg with broken tables": plain.replace(b"\xff\xc4", b"\xff\xc4\0\x03\xff", 1),
        "jpeg of four inks": saved(image.convert("CMYK"), "JPEG"),
        "jpeg of 12 megapixels of four inks": saved(Image.new("CMYK", (4_000, 3_000), (9, 80, 0, 3)), "JPEG", quality=20),
        "jpeg without an end": plain[:-2],
    }  # fmt: skip


def _gifs() -> dict[str, bytes]:
    one = gif_frame(96, 96)
    whole = gif(96, 96, [one, gif_frame(40, 40, 9, 9), one])
    comment = b"!\xfe" + (b"\xff" + b"A" * 255) * 19_000 + b"\0"
    bytewise = b"\x02" + b"".join(b"\1" + bytes([value]) for value in one[11:][1:400]) + b"\0"
    return _cuts("gif", saved(picture(), "GIF")) | {
        "gif of 65,535 squared": gif(65_535, 65_535, [one]),
        "gif of 300 frames of 12 megapixels": gif(4_000, 3_000, [gif_frame(4_000, 3_000)] * 300),
        "gif of 300 small frames on 12 megapixels": gif(4_000, 3_000, [gif_frame(1, 1, at, at) for at in range(300)]),
        "gif of 20,000 frames": gif(64, 64, [gif_frame(1, 1, at % 64, at // 64 % 64) for at in range(20_000)]),
        "gif with a frame outside its canvas": gif(96, 96, [one, gif_frame(90, 90, 300, 300)]),
        "gif with a frame that makes it huge": gif(96, 96, [one, gif_frame(65_000, 65_000, 500, 500, data=one[10:])]),
        "gif with a frame of no size": gif(96, 96, [gif_frame(0, 0, data=one[10:]), one]),
        "gif that is a script": b"GIF89a/*" + whole[8:-1] + b";*/=1;alert(document.cookie)",
        "gif without an end": gif(96, 96, [one], end=b""),
        "gif with megabytes behind it": (gif(96, 96, [one], end=b"") + bytes(LARGEST))[:LARGEST],
        "gif with megabytes of comment": gif(96, 96, [comment, one]),
        "gif with a byte in each block": gif(96, 96, [gif_frame(96, 96, data=bytewise)]),
        "gif with codes of 13 bits": gif(96, 96, [gif_frame(96, 96, data=b"\x0d" + one[11:])]),
        "gif with a broken code": gif(96, 96, [gif_frame(96, 96, data=b"\x02\x08" + b"\xff" * 8 + b"\0")]),
        "gif with more data than pixels": gif(16, 16, [gif_frame(16, 16, data=_lzw(5_000_000))]),
        "gif with a palette in each of 2,000 frames": gif(
            64, 64, [gif_frame(8, 8, at % 56, 0, palette=Random(at).randbytes(6)) for at in range(2_000)]
        ),
        "gif without a frame": gif(96, 96, []),
        "gif with an archive behind it": whole + _archive(),
    }


def _webps() -> dict[str, bytes]:
    plain, lossless = saved(picture(), "WEBP"), saved(picture(), "WEBP", lossless=True)
    large = saved(Image.new("RGB", (3_400, 3_400), (9, 120, 50)), "WEBP", lossless=True, method=0)
    small = saved(Image.new("RGB", (16, 16), (9, 120, 50)), "WEBP", lossless=True, method=0)
    oversize = saved(Image.new("RGB", (5_000, 4_000)), "WEBP", lossless=True, method=0)
    several = animated_webp(96, 96, lossless, 5)
    data = (plain[12:16], plain[20:])
    return _cuts("webp", plain) | _cuts("lossless webp", lossless) | _cuts("animated webp", several) | {
        "webp of 20 megapixels": oversize,
        "webp that declares 16 million squared": riff(vp8x(2**24, 2**24, 0), data),
        "webp that declares 12,000 squared": riff(vp8x(12_000, 12_000, 0), data),
        "webp with a larger picture than it declares": riff(vp8x(96, 96, 0), (oversize[12:16], oversize[20:])),
        "webp of 60 frames of 11 megapixels": animated_webp(3_400, 3_400, large, 60),
        "webp of 20,000 frames": animated_webp(16, 16, small, 20_000),
        "webp with a wrong length": plain[:4] + b"\xff\xff\xff\xff" + plain[8:],
        "webp with a length of nothing": plain[:4] + bytes(4) + plain[8:],
        "webp with a broken profile": riff(vp8x(96, 96, 0x20), (b"ICCP", Random(11).randbytes(9_000)), data),
        "webp with looping exif": riff(vp8x(96, 96, 0x08), data, (b"EXIF", exif_loop())),
        "webp with much exif": riff(vp8x(96, 96, 0x08), data, (b"EXIF", Random(12).randbytes(4_000_000))),
        "webp with 200,000 chunks": riff(vp8x(96, 96, 0), data, *[(b"prVt", b"")] * 200_000),
        "webp with an archive behind it": plain + _archive(),
        "webp with animation but no frames": riff(vp8x(96, 96, 2), (b"ANIM", bytes(6))),
        "webp that is a sound": b"RIFF" + plain[4:8] + b"WAVE" + plain[12:],
    }  # fmt: skip


def _random() -> dict[str, bytes]:
    magics = {"jpeg": b"\xff\xd8\xff\xe0", "png": PNG, "gif": GIF, "webp": b"RIFF\xff\xff\0\0WEBPVP8 "}
    made = {f"only the first bytes of a {name}": magic for name, magic in magics.items()}
    for number, (name, magic) in enumerate(magics.items()):
        made[f"noise behind the first bytes of a {name}"] = magic + Random(number).randbytes(100_000)
    made |= {
        f"damaged {name}": damaged(saved(picture(), name), Random(number))
        for number, name in enumerate(("JPEG", "PNG", "GIF", "WEBP"))
    }
    return made


def damaged(data: bytes, random: Random, bytes_changed: int = 12) -> bytes:
    """The file with some of its bytes changed, but for the first twelve."""
    out = bytearray(data)
    for _ in range(bytes_changed):
        out[random.randrange(12, len(out))] = random.randrange(256)
    return bytes(out)
