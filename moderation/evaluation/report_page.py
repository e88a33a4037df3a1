"""The page of an evaluation: one HTML file with its pictures inside, in Chinese and, at a switch, in English."""

import base64
import math
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from moderation.evaluation.datasets import SAFE
from moderation.evaluation.judging import System
from moderation.evaluation.report import Report, Titles

TEMPLATES = Path(__file__).with_name("templates")

WORDS: Mapping[str, tuple[str, str]] = {
    SAFE: ("无害", "safe"),
    "system.lists": ("词表", "word lists"),
    "system.model": ("模型", "model"),
    "system.both": ("词表+模型", "both"),
    "verdict.pass": ("通过", "pass"),
    "verdict.review": ("复核", "review"),
    "verdict.reject": ("拒绝", "reject"),
    "dimension.kind": ("类型", "kind"),
    "dimension.length": ("长度（字）", "length (code points)"),
    "dimension.register": ("语体", "register"),
    "kind.username": ("用户名", "username"),
    "kind.bio": ("简介", "bio"),
    "kind.post": ("帖子", "post"),
    "group.all": ("全部", "all of them"),
    "group.near": ("貌似仇恨（反歧视、受害者自述等）", "only look like hatred (speech against it, victims)"),
    "group.identity": ("含身份词", "with an identity word"),
    "rewriting.homophone": ("谐音", "homophones"),
    "rewriting.inserted": ("插入符号", "inserted symbols"),
    "rewriting.look_alike": ("形近字", "look-alikes"),
    "rewriting.emoji": ("表情代字", "emoji for words"),
    "rewriting.split": ("拆字", "split characters"),
    "rewriting.pinyin_mixed": ("夹拼音", "some pinyin"),
    "rewriting.fuzzy": ("近音", "nearly the same sound"),
    "rewriting.pinyin": ("全拼音", "pinyin"),
    "rewriting.initials": ("拼音首字母", "pinyin initials"),
    "rewriting.traditional": ("繁体", "traditional"),
    "rewriting.shuffled": ("乱序", "shuffled"),
    "rewriting.invisible": ("隐形字符", "invisible characters"),
    "rewriting.repeated": ("叠字", "repeated characters"),
    "rewriting.reversed": ("倒序", "reversed"),
    "rewriting.vertical": ("竖排", "vertical text"),
    "rewriting.": ("合计", "all together"),
}
"""What codes are called, in Chinese and in English; a code that is not here stands for itself."""

LONGEST = 400
"""Code points of a text that the page shows; the JSON file has all of it."""


def page(report: Report, pictures: Mapping[str, bytes], titles: Mapping[str, Titles]) -> bytes:
    """The page in UTF-8.

    pictures  SVG by name
    titles    what categories are called, by code
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def title(code: str) -> Markup:
        return both(titles[code]["zh"], titles[code]["en"]) if code in titles else word(code)

    environment.filters |= {"share": share, "thousandth": thousandth, "word": word, "title": title, "clipped": clipped}
    environment.globals |= {"t": both, "isnan": math.isnan}
    sources = {name: "data:image/svg+xml;base64," + base64.b64encode(svg).decode() for name, svg in pictures.items()}
    template = environment.get_template("report.html")
    html = template.render(report=report, pictures=sources, systems=list(System))
    return html.encode("utf-8", "xmlcharrefreplace")  # a text may hold lone surrogates, which UTF-8 does not take


def both(zh: str, en: str) -> Markup:
    """A text in both languages, of which the page shows one."""
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(zh, en)


def word(code: str, prefix: str = "") -> Markup:
    """What a code is called.

    >>> str(word("bio", "kind")), str(word("daily", "register"))
    ('<span lang="zh">简介</span><span lang="en">bio</span>', 'daily')
    """
    names = WORDS.get(f"{prefix}.{code}" if prefix else code)
    return both(*names) if names else Markup.escape(code)


def share(value: float, digits: int = 3) -> str:
    """A share in [0, 1], "—" for none.

    >>> share(0.5), share(math.nan)
    ('0.500', '—')
    """
    return "—" if math.isnan(value) else f"{value:.{digits}f}"


def thousandth(value: float) -> str:
    """A share as so many in a thousand.

    >>> thousandth(0.0123)
    '12.3'
    """
    return "—" if math.isnan(value) else f"{1000 * value:.1f}"


def clipped(text: str) -> str:
    """At most LONGEST code points of a text."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
