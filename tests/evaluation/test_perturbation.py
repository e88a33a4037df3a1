"""Each rewriting does what its fold is about, always leaves a trace, and repeats for the same seed."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.folded import FOLDS
from moderation.evaluation import symbols
from moderation.evaluation.perturbation import FOLD_OF, PAIRS, REWRITINGS, nearly, readings, rewrite
from moderation.evaluation.shapes import FILE, MOST, common
from moderation.text.folding import fold
from moderation.text.tables import SEPARATORS

TERM = "加微信领100元彩金转账vx"
SEEDS = range(30)


def written(term: str, *names: str) -> set[str]:
    """All that some seeds make of a term; what they cannot rewrite is "" here."""
    return {rewrite(term, names, Random(seed)) or "" for seed in SEEDS}


def test_there_is_a_rewriting_for_every_fold_and_none_besides() -> None:
    assert set(FOLD_OF.values()) == set(FOLDS)
    assert FOLD_OF.keys() == REWRITINGS.keys()


def test_pairs_are_of_known_rewritings_and_each_stands_once() -> None:
    assert {name for pair in PAIRS for name in pair} <= REWRITINGS.keys()
    assert len(set(PAIRS)) == len(PAIRS)
    assert all(one != other and (other, one) not in PAIRS for one, other in PAIRS)


@pytest.mark.parametrize("name", REWRITINGS)
def test_the_same_seed_writes_the_same_and_others_write_otherwise(name: str) -> None:
    drawn = [rewrite(TERM, [name], Random(seed)) for seed in SEEDS]
    assert drawn == [rewrite(TERM, [name], Random(seed)) for seed in SEEDS]
    always = {"vertical", "pinyin", "pinyin_spaced", "initials", "reversed"}
    assert (len(set(drawn)) == 1) is (name in always)


@given(
    st.text(alphabet="加微信赌博一二三枪药钱vxAB18 ", min_size=1, max_size=7),
    st.sampled_from(list(REWRITINGS)),
    st.integers(),
)
def test_a_rewriting_changes_the_term_or_says_that_it_cannot(term: str, name: str, seed: int) -> None:
    assert rewrite(term, [name], Random(seed)) not in (term, "")


@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_of_a_pair_the_second_leaves_more_than_the_first(pair: tuple[str, str]) -> None:
    first, _ = pair
    both = [(rewrite(TERM, pair, Random(seed)), rewrite(TERM, [first], Random(seed))) for seed in SEEDS]
    assert any(one for one, _ in both)
    assert all(one != alone for one, alone in both if one)


def test_a_pair_is_not_written_where_one_of_the_two_cannot_be() -> None:
    assert written("加微信", "homophone", "width") == written("abc", "homophone", "width") == {""}


@pytest.mark.parametrize(
    ("term", "name", "expected"),
    [
        ("加v信", "vertical", {"加\nv\n信"}),
        ("加v信", "reversed", {"信v加"}),
        ("加v信", "pinyin", {"jiavxin"}),
        ("加v信", "pinyin_spaced", {"jia v xin"}),
        ("加v信", "pinyin_mixed", {"jiav信", "加vxin"}),
        ("银行", "initials", {"yh"}),
        ("赌钱", "split", {"贝者钱", "赌钅戋", "贝者钅戋", "贝者金戋", "赌金戋"}),
        (
            "发票头发",
            "traditional",
            {"發票頭髮", "發票头发", "发票頭发", "发票头髮", "發票頭发", "發票头髮", "发票頭髮"},
        ),
        ("一夜情", "numeral", {"1夜情", "壹夜情"}),
        ("飞机票", "emoji", {"✈️票"}),
        ("a加", "case", {"A加"}),
        ("百家乐", "repeated", {"百家家乐", "百家家家乐", "百家家家家乐"}),
        ("兼职刷单", "shuffled", {"兼刷职单"}),
        ("秘密", "enclosed", {"㊙密"}),
    ],
)
def test_a_rewriting_writes_what_people_write(term: str, name: str, expected: set[str]) -> None:
    got = written(term, name)
    assert got <= expected and got
    assert name == "traditional" or len(expected) <= 3 or len(got) == len(expected)


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("加微信", "width"),
        ("加微信", "case"),
        ("加微信", "look_alike_letters"),
        ("加微信", "numeral"),
        ("abc", "pinyin"),
        ("abc", "homophone"),
        ("信", "inserted"),
        ("微信", "repeated"),
        ("微信号", "shuffled"),
        ("天天", "reversed"),
        ("v信", "pinyin_mixed"),
        ("人口", "traditional"),
    ],
)
def test_nothing_is_written_where_there_is_nothing_to_rewrite(term: str, name: str) -> None:
    assert written(term, name) == {""}


@pytest.mark.parametrize("name", ["homophone", "fuzzy", "look_alike"])
def test_a_substitute_is_a_common_character_in_the_place_of_another(name: str) -> None:
    for found in written("兼职刷单日结", name):
        assert len(found) == 6
        assert all(character in common() for character in found)


def test_a_homophone_sounds_the_same_and_a_near_one_nearly() -> None:
    term = "重庆银行"
    for found in written(term, "homophone"):
        changed = [(readings(term)[at], readings(c)[0]) for at, c in enumerate(found) if c != term[at]]
        assert changed and all(one == other for one, other in changed)
    for found in written(term, "fuzzy"):
        changed = [(readings(term)[at], readings(c)[0]) for at, c in enumerate(found) if c != term[at]]
        assert changed and all(other in nearly(one) for one, other in changed)


def test_a_commoner_substitute_is_drawn_more_often() -> None:
    drawn = Counter(rewrite("逝", ["homophone"], Random(seed)) for seed in range(300))
    assert drawn["是"] > 50 > drawn["噬"]


def test_at_most_two_characters_are_replaced_by_look_alikes() -> None:
    assert all(
        sum(a != b for a, b in zip("赌博加我咨询", found, strict=True)) <= 2
        for found in written("赌博加我咨询", "look_alike")
    )


def test_nothing_that_ends_a_sentence_is_put_between_characters() -> None:
    put = "".join((*symbols.GAPS, *symbols.BLANKS, *symbols.PUNCTUATION, symbols.ZERO_WIDTH, symbols.COMBINING))
    assert SEPARATORS.isdisjoint(put)


@pytest.mark.parametrize("name", ["width", "enclosed", "case", "invisible", "inserted"])
def test_other_forms_and_gaps_fold_back_to_the_term(name: str) -> None:
    assert {fold(found).text for found in written("加vx信", name)} == {"加vx信"}


def test_there_are_emoji_for_many_words() -> None:
    assert len(symbols.EMOJI) >= 60
    assert all(
        emoji and not any("\u4e00" <= c <= "\u9fff" for c in emoji) for way in symbols.EMOJI.values() for emoji in way
    )


def test_the_table_of_shapes_is_sound() -> None:
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    assert all(len(row) == 3 and len(row[0]) == 1 and (row[1] or row[2]) for row in rows)
    assert all(row[0] not in row[1] and len(row[1]) <= MOST and row[0] not in row[2] for row in rows)
    assert all(other in common() for row in rows for other in row[1])
    shapes = {row[0]: row[1:] for row in rows}
    assert "徽" in shapes["微"][0] and "己" in shapes["已"][0] and shapes["枪"][1] == "木仓"
    assert FILE.stat().st_size < 300_000
