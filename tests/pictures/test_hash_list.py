"""Hash lists: read however they are written, told line by line what is wrong, and written as they can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.pictures.hash_list import read_hash_list, write_hash_list

A, B, C = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", "0f" * 32, "C3" * 32


def read(text: str) -> list[tuple[str, int, str]]:
    given = read_hash_list(text.splitlines(keepends=True), "list.csv")
    assert given.problems == ()
    return [(pdq.tobytes().hex(), quality, note) for pdq, quality, note in
            zip(given.pdqs, given.qualities.tolist(), given.notes, strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{A}\n{B}\n", [(A, 100, ""), (B, 100, "")]),
        (f"{A},97\n{C},80,a sign.jpg\n", [(A, 97, ""), (C.lower(), 80, "a sign.jpg")]),
        (f"{A},bridge.jpg\n", [(A, 100, "bridge.jpg")]),
        (f"hash,quality,filename\n{A},97,bridge.jpg\n", [(A, 97, "bridge.jpg")]),
        (f"\ufeffpdq\tnote\r\n{A}\tone\r\n", [(A, 100, "one")]),
        (f"# from li\n\nHash;Quality\n{A};51\n", [(A, 51, "")]),
        (f"id,indicator,type,tags\n7,{A},HASH_PDQ,\"casino, red\"\n", [(A, 100, "7 casino, red")]),
        (f"  pdq:{A} ,\n0x{B}\n", [(A, 100, ""), (B, 100, "")]),
        (f"{A},97,\"two\nlines\"\n", [(A, 97, "two\nlines")]),
        ("", []),
        ("hash,quality\n", []),
    ],
)  # fmt: skip
def test_lists_are_read_as_they_come(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert read(text) == expected


def test_repeated_and_flat_hashes_are_counted_and_left_out() -> None:
    given = read_hash_list([f"{A},90\n", f"{A},80\n", f"{B},49\n"], "list.csv")
    assert (len(given.notes), given.repeated, given.flat) == (1, 1, 1)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("beef", "list.csv:2: has no PDQ hash: beef; give 64 hexadecimal digits"),
        (A[:-1] + "g", "has no PDQ hash"),
        (A + "00", "has no PDQ hash"),
        (",97", "has no PDQ hash: nothing"),
        (f"{A},101", "has the quality 101; give a whole number from 0 to 100, or none"),
        (f"{A},99999999999999999999", "has the quality 9999"),
        ("\0\ud800,1", "has no PDQ hash"),
        ("x" * 200_000, "has no PDQ hash"),
    ],
)
def test_a_line_that_is_none_is_named_with_its_reason_and_fix(line: str, problem: str) -> None:
    given = read_hash_list([f"{B},97\n", line + "\n", f"{C}\n"], "list.csv")
    assert len(given.notes) == 2
    [found] = given.problems
    assert problem in str(found) and found.field == "list.csv:2"


def test_hashes_of_another_kind_are_refused_where_the_list_names_their_kind() -> None:
    given = read_hash_list(["type,hash\n", f"md5,{A}\n"], "list.csv")
    assert [str(p) for p in given.problems] == ["list.csv:2: is a md5, not a PDQ hash; give a list of PDQ hashes only"]


def test_a_file_of_another_kind_has_twenty_problems_and_the_count_of_the_rest() -> None:
    given = read_hash_list(["nothing\n"] * 500, "list.csv")
    assert len(given.problems) == 21 and "480 more lines" in str(given.problems[-1])


@given(
    st.lists(
        st.tuples(
            st.binary(min_size=32, max_size=32),
            st.integers(50, 100),
            st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
        ),
        unique_by=lambda row: row[0],
    )
)
def test_what_is_written_is_read_back(rows: list[tuple[bytes, int, str]]) -> None:
    given = read_hash_list(write_hash_list(rows), "list.csv")
    assert given.problems == ()
    assert [pdq.tobytes() for pdq in given.pdqs] == [row[0] for row in rows]
    assert given.qualities.tolist() == [row[1] for row in rows] and list(given.notes) == [row[2] for row in rows]
