"""One Neo4j database through the official driver: statements from files, retries, errors as Lockstep's own.

A statement is a file in ``graph/stores/cypher``; values reach it as parameters only. The few statements that are alike
for several labels or relationship types name them ``<label>`` or ``<type>``: those are filled in from the program's own
vocabulary (:data:`WORD` lets nothing else through), since Cypher takes neither as a parameter where an index is to be
used.

What the server calls transient is tried again by the driver for up to :data:`RETRY_S`: a statement runs in a managed
transaction, whole results are read inside it, and so a connection cut in the middle of a result costs a retry.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import neo4j
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import StoreConflict
from graph.stores.neo4jdb import faults

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # its retries are not the user's to read
CYPHER = Path(__file__).parent.parent / "cypher"
WORD = re.compile(r"[A-Za-z][A-Za-z_]*")
RETRY_S = 30.0
"""How long a transaction that fails for a passing reason is tried again."""
CONNECT_S = 10.0
"""How long a connection may take."""
READERS = 2
"""Statements that read at the same time."""
SCHEMA_TRIES = 10
"""How often a change of the schema is tried where another process makes the same one."""

T = TypeVar("T")
Rows: TypeAlias = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is and who asks; the password is not part of the URL."""

    uri: str  # scheme, host and port: what the driver takes
    user: str
    database: str | None  # None: the user's home database
    url: str  # as the user wrote it, for messages


@cache
def cypher(name: str, **words: str) -> str:
    """Text of a statement in ``graph/stores/cypher``, with labels and types filled in."""
    text = (CYPHER / f"{name}.cypher").read_text(encoding="utf-8")
    for placeholder, word in words.items():
        if not WORD.fullmatch(word):
            raise ValueError(f"not a label or type: {word!r}")
        text = text.replace(f"<{placeholder}>", word)
    return text


def _first(rows: Rows) -> Any:
    return rows[0][0] if rows else None


class Transaction:
    """One open transaction."""

    def __init__(self, transaction: neo4j.ManagedTransaction | neo4j.Transaction, where: str) -> None:
        self._transaction = transaction
        self._where = where

    def run(self, statement: str, params: Mapping[str, Any] | None = None) -> Rows:
        """All rows of one statement."""
        try:
            return self._transaction.run(statement, dict(params or {})).values()
        except Neo4jError as error:
            if faults.overloads(error):  # for the driver this passes, and it would try again for long
                raise faults.translated(error, self._where) from error
            raise

    def value(self, statement: str, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, None without one."""
        return _first(self.run(statement, params))


class Database:
    """A database whose failures are :class:`graph.errors.StoreError`; may be used by several threads at once."""

    def __init__(self, address: Address, password: str) -> None:
        self.address = address
        with self.translated():
            self._driver = GraphDatabase.driver(
                address.uri,
                auth=(address.user, password),
                connection_timeout=CONNECT_S,
                connection_acquisition_timeout=RETRY_S,
                max_transaction_retry_time=RETRY_S,
                keep_alive=True,
                telemetry_disabled=True,
                user_agent="lockstep",
                notifications_min_severity="OFF",
            )
        try:
            # not tried again: that a server is absent or refuses the password is said at once
            with self.translated(), self._session(neo4j.READ_ACCESS) as session:
                session.run(cypher("meta")).consume()
        except BaseException:
            self._driver.close()
            raise

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's errors into Lockstep's."""
        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise faults.translated(error, self.address.url) from error

    def _session(self, mode: str) -> neo4j.Session:
        # everything of a result comes at once: results are chunks of bounded size
        return self._driver.session(database=self.address.database, default_access_mode=mode, fetch_size=-1)

    def reading(self, work: Callable[[Transaction], T]) -> T:
        """Run work in a read transaction, again if it fails for a passing reason."""
        with self.translated(), self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(lambda tx: work(Transaction(tx, self.address.url)))

    def writing(self, work: Callable[[Transaction], T]) -> T:
        """Run work in a write transaction, again if it fails for a passing reason; it must be idempotent."""
        with self.translated(), self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(lambda tx: work(Transaction(tx, self.address.url)))

    def read(self, statement: str, params: Mapping[str, Any] | None = None) -> Rows:
        """All rows of one statement that only reads."""
        return self.reading(lambda tx: tx.run(statement, params))

    def value(self, statement: str, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row of one statement that only reads; None without one.

        The transaction begins together with the statement, which saves waiting for the server once.
        """
        with self.translated():
            return self._driver.execute_query(
                statement,
                dict(params or {}),
                routing_=neo4j.RoutingControl.READ,
                database_=self.address.database,
                bookmark_manager_=None,
                result_transformer_=lambda result: _first(result.values()),
            )

    def read_many(self, statement: str, params: Sequence[Mapping[str, Any]]) -> list[Rows]:
        """All rows of one statement for each of several parameters, a few at a time, in their order."""
        if len(params) < 2:
            return [self.read(statement, p) for p in params]
        with ThreadPoolExecutor(READERS, thread_name_prefix="lockstep-read") as pool:
            return list(pool.map(lambda p: self.read(statement, p), params))

    def write(self, statement: str, params: Mapping[str, Any] | None = None) -> Rows:
        """All rows of one statement that writes; it must be idempotent."""
        return self.writing(lambda tx: tx.run(statement, params))

    def schema(self, statements: Sequence[str]) -> None:
        """Run statements that change the schema, each in a transaction of its own.

        Another process may be making the same index: then it is there when the statement is run again.
        """
        for statement in statements:
            for left in reversed(range(SCHEMA_TRIES)):
                try:
                    with self.translated(), self._session(neo4j.WRITE_ACCESS) as session:
                        session.run(statement).consume()
                    break
                except StoreConflict:
                    if not left:
                        raise

    @contextmanager
    def transaction(self, timeout: float | None = None) -> Iterator[Transaction]:
        """One transaction that is committed when left normally and taken back otherwise; it is not tried again."""
        with (
            self.translated(),
            self._session(neo4j.WRITE_ACCESS) as session,
            session.begin_transaction(timeout=timeout) as transaction,
        ):
            yield Transaction(transaction, self.address.url)
            transaction.commit()

    def close(self) -> None:
        """Close every connection."""
        self._driver.close()
