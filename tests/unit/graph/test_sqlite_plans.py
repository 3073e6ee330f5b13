"""How SQLite answers: by index, in index order, never by reading a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.schema import TABLES
from graph.stores import sqlite
from graph.stores.sqlite import SqliteStore
from graph.stores.sqlitedb.codec import scan_sql, statements
from graph.stores.sqlitedb.database import SQL, sql
from tests.stores import node, put

_READ_WHOLE = {
    "checkpoints",  # small tables, wanted whole
    "quarantine",
    "quarantine_count",
    "findings",
    "runs",
}
_PARAMETER = re.compile(r":(\w+)")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with sqlite.open(f"sqlite:///{tmp_path}/graph.db", tmp_path) as opened:
        yield opened


def plan(store: SqliteStore, statement: str) -> list[str]:
    names = {
        name: "[]" if name in {"keys", "exclude", "ids", "others"} else 1 for name in _PARAMETER.findall(statement)
    }
    with store.view() as view:
        database = view._database
        database.function("fold", 1, str.casefold)
        marks: Any = names or (1,) * statement.count("?")
        return [row[3] for row in database.run("EXPLAIN QUERY PLAN " + statement, marks)]


def scans(steps: list[str]) -> list[str]:
    """Steps that read a whole table of the database (not a list given, a part of the statement, or an index's edge)."""
    tables = {*TABLES, *(f"{t}_past" for t in TABLES), "nodes", "post_ids", "stubs", "edges", "edges_past", "names"}
    found = [step.split() for step in steps if step.startswith("SCAN ")]
    return [words[1] for words in found if words[1] in tables]


@pytest.mark.parametrize("name", sorted(p.stem for p in SQL.glob("*.sql") if p.stem not in _READ_WHOLE))
def test_no_query_reads_a_whole_table(store: SqliteStore, name: str) -> None:
    body = sql(name).split("\n", 1)[1]
    if body.startswith(("SELECT", "WITH")):
        assert scans(plan(store, body)) == []


@pytest.mark.parametrize("name", ["edges_newest", "edges_past_newest"])
def test_a_page_of_neighbours_is_read_in_the_order_of_time(store: SqliteStore, name: str) -> None:
    steps = plan(store, sql(name).split("\n", 1)[1])
    assert any(s.startswith(f"SEARCH {name.removesuffix('_newest')} USING PRIMARY KEY (slot=?") for s in steps)
    assert [s for s in steps if "TEMP B-TREE" in s] == ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"]


@pytest.mark.parametrize("table", list(TABLES))
def test_a_scan_needs_no_sorting(store: SqliteStore, table: str) -> None:
    steps = plan(store, scan_sql(TABLES[table], TABLES[table].schema.names, start=False, end=False))
    assert steps[0] == "MERGE (UNION ALL)"
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("table", sorted({*TABLES} - {"posts"}))
def test_a_scan_of_one_commit_reads_that_commits_ids_only(store: SqliteStore, table: str) -> None:
    steps = plan(store, scan_sql(TABLES[table], TABLES[table].schema.names, start=False, end=False))
    searched = [s for s in steps if s.startswith("SEARCH") and "commits" not in s]
    assert len(searched) == 2
    assert all("rowid>? AND rowid<?" in s for s in searched)


@pytest.mark.parametrize("table", list(TABLES))
def test_a_row_is_found_by_its_key(store: SqliteStore, table: str) -> None:
    made = statements(table)
    assert scans(plan(store, made.find)) == []
    assert scans(plan(store, made.history)) == []
    assert scans(plan(store, made.gone)) == []


def test_the_newest_of_a_hub_cost_a_bounded_number_of_steps(store: SqliteStore) -> None:
    def steps(posts: range) -> int:
        rows = [{"post": f"x:{i}", "tickers": ["BTC"], "created_at": datetime.fromtimestamp(i, UTC)} for i in posts]
        put(store, "posts", *rows)
        with store.view() as view:
            done = [0]
            view._database._connection.set_progress_handler(lambda: done.__setitem__(0, done[0] + 1), 1)
            query = sql("edges_newest")
            slot = view._slots(view._id(node("ticker/BTC")) or 0)[0]
            asked = {"slot": slot, "pin": view.seq, "start": 0, "end": 1 << 62, "exclude": "[]", "limit": 25}
            assert len(view._database.run(query, asked)) == 25
            return done[0]

    assert steps(range(200, 5000)) <= steps(range(200)) * 1.1 + 50
