"""`moderation serve`, `worker` and `run`: the processes of the service."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from moderation.settings import Settings


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: moderation serve --host 0.0.0.0 --port 8000")(serve)
    app.command(epilog="Example: moderation worker")(worker)
    app.command(epilog="Example: moderation run --port 8000 --var var")(run)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Runs the API and the review desk."""
    import uvicorn

    # A thread that looks at a picture may hold the interpreter for so long before one that answers a caller has it: by
    # default 5 ms, several times a request.
    sys.setswitchinterval(0.001)

    from moderation.web.app import create_app

    app = create_app(Settings.read())
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def worker() -> None:
    """Runs a worker: it finishes submissions, screens rescans, sweeps, and delivers webhooks. Any number may run."""
    from moderation.jobs import work

    work(Settings.read())


def run(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    var: Annotated[Path | None, typer.Option(help="The folder for all that is written.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many workers to run.")] = 1,
    demo: Annotated[bool, typer.Option("--demo", help="Fill a new installation with invented submissions.")] = False,
) -> int:
    """Runs everything on this machine: database, Valkey, workers, API and review desk; what `make run` calls."""
    from moderation.supervisor import run as supervise

    return supervise(Settings.read(var=var), port, workers, demo, sys.stdout)
