"""Relationships that rows of other tables than posts make: interactions, identifiers, transfers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from graph.explore import identifier_key, relation
from graph.model import NodeType
from graph.stores.neo4jdb.codec import split_times
from graph.stores.neo4jdb.database import cypher
from graph.stores.neo4jdb.lanes import Dense, Lanes, Shared, lane_of
from graph.stores.neo4jdb.model import ACTED, ACTS, LABELS, indexed
from graph.stores.neo4jdb.nodes import Work, void

CHUNK = 2_000
"""Relationships of one statement, at most."""
TYPES: Mapping[str, tuple[str, ...]] = {
    "interactions": (*(rel.value for rel in sorted(ACTS)), ACTED),
    "identifiers": ("USES",),
    "transfers": ("TRANSFERRED",),
}
"""Relationship types by the table whose rows make them."""


@dataclass(frozen=True, slots=True)
class Act:
    """One relationship; keys are as the database holds them."""

    type: str
    source_label: str
    source: str
    target_label: str
    target: str
    row: int
    seconds: int | None
    nanos: int | None
    extra: Mapping[str, Any]


def of(table: str, batch: pa.RecordBatch, numbers: Sequence[int]) -> list[Act]:
    """The relationships that rows make."""
    make = _MAKERS.get(table)
    if make is None:
        return []
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    seconds, nanos = split_times(batch.column({"identifiers": "first_seen"}.get(table, "at")))
    found = []
    for i, row in enumerate(zip(*columns.values(), strict=True)):
        made = make(dict(zip(columns, row, strict=True)))
        if made is not None:
            kind, source_type, source, target_type, target, extra = made
            ends = (LABELS[source_type], indexed(source), LABELS[target_type], indexed(target))
            found.append(Act(kind, *ends, numbers[i], seconds[i], nanos[i], extra))
    return found


_Made = tuple[str, NodeType, str, NodeType, str, Mapping[str, Any]] | None


def _interaction(row: Mapping[str, Any]) -> _Made:
    rel = relation(row["kind"])
    if rel is None or row["target_type"] not in set(NodeType):
        return None
    kind, extra = (rel.value, {}) if rel in ACTS else (ACTED, {"rel": rel.value})
    return kind, NodeType.ACCOUNT, row["account"], NodeType(row["target_type"]), row["target"], extra


def _identifier(row: Mapping[str, Any]) -> _Made:
    target = identifier_key(row["kind"], row["value"])
    return "USES", NodeType.ACCOUNT, row["account"], NodeType.IDENTIFIER, target, {}


def _transfer(row: Mapping[str, Any]) -> _Made:
    if row["source_type"] not in set(NodeType) or row["target_type"] not in set(NodeType):
        return None
    ends = (NodeType(row["source_type"]), row["source"], NodeType(row["target_type"]), row["target"])
    return "TRANSFERRED", *ends, {"asset": row["asset"], "amount": row["amount"]}


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], _Made]] = {
    "interactions": _interaction,
    "identifiers": _identifier,
    "transfers": _transfer,
}


def write(lanes: Lanes, dense: Dense, acts: Sequence[Act]) -> None:
    """Make relationships, in both lanes as far as they cannot meet."""
    shared, assigned = Shared(dense), [lane_of(act.source) for act in acts]
    for act, lane in zip(acts, assigned, strict=True):
        shared.touch((act.source_label, act.source), lane)
        shared.touch((act.target_label, act.target), lane)
    shares: list[list[Act]] = [[], []]
    late: list[Act] = []
    for act, lane in zip(acts, assigned, strict=True):
        waits = shared.waits((act.source_label, act.source)) or shared.waits((act.target_label, act.target))
        (late if waits else shares[lane]).append(act)
    lanes.run(*([*makings(share)] for share in shares))
    lanes.run([*makings(late)])
    for act in acts:
        dense.add(((act.source_label, act.source), (act.target_label, act.target)))


def makings(acts: Sequence[Act]) -> Iterator[Work]:
    """Statements that make relationships."""
    for (kind, source, target), found in _sorted(acts, lambda a: (a.type, a.source_label, a.target_label)).items():
        text = cypher("act_new", type=kind, source=source, target=target)
        rows = [[a.source, a.target, a.row, a.seconds, a.nanos, a.extra] for a in found]
        yield from _pieces(text, rows, {})


def endings(acts: Sequence[Act], since: Mapping[int, int], seq: int) -> Iterator[Work]:
    """Statements that make relationships past ones; ``since`` gives the commit that wrote a row."""
    dated = [a for a in acts if a.seconds is not None]
    undated = [a for a in acts if a.seconds is None]
    for (kind,), found in _sorted(dated, lambda a: (a.type,)).items():
        rows = [[a.source, a.row, since[a.row], a.seconds, a.nanos] for a in found]
        yield from _pieces(cypher("act_end_dated", type=kind), rows, {"seq": seq})
    for (kind,), found in _sorted(undated, lambda a: (a.type,)).items():
        rows = [[a.source, a.row, since[a.row]] for a in found]
        yield from _pieces(cypher("act_end_undated", type=kind), rows, {"seq": seq})


def undoings(acts: Sequence[Act]) -> Iterator[Work]:
    """Statements that remove relationships of rows that were never published."""
    for (kind, source), found in _sorted(acts, lambda a: (a.type, a.source_label)).items():
        rows = [[a.source, a.row] for a in found]
        yield from _pieces(cypher("undo_acts", type=kind, source=source), rows, {})


def _sorted(acts: Sequence[Act], by: Callable[[Act], tuple[str, ...]]) -> dict[tuple[str, ...], list[Act]]:
    sorts: dict[tuple[str, ...], list[Act]] = {}
    for act in acts:
        sorts.setdefault(by(act), []).append(act)
    return sorts


def _pieces(text: str, rows: Sequence[list[Any]], params: Mapping[str, Any]) -> Iterator[Work]:
    for start in range(0, len(rows), CHUNK):
        yield _piece(text, {"rows": rows[start : start + CHUNK], **params})


def _piece(text: str, params: Mapping[str, Any]) -> Work:
    return lambda transaction: void(transaction.run(text, params))
