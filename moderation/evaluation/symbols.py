"""What else stands for letters, digits, numbers, words and the gaps between them, put together by hand for the rewritings."""

import string
from collections.abc import Mapping

_PLAIN = string.ascii_uppercase + string.ascii_lowercase + string.digits


def _run(first: int, plain: str) -> dict[str, str]:
    return {character: chr(first + place) for place, character in enumerate(plain)}


FULL_WIDTH = {character: chr(ord(character) + 0xFEE0) for character in _PLAIN}

OTHER_WIDTHS = (
    _run(0x1D400, _PLAIN[:52]) | _run(0x1D7CE, string.digits),  # bold
    _run(0x1D5D4, _PLAIN[:52]) | _run(0x1D7EC, string.digits),  # bold without serifs
    _run(0x1D670, _PLAIN[:52]) | _run(0x1D7F6, string.digits),  # of one width
    _run(0x1D4D0, _PLAIN[:52]),  # bold script
    _run(0x1D56C, _PLAIN[:52]),  # bold Fraktur
    dict(zip("abcdefghijklmnoprstuvwxyz0123456789", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)),
)

_CIRCLED_DIGITS = {"0": "⓪"} | _run(0x2460, "123456789")
_BLACK_DIGITS = {"0": "⓿"} | _run(0x2776, "123456789")


def _both_cases(first: int) -> dict[str, str]:
    return _run(first, string.ascii_uppercase) | _run(first, string.ascii_lowercase)


ENCLOSED = (
    _run(0x24B6, _PLAIN[:52]) | _CIRCLED_DIGITS,
    _both_cases(0x1F170) | {digit: f"{digit}\ufe0f\u20e3" for digit in string.digits},  # black boxes and keycaps
    _both_cases(0x1F1E6),  # regional indicators
    _both_cases(0x1F150) | _BLACK_DIGITS,  # black discs
    _both_cases(0x1F130),  # boxes
    _run(0x249C, string.ascii_lowercase) | _run(0x2474, "123456789"),  # in brackets
)

ENCLOSED_WORDS = dict(
    zip(
        "秘祝正上中下左右男女月火水木金土日株有社名特劳适优印注项休写医宗学监企资协夜一二三四五六七八九十禁无指空满营得可合割",
        "㊙㊗㊣㊤㊥㊦㊧㊨㊚㊛㊊㊋㊌㊍㊎㊏㊐㊑㊒㊓㊔㊕㊘㊜㊝㊞㊟㊠㊡㊢㊩㊪㊫㊬㊭㊮㊯㊰㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉🈲🈚🈯🈳🈵🈺🉐🉑🈴🈹",
        strict=True,
    )
)

_LETTERS = """
aаα bЬь cсϲ dԁ eеε hһ iіι jј kкκ lӏ mм nηпո oоο pрρ qԛ rг sѕ tтτ uυ vνѵ wԝω xхχ yуγ
AАΑ BВΒ CСϹ EЕΕ HНΗ IІΙ JЈ KКΚ MМΜ NΝ OОΟ PРΡ SЅ TТΤ VѴ XХΧ YҮΥ ZΖ
"""

LOOK_ALIKES: Mapping[str, str] = {letters[0]: letters[1:] for letters in _LETTERS.split()}
"""Cyrillic, Greek and other letters that look like each Latin one."""

ZERO_WIDTH = "\u200b\u200b\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u061c\u180e\ufe0f\ufe00\U000e0101"
COMBINING = "\u0336\u0337\u0332\u0305\u0308\u030a\u0489\u20dd"

_GAPS = "❤ ❤️ ✨ 🔥 ⭐ ★ ☆ ● · • * - _ ~ ～ / | + ^ # = 💰 🌹 → ♥ @ & 、 ."

GAPS = tuple(_GAPS.split())
"""Symbols that people put between the characters of a word."""

BLANKS = (" ", " ", " ", "　", "\u00a0", "\t")
PUNCTUATION = ("，", "、", "：", ",", ":", "—", ";")

NUMERALS = (
    "0零〇",
    "1一壹",
    "2二贰",
    "3三叁",
    "4四肆",
    "5五伍",
    "6六陆",
    "7七柒",
    "8八捌",
    "9九玖",
    "十拾",
    "百佰",
    "千仟",
)

SPELT = dict(zip("亻讠氵扌纟忄犭饣钅礻衤艹刂辶阝攵", "人言水手丝心犬食金示衣草刀走耳文", strict=True))
"""The character that one writes for a radical that no keyboard offers."""

_EMOJI = """
钱💰/💵 金🪙/💰 币🪙 元💴 银行🏦 卡💳 红包🧧 礼🎁 奖🏆 票🎫/🎟️ 彩🌈 赌🎰/🎲 骰子🎲 麻将🀄 牌🃏/🀄 球⚽/🏀
足球⚽ 篮球🏀 马🐴/🐎 牛🐮/🐂 羊🐑 猪🐷/🐖 狗🐶/🐕 鸡🐔/🐓 鸭🦆 鹅🦢 猫🐱 鼠🐭 兔🐰 虎🐯 龙🐲/🐉 蛇🐍 猴🐵/🐒
熊🐻 狼🐺 象🐘 鱼🐟 虾🦐 龟🐢 鸟🐦 虫🐛 蜂🐝 蝶🦋 蚁🐜 药💊 针💉 毒☠️ 烟🚬 酒🍺/🍷 茶🍵 水💧 火🔥 冰🧊
雪❄️ 电⚡ 枪🔫 刀🔪/🗡️ 弹💣 炸弹💣 炸💥 炮💣 血🩸 骨🦴 死💀 鬼👻 屎💩 粪💩 锁🔒 钥匙🔑 手✋/👋 脚🦶 腿🦵
眼👁️ 耳👂 鼻👃 口👄 嘴👄/💋 牙🦷 舌👅 心❤️ 爱❤️ 吻💋 脑🧠 笑😂/😄 哭😭 怒😡 男👨/🚹 女👩/🚺 婴儿👶
老人👴 警察👮 王👑 日☀️ 月🌙 星⭐ 云☁️ 雨🌧️/☔ 风🌬️ 山⛰️ 海🌊 树🌲/🌳 花🌸/🌹 草🌿/🌱 叶🍃/🍁 菜🥬
瓜🍉 桃🍑 果🍎 茄🍆 蕉🍌 米🌾 饭🍚 面🍜 肉🥩/🍖 蛋🥚 奶🥛 糖🍬 车🚗 飞机✈️ 机✈️ 船🚢 房🏠 家🏠 楼🏢 校🏫
医院🏥 门🚪 床🛏️ 灯💡 钟🕰️ 表⌚ 伞☂️ 旗🚩 书📖/📚 笔✏️/🖊️ 信✉️/💌 邮📮 包👜/📦 箱📦 衣👕 裤👖 裙👗
鞋👟/👠 帽🧢 戒💍 钻💎 手机📱 电话📞/☎️ 话💬 电脑💻 电视📺 视频📹 图🖼️ 照📷 片💿 歌🎵 音乐🎶 加➕ 减➖
禁🚫 停🛑 看👀 听👂 跑🏃 睡😴 打👊 顶👍 赞👍 拜🙏
"""

EMOJI: Mapping[str, tuple[str, ...]] = {
    word: tuple(pair.removeprefix(word).split("/"))
    for pair in _EMOJI.split()
    for word in ["".join(character for character in pair if "\u4e00" <= character <= "\u9fff")]
}
"""Emoji for the words and characters that they show."""
