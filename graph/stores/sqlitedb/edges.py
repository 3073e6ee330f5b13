"""Relationships as seen from their nodes: which ones rows make, and how they are stored and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.explore import NAMED, identifier_key, relation
from graph.model import PARENT_RELS, NodeType, Rel
from graph.stores.listing import OBJECTS, UNDATED
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.nodes import REL_CODES, SLOTS, Ids, Ints

FLUSH = 600_000
"""Relationships held back so that they are stored in order, at most."""
SLICE = 20_000
"""Relationships made into Python's numbers at once."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Relationships in parallel arrays, each seen from one node."""

    slot: Ints
    at: Ints
    other: Ints
    ref: Ints

    @staticmethod
    def joined(parts: Iterable[Ends]) -> Ends:
        """One after the other."""
        listed = list(parts)
        return Ends(*(np.concatenate([_none(), *(getattr(p, f) for p in listed)]) for f in Ends.__slots__))


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


def slot(node: Ints, rel: Rel, *, target: bool) -> Ints:
    """Where a node's relationships of one relation and direction lie."""
    return node * SLOTS + (REL_CODES[rel] * 2 + target)


class Edges:
    """Stores relationships of one transaction, sorted, so that neighbouring pages are written together."""

    def __init__(self, database: Database, seq: int) -> None:
        self.database = database
        self.seq = seq
        self._held: list[Ends] = []
        self._count = 0

    def add(self, ends: Ends) -> None:
        """Store relationships, perhaps later."""
        self._held.append(ends)
        self._count += len(ends.slot)
        if self._count > FLUSH:
            self.flush()

    def flush(self) -> None:
        """Store what was held back."""
        if self._held:
            ends = Ends.joined(self._held)
            order = np.lexsort((ends.ref, ends.other, ends.at, ends.slot))
            for start in range(0, len(order), SLICE):  # Python's numbers take ten times the room
                columns = _lists(ends, order[start : start + SLICE])
                self.database.insert(sql("edge_insert"), [*columns, [self.seq] * len(columns[0])])
            self._held, self._count = [], 0

    def end(self, ends: Ends) -> None:
        """End relationships: those of earlier commits stay in the past, this one's own vanish."""
        self.flush()
        names = ("slot", "at", "other", "ref")
        rows = [{**dict(zip(names, row, strict=True)), "until": self.seq} for row in zip(*_lists(ends), strict=True)]
        self.database.many(sql("edge_retire"), rows)
        self.database.many(sql("edge_delete"), rows)


def _lists(ends: Ends, order: Ints | None = None) -> list[list[int]]:
    arrays = [getattr(ends, f) for f in Ends.__slots__]
    return [(a if order is None else a[order]).tolist() for a in arrays]


def of_posts(batch: pa.RecordBatch, posts: Ints, ids: Ids) -> Ends:
    """What posts make, as seen from the other end (a post itself carries the rest)."""
    at = batch.column("created_at").cast(pa.int64()).to_numpy()
    parts = [_ends(slot(ids.column(NodeType.ACCOUNT, batch.column("account")), Rel.POSTED, target=False), at, posts)]
    for name, rel, kind in OBJECTS:
        column = batch.column(name)
        keys = pc.list_flatten(column)
        if len(keys):
            rows = pc.list_parent_indices(column).to_numpy()
            parts.append(_ends(slot(ids.column(kind, keys), rel, target=True), at[rows], posts[rows]))
    parent = batch.column("parent")
    rows = np.flatnonzero(parent.is_valid().to_numpy(zero_copy_only=False))
    if len(rows):
        parents = ids.column(NodeType.POST, parent.drop_null())
        kinds = batch.column("kind").take(pa.array(rows))
        for word, rel in PARENT_RELS.items():
            mine = pc.equal(kinds, word).to_numpy(zero_copy_only=False)
            parts.append(_ends(slot(parents[mine], rel, target=True), at[rows[mine]], posts[rows[mine]]))
    return Ends.joined(parts)


def _ends(slots: Ints, at: Ints, other: Ints) -> Ends:
    return Ends(slots, at, other, np.zeros(len(slots), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class _Links:
    """Relationships by the names of their ends; rows says which row made each."""

    sources: tuple[NodeType, list[str]]
    rel: Rel
    targets: tuple[NodeType, list[str]]
    rows: Ints


def of_rows(table: str, batch: pa.RecordBatch, refs: Ints, ids: Ids) -> Ends:
    """What the rows of another table make, as seen from both ends; nodes they name are made."""
    make = _LINKS.get(table)
    if make is None:
        return Ends.joined(())
    time = batch.column("first_seen" if table == "identifiers" else "at")
    at = time.cast(pa.int64()).fill_null(UNDATED).to_numpy()
    parts = []
    for links in make(batch):
        sources, targets = (
            ids.column(kind, pa.array(keys, pa.string())) for kind, keys in (links.sources, links.targets)
        )
        when, ref = at[links.rows], refs[links.rows]
        parts.append(Ends(slot(sources, links.rel, target=False), when, targets, ref))
        parts.append(Ends(slot(targets, links.rel, target=True), when, sources, ref))
    return Ends.joined(parts)


def nodes(table: str, batch: pa.RecordBatch, ids: Ids) -> None:
    """Make the nodes that rows name outside their relationships."""
    for name, kind in NAMED.get(table, {}).items():
        column = batch.column(name)
        ids.column(kind, pc.drop_null(pc.list_flatten(column) if pa.types.is_list(column.type) else column))
    if table == "interactions":  # also where the kind makes no relationship
        for kind, rows in _by_type(batch, "target_type").items():
            ids.column(kind, batch.column("target").take(pa.array(rows)))


def _by_type(batch: pa.RecordBatch, name: str) -> dict[NodeType, Ints]:
    """Rows by the node type that a column names; other words make no node."""
    return {NodeType(word): rows for word, rows in _by_value(batch.column(name)).items() if word in set(NodeType)}


def _by_value(column: pa.Array) -> dict[str, Ints]:
    words = pc.unique(column).to_pylist()
    return {word: np.flatnonzero(pc.equal(column, word).to_numpy(zero_copy_only=False)) for word in words}


def _pick(batch: pa.RecordBatch, name: str, rows: Ints) -> list[str]:
    found: list[str] = batch.column(name).take(pa.array(rows)).to_pylist()
    return found


def _interactions(batch: pa.RecordBatch) -> Iterable[_Links]:
    kinds = _by_value(batch.column("kind"))
    for kind, typed in _by_type(batch, "target_type").items():
        for word, spoken in kinds.items():
            rel, rows = relation(word), np.intersect1d(typed, spoken)
            if rel is not None and len(rows):
                accounts, targets = (_pick(batch, name, rows) for name in ("account", "target"))
                yield _Links((NodeType.ACCOUNT, accounts), rel, (kind, targets), rows)


def _identifiers(batch: pa.RecordBatch) -> Iterable[_Links]:
    names = zip(batch.column("kind").to_pylist(), batch.column("value").to_pylist(), strict=True)
    keys = [identifier_key(kind, value) for kind, value in names]
    accounts = (NodeType.ACCOUNT, batch.column("account").to_pylist())
    yield _Links(accounts, Rel.USES, (NodeType.IDENTIFIER, keys), np.arange(len(batch)))


def _transfers(batch: pa.RecordBatch) -> Iterable[_Links]:
    givers, takers = _by_type(batch, "source_type"), _by_type(batch, "target_type")
    for giver, gave in givers.items():
        for taker, took in takers.items():
            rows = np.intersect1d(gave, took)
            if len(rows):
                sources, targets = (giver, _pick(batch, "source", rows)), (taker, _pick(batch, "target", rows))
                yield _Links(sources, Rel.TRANSFERRED, targets, rows)


_LINKS: dict[str, Callable[[pa.RecordBatch], Iterable[_Links]]] = {
    "interactions": _interactions,
    "identifiers": _identifiers,
    "transfers": _transfers,
}


def numbers(ids: Sequence[int]) -> Ints:
    """A sequence of ids as an array."""
    return np.fromiter(ids, dtype=np.int64, count=len(ids))
