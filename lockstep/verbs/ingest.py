"""``lockstep ingest``: load files into the graph."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from graph.errors import ConfigError, IngestError, unknown
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.detect import moment

if TYPE_CHECKING:
    from ingest.formats.base import Options
    from ingest.load import LoadReport


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("ingest")(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    format_: Annotated[
        str | None, typer.Option("--format", help="Format; recognised by its content if not given.")
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Record type, where neither name nor rows say it.")
    ] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="Mapping file (TOML): which column is what.")] = None,
    platform: Annotated[str | None, typer.Option(help="Platform of ids, where the input does not say.")] = None,
    venue: Annotated[str | None, typer.Option(help="Exchange of market data, where the input does not say.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Load files that are already loaded once more.")] = False,
    index_text: Annotated[
        bool, typer.Option("--index-text", help="Also index texts for search, which finds them without, but slower.")
    ] = False,
    min_rows: Annotated[int, typer.Option(help="Fail (exit 3) if fewer rows were read.", min=0)] = 0,
    max_age: Annotated[
        str | None, typer.Option(help="Fail (exit 3) if the store's newest post is older (36h, 7d).")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load files into the graph. A bad row goes to the quarantine and stops nothing; loading twice changes nothing."""
    s = session(config, store, data_dir, as_json=as_json)
    oldest = moment(max_age, "--max-age", datetime.now(UTC))
    _known(format_, type_)
    result = load_into(s, paths, format_, options(s, type_, map_, platform, venue), again=again)
    if index_text:
        with s.store() as opened:
            s.note(f"{opened.index_text()} posts added to the search index")
    if s.as_json:
        s.emit(orjson.loads(result.to_json()))
    else:
        for line in result.summary():
            s.line(line)
    failed = [f for f in result.files if f.error]
    if failed:
        raise IngestError(
            f"{len(failed)} of {len(result.files)} files could not be read to the end",
            str(failed[0].path),
            "what was read before is loaded; mend the file and run the same command again",
        )
    rows = sum(f.rows for f in result.files)
    if rows < min_rows:
        raise IngestError(
            f"{rows} rows read, {min_rows} expected", ", ".join(map(str, paths)), "is the export complete?"
        )
    if oldest is not None:
        require_fresh(s, oldest)


def _known(format_: str | None, type_: str | None) -> None:
    """Refuse a format or record type that does not exist, before anything is read."""
    from ingest.formats.base import discover
    from ingest.records import RECORDS

    for name, known, option in ((format_, discover(), "--format"), (type_, RECORDS, "--type")):
        if name is not None and name not in known:
            raise unknown(name, list(known), option)


def require_fresh(s: Session, oldest: datetime) -> None:
    """Refuse a store whose newest post is older than that.

    Raises
    ------
    IngestError
        It is, or there is no post at all.
    """
    from graph.newest import newest_post

    with s.view() as view:
        newest = newest_post(view)
    if newest is None or newest < oldest:
        found = "there is no post" if newest is None else f"the newest post is of {newest:%Y-%m-%d %H:%M} UTC"
        raise IngestError(f"{found}, older than --max-age allows", s.settings.store_url, "is the export still running?")


def options(
    s: Session,
    type_: str | None = None,
    map_: Path | None = None,
    platform: str | None = None,
    venue: str | None = None,
) -> Options:
    """Reading options from the command line and the settings."""
    from ingest.formats.base import Options
    from ingest.mapping import load_mapping

    return Options(
        type=type_,
        platform=platform or s.settings.platform,
        mapping=load_mapping(map_) if map_ else None,
        venue=venue,
    )


def load_into(
    s: Session, paths: Sequence[Path], format_: str | None, how: Options, *, again: bool = False
) -> LoadReport:
    """Load files into the session's store, with a progress bar on a terminal and a line a file in a log."""
    from ingest.load import load
    from ingest.pipeline import frugal

    if not paths:
        raise ConfigError("no file named", "ingest", "lockstep ingest PATH...")
    frugal()
    with s.store(create=True) as opened, progress(s) as tell:
        return load(
            opened, paths, format=format_, options=how, secret=s.settings.pseudonym_key, again=again, progress=tell
        )


@contextmanager
def progress(s: Session) -> Iterator[Callable[[Any], None]]:
    """A callback for the loader that shows how far it is."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=s.err, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(step: Any) -> None:
            name = str(step.path)
            if name not in tasks:
                tasks[name] = bar.add_task(step.path.name, total=step.total_bytes or None, rows=0)
            bar.update(tasks[name], completed=step.bytes, rows=step.rows)

        yield tell
