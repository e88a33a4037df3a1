"""The mailboxes and hosts in a text, plain or disguised, without any lead."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from moderation.detectors.contact_forms import ContactKind, Form
from moderation.detectors.contact_reading import NOISE, Reading


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Top-level domains, those that are also words, names of files or ends of sentences apart.
_TOP = _words(
    "com cn net org cc top xyz vip icu biz info hk tw mobi wang ltd ren xin gov edu site online website asia name bid loan "
    "win webcam party stream download men kim cf tk ml ga gq example"
)
_WORDS = _words(
    "me co io tv us uk eu jp kr ru de fr in is it to so im am fm ai app dev pro fun live love work red run pub art ink wiki "
    "design space press host click date trade shop store club cloud tech link group video games company zone life world "
    "today cool chat plus pw ws la su nu gg ly sh st sx vc ag pink blue bet poker casino"
)
TELEGRAM = _words("t.me telegram.me telegram.dog")
MESSENGERS = TELEGRAM | _words(
    "wa.me api.whatsapp.com chat.whatsapp.com line.me lin.ee discord.gg m.me signal.me "
    "u.wechat.com qm.qq.com jq.qq.com wpa.qq.com"
)
SHORTENERS = _words(
    "t.cn dwz.cn url.cn suo.im bit.ly tinyurl.com goo.gl is.gd ow.ly u.nu sourl.cn w.url.cn t.ly rb.gy cutt.ly 985.so "
    "m.tb.cn s.click.taobao.com v.douyin.com b23.tv xhslink.com reurl.cc tb.cn"
)
# Products, and words with a title, that are written like hosts; hosts of public bodies.
_NO_HOSTS = _words("asp.net vb.net ado.net ml.net paint.net battle.net")
_NO_LABELS = _words("mr mrs ms dr miss st no vs jr sr prof main test index env config")
_PUBLIC_BODIES = re.compile(r"(?:^|\.)(?:gov|edu)\.cn$|^12306\.cn$")

# What stands for the point between two labels.
_DOT = rf"(?: ?\. ?| ?[。·] ?| ?\((?:\.|点|dot)\) ?| ?点 ?| dot |[{NOISE}]\.[{NOISE}]?|\.[{NOISE}])"
_LABEL = "[a-z0-9-]{1,63}+"
_BLANK = rf"[ {NOISE}·]"

_ANY_AT = re.compile(rf"@|#|艾特|圈a|\bat\b|\(a\)|{NOISE}")
_PROVIDERS = r"(?:vip\.)?(?:qq|163)|126|139|189|gmail|outlook|hotmail|foxmail|sina|sohu|yeah|aliyun|icloud|yahoo|live"
_USER = r"(?<![a-z0-9._%+-])(?P<user>[a-z0-9][a-z0-9._%+-]{0,63})"
_MAILS = [
    re.compile(pattern)
    for pattern in (
        rf"{_USER}(?P<at> ?@ ?)(?P<host>{_LABEL}(?:{_DOT}{_LABEL})+)",
        rf"{_USER}(?P<at> ?(?:@|#|\(@\)|\(?at\)|\(a\)|艾特|圈a|{NOISE}) ?| at )"
        rf"(?P<host>(?:{_PROVIDERS})(?:{_DOT}| )(?:com|cn|net))(?![a-z0-9-])",
        r"(?<![a-z0-9])(?P<user>(?:[a-z0-9_.-] ){3,40})(?P<at>@ ?)"
        r"(?P<host>(?:q ?q|1 ?6 ?3|1 ?2 ?6|g ?m ?a ?i ?l) ?[.。点] ?c ?o ?m)(?![a-z0-9])",
        r"(?<![a-z0-9._%+-])(?P<user>[1-9][0-9]{4,10})(?P<at> ?@ ?)(?P<host>qq)(?![a-z0-9.])",
    )
]

_ANY_DOT = re.compile("[.。·点]|dot|www")
_HOSTS = re.compile(rf"(?<![a-z0-9-]){_LABEL}(?:{_DOT}{_LABEL})+")
_LABELS = re.compile(rf"({_DOT})?([a-z0-9-]+)")
_SCHEME = re.compile(r"h(?:tt|xx)ps? ?: ?/ ?/ ?$")
_PATH = re.compile(r"(?::[0-9]{2,5})?(?:/[a-z0-9\-._~%/?#=&+:@!$*']*)?")
_NUMERIC = re.compile(r"h(?:tt|xx)ps?://([0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?(?:/[a-z0-9\-._~%/?#=&+]*)?)")
_PRIVATE = re.compile(r"127\.|10\.|192\.168\.|0\.0|172\.(?:1[6-9]|2[0-9]|3[01])\.")
_TAIL = rf"(?:c{_BLANK}{{0,2}}o{_BLANK}{{0,2}}m|c{_BLANK}{{0,2}}n|n{_BLANK}{{0,2}}e{_BLANK}{{0,2}}t)"
_LETTER_BY_LETTER = re.compile(
    rf"(?<![a-z0-9.])[a-z0-9](?:{_BLANK}{{1,2}}[a-z0-9.。点]){{1,40}}{_BLANK}{{0,2}}[.。点]{_BLANK}{{0,2}}{_TAIL}(?![a-z0-9])"
)
_WWW = re.compile(
    rf"(?<![a-z0-9])w ?w ?w[ .。·,点{NOISE}]{{1,3}}([a-z0-9-]{{2,63}})[ .。·,点{NOISE}]{{1,3}}({_TAIL}|top|xyz|vip|cc)(?![a-z0-9])"
)
_SOUNDING = re.compile(r"(?<![a-z0-9-])([a-z0-9-]{2,63}) ?点 ?(?:康姆|卡姆|抗姆|靠姆|康木|靠母)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,10}\.(?:com|cn|net|cc)(?![a-z0-9.])")


def mails(reading: Reading) -> Iterator[Form]:
    """Mailboxes, as user@host.tld; in no order, and one may come twice.

    An @ written otherwise counts before the hosts of large providers alone.
    """
    if _ANY_AT.search(reading.plain) is None:
        return
    for match in (match for pattern in _MAILS for match in pattern.finditer(reading.plain)):
        user, at = match["user"], match["at"]
        host, end, folds = match["host"], match.end(), reading.folds(*match.span())
        if user == "git":
            continue
        if host == "qq":
            name = "qq.com"
        elif " " in user:
            name = re.sub("[。点]", ".", host.replace(" ", ""))
            folds.add("inserted")
        else:
            labels = _labels(host.replace(" ", ".") if not _ANY_DOT.search(host) else host)
            last = max((n for n, label in enumerate(labels) if n and _top(label.text)), default=0)
            if not last:
                continue
            end -= len(host) - labels[last].end
            name = ".".join(label.text for label in labels[: last + 1])
            folds = reading.folds(match.start(), end).union(*(_sign_folds(x.dot, ".") for x in labels[1 : last + 1]))
            folds |= {"inserted"} if not _ANY_DOT.search(host) else set()
        folds |= _sign_folds(at, "@")
        yield Form(ContactKind.EMAIL, f"{user.replace(' ', '')}@{name}", match.start(), end, frozenset(folds))


def hosts(reading: Reading) -> Iterator[Form]:
    """Hosts and what follows them: a URL where a scheme, www or a path says so, else a domain; in no order.

    A host of Telegram is TELEGRAM.
    """
    plain = reading.plain
    if _ANY_DOT.search(plain) is None:
        return
    for match in _NUMERIC.finditer(plain):
        if not _PRIVATE.match(match[1]):
            yield _form(reading, ContactKind.URL, match, match[1])
    for match in _HOSTS.finditer(plain):
        if form := _host(reading, match):
            yield form
    for match in _LETTER_BY_LETTER.finditer(plain):
        value = re.sub("[。点]", ".", re.sub(_BLANK, "", match.group()))
        yield _form(reading, ContactKind.DOMAIN, match, value, "inserted")
    for match in _WWW.finditer(plain):
        value = f"www.{match[1]}.{re.sub(_BLANK, '', match[2])}"
        if value != match.group():
            yield _form(reading, ContactKind.URL, match, value, "homophone" if "点" in match.group() else "inserted")
    for match in _SOUNDING.finditer(plain):
        yield _form(reading, ContactKind.DOMAIN, match, f"{match[1]}.com", "homophone")
    for match in _CHINESE.finditer(plain):
        yield _form(reading, ContactKind.DOMAIN, match, match.group())


def _form(reading: Reading, kind: ContactKind, match: re.Match[str], value: str, *folds: str) -> Form:
    return Form(kind, value, *match.span(), frozenset(reading.folds(*match.span()) | {*folds}))


class _Label(NamedTuple):
    """A label of a host, what stands before it for a point, and its place in the host."""

    dot: str
    text: str
    start: int
    end: int


def _labels(host: str) -> list[_Label]:
    return [_Label(match[1] or "", match[2], match.start(2), match.end()) for match in _LABELS.finditer(host)]


def _host(reading: Reading, match: re.Match[str]) -> Form | None:
    plain, base, labels = reading.plain, match.start(), _labels(match.group())
    scheme = _SCHEME.search(plain[max(0, base - 10) : base])
    last = max((n for n, label in enumerate(labels) if n and _top(label.text)), default=0)
    if not last and scheme and labels[-1].text.isalpha():
        last = len(labels) - 1
    # abc.com.then may be a file or a package as well.
    if not last or (last + 1 < len(labels) and labels[last + 1].dot == "."):
        return None
    first = last - 1
    while first and (labels[first].dot == labels[last].dot or labels[first - 1].text == "www"):
        first -= 1
    parts = labels[first : last + 1]
    start, end = base + parts[0].start, base + parts[-1].end
    scheme = None if first else scheme
    path = _path(plain, end)
    host = ".".join(part.text for part in parts)
    url = scheme is not None or host.startswith("www.") or "/" in path
    known = host in MESSENGERS | SHORTENERS
    if not (known or scheme) and not _is_host(parts, url, plain[start - 1 : start]):
        return None
    if _PUBLIC_BODIES.search(host) or host in _NO_HOSTS or plain[start - 1 : start] in ("@", "_", "%", "\\", "$"):
        return None
    if plain[end + len(path) : end + len(path) + 1] in ("_", "@", "("):
        return None
    title = reading.written(end - len(parts[-1].text), end).istitle()
    sure = known or url or _made_up(parts[-2].text) or (parts[-1].text not in _WORDS and not title)
    kind = ContactKind.TELEGRAM if host in TELEGRAM else ContactKind.URL if url else ContactKind.DOMAIN
    start, end = start - (len(scheme.group()) if scheme else 0), end + len(path)
    folds = reading.folds(start, end).union(*(_sign_folds(part.dot, ".") for part in parts[1:]))
    return Form(kind, host + path, start, end, frozenset(folds), sure)


def _path(plain: str, end: int) -> str:
    """Port and path, without what ends a sentence."""
    match = _PATH.match(plain, end)
    return match.group().rstrip(".!?'") if match else ""


def _is_host(parts: Sequence[_Label], url: bool, before: str) -> bool:
    """Whether labels that end in a top-level domain are a host, rather than a sentence, a name, a number or a file."""
    top, second = parts[-1].text, parts[-2].text
    dots = {part.dot for part in parts[1:]}
    if second.strip("-") != second or (second in _NO_LABELS and len(parts) == 2):
        return False
    if dots == {"."}:
        if parts[0].text in ("com", "org", "net", "io") or before == ".":
            return False
        return url or (len(second) > 1 and (not second.isdigit() or top in ("com", "cn", "net", "cc")))
    if top in _WORDS or len(second) < 2:
        return False
    spaced = any(" " in dot and "点" not in dot and "dot" not in dot for dot in dots)
    if spaced or "·" in dots:
        return top in ("com", "cn", "cc") and not (spaced and top == "cc" and len(second) < 3)
    return top in ("com", "cn", "net", "cc", "org") or not second.isdigit()


def _top(label: str) -> bool:
    return label in _TOP or label in _WORDS or label.startswith("xn--")


def _made_up(label: str) -> bool:
    return (any(c.isdigit() for c in label) and not label.isdigit()) or "-" in label


def _sign_folds(written: str, sign: str) -> set[str]:
    """What it takes to read a sign as `.` or `@`: spelled out, another sign, or with something around it."""
    bare = written.strip(" ()" + NOISE)
    folds = {"inserted"} if written.strip(" ") != bare or (sign == "." and " " in written) else set()
    if bare and bare != sign:
        folds.add("homophone" if bare.isalnum() else "look_alike")
    return folds
