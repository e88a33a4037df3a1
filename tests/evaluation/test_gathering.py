"""Texts to measure on are refused by file and line, with what to do."""

from pathlib import Path

import pytest

from moderation.core.errors import BadInput
from moderation.evaluation.gathering import gathered

CATEGORIES = ("gambling", "porn")
GOOD = '{"text": "你好", "labels": []}\n'


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "texts.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "mend or drop that line"),
        ('{"text": "a", "labels": ["gamblng"]}', "did you mean gambling?"),
        ('{"text": "a", "labels": "porn"}', "give a list of the policy's category codes"),
        ('{"text": "a", "labels": [], "kind": "avatar"}', "is not for avatar items"),
        ('{"text": "a", "labels": [], "near": 5}', "has a near that is not a string"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path: Path, line: str, said: str) -> None:
    path = file(tmp_path, GOOD + line + "\n" + GOOD)
    with pytest.raises(BadInput) as refused:
        gathered([path], CATEGORIES)
    problem = refused.value.problems[0]
    assert problem.field == f"{path}:2" and said in str(problem)


def test_a_text_too_long_for_its_kind_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, '{"text": "%s", "labels": [], "kind": "username"}' % ("名" * 257))
    with pytest.raises(BadInput, match=r"texts\.jsonl:1: has 257 code points"):
        gathered([path], CATEGORIES)


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD.encode() + b'{"text": "\xb0\xa1", "labels": []}\n')
    with pytest.raises(BadInput, match=r"texts\.jsonl:2: is not UTF-8; save the file as UTF-8"):
        gathered([path], CATEGORIES)


def test_a_flood_of_problems_is_counted(tmp_path: Path) -> None:
    path = file(tmp_path, '{"text": "a", "labels": ["x"]}\n' * 30)
    with pytest.raises(BadInput) as refused:
        gathered([path], CATEGORIES)
    assert len(refused.value.problems) == 21 and "10 problems more" in str(refused.value)


def test_nothing_to_measure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no \*\.jsonl"):
        gathered([tmp_path], CATEGORIES)
    with pytest.raises(BadInput, match="holds no texts"):
        gathered([file(tmp_path, "")], CATEGORIES)
    with pytest.raises(FileNotFoundError):
        gathered([tmp_path / "nowhere"], CATEGORIES)


def test_a_split_takes_its_texts_and_all_of_a_folder_called_dev(tmp_path: Path) -> None:
    path = file(tmp_path, '{"text": "a", "labels": ["safe"], "split": "train"}\n' * 5)
    (tmp_path / "dev").mkdir()
    file(tmp_path / "dev", GOOD * 3)
    found = gathered([path, tmp_path / "dev"], CATEGORIES, "dev")
    assert [len(rows) for rows in found.values()] == [0, 3]
    assert len(gathered([path], CATEGORIES)[path]) == 5
