"""`python -m moderation.evaluation --data D --base B --work W --out models/text` trains and exports the classifier."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from random import Random

from moderation.evaluation.datasets import Example, read_examples, sample
from moderation.evaluation.export import HARMLESS, export
from moderation.evaluation.training import Recipe, train

CATEGORIES = ("insult_defamation", "ethnic_hatred")
# How many texts of each file, at most 30,000 in all. Everyday chat, headlines, names and idioms teach what is innocent.
DRAW = {
    "cold": 22_000,
    "swsr": 2_600,
    "lccc": 3_000,
    "thucnews_titles": 1_200,
    "names_ancient": 400,
    "names_japanese": 200,
    "chengyu": 600,
}


def drawn(data: Path, seed: int) -> tuple[list[Example], list[Example], list[Example]]:
    """The texts to train on, the dev split, and the harmless texts of the training split that were not drawn."""
    random = Random(seed)
    chosen: list[Example] = []
    dev: list[Example] = []
    unseen: list[Example] = []
    for name, limit in DRAW.items():
        rows = list(read_examples(data / f"{name}.jsonl"))
        dev += (row for row in rows if row.split == "dev")
        train_split = [row for row in rows if row.split == "train"]
        taken = sample(train_split, limit, random)
        chosen += taken
        unseen += _without(train_split, taken) if name in HARMLESS else []
    return chosen, dev, _without(unseen, chosen + dev)


def _without(examples: Iterable[Example], others: Iterable[Example]) -> list[Example]:
    texts = {example.text for example in others}
    return [example for example in examples if example.text not in texts]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m moderation.evaluation", description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder of JSON-lines files named as in DRAW")
    arguments.add_argument("--base", required=True, help="encoder to start from, a folder or a hub name")
    arguments.add_argument("--work", type=Path, required=True, help="folder for checkpoints; an unfinished run goes on")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the model that ships")
    given = arguments.parse_args()
    recipe = Recipe(categories=CATEGORIES)
    examples, dev, unseen = drawn(given.data, recipe.seed)
    train(recipe, examples, given.work, base=given.base)
    print(json.dumps(export(given.work, given.out, dev, unseen), ensure_ascii=False))


if __name__ == "__main__":
    main()
