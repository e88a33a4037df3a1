"""`moderation policy`, `wordlists` and `audit`: checks of the data that decisions rest on."""

from pathlib import Path
from typing import Annotated

import typer

from moderation.core.clock import Clock
from moderation.core.errors import BadSetup
from moderation.core.events import first_break
from moderation.detectors.keywords import KeywordDetector, hits_against
from moderation.settings import Settings
from moderation.store import audit
from moderation.text.lexicon import load_lexicon
from moderation.text.wordlist import Status
from moderation.text.wordlist_report import check_wordlists as check_lists
from moderation.wiring import open_database, read_policy

BROKEN = 65


def add_to(app: typer.Typer) -> None:
    policy = typer.Typer(help="The policy file.", no_args_is_help=True)
    policy.command("check", epilog="Example: moderation policy check --file policy.toml")(check_policy)
    app.add_typer(policy, name="policy")
    wordlists = typer.Typer(help="The word lists.", no_args_is_help=True)
    wordlists.command("check", epilog="Example: moderation wordlists check --against harmless.txt")(check_wordlists)
    app.add_typer(wordlists, name="wordlists")
    log = typer.Typer(help="The event log.", no_args_is_help=True)
    log.command("verify", epilog="Example: moderation audit verify")(verify)
    app.add_typer(log, name="audit")


def check_policy(file: Annotated[Path | None, typer.Option(help="Instead of the one in use.")] = None) -> None:
    """Checks the policy file; names file, line and fix for whatever is wrong."""
    path = file or Settings.read().policy
    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    policy = read_policy(path)
    typer.echo(f"{path}: {len(policy.categories)} categories, version {policy.version}, effective {policy.effective}")


def check_wordlists(
    against: Annotated[
        Path | None, typer.Option(help="A file of harmless texts, one a line: count each term's hits.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Instead of the one in use.")] = None,
) -> None:
    """Checks the word lists; names file, line and fix for whatever is wrong."""
    settings = Settings.read()
    lists, categories = folder or settings.wordlists, read_policy(settings.policy).categories.keys()
    if not lists.is_dir():
        raise FileNotFoundError(2, "no such folder", str(lists))
    report = check_lists(lists, categories)
    if not report.lists and not report.problems:
        load_lexicon(lists, categories)  # says what is wrong with having none
    for each in report.lists:
        others = ", ".join(
            f"{count} {status}" for status, count in each.terms.items() if count and status is not Status.LIVE
        )
        terms = f"{each.terms[Status.LIVE]} live terms" + (f" ({others})" if others else "")
        typer.echo(f"{each.category}: {terms}, {each.phrases} allow-phrases")
    if report.problems:
        raise BadSetup(report.problems)
    if against is None:
        return
    lexicon = load_lexicon(lists, categories)
    with against.open(encoding="utf-8", errors="replace") as lines:
        texts = [line.rstrip("\n") for line in lines if line.strip()]
    hits = hits_against(KeywordDetector(lexicon), texts, Clock().now().date())
    typer.echo(f"{sum(hits.values())} hits in {len(texts)} texts")
    for term, count in hits.most_common(50):
        typer.echo(f"{count:6}  {term.written}  ({term.category}:{term.line})")


def verify() -> int:
    """Checks that the event log is whole: exit code 0, or 65 and the first record that does not follow from those before it."""
    database = open_database(Settings.read())
    try:
        with database.read() as tx:
            broken = first_break(audit.read(tx))
            last = sum(1 for _ in audit.read(tx)) if broken is None else 0
    finally:
        database.close()
    if broken is None:
        typer.echo(f"the event log is whole: {last} records")
        return 0
    typer.echo(
        f"record {broken.sequence} ({broken.event.type}, {broken.event.stream}) does not follow from those before it",
        err=True,
    )
    return BROKEN
