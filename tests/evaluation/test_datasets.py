"""Data sets are read strictly, split by hash and drawn without replacement."""

import json
from pathlib import Path
from random import Random

import pytest

from moderation.evaluation.datasets import BadDataset, Example, read_examples, sample, split_of


def written(folder: Path, *lines: str) -> Path:
    path = folder / "quarrels.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_an_example_carries_its_labels_split_and_source(tmp_path: Path) -> None:
    path = written(tmp_path, '{"text": "你好", "labels": ["insult_defamation"], "split": "dev", "quality": "gold"}')
    assert list(read_examples(path)) == [Example("你好", frozenset({"insult_defamation"}), "dev", "quarrels")]


def test_safe_means_no_label(tmp_path: Path) -> None:
    (example,) = read_examples(written(tmp_path, '{"text": "你好", "labels": ["safe"]}'))
    assert example.labels == frozenset()


@pytest.mark.parametrize(
    "line",
    ["not json", '{"labels": []}', '{"text": "a"}', '{"text": "", "labels": []}', '{"text": 1, "labels": []}', "[]"],
)
def test_an_unusable_line_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, '{"text": "a", "labels": []}', line)
    with pytest.raises(BadDataset, match=r"quarrels\.jsonl:2: .*each line needs text and labels"):
        list(read_examples(path))


def test_without_a_split_about_a_tenth_is_dev_and_stays_so(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"第{n}句", "labels": []}) for n in range(2000)]
    examples = list(read_examples(written(tmp_path, *lines)))
    dev = [example for example in examples if example.split == "dev"]
    assert 140 <= len(dev) <= 260
    assert all(split_of(example.text) == example.split for example in reversed(examples))


def test_a_lone_surrogate_has_a_side() -> None:
    assert split_of("\ud800") in {"train", "dev"}


def test_a_sample_is_drawn_without_replacement_and_repeats_with_its_seed() -> None:
    pool = [Example(str(n), frozenset(), "train", "s") for n in range(100)]
    drawn = sample(pool, 30, Random(1))
    assert len({example.text for example in drawn}) == 30
    assert drawn == sample(pool, 30, Random(1))
    assert sample(pool, 1000, Random(1)) == pool
