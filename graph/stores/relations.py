"""The nodes and relationships that rows make, column by column: what every store that keeps a graph needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from graph.explore import NAMED, relation
from graph.model import PARENT_RELS, NodeType, Rel

Nodes: TypeAlias = tuple[NodeType, pa.Array]  # nodes of one type, by key


@dataclass(frozen=True, slots=True)
class Links:
    """Relationships of one kind: sources and targets in parallel, with their times (None: undated)."""

    sources: Nodes
    rel: Rel
    targets: Nodes
    at: pa.Array | None


def nodes_of(table: str, batch: pa.RecordBatch) -> Iterator[Nodes]:
    """Nodes that a batch's rows are, or refer to."""
    for name, kind in NAMED.get(table, {}).items():
        column = batch.column(name)
        yield kind, pc.drop_null(pc.list_flatten(column) if pa.types.is_list(column.type) else column)
    for links in links_of(table, batch):
        yield links.sources
        yield links.targets
    if table == "interactions":
        yield from ((kind, rows.column("target")) for kind, rows in _by_type(batch, "target_type"))


def links_of(table: str, batch: pa.RecordBatch) -> Iterator[Links]:
    """Relationships that a batch's rows make."""
    make = _LINKS.get(table)
    if make is not None:
        yield from make(batch)


def _post_links(batch: pa.RecordBatch) -> Iterator[Links]:
    post, at = batch.column("post"), batch.column("created_at")
    yield Links((NodeType.ACCOUNT, batch.column("account")), Rel.POSTED, (NodeType.POST, post), at)
    for name, rel, kind in (
        ("tickers", Rel.MENTIONS, NodeType.TICKER),
        ("hashtags", Rel.TAGGED, NodeType.HASHTAG),
        ("links", Rel.LINKS_TO, NodeType.LINK),
    ):
        column = batch.column(name)
        rows = pc.list_parent_indices(column)
        yield Links((NodeType.POST, post.take(rows)), rel, (kind, pc.list_flatten(column)), at.take(rows))
    for word, rel in PARENT_RELS.items():
        mine = batch.filter(pc.and_(pc.equal(batch.column("kind"), word), pc.is_valid(batch.column("parent"))))
        sources, targets = ((NodeType.POST, mine.column(name)) for name in ("post", "parent"))
        yield Links(sources, rel, targets, mine.column("created_at"))


def _interaction_links(batch: pa.RecordBatch) -> Iterator[Links]:
    for kind, rows in _by_type(batch, "target_type"):
        for word in pc.unique(rows.column("kind")).to_pylist():
            rel = relation(word)
            if rel is not None:
                mine = rows.filter(pc.equal(rows.column("kind"), word))
                accounts, targets = (NodeType.ACCOUNT, mine.column("account")), (kind, mine.column("target"))
                yield Links(accounts, rel, targets, mine.column("at"))


def _identifier_links(batch: pa.RecordBatch) -> Iterator[Links]:
    keys = pc.binary_join_element_wise(batch.column("kind"), batch.column("value"), ":")
    accounts = (NodeType.ACCOUNT, batch.column("account"))
    yield Links(accounts, Rel.USES, (NodeType.IDENTIFIER, keys), batch.column("first_seen"))


def _transfer_links(batch: pa.RecordBatch) -> Iterator[Links]:
    for giver, rows in _by_type(batch, "source_type"):
        for taker, mine in _by_type(rows, "target_type"):
            sources, targets = (giver, mine.column("source")), (taker, mine.column("target"))
            yield Links(sources, Rel.TRANSFERRED, targets, mine.column("at"))


_LINKS: Mapping[str, Callable[[pa.RecordBatch], Iterator[Links]]] = {
    "posts": _post_links,
    "interactions": _interaction_links,
    "identifiers": _identifier_links,
    "transfers": _transfer_links,
}


def _by_type(batch: pa.RecordBatch, name: str) -> Iterator[tuple[NodeType, pa.RecordBatch]]:
    """The batch's rows by the node type that a column names."""
    for value in pc.unique(batch.column(name)).to_pylist():
        if value in set(NodeType):
            yield NodeType(value), batch.filter(pc.equal(batch.column(name), value))
