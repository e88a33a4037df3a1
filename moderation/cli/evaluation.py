"""`moderation evaluate`: the word lists, the classifier and both on labelled texts. Needs the `train` extra."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated

import typer

from moderation.cli.rescans import told
from moderation.core.clock import Clock, rfc3339
from moderation.core.errors import BadInput, BadSetup, Problem
from moderation.core.finding import Check
from moderation.detectors.classifier import load_classifier
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.panel import Panel
from moderation.settings import Settings
from moderation.wiring import build_panel, read_policy

if TYPE_CHECKING:
    from moderation.evaluation.report import Report

PAGE, FIGURES = "report.html", "report.json"


def add_to(app: typer.Typer) -> None:
    app.command(
        "evaluate",
        epilog="Example: moderation evaluate --data models/corpus/dev --report var/report --compare old/text",
    )(evaluate)


def evaluate(
    data: Annotated[
        list[Path],
        typer.Option(
            help="JSON lines (text, labels, kind?, near?, register?, split?), a file or a folder; again for more."
        ),
    ],
    report: Annotated[
        Path, typer.Option(help=f"Folder to write {PAGE} and {FIGURES} to; what it has of these is replaced.")
    ],
    model: Annotated[Path | None, typer.Option(help="Folder of the model to measure; by default models/text.")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Folder of another model to compare with on the same texts.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many texts at most, drawn at random.")] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Only texts of this split, such as dev: those not trained on; all texts of folders named dev are."
        ),
    ] = "",
    seed: Annotated[int, typer.Option(help="For drawing texts, disguises and intervals.")] = 20261128,
) -> None:
    """Measures the word lists, the model and both on labelled texts: a page with figures, pictures and the mistakes."""
    try:
        from moderation.evaluation.datasets import sample
        from moderation.evaluation.evaluating import Effort, Other, evaluated
        from moderation.evaluation.gathering import gathered
        from moderation.evaluation.judging import Judge
        from moderation.evaluation.plots import pictures
        from moderation.evaluation.report import FORMAT, About, as_values, write_whole
        from moderation.evaluation.report_page import page
    except ImportError as error:
        problem = Problem("the train extra", f"{error.name} is not installed", "pip install 'moderation[train]'")
        raise BadSetup([problem]) from error

    settings, clock = Settings.read(), Clock()
    policy = read_policy(settings.policy)
    folder = model or settings.models / "text"
    for place in (folder, compare):
        if place and not place.exists():
            raise FileNotFoundError(2, "no such folder", str(place))
    found = gathered(data, policy.categories.keys(), split)
    _make(report)
    examples = [example for rows in found.values() for example in rows]
    examples = examples if limit is None else sample(examples, limit, Random(seed))
    with ExitStack() as closing:
        panel = build_panel(replace(settings, classifier=False), policy, clock, closing)
        classifier = closing.enter_context(load_classifier(folder))
        judge = Judge(panel, classifier)
        closing.callback(judge.close)
        other = None
        if compare:
            second = closing.enter_context(load_classifier(compare))
            other = Other(Judge(panel, second), (str(folder), str(compare)), f"{compare} ({second.source})")
            closing.callback(other.judge.close)
        about = About(
            made=rfc3339(clock.now()),
            texts={str(place): len(rows) for place, rows in found.items()},
            split=split,
            drawn=len(examples),
            violating=sum(1 for example in examples if example.labels),
            model=f"{folder} ({classifier.source})",
            lists=_lists_of(panel),
            policy=policy.version,
            seed=seed,
        )
        measured = evaluated(examples, judge, policy, about, told, other, Effort(seed=seed))
    titles = {code: category.titles for code, category in policy.categories.items()}
    write_whole(report / PAGE, page(measured, pictures(measured), titles))
    write_whole(report / FIGURES, _json({"format": FORMAT, **as_values(measured)}))
    _summarise(measured, report / PAGE)


def _make(folder: Path) -> None:
    """The folder, before hours of work rather than after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(
            [Problem("--report", f"{folder} is not a folder", "name a folder; it is made if need be")]
        ) from error


def _lists_of(panel: Panel) -> str:
    keywords = panel.text[Check.KEYWORDS]
    return keywords.source if isinstance(keywords, KeywordDetector) else ""


def _json(value: Mapping[str, object]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _summarise(report: "Report", page: Path) -> None:
    about = report.about
    typer.echo(f"{about.drawn} texts, {about.violating} of them violating; held or refused, with 95% intervals:")
    typer.echo(f"{'':5}  {'macro-F1':19}  violating found  alarms per 1,000 harmless  of these refused")
    for system, overall in report.systems.items():
        f1, alarms = overall.macro_f1["review"], overall.alarms
        typer.echo(
            f"{system:5}  {f'{f1.value:.3f} ({f1.low:.3f}–{f1.high:.3f})':19}  {overall.any.review.recall.value:15.3f}"
            f"  {1000 * alarms.review.share:25.1f}  {1000 * alarms.reject.share:16.1f}"
        )
    for system, contest in (report.comparison.contests if report.comparison else {}).items():
        typer.echo(f"{system}: {contest.sentence['en']}")
    typer.echo(str(page))
