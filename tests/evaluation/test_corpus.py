"""The corpus that ships: enough of everything, no text twice or nearly so, and a dev part of its own."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from moderation.cli.models import CATEGORIES
from moderation.core.submission import Kind
from moderation.evaluation.datasets import Example, read_folder

FOLDER = Path(__file__).parents[2] / "models" / "corpus"
TRAIN, DEV = read_folder(FOLDER, "train"), read_folder(FOLDER / "dev", "dev")


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_category_has_enough_of_both_sides_in_every_kind(category: str) -> None:
    for examples, least in ((TRAIN, 400), (DEV, 60)):
        violating = Counter(example.kind for example in examples if category in example.labels)
        twins = Counter(example.kind for example in examples if example.near == category)
        assert violating.total() >= least and twins.total() >= least
        kinds = (Kind.USERNAME, Kind.BIO, Kind.POST)
        assert all(counted[kind] >= least // 8 for counted in (violating, twins) for kind in kinds)


def test_labels_are_categories_and_hard_negatives_have_none() -> None:
    for example in (*TRAIN, *DEV):
        assert example.labels <= set(CATEGORIES)
        assert example.near in ("", *CATEGORIES) and not (example.near and example.labels)
        assert example.register and len(example.text) <= 4_000


def test_there_are_enough_distinct_texts() -> None:
    texts = [example.text for example in (*TRAIN, *DEV)]
    assert len(set(texts)) == len(texts) >= 12_800


def test_no_text_is_nearly_another() -> None:
    """By the share of common five-character strings, dev and training texts alike."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    seen: list[set[str]] = []
    for example in (*TRAIN, *DEV):
        mine = grams(example)
        shared = Counter(at for gram in mine for at in holders[gram])
        assert all(common / len(mine | seen[at]) < 0.8 for at, common in shared.items()), example.text
        for gram in mine:
            holders[gram].append(len(seen))
        seen.append(mine)


def grams(example: Example, size: int = 5) -> set[str]:
    text = "".join(example.text.split())
    return {text[at : at + size] for at in range(max(1, len(text) - size + 1))}
