"""What graph/store.py promises of tables, commits and versions, held against every store."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph.errors import ConfigError, StoreError
from graph.model import NodeType
from graph.schema import TABLES
from graph.store import Store, Written, open_store, schemes
from tests.stores import FULL, STORES, Backend, at, batch, drop, keys, node, put, read

# opening and closing


def test_a_store_says_where_it_is(backend: Backend, store: Store, tmp_path: Path) -> None:
    assert store.url == backend.url(tmp_path)
    assert store.data_dir == tmp_path / "data"
    with store.view() as view:
        assert view.data_dir == store.data_dir
        assert view.cache_dir is None or store.data_dir in view.cache_dir.parents


def test_every_store_is_under_test() -> None:
    assert {module.rpartition(".")[2] for module in schemes().values()} == {backend.name for backend in STORES}


def test_an_unknown_scheme_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"known: .*memory"):
        open_store("paper://", tmp_path)


@pytest.mark.never("memory", raises=AssertionError, reason="nothing outlives the process")
def test_what_was_committed_is_there_when_opened_again(backend: Backend, tmp_path: Path) -> None:
    with backend.open(tmp_path) as store:
        put(store, "posts", {"post": "x:p1"})
        with store.writer() as writer:
            writer.checkpoint("file", {"line": 3})
    with backend.open(tmp_path) as store, store.view() as view:
        assert store.head() == 2
        assert view.count("posts") == 1
        assert store.checkpoints() == {"file": {"line": 3}}
        assert put(store, "posts", {"post": "x:p1"}) == Written(unchanged=1)


def test_an_empty_store_answers_everything_with_nothing(store: Store) -> None:
    nobody = node("account/x:anna")
    assert store.head() == 0
    assert (store.checkpoints(), store.rejected(), store.index_text()) == ({}, [], 0)
    with store.view() as view:
        assert view.seq == 0
        for table in TABLES:
            assert (view.count(table), read(view, table), len(view.gone(table, 0))) == (0, [], 0)
        assert (view.account("x:anna"), view.posts(["x:p1"]), view.has(nobody)) == (None, [], False)
        assert view.history("posts", {"post": "x:p1"}) == []
        assert (view.neighbours(nobody).edges, view.neighbours(nobody).total) == ((), 0)
        assert (view.degree(nobody), view.paths(nobody, node("account/x:bo")), view.search("a")) == ({}, [], [])
        assert (view.subgraph([nobody]).nodes, view.subgraph([]).edges) == ((), ())
        assert (view.findings(), view.finding("a"), view.runs()) == ([], None, [])


def test_doctor_has_something_to_show(store: Store) -> None:
    put(store, "posts", {"post": "x:p1"})
    shown = store.check()
    assert shown
    assert all(isinstance(text, str) for pair in shown.items() for text in pair)


def test_migrating_twice_does_nothing_the_second_time(store: Store) -> None:
    store.migrate()
    assert store.migrate() == []


def test_a_closed_store_says_so(store: Store) -> None:
    put(store, "posts", {"post": "x:p1"})
    store.close()
    store.close()
    names = ("view", "head", "commits", "checkpoints", "rejected", "index_text", "check")
    for ask in (*(getattr(store, name) for name in names), lambda: store.identity):
        with pytest.raises(StoreError):
            ask()
    with pytest.raises(StoreError), store.writer():
        pass


def test_a_closed_view_says_so(store: Store) -> None:
    put(store, "posts", {"post": "x:p1"})
    view = store.view()
    view.close()
    view.close()
    for ask in (lambda: view.count("posts"), lambda: read(view, "posts"), view.runs):
        with pytest.raises(StoreError):
            ask()
    with pytest.raises(StoreError):
        view.has(node("post/x:p1"))


@pytest.mark.parametrize("seq", [-1, 2])
def test_a_commit_that_is_not_there_cannot_be_viewed(store: Store, seq: int) -> None:
    put(store, "posts", {"post": "x:p1"})
    with pytest.raises(StoreError):
        store.view(seq)


# commits


def test_a_commit_is_one_higher_than_the_one_before(store: Store) -> None:
    for expected in (1, 2, 3):
        put(store, "posts", {"post": f"x:p{expected}"})
        assert store.head() == expected


def test_several_tables_are_one_commit(store: Store) -> None:
    with store.writer() as writer:
        writer.write("posts", batch("posts", {"post": "x:p1"}))
        writer.write("labels", batch("labels", {"account": "x:anna", "label": "benign"}))
        writer.checkpoint("file", {"line": 1})
    assert store.head() == 1


def test_nothing_is_seen_before_the_commit_and_nothing_is_left_by_a_rollback(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "text": "first"}, {"post": "x:p2"})
    with contextlib.suppress(KeyError), store.writer() as writer:
        assert writer.write("posts", batch("posts", {"post": "x:p1", "text": "second"}, {"post": "x:p3"})).new == 1
        assert writer.delete("posts", keys("posts", {"post": "x:p2"})) == 1
        assert writer.write("posts", batch("posts", {"post": "x:p1", "text": "third"})).changed == 1
        writer.checkpoint("file", {"line": 9})
        with store.view() as view:
            assert {row["post"]: row["text"] for row in read(view, "posts")} == {"x:p1": "first", "x:p2": None}
        raise KeyError("stop")
    assert (store.head(), store.checkpoints()) == (1, {})
    with store.view() as view:
        assert {row["post"]: row["text"] for row in read(view, "posts")} == {"x:p1": "first", "x:p2": None}
        assert len(view.history("posts", {"post": "x:p1"})) == 1
        assert not view.has(node("post/x:p3"))
    assert put(store, "posts", {"post": "x:p3"}, {"post": "x:p1", "text": "second"}).new == 1
    assert store.head() == 2


def test_a_commit_that_changes_nothing_makes_no_seq(store: Store) -> None:
    put(store, "posts", {"post": "x:p1"})
    assert put(store, "posts", {"post": "x:p1"}) == Written(unchanged=1)
    assert put(store, "posts") == Written()
    assert drop(store, "posts", {"post": "x:none"}) == 0
    with store.writer():
        pass
    assert store.head() == 1
    with store.writer() as writer:
        writer.checkpoint("file", {})
    assert store.head() == 2


def test_a_writer_works_only_inside_its_transaction(store: Store) -> None:
    with store.writer() as writer:
        pass
    with pytest.raises(StoreError):
        writer.write("posts", batch("posts", {"post": "x:p1"}))
    with pytest.raises(StoreError):
        writer.checkpoint("file", {})
    assert store.head() == 0


def test_commits_say_when_they_were_made(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert store.commits() == []
    put(store, "posts", {"post": "x:p1"})
    put(store, "posts", {"post": "x:p2"})
    put(store, "posts", {"post": "x:p2"})
    made = store.commits()
    assert [seq for seq, _ in made] == [1, 2]
    assert before <= made[0][1] <= made[1][1] <= datetime.now(UTC) + timedelta(seconds=1)
    assert all(time.utcoffset() == timedelta() for _, time in made)
    assert (store.commits(1), store.commits(2), store.commits(9)) == (made[1:], [], [])
    with store.view() as view:
        assert [v["recorded_at"] for v in view.history("posts", {"post": "x:p2"})] == [made[1][1]]


def test_a_view_knows_when_the_commits_up_to_it_were_recorded(store: Store) -> None:
    for i in range(3):
        put(store, "posts", {"post": f"x:p{i}"})
    times = dict(store.commits())
    with store.view() as view, store.view(2) as old:
        assert [view.recorded_at(seq) for seq in (1, 2, 3)] == [times[1], times[2], times[3]]
        assert [old.recorded_at(seq) for seq in (2, 1)] == [times[2], times[1]]


def test_a_commit_may_be_recorded_as_of_another_time_but_never_before_the_last_one(store: Store) -> None:
    for given in (at(0), at(0.000001).astimezone(timezone(timedelta(hours=9))), at(-5), at(7)):
        with store.writer(recorded_at=given) as writer:
            writer.write("posts", batch("posts", {"post": "x:p1", "text": str(given)}))
    times = [at(0), at(0.000001), at(0.000001), at(7)]
    assert store.commits() == list(enumerate(times, 1))
    with store.view() as view:
        assert [v["recorded_at"] for v in view.history("posts", {"post": "x:p1"})] == times
    put(store, "posts", {"post": "x:p2"})
    assert store.commits(4)[0][1] > at(7)


def test_a_store_has_a_name_of_its_own(backend: Backend, store: Store, tmp_path: Path) -> None:
    name = store.identity
    assert name
    store.close()
    with backend.open(tmp_path / "other") as other:
        assert other.identity not in {name, ""}


@pytest.mark.never("memory", raises=AssertionError, reason="nothing outlives the process")
def test_a_store_keeps_its_name(backend: Backend, tmp_path: Path) -> None:
    with backend.open(tmp_path) as store:
        name = store.identity
    with backend.open(tmp_path) as store:
        assert store.identity == name


def test_writers_take_turns(store: Store) -> None:
    """Threads that each read the head and write once: no commit is lost, none shares a seq."""
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for i in range(5):
                put(store, "posts", {"post": f"x:{name}-{i}"})
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.head() == 20
    with store.view() as view:
        assert sorted(row["seq"] for row in read(view, "posts", columns=["seq"])) == list(range(1, 21))


@pytest.mark.parametrize("table", ["nothing", "candles"])
def test_a_table_that_is_not_of_the_graph_is_refused(store: Store, table: str) -> None:
    rows = batch("candles")
    with store.writer() as writer, pytest.raises(ValueError, match=table):
        writer.write(table, rows)
    with store.writer() as writer, pytest.raises(ValueError, match=table):
        writer.delete(table, keys("posts", {"post": "x:p1"}))
    with store.view() as view:
        for ask in (lambda: list(view.scan(table)), lambda: view.gone(table, 0), lambda: view.count(table)):
            with pytest.raises(ValueError, match=table):
                ask()


def test_a_batch_of_another_schema_is_refused(store: Store) -> None:
    with store.writer() as writer:
        with pytest.raises(ValueError, match="posts"):
            writer.write("posts", batch("labels", {"account": "x:anna", "label": "benign"}))
        with pytest.raises(ValueError, match="posts"):
            writer.delete("posts", keys("labels", {"account": "x:anna", "label": "benign"}))
        with pytest.raises(ValueError, match="account"):
            writer.write("posts", batch("posts", {"post": "x:p1"}, {"post": "x:p2", "account": None}))
    assert store.head() == 0


def test_an_unknown_column_and_a_window_without_time_are_refused(store: Store) -> None:
    with store.view() as view:
        with pytest.raises(ValueError, match="colour"):
            list(view.scan("posts", columns=["post", "colour"]))
        with pytest.raises(ValueError, match="accounts"):
            list(view.scan("accounts", start=at(0)))


# versions


@pytest.mark.parametrize("table", TABLES)
def test_rows_come_back_as_they_went_in(store: Store, table: str) -> None:
    """Every column filled, and every optional one null."""
    sparse = {name: f"{value}2" for name, value in FULL[table].items() if isinstance(value, str)}
    sparse = {name: value for name, value in sparse.items() if TABLES[table].column(name).required}
    moments = {c.name: at(9) for c in TABLES[table].columns if c.required and pa.types.is_timestamp(c.type)}
    if "target_type" in sparse:
        sparse |= {name: "account" for name in ("source_type", "target_type") if name in sparse}
    rows = batch(table, FULL[table], {**sparse, **moments})
    with store.writer() as writer:
        assert writer.write(table, rows) == Written(new=2)
    with store.writer() as writer:
        assert writer.write(table, rows) == Written(unchanged=2)
    with store.view() as view:
        found = pa.Table.from_batches(view.scan(table), rows.schema)
        assert found.to_pylist() == rows.to_pylist()
        assert view.count(table) == 2
        key = {name: rows.to_pylist()[0][name] for name in TABLES[table].key}
        (version,) = view.history(table, key)
        assert (version.pop("seq"), version.pop("ended")) == (1, None)
        assert version.pop("recorded_at").tzinfo is not None
        assert version == rows.to_pylist()[0]
    assert drop(store, table, *rows.to_pylist()) == 2
    with store.view() as view:
        assert read(view, table) == []
        assert view.gone(table, 1).schema.names == list(TABLES[table].key)
        assert view.gone(table, 1).to_pylist() == keys(table, *rows.to_pylist()).to_pylist()


def test_other_content_is_a_new_version_and_a_deletion_a_tombstone(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    put(store, "posts", {"post": "x:p1", "text": "one"}, {"post": "x:p2"})
    written = put(store, "posts", {"post": "x:p1", "text": "two"}, {"post": "x:p2"})
    assert written == Written(changed=1, unchanged=1, changed_keys=[("x:p1",)])
    assert drop(store, "posts", {"post": "x:p1"}, {"post": "x:p9"}) == 1
    assert put(store, "posts", {"post": "x:p1", "text": "one"}) == Written(new=1)
    with store.view() as view:
        versions = view.history("posts", {"post": "x:p1"})
    assert [(v["text"], v["seq"], v["ended"]) for v in versions] == [("one", 1, 2), ("two", 2, 3), ("one", 4, None)]
    times = [v["recorded_at"] for v in versions]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= datetime.now(UTC) + timedelta(seconds=1)
    assert {*TABLES["posts"].schema.names} < versions[0].keys()
    with store.view(2) as past:
        assert [(v["text"], v["ended"]) for v in past.history("posts", {"post": "x:p1"})] == [("one", 2), ("two", None)]


def test_a_view_replays_the_past_whatever_is_written_meanwhile(store: Store) -> None:
    states: list[list[dict[str, Any]]] = [[]]
    pinned = [store.view(0)]
    for step in range(6):
        if step % 3 == 2:
            drop(store, "posts", {"post": f"x:p{step - 2}"})
        else:
            put(store, "posts", {"post": f"x:p{step}", "text": "new"}, {"post": "x:p0", "text": f"{step}"})
        pinned.append(store.view())
        states.append(read(pinned[-1], "posts"))
    for seq, held in enumerate(pinned):
        with held, store.view(seq) as later:
            for view in (held, later):
                assert (view.seq, read(view, "posts"), view.count("posts")) == (seq, states[seq], len(states[seq]))
                shown = [row["post"] for row in states[seq]]
                assert [p.text for p in view.posts(shown)] == [row["text"] for row in states[seq]]


def test_exploring_and_search_obey_the_pinned_seq(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "text": "buy pepe", "tickers": ["PEPE"]})
    put(store, "posts", {"post": "x:p1", "text": "sell doge", "tickers": ["DOGE"]}, {"post": "x:p2", "text": "pepe"})
    store.index_text()
    post = node("post/x:p1")
    with store.view(1) as past, store.view() as now, store.view(0) as nothing:
        assert [e.target.key for e in past.neighbours(post, direction="out").edges] == ["PEPE"]
        assert [e.target.key for e in now.neighbours(post, direction="out").edges] == ["DOGE"]
        assert [hit.node.key for hit in past.search("pepe", types=[NodeType.POST])] == ["x:p1"]
        assert [hit.node.key for hit in now.search("pepe", types=[NodeType.POST])] == ["x:p2"]
        assert past.has(node("ticker/PEPE"))
        assert not past.has(node("ticker/DOGE"))
        assert sum(past.degree(node("ticker/DOGE")).values()) == 0
        assert sum(now.degree(node("ticker/PEPE")).values()) == 0
        assert not nothing.has(post)
        assert nothing.search("pepe") == []
        assert nothing.posts(["x:p1"]) == []


def test_the_last_of_a_repeated_key_wins(store: Store) -> None:
    rows = [{"post": "x:p1", "text": text} for text in ("one", "two", "three", "three")]
    written = put(store, "posts", *rows, {"post": "x:p2"})
    assert (written.new, written.changed, written.unchanged) == (2, 2, 1)
    assert written.changed_keys == [("x:p1",), ("x:p1",)]
    with store.view() as view:
        assert [row["text"] for row in read(view, "posts") if row["post"] == "x:p1"] == ["three"]
        assert len(view.history("posts", {"post": "x:p1"})) == 1
    again = put(store, "posts", *rows)
    assert (again.new, again.changed, again.unchanged) == (0, 2, 2)
    assert store.head() == 1


def test_within_a_transaction_the_last_write_counts(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "text": "zero"})
    with store.writer() as writer:
        assert writer.write("posts", batch("posts", {"post": "x:p1", "text": "one"})).changed == 1
        assert writer.write("posts", batch("posts", {"post": "x:p1", "text": "two"})).changed == 1
        assert writer.write("posts", batch("posts", {"post": "x:p2"})).new == 1
        assert writer.delete("posts", keys("posts", {"post": "x:p2"})) == 1
        assert writer.write("posts", batch("posts", {"post": "x:p3"})).new == 1
        assert writer.delete("posts", keys("posts", {"post": "x:p3"})) == 1
        assert writer.write("posts", batch("posts", {"post": "x:p3", "text": "back"})).new == 1
    with store.view() as view:
        assert {row["post"]: row["text"] for row in read(view, "posts")} == {"x:p1": "two", "x:p3": "back"}
        assert [v["text"] for v in view.history("posts", {"post": "x:p1"})] == ["zero", "two"]
        assert view.history("posts", {"post": "x:p2"}) == []
        assert [v["text"] for v in view.history("posts", {"post": "x:p3"})] == ["back"]
        assert view.gone("posts", 1).to_pylist() == [{"post": "x:p1"}]


@pytest.mark.parametrize("table", ["posts", "labels"])
def test_a_row_deleted_and_written_again_in_one_transaction_is_a_new_version(store: Store, table: str) -> None:
    """Also with the same content: what was gone at any moment is not what was there before."""
    put(store, table, FULL[table])
    with store.writer() as writer:
        assert writer.delete(table, keys(table, FULL[table])) == 1
        assert writer.write(table, batch(table, FULL[table])).new == 1
    with store.view() as view:
        key = {name: FULL[table][name] for name in TABLES[table].key}
        assert [(v["seq"], v["ended"]) for v in view.history(table, key)] == [(1, 2), (2, None)]
        assert [row["seq"] for row in read(view, table, columns=["seq"])] == [2]
        assert view.gone(table, 1).to_pylist() == [key]


def test_null_keys_are_equal_to_each_other(store: Store) -> None:
    assert put(store, "labels", {"account": "x:anna", "label": "benign", "ring_id": "a"}).new == 1
    assert put(store, "labels", {"account": "x:anna", "label": "benign", "ring_id": "b"}).changed == 1
    assert put(store, "labels", {"account": "x:anna", "label": "benign", "source": ""}).new == 1
    with store.view() as view:
        key = {"account": "x:anna", "label": "benign", "source": None, "at": None}
        assert [v["ring_id"] for v in view.history("labels", key)] == ["a", "b"]
        with pytest.raises(ValueError, match="labels"):
            view.history("labels", {"account": "x:anna"})
    assert drop(store, "labels", key) == 1


def test_many_changed_keys_are_counted_and_some_named(store: Store) -> None:
    put(store, "posts", *({"post": f"x:p{i}"} for i in range(150)))
    written = put(store, "posts", *({"post": f"x:p{i}", "text": "new"} for i in range(150)))
    assert (written.changed, len(written.changed_keys)) == (150, 100)
    again = Written(1, 2, 3, [("a",)] * 60)
    again.add(Written(1, 1, 1, [("b",)] * 60))
    assert (again.new, again.changed, again.unchanged, len(again.changed_keys)) == (2, 3, 4, 100)


# scanning


def test_a_scan_gives_what_was_asked_in_the_order_of_commits(store: Store) -> None:
    for i in (3, 1, 2):
        put(store, "posts", {"post": f"x:p{i}", "created_at": at(i)})
    put(store, "posts", {"post": "x:p3", "created_at": at(3), "text": "late"})
    with store.view() as view:
        rows = read(view, "posts", columns=["seq", "post"])
        assert [list(row) for row in rows] == [["seq", "post"]] * 3
        assert [tuple(row.values()) for row in rows] == [(2, "x:p1"), (3, "x:p2"), (4, "x:p3")]
        assert all(b.schema.field("seq").type == pa.int64() for b in view.scan("posts", columns=["seq"]))
        assert [r["post"] for r in read(view, "posts", after=2)] == ["x:p2", "x:p3"]
        assert [r["post"] for r in read(view, "posts", start=at(2), end=at(3))] == ["x:p2"]
        assert [r["post"] for r in read(view, "posts", start=at(2), columns=["post"])] == ["x:p2", "x:p3"]
        assert [r["post"] for r in read(view, "posts", end=at(2))] == ["x:p1"]
        assert read(view, "posts", after=4) == []
    with store.view(3) as past:
        assert [r["post"] for r in read(past, "posts", after=1)] == ["x:p1", "x:p2"]


def test_an_undated_row_is_in_no_window(store: Store) -> None:
    put(store, "interactions", {"interaction": "i1"}, {"interaction": "i2", "at": at(5)})
    with store.view() as view:
        assert [r["interaction"] for r in read(view, "interactions")] == ["i1", "i2"]
        assert [r["interaction"] for r in read(view, "interactions", start=at(0))] == ["i2"]
        assert [r["interaction"] for r in read(view, "interactions", end=at(9))] == ["i2"]


def test_scans_come_in_bounded_batches(store: Store) -> None:
    put(store, "posts", *({"post": f"x:p{i}"} for i in range(70_000)))
    with store.view() as view:
        sizes = [len(b) for b in view.scan("posts", columns=["post"])]
        assert sum(sizes) == view.count("posts") == 70_000
        assert max(sizes) <= 65_536


def test_what_is_new_and_what_is_gone_bring_an_old_copy_up_to_date(store: Store) -> None:
    put(store, "posts", *({"post": f"x:p{i}", "text": "1"} for i in range(4)))
    put(store, "posts", {"post": "x:p0", "text": "2"}, {"post": "x:p4"})
    drop(store, "posts", {"post": "x:p1"}, {"post": "x:p4"})
    put(store, "posts", {"post": "x:p1", "text": "again"}, {"post": "x:p5"})
    heads = range(store.head() + 1)
    for after in heads:
        for seq in heads[after:]:
            with store.view(after) as old, store.view(seq) as new:
                gone = {row["post"] for row in new.gone("posts", after).to_pylist()}
                copy = {r["post"]: r for r in read(old, "posts") if r["post"] not in gone}
                copy |= {r["post"]: r for r in read(new, "posts", after=after)}
                assert copy == {r["post"]: r for r in read(new, "posts")}
                assert gone <= {r["post"] for r in read(old, "posts")}
