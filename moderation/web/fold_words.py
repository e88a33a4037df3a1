"""What the review desk calls each fold: how a hidden word was hidden."""

FOLDS: dict[str, tuple[str, str]] = {
    "fold.width": ("全半角", "letter form"),
    "fold.case": ("大小写", "case"),
    "fold.traditional": ("繁简", "traditional"),
    "fold.enclosed": ("圈框字符", "enclosed characters"),
    "fold.look_alike": ("形近字", "look-alikes"),
    "fold.invisible": ("隐形字符", "invisible characters"),
    "fold.inserted": ("插入符号", "inserted symbols"),
    "fold.repeated": ("叠字", "repeated characters"),
    "fold.vertical": ("竖排", "vertical text"),
    "fold.numeral": ("数字写法", "numerals"),
    "fold.emoji": ("表情代字", "emoji for words"),
    "fold.split": ("拆字", "split characters"),
    "fold.pinyin": ("拼音", "pinyin"),
    "fold.initials": ("拼音首字母", "pinyin initials"),
    "fold.homophone": ("谐音", "homophones"),
    "fold.reversed": ("倒序", "reversed"),
    "fold.shuffled": ("乱序", "shuffled"),
}
"""By key, Chinese and English."""
