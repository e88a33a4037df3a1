"""Measures how well each fold finds what it is for, and what it costs: `python -m moderation.evaluation.folds` prints the table.

Terms are those of the word lists, rewritten by `perturbation` and put into the middle of ordinary sentences. Only the half of
the terms that nobody tuned with is measured (`held_out`); examples of what was missed come from the other half.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.contacts import ContactDetector
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.names import NameDetector
from moderation.detectors.joined import TextDetector
from moderation.evaluation.metrics import table, wilson
from moderation.evaluation.perturbation import FOLD_OF, PAIRS, REWRITINGS, rewrite
from moderation.text.folding import fold
from moderation.text.lexicon import Lexicon, load_lexicon
from moderation.text.name_rules import load_name_rules
from moderation.text.scanning import BITS, EVERY
from moderation.text.variants import allowed, granted, length
from moderation.text.wordlist import ON_REQUEST, Status, Term

GOALS: Mapping[str, float] = {
    **dict.fromkeys(
        ("width", "case", "traditional", "invisible", "inserted", "repeated", "enclosed", "split", "emoji"), 0.98
    ),
    **dict.fromkeys(("look_alike", "look_alike_letters", "pinyin", "pinyin_spaced", "vertical", "reversed"), 0.95),
    **dict.fromkeys(("homophone", "fuzzy"), 0.90),
}
"""The least recall, in [0, 1], that each rewriting is held to."""

PAIR_GOAL = 0.90
REVIEW_GOAL, REJECT_GOAL = 0.001, 0.0002
"""The largest share of harmless texts that may be held for review, and that may be refused."""

_ATTEMPTS = 5
_CLAUSE = re.compile(r"[，。！？；：…,!?;\n]+")
_KINDS = (Kind.POST, Kind.BIO, Kind.USERNAME, Kind.AVATAR)
_SCENES = (Scene.POST, Scene.REGISTRATION, Scene.PROFILE_CHANGE, Scene.THIRD_PARTY_LOGIN, Scene.RESCAN)
_WHOLE_READINGS = frozenset({"pinyin", "pinyin_spaced"})


@dataclass(frozen=True, slots=True)
class Carrier:
    """Two clauses of a text that follow each other; a term is put between them."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Harmless:
    """Texts of one kind in which nothing is to be found."""

    name: str
    kind: Kind
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: which rewritings, in which order, and the terms that are measured with them."""

    label: str
    names: tuple[str, ...]
    measured: Callable[[Term], bool]
    goal: float | None = None


@dataclass
class Recall:
    """How often a row's rewritings were found.

    terms      how many terms are measured with them, of which `tried` were drawn and could be rewritten
    found      how many of those any finding of the term's category told of, in its place
    without    how many of those with the row's folds switched off
    severe     how many may be refused by their list, of which `refused` were found with that ceiling
    misses     a term, its rewriting and the text, for each that was not found
    """

    row: Row
    terms: int
    tried: int = 0
    found: int = 0
    without: int = 0
    severe: int = 0
    refused: int = 0
    misses: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many of a file's harmless texts a detector would hold for review or worse, and how many of these it would refuse."""

    detector: str
    file: str
    texts: int
    review: int
    reject: int


@dataclass(frozen=True)
class FoldTable:
    """What was measured.

    terms   how many live terms without `with` are in this half of the lists
    texts   how many harmless texts there are
    recalls in the order of ROWS
    review  for each fold how many harmless texts are held for review or worse because of it alone
    reject  for each fold how many are refused because of it alone
    """

    terms: int
    texts: int
    recalls: Sequence[Recall]
    review: Mapping[str, int]
    reject: Mapping[str, int]
    alarms: Sequence[Alarms]

    def markdown(self) -> str:
        """The three tables and what they hold, for docs/benchmarks.md."""
        singles = [recall for recall in self.recalls if len(recall.row.names) < 2]
        pairs = [recall for recall in self.recalls if len(recall.row.names) == 2]
        return "\n\n".join(
            [
                f"Of {self.terms} terms. Found: something of the term's category where the rewriting stands. Without: the same"
                " with the fold switched off. Refused: of the terms that may be. In brackets the 95% interval (Wilson).",
                table(_RECALL, [self._recall_line(recall) for recall in singles]),
                "Two rewritings one after the other:",
                table(_RECALL, [self._recall_line(recall) for recall in [*pairs, _sum(pairs)] if recall.tried]),
                f"Harmless texts that are held only because of one fold, per 100,000; of {self.texts} texts:",
                table(["Fold", "Held", "Per 100,000", "Refused", "Per 100,000"], list(self._cost_lines())),
                f"Harmless texts that are held (goal: at most {REVIEW_GOAL:.2%}) and refused (at most {REJECT_GOAL:.2%}):",
                table(["Detector", "File", "Texts", "Held", "Share", "Refused", "Share"], list(self._alarm_lines())),
            ]
        )

    def _recall_line(self, recall: Recall) -> list[str]:
        goal = recall.row.goal
        verdict = (
            ["", ""] if goal is None or not recall.tried else [f"{goal:.2f}", _met(recall.found, recall.tried, goal)]
        )
        return [
            recall.row.label,
            f"{recall.terms} ({recall.terms / max(1, self.terms):.0%})",
            str(recall.tried),
            _share(recall.found, recall.tried),
            f"{recall.without / recall.tried:.3f}" if recall.tried and recall.row.names else "",
            f"{recall.refused / recall.severe:.3f}" if recall.severe else "",
            *verdict,
        ]

    def _cost_lines(self) -> Iterator[list[str]]:
        for name in FOLDS:
            counts = (self.review.get(name, 0), self.reject.get(name, 0))
            yield [name, *(cell for count in counts for cell in (str(count), _per_100k(count, self.texts)))]

    def _alarm_lines(self) -> Iterator[list[str]]:
        for row in self.alarms:
            shares = (
                f"{count / max(1, row.texts):.2%} {_interval(count, row.texts, '.2%')}"
                for count in (row.review, row.reject)
            )
            held, refused = shares
            yield [row.detector, row.file, str(row.texts), str(row.review), held, str(row.reject), refused]


_RECALL = ["Rewriting", "Allowed", "Tried", "Found", "Without", "Refused", "Goal", "Met"]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} {_interval(part, whole, '.3f')}" if whole else ""


def _per_100k(count: int, texts: int) -> str:
    low, high = wilson(count, texts)
    return f"{1e5 * count / max(1, texts):.0f} ({1e5 * low:.0f}–{1e5 * high:.0f})"


def _interval(part: int, whole: int, form: str) -> str:
    low, high = wilson(part, whole)
    return f"({low:{form}}–{high:{form}})"


def _met(part: int, whole: int, goal: float) -> str:
    return "yes" if part >= goal * whole else "no"


def _sum(recalls: Sequence[Recall]) -> Recall:
    total = Recall(Row("all pairs", ("", ""), lambda _: True, PAIR_GOAL), 0)
    for recall in recalls:
        for name in ("tried", "found", "without", "severe", "refused"):
            setattr(total, name, getattr(total, name) + getattr(recall, name))
    return total


def held_out(term: Term) -> bool:
    """Whether a term is of the half that nobody tunes with; never changes while the term is in its list.

    The tables, rules and lists were tuned with the terms of the other half alone.
    """
    return hashlib.sha256(f"{term.category} {term.text}".encode()).digest()[0] < 128


def carriers(lines: Iterable[str]) -> list[Carrier]:
    """Each two neighbouring clauses of texts in which a literal \\n is the end of a line.

    >>> carriers(["下雨了，带伞，别忘了！"])
    [Carrier(before='下雨了', after='带伞'), Carrier(before='带伞', after='别忘了')]
    """
    found = []
    for line in lines:
        clauses = _CLAUSE.split(line.replace("\\n", "\n"))
        for before, after in pairwise(clauses):
            if _han(before[-1:]) and _han(after[:1]):
                found.append(Carrier(before, after))
    return found


def _han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def may(term: Term, name: str) -> bool:
    """Whether a term is to be found through a rewriting: by its length or its list; a short one's reviews do not count here."""
    named = FOLD_OF[name]
    if f"-{named}" in term.rules.folds:
        return False
    if named not in ON_REQUEST or name == "look_alike_letters":
        return True
    if not allowed(term) & BITS[named]:
        return False
    least = 4 if named in ("look_alike", "homophone") else 3 if name in _WHOLE_READINGS else 0
    return length(term.text) >= least or granted(term, named)


def _short(name: str) -> Callable[[Term], bool]:
    """Terms of three characters that are found by themselves, at most for review."""
    named = FOLD_OF[name]
    return lambda term: bool(allowed(term) & BITS[named]) and length(term.text) == 3 and not granted(term, named)


def _rows() -> Iterator[Row]:
    yield Row("as written", (), lambda _: True, 0.999)
    for name in REWRITINGS:
        yield Row(name, (name,), lambda term, name=name: may(term, name), GOALS.get(name))  # type: ignore[misc]
        if name in ("look_alike", "homophone", "fuzzy"):
            yield Row(f"{name}, 3 characters", (name,), _short(name))
    for pair in PAIRS:
        both = lambda term, pair=pair: all(may(term, name) for name in pair)  # noqa: E731
        yield Row(" + ".join(pair), pair, both, PAIR_GOAL)


ROWS: Sequence[Row] = tuple(_rows())


class _Bench:
    """One lexicon, looked through with any of the folds switched off."""

    def __init__(self, lexicon: Lexicon, today: date) -> None:
        self._lexicon, self._today = lexicon, today
        self._detectors: dict[int, KeywordDetector] = {}

    def without(self, names: Iterable[str] = ()) -> KeywordDetector:
        on = EVERY & ~sum({BITS[name] for name in names})
        return self._detectors.setdefault(on, KeywordDetector(self._lexicon, lambda kind, scene: on))

    def terms(self, half: bool) -> list[Term]:
        """The live terms of one half that need no company."""
        terms = map(self._lexicon.term, range(self._lexicon.terms))
        return [
            term
            for term in terms
            if term.rules.status is Status.LIVE
            and not term.rules.near
            and (term.rules.expires is None or self._today < term.rules.expires)
            and held_out(term) is half
        ]

    def best(self, term: Term, text: str, span: Span, off: Iterable[str] = ()) -> Verdict:
        """The worst verdict that a finding of the term's category earns in its place; PASS without any."""
        kind = next(kind for kind in _KINDS if kind in term.rules.kinds)
        scene = next(scene for scene in _SCENES if scene in term.rules.scenes)
        found = self.without(off).screen(text, kind, scene, self._today)
        here = (f.ceiling for f in found if f.category == term.category and f.span and f.span.overlaps(span))
        return max(here, default=Verdict.PASS)


def measure(
    lexicon: Lexicon,
    carriers: Sequence[Carrier],
    benign: Sequence[Harmless],
    seed: int,
    per_fold: int,
    *,
    others: Mapping[str, TextDetector] | None = None,
    half: bool = True,
    today: date | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> FoldTable:
    """The table, the same for the same arguments.

    per_fold  so many terms at most are tried in each row
    others    further detectors whose false alarms are counted
    half      True for the terms held out, False for those to tune with
    today     the day, UTC, for terms that expire; None: this one
    progress  told what is being done
    """
    today = today or datetime.now(UTC).date()
    bench = _Bench(lexicon, today)
    terms = bench.terms(half)
    recalls = []
    for row in ROWS:
        progress(row.label)
        recalls.append(_recall(bench, row, terms, carriers, seed, per_fold))
    review: Counter[str] = Counter()
    reject: Counter[str] = Counter()
    alarms = []
    for file in benign:
        progress(f"harmless: {file.name}")
        alarms += [_alarms(name, detector, file, today) for name, detector in (others or {}).items()]
        alarms.append(_alarms("keywords", bench.without(), file, today))
        for name, before, after in _costs(bench, file, today):
            review[name] += before > Verdict.PASS and after is Verdict.PASS
            reject[name] += before is Verdict.REJECT and after < Verdict.REJECT
    return FoldTable(len(terms), sum(len(file.texts) for file in benign), recalls, review, reject, alarms)


def _recall(
    bench: _Bench, row: Row, terms: Sequence[Term], carriers: Sequence[Carrier], seed: int, per_fold: int
) -> Recall:
    chosen = [term for term in terms if row.measured(term)]
    recall = Recall(row, len(chosen))
    folds = {FOLD_OF[name] for name in row.names}

    def key(term: Term) -> str:
        return f"{seed} {row.label} {term.category} {term.text}"

    # By a hash and each with its own seed, so that a list's edit changes nothing for the other terms.
    for term in sorted(chosen, key=lambda term: hashlib.sha256(key(term).encode()).digest()):
        random = Random(key(term))
        written = next(filter(None, (rewrite(term.written, row.names, random) for _ in range(_ATTEMPTS))), None)
        if written is None:
            continue
        text, span = _placed(term, written, carriers, random, "vertical" in row.names)
        verdict = bench.best(term, text, span)
        severe = term.rules.ceiling is Verdict.REJECT
        recall.tried += 1
        recall.found += verdict > Verdict.PASS
        recall.without += bool(folds) and bench.best(term, text, span, folds) > Verdict.PASS
        recall.severe += severe
        recall.refused += severe and verdict is Verdict.REJECT
        if verdict is Verdict.PASS:
            recall.misses.append((term.written, written, text))
        if recall.tried == per_fold:
            break
    return recall


def _placed(term: Term, written: str, carriers: Sequence[Carrier], random: Random, vertical: bool) -> tuple[str, Span]:
    """A text with the rewritten term between two clauses that have nothing of what it may not stand near."""
    carrier = Carrier("", "")
    for _ in range(20 if carriers else 0):
        drawn = random.choice(carriers)
        plain = fold(drawn.before + term.written + drawn.after).text
        if all(plain.count(word) == term.text.count(word) for word in term.rules.far):
            carrier = drawn
            break
    gaps = ("\n",) if vertical else ("", "", "，", " ")
    start = carrier.before + random.choice(gaps)
    return start + written + random.choice(gaps) + carrier.after, Span(len(start), len(start) + len(written))


def _scene(kind: Kind) -> Scene:
    return Scene.POST if kind is Kind.POST else Scene.REGISTRATION


def _worst(findings: Iterable[Finding]) -> Verdict:
    return max((finding.ceiling for finding in findings), default=Verdict.PASS)


def _alarms(name: str, detector: TextDetector, file: Harmless, today: date) -> Alarms:
    worst = [_worst(detector.screen(text, file.kind, _scene(file.kind), today)) for text in file.texts]
    return Alarms(name, file.name, len(worst), sum(v > Verdict.PASS for v in worst), worst.count(Verdict.REJECT))


def _costs(bench: _Bench, file: Harmless, today: date) -> Iterator[tuple[str, Verdict, Verdict]]:
    """For each text and each fold that a hit names there, the worst verdict and what it would be without the fold."""
    for text in file.texts:
        where = (text, file.kind, _scene(file.kind), today)
        before = _worst(bench.without().screen(*where))
        if before > Verdict.PASS:
            named = {name for _, finding in bench.without().hits(*where) for name in finding.folds}
            for name in sorted(named):
                yield name, before, _worst(bench.without([name]).screen(*where))


def harmless(name: str, kind: Kind, lines: Iterable[str]) -> Harmless:
    """A file of harmless texts, one a line, in which a literal \\n is the end of a line."""
    return Harmless(name, kind, [line.replace("\\n", "\n") for line in lines if line])


def _extra(path: Path) -> Iterator[Harmless]:
    """The texts of JSON lines with the fields `text` and, if it is no post, `kind`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for kind in Kind:
        if texts := [row["text"] for row in rows if row.get("kind", Kind.POST) == kind]:
            yield Harmless(f"{path.stem}, {kind}", kind, texts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m moderation.evaluation.folds", description=__doc__)
    parser.add_argument("--wordlists", type=Path, default=Path("wordlists"), help="folder of lists, with benign/ in it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-fold", type=int, default=1000, help="so many terms at most in each row")
    parser.add_argument(
        "--misses", type=int, default=0, metavar="N", help="N misses a row, of the half to tune with, instead"
    )
    parser.add_argument(
        "--extra", type=Path, metavar="FILE", help="more harmless texts: JSON lines with the field text"
    )
    given = parser.parse_args(arguments)
    lexicon = load_lexicon(given.wordlists, {file.stem for file in given.wordlists.glob("*.txt")})
    lines = {name: _lines(given.wordlists / "benign" / f"{name}.txt") for name in ("usernames", "bios", "posts")}
    kinds = {"usernames": Kind.USERNAME, "bios": Kind.BIO, "posts": Kind.POST}
    benign = [harmless(name, kinds[name], lines[name]) for name in lines]
    benign += _extra(given.extra) if given.extra else ()
    result = measure(
        lexicon,
        carriers(lines["posts"]),
        () if given.misses else benign,
        given.seed,
        given.per_fold,
        others={"contacts": ContactDetector(), "names": NameDetector(load_name_rules(given.wordlists / "names.toml"))},
        half=not given.misses,
        progress=lambda what: print(what, file=sys.stderr),
    )
    print(_shown_misses(result, given.misses) if given.misses else result.markdown())


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _shown_misses(result: FoldTable, most: int) -> str:
    blocks = []
    for recall in result.recalls:
        examples = [f"  {term}  →  {written!r}  in  {text!r}" for term, written, text in recall.misses[:most]]
        blocks.append("\n".join([f"{recall.row.label}: {_share(recall.found, recall.tried)}", *examples]))
    return "\n".join(blocks)


if __name__ == "__main__":
    main()
