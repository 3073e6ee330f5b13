"""Load files into a store: rows, how far the file has come and what was rejected are committed together.

A file is known by its bytes, its name and how it is read. Loaded again, it is skipped; interrupted, it goes on after
its last commit; cut off or damaged, everything before the damage is kept and the report says so.
"""

from __future__ import annotations

import copy
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError, IngestError, StoreError, StoreOverloaded
from graph.findings import digest
from graph.schema import MARKET_TABLES, TABLES
from graph.store import Store, Writer, Written
from ingest.files import fingerprint, head
from ingest.formats.base import Format, Head, Options, choose, discover
from ingest.pipeline import Job, Piece, read
from ingest.report import FileReport, LoadReport, Progress
from ingest.validate import last_of_each

COMMIT_ROWS = 40_000  # rows a transaction; more would cost memory and save no time
CRAMPED_ROWS = 2_000  # the same for a store that had too little memory
TABULAR = ("csv", "jsonl", "parquet")  # formats that a mapping applies to

Tell = Callable[[Progress], None]


def load(
    store: Store,
    paths: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    options: Options = Options(),  # noqa: B008 - frozen
    secret: bytes | None = None,
    again: bool = False,
    progress: Tell | None = None,
) -> LoadReport:
    """Load files, and the files in directories, into the store.

    Parameters
    ----------
    format : str, optional
        A format's name; without it each file's own is recognised.
    secret : bytes, optional
        Key that pseudonymises personal identifiers.
    again : bool
        Load files that are already loaded once more.
    progress : callable, optional
        Told after every block how far the file is.

    Returns
    -------
    LoadReport
        One entry a file. A file that cannot be read is in it, with its error; the others are loaded.

    Raises
    ------
    ConfigError
        An option is wrong, or personal identifiers came without a key.
    StoreError
        The store failed; what was committed before stays, and the same command goes on from there.
    """
    began = time.perf_counter()
    report = LoadReport()
    known = store.checkpoints()
    for path, problem in expand(paths):
        file = FileReport(shown(path))
        report.files.append(file)
        try:
            if problem is not None:
                raise problem
            _Load(store, path, file, secret, progress).run(format, options, known, again=again)
        except IngestError as e:
            file.status, file.error = "failed", str(e)
        except ConfigError as e:
            left = (
                f"nothing of {shown(path)} past its last commit and nothing after it was loaded; run the command again"
            )
            raise type(e)(e.message, e.where, f"{e.hint}; {left}" if e.hint else left) from e
        except StoreError as e:
            kept = sum(f.rows for f in report.files)
            hint = f"{kept:,} rows had been read; what was committed stays, and the same command goes on from there"
            raise type(e)(e.message, e.where or str(path), f"{e.hint}; {hint}" if e.hint else hint) from e
    report.seconds = time.perf_counter() - began
    return report


def expand(paths: Sequence[Path]) -> Iterator[tuple[Path, IngestError | None]]:
    """Files to load: directories become all files below them, sorted; what cannot be listed comes with an error."""
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a folder above may not be entered
            yield path, _unnameable(path)
            continue
        errors: list[OSError] = []
        found = list(_walk(path, errors))
        for e in errors:
            yield (
                Path(e.filename or path),
                IngestError(f"cannot be listed: {e.strerror}", str(e.filename or path), "check its mode"),
            )
        yield from ((p, _unnameable(p)) for p in sorted(found))
        if not found and not errors:
            yield path, IngestError("the directory holds no files", str(path), "is the export complete?")


def _walk(top: Path, errors: list[OSError]) -> Iterator[Path]:
    """Files below a directory, through links to directories as well, each directory once."""
    been: set[str] = set()
    for folder, below, names in os.walk(top, onerror=errors.append, followlinks=True):
        been.add(os.path.realpath(folder))
        below[:] = [b for b in sorted(below) if os.path.realpath(os.path.join(folder, b)) not in been]  # noqa: PTH118 - of bytes that may be no text
        yield from (Path(folder) / name for name in names)


def _unnameable(path: Path) -> IngestError | None:
    """The error of a file whose name is not text: store, report and quarantine could not name it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return IngestError("its name is not UTF-8", shown(path), "rename it")
    return None


def shown(path: Path) -> str:
    """A path as text, bytes that are none escaped."""
    return str(path).encode(errors="surrogateescape").decode(errors="backslashreplace")


class _Load:
    """One file's way into the store."""

    def __init__(self, store: Store, path: Path, file: FileReport, secret: bytes | None, tell: Tell | None) -> None:
        self._store = store
        self._path = path
        self._file = file
        self._secret = secret
        self._tell = tell
        self._name = ""  # of the checkpoint
        self._cramped = False  # the store has too little memory for large transactions
        self._state: dict[str, Any] = {}
        self._stamp: tuple[int, ...] = ()

    def run(self, wanted: str | None, options: Options, known: dict[str, dict[str, Any]], *, again: bool) -> None:
        """Load the file, or what is left of it."""
        start = head(self._path)
        format_ = _choose(start, wanted, options)
        self._file.format = format_.name
        self._stamp = _stamp(self._path)
        print_ = fingerprint(self._path)
        self._name = "ingest:" + _identity(print_.sha256, start.name, format_, options)
        before = {} if again else known.get(self._name, {})
        if before.get("done"):
            self._file.status = "already loaded"
            return
        if before:
            self._file.status, self._file.resumed_after = "resumed", before["end"]
        self._state = {
            "source": str(self._path),
            "size": print_.size,
            "end": before.get("end", 0),
            "units": before.get("units", {}),
            "since": before.get("since", self._store.head()),
            "done": False,
        }
        job = Job(self._path, format_.name, options, self._state["end"], self._state["units"], self._secret)
        self._consume(read(job))
        known[self._name] = self._state

    def _consume(self, pieces: Iterator[Piece]) -> None:
        """Commit pieces in groups; what came before a damage is committed before the error goes on."""
        group: list[Piece] = []
        held = 0
        try:
            for piece in pieces:
                group.append(piece)
                held += piece.valid.rows
                self._file.saw(piece.valid)
                if self._tell is not None:
                    self._tell(Progress(self._path, self._file.rows, piece.position, self._state["size"]))
                if held >= COMMIT_ROWS:
                    self._commit(group, done=False)
                    group, held = [], 0
        except IngestError:
            if group:
                self._commit(group, done=False)
            raise
        same = _stamp(self._path) == self._stamp
        self._commit(group, done=same)
        if not same:
            raise IngestError(
                "changed while it was read", str(self._path), "run the same command again when nothing writes to it"
            )

    def _commit(self, group: list[Piece], *, done: bool) -> None:
        """Keep pieces together, or little by little where the store has too little memory to do it at once."""
        before = copy.deepcopy(self._file)
        try:
            self._transact(group, done=done)
        except StoreOverloaded:
            if self._cramped:
                raise
            for field in dataclasses.fields(before):  # what the failed transaction counted
                setattr(self._file, field.name, getattr(before, field.name))
            self._cramped = True
            self._transact(group, done=done)

    def _transact(self, group: list[Piece], *, done: bool) -> None:
        """One transaction of rows, quarantine and checkpoint; of rows several before it where memory is short.

        Such rows are written again if the load dies before the checkpoint, which changes nothing.

        Market files come before it: where the checkpoint is lost, writing them again changes nothing.
        """
        tables = self._merged(group)
        for table in [name for name in tables if name in MARKET_TABLES]:
            from graph.market import write_market

            self._file.wrote(table, write_market(self._store.data_dir, table, tables.pop(table)))
        if group:
            self._state |= {"end": group[-1].end, "units": group[-1].units}
        self._state["done"] = done
        changed: list[tuple[str, Written]] = []

        def write(writer: Writer, table: str, batch: pa.RecordBatch) -> None:
            written = writer.write(table, batch)
            self._file.wrote(table, written)
            if written.changed:
                changed.append((table, written))

        while self._cramped and tables:
            table, batch = tables.popitem()
            for start in range(0, len(batch), CRAMPED_ROWS):
                with self._store.writer() as writer:
                    write(writer, table, batch.slice(start, CRAMPED_ROWS))
        with self._store.writer() as writer:
            for table, batch in tables.items():
                write(writer, table, batch)
            rejected = [row for piece in group for row in piece.valid.rejected]
            if rejected:
                writer.reject(rejected)
            writer.checkpoint(self._name, dict(self._state))
        if changed:
            self._corrections(changed)

    def _merged(self, group: list[Piece]) -> dict[str, pa.RecordBatch]:
        """One batch a table, the last row of each key: ids that came again within the group are corrections."""
        parts: dict[str, list[pa.RecordBatch]] = {}
        for piece in group:
            for table, batch in piece.valid.tables:
                parts.setdefault(table, []).append(batch)
        merged = {}
        for table, batches in parts.items():
            whole = pa.concat_batches(batches) if len(batches) > 1 else batches[0]
            if len(batches) > 1:
                before = whole.num_rows
                whole, again = last_of_each(whole, (TABLES.get(table) or MARKET_TABLES[table]).key)
                self._file.correct([f"{table} {key}" for key in again])
                self._file.repeated += before - whole.num_rows - len(again)
            merged[table] = whole
        return merged

    def _corrections(self, changed: list[tuple[str, Written]]) -> None:
        """Which changed rows replaced one of this very file: their earlier version is younger than the load."""
        since = self._state["since"]
        with self._store.view() as view:
            for table, written in changed:
                names = TABLES[table].key
                seen = dict.fromkeys(tuple(key) for key in written.changed_keys)
                for key in seen:
                    versions = view.history(table, dict(zip(names, key, strict=True)))
                    if sum(version["seq"] > since for version in versions) > 1:
                        self._file.correct([f"{table} {' '.join(str(part) for part in key if part is not None)}"])
                if written.changed > len(written.changed_keys):
                    self._file.corrections_exact = False


def _stamp(path: Path) -> tuple[int, ...]:
    """What differs once a file has been written to or replaced; nothing where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _choose(start: Head, wanted: str | None, options: Options) -> Format:
    """The file's format; with a mapping only those it can apply to."""
    if options.mapping is None or wanted is not None:
        return choose(start, wanted)
    known = discover()
    return max((known[name] for name in TABULAR), key=lambda f: f.sniff(start))


def _identity(sha256: str, name: str, format_: Format, options: Options) -> str:
    """What makes two loads the same: the bytes, the name (types and markets are read from it) and the options."""
    how = [options.type, options.platform, options.mapping, options.venue]
    return digest([sha256, name, format_.name, how])[:32]


__all__ = ["FileReport", "LoadReport", "Progress", "expand", "load"]
