"""The relationships that rows make, as the import tool takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from graph.explore import relation
from graph.model import NodeType, Rel
from graph.schema import TIME
from graph.stores.neo4jdb.bulk.files import Files
from graph.stores.neo4jdb.bulk.nodes import short
from graph.stores.neo4jdb.model import ACTED, ACTS, LABELS
from graph.stores.relations import links_of

_TEXT = pa.string()
_NODE_TYPES = set(NodeType)

End: TypeAlias = tuple[NodeType, pa.Array]
"""Nodes of one type, by key."""


def write(files: Files, table: str, batch: pa.RecordBatch) -> None:
    """Write what a batch's rows make; the batch has the column ``row`` as well."""
    if table == "posts":
        _of_posts(files, batch)
    elif make := _MAKERS.get(table):
        for made in make(batch):
            _of_rows(files, made)


def _of_posts(files: Files, batch: pa.RecordBatch) -> None:
    for links in links_of("posts", batch):
        (source, sources), (target, targets) = links.sources, links.targets
        listed = "source" if links.rel == Rel.POSTED else "target"  # the end from which they are listed
        start, end = short(sources), short(targets)
        columns = {**_ends(source, target), listed: _TEXT, "at": TIME}
        values = (start, end, start if listed == "source" else end, links.at)
        name = f"{links.rel}.{source}.{target}"
        files.relationships(name, links.rel, columns, dict(zip(columns, values, strict=True)))


@dataclass(frozen=True, slots=True)
class _Made:
    """Relationships of one type between nodes of two types."""

    type: str
    source: End
    target: End
    at: pa.Array
    rows: pa.Array
    more: Mapping[str, pa.Array] = field(default_factory=dict)  # further properties


def _of_rows(files: Files, made: _Made) -> None:
    start, end = short(made.source[1]), short(made.target[1])
    undated = pc.if_else(pc.is_null(made.at), pa.scalar(value=True), pa.scalar(None, pa.bool_()))
    own = {"source": start, "target": end, "at": made.at, "undated": undated, "row": made.rows, **made.more}
    columns = _ends(made.source[0], made.target[0])
    values = dict(zip(columns, (start, end), strict=True)) | own
    columns |= {name: column.type for name, column in own.items()}
    files.relationships(f"{made.type}.{made.source[0]}.{made.target[0]}", made.type, columns, values)


def _ends(source: NodeType, target: NodeType) -> dict[str, pa.DataType | str]:
    return {f":START_ID({LABELS[source]})": "", f":END_ID({LABELS[target]})": ""}


def _interactions(batch: pa.RecordBatch) -> Iterator[_Made]:
    for kind, typed in _by_type(batch, "target_type"):
        for word in pc.unique(typed.column("kind")).to_pylist():
            rel = relation(word)
            if rel is None:
                continue
            mine = typed.filter(pc.equal(typed.column("kind"), word))
            type_ = rel.value if rel in ACTS else ACTED
            more = {} if rel in ACTS else {"rel": pa.repeat(pa.scalar(rel.value), len(mine))}
            source, target = (NodeType.ACCOUNT, mine.column("account")), (kind, mine.column("target"))
            yield _Made(type_, source, target, mine.column("at"), mine.column("row"), more)


def _identifiers(batch: pa.RecordBatch) -> Iterator[_Made]:
    keys = pc.binary_join_element_wise(batch.column("kind"), batch.column("value"), ":")
    source, target = (NodeType.ACCOUNT, batch.column("account")), (NodeType.IDENTIFIER, keys)
    yield _Made(Rel.USES, source, target, batch.column("first_seen"), batch.column("row"))


def _transfers(batch: pa.RecordBatch) -> Iterator[_Made]:
    for giver, gave in _by_type(batch, "source_type"):
        for taker, mine in _by_type(gave, "target_type"):
            source, target = (giver, mine.column("source")), (taker, mine.column("target"))
            more = {name: mine.column(name) for name in ("asset", "amount")}
            yield _Made(Rel.TRANSFERRED, source, target, mine.column("at"), mine.column("row"), more)


_MAKERS: Mapping[str, Callable[[pa.RecordBatch], Iterator[_Made]]] = {
    "interactions": _interactions,
    "identifiers": _identifiers,
    "transfers": _transfers,
}


def _by_type(batch: pa.RecordBatch, name: str) -> Iterator[tuple[NodeType, pa.RecordBatch]]:
    """The rows by the node type that a column names; other words name no node."""
    for word in pc.unique(batch.column(name)).to_pylist():
        if word in _NODE_TYPES:
            yield NodeType(word), batch.filter(pc.equal(batch.column(name), word))
