"""What differs between two sets of lists, term by term, and which texts that changes the grade of."""

from moderation.core.finding import Verdict
from moderation.text.wordlist import Wordlist, read_wordlist
from moderation.text.wordlist_diff import (
    EXAMPLES,
    Difference,
    Grade,
    as_lines,
    as_values,
    difference,
    effect,
    effect_as_lines,
    effect_as_values,
)
from moderation.text.wordlist_report import Sample


def lists(**texts: str) -> list[Wordlist]:
    found = [read_wordlist(text, f"{category}.txt") for category, text in texts.items()]
    assert not any(each.problems for each in found)
    return found


def lines(old: list[Wordlist], new: list[Wordlist]) -> list[str]:
    return list(as_lines(difference(old, new)))


def test_lists_that_say_the_same_do_not_differ() -> None:
    old = lists(gambling="* severity=2\n百家乐\n彩金\n+ 彩金项链\n")
    new = lists(gambling="# moved\n彩金 ; severity=2\n+ 彩金項鏈\n* severity=2\n百家樂\n")
    assert difference(old, new) == ()
    assert lines(old, old) == []


def test_terms_are_added_removed_and_changed_field_by_field() -> None:
    old = lists(gambling="百家乐 ; severity=2\n彩金\n洗码 ; with=赌\n")
    new = lists(gambling="百家乐 ; severity=3 ; kinds=bio,username\n盘口 ; ceiling=review\n洗码\n")
    assert lines(old, new) == [
        "gambling: 1 added, 1 removed, 2 changed",
        "  + 盘口 ; ceiling=review",
        "  - 彩金",
        "  ~ 百家乐: severity 2 → 3; kinds all → username,bio",
        "  ~ 洗码: with 赌 → none; within 12 → none",
    ]


def test_every_field_is_compared() -> None:
    own = (
        "severity=3 ; kinds=bio ; scenes=post ; ceiling=review ; folds=-case ; with=赌 ; within=5 ; without=股 ; "
        "allow=彩金池 ; status=shadow ; expires=2027-01-31 ; note=why"
    )
    assert lines(lists(gambling="彩金\n"), lists(gambling=f"彩金 ; {own}\n"))[1] == (
        "  ~ 彩金: severity the category's → 3; kinds all → bio; scenes all → post; ceiling reject → review; "
        "folds as usual → -case; with none → 赌; without none → 股; within none → 5; allow none → 彩金池; "
        "status live → shadow; expires never → 2027-01-31; note none → why"
    )


def test_allow_phrases_are_compared_too() -> None:
    old = lists(gambling="彩金\n+ 彩金项链\n")
    new = lists(gambling="彩金\n+ 彩金戒指\n")
    assert lines(old, new) == [
        "gambling: 1 allow-phrases added, 1 allow-phrases removed",
        "  + allow-phrase 彩金戒指",
        "  - allow-phrase 彩金项链",
    ]


def test_a_list_that_only_one_side_has_is_added_or_removed_whole() -> None:
    old, new = lists(gambling="彩金\n", porn="约炮\n"), lists(gambling="彩金\n", fraud="刷单\n")
    assert lines(old, new) == ["fraud: 1 added", "  + 刷单", "porn: 1 removed", "  - 约炮"]


def test_a_term_that_moves_to_another_category_is_removed_there_and_added_here() -> None:
    found = difference(lists(gambling="刷单\n", fraud="套现\n"), lists(gambling="彩金\n", fraud="套现\n刷单\n"))
    assert [(each.category, [term.written for term in each.added]) for each in found] == [
        ("fraud", ["刷单"]),
        ("gambling", ["彩金"]),
    ]


def test_the_difference_as_json_values() -> None:
    old, new = (
        lists(gambling="百家乐\n彩金\n+ 彩金项链\n"),
        lists(gambling="百家乐 ; severity=3\n盘口 ; ceiling=review\n"),
    )
    assert as_values(difference(old, new)) == {
        "gambling": {
            "added": [{"term": "盘口", "fields": {"ceiling": "review"}}],
            "removed": [{"term": "彩金", "fields": {}}],
            "changed": [{"term": "百家乐", "fields": {"severity": {"old": "the category's", "new": "3"}}}],
            "phrases_added": [],
            "phrases_removed": ["彩金项链"],
        }
    }


def test_a_category_that_does_not_differ_is_false() -> None:
    assert not Difference("gambling", (), (), (), (), ())


SAMPLES = [Sample(text, None, f"posts.txt:{at}") for at, text in enumerate(["一", "二", "三", "四"], 1)]
BEFORE = {"一": Grade(), "二": Grade(Verdict.REVIEW, "旧词"), "三": Grade(Verdict.REJECT, "旧词"), "四": Grade()}
AFTER = BEFORE | {"一": Grade(Verdict.REJECT, "新词"), "二": Grade(), "三": Grade(Verdict.REJECT, "新词")}


def test_texts_that_fare_differently_are_counted_and_shown() -> None:
    told: list[tuple[int, int]] = []
    found = effect(
        SAMPLES,
        lambda sample: BEFORE[sample.text],
        lambda sample: AFTER[sample.text],
        lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (4, 4)
    assert list(effect_as_lines(found)) == [
        "2 of 4 harmless texts change",
        "  pass → reject: 1",
        "  review → pass: 1",
        "  posts.txt:1: pass → reject (新词): 一",
        "  posts.txt:2: review → pass (旧词): 二",
    ]
    values = effect_as_values(found)
    assert (values["texts"], values["changes"]) == (4, {"pass → reject": 1, "review → pass": 1})
    assert values["examples"][0] == {
        "where": "posts.txt:1",
        "before": "pass",
        "after": "reject",
        "term": "新词",
        "text": "一",
    }


def test_no_more_than_the_first_examples_are_shown() -> None:
    many = [Sample("长" * 100, None, f"posts.txt:{at}") for at in range(1, 101)]
    found = effect(many, lambda _: Grade(), lambda _: Grade(Verdict.REVIEW, "词"), lambda done, total: None)
    shown = [line for line in effect_as_lines(found) if "posts.txt" in line]
    assert len(shown) == len(effect_as_values(found)["examples"]) == EXAMPLES
    assert all(line.endswith("长" * 59 + "…") for line in shown)
    assert found.counts == {"pass → review": 100}
