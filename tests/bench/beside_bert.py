"""The classifier beside a model of BERT-base's size in transformers' own pipeline, and beside the bare onnxruntime session.

Run as a process of its own, `python -m tests.bench.beside_bert FOLDER`, it loads the classifier of a folder and prints how long
that took and by how much it made it grow, as JSON.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.quiet import quiet
from tests.bench.texts import clean

LENGTHS = (16, 32, 64, 96)
"""Tokens of one text, special ones included; 96 is the classifier's longest window."""

AT_ONCE = 32
TOKENS_AT_ONCE = 32
"""In a batch, so many texts of so many tokens."""


@dataclass(frozen=True, slots=True)
class Beside:
    """CPU milliseconds, medians of interleaved rounds, by tokens: of one text alone, and of each text of a batch (`batch`).

    ours, bert  through our classifier, and through `pipeline("text-classification")` on 12 layers of 768 in float32
    ratios      bert / ours, by round
    session     the share of the bare session's throughput that a batch gets through the classifier, by round
    ready       seconds from an interpreter that has numpy and onnxruntime to the first answer
    memory      bytes by which a process grows that loads the classifier and answers once, libraries not counted
    """

    ours: dict[int | str, float]
    bert: dict[int | str, float]
    ratios: dict[int | str, list[float]]
    session: list[float]
    ready: float
    memory: int


def measure(folder: Path, rounds: int) -> Beside:
    """Both models with one thread, in one process, in turn."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

    from moderation.detectors.classifier import TOKENIZER, load_classifier

    torch.set_num_threads(1)
    torch.manual_seed(1)
    config = BertConfig(vocab_size=41_200)
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / TOKENIZER), pad_token="<pad>", unk_token="<unk>", model_max_length=512
    )
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    larger: Any = BertForSequenceClassification(config)
    make: Any = pipeline
    bert = make("text-classification", model=larger.eval(), tokenizer=tokenizer)
    chance = random.Random(4)
    texts: dict[int | str, list[str]] = {
        tokens: [_of_tokens(tokenizer, tokens, chance) for _ in range(6)] for tokens in LENGTHS
    }
    texts["batch"] = [_of_tokens(tokenizer, TOKENS_AT_ONCE, chance) for _ in range(AT_ONCE)]
    ours_by: dict[int | str, list[float]] = {key: [] for key in texts}
    bert_by: dict[int | str, list[float]] = {key: [] for key in texts}
    session: list[float] = []
    with load_classifier(folder) as classifier:
        runs: dict[str, Callable[[Sequence[str]], object]] = {
            "ours": lambda batch: classifier.submit(batch).result(),
            "bert": lambda batch: bert(list(batch), batch_size=len(batch)),
        }
        for run in runs.values():
            run(texts["batch"])
        for _ in range(rounds):
            for key, of_length in texts.items():
                batches = [of_length] if key == "batch" else [[text] for text in of_length]
                for name, by in (("ours", ours_by), ("bert", bert_by)):
                    by[key].append(quiet(partial(_ms, runs[name], batches)) / len(of_length))
            bare = quiet(lambda: _bare(folder, texts["batch"]))
            session.append(bare / ours_by["batch"][-1])
    command = [sys.executable, "-m", "tests.bench.beside_bert", str(folder)]
    told = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout) for _ in range(3)]
    return Beside(
        ours={key: median(found) for key, found in ours_by.items()},
        bert={key: median(found) for key, found in bert_by.items()},
        ratios={key: [b / o for b, o in zip(bert_by[key], ours_by[key], strict=True)] for key in texts},
        session=session,
        ready=median(each["ready"] for each in told),
        memory=int(median(each["memory"] for each in told)),
    )


def _ms(run: Callable[[Sequence[str]], object], batches: Sequence[Sequence[str]]) -> float:
    began = time.process_time()
    for batch in batches:
        run(batch)
    return (time.process_time() - began) * 1000


def _bare(folder: Path, texts: Sequence[str]) -> float:
    """CPU milliseconds a text of the session alone, on windows cut and put together before, in runs as large as ours."""
    import onnxruntime
    from tokenizers import Tokenizer

    from moderation.detectors.classifier import MODEL, RUN_TOKENS, TOKENIZER
    from moderation.detectors.windows import Cutter, batch_of

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
    cutter = Cutter(Tokenizer.from_file(str(folder / TOKENIZER)), max(LENGTHS))
    windows = [window for text in texts for piece in cutter.windows(text) for window in piece]
    size = max(1, RUN_TOKENS // max(map(len, windows)))
    batches = [batch_of(windows[at : at + size], cutter.pad) for at in range(0, len(windows), size)]

    def once() -> float:
        began = time.process_time()
        for ids, mask in batches:
            session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        return (time.process_time() - began) * 1000 / len(texts)

    once()
    return once()


def _of_tokens(tokenizer: Any, tokens: int, chance: random.Random) -> str:
    """A text of exactly or nearly so many tokens, special ones included."""
    text = "，".join(clean(chance) for _ in range(tokens // 4))
    lengths = ((at, len(tokenizer(text[:at])["input_ids"])) for at in range(1, len(text) + 1))
    return text[: next(at for at, length in lengths if length >= tokens)]


def main() -> None:
    import numpy  # noqa: F401
    import onnxruntime  # noqa: F401
    import tokenizers  # noqa: F401

    folder = Path(sys.argv[1])
    before, began = _resident(), time.perf_counter()
    from moderation.detectors.classifier import load_classifier

    with load_classifier(folder) as classifier:
        classifier.submit(["你好"]).result()
        print(json.dumps({"ready": time.perf_counter() - began, "memory": _resident() - before}))


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
