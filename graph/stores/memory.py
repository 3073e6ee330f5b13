"""The store in memory: for small analyses without a database, and for tests. Nothing outlives the process.

A commit appends Arrow batches under the next seq while readers stay pinned to earlier ones; exploring builds arrays of
the graph when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import orjson
import pyarrow as pa

from graph.errors import StoreError, StoreUnavailable
from graph.findings import Finding, Run
from graph.model import Rejected
from graph.schema import TABLES, check
from graph.store import Written
from graph.stores.memory_log import keys_of
from graph.stores.memory_view import Contents, MemoryView

SCHEMES = ("memory",)
WAIT_S = 30.0
"""How long a writer waits for another one."""


def open(url: str, data_dir: Path, *, create: bool = True) -> MemoryStore:  # noqa: A001, ARG001 - as in every store module
    """Make an empty store, there being none to open; two of them share nothing, whatever their URL."""
    return MemoryStore(url, data_dir)


class MemoryStore:
    """A graph in memory (see :class:`graph.store.Store`)."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url = url
        self.data_dir = data_dir
        self._identity = uuid4().hex
        self._contents = Contents()
        self._closed = False

    @property
    def identity(self) -> str:
        """The store's own name."""
        self._open()
        return self._identity

    def view(self, seq: int | None = None) -> MemoryView:
        """A View pinned to that commit, or to the newest."""
        head = self.head()
        if seq is not None and not 0 <= seq <= head:
            raise StoreError(f"there is no commit {seq}", where=self.url, hint=f"the newest is {head}")
        return MemoryView(self._contents, head if seq is None else seq, self.url, self.data_dir)

    def writer(self, *, recorded_at: datetime | None = None) -> MemoryWriter:
        """Begin a write transaction; it waits for its turn when it is entered."""
        self._open()
        return MemoryWriter(self._contents, self.url, recorded_at)

    def head(self) -> int:
        """The newest seq."""
        self._open()
        return len(self._contents.commits)

    def commits(self, after: int = 0) -> list[tuple[int, datetime]]:
        """Commits after this seq, oldest first, and their times."""
        self._open()
        return list(enumerate(self._contents.commits, 1))[max(0, after) :]

    def checkpoints(self) -> dict[str, dict[str, Any]]:
        """What loads have remembered, by name."""
        self._open()
        return {name: orjson.loads(state) for name, state in self._contents.checkpoints.items()}

    def rejected(self) -> list[Rejected]:
        """The quarantine, in the order it was filled."""
        self._open()
        return list(self._contents.rejected.values())

    def index_text(self) -> int:
        """Nothing to do: search reads the posts."""
        self._open()
        return 0

    def migrate(self) -> list[str]:
        """Nothing to do: the schema is this program's."""
        self._open()
        return []

    def check(self) -> dict[str, str]:
        """What ``doctor`` shows."""
        with self.view() as view:
            rows = {table: view.count(table) for table in TABLES}
        return {
            "store": "memory",
            "seq": str(self.head()),
            "rows": ", ".join(f"{n} {table}" for table, n in rows.items() if n) or "none",
            "quarantine": str(len(self._contents.rejected)),
            "integrity": "ok",
        }

    def close(self) -> None:
        """Let go of everything."""
        self._closed = True
        self._contents = Contents()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed", where=self.url)


class MemoryWriter:
    """One transaction (see :class:`graph.store.Writer`)."""

    def __init__(self, contents: Contents, url: str, recorded_at: datetime | None = None) -> None:
        self._contents = contents
        self._url = url
        self._recorded_at = recorded_at
        self._seq = 0  # of the commit to come; 0 outside the transaction
        self._checkpoints: dict[str, bytes] = {}
        self._rejects: list[Rejected] = []
        self._releases: set[int] = set()
        self._runs: list[tuple[Run, tuple[Finding, ...]]] = []

    def write(self, table: str, batch: pa.RecordBatch) -> Written:
        """Add rows of a table."""
        self._active()
        check(table, batch)
        if table not in TABLES:
            raise ValueError(f"{table}: not a table of the graph")
        return self._contents.logs[table].write(batch, self._seq)

    def delete(self, table: str, keys: pa.RecordBatch) -> int:
        """Put tombstones on rows."""
        self._active()
        log = self._contents.logs.get(table)
        if log is None:
            raise ValueError(f"no table {table!r}")
        if set(keys.schema.names) != set(log.table.key):
            raise ValueError(
                f"{table}: rows are named by {', '.join(log.table.key)}, not {', '.join(keys.schema.names)}"
            )
        return log.delete(keys_of(log.table, keys), self._seq)

    def checkpoint(self, name: str, state: Mapping[str, Any]) -> None:
        """Remember how far a load has come."""
        self._active()
        self._checkpoints[name] = orjson.dumps(dict(state))

    def reject(self, rows: Sequence[Rejected]) -> None:
        """Put rows in the quarantine, each once."""
        self._active()
        self._rejects += rows

    def release(self, ids: Sequence[int]) -> None:
        """Take rows out of the quarantine."""
        self._active()
        self._releases.update(ids)

    def add_run(self, run: Run, findings: Sequence[Finding] = ()) -> None:
        """Append a run and its findings."""
        self._active()
        self._runs.append((run, tuple(findings)))

    def __enter__(self) -> Self:
        if not self._contents.turn.acquire(timeout=WAIT_S):
            raise StoreUnavailable("another writer is at work", where=self._url, hint="try again when it is done")
        self._seq = len(self._contents.commits) + 1
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            if exc[0] is None:
                self._commit()
            else:
                for log in self._contents.logs.values():
                    log.rollback(self._seq)
        finally:
            self._seq = 0
            self._contents.turn.release()

    def _commit(self) -> None:
        contents = self._contents
        self._quarantine()
        contents.checkpoints |= self._checkpoints
        changed = [log.commit() for log in contents.logs.values()]
        if any(changed) or self._checkpoints or self._runs:
            for run, findings in self._runs:
                contents.runs.append((self._seq, run))
                for finding in findings:
                    contents.findings.setdefault(finding.id, (self._seq, finding))
            now = datetime.now(UTC) if self._recorded_at is None else self._recorded_at.astimezone(UTC)
            contents.commits.append(max([now, *contents.commits[-1:]]))  # what readers see from now on

    def _quarantine(self) -> None:
        contents = self._contents
        for number in self._releases:
            contents.rejected.pop(number, None)
        there = {(r.source, r.line, r.raw) for r in contents.rejected.values()}
        for row in self._rejects:
            if (row.source, row.line, row.raw) not in there:
                there.add((row.source, row.line, row.raw))
                contents.given += 1
                contents.rejected[contents.given] = replace(row, id=contents.given)

    def _active(self) -> None:
        if not self._seq:
            raise StoreError("no transaction is open", where=self._url, hint="write inside `with store.writer()`")
