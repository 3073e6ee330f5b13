"""What every store offers: Store opens, Writer writes, View reads. ``open_store(url)`` picks the implementation.

A commit has a number, ``seq``, one higher than the commit before. A View is pinned to one seq: it sees exactly the rows
current after that commit, however much is written meanwhile, so that the past can be replayed.

A store is one module in ``graph/stores`` with ``SCHEMES`` (URL schemes it serves) and
``open(url, data_dir, *, create) -> Store``; nothing is registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, Protocol, Self, runtime_checkable

import pyarrow as pa

from graph import stores
from graph.errors import ConfigError
from graph.findings import Finding, Run
from graph.model import Account, Hit, Neighbours, NodeRef, NodeType, Path, Post, Rejected, Rel, Subgraph
from graph.schema import Table

EXAMPLES = 100
"""Changed keys that a report names, at most."""


@dataclass
class Written:
    """What one call of :meth:`Writer.write` did, in rows."""

    new: int = 0
    changed: int = 0  # same key, other content: a new version
    unchanged: int = 0
    changed_keys: list[tuple[Any, ...]] = field(default_factory=list)  # up to 100 examples

    def note(self, table: Table, batch: pa.RecordBatch, changed: Sequence[int]) -> None:
        """Count changed rows, by their places in the batch, and name some."""
        self.changed += len(changed)
        columns = [batch.column(name) for name in table.key]
        room = EXAMPLES - len(self.changed_keys)
        self.changed_keys += [tuple(c[i].as_py() for c in columns) for i in changed[:room]]

    def add(self, other: Written) -> None:
        """Sum two reports."""
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.changed_keys = (self.changed_keys + other.changed_keys)[:EXAMPLES]


@dataclass
class WrittenBack:
    """What one call of :meth:`WritesBack.write_back` did."""

    written: int = 0  # findings made or made anew
    relationships: int = 0  # of those
    unchanged: int = 0  # findings that were there, whole
    removed: int = 0  # findings that were there and are no longer to be seen
    removed_relationships: int = 0  # of those
    absent_members: int = 0  # accounts that are not in the graph, and so not joined
    absent_evidence: int = 0  # posts, tickers … the same

    def add(self, other: WrittenBack) -> None:
        """Sum two reports."""
        for name, more in vars(other).items():
            setattr(self, name, getattr(self, name) + more)


class Checked(str):
    """What a check of a store found, where it is not simply in order.

    Parameters
    ----------
    found : str
        What was found.
    state : str
        ``warning``: it works, but look at it. ``error``: the store cannot be used as it is.
    hint : str
        What to do.
    """

    __slots__ = ("hint", "state")
    state: str
    hint: str

    def __new__(cls, found: str, state: str = "warning", hint: str = "") -> Self:  # noqa: D102 - as the class says
        self = super().__new__(cls, found)
        self.state, self.hint = state, hint
        return self


class Writer(Protocol):
    """One transaction: all of it is kept (one new seq), or nothing.

    Used as a context manager: leaving it normally commits, leaving it by an exception rolls back. A commit that changes
    no row and sets no checkpoint makes no new seq.
    """

    def write(self, table: str, batch: pa.RecordBatch) -> Written:
        """Add rows of a table of :data:`graph.schema.TABLES`.

        Nodes that a row refers to are made as stubs where missing. Where a key occurs more than once in the batch, the
        last row wins and the others count as ``changed`` (as ``unchanged`` where they equal it). Within a transaction
        the last write of a key counts; what was only there in between leaves no version.

        Raises
        ------
        ValueError
            Not a table of the graph, or a batch of another schema.
        """

    def delete(self, table: str, keys: pa.RecordBatch) -> int:
        """Put tombstones on rows, named by the table's key columns; returns how many were there.

        Nodes stay known as stubs: other rows may refer to them.
        """

    def checkpoint(self, name: str, state: Mapping[str, Any]) -> None:
        """Remember how far a load has come, together with the rows of this transaction."""

    def reject(self, rows: Sequence[Rejected]) -> None:
        """Put rows in the quarantine. A row already there (same source, line and raw text) is not repeated."""

    def release(self, ids: Sequence[int]) -> None:
        """Take rows out of the quarantine."""

    def add_run(self, run: Run, findings: Sequence[Finding] = ()) -> None:
        """Append a run and its findings; a finding of an id that the store has is kept as it is."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class View(Protocol):
    """The graph as it was after commit ``seq``. Read only; every order is stable.

    An identifier's node key is ``kind:value``, a wallet's ``chain:address``.
    """

    seq: int
    cache_dir: FilePath | None  # where projections may be cached; None: nowhere
    data_dir: FilePath  # where market data lies

    # tables, for projections
    def scan(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        after: int = 0,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Current rows, in batches of bounded size, in the order of their commits.

        Within a commit the order is stable, but the store's own.

        Parameters
        ----------
        columns : names, optional
            Only these, in this order; the column ``seq`` (int64) may be asked for as well.
        after : int
            Only rows whose current version was written after this seq.
        start, end : datetime, optional
            Only rows with ``start <= time < end`` in the table's time column.
        """

    def gone(self, table: str, after: int) -> pa.RecordBatch:
        """Keys of rows that were current at seq ``after`` and have since been replaced or deleted."""

    def count(self, table: str) -> int:
        """Number of current rows."""

    def recorded_at(self, seq: int) -> datetime:
        """When a commit up to this one was recorded (UTC); ``seq`` is 1 or higher."""

    # records
    def account(self, key: str) -> Account | None:
        """The newest observation, a stub if it was only referred to, None if unknown."""

    def posts(self, keys: Sequence[str]) -> list[Post]:
        """Known posts of these keys (stubs included), in the order asked; unknown ones are left out."""

    def history(self, table: str, key: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All versions of one row up to this seq, oldest first, each with ``seq``, ``recorded_at``, ``ended``.

        ``ended`` is the seq that replaced or deleted it, None while it is current.
        """

    # exploring
    def has(self, node: NodeRef) -> bool:
        """Whether the node exists, as itself or as a stub."""

    def neighbours(
        self,
        node: NodeRef,
        *,
        rels: Sequence[Rel] | None = None,
        direction: str = "both",
        start: datetime | None = None,
        end: datetime | None = None,
        exclude: Sequence[NodeRef] = (),
        limit: int = 25,
    ) -> Neighbours:
        """Newest relationships of a node first (undated last), then by relation and key; and how many there are.

        A relationship is listed once for each row that makes it, in its stored direction; from a node to itself, once.
        ``direction``: ``out`` (the node is the source), ``in`` or ``both``. ``start <= at < end`` leaves undated
        relationships out where either bound is given.
        """

    def degree(self, node: NodeRef) -> dict[tuple[Rel, str], int]:
        """Number of relationships by relation and direction (``out`` or ``in``), without listing them.

        A relationship from a node to itself counts in both directions.
        """

    def paths(
        self, source: NodeRef, target: NodeRef, *, k: int = 3, max_hops: int = 4, max_degree: int = 1000
    ) -> list[Path]:
        """Up to k shortest paths without repeated nodes, shortest first.

        Inner nodes with more than ``max_degree`` relationships (supernodes) are not walked through.
        """

    def search(self, text: str, *, types: Sequence[NodeType] | None = None, limit: int = 20) -> list[Hit]:
        """Nodes whose key or handle begins with the text (case folded), then posts that contain all its words.

        A word is a run of letters and digits; nothing in the text is an operator. Nodes come by type and key, posts
        newest first. An account or post is also found by its id without the platform.
        """

    def subgraph(self, nodes: Sequence[NodeRef]) -> Subgraph:
        """The nodes that exist, in the order asked (each once), and every relationship between two of them."""

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
        """Findings recorded up to this seq that no later one supersedes, by priority, score (down) and id.

        Shadow findings are among them. Superseded is for good: a ring that returns comes under an id of its own.

        Parameters
        ----------
        after : int
            Only findings recorded after this seq.
        superseded : bool
            Also those that another one supersedes.
        """

    def finding(self, finding_id: str) -> Finding | None:
        """One finding, superseded or not; a prefix of the id suffices where it is unambiguous, else None."""

    def runs(self, *, after: int = 0) -> list[Run]:
        """Runs recorded up to this seq and after that one, oldest first."""

    def close(self) -> None:
        """Release the connection."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Store(Protocol):
    """A graph database."""

    url: str
    data_dir: FilePath

    @property
    def identity(self) -> str:
        """The store's own name: the same as long as it exists, and no other store's."""

    def view(self, seq: int | None = None) -> View:
        """A View pinned to that commit, or to the newest.

        Raises
        ------
        StoreError
            There is no such commit, or the store is closed.
        """

    def writer(self, *, recorded_at: datetime | None = None) -> Writer:
        """Begin a write transaction; one writer at a time, others wait.

        Parameters
        ----------
        recorded_at : datetime, optional
            When the commit is said to have been made (for copies of another store); now, if not given. A commit is
            never recorded before the one before it.
        """

    def head(self) -> int:
        """The newest seq; 0 for an empty store."""

    def commits(self, after: int = 0) -> list[tuple[int, datetime]]:
        """Commits after this seq, oldest first, each with the time at which it was recorded (UTC)."""

    def checkpoints(self) -> dict[str, dict[str, Any]]:
        """What loads have remembered, by name."""

    def rejected(self) -> list[Rejected]:
        """The quarantine, in the order it was filled."""

    def index_text(self) -> int:
        """Bring the full-text index up to the newest post; returns how many were added. Search is complete without."""

    def migrate(self) -> list[str]:
        """Bring the schema up to this program's version; names of the steps taken."""

    def check(self) -> dict[str, str]:
        """What ``doctor`` shows of the store: version, schema, sizes, integrity; with advice, a :class:`Checked`."""

    def close(self) -> None:
        """Release what the store holds open."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class WritesBack(Protocol):
    """A store that can show findings in the graph itself, to whoever reads the database with its own tools.

    Views never show them, and cases are never among them.
    """

    def write_back(self, findings: Sequence[Finding]) -> WrittenBack:
        """Make the findings in the graph equal to these; those not among them disappear."""

    def withdraw(self) -> WrittenBack:
        """Remove all of them; the rest of the graph stays as it is."""


def schemes() -> dict[str, str]:
    """URL scheme → module name, for every module in ``graph/stores``."""
    found = {}
    for info in pkgutil.iter_modules(stores.__path__, "graph.stores."):
        for scheme in getattr(importlib.import_module(info.name), "SCHEMES", ()):
            found[scheme] = info.name
    return found


def open_store(url: str, data_dir: FilePath, *, create: bool = True) -> Store:
    """Open the store that serves the URL (``sqlite:///file.db``, ``memory://``).

    Parameters
    ----------
    data_dir : Path
        Where projections and market data are kept beside the store.
    create : bool
        Make the database where there is none; else that is an error: a reader that makes one hides a mistyped URL.

    Raises
    ------
    ConfigError
        No store serves the URL's scheme.
    StoreError
        The database cannot be opened.
    """
    scheme = url.partition(":")[0]
    known = schemes()
    if scheme not in known:
        raise ConfigError(f"no store for {scheme!r} URLs", where=url, hint=f"known: {', '.join(sorted(known))}")
    store: Store = importlib.import_module(known[scheme]).open(url, data_dir, create=create)
    return store
