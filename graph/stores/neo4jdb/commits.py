"""Commits: row numbers and counts of every table after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import StoreError
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.model import TABLE_ORDER


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


def newest(database: Database) -> Commit | None:
    """The newest commit, None where there is no graph; asked for in one statement, since every view begins with it."""
    found = database.value(cypher("newest"))
    return _commit(found[0], None if found[1] is None else found[1:]) if found else None


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
