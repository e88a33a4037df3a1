"""Pictures of an evaluation as SVG, labelled with category codes and in English, so that no font for Chinese is needed."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from moderation.evaluation.judging import System
from moderation.evaluation.report import Bin, CategoryFigures, Confusion, Curve, Measures, Report

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

COLOURS: Mapping[System, str] = {System.LISTS: "#0072b2", System.MODEL: "#e69f00", System.BOTH: "#009e73"}
"""Told apart by colour-blind readers too."""

_STYLE: "dict[RcKeyType, Any]" = {
    "svg.fonttype": "none",
    "svg.hashsalt": "moderation",
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    "legend.frameon": False,
}

Interval = tuple[float, float, float]
"""A value with its lower and upper bound."""


def pictures(report: Report) -> dict[str, bytes]:
    """By name, each picture as SVG; one that there is nothing for is left out."""
    labelled = [each for each in report.categories if each.texts]
    found = {f"confusion_{system}": confusion(each) for system, each in report.confusion.items()}
    if labelled:
        recalls = {system: [_interval(each.systems[system].review) for each in labelled] for system in report.systems}
        found["recall"] = bars([each.code for each in labelled], recalls, "recall at review (95% interval)")
    if report.rewritings[-1].texts:
        rows = [row for row in report.rewritings if row.texts]
        kept = {
            system: [(rate.share, rate.low, rate.high) for rate in (row.found[system] for row in rows)]
            for system in report.systems
        }
        found["rewritings"] = bars([row.name or "all together" for row in rows], kept, "still found (95% interval)")
    if report.reliability:
        found["reliability"] = reliability(report.reliability)
    if report.curves:
        found["curves"] = curves(report.curves, {each.code: each for each in report.categories})
    return found


def bars(names: Sequence[str], values: Mapping[System, Sequence[Interval]], label: str) -> bytes:
    """For each name a bar a system, in [0, 1], with its interval."""
    height = 0.8 / len(values)
    with _drawn(8, 0.9 + 0.42 * len(names)) as (figure, out):
        axes = figure.add_subplot()
        for which, (system, rows) in enumerate(values.items()):
            places = np.arange(len(names)) + (which - (len(values) - 1) / 2) * height
            middle = np.array([row[0] for row in rows])
            bounds = np.abs(np.array([[row[0] - row[1], row[2] - row[0]] for row in rows])).T
            axes.barh(places, middle, height * 0.92, color=COLOURS[system], label=system.value)
            axes.errorbar(middle, places, xerr=bounds, fmt="none", ecolor="#444", elinewidth=0.8)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel(label)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(values))
    return out.getvalue()


def confusion(table: Confusion) -> bytes:
    """Rows are labels that any text has, columns the top category of the verdict; each row adds up to 1."""
    counts = np.array(table.counts, dtype=float)
    rows, columns = np.flatnonzero(counts.sum(1)), np.flatnonzero(counts.sum(0) + counts.sum(1))
    shares = counts[np.ix_(rows, columns)] / counts[rows].sum(1, keepdims=True)
    with _drawn(1.9 + 0.42 * len(columns), 1.6 + 0.34 * len(rows)) as (figure, out):
        axes = figure.add_subplot()
        axes.grid(False)
        axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="#eeeeee", linewidth=0.4)
        axes.set_ylim(len(rows), 0)
        axes.set_yticks(np.arange(len(rows)) + 0.5, [f"{table.labels[at]} ({counts[at].sum():.0f})" for at in rows])
        axes.set_xticks(np.arange(len(columns)) + 0.5, [table.labels[at] for at in columns], rotation=55, ha="right")
        axes.set_ylabel("label (texts)")
        axes.set_xlabel("top category of the verdict")
        for row, column in np.argwhere(shares >= 0.005):
            share = shares[row, column]
            colour = "white" if share > 0.55 else "#333333"
            axes.text(column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", color=colour, size=7)
    return out.getvalue()


def reliability(bins: Sequence[Bin]) -> bytes:
    """How often probabilities come true, beside what they say; below, how many there are."""
    means = [each.mean for each in bins]
    shares = np.array([each.true.share for each in bins])
    bounds = np.abs(np.array([[s - b.true.low, b.true.high - s] for s, b in zip(shares, bins, strict=True)])).T
    with _drawn(5, 5.4) as (figure, out):
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        upper.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle="--")
        upper.errorbar(means, shares, yerr=bounds, color=COLOURS[System.MODEL], marker="o", markersize=4, capsize=2)
        upper.set_ylabel("share that is true (95% interval)")
        upper.set_ylim(-0.02, 1.02)
        lower.bar(means, [each.true.of for each in bins], 0.06, color="#9aa5b1")
        lower.set_yscale("log")
        lower.set_ylabel("how many")
        lower.set_xlabel("probability that the model gives")
        lower.set_xlim(-0.02, 1.02)
    return out.getvalue()


def curves(found: Mapping[str, Mapping[System, Curve]], categories: Mapping[str, CategoryFigures]) -> bytes:
    """For each category precision over recall, and as dots where the systems stand at review (●) and reject (■)."""
    across = min(4, len(found))
    down = math.ceil(len(found) / across)
    with _drawn(2.5 * across, 2.2 * down + 0.5) as (figure, out):
        panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel().tolist()
        for axes, (code, by_system) in zip(panels, found.items(), strict=False):
            for system, curve in by_system.items():
                axes.plot(curve.recall, curve.precision, color=COLOURS[system], linewidth=1.2)
            for system, figures in categories[code].systems.items():
                _dot(axes, figures.review, COLOURS[system], "o")
                _dot(axes, figures.reject, COLOURS[system], "s")
            axes.set_title(code, fontsize=8)
            axes.set_xlim(-0.02, 1.02)
            axes.set_ylim(-0.02, 1.04)
        for axes in panels[len(found) :]:
            axes.set_visible(False)
        for system, colour in COLOURS.items():
            panels[0].plot([], [], color=colour, label=system.value)
        figure.supxlabel("recall", fontsize=9)
        figure.supylabel("precision", fontsize=9)
        figure.legend(loc="outside upper left", ncols=len(COLOURS))
    return out.getvalue()


def _dot(axes: Axes, measures: Measures, colour: str, marker: str) -> None:
    if measures.found:
        place = ([measures.recall.value], [measures.precision.value])
        axes.plot(*place, marker=marker, color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6)


def _interval(measures: Measures) -> Interval:
    return (measures.recall.value, measures.recall.low, measures.recall.high)


@contextmanager
def _drawn(width: float, height: float) -> Iterator[tuple[Figure, io.BytesIO]]:
    """A figure of this size in inches, and what holds its SVG after the block; the same figures give the same bytes."""
    out = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, out
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
