"""What Lockstep keeps for itself in the database: the graph's own node, commits, checkpoints, quarantine, findings."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from graph.comparing import CHECKPOINT, Loads
from graph.copying import with_runs
from graph.findings import to_json
from graph.schema import TEXTS, TIME
from graph.store import Store
from graph.stores.neo4jdb.bulk.files import LONGS, Files
from graph.stores.neo4jdb.model import TABLE_ORDER

TEXT, LONG = pa.string(), pa.int64()
_LOCKSTEP = {
    "name": TEXT,
    "identity": TEXT,
    "schema": LONG,
    "head": LONG,
    "epoch": LONG,
    "indexed": LONG,
    "rejected": LONG,
    "platforms": TEXTS,
}
_COMMIT = {"seq": LONG, "recorded_at": TIME, "rows": LONGS, "counts": LONGS}
_CHECKPOINT = {"name": TEXT, "state": TEXT, "seq": LONG}
_REJECTED = {
    "id": LONG,
    "digest": TEXT,
    "source": TEXT,
    "line": LONG,
    "type": TEXT,
    "field": TEXT,
    "reason": TEXT,
    "raw": TEXT,
    "options": TEXT,
}
_RUN = {"id": TEXT, "seq": LONG, "place": LONG, "body": TEXT}
_FINDING = {
    "id": TEXT,
    "seq": LONG,
    "kind": TEXT,
    "detector": TEXT,
    "run": TEXT,
    "supersedes": TEXT,
    "body": TEXT,
}


@dataclass
class Counts:
    """Current rows of each table by the commit that wrote them."""

    by_commit: dict[str, dict[int, int]] = field(default_factory=lambda: {table: {} for table in TABLE_ORDER})

    def add(self, table: str, seqs: pa.Array) -> None:
        """Count rows in."""
        mine = self.by_commit[table]
        for seq, count in zip(*(x.tolist() for x in np.unique(seqs.to_numpy(), return_counts=True)), strict=True):
            mine[seq] = mine.get(seq, 0) + count

    def until(self, commits: Iterable[int]) -> list[list[int]]:
        """For each commit, in their order, how many rows there are of each table up to it."""
        so_far = dict.fromkeys(TABLE_ORDER, 0)
        found = []
        for seq in commits:
            for table in TABLE_ORDER:
                so_far[table] += self.by_commit[table].get(seq, 0)
            found.append(list(so_far.values()))
        return found


def write(
    files: Files, store: Store, loads: Loads, counts: Counts, platforms: Iterable[str], *, copied: bool
) -> dict[str, int]:
    """Write everything; how many of each. ``copied``: a later copy may go on from here."""
    commits = store.commits()[: loads.seq]
    rows = counts.until(seq for seq, _ in commits)
    lines = list(zip(commits, rows, strict=True))
    _put(files, "Commit", _COMMIT, [(seq, at, numbers, numbers) for (seq, at), numbers in lines])
    states = {name: state for name, state in loads.checkpoints.items() if name != CHECKPOINT}
    if copied and loads.seq:
        states[CHECKPOINT] = {"source": store.identity, "seq": loads.seq}
    made = [(name, orjson.dumps(dict(state)).decode(), loads.seq) for name, state in states.items()]
    _put(files, "Checkpoint", _CHECKPOINT, made)
    rejected = _rejected(files, loads)
    runs, findings = _runs(files, store, loads.seq)
    own = ("graph", uuid.uuid4().hex, 0, loads.seq, 1, 0, rejected, sorted(platforms))
    _put(files, "Lockstep", _LOCKSTEP, [own])
    return {"checkpoints": len(states), "quarantine": rejected, "runs": runs, "findings": findings}


def _rejected(files: Files, loads: Loads) -> int:
    """The quarantine, each row once, in its order."""
    rows = {
        rejection_digest(r.source, r.line, r.raw): (r.source, r.line, r.type, r.field, r.reason, r.raw, r.options)
        for r in loads.rejected
    }
    _put(files, "Rejected", _REJECTED, [(i, key, *row) for i, (key, row) in enumerate(rows.items(), start=1)])
    return len(rows)


def rejection_digest(source: str, line: int, raw: str) -> str:
    """By what a quarantined row is recognised."""
    return blake2b(orjson.dumps([source, line, raw]), digest_size=16).hexdigest()


def _runs(files: Files, store: Store, head: int) -> tuple[int, int]:
    """Runs and findings, each with the commit that recorded it."""
    runs: list[tuple[Any, ...]] = []
    findings: list[tuple[Any, ...]] = []
    for seq in with_runs(store, 0, head):
        with store.view(seq) as view:
            runs += [(r.id, seq, place, to_json(r)) for place, r in enumerate(view.runs(after=seq - 1))]
            found = view.findings(after=seq - 1, superseded=True)
            findings += [(f.id, seq, f.kind, f.detector, f.run_id, f.supersedes, to_json(f)) for f in found]
    _put(files, "Run", _RUN, runs)
    _put(files, "FindingRecord", _FINDING, findings)
    return len(runs), len(findings)


def _put(
    files: Files, label: str, columns: Mapping[str, pa.DataType], rows: Sequence[tuple[str | int | datetime | Any, ...]]
) -> None:
    if rows:
        values = zip(*rows, strict=True)
        arrays = {name: pa.array(v, kind) for (name, kind), v in zip(columns.items(), values, strict=True)}
        files.nodes(label, label, columns, arrays)
