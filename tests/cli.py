"""Running the command line inside the test process: same entry point, same exit codes."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import sys
from dataclasses import dataclass
from typing import Any
from unittest import mock

import typer.main

from lockstep import cli


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def lockstep(*arguments: object) -> Ran:
    """``lockstep ARGUMENTS…`` as the shell would run it."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = ["lockstep", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(cli, "app", _command()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Ran(code, out.getvalue(), err.getvalue())


@functools.cache
def _command() -> Any:
    """The commands, made of the verbs' signatures once in a process instead of once in a call (0.1 s)."""
    return typer.main.get_command(cli.app)
