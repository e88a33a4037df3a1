"""From a trained folder to what ships in `models/text`: int8 ONNX, calibration, thresholds, false alarms and hashes."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from moderation.detectors.classifier import MANIFEST, MODEL, TOKENIZER
from moderation.detectors.torch_model import load
from moderation.detectors.windows import Cutter, Ids, batch_of, readings
from moderation.evaluation import calibration
from moderation.evaluation.datasets import Example
from moderation.evaluation.metrics import Floats
from moderation.evaluation.mixture import HARMLESS

EVERYDAY = (*HARMLESS, "everyday")
"""Sources of harmless everyday texts."""

FIGURES = "figures.json"


def export(trained: Path, out: Path, dev: Sequence[Example], unseen: Sequence[Example]) -> dict[str, object]:
    """Writes everything that ships to `out` and returns the figures, which `figures.json` holds too.

    trained  folder that `training.save` wrote; its checkpoint stays behind
    dev      texts that were not trained on: probabilities are fitted to them
    unseen   harmless texts that were not drawn for training: with those of `dev` they set the thresholds
    """
    model, categories = load(trained)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("encoder", "head.safetensors", "recipe.json"):
        source, target = trained / name, out / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, target)
    max_tokens = int(json.loads((out / "recipe.json").read_text(encoding="utf-8"))["max_tokens"])
    tokenizer = Tokenizer.from_file(str(out / "encoder" / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.save(str(out / TOKENIZER))
    cutter = Cutter(tokenizer, max_tokens)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        write_onnx(model, full)
        quantise(full, out / MODEL)
        exact = score(full, cutter, dev)
    logits = score(out / MODEL, cutter, dev)
    everyday = calibration.harmless(dev, EVERYDAY)
    fitted = calibration.calibrate(logits, dev, categories, everyday)
    kinds = [example.kind for example in dev]
    found, found_exactly = calibration.chances(fitted, logits, kinds), calibration.chances(fitted, exact, kinds)
    harmless = [*(example for example, is_so in zip(dev, everyday, strict=True) if is_so), *unseen]
    unseen_logits = score(out / MODEL, cutter, unseen)
    unseen_chances = calibration.chances(fitted, unseen_logits, [example.kind for example in unseen])
    of_harmless = np.concatenate([found[everyday], unseen_chances])
    thresholds = calibration.choose(of_harmless, categories)
    bounds = {word: np.array([getattr(t, word) for t in thresholds.values()]) for word in calibration.ALARMS}
    same = np.ones(len(dev), bool)
    for bound in bounds.values():
        same &= ((found >= bound) == (found_exactly >= bound)).all(axis=1)
    figures = {
        "int8 and float32 agree": {
            "mean logit difference": round(float(np.abs(exact - logits).mean()), 4),
            "signs of logits": round(float(((exact > 0) == (logits > 0)).mean()), 4),
            "verdicts in every category": round(float(same.mean()), 4),
        },
        "alarms": calibration.alarms(of_harmless, harmless, thresholds),
    }
    _write(out / FIGURES, figures)
    manifest = {
        "categories": list(categories),
        "max_tokens": max_tokens,
        "calibration": {
            name: {kind.value: {"scale": c.scale, "bias": c.bias} for kind, c in by_kind.items()}
            for name, by_kind in fitted.items()
        },
        "thresholds": {name: asdict(threshold) for name, threshold in thresholds.items()},
        "files": {
            path.relative_to(out).as_posix(): {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": path.stat().st_size,
            }
            for path in sorted(out.rglob("*"))
            if path.is_file() and path.name != MANIFEST
        },
    }
    version = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:8]
    _write(out / MANIFEST, {"version": version, **manifest})
    return figures


def write_onnx(model: torch.nn.Module, path: Path) -> None:
    """The model in float32: input_ids and attention_mask, int64 [batch, tokens] → logits, float32 [batch, categories].

    The older exporter, since its graph runs a fifth faster once quantised.
    """
    encoder: Any = model.encoder
    encoder.set_attn_implementation("eager")
    ids = torch.randint(5, 1000, (2, 16))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of age, and of branches that every shape takes alike
        torch.onnx.export(
            model.eval(),
            (ids, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


def quantise(full: Path, path: Path) -> None:
    """Dynamic int8, per channel, word embeddings too."""
    quantize_dynamic(
        str(full),
        str(path),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        extra_options={"MatMulConstBOnly": True},
    )


def score(model: Path, cutter: Cutter, examples: Sequence[Example]) -> Floats:
    """Logits [texts, categories] of an ONNX model: each text alone, cut as online, the highest of its windows."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def highest(windows: Sequence[Ids]) -> Floats:
        runs = [batch_of([window], cutter.pad) for window in windows]
        logits = [session.run(None, {"input_ids": ids, "attention_mask": mask})[0][0] for ids, mask in runs]
        return np.asarray(np.max(logits, axis=0), dtype=np.float64)

    cut = [
        [window for reading in readings(example.text) for piece in cutter.windows(reading) for window in piece]
        for example in examples
    ]
    with ThreadPoolExecutor(2) as threads:
        return np.array(list(threads.map(highest, cut)), dtype=np.float64)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
