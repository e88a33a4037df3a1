"""`moderation rescan` and `profiles`: existing profiles from a file or the store, with progress, resumed after a kill."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moderation.core.errors import BadInput, Problem
from moderation.settings import Settings
from moderation.wiring import Services, build

POLL_SECONDS = 0.5


def add_to(app: typer.Typer) -> None:
    rescan = typer.Typer(help="Screen existing profiles again.", no_args_is_help=True)
    rescan.command("run", epilog="Example: moderation rescan run --file profiles.parquet --out results.jsonl")(run)
    rescan.command("status", epilog="Example: moderation rescan status run_019b… --out results.parquet")(status)
    app.add_typer(rescan, name="rescan")
    profiles = typer.Typer(help="The profiles of existing accounts.", no_args_is_help=True)
    profiles.command("import", epilog="Example: moderation profiles import profiles.csv")(import_)
    app.add_typer(profiles, name="profiles")


class Teller(Protocol):
    def __call__(self, done: int, total: int | None) -> None: ...


Out = Annotated[Path | None, typer.Option(help="Write the results to this .jsonl or .parquet file.")]


def run(
    file: Annotated[Path | None, typer.Option(help="A .parquet, .csv or .jsonl file of profiles.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All accounts in the store.")] = False,
    out: Out = None,
) -> None:
    """Screens profiles in jobs on the running workers. After a kill, the same command goes on where it was."""
    if all == bool(file):
        raise typer.BadParameter("Give either --file FILE or --all.")
    if file and not file.exists():
        raise FileNotFoundError(2, "no such file", str(file))
    _check_out(out)
    services = build(Settings.read())
    try:
        begun, resumed = services.rescan.begin(file)
        typer.echo(f"{'going on with' if resumed else 'started'} {begun.id}", err=True)
        with told("planned") as tell:
            for progress in services.rescan.plan(begun, file):
                tell(progress.run.planned, None)
        with told("screened") as tell:
            while True:
                progress = services.rescan.progress(begun.id)
                tell(progress.done, progress.run.planned)
                if progress.finished:
                    break
                services.sweep.sweep()
                time.sleep(POLL_SECONDS)
        _summary(services, begun.id, out)
    finally:
        services.close()


def status(
    id: Annotated[str | None, typer.Argument(help="A run; without it, the newest ones are listed.")] = None,
    out: Out = None,
) -> None:
    """Tells how far rescans are; with --out, writes the results so far."""
    _check_out(out)
    services = build(Settings.read())
    try:
        if id is None:
            for progress in services.rescan.runs():
                typer.echo(f"{progress.run.id}  {progress.run.source[:20]}  {progress.done}/{progress.run.planned}")
            return
        progress = services.rescan.progress(id)
        typer.echo(f"{id}  {progress.done}/{progress.run.planned}{'' if progress.finished else '  (running)'}")
        _summary(services, id, out)
    finally:
        services.close()


def import_(file: Annotated[Path, typer.Argument(help="A .parquet, .csv or .jsonl file of profiles.")]) -> None:
    """Loads profiles into the store as existing accounts; those that are there already are updated."""
    if not file.exists():
        raise FileNotFoundError(2, "no such file", str(file))
    services = build(Settings.read())
    try:
        with told("imported") as tell:
            for done in services.rescan.import_profiles(file):
                tell(done, None)
    finally:
        services.close()


@contextmanager
def told(what: str) -> Iterator[Teller]:
    """Progress: a bar on a terminal, else a JSON line whenever it changes; both on standard error."""
    if sys.stderr.isatty():
        columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=_console()) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    last: list[int] = []

    def tell(done: int, total: int | None) -> None:
        if [done] != last:
            last[:] = [done]
            typer.echo(json.dumps({what: done} | ({"of": total} if total is not None else {})), err=True)

    yield tell


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _check_out(out: Path | None) -> None:
    if out and out.suffix not in (".jsonl", ".parquet"):
        raise BadInput([Problem("--out", f"ends in {out.suffix or 'nothing'}", "name a .jsonl or .parquet file")])


def _summary(services: Services, id: str, out: Path | None) -> None:
    """Counts the verdicts and, where asked, writes the results; the file appears whole or not at all."""
    counts = dict.fromkeys(("pass", "review", "reject"), 0)
    results = services.rescan.results(id)
    if out is None:
        for result in results:
            counts[result["verdict"]] += 1
    else:
        half = out.with_name(f".{out.name}.half")
        write = _write_parquet if out.suffix == ".parquet" else _write_json_lines
        write(half, _counted(results, counts))
        half.replace(out)
    typer.echo(json.dumps({"run": id, **counts}))


def _counted(results: Iterator[dict[str, Any]], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    for result in results:
        counts[result["verdict"]] += 1
        yield result


def _write_json_lines(path: Path, results: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="ascii") as lines:
        for result in results:
            lines.write(json.dumps(result, ensure_ascii=True) + "\n")


def _write_parquet(path: Path, results: Iterator[dict[str, Any]]) -> None:
    """Findings as a JSON string, since their shape varies."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(name, pa.string()) for name in ("account_id", "kind", "verdict", "findings")])
    with ParquetWriter(path, schema) as writer:
        rows: list[dict[str, Any]] = []
        for result in results:
            rows.append(result | {"findings": json.dumps(result["findings"], ensure_ascii=True)})
            if len(rows) >= 10_000:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema))
