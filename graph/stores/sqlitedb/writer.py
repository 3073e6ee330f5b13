"""One write transaction: rows, checkpoints, quarantine, runs and findings are kept together, or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Self

import orjson
import pyarrow as pa

from graph.errors import StoreError
from graph.findings import Finding, Run, to_json
from graph.model import Rejected
from graph.store import Written
from graph.stores.listing import micros
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.edges import Edges
from graph.stores.sqlitedb.nodes import Ids, Names
from graph.stores.sqlitedb.rows import Rows


class SqliteWriter:
    """One transaction (see :class:`graph.store.Writer`).

    Parameters
    ----------
    begin : callable
        Gives the connection to write on, for as long as the context it returns is open.
    recorded_at : datetime, optional
        When the commit is said to have been made; now, if not given.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Database]],
        names: Names,
        where: str,
        recorded_at: datetime | None = None,
    ) -> None:
        self._begin = begin
        self._names = names
        self._where = where
        self._recorded_at = recorded_at
        self._turn: AbstractContextManager[Database] | None = None
        self._rows: Rows | None = None

    def write(self, table: str, batch: pa.RecordBatch) -> Written:
        """Add rows of a table."""
        return self._active().write(table, batch)

    def delete(self, table: str, keys: pa.RecordBatch) -> int:
        """Put tombstones on rows."""
        return self._active().delete(table, keys)

    def checkpoint(self, name: str, state: Mapping[str, Any]) -> None:
        """Remember how far a load has come."""
        rows = self._active()
        rows.database.run(sql("checkpoint_put"), (name, orjson.dumps(dict(state)).decode(), rows.seq))
        rows.changed = True

    def reject(self, rows: Sequence[Rejected]) -> None:
        """Put rows in the quarantine, each once."""
        values = [(r.source, r.line, r.type, r.field, r.reason, r.raw, r.options, _digest(r.raw)) for r in rows]
        self._active().database.many(sql("quarantine_put"), values)

    def release(self, ids: Sequence[int]) -> None:
        """Take rows out of the quarantine."""
        self._active().database.many(sql("quarantine_release"), [(i,) for i in ids])

    def add_run(self, run: Run, findings: Sequence[Finding] = ()) -> None:
        """Append a run and its findings."""
        rows = self._active()
        rows.database.run(sql("run_put"), (rows.seq, to_json(run)))
        values = [(f.id, rows.seq, f.kind, f.detector, f.run_id, f.supersedes, to_json(f)) for f in findings]
        rows.database.many(sql("finding_put"), values)
        rows.changed = True

    def __enter__(self) -> Self:
        turn = self._begin()
        database = turn.__enter__()
        try:
            seq, following = database.run(sql("next"))[0]
            self._first = self._following = following
            ids = Ids(database, self._names, seq, self._take)
            self._rows = Rows(database, ids, Edges(database, seq))
        except BaseException as error:
            turn.__exit__(type(error), error, error.__traceback__)
            raise
        self._turn = turn
        return self

    def __exit__(self, *exc: object) -> None:
        turn, rows = self._turn, self._rows
        self._turn = self._rows = None
        if turn is None or rows is None:
            return
        error = next((e for e in exc if isinstance(e, BaseException)), None)
        try:
            if error is None:
                self._finish(rows)
        except BaseException as late:
            self._end(turn, late)
            raise
        self._end(turn, error)

    def _end(self, turn: AbstractContextManager[Database], error: BaseException | None) -> None:
        """Commit, or take back: what is remembered of ids must not outlive the rows."""
        if error is not None:
            self._names.clear()
        try:
            turn.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except BaseException:
            self._names.clear()
            raise

    def _finish(self, rows: Rows) -> None:
        """Give the commit its number, if there is anything to commit."""
        if rows.changed:
            rows.ends.flush()
            made = time.time_ns() // 1000 if self._recorded_at is None else micros(self._recorded_at)
            rows.database.run(sql("commit_put"), (rows.seq, made, self._first))
            rows.database.run(sql("next_id_put"), (self._following,))

    def _take(self, count: int) -> int:
        first: int = self._following
        self._following += count
        return first

    def _active(self) -> Rows:
        if self._rows is None:
            raise StoreError("no transaction is open", where=self._where, hint="write inside `with store.writer()`")
        return self._rows


def _digest(raw: str) -> bytes:
    return hashlib.blake2b(raw.encode(), digest_size=16).digest()
