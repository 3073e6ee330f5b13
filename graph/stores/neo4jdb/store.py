"""The Neo4j store itself: opening, views, writers, migrations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import orjson

from graph.errors import SchemaMismatch, StoreError
from graph.findings import Finding
from graph.model import Rejected
from graph.store import WrittenBack
from graph.stores.neo4jdb import checks, migrations, text, writeback
from graph.stores.neo4jdb.codec import moment
from graph.stores.neo4jdb.commits import commit, newest
from graph.stores.neo4jdb.database import Database, cypher
from graph.stores.neo4jdb.view import Neo4jView
from graph.stores.neo4jdb.writer import Memory, Neo4jWriter


class Neo4jStore:
    """A graph in a Neo4j database (see :class:`graph.store.Store`)."""

    def __init__(self, url: str, database: Database, data_dir: Path, *, create: bool = True) -> None:
        self.url = url
        self.data_dir = data_dir
        self._connection: Database | None = database
        self._memory = Memory()
        self._look()
        self._steps = len(migrations.steps())
        if self._schema == 0:
            if not create:
                raise StoreError(
                    "there is no Lockstep graph in this database yet",
                    where=url,
                    hint="`lockstep ingest PATH...` makes it; or mend the URL",
                )
            self.migrate()
        if self._schema > self._steps:
            raise SchemaMismatch(
                f"the database has schema version {self._schema}, this program knows {self._steps}",
                where=url,
                hint="upgrade Lockstep",
            )

    def _look(self) -> None:
        """Read the store's name and schema version; 0 where there is no graph yet."""
        found = self._open().read(cypher("meta"))
        self._identity, self._schema = (str(found[0][0]), int(found[0][1])) if found else ("", 0)

    @property
    def identity(self) -> str:
        """The store's own name."""
        self._open()
        return self._identity

    def view(self, seq: int | None = None) -> Neo4jView:
        """A View pinned to that commit, or to the newest."""
        database = self._current()
        found = newest(database)
        if found is None:
            raise self._lost()
        head, commits = found
        at = head if seq is None else seq
        if not 0 <= at <= head:
            raise StoreError(f"there is no commit {seq}", where=self.url, hint=f"the newest is {head}")
        if at not in commits:
            commits[at] = commit(database, at)
        # by the store's own name, so that another database in this data directory never reads its cache
        cache = self.data_dir / "cache" / self._identity
        return Neo4jView(database, at, commits, self.data_dir, cache)

    def writer(self, *, recorded_at: datetime | None = None) -> Neo4jWriter:
        """Begin a write transaction; it waits for its turn when it is entered."""
        self._current()
        return Neo4jWriter(self._current, self._memory, self.url, recorded_at)

    def head(self) -> int:
        """The newest seq."""
        return int(self._meta()[2])

    def commits(self, after: int = 0) -> list[tuple[int, datetime]]:
        """Commits after this seq, oldest first, with their times."""
        params = {"after": after, "until": self.head()}
        return [(seq, moment(at)) for seq, at in self._open().read(cypher("commits"), params)]

    def checkpoints(self) -> dict[str, dict[str, Any]]:
        """What loads have remembered, by name."""
        return {name: orjson.loads(state) for name, state in self._open().read(cypher("checkpoints"))}

    def rejected(self) -> list[Rejected]:
        """The quarantine, in the order it was filled."""
        return [Rejected(*row) for row in self._open().read(cypher("rejected"))]

    def index_text(self) -> int:
        """Bring the full-text index up to the newest post; returns how many were added."""
        return text.index(self._current())

    def migrate(self) -> list[str]:
        """Bring the schema up to this program's version; names of the steps taken."""
        taken = migrations.upgrade(self._open())
        self._look()
        return taken

    def check(self) -> dict[str, str]:
        """What ``doctor`` shows of the store."""
        return checks.check(self._open())

    def write_back(self, findings: Sequence[Finding]) -> WrittenBack:
        """Show exactly these findings, as nodes, to every reader of the database."""
        return writeback.write_back(self._current(), findings)

    def withdraw(self) -> WrittenBack:
        """Show no findings to readers of the database any more."""
        return writeback.withdraw(self._current())

    def close(self) -> None:
        """Close every connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _open(self) -> Database:
        if self._connection is None:
            raise StoreError("the store is closed", where=self.url)
        return self._connection

    def _current(self) -> Database:
        """The database, if its schema is this program's."""
        database = self._open()
        if self._schema < self._steps:
            raise SchemaMismatch(
                f"the database has schema version {self._schema}, this program needs {self._steps}",
                where=self.url,
                hint="run `lockstep migrate`",
            )
        return database

    def _meta(self) -> list[Any]:
        found = self._open().read(cypher("meta"))
        if not found:
            raise self._lost()
        return found[0]

    def _lost(self) -> StoreError:
        return StoreError("the graph in this database is gone", where=self.url, hint="was the database emptied?")
