"""What stores share when they list a node's relationships: what is asked for, in which order, and what a row names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeAlias

from graph.explore import other_end
from graph.model import PARENT_RELS, Edge, Neighbours, NodeRef, NodeType, Rel

UNDATED = -(2**63)
"""Time of a relationship without one: older than all."""
FOREVER = 2**63 - 1
WAYS = ("out", "in")
OBJECTS = (
    ("tickers", Rel.MENTIONS, NodeType.TICKER),
    ("links", Rel.LINKS_TO, NodeType.LINK),
    ("hashtags", Rel.TAGGED, NodeType.HASHTAG),
)
"""What a post names: column, relation, type of node."""
_RANK = {kind: place for place, kind in enumerate(NodeType)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Dated: TypeAlias = tuple[int, Edge]
"""A relationship and its time in µs, :data:`UNDATED` without one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a node's relationships are asked for.

    Parameters
    ----------
    ways : tuple of str
        ``out``, ``in`` or both; where both are asked for, a loop shows once, as outgoing.
    start, end : int
        µs, ``start <= at < end``; only an unbounded start lets undated ones in.
    """

    rels: frozenset[Rel] = frozenset(Rel)
    ways: tuple[str, ...] = WAYS
    start: int = UNDATED
    end: int = FOREVER
    exclude: frozenset[NodeRef] = frozenset()
    limit: int = 0

    @classmethod
    def asked(
        cls,
        *,
        rels: Sequence[Rel] | None,
        direction: str,
        start: datetime | None,
        end: datetime | None,
        exclude: Sequence[NodeRef],
        limit: int,
    ) -> Self:
        """What the arguments of :meth:`graph.store.View.neighbours` ask for."""
        if direction not in {"out", "in", "both"}:
            raise ValueError(f"direction is {direction!r}, not out, in or both")
        # a bound leaves undated relationships out
        oldest = UNDATED if (start, end) == (None, None) else UNDATED + 1
        return cls(
            rels=frozenset(Rel if rels is None else rels),
            ways=WAYS if direction == "both" else (direction,),
            start=oldest if start is None else micros(start),
            end=FOREVER if end is None else micros(end),
            exclude=frozenset(exclude),
            limit=max(0, limit),
        )

    @property
    def bounded(self) -> bool:
        """Whether only some times are asked for."""
        return (self.start, self.end) != (UNDATED, FOREVER)

    def takes(self, rel: Rel, way: str) -> bool:
        """Whether relationships of this kind are asked for."""
        return rel in self.rels and way in self.ways

    def allows(self, found: Dated, node: NodeRef, ways: Iterable[str]) -> bool:
        """Whether this one is, seen in one of these directions."""
        at, edge = found
        if not self.start <= at < self.end or other_end(edge, node) in self.exclude:
            return False
        return any(self.takes(edge.rel, way) for way in ways)

    def page(self, found: Iterable[Dated], node: NodeRef, total: int) -> Neighbours:
        """The first of what was found, in order."""
        ordered = sorted(found, key=lambda x: order(x, node))
        return Neighbours(tuple(edge for _, edge in ordered[: self.limit]), total)


def ways_of(edge: Edge, node: NodeRef) -> tuple[str, ...]:
    """Directions in which an edge leaves the node: both for a loop."""
    ends = (("out", edge.source), ("in", edge.target))
    return tuple(way for way, end in ends if end == node)


def order(found: Dated, node: NodeRef) -> tuple[int, str, str, int, bool]:
    """Newest first, undated last, then by relation and the other end."""
    at, edge = found
    other = other_end(edge, node)
    return -at, edge.rel.value, other.key, _RANK[other.type], edge.source != node


def edge_of(node: NodeRef, rel: Rel, way: str, at: int, other: NodeRef) -> Dated:
    """A relationship as listed from a node."""
    ends = (node, other) if way == "out" else (other, node)
    return at, Edge(ends[0], rel, ends[1], moment(at))


def named_by_post(post: NodeRef, row: Mapping[str, Any]) -> list[Dated]:
    """Relationships that a post's own row carries (its columns; ``created_at`` in µs, lists as lists)."""
    at = row["created_at"]
    ends = [(NodeRef(NodeType.ACCOUNT, row["account"]), Rel.POSTED, post)]
    for name, rel, kind in OBJECTS:
        ends += [(post, rel, NodeRef(kind, key)) for key in row[name] or ()]
    if row["kind"] in PARENT_RELS and row["parent"] is not None:
        ends.append((post, PARENT_RELS[row["kind"]], NodeRef(NodeType.POST, row["parent"])))
    when = moment(at)
    return [(at, Edge(source, rel, target, when)) for source, rel, target in ends]


def micros(moment: datetime) -> int:
    """A time in µs; one without a zone is UTC."""
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (known - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> datetime | None:
    """A time as people read it, None if undated."""
    return None if value is None or value == UNDATED else _EPOCH + value * _MICROSECOND
