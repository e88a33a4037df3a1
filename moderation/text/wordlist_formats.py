"""The files that people keep words in: which encoding and format one is in, and the text of each entry, as it stands there."""

import base64
import binascii
import codecs
import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from moderation.core.errors import BadInput, Problem
from moderation.text.segmentation import han

NAMES = (
    *("词", "敏感词", "关键词", "违禁词", "屏蔽词", "词语", "词条", "词汇", "名称", "内容", "文本"),
    *(
        "word",
        "words",
        "keyword",
        "keywords",
        "key_word",
        "sensitive_word",
        "sensitiveword",
        "term",
        "terms",
        "text",
        "name",
    ),
)
"""What the column or key with the words may be called where nobody names it, in lower case; the first that is there counts."""

DELIMITERS = {"\t": "tab", ",": "','", ";": "';'", "|": "'|'"}

LOST = "\ufffd"
"""Stands for bytes that could not be decoded."""

MOST_LOST = 0.2
"""A file with a greater share of lines that cannot be decoded is no text."""

ALIKE = 0.9
"""At least this share of lines is like the others in a table, or in base64."""

LONGEST_LINE = 10_000
"""So much of a line is looked at to tell what sets columns off."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_BLANKS = re.compile(r"\s*")
_LINE_END = re.compile("\r\n|\r|\n")
_BASE64 = re.compile("[A-Za-z0-9+/]+={0,2}")
_PLAIN_WORD = re.compile("[a-z]+|[A-Z]+|[A-Z][a-z]+|[0-9]+")
_NUMBER = re.compile(r"[\d.,\s%+-]*")
_OUR_GRAMMAR = re.compile(r" ; [a-z]+=")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file and the 1-based line that it begins in; with a reason and a fix where there is no word in it."""

    line: int
    text: str
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read.

    format, encoding  what it was taken for, in words
    """

    format: str
    encoding: str
    entries: tuple[Entry, ...]


def read_source(data: bytes, name: str, column: str | None = None) -> Source:
    """Reads a file of words: one a line, CSV and the like, JSON, JSON lines, or any of them in base64.

    name    what problems call the file
    column  the name of the column or key with the words, or the column's number from 1; None to find it

    Blank lines and those that begin with # are left out. Raises BadInput for a file that is empty or no text, or has no such column.

    >>> read_source("id,词\\n1,百家乐\\n".encode(), "words.csv")
    Source(format="a table set off by ',', column 2 ('词')", encoding='UTF-8', entries=(Entry(line=2, text='百家乐', reason='', fix=''),))
    """
    text, encoding = _decoded(data, name)
    if not text.strip():
        raise BadInput([Problem(name, "has nothing in it", "give a file with at least one word")])
    whole = _whole_base64(text)
    if whole is not None:
        source = read_source(whole, name, column)
        return replace(source, format=f"base64 of {source.format}")
    lines = [(number, line.strip()) for number, line in enumerate(_LINE_END.split(text), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines:
        raise BadInput([Problem(name, "has nothing but comments in it", "give a file with at least one word")])
    for reader in (_json_lines, _json_array, _base64_lines, _table, _plain_lines):
        found = reader(text, lines, name, column)
        if found is not None:
            format, entries = found
            if not entries:
                raise BadInput([Problem(name, f"is {format} with nothing in it", "give a file with at least one word")])
            return Source(format, encoding, tuple(entries))
    raise AssertionError("whatever is left is read as one word a line")


Lines = Sequence[tuple[int, str]]
Found = tuple[str, list[Entry]] | None


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    guessed = (b"", "utf-8", "UTF-8") if _is_utf8(data) else (b"", "gb18030", "GB18030 (GBK)")
    mark, codec, encoding = next((each for each in _BOMS if data.startswith(each[0])), guessed)
    text = data[len(mark) :].decode(codec, "replace")
    lines = _LINE_END.split(text)
    if "\0" in text:
        number = next(number for number, line in enumerate(lines, 1) if "\0" in line)
        raise BadInput([Problem(f"{name}:{number}", "has a NUL character, as no text has", "save the file as UTF-8")])
    if sum(LOST in line for line in lines) > MOST_LOST * len(lines):
        known = "UTF-8, GB18030 (GBK) or UTF-16 with a byte order mark"
        raise BadInput([Problem(name, f"is not text in {known}", "save it as UTF-8")])
    return text, encoding


def _is_utf8(data: bytes) -> bool:
    """Whether most lines that are not ASCII are UTF-8: a stray byte does not make a file one of another encoding."""
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    return not lines or sum(map(_decodes, lines)) * 2 > len(lines)


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _json_lines(text: str, lines: Lines, name: str, column: str | None) -> Found:
    tried = [_parsed(line) for _, line in lines[:10]]
    if sum(isinstance(value, str | dict) for value in tried) * 2 < len(tried):
        return None
    entries = []
    for number, line in lines:
        try:
            entries.append(_of_value(number, json.loads(line), column))
        except (ValueError, RecursionError):
            entries.append(Entry(number, line, "is not JSON, as the other lines are", "mend or drop the line"))
    return "JSON lines", entries


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json_array(text: str, lines: Lines, name: str, column: str | None) -> Found:
    if not re.match(r'\s*(\[\s*["{\]]|\{\s*"[^"]*"\s*:)', text):
        return None
    if not text.lstrip().startswith("["):
        fix = "give an array of strings or objects, or one object a line"
        raise BadInput([Problem(name, "is JSON, but neither an array nor one object a line", fix)])
    entries: list[Entry] = []
    decoder, at, line, counted = json.JSONDecoder(), _past_blanks(text, text.index("[") + 1), 1, 0
    try:
        while text[at : at + 1] != "]":
            line, counted = line + text.count("\n", counted, at), at
            value, at = decoder.raw_decode(text, at)
            entries.append(_of_value(line, value, column))
            at = _past_blanks(text, at)
            if text[at : at + 1] == ",":
                at = _past_blanks(text, at + 1)
            elif text[at : at + 1] != "]":
                raise json.JSONDecodeError("',' or ']' expected", text, at)
        if text[at + 1 :].strip():
            raise json.JSONDecodeError("something stands after the array", text, at + 1)
    except json.JSONDecodeError as error:
        problem = Problem(f"{name}:{error.lineno}", f"is not JSON: {error.msg}", "mend the file; it begins as an array")
        raise BadInput([problem]) from error
    except RecursionError as error:
        raise BadInput([Problem(name, "is nested too deeply", "give an array of strings or objects")]) from error
    return "a JSON array", entries


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _of_value(line: int, value: object, column: str | None) -> Entry:
    if isinstance(value, str) and column is None:
        return Entry(line, value)
    if not isinstance(value, dict):
        return Entry(line, json.dumps(value, ensure_ascii=False), "is neither a string nor an object", "write a string")
    keys = {key.strip().casefold(): key for key in value}
    key = next((keys[known] for known in ([column.casefold()] if column else NAMES) if known in keys), None)
    text = value.get(key) if key is not None else None
    if isinstance(text, str):
        return Entry(line, text)
    shown = json.dumps(value, ensure_ascii=False)
    if key is None:
        wanted = f"no key {column!r}" if column else "none of the keys that words stand under"
        return Entry(line, shown, f"has {wanted}", f"name the key with --column; it has {', '.join(value) or 'none'}")
    return Entry(line, shown, f"has no string under {key!r}", "write one there")


def _whole_base64(text: str) -> bytes | None:
    """The bytes of a file that is base64 as a whole: what comes out has lines, or it is base64 line by line."""
    joined = "".join(text.split())
    data = _bytes_of(joined)
    if data is None or not (b"\n" in data.strip() or data.lstrip().startswith(b"[")):
        return None
    try:
        inner, _ = _decoded(data, "")
    except BadInput:
        return None
    return data if LOST not in inner and all(map(_usual, inner)) else None


def _bytes_of(line: str) -> bytes | None:
    if len(line) % 4 or not _BASE64.fullmatch(line):
        return None
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return None


def _base64_lines(text: str, lines: Lines, name: str, column: str | None) -> Found:
    # So that a list of English words of four or eight letters is taken for what it is.
    if all(_PLAIN_WORD.fullmatch(line) for _, line in lines):
        return None
    coded = [(number, line, _bytes_of(line)) for number, line in lines]
    if sum(data is None for _, _, data in coded) > (1 - ALIKE) * len(coded):
        return None
    for codec, encoding in (("utf-8", "UTF-8"), ("gb18030", "GB18030 (GBK)")):
        words = [_word(data, codec) for _, _, data in coded]
        if sum(map(bool, words)) >= ALIKE * len(words):
            missing = f"is not base64 of {encoding}, as the other lines are", "mend or drop the line"
            entries = [
                Entry(number, word) if word else Entry(number, line, *missing)
                for (number, line, _), word in zip(coded, words, strict=True)
            ]
            return f"one word a line, each in base64 of {encoding}", entries
    return None


def _word(data: bytes | None, codec: str) -> str:
    """The word that these bytes are, "" if they are none."""
    try:
        word = data.decode(codec).strip() if data else ""
        if codec != "utf-8":  # nearly any bytes decode, if rare characters count
            word.encode("gb2312")
    except UnicodeError:
        return ""
    likely = codec == "utf-8" or sum(map(han, word)) * 2 >= len(word)
    return word if likely and all(map(_usual, word)) and any(map(str.isalnum, word)) else ""


def _usual(character: str) -> bool:
    return character in "\t\r\n" or (unicodedata.category(character)[0] != "C" and character != LOST)


def _table(text: str, lines: Lines, name: str, column: str | None) -> Found:
    delimiter = _delimiter(lines, column)
    if delimiter is None:
        return None
    rows = _rows(text, delimiter, name)
    header = [cell.strip() for cell in rows[0][1]]
    at = _named(header, column)
    if at is not None:
        rows = rows[1:]
    elif column and column.isdecimal():
        at = int(column) - 1
        if not 0 <= at < len(header):
            raise BadInput([Problem("--column", f"is {column}", f"give a number from 1 to {len(header)}")])
    elif column:
        known = ", ".join(header)
        raise BadInput([Problem("--column", f"{name} has no column {column!r}", f"its first line has {known}")])
    else:
        at = _worded(rows, name)
        header = []
    entries = []
    for number, row in rows:
        if at < len(row):
            entries.append(Entry(number, row[at]))
        else:
            entries.append(Entry(number, delimiter.join(row), f"has no column {at + 1}", "complete or drop the line"))
    called = f" ({header[at]!r})" if header and not (column or "").isdecimal() else ""
    return f"a table set off by {DELIMITERS[delimiter]}, column {at + 1}{called}", entries


def _delimiter(lines: Lines, column: str | None) -> str | None:
    """What sets columns off: it makes a header with a known name, or nearly all lines equally wide."""
    sample = [line[:LONGEST_LINE] for _, line in lines[:1000]]
    for delimiter in DELIMITERS:
        header = next(csv.reader(sample[:1], delimiter=delimiter))
        if len(header) > 1 and _named(header, column) is not None:
            return delimiter
    for delimiter in DELIMITERS:
        if delimiter == ";" and sum(map(bool, map(_OUR_GRAMMAR.search, sample))) * 2 > len(sample):
            continue
        widths = Counter(len(row) for line in sample for row in csv.reader([line], delimiter=delimiter))
        [(width, count)] = widths.most_common(1)
        if width > 1 and count >= ALIKE * len(sample):
            return delimiter
    return None


def _named(header: Sequence[str], column: str | None) -> int | None:
    cells = [cell.strip().casefold() for cell in header]
    wanted = [column.strip().casefold()] if column else NAMES
    return next((cells.index(name) for name in wanted if name in cells), None)


def _rows(text: str, delimiter: str, name: str) -> list[tuple[int, list[str]]]:
    """Rows with something in them, each with the line that it begins in."""
    try:
        return list(_parsed_rows(text, delimiter, quoted=True))
    except csv.Error:  # a quote that nobody closed would swallow the rest of the file
        pass
    try:
        return list(_parsed_rows(text, delimiter, quoted=False))
    except csv.Error as error:
        raise BadInput([Problem(name, f"is no table: {error}", "drop what is no word from it")]) from error


def _parsed_rows(text: str, delimiter: str, *, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    lines = io.StringIO(text, newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    before = 0
    for row in reader:
        if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
            yield before + 1, row
        before = reader.line_num


def _worded(rows: Sequence[tuple[int, list[str]]], name: str) -> int:
    """The column with the words of a table without a header: the one that is no number and varies most by far."""
    columns: dict[int, Counter[str]] = {}
    for _, row in rows:
        for at, cell in enumerate(row):
            columns.setdefault(at, Counter())[cell.strip()] += 1
    varied = sorted(
        ((len(cells), at) for at, cells in columns.items() if not all(map(_NUMBER.fullmatch, cells))),
        key=lambda each: (-each[0], each[1]),
    )
    if not varied:
        raise BadInput([Problem(name, "has nothing but numbers in its columns", "give a file with words")])
    if len(varied) > 1 and varied[0][0] < 2 * varied[1][0]:
        several = " and ".join(str(at + 1) for at in sorted(at for _, at in varied[:2]))
        reason = f"has words in columns {several}, and no header that names one"
        raise BadInput(
            [Problem(name, reason, "name the column with --column 1, or put each word on a line of its own")]
        )
    return varied[0][1]


def _plain_lines(text: str, lines: Lines, name: str, column: str | None) -> Found:
    if column and not (column == "1" or lines[0][1].casefold() == column.casefold()):
        raise BadInput([Problem("--column", f"{name} has no columns: it has one word a line", "drop the option")])
    if lines[0][1].casefold() in (NAMES if column is None else (column.casefold(),)):
        return f"one word a line, after the header {lines[0][1]!r}", [Entry(*line) for line in lines[1:]]
    return "one word a line", [Entry(*line) for line in lines]
