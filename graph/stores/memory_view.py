"""Reading the memory store: tables straight from Arrow, exploring over arrays made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph import explore
from graph.errors import StoreError
from graph.findings import Finding, Run, beginning, ranked
from graph.model import Account, Hit, Neighbours, NodeRef, NodeType, Path, Post, Rejected, Rel, Subgraph
from graph.schema import TABLES, selected
from graph.searching import Asked, merged
from graph.stores.memory_graph import RELS, UNDATED, Graph, Ints, micros_of
from graph.stores.memory_log import Log, key_of, window
from graph.stores.relations import links_of, nodes_of


@dataclass
class Contents:
    """What the store holds; rows, commits and runs are only ever appended, and carry their seq."""

    turn: threading.Lock = field(default_factory=threading.Lock)  # held by the writer
    logs: dict[str, Log] = field(default_factory=lambda: {name: Log(table) for name, table in TABLES.items()})
    commits: list[datetime] = field(default_factory=list)  # when; commit n is at n - 1
    runs: list[tuple[int, Run]] = field(default_factory=list)
    findings: dict[str, tuple[int, Finding]] = field(default_factory=dict)
    checkpoints: dict[str, bytes] = field(default_factory=dict)
    rejected: dict[int, Rejected] = field(default_factory=dict)
    given: int = 0  # the last id given in the quarantine
    graphs: dict[int, Graph] = field(default_factory=dict)  # of the seq last explored


class MemoryView:
    """The store as it was after commit ``seq`` (see :class:`graph.store.View`)."""

    cache_dir: FilePath | None = None

    def __init__(self, contents: Contents, seq: int, url: str, data_dir: FilePath) -> None:
        self.seq = seq
        self.data_dir = data_dir
        self._contents: Contents | None = contents
        self._url = url

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
        log = self._log(table)
        names = selected(log.table, columns, windowed=(start, end) != (None, None))
        return self._scan(log, names, after, (start, end))

    def _scan(
        self, log: Log, names: list[str], after: int, bounds: tuple[datetime | None, datetime | None]
    ) -> Iterator[pa.RecordBatch]:
        for seq, rows in log.scan(self.seq, after):
            batch = window(log.table, rows, *bounds)
            if len(batch):
                numbered = batch.append_column("seq", pa.array(np.full(len(batch), seq, dtype=np.int64)))
                yield numbered.select(names)

    def gone(self, table: str, after: int) -> pa.RecordBatch:
        """Keys of rows current at ``after`` that have since been replaced or deleted."""
        return self._log(table).gone(self.seq, after)

    def count(self, table: str) -> int:
        """Number of current rows."""
        return sum(len(batch) for _, batch in self._log(table).scan(self.seq))

    def recorded_at(self, seq: int) -> datetime:
        """When a commit was recorded."""
        return self._open().commits[seq - 1]

    # records

    def account(self, key: str) -> Account | None:
        """The newest observation, or a stub."""
        rows: list[dict[str, Any]] = []
        for _, batch in self._log("accounts").scan(self.seq):
            rows += batch.filter(pc.equal(batch.column("account"), key)).to_pylist()
        if rows:
            dated = [row for row in rows if row["observed_at"] is not None]
            return Account(**(max(dated, key=lambda row: row["observed_at"]) if dated else rows[0]))
        return Account(key) if self.has(NodeRef(NodeType.ACCOUNT, key)) else None

    def posts(self, keys: Sequence[str]) -> list[Post]:
        """Known posts, in the order asked."""
        log = self._log("posts")
        found = []
        for key in keys:
            versions = log.versions(key, self.seq)
            if versions and versions[-1].until is None:
                row: dict[str, Any] = versions[-1].row
                found.append(Post(**{**row, **{name: tuple(row[name]) for name in ("tickers", "links", "hashtags")}}))
            elif versions or self.has(NodeRef(NodeType.POST, key)):
                found.append(Post(key))
        return found

    def history(self, table: str, key: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All versions of one row, oldest first."""
        log, commits = self._log(table), self._open().commits
        return [
            {**v.row, "seq": v.seq, "recorded_at": commits[v.seq - 1], "ended": v.until}
            for v in log.versions(key_of(log.table, dict(key)), self.seq)
        ]

    # exploring

    def has(self, node: NodeRef) -> bool:
        """Whether the node exists."""
        return self._graph.id(node) is not None

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
        """Newest relationships of a node first."""
        if direction not in {"out", "in", "both"}:
            raise ValueError(f"direction is {direction!r}, not out, in or both")
        graph = self._graph
        here = graph.id(node)
        if here is None:
            return Neighbours((), 0)
        edges = _dated(graph, graph.incident(here), start, end)
        if rels is not None:
            edges = edges[np.isin(graph.rel[edges], [RELS.index(rel) for rel in rels])]
        if direction != "both":
            edges = edges[(graph.source if direction == "out" else graph.target)[edges] == here]
        if exclude:
            others = np.where(graph.source[edges] == here, graph.target[edges], graph.source[edges])
            edges = edges[~np.isin(others, [i for i in map(graph.id, exclude) if i is not None])]
        shown = graph.newest_first(here, edges)[:limit] if limit > 0 else ()
        return Neighbours(tuple(map(graph.edge, shown)), len(edges))

    def degree(self, node: NodeRef) -> dict[tuple[Rel, str], int]:
        """Number of relationships by relation and direction."""
        graph = self._graph
        here = graph.id(node)
        if here is None:
            return {}
        edges = graph.incident(here)
        found: dict[tuple[Rel, str], int] = {}
        for direction, ends in (("out", graph.source), ("in", graph.target)):
            codes, counts = np.unique(graph.rel[edges[ends[edges] == here]], return_counts=True)
            found |= {(RELS[c], direction): int(n) for c, n in zip(codes, counts, strict=True)}
        return found

    def paths(
        self, source: NodeRef, target: NodeRef, *, k: int = 3, max_hops: int = 4, max_degree: int = 1000
    ) -> list[Path]:
        """Up to k shortest paths that avoid supernodes."""
        return explore.paths(self, source, target, k=k, max_hops=max_hops, max_degree=max_degree)

    def search(self, text: str, *, types: Sequence[NodeType] | None = None, limit: int = 20) -> list[Hit]:
        """Nodes by key or handle, then posts by words."""
        asked = Asked.of(text, types, limit)
        return merged(asked, lambda kind: list(self._named(kind, asked)), lambda _: self._worded(asked))

    def subgraph(self, nodes: Sequence[NodeRef]) -> Subgraph:
        """Nodes and the relationships among them."""
        graph = self._graph
        ids = {i: node for node in nodes if (i := graph.id(node)) is not None}
        inside = np.fromiter(ids, dtype=np.int64, count=len(ids))
        parts = [graph.incident(i) for i in ids]
        edges = np.unique(np.concatenate(parts)) if parts else inside
        edges = edges[np.isin(graph.source[edges], inside) & np.isin(graph.target[edges], inside)]
        return Subgraph(tuple(ids.values()), tuple(map(graph.edge, edges)))

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
        known = self._findings()
        hidden = set() if superseded else {finding.supersedes for _, finding in known}
        chosen = [
            f
            for seq, f in known
            if seq > after
            and f.id not in hidden
            and kind in {None, f.kind}
            and detector in {None, f.detector}
            and run in {None, f.run_id}
        ]
        return ranked(chosen)

    def finding(self, finding_id: str) -> Finding | None:
        """One finding, by its id or the beginning of it."""
        return beginning({finding.id: finding for _, finding in self._findings()}, finding_id)

    def runs(self, *, after: int = 0) -> list[Run]:
        """Runs, oldest first."""
        return [run for seq, run in list(self._open().runs) if after < seq <= self.seq]

    def close(self) -> None:
        """Let go of the store's contents."""
        self._contents = None
        self.__dict__.pop("_graph", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _open(self) -> Contents:
        if self._contents is None:
            raise StoreError("the view is closed", where=self._url)
        return self._contents

    def _log(self, table: str) -> Log:
        log = self._open().logs.get(table)
        if log is None:
            raise ValueError(f"no table {table!r}")
        return log

    def _findings(self) -> list[tuple[int, Finding]]:
        return [(seq, finding) for seq, finding in list(self._open().findings.values()) if seq <= self.seq]

    @cached_property
    def _graph(self) -> Graph:
        contents = self._open()
        graph = contents.graphs.get(self.seq)
        if graph is None:
            nodes = [n for name, log in contents.logs.items() for b in log.ever(self.seq) for n in nodes_of(name, b)]
            rows = ((name, batch) for name, log in contents.logs.items() for _, batch in log.scan(self.seq))
            graph = Graph(nodes, [x for name, batch in rows for x in links_of(name, batch)])
            contents.graphs = {self.seq: graph}  # the newest asked for: views of one commit share it
        return graph

    def _named(self, kind: NodeType, asked: Asked) -> Iterator[Hit]:
        """Nodes of a type whose key, id or handle begins with the text."""
        handles = self._handles(asked.text) if kind == NodeType.ACCOUNT else {}
        for key in self._graph.of_type(kind):
            if asked.begins(kind, key):
                yield Hit(NodeRef(kind, key), key)
            elif key in handles:
                yield Hit(NodeRef(kind, key), handles[key])

    def _handles(self, wanted: str) -> dict[str, str]:
        """Accounts with a handle that begins with the text."""
        return {
            account: handle
            for batch in self.scan("accounts", columns=("account", "handle"))
            for account, handle in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            if handle is not None and handle.casefold().startswith(wanted)
        }

    def _worded(self, asked: Asked) -> list[Hit]:
        """Posts that contain all words of the text, newest first."""
        found = []
        for batch in self.scan("posts", columns=("post", "created_at", "text")):
            for post, at, text in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if text and asked.within(text):
                    found.append((at, Hit(NodeRef(NodeType.POST, post), text)))
        found.sort(key=lambda x: x[1].node)
        return [hit for _, hit in sorted(found, key=lambda x: x[0], reverse=True)]


def _dated(graph: Graph, edges: Ints, start: datetime | None, end: datetime | None) -> Ints:
    """Edges with ``start <= at < end``; undated ones only where there is no bound."""
    if start is not None:
        edges = edges[graph.at[edges] >= micros_of(start)]
    if end is not None:
        edges = edges[(graph.at[edges] < micros_of(end)) & (graph.at[edges] != UNDATED)]
    return edges
