"""Any sequence of writes, deletions, commits and rollbacks, on every store, against a plain dict at any pinned seq."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graph.model import NodeRef, NodeType
from graph.schema import TABLES
from graph.store import Store, View, Writer
from tests.stores import STORES, Backend, at, batch, fill, keys, random_rows, read, reference

Key = tuple[Any, ...]
Rows = dict[str, dict[Key, dict[str, Any]]]

POSTS = st.fixed_dictionaries(
    {
        "post": st.sampled_from(["x:p1", "x:p2", "x:p3", "x:p4"]),
        "account": st.sampled_from(["x:anna", "x:bo"]),
        "text": st.sampled_from([None, "", "moon"]),
        "kind": st.sampled_from(["post", "reply"]),
        "parent": st.sampled_from([None, "x:p1", "x:p9"]),
        "tickers": st.sampled_from([[], ["BTC"], ["BTC", "PEPE"]]),
        "created_at": st.sampled_from([at(0), at(60)]),
    }
)
LABELS = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["x:anna", "x:bo"]),
        "label": st.just("benign"),
        "source": st.sampled_from([None, "", "desk"]),
        "at": st.sampled_from([None, at(0)]),
        "until": st.sampled_from([None, at(9)]),
    }
)
LIKES = st.fixed_dictionaries(
    {
        "interaction": st.sampled_from(["i1", "i2"]),
        "target": st.sampled_from(["x:p1", "x:p2"]),
        "kind": st.sampled_from(["like", "waves at"]),
        "at": st.sampled_from([None, at(0)]),
    }
)
WRITES = st.one_of(
    *(
        st.tuples(st.just(table), st.lists(rows, max_size=4))
        for table, rows in {"posts": POSTS, "labels": LABELS, "interactions": LIKES}.items()
    )
)


def key_of(table: str, row: dict[str, Any]) -> Key:
    return tuple(row[name] for name in TABLES[table].key)


class StoreMachine(RuleBasedStateMachine):
    """One store and its model: the rows after every commit, and of the transaction that is open."""

    backend: Backend

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store: Store = self.backend.open(self.folder)
        self.writer: Writer | None = None
        empty: Rows = {table: {} for table in TABLES}
        self.past = [empty]  # rows after each commit
        self.rows = copy.deepcopy(empty)

    def teardown(self) -> None:
        if self.writer is not None:
            self.rollback()
        self.store.close()
        shutil.rmtree(self.folder)

    def open(self) -> Writer:
        if self.writer is None:
            self.writer = self.store.writer()
            self.writer.__enter__()
        return self.writer

    @rule(what=WRITES)
    def write(self, what: tuple[str, list[dict[str, Any]]]) -> None:
        table, rows = what
        loaded = batch(table, *rows)
        report = self.open().write(table, loaded)
        before, held = dict(self.rows[table]), self.rows[table]
        canonical = loaded.to_pylist()
        last = {key_of(table, row): row for row in canonical}
        held |= last
        expected = Counter({"new": len(last.keys() - before.keys()), "changed": 0, "unchanged": 0})
        for row in canonical:
            key = key_of(table, row)
            if row is not last[key] and row != last[key]:
                expected["changed"] += 1
            elif row is not last[key]:
                expected["unchanged"] += 1
            elif key in before:
                expected["unchanged" if row == before[key] else "changed"] += 1
        assert (report.new, report.changed, report.unchanged) == tuple(
            expected[n] for n in ("new", "changed", "unchanged")
        )

    @rule(what=WRITES)
    def delete(self, what: tuple[str, list[dict[str, Any]]]) -> None:
        table, rows = what
        gone = {key_of(table, row) for row in batch(table, *rows).to_pylist()} & self.rows[table].keys()
        assert self.open().delete(table, keys(table, *rows)) == len(gone)
        for key in gone:
            del self.rows[table][key]

    @precondition(lambda self: self.writer is not None)
    @rule()
    def commit(self) -> None:
        assert self.writer is not None
        head = self.store.head()
        self.writer.__exit__(None, None, None)
        self.writer = None
        if self.rows != self.past[-1]:
            assert self.store.head() == head + 1
        if self.store.head() > head:
            self.past.append(copy.deepcopy(self.rows))

    @precondition(lambda self: self.writer is not None)
    @rule()
    def rollback(self) -> None:
        assert self.writer is not None
        error = KeyError("stop")
        self.writer.__exit__(KeyError, error, None)
        self.writer = None
        self.rows = copy.deepcopy(self.past[-1])

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """A view pinned to any commit shows what the model was then, and what came since any other."""
        seq = data.draw(st.integers(0, len(self.past) - 1))
        after = data.draw(st.integers(0, seq))
        with self.store.view(seq) as view:
            for table in ("posts", "labels", "interactions"):
                model, older = self.past[seq][table], self.past[after][table]
                shown = read(view, table)
                assert {key_of(table, row): row for row in shown} == model
                assert len(shown) == view.count(table) == len(model)
                gone = {key_of(table, row) for row in view.gone(table, after).to_pylist()}
                fresh = {key_of(table, row): row for row in read(view, table, after=after)}
                assert {**{k: row for k, row in older.items() if k not in gone}, **fresh} == model
                assert gone <= older.keys()
                for key in older.keys() | model.keys():
                    versions = view.history(table, dict(zip(TABLES[table].key, key, strict=True)))
                    self.check_history(table, key, seq, versions)
            self.check_edges(view)

    def check_history(self, table: str, key: Key, seq: int, versions: list[dict[str, Any]]) -> None:
        for number in range(seq + 1):
            then = [v for v in versions if v["seq"] <= number and (v["ended"] is None or v["ended"] > number)]
            row = self.past[number][table].get(key)
            assert [{name: v[name] for name in TABLES[table].schema.names} for v in then] == ([row] if row else [])

    def check_edges(self, view: Any) -> None:
        graph = reference(view)
        for key in ("x:p1", "x:p2", "x:p9"):
            here = NodeRef(NodeType.POST, key)
            assert sum(view.degree(here).values()) == (graph.degree(here) if here in graph else 0)

    @invariant()
    def nothing_is_seen_before_its_commit(self) -> None:
        assert self.store.head() == len(self.past) - 1


@pytest.mark.parametrize("backend", STORES, ids=lambda b: b.name)
def test_a_store_is_a_dict_with_a_past(backend: Backend) -> None:
    class Machine(StoreMachine):
        pass

    Machine.backend = backend
    run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=15, deadline=None))


@pytest.mark.parametrize("backend", STORES, ids=lambda b: b.name)
def test_the_history_that_is_not_replayed_is_kept(backend: Backend, tmp_path: Path) -> None:
    """A hundred versions of one row, each found at its own seq."""
    with backend.open(tmp_path) as store:
        for n in range(100):
            with store.writer() as writer:
                writer.write("posts", batch("posts", {"post": "x:p1", "text": str(n)}))
        for seq in (1, 50, 100):
            with store.view(seq) as view:
                assert [row["text"] for row in read(view, "posts")] == [str(seq - 1)]
                assert len(view.history("posts", {"post": "x:p1"})) == seq


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 40))
def test_stores_agree_with_each_other(seed: int, cut: int) -> None:
    """The same random graph, written in two commits, explored in every store: the same answers in the same order."""
    tables = random_rows(seed, accounts=8, posts=20)
    first = {table: rows[:cut] for table, rows in tables.items()}
    folder = Path(tempfile.mkdtemp())
    try:
        answers = [explored(backend, folder / backend.name, first, tables) for backend in STORES]
    finally:
        shutil.rmtree(folder)
    assert all(answer == answers[0] for answer in answers[1:])


def committed(view: View, table: str) -> list[tuple[int, Key, dict[str, Any]]]:
    """Rows by commit, whose own order is the store's."""
    rows = read(view, table, columns=("seq", *TABLES[table].schema.names))
    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    return sorted(((row["seq"], key_of(table, row), row) for row in rows), key=lambda r: (r[0], str(r[1])))


def explored(backend: Backend, folder: Path, *commits: dict[str, list[dict[str, Any]]]) -> list[Any]:
    folder.mkdir()
    found: list[Any] = []
    with backend.open(folder) as store:
        for tables in commits:
            fill(store, tables)
        for seq in range(store.head() + 1):
            with store.view(seq) as view:
                nodes = sorted(reference(view))
                found += [view.neighbours(n, limit=5) for n in nodes]
                found += [view.degree(n) for n in nodes]
                found += [view.paths(a, b, max_degree=20) for a, b in zip(nodes, nodes[3::3], strict=False)]
                found += [view.search(text) for text in ("x:u", "moon", "buy sell", "p", "btc", "d")]
                found += [Counter(view.subgraph(nodes[::3]).edges), view.subgraph(nodes[::3]).nodes]
                found += [committed(view, table) for table in tables]
    return found
