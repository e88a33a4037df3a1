"""Fine-tuning an encoder into a multi-label text classifier, on CPU, with checkpoints; needs the `train` extra."""

import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from moderation.evaluation.datasets import Example

log = logging.getLogger(__name__)

SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class Recipe:
    """Everything a training run depends on besides its data; the same recipe and data give the same model.

    base           what encoder it starts from, in words; where that lies is not part of the recipe
    categories     the heads, in order; only categories that the data has positives for belong here
    layers         how many of the encoder's layers to keep, from the bottom
    max_tokens     longer texts are cut, special tokens included
    learning_rate  peak; warms up over the first tenth of the steps, then falls linearly to 0
    smoothing      label smoothing in [0, 0.5): a label of 1 is trained towards 1 - smoothing, 0 towards smoothing
    """

    categories: tuple[str, ...]
    base: str = "intfloat/multilingual-e5-small, vocabulary pruned to Chinese"
    layers: int = 6
    epochs: int = 1
    batch: int = 32
    max_tokens: int = 96
    learning_rate: float = 1e-4
    smoothing: float = 0.05
    seed: int = 20261122


class Classifier(nn.Module):
    """An encoder, mean pooling over its tokens and one logit a category.

    encoder  any transformers encoder whose output has `last_hidden_state`
    head     linear, hidden size → number of categories
    """

    def __init__(self, encoder: PreTrainedModel, categories: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(encoder.config.hidden_size, categories)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [batch, categories] for token ids and their mask, both int64 [batch, tokens]."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits


def fresh(recipe: Recipe, base: Path | str) -> tuple[Classifier, PreTrainedTokenizerBase]:
    """The base encoder, a folder or hub name, cut to the recipe's layers, with a new head, and its tokeniser."""
    torch.manual_seed(recipe.seed)
    encoder: Any = _encoder(base)
    layers = encoder.encoder.layer
    encoder.encoder.layer = layers[: recipe.layers]
    encoder.config.num_hidden_layers = min(recipe.layers, len(layers))
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return Classifier(encoder, len(recipe.categories)), AutoTokenizer.from_pretrained(base)


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


def load(folder: Path) -> tuple[Classifier, PreTrainedTokenizerBase, tuple[str, ...]]:
    """The model that `save` wrote, as float32, with its tokeniser and categories."""
    categories = tuple(json.loads((folder / "recipe.json").read_text(encoding="utf-8"))["categories"])
    encoder = _encoder(folder / "encoder")
    model = Classifier(encoder, len(categories))
    model.head.load_state_dict(load_file(folder / "head.safetensors"))
    return model.eval(), AutoTokenizer.from_pretrained(folder / "encoder"), categories


def _encoder(base: Path | str) -> PreTrainedModel:
    """The encoder as float32; a pooler that its checkpoint lacks would be random and is not used, so it goes."""
    encoder: PreTrainedModel = AutoModel.from_pretrained(base, dtype="float32")
    if hasattr(encoder, "pooler"):
        encoder.pooler = None  # type: ignore[assignment]
    return encoder


def train(
    recipe: Recipe, examples: Sequence[Example], folder: Path, *, base: Path | str, save_every: int = 200
) -> Classifier:
    """Trains `base` on the examples and saves to `folder`; prints JSON lines, resumes from `folder/checkpoint.pt`."""
    torch.set_num_threads(1)
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
    checkpoint, start = folder / "checkpoint.pt", 0
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
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
        if (step + 1) % save_every == 0 or step + 1 == len(plan):
            print(json.dumps({"step": step + 1, "of": len(plan), "loss": round(mean_loss, 4)}), flush=True)
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                },
                checkpoint,
            )
    save(model.eval(), tokenizer, recipe, folder)
    return model


def _batches(
    tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], recipe: Recipe
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of all epochs: texts of like length together (half the padding), batches in random order."""
    random = Random(recipe.seed)
    ids = tokenizer([example.text for example in examples], truncation=True, max_length=recipe.max_tokens)["input_ids"]
    for _ in range(recipe.epochs):
        order = sorted(range(len(examples)), key=lambda i: (len(ids[i]) + random.uniform(-2, 2), i))
        chunks = [order[i : i + recipe.batch] for i in range(0, len(order), recipe.batch)]
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
