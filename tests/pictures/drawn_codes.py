"""Pictures with a QR code or barcode, drawn by seed, each with its payload. Payloads are invented."""

import random
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO

import numpy as np
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from tests.pictures.drawn import Drawn, Picture, Pixels, as_pixels, colour, inked, noisy, texture

PAYLOADS = (
    "https://u.wechat.com/MKdemoAbc12345",
    "https://qm.qq.com/q/demo8XyZ12",
    "wxp://f2f0DemoPayloadOnlyForTests0123456789",
    "https://qr.alipay.com/fkx00000demo00000test",
    "https://t.me/demo_channel_88",
    "https://demo-88.com/r?id=7261",
    "tel:13800138000",
    "mailto:someone@demo.com",
    "BEGIN:VCARD\nVERSION:3.0\nFN:王小明\nTEL:13800138000\nEND:VCARD",
    "MECARD:N:王小明;TEL:13800138000;;",
    "WIFI:T:WPA;S:demo;P:demo1234;;",
    "加我微信 demo8826 进群领红包",
    "https://wa.me/8613800138000",
    "https://qr.95516.com/00010000/01demo0123456789",
    "weixin://wxpay/bizpayurl?pr=demo123",
    "smsto:13800138000:你好",
    "http://weixin.qq.com/r/demoAbCdEfGh",
    "https://www.demo.com/a/very/long/path/that/makes/a/larger/code?with=parameters&and=more&of=them",
    "00020101021226300012demo0123456789",
    "DEMO-2026-000123",
)


def codes(seed: int = 0) -> Iterator[Drawn]:
    """Every payload, as a QR code, in every condition of CODES."""
    for condition, draw in CODES.items():
        for number, payload in enumerate(PAYLOADS):
            chance = random.Random(f"{seed} {condition} {number}")
            yield Drawn(condition, as_pixels(draw(payload, chance)), payload)


def barcode(content: str, format: str, scale: int = 3) -> Pixels:
    """A barcode of a format that zxing can draw ("EAN13", "Code128"), with its quiet zone, 60 modules high."""
    drawn = zxingcpp.create_barcode(content, zxingcpp.barcode_format_from_str(format)).to_image(scale=1)
    row = np.array(drawn)[:1]
    return as_pixels(Image.fromarray(row.repeat(60, 0).repeat(scale, 0).repeat(scale, 1)).convert("RGB"))


def _jpeg(picture: Picture, quality: int) -> Picture:
    stored = BytesIO()
    picture.save(stored, "JPEG", quality=quality)
    return Image.open(stored).convert("RGB")


def _modules(payload: str, level: str = "M") -> Pixels:
    """One pixel a module, 0 for dark, without the quiet zone."""
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    return np.array(code.to_image(scale=1, add_quiet_zones=False))


def _code(payload: str, px: int = 6, quiet: int = 4, level: str = "M") -> Picture:
    """A grey QR code of so many pixels a module, with a quiet zone of so many modules."""
    grid = Image.fromarray(_modules(payload, level))
    grown = grid.resize((grid.width * px, grid.height * px), Image.Resampling.NEAREST)
    return ImageOps.expand(grown, quiet * px, 255)


def _toned(code: Picture, dark: tuple[int, int, int], light: tuple[int, int, int]) -> Picture:
    return ImageOps.colorize(code, dark, light)


def _placed(code: Picture, paper: Picture, chance: random.Random) -> Picture:
    room = paper.width - code.width, paper.height - code.height
    paper.paste(code, (chance.randint(0, max(0, room[0])), chance.randint(0, max(0, room[1]))))
    return paper


def _turned(payload: str, angle: float) -> Picture:
    return _code(payload).rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _perspective(payload: str, chance: random.Random, share: float) -> Picture:
    """As seen from below: the far edge is shorter by that share, and the code as much lower than wide."""
    code = ImageOps.expand(_code(payload), 12, 255)
    side, inwards, lower = code.width, code.width * share / 2, code.width * share / 2
    seen = ((inwards, lower), (side - inwards, lower), (side, side), (0, side))
    rows, aims = [], []
    # Pillow asks where each point of the result comes from.
    for (x, y), (u, v) in zip(seen, ((0, 0), (side, 0), (side, side), (0, side)), strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        aims += [u, v]
    terms = np.linalg.solve(np.array(rows, dtype=float), np.array(aims, dtype=float)).tolist()
    moved = code.transform(code.size, Image.Transform.PERSPECTIVE, terms, Image.Resampling.BICUBIC, fillcolor=255)
    return moved.rotate(chance.uniform(-20, 20), Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _wavy(payload: str, chance: random.Random) -> Picture:
    """As on crumpled paper or a screen filmed at an angle."""
    code = np.asarray(_code(payload))
    y, x = np.indices(code.shape)
    phase, length = chance.uniform(0, 6), code.shape[0] / chance.uniform(1.0, 1.6)
    shift = (4 * np.sin(y * 2 * np.pi / length + phase)).astype(int)
    return Image.fromarray(code[y, (x + shift).clip(0, code.shape[1] - 1)])


def _with_logo(payload: str, chance: random.Random) -> Picture:
    code = _code(payload, level="M").convert("RGB")
    side = code.width // 6
    at = (code.width - side) // 2
    ImageDraw.Draw(code).rounded_rectangle((at - 4, at - 4, at + side + 4, at + side + 4), 8, "white")
    code.paste(texture((side, side), chance), (at, at))
    return code


def _hidden_edge(payload: str, chance: random.Random) -> Picture:
    """Something lies over the quiet zone on two sides, up to the code."""
    code = _code(payload).convert("RGB")
    draw = ImageDraw.Draw(code)
    draw.rectangle((0, 0, code.width, 20), colour(chance, 0, 120))
    draw.rectangle((0, 0, 20, code.height), colour(chance, 0, 120))
    return code


def _on_texture(payload: str, chance: random.Random) -> Picture:
    code = _code(payload, px=4, quiet=2)
    return _placed(code.convert("RGB"), texture((code.width + 120,) * 2, chance), chance)


def _over_texture(payload: str, chance: random.Random) -> Picture:
    """Dark modules straight on a light photo, with no paper between."""
    code = _code(payload, px=6, quiet=4)
    return inked(ImageChops.invert(code), (20, 20, 40), texture(code.size, chance, 130, 250))


def _dots(payload: str, chance: random.Random) -> Picture:
    """Round modules, as decorated codes have them; the three finders stay square."""
    grid, px = _modules(payload), 8
    code = Image.new("L", ((len(grid) + 8) * px,) * 2, 255)
    draw = ImageDraw.Draw(code)
    for y, x in np.argwhere(grid == 0).tolist():
        box = ((x + 4) * px, (y + 4) * px, (x + 5) * px - 1, (y + 5) * px - 1)
        finder = (x < 7 and y < 7) or (x >= len(grid) - 7 and y < 7) or (x < 7 and y >= len(grid) - 7)
        draw.rectangle(box, 0) if finder else draw.ellipse(box, 0)
    return code


def _shaded(payload: str, chance: random.Random) -> Picture:
    code = _code(payload)
    slope = np.linspace(0.15, 1.0, code.width)[None, :] * np.linspace(1.0, 0.6, code.height)[:, None]
    return Image.fromarray((np.asarray(code) * slope).astype(np.uint8)).rotate(chance.choice((0, 90, 180, 270)))


def _scribbled(payload: str, chance: random.Random) -> Picture:
    code = _code(payload, level="Q").convert("RGB")
    draw = ImageDraw.Draw(code)
    for _ in range(4):
        ends = [(chance.randint(0, code.width), chance.randint(0, code.height)) for _ in range(2)]
        draw.line(ends, colour(chance, 0, 255), 3)
    return code


def _in_a_corner(payload: str, chance: random.Random) -> Picture:
    """As a poster's: a sixteenth of a picture of 640 × 640."""
    code = _code(payload, px=3, quiet=2).resize((130, 130), Image.Resampling.LANCZOS)
    return _placed(code.convert("RGB"), texture((640, 640), chance), chance)


CODES: Mapping[str, Callable[[str, random.Random], Picture]] = {
    "plain": lambda payload, _: _code(payload),
    "2 px a module": lambda payload, _: _code(payload, 2),
    "1.4 px a module": lambda payload, _: _scaled(_code(payload, 6), 0.233),
    "in a corner of a poster": _in_a_corner,
    "turned by 30°": lambda payload, _: _turned(payload, 30),
    "mirrored": lambda payload, _: ImageOps.mirror(_code(payload)),
    "slight perspective": lambda payload, chance: _perspective(payload, chance, 0.2),
    "strong perspective": lambda payload, chance: _perspective(payload, chance, 0.5),
    "blurred": lambda payload, _: _code(payload).filter(ImageFilter.GaussianBlur(2.5)),
    "strongly blurred": lambda payload, _: _code(payload).filter(ImageFilter.GaussianBlur(3.1)),
    "JPEG quality 20, 2 px": lambda payload, _: _jpeg(_code(payload, 2), 20),
    "noisy": lambda payload, chance: noisy(_code(payload, 4).convert("RGB"), chance, 90),
    "low contrast": lambda payload, _: _toned(_code(payload), (150, 150, 150), (160, 160, 160)),
    "inverted": lambda payload, _: ImageOps.invert(_code(payload)),
    "coloured": lambda payload, _: _toned(_code(payload), (190, 40, 60), (250, 220, 120)),
    "logo in the middle": _with_logo,
    "no quiet zone": lambda payload, _: _code(payload, quiet=0),
    "quiet zone partly hidden": _hidden_edge,
    "wavy": _wavy,
    "on a photo-like texture": _on_texture,
    "printed on a photo": _over_texture,
    "round modules": _dots,
    "unevenly lit": _shaded,
    "scribbled over": _scribbled,
}


def _scaled(picture: Picture, factor: float) -> Picture:
    size = round(picture.width * factor), round(picture.height * factor)
    return picture.resize(size, Image.Resampling.BILINEAR)
