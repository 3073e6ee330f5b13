"""Commits: row numbers and counts of every table after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import StoreError
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.model import TABLE_ORDER

FEW = 4
"""Commits read when a view begins."""


@dataclass(frozen=True)
class Commit:
    """The state after a commit: highest row number and number of current rows by table; time in µs."""

    seq: int
    rows: dict[str, int]
    counts: dict[str, int]
    recorded_at: int


def commit(source: Database | Transaction, seq: int) -> Commit:
    """One commit; 0 is the empty store."""
    return _commit(seq, source.value(cypher("commit"), {"seq": seq}) if seq else None)


def newest(database: Database) -> tuple[int, dict[int, Commit]] | None:
    """The newest commit's number, and it with some before it; None where there is no graph.

    One statement, since every view begins with it, and a projection goes on from the commit before that it knew.
    """
    found = database.value(cypher("newest"), {"few": FEW})
    if not found:
        return None
    head, rows = found
    commits = {row[0]: _commit(row[0], row[1:]) for row in rows if row[0] is not None}
    return head, commits if head in commits else {**commits, head: _commit(head, None)}


def _commit(seq: int, found: Sequence[Any] | None) -> Commit:
    none = dict.fromkeys(TABLE_ORDER, 0)
    if seq == 0:
        return Commit(0, none, none, 0)
    if found is None:
        raise StoreError(f"there is no commit {seq}", hint="the database was changed by something else than Lockstep")
    rows, counts, recorded_at = found
    # tables that a later version of the program added have no place in older commits
    return Commit(
        seq,
        none | dict(zip(TABLE_ORDER, rows, strict=False)),
        none | dict(zip(TABLE_ORDER, counts, strict=False)),
        recorded_at,
    )
