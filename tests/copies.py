"""Pairs of stores to copy between, and everything that two stores must agree on to be copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graph.comparing import CHECKPOINT
from graph.model import NodeRef
from graph.schema import TABLES
from graph.store import Store, View
from tests.stores import STORES, read, reference

SEVERAL = {"memory", "sqlite"}
"""Stores of which more than one can be had at a time."""
PAIRS = [(a, b) for a in STORES for b in STORES if a.name != b.name or a.name in SEVERAL]
LASTING = [(a, b) for a, b in PAIRS if "memory" not in {a.name, b.name}]


def name(pair: Any) -> str:
    """What a pair is called among a test's parameters."""
    return f"{pair[0].name}-{pair[1].name}"


def told(store: Store) -> dict[str, Any]:
    """All that a store tells of its rows, at every commit, and of its commits, findings, loads and quarantine."""
    answers: dict[str, Any] = {"commits": store.commits()}
    for seq in range(store.head() + 1):
        with store.view(seq) as view:
            answers |= {f"{table} at {seq}": _table(view, table) for table in TABLES}
            answers[f"findings at {seq}"] = view.findings()
            answers[f"all findings at {seq}"] = view.findings(superseded=True)
            answers[f"runs at {seq}"] = view.runs()
    answers["checkpoints"] = {k: v for k, v in store.checkpoints().items() if k != CHECKPOINT}
    answers["quarantine"] = sorted(str(replace(row, id=0)) for row in store.rejected())
    return answers


def _table(view: View, table: str) -> Any:
    names = TABLES[table].key
    rows = read(view, table, columns=("seq", *TABLES[table].schema.names))
    gone = [sorted(view.gone(table, after).to_pylist(), key=str) for after in range(view.seq)]
    keys = {tuple(row[k] for k in names): {k: row[k] for k in names} for row in rows}
    keys |= {tuple(row.values()): row for ended in gone for row in ended}
    histories = {key: view.history(table, row) for key, row in keys.items()}
    return view.count(table), sorted(rows, key=str), gone, histories


def explored(store: Store) -> list[Any]:
    """What exploring the store shows, at every commit."""
    found: list[Any] = []
    for seq in range(store.head() + 1):
        with store.view(seq) as view, store.view() as newest:
            nodes: list[NodeRef] = sorted(reference(newest))
            found += [(n, view.has(n), view.degree(n), view.neighbours(n, limit=5)) for n in nodes]
            found += [view.search(text) for text in ("x:", "moon", "p", "btc")]
    return found
