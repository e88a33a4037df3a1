"""The classifier as torch runs it: what is trained, and what serves a checkpoint that was not exported. Needs the `train` extra."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel


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


def encoder_of(base: Path | str) -> PreTrainedModel:
    """The encoder of a folder or hub name as float32; a pooler that its checkpoint lacks would be random and is not used, so it goes."""
    encoder: PreTrainedModel = AutoModel.from_pretrained(base, dtype="float32")
    if hasattr(encoder, "pooler"):
        encoder.pooler = None  # type: ignore[assignment]
    return encoder


def load(folder: Path) -> tuple[Classifier, tuple[str, ...]]:
    """The model of `encoder/` and `head.safetensors`, as float32, and its categories."""
    categories = tuple(json.loads((folder / "recipe.json").read_text(encoding="utf-8"))["categories"])
    model = Classifier(encoder_of(folder / "encoder"), len(categories))
    model.head.load_state_dict(load_file(folder / "head.safetensors"))
    return model.eval(), categories


def runner(folder: Path, threads: int) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]:
    """The model as the classifier calls it: token ids and mask, int64 [windows, tokens] → logits, float32 [windows, categories].

    threads  of the processor, for the whole process
    """
    model, _ = load(folder)
    torch.set_num_threads(threads)

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits = model(torch.from_numpy(ids), torch.from_numpy(mask))
        return np.asarray(logits.numpy(), dtype=np.float32)

    return run
