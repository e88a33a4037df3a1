"""The mailboxes and hosts in a text, plain or disguised, without any lead."""

import re
from collections.abc import Iterator

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
_PROVIDERS = "qq|163|126|139|189|gmail|outlook|hotmail|foxmail|sina|sohu|yeah|aliyun|icloud|yahoo|live|vip.qq|vip.163"
MESSENGERS = _words(
    "t.me telegram.me telegram.dog wa.me api.whatsapp.com chat.whatsapp.com line.me lin.ee discord.gg m.me signal.me "
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

_DOT = rf"(?: ?\. ?| ?[。·] ?| ?\((?:\.|点|dot)\) ?| ?点 ?| dot |[{NOISE}]\.[{NOISE}]?|\.[{NOISE}])"
_ANY_DOT = re.compile("[.。·点]|dot|www")
_HOSTS = re.compile(rf"(?<![a-z0-9-])[a-z0-9-]{{1,63}}+(?:{_DOT}[a-z0-9-]{{1,63}}+)+")
_LABELS = re.compile(rf"({_DOT})?([a-z0-9-]+)")
_SCHEME = re.compile(r"h(?:tt|xx)ps? ?: ?/ ?/ ?$")
_PATH = re.compile(r"(?::[0-9]{2,5})?(?:/[a-z0-9\-._~%/?#=&+:@!$*']*)?")
_NUMERIC_HOST = re.compile(
    r"h(?:tt|xx)ps?://([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::[0-9]{1,5})?(?:/[a-z0-9\-._~%/?#=&+]*)?"
)
_PRIVATE = re.compile(r"127\.|10\.|192\.168\.|0\.0|172\.(?:1[6-9]|2[0-9]|3[01])\.")
_SPELT_TOP = r"(?:c[ ※·]{0,2}o[ ※·]{0,2}m|c[ ※·]{0,2}n|n[ ※·]{0,2}e[ ※·]{0,2}t)(?![a-z0-9])"
_SPELT = re.compile(
    rf"(?<![a-z0-9.])[a-z0-9](?:[ ※·]{{1,2}}[a-z0-9.。点]){{1,40}}[ ※·]{{0,2}}[.。点][ ※·]{{0,2}}{_SPELT_TOP}"
    rf"|(?<![a-z0-9])w ?w ?w[ .。·,点※]{{1,3}}[a-z0-9-]{{2,63}}[ .。·,点※]{{1,3}}(?:{_SPELT_TOP}|(?:top|xyz|vip|cc)(?![a-z0-9]))"
    r"|(?<![a-z0-9-])[a-z0-9-]{2,63} ?点 ?(?:康姆|卡姆|抗姆|靠姆|康木|靠母|西恩)"
)
_CHINESE_HOST = re.compile(r"[\u4e00-\u9fff]{2,10}\.(?:com|cn|net|cc)(?![a-z0-9.])")
_SOUND_OF_COM = re.compile(" ?点 ?(?:康姆|卡姆|抗姆|靠姆|康木|靠母)")

_MAIL = re.compile(
    rf"(?<![a-z0-9._%+-])([a-z0-9][a-z0-9._%+-]{{0,63}})( ?@ ?)([a-z0-9-]{{1,63}}+(?:{_DOT}[a-z0-9-]{{1,63}}+)+)"
    rf"|(?<![a-z0-9._%+-])([a-z0-9][a-z0-9._-]{{2,63}})( ?(?:@|#|\(@\)|\(?at\)|\(a\)|艾特|圈a|{NOISE}) ?| at )"
    rf"((?:{_PROVIDERS})(?:{_DOT}| )(?:com|cn|net))(?![a-z0-9-])"
    rf"|(?<![a-z0-9])((?:[a-z0-9_.-] ){{3,40}})(@ ?)((?:q ?q|1 ?6 ?3|1 ?2 ?6|g ?m ?a ?i ?l) ?[.点。] ?{_SPELT_TOP})"
    r"|(?<![a-z0-9._%+-])([1-9][0-9]{4,10})( ?@ ?)(qq)(?![a-z0-9.])"
)


def mails(reading: Reading) -> Iterator[Form]:
    """Mailboxes, as user@host.tld; one without a known top-level domain only if @ and points are plain."""
    if "@" not in reading.plain and not _HIDDEN_AT.search(reading.plain):
        return
    for match in _MAIL.finditer(reading.plain):
        user, at, host = (part for part in match.groups() if part is not None)
        end = match.end()
        if match[1] is not None:
            cut = _top_of(host)
            if cut is None:
                continue
            end -= len(host) - cut
            host = host[:cut]
        value = f"{user}@{_plain_host(host) if host != 'qq' else 'qq.com'}".replace(" ", "")
        folds = reading.folds(match.start(), end) | _sign_folds(at, "@") | _host_folds(host)
        if " " in user:
            folds.add("inserted")
        yield Form(ContactKind.EMAIL, value, match.start(), end, frozenset(folds))


_HIDDEN_AT = re.compile(rf"#|艾特|圈a|\bat\b|{NOISE}")


def hosts(reading: Reading) -> Iterator[Form]:
    """Hosts and what follows them: a URL where a scheme, www or a path says so, else a domain; in no order."""
    plain = reading.plain
    if _ANY_DOT.search(plain) is None:
        return
    for match in _NUMERIC_HOST.finditer(plain):
        if not _PRIVATE.match(match[1]):
            value = match.group().partition("//")[2]
            yield Form(ContactKind.URL, value, *match.span(), frozenset(reading.folds(*match.span())))
    for match in _HOSTS.finditer(plain):
        if form := _host_of(reading, match):
            yield form
    for match in _SPELT.finditer(plain):
        value = _plain_host(_SOUND_OF_COM.sub(".com", match.group()))
        if value == match.group() or _PUBLIC_BODIES.search(value):
            continue
        folds = reading.folds(*match.span()) | {"homophone" if "点" in match.group() else "inserted"}
        yield Form(ContactKind.DOMAIN, value, *match.span(), frozenset(folds))
    for match in _CHINESE_HOST.finditer(plain):
        yield Form(ContactKind.DOMAIN, match.group(), *match.span(), frozenset(reading.folds(*match.span())))


def _host_of(reading: Reading, match: re.Match[str]) -> Form | None:
    labels = [(part[1] or "", part[2], part.start(2), part.end()) for part in _LABELS.finditer(match.group())]
    plain, base = reading.plain, match.start()
    last = next((n for n in range(len(labels) - 1, 0, -1) if _top(labels[n][1])), 0)
    scheme = _SCHEME.search(plain[max(0, base - 10) : base])
    if not last and scheme and labels[-1][1].isalpha():
        last = len(labels) - 1
    if not last or (last + 1 < len(labels) and labels[last + 1][0] == "."):
        return None
    first = last - 1
    while first and (labels[first][0] == labels[last][0] or labels[first - 1][1] == "www"):
        first -= 1
    if first:
        scheme = None
    start, end = base + labels[first][2], base + labels[last][3]
    host = ".".join(label for _, label, _, _ in labels[first : last + 1])
    dots = {dot for dot, _, _, _ in labels[first + 1 : last + 1]}
    after = _PATH.match(plain, end)
    path = after.group() if after else ""
    tail = path.rstrip(".!?'")
    url = scheme is not None or host.startswith("www.") or "/" in tail
    known = host in MESSENGERS | SHORTENERS
    if not (known or scheme) and not _is_host(reading, labels[first : last + 1], base, dots, url):
        return None
    if _PUBLIC_BODIES.search(host) or host in _NO_HOSTS or plain[start - 1 : start] in ("@", "_", "%", "\\", "$"):
        return None
    if plain[end + len(path) : end + len(path) + 1] in ("_", "@", "("):
        return None
    end += len(tail)
    if scheme:
        start -= len(scheme.group())
    top, second = labels[last][1], labels[last - 1][1]
    title = reading.written(base + labels[last][2], base + labels[last][3]).istitle()
    sure = bool(known or url or (top not in _WORDS and not title) or _made_up(second))
    kind = ContactKind.URL if url else ContactKind.DOMAIN
    if host in ("t.me", "telegram.me", "telegram.dog"):
        kind = ContactKind.TELEGRAM
    folds = reading.folds(start, end) | set().union(*(_sign_folds(dot, ".") for dot in dots))
    return Form(kind, host + tail, start, end, frozenset(folds), sure)


def _is_host(reading: Reading, labels: list[tuple[str, str, int, int]], base: int, dots: set[str], url: bool) -> bool:
    """Whether labels that end in a top-level domain are a host, rather than a sentence, a name, a number or a file."""
    top, second = labels[-1][1], labels[-2][1]
    if second.strip("-") != second or (second in _NO_LABELS and len(labels) == 2):
        return False
    if dots == {"."}:
        if labels[0][1] in ("com", "org", "net", "io") or reading.plain[base - 1 : base] == ".":
            return False
        if url:
            return True
        return len(second) > 1 and not (second.isdigit() and top not in ("com", "cn", "net", "cc"))
    if top in _WORDS or len(second) < 2:
        return False
    spaced = any(" " in dot and "点" not in dot and "dot" not in dot for dot in dots)
    if spaced or "·" in dots:
        return top in ("com", "cn", "cc") and not (spaced and top == "cc" and len(second) < 3)
    return top in ("com", "cn", "net", "cc", "org") or not second.isdigit()


def _top(label: str) -> bool:
    return label in _TOP or label in _WORDS or label.startswith("xn--")


def _top_of(host: str) -> int | None:
    """Where a mailbox's host ends: after its last label that is a top-level domain."""
    ends = [part.end() for part in _LABELS.finditer(host) if part[1] and _top(part[2])]
    return ends[-1] if ends else None


def _made_up(label: str) -> bool:
    return (any(c.isdigit() for c in label) and not label.isdigit()) or "-" in label


def _plain_host(host: str) -> str:
    return ".".join(
        re.findall(
            r"[a-z0-9-]+",
            re.sub(rf"(?<=[a-z0-9])[ {NOISE}](?=[a-z0-9](?![a-z0-9]))", "", re.sub(" ?(?:点|dot) ?", ".", host)),
        )
    )


def _host_folds(host: str) -> set[str]:
    return set().union(
        *(_sign_folds(dot, ".") for dot in re.findall(_DOT, host)), {"inserted"} if " " in host else set()
    )


def _sign_folds(written: str, sign: str) -> set[str]:
    """What it takes to read a sign as `.` or `@`: spelled out, another sign, or with something around it."""
    bare = written.strip(" ()" + NOISE)
    folds = {"inserted"} if written.strip(" ") != bare or (sign == "." and " " in written) else set()
    if bare and bare != sign:
        folds.add("homophone" if bare.isalnum() else "look_alike")
    return folds
