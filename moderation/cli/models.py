"""`moderation train`: the classifier, on the corpus and a user's own decisions. Needs the `train` extra."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderation.core.errors import BadInput, BadSetup, Problem
from moderation.settings import Settings
from moderation.text.lexicon import load_lexicon
from moderation.wiring import read_policy

if TYPE_CHECKING:
    from moderation.evaluation.training import Progress

CATEGORIES = (
    "ethnic_hatred",
    "cult_superstition",
    "rumour",
    "porn",
    "gambling",
    "violence_terror",
    "crime_incitement",
    "insult_defamation",
    "harassment_vulgar",
    "fraud",
    "drugs_weapons",
    "other_illegal",
    "intrusion",
    "malware",
    "advertising_trade",
    "account_trading",
)
"""The categories of the policy that a classifier can find, in the order of the model's outputs."""

FURTHER = {"learning_rate": 3e-4, "frozen": False, "batch": 96, "batch_tokens": 2048}
"""What a recipe for training further has otherwise: the texts are short, and there are fewer of them."""


def add_to(app: typer.Typer) -> None:
    app.command("train", help=_train.__doc__)(_train)


def _train(
    base: Annotated[str, typer.Option(help="The encoder to start from: a folder, or a name on the Hugging Face hub.")],
    work: Annotated[Path, typer.Option(help="Folder for checkpoints; an unfinished run in it goes on.")],
    out: Annotated[Path, typer.Option(help="Folder for the model that is to ship.")] = Path("models/text"),
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = Path("models/corpus"),
    data: Annotated[Path | None, typer.Option(help="Folder of further public data sets, as JSON lines.")] = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="Your own JSON lines (text, labels, kind?, split?); may be given often.")
    ] = None,
    layers: Annotated[int, typer.Option(min=1, help="How many of the encoder's layers to keep.")] = 6,
    epochs: Annotated[int, typer.Option(min=1, help="How often the whole mixture is seen.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the processor to train with.")] = 1,
    seed: Annotated[int, typer.Option(help="For drawing, disguising and shuffling.")] = 20261128,
    focus: Annotated[
        bool,
        typer.Option(
            "--focus", help="Train a trained model (--base) further, mostly on the corpus and your own lines."
        ),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Train on so many texts at most, to try things out.")] = None,
) -> None:
    """Train the classifier and write what ships: int8 ONNX, calibration, thresholds, figures, hashes.

    Example: moderation train --base intfloat/multilingual-e5-small --own decisions.jsonl --work var/training --out models/text
    """
    try:
        from moderation.evaluation.export import export
        from moderation.evaluation.mixture import focused, mix, refuses
        from moderation.evaluation.training import BadCheckpoint, Recipe, train
    except ImportError as error:
        problem = Problem("the train extra", f"{error.name} is not installed", "pip install 'moderation[train]'")
        raise BadSetup([problem]) from error
    if base.startswith(("/", ".", "~")) and not Path(base).is_dir():
        raise BadInput(
            [Problem("--base", f"{base} is no folder", "give the folder of an encoder, or a name on the hub")]
        )
    from random import Random

    from moderation.evaluation.datasets import BadDataset, sample

    settings = Settings.read()
    lexicon = load_lexicon(settings.wordlists, read_policy(settings.policy).categories.keys())
    refused = refuses(lexicon, datetime.now(UTC).date())
    further: dict[str, Any] = FURTHER if focus else {}
    recipe = Recipe(categories=CATEGORIES, layers=layers, epochs=epochs, seed=seed, **further)
    try:
        drawn = mix(corpus, data, own or [], settings.wordlists, lexicon, refused, seed)
    except BadDataset as error:
        raise BadInput([Problem(str(corpus), str(error), "mend or drop that line")]) from error
    wanted = focused(drawn.train, seed) if focus else drawn.train
    texts = wanted if limit is None else sample(wanted, limit, Random(seed))
    counts = Counter(label for example in texts for label in example.labels)
    _say(
        {
            "train": len(texts),
            "dev": len(drawn.dev),
            "unseen": len(drawn.unseen),
            "positives": dict(sorted(counts.items())),
        }
    )
    try:
        with _bar() as progress:
            train(recipe, texts, work, base=base, threads=threads, progress=progress)
    except BadCheckpoint as error:
        raise BadInput([Problem("--work", str(error), "delete it, or name another folder")]) from error
    _say({"exporting": str(out)})
    export(work, out, drawn.dev, drawn.unseen)
    _say({"done": str(out)})


@contextmanager
def _bar() -> "Iterator[Progress]":
    """A progress bar on a terminal, a JSON line every hundred steps elsewhere."""
    if sys.stderr.isatty():
        from rich.progress import MofNCompleteColumn, Progress, TextColumn

        with Progress(
            *Progress.get_default_columns(), MofNCompleteColumn(), TextColumn("loss {task.fields[loss]:.4f}")
        ) as bar:
            task = bar.add_task("training", total=None, loss=0.0)
            yield lambda done, of, loss: bar.update(task, completed=done, total=of, loss=loss)
        return
    began = time.monotonic()

    def line(done: int, of: int, loss: float) -> None:
        if done % 100 == 0 or done == of:
            _say({"step": done, "of": of, "loss": round(loss, 4), "seconds": round(time.monotonic() - began)})

    yield line


def _say(what: object) -> None:
    typer.echo(json.dumps(what, ensure_ascii=False), err=True)
