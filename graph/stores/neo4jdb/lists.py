"""The lists of a node that has too many relationships to read them all: pages in index order, and exact numbers.

A list is the node's relationships of one type in one direction (of interactions kept as ``ACTED``: of one relation).
Where the view is at the newest commit and nothing is being written, every stored relationship is visible, and Neo4j
keeps the numbers; else what the view does not see is left out by looking at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.model import NodeRef, NodeType, Rel
from graph.stores.listing import UNDATED, Dated, Wanted, edge_of
from graph.stores.neo4jdb.database import Rows, Transaction, cypher
from graph.stores.neo4jdb.model import ACTED, HEAD, LABELS, LISTS, PAST, TYPES, Listed, indexed

COUNTED = (
    *(rel.value for rel in (Rel.POSTED, Rel.MENTIONS, Rel.TAGGED, Rel.LINKS_TO, Rel.ON)),
    *(rel.value for rel in (Rel.REPOSTS, Rel.QUOTES, Rel.REPLIES_TO, Rel.LIKES, Rel.FOLLOWS, Rel.VIEWS, Rel.SHARES)),
    ACTED,
    Rel.USES.value,
    Rel.TRANSFERRED.value,
    PAST,
)
"""Types in the order of neighbours_degrees.cypher."""
RANKED = tuple(LABELS[kind] for kind in NodeType)
"""Labels in the order that ties are broken by."""
_ENDS = {"out": ("source", "target"), "in": ("target", "source")}
_LOOPING = {NodeType.ACCOUNT, NodeType.WALLET, NodeType.POST}

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Sight:
    """What a view sees.

    Parameters
    ----------
    pins : mapping of str to int
        Relationship type → the highest row that is visible (for links: the commit).
    quiet : bool
        Whether that is all there is.
    """

    seq: int
    pins: Mapping[str, int]
    quiet: bool

    @classmethod
    def of(cls, seq: int, tables: Mapping[str, int], *, quiet: bool) -> Sight:
        """From the highest visible row of each table."""
        return cls(seq, {x.type: tables[x.table] if x.table else seq for x in LISTS}, quiet)

    @property
    def params(self) -> dict[str, Any]:
        """For statements that read several types."""
        return {"seq": self.seq, "pins": self.pins}


@dataclass(frozen=True, slots=True)
class _List:
    """One list and how many relationships are stored for it, visible or not."""

    type: str
    way: str
    rel: Rel
    stored: int

    @property
    def acted(self) -> str | None:
        """The relation to ask for among the interactions kept together."""
        return self.rel if self.type == ACTED else None


class Lists:
    """The lists of one node, within a transaction.

    Parameters
    ----------
    element : str
        The node's id in the database.
    barred : sequence of str
        Ids of the nodes to leave out, those that exist.
    """

    def __init__(
        self,
        tx: Transaction,
        sight: Sight,
        *,
        node: NodeRef,
        element: str,
        wanted: Wanted,
        barred: Sequence[str] = (),
    ) -> None:
        self._tx = tx
        self._sight = sight
        self._node = node
        self._id = element
        self._wanted = wanted
        self._excluded = node in wanted.exclude
        self._barred = [other for other in barred if other != element]
        last = wanted.end - 1
        self._bounds = {
            "bounded": wanted.bounded,
            "low": divided(wanted.start),
            "high": divided(last),
        }
        ((out, into),) = tx.run(cypher("neighbours_degrees"), {"id": element})
        self._stored = {"out": dict(zip(COUNTED, out, strict=True)), "in": dict(zip(COUNTED, into, strict=True))}
        self._lists = [x for listed in LISTS for x in self._read(listed) if wanted.takes(x.rel, x.way)]

    def _read(self, listed: Listed) -> Iterator[_List]:
        """The lists that the node has of this kind."""
        stored = self._stored[listed.way][listed.type]
        if not stored:
            return
        if listed.type != ACTED:
            yield _List(listed.type, listed.way, Rel(listed.type), stored)
            return
        for rel, number in self._tx.run(_statement("neighbours_acted", listed.way), {"id": self._id}):
            yield _List(ACTED, listed.way, Rel(rel), number)

    # numbers

    def counts(self) -> Counter[tuple[Rel, str]]:
        """Number of relationships by relation and direction."""
        found: Counter[tuple[Rel, str]] = Counter()
        for one in self._lists:
            found[one.rel, one.way] += self._all(one) if self._sight.quiet else self._seen(one)
        if self._sight.quiet:
            found.subtract(self._left_out())
        else:
            for way in self._past():
                params = self._past_params(way)
                for rel, number in self._tx.run(self._of("neighbours_past_seen", way), params):
                    found[Rel(rel), way] += number
        return found

    def _all(self, one: _List) -> int:
        """Number of a list's relationships, all of which are visible."""
        if not self._wanted.bounded:
            return one.stored
        params = {"key": indexed(self._node.key), "rel": one.acted, **self._bounds}
        if one.type == Rel.ON:  # never dated
            return 0
        number: int = self._tx.value(self._of("neighbours_range", one.way, type=one.type), params)
        return number

    def _seen(self, one: _List) -> int:
        params = {**self._asked(one), "id": self._id}
        number: int = self._tx.value(_statement("neighbours_seen", one.way, type=one.type), params)
        return number

    def _left_out(self) -> Counter[tuple[Rel, str]]:
        """Numbers of those to excluded nodes, and of loops that show in the other direction."""
        found: Counter[tuple[Rel, str]] = Counter()
        listed = {(one.type, one.way) for one in self._lists}
        if self._barred:
            params = {"id": self._id, "barred": self._barred, **self._bounds}
            for type_, rel, out, number in self._tx.run(cypher("neighbours_between"), params):
                way = "out" if out else "in"
                if (type_, way) in listed:
                    found[Rel(rel or type_), way] += number
        for type_ in self._looping():
            for way in self._loopless():
                if (type_, way) in listed:
                    found.update((rel, way) for rel in self._loops(type_))
        return Counter({key: number for key, number in found.items() if self._wanted.takes(*key)})

    def _loopless(self) -> tuple[str, ...]:
        """Directions in which loops are left out: where both are asked for, a loop shows once, as outgoing."""
        if self._excluded:
            return self._wanted.ways
        return ("in",) if len(self._wanted.ways) > 1 else ()

    def _looping(self) -> list[str]:
        """Types of which the node may have loops that are to be left out."""
        if self._node.type not in _LOOPING or not self._loopless():
            return []
        types = dict.fromkeys(one.type for one in self._lists)
        return [t for t in types if self._stored["out"][t] and self._stored["in"][t]]

    def _loops(self, type_: str) -> list[Rel]:
        """Relations of the node's relationships of one type to itself, within the times asked for."""
        rows = self._tx.run(cypher("neighbours_pairs", type=type_), {**self._sight.params, "ids": [self._id]})
        times = ((rel, UNDATED if at is None else at) for _, rel, at, _ in rows)
        return [Rel(rel) for rel, at in times if self._wanted.start <= at < self._wanted.end]

    # pages

    def newest(self) -> list[Dated]:
        """The first of each list, as many as are wanted of all."""
        found = []
        for one in self._lists:
            rows = self._dated(one)
            if len(rows) < self._wanted.limit and not self._wanted.bounded:
                rows += self._undated(one, self._wanted.limit - len(rows))
            found += [self._edge(one.rel, one.way, *row) for row in rows]
        if not self._sight.quiet:
            for way in self._past():
                params = {**self._past_params(way), "limit": self._wanted.limit, "labels": RANKED}
                rows = self._tx.run(self._of("neighbours_past", way), params)
                found += [self._edge(Rel(rel), way, *row) for rel, *row in rows]
        return found

    def _dated(self, one: _List) -> Rows:
        """A list's newest: one more is read, so that of those at the last moment the first by key can be taken.

        The server sorts keys by UTF-16: where more share that moment than the page holds, and some of their keys have
        characters beyond U+FFFF and others of U+E000 to U+FFFF, another store's page may end with others of them.
        """
        if one.type == Rel.ON:
            return []
        limit = self._wanted.limit
        params = {**self._asked(one), "limit": limit + 1}
        rows = self._tx.run(self._of("neighbours_newest", one.way, type=one.type), params)
        if len(rows) <= limit:
            return rows
        last = rows[limit - 1][0]
        if rows[limit][0] != last:
            return rows[:limit]
        kept = [row for row in rows if row[0] > last]
        params.update(low=divided(last), limit=limit - len(kept), labels=RANKED)
        return kept + self._tx.run(self._of("neighbours_moment", one.way, type=one.type), params)

    def _undated(self, one: _List, limit: int) -> Rows:
        """A list's undated ones by key: those whose place the index cannot tell are read again, and sorted."""
        if one.type not in UNDATEABLE:
            return []
        name, words = ("neighbours_links", {}) if one.type == Rel.ON else ("neighbours_undated", {"type": one.type})
        params = {**self._asked(one), "limit": limit + 1}
        rows = self._tx.run(self._of(name, one.way, **words), params)
        last = _span(rows[limit - 1][2]) if len(rows) > limit else None
        if last is None or _span(rows[limit][2]) != last:
            return rows[:limit]
        kept = [row for row in rows if _span(row[2]) != last]
        params.update(first=last[0], last=last[1], limit=limit - len(kept), labels=RANKED)
        return kept + self._tx.run(self._of(f"{name}_at", one.way, **words), params)

    def _edge(self, rel: Rel, way: str, at: int | None, labels: Sequence[str], key: str) -> Dated:
        return edge_of(self._node, rel, way, UNDATED if at is None else at, NodeRef(type_of(labels), key))

    # statements

    def _of(self, name: str, way: str, **words: str) -> str:
        return _statement(name, way, label=LABELS[self._node.type], **words)

    def _asked(self, one: _List) -> dict[str, Any]:
        return {
            "key": indexed(self._node.key),
            "rel": one.acted,
            "pin": self._sight.pins[one.type],
            "barred": self._barred_from(one.way),
            **self._bounds,
        }

    def _past(self) -> list[str]:
        """Directions in which the node has relationships that have ended."""
        return [way for way in self._wanted.ways if self._stored[way][PAST]]

    def _past_params(self, way: str) -> dict[str, Any]:
        return {
            "key": indexed(self._node.key),
            "seq": self._sight.seq,
            "rels": [rel.value for rel in self._wanted.rels],
            "barred": self._barred_from(way),
            **self._bounds,
        }

    def _barred_from(self, way: str) -> list[str]:
        return [*self._barred, self._id] if way in self._loopless() else self._barred


UNDATEABLE = {*(x.type for x in LISTS if x.table in {"interactions", "identifiers", "transfers"}), Rel.ON.value}
"""Types whose relationships may have no time."""


def both_ways(wanted: Wanted) -> list[Wanted]:
    """The same, a direction at a time: a loop then counts in both."""
    return [replace(wanted, ways=(way,)) for way in wanted.ways]


def type_of(labels: Sequence[str]) -> NodeType:
    """A node's type; labels that are not the graph's own are a user's and say nothing."""
    return next(TYPES[label] for label in labels if label in TYPES)


def divided(micros: int) -> tuple[int, int]:
    """A time as whole seconds and nanoseconds."""
    seconds, rest = divmod(micros, _MILLION)
    return seconds, rest * 1000


def _statement(name: str, way: str, **words: str) -> str:
    here, there = _ENDS[way]
    return cypher(name, here=here, there=there, **words)


def _span(key: str) -> tuple[str, str]:
    """The index entries among which a key's may lie: its own, or all that begin alike where it is long."""
    return (key, key) if len(key) < HEAD else (key[:HEAD], key[:HEAD] + "\U0010ffff")
