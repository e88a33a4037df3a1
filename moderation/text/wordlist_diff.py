"""What differs between two sets of word lists, term by term and field by field, and which texts that changes the grade of."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.text.wordlist import Phrase, Rules, Term, Wordlist
from moderation.text.wordlist_report import Sample

EXAMPLES = 20
"""So many texts whose grade changes are shown."""

SHOWN = 60
"""So many characters of a text are shown."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A term that both have; `fields` are those that differ, before and after, as the grammar writes them."""

    term: Term
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one category; terms and phrases are the same if they fold to the same. In the order of lines."""

    category: str
    added: tuple[Term, ...]
    removed: tuple[Term, ...]
    changed: tuple[Changed, ...]
    phrases_added: tuple[Phrase, ...]
    phrases_removed: tuple[Phrase, ...]

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.changed, self.phrases_added, self.phrases_removed))


def difference(old: Iterable[Wordlist], new: Iterable[Wordlist]) -> tuple[Difference, ...]:
    """The categories in which two sets of lists differ, by name."""
    before, after = ({each.category: each for each in lists} for lists in (old, new))
    found = (
        _between(before.get(category, Wordlist("", category)), after.get(category, Wordlist("", category)))
        for category in sorted(before.keys() | after.keys())
    )
    return tuple(each for each in found if each)


def _between(old: Wordlist, new: Wordlist) -> Difference:
    before, after = ({term.text: term for term in each.terms} for each in (old, new))
    spared, sparing = ({phrase.text: phrase for phrase in each.phrases} for each in (old, new))
    changed = ((term, _changes(before[text].rules, term.rules)) for text, term in after.items() if text in before)
    return Difference(
        new.category,
        added=tuple(term for text, term in after.items() if text not in before),
        removed=tuple(term for text, term in before.items() if text not in after),
        changed=tuple(Changed(term, fields) for term, fields in changed if fields),
        phrases_added=tuple(phrase for text, phrase in sparing.items() if text not in spared),
        phrases_removed=tuple(phrase for text, phrase in spared.items() if text not in sparing),
    )


def _changes(old: Rules, new: Rules) -> dict[str, tuple[str, str]]:
    if old == new:
        return {}
    before, after = fields_of(old), fields_of(new)
    return {
        name: (before.get(name, usual), after.get(name, usual))
        for name, usual in DEFAULTS.items()
        if before.get(name) != after.get(name)
    }


DEFAULTS = {
    "severity": "the category's",
    "kinds": "all",
    "scenes": "all",
    "ceiling": "reject",
    "folds": "as usual",
    "with": "none",
    "without": "none",
    "within": "none",
    "allow": "none",
    "status": "live",
    "expires": "never",
    "note": "none",
}
"""What each field is where a list says nothing of it, in words."""


def fields_of(rules: Rules) -> dict[str, str]:
    """The fields that are not as they are by default, as the grammar writes them.

    >>> fields_of(Rules(severity=3, kinds=frozenset({Kind.POST, Kind.BIO}), near=("赌",)))
    {'severity': '3', 'kinds': 'bio,post', 'with': '赌', 'within': '12'}
    """
    measured = bool(rules.near or rules.far)
    values = {
        "severity": str(rules.severity or ""),
        "kinds": ",".join(kind for kind in Kind if kind in rules.kinds) if rules.kinds != set(Kind) else "",
        "scenes": ",".join(scene for scene in Scene if scene in rules.scenes) if rules.scenes != set(Scene) else "",
        "ceiling": rules.ceiling.word if rules.ceiling is not Verdict.REJECT else "",
        "folds": ",".join(sorted(rules.folds)),
        "with": ",".join(rules.near),
        "without": ",".join(rules.far),
        "within": str(rules.within) if measured else "",
        "allow": ",".join(rules.allow),
        "status": rules.status if rules.status != DEFAULTS["status"] else "",
        "expires": rules.expires.isoformat() if rules.expires else "",
        "note": rules.note,
    }
    return {name: str(value) for name, value in values.items() if value}


def as_lines(found: Sequence[Difference]) -> Iterable[str]:
    """The differences for a person to read: a line a category with counts, then + added, - removed, ~ changed."""
    for each in found:
        counts = {
            "added": len(each.added),
            "removed": len(each.removed),
            "changed": len(each.changed),
            "allow-phrases added": len(each.phrases_added),
            "allow-phrases removed": len(each.phrases_removed),
        }
        yield f"{each.category}: " + ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        for sign, terms in (("+", each.added), ("-", each.removed)):
            for term in terms:
                yield f"  {sign} " + " ; ".join(
                    [term.written, *(f"{name}={value}" for name, value in fields_of(term.rules).items())]
                )
        for changed in each.changed:
            fields = "; ".join(f"{name} {before} → {after}" for name, (before, after) in changed.fields.items())
            yield f"  ~ {changed.term.written}: {fields}"
        for sign, phrases in (("+", each.phrases_added), ("-", each.phrases_removed)):
            for phrase in phrases:
                yield f"  {sign} allow-phrase {phrase.written}"


def as_values(found: Sequence[Difference]) -> dict[str, Any]:
    """The differences as JSON values, by category."""
    return {
        each.category: {
            "added": [{"term": term.written, "fields": fields_of(term.rules)} for term in each.added],
            "removed": [{"term": term.written, "fields": fields_of(term.rules)} for term in each.removed],
            "changed": [
                {
                    "term": changed.term.written,
                    "fields": {name: {"old": old, "new": new} for name, (old, new) in changed.fields.items()},
                }
                for changed in each.changed
            ],
            "phrases_added": [phrase.written for phrase in each.phrases_added],
            "phrases_removed": [phrase.written for phrase in each.phrases_removed],
        }
        for each in found
    }


@dataclass(frozen=True, slots=True)
class Grade:
    """The worst that any term may earn a text, and the term as its list writes it; PASS and "" where none counts."""

    verdict: Verdict = Verdict.PASS
    term: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A text whose grade differs."""

    sample: Sample
    before: Grade
    after: Grade

    @property
    def way(self) -> str:
        return f"{self.before.verdict.word} → {self.after.verdict.word}"


@dataclass(frozen=True, slots=True)
class Effect:
    """What the differences do to texts: how many there are, and those whose grade differs, in their order."""

    texts: int
    turns: tuple[Turn, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many go which way, the commonest first."""
        return dict(Counter(turn.way for turn in self.turns).most_common())


def effect(
    samples: Sequence[Sample],
    before: Callable[[Sample], Grade],
    after: Callable[[Sample], Grade],
    tell: Callable[[int, int], None],
) -> Effect:
    """Grades all texts by both; `tell` is called with how many were, and of how many."""
    turns = []
    for done, sample in enumerate(samples, 1):
        turn = Turn(sample, before(sample), after(sample))
        if turn.before.verdict is not turn.after.verdict:
            turns.append(turn)
        tell(done, len(samples))
    return Effect(len(samples), tuple(turns))


def effect_as_lines(found: Effect) -> Iterable[str]:
    """The effect for a person to read."""
    yield f"{len(found.turns):,} of {found.texts:,} harmless texts change"
    for way, count in found.counts.items():
        yield f"  {way}: {count:,}"
    for turn in found.turns[:EXAMPLES]:
        term = max(turn.before, turn.after, key=lambda grade: grade.verdict).term
        yield f"  {turn.sample.where}: {turn.way} ({term}): {shortened(turn.sample.text)}"


def effect_as_values(found: Effect) -> dict[str, Any]:
    """The effect as JSON values."""
    return {
        "texts": found.texts,
        "changes": found.counts,
        "examples": [
            {
                "where": turn.sample.where,
                "before": turn.before.verdict.word,
                "after": turn.after.verdict.word,
                "term": max(turn.before, turn.after, key=lambda grade: grade.verdict).term,
                "text": shortened(turn.sample.text),
            }
            for turn in found.turns[:EXAMPLES]
        ],
    }


def shortened(text: str) -> str:
    """One line of a text, for showing.

    >>> shortened("一\\n二"), len(shortened("长" * 100))
    ('一 二', 60)
    """
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
