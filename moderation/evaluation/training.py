"""Fine-tuning an encoder into a multi-label text classifier, on CPU, with checkpoints; needs the `train` extra."""

import hashlib
import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from moderation.detectors.torch_model import Classifier, encoder_of
from moderation.detectors.windows import scalar
from moderation.evaluation.datasets import Example

log = logging.getLogger(__name__)

SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class Recipe:
    """Everything a training run depends on besides its data; the same recipe and data give the same model.

    base           what encoder it starts from, in words; where that lies is not part of the recipe
    categories     the heads, in order; only categories that the data has positives for belong here
    layers         how many of the encoder's layers to keep, from the bottom
    batch          so many texts at most are one step, and so many tokens, padding included
    max_tokens     longer texts are cut, special tokens included
    learning_rate  peak; warms up over the first tenth of the steps, then falls linearly to 0
    frozen         whether the word embeddings stay as the base has them
    smoothing      label smoothing in [0, 0.5): a label of 1 is trained towards 1 - smoothing, 0 towards smoothing
    """

    categories: tuple[str, ...]
    base: str = "intfloat/multilingual-e5-small, vocabulary pruned to Chinese"
    layers: int = 6
    epochs: int = 1
    batch: int = 48
    batch_tokens: int = 1536
    max_tokens: int = 96
    learning_rate: float = 1e-4
    frozen: bool = True
    smoothing: float = 0.02
    seed: int = 20261128


def fresh(recipe: Recipe, base: Path | str) -> tuple[Classifier, PreTrainedTokenizerBase]:
    """The base encoder, a folder or hub name, cut to the recipe's layers, and its tokeniser.

    The head is new, but that of a folder that `save` wrote for the same categories, which is trained further.
    """
    torch.manual_seed(recipe.seed)
    trained = Path(base) / "head.safetensors"
    encoder: Any = encoder_of(Path(base) / "encoder" if trained.exists() else base)
    layers = encoder.encoder.layer
    encoder.encoder.layer = layers[: recipe.layers]
    encoder.config.num_hidden_layers = min(recipe.layers, len(layers))
    encoder.embeddings.word_embeddings.weight.requires_grad_(not recipe.frozen)
    model = Classifier(encoder, len(recipe.categories))
    if not trained.exists():
        return model, AutoTokenizer.from_pretrained(base)
    if json.loads((Path(base) / "recipe.json").read_text(encoding="utf-8"))["categories"] == list(recipe.categories):
        model.head.load_state_dict(load_file(trained))
    return model, AutoTokenizer.from_pretrained(Path(base) / "encoder")


def save(model: Classifier, tokenizer: PreTrainedTokenizerBase, recipe: Recipe, folder: Path) -> None:
    """The trained model as `transformers` reads it: `encoder/` (float16), `head.safetensors`, `recipe.json`."""
    encoder = folder / "encoder"
    encoder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().to(torch.float16) for name, value in model.encoder.state_dict().items()}
    model.encoder.save_pretrained(encoder, state_dict=state)
    tokenizer.save_pretrained(encoder)
    save_file(
        {name: value.detach().contiguous() for name, value in model.head.state_dict().items()},
        folder / "head.safetensors",
    )
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")


Progress = Callable[[int, int, float], None]
"""Told after every step: how many are done, of how many, and the mean loss of late."""


def train(
    recipe: Recipe,
    examples: Sequence[Example],
    folder: Path,
    *,
    base: Path | str,
    save_every: int = 200,
    threads: int = 1,
    progress: Progress = lambda done, of, loss: None,
) -> Classifier:
    """Trains `base` on the examples and saves to `folder`; goes on from `folder/checkpoint.pt` if there is one.

    Raises BadCheckpoint if that is of another recipe or of other texts.
    """
    torch.set_num_threads(threads)
    model, tokenizer = fresh(recipe, base)
    plan = list(_batches(tokenizer, examples, recipe))
    optimizer = torch.optim.AdamW(
        (p for p in model.parameters() if p.requires_grad), lr=recipe.learning_rate, weight_decay=0.01
    )
    warm = max(1, len(plan) // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (len(plan) - step) / max(1, len(plan) - warm))
    )
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, start, made_by = folder / "checkpoint.pt", 0, _made_by(recipe, examples)
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        if stored["made_by"] != made_by:
            raise BadCheckpoint(checkpoint)
        model.load_state_dict(stored["model"])
        optimizer.load_state_dict(stored["optimizer"])
        schedule.load_state_dict(stored["schedule"])
        start = stored["step"]
    model.train()
    mean_loss = math.nan
    for step in range(start, len(plan)):
        ids, mask, labels = plan[step]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(ids, mask)
        target = labels * (1 - 2 * recipe.smoothing) + recipe.smoothing
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean_loss = loss.item() if math.isnan(mean_loss) else 0.98 * mean_loss + 0.02 * loss.item()
        progress(step + 1, len(plan), mean_loss)
        if (step + 1) % save_every == 0 or step + 1 == len(plan):
            kept: dict[str, Any] = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
            }
            partial = checkpoint.with_suffix(".partial")
            torch.save(kept | {"step": step + 1, "made_by": made_by}, partial)
            partial.replace(checkpoint)
    save(model.eval(), tokenizer, recipe, folder)
    return model


class BadCheckpoint(ValueError):
    """An unfinished run that another recipe or other texts began."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: was begun with another recipe or other texts; delete it, or name another folder with --work"
        )


def _made_by(recipe: Recipe, examples: Sequence[Example]) -> str:
    """What a run depends on, as a hash."""
    digest = hashlib.sha256(json.dumps(asdict(recipe)).encode())
    for example in examples:
        digest.update(f"{example.text}\0{sorted(example.labels)}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _batches(
    tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], recipe: Recipe
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of all epochs: texts of like length together (half the padding), batches in random order."""
    random = Random(recipe.seed)
    ids = tokenizer([scalar(e.text) for e in examples], truncation=True, max_length=recipe.max_tokens)["input_ids"]
    for _ in range(recipe.epochs):
        order = sorted(range(len(examples)), key=lambda i: (len(ids[i]) + random.uniform(-2, 2), i))
        chunks: list[list[int]] = [[]]
        for i in order:
            if (chunks[-1] and (len(chunks[-1]) + 1) * (len(ids[i]) + 2) > recipe.batch_tokens) or len(
                chunks[-1]
            ) == recipe.batch:
                chunks.append([])
            chunks[-1].append(i)
        random.shuffle(chunks)
        for chunk in chunks:
            width = max(len(ids[i]) for i in chunk)
            padded = torch.full((len(chunk), width), tokenizer.pad_token_id, dtype=torch.int64)
            mask = torch.zeros((len(chunk), width), dtype=torch.int64)
            for row, i in enumerate(chunk):
                padded[row, : len(ids[i])] = torch.tensor(ids[i])
                mask[row, : len(ids[i])] = 1
            labels = torch.tensor([[float(c in examples[i].labels) for c in recipe.categories] for i in chunk])
            yield padded, mask, labels
