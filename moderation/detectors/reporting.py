"""Whether words are told of rather than said: quoted, or amid a warning, a complaint or news. What is told of, a person looks at."""

import re

WITHIN = 40
"""So many code points before and after the words are looked at."""

QUOTED = 24
"""A longer quotation, in code points, is not somebody's few words any more."""

_QUOTES = (("“", "”"), ("‘", "’"), ("「", "」"), ("『", "』"), ('"', '"'), ("《", "》"))
_QUOTATION = re.compile("|".join(f"{a}[^{a}{b}\n]{{1,{QUOTED}}}{b}" for a, b in _QUOTES))
_TELLING = re.compile(
    "举报|报警|报了警|警方|民警|网警|公安|警惕|当心|谨防|提醒|提示|防骗|反诈|诈骗|被骗|骗局|骗子|骗人|受骗|上当|坑过|避坑|劝退|"
    "别信|别点|别加|别买|别碰|别再|不要信|不要相信|请勿|切勿|拒绝|抵制|反对|辟谣|谴责|道歉|违法|犯法|犯罪|判刑|判处|获刑|批捕|被捕|逮捕|"
    "刑拘|行拘|拘留|查处|查获|查封|通报|落网|抓获|破获|告破|立案|起诉|处罚|罚款|封停|涉嫌|嫌疑人|案件|团伙|戒断|戒毒|禁毒|戒赌|科普|宣传|"
    "曝光|投诉|维权|歧视|骂人|骂我|骂他|骂她|这种话|这种词|这类词|这个词|一词|这句|那句|叫我|喊我"
)


def reported(text: str, start: int, end: int) -> bool:
    """Whether what stands at [start, end) of a text is told of.

    >>> text = "评论区那个说“首存送彩金”的，已经举报"
    >>> reported(text, 7, 10), reported("首存送彩金，加我", 0, 3)
    (True, False)
    """
    first = max(0, start - WITHIN)
    around = text[first : end + WITHIN]
    if any(first + quote.start() <= start and end <= first + quote.end() for quote in _QUOTATION.finditer(around)):
        return True
    # Not in the words themselves, as in 包戒毒.
    return bool(_TELLING.search(text[first:start]) or _TELLING.search(text[end : end + WITHIN]))
