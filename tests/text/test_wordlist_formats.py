"""The formats that people keep words in: what each file was taken for, and what is refused."""

import base64
import json
from collections.abc import Sequence

import pytest

from moderation.core.errors import BadInput
from moderation.text.wordlist_formats import Source, read_source

WORDS = ["百家乐", "彩金", "加v信", "庄闲和"]


def read(data: bytes | str, column: str | None = None) -> Source:
    return read_source(data.encode() if isinstance(data, str) else data, "words.txt", column)


def texts(source: Source) -> list[str]:
    return [entry.text for entry in source.entries if not entry.reason]


def coded(words: Sequence[str], encoding: str = "utf-8") -> str:
    return "\n".join(base64.b64encode(word.encode(encoding)).decode() for word in words)


LINES = "\n".join(WORDS) + "\n"
TABLE = "id,敏感词,级别\n" + "".join(f'{at},"{word}",3\n' for at, word in enumerate(WORDS))
FORMATS: dict[str, tuple[bytes, str, str]] = {
    "one a line": (LINES.encode(), "one word a line", "UTF-8"),
    "with a byte order mark": (LINES.encode("utf-8-sig"), "one word a line", "UTF-8 with a byte order mark"),
    "in GBK": (LINES.encode("gbk"), "one word a line", "GB18030 (GBK)"),
    "in UTF-16": (LINES.encode("utf-16"), "one word a line", "UTF-16"),
    "in UTF-16, the other way": (b"\xfe\xff" + LINES.encode("utf-16-be"), "one word a line", "UTF-16"),
    "in UTF-32": (LINES.encode("utf-32"), "one word a line", "UTF-32"),
    "Windows' line ends": (LINES.replace("\n", "\r\n").encode(), "one word a line", "UTF-8"),
    "old Macs' line ends": (LINES.replace("\n", "\r").encode(), "one word a line", "UTF-8"),
    "blank lines and comments": (f"# words\n\n{LINES}\n  # more\n".encode(), "one word a line", "UTF-8"),
    "a header": (f"词\n{LINES}".encode(), "one word a line, after the header '词'", "UTF-8"),
    "CSV": (TABLE.encode(), "a table set off by ',', column 2 ('敏感词')", "UTF-8"),
    "CSV from a spreadsheet": (TABLE.encode("gb18030"), "a table set off by ',', column 2 ('敏感词')", "GB18030 (GBK)"),
    "TSV": (TABLE.replace(",", "\t").encode(), "a table set off by tab, column 2 ('敏感词')", "UTF-8"),
    "semicolons": (TABLE.replace(",", ";").encode(), "a table set off by ';', column 2 ('敏感词')", "UTF-8"),
    "bars": (TABLE.replace(",", "|").encode(), "a table set off by '|', column 2 ('敏感词')", "UTF-8"),
    "no header": (TABLE.partition("\n")[2].encode(), "a table set off by ',', column 2", "UTF-8"),
    "a category beside each": (
        "".join(f"赌博|{word}|1\n" for word in WORDS).encode(),
        "a table set off by '|', column 2",
        "UTF-8",
    ),
    "a comma after each": (
        "".join(f"{word},\n" for word in WORDS).encode(),
        "a table set off by ',', column 1",
        "UTF-8",
    ),
    "base64 by line": (coded(WORDS).encode(), "one word a line, each in base64 of UTF-8", "UTF-8"),
    "base64 of GBK by line": (
        coded(WORDS, "gbk").encode(),
        "one word a line, each in base64 of GB18030 (GBK)",
        "UTF-8",
    ),
    "base64 of all": (base64.b64encode(LINES.encode()), "base64 of one word a line", "UTF-8"),
    "base64 of all, in lines": (base64.encodebytes(LINES.encode("gbk")), "base64 of one word a line", "GB18030 (GBK)"),
    "base64 of a table": (
        base64.b64encode(TABLE.encode()),
        "base64 of a table set off by ',', column 2 ('敏感词')",
        "UTF-8",
    ),
    "base64 of JSON": (base64.b64encode(json.dumps(WORDS).encode()), "base64 of a JSON array", "UTF-8"),
    "a JSON array": (json.dumps(WORDS, ensure_ascii=False, indent=1).encode(), "a JSON array", "UTF-8"),
    "a JSON array of objects": (
        json.dumps([{"n": 1, "Word": word} for word in WORDS]).encode(),
        "a JSON array",
        "UTF-8",
    ),
    "JSON lines": ("\n".join(json.dumps({"keyword": word}) for word in WORDS).encode(), "JSON lines", "UTF-8"),
    "JSON lines of strings": ("\n".join(map(json.dumps, WORDS)).encode(), "JSON lines", "UTF-8"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_words_is_read_and_says_what_it_was_taken_for(name: str) -> None:
    data, format, encoding = FORMATS[name]
    source = read(data)
    assert [text.strip() for text in texts(source)] == WORDS
    assert (source.format, source.encoding) == (format, encoding)


@pytest.mark.parametrize(
    ("data", "column"),
    [
        ("序号,风险词,备注\n1,百家乐,x\n", "风险词"),
        ("x,百家乐,y\n", "2"),
        ('[{"risk": "百家乐", "word": "别的"}]', "risk"),
        ("x\t百家乐\n", "2"),
        ("百家乐\n", "1"),
        ("风险词\n百家乐\n", "风险词"),
    ],
)
def test_a_column_can_be_named_or_numbered(data: str, column: str) -> None:
    assert texts(read(data, column)) == ["百家乐"]


def test_quotes_in_a_table_hold_delimiters_quotes_and_line_ends() -> None:
    source = read('note,word\n"a\nb, c",百家乐\n"say ""hi""",彩金\n')
    assert [(entry.line, entry.text) for entry in source.entries] == [(2, "百家乐"), (4, "彩金")]


def test_a_quote_that_nobody_closes_swallows_nothing() -> None:
    assert texts(read('id,word\n1,"百家乐\n2,彩金\n3,洗码\n')) == ['"百家乐', "彩金", "洗码"]


def test_english_words_are_not_taken_for_base64() -> None:
    words = ["casino", "slot", "poker", "roulette", "Baccarat", "1688"]
    assert texts(read("\n".join(words))) == words


def test_a_line_that_is_not_like_the_others_is_named() -> None:
    good = [f"词条{at}号" for at in range(20)]
    [bad] = [entry for entry in read(coded(good) + "\n百家乐").entries if entry.reason]
    assert (bad.line, bad.text, bad.reason) == (21, "百家乐", "is not base64 of UTF-8, as the other lines are")
    [bad] = [entry for entry in read('{"word": "百家乐"}\n{"word": "彩金"}\n{"word": 彩}').entries if entry.reason]
    assert (bad.line, bad.reason) == (3, "is not JSON, as the other lines are")
    [bad] = [entry for entry in read("id,word\n1,百家乐\n2\n").entries if entry.reason]
    assert (bad.line, bad.reason) == (3, "has no column 2")


def test_items_of_an_array_without_a_word_are_named_by_line() -> None:
    entries = read('["百家乐",\n3,\n{"x": "彩金"},\n{"word": 5}]').entries
    assert [(entry.line, entry.reason) for entry in entries] == [
        (1, ""),
        (2, "is neither a string nor an object"),
        (3, "has none of the keys that words stand under"),
        (4, "has no string under 'word'"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "has nothing in it"),
        (b"\xef\xbb\xbf\n \n", "has nothing in it"),
        (b"# nothing\n", "nothing but comments"),
        (b"[]", "with nothing in it"),
        (b"word\n", "with nothing in it"),
        (b"\x00\x01\x02", "words.txt:1: has a NUL character"),
        (b"\xff\xd8\xff\xe0\xff\x10\xff\n\xff\xdb\xff", "is not text in UTF-8, GB18030 (GBK) or UTF-16"),
        (b'["a", b]', "words.txt:1: is not JSON"),
        (b'["a"\n"b"]', "words.txt:2: is not JSON: ',' or ']' expected"),
        (b'["a"] b', "something stands after the array"),
        (b'{"words": [\n"a"]}', "neither an array nor one object a line"),
        (b'["a",' + b"[" * 100_000, "is nested too deeply"),
        ("百家乐,彩金\n洗码,盘口\n".encode(), "has words in columns 1 and 2, and no header"),
        (b"1,2\n3,4\n", "nothing but numbers"),
        (b"a,b\nc," + b"x" * 200_000, "is no table"),
    ],
)
def test_a_file_without_words_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(data)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("data", "column", "reason"),
    [
        ("id,word\n1,百家乐\n", "term", "no column 'term'; its first line has id, word"),
        ("x,百家乐\n", "3", "give a number from 1 to 2"),
        ("百家乐\n彩金\n", "word", "it has one word a line; drop the option"),
    ],
)
def test_a_column_that_is_not_there_is_refused(data: str, column: str, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(data, column)
    assert reason in str(refused.value)
