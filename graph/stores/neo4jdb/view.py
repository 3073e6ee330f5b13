"""Reading the Neo4j store as it was after one commit: tables, records and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, Self

import orjson
import pyarrow as pa

from graph.errors import StoreError
from graph.findings import Finding, Run, beginning, finding_from_json, ranked, run_from_json
from graph.model import Account, Hit, NodeRef, NodeType, Post
from graph.schema import TABLES, named_by_key, selected, versioned
from graph.stores.neo4jdb import text as texts
from graph.stores.neo4jdb.codec import id_of, moment, rows_batch, times_of
from graph.stores.neo4jdb.commits import Commit, commit
from graph.stores.neo4jdb.database import Database, cypher
from graph.stores.neo4jdb.exploring import Exploring
from graph.stores.neo4jdb.model import HEAD, ROWS
from graph.stores.neo4jdb.scans import Scan


class Neo4jView(Exploring):
    """The store as it was after commit ``seq`` (see :class:`graph.store.View`)."""

    def __init__(
        self, database: Database, seq: int, commits: Mapping[int, Commit], data_dir: FilePath, cache_dir: FilePath
    ) -> None:
        self.seq = seq
        self._at = commits[seq]
        self.pins: Mapping[str, int] = self._at.rows
        self.data_dir = data_dir
        self.cache_dir: FilePath | None = cache_dir
        self._commits = dict(commits)  # looked up so far; none ever changes
        self._connection: Database | None = database
        self._where = database.address.url

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
        database, until = self._database, self.pins[table]
        return Scan(database, declared, names, self.seq, (start, end)).batches(self._rows_at(after)[table], until)

    def _rows_at(self, seq: int) -> Mapping[str, int]:
        """Row numbers after an earlier commit."""
        return self._commit(min(max(seq, 0), self.seq)).rows

    def _commit(self, seq: int) -> Commit:
        if seq not in self._commits:
            self._commits[seq] = commit(self._database, seq)
        return self._commits[seq]

    def gone(self, table: str, after: int) -> pa.RecordBatch:
        """Keys of rows that were current at seq ``after`` and have since been replaced or deleted."""
        declared = versioned(table)
        database, keys = self._database, list(declared.key)
        params = {"table": table, "after": after, "seq": self.seq, "last": self._rows_at(after)[table]}
        params |= {"columns": keys, "times": times_of(declared, keys)}
        rows = [row[0] for row in database.read(cypher("gone"), params)] if self._ended(table, after) else []
        return rows_batch(rows, pa.schema([declared.schema.field(k) for k in keys]))

    def _ended(self, table: str, after: int) -> bool:
        """Whether any version can have ended since: every one written has a row number of its own."""
        before = self._commit(min(max(after, 0), self.seq))
        written = self.pins[table] - before.rows[table]
        return written > self._at.counts[table] - before.counts[table]

    def count(self, table: str) -> int:
        """Number of current rows."""
        versioned(table)
        self._database  # noqa: B018 - a closed view says so
        return self._at.counts[table]

    def recorded_at(self, seq: int) -> datetime:
        """When a commit was recorded."""
        return moment(self._commit(seq).recorded_at)

    # records

    def account(self, key: str) -> Account | None:
        """The newest observation, or a stub."""
        declared = TABLES["accounts"]
        names = declared.schema.names
        asked = {"columns": names, "times": times_of(declared, names), "seq": self.seq}
        prefix = orjson.dumps([key]).decode()[:-1] + ","
        rows = self._database.read(cypher("observations"), {**asked, "account": key, "prefix": prefix[:HEAD]})
        if not rows:
            return Account(key) if self.has(NodeRef(NodeType.ACCOUNT, key)) else None
        seen = rows_batch([row[1] for row in rows], declared.schema).to_pylist()
        dated = [row for row in seen if row["observed_at"] is not None]
        return Account(**(max(dated, key=lambda row: row["observed_at"]) if dated else seen[0]))

    def posts(self, keys: Sequence[str]) -> list[Post]:
        """Known posts, in the order asked."""
        return self._posts(keys)

    def history(self, table: str, key: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All versions of one row, oldest first."""
        declared = versioned(table)
        named_by_key(declared, key)
        names = declared.schema.names
        params = {"table": table, "id": id_of(declared, key), "seq": self.seq}
        params |= {"columns": names, "times": times_of(declared, names)}
        current = cypher("post_current") if table == "posts" else cypher("row_current", label=ROWS[table])
        database = self._database
        # the current version first: one that ends in between is then seen twice, not missed
        versions = database.reading(lambda tx: [*tx.run(current, params), *tx.run(cypher("versions"), params)])
        found = {row[0]: row for row in versions}  # by row number
        rows = [found[number] for number in sorted(found)]
        batch = rows_batch([row[3] for row in rows], declared.schema)
        seqs = sorted({row[1] for row in rows})
        times = {row[0]: row[1] for row in database.read(cypher("commit_times"), {"seqs": seqs})}
        return [
            {
                **values,
                "seq": row[1],
                "recorded_at": moment(times[row[1]]),
                "ended": row[2] if row[2] is not None and row[2] <= self.seq else None,
            }
            for values, row in zip(batch.to_pylist(), rows, strict=True)
        ]

    def search(self, text: str, *, types: Sequence[NodeType] | None = None, limit: int = 20) -> list[Hit]:
        """Nodes by key or handle, then posts by words."""
        return texts.search(self, self._database, text, types=types, limit=limit)

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
        asked: dict[str, Any] = {"seq": self.seq, "kind": kind, "detector": detector, "run": run}
        asked |= {"after": after, "superseded": superseded}
        found = [finding_from_json(row[0]) for row in self._database.read(cypher("findings"), asked)]
        return ranked(found)

    def finding(self, finding_id: str) -> Finding | None:
        """One finding, by its id or the beginning of it."""
        rows = self._database.read(cypher("finding"), {"id": finding_id, "seq": self.seq})
        body = beginning({row[0]: row[1] for row in rows}, finding_id)
        return None if body is None else finding_from_json(body)

    def runs(self, *, after: int = 0) -> list[Run]:
        """Runs, oldest first."""
        return [run_from_json(row[0]) for row in self._database.read(cypher("runs"), {"after": after, "seq": self.seq})]

    def close(self) -> None:
        """Let go of the store's connections, which stay open for other views."""
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
