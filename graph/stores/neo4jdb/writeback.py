"""Findings and their members in the graph itself, for those who look at it with plain Cypher: opt-in.

A Finding INVOLVES its members and RESTS_ON the posts, tickers, links … of the evidence without which it would not fire.
Nodes that are not in the graph are never made: they are counted. A finding is written, and taken away, with all of its
relationships in one transaction, and one that supersedes another comes in the transaction in which that one goes.
Cases, notes and decisions are never among it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graph.findings import Evidence, Finding, digest
from graph.model import NodeRef, NodeType
from graph.store import WrittenBack
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.model import LABELS, TABLE_ORDER, indexed

WORDS = "flagged for a person to check: no verdict, no proof"
"""What every Finding says of itself."""
RESTS_ON = 500
"""Nodes that one finding is joined to as what it rests on; the others are counted in its ``limits``."""
ROWS = 5_000
"""Nodes and relationships that one transaction writes; only a single finding may be more."""
REMOVED = 200
"""Findings that one transaction takes away."""
_POSTS = TABLE_ORDER.index("posts")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A finding as nodes and relationships."""

    properties: Mapping[str, Any]
    involves: Sequence[Mapping[str, Any]]
    rests_on: Mapping[str, Sequence[Mapping[str, Any]]]  # by label
    supersedes: str | None

    @property
    def key(self) -> str:
        return str(self.properties["key"])

    @property
    def state(self) -> list[Any]:
        """What the database says of it where it is whole."""
        return [self.key, self.properties["digest"], len(self.involves), sum(map(len, self.rests_on.values()))]

    @property
    def size(self) -> int:
        return 1 + len(self.involves) + sum(map(len, self.rests_on.values()))


def write_back(database: Database, findings: Sequence[Finding]) -> WrittenBack:
    """Make the written-back findings equal to these: new ones are added, others go, what is whole is left alone.

    May be run again at any time, also after it was interrupted.

    Parameters
    ----------
    findings : sequence of Finding
        Those that are to be seen; none removes all.
    """
    known = {state[0]: state for state in database.read(cypher("back_states"))}
    drawn = {d.key: d for d in map(_draw, findings)}
    gone = known.keys() - drawn.keys()
    fresh = [d for d in drawn.values() if known.get(d.key) != d.state]
    done = WrittenBack(unchanged=len(drawn) - len(fresh))
    for batch in _batches(fresh):
        replaced = sorted(gone & {d.supersedes for d in batch})
        done.add(database.writing(partial(_put, batch=batch, replaced=replaced)))
        gone -= set(replaced)
    left = sorted(gone)
    for start in range(0, len(left), REMOVED):
        done.add(database.writing(partial(_remove, keys=left[start : start + REMOVED])))
    return done


def withdraw(database: Database) -> WrittenBack:
    """Take all written-back findings away; the rest of the graph stays as it is."""
    return write_back(database, ())


def _put(tx: Transaction, batch: Sequence[_Drawn], replaced: Sequence[str]) -> WrittenBack:
    """Write findings, and remove those that they supersede."""
    head, rows = (tx.run(cypher("back_pin")) or [[0, None]])[0]
    pinned = {"head": head, "pin": rows[_POSTS] if rows else 0}
    tx.run(cypher("back_put"), {"findings": [d.properties for d in batch]})
    involves = [row for d in batch for row in d.involves]
    tx.run(cypher("back_involves"), {"rows": involves, **pinned})
    by_label: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for label, found in (x for d in batch for x in d.rests_on.items()):
        by_label[label] += found
    for label, found in by_label.items():
        tx.run(cypher("back_rests_on", label=label), {"rows": found, **pinned})
    written, members, rests_on = tx.run(cypher("back_joined"), {"keys": [d.key for d in batch]})[0]
    done = WrittenBack(
        written=written,
        relationships=members + rests_on,
        absent_members=len(involves) - members,
        absent_evidence=sum(map(len, by_label.values())) - rests_on,
    )
    done.add(_remove(tx, replaced))
    return done


def _remove(tx: Transaction, keys: Sequence[str]) -> WrittenBack:
    removed, relationships = tx.run(cypher("back_remove"), {"keys": list(keys)})[0]
    return WrittenBack(removed=removed, removed_relationships=relationships)


def _batches(drawn: Sequence[_Drawn]) -> Iterator[list[_Drawn]]:
    """Whole findings, in transactions of bounded size."""
    batch: list[_Drawn] = []
    size = 0
    for one in drawn:
        if batch and size + one.size > ROWS:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch


def _draw(f: Finding) -> _Drawn:
    key = indexed(f.id)
    involves = [
        {"finding": key, "key": indexed(m.account), "role": m.role.value, "score": m.score, "evidence": [*m.evidence]}
        for m in f.members
    ]
    nodes = _rests_on(f)
    rests_on = defaultdict(list)
    for evidence, node in nodes[:RESTS_ON]:
        row = {"finding": key, "key": indexed(node.key), "measure": evidence.measure, "evidence": evidence.ref}
        rests_on[LABELS[node.type]].append(row)
    properties = _properties(f, key, len(nodes))
    about = digest([{k: str(v) for k, v in properties.items()}, involves, rests_on])[:20]
    superseded = indexed(f.supersedes) if f.supersedes else None
    return _Drawn({**properties, "digest": about}, involves, rests_on, superseded)


def _rests_on(f: Finding) -> list[tuple[Evidence, NodeRef]]:
    """Posts, tickers, links … of the evidence that the finding rests on: all of it where it names none.

    Accounts are not among them: members are joined as such.
    """
    every = [e for e in f.evidence if e.ref in f.rests_on or not f.rests_on]
    pairs = ((e, node) for e in every for node in e.nodes)
    return [(e, node) for e, node in dict.fromkeys(pairs) if node.type not in {NodeType.ACCOUNT, NodeType.FINDING}]


def _properties(f: Finding, key: str, resting: int) -> dict[str, Any]:
    limits = [*f.limits]
    if resting > RESTS_ON:
        limits.append(f"{RESTS_ON:,} of {resting:,} things that it rests on are joined to it in this database")
    return {
        "key": key,
        "kind": f.kind,
        "detector": f.detector,
        "version": f.version,
        "priority": f.priority.value,
        "score": float(f.score),
        "summary": f.summary,
        "window_start": f.window.start,
        "window_end": f.window.end,
        "tickers": [*f.tickers],
        "links": [*f.links],
        "limits": limits,
        "run": f.run_id,
        "lineage": f.lineage_id,
        "data_cut": f.data_cut,
        "members": len(f.members),
        "absent": 0,
        "evidence": [_sentence(e) for e in f.evidence],
        "would_clear": [f"{c.text}: {c.state}" + (f" ({c.detail})" if c.detail else "") for c in f.would_clear],
        "words": WORDS,
    }


def _sentence(e: Evidence) -> str:
    """A measure as a person checks it, under the short name by which relationships refer to it."""
    chance = "" if e.p_value is None else f"; p {e.p_value:.2g} under the stated null, not a chance of innocence"
    whose = [n.key for n in e.nodes if n.type is NodeType.ACCOUNT]
    measure = f"{whose[0]}: {e.measure}" if len(whose) == 1 else e.measure
    return f"{e.ref} {measure}: {e.value:g} {e.unit}, {e.expected:.3g} expected{chance}"
