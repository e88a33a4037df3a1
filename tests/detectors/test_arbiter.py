"""The arbiter: what a hidden term earns by its length, by what its list grants, and by the words around it."""

from datetime import date

import pytest

from moderation.core.finding import Finding
from moderation.core.submission import Kind, Scene
from moderation.detectors.keywords import KeywordDetector
from moderation.text.lexicon import Lexicon
from moderation.text.scanning import BITS, EVERY
from moderation.text.wordlist import read_wordlist

LISTS = """\
网上博彩
代开发票
六合内部料
百家乐
办假证 ; folds=+homophone
加微信 ; folds=+homophone,+look_alike,+initials
刷单
冰毒 ; folds=+homophone
菠菜网 ; folds=-homophone,-split
包夜服务 ; folds=+shuffled
摇头药丸
三陪
日赚八百
卖身 ; folds=+reversed
裸聊 ; folds=+pinyin
"""
DETECTOR = KeywordDetector(Lexicon.of([read_wordlist(LISTS, "gambling.txt")]))


def found(text: str, detector: KeywordDetector = DETECTOR) -> list[Finding]:
    return list(detector.screen(text, Kind.POST, Scene.POST, date(2026, 11, 22)))


def told(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(each.span.of(text), each.folds, each.ceiling.word) for each in found(text) if each.span]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # By sound: four characters and more by themselves, to the full where a changed one stands alone.
        ("快来网伤博采吧", [("网伤博采", ("homophone",), "review")]),
        ("可代锴发票吗", [("代锴发票", ("homophone",), "reject")]),
        # Three: a grant makes it count wherever it ends with words.
        ("求加薇欣谢谢", [("加薇欣", ("look_alike", "homophone"), "reject")]),
        ("求加威信谢谢", [("加威信", ("homophone",), "review")]),
        # Two: granted, and only where the characters make no word.
        ("有丙独吗", [("丙独", ("homophone",), "review")]),
        ("有兵毒吗", []),
        ("中了病毒吗", []),
        ("我帅丹", []),
        # Parts, numbers, emoji, repetition: every term.
        ("来刂刂单", []),
        ("女干贝者", []),
        ("3陪", [("3陪", ("numeral",), "reject")]),
        ("叁陪", [("叁陪", ("numeral",), "reject")]),
        ("日赚8百", [("日赚8百", ("numeral",), "reject")]),
        ("日赚捌佰", [("日赚捌佰", ("numeral",), "reject")]),
        ("摇头💊", [("摇头💊", ("emoji",), "reject")]),
        ("百家家家乐", [("百家家家乐", ("repeated",), "reject")]),
        ("卜票，代廾发票", []),
        # Pinyin: whole words of letters; a term of two characters in full only where granted.
        ("jiaweixin", [("jiaweixin", ("pinyin",), "reject")]),
        ("jia wei xin", [("jia wei xin", ("inserted", "pinyin"), "reject")]),
        ("jiaweixing", []),
        ("luoliao", [("luoliao", ("pinyin",), "reject")]),
        ("shuadan", []),
        ("刷dan", [("刷dan", ("pinyin",), "review")]),
        # Initials: five by themselves, shorter ones where granted.
        ("jwx", [("jwx", ("initials",), "reject")]),
        ("lhnbl", [("lhnbl", ("initials",), "review")]),
        ("lhnblx", []),
        ("dkfp", []),
        # Another order.
        ("彩博上网", [("彩博上网", ("reversed",), "review")]),
        ("乐家百", []),
        ("身卖", [("身卖", ("reversed",), "review")]),
        ("包服夜务", [("包服夜务", ("shuffled",), "reject")]),
        ("网博上彩", []),
        # One character a line.
        ("网\n上\n博\n彩", [("网\n上\n博\n彩", ("vertical",), "reject")]),
        # Taken away by the list.
        ("波菜网", []),
        # Several at once.
        ("網❤伤博采", [("網❤伤博采", ("traditional", "inserted", "homophone"), "review")]),
    ],
)
def test_what_a_hidden_term_earns(text: str, expected: list[tuple[str, tuple[str, ...], str]]) -> None:
    assert told(text) == expected


def test_an_allow_phrase_of_a_term_spares_what_sounds_like_it() -> None:
    listed = read_wordlist("冰毒 ; folds=+homophone ; allow=丙独特", "drugs_weapons.txt")
    detector = KeywordDetector(Lexicon.of([listed]))
    assert found("有丙独吗", detector) and not found("有丙独特吗", detector)


def test_a_fold_that_is_switched_off_finds_nothing() -> None:
    def off(name: str) -> KeywordDetector:
        return KeywordDetector(DETECTOR.lexicon, lambda kind, scene: EVERY & ~BITS[name])

    for text, fold in (
        ("百家家乐", "repeated"),
        ("百❤家乐", "inserted"),
        ("jwx", "initials"),
        ("彩博上网", "reversed"),
    ):
        assert found(text) and not found(text, off(fold))
    assert found("百家乐", off("inserted"))


def test_of_many_findings_of_a_category_the_first_are_told() -> None:
    assert len(found("百家乐，" * 1_000)) == 100
