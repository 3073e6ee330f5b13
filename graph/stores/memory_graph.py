"""A graph as arrays, for exploring; made once for a view, when first asked for.

Node ids follow the order of (key, type), so that comparing ids is comparing names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.model import Edge, NodeRef, NodeType, Rel, host_of
from graph.schema import TIME
from graph.stores.relations import Links, Nodes

RELS = tuple(sorted(Rel))
"""Relations in the order that ties are broken by; a relation's code is its place here."""
TYPES = tuple(NodeType)
UNDATED = np.iinfo(np.int64).min
"""Stands for no time: older than all."""

Ints: TypeAlias = npt.NDArray[np.int64]


class Graph:
    """Nodes and relationships, with each node's relationships side by side.

    Parameters
    ----------
    nodes : iterable of (type, keys)
        Nodes that exist, repeated or not.
    links : iterable of Links
        Relationships; their ends are among the nodes.
    """

    def __init__(self, nodes: Sequence[Nodes], links: Sequence[Links]) -> None:
        self._name(nodes)
        links = [*links, self._domains()]
        self.source: Ints = _joined([self._ids(x.sources) for x in links])
        self.target: Ints = _joined([self._ids(x.targets) for x in links])
        self.rel: Ints = _joined([np.full(len(x.sources[1]), RELS.index(x.rel)) for x in links])
        self.at: Ints = _joined([_micros(x.at, len(x.sources[1])) for x in links])
        loops = self.source == self.target
        ends = np.concatenate([self.source, self.target[~loops]])
        self._edges: Ints = np.concatenate([np.arange(len(self.source)), np.flatnonzero(~loops)])
        order = np.argsort(ends, kind="stable")
        self._edges = self._edges[order]
        self._starts: Ints = np.searchsorted(ends[order], np.arange(len(self.keys) + 1))

    def _name(self, nodes: Sequence[Nodes]) -> None:
        found = {kind: pc.unique(pa.chunked_array([k for t, k in nodes if t == kind], pa.string())) for kind in TYPES}
        hosts = pa.array([host_of(link) for link in found[NodeType.LINK].to_pylist()], pa.string())
        self._hosts = (found[NodeType.LINK].filter(pc.is_valid(hosts)), pc.drop_null(hosts))
        found[NodeType.DOMAIN] = pc.unique(pa.chunked_array([found[NodeType.DOMAIN], self._hosts[1]]))
        table = pa.table(
            {
                "key": pa.chunked_array(list(found.values())),
                "type": np.concatenate([np.full(len(keys), i) for i, keys in enumerate(found.values())]),
            }
        ).sort_by([("key", "ascending"), ("type", "ascending")])
        self.keys: list[str] = table["key"].to_pylist()
        self.types: Ints = table["type"].to_numpy()
        self._id: dict[NodeType, dict[str, int]] = {}
        for i, kind in enumerate(TYPES):
            mine = np.flatnonzero(self.types == i).tolist()
            self._id[kind] = {self.keys[n]: n for n in mine}

    def _ids(self, nodes: Nodes) -> Ints:
        kind, keys = nodes
        distinct = keys.dictionary_encode()
        ids = np.array([self._id[kind][key] for key in distinct.dictionary.to_pylist()], dtype=np.int64)
        return ids[distinct.indices.to_numpy()] if len(keys) else ids

    def _domains(self) -> Links:
        links, hosts = self._hosts
        return Links((NodeType.LINK, links), Rel.ON, (NodeType.DOMAIN, hosts), None)

    def id(self, node: NodeRef) -> int | None:
        """The node's id, None if it does not exist."""
        return self._id.get(node.type, {}).get(node.key)

    def of_type(self, kind: NodeType) -> Mapping[str, int]:
        """Keys of the nodes of a type, in order, with their ids."""
        return self._id[kind]

    def ref(self, node: int) -> NodeRef:
        """The node's name."""
        return NodeRef(TYPES[self.types[node]], self.keys[node])

    def edge(self, number: int) -> Edge:
        """One relationship as people read it."""
        micros = int(self.at[number])
        return Edge(
            self.ref(self.source[number]),
            RELS[self.rel[number]],
            self.ref(self.target[number]),
            None if micros == UNDATED else _time(micros),
        )

    def incident(self, node: int) -> Ints:
        """Numbers of the relationships that a node is an end of; one to itself once."""
        return self._edges[self._starts[node] : self._starts[node + 1]]

    def newest_first(self, node: int, edges: Ints) -> Ints:
        """The node's edges sorted by time (undated last), relation, the other end, and outgoing before incoming."""
        outgoing = self.source[edges] == node
        other = np.where(outgoing, self.target[edges], self.source[edges])
        # a negated UNDATED would overflow; its complement is the largest number, that of other times stays in order
        return edges[np.lexsort((edges, ~outgoing, other, self.rel[edges], ~self.at[edges]))]


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts).astype(np.int64)


def _micros(at: pa.Array | None, size: int) -> Ints:
    if at is None:
        return np.full(size, UNDATED, dtype=np.int64)
    micros: Ints = at.cast(pa.int64()).fill_null(UNDATED).to_numpy()
    return micros


def _time(micros: int) -> datetime:
    moment: datetime = pa.scalar(micros, TIME).as_py()
    return moment


def micros_of(moment: datetime) -> int:
    """A time as it is kept here."""
    value: int = pa.scalar(moment, TIME).cast(pa.int64()).as_py()
    return value
