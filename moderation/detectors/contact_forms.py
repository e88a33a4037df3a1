"""What a contact is, and the telephone numbers in a text, plain or disguised, without any lead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from moderation.detectors.contact_reading import NOISE, Reading


class ContactKind(StrEnum):
    """By what means one is to be reached; a QQ group is QQ."""

    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    TELEGRAM = "telegram"
    EMAIL = "email"
    URL = "url"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Form:
    """A contact without its lead, in places of a reading's `plain`.

    folds  what it takes to read it, width and case among them
    sure   False for what only a lead makes a contact: love.me is also three words
    """

    kind: ContactKind
    value: str
    start: int
    end: int
    folds: frozenset[str]
    sure: bool = True


# A number's digits may stand apart, by up to four of these.
_GAP = rf"[ \-.。·*_/|,{NOISE}♥♟✈☎✉()'\"+=>\n]"
_RUN = re.compile(rf"[0-9](?:{_GAP}{{0,4}}[0-9]){{9,}}")
_SEVERAL = re.compile("[0-9](?:[^0-9]*+[0-9]){4}")
_GROUP = re.compile("[0-9]+")
_MOBILE = re.compile("(86|0086)?(1[3-9][0-9]{9})")
_USUAL = {(11,), (3, 4, 4), (3, 3, 5), (3, 8), (7, 4), (4, 4, 3), (5, 6)}
_MOST_GROUPS = 15

_LOVE = re.compile("(?:1314|520|521)+")
_FIGURES = frozenset({"13579246810", "13579111315", "14159265358"})
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:[0-2]?[0-9]|3[01])(?![0-9])")
_OCTETS = re.compile(r"(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.|$)){4}")
_LISTED = re.compile(
    r"(?:订单|单号|运单|快递|物流|编号|序列|流水|学号|工号|卡号|账号|帐号|账单|案号|身份证|证件|isbn|issn|条码|条形码|邮编|税号|"
    r"信用代码|批号|型号|货号|票号|取件码|验证码|密码|券码|准考证|专利|时间戳|金额|"
    r"(?<![a-z])(?:sn|imei|order|sf|jd|yt|zto|sto|ems|no|bug|issue|pid))[号码为是:# .]{0,4}$"
)
_UNITS = re.compile(r" ?(?:[元块万亿円%‰℃吨票]|美[元金刀]|[日韩欧]元|光年|公里|人民币|人次|千克|字节|步|rmb|usd)")
_TOKEN_BEFORE = re.compile(r"(?<![a-z0-9_])[a-z_]{0,12}$")
_TOKEN_AFTER = re.compile(r"[a-z_]{0,12}(?![a-z0-9_])")

_PUBLIC = frozenset({"4001619995", "8008101117", "01082951332"})
"""Public help lines as long as a private number; no form here is as short as 110, 12345 or 96110."""

_LANDLINE = re.compile(
    r"(?<![0-9.])\(?0(?:10|2[0-9]|[3-9][0-9]{2})(?:\)[ -]?|[ -]{1,2})[2-8][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])"
    r"|(?<![0-9.])0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{7}(?![0-9])"
    r"|(?<![0-9.])[48]00([ -]?)(?:[0-9]{3}\1[0-9]{4}|[0-9]{4}\1[0-9]{3})(?![0-9])"
    r"|(?<![0-9.])400[0-9]([ -])[0-9]{3}\2[0-9]{3}(?![0-9])"
)
_FOREIGN = re.compile(
    r"(?<![0-9a-z])(?:\+|00)(?:85[23][ -]?[2-9](?:[ -]?[0-9]){7}|886[ -]?[2-9](?:[ -]?[0-9]){8}"
    r"|1[ -]\(?[2-9][0-9]{2}\)?[ -]?[0-9]{3}[ -]?[0-9]{4}"
    r"|(?:44|6[01356]|8[124]|95|85[56]|971)[ -][1-9](?:[ -]?[0-9]){7,9})(?![0-9])"
)
_LIKE_DIGITS = re.compile(r"(?<![a-z0-9_])[1li](?:[ -]?[0-9oil]){10}(?![a-z0-9_])")
_LETTERED = re.compile(
    r"(?<![a-z0-9])(?:1(?:[a-z]{1,2}[0-9]){10}|1[0-9]{2}[a-z空杠点横]{1,3}[0-9]{4}[a-z空杠点横]{1,3}[0-9]{4})(?![a-z0-9])"
)
_SOUNDS = str.maketrans("另灵铃伊医衣妖尔散山伞思午舞溜柳期妻吧巴爸扒久酒", "000111123334556677888899")
_SPOKEN = re.compile(f"[0-9{''.join(map(chr, _SOUNDS))}]{{11}}")
_DOUBLED = re.compile(r"(?<![0-9])(?:([0-9])\1){11}(?![0-9])")
_BACKWARDS = re.compile(r"(?<![0-9a-z])[0-9]{9}[3-9]1(?![0-9a-z])")
_BACKWARDS_SAID = re.compile("倒|反过来|反着|反读|逆序")


def mobile(digits: str) -> str | None:
    """The mainland mobile number that these digits are, without 86 before it."""
    match = _MOBILE.fullmatch(digits)
    return match[2] if match else None


def phones(reading: Reading) -> Iterator[Form]:
    """Telephone numbers, in no order; one number may come twice.

    value  digits alone: 13800138000, 01087654321, 4001234567; a foreign one's after its +
    """
    if _SEVERAL.search(reading.digital) is None:
        return
    # Digits alone first: in 13800138000一直在线 the numeral is none of the number's.
    views = dict.fromkeys((reading.plain, reading.digital))
    for run in (run for view in views for run in _RUN.finditer(view)):
        yield from _mobiles(reading, run.string, run.start(), run.end())
    for match in (match for view in views for match in _LANDLINE.finditer(view)):
        value = _digits(match.group())
        # Eleven digits on end that begin like an area's, or ten like 800, are many things.
        bare = value == match.group() and not value.startswith("400")
        if value not in _PUBLIC and not other_number(reading, *match.span()) and _token(reading, *match.span()):
            yield _phone(reading, match, value, sure=not bare)
    for match in _FOREIGN.finditer(reading.plain):
        yield _phone(reading, match, "+" + _digits(match.group()).removeprefix("00"))
    for match in _LIKE_DIGITS.finditer(reading.plain):
        value = "".join(filter(str.isalnum, match.group())).translate(str.maketrans("oli", "011"))
        if mobile(value) and 5 <= len(_digits(match.group())) < len(value):
            yield _phone(reading, match, value, "look_alike")
    for match in _LETTERED.finditer(reading.plain):
        if value := mobile(_digits(match.group())) or "":
            yield _phone(reading, match, value, "inserted")
    for match in _SPOKEN.finditer(reading.digital):
        value = match.group().translate(_SOUNDS)
        if value != match.group() and mobile(value):
            yield _phone(reading, match, value, "homophone")
    for match in _DOUBLED.finditer(reading.digital):
        if value := mobile(match.group()[::2]) or "":
            yield _phone(reading, match, value, "repeated")
    for match in _BACKWARDS.finditer(reading.digital):
        value = match.group()[::-1]
        if mobile(value) and _BACKWARDS_SAID.search(reading.plain[max(0, match.start() - 10) : match.end() + 10]):
            yield _phone(reading, match, value, "reversed")


def other_number(reading: Reading, start: int, end: int) -> bool:
    """Whether the words around a number say that it is something else: an order, a serial number, an amount."""
    if _UNITS.match(reading.plain, end):
        return True
    return _LISTED.search(reading.plain[max(0, start - 14) : start]) is not None


def gaps_folds(gaps: Sequence[str], shape: tuple[int, ...]) -> set[str]:
    """What it takes to read a number over its gaps; nothing where people write it so."""
    if all("\n" in gap for gap in gaps) and len(gaps) > 3:
        return {"vertical"}
    usual = all(gap in (" ", "-", ".", ")", ") ", ")-") for gap in gaps) and (shape == (3, 4, 4) or len(set(gaps)) <= 1)
    return set() if usual and min(shape) > 1 else {"inserted"}


def _mobiles(reading: Reading, digital: str, start: int, end: int) -> Iterator[Form]:
    """The mobile numbers in a run of digits and gaps: they begin and end where groups of digits do."""
    groups = [match.span() for match in _GROUP.finditer(digital, start, end)]
    if _card(digital, groups):
        return
    first = 0
    while first < len(groups):
        count = 0
        # A number in many pieces is one only if nothing else is in its run.
        most = _MOST_GROUPS if first == 0 else 6
        for last in range(first, min(first + most, len(groups))):
            count += groups[last][1] - groups[last][0]
            if count > 15:
                break
            if count in (11, 13, 15) and (
                form := _mobile_of(
                    reading, digital, groups[first : last + 1], whole=first == 0 and last == len(groups) - 1
                )
            ):
                yield form
                first = last
                break
        first += 1


def _mobile_of(reading: Reading, digital: str, groups: list[tuple[int, int]], whole: bool) -> Form | None:
    start, end = groups[0][0], groups[-1][1]
    written = [digital[a:b] for a, b in groups]
    value = mobile("".join(written))
    if value is None or _LOVE.fullmatch(value) or value in _FIGURES or not _token(reading, start, end):
        return None
    gaps = [digital[before[1] : after[0]] for before, after in pairwise(groups)]
    shape = [len(group) for group in written]
    signed = digital[start - 1 : start] == "+"
    if prefix := sum(shape) - 11:
        shape[0] -= prefix
        start -= signed
        if shape[0] == 0:
            del shape[0], gaps[0]
        if shape[0] < 1:
            return None
    elif signed and shape[0] == 1:  # of North America
        return None
    folds = reading.number_folds(start, end) | gaps_folds(gaps, tuple(shape))
    usual = _as_written(tuple(shape), gaps, written, whole)
    if usual is False:
        return None
    if gaps and (_DATE.match(digital, start) or (set(gaps) == {"."} and _OCTETS.fullmatch(".".join(written)))):
        return None
    if _after_point(digital, start) or (folds <= {"width", "case"} and other_number(reading, start, end)):
        return None
    return Form(ContactKind.PHONE, value, start, end, frozenset(folds), sure=usual is True)


def _as_written(shape: tuple[int, ...], gaps: list[str], written: list[str], whole: bool) -> bool | None:
    """Whether a mobile number may stand in such groups, rather than a list of figures; None where a lead must say so."""
    listed = any(c in ",/|+=>。" for gap in gaps for c in gap)
    alike = len(set(gaps)) <= 1
    if not gaps or (shape == (3, 4, 4) and (alike or whole)):
        return True
    if shape in _USUAL and alike and not listed and not (shape == (5, 6) and gaps[0] == "-"):
        return True
    if not whole or all(int(a) < int(b) for a, b in pairwise(written)) or (listed and max(shape) > 1):
        return False
    if set("".join(written)) <= set("1234567") and set(gaps) == {" "}:  # a tune
        return None
    return True if max(shape) == 1 or any(set(gap) - set(" -.") for gap in gaps) else None


def _card(digital: str, groups: list[tuple[int, int]]) -> bool:
    """Whether the groups are those of a bank card: fours to the last, 16 to 19 digits in all."""
    lengths = [b - a for a, b in groups[:6]]
    return len(groups) in (4, 5) and 16 <= sum(lengths) <= 19 and set(lengths[:-1]) == {4}


def _after_point(digital: str, start: int) -> bool:
    """Whether the digits are a fraction's: after a figure and a point, that do not number a line."""
    if digital[max(0, start - 1) : start] != "." or not digital[max(0, start - 2) : start - 1].isdigit():
        return False
    return digital[start - 2] == "0" or digital[max(0, start - 3) : start - 2] not in ("", "\n")


def _token(reading: Reading, start: int, end: int) -> bool:
    """Whether the letters that touch a number are no code's, in which letters and digits take turns."""
    before = _TOKEN_BEFORE.search(reading.plain[max(0, start - 14) : start])
    return before is not None and _TOKEN_AFTER.match(reading.plain, end) is not None


def _digits(text: str) -> str:
    return "".join(c for c in text if "0" <= c <= "9")


def _phone(reading: Reading, match: re.Match[str], value: str, *folds: str, sure: bool = True) -> Form:
    found = reading.number_folds(*match.span()) | {*folds}
    return Form(ContactKind.PHONE, value, *match.span(), frozenset(found), sure)
