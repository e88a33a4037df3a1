"""What the pages show of cases: excerpts, items with their hits and scores, and the history; no HTML but highlights."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from moderation.core.case import Case, CaseStatus, ItemVerdict
from moderation.core.decision import ItemOutcome, grounds
from moderation.core.events import Recorded
from moderation.core.finding import Finding, Region, Verdict
from moderation.core.measures import Action
from moderation.core.policy import Policy, Thresholds
from moderation.core.strikes import Recommendation
from moderation.core.submission import Item, Kind, Span
from moderation.flows.review import CaseFile
from moderation.store.submissions import StoredScreening
from moderation.web.highlight import Mark, excerpt, html

HUES = 8
"""How many colours there are for categories; the stylesheet has as many."""

BARS = 6
"""How many scores an item shows, the highest ones."""

READ = 80
"""How many characters of what was read in a picture, or of what a code holds, a row shows."""

PLACES = {"codes": "code", "bank": "bank", "marks": "mark", "image": "model"}
"""Where in a picture a finding comes from, by its detector; any other read a text."""

FAINT = 0.02
"""Scores below tell a reviewer nothing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding as a row beside the text.

    number   from 0 within the case, the same as in the marked text
    text     the characters it covers, in the item's text or read in its pictures, as HTML; empty for the item as a whole
    folded   what they fold to, where that differs
    region   where it lies in the item's pictures, and `place` by what it was seen there: "text", "code", "bank", "mark", "model"
    joined   whether it takes several fields together
    excused  whether the classifier's second opinion spares it
    earned   what it earns under the policy; a shadow finding earns a pass
    """

    number: int
    hue: int
    category: str
    clause: str
    score: float
    detector: str
    version: str
    text: Markup
    folded: str
    folds: tuple[str, ...]
    region: Region | None
    place: str
    joined: bool
    shadow: bool
    excused: bool
    earned: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One category's score in [0, 1] with the thresholds that hold for it here."""

    category: str
    hue: int | None
    score: float
    review: float
    reject: float


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item of a case. `number` counts from 0; `preset` is the category that the choice begins with."""

    number: int
    kind: Kind
    verdict: str | None
    text: Markup | None
    length: int
    images: tuple[str, ...]
    hits: tuple[Hit, ...]
    bars: tuple[Bar, ...]
    unchecked: tuple[str, ...]
    problem: str | None
    message: str | None
    preset: str
    decided: ItemVerdict | None


@dataclass(frozen=True, slots=True)
class Row:
    """One case in a list."""

    case: Case
    text: Markup | None
    images: int
    clauses: tuple[tuple[str, str, int], ...]
    lapsed: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a case's history; claims that only renew a lease are folded into one line."""

    type: str
    at: datetime
    actor: str
    times: int = 1
    verdict: str | None = None
    categories: tuple[str, ...] = ()


def rows(cases: Sequence[Case], screenings: Mapping[str, StoredScreening], policy: Policy, now: datetime) -> list[Row]:
    found = []
    for case in cases:
        screening = screenings.get(case.screening_id or "")
        colours = hues(case.categories)
        found.append(
            Row(
                case=case,
                text=_excerpt(screening, colours),
                images=sum(len(item.images) for item in screening.submission.items) if screening else 0,
                clauses=tuple((code, policy.clause(code), colours[code]) for code in case.categories),
                lapsed=case.status is CaseStatus.CLAIMED and case.claimable(now),
            )
        )
    return found


def excerpt_of(screening: StoredScreening) -> Markup | None:
    """The line that stands for a submission in lists; None for pictures alone."""
    return _excerpt(screening, {})


def items(file: CaseFile, policy: Policy, fold: Callable[[str], str]) -> list[ItemView]:
    """The items of a case. `fold` folds a text as matching does."""
    screening, case = file.screening, file.case
    decided = case.items or (None,) * len(case.kinds)
    if screening is None:
        return [_lapsed(file, number, kind, decided[number]) for number, kind in enumerate(case.kinds)]
    submitted = screening.submission.items
    outcomes: Sequence[ItemOutcome | None] = screening.outcome.items if screening.outcome else [None] * len(submitted)
    findings = [outcome.screening.findings if outcome else () for outcome in outcomes]
    colours = hues([*case.categories, *(f.category for found in findings for f in found)])
    numbered, first = [], 0
    for found in findings:
        numbered.append([(first + at, finding) for at, finding in enumerate(found)])
        first += len(found)
    marks = _marks(numbered, colours)
    return [
        _item(file, policy, fold, number, item, outcome, numbered[number], marks[number], colours, decided[number])
        for number, (item, outcome) in enumerate(zip(submitted, outcomes, strict=True))
    ]


def history(events: Iterable[Recorded]) -> list[Happened]:
    """A case's events, oldest first."""
    lines: list[Happened] = []
    for record in events:
        event = record.event
        data = event.data
        last = lines[-1] if lines else None
        if last and event.type == last.type == "case.claimed" and event.actor == last.actor:
            lines[-1] = Happened(last.type, last.at, last.actor, last.times + 1)
            continue
        verdicts = [Verdict.of(item["verdict"]) for item in data.get("items", [])]
        lines.append(
            Happened(
                type=event.type,
                at=event.at,
                actor=event.actor,
                verdict=max(verdicts).word if verdicts else None,
                categories=tuple(data.get("categories", ()))
                or tuple(dict.fromkeys(item["category"] for item in data.get("items", []) if item["category"])),
            )
        )
    return lines


def hues(categories: Iterable[str]) -> dict[str, int]:
    """A colour for each category, in order of appearance.

    >>> hues(["porn", "fraud", "porn"])
    {'porn': 0, 'fraud': 1}
    """
    return {code: at % HUES for at, code in enumerate(dict.fromkeys(categories))}


def days(recommendation: Recommendation, now: datetime) -> int | None:
    """The recommended measure's length in whole days; None without an end."""
    if recommendation.until is None:
        return None
    return max(1, round((recommendation.until - now) / timedelta(days=1)))


ACTIONS = (Action.REMOVE_CONTENT, Action.RECTIFY, Action.RESTRICT, Action.SUSPEND, Action.TERMINATE)
"""What a reviewer may choose, from mild to severe; a refusal of registration follows by itself."""


def _marks(numbered: Sequence[Sequence[tuple[int, Finding]]], colours: Mapping[str, int]) -> list[list[Mark]]:
    """The marks of each item: its own findings', and the parts that lie in it of findings of the joined profile."""
    marks: list[list[Mark]] = [[] for _ in numbered]
    for at, found in enumerate(numbered):
        for number, finding in found:
            if finding.ceiling is Verdict.PASS:
                continue
            colour = colours[finding.category]
            if finding.span:
                marks[at].append(Mark(finding.span, number, colour))
            for part in finding.parts:
                if part.item < len(marks):
                    marks[part.item].append(Mark(part.span, number, colour))
    return marks


def _item(
    file: CaseFile,
    policy: Policy,
    fold: Callable[[str], str],
    number: int,
    item: Item,
    outcome: ItemOutcome | None,
    found: Sequence[tuple[int, Finding]],
    marks: Sequence[Mark],
    colours: Mapping[str, int],
    decided: ItemVerdict | None,
) -> ItemView:
    scene = file.case.scene
    hits = tuple(_hit(n, finding, item, policy, fold, colours, file) for n, finding in found)
    screening = outcome.screening if outcome else None
    top = grounds([(screening, item.kind)], policy, scene).categories if screening else ()
    return ItemView(
        number=number,
        kind=item.kind,
        verdict=outcome.verdict.word if outcome else None,
        text=html(item.text, marks) if item.text is not None else None,
        length=len(item.text or ""),
        images=item.images,
        hits=hits,
        bars=_bars(outcome, policy, file, colours),
        unchecked=tuple(check.value for check in screening.unchecked) if screening else (),
        problem=screening.problem if screening else None,
        message=outcome.author_message if outcome else None,
        preset=next((code for code in (*top, *file.case.categories) if code in policy.categories), ""),
        decided=decided,
    )


def _hit(
    number: int,
    finding: Finding,
    item: Item,
    policy: Policy,
    fold: Callable[[str], str],
    colours: Mapping[str, int],
    file: CaseFile,
) -> Hit:
    region = finding.region
    covered = finding.span.of(item.text) if finding.span and item.text is not None else region.text if region else ""
    # What a code holds is not written by hand, and a mark's title not by the author: nothing is hidden in their case.
    coded = finding.detector in ("codes", "marks")
    folded = fold(covered) if covered and not coded and len(covered) <= READ else ""
    submitted = file.screening.submission.items if file.screening else ()
    parts = [part.span.of(submitted[part.item].text or "") for part in finding.parts if part.item < len(submitted)]
    detector, _, version = finding.source.partition("@")
    return Hit(
        number=number,
        hue=colours[finding.category],
        category=finding.category,
        clause=policy.clause(finding.category),
        score=finding.score,
        detector=detector,
        version=version,
        text=Markup(" + ").join(excerpt(part, limit=READ if region else 40) for part in parts or [covered]),
        folded=folded if folded != covered else "",
        folds=finding.folds,
        region=region,
        place=PLACES.get(detector, "text") if region else "",
        joined=bool(finding.parts),
        shadow=finding.ceiling is Verdict.PASS,
        excused=bool(finding.excused),
        earned=policy.earned(finding, item.kind, file.case.scene).word,
    )


def _bars(outcome: ItemOutcome | None, policy: Policy, file: CaseFile, colours: Mapping[str, int]) -> tuple[Bar, ...]:
    if outcome is None:
        return ()
    ranked = sorted(outcome.scores.items(), key=lambda entry: -entry[1])
    shown = [(code, score) for code, score in ranked if score >= FAINT][:BARS]
    bars = []
    for code, score in shown:
        category = policy.categories.get(code)
        limits = Thresholds()
        if category:
            limits = category.by_scene.get(file.case.scene) or category.by_kind.get(outcome.kind) or category.thresholds
        bars.append(Bar(code, colours.get(code), score, limits.review, limits.reject))
    return tuple(bars)


def _lapsed(file: CaseFile, number: int, kind: Kind, decided: ItemVerdict | None) -> ItemView:
    """An item of a case without a submission: the field as it stands on the account."""
    value = file.account.fields.get(kind.value) if file.account else None
    picture = kind is Kind.AVATAR and value is not None
    return ItemView(
        number=number,
        kind=kind,
        verdict=None,
        text=html(value) if value is not None and not picture else None,
        length=len(value) if value is not None and not picture else 0,
        images=(value,) if picture and value else (),
        hits=(),
        bars=(),
        unchecked=(),
        problem=None,
        message=None,
        preset=next(iter(file.case.categories), ""),
        decided=decided,
    )


def _excerpt(screening: StoredScreening | None, colours: Mapping[str, int]) -> Markup | None:
    """The texts of a submission on one line, around the first hit of each."""
    if screening is None:
        return None
    texts = []
    outcomes = screening.outcome.items if screening.outcome else (None,) * len(screening.submission.items)
    for item, outcome in zip(screening.submission.items, outcomes, strict=True):
        if item.text is None:
            continue
        found = outcome.screening.findings if outcome else ()
        marks = [
            Mark(Span(f.span.start, f.span.end), at, colours.get(f.category, 0))
            for at, f in enumerate(found)
            if f.span and f.ceiling > Verdict.PASS
        ]
        texts.append(excerpt(item.text, marks))
    return Markup('<span class="parting"></span>').join(texts) if texts else None
