"""What a view sees of nodes and their relationships, read within one transaction.

A node with few relationships is read whole; of one with many, its lists are (:mod:`graph.stores.neo4jdb.lists`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.explore import other_end
from graph.model import Edge, Neighbours, NodeRef, NodeType, Post, Rel, host_of
from graph.schema import TABLES
from graph.stores.listing import UNDATED, WAYS, Dated, Wanted, edge_of, moment, named_by_post, order, ways_of
from graph.stores.neo4jdb.database import Rows, Transaction, cypher
from graph.stores.neo4jdb.lists import COUNTED, Lists, Sight, both_ways, type_of
from graph.stores.neo4jdb.model import LABELS, indexed

FEW = 200
"""Relationships of a node that is read whole, at most."""
_LISTS = ("tickers", "links", "hashtags")
_POST_COLUMNS = TABLES["posts"].schema.names


@dataclass(frozen=True, slots=True)
class Here:
    """A node that the view sees: its id in the database, and how many relationships are stored for it."""

    element: str
    listed: int  # of the graph's own types, current
    past: int  # ended

    @property
    def few(self) -> bool:
        """Whether it is read whole."""
        return self.listed + self.past <= FEW


def found(tx: Transaction, sight: Sight, nodes: Iterable[NodeRef]) -> dict[NodeRef, Here]:
    """Those of the nodes that exist. A Finding is no part of the graph's record: no view sees it."""
    known: dict[NodeRef, Here] = {}
    keys: dict[NodeType, dict[str, str]] = {}
    for kind, key in nodes:
        if kind != NodeType.FINDING:
            keys.setdefault(kind, {})[indexed(key)] = key
    for kind, mine in keys.items():
        pin = sight.pins[Rel.POSTED] if kind == NodeType.POST else 0
        params = {"keys": list(mine), "seq": sight.seq, "pin": pin}
        for key, *here in tx.run(cypher("nodes", label=LABELS[kind]), params):
            known[NodeRef(kind, mine[key])] = Here(*here)
    return known


def neighbours(tx: Transaction, sight: Sight, node: NodeRef, wanted: Wanted) -> Neighbours:
    """A page of a node's relationships, and how many there are."""
    known = found(tx, sight, {node, *wanted.exclude})
    here = known.pop(node, None)
    if here is None:
        return Neighbours((), 0)
    if here.few:
        edges = [x for _, x in _around(tx, sight, {here.element: node}) if wanted.allows(x, node, ways_of(x[1], node))]
        return wanted.page(edges, node, len(edges))
    barred = [other.element for other in known.values()]
    lists = Lists(tx, sight, node=node, element=here.element, wanted=wanted, barred=barred)
    edges = [x for x in _own(tx, sight, node) if wanted.allows(x, node, ways_of(x[1], node)[:1])]
    total = len(edges) + lists.counts().total()
    if wanted.limit:
        edges += lists.newest()
    return wanted.page(edges, node, total)


def degree(tx: Transaction, sight: Sight, node: NodeRef) -> Counter[tuple[Rel, str]]:
    """Number of a node's relationships by relation and direction."""
    here = found(tx, sight, [node]).get(node)
    if here is None:
        return Counter()
    if here.few:
        edges = [edge for _, (_, edge) in _around(tx, sight, {here.element: node})]
        return Counter((edge.rel, way) for edge in edges for way in ways_of(edge, node))
    total = Counter((edge.rel, ways_of(edge, node)[0]) for _, edge in _own(tx, sight, node))
    for wanted in both_ways(Wanted()):
        total += Lists(tx, sight, node=node, element=here.element, wanted=wanted).counts()
    return total


def near(tx: Transaction, sight: Sight, nodes: Sequence[NodeRef]) -> dict[NodeRef, dict[NodeRef, Edge]]:
    """The nodes' neighbours, each with the newest relationship to it."""
    first: dict[NodeRef, dict[NodeRef, Dated]] = {node: {} for node in nodes}
    elements = {here.element: node for node, here in found(tx, sight, nodes).items()}
    for node, dated in _around(tx, sight, elements):
        mine, other = first[node], other_end(dated[1], node)
        if other not in mine or order(dated, node) < order(mine[other], node):
            mine[other] = dated
    return {node: {other: edge for other, (_, edge) in mine.items()} for node, mine in first.items()}


def among(tx: Transaction, sight: Sight, nodes: Sequence[NodeRef]) -> tuple[set[NodeRef], list[Dated]]:
    """Those of the nodes that exist, and every relationship between two of them.

    A relationship is read from an end that has few; between two that have many, it is looked for.
    """
    known = found(tx, sight, nodes)
    named = {here.element: node for node, here in known.items()}
    few = [here.element for here in known.values() if here.few]
    many = [here.element for here in known.values() if not here.few]
    edges: list[Dated] = []
    for element, out, rel, at, other in tx.run(
        cypher("neighbours_among"), {**sight.params, "ids": few, "all": list(named)}
    ):
        edges.append(_edge(named[element], rel, out=out, at=at, other=named[other]))
    for type_ in COUNTED if many else ():
        rows = tx.run(cypher("neighbours_pairs", type=type_), {**sight.params, "ids": many})
        edges += [_edge(named[element], rel, out=True, at=at, other=named[other]) for element, rel, at, other in rows]
    return set(known), edges


def post_rows(tx: Transaction, sight: Sight, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Loaded posts by key: their columns as the view sees them (``created_at`` in µs)."""
    asked = {indexed(key): key for key in keys}
    params = {"keys": list(asked), "pin": sight.pins[Rel.POSTED], "seq": sight.seq}
    rows: dict[str, dict[str, Any]] = {}
    for key, *values in tx.run(cypher("post"), params):
        row = dict(zip(_POST_COLUMNS, (asked[key], *values), strict=True))
        rows.setdefault(asked[key], {**row, **{name: row[name] or [] for name in _LISTS}})
    return rows


def posts(tx: Transaction, sight: Sight, keys: Sequence[str]) -> list[Post]:
    """Known posts (stubs included), in the order asked."""
    distinct = dict.fromkeys(keys)
    rows = post_rows(tx, sight, distinct)
    stubs = found(tx, sight, [NodeRef(NodeType.POST, key) for key in distinct if key not in rows])
    known = {node.key: Post(node.key) for node in stubs}
    for key, row in rows.items():
        lists = {name: tuple(row[name]) for name in _LISTS}
        known[key] = Post(**{**row, **lists, "created_at": moment(row["created_at"])})
    return [known[key] for key in keys if key in known]


def _own(tx: Transaction, sight: Sight, node: NodeRef) -> list[Dated]:
    """Relationships that the node's own row names: they are not among its lists."""
    if node.type == NodeType.LINK and (host := host_of(node.key)) is not None:
        return [edge_of(node, Rel.ON, "out", UNDATED, NodeRef(NodeType.DOMAIN, host))]
    row = post_rows(tx, sight, [node.key]).get(node.key) if node.type == NodeType.POST else None
    return named_by_post(node, row) if row else []


def _around(tx: Transaction, sight: Sight, named: Mapping[str, NodeRef]) -> Iterator[tuple[NodeRef, Dated]]:
    """All relationships of nodes, by their ids in the database."""
    rows: Rows = tx.run(cypher("neighbours_around"), {**sight.params, "ids": list(named)})
    for element, out, rel, at, labels, key in rows:
        node = named[element]
        yield node, _edge(node, rel, out=out, at=at, other=NodeRef(type_of(labels), key))


def _edge(node: NodeRef, rel: str, *, out: bool, at: int | None, other: NodeRef) -> Dated:
    return edge_of(node, Rel(rel), WAYS[not out], UNDATED if at is None else at, other)
