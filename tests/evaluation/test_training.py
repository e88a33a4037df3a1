"""Training, export and serving, end to end on a tiny encoder: the same run twice is the same model, an interrupted one goes on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, BertConfig, BertModel

from moderation.core.submission import Kind
from moderation.detectors.classifier import MANIFEST, MODEL, load_classifier
from moderation.evaluation.datasets import Example
from moderation.evaluation.export import export
from moderation.evaluation.training import BadCheckpoint, Recipe, train

SHIPPED = Path(__file__).parents[2] / "models" / "text"
RECIPE = Recipe(categories=("gambling", "fraud"), layers=2, epochs=5, batch=8, learning_rate=3e-3, max_tokens=32)


def rows(label: str, words: str, split: str = "train") -> list[Example]:
    labels = frozenset({label} if label else ())
    source = label or "everyday"
    return [
        Example(f"{words}{n}", labels, split, source, list(Kind)[n % 3]) for n in range(24 if split == "train" else 12)
    ]


TRAIN = [*rows("gambling", "首存送彩金"), *rows("fraud", "兼职刷单返佣"), *rows("", "今天天气真好")]
DEV = [*rows("gambling", "彩金首存送", "dev"), *rows("fraud", "刷单兼职", "dev"), *rows("", "天气真不错", "dev")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with the shipped tokeniser."""
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(1)
    sizes: dict[str, Any] = {
        "hidden_size": 24,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
    }
    tokenizer = AutoTokenizer.from_pretrained(SHIPPED / "encoder")
    model = BertModel(BertConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **sizes))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train(RECIPE, TRAIN, folder, base=base)
    return folder


@pytest.fixture(scope="module")
def shipped(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    export(trained, folder, DEV, rows("", "随便聊聊"))
    return folder


def test_the_layers_asked_for_are_kept(trained: Path) -> None:
    assert json.loads((trained / "encoder" / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"] == 2


def test_an_interrupted_run_goes_on_and_ends_the_same(base: Path, trained: Path, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(done: int, of: int, loss: float) -> None:
        if done == 5:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(RECIPE, TRAIN, tmp_path, base=base, save_every=2, progress=interrupt)
    seen: list[int] = []
    train(RECIPE, TRAIN, tmp_path, base=base, save_every=2, progress=lambda done, of, loss: seen.append(done))
    assert seen[0] == 5
    one, other = (load_file(folder / "head.safetensors") for folder in (trained, tmp_path))
    # Dropout draws anew after an interruption, so the two are alike but not equal.
    assert all(
        torch.nn.functional.cosine_similarity(one[name].flatten(), other[name].flatten(), 0) > 0.8 for name in one
    )


def test_a_checkpoint_of_other_texts_is_refused(base: Path, tmp_path: Path) -> None:
    train(RECIPE, TRAIN[:16], tmp_path, base=base)
    with pytest.raises(BadCheckpoint, match="delete it"):
        train(RECIPE, TRAIN[16:32], tmp_path, base=base)


def test_what_is_exported_tells_the_categories_apart(shipped: Path) -> None:
    with load_classifier(shipped) as classifier:
        answers = classifier.submit(["首存送彩金9", "兼职刷单返佣9", "今天天气真好9"]).result(30)
    gambling, fraud, fine = (answer or {} for answer in answers)
    assert gambling["gambling"] > max(gambling["fraud"], fine["gambling"])
    assert fraud["fraud"] > max(fraud["gambling"], fine["fraud"])


def test_a_kind_has_its_own_calibration(shipped: Path) -> None:
    manifest = json.loads((shipped / MANIFEST).read_text(encoding="utf-8"))
    assert set(manifest["calibration"]["fraud"]) == {kind.value for kind in Kind}
    with load_classifier(shipped) as classifier:
        name, post = classifier.submit(["兼职刷单"] * 2, kinds=[Kind.USERNAME, Kind.POST]).result(30)
    biases = manifest["calibration"]["fraud"]
    assert name and post
    higher = biases["username"]["bias"] > biases["post"]["bias"]
    assert (name["fraud"] > post["fraud"]) is higher or biases["username"] == biases["post"]


def test_a_checkpoint_without_an_int8_model_is_served_with_torch(shipped: Path, tmp_path: Path) -> None:
    manifest = json.loads((shipped / MANIFEST).read_text(encoding="utf-8"))
    for file in shipped.rglob("*"):
        if file.is_file() and file.name not in (MODEL, MANIFEST):
            target = tmp_path / file.relative_to(shipped)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    del manifest["files"][MODEL]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    texts = ["首存送彩金9", "今天天气真好9"]
    with load_classifier(shipped) as int8, load_classifier(tmp_path) as full:
        ours, theirs = (classifier.submit(texts).result(30) for classifier in (int8, full))
    for one, other in zip(ours, theirs, strict=True):
        assert one and other and np.allclose(list(one.values()), list(other.values()), atol=0.1)
