"""The `moderation` command: what it prints, and its exit codes; every subcommand has --help with an example."""

import io
import sys
import traceback
from itertools import takewhile
from typing import Annotated

import typer
from typer.exceptions import TyperException

from moderation import __version__
from moderation.cli import access, banks, content, evaluation, models, rescans, screening, service, wordlists
from moderation.core.errors import BadInput, BadSetup, ModerationError

USAGE, BAD_INPUT, MISSING_FILE, FAILED, SET_UP = 64, 65, 66, 70, 78
"""Exit codes for errors, as sysexits.h has them; 0, 1 and 2 are verdicts."""

app = typer.Typer(
    name="moderation",
    help="Screens usernames, avatars, bios and posts against an account agreement.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
screening.add_to(app)
service.add_to(app)
rescans.add_to(app)
content.add_to(app)
wordlists.add_to(app)
banks.add_to(app)
access.add_to(app)
models.add_to(app)
evaluation.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line; never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # any text can be asked about, on any terminal
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of one command; its errors are printed, one a line, each with what to do."""
    try:
        code = app(arguments, standalone_mode=False)
    except TyperException as error:
        typer.echo(f"{error.format_message()} See: moderation {' '.join(_named(arguments))} --help", err=True)
        return USAGE
    except typer.Exit as error:
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except FileNotFoundError as error:
        typer.echo(f"{error.filename}: there is no such file; give the path of one", err=True)
        return MISSING_FILE
    except BadSetup as error:
        typer.echo(str(error), err=True)
        return SET_UP
    except BadInput as error:
        typer.echo(str(error), err=True)
        return BAD_INPUT
    except ModerationError as error:
        typer.echo(str(error), err=True)
        return FAILED
    except BrokenPipeError:  # whoever read our output has gone; there is nobody to tell
        sys.stderr.close()
        return FAILED
    except OSError as error:
        typer.echo(
            f"{error.filename or 'input or output'}: {error.strerror or error}; mend that and try again", err=True
        )
        return MISSING_FILE if error.filename else FAILED
    except Exception as error:  # Python itself would exit with 1, which is a verdict
        traceback.print_exc()
        typer.echo(f"{type(error).__name__}: something went wrong here; the lines above say where", err=True)
        return FAILED
    return code if isinstance(code, int) else 0


def _named(arguments: list[str]) -> list[str]:
    """The subcommand that was named, for a hint."""
    return list(takewhile(lambda word: not word.startswith("-"), arguments))[:2]
