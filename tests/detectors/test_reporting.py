"""What is told of and not said goes to a person; a name tells of nothing."""

from datetime import date

import pytest

from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.detectors.keywords import KeywordDetector
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist

DETECTOR = KeywordDetector(Lexicon.of([read_wordlist("首存送彩金\n养号\n包戒毒", "gambling.txt")]))


def worst(text: str, kind: Kind = Kind.POST) -> Verdict:
    scene = Scene.POST if kind is Kind.POST else Scene.REGISTRATION
    [found] = DETECTOR.screen(text, kind, scene, date(2026, 1, 1))
    return found.ceiling


@pytest.mark.parametrize(
    "text",
    [
        "评论区那个说“首存送彩金”的",
        "有人发首存送彩金，已经举报了",
        "警方提醒：首存送彩金都是套路",
        "信了首存送彩金，结果被骗三万",
        "「养号」是黑话",
        '群里天天"养号"',
    ],
)
def test_what_is_told_of_is_at_most_a_review(text: str) -> None:
    assert worst(text) is Verdict.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "首存送彩金，看我主页",
        "包戒毒",
        "首存送彩金" + "，每天都有，稳得很" * 6 + "，不是骗局",
        "“兄弟们听我说，这个平台真的好，首存送彩金，提现秒到，老玩家都知道，快来”",
    ],
)
def test_what_is_said_is_refused(text: str) -> None:
    assert worst(text) is Verdict.REJECT


def test_a_bio_may_tell_of_something_and_a_name_may_not() -> None:
    assert worst("被养号的骗子坑过", Kind.BIO) is Verdict.REVIEW
    assert worst("养号骗子", Kind.USERNAME) is Verdict.REJECT
