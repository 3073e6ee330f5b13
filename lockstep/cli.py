"""The command line: verbs found in ``lockstep/verbs``, one way of failing.

A verb module has ``add(app)``, which adds its command or group.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dashboard.untrusted import one_line, visible
from graph.errors import LockstepError, fault
from lockstep import verbs
from lockstep.config import SettingsError
from lockstep.session import EXIT_CODES, INTERRUPTED

app = typer.Typer(
    name="lockstep",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: " + " · ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(importlib.metadata.version("lockstep-graph"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Version.")] = False,
) -> None:
    """Find and investigate coordinated abuse on a crypto social network. Flagged is not guilty."""


for _info in pkgutil.iter_modules(verbs.__path__, "lockstep.verbs."):
    importlib.import_module(_info.name).add(app)


def main() -> None:
    """Run the command line; every error that is meant for the user is one paragraph and an exit code."""
    try:
        app()
    except (LockstepError, SettingsError) as error:
        _say(error)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # the reader of a pipe (head, less) has seen enough
            sys.exit(0)
        if stop.code == INTERRUPTED:
            _say(
                LockstepError("interrupted", hint="what was committed stays; a load goes on from there when run again")
            )
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the program is said in one paragraph as well
        _say(LockstepError(f"unexpected {type(error).__name__}: {error}", fault(error), "please report this"))
        sys.exit(1)


def _say(error: LockstepError | SettingsError) -> None:
    console = Console(stderr=True, highlight=False)
    where = f"{escape(one_line(error.where))}: " if error.where else ""
    console.print(f"[bold red]error:[/] {where}{escape(one_line(error.message))}", soft_wrap=True)
    if error.hint:
        console.print(f"  {escape(visible(error.hint))}", soft_wrap=True)
