"""Codes that are drawn are read, and their payloads are told apart."""

import random
from collections import Counter

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from moderation.pictures.codes import Code, Payload, classify, read_codes
from tests.pictures import drawn, drawn_codes

BOX = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

WHAT = {
    Payload.CONTACT: """
        https://u.wechat.com/MKdemo
        HTTPS://U.WECHAT.COM/MKDEMO
        http://weixin.qq.com/r/demo
        https://weixin.qq.com/g/demo
        weixin://contacts/profile/demo
        https://work.weixin.qq.com/ca/demo
        https://qm.qq.com/q/demo
        https://jq.qq.com/?_wv=1027&k=demo
        mqqapi://card/show_pslcard?uin=10000
        https://t.me/demo
        tg://resolve?domain=demo
        https://wa.me/8613800138000
        https://chat.whatsapp.com/demo
        https://line.me/ti/p/demo
        https://discord.gg/demo
        https://qr.dingtalk.com/action/joingroup?code=demo
        tel:13800138000
        SMSTO:13800138000:你好
        mailto:someone@demo.com
        BEGIN:VCARD VERSION:3.0
        MECARD:N:王小明;TEL:13800138000;;
    """,
    Payload.PAYMENT: """
        wxp://f2f0demo
        weixin://wxpay/bizpayurl?pr=demo
        https://payapp.weixin.qq.com/sjt/qr/demo
        https://qr.alipay.com/fkx00000demo
        HTTPS://QR.ALIPAY.COM/FKX00000DEMO
        alipays://platformapi/startapp?appId=20000067
        https://i.qianbao.qq.com/wallet/sqrcode.htm?m=tenpay
        https://qr.95516.com/00010000/01demo
        00020101021126300012demo0123456789
        00020101021226300012demo0123456789
        https://www.paypal.me/demo
        bitcoin:1demo
    """,
    Payload.URL: """
        https://demo.com
        http://www.demo.com/a?b=c
        www.demo.com
        demo.com/a
        demo.com
        DEMO.COM:8080/x
        ftp://demo.com/file
        URLTO:https://demo.com
        MEBKM:TITLE:demo;URL:https://demo.com;;
        https://mp.weixin.qq.com/s/demo
        https://weixin.qq.com/
        https://t.metro.demo.com/
    """,
    Payload.OTHER: """
        加我微信 demo8826
        DEMO-2026-000123
        WIFI:T:WPA;S:demo;P:demo1234;;
        000201
        13800138000
        3.14
        telegram
        line: 3
        version 2.0 of it
    """,
}
CASES = [(payload.strip(), what) for what, block in WHAT.items() for payload in block.strip().split("\n")]


@pytest.mark.parametrize(("payload", "what"), CASES)
def test_what_a_payload_is_for_is_told_by_how_it_begins(payload: str, what: Payload) -> None:
    assert classify(Code("QRCode", payload, BOX)) is what


@pytest.mark.parametrize("payload", ["BCD\n002\n1\nSCT\n", "SPC\r\n0200\r\n1"])
def test_a_bank_transfer_is_a_payment(payload: str) -> None:
    assert classify(Code("QRCode", payload, BOX)) is Payload.PAYMENT


@pytest.mark.parametrize("format", ["EAN13", "EAN8", "UPCA", "UPCE", "ISBN", "ITF", "ITF14", "DataBar", "DataBarExp"])
def test_a_code_of_goods_is_a_product_whatever_it_says(format: str) -> None:
    assert classify(Code(format, "https://u.wechat.com/x", BOX)) is Payload.PRODUCT


def test_drawn_codes_are_read_in_every_condition_but_crumpled_and_torn_ones() -> None:
    read = Counter(
        each.condition
        for each in drawn_codes.codes()
        if each.truth in {code.payload for code in read_codes(each.pixels)}
    )
    hard = {"wavy": 2, "logo in the middle": 15, "scribbled over": 14}
    assert {name: read[name] for name in drawn_codes.CODES if read[name] < hard.get(name, 20)} == {}


def test_more_codes_are_read_than_by_zxing_alone_on_another_seed() -> None:
    pictures = list(drawn_codes.codes(7))
    ours = sum(each.truth in {code.payload for code in read_codes(each.pixels)} for each in pictures)
    alone = sum(each.truth in {code.text for code in zxingcpp.read_barcodes(each.pixels)} for each in pictures)
    assert ours >= 0.94 * len(pictures) and ours > alone


def test_nothing_is_read_where_there_is_no_code() -> None:
    assert [(each.condition, found) for each in drawn.blanks() if (found := read_codes(each.pixels))] == []


def test_barcodes_of_goods_and_others_are_read() -> None:
    found = [
        read_codes(drawn_codes.barcode(*given)) for given in (("6901234567892", "EAN13"), ("DEMO-8826", "Code128"))
    ]
    assert [[(code.format, code.payload) for code in codes] for codes in found] == [
        [("EAN13", "6901234567892")],
        [("Code128", "DEMO-8826")],
    ]


def test_the_box_lies_around_the_code() -> None:
    picture = np.full((400, 800, 3), 255, dtype=np.uint8)
    code = drawn_codes.CODES["plain"]("DEMO", random.Random(0)).convert("RGB")
    picture[200 : 200 + code.height, 500 : 500 + code.width] = np.asarray(code)
    [found] = read_codes(picture)
    (left, top), _, (right, bottom), _ = found.box
    # A quiet zone of four modules of six pixels.
    assert (left, top) == pytest.approx((524 / 800, 224 / 400), abs=0.01)
    assert (right, bottom) == pytest.approx(((476 + code.width) / 800, (176 + code.height) / 400), abs=0.01)


def test_a_product_does_not_hide_a_code_that_is_hard_to_read() -> None:
    blurred = next(each for each in drawn_codes.codes() if each.condition == "strongly blurred")
    product = drawn_codes.barcode("6901234567892", "EAN13")
    picture = np.full((400, 700, 3), 255, dtype=np.uint8)
    picture[: blurred.pixels.shape[0], : blurred.pixels.shape[1]] = blurred.pixels
    picture[100 : 100 + product.shape[0], 350 : 350 + product.shape[1]] = product
    assert {code.payload for code in read_codes(picture)} == {"6901234567892", blurred.truth}


@pytest.mark.parametrize("payload", ["中文内容".encode(), "中文内容".encode("gb18030")])
def test_chinese_in_bytes_without_a_declared_encoding_is_read(payload: bytes) -> None:
    grid = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode).to_image(scale=5)
    [code] = read_codes(np.repeat(np.array(grid)[:, :, None], 3, axis=2))
    assert code.payload == "中文内容"


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_as_payload_are_read_without_an_error(payload: bytes) -> None:
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4)
    [found] = read_codes(np.repeat(np.array(code)[:, :, None], 3, axis=2))
    classify(found)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (16, 64), (3000, 20), (1, 5000), (2500, 2500)])
def test_any_size_is_looked_at(size: tuple[int, int]) -> None:
    assert read_codes(np.full((*size, 3), 200, dtype=np.uint8)) == ()
