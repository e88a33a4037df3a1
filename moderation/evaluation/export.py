"""From a trained folder to what ships in `models/text`: int8 ONNX, calibration, thresholds, figures and hashes."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from moderation.detectors.classifier import MANIFEST, MODEL, TOKENIZER, Calibration
from moderation.detectors.windows import Cutter, Ids, batch_of
from moderation.evaluation import metrics
from moderation.evaluation.datasets import Example
from moderation.evaluation.metrics import Bools, Floats
from moderation.evaluation.training import load

HARMLESS = ("lccc", "thucnews_titles", "names_ancient", "names_japanese", "chengyu")
"""Sources of everyday text. LCCC is unscreened, so alarms on it are not all false."""
LABELLED = {"cold": ("insult_defamation", "ethnic_hatred"), "swsr": ("insult_defamation",)}
"""Sources with gold or mapped labels, and the categories that they label."""
EVERYDAY = 0.8
"""The weight of harmless texts when probabilities are fitted: as if four of five submissions were everyday text."""
ALARMS = {"review": 0.01, "reject": 0.001}
"""The share of harmless texts that may reach each threshold, at most."""
FLOOR = {"review": 0.1, "reject": 0.5}
"""No threshold lies lower, however rare its alarms: a review needs one chance in ten, a refusal one in two."""
FIGURES = "figures.json"


class Threshold(TypedDict):
    """From which probability on (inclusive) to act; and the share of harmless dev texts there, by verdict, source."""

    review: float
    reject: float
    false_alarms: dict[str, dict[str, float]]


def export(trained: Path, out: Path, dev: Sequence[Example], unseen: Sequence[Example]) -> dict[str, object]:
    """Writes everything that ships to `out` and returns the figures, which `figures.json` holds too.

    trained  folder that `training.save` wrote; its checkpoint stays behind
    dev      texts that were not trained on: probabilities are fitted to them and figures are measured on them
    unseen   harmless texts of the training split that were not drawn: thresholds must hold on them and on `dev`
    """
    model, _, categories = load(trained)
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
    calibration = calibrate(logits, dev, categories)
    chances, exact_chances, unseen_chances = (
        np.stack([_chances(calibration[name], found[:, at]) for at, name in enumerate(categories)], axis=1)
        for found in (logits, exact, score(out / MODEL, cutter, unseen))
    )
    thresholds = choose(chances, dev, unseen_chances, categories)
    cold, harmless = _sources(dev) == "cold", _harmless(dev)
    figures = {
        "agreement": {
            "mean_logit_difference": round(float(np.abs(exact - logits)[cold].mean()), 4),
            "cold, logit above 0": {
                name: round(float(((exact > 0) == (logits > 0))[cold, at].mean()), 4)
                for at, name in enumerate(categories)
            },
            "cold, verdict": agreement(exact_chances[cold], chances[cold], thresholds),
            "harmless, verdict": agreement(exact_chances[harmless], chances[harmless], thresholds),
        },
        "calibration_error": {
            name: round(metrics.calibration_error(chances[:, at], _truth(dev, name), weights_of(dev)), 4)
            for at, name in enumerate(categories)
        },
        "labelled": labelled(chances, dev, thresholds),
        "alarms": {"dev": alarms(chances, dev, thresholds), "unseen": alarms(unseen_chances, unseen, thresholds)},
    }
    _write(out / FIGURES, figures)
    manifest = {
        "categories": list(categories),
        "max_tokens": max_tokens,
        "calibration": {name: {"scale": c.scale, "bias": c.bias} for name, c in calibration.items()},
        "thresholds": thresholds,
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

    cut = [[window for piece in cutter.windows(example.text) for window in piece] for example in examples]
    with ThreadPoolExecutor(2) as threads:
        return np.array(list(threads.map(highest, cut)), dtype=np.float64)


def weights_of(examples: Sequence[Example]) -> Floats:
    """A weight for each text, 1 in all: harmless sources together weigh EVERYDAY."""
    harmless = _harmless(examples)
    share = np.where(harmless, EVERYDAY / max(1, harmless.sum()), (1 - EVERYDAY) / max(1, (~harmless).sum()))
    weights: Floats = share / share.sum()
    return weights


def calibrate(logits: Floats, dev: Sequence[Example], categories: Sequence[str]) -> dict[str, Calibration]:
    weights = weights_of(dev)
    fitted = {name: metrics.platt(logits[:, at], _truth(dev, name), weights) for at, name in enumerate(categories)}
    return {name: Calibration(round(scale, 5), round(bias, 5)) for name, (scale, bias) in fitted.items()}


def choose(chances: Floats, dev: Sequence[Example], unseen: Floats, categories: Sequence[str]) -> dict[str, Threshold]:
    """The least thresholds for which FLOOR holds, and ALARMS on the harmless dev texts and on the unseen ones."""
    harmless, sources = _harmless(dev), _sources(dev)
    chosen: dict[str, Threshold] = {}
    for at, name in enumerate(categories):
        sets = (chances[harmless, at], unseen[:, at])
        bounds = {
            word: max(FLOOR[word], *(metrics.threshold_for(scores, rate) for scores in sets))
            for word, rate in ALARMS.items()
        }
        rates = {
            word: {
                source: round(float((chances[here, at] >= bound).mean()), 5)
                for source, here in (("all", harmless), *((s, sources == s) for s in HARMLESS))
                if here.any()
            }
            for word, bound in bounds.items()
        }
        chosen[name] = Threshold(review=bounds["review"], reject=bounds["reject"], false_alarms=rates)
    return chosen


def agreement(exact: Floats, shipped: Floats, thresholds: Mapping[str, Threshold]) -> dict[str, float]:
    """The share of texts to which float32 and int8 give the same verdict; "text": in every category."""
    equal = {
        name: (exact[:, at] >= t["review"]) == (shipped[:, at] >= t["review"])
        for at, (name, t) in enumerate(thresholds.items())
    }
    for at, (name, t) in enumerate(thresholds.items()):
        equal[name] &= (exact[:, at] >= t["reject"]) == (shipped[:, at] >= t["reject"])
    equal["text"] = np.logical_and.reduce(list(equal.values()))
    return {name: round(float(same.mean()), 4) for name, same in equal.items()}


def labelled(chances: Floats, dev: Sequence[Example], thresholds: Mapping[str, Threshold]) -> list[dict[str, object]]:
    """Precision, recall, F1 and AUC of each labelled source and category, with 95% bootstrap intervals."""
    rows: list[dict[str, object]] = []
    names, sources = list(thresholds), _sources(dev)
    for source, categories in LABELLED.items():
        here = sources == source
        for name in categories:
            scores, truth = chances[here, names.index(name)], _truth(dev, name)[here]
            row: dict[str, object] = {
                "source": source,
                "category": name,
                "texts": len(truth),
                "positives": int(truth.sum()),
            }
            row["auc"] = [
                round(metrics.auc(scores, truth), 4),
                *metrics.rounded(metrics.bootstrap(metrics.auc, scores, truth)),
            ]
            for word in ALARMS:
                found = scores >= _bound(thresholds[name], word)
                row[word] = {
                    measure.__name__: [
                        round(measure(found, truth), 4),
                        *metrics.rounded(metrics.bootstrap(measure, found, truth)),
                    ]
                    for measure in (metrics.precision, metrics.recall, metrics.f1)
                }
            rows.append(row)
    return rows


def alarms(
    chances: Floats, examples: Sequence[Example], thresholds: Mapping[str, Threshold]
) -> list[dict[str, object]]:
    """Texts of each harmless source that reach a threshold of any category, and of each, with 95% Wilson intervals."""
    sources, rows = _sources(examples), []
    for source in (*HARMLESS, "all"):
        here = _harmless(examples) if source == "all" else sources == source
        row: dict[str, object] = {"source": source, "texts": int(here.sum())}
        for word in ALARMS:
            reached = np.stack(
                [chances[here, at] >= _bound(thresholds[name], word) for at, name in enumerate(thresholds)]
            )
            hits = {**dict(zip(thresholds, reached.sum(1).tolist(), strict=True)), "any": int(reached.any(0).sum())}
            row[word] = {
                name: [count, *metrics.rounded(metrics.wilson(count, int(here.sum())), 5)]
                for name, count in hits.items()
            }
        rows.append(row)
    return rows


def _bound(threshold: Threshold, word: str) -> float:
    return threshold["reject"] if word == "reject" else threshold["review"]


def _chances(calibration: Calibration, logits: Floats) -> Floats:
    return np.array([calibration(logit) for logit in logits.tolist()], dtype=np.float64)


def _truth(examples: Sequence[Example], category: str) -> Bools:
    return np.array([category in example.labels for example in examples], dtype=bool)


def _sources(examples: Sequence[Example]) -> NDArray[np.str_]:
    return np.array([example.source for example in examples])


def _harmless(examples: Sequence[Example]) -> Bools:
    return np.array([example.source in HARMLESS for example in examples], dtype=bool)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
