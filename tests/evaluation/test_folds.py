"""The table counts what was found, what was not, and what harmless texts a fold costs, on a lexicon of a few terms."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from moderation.core.finding import Finding, Verdict
from moderation.core.submission import Kind, Scene, Span
from moderation.evaluation import folds
from moderation.evaluation.fold_table import Alarms, FoldTable, Recall, Row
from moderation.evaluation.folds import ROWS, Carrier, Harmless, carriers, extra, held_out, may, measure
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import Term, read_wordlist

TODAY = date(2026, 11, 22)
CARRIERS = [Carrier("今天下班早", "我们去吃面"), Carrier("他说新闻里有", "大家都看到了")]
LISTED = """\
加v信领钱
兼职刷单日结
私服发布网
加微信
枪 支 出售
洗码 ; with=赌
旧词语 ; expires=2026-01-01
影子词 ; status=shadow
绝密刷单 ; ceiling=review ; folds=-homophone,-width
出租银行卡 ; without=新闻 ; within=20
微商 ; folds=+homophone
"""


def lexicon(text: str = LISTED) -> Lexicon:
    listed = read_wordlist(text, "advertising_trade.txt")
    assert not listed.problems
    return Lexicon.of([listed])


def table(text: str = LISTED, benign: Sequence[Harmless] = (), per_fold: int = 50) -> tuple[FoldTable, FoldTable]:
    """Of the half held out and of the other."""
    both = [
        measure(lexicon(text), CARRIERS, benign, 1, per_fold, of_held_out=half, today=TODAY) for half in (True, False)
    ]
    return both[0], both[1]


def of(result: FoldTable, label: str) -> Recall:
    return next(recall for recall in result.recalls if recall.row.label == label)


def term(written: str) -> Term:
    [found] = read_wordlist(written, "gambling.txt").terms
    return found


def test_each_term_is_in_one_half_and_stays_there() -> None:
    terms = [term(f"词{first}{second}") for first in "甲乙丙丁戊己庚辛" for second in "子丑寅卯辰巳午未"]
    assert 20 < sum(map(held_out, terms)) < 44
    assert [held_out(each) for each in terms[:4]] == [held_out(term(each.written)) for each in terms[:4]]
    first, second = table()
    assert first.terms + second.terms == 8  # without the one that needs company, the one that is over and the shadow


def test_a_table_repeats_for_its_seed_and_differs_for_another() -> None:
    one, same = (measure(lexicon(), CARRIERS, (), 3, 50, of_held_out=False, today=TODAY) for _ in range(2))
    other = measure(lexicon(), CARRIERS, (), 4, 50, of_held_out=False, today=TODAY)
    assert one.markdown() == same.markdown()
    assert [r.misses for r in one.recalls] != [r.misses for r in other.recalls]


@pytest.mark.parametrize("label", ["as written", "width", "case", "invisible", "vertical", "enclosed"])
def test_what_the_folds_are_sure_of_is_found_and_is_not_without_them(label: str) -> None:
    for result in table():
        recall = of(result, label)
        assert recall.found == recall.tried
        assert recall.without == 0


def test_a_term_is_measured_only_through_what_it_may_be_found_through() -> None:
    names = ("look_alike", "homophone", "pinyin", "initials", "shuffled", "split", "inserted", "width")
    allowed = {written: {name for name in names if may(term(written), name)} for written in LISTED.splitlines()}
    always = {"split", "inserted", "width"}
    assert allowed["加微信"] == always | {"pinyin"}
    assert allowed["微商 ; folds=+homophone"] == always | {"homophone"}
    assert allowed["兼职刷单日结"] == {*names} - {"shuffled"}
    assert allowed["绝密刷单 ; ceiling=review ; folds=-homophone,-width"] == {
        "look_alike",
        "pinyin",
        "split",
        "inserted",
    }


def test_three_characters_that_go_to_review_by_themselves_have_a_row_of_their_own() -> None:
    [row] = [row for row in ROWS if row.label == "homophone, 3 characters"]
    assert [row.measured(term(written)) for written in ("加微信", "加微信 ; folds=+homophone", "加v信", "绝密刷单")] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_term_that_lists_let_be_reviewed_at_most_counts_for_no_refusal() -> None:
    both = table("绝密刷单 ; ceiling=review")
    recalls = [of(result, "as written") for result in both]
    assert sum(recall.found for recall in recalls) == 1
    assert sum(recall.severe for recall in recalls) == 0


def test_a_carrier_has_no_word_that_the_term_may_not_stand_near() -> None:
    both = table("出租银行卡 ; without=新闻 ; within=20")
    assert sum(of(result, "as written").found for result in both) == 1
    bare = measure(
        lexicon("出租银行卡 ; without=新闻"), CARRIERS[1:], (), 1, 9, of_held_out=held_out(term("出租银行卡"))
    )
    assert of(bare, "as written").tried == of(bare, "as written").found


def test_no_more_terms_than_asked_for_are_tried() -> None:
    assert max(recall.tried for result in table(per_fold=2) for recall in result.recalls) == 2


def test_a_miss_tells_the_term_its_rewriting_and_the_text() -> None:
    misses = [miss for result in table() for recall in result.recalls for miss in recall.misses]
    assert misses
    assert all(miss.written in miss.text and miss.written != miss.term for miss in misses)


def test_harmless_texts_are_counted_by_file_detector_and_fold() -> None:
    files = [
        Harmless("bios", Kind.BIO, ["加 微信", "加微信", "早睡早起"]),
        Harmless("posts", Kind.POST, ["加❤微❤信", "你好", "再见", "洗码"]),
    ]

    class Always:
        def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
            return (Finding("porn", 1.0, "a@1", Span(0, 1), (), None, Verdict.REVIEW),)

    result = measure(lexicon(), CARRIERS, files, 1, 1, others={"always": Always()}, today=TODAY)
    counted = {(row.detector, row.file): (row.texts, row.review, row.reject) for row in result.alarms}
    assert counted == {
        ("keywords", "bios"): (3, 2, 1),
        ("keywords", "posts"): (4, 1, 1),
        ("always", "bios"): (3, 3, 0),
        ("always", "posts"): (4, 4, 0),
    }
    assert (result.texts, result.review["inserted"], result.reject["inserted"]) == (7, 2, 1)
    assert not any(result.review[name] for name in result.review if name != "inserted")


def test_the_tables_show_shares_with_intervals_and_goals() -> None:
    met, missed = Row("width", ("width",), lambda _: True, 0.98), Row("a + b", ("a", "b"), lambda _: True, 0.9)
    shown = FoldTable(
        200,
        1000,
        [Recall(met, 100, 100, 99, 7, 50, 40), Recall(missed, 20, 10, 8, 0, 0, 0)],
        {"homophone": 2},
        {},
        [Alarms("keywords", "bios", 1000, 3, 1), Alarms("keywords", "posts", 1000, 1, 0)],
    ).markdown()
    assert "| width | 100 (50%) | 100 | 0.990 (0.946–0.998) | 0.070 | 0.800 | 0.98 | yes |" in shown
    assert "| a + b | 20 (10%) | 10 | 0.800 (0.490–0.943) | 0.000 |  | 0.90 | no |" in shown
    assert "| all pairs |  | 10 | 0.800 (0.490–0.943) | 0.000 |  | 0.90 | no |" in shown
    assert "| homophone | 2 | 200 (55–726) | 0 | 0 (0–383) |" in shown
    assert "| keywords | all | 2000 | 4 | 0.20% (0.08%–0.51%) | 1 | 0.05% (0.01%–0.28%) |" in shown


def test_carriers_meet_between_chinese_characters() -> None:
    assert carriers(["好，ok，行\\n来！？走", "一句话"]) == [Carrier("行", "来"), Carrier("来", "走")]


def test_more_harmless_texts_are_read_by_kind(tmp_path: Path) -> None:
    rows = [{"text": "甲"}, {"text": "乙", "kind": "bio"}, {"text": "丙"}]
    (tmp_path / "more.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert extra(tmp_path / "more.jsonl") == [
        Harmless("more (bio)", Kind.BIO, ["乙"]),
        Harmless("more (post)", Kind.POST, ["甲", "丙"]),
    ]


def test_the_command_prints_the_table_or_examples_of_misses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "benign").mkdir()
    (tmp_path / "advertising_trade.txt").write_text(LISTED, encoding="utf-8")
    (tmp_path / "names.toml").write_text('[[brand]]\nwords = ["小米"]\n', encoding="utf-8")
    for name in ("usernames", "bios", "posts"):
        (tmp_path / "benign" / f"{name}.txt").write_text("今天下班早，我们去吃面\n", encoding="utf-8")
    folds.main(["--wordlists", str(tmp_path), "--per-fold", "5"])
    printed = capsys.readouterr()
    assert "| as written |" in printed.out and "| names | all | 3 | 0 |" in printed.out
    assert "harmless posts" in printed.err
    folds.main(["--wordlists", str(tmp_path), "--per-fold", "5", "--misses", "2"])
    assert "as written: 1.000" in capsys.readouterr().out
