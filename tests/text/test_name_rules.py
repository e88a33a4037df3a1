"""The file of the rules for names: what it says, and every mistake with its line and its fix."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.errors import BadSetup
from moderation.core.finding import Verdict
from moderation.core.submission import Kind
from moderation.text.name_reading import NameReader
from moderation.text.name_rules import load_name_rules, parse_name_rules
from moderation.text.name_words import Helper, NameRules, Role, Where

SHIPPED = Path(__file__).parents[2] / "wordlists" / "names.toml"

SMALL = """\
[[brand]]
words = ["小米", "Xiaomi"]
alone = "review"
severity = 2
then = ["粥"]
after = ["黄"]
beside = ["五谷"]

[[restricted]]
words = ["中国"]
alone = "review"
where = "start"
rest = 8
kinds = ["username"]
then = ["象棋"]

[[official]]
words = ["客服"]
alone = "review"
placed = "reject"
with = ["brand"]
first = true
close = true

[[near]]
word = "客服"
pinyin = "ke fu"
homophone = ["克服"]
look_alike = ["容服"]
reversed = ["服客"]

[innocent]
words = ["克服困难"]

[spare]
before = ["不是"]
after = ["粉丝"]
of = ["的"]
playful = ["摸鱼"]
everyday = ["钓鱼"]
draws = ["热线"]

[places]
names = ["北京"]
endings = "县"
never = ["小县"]

[filler]
words = ["手机"]
marks = "丶"

[letters]
"а" = "a"

[look_alikes]
o = ["0"]

[signs]
"🍚" = "米"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadSetup) as caught:
        parse_name_rules(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_says_which_words_there_are_and_what_each_earns() -> None:
    rules = parse_name_rules(SMALL)
    brand, nation, official = rules.words["小米"], rules.words["中国"], rules.words["客服"]
    assert (brand.role, brand.alone, brand.where, brand.rest, brand.severity) == (
        Role.BRAND, Verdict.REVIEW, Where.WHOLE, 4, 2,
    )  # fmt: skip
    assert (brand.beside, brand.lone, brand.folds) == (("五谷",), True, ())
    assert (nation.where, nation.rest, nation.kinds) == (Where.START, 8, frozenset({Kind.USERNAME}))
    assert (official.placed, official.partners, official.first, official.close) == (
        Verdict.REJECT, frozenset({Role.BRAND}), True, True,
    )  # fmt: skip
    assert rules.words["xiaomi"].written == "Xiaomi"


def test_what_spares_a_word_is_a_phrase_of_its_own() -> None:
    helpers = parse_name_rules(SMALL).helpers
    assert helpers["小米粥"] == helpers["黄小米"] == helpers["克服困难"] == Helper.PLAIN
    assert helpers["中国象棋"] == Helper.PLAIN | Helper.NATION
    assert [helpers[text] for text in ("不是", "粉丝", "的", "摸鱼", "钓鱼", "热线", "北京", "手机")] == [
        Helper.BEFORE, Helper.AFTER, Helper.OF, Helper.PLAYFUL, Helper.EVERYDAY, Helper.DRAWS, Helper.PLACE, Helper.FILLER,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "written", "folds", "lone", "ceiling"),
    [
        ("xia0mi", "Xiaomi", ("look_alike",), True, Verdict.REJECT),
        ("xiaoomi", "Xiaomi", ("look_alike",), True, Verdict.REJECT),
        ("kefu", "客服", ("pinyin",), False, Verdict.REJECT),
        ("客fu", "客服", ("pinyin",), False, Verdict.REJECT),
        ("客f", "客服", ("initials",), False, Verdict.REVIEW),
        ("克服", "客服", ("homophone",), False, Verdict.REVIEW),
        ("容服", "客服", ("look_alike",), False, Verdict.REJECT),
        ("服客", "客服", ("reversed",), False, Verdict.REVIEW),
    ],
)
def test_other_spellings_count_only_in_company_but_for_letters_that_look_alike(
    text: str, written: str, folds: tuple[str, ...], lone: bool, ceiling: Verdict
) -> None:
    word = parse_name_rules(SMALL).words[text]
    assert (word.written, word.folds, word.lone, word.ceiling) == (written, folds, lone, ceiling)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'alone = "review"\nseverity',
            'alone = "no"\nseverity',
            "names.toml:3: alone is 'no'; use one of pass, review, reject",
        ),
        ("severity = 2", "severity = 5", "names.toml:4: severity is 5; give a whole number from 1 to 4"),
        ("severity = 2", "severity = true", "names.toml:4: severity is True; give a whole number from 1 to 4"),
        ("severity = 2", "sevrity = 2", "names.toml:4: sevrity is not known here; use one of words, alone,"),
        ('"start"', '"middle"', "names.toml:12: where is 'middle'; use one of whole, start, end, edge"),
        ("rest = 8", "rest = 21", "names.toml:13: rest is 21; give a whole number from 0 to 20"),
        ('["username"]', '["post"]', "names.toml:14: kinds is ['post']; list some of username, avatar"),
        ('["brand"]', '["brands"]', "names.toml:21: with is ['brands']; list some of brand, business,"),
        ("first = true", 'first = "yes"', "names.toml:22: first is 'yes'; use true or false"),
        ("close = true", "close = 1", "names.toml:23: close is 1; use true or false"),
        ('["小米", "Xiaomi"]', '"小米"', "names.toml:2: words is not a list of strings"),
        ('["小米", "Xiaomi"]', "[]", "names.toml:1: there are no words"),
        ('["小米", "Xiaomi"]', '["小米",\n"小米"]', "names.toml:3: '小米' stands twice in words"),
        (
            '["小米", "Xiaomi"]',
            '["小米", "✨"]',
            "names.toml:2: '✨' is nothing but symbols, or has the end of a sentence",
        ),
        (
            '["小米", "Xiaomi"]',
            '["小。米"]',
            "names.toml:2: '小。米' is nothing but symbols, or has the end of a sentence",
        ),
        ('words = ["客服"]', 'words = ["官方",\n"中国"]', "names.toml:10: '中国' is a word of official already"),
        ('word = "客服"', 'word = "官方"', "names.toml:26: word is '官方', which no group lists"),
        ('"ke fu"', '"kefu"', "names.toml:27: pinyin is 'kefu'; write one syllable a character, set off by blanks"),
        ('"ke fu"', "3", "names.toml:27: pinyin is 3; write one syllable a character, set off by blanks"),
        ('["克服"]', '["小米"]', "names.toml:28: '小米' is '小米' already; keep one of the two"),
        ('marks = "丶"', 'marks = ["丶"]', "names.toml:50: marks is ['丶']; write the characters as one string"),
        ('marks = "丶"', 'marks = "米"', "names.toml:2: '小米' has a character that is left out or read as another"),
        ('"а" = "a"', '"аа" = "a"', "names.toml:53: 'аа' does not stand for one folded character"),
        ('o = ["0"]', 'oo = ["0"]', "names.toml:56: 'oo' is not a letter with letters or digits"),
        ("[innocent]", "[inocent]", "names.toml:32: inocent is not known here; use one of authority, brand,"),
        ("[[official]]", "[official]", "names.toml:17: official is not an array of tables; write [[official]]"),
        ("[spare]", "[[spare]]", "spare is not a table; write [spare] and its keys below"),
        ("[[brand]]", "[brand", "names.toml:1: is not TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_fix(old: str, new: str, problem: str) -> None:
    assert old in SMALL
    assert any(problem in line for line in problems(SMALL.replace(old, new, 1)))


def test_all_mistakes_are_named_at_once_by_line() -> None:
    text = SMALL.replace("severity = 2", "severity = 9").replace("rest = 8", "rest = -1")
    assert [line.split(": ")[0] for line in problems(text)] == ["names.toml:4", "names.toml:13"]


def test_the_digest_is_of_the_text_whatever_its_line_ends() -> None:
    one = parse_name_rules(SMALL)
    assert one.digest == parse_name_rules(SMALL.replace("\n", "\r\n")).digest
    assert one.digest != parse_name_rules(SMALL.replace("severity = 2", "severity = 3")).digest
    assert len(one.digest) == 6


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    with pytest.raises(BadSetup, match=r"names\.toml: cannot be read"):
        load_name_rules(file)
    file.write_bytes("[[brand]]\nwords = ['小米']".encode("gbk"))
    with pytest.raises(BadSetup, match=r"names\.toml: is not UTF-8"):
        load_name_rules(file)
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load_name_rules(file).words["小米"].alone is Verdict.REVIEW


def test_an_empty_file_switches_the_rules_off() -> None:
    assert NameReader(parse_name_rules("")).read("小米官方！") == []
    assert NameReader(NameRules()).read("") == []


def test_what_ships_has_the_marks_of_the_agreement_and_the_restricted_words() -> None:
    words = load_name_rules(SHIPPED).words
    marks = {"雷军", "小米", "米联", "米吧", "红米", "米兔", "xiaomi", "miui", "米家"}
    assert {text for text in marks if words[text].role is Role.BRAND and words[text].alone is Verdict.REVIEW} == marks
    nation = {"中国", "中华", "国家", "全国", "中央"}
    assert {text for text in nation if words[text].role is Role.RESTRICTED} == nation


READER = NameReader(load_name_rules(SHIPPED))


@given(st.text(st.sampled_from([*"小米官方の县局号客 ！12Ax@🍚①㎏½"]), max_size=30))
def test_the_pieces_of_a_name_make_up_its_text_and_lead_back_into_the_original(text: str) -> None:
    for name in READER.read(text):
        assert "".join(name.text[piece.start : piece.end] for piece in name.pieces) == name.text
        for piece in name.pieces:
            assert name.span(piece.start, piece.end).end <= len(text)
