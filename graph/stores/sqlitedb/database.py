"""One connection to a SQLite database: statements from files, errors as Lockstep's own, schema versions.

Only the standard library's ``sqlite3`` may open the file: a second SQLite library in the process would, on closing its
handle, drop the locks that this one holds.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from graph.errors import SchemaMismatch, StoreError, StoreUnavailable

SQL = Path(__file__).parent.parent / "sql"
APPLICATION_ID = 0x4C4B5354
"""Marks a SQLite file as a Lockstep store (``LKST``)."""
WAIT_S = 30.0
"""How long a statement waits for another process's lock."""
BOUND = 999
"""Values bound to one statement at most: what any build of SQLite allows."""
CACHE_KIB = 16 * 1024
CHECKPOINT_PAGES = 8_192
"""The log is copied into the database each time it has grown by this many pages (64 MiB)."""

_FETCH = 500

Params: TypeAlias = Sequence[Any] | Mapping[str, Any]

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT}
_HINTS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; what was committed is safe"),
    sqlite3.SQLITE_IOERR: ("the disk failed or is full", "see the system's log; what was committed is safe"),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "restore a backup, or load the sources into a new store"),
    sqlite3.SQLITE_NOTADB: ("this file is not a SQLite database", "name another file in the store's URL"),
    sqlite3.SQLITE_READONLY: ("the database may not be written", "check the permissions of the file and its folder"),
    sqlite3.SQLITE_PERM: ("access to the database is denied", "check the permissions of the file and its folder"),
    sqlite3.SQLITE_CANTOPEN: (
        "the database cannot be opened",
        "check that the file and its folder exist and may be used",
    ),
    sqlite3.SQLITE_NOMEM: ("there is not enough memory", "free some memory and try again"),
    sqlite3.SQLITE_TOOBIG: ("a value is larger than SQLite can hold", "shorten the row; nothing of it was stored"),
}


def translate(error: sqlite3.Error, where: str) -> StoreError:
    """The Lockstep error for one of sqlite3's, by its result code, never by its text."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the module itself: a closed connection, a wrong number of parameters
        return StoreError(f"the database was used in a way it does not allow: {error}", where=where)
    primary = code & 0xFF  # extended codes keep the general one in their low byte
    if primary in _BUSY:
        return StoreUnavailable("another process is using the database", where=where, hint="try again when it is done")
    message, hint = _HINTS.get(primary, (f"SQLite refused a statement: {error}", ""))
    return StoreError(f"{message} ({error.sqlite_errorname})", where=where, hint=hint)


@cache
def sql(name: str) -> str:
    """Text of a query in ``graph/stores/sql``."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


class Database:
    """A connection whose failures are :class:`graph.errors.StoreError`.

    Parameters
    ----------
    path : Path
        The file.
    read_only : bool
        Open it so that nothing can be written.
    wait : float
        Seconds to wait for a lock.
    """

    def __init__(self, path: Path, *, read_only: bool = False, wait: float = WAIT_S) -> None:
        self.path = path
        self._lock = threading.RLock()
        uri = f"file:{quote(str(path))}?mode={'ro' if read_only else 'rwc'}"
        with self.translated():
            self._connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=wait, check_same_thread=False, cached_statements=512
            )
        self.run(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.run("PRAGMA temp_store = memory")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn sqlite3's errors into Lockstep's."""
        try:
            yield
        except sqlite3.Error as error:
            raise translate(error, str(self.path)) from error

    def run(self, statement: str, params: Params = ()) -> list[Any]:
        """Execute one statement and give all its rows."""
        with self.translated():
            return self._connection.execute(statement, params).fetchall()

    def value(self, statement: str, params: Params = ()) -> Any:
        """The first column of the first row, None without one."""
        rows = self.run(statement, params)
        return rows[0][0] if rows else None

    def many(self, statement: str, rows: Iterable[Params]) -> int:
        """Execute a statement for every row; returns how many rows of the database changed."""
        with self.translated():
            before = self._connection.total_changes
            self._connection.executemany(statement, rows)
            return self._connection.total_changes - before

    def insert(self, statement: str, columns: Sequence[Sequence[Any]]) -> int:
        """Execute an ``INSERT … VALUES (?, …)`` for every row of the columns; returns how many rows were added.

        Many rows share one execution of the statement, which takes little more than half of the time.
        """
        statement = statement.rstrip()
        values = statement[statement.rindex("(") :]
        count, width = len(columns[0]), len(columns)
        block = BOUND // width
        whole = count - count % block
        wide = statement + f", {values}" * (block - 1)
        rest = zip(*(column[whole:] for column in columns), strict=True)
        return self.many(wide, _flat(columns, whole, block)) + self.many(statement, rest)

    def stream(self, statement: str, params: Params, size: int) -> Iterator[list[Any]]:
        """Rows in lists of bounded length."""
        with self.translated():
            cursor = self._connection.execute(statement, params)
        try:
            while rows := self._fetch(cursor, size):
                yield rows
        finally:
            cursor.close()

    def columns(self, statement: str, params: Params, size: int) -> Iterator[list[list[Any]]]:
        """Columns in pieces of bounded length.

        Rows are fetched a few at a time: a tuple a row, kept until a piece is full, would set off Python's garbage
        collector again and again, which took half of the time.
        """
        columns: list[list[Any]] = []
        for rows in self.stream(statement, params, _FETCH):
            columns = columns or [[] for _ in rows[0]]
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column.extend(values)
            if len(columns[0]) >= size:
                yield columns
                columns = []
        if columns:
            yield columns

    def _fetch(self, cursor: sqlite3.Cursor, size: int) -> list[Any]:
        with self.translated():
            return cursor.fetchmany(size)

    def function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        """Let statements call a Python function."""
        with self.translated():
            self._connection.create_function(name, arguments, function, deterministic=True)

    @contextmanager
    def transaction(self, mode: str = "DEFERRED") -> Iterator[None]:
        """All statements inside see, or make, one state; an exception takes writes back. Nested ones join the outer."""
        with self._lock:  # threads that share a connection take turns
            if self._connection.in_transaction:
                yield
                return
            self.run(f"BEGIN {mode}")
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                self.rollback()
                raise

    def rollback(self) -> None:
        """Take back the open transaction, if SQLite has not done so itself (as on a full disk)."""
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        with self.translated():
            self._connection.close()


def _flat(columns: Sequence[Sequence[Any]], count: int, block: int) -> Iterator[list[Any]]:
    """The values of so many rows after one another, a block of rows at a time."""
    width = len(columns)
    for start in range(0, count, block):
        flat: list[Any] = [None] * (block * width)
        for i, column in enumerate(columns):
            flat[i::width] = column[start : start + block]
        yield flat


def migrations() -> list[tuple[str, str]]:
    """Schema steps in their order: name and statements."""
    return [(p.stem, p.read_text(encoding="utf-8")) for p in sorted((SQL / "migrations").glob("*.sql"))]


def statements(script: str) -> list[str]:
    """The statements of a script (each ends with a semicolon at the end of a line)."""
    bare = re.sub(r"^--.*$", "", script, flags=re.MULTILINE)
    return [s.strip() for s in re.split(r";\s*$", bare, flags=re.MULTILINE) if s.strip()]


def version(database: Database) -> int:
    """Schema version: the number of steps taken; 0 for an empty file.

    Raises
    ------
    SchemaMismatch
        The database was made by a newer program.
    StoreError
        It is somebody else's SQLite database.
    """
    application, found, tables = (
        database.value("PRAGMA application_id"),
        database.value("PRAGMA user_version"),
        database.value("SELECT count(*) FROM sqlite_schema"),
    )
    if tables and application != APPLICATION_ID:
        raise StoreError(
            "this SQLite database is not a Lockstep store",
            where=str(database.path),
            hint="name another file in the store's URL",
        )
    known = len(migrations())
    if found > known:
        raise SchemaMismatch(
            f"the database has schema version {found}, this program knows {known}",
            where=str(database.path),
            hint="use the newer Lockstep that wrote it",
        )
    return int(found)


def upgrade(database: Database) -> list[str]:
    """Take the schema steps that are missing, all or none; returns their names."""
    _use_wal(database)
    with database.transaction("IMMEDIATE"):
        steps = migrations()
        taken = steps[version(database) :]
        for _, script in taken:
            for statement in statements(script):
                database.run(statement)
        if taken:
            database.run(f"PRAGMA application_id = {APPLICATION_ID}")
            database.run(f"PRAGMA user_version = {len(steps)}")
    return [name for name, _ in taken]


def _use_wal(database: Database) -> None:
    """Switch to the write-ahead log, which SQLite refuses at once, without waiting, while another process switches."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            database.run("PRAGMA page_size = 8192")  # of a file that is still empty
            database.run("PRAGMA journal_mode = wal")
        except StoreUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
