"""Raw events kept as Parquet up to a commit, so that a projection reads only what is newer.

A file is a convenience, never a source of truth: what :func:`through` returns is what reading the whole store would
give. The file of another database, of another version, or a damaged one is recognised and made anew; a view pinned to
a commit before the file's does without it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.store import View

VERSION = 1
META = b"lockstep.projection"
STALE_S = 3600  # age from which an unfinished file is that of a process that died; writing one takes seconds
MARKS = 8  # rows remembered by which a file's database is recognised
KEYS = {"posts": "post", "interactions": "interaction"}

Mark = list[Any]
"""Table, key, and the row's versions, as JSON gives them back."""


@dataclass(frozen=True)
class Read:
    """What was read of the store after a commit."""

    events: pa.Table
    newest: Mapping[str, str]  # table → key of a row that the newest commit wrote
    tables: tuple[str, ...]  # every table read


@dataclass(frozen=True)
class Kept:
    """A file's content: the events up to a commit, and rows by whose history its database is recognised."""

    events: pa.Table
    watermark: int
    marks: list[Mark]


def through(view: View, trace: str, schema: pa.Schema, read: Callable[[int], Read]) -> pa.Table:
    """The trace's raw events: those kept, brought up to the view, else all of them read anew."""
    if view.cache_dir is None:
        return read(0).events
    path = view.cache_dir / f"{trace}.parquet"
    kept = _load(view, path, schema)
    if kept is None:
        got = read(0)
        _save(view, path, got.events, _marks(view, got.newest, []))
        return got.events
    if kept.watermark > view.seq:
        return read(0).events
    if kept.watermark == view.seq:
        return kept.events
    got = read(kept.watermark)
    gone = {t: view.gone(t, kept.watermark)[KEYS[t]] for t in got.tables}
    if not got.newest and not any(len(keys) for keys in gone.values()):
        return kept.events
    events = pa.concat_tables([_without(kept.events, gone), got.events])
    dropped = {t: keys[-1].as_py() for t, keys in gone.items() if len(keys)}
    marks = _marks(view, got.newest, _marks(view, dropped, _again(view, kept.marks)))
    _save(view, path, events, marks)
    return events


def _without(events: pa.Table, gone: Mapping[str, pa.Array]) -> pa.Table:
    """The events but for those of rows that were replaced or deleted."""
    empty = pa.array([], pa.string())
    of_post = pc.and_(pc.is_null(events["row"]), pc.is_in(events["message"], gone.get("posts", empty)))
    acted = pc.is_in(events["row"], gone.get("interactions", empty))
    return events.filter(pc.invert(pc.or_(of_post, acted)))


def _mark(view: View, table: str, key: str, upto: int) -> Mark:
    """One row's history up to a commit, in a form that another database would hardly repeat."""
    versions = [
        [v["seq"], str(v["recorded_at"]), v["ended"] if v["ended"] and v["ended"] <= upto else None]
        for v in view.history(table, {KEYS[table]: key})
        if v["seq"] <= upto
    ]
    return [table, key, versions]


def _marks(view: View, rows: Mapping[str, str], earlier: list[Mark]) -> list[Mark]:
    marks = earlier + [_mark(view, table, key, view.seq) for table, key in sorted(rows.items())]
    return marks[-MARKS:]


def _again(view: View, marks: list[Mark]) -> list[Mark]:
    return [_mark(view, table, key, view.seq) for table, key, _ in marks]


def _load(view: View, path: Path, schema: pa.Schema) -> Kept | None:
    """The file's content; None where there is none, or none that can be trusted."""
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:  # by one handle: the file may be replaced between its footer and its rows
            table = pq.ParquetFile(file).read()
        meta = orjson.loads((table.schema.metadata or {})[META])
        table = table.replace_schema_metadata(None)
        usable = meta["version"] == VERSION and table.schema.equals(schema) and table.num_rows == meta["rows"]
        kept = Kept(table, int(meta["seq"]), meta["marks"])
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None
    if not usable or not kept.marks:
        return None
    if kept.watermark > view.seq:
        return kept
    ours = all(_mark(view, t, k, kept.watermark) == [t, k, versions] for t, k, versions in kept.marks)
    return kept if ours else None


def _save(view: View, path: Path, events: pa.Table, marks: list[Mark]) -> None:
    """Put the events in place of the file in one step; a disk that is full or read-only costs only the time saved."""
    import pyarrow.parquet as pq

    if not marks:
        return
    meta = {"version": VERSION, "seq": view.seq, "rows": events.num_rows, "marks": marks}
    temporary = None
    with contextlib.suppress(OSError):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _tidy(path.parent)
            handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                pq.write_table(events.replace_schema_metadata({META: orjson.dumps(meta)}), file, compression="zstd")
            Path(temporary).replace(path)
            temporary = None
        finally:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove what processes left behind that were killed while they wrote."""
    for left in folder.glob(".*.parquet-*"):
        with contextlib.suppress(FileNotFoundError):  # another process tidies as well
            if time.time() - left.stat().st_mtime > STALE_S:
                left.unlink()
