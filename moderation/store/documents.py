"""Core values as stored JSON documents and back; each carries a version, and older ones are brought up to date on reading."""

from datetime import datetime
from typing import Any

from moderation.core.clock import parse_rfc3339, rfc3339
from moderation.core.decision import ItemOutcome, Outcome
from moderation.core.finding import Check, Finding, Part, Region, Screening, Verdict
from moderation.core.submission import Account, Item, Kind, Scene, Span, Submission
from moderation.pictures.decoded import Facts
from moderation.pictures.hashing import FrameHash

VERSION = 1

Document = dict[str, Any]


def submission_document(submission: Submission) -> Document:
    account = submission.account
    return {
        "v": VERSION,
        "scene": submission.scene.value,
        "language": submission.language,
        "account": account
        and {"id": account.id, "created_at": _written(account.created_at), "third_party": account.third_party},
        "items": [
            {"kind": item.kind.value, "text": item.text, "images": list(item.images), "problems": list(item.problems)}
            for item in submission.items
        ],
    }


def read_submission(document: Document) -> Submission:
    document = _migrated(document)
    account = document["account"]
    return Submission(
        scene=Scene(document["scene"]),
        language=document["language"],
        account=account and Account(account["id"], _read(account["created_at"]), account["third_party"]),
        items=tuple(
            Item(Kind(item["kind"]), item["text"], tuple(item["images"]), tuple(item["problems"]))
            for item in document["items"]
        ),
    )


def outcome_document(outcome: Outcome) -> Document:
    return {
        "v": VERSION,
        "verdict": outcome.verdict.word,
        "categories": list(outcome.categories),
        "severity": outcome.severity,
        "policy_version": outcome.policy_version,
        "items": [
            {
                "kind": item.kind.value,
                "verdict": item.verdict.word,
                "message": item.author_message,
                "scores": dict(item.scores),
                "screening": screening_document(item.screening),
            }
            for item in outcome.items
        ],
    }


def read_outcome(document: Document) -> Outcome:
    document = _migrated(document)
    items = tuple(
        ItemOutcome(
            Kind(item["kind"]),
            Verdict.of(item["verdict"]),
            read_screening(item["screening"]),
            item["scores"],
            item["message"],
        )
        for item in document["items"]
    )
    return Outcome(
        Verdict.of(document["verdict"]),
        items,
        tuple(document["categories"]),
        document["severity"],
        document["policy_version"],
    )


def facts_document(facts: Facts) -> Document:
    return {
        "v": VERSION,
        "width": facts.width,
        "height": facts.height,
        "format": facts.format,
        "frames": facts.frames,
        "distinct": facts.distinct,
        "hashes": [hash.to_text() for hash in facts.hashes],
        "problem": facts.problem,
    }


def read_facts(document: Document) -> Facts:
    document = _migrated(document)
    return Facts(
        document["width"],
        document["height"],
        document["format"],
        document["frames"],
        document["distinct"],
        tuple(FrameHash.from_text(text) for text in document["hashes"]),
        document["problem"],
    )


def screening_document(screening: Screening) -> Document:
    return {
        "findings": [_finding_document(finding) for finding in screening.findings],
        "unchecked": [check.value for check in screening.unchecked],
        "problem": screening.problem,
        "degraded": screening.degraded,
    }


def read_screening(document: Document) -> Screening:
    return Screening(
        tuple(_read_finding(finding) for finding in document["findings"]),
        tuple(Check(check) for check in document["unchecked"]),
        document["problem"],
        document["degraded"],
    )


def _finding_document(finding: Finding) -> Document:
    return {
        "category": finding.category,
        "score": finding.score,
        "source": finding.source,
        "span": finding.span and [finding.span.start, finding.span.end],
        "folds": list(finding.folds),
        "severity": finding.severity,
        "ceiling": finding.ceiling.word,
        "parts": [[part.item, part.span.start, part.span.end] for part in finding.parts],
        "region": finding.region and _region_document(finding.region),
        "excused": finding.excused,
    }


def _region_document(region: Region) -> Document:
    return {
        "picture": region.picture,
        "frame": region.frame,
        "corners": [list(corner) for corner in region.corners],
        "text": region.text,
        "entry": region.entry,
        "distance": region.distance,
    }


def _read_finding(document: Document) -> Finding:
    return Finding(
        category=document["category"],
        score=document["score"],
        source=document["source"],
        span=Span(*document["span"]) if document["span"] else None,
        folds=tuple(document["folds"]),
        severity=document["severity"],
        ceiling=Verdict.of(document["ceiling"]),
        parts=tuple(Part(item, Span(start, end)) for item, start, end in document["parts"]),
        # Documents from before there were regions and second opinions have none.
        region=_read_region(document["region"]) if document.get("region") else None,
        excused=document.get("excused", ""),
    )


def _read_region(document: Document) -> Region:
    return Region(
        document["picture"],
        document["frame"],
        tuple((x, y) for x, y in document["corners"]),
        document["text"],
        document["entry"],
        document["distance"],
    )


def _migrated(document: Document) -> Document:
    """The document as today's version has it. Raises ValueError for one from a newer program."""
    if document["v"] > VERSION:
        raise ValueError(
            f"a stored document has version {document['v']}, this program knows up to {VERSION}: update it"
        )
    return document


def _written(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _read(text: str | None) -> datetime | None:
    return parse_rfc3339(text) if text else None
