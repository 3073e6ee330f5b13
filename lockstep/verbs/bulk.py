"""``lockstep bulk``: a store as files for Neo4j's own import tool, for a first load that is too large for a copy."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, session

if TYPE_CHECKING:
    from graph.stores.neo4jdb.bulk.export import BulkReport, Tell

LINES = 10
"""Lines of progress, at most."""


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("bulk")(bulk)


def bulk(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write: empty, or does not exist yet.")],
    from_: Annotated[str | None, typer.Option("--from", help="Store to read (default: the configured one).")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a store as files for `neo4j-admin database import full`, with the command that imports them.

    For a first load of very many rows: the tool makes the database's files offline, without transactions. Only the
    newest commit comes along, no earlier versions. The files hold everything the store knows: keep them safe.
    """
    from graph.stores.neo4jdb.bulk.export import export

    s = session(config, from_, data_dir, as_json=as_json)
    with s.store() as source:
        report = export(source, out, progress=_teller(s))
    if s.as_json:
        s.emit(asdict(report))
        return
    for line in _summary(report):
        s.line(line)


def _teller(s: Session) -> Tell:
    """A line for every tenth."""
    said = 0

    def tell(done: int, total: int) -> None:
        nonlocal said
        reached = done * LINES // total if total else 0
        if reached > said:
            said = reached
            s.note(f"reading rows: {done:,} of {total:,}")

    return tell


def _summary(report: BulkReport) -> list[str]:
    """What was written, and what to do with it."""
    rows = sum(report.rows.values())
    made = f"{report.nodes:,} nodes and {report.relationships:,} relationships, {report.bytes / 1e6:,.1f} MB"
    script = shlex.quote(str(Path(report.folder) / "import.sh"))
    return [
        f"{report.source} → {report.folder}: {rows:,} rows at commit {report.seq:,} as {made}",
        "",
        "On the server's machine, with the server stopped and its database empty:",
        f"  sh {script} neo4j",
        "Start the server, then:",
        "  lockstep migrate --store neo4j://HOST",
        "",
        f"The whole command (also in import.sh; README.md says more), to be run in {report.folder}:",
        "  " + shlex.join(["neo4j-admin", *report.command, "neo4j"]),
    ]
