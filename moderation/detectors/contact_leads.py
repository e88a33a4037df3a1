"""The words that lead to a contact - 加微信, VX, 扣扣, 🐧, 电报, 联系 - and the names and numbers that follow them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from moderation.detectors.contact_forms import ContactKind, Form, gaps_folds, other_number
from moderation.detectors.contact_reading import NOISE, Reading

# What may stand between the characters of a lead, and between it and what it leads to.
_IN = rf"[ {NOISE}♥.·*_\-/|'+]{{0,3}}"
_JOIN = re.compile(
    rf"(?:[ {NOISE}♥>:=,;.'\"()/|*+\-✉☎@\n]|号码?|账号|帐号|id(?![a-z0-9])|是|is(?![a-z0-9])|为|在|加|搜索?|同步?|我|的|就|请|备注|"
    r"联系|手机|电话|也|叫|名|了解|详聊|咨询|下方|下面|这个|一下|即可|随时|唯一|qq(?![a-z_])|[vw]x?(?![a-z_])|微信(?![\u4e00-\u9fff])){0,8}"
)
_FIRM = re.compile("[:>=@号搜是为]|i[ds]")

_LATIN = r"(?:(?<![a-z0-9])|(?<=jia)|(?<=jia ))"
_ADD = rf"(?:[加+伽佳嘉茄咖]|(?<![a-z])jia|十(?=v)){_IN}(?:我|俺|偶|咱|个|一?下)?{_IN}"
_SOUND = "[薇威维卫徽溦嶶伟魏葳喂萎围唯玮苇韦]"
_LEAD = re.compile(
    rf"(?P<add>{_ADD})?(?:"
    rf"(?P<wechat>微{{1,3}}{_IN}(?:信{{1,3}}|[芯♥]|xin|x(?![a-z]))|{_SOUND}{_IN}(?:[信芯心新♥]|x(?![a-z]))"
    rf"|{_LATIN}(?:we ?chat|wei ?xin|vxin|wei{_IN}[信芯♥]|(?:v{{1,3}}|w){_IN}x{{1,3}}|v{_IN}[信芯心♥])"
    rf"|♥{_IN}信|绿泡泡|绿色(?:聊天)?软件|绿聊)"
    rf"|(?P<code>[卫威微伟]{_IN}星|微{_IN}[心新辛欣馨]|维新|✦|绿标)"
    rf"|(?P<group>(?:{_LATIN}qq?|扣扣?|企{_IN}鹅|♟|{_LATIN}v|微信?)?{_IN}(?:群聊?|裙|峮|君{_IN}羊|♣|(?<![a-z])qun(?![a-z])))"
    rf"|(?P<v>{_LATIN}v{{1,3}}|[薇威溦葳]|(?<![稍略轻细显卑低入些式甚渐])微)"
    rf"|(?P<qq>{_LATIN}q{_IN}q(?![a-z])|[扣蔻抠叩寇]{_IN}[扣蔻抠叩寇]|企{_IN}鹅|♟|球球|秋秋|鹅号)"
    rf"|(?P<q>{_LATIN}q(?![a-z])|[扣鹅])"
    rf"|(?P<telegram>{_LATIN}(?:telegram|tele ?gram|t{_IN}g)(?![a-z])(?:群组?|频道)?"
    r"|(?:电报|纸飞机|小飞机)(?:群组?|频道)?)|(?P<plane>飞机|✈)"
    r"|(?P<phone>电话|座机|热线|☎|(?<![a-z])tel(?![a-z]))"
    r"|(?P<ask>戳|滴滴|(?<![a-z])dd(?![a-z])|私聊|私信|咨询|联系|[新小大]号|备用号)"
    rf"|(?P<person>[加+]{_IN}[\u4e00-\u9fff]{{0,4}}(?:专员|客服|老师|经理|助理|顾问|新号|小号|大号|备用号|好友|管家))"
    r")|(?P<me>(?:[加+伽佳嘉戳私找]|滴滴?|(?<![a-z])dd)(?:我|俺|偶|咱)|加(?:ta)?(?=:)|看(?:签名?|头像|主页|简介))"
)
# Whatever a lead can begin with: to look for these and then for leads is ten times quicker.
_FIRST = re.compile(
    f"[{_SOUND[1:-1]}♥加+伽佳嘉茄咖十jtvwqd微绿✦扣蔻抠叩寇企♟球秋鹅群裙峮君♣电纸小飞✈座热☎看戳滴私找咨联新大备]"
)
_DENIED = re.compile(
    r"(?:(?<![能要可好行是何])不|(?<![分特个识])别|勿|莫|(?<!有)没有?|禁止?|拒绝?|谢绝|无|非|未)"
    r"(?:要|用|想|会|能|再|必|可以?|敢|支持|提供|给|留|随便|轻易|乱|私|换|发|收|接受|通过)*(?:添?加|互)?我?的?$"
)

_NUMBER = re.compile(rf"[0-9](?:[ {NOISE}♥·.*\-_'✈☎]{{0,2}}[0-9])*")
_UNITS = re.compile(
    "[ +]?(?:[人次天年月米度分名条张斤只台件粉岁赞楼里份期届级层栋路线号步集章页字kw%]|个(?!人)|多[个人])"
)
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?:(?:19|20)[0-9]{2}){2}")
_NOTHING = re.compile(r"([0-9])\1*|(?:1314|520|521)+")
_HOTLINE = re.compile("9[56][0-9]{3,4}|1[012][0-9]{3}|116114|118114")

_NAME = re.compile(rf"[a-z0-9](?:[{NOISE}♥]{{0,2}}[-_a-z0-9]){{4,40}}")
_SPACED = re.compile(rf"[a-z0-9](?:[ .·{NOISE}♥]{{1,2}}[a-z0-9](?![a-z0-9])){{5,19}}")
_NO_NAMES = re.compile(
    "i(?:phone|pad|os|mac|cloud|watch|qoo)|mac(?:os|book)|android|harmony|hongmeng|windows|win(?:7|8|10|11)|linux|ubuntu|redmi|"
    "xiaomi|mi[0-9]|miui|hyperos|mate[0-9]|huawei|honor|vivo|oppo|realme|oneplus|samsung|galaxy|nokia|sony|rtx|gtx|chatgpt|gpt|"
    "claude|deepseek|python|java|github|wechat|weixin|official|version|vip|video|view|visa|vlog|via|vscode|vue|vpn|emoji|"
    "update|login|beta|mini|account|group|music|payment|miniprogram|store|airbus|boeing|http|www|starlink|beidou|kindle|"
    "switch|steam|nvidia|intel|core|ryzen|amd|usb|type|tesla|model|note[0-9]|pro[0-9]|k[0-9]{2}|covid|wifi"
)
_OWN_ID = re.compile(r"(?<![a-z0-9_])wxid_[a-z0-9]{6,22}(?![a-z0-9_])")

_NEVER = 99
# From how many digits on a number is one's name there, after a firm lead and after any other.
_LEAST = {
    "wechat": (5, 6),
    "code": (5, _NEVER),
    "v": (5, _NEVER),
    "group": (6, 7),
    "qq": (5, 5),
    "q": (5, 7),
    "ask": (6, 7),
    "person": (6, 6),
    "me": (6, 6),
}
_WECHAT = frozenset({"wechat", "code", "v"})
_QQ = frozenset({"group", "qq", "q"})
_TELEGRAM = frozenset({"telegram", "plane"})
_ANY = frozenset({"ask", "person", "me"})


@dataclass(frozen=True, slots=True)
class Led:
    """A contact and the place of its lead; `code` when the lead is a word for another."""

    form: Form
    start: int
    code: bool


def led(reading: Reading, numbers: Mapping[int, Form], free: Callable[[int, int], bool]) -> Iterator[Led]:
    """The contacts that follow a lead at once, in order.

    numbers  telephone numbers by where they start
    free     whether no other contact holds a range
    """
    plain = reading.plain
    for match in _OWN_ID.finditer(plain):
        yield Led(_form(reading, ContactKind.WECHAT, match.group(), *match.span()), match.start(), False)
    for match in _leads(plain):
        joined = _JOIN.match(plain, match.end())
        at = joined.end() if joined else match.end()
        if not plain[at : at + 1].isalnum() or _DENIED.search(plain[max(0, match.start() - 10) : match.start()]):
            continue
        form = _Follower(reading, match, plain[match.end() : at], at).form(numbers)
        if form is not None and free(form.start, form.end):
            folds, code = _lead_folds(match["add"] or "", match.group()[len(match["add"] or "") :])
            folds |= reading.folds(*match.span()) | form.folds
            yield Led(Form(form.kind, form.value, form.start, form.end, frozenset(folds)), match.start(), code)


def _leads(plain: str) -> Iterator[re.Match[str]]:
    end = 0
    for first in _FIRST.finditer(plain):
        if first.start() >= end and (match := _LEAD.match(plain, first.start())):
            yield match
            end = match.end()


@dataclass(frozen=True, slots=True)
class _Follower:
    """What follows a lead, at the place `at`, over what joins the two."""

    reading: Reading
    lead: re.Match[str]
    joined: str
    at: int

    @property
    def family(self) -> str:
        return str(self.lead.lastgroup)

    @property
    def firm(self) -> bool:
        """Whether the lead bids one to add, or what joins says that a name follows."""
        if self.lead["add"] is not None or self.family in ("me", "person"):
            return True
        return bool(_FIRM.search(self.joined)) or (self.family == "group" and len(self.lead.group()) > 2)

    def form(self, numbers: Mapping[int, Form]) -> Form | None:
        number = numbers.get(self.at) or numbers.get(self.at - 1)
        if number is not None:
            kind = ContactKind.WECHAT if self.family in _WECHAT else ContactKind.PHONE
            return Form(kind, number.value, number.start, number.end, number.folds)
        return self.number() or self.name()

    def number(self) -> Form | None:
        match = _NUMBER.match(self.reading.plain, self.at)
        if match is None or sum(map(str.isdigit, match.group())) < 5:
            match = _NUMBER.match(self.reading.digital, self.at)
        if match is None or self.family in _TELEGRAM:
            return None
        start, end = match.span()
        groups = re.findall("[0-9]+", match.group())
        gaps = re.findall("[^0-9]+", match.group())
        value = "".join(groups)
        if len(value) > 11 and len(groups) > 1:
            value, end, groups, gaps = groups[0], start + len(groups[0]), groups[:1], []
        if not self._may_be(value) or not self._written_so(groups, gaps) or self._measured(end):
            return None
        folds = self.reading.number_folds(start, end) | gaps_folds(gaps, tuple(map(len, groups)))
        kind = ContactKind.QQ if self.family in _QQ | _ANY else ContactKind.WECHAT
        return Form(ContactKind.PHONE if self.family == "phone" else kind, value, start, end, frozenset(folds))

    def _may_be(self, value: str) -> bool:
        if _NOTHING.fullmatch(value):
            return False
        if self.family == "phone":
            return len(value) in (7, 8) and value[0] in "2345678" and not _DAY.fullmatch(value)
        if _DAY.fullmatch(value) and not (self.firm and self.family in _QQ):
            return False
        if self.family not in _QQ and _HOTLINE.fullmatch(value):
            return False
        firm, bare = _LEAST[self.family]
        return (firm if self.firm else bare) <= len(value) <= 11 and value[0] != "0"

    def _written_so(self, groups: list[str], gaps: list[str]) -> bool:
        dotted = any("." in gap for gap in gaps)
        if self.family == "q" and not self.firm and gaps and max(map(len, groups)) > 1:  # as in Q1 20240331
            return False
        return not (dotted and max(map(len, groups)) > 1) and len(set(gaps)) <= 1

    def _measured(self, end: int) -> bool:
        plain = self.reading.plain
        if plain[end : end + 1] in ("_", "@") or (plain[end : end + 1].isascii() and plain[end : end + 1].isalpha()):
            return True
        return _UNITS.match(plain, end) is not None or other_number(self.reading, self.lead.start(), end)

    def name(self) -> Form | None:
        if self.family == "phone":
            return None
        match = _NAME.match(self.reading.plain, self.at)
        spaced = None
        if match is None or len(re.sub("[^a-z0-9]", "", match.group())) < 5:
            spaced = match = _SPACED.match(self.reading.plain, self.at) if self.firm else None
        if match is None:
            return None
        written = match.group().rstrip(f"-_{NOISE}♥")
        value = re.sub(r"[^-_a-z0-9]", "", written)
        end = match.start() + len(written)
        if not self._may_name(value) or self.reading.plain[end : end + 2].startswith(("@", "()")):
            return None
        folds = self.reading.folds(self.at, end) | ({"inserted"} if spaced or value != written else set())
        kind = ContactKind.QQ if self.family in _QQ else ContactKind.WECHAT
        return Form(ContactKind.TELEGRAM if self.family in _TELEGRAM else kind, value, self.at, end, frozenset(folds))

    def _may_name(self, value: str) -> bool:
        lead = self.lead.group()
        letters = value.isalpha()
        stuck = not self.joined and lead[-1].isascii() and lead[-1].isalpha()
        if _NO_NAMES.match(value) or (stuck and _NO_NAMES.match(lead[-1] + value)):
            return False
        if self.family in _TELEGRAM:
            known = self.firm if self.family == "plane" or letters else True
            return known and 5 <= len(value) <= 32 and value[0].isalpha() and "-" not in value
        if not 6 <= len(value) <= 20 or not any(map(str.isalpha, value)):
            return False
        if value[0].isdigit() and (not self.firm or sum(map(str.isalpha, value)) < 2):
            return False
        if letters and (not self.firm or stuck):
            return False
        if stuck and self.lead["add"] is None and not value[0].isdigit():
            return False
        if self.family == "ask":
            return "_" in value or (bool(_FIRM.search(self.joined)) and not letters)
        if self.family in _QQ or self.family in _ANY:
            return self.firm and not letters
        return self.firm or self.family == "wechat" or (self.family == "v" and not stuck)


def _form(reading: Reading, kind: ContactKind, value: str, start: int, end: int) -> Form:
    return Form(kind, value, start, end, frozenset(reading.folds(start, end)))


_SPOKEN = re.compile("[薇威维卫伟魏葳喂萎围唯玮苇韦蔻抠叩寇扣球秋裙峮伽佳嘉茄咖]|[微v].?[芯心新辛欣馨星]|wei芯")
_LIKE = re.compile("[徽溦嶶十]")
_SIGNS = re.compile("^♥|♥$|[♟✦♣✈]")
_SHORT = re.compile("v|w?x|q(?!q|un)|tg|微x(?!in)")
_SPELT = re.compile("wei|xin|jia|qun")
_OTHER_WORDS = re.compile("企鹅|鹅|绿|飞机")


def _lead_folds(add: str, word: str) -> tuple[set[str], bool]:
    """What it takes to read a lead, and whether its word is another for the thing.

    >>> sorted(_lead_folds("加", "v♥")[0]), _lead_folds("加", "微信"), _lead_folds("", "企鹅")
    (['emoji', 'initials'], (set(), False), (set(), True))
    """
    bare = re.sub(rf"[ {NOISE}.·*_\-/|'+]|(?<!^)♥(?!$)", "", word)
    folds = {"inserted"} if bare != word and bare not in ("wechat", "weixin", "telegram") else set()
    whole = add + bare
    for fold, pattern in (("homophone", _SPOKEN), ("look_alike", _LIKE), ("emoji", _SIGNS), ("pinyin", _SPELT)):
        if pattern.search(whole):
            folds.add(fold)
    if _SHORT.match(bare):
        folds.add("initials")
    if re.search("vv|xx|微微|信信", bare):
        folds.add("repeated")
    if "君" in bare:
        folds.add("split")
    return folds, bool(_OTHER_WORDS.search(bare))


_NEAR = re.compile(
    r"加|微信?|薇|威信|(?<![a-z])(?:vx?|wx|q+|tg|tel|call|phone|mobile)(?![a-z])|扣|电话|手机|热线|联系|咨询|预约|私|戳|滴|拨打|"
    r"致电|短信|订购|找我|合作|☎|号码|同号"
)
_AFTER = re.compile(r"[ (,/|]{0,2}(?:微信|薇信?|威信|微|v信?x?|wx)(?:也?是?同号?|同步|号|(?![a-z0-9]))")


def preceded(reading: Reading, start: int) -> int | None:
    """Where the lead of a telephone number begins that stands at most 12 characters before it."""
    first = max(0, start - 14)
    found = [match.start() for match in _NEAR.finditer(reading.plain[first:start])]
    return first + found[-1] if found else None


def followed(reading: Reading, end: int) -> int | None:
    """Where the lead ends that stands right after a telephone number, as 微信同号."""
    match = _AFTER.match(reading.plain, end)
    return match.end() if match else None


_BIDDING = re.compile(
    r"加我|加微|联系|私[我信聊]|咨询|滴滴|戳|复制|浏览器|点击|点开|点我|领取|注册[送即就领]|进群|看片|下载地址|下載|网址|链接|入口|直达|"
    r"免费领|领券|扫码|打开看|速[进来]|资源|福利"
)


def bidden(reading: Reading, start: int, end: int) -> bool:
    """Whether words within 12 characters of an address bid one to go there."""
    plain = reading.plain
    return bool(_BIDDING.search(plain[max(0, start - 14) : start]) or _BIDDING.search(plain[end : end + 10]))
