"""`moderation wordlists`: what check, import and diff print, what they change, and their exit codes."""

import csv
import json
import random
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.making import BAD, GOOD


def lists(cli: Cli) -> Path:
    return cli.folder / "lists"


def benign(cli: Cli, **files: str) -> None:
    """Harmless texts beside the lists, so few that one hit is one too many."""
    (lists(cli) / "benign").mkdir(exist_ok=True)
    for name, text in files.items():
        (lists(cli) / "benign" / f"{name}.txt").write_text(text, encoding="utf-8")


def given(cli: Cli, text: str | bytes, name: str = "words.txt") -> str:
    path = cli.folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def listed(cli: Cli, category: str = "gambling") -> str:
    return (lists(cli) / f"{category}.txt").read_text(encoding="utf-8")


def imported(cli: Cli, *arguments: str) -> tuple[int, str]:
    said = cli("wordlists", "import", *arguments, "--category", "gambling")
    return said.code, said.out + said.err


# check


def test_good_lists_are_counted(cli: Cli) -> None:
    said = cli("wordlists", "check")
    assert said.code == 0
    assert "gambling: 2 live terms, 0 allow-phrases" in said.out
    assert "insult_defamation: 1 live terms (1 shadow), 0 allow-phrases" in said.out


def test_bad_lists_are_told_with_their_lines(cli: Cli) -> None:
    (lists(cli) / "fraud.txt").write_text("诈骗词 ; colour=red\n好\n", encoding="utf-8")
    said = cli("wordlists", "check")
    assert said.code == 78 and "lists/fraud.txt:1:" in said.err and "lists/fraud.txt:2:" in said.err
    assert "gambling: 2 live terms" in said.out


def test_no_lists_are_an_error(cli: Cli) -> None:
    (cli.folder / "empty").mkdir()
    assert cli("wordlists", "check", "--folder", str(cli.folder / "empty")).code == 78
    assert cli("wordlists", "check", "--folder", "/nowhere").code == 66


def test_hits_in_harmless_texts_are_counted(cli: Cli) -> None:
    harmless = given(cli, f"{BAD}\n{GOOD}\n\n{BAD}{BAD}\n", "harmless.txt")
    said = cli("wordlists", "check", "--against", harmless)
    assert said.code == 0 and "3 hits in 3 texts" in said.out and "百家乐  (gambling:1)" in said.out
    assert (
        "warning: gambling.txt:1: '百家乐' is found in 2 of 3 harmless texts, more than 1 in 1,000; narrow" in said.err
    )
    assert cli("wordlists", "check", "--against", "/nowhere.txt").code == 66


def test_harmful_terms_are_a_warning_and_no_error(cli: Cli) -> None:
    benign(cli, posts="领彩金\n" + "今天天气真好\n" * 500, bios="两行\\n百家乐\n")
    said = cli("wordlists", "check", "--benign")
    assert said.code == 0 and "2 hits in 502 harmless texts" in said.out
    assert "'彩金' is found in 1 of 502 harmless texts" in said.err
    benign(cli, posts="领彩金\n" + "今天天气真好\n" * 1_000, bios="")
    assert "warning" not in cli("wordlists", "check", "--benign").err


def test_a_term_is_measured_on_texts_of_its_kinds(cli: Cli) -> None:
    benign(cli, posts="今天天气真好\n" * 2_000, usernames="领彩金\n阿明\n")
    (lists(cli) / "gambling.txt").write_text("彩金 ; kinds=username\n", encoding="utf-8")
    assert "'彩金' is found in 1 of 2 harmless texts" in cli("wordlists", "check", "--benign").err
    (lists(cli) / "gambling.txt").write_text("彩金 ; kinds=post\n", encoding="utf-8")
    assert "warning" not in cli("wordlists", "check", "--benign").err


REDUNDANT: dict[str, tuple[str, str]] = {
    "a longer term around it": (
        "百家乐平台\n上百家乐平台\n",
        "gambling.txt:2: '上百家乐平台' is found by '百家乐平台' (line 1) anyway; drop it",
    ),
    "a letter around it": ("百家乐\napp百家乐\n", "'app百家乐' is found by '百家乐' (line 1) anyway; drop it"),
    "the same by sound": ("微信同号\n薇信同号\n", "'薇信同号' is found by '微信同号' (line 1) anyway; drop it"),
    "the same in pinyin": ("加微信\njiaweixin\n", "'jiaweixin' is found by '加微信' (line 1) anyway; drop it"),
    "a short one, found in fewer ways": (
        "约炮\n求约炮\n",
        "'求约炮' is found by '约炮' (line 1) anyway; without it, lost are",
    ),
}


@pytest.mark.parametrize("case", REDUNDANT)
def test_a_redundant_term_is_told_with_what_makes_it_so(cli: Cli, case: str) -> None:
    text, line = REDUNDANT[case]
    (lists(cli) / "gambling.txt").write_text(text, encoding="utf-8")
    assert "redundant" not in cli("wordlists", "check").out
    said = cli("wordlists", "check", "--redundant")
    assert said.code == 0 and line in said.out and "1 redundant terms" in said.out


@pytest.mark.parametrize(
    "text",
    [
        "百家乐平台 ; with=赌\n上百家乐平台\n",
        "百家乐平台 ; without=赌\n上百家乐平台\n",
        "百家乐平台 ; allow=百家乐平台倒闭\n上百家乐平台\n",
        "百家乐平台 ; ceiling=review\n上百家乐平台\n",
        "百家乐平台 ; kinds=bio\n上百家乐平台\n",
        "百家乐平台 ; scenes=post\n上百家乐平台\n",
        "百家乐平台 ; status=shadow\n上百家乐平台\n",
        "百家乐平台 ; status=quarantined\n上百家乐平台\n",
        "百家乐平台 ; expires=2099-01-01\n上百家乐平台\n",
        "百家乐平台\n上百家乐平台 ; severity=4\n",
    ],
)
def test_a_term_is_not_redundant_because_of_a_narrower_one(cli: Cli, text: str) -> None:
    (lists(cli) / "gambling.txt").write_text(text, encoding="utf-8")
    assert "0 redundant terms" in cli("wordlists", "check", "--redundant").out


# import


def test_words_are_imported_and_found_from_then_on(cli: Cli) -> None:
    benign(cli, posts=GOOD)
    code, said = imported(cli, given(cli, "庄闲和\n天天返水\n"), "--severity", "2", "--note", "from  a friend")
    assert code == 0
    assert "words.txt is read as one word a line, UTF-8" in said
    assert f"2 read; 2 imported into {lists(cli) / 'gambling.txt'}; 0 refused, 0 held, 0 skipped" in said
    assert listed(cli).startswith("百家乐\n彩金 ; ceiling=review\n\n# imported 20")
    assert " from words.txt: 2 terms\n* severity=2 ; note=from a friend\n庄闲和\n天天返水\n" in listed(cli)
    assert cli("wordlists", "check").out.count("gambling: 4 live terms") == 1
    assert cli("screen", "--bio", "天天返水").code == 2


def test_a_second_import_of_the_same_changes_nothing(cli: Cli) -> None:
    file = given(cli, "庄闲和\n天天返水\n")
    imported(cli, file)
    before = listed(cli)
    code, said = imported(cli, file)
    assert code == 0 and "0 imported" in said and "2 skipped" in said and "skipped: in the list already (2)" in said
    assert listed(cli) == before


def test_fields_are_written_for_all_words(cli: Cli) -> None:
    assert imported(cli, given(cli, "庄闲和\n"), "--ceiling", "review", "--status", "shadow", "--severity", "3")[0] == 0
    assert "* severity=3 ; ceiling=review ; status=shadow\n庄闲和\n" in listed(cli)


def test_a_dry_run_says_all_and_changes_nothing(cli: Cli) -> None:
    before = listed(cli)
    code, said = imported(cli, given(cli, "庄闲和\n"), "--dry-run")
    assert code == 0 and "1 would be imported" in said
    assert listed(cli) == before and not list(lists(cli).glob(".*"))


def test_a_category_without_a_list_gets_one(cli: Cli) -> None:
    said = cli("wordlists", "import", given(cli, "网赚群\n"), "--category", "fraud")
    assert said.code == 0 and "网赚群" in listed(cli, "fraud")
    assert "fraud: 1 live terms" in cli("wordlists", "check").out


def test_words_can_be_imported_into_another_folder(cli: Cli) -> None:
    (cli.folder / "mine").mkdir()
    assert imported(cli, given(cli, "百家乐\n"), "--into", str(cli.folder / "mine"))[0] == 0
    assert "百家乐" in (cli.folder / "mine" / "gambling.txt").read_text(encoding="utf-8")
    assert imported(cli, given(cli, "百家乐\n"), "--into", "/nowhere")[0] == 66


def test_dangerous_words_are_held_unless_forced(cli: Cli) -> None:
    benign(cli, posts="家里的庄闲和睦\n庄闲和\n" + "今天天气真好\n" * 100)
    file = given(cli, "庄闲和\n记者\n天天返水\n")
    code, said = imported(cli, file)
    assert code == 0 and "1 imported" in said and "2 held" in said
    assert "'庄闲和' is found in 2 of 102 harmless texts, more than 1 in 1,000" in said
    assert "'记者' is an everyday word: jieba's dictionary counts it 24,649 times, 500 or more" in said
    assert "记者" not in listed(cli)
    code, said = imported(cli, file, "--force")
    assert code == 0 and "told: imported by force, for review alone (2)" in said
    assert "庄闲和 ; ceiling=review\n记者 ; ceiling=review\n" in listed(cli)
    assert cli("screen", "--bio", "庄闲和").code == 1


def test_an_allow_phrase_of_the_category_spares_the_harmless_texts(cli: Cli) -> None:
    (lists(cli) / "gambling.txt").write_text("庄闲\n+ 庄闲和气\n", encoding="utf-8")
    benign(cli, posts="庄闲和气生财\n")
    assert "1 imported" in imported(cli, given(cli, "庄闲和\n"))[1]


def test_a_file_of_nothing_usable_exits_with_65(cli: Cli) -> None:
    before = listed(cli)
    code, said = imported(cli, given(cli, "赌\n❤\n"))
    assert code == 65 and "2 refused" in said and "words.txt:1: '赌' is the single character" in said
    assert listed(cli) == before


def test_twenty_entries_of_a_reason_are_shown_and_all_are_in_the_report(cli: Cli) -> None:
    report = cli.folder / "report.csv"
    words = "".join(f"词条{at}号。\n" for at in range(30))
    code, said = imported(cli, given(cli, "天天返水\n" + words), "--report", str(report))
    assert code == 0 and said.count("has the end of a sentence") == 20 and "and 10 more; --report FILE has all" in said
    rows = list(csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 30
    assert (rows[0]["line"], rows[0]["text"], rows[0]["fate"]) == ("2", "词条0号。", "refused")


def test_a_table_in_gbk_is_imported_by_its_column(cli: Cli) -> None:
    table = '编号,敏感词,风险语\n1,"庄闲和",天天返水\n2,洗码房,"盘口,水位"\n'.encode("gbk")
    code, said = imported(cli, given(cli, table, "w.csv"), "--column", "风险语")
    assert code == 0 and "w.csv is read as a table set off by ',', column 3 ('风险语'), GB18030 (GBK)" in said
    assert "w.csv:3: '盘口,水位' has a comma inside, as several words have; write one word an entry" in said
    assert "天天返水\n" in listed(cli) and "庄闲和" not in listed(cli)


MISTAKES: dict[str, tuple[list[str], int, str]] = {
    "no category": (["{file}"], 64, "--category"),
    "a category that the policy lacks": (["{file}", "--category", "cards"], 64, "no category 'cards'; give one of"),
    "a severity too high": (["{file}", "--category", "gambling", "--severity", "5"], 64, "--severity"),
    "an odd ceiling": (["{file}", "--category", "gambling", "--ceiling", "pass"], 64, "--ceiling"),
    "a note that breaks the grammar": (
        ["{file}", "--category", "gambling", "--note", "a ; b=c"],
        64,
        "The note cannot",
    ),
    "no file": (["--category", "gambling"], 64, "file"),
    "a file that is not there": (["/nowhere.txt", "--category", "gambling"], 66, "/nowhere.txt: there is no such file"),
    "an empty file": (["{empty}", "--category", "gambling"], 65, "empty.txt: has nothing in it"),
    "a column that is not there": (["{table}", "--category", "gambling", "--column", "x"], 65, "no column 'x'"),
    "a report that cannot be written": (
        ["{file}", "--category", "gambling", "--report", "/nowhere/r.csv"],
        66,
        "/nowhere/r.csv",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_changes_nothing_and_is_told_with_its_exit_code(cli: Cli, mistake: str) -> None:
    files = {
        "file": given(cli, "天天返水\n"),
        "empty": given(cli, "", "empty.txt"),
        "table": given(cli, "id,word\n1,洗码房\n", "table.csv"),
    }
    arguments, code, words = MISTAKES[mistake]
    before = listed(cli)
    said = cli("wordlists", "import", *(argument.format(**files) for argument in arguments))
    assert (said.code, "Traceback" in said.err) == (code, False)
    assert words in said.err
    assert listed(cli) == before


def test_nothing_is_imported_into_lists_with_errors(cli: Cli) -> None:
    (lists(cli) / "fraud.txt").write_text("好\n", encoding="utf-8")
    before = listed(cli)
    code, said = imported(cli, given(cli, "天天返水\n"))
    assert code == 78 and "lists/fraud.txt:1" in said
    assert listed(cli) == before


def test_a_hundred_thousand_words_are_imported(cli: Cli) -> None:
    draw = random.Random(1)
    han = [chr(code) for code in range(0x4E00, 0x4E00 + 4_000)]
    words = {"".join(draw.choices(han, k=draw.choice((4, 5, 6)))) for _ in range(100_000)}
    code, said = imported(cli, given(cli, "\n".join(sorted(words)).encode("gb18030")))
    assert code == 0 and f"{len(words):,} read" in said
    written = sum(1 for line in listed(cli).splitlines() if line and line[0] not in "#*")
    assert written > 99_000
    assert f"{written - 2:,} imported" in said


# diff


def two_folders(cli: Cli) -> tuple[Path, Path]:
    """The lists in use, which have changed, and how they were."""
    old = cli.folder / "old"
    shutil.copytree(lists(cli), old)
    benign(cli, posts="今天领彩金\n玩百家乐\n庄闲和气\n", bios="今天天气真好\n")
    (lists(cli) / "gambling.txt").write_text("百家乐 ; severity=4\n庄闲 ; ceiling=review\n", encoding="utf-8")
    return old, lists(cli)


def test_the_lists_in_use_are_compared_with_older_ones(cli: Cli) -> None:
    old, _ = two_folders(cli)
    said = cli("wordlists", "diff", str(old))
    assert said.code == 0
    assert said.out.splitlines() == [
        "gambling: 1 added, 1 removed, 1 changed",
        "  + 庄闲 ; ceiling=review",
        "  - 彩金 ; ceiling=review",
        "  ~ 百家乐: severity the category's → 4",
        "2 of 4 harmless texts change",
        "  review → pass: 1",
        "  pass → review: 1",
        "  posts.txt:1: review → pass (彩金): 今天领彩金",
        "  posts.txt:3: pass → review (庄闲): 庄闲和气",
    ]


def test_the_difference_can_be_had_as_json(cli: Cli) -> None:
    old, new = two_folders(cli)
    said = cli("wordlists", "diff", str(old), str(new), "--json")
    found = json.loads(said.out)
    assert said.out.isascii()
    assert list(found["categories"]) == ["gambling"]
    assert found["categories"]["gambling"]["added"] == [{"term": "庄闲", "fields": {"ceiling": "review"}}]
    assert found["effect"]["changes"] == {"review → pass": 1, "pass → review": 1}


def test_more_harmless_texts_can_be_given(cli: Cli) -> None:
    old, _ = two_folders(cli)
    (cli.folder / "more").mkdir()
    (cli.folder / "more" / "a.txt").write_text("彩金\n庄闲\n好\n", encoding="utf-8")
    said = cli("wordlists", "diff", str(old), "--against", str(cli.folder / "more"))
    assert "4 of 7 harmless texts change" in said.out and "a.txt:1: review → pass (彩金)" in said.out
    assert cli("wordlists", "diff", str(old), "--against", "/nowhere").code == 66


def test_the_same_lists_do_not_differ(cli: Cli) -> None:
    benign(cli, posts="今天领彩金\n")
    said = cli("wordlists", "diff", str(lists(cli)))
    assert said.out.splitlines() == ["the lists do not differ", "0 of 1 harmless texts change"]


def test_two_files_are_compared_whatever_they_are_called(cli: Cli) -> None:
    old, new = two_folders(cli)
    shutil.copy(old / "gambling.txt", cli.folder / "before.txt")
    for pair in (
        [cli.folder / "before.txt", new / "gambling.txt"],
        [old / "gambling.txt", new],
        [old, new / "gambling.txt"],
    ):
        said = cli("wordlists", "diff", *map(str, pair))
        assert said.code == 0 and said.out.startswith("gambling: 1 added, 1 removed, 1 changed\n")


def test_what_cannot_be_compared_is_told_with_its_exit_code(cli: Cli) -> None:
    old, new = two_folders(cli)
    assert cli("wordlists", "diff", "/nowhere").code == 66
    assert cli("wordlists", "diff", str(given(cli, "词条\n", "fraud.txt")), str(new)).code == 66
    assert cli("wordlists", "diff").code == 64
    (old / "gambling.txt").write_text("好\n", encoding="utf-8")
    assert cli("wordlists", "diff", str(old)).code == 78
    (old / "gambling.txt").write_bytes(b"\xff\n")
    assert cli("wordlists", "diff", str(old / "gambling.txt"), str(new)).code == 78
