"""The joined profile: what a name and a bio say together though neither says it alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from moderation.core.finding import Finding, Part
from moderation.core.submission import Kind, Span, Submission
from moderation.detectors.detector import TextDetector
from moderation.text.folding import folding

ORDER = (Kind.USERNAME, Kind.BIO)
"""The kinds whose texts are joined, in the order in which they are read."""

SEAM = " "
"""Stands between two fields: terms are found across it, and digits of two numbers do not become one."""


def across(detectors: Sequence[TextDetector], submission: Submission, now: date) -> Mapping[int, tuple[Finding, ...]]:
    """By item, the findings of the joined profile that reach into it and into another: without a span, with parts."""
    fields = [
        (at, item) for kind in ORDER for at, item in enumerate(submission.items) if item.kind is kind and item.text
    ]
    if len(fields) < 2:
        return {}
    text = SEAM.join(item.text or "" for _, item in fields)
    starts, place = [], 0
    for at, item in fields:
        starts.append((at, place, place + len(item.text or "")))
        place += len(item.text or "") + len(SEAM)
    found: dict[int, tuple[Finding, ...]] = {}
    for detector in detectors:
        for finding in detector.screen(text, Kind.BIO, submission.scene, now):
            parts = tuple(_parts(finding.span, starts)) if finding.span else ()
            if len(parts) < 2:
                continue
            joined = replace(finding, span=None, parts=parts, folds=_folds(finding, parts, submission))
            for part in parts:
                found[part.item] = (*found.get(part.item, ()), joined)
    return found


def _parts(span: Span, starts: Sequence[tuple[int, int, int]]) -> Iterator[Part]:
    for item, start, end in starts:
        if span.start < end and start < span.end:
            yield Part(item, Span(max(span.start, start) - start, min(span.end, end) - start))


def _folds(finding: Finding, parts: Sequence[Part], submission: Submission) -> tuple[str, ...]:
    """The finding's folds, without what the seam alone added."""
    texts = (part.span.of(submission.items[part.item].text or "") for part in parts)
    inserted = any("inserted" in folding().names(character) for text in texts for character in text)
    return tuple(name for name in finding.folds if name != "inserted" or inserted)
