"""Emoji that stand for words: for what they show, for its sound, or by habit."""

from collections.abc import Iterable, Iterator

_ONE = """
❤♥💕💗💖💓💛💚💙💜🧡🖤🤍:心信 ➕✚➕:加家佳 ➖:减 ✖❌:不 ⭕:圈 💰💴💵💸🤑:钱 💊:药 💉:针 🐶🐕🦮🐩:狗 🐴🐎🏇:马妈麻
🐔🐓🐤🐣🐥:鸡几激机 🐷🐖🐗:猪诸 🐮🐄🐂🐃:牛 🐑🐏🐐🐛:羊 🐭🐁🐀:鼠 🐯🐅:虎 🐰🐇:兔 🐲🐉:龙 🐍:蛇 🐵🐒🙈:猴 🐱🐈:猫 🐸:蛙 🐢:龟
🐟🐠🐡🎣:鱼 🐦🕊:鸟 🦆:鸭 🦢:鹅 🐝:蜂 🐻:熊 🦊:狐 🐺:狼 🐘:象 🦁:狮 🐜:蚁 🪳:蟑 🐚:贝 🦀:蟹 🦐🍤:虾 💩:屎粪翔 💦💧🚰:水 🔥:火
🌊:浪 ☀🌞:日阳 🌙🌛🌜:月 ⭐🌟✨:星 🌈:虹 🌧☔:雨 ❄:雪 🌪:风 ⚡:电 🌍🌎🌏:球地 🏔⛰🗻:山 🪨:石 🌳🌲:树木 🌴:椰 🍃🍀🌿:叶草
🌾:草 🌹🌷🌸💐🌺🌻:花 🍎🍏:果 🍐:梨 🍑:桃 🍒:樱 🍌:蕉 🍆:茄 🥒:瓜 🍉:瓜 🥬🥦:菜 🍚🍜:饭面 🍞🥖:包 🥟:饺 🥚🍳:蛋 🍗🍖🥩:肉 🍦🧊:冰
🍵🫖:茶 🍺🍻:啤 🍷🍸🥂🍶:酒 ☕:咖 🥛:奶 🍬:糖 🎂🍰:糕 🧂:盐 👨👦:男 👩👧:女 👶:婴儿 👴👵:老 👻:鬼 💀☠:死骷 👽:外 🤖:机 🤡:丑 👑:王冠
💂:兵 👮:警 🕵:探 🎅:圣 🧙:巫 🧧:红 🎲:赌骰 🃏🎴:牌 🀄:中麻 🎰:机 🎮:游 🏀⚽🏐🏈🎾🎱:球 🎯:靶 🔫:枪 🔪🗡:刀 🏹:箭 💣🧨💥:炸弹 🪓:斧
🔨:锤 🔧:修 🔩:螺 ⛓:链 🔒🔐:锁 🔑🗝:钥 🚪:门 🛏:床 🪑:椅 🚗🚕🚙:车 🚌:巴 🚄🚅🚂:火 ✈🛩🛫:飞机 🚢⛵:船 🚀:箭 🏠🏡:家房 🏥:院 🏦:行
🏫:校 ⛽:油 📱📞☎📲:电机 💻:脑 📷📸:照 🎥📹:视 📺:视 📖📚:书 ✏🖊:笔 📄📃🧾:票 🎫:票 💳:卡 🪪:证 📧📩✉💌:信邮 📦:包货 🛒:购 🎁:礼 🎤:麦 🎵🎶:音
👄💋👅:嘴吻舌 👀👁:看眼 👂:耳 👃:鼻 ✋🤚👋🖐:手 👍:赞 👎:差 👊✊:拳 🙏:求 💪:强 🦵:腿 🦶👣:脚 🦷:牙 🧠:脑 🫀:心 🩸:血 💃:舞 👙:比 👗:裙 👠👟:鞋 👜:包 🎩🧢:帽
💍:戒 💎:钻 🚩:旗 🏳:旗 ⌚⏰🕐:表钟 ⏳:时 📍:定 🔴:红 🟠:橙 🟡:黄 🟢:绿 🔵:蓝 🟣:紫 ⚫:黑 ⚪:白 🈶:有 🈚:无 🆕:新 🆓:免 🔞:禁 💯:百 🔝:顶 🆙:上 ⬆👆☝:上 ⬇👇:下 👈⬅:左 👉➡:右
🏃:跑 🚶:走 🏊:游 🛀🚿:洗 😴💤:睡 😂🤣:笑 😭😢:哭 😡😠:怒 😱:怕 🤮:吐 🤢:呕 😷:病 🤒:烧 🤑:钱 🤫:嘘 😘:亲 🥵:热 🥶:冷 🤐:闭 🤔:想 🙅:不 🤰:孕 🧎:跪 🫵:你 🧑:人 👤:人 👥:群 🐧:企
"""

_MORE = """
💊:药丸 🎰:老虎机 🎲:骰子 🀄:麻将 🃏🎴:扑克 💳:银行卡 🪪:身份证 📱:手机 💻:电脑 🐧:企鹅 ✈🛩:飞机 🐎🐴:草泥马 🔫:手枪 💣:炸弹 🧨:炸药 💉:针剂 📧✉:邮箱 💌:情书
🧧:红包 🏠:房子 🚗:汽车 🍆:茄子 🍑:桃子 👙:比基尼 👠:高跟 🧦:丝袜 💃:跳舞 🐔:小鸡 🐶:狗子 💩:大便 🤡:小丑 👻:魔鬼 💀:骷髅 🐢:乌龟 🐢:王八 🧠:脑子 👶:孩子 👮:警察
⚽:足球 🏀:篮球 🎣:捕鱼 🎟🎫:彩票 💰:现金 💵:美元 🛏:上床 🛁🛀:洗澡 🍵:喝茶 🔞:成人 🌿🍀:叶子 🍃:大麻 ❄🧊:冰毒 💋:亲吻 📷:照片 🎥📹:视频 📺:电视 📞☎:电话 🔪:菜刀
"""


def _read(table: str) -> Iterator[tuple[str, str]]:
    """Each emoji, one code point, and a word."""
    for entry in table.split():
        emoji, _, word = entry.partition(":")
        for one in emoji:
            yield one, word


def _by(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        found[key] = "".join(dict.fromkeys(found.get(key, "") + value))
    return found


CHARACTERS = _by(_read(_ONE))
"""Each emoji, one code point, and the characters that it may stand for, the likeliest first."""

WORDS = _by((word, emoji) for emoji, word in _read(_MORE))
"""Words of several characters, and the emoji that may stand for each."""
