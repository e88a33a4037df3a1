"""`moderation policy` and `audit`: checks of the data that decisions rest on."""

from pathlib import Path
from typing import Annotated

import typer

from moderation.core.events import first_break
from moderation.settings import Settings
from moderation.store import audit
from moderation.wiring import open_database, read_policy

BROKEN = 65


def add_to(app: typer.Typer) -> None:
    policy = typer.Typer(help="The policy file.", no_args_is_help=True)
    policy.command("check", epilog="Example: moderation policy check --file policy.toml")(check_policy)
    app.add_typer(policy, name="policy")
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
