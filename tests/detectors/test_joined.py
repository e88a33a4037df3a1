"""The joined profile: what a name and a bio say together, with the places in both."""

from datetime import date

import pytest

from moderation.core.finding import Finding
from moderation.core.submission import Item, Kind, Scene, Submission
from moderation.detectors.contacts import ContactDetector
from moderation.detectors.detector import TextDetector
from moderation.detectors.joined import across
from moderation.detectors.keywords import KeywordDetector
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist

LISTS = [read_wordlist("加微信\n兼职刷单\n百家乐", "advertising_trade.txt")]
DETECTORS: list[TextDetector] = [KeywordDetector(Lexicon.of(LISTS)), ContactDetector()]


def joined(*items: Item) -> dict[int, tuple[Finding, ...]]:
    return dict(across(DETECTORS, Submission(Scene.REGISTRATION, items), date(2026, 11, 22)))


def profile(name: str, bio: str) -> list[list[tuple[int, str]]]:
    items = Item(Kind.USERNAME, name), Item(Kind.BIO, bio)
    found = joined(*items)
    assert found.get(0, ()) == found.get(1, ())
    assert all(finding.span is None for finding in found.get(0, ()))
    return [[(part.item, part.span.of(items[part.item].text or "")) for part in f.parts] for f in found.get(0, ())]


@pytest.mark.parametrize(
    ("name", "bio", "parts"),
    [
        ("百家", "乐在其中", [[(0, "百家"), (1, "乐")]]),
        ("想兼职", "刷单的来", [[(0, "兼职"), (1, "刷单")]]),
    ],
)
def test_a_term_over_both_fields_is_found_with_its_parts(
    name: str, bio: str, parts: list[list[tuple[int, str]]]
) -> None:
    assert [each for each in profile(name, bio) if each != [(0, name), (1, bio)]] == parts


@pytest.mark.parametrize(
    ("name", "bio"), [("加我看签", "138 0013 8000"), ("加薇", "信bbb88812"), ("微信看简介", "abc_88812")]
)
def test_a_lead_in_the_name_and_an_id_in_the_bio_are_one_contact(name: str, bio: str) -> None:
    assert any(parts[0][0] == 0 and parts[-1][0] == 1 for parts in profile(name, bio))


def test_what_one_field_says_by_itself_is_not_said_twice() -> None:
    assert profile("百家乐玩家", "喜欢散步") == []


def test_numbers_of_two_fields_are_not_one_contact() -> None:
    assert profile("小王2008", "20092010年都在北京") == []


def test_the_seam_is_no_fold() -> None:
    found = joined(Item(Kind.USERNAME, "百❤家"), Item(Kind.BIO, "乐"))
    assert [finding.folds for finding in found[0]] == [("inserted",)]
    assert [finding.folds for finding in joined(Item(Kind.USERNAME, "百家"), Item(Kind.BIO, "乐"))[0]] == [()]


def test_the_name_comes_first_in_whatever_order_the_items_are() -> None:
    found = joined(Item(Kind.BIO, "乐"), Item(Kind.AVATAR, images=("x",)), Item(Kind.USERNAME, "百家"))
    assert sorted(found) == [0, 2]
    assert [(part.item, part.span.start, part.span.end) for part in found[0][0].parts] == [(2, 0, 2), (0, 0, 1)]


def test_a_single_field_or_a_post_is_not_joined() -> None:
    assert joined(Item(Kind.USERNAME, "百家")) == {}
    assert joined(Item(Kind.USERNAME, "百家"), Item(Kind.POST, "乐")) == {}
