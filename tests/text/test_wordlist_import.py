"""Importing words: what is held back and why, and that a list changes whole or not at all."""

import resource
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.errors import BadSetup, Conflict
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import Term, Wordlist, read_wordlist
from moderation.text.wordlist_formats import Entry, Source, read_source
from moderation.text.wordlist_import import (
    EVERYDAY,
    Benign,
    Fate,
    Plan,
    Why,
    appended,
    check_candidate,
    everyday_words,
    plan,
    replace_list,
)

WORDS = ["百家乐", "彩金", "加v信", "庄闲和"]
DAY = date(2026, 11, 22)


# judging


def benign(counts: Mapping[str, int] | None = None, texts: int = 8_000) -> Benign:
    """Harmless texts in which terms count so often."""

    def counted(lexicon: Lexicon) -> Counter[Term]:
        terms = (lexicon.term(number) for number in range(lexicon.terms))
        return Counter({term: (counts or {}).get(term.text, 0) for term in terms})

    return Benign(texts, counted)


OWN = read_wordlist("洗码\n盘口 ; status=quarantined\n+ 老百家乐园洗码\n", "gambling.txt")
OTHER = read_wordlist("约炮\n", "porn.txt")


def planned(given: Source | Sequence[str], force: bool = False, counts: Mapping[str, int] | None = None) -> Plan:
    entries = given.entries if isinstance(given, Source) else [Entry(at, text) for at, text in enumerate(given, 1)]
    return plan(entries, "gambling", [OWN, OTHER], benign(counts), force=force)


REFUSED: dict[str, tuple[str, Fate, Why]] = {
    "": ("nothing but symbols", Fate.REFUSED, Why.EMPTY),
    "❤❤": ("nothing but symbols", Fate.REFUSED, Why.EMPTY),
    "彩票；博彩": ("has a semicolon", Fate.REFUSED, Why.SEMICOLON),
    "彩票 ; severity=3": ("has a semicolon", Fate.REFUSED, Why.SEMICOLON),
    "来吧。快": ("the end of a sentence or line", Fate.REFUSED, Why.SENTENCE),
    "来吧!!": ("the end of a sentence or line", Fate.REFUSED, Why.SENTENCE),
    "来吧‼快": ("the end of a sentence or line", Fate.REFUSED, Why.SENTENCE),
    "加\n微\n信": ("the end of a sentence or line", Fate.REFUSED, Why.SENTENCE),
    "赢" * 65: ("has more than 64 characters", Fate.REFUSED, Why.LONG),
    "㎏" * 40: ("has more than 64 characters", Fate.REFUSED, Why.LONG),
    "赌": ("is the single character '赌'", Fate.REFUSED, Why.SINGLE),
    "賭❤": ("is the single character '赌'", Fate.REFUSED, Why.SINGLE),
    "+ 大麻烦": ("begins with '+'", Fate.REFUSED, Why.MARKED),
    "*severity": ("begins with '*'", Fate.REFUSED, Why.MARKED),
    "加.{0,3}微": ("is a pattern", Fate.REFUSED, Why.PATTERN),
    "代开&发票": ("is a pattern", Fate.REFUSED, Why.PATTERN),
    "上分,下分": ("has a comma inside", Fate.REFUSED, Why.SEVERAL),
    "上分、下分": ("has a comma inside", Fate.REFUSED, Why.SEVERAL),
    "老百家樂園洗碼": ("is the allow-phrase of gambling.txt:3", Fate.REFUSED, Why.ALLOWED),
    "洗 碼": ("is the live term '洗码' of gambling.txt:1", Fate.SKIPPED, Why.LISTED),
    "盘口": ("is the quarantined term '盘口' of gambling.txt:2", Fate.SKIPPED, Why.LISTED),
    "记者": ("is an everyday word", Fate.HELD, Why.EVERYDAY),
    "坏\ufffd词": ("has bytes that are no text", Fate.REFUSED, Why.UNREADABLE),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_word_that_no_list_should_hold_is_told_with_reason_and_fix(text: str) -> None:
    reason, fate, why = REFUSED[text]
    made = planned(["百家乐", text])
    assert [word.written for word in made.words] == ["百家乐"]
    [note] = made.notes
    assert (note.line, note.fate, note.why) == (2, fate, why)
    assert reason in note.reason and note.fix


def test_a_word_that_the_file_has_twice_is_taken_once() -> None:
    made = planned(["加v信", "加Ｖ❤信"])
    assert [word.written for word in made.words] == ["加v信"]
    [note] = made.notes
    assert (note.line, note.fate, note.why) == (2, Fate.SKIPPED, Why.REPEATED)
    assert note.reason == "is the word of line 1 ('加v信') once folded"


def test_a_word_of_another_category_is_imported_and_told() -> None:
    made = planned(["约炮"])
    assert [word.written for word in made.words] == ["约炮"]
    [note] = made.notes
    assert (note.fate, note.why, note.reason) == (Fate.TOLD, Why.ELSEWHERE, "is a term of porn.txt:1 too")


@pytest.mark.parametrize(
    ("text", "written", "removed"),
    [
        ('"百家乐"', "百家乐", "quotes"),
        ("「百家乐」", "百家乐", "quotes"),
        ("百家乐，", "百家乐", "a comma"),
        ("百家乐=3", "百家乐", "a weight"),
        ("百家乐 0.5", "百家乐", "a weight"),
        ("百家乐\t3", "百家乐", "a weight"),
        ("'百家乐' 3,", "百家乐", "a comma and a weight and quotes"),
        ("百\u200b家乐", "百家乐", "characters that do not show"),
        ("百家\ud800乐", "百家乐", "characters that do not show"),
    ],
)
def test_what_lists_put_around_a_word_is_taken_off_and_told(text: str, written: str, removed: str) -> None:
    made = planned([text])
    assert [word.written for word in made.words] == [written]
    [note] = made.notes
    assert (note.fate, note.why) == (Fate.TOLD, Why.CLEANED)
    assert note.reason == f"is taken as {written!r}, without {removed}"


def test_a_number_that_belongs_to_the_word_stays_unless_most_words_have_one() -> None:
    assert [word.written for word in planned(["casino 88", "poker", "slots"]).words] == ["casino 88", "poker", "slots"]
    assert [word.written for word in planned(["casino 88", "poker 3", "slots 1"]).words] == ["casino", "poker", "slots"]


def test_a_word_in_more_than_1_of_1000_harmless_texts_is_held() -> None:
    made = planned(["百家乐", "庄闲和"], counts={"百家乐": 9, "庄闲和": 8})
    assert [word.written for word in made.words] == ["庄闲和"]
    [note] = made.notes
    assert (note.line, note.fate, note.why) == (1, Fate.HELD, Why.HARMFUL)
    assert note.reason == "is found in 9 of 8,000 harmless texts, more than 1 in 1,000"


def test_a_dangerous_word_is_imported_by_force_for_review_alone() -> None:
    made = planned(["百家乐", "记者", "庄闲和", "赌"], force=True, counts={"庄闲和": 100})
    assert [(word.written, word.review) for word in made.words] == [("百家乐", False), ("记者", True), ("庄闲和", True)]
    assert [(note.fate, note.why) for note in made.notes] == [
        (Fate.TOLD, Why.FORCED),
        (Fate.TOLD, Why.FORCED),
        (Fate.REFUSED, Why.SINGLE),
    ]


def test_everyday_words_have_two_characters_and_are_counted_often() -> None:
    common = everyday_words()
    assert {"记者", "专业", "价格"} <= common.keys() and not {"冰毒", "洗码", "中华人民共和国"} & common.keys()
    assert min(common.values()) >= EVERYDAY


def test_a_stray_byte_costs_its_line_alone() -> None:
    for encoding in ("utf-8", "gbk"):
        data = "".join(f"{word}\n" for word in WORDS * 3).encode(encoding) + b"\xff\xff\n"
        made = planned(read_source(data, "words.txt"))
        assert [word.written for word in made.words] == WORDS
        assert [(note.line, note.why) for note in made.notes if note.fate is Fate.REFUSED] == [(13, Why.UNREADABLE)]


# writing


def test_the_words_stand_below_where_and_when_they_came_from_under_fields_of_their_own() -> None:
    made = planned(["百家乐", "记者"], force=True)
    text = appended("* severity=4\n洗码", made.words, {"severity": "2", "status": "shadow"}, "a\nb.csv", DAY)
    assert "# imported 2026-11-22 from ab.csv: 2 terms\n* severity=2 ; status=shadow\n百家乐\n" in text
    first, second, third = read_wordlist(text, "gambling.txt").terms
    assert (first.written, first.rules.severity) == ("洗码", 4)
    assert (second.written, second.rules.severity, second.rules.status) == ("百家乐", 2, "shadow")
    assert (third.written, third.rules.ceiling.word) == ("记者", "review")


def test_a_term_written_below_an_import_has_the_defaults_from_before() -> None:
    for before, severity in (("* severity=4\n洗码\n", 4), ("洗码\n", None), ("", None)):
        text = appended(before, planned(["百家乐"]).words, {"severity": "2"}, "w", DAY)
        assert read_wordlist(text + "盘口\n", "gambling.txt").terms[-1].rules.severity == severity


# Hypothesis rarely draws what the grammar minds, so that is put in.
PARTS = st.one_of(
    st.text(max_size=5), st.sampled_from([*" ;；*+#=3,.&|\n\t'\"‼㎏乐彩", " ; ", "百家", "\ud800", "\u200b"])
)


@given(st.lists(st.lists(PARTS, max_size=5).map("".join), max_size=8), st.booleans())
def test_whatever_is_imported_makes_a_list_without_problems(given: list[str], force: bool) -> None:
    made = planned(given, force)
    text = appended("洗码\n", made.words, {"severity": "2"}, "words.txt", DAY)
    listed = read_wordlist(text, "gambling.txt")
    assert listed.problems == ()
    assert [term.text for term in listed.terms] == ["洗码", *(word.text for word in made.words)]


def test_a_candidate_that_is_no_sound_list_is_refused() -> None:
    check_candidate([OWN, OTHER], "gambling", "洗码\n百家乐\n")
    with pytest.raises(BadSetup, match=r"gambling\.txt:2"):
        check_candidate([OWN, OTHER], "gambling", "洗码\n洗码\n")


def test_a_list_is_replaced_whole_with_its_mode_kept(tmp_path: Path) -> None:
    path = tmp_path / "gambling.txt"
    replace_list(path, "洗码\n", None)
    path.chmod(0o600)
    replace_list(path, "洗码\n百家乐\n", "洗码\n".encode())
    assert path.read_text(encoding="utf-8") == "洗码\n百家乐\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_list_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("洗码\n", encoding="utf-8")
    link = tmp_path / "gambling.txt"
    link.symlink_to("real.txt")
    replace_list(link, "百家乐\n", "洗码\n".encode())
    assert link.is_symlink() and (tmp_path / "real.txt").read_text(encoding="utf-8") == "百家乐\n"


def test_a_list_that_somebody_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gambling.txt"
    path.write_text("盘口\n", encoding="utf-8")
    with pytest.raises(Conflict, match="run the import again"):
        replace_list(path, "洗码\n百家乐\n", "洗码\n".encode())
    assert path.read_text(encoding="utf-8") == "盘口\n" and list(tmp_path.iterdir()) == [path]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As on a full disk, for root too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_list_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gambling.txt"
    path.write_text("洗码\n", encoding="utf-8")
    with no_file_longer_than(1_000), pytest.raises(OSError) as failed:
        replace_list(path, "洗码\n" * 10_000, "洗码\n".encode())
    assert failed.value.filename == str(path)
    assert path.read_text(encoding="utf-8") == "洗码\n" and list(tmp_path.iterdir()) == [path]


def test_the_first_list_of_a_category_can_be_planned() -> None:
    made = plan([Entry(1, "百家乐")], "gambling", [OTHER], benign(), force=False)
    text = appended("", made.words, {}, "words.txt", DAY)
    assert text == "# imported 2026-11-22 from words.txt: 1 term\n*\n百家乐\n# as before the import\n*\n"
    check_candidate([OTHER], "gambling", text)


def test_an_empty_list_counts_as_none() -> None:
    empty = Wordlist("gambling.txt", "gambling")
    assert plan([Entry(1, "洗码")], "gambling", [empty], benign(), force=False).words[0].written == "洗码"
