"""`moderation screen`: one profile for a person to read, or JSON lines that stream."""

import json
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from moderation.core.clock import Clock
from moderation.core.decision import Outcome, judge
from moderation.core.errors import BadInput, Problem
from moderation.core.finding import Verdict
from moderation.core.policy import Policy
from moderation.core.submission import Item, Kind, Scene, Submission, check_text
from moderation.detectors.panel import Panel
from moderation.flows import resources
from moderation.flows.intake import PictureIntake
from moderation.settings import Settings
from moderation.wiring import build_panel, folded, open_intake, read_policy

BATCH = 64
"""Lines screened together at most; a line never waits for another to arrive."""

KEYS = ("id", "kind", "scene", "text", "image_path")
BAD_INPUT = 65


def add_to(app: typer.Typer) -> None:
    app.command(name="screen", epilog="Example: moderation screen --username 小米官方客服 --bio 看我主页")(screen)


def screen(
    username: Annotated[str | None, typer.Option(help="A username.")] = None,
    bio: Annotated[str | None, typer.Option(help="A bio.")] = None,
    post: Annotated[str | None, typer.Option(help="A post.")] = None,
    avatar: Annotated[Path | None, typer.Option(help="The path of a picture.")] = None,
    scene: Annotated[Scene | None, typer.Option(help="Default: registration; for a post: post.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Answer JSON lines on standard input with JSON lines.")
    ] = False,
    evidence: Annotated[bool, typer.Option("--evidence", help="Include the characters that a finding covers.")] = False,
    english: Annotated[bool, typer.Option("--english", help="Print in English.")] = False,
) -> int:
    """Screens a profile: exit code 0 for pass, 1 for review, 2 for reject. With --jsonl: 0, or 65 when a line could not be used."""
    given = [(Kind.USERNAME, username), (Kind.BIO, bio), (Kind.POST, post)]
    texts = [(kind, text) for kind, text in given if text is not None]
    if jsonl == bool(texts or avatar):
        reason = (
            "not both --jsonl and a profile"
            if jsonl
            else "something to screen: --username, --bio, --post, --avatar or --jsonl"
        )
        raise typer.BadParameter(f"Give {reason}.")
    settings, clock = Settings.read(), Clock()
    with ExitStack() as closing:
        policy = read_policy(settings.policy)
        # Nothing of what is screened here stays.
        folder = closing.enter_context(TemporaryDirectory())
        intake = open_intake(replace(settings, pictures=folder), closing)
        if not jsonl:
            items = _items(texts, avatar, intake)
            default = Scene.POST if texts and all(kind is Kind.POST for kind, _ in texts) else Scene.REGISTRATION
            submission = Submission(scene or default, items, language="en" if english else "zh")
            panel = build_panel(settings, policy, clock, closing, intake=intake)
            outcome = judge(submission, panel.screen([submission])[0], policy, folded)
            for line in described(submission, outcome, policy):
                typer.echo(line)
            return int(outcome.verdict)
        panel = build_panel(settings, policy, clock, closing, intake=intake)
        return answer_lines(sys.stdin.buffer, sys.stdout, panel, intake, policy, evidence=evidence)


def _items(texts: Sequence[tuple[Kind, str]], avatar: Path | None, intake: PictureIntake) -> tuple[Item, ...]:
    problems = [problem for kind, text in texts for problem in check_text(kind, text, f"--{kind}")]
    if problems:
        raise BadInput(problems)
    items = [Item(kind, text) for kind, text in texts]
    if avatar is not None:
        items.append(intake.item(str(avatar)))
    return tuple(items)


WORDS = {
    "zh": {
        "pass": "通过", "review": "待人工复核", "reject": "驳回", "username": "用户名", "bio": "简介", "post": "帖子", "avatar": "头像",
        "unchecked": "未完成的检查",
        "hit": "命中", "pictured": "图中", "copy": "与图库条目相同", "across": "连读命中", "via": "识破", "told": "告知作者",
    },
    "en": {
        "pass": "pass", "review": "review", "reject": "reject", "username": "username", "bio": "bio", "post": "post", "avatar": "avatar",
        "unchecked": "unchecked",
        "hit": "found", "pictured": "in the picture", "copy": "a copy of the bank's entry",
        "across": "found across fields", "via": "through", "told": "author is told",
    },
}  # fmt: skip


def described(submission: Submission, outcome: Outcome, policy: Policy) -> Iterator[str]:
    """A verdict as lines that a person can read."""
    language = submission.language
    words = WORDS[language]
    for item, given in zip(outcome.items, submission.items, strict=True):
        shown = f"  {printable(given.text)}" if given.text else ""
        yield f"{words[item.verdict.word]}  {words[item.kind.value]}{shown}"
        for finding in item.screening.findings:
            if finding.ceiling is Verdict.PASS:
                continue
            category = policy.categories.get(finding.category)
            title = category.titles[language] if category else finding.category
            line = f"    {title} ({policy.clause(finding.category)})  {finding.score:.2f}  {finding.source}"
            if finding.span and given.text:
                line += f"  {words['hit']} 「{printable(finding.span.of(given.text))}」 [{finding.span.start}, {finding.span.end})"
            if finding.region and finding.region.text:
                line += f"  {words['pictured']} 「{printable(finding.region.text)}」"
            if finding.region and finding.region.entry:
                line += f"  {words['copy']} {finding.region.entry} ({finding.region.distance})"
            if finding.parts:
                parts = (part.span.of(submission.items[part.item].text or "") for part in finding.parts)
                line += f"  {words['across']} 「{printable(' + '.join(parts))}」"
            if finding.folds:
                line += f"  {words['via']} {', '.join(finding.folds)}"
            yield line
        if item.screening.unchecked:
            yield f"    {words['unchecked']}: {', '.join(item.screening.unchecked)}"
        if item.screening.problem:
            yield f"    {item.screening.problem}"
        if item.author_message:
            yield f"    {words['told']}: {item.author_message}"


def printable(text: str) -> str:
    """The text with what a terminal could not show, or would obey, written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def answer_lines(
    source: BinaryIO, out: TextIO, panel: Panel, intake: PictureIntake, policy: Policy, *, evidence: bool
) -> int:
    """Answers each line in order, as soon as it can; 65 if any could not be used, else 0."""
    failed = False
    for batch in _batches(source):
        read = [_read(line, intake) for line in batch]
        good = [submission for _, submission, _ in read if submission]
        screenings = iter(panel.screen(good))
        for id, submission, problem in read:
            if submission is None:
                failed = True
                assert problem is not None
                answer: dict[str, Any] = {
                    "id": id,
                    "error": {"field": problem.field, "reason": problem.reason, "fix": problem.fix},
                }
            else:
                outcome = judge(submission, next(screenings), policy, folded)
                answer = resources.line(id, outcome, policy, submission.items[0].text, evidence=evidence)
            out.write(json.dumps(answer, ensure_ascii=True) + "\n")
        out.flush()
    return BAD_INPUT if failed else 0


def _batches(source: BinaryIO) -> Iterator[list[bytes]]:
    """Lines as they come: whatever has arrived by the time the last batch was answered, at most `BATCH`."""
    arrived: queue.Queue[bytes | OSError | None] = queue.Queue(maxsize=4 * BATCH)

    def read() -> None:
        try:
            for line in source:
                arrived.put(line)
        except OSError as error:
            arrived.put(error)
        else:
            arrived.put(None)

    threading.Thread(target=read, name="lines", daemon=True).start()
    ended = False
    while not ended:
        batch = [arrived.get()]
        while len(batch) < BATCH and isinstance(batch[-1], bytes) and not arrived.empty():
            batch.append(arrived.get())
        ended = not isinstance(batch[-1], bytes)
        lines = [line for line in batch if isinstance(line, bytes)]
        if lines:
            yield lines
        if isinstance(batch[-1], OSError):
            raise batch[-1]


def _read(line: bytes, intake: PictureIntake) -> tuple[str | None, Submission | None, Problem | None]:
    """A line's id, and its submission or what is wrong with it."""
    id: str | None = None
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return None, None, Problem("line", f"is not UTF-8: {error.reason} at byte {error.start}", "write it in UTF-8")
    except (ValueError, RecursionError) as error:
        return (
            None,
            None,
            Problem("line", f"is not JSON: {error}", 'write {"id": "1", "kind": "username", "text": "…"}'),
        )
    if not isinstance(row, dict):
        return None, None, Problem("line", "is not a JSON object", 'write {"id": "1", "kind": "username", "text": "…"}')
    given = row.get("id")
    if isinstance(given, str | int) and not isinstance(given, bool):
        id = str(given)
    try:
        return id, _line_submission(row, intake), None
    except BadInput as error:
        return id, None, error.problems[0]


def _line_submission(row: dict[str, Any], intake: PictureIntake) -> Submission:
    def refuse(field: str, reason: str, fix: str) -> BadInput:
        return BadInput([Problem(field, reason, fix)])

    if "id" not in row or not isinstance(row["id"], str | int) or isinstance(row["id"], bool):
        raise refuse("id", "is missing or not a string", 'give each line an id, such as "1"')
    unknown = [key for key in row if key not in KEYS]
    if unknown:
        raise refuse(unknown[0], "is not known", f"use {', '.join(KEYS)}")
    if row.get("kind") not in list(Kind):
        raise refuse("kind", f"is {row.get('kind')!r}", f"use {', '.join(Kind)}")
    kind = Kind(row["kind"])
    scene = row.get("scene", Scene.POST.value if kind is Kind.POST else Scene.REGISTRATION.value)
    if scene not in list(Scene):
        raise refuse("scene", f"is {scene!r}", f"use {', '.join(Scene)}")
    text, path = row.get("text"), row.get("image_path")
    if kind is Kind.AVATAR:
        if text is not None:
            raise refuse("text", "is not for an avatar", "leave it out")
        if not isinstance(path, str) or not path or "\x00" in path:
            raise refuse("image_path", "is missing or not a path", "give the path of a picture")
        try:
            item = intake.item(path)
        except (OSError, ValueError) as error:
            raise refuse(
                "image_path", f"{path!r} cannot be read: {error}", "give the path of a readable picture"
            ) from error
    else:
        if path is not None:
            raise refuse("image_path", f"is not for a {kind}", "leave it out")
        if problems := check_text(kind, text, "text"):
            raise BadInput(problems)
        item = Item(kind, text)
    return Submission(Scene(scene), (item,))
