"""Write a store's newest commit as files for ``neo4j-admin database import full``.

The rows become what :mod:`graph.stores.neo4jdb.model` describes, as if they had been written one commit after another.
Earlier versions do not come along: rows are numbered anew, without gaps, in the order of their commits, and a commit
shows those of its rows that are still current. Everything is read in batches; nodes are brought together on disk
(:mod:`graph.stores.neo4jdb.bulk.spool`), so that memory does not grow with the store.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.comparing import Loads
from graph.copying import snapshot
from graph.errors import StoreError
from graph.model import NodeType
from graph.schema import TABLES
from graph.store import Store, View
from graph.stores.neo4jdb import codec
from graph.stores.neo4jdb.bulk import command, records, relationships
from graph.stores.neo4jdb.bulk.files import Files
from graph.stores.neo4jdb.bulk.nodes import Nodes, Older, names, titles
from graph.stores.neo4jdb.model import ROWS, indexed

Tell = Callable[[int, int], None]
"""Told how many rows have been read, of how many; posts are read twice."""
_NUMBERED = {"row": pa.int64(), "seq": pa.int64(), "digest": pa.int64()}


@dataclass
class BulkReport:
    """What was written."""

    source: str
    folder: str
    seq: int
    rows: dict[str, int] = field(default_factory=dict)
    nodes: int = 0
    relationships: int = 0
    runs: int = 0
    findings: int = 0
    checkpoints: int = 0
    quarantine: int = 0
    continues: bool = True  # whether `lockstep copy` can bring later commits: the source had no earlier versions
    bytes: int = 0
    seconds: float = 0.0
    command: list[str] = field(default_factory=list)


def export(source: Store, folder: Path, *, progress: Tell | None = None) -> BulkReport:
    """Write the files, ``import.sh`` and ``README.md`` into a folder that is empty or does not exist.

    ``import.sh`` comes last: a folder without it is not whole.

    Raises
    ------
    StoreError
        The folder is not empty or cannot be written to, the source fails, or a value cannot be imported.
    """
    began = time.perf_counter()
    try:
        _prepare(folder)
        loads = snapshot(source)
        report = BulkReport(source.url, str(folder), loads.seq)
        with source.view(loads.seq) as view:
            _Export(source, view, loads, report, progress or _silent).run()
        report.seconds = time.perf_counter() - began
    except OSError as error:
        raise StoreError(
            f"the files cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="check permissions and free space, and write into an empty folder",
        ) from error
    return report


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StoreError(
            "the folder is not empty",
            where=str(folder),
            hint="name one that is, or does not exist yet; files without import.sh are of a run that was interrupted",
        )


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


class _Export:
    """One export at work."""

    def __init__(self, source: Store, view: View, loads: Loads, report: BulkReport, tell: Tell) -> None:
        self._source = source
        self._view = view
        self._loads = loads
        self._folder = Path(report.folder)
        self._report = report
        self._tell = tell
        self._files = Files(self._folder)
        self._counts = records.Counts()
        self._done = 0
        counted = {table: view.count(table) for table in TABLES}
        self._total = sum(counted.values()) + counted["posts"]

    def run(self) -> None:
        """Write everything."""
        spool = self._folder / "spool"
        spool.mkdir()
        try:
            nodes = Nodes(self._files, spool)
            for table in TABLES:
                if table != "posts":
                    self._table(table, nodes)
            self._posts(nodes)
            nodes.write()
            report = self._report
            report.continues = not _has_past(self._view)
            own = records.write(
                self._files, self._source, self._loads, self._counts, nodes.platforms, copied=report.continues
            )
            vars(report).update(own)
        finally:
            try:
                self._files.close()
            finally:
                shutil.rmtree(spool)
        files = [*self._files.files.values()]
        report.nodes = sum(file.rows for file in files if file.group.node)
        report.relationships = sum(file.rows for file in files if not file.group.node)
        report.bytes = self._files.size
        report.command = command.write(self._folder, files, report.source, report.seq, continues=report.continues)

    def _scan(self, table: str, *, again: bool = False) -> Iterator[pa.RecordBatch]:
        """Rows with their number and commit."""
        first = 1
        for found in self._view.scan(table, columns=(*TABLES[table].schema.names, "seq")):
            numbers = pa.array(np.arange(first, first + len(found)), pa.int64())
            first += len(found)
            if not again:
                self._counts.add(table, found.column("seq"))
            self._done += len(found)
            self._tell(self._done, self._total)
            yield found.append_column("row", numbers)
        self._report.rows[table] = first - 1

    def _table(self, table: str, nodes: Nodes) -> None:
        """Rows of any table but posts, and what they make."""
        declared = TABLES[table]
        columns = {"id": pa.string(), **_NUMBERED, **{c.name: c.type for c in declared.columns}}
        if table == "accounts":
            columns["folded_handle"] = pa.string()
        for batch in self._scan(table):
            nodes.add(table, batch)
            relationships.write(self._files, table, batch)
            own = batch.select(declared.schema.names)
            values = {name: batch.column(name) for name in batch.schema.names}
            values["id"] = pa.array(codec.ids(declared, own), pa.string())
            values["digest"] = pa.array(codec.digests(own), pa.int64())
            if table == "accounts":
                values["folded_handle"] = _folded(batch.column("handle"))
            self._files.nodes(ROWS[table], ROWS[table], columns, values)

    def _posts(self, nodes: Nodes) -> None:
        """Posts: first what they name, since a post's node may be older than its row; then their rows."""
        for batch in self._scan("posts"):
            nodes.add("posts", batch)
        older = nodes.posts(self._report.rows["posts"])
        for batch in self._scan("posts", again=True):
            self._rows_of_posts(batch, older)

    def _rows_of_posts(self, batch: pa.RecordBatch, older: Older) -> None:
        declared = TABLES["posts"]
        own = [c for c in declared.columns if c.name != "post"]
        columns = {**titles(NodeType.POST), "since": pa.int64(), **_NUMBERED, **{c.name: c.type for c in own}}
        values = {name: batch.column(name) for name in batch.schema.names}
        values |= names(NodeType.POST, batch.column("post"))
        values["since"] = older.since(batch.column("row")[0].as_py(), len(batch))
        values["digest"] = pa.array(codec.digests(batch.select(declared.schema.names)), pa.int64())
        self._files.nodes("Post", "Post", columns, values)
        relationships.write(self._files, "posts", batch)


def _folded(handles: pa.Array) -> pa.Array:
    return pa.array([h if h is None else indexed(h.casefold()) for h in handles.to_pylist()], pa.string())


def _has_past(view: View) -> bool:
    """Whether any row was ever replaced or deleted: a row that ended was current just before."""
    return any(len(view.gone(table, seq)) for seq in range(view.seq - 1, 0, -1) for table in TABLES)
