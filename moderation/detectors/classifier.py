"""The text classifier as it runs online: a verified ONNX model behind one thread that batches across callers."""

import hashlib
import heapq
import itertools
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderation.core.errors import BadSetup, Problem
from moderation.core.submission import Kind
from moderation.detectors.windows import Cutter, Ids, batch_of, pieces, readings

log = logging.getLogger(__name__)

MODEL, TOKENIZER, MANIFEST = "model.int8.onnx", "tokenizer.json", "manifest.json"
FIX = "restore it from the repository, or train it again with `moderation train`"

RUN_TOKENS = 256
"""Padded tokens of one run, some 25 ms on one core: larger batches are no faster by the token and block newcomers."""
RUN_WINDOWS = 16
LOOK_AHEAD = 32
"""How many waiting texts are compared for windows of like length before a run."""
FAIR_RUN = 8
"""Every eighth run is one window of the text that has waited longest, where it is not among the first: none starves."""

Logits = NDArray[np.float32]
Model = Callable[[Ids, Ids], Logits]
"""Token ids and mask, int64 [windows, tokens] → logits, float32 [windows, categories]."""
Scores = dict[str, float]
Answer = list[Scores | None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns a logit of the shipped model into a probability: sigmoid(scale * logit + bias), scale > 0.

    >>> round(Calibration(2.0, -1.0)(0.5), 3)
    0.5
    """

    scale: float
    bias: float

    def __call__(self, logit: float) -> float:
        return 0.5 * (1.0 + math.tanh((self.scale * logit + self.bias) / 2.0))


Calibrations = Mapping[str, Mapping[Kind, Calibration]]
"""By category and by the kind of what the text is submitted as."""


def load_classifier(folder: Path, *, threads: int = 1, max_waiting: int = 4096) -> "TextClassifier":
    """The classifier that the folder holds, verified and ready in less than a second.

    A folder whose manifest names no int8 model is run with torch from its `encoder/` and head, which needs the `train` extra.

    threads      that one run of the model uses, ≥1
    max_waiting  see TextClassifier

    Raises BadSetup if the manifest, the model or the tokeniser is missing, corrupted or unreadable.
    """
    manifest = _manifest(folder / MANIFEST)
    try:
        version, max_tokens = str(manifest["version"]), int(manifest["max_tokens"])
        calibration = {
            name: {kind: Calibration(**manifest["calibration"][name][kind]) for kind in Kind}
            for name in manifest["categories"]
        }
        model_files = (
            [MODEL]
            if MODEL in manifest["files"]
            else [name for name in manifest["files"] if name.endswith(".safetensors")]
        )
        expected = {name: str(manifest["files"][name]["sha256"]) for name in (*model_files, TOKENIZER)}
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(folder / MANIFEST, f"lacks or garbles {error}") from error
    content = {name: _verified(folder / name, digest) for name, digest in expected.items()}
    cutter = Cutter(Tokenizer.from_buffer(content[TOKENIZER]), max_tokens)
    model = _onnx(folder, content[MODEL], threads) if MODEL in content else _torch(folder, threads)
    return TextClassifier(model, cutter, calibration, version, max_waiting=max_waiting)


def _onnx(folder: Path, content: bytes, threads: int) -> "Model":
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no narrower base
        raise _refused(folder / MODEL, f"is not a model that this onnxruntime runs ({error})") from error

    def model(ids: Ids, mask: Ids) -> Logits:
        logits: Logits = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    return model


def _torch(folder: Path, threads: int) -> "Model":
    try:
        from moderation.detectors import torch_model
    except ImportError as error:
        fix = "pip install 'moderation[train]', or export an int8 model"
        raise BadSetup([Problem(str(folder), f"has no {MODEL}, and {error.name} is not installed", fix)]) from error
    return torch_model.runner(folder, threads)


def _manifest(path: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise _refused(path, "is missing") from error
    except (OSError, ValueError) as error:
        raise _refused(path, f"cannot be read ({error})") from error
    if not isinstance(manifest, dict):
        raise _refused(path, "is not a JSON object")
    return manifest


def _verified(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _refused(path, "is missing") from error
    except OSError as error:
        raise _refused(path, f"cannot be read ({error})") from error
    if (found := hashlib.sha256(content).hexdigest()) != digest:
        raise _refused(path, f"is corrupted: its sha256 is {found[:12]}…, the manifest says {digest[:12]}…")
    return content


def _refused(path: Path, reason: str) -> BadSetup:
    return BadSetup([Problem(str(path), reason, FIX)])


class _Call:
    """One `submit`: its future is done once every text has its answer."""

    def __init__(self, texts: int) -> None:
        self.future: Future[Answer] = Future()
        self._answers: Answer = [None] * texts
        self._open = texts
        if not texts:
            self.future.set_result([])

    def answer(self, at: int, scores: Scores | None) -> None:
        self._answers[at] = scores
        self._open -= 1
        if not self._open and self.future.set_running_or_notify_cancel():
            self.future.set_result(self._answers)


@dataclass(slots=True, eq=False)
class _Text:
    """A text that waits for its windows to be run; touched by the thread alone once it is admitted.

    size     pieces it was admitted as, which it occupies of `max_waiting` until it is answered
    kind     what it is submitted as
    left     windows not yet run, as far as known: pieces not yet tokenised count as one each
    ready    windows tokenised and not yet run
    best     the highest logit of each category so far
    """

    call: _Call
    at: int
    kind: Kind
    arrived: int
    deadline: float | None
    size: int
    left: int
    cut: Iterator[list[Ids]]
    ready: list[Ids] = field(default_factory=list)
    best: Logits | None = None

    def window(self) -> Ids:
        """The window to run next."""
        if not self.ready:
            self.ready = next(self.cut)[::-1]
            self.left += len(self.ready) - 1
        return self.ready[-1]

    def dead(self, now: float) -> bool:
        return self.call.future.cancelled() or (self.deadline is not None and now >= self.deadline)


class TextClassifier:
    """Scores texts for all callers on one thread: what waits is batched at once, short texts first.

    Every run takes at most one window of each text, RUN_WINDOWS windows and RUN_TOKENS padded tokens, so a newcomer
    waits for one run (and at most one single window, see FAIR_RUN) however long the texts before it are. Texts with
    fewer windows left go first, then those that came first.

    model        see Model; an exception it raises is logged and costs only the texts of that run
    calibration  by category, in the order of the model's logits, and by kind
    version      of the model's data
    max_waiting  pieces of up to PIECE code points that may wait, ≥1: a text that does not fit is answered None at once.
                 Texts of several pieces may fill three quarters of it, so that they never shut short ones out
    """

    def __init__(
        self,
        model: Model,
        cutter: Cutter,
        calibration: Calibrations,
        version: str,
        *,
        max_waiting: int = 4096,
    ) -> None:
        self._model, self._cutter, self._calibration = model, cutter, dict(calibration)
        self._version, self._max_waiting = version, max_waiting
        self._changed = threading.Condition()
        self._incoming: list[_Text] = []  # this and what follows down to _thread: only under _changed
        self._waiting = 0
        self._arrivals = itertools.count()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._texts: list[_Text] = []  # only the thread's own
        self._runs = 0

    @property
    def source(self) -> str:
        """Detector and version of its data, as findings cite it, e.g. "classifier@3f9c2a10"."""
        return f"classifier@{self._version}"

    @property
    def categories(self) -> tuple[str, ...]:
        """Codes of the categories that every answer has a score for."""
        return tuple(self._calibration)

    @property
    def waiting(self) -> int:
        """Pieces admitted and not yet answered, in [0, max_waiting]."""
        return self._waiting

    def submit(
        self, texts: Sequence[str], *, kinds: Sequence[Kind] | None = None, deadline: float | None = None
    ) -> Future[Answer]:
        """Scores for each of the texts, in their order. Returns at once and never raises for any text.

        kinds     what each is submitted as; None: all are posts
        deadline  a `time.monotonic()` value; None waits as long as it takes

        The future's result has for each text the calibrated probability in [0, 1] of every category, for a long text
        the highest of its windows; None for a text that was not checked to its end: the deadline passed, the queue was
        full, the model failed, or the classifier was closed. The future is done at most one run after the deadline.
        Cancelling it drops what has not been run.
        """
        call = _Call(len(texts))
        late = deadline is not None and time.monotonic() >= deadline
        with self._changed:
            for at, (text, kind) in enumerate(zip(texts, kinds or [Kind.POST] * len(texts), strict=True)):
                read = readings(text)
                size = sum(pieces(len(reading)) for reading in read)
                room = self._max_waiting if size == 1 else self._max_waiting * 3 // 4
                if late or self._closed or self._waiting + size > room:
                    call.answer(at, None)
                    continue
                self._waiting += size
                cut = itertools.chain.from_iterable(map(self._cutter.windows, read))
                self._incoming.append(_Text(call, at, kind, next(self._arrivals), deadline, size, size, cut))
            if self._incoming:
                self._wake()
        return call.future

    def close(self) -> None:
        """Answers None to all that waits, stops the thread once its run is finished. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def __enter__(self) -> "TextClassifier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self) -> None:
        """Starts the thread at the first text, not before: a process may load the model and then fork."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="classifier", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._incoming or self._texts or self._closed):
                    self._changed.wait()
                self._texts += self._incoming
                self._incoming = []
                closed = self._closed
            now = time.monotonic()
            self._settle([text for text in self._texts if closed or text.dead(now)])
            if closed:
                return
            if self._texts:
                self._run(self._chosen())

    def _chosen(self) -> list[_Text]:
        """The texts whose next windows are run together; empty only if none could be tokenised."""
        self._runs += 1
        first = heapq.nsmallest(LOOK_AHEAD, self._texts, key=lambda text: (text.left, text.arrived))
        if self._runs % FAIR_RUN == 0:
            oldest = min(self._texts, key=lambda text: text.arrived)
            if oldest not in first:
                return self._tokenised([oldest])
        return like_long(self._tokenised(first))

    def _tokenised(self, texts: list[_Text]) -> list[_Text]:
        """Those of the texts whose next window is ready; the others are answered None."""
        able = []
        for text in texts:
            try:
                text.window()
            except Exception:  # whatever a text can do to a tokeniser, the other callers' texts must go on
                log.exception("the classifier could not tokenise a text of %d pieces", text.size)
                self._settle([text])
            else:
                able.append(text)
        return able

    def _run(self, texts: list[_Text]) -> None:
        if not texts:
            return
        ids, mask = batch_of([text.window() for text in texts], self._cutter.pad)
        try:
            logits = self._model(ids, mask)
            if logits.shape != (len(texts), len(self._calibration)) or not np.isfinite(logits).all():
                raise ValueError(f"the model answered {logits.shape}, or what is no number")
        except Exception:  # a failed run is "not checked"; the thread serves all callers and must live
            log.exception("the classifier failed on %d windows of %d tokens", *ids.shape)
            self._settle(texts)
            return
        done = []
        for text, row in zip(texts, logits, strict=True):
            text.ready.pop()
            text.left -= 1
            text.best = row if text.best is None else np.maximum(text.best, row)
            if not text.left:
                done.append(text)
        self._settle(done)

    def _settle(self, texts: list[_Text]) -> None:
        """Answers texts: with scores if all their windows have been run, else with None."""
        if not texts:
            return
        gone = set(map(id, texts))
        self._texts = [text for text in self._texts if id(text) not in gone]
        with self._changed:
            self._waiting -= sum(text.size for text in texts)
        for text in texts:
            scores = None
            if not text.left and text.best is not None:
                pairs = zip(self._calibration.items(), text.best.tolist(), strict=True)
                scores = {name: by_kind[text.kind](logit) for (name, by_kind), logit in pairs}
            text.call.answer(text.at, scores)


def like_long(candidates: Sequence[_Text]) -> list[_Text]:
    """The first candidate and those whose windows are nearest to its window in length, as far as one run goes.

    Every padded token costs like a real one, so at most a quarter of the run may be padding.
    """
    chosen: list[_Text] = []
    real = width = 0
    lengths = [len(text.window()) for text in candidates]
    for length, text in sorted(zip(lengths, candidates, strict=True), key=lambda pair: abs(pair[0] - lengths[0])):
        padded = (len(chosen) + 1) * max(width, length)
        if len(chosen) == RUN_WINDOWS or (chosen and (padded > RUN_TOKENS or real + length < 0.75 * padded)):
            break
        chosen.append(text)
        real, width = real + length, max(width, length)
    return chosen
