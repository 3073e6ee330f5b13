"""Exploring the SQLite store: nodes, neighbours, degrees, paths and sub-graphs at one commit.

A relationship that a post makes is found from its other end in ``edges``, and from the post in the post's own row;
those of other rows lie in ``edges`` for both ends. A link's domain is a column of its node.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from graph import explore
from graph.model import Edge, Neighbours, NodeRef, NodeType, Path, Rel, Subgraph, host_of
from graph.schema import TABLES
from graph.stores.listing import FOREVER, OBJECTS, UNDATED, WAYS, Dated, Wanted, edge_of, named_by_post, ways_of
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.nodes import RELS, SLOTS, TYPE_CODES, TYPES

_POST_COLUMNS = TABLES["posts"].schema.names


class Exploring:
    """The exploring half of a view."""

    seq: int

    @property
    @abstractmethod
    def _database(self) -> Database: ...

    def has(self, node: NodeRef) -> bool:
        """Whether the node exists."""
        return self._id(node) is not None

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
        wanted = Wanted.asked(rels=rels, direction=direction, start=start, end=end, exclude=exclude, limit=limit)
        with self._database.transaction():
            here = self._id(node)
            return Neighbours((), 0) if here is None else self._page(node, here, wanted)

    def _page(self, node: NodeRef, here: int, wanted: Wanted) -> Neighbours:
        found = [x for x in self._own(node) if wanted.allows(x, node, ways_of(x[1], node)[:1])]
        total = len(found)
        barred = [i for i in map(self._id, wanted.exclude) if i is not None]
        for rel, way, query, asked in self._lists(node, here):
            if not wanted.takes(rel, way):
                continue
            # a loop lies in both directions; where both are asked for, it shows once, as outgoing
            loop = [here] if way == "in" and len(wanted.ways) == 2 else []
            bounds = {"start": wanted.start, "end": wanted.end, "exclude": orjson.dumps(barred + loop).decode()}
            total += self._database.value(sql(f"{query}_count"), {**asked, **bounds})
            if wanted.limit:
                for past in ("", "_past") if query == "edges" else ("",):  # each in order by itself, merged below
                    name = f"{query}{past}_newest"
                    rows = self._database.run(sql(name), {**asked, **bounds, "limit": wanted.limit})
                    found += [_edge(node, rel, way, row) for row in rows]
        return wanted.page(found, node, total)

    def _lists(self, node: NodeRef, here: int) -> Iterator[tuple[Rel, str, str, dict[str, Any]]]:
        """The node's stored lists of relationships: relation, direction, and what reads them."""
        for slot in self._slots(here):
            yield RELS[slot % SLOTS // 2], WAYS[slot % 2], "edges", {"slot": slot, "pin": self.seq}
        if node.type == NodeType.DOMAIN:
            yield Rel.ON, "in", "domain_links", {"domain": here, "pin": self.seq}

    def degree(self, node: NodeRef) -> dict[tuple[Rel, str], int]:
        """Number of relationships by relation and direction."""
        found: dict[tuple[Rel, str], int] = {}
        database = self._database
        with database.transaction():
            here = self._id(node)
            if here is None:
                return {}
            for _, edge in self._own(node):
                way = "out" if edge.source == node else "in"
                found[edge.rel, way] = found.get((edge.rel, way), 0) + 1
            everything = {"start": UNDATED, "end": FOREVER, "exclude": "[]"}
            for rel, way, query, asked in self._lists(node, here):
                count = self._database.value(sql(f"{query}_count"), {**asked, **everything})
                found[rel, way] = found.get((rel, way), 0) + count
        return {key: count for key, count in found.items() if count}

    def paths(
        self, source: NodeRef, target: NodeRef, *, k: int = 3, max_hops: int = 4, max_degree: int = 1000
    ) -> list[Path]:
        """Up to k shortest paths that avoid supernodes."""
        with self._database.transaction():
            return explore.paths(self, source, target, k=k, max_hops=max_hops, max_degree=max_degree)

    def subgraph(self, nodes: Sequence[NodeRef]) -> Subgraph:
        """Nodes and the relationships among them."""
        with self._database.transaction():
            ids = {node: i for node in dict.fromkeys(nodes) if (i := self._id(node)) is not None}
            found = [x for node in ids for x in self._own(node)]
            found += self._among({here: node for node, here in ids.items()})
        inside = [x for x in found if x[1].source in ids and x[1].target in ids]
        inside.sort(key=lambda x: (x[0], x[1].source, x[1].rel, x[1].target))
        return Subgraph(tuple(ids), tuple(edge for _, edge in inside))

    def _among(self, nodes: Mapping[int, NodeRef]) -> list[Dated]:
        """Relationships among nodes, by id, each from its source; without those that a node's own row carries."""
        starts = [s for here in nodes for s in self._slots(here) if s % 2 == 0 and RELS[s % SLOTS // 2] != Rel.POSTED]
        asked = {"slots": _json(starts), "pin": self.seq, "others": _json(nodes)}
        rows = self._database.run(sql("edges_among"), asked)
        return [_edge(nodes[slot // SLOTS], RELS[slot % SLOTS // 2], "out", row) for slot, *row in rows]

    def _id(self, node: NodeRef) -> int | None:
        """The node's id, None where it did not exist at this commit."""
        if node.type == NodeType.POST:
            rows = self._database.run(sql("post_id"), {"key": node.key})
        else:
            domain = 0
            if node.type == NodeType.LINK and (host := host_of(node.key)) is not None:
                domain = self._id(NodeRef(NodeType.DOMAIN, host)) or -1
            asked = {"type": TYPE_CODES[node.type], "domain": domain, "key": node.key}
            rows = self._database.run(sql("node_id"), asked)
        return int(rows[0][1]) if rows and rows[0][2] <= self.seq else None

    def _slots(self, here: int) -> list[int]:
        """Where the node has relationships."""
        bounds = {"low": here * SLOTS, "high": here * SLOTS + SLOTS - 1}
        return [row[0] for row in self._database.run(sql("slots"), bounds)]

    def _post_row(self, key: str) -> Any:
        """Id, seq and columns of a post as it was at this commit."""
        rows = self._database.run(sql("post"), {"key": key, "pin": self.seq})
        return rows[0] if rows else None

    def _own(self, node: NodeRef) -> list[Dated]:
        """Relationships that the node's own row carries."""
        if node.type == NodeType.LINK and (host := host_of(node.key)) is not None:
            return [(UNDATED, Edge(node, Rel.ON, NodeRef(NodeType.DOMAIN, host)))]
        row = self._post_row(node.key) if node.type == NodeType.POST else None
        if row is None:
            return []
        values = dict(zip(_POST_COLUMNS, row[2:], strict=True))
        return named_by_post(node, {**values, **{name: orjson.loads(values[name] or "[]") for name, _, _ in OBJECTS}})


def _json(numbers: Iterable[int]) -> str:
    return orjson.dumps(list(numbers)).decode()


def _edge(node: NodeRef, rel: Rel, way: str, row: Sequence[Any]) -> Dated:
    """A relationship from its time, and the type and key of the other end."""
    at, kind, key = row
    return edge_of(node, rel, way, at, NodeRef(TYPES[kind], key))
