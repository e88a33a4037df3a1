"""The grammar of word lists: what is read, and that every error names file, line, reason and fix."""

from datetime import date
from pathlib import Path

import pytest

from moderation.core.errors import BadSetup
from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.text.lexicon import load_lexicon
from moderation.text.scanning import EVERY
from moderation.text.wordlist import Rules, Status, read_wordlist
from moderation.text.wordlist_report import check_wordlists

README = """\
# a comment ; severity=9
* severity=3 ; kinds=username,bio,post
百家乐
彩金 ; ceiling=review ; allow=彩金池,福彩金
洗码 ; with=赌,娱乐城,盘口 ; within=20
+ 百家乐园 ; note=百家乐 inside a shop's name; and more
* severity=1
加Ｖ信 ; folds=-inserted,-case ; scenes=registration ; status=shadow ; expires=2027-01-31 ; without=不要
"""


def test_the_grammar_of_the_readme() -> None:
    listed = read_wordlist(README, "wordlists/gambling.txt")
    assert listed.problems == ()
    assert listed.category == "gambling"
    kinds = frozenset({Kind.USERNAME, Kind.BIO, Kind.POST})
    plain, prize, chips, contact = listed.terms
    assert (plain.text, plain.line, plain.rules) == ("百家乐", 3, Rules(severity=3, kinds=kinds))
    assert prize.rules == Rules(severity=3, kinds=kinds, ceiling=Verdict.REVIEW, allow=("彩金池", "福彩金"))
    assert chips.rules == Rules(severity=3, kinds=kinds, near=("赌", "娱乐城", "盘口"), within=20)
    assert (contact.text, contact.written) == ("加v信", "加Ｖ信")
    assert contact.rules == Rules(
        severity=1,
        scenes=frozenset({Scene.REGISTRATION}),
        folds=frozenset({"-inserted", "-case"}),
        far=("不要",),
        status=Status.SHADOW,
        expires=date(2027, 1, 31),
    )
    assert [(phrase.text, phrase.line) for phrase in listed.phrases] == [("百家乐园", 6)]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff百家乐\n", "百家乐\r\n\r\n洗码\r\n", "*\n百家乐"])
def test_what_is_no_problem(text: str) -> None:
    assert read_wordlist(text, "gambling.txt").problems == ()


@pytest.mark.parametrize(
    ("line", "reason", "fix"),
    [
        ("彩金 ; severity=0", "severity is '0'", "from 1 to 4"),
        ("彩金 ; severity=high", "severity is 'high'", "from 1 to 4"),
        ("彩金 ; kinds=name", "kinds has 'name'", "username, bio, avatar, post"),
        ("彩金 ; scenes=login", "scenes has 'login'", "registration, profile_change"),
        ("彩金 ; ceiling=pass", "ceiling is 'pass'", "review or reject"),
        ("彩金 ; folds=inserted", "folds has 'inserted'", "-inserted"),
        ("彩金 ; with=赌 ; within=0", "within is '0'", "from 1 to 100"),
        ("彩金 ; with=赌 ; within=101", "within is '101'", "from 1 to 100"),
        ("彩金 ; within=5", "within stands without", "add the words"),
        ("彩金 ; with=赌，钱", "full-width comma", "ASCII comma"),
        ("彩金 ; with=赌,,钱", "nothing on one side", "drop it"),
        ("彩金 ; with=赌,❤", "nothing but symbols", "letters, digits or characters"),
        ("彩金 ; folds=+case", "folds has '+case'", "+homophone"),
        ("彩金 ; allow=彩", "'彩', which is the term or shorter", "write all that it should be spared in"),
        ("彩金 ; allow=彩金", "'彩金', which is the term", "write all"),
        ("彩金 ; status=off", "status has 'off'", "live, shadow, quarantined"),
        ("彩金 ; expires=20270131", "expires is '20270131'", "2027-01-31"),
        ("彩金 ; expires=2027-02-30", "expires is '2027-02-30'", "2027-01-31"),
        ("彩金 ; colour=red", "no field 'colour'", "severity, kinds"),
        ("彩金 ; severity", "'severity' is not a field", "name=value"),
        ("彩金 ; severity=", "'severity=' is not a field", "name=value"),
        ("彩金 ; severity=1 ; severity=2", "severity stands twice", "keep one"),
        ("彩金; severity=1", "semicolon inside the term", "blank, semicolon, blank"),
        ("彩金；博彩", "semicolon inside the term", "blank, semicolon, blank"),
        ("彩金 ; with=赌;severity=1", "with has a semicolon", "blank, semicolon, blank"),
        ("* severity=7", "severity is '7'", "from 1 to 4"),
        ("+彩金", "has no blank after '+'", "put one there"),
        ("+ 博彩 ; severity=1", "an allow-phrase has no field 'severity'", "only note"),
        ("+ 彩虹", "'彩虹' contains no term of this list", "write the term out"),
        ("+ 洗码", "'洗码' is a term of this list", "lengthen the phrase"),
        ("❤", "'❤' has nothing but symbols", "write letters"),
        ("，、", "'，、' has nothing but symbols", "write letters"),
        ("彩", "'彩' is the single character '彩'", "at least two"),
        ("+", "'' contains no term of this list", "write the term out"),
        ("* ; severity=1", "no field '; severity'", "severity, kinds"),
        ("彩。金", "has the end of a sentence in it", "two terms"),
        ("洗❤碼", "'洗❤碼' is the term of line 1 ('洗码') once folded", "keep one of the two"),
    ],
)
def test_an_error_names_file_line_reason_and_fix(line: str, reason: str, fix: str) -> None:
    [problem] = read_wordlist(f"洗码\n\n{line}\n", "wordlists/gambling.txt").problems
    assert problem.field == "wordlists/gambling.txt:3"
    assert reason in problem.reason
    assert fix in problem.fix


def test_all_errors_of_a_file_come_at_once_in_the_order_of_lines() -> None:
    listed = read_wordlist("+ 无关\n彩\n彩金 ; severity=9\n百家乐", "gambling.txt")
    assert [problem.field for problem in listed.problems] == ["gambling.txt:1", "gambling.txt:2", "gambling.txt:3"]
    assert [term.text for term in listed.terms] == ["百家乐"]


def write(folder: Path, **lists: str | bytes) -> Path:
    for name, content in lists.items():
        (folder / f"{name}.txt").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_a_folder_of_lists_becomes_one_lexicon(tmp_path: Path) -> None:
    write(tmp_path, gambling="百家乐\n彩金 ; status=quarantined\n+ 百家乐园", porn="约炮 ; status=shadow\n百家乐")
    lexicon = load_lexicon(tmp_path, {"gambling", "porn"})
    assert lexicon.terms == 3
    [(start, end, number)] = lexicon.find("去百家乐彩金")
    assert (start, end) == (1, 4)
    assert [lexicon.term(term).category for term, _ in lexicon.entry(number).writings] == ["gambling", "porn"]


def test_compiled_lists_are_kept_and_read_back(tmp_path: Path) -> None:
    lists, kept = (
        write(tmp_path, gambling="* severity=3\n加V信 ; allow=说加v信 ; folds=+initials\n+ 加v信的"),
        tmp_path / "kept",
    )
    made, read = (load_lexicon(lists, {"gambling"}, kept) for _ in range(2))
    [file] = kept.iterdir()
    for lexicon in (made, read):
        assert (lexicon.version, lexicon.terms) == (made.version, 1)
        assert lexicon.term(0) == made.term(0)
        assert [lexicon.entry(number) for number in range(3)] == [made.entry(number) for number in range(3)]
        assert lexicon.scan("家v心", EVERY) == made.scan("家v心", EVERY)
    before = file.stat().st_mtime_ns
    load_lexicon(lists, {"gambling"}, kept)
    assert file.stat().st_mtime_ns == before


def test_a_damaged_compiled_lexicon_is_made_anew(tmp_path: Path) -> None:
    lists, kept = write(tmp_path, gambling="加V信\n百家乐"), tmp_path / "kept"
    load_lexicon(lists, {"gambling"}, kept)
    [file] = kept.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], b""):
        file.write_bytes(damaged)
        assert load_lexicon(lists, {"gambling"}, kept).find("去百家乐") != []
        assert file.read_bytes() == whole


def test_another_list_is_another_compiled_lexicon_and_the_oldest_go(tmp_path: Path) -> None:
    for number in range(5):
        lexicon = load_lexicon(write(tmp_path, gambling=f"百家乐{number}"), {"gambling"}, tmp_path / "kept")
        assert lexicon.find(f"百家乐{number}") != []
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert load_lexicon(write(tmp_path, gambling="百家乐"), {"gambling"}, tmp_path / "file" / "kept").terms == 1


def test_an_empty_list_finds_nothing(tmp_path: Path) -> None:
    assert load_lexicon(write(tmp_path, gambling="# none yet"), {"gambling"}).find("百家乐") == ()


def test_the_version_follows_the_contents(tmp_path: Path) -> None:
    lexicon = load_lexicon(write(tmp_path, gambling="百家乐"), {"gambling"})
    assert len(lexicon.version) == 6
    assert load_lexicon(tmp_path, {"gambling", "porn"}).version == lexicon.version
    assert load_lexicon(write(tmp_path, gambling="百家乐 ; note=x"), {"gambling"}).version != lexicon.version


def test_a_bad_folder_is_refused_with_everything_that_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, gambling="彩\n百家乐 ; severity=8", unknown="百家乐", porn="约炮\n".encode() + "网".encode("gbk"))
    with pytest.raises(BadSetup) as refused:
        load_lexicon(tmp_path, {"gambling", "porn"})
    folder = tmp_path.name
    fields = [problem.field for problem in refused.value.problems]
    assert fields == [
        f"{folder}/gambling.txt:1",
        f"{folder}/gambling.txt:2",
        f"{folder}/porn.txt:2",
        f"{folder}/unknown.txt",
    ]
    assert "is not UTF-8" in str(refused.value)
    assert "'unknown' is no category of the policy; name the file after one of gambling, porn" in str(refused.value)


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_lists_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSetup, match="has no word lists"):
        load_lexicon(tmp_path / name, {"gambling"})


def test_the_report_counts_what_is_in_each_list(tmp_path: Path) -> None:
    write(tmp_path, gambling="百家乐\n彩金 ; status=shadow\n+ 百家乐园", porn="约")
    gambling, porn = check_wordlists(tmp_path, {"gambling", "porn"}).lists
    assert (gambling.terms, gambling.phrases) == ({Status.LIVE: 1, Status.SHADOW: 1, Status.QUARANTINED: 0}, 1)
    assert [problem.field for problem in porn.problems] == [f"{tmp_path.name}/porn.txt:1"]
    assert check_wordlists(tmp_path, {"gambling", "porn"}).problems == porn.problems
