"""docs/benchmarks.md from the figures: tables, goals beside them, and how to read them."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from moderation.evaluation.metrics import table
from tests.bench import classifier_report, keyword_report, picture_report
from tests.bench.figures import Figures, Registrations
from tests.bench.keyword_report import Goal
from tests.bench.registrations import BOUND_MS, RATES

MIDDLE_RATE = 50
GOALS = {True: 60.0, False: 15.0}
"""The highest p99 in milliseconds at MIDDLE_RATE, inclusive: with the classifier, and keyword-only."""
UNEXPLAINED_GOAL = 3.0


def machine(load_before: tuple[float, float, float]) -> list[tuple[str, str]]:
    """What the figures were measured on."""
    return [
        ("Processor", _processor()),
        ("Cores", str(os.cpu_count())),
        ("System", f"{platform.system()} {platform.release()}"),
        ("Python", platform.python_version()),
        ("Date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("Load average before the run", ", ".join(f"{value:.2f}" for value in load_before)),
    ]


def document(figures: Figures, facts: Sequence[tuple[str, str]], rounds: int, seconds: float, minutes: float) -> str:
    """The page, as Markdown."""
    parts = [
        "# Benchmarks",
        "Written by `make bench`; do not edit. All of it ran on one machine, the load generator beside the service, "
        f"in {minutes:.0f} minutes.",
        table(["Machine", ""], facts),
        "## Goals",
        _goals(figures),
        "The folds that are on by default are all of them, so that the two goals for short texts are held against one figure. "
        "What the folds are to find, and how few harmless texts they may hold, has goals in its own tables further down.",
        "## Registrations",
        f"The service as `make run` starts it: SQLite, the bundled Valkey, one worker, one API process. Each request is one "
        f"registration with a username and a bio of its own, a tenth of them in violation. Medians of {rounds} rounds of "
        f"{seconds:g} seconds at each rate, in brackets the lowest and highest round; each round on a new, empty service, the "
        "two configurations in turn.",
        "### With the classifier",
        _registrations(figures.with_classifier),
        "### Keyword-only (`MODERATION_CLASSIFIER=off`)",
        _registrations(figures.keyword_only),
        "### Where the time goes",
        f"Medians over all requests at {MIDDLE_RATE}/s, in milliseconds. The service's total is its detectors, its database and "
        "what neither explains; outside of it are the network, HTTP parsing and the generator's own reading. "
        "How late the generator sent is in the latencies too.",
        _where(figures),
        "## Engines alone",
        "In one process and one thread, without HTTP or database. Other matchers stand beside ours in the next section.",
        _engines(figures),
        *classifier_report.sections(figures.beside),
        *keyword_report.sections(figures.keyword_engine),
        *picture_report.sections(figures.pictures),
        "## How to read this",
        _reading(),
    ]
    return "\n\n".join(parts) + "\n"


def _goals(figures: Figures) -> str:
    rows = []
    for on, found in ((True, figures.with_classifier), (False, figures.keyword_only)):
        name = "with the classifier" if on else "keyword-only"
        p99 = found.middle(MIDDLE_RATE, "p99")
        rows.append(_goal(f"p99 at {MIDDLE_RATE} registrations/s, {name}", p99, GOALS[on]))
    for on, found in ((True, figures.with_classifier), (False, figures.keyword_only)):
        name = "with the classifier" if on else "keyword-only"
        unexplained = found.middle(MIDDLE_RATE, "unexplained")
        rows.append(_goal(f"median that neither detectors nor database explain, {name}", unexplained, UNEXPLAINED_GOAL))
    return table(
        ["Goal", "Bound", "Measured", "Met"],
        [
            *rows,
            *classifier_report.goals(figures.beside),
            *keyword_report.goals(figures.keyword_engine),
            *picture_report.goals(figures.pictures),
        ],
    )


def _goal(name: str, measured: float, goal: float) -> Goal:
    return name, f"at most {goal:g} ms", f"{measured:.1f} ms", "yes" if measured <= goal else "**no**"


def _registrations(found: Registrations) -> str:
    rows = []
    for rate in RATES:
        low, high = found.spread(rate, "p99")
        requests = sum(each.requests for each in found.steady[rate])
        errors = sum(each.errors for each in found.steady[rate])
        rows.append(
            (
                f"{rate}/s",
                str(requests),
                f"{found.middle(rate, 'p50'):.1f} ms",
                f"{found.middle(rate, 'p99'):.1f} ms ({low:.1f}–{high:.1f})",
                f"{max(each.worst for each in found.steady[rate]):.0f} ms",
                str(errors),
                f"{found.middle(rate, 'degraded'):.1%}",
            )
        )
    rates = table(["Rate", "Requests", "p50", "p99", "Worst of all", "Errors", "Degraded"], rows)
    middle = sorted(found.limits)[len(found.limits) // 2]
    low, high = min(found.limits), max(found.limits)
    passes = f"p99 passes {BOUND_MS:g} ms at about **{middle:.0f} registrations/s** ({low:.0f}–{high:.0f})."
    above = f"p99 had not passed {BOUND_MS:g} ms at {low:.0f} registrations/s, the highest rate tried."
    return f"{rates}\n\n{passes if found.sure else above}"


def _where(figures: Figures) -> str:
    names = {
        "detectors": "detectors",
        "database": "database",
        "unexplained": "neither (the goal's figure)",
        "outside": "outside the service's total",
        "late": "sent late by the generator",
    }
    both = figures.with_classifier, figures.keyword_only
    rows = [(shown, *(f"{found.middle(MIDDLE_RATE, name):.2f}" for found in both)) for name, shown in names.items()]
    share = (f"{found.middle(MIDDLE_RATE, 'generator'):.1%}" for found in both)
    return table(["", "With the classifier", "Keyword-only"], [*rows, ("the generator's share of one core", *share)])


def _engines(figures: Figures) -> str:
    words, model, rescan = figures.keywords, figures.classifier, figures.rescan
    rows = [
        (f"Keywords, {words.terms:,} terms: text without a hit ({words.clean_characters:.0f} characters)",
         f"{words.clean_us:.1f} µs of CPU"),
        (f"Keywords: text with hits ({words.hits_characters:.0f} characters)", f"{words.hits_us:.1f} µs of CPU"),
        *((f"Classifier: one text of {tokens} tokens", f"{ms:.1f} ms") for tokens, ms in model.alone_ms.items()),
        (f"Classifier: 32 texts at once ({model.at_once_tokens:.0f} tokens on average)", f"{model.at_once:.0f} texts/s"),
        (f"Rescan: profiles (username and bio) in batches of {rescan.batch}, with the classifier",
         f"{rescan.with_classifier:.0f} profiles/s"),
        ("Rescan: the same, keyword-only", f"{rescan.without:,.0f} profiles/s"),
    ]  # fmt: skip
    return table(["What", "Figure"], rows)


def _reading() -> str:
    return "\n".join(
        f"* {line}"
        for line in (
            "**Open loop.** Requests are sent when they are due, at random (Poisson) moments, however long earlier ones "
            "take, and a latency runs from that moment: a service that stalls is seen to stall.",
            "**Deadline.** Every request asks for `deadline_ms: 1000` and not the default 150, so that slow answers are "
            "measured and not cut. In production the deadline bounds the latency, and the excess shows as `degraded`.",
            f"**The rate at which p99 passes {BOUND_MS:g} ms** is searched in steps of a quarter, then by halving; each "
            "step is short, so take it as ±10%.",
            "**Generator.** It shares the machine's cores with the service; its share is in the table above.",
            "**Noise.** On a shared machine compare figures of one run with each other, not with another day's. The range "
            "over rounds says how noisy this run was; the load average above, whether anything else was running.",
            "**Engines.** Keywords: median CPU time of folding and matching with the lists that ship. Classifier: median "
            "wall-clock time, one thread of the model; 128 tokens are two windows. Rescan: the panel alone, as a worker "
            "calls it, without storing results.",
        )
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.is_file() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
