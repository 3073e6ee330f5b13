"""What stores share when a graph is explored: words of a text, names of identifiers, and shortest paths.

Everything here works on any store, through :meth:`graph.store.View.neighbours` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from graph.findings import digest
from graph.model import INTERACTION_RELS, Edge, Neighbours, NodeRef, NodeType, Path, Rel

_PUBLIC = frozenset({"wallet", "referral"})  # kinds of identifiers that hide nothing
_WORD = re.compile(r"[^\W_]+")
NAMED: Mapping[str, Mapping[str, NodeType]] = {
    "accounts": {"account": NodeType.ACCOUNT},
    "posts": {"parent": NodeType.POST},
    "engagements": {"post": NodeType.POST},
    "interactions": {"account": NodeType.ACCOUNT, "post": NodeType.POST},
    "labels": {"account": NodeType.ACCOUNT},
    "account_states": {"account": NodeType.ACCOUNT},
    "post_events": {"post": NodeType.POST},
    "events": {"ticker": NodeType.TICKER},
    "campaigns": {
        "tickers": NodeType.TICKER,
        "hashtags": NodeType.HASHTAG,
        "links": NodeType.LINK,
        "participants": NodeType.ACCOUNT,
    },
}
"""By table, the columns that name nodes without making a relationship of their own."""


class Explorable(Protocol):
    """The part of a View that path search needs."""

    def has(self, node: NodeRef) -> bool:
        """Whether the node exists."""

    def neighbours(self, node: NodeRef, *, limit: int = 25) -> Neighbours:
        """Relationships of a node, and how many there are."""


class Nearby(Protocol):
    """How path search reads a graph; a store for which every question costs a journey answers many at once."""

    many: int
    """Nodes that are worth asking for at once."""

    def totals(self, nodes: Sequence[NodeRef], enough: int) -> Mapping[NodeRef, int]:
        """Numbers of relationships of existing nodes; one below ``enough`` may be given too high, up to that."""

    def near(self, nodes: Sequence[NodeRef]) -> Mapping[NodeRef, Mapping[NodeRef, Edge]]:
        """The nodes' neighbours, each with the newest relationship to it (a loop's neighbour is the node itself)."""


class _OneByOne:
    """A view as it is."""

    many = 1

    def __init__(self, view: Explorable) -> None:
        self.view = view
        self.known: dict[NodeRef, int] = {}

    def totals(self, nodes: Sequence[NodeRef], enough: int) -> Mapping[NodeRef, int]:  # noqa: ARG002 - exact anyway
        found = {node: self.view.neighbours(node, limit=0).total for node in nodes}
        self.known.update(found)
        return found

    def near(self, nodes: Sequence[NodeRef]) -> Mapping[NodeRef, Mapping[NodeRef, Edge]]:
        found: dict[NodeRef, dict[NodeRef, Edge]] = {}
        for node in nodes:
            mine = found.setdefault(node, {})
            for edge in self.view.neighbours(node, limit=self.known[node]).edges:
                mine.setdefault(other_end(edge, node), edge)
        return found


def words(text: str) -> list[str]:
    """Distinct folded words in order: runs of letters and digits of any script."""
    return list(dict.fromkeys(_WORD.findall(text.casefold())))


def identifier_key(kind: str, value: str) -> str:
    """Node key of an identifier."""
    return f"{kind}:{value}"


def short_identifier(key: str) -> tuple[str, str] | None:
    """Kind of an identifier and a short name of it, told apart but never the value or its hash.

    Parameters
    ----------
    key : str
        The node's key.

    Returns
    -------
    tuple of str, or None
        None where the key may be shown as it is: wallets and referral codes are public.
    """
    kind, _, value = key.partition(":")
    if not value or kind in _PUBLIC:
        return None
    return kind.removesuffix("_hash"), digest(key)[:6]


def relation(kind: str) -> Rel | None:
    """The relation that an interaction of this kind makes; None: it is kept in its table, without an edge."""
    known = INTERACTION_RELS.get(kind)
    return known if known is not None else next((rel for rel in Rel if rel == kind.upper()), None)


def other_end(edge: Edge, node: NodeRef) -> NodeRef:
    """The node at the far end of an edge (itself for a loop)."""
    return edge.target if edge.source == node else edge.source


def paths(
    view: Explorable,
    source: NodeRef,
    target: NodeRef,
    *,
    k: int = 3,
    max_hops: int = 4,
    max_degree: int = 1000,
    nearby: Nearby | None = None,
) -> list[Path]:
    """Up to k shortest paths without repeated nodes: shortest first, then by the names of the nodes on the way.

    The search grows from both ends, always at the end that is cheaper to grow, so that a hub at one end is expanded
    only when it must be. Paths are told apart by their nodes; of parallel relationships the newest is shown.

    Parameters
    ----------
    k : int
        How many paths are wanted.
    max_hops : int
        Longest path, in relationships.
    max_degree : int
        Inner nodes with more relationships are not walked through.
    nearby : Nearby, optional
        What reads the graph; the view's own questions, one at a time, if not given.
    """
    if k < 1 or not (view.has(source) and view.has(target)):
        return []
    if source == target:
        return [Path((source,), ())]
    return _Search(nearby or _OneByOne(view), source, target, max_degree).run(k, max_hops)


class _Search:
    """Distances from both ends as far as they are known, and the adjacency read so far."""

    def __init__(self, nearby: Nearby, source: NodeRef, target: NodeRef, max_degree: int) -> None:
        self.nearby = nearby
        self.ends = (source, target)
        self.max_degree = max_degree
        self.near: dict[NodeRef, Mapping[NodeRef, Edge]] = {}  # of expanded nodes
        self.back: dict[NodeRef, set[NodeRef]] = {}  # node → expanded nodes that it is next to
        self.totals: dict[NodeRef, int] = {}
        self.distance: tuple[dict[NodeRef, int], dict[NodeRef, int]] = ({source: 0}, {target: 0})
        self.frontier: list[list[NodeRef]] = [[source], [target]]
        self.radius = [0, 0]
        self.reach: dict[tuple[NodeRef, int], bool] = {}

    def run(self, k: int, max_hops: int) -> list[Path]:
        """Paths of each length in turn, until there are k."""
        found: list[Path] = []
        for length in range(1, max_hops + 1):
            while sum(self.radius) < length:
                self._grow(self._cheaper())
            self.reach.clear()
            for nodes in self._walk((self.ends[0],), length):
                steps = pairwise(nodes)
                found.append(Path(nodes, tuple(self._edge(a, b) for a, b in steps)))
                if len(found) == k:
                    return found
        return found

    def _count(self, nodes: Sequence[NodeRef]) -> None:
        """Learn the nodes' numbers of relationships, where they are not known."""
        fresh = [node for node in nodes if node not in self.totals]
        if fresh:
            self.totals.update(self.nearby.totals(fresh, self.max_degree))

    def _closed(self, node: NodeRef) -> bool:
        """Whether the node is a supernode that paths may not pass through."""
        if node in self.ends:
            return False
        self._count([node])
        return self.totals[node] > self.max_degree

    def _cheaper(self) -> int:
        """The end whose frontier has fewer relationships to read."""
        self._count([node for side in self.frontier for node in side])
        cost = [sum(self.totals[n] for n in side if not self._closed(n)) for side in self.frontier]
        return int(cost[1] < cost[0])

    def _grow(self, end: int) -> None:
        """Expand every node of an end's frontier."""
        distance = self.distance[end]
        self.radius[end] += 1
        fresh: dict[NodeRef, None] = {}
        open_ = [node for node in self.frontier[end] if not self._closed(node)]
        self._expand([node for node in open_ if node not in self.near])
        for node in open_:
            for other in self.near[node]:
                if other not in distance:
                    distance[other] = self.radius[end]
                    fresh[other] = None
        self.frontier[end] = list(fresh)

    def _expand(self, nodes: Sequence[NodeRef]) -> None:
        """Read the relationships of nodes that were not expanded yet."""
        if nodes:
            self.near.update(self.nearby.near(nodes))
        for node in nodes:
            for other in self.near[node]:
                self.back.setdefault(other, set()).add(node)

    def _edge(self, a: NodeRef, b: NodeRef) -> Edge:
        """The newest relationship between two neighbours on a path, of which one at least was expanded."""
        return self.near[a][b] if a in self.near else self.near[b][a]

    def _walk(self, nodes: tuple[NodeRef, ...], left: int) -> Iterator[tuple[NodeRef, ...]]:
        """Walks without repeated nodes of exactly ``left`` more steps to the target, in the order of their nodes."""
        target = self.ends[1]
        for other in self._ahead(sorted(self._beside(nodes[-1])), left - 1):
            if left == 1 and other == target:
                yield (*nodes, other)
            elif left > 1 and other not in nodes and other != target and self._reaches(other, left - 1):
                yield from self._walk((*nodes, other), left - 1)

    def _beside(self, node: NodeRef) -> set[NodeRef]:
        """Neighbours worth a step: all of an expanded node, else those expanded from the target's end."""
        return set(self.near[node]) if node in self.near else self.back.get(node, set())

    def _ahead(self, nodes: Sequence[NodeRef], left: int) -> Iterator[NodeRef]:
        """The nodes, of which those that may be passed are asked about some at a time."""
        for start in range(0, len(nodes), self.nearby.many):
            some = nodes[start : start + self.nearby.many]
            self._count([n for n in some if n not in self.ends and self._hopeful(n, left)])
            yield from some

    def _hopeful(self, node: NodeRef, left: int) -> bool:
        """Whether the target may be ``left`` steps or fewer away, as far as distances tell."""
        distance = self.distance[1].get(node)
        return left > self.radius[1] if distance is None else distance <= left

    def _reaches(self, node: NodeRef, left: int) -> bool:
        """Whether the target may be ``left`` steps or fewer away through nodes that may be passed."""
        asked = (node, left)
        if asked not in self.reach:
            if not self._hopeful(node, left) or self._closed(node):
                self.reach[asked] = False
            elif node in self.distance[1]:
                self.reach[asked] = True
            else:
                self.reach[asked] = any(
                    self._reaches(n, left - 1) for n in self._ahead([*self._beside(node)], left - 1)
                )
        return self.reach[asked]
