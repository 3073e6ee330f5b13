"""``lockstep copy``: bring one graph store's whole content and history into another one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.store import Store, open_store
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, session

if TYPE_CHECKING:
    from graph.comparing import Comparison
    from graph.copying import CopyReport, Step

LINES = 4
"""Lines that a log gets of each stage, at most."""


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("copy")(copy)


def copy(
    to: Annotated[str, typer.Option("--to", help="Store to copy to: empty, or an earlier copy, which goes on.")],
    from_: Annotated[str | None, typer.Option("--from", help="Store to copy (default: the configured one).")] = None,
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Compare the copy with its source, and write nothing.")
    ] = False,
    index_text: Annotated[
        bool, typer.Option("--index-text", help="Also index texts for search, which finds them without, but slower.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy a store into another one, of any kind, with its whole history, and verify the copy.

    Commits keep their numbers and times, so that findings can be replayed in the copy. Interrupted, or run again when
    the source has grown, it goes on from where it was. Market data is not in a store: both use the files of --data-dir.
    """
    from graph import copying

    s = session(config, from_, data_dir, as_json=as_json)
    with s.store() as source, _target(s, to, create=not verify_only) as target, _progress(s) as tell:
        if verify_only:
            found = copying.verify(source, target, progress=tell)
            document: dict[str, Any] = {"source": source.url, "target": target.url, "verified": asdict(found)}
            lines = [_verified(found)]
        else:
            report = copying.copy(source, target, progress=tell)
            document = asdict(report)
            lines = _summary(report)
        if index_text and not verify_only:
            document["indexed"] = target.index_text()
            lines.append(f"{document['indexed']:,} posts added to the search index")
    if s.as_json:
        s.emit(document)
    else:
        for line in lines:
            s.line(line)
        s.note(
            f"Market data (candles, trades) is in {s.settings.data_dir}, in no store: copy the folder if you move it."
        )


def _target(s: Session, url: str, *, create: bool) -> Store:
    return open_store(url, s.settings.data_dir, create=create)


def _summary(report: CopyReport) -> list[str]:
    """What was copied, in a few lines."""
    made = {
        "row": sum(report.rows.values()),
        "deletion": sum(report.deleted.values()),
        "run": report.runs,
        "finding": report.findings,
        "quarantined row": report.rejected,
        "row taken out of the quarantine": report.released,
    }
    listed = ", ".join(_count(n, what) for what, n in made.items() if n)
    commits = _count(report.seq - report.after, "commit")
    since = f" after commit {report.after:,}" if report.after else ""
    done = f"{commits}{since}: {listed or 'only checkpoints'}" if report.seq > report.after else listed or "nothing new"
    return [f"{report.source} → {report.target}: {done}", *([_verified(report.verified)] if report.verified else [])]


def _verified(found: Comparison) -> str:
    looked = {
        "run": found.runs,
        "finding": found.findings,
        "checkpoint": found.checkpoints,
        "quarantined row": found.quarantine,
    }
    rows = sum(table["rows"] for table in found.tables.values())
    return (
        f"verified at commit {found.seq:,}: {_count(rows, 'current row')} by count and hash, what "
        f"{_count(len(found.commits), 'commit')} wrote and ended, {', '.join(_count(n, w) for w, n in looked.items())}"
    )


def _count(number: int, what: str) -> str:
    noun, _, rest = what.partition(" taken ")
    return f"{number:,} {noun}{'' if number == 1 else 's'}{' taken ' * bool(rest)}{rest}"


@contextmanager
def _progress(s: Session) -> Iterator[Callable[[Step], None]]:
    """A bar on a terminal; in a log, a line for every quarter."""
    if not sys.stderr.isatty():
        yield _Log(s)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=s.err, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(step: Step) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(_STAGES[step.stage], total=step.total)
            bar.update(tasks[step.stage], completed=step.done)

        yield tell


_STAGES = {"copying": "copying commits", "verifying": "verifying rows"}


class _Log:
    """Progress in lines."""

    def __init__(self, s: Session) -> None:
        self._session = s
        self._said = ("", 0)

    def __call__(self, step: Step) -> None:
        """Say it, if there is something new to say."""
        reached = (step.stage, step.done * LINES // step.total if step.total else 0)
        if reached != self._said and reached[1]:
            self._said = reached
            self._session.note(f"{_STAGES[step.stage]}: {step.done:,} of {step.total:,}")
