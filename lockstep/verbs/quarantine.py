"""``lockstep quarantine``: rows that could not be loaded, and a second try for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from graph.model import Rejected
from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption, session

group = typer.Typer(no_args_is_help=True, help="Rows that could not be loaded: list, export, replay, drop.")
SourceOption = Annotated[str | None, typer.Option("--source", help="Only rows whose file name contains this.")]


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="quarantine")


def _chosen(rows: list[Rejected], source: str | None) -> list[Rejected]:
    return [r for r in rows if source is None or source in r.source]


@group.command("list")
def list_(
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(help="Rows to print; 0 for the counts only.", min=0)] = 20,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the rows by file and reason, and show the first of them."""
    s = session(config, store, data_dir, as_json=as_json)
    with s.store() as opened:
        rows = _chosen(opened.rejected(), source)
    if s.as_json:
        s.emit([asdict(r) for r in rows])
        return
    counts = Counter((r.source, r.type, r.field, r.reason) for r in rows)
    for (name, type_, field, reason), n in sorted(counts.items(), key=lambda c: (-c[1], c[0])):
        place = ".".join(p for p in (type_, field) if p)
        s.line(f"{n:>6}  {name}  {place}: {reason}" if place else f"{n:>6}  {name}: {reason}")
    for r in rows[:limit]:
        s.line(f"{r.source}:{r.line}: {r.raw[:200]}")
    if not rows:
        s.line("the quarantine is empty")


@group.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write, JSON Lines: file, line, type, field, reason, raw row.")],
    source: SourceOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write the rows to a file. Personal values in it are masked, as they are in the store."""
    from ingest.quarantine import export as write

    s = session(config, store, data_dir)
    with s.store() as opened:
        n = write(_chosen(opened.rejected(), source), out)
    s.note(f"{n} rows → {out}")


@group.command()
def drop(
    source: Annotated[str, typer.Option("--source", help="Rows whose file name contains this.")],
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take rows out for good, after their file was mended and loaded again. Export them first if in doubt."""
    s = session(config, store, data_dir, as_json=as_json)
    with s.store() as opened:
        rows = _chosen(opened.rejected(), source)
        with opened.writer() as writer:
            writer.release([r.id for r in rows])
    if s.as_json:
        s.emit({"dropped": len(rows)})
    else:
        s.line(f"rows dropped: {len(rows)}")


@group.command()
def replay(
    source: SourceOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try the rows again, as their files were read; those that pass now are loaded and leave the quarantine.

    Rows pass later where the reason is gone: a newer version reads more, or LOCKSTEP_PSEUDONYM_KEY is set now.
    """
    from ingest.quarantine import replay as again

    s = session(config, store, data_dir, as_json=as_json)
    with s.store() as opened:
        result = again(opened, _chosen(opened.rejected(), source), secret=s.settings.pseudonym_key)
    if s.as_json:
        s.emit(asdict(result))
    else:
        for line in result.summary():
            s.line(line)
