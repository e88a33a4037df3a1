"""Measures how well each fold finds what it is for, and what it costs: `python -m moderation.evaluation.folds` prints the table.

Terms are those of the word lists, rewritten by `perturbation` and put into the middle of ordinary sentences. Only the half of
the terms that nobody tuned with is measured; examples of what was missed are shown of the other half alone. The harmless texts
of wordlists/benign, though, are those that the lists were checked against: for an unbiased rate give others with --extra.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

from moderation.core.finding import Finding, Verdict
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.contacts import ContactDetector
from moderation.detectors.detector import TextDetector
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.names import NameDetector
from moderation.evaluation.fold_table import GOALS, PAIR_GOAL, Alarms, FoldTable, Miss, Recall, Row
from moderation.evaluation.perturbation import FOLD_OF, PAIRS, REWRITINGS, rewrite
from moderation.text.folding import fold
from moderation.text.lexicon import Lexicon, load_lexicon
from moderation.text.name_rules import load_name_rules
from moderation.text.scanning import BITS, EVERY
from moderation.text.variants import allowed, granted, length
from moderation.text.wordlist import ON_REQUEST, Status, Term

_ATTEMPTS = 5
_CLAUSE = re.compile(r"[，。！？；：…,!?;\n]+")
_KINDS = (Kind.POST, Kind.BIO, Kind.USERNAME, Kind.AVATAR)
_SCENES = (Scene.POST, Scene.REGISTRATION, Scene.PROFILE_CHANGE, Scene.THIRD_PARTY_LOGIN, Scene.RESCAN)
_WHOLE_READINGS = frozenset({"pinyin", "pinyin_spaced"})
_SUBSTITUTED = frozenset({"look_alike", "homophone"})
_FILES = {"usernames": Kind.USERNAME, "bios": Kind.BIO, "posts": Kind.POST}


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


def held_out(term: Term) -> bool:
    """Whether a term is of the half to measure with, by a hash of its category and folded text.

    Tables, rules and lists were tuned with terms of the other half alone.
    """
    return hashlib.sha256(f"{term.category} {term.text}".encode()).digest()[0] < 128


def carriers(lines: Iterable[str]) -> list[Carrier]:
    """Each two clauses that follow each other and have Chinese characters where they meet; a literal \\n ends a line.

    >>> carriers(["下雨了，带伞，别忘了！"])
    [Carrier(before='下雨了', after='带伞'), Carrier(before='带伞', after='别忘了')]
    """
    pairs = (pair for line in lines for pair in pairwise(_CLAUSE.split(line.replace("\\n", "\n"))))
    return [Carrier(before, after) for before, after in pairs if _han(before[-1:]) and _han(after[:1])]


def _han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def may(term: Term, name: str) -> bool:
    """Whether a term is to be found through a rewriting, because of its length or because its list says so.

    Three characters by another of like sound or shape do not count here: they have rows of their own.
    """
    named = FOLD_OF[name]
    if f"-{named}" in term.rules.folds:
        return False
    if named not in ON_REQUEST or name == "look_alike_letters":
        return True
    least = 4 if named in _SUBSTITUTED else 3 if name in _WHOLE_READINGS else 0
    return bool(allowed(term) & BITS[named]) and (length(term.text) >= least or granted(term, named))


def _three(term: Term, name: str) -> bool:
    named = FOLD_OF[name]
    return bool(allowed(term) & BITS[named]) and length(term.text) == 3 and not granted(term, named)


def _rows() -> Iterator[Row]:
    yield Row("as written", (), lambda _: True)
    for name in REWRITINGS:
        yield Row(name, (name,), lambda term, name=name: may(term, name), GOALS.get(name))  # type: ignore[misc]
        if FOLD_OF[name] in _SUBSTITUTED and name != "look_alike_letters":
            yield Row(f"{name}, 3 characters", (name,), lambda term, name=name: _three(term, name))  # type: ignore[misc]
    for one, other in PAIRS:
        both = lambda term, one=one, other=other: may(term, one) and may(term, other)  # noqa: E731
        yield Row(f"{one} + {other}", (one, other), both, PAIR_GOAL)


ROWS: Sequence[Row] = tuple(_rows())


class _Bench:
    """One lexicon, on one day, looked through with any of the folds switched off."""

    def __init__(self, lexicon: Lexicon, today: date) -> None:
        self._lexicon, self.today = lexicon, today
        self._detectors: dict[int, KeywordDetector] = {}

    def without(self, names: Iterable[str] = ()) -> KeywordDetector:
        on = EVERY & ~sum(BITS[name] for name in set(names))
        return self._detectors.setdefault(on, KeywordDetector(self._lexicon, lambda kind, scene: on))

    def terms(self, of_held_out: bool) -> list[Term]:
        """The live terms of one half that need no other word near them."""
        terms = map(self._lexicon.term, range(self._lexicon.terms))
        return [term for term in terms if self._acts_alone(term) and held_out(term) is of_held_out]

    def _acts_alone(self, term: Term) -> bool:
        rules = term.rules
        expired = rules.expires is not None and self.today >= rules.expires
        return rules.status is Status.LIVE and not rules.near and not expired

    def ceiling(self, term: Term, text: str, span: Span, off: Iterable[str] = ()) -> Verdict:
        """The worst verdict that a finding of the term's category may earn in this place; PASS without any."""
        kind = next(kind for kind in _KINDS if kind in term.rules.kinds)
        scene = next(scene for scene in _SCENES if scene in term.rules.scenes)
        found = self.without(off).screen(text, kind, scene, self.today)
        return _worst(f for f in found if f.category == term.category and f.span and f.span.overlaps(span))


def measure(
    lexicon: Lexicon,
    carriers: Sequence[Carrier],
    benign: Sequence[Harmless],
    seed: int,
    per_fold: int,
    *,
    others: Mapping[str, TextDetector] | None = None,
    of_held_out: bool = True,
    today: date | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> FoldTable:
    """The table; always the same for the same arguments.

    per_fold     so many terms at most are tried in each row
    others       further detectors whose false alarms are counted
    of_held_out  False for the terms to tune with
    today        the day, UTC, for terms that expire; None: this one
    progress     told what comes next
    """
    bench = _Bench(lexicon, today or datetime.now(UTC).date())
    terms = bench.terms(of_held_out)
    recalls = []
    for row in ROWS:
        progress(row.label)
        recalls.append(_recall(bench, row, terms, carriers, seed, per_fold))
    review: Counter[str] = Counter()
    reject: Counter[str] = Counter()
    alarms = []
    for file in benign:
        progress(f"harmless {file.name}")
        for name, detector in {"keywords": bench.without(), **(others or {})}.items():
            alarms.append(_alarms(name, detector, file, bench.today))
        for name, before, after in _costs(bench, file):
            review[name] += after is Verdict.PASS
            reject[name] += before is Verdict.REJECT and after < Verdict.REJECT
    return FoldTable(len(terms), sum(len(file.texts) for file in benign), recalls, review, reject, alarms)


def _recall(
    bench: _Bench, row: Row, terms: Sequence[Term], carriers: Sequence[Carrier], seed: int, per_fold: int
) -> Recall:
    def key(term: Term) -> str:
        return f"{seed} {row.label} {term.category} {term.text}"

    chosen = [term for term in terms if row.measured(term)]
    off = {FOLD_OF[name] for name in row.names}
    tried = found = without = severe = refused = 0
    misses = []
    # In the order of a hash and each with a seed of its own, so that editing a list changes nothing for its other terms.
    for term in sorted(chosen, key=lambda term: hashlib.sha256(key(term).encode()).digest()):
        if tried == per_fold:
            break
        random = Random(key(term))
        written = next(filter(None, (rewrite(term.written, row.names, random) for _ in range(_ATTEMPTS))), None)
        if written is None:
            continue
        text, span = _placed(term, written, carriers, random, "vertical" in row.names)
        ceiling = bench.ceiling(term, text, span)
        may_refuse = term.rules.ceiling is Verdict.REJECT
        tried += 1
        found += ceiling > Verdict.PASS
        without += bool(off) and bench.ceiling(term, text, span, off) > Verdict.PASS
        severe += may_refuse
        refused += may_refuse and ceiling is Verdict.REJECT
        if ceiling is Verdict.PASS:
            misses.append(Miss(term.written, written, text))
    return Recall(row, len(chosen), tried, found, without, severe, refused, misses)


def _placed(term: Term, written: str, carriers: Sequence[Carrier], random: Random, vertical: bool) -> tuple[str, Span]:
    """A text with the rewriting between two clauses that have no word which the term may not stand near, and its place."""
    carrier = Carrier("", "")
    for _ in range(20 if carriers else 0):
        drawn = random.choice(carriers)
        plain = fold(drawn.before + term.written + drawn.after).text
        if all(plain.count(word) == term.text.count(word) for word in term.rules.far):
            carrier = drawn
            break
    gaps = ("\n",) if vertical else ("", "", "，", " ")
    before = carrier.before + random.choice(gaps)
    return before + written + random.choice(gaps) + carrier.after, Span(len(before), len(before) + len(written))


def _worst(findings: Iterable[Finding]) -> Verdict:
    return max((finding.ceiling for finding in findings), default=Verdict.PASS)


def _scene(kind: Kind) -> Scene:
    return Scene.POST if kind is Kind.POST else Scene.REGISTRATION


def _alarms(name: str, detector: TextDetector, file: Harmless, today: date) -> Alarms:
    held, reject = [], 0
    for text in file.texts:
        found = [f for f in detector.screen(text, file.kind, _scene(file.kind), today) if f.ceiling > Verdict.PASS]
        if found:
            reject += _worst(found) is Verdict.REJECT
            held.append(", ".join(_told(finding, text) for finding in found) + f" in {text!r}")
    return Alarms(name, file.name, len(file.texts), len(held), reject, held)


def _told(finding: Finding, text: str) -> str:
    what = finding.span.of(text) if finding.span else ""
    return f"{what!r} {finding.category} {finding.ceiling.word} {'+'.join(finding.folds)}".rstrip()


def _costs(bench: _Bench, file: Harmless) -> Iterator[tuple[str, Verdict, Verdict]]:
    """For each text that is held and each fold that a hit in it names, how far it goes, and how far without the fold."""
    for text in file.texts:
        where = (text, file.kind, _scene(file.kind), bench.today)
        before = _worst(bench.without().screen(*where))
        if before > Verdict.PASS:
            named = {name for _, finding in bench.without().hits(*where) for name in finding.folds}
            for name in sorted(named):
                yield name, before, _worst(bench.without([name]).screen(*where))


def harmless(name: str, kind: Kind, lines: Iterable[str]) -> Harmless:
    """Texts one a line, without empty ones; a literal \\n ends a line of the text."""
    return Harmless(name, kind, [line.replace("\\n", "\n") for line in lines if line])


def extra(path: Path) -> list[Harmless]:
    """The texts of JSON lines with the field `text` and, for those that are no posts, `kind`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    files = (
        Harmless(f"{path.stem} ({kind})", kind, [row["text"] for row in rows if row.get("kind", Kind.POST) == kind])
        for kind in Kind
    )
    return [file for file in files if file.texts]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m moderation.evaluation.folds", description=__doc__)
    parser.add_argument("--wordlists", type=Path, default=Path("wordlists"), help="folder of lists, with benign/ in it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-fold", type=int, default=1000, help="so many terms at most in each row")
    parser.add_argument("--extra", type=Path, metavar="FILE", help="more harmless texts, as JSON lines with `text`")
    parser.add_argument(
        "--misses", type=int, metavar="N", help="instead of the table N misses a row, of the half to tune with"
    )
    given = parser.parse_args(arguments)
    lists = given.wordlists
    lines = {name: (lists / "benign" / f"{name}.txt").read_text(encoding="utf-8").split("\n") for name in _FILES}
    benign = [harmless(name, kind, lines[name]) for name, kind in _FILES.items()]
    result = measure(
        load_lexicon(lists, {file.stem for file in lists.glob("*.txt")}),
        carriers(lines["posts"]),
        benign + (extra(given.extra) if given.extra else []),
        given.seed,
        given.per_fold,
        others={"contacts": ContactDetector(), "names": NameDetector(load_name_rules(lists / "names.toml"))},
        of_held_out=given.misses is None,
        progress=lambda what: print(what, file=sys.stderr),
    )
    print(result.markdown() if given.misses is None else result.examples(given.misses))


if __name__ == "__main__":
    main()
