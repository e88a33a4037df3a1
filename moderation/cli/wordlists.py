"""`moderation wordlists`: checks the lists that screening goes by, imports words into them, and says what differs between two sets."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.rescans import told
from moderation.core.clock import Clock
from moderation.core.errors import BadSetup, Problem
from moderation.detectors.keywords import KeywordDetector, hits_against
from moderation.settings import ROOT, Settings
from moderation.text import wordlist_import as importing
from moderation.text.lexicon import Lexicon, load_lexicon, read_wordlists
from moderation.text.wordlist import Status, Term, Wordlist, read_wordlist
from moderation.text.wordlist_diff import (
    Effect,
    Grade,
    as_lines,
    as_values,
    difference,
    effect,
    effect_as_lines,
    effect_as_values,
    shortened,
)
from moderation.text.wordlist_formats import read_source
from moderation.text.wordlist_import import Benign, Fate, Note, Plan
from moderation.text.wordlist_report import (
    ONE_IN,
    Sample,
    check_wordlists,
    harmful,
    in_words,
    read_samples,
    redundant_terms,
)
from moderation.wiring import read_policy

NOTHING_USABLE = 65

SHOWN = 20
"""So many entries are shown of each reason why words were not imported; a report has all."""

TOLD = 20
"""Progress is told about so many times."""


class Ceiling(StrEnum):
    REVIEW = "review"
    REJECT = "reject"


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="The word lists.", no_args_is_help=True)
    group.command("check", epilog="Example: moderation wordlists check --benign --redundant")(check)
    group.command(
        "import", epilog="Example: moderation wordlists import words.csv --category gambling --severity 2 --dry-run"
    )(import_)
    group.command("diff", epilog="Example: moderation wordlists diff lists-of-last-month --against posts.txt")(diff)
    app.add_typer(group, name="wordlists")


def check(
    against: Annotated[
        Path | None,
        typer.Option(help="A file of harmless texts, one a line, or a folder of them: count each term's hits."),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Instead of the one in use.")] = None,
    benign: Annotated[
        bool, typer.Option("--benign", help="Warn of terms that hit the harmless texts that come with the lists.")
    ] = False,
    redundant: Annotated[
        bool, typer.Option("--redundant", help="List terms that another term of their category finds anyway.")
    ] = False,
) -> None:
    """Checks the word lists; names file, line and fix for whatever is wrong."""
    settings = Settings.read()
    policy = read_policy(settings.policy)
    place, categories = folder or settings.wordlists, policy.categories.keys()
    _tell_contents(place, categories)
    if not (against or benign or redundant):
        return
    lists, today = _lists(place, categories), Clock().now().date()
    detector = KeywordDetector(Lexicon.of(lists))
    if against:
        _measure(detector, read_samples(_there(against)), "texts", today, listed=50)
    if benign:
        _measure(detector, _benign(place, settings), "harmless texts that come with the lists", today, listed=0)
    if redundant:
        _list_redundant(detector, lists, {code: each.severity for code, each in policy.categories.items()}, today)


def _tell_contents(place: Path, categories: Collection[str]) -> None:
    """Tells what is in each list of a folder. Raises BadSetup with everything that is wrong with them."""
    _folder(place)
    report = check_wordlists(place, categories)
    if not report.lists:
        load_lexicon(place, categories)  # says what is wrong with having none
    for each in report.lists:
        others = ", ".join(
            f"{count} {status}" for status, count in each.terms.items() if count and status is not Status.LIVE
        )
        terms = f"{each.terms[Status.LIVE]} live terms" + (f" ({others})" if others else "")
        typer.echo(f"{each.category}: {terms}, {each.phrases} allow-phrases")
    if report.problems:
        raise BadSetup(report.problems)


def _lists(place: Path, categories: Collection[str]) -> list[Wordlist]:
    """The lists of a folder. Raises BadSetup with everything that is wrong with them."""
    lists = read_wordlists(_folder(place), categories)
    if problems := [problem for each in lists for problem in each.problems]:
        raise BadSetup(problems)
    return lists


def _folder(place: Path) -> Path:
    if not place.is_dir():
        raise FileNotFoundError(2, "no such folder", str(place))
    return place


def _measure(detector: KeywordDetector, samples: Sequence[Sample], what: str, today: date, *, listed: int) -> None:
    hits: Counter[Term] = Counter()
    texts: Counter[Term] = Counter()
    with told("compared") as tell:
        for done, sample in enumerate(samples, 1):
            counted = hits_against(detector, [sample.text], today, sample.kind)
            hits.update(counted)
            texts.update(counted.keys())
            _now_and_then(tell)(done, len(samples))
    typer.echo(f"{sum(hits.values())} hits in {len(samples)} {what}")
    for term, count in hits.most_common(listed):
        typer.echo(f"{count:6}  {term.written}  ({term.category}:{term.line})")
    for term, count, among in harmful(texts, samples):
        reason = f"{term.written!r} is found in {count:,} of {among:,} harmless texts, more than 1 in {ONE_IN:,}"
        fix = "narrow it by with= or allow=, or give it ceiling=review"
        typer.echo(f"warning: {Problem(f'{term.category}.txt:{term.line}', reason, fix)}", err=True)


def _now_and_then(tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda done, total: tell(done, total) if done % max(1, total // TOLD) == 0 or done == total else None


def _list_redundant(
    detector: KeywordDetector, lists: Sequence[Wordlist], severities: dict[str, int], today: date
) -> None:
    with told("looked at") as tell:
        every = _now_and_then(tell)
        found = list(redundant_terms(lists, lambda text: detector.hits(text, None, None, today), severities, every))
    for each in sorted(found, key=lambda each: (bool(each.lost), each.term.category, each.term.line)):
        typer.echo(str(in_words(each)))
    needless = sum(not each.lost for each in found)
    typer.echo(
        f"{len(found)} redundant terms: {needless} can go, {len(found) - needless} are found in fewer ways without them"
    )


def _benign(place: Path, settings: Settings) -> list[Sample]:
    """The harmless texts that come with the lists in this folder, or else with those in use, or with the product."""
    for folder in (place, settings.wordlists, ROOT / "wordlists"):
        if samples := read_samples(folder / "benign") if (folder / "benign").is_dir() else []:
            return samples
    raise FileNotFoundError(2, "no harmless texts", str(ROOT / "wordlists" / "benign"))


def _there(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    return path


def import_(
    file: Annotated[Path, typer.Argument(help="Words: one a line, CSV, TSV, JSON or base64; UTF-8, GBK or UTF-16.")],
    category: Annotated[str, typer.Option(help="The category of all words, as the policy names it.")],
    severity: Annotated[int | None, typer.Option(min=1, max=4, help="1 to 4; without it, the category's.")] = None,
    ceiling: Annotated[Ceiling, typer.Option(help="The worst verdict that a word may earn.")] = Ceiling.REJECT,
    status: Annotated[Status, typer.Option(help="shadow: hits are recorded and never act.")] = Status.LIVE,
    column: Annotated[
        str | None, typer.Option(help="The column or key with the words, by name, or by number from 1.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why they are there, for whoever edits the list next.")] = None,
    into: Annotated[Path | None, typer.Option(help="A folder of lists, instead of the one in use.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Import dangerous words too, with ceiling=review.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write all that is to be said of entries to this CSV file.")
    ] = None,
) -> int:
    """Imports words into the list of a category; what would do harm there is held back and told.

    Dangerous are everyday words and those found in more than 1 in 1,000 harmless texts. Nothing is changed unless the lists
    are sound afterwards. Exit code 65 if no word of the file could be used.
    """
    settings = Settings.read()
    categories = read_policy(settings.policy).categories
    if category not in categories:
        raise typer.BadParameter(f"There is no category {category!r}; give one of {', '.join(sorted(categories))}.")
    fields = _fields(severity, ceiling, status, note)
    source = read_source(file.read_bytes(), file.name, column)
    place = into or settings.wordlists
    path = place / f"{category}.txt"
    before = path.read_bytes() if path.exists() else None
    lists = _lists(place, categories.keys())
    today = Clock().now().date()
    samples = _benign(place, settings)
    typer.echo(f"{file.name} is read as {source.format}, {source.encoding}")
    with told("compared") as tell:
        benign = Benign(len(samples), lambda lexicon: _counted(lexicon, samples, today, _now_and_then(tell)))
        plan = importing.plan(source.entries, category, lists, benign, force=force)
    if plan.words:
        text = importing.appended((before or b"").decode(), plan.words, fields, file.name, today)
        importing.check_candidate(lists, category, text)
        if report:
            _write_report(report, plan.notes)
        if not dry_run:
            importing.replace_list(path, text, before)
    elif report:
        _write_report(report, plan.notes)
    _summary(plan, len(source.entries), file.name, path, dry_run=dry_run)
    usable = plan.words or any(note.fate is Fate.SKIPPED for note in plan.notes)
    return 0 if usable else NOTHING_USABLE


def _fields(severity: int | None, ceiling: Ceiling, status: Status, note: str | None) -> dict[str, str]:
    """What is given to all words, as the grammar writes it."""
    given = {
        "severity": str(severity or ""),
        "ceiling": ceiling if ceiling is not Ceiling.REJECT else "",
        "status": status if status is not Status.LIVE else "",
        "note": " ".join((note or "").split()),
    }
    fields = {name: value for name, value in given.items() if value}
    problems = read_wordlist("* " + " ; ".join(f"{name}={value}" for name, value in fields.items()), "--note").problems
    if fields and problems:
        raise typer.BadParameter(f"The note cannot stand in a list: {problems[0].reason}; {problems[0].fix}.")
    return fields


def _counted(
    lexicon: Lexicon, samples: Sequence[Sample], today: date, tell: Callable[[int, int], None]
) -> Counter[Term]:
    """In how many of the texts each term counts."""
    detector = KeywordDetector(lexicon)
    texts: Counter[Term] = Counter()
    for done, sample in enumerate(samples, 1):
        texts.update(hits_against(detector, [sample.text], today, sample.kind).keys())
        tell(done, len(samples))
    return texts


def _summary(plan: Plan, read: int, name: str, path: Path, *, dry_run: bool) -> None:
    done = "would be imported" if dry_run else "imported"
    fates = Counter(note.fate for note in plan.notes)
    others = ", ".join(f"{fates[fate]:,} {fate}" for fate in (Fate.REFUSED, Fate.HELD, Fate.SKIPPED))
    typer.echo(f"{read:,} read; {len(plan.words):,} {done} into {path}; {others}")
    if plan.words:
        typer.echo(f"the first ones: {', '.join(word.written for word in plan.words[:5])}")
    groups: dict[tuple[Fate, str], list[Note]] = {}
    for note in plan.notes:
        groups.setdefault((note.fate, note.why), []).append(note)
    for (fate, why), notes in sorted(groups.items(), key=lambda each: list(Fate).index(each[0][0])):
        typer.echo(f"{fate}: {why} ({len(notes):,})")
        for note in notes[:SHOWN]:
            typer.echo(f"  {Problem(f'{name}:{note.line}', f'{shortened(note.text)!r} {note.reason}', note.fix)}")
        if len(notes) > SHOWN:
            typer.echo(f"  and {len(notes) - SHOWN:,} more; --report FILE has all")


def _write_report(path: Path, notes: Sequence[Note]) -> None:
    """As CSV with a byte order mark, without which spreadsheets take Chinese text for another encoding."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["line", "text", "fate", "why", "reason", "fix"])
    rows.writerows([note.line, note.text, note.fate, note.why, note.reason, note.fix] for note in notes)
    path.write_bytes(out.getvalue().encode("utf-8-sig", "backslashreplace"))


def diff(
    old: Annotated[Path, typer.Argument(help="A folder of lists, or one list.")],
    new: Annotated[Path | None, typer.Argument(help="Another; without it, the lists in use.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Harmless texts of your own besides, one a line: a file or a folder of them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document, for programs.")] = False,
) -> None:
    """Says which terms and allow-phrases two sets of lists do not share, and which harmless texts fare differently."""
    settings = Settings.read()
    categories = read_policy(settings.policy).categories
    before, after = _pair(_there(old), _there(new or settings.wordlists), list(categories))
    samples = _benign(new or settings.wordlists, settings) + (read_samples(_there(against)) if against else [])
    found = difference(before, after)
    result = _effect(before, after, samples) if found else Effect(len(samples), ())
    if as_json:
        typer.echo(json.dumps({"categories": as_values(found), "effect": effect_as_values(result)}))
        return
    for line in as_lines(found):
        typer.echo(line)
    if not found:
        typer.echo("the lists do not differ")
    for line in effect_as_lines(result):
        typer.echo(line)


def _pair(old: Path, new: Path, categories: Sequence[str]) -> tuple[list[Wordlist], list[Wordlist]]:
    """Both sets of lists; of a file and a folder, the folder's list of that name."""
    if old.is_dir() and new.is_dir():
        return _lists(old, categories), _lists(new, categories)
    if old.is_dir():
        old = _there(old / new.name)
    elif new.is_dir():
        new = _there(new / old.name)
    category = next((path.stem for path in (new, old) if path.stem in categories), new.stem)
    return [_one_list(old, category)], [_one_list(new, category)]


def _one_list(path: Path, category: str) -> Wordlist:
    """A list as one of this category, whatever the file is called."""
    try:
        listed = read_wordlist(path.read_bytes().decode(), str(path))
    except UnicodeDecodeError as error:
        raise BadSetup([Problem(str(path), "is not UTF-8", "save the file as UTF-8")]) from error
    if listed.problems:
        raise BadSetup(listed.problems)
    return replace(listed, category=category, terms=tuple(replace(term, category=category) for term in listed.terms))


def _effect(before: Sequence[Wordlist], after: Sequence[Wordlist], samples: Sequence[Sample]) -> Effect:
    today = Clock().now().date()
    old, new = (_grader(KeywordDetector(Lexicon.of(lists)), today) for lists in (before, after))
    with told("compared") as tell:
        return effect(samples, old, new, _now_and_then(tell))


def _grader(detector: KeywordDetector, today: date) -> Callable[[Sample], Grade]:
    def grade(sample: Sample) -> Grade:
        worst = Grade()
        for term, finding in detector.hits(sample.text, sample.kind, None, today):
            if finding.ceiling > worst.verdict:
                worst = Grade(finding.ceiling, term.written)
        return worst

    return grade
