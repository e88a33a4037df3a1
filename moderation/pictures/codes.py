"""QR codes and barcodes in a picture, and what their payloads are for.

The round codes of WeChat's mini-programs cannot be read: no free reader knows them. What is told of them is nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from moderation.pictures.decoded import Pixels

LONGEST_SIDE = 1600
"""Pixels; a larger picture is shrunk to this, where a code that a telephone could read is still large enough."""

LONGEST_AGAIN = 1000
"""Pixels of the long side in later tries, at most."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Code:
    """One code in a picture.

    format   "QRCode", "DataMatrix", "EAN13", "Code128" …
    payload  what it says; bytes that are no text in any usual encoding are shown as Latin-1
    box      its four corners (x, y) as fractions in [0, 1] of the picture, clockwise from its own top left
    """

    format: str
    payload: str
    box: tuple[Point, Point, Point, Point]


class Payload(StrEnum):
    """What a payload is for. CONTACT, PAYMENT and URL lead away from the platform; PRODUCT names goods; OTHER is any text."""

    CONTACT = "contact"
    PAYMENT = "payment"
    URL = "url"
    PRODUCT = "product"
    OTHER = "other"


class _Try(NamedTuple):
    """One way of looking again, when nothing was found as the picture is.

    scale  times the size
    blur   pixels of the scaled picture that are averaged to each side; joins dots and scratches, and smooths noise
    """

    scale: float
    blur: int


# The cheap ones first; on drawn codes each finds some that those before it miss. After them zbar, as a second reader, finds 0.4% more.
AGAIN = (_Try(0.4, 0), _Try(1.0, 3), _Try(1.5, 0), _Try(2.0, 2))

MATRIX = ("QRCode", "MicroQRCode", "RMQRCode")
"""What is looked for again: barcodes that are hard to read are not worth the time, since products pass."""

FORMATS = (*MATRIX, "DataMatrix", "Aztec", "PDF417", "EANUPC", "Code128", "Code39", "Code93", "ITF", "DataBar")

PRODUCTS = re.compile("EAN|UPC|ISBN|ITF|DataBar")
"""Formats of goods and parcels."""


def read_codes(pixels: Pixels) -> tuple[Code, ...]:
    """All codes in an RGB picture (height, width, 3), in no order; () when none can be read.

    Contrast is stretched first. Where only codes of products or none are found, the picture is tried again smaller, blurred
    and larger, for QR codes alone; the first try that gives something ends the search.
    """
    grey = _within(Image.fromarray(np.ascontiguousarray(pixels)), LONGEST_SIDE).convert("L")
    grey = ImageOps.autocontrast(grey, cutoff=1)
    found = _zxing(grey, FORMATS)
    if any(classify(code) is not Payload.PRODUCT for code in found):
        return found
    small = _within(grey, LONGEST_AGAIN)
    for scale, blur in AGAIN:
        scale = min(scale, max(1.0, LONGEST_AGAIN / max(small.size)))
        size = max(1, round(small.width * scale)), max(1, round(small.height * scale))
        seen = small if size == small.size else small.resize(size, Image.Resampling.BICUBIC)
        if blur:
            seen = seen.filter(ImageFilter.BoxBlur(blur))
        if again := _zxing(seen, MATRIX):
            return found + again
    return found


def _within(picture: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(picture.size)
    if scale >= 1:
        return picture
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.BILINEAR)


def _zxing(grey: Image.Image, formats: Iterable[str]) -> tuple[Code, ...]:
    import zxingcpp

    wanted: Any = [getattr(zxingcpp.BarcodeFormat, name) for name in formats]
    found = zxingcpp.read_barcodes(np.asarray(grey), formats=wanted, text_mode=zxingcpp.TextMode.Plain)
    codes = []
    for each in found:
        place = each.position
        corners = ((at.x, at.y) for at in (place.top_left, place.top_right, place.bottom_right, place.bottom_left))
        codes.append(Code(each.format.name, _text(each), _fractions(corners, grey.size)))
    return tuple(codes)


def _text(found: Any) -> str:
    """The payload: UTF-8 or GB 18030 where its bytes are that and zxing, which knows the declared encoding, found only bytes."""
    raw: bytes = found.bytes
    try:
        text = str(found.text)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if text.isascii() or max(text) > "\xff":
        return text
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text


def _fractions(corners: Iterable[tuple[float, float]], size: tuple[int, int]) -> tuple[Point, Point, Point, Point]:
    def points() -> Iterator[Point]:
        for x, y in corners:
            yield min(1.0, max(0.0, x / size[0])), min(1.0, max(0.0, y / size[1]))

    first, second, third, fourth = points()
    return first, second, third, fourth


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What a payload starts with, lower case; hosts stand without http(s):// and www. The first table that fits decides.
_PAYMENTS = _words(
    "wxp:// weixin://wxpay/ weixin://pay payapp.weixin.qq.com/ payapp.wechatpay.cn/ wx.tenpay.com/ pay.weixin.qq.com/ "
    "i.qianbao.qq.com/wallet/ myun.tenpay.com/ qpay.qq.com/ pay.qq.com/ "
    "qr.alipay.com/ mobilecodec.alipay.com/ alipayqr:// alipays:// alipay:// alipayhk:// "
    "qr.95516.com/ upwallet:// uppay:// upapi_mini:// ecny:// dcep:// qr.jd.com/p/ h5.jdpay.com/ "
    "paypal.me/ paypal.com/paypalme/ paypal.com/qrcodes/ upi:// cash.app/$ venmo.com/ "
    "bitcoin: ethereum: litecoin: tron: monero: solana: lightning:"
)
_CONTACTS = _words(
    "tel: telprompt: sms: smsto: mms: mmsto: mailto: matmsg: smtp: facetime: sip: xmpp: begin:vcard mecard: bizcard: "
    "u.wechat.com/ weixin.qq.com/g/ weixin.qq.com/r/ weixin.qq.com/q/ weixin.qq.com/x/ wechat.com/ weixin:// wechat:// "
    "work.weixin.qq.com/ wxwork:// open.weixin.qq.com/qr/ mp.weixin.qq.com/mp/profile channels.weixin.qq.com/ "
    "qm.qq.com/ jq.qq.com/ qun.qq.com/ wpa.qq.com/ wpa1.qq.com/ ti.qq.com/ pd.qq.com/ "
    "mqq:// mqqapi:// mqqwpa:// mqqopensdkapi:// tencent:// "
    "qr.dingtalk.com/ dingtalk:// im.dingtalk.com/ applink.feishu.cn/ feishu.cn/invitation/ "
    "t.me/ telegram.me/ telegram.dog/ tg:// wa.me/ api.whatsapp.com/ chat.whatsapp.com/ whatsapp:// whatsapp.com/channel/ "
    "line.me/ lin.ee/ line:// discord.gg/ discord.com/invite/ signal.me/ signal.group/ sgnl:// m.me/ viber:// skype: "
    "open.kakao.com/ zalo.me/ threema:// snapchat.com/add/"
)
# A merchant's code by EMVCo (its version, then the next field's number and length); the European and the Swiss one for a transfer.
_TRANSFERS = re.compile(r"000201[0-9]{4}|bcd\r?\n00|spc\r?\n02")
_WEB = re.compile(r"(?:https?://|url(?:to)?:(?:https?://)?)?(?:www\.)?")
_URL = re.compile(
    r"[a-z][a-z0-9+.-]*://|url(?:to)?:|mebkm:|market:|intent:|www\."
    r"|(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?::[0-9]{1,5})?(?:[/?#]|$)"
)


def classify(code: Code) -> Payload:
    """What a code is for, by its format or by what its payload begins with.

    >>> here = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    >>> [classify(Code("QRCode", text, here)).value for text in ("https://U.WeChat.com/x", "wxp://f2f0", "demo.com/a", "你好")]
    ['contact', 'payment', 'url', 'other']
    >>> classify(Code("EAN13", "6901234567892", here)).value
    'product'
    """
    if PRODUCTS.match(code.format):
        return Payload.PRODUCT
    text = code.payload.strip().lower()
    web = _WEB.match(text)
    bare = text[web.end() :] if web else text
    for starts, kind in ((_PAYMENTS, Payload.PAYMENT), (_CONTACTS, Payload.CONTACT)):
        if text.startswith(starts) or bare.startswith(starts):
            return kind
    if _TRANSFERS.match(text):
        return Payload.PAYMENT
    return Payload.URL if _URL.match(text) else Payload.OTHER
