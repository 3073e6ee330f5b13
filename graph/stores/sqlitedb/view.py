"""Reading the SQLite store as it was after one commit: tables, records and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, Self, cast

import pyarrow as pa

from graph.errors import StoreError
from graph.findings import Finding, Run, beginning, finding_from_json, ranked, run_from_json
from graph.model import Account, Hit, NodeRef, NodeType, Post
from graph.schema import TABLES, named_by_key, selected, versioned
from graph.stores.listing import micros, moment
from graph.stores.sqlitedb import text as texts
from graph.stores.sqlitedb.codec import encode, from_columns, plain, record_batch, scan_sql, statements
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.exploring import Exploring

SCAN_ROWS = 50_000
"""Rows in a batch that a scan gives, at most."""


class SqliteView(Exploring):
    """The store as it was after commit ``seq`` (see :class:`graph.store.View`)."""

    def __init__(self, database: Database, seq: int, data_dir: FilePath, cache_dir: FilePath) -> None:
        self.seq = seq
        self.data_dir = data_dir
        self.cache_dir: FilePath | None = cache_dir
        self._connection: Database | None = database
        self._where = str(database.path)

    # tables

    def scan(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        after: int = 0,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Current rows in the order of their commits."""
        declared = versioned(table)
        names = selected(declared, columns, windowed=(start, end) != (None, None))
        bounds = {name: micros(value) for name, value in (("start", start), ("end", end)) if value is not None}
        statement = scan_sql(declared, names, start=start is not None, end=end is not None)
        fields = [pa.field("seq", pa.int64()) if n == "seq" else declared.schema.field(n) for n in names]
        params = {"after": after, "pin": self.seq, **bounds}
        return self._batches(self._database, statement, params, pa.schema(fields))

    @staticmethod
    def _batches(
        database: Database, statement: str, params: Mapping[str, Any], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        for columns in database.columns(statement, params, SCAN_ROWS):
            yield from_columns(columns[2:], schema)

    def gone(self, table: str, after: int) -> pa.RecordBatch:
        """Keys of rows current at ``after`` that have since been replaced or deleted."""
        declared = versioned(table)
        rows = self._database.run(statements(table).gone, {"after": after, "pin": self.seq})
        return record_batch(rows, pa.schema([declared.schema.field(k) for k in declared.key]))

    def count(self, table: str) -> int:
        """Number of current rows."""
        return int(self._database.value(statements(versioned(table).name).count, {"pin": self.seq}))

    def recorded_at(self, seq: int) -> datetime:
        """When a commit was recorded."""
        return cast("datetime", moment(self._database.run(sql("commit_times"), {"first": seq, "pin": seq})[0][1]))

    # records

    def account(self, key: str) -> Account | None:
        """The newest observation, or a stub."""
        database = self._database
        with database.transaction():
            rows = database.run(sql("account"), {"account": key, "pin": self.seq})
            if rows:
                return Account(**plain(rows[0], TABLES["accounts"].schema))
            return Account(key) if self.has(NodeRef(NodeType.ACCOUNT, key)) else None

    def posts(self, keys: Sequence[str]) -> list[Post]:
        """Known posts, in the order asked."""
        database, found = self._database, []
        with database.transaction():
            for key in keys:
                row = self._post_row(key)
                if row is not None:
                    found.append(_post(row))
                elif self.has(NodeRef(NodeType.POST, key)):
                    found.append(Post(key))
        return found

    def history(self, table: str, key: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All versions of one row, oldest first."""
        declared = versioned(table)
        named_by_key(declared, key)
        wanted = pa.schema([declared.schema.field(k) for k in declared.key])
        named = pa.RecordBatch.from_pylist([dict(key)], schema=wanted)
        params = {name: encode(column)[0] for name, column in zip(wanted.names, named.columns, strict=True)}
        database = self._database
        with database.transaction():
            rows = database.run(statements(table).history, {**params, "pin": self.seq})
            times = dict(database.run(sql("commit_times"), {"first": rows[0][0] if rows else 1, "pin": self.seq}))
        found = record_batch(rows, declared.schema, skip=2).to_pylist()
        return [
            {
                **values,
                "seq": row[0],
                "recorded_at": moment(times[row[0]]),
                "ended": row[1] if row[1] is not None and row[1] <= self.seq else None,
            }
            for values, row in zip(found, rows, strict=True)
        ]

    def search(self, text: str, *, types: Sequence[NodeType] | None = None, limit: int = 20) -> list[Hit]:
        """Nodes by key or handle, then posts by words."""
        return texts.search(self._database, self.seq, text, types, limit)

    # findings

    def findings(
        self,
        *,
        kind: str | None = None,
        detector: str | None = None,
        run: str | None = None,
        after: int = 0,
        superseded: bool = False,
    ) -> list[Finding]:
        """Findings that no later one supersedes."""
        asked: dict[str, Any] = {"pin": self.seq, "kind": kind, "detector": detector, "run": run}
        asked |= {"after": after, "superseded": superseded}
        found = [finding_from_json(row[0]) for row in self._database.run(sql("findings"), asked)]
        return ranked(found)

    def finding(self, finding_id: str) -> Finding | None:
        """One finding, by its id or the beginning of it."""
        asked = {"pin": self.seq, "id": finding_id, "beyond": finding_id + "\U0010ffff"}
        rows = self._database.run(sql("finding"), asked)
        body = beginning({row[0]: row[1] for row in rows}, finding_id)
        return None if body is None else finding_from_json(body)

    def runs(self, *, after: int = 0) -> list[Run]:
        """Runs, oldest first."""
        rows = self._database.run(sql("runs"), {"after": after, "pin": self.seq})
        return [run_from_json(row[0]) for row in rows]

    def close(self) -> None:
        """Release the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def _database(self) -> Database:
        if self._connection is None:
            raise StoreError("the view is closed", where=self._where)
        return self._connection


def _post(row: Sequence[Any]) -> Post:
    """A post from its id, seq and columns."""
    values = plain(row, TABLES["posts"].schema, skip=2)
    lists: dict[str, Any] = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Post(**values | lists)
