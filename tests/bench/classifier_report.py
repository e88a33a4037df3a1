"""The page's section about the classifier beside a larger model."""

from collections.abc import Iterator
from statistics import median

from moderation.evaluation.metrics import table
from tests.bench.beside_bert import AT_ONCE, LENGTHS, TOKENS_AT_ONCE, Beside

TIMES_CHEAPER, OF_SESSION, READY = 10.0, 0.85, 1.0
"""The least times as cheap as BERT-base; the least share of the bare session's throughput; the most seconds until ready."""


def goals(found: Beside) -> Iterator[tuple[str, str, str, str]]:
    """The lines of the goals' table."""
    cheaper = min(median(ratios) for ratios in found.ratios.values())
    share = median(found.session)
    name = "classifier: times as cheap as BERT-base in transformers, at its worst length"
    yield _goal(name, "at least", f"{TIMES_CHEAPER:g}×", f"{cheaper:.1f}×", cheaper >= TIMES_CHEAPER)
    name = "classifier: of the bare session's throughput"
    yield _goal(name, "at least", f"{OF_SESSION:.0%}", f"{share:.0%}", share >= OF_SESSION)
    yield _goal("classifier: ready", "at most", f"{READY:g} s", f"{found.ready:.2f} s", found.ready <= READY)


def _goal(name: str, bound: str, goal: str, measured: str, met: bool) -> tuple[str, str, str, str]:
    return name, f"{bound} {goal}", measured, "yes" if met else "**no**"


def sections(found: Beside) -> list[str]:
    """A heading, a paragraph and a table."""
    rows = [
        (
            f"one text of {key} tokens"
            if key != "batch"
            else f"a batch of {AT_ONCE} texts of {TOKENS_AT_ONCE} tokens, each",
            f"{found.ours[key]:.2f} ms",
            f"{found.bert[key]:.2f} ms",
            f"{median(found.ratios[key]):.1f}× ({min(found.ratios[key]):.1f}–{max(found.ratios[key]):.1f})",
        )
        for key in (*LENGTHS, "batch")
    ]
    return [
        "## The classifier beside a model of BERT-base's size",
        "CPU time in one process, one thread each, in turn; medians, in brackets the lowest and highest round. Beside ours stands "
        'what one gets without further work: `pipeline("text-classification")` of transformers on 12 layers of 768 in float32, '
        f"with random weights, since they cost the same. Through our classifier, with its queue and thread, a batch gets "
        f"{median(found.session):.0%} ({min(found.session):.0%}–{max(found.session):.0%}) of the bare onnxruntime session's throughput. "
        f"Ready after {found.ready:.2f} s, libraries imported before; {found.memory / 1e6:.0f} MB more resident.",
        table(["Text", "Ours", "BERT-base, transformers pipeline", "Times as cheap"], rows),
    ]
