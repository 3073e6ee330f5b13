"""The embedded default store: one SQLite file in write-ahead-log mode, no service.

Readers never wait for the writer, nor the writer for readers, also between processes; writers take turns. A commit that
was acknowledged outlives the death of any process. The log is forced to the disk when it is copied into the database
and not at every commit (``synchronous = NORMAL``), so that a power cut or a crash of the operating system can take back
the newest commits, whole and in order, never leave half of one: a load then goes on from the checkpoint that survived.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import orjson

from graph.errors import ConfigError, SchemaMismatch, StoreError, StoreUnavailable
from graph.model import Rejected
from graph.schema import TABLES
from graph.store import Checked
from graph.stores.listing import moment
from graph.stores.sqlitedb import text
from graph.stores.sqlitedb.codec import statements
from graph.stores.sqlitedb.database import (
    CHECKPOINT_PAGES,
    WAIT_S,
    Database,
    migrations,
    sql,
    upgrade,
    version,
)
from graph.stores.sqlitedb.nodes import Names
from graph.stores.sqlitedb.view import SqliteView
from graph.stores.sqlitedb.writer import SqliteWriter

SCHEMES = ("sqlite",)
_BROKEN = "go back to a copy of the file, or load into a new one; and have the disk checked"


def open(url: str, data_dir: Path, *, create: bool = True) -> SqliteStore:  # noqa: A001 - as in every store module
    """Open the file, or make it: ``sqlite:///relative.db``, ``sqlite:////absolute.db``."""
    path = _path(url)
    if not create and not path.exists():
        raise StoreError(
            "there is no store here yet", where=url, hint="`lockstep ingest PATH...` makes it; or mend the URL"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {path.parent} cannot be made: {error.strerror}",
            where=url,
            hint="check its permissions, or name another file in the store's URL",
        ) from error
    return SqliteStore(url, path, data_dir)


def _path(url: str) -> Path:
    rest = url.removeprefix("sqlite:///")
    if rest == url or not rest.strip("/"):
        raise ConfigError("no file is named", where=url, hint="write sqlite:///file.db or sqlite:////absolute/file.db")
    return Path(rest).absolute()


class SqliteStore:
    """A graph in a SQLite file (see :class:`graph.store.Store`)."""

    def __init__(self, url: str, path: Path, data_dir: Path) -> None:
        self.url = url
        self.path = path
        self.data_dir = data_dir
        self._names = Names()
        self._turn = threading.Lock()
        self._closed = False
        self._database = Database(path)
        try:
            self._schema = self._prepare()
            self._reader = Database(path, read_only=True)  # sees commits only, never what a writer has at hand
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> int:
        if version(self._database) == 0:
            upgrade(self._database)
        for pragma in ("synchronous = normal", f"wal_autocheckpoint = {CHECKPOINT_PAGES}", "journal_size_limit = 0"):
            self._database.run(f"PRAGMA {pragma}")
        return version(self._database)

    @property
    def identity(self) -> str:
        """The store's own name."""
        return str(self._open().value(sql("identity")))

    def view(self, seq: int | None = None) -> SqliteView:
        """A View pinned to that commit, or to the newest."""
        self._open()
        self._current_schema()
        head = self.head()
        if seq is not None and not 0 <= seq <= head:
            raise StoreError(f"there is no commit {seq}", where=self.url, hint=f"the newest is {head}")
        # by the store's own name, so that another database in this data directory never reads its cache
        cache = self.data_dir / "cache" / self.identity
        return SqliteView(Database(self.path, read_only=True), head if seq is None else seq, self.data_dir, cache)

    def writer(self, *, recorded_at: datetime | None = None) -> SqliteWriter:
        """Begin a write transaction; it waits for its turn when it is entered."""
        self._open()
        self._current_schema()
        return SqliteWriter(self._begin, self._names, self.url, recorded_at)

    @contextmanager
    def _begin(self) -> Iterator[Database]:
        if not self._turn.acquire(timeout=WAIT_S):
            raise StoreUnavailable("another writer is at work", where=self.url, hint="try again when it is done")
        try:
            self._open()
            with self._database.transaction("IMMEDIATE"):
                yield self._database
        finally:
            self._turn.release()

    def head(self) -> int:
        """The newest seq."""
        return int(self._open().value(sql("head")))

    def commits(self, after: int = 0) -> list[tuple[int, datetime]]:
        """Commits after this seq, oldest first, and their times."""
        rows = self._open().run(sql("commits"), {"after": after})
        return [(seq, time) for seq, micros in rows if (time := moment(micros)) is not None]

    def checkpoints(self) -> dict[str, dict[str, Any]]:
        """What loads have remembered, by name."""
        return {name: orjson.loads(state) for name, state in self._open().run(sql("checkpoints"))}

    def rejected(self) -> list[Rejected]:
        """The quarantine, in the order it was filled."""
        return [Rejected(*row) for row in self._open().run(sql("quarantine"))]

    def index_text(self) -> int:
        """Bring the full-text index up to the newest post; returns how many were added."""
        self._current_schema()
        with self._begin() as database:
            return text.index(database)

    def migrate(self) -> list[str]:
        """Bring the schema up to this program's version; names of the steps taken."""
        self._open()
        taken = upgrade(self._database)
        self._schema = version(self._database)
        return taken

    def check(self) -> dict[str, str]:
        """What ``doctor`` shows of the store."""
        database = self._open()
        self._current_schema()
        with database.transaction():
            problems = [row[0] for row in database.run("PRAGMA quick_check")]
            head = self.head()
            counts = {name: database.value(statements(name).count, {"pin": head}) for name in TABLES}
            quarantined = database.value(sql("quarantine_count"))
        log = self.path.with_name(self.path.name + "-wal")
        return {
            "store": "sqlite",
            "file": str(self.path),
            "size": f"{self.path.stat().st_size / 1e6:.1f} MB, log {_size(log) / 1e6:.1f} MB",
            "free disk": f"{shutil.disk_usage(self.path.parent).free / 1e9:.1f} GB",
            "SQLite": sqlite3.sqlite_version,
            "schema": f"{self._schema} of {len(migrations())}",
            "seq": str(head),
            "rows": ", ".join(f"{n} {table}" for table, n in counts.items() if n) or "none",
            "quarantine": str(quarantined),
            "integrity": "ok" if problems == ["ok"] else Checked("; ".join(problems), "error", _BROKEN),
        }

    def close(self) -> None:
        """Close the file."""
        if not self._closed:
            self._closed = True
            self._reader.close()
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _open(self) -> Database:
        if self._closed:
            raise StoreError("the store is closed", where=self.url)
        return self._reader

    def _current_schema(self) -> None:
        if self._schema < len(migrations()):
            raise SchemaMismatch(
                f"the database has schema version {self._schema}, this program needs {len(migrations())}",
                where=self.url,
                hint="run `lockstep migrate`",
            )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
