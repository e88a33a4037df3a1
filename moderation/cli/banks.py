"""`moderation banks`: banks of known pictures, from single pictures and from hash lists; and which entries a picture is a copy of."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.rescans import told
from moderation.core.clock import Clock
from moderation.core.errors import BadInput, Problem
from moderation.flows.banks import BankFlow
from moderation.flows.live_bank import LiveBank
from moderation.pictures.bank import BankEntry, EntryState, looks
from moderation.pictures.decoded import DecodedPicture, Undecodable
from moderation.pictures.hash_list import read_hash_list
from moderation.settings import Settings
from moderation.wiring import COMPILED_BANK, open_database, open_intake, read_policy

BY = "cli"

KEPT = "sha256:"
"""What the reference of a kept picture begins with; anything else is a file."""


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Banks of known pictures.", no_args_is_help=True)
    group.command("list", epilog="Example: moderation banks list --quarantined")(list_)
    group.command("create", epilog="Example: moderation banks create casino-ads --category gambling --owner li")(create)
    group.command("add", epilog="Example: moderation banks add casino-ads avatar.png --note 'case 1023'")(add)
    group.command("import", epilog="Example: moderation banks import shared-list hashes.csv")(import_)
    group.command("export", epilog="Example: moderation banks export casino-ads > hashes.csv")(export)
    group.command("remove", epilog="Example: moderation banks remove 1023")(remove)
    group.command("restore", epilog="Example: moderation banks restore 1023")(restore)
    group.command("quarantine", epilog="Example: moderation banks quarantine 1023 --note 'matches any sunset'")(
        quarantine
    )
    group.command("release", epilog="Example: moderation banks release 1023")(release)
    group.command("check", epilog="Example: moderation banks check avatar.png")(check)
    app.add_typer(group, name="banks")


Name = Annotated[str, typer.Argument(help="The bank.")]
Note = Annotated[str, typer.Option(help="Why, for whoever looks next.")]
Picture = Annotated[str, typer.Argument(help="A file, or the reference of a kept picture: sha256:…")]
Entry = Annotated[int, typer.Argument(help="The entry's number, as `list` and `check` tell it.")]


def list_(
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="The entries that wait for somebody to look at them.")
    ] = False,
) -> None:
    """Tells all banks and how many entries they have, or the entries in quarantine."""
    with _kept() as kept:
        if quarantined:
            for entry in kept.flow.quarantined():
                typer.echo(_line(entry))
            return
        for bank, counts in kept.flow.banks():
            states = [f"{counts[state]:,} {state}" for state in EntryState if counts.get(state)]
            kind = bank.category or "excuses"
            typer.echo(f"{bank.name}  {kind}  {', '.join(states) or 'empty'}  owner {bank.owner}")


def create(
    name: Name,
    category: Annotated[
        str | None, typer.Option(help="What copies of its pictures are, as the policy names it.")
    ] = None,
    excuses: Annotated[
        bool, typer.Option("--excuses", help="A negative bank: what its pictures match is not held against anybody.")
    ] = False,
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    source: Annotated[str, typer.Option(help="Where its pictures come from.")] = "",
    note: Note = "",
) -> None:
    """Makes an empty bank."""
    if (category is None) != excuses:
        raise typer.BadParameter("Give either --category CATEGORY or --excuses.")
    with _kept() as kept:
        kept.flow.create(name, category, BY, owner=owner, source=source, note=note)


def add(name: Name, picture: Picture, note: Note = "") -> None:
    """Adds a picture to a bank; every process knows its copies within seconds."""
    with _kept() as kept:
        for entry in kept.flow.add_to(name, kept.take(picture), BY, note):
            typer.echo(_line(entry))


def import_(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV with a PDQ hash on each line; a quality and a remark beside it.")],
    partly: Annotated[bool, typer.Option("--partly", help="Use the rest of a file of which lines are wrong.")] = False,
) -> None:
    """Adds a list's hashes to a bank: all of them, or none where anything is wrong with it."""
    with _kept() as kept:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            given = read_hash_list(lines, str(file))
        if partly:
            for problem in given.problems:
                typer.echo(f"warning: {problem}", err=True)
        with told("imported") as tell:
            done = kept.flow.import_list(name, given, file.name, BY, partly=partly, tell=tell)
        typer.echo(
            f"{done.id}: {done.added:,} added, {done.known:,} known already, {given.repeated:,} repeated, {given.flat:,} too flat"
        )


def export(name: Name) -> None:
    """Writes a bank's hashes as a list that `import` and other platforms' tools read."""
    with _kept() as kept:
        for line in kept.flow.export(name, BY):
            typer.echo(line.rstrip("\r\n"))


def remove(
    which: Annotated[
        str, typer.Argument(metavar="ENTRY", help="The entry's number, or all that an import added: import_…")
    ],
    note: Note = "",
) -> None:
    """Takes an entry out of its bank, which `restore` puts back; or all entries of an import, for good."""
    with _kept() as kept:
        if which.isdecimal():
            typer.echo(_line(kept.flow.remove(int(which), BY, note)))
        else:
            typer.echo(f"{kept.flow.undo_import(which, BY):,} entries removed")


def restore(entry: Entry, note: Note = "") -> None:
    """Puts a removed entry back."""
    with _kept() as kept:
        typer.echo(_line(kept.flow.restore(entry, BY, note)))


def quarantine(entry: Entry, note: Note = "") -> None:
    """Lets an entry's matches go to a person at most, until it is released."""
    with _kept() as kept:
        typer.echo(_line(kept.flow.quarantine(entry, BY, note)))


def release(entry: Entry, note: Note = "") -> None:
    """Ends a quarantine: the entry is right."""
    with _kept() as kept:
        typer.echo(_line(kept.flow.release(entry, BY, note)))


def check(picture: Picture) -> None:
    """Tells the hashes of a picture, and which entries it is a copy of."""
    with _kept() as kept:
        decoded = kept.look(picture)
        for frame, _ in looks(decoded):
            typer.echo(f"pdq {frame.pdq.hex()}  quality {frame.quality}  phash {frame.phash:016x}")
        matches = kept.bank().match(decoded)
        for match in matches:
            found = f"{match.by} {match.distance} bits off, {match.view}: {match.weight}"
            typer.echo(f"{_line(match.entry)}  {found}")
        if not matches:
            typer.echo("no bank knows it")


class _Kept:
    """The banks of this installation, and what takes pictures in for them, with a child process that starts at the first one."""

    def __init__(self, settings: Settings, closing: ExitStack) -> None:
        self._settings, self._clock = settings, Clock()
        self._database = open_database(settings)
        closing.callback(self._database.close)
        self._intake = open_intake(settings, closing)
        self.flow = BankFlow(self._database, read_policy(settings.policy), self._intake.recall, self._clock)

    def take(self, picture: str) -> str:
        """The reference of a picture; a file's copy is kept. Raises BadInput for one that cannot be decoded."""
        if picture.startswith(KEPT):
            return picture
        taken = self._intake.take(Path(picture).read_bytes())
        if taken.reference is None:
            raise _refused(picture, taken.problem or "cannot be decoded")
        return taken.reference

    def look(self, picture: str) -> DecodedPicture:
        """The picture, and no copy kept. Raises BadInput for one that cannot be decoded."""
        try:
            if picture.startswith(KEPT):
                return self._intake.recall(picture)
            return self._intake.decode(Path(picture).read_bytes(), tall=True)
        except Undecodable as error:
            raise _refused(picture, str(error)) from error

    def bank(self) -> LiveBank:
        return LiveBank(self._database, self._settings.var / COMPILED_BANK, self._clock)


def _refused(picture: str, reason: str) -> BadInput:
    return BadInput([Problem(picture, reason, "give another picture")])


@contextmanager
def _kept() -> Iterator[_Kept]:
    with ExitStack() as closing:
        yield _Kept(Settings.read(), closing)


def _line(entry: BankEntry) -> str:
    shown = entry.picture or entry.pdq.hex()
    note = f"  {entry.note}" if entry.note else ""
    return f"{entry.id}  {entry.bank}  {entry.category or 'excuses'}  {entry.state}  {shown}{note}"
