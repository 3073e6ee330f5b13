"""Exploring Neo4j: nodes, neighbours, degrees, paths and sub-graphs at one commit.

A node with few relationships is read whole; of one with many, its lists are (:mod:`graph.stores.neo4jdb.lists`).

Neo4j shows each statement what is committed at that moment, and a writer commits many times before its commit is
published. So the graph's state is read before and after: where nothing was being written, what was read in between is
the view's; where something was, it is read again until two readings agree.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from graph import explore
from graph.errors import StoreConflict
from graph.model import Edge, Neighbours, NodeRef, Path, Post, Rel, Subgraph
from graph.stores.listing import Wanted, moment
from graph.stores.neo4jdb import reading
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.lists import Sight
from graph.stores.neo4jdb.reading import Here

_TRIES = 20

T = TypeVar("T")


class Exploring:
    """The exploring half of a view."""

    seq: int
    pins: Mapping[str, int]

    @property
    @abstractmethod
    def _database(self) -> Database: ...

    # what a writer may not disturb

    def _settled(self, read: Callable[[Transaction, Sight], T]) -> T:
        """What a reading gives that no writer has changed meanwhile."""
        return self._database.reading(lambda tx: self._undisturbed(tx, read))

    def _undisturbed(self, tx: Transaction, read: Callable[[Transaction, Sight], T]) -> T:
        previous: tuple[list[Any], T] | None = None
        for _ in range(_TRIES):
            state = self._state(tx)
            head, staging = state[:2]
            found = read(tx, Sight.of(self.seq, self.pins, quiet=staging is None and head == self.seq))
            if self._state(tx) != state:
                previous = None
            elif staging is None or previous == (state, found):
                return found
            else:
                previous = (state, found)
        raise StoreConflict("what was to be read changed each time", where=self._database.address.url, hint="try again")

    @staticmethod
    def _state(tx: Transaction) -> list[Any]:
        """Newest commit, the one being written, and a number that changes with either."""
        return tx.run(cypher("meta"))[0][2:]

    # nodes and relationships

    def has(self, node: NodeRef) -> bool:
        """Whether the node exists."""
        return bool(self._settled(lambda tx, sight: reading.found(tx, sight, [node])))

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
        return self._settled(lambda tx, sight: reading.neighbours(tx, sight, node, wanted))

    def degree(self, node: NodeRef) -> dict[tuple[Rel, str], int]:
        """Number of relationships by relation and direction."""
        found = self._settled(lambda tx, sight: reading.degree(tx, sight, node))
        return {key: count for key, count in found.items() if count}

    def paths(
        self, source: NodeRef, target: NodeRef, *, k: int = 3, max_hops: int = 4, max_degree: int = 1000
    ) -> list[Path]:
        """Up to k shortest paths that avoid supernodes."""
        nearby = _Nearby(self._settled, self.neighbours)
        return explore.paths(self, source, target, k=k, max_hops=max_hops, max_degree=max_degree, nearby=nearby)

    def subgraph(self, nodes: Sequence[NodeRef]) -> Subgraph:
        """Nodes and the relationships among them."""
        wanted = list(dict.fromkeys(nodes))
        known, edges = self._settled(lambda tx, sight: reading.among(tx, sight, wanted))
        edges.sort(key=lambda x: (x[0], x[1].source, x[1].rel, x[1].target))
        return Subgraph(tuple(node for node in wanted if node in known), tuple(edge for _, edge in edges))

    def _post_row(self, key: str) -> dict[str, Any] | None:
        """A post's columns as they were at this commit; None where it was not loaded."""
        row = self._settled(lambda tx, sight: reading.post_rows(tx, sight, [key])).get(key)
        return row and {**row, "created_at": moment(row["created_at"])}

    def _posts(self, keys: Sequence[str]) -> list[Post]:
        """Known posts of these keys, in the order asked, all read at once."""
        return self._settled(lambda tx, sight: reading.posts(tx, sight, keys))


class Settled(Protocol):
    """See :meth:`Exploring._settled`."""

    def __call__(self, read: Callable[[Transaction, Sight], T], /) -> T:
        """What a reading gives that no writer has changed meanwhile."""


class _Nearby:
    """A view's graph as path search reads it: many nodes at once."""

    many = 500

    def __init__(self, settled: Settled, neighbours: Callable[..., Neighbours]) -> None:
        self._settled = settled
        self._neighbours = neighbours

    def totals(self, nodes: Sequence[NodeRef], enough: int) -> Mapping[NodeRef, int]:
        totals: dict[NodeRef, int] = {}
        for some in self._parts(nodes):
            found, exact = self._settled(partial(self._counted, some))
            for node, here in found.items():
                most = here.listed + (0 if exact else here.past)
                totals[node] = most if exact or most <= enough else self._neighbours(node, limit=0).total
        return totals

    def near(self, nodes: Sequence[NodeRef]) -> Mapping[NodeRef, Mapping[NodeRef, Edge]]:
        found: dict[NodeRef, Mapping[NodeRef, Edge]] = {}
        for some in self._parts(nodes):
            found.update(self._settled(partial(self._near, some)))
        return found

    @staticmethod
    def _counted(nodes: Sequence[NodeRef], tx: Transaction, sight: Sight) -> tuple[dict[NodeRef, Here], bool]:
        return reading.found(tx, sight, nodes), sight.quiet

    @staticmethod
    def _near(nodes: Sequence[NodeRef], tx: Transaction, sight: Sight) -> dict[NodeRef, dict[NodeRef, Edge]]:
        return reading.near(tx, sight, nodes)

    def _parts(self, nodes: Sequence[NodeRef]) -> Iterator[Sequence[NodeRef]]:
        return (nodes[start : start + self.many] for start in range(0, len(nodes), self.many))
