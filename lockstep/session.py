"""What every verb needs: the settings, the store, output for people or machines, and exit codes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.untrusted import one_line, visible
from graph.errors import ConfigError
from graph.store import Store, View, open_store
from lockstep import config

FLAGGED = 10
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
EXIT_CODES: Mapping[int, str] = {
    0: "done",
    1: "unexpected crash",
    2: "usage or configuration",
    3: "input: unreadable, empty or stale",
    4: "store",
    5: "detector",
    6: "case",
    7: "alerts recorded, but not delivered",
    FLAGGED: "findings at or above --fail-on",
    INTERRUPTED: "interrupted",
}

PIPED = 240  # columns of a table that goes to a file or a pipe

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file (default: lockstep.toml, if there is one).")
]
StoreOption = Annotated[str | None, typer.Option("--store", help="Graph store, for example sqlite:///lockstep.db.")]
DataDirOption = Annotated[Path | None, typer.Option("--data-dir", help="Folder for caches and market data.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for machines.")]


@dataclass
class Session:
    """One command's surroundings.

    People read tables on standard output and notes on standard error; with ``as_json`` standard output holds one JSON
    document and nothing else.
    """

    settings: config.Settings
    as_json: bool = False
    out: Console = field(default_factory=lambda: Console(highlight=False, width=None if sys.stdout.isatty() else PIPED))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def store(self, *, create: bool = False) -> Store:
        """The configured store, opened; only verbs that load make it where there is none."""
        return open_store(self.settings.store_url, self.settings.data_dir, create=create)

    @contextmanager
    def view(self, seq: int | None = None) -> Iterator[View]:
        """A view of the configured store at a commit, or at the newest."""
        with self.store() as store:
            if seq is not None and not 0 <= seq <= store.head():
                raise ConfigError(f"no commit {seq}", where="--at", hint=f"the newest is {store.head()}")
            with store.view(seq) as view:
                yield view

    def note(self, text: str) -> None:
        """A line for people, on standard error; text from data is never read as markup, and moves no cursor."""
        self.err.print(escape(visible(text)), soft_wrap=True)

    def emit(self, document: Any) -> None:
        """The JSON document."""
        text = orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
        sys.stdout.write(text.decode() + "\n")

    def line(self, text: str = "") -> None:
        """A line of the answer, for people."""
        self.out.print(escape(visible(text)), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> None:
        """A table of the answer, for people."""
        table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(escape("" if cell is None else one_line(str(cell))) for cell in row))
        self.out.print(table)


def program() -> str:
    """How this program is called from here: ``lockstep``, or its path where that is not the one on the search path."""
    called = Path(sys.argv[0])
    found = shutil.which("lockstep")
    if called.name != "lockstep" or (found is not None and Path(found).samefile(called)):
        return "lockstep"
    try:
        return str(called.relative_to(Path.cwd()))
    except ValueError:
        return str(called)


def session(
    config_file: Path | None = None,
    store: str | None = None,
    data_dir: Path | None = None,
    *,
    as_json: bool = False,
) -> Session:
    """The session of a verb's common options."""
    options = {"store.url": store, "store.data_dir": str(data_dir) if data_dir else None}
    return Session(config.load(config_file, options=options), as_json)
