"""The past of a store holds nothing that is dated later, and what is undated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from detectors.evaluating.past import as_of
from graph.findings import Window
from graph.projection import events
from graph.schema import TABLES
from graph.store import open_store
from tests.stores import at, fill, finding, put, random_rows, read, run


def test_every_table_ends_at_the_moment(tmp_path: Path) -> None:
    rows = random_rows(5)
    with open_store("memory://", tmp_path) as store:
        fill(store, rows)
        with store.view() as view:
            middle = sorted(r["created_at"] for r in read(view, "posts"))[20]
            past = as_of(view, middle)
            for name, table in TABLES.items():
                seen = read(past, name)
                dated = table.time
                if dated is not None:
                    expected = [r for r in read(view, name) if r[dated] is None or r[dated] < middle]
                    assert len(seen) == len(expected) == past.count(name)
                    assert all(r[dated] is None or r[dated] < middle for r in seen)
            assert read(past, "posts", columns=["post"]) == [{"post": r["post"]} for r in read(past, "posts")]
            assert events(past, "post").num_rows == 20
            assert past.seq == view.seq
            assert past.cache_dir is None


def test_accounts_made_later_and_reversals_are_not_known_yet(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path) as store:
        accounts = [{"account": f"x:{i}", "created_at": t} for i, t in enumerate((at(0), at(100), None))]
        put(store, "accounts", *accounts)
        verdict = {"subject": "x:0", "outcome": "violation", "at": at(10), "reversed_at": at(60)}
        put(store, "verdicts", verdict, {**verdict, "subject": "x:1", "reversed_at": at(20)})
        seen = [{"account": f"x:{i}", "kind": "device", "value": "d"} for i in range(3)]
        spans = [(at(0), at(40)), (at(0), at(90)), (at(60), at(90))]
        rows = zip(seen, spans, strict=True)
        put(store, "identifiers", *({**row, "first_seen": a, "last_seen": b} for row, (a, b) in rows))
        early = finding("a", window=Window(at(0), at(40)))
        late = finding("b", window=Window(at(0), at(70)))
        with store.writer() as writer:
            writer.add_run(run(), [early, late])
        with store.view() as view:
            past = as_of(view, at(50))
            assert [r["account"] for r in read(past, "accounts")] == ["x:0", "x:2"]
            assert {r["subject"]: r["reversed_at"] for r in read(past, "verdicts")} == {"x:0": None, "x:1": at(20)}
            assert {r["account"]: r["last_seen"] for r in read(past, "identifiers")} == {
                "x:0": at(40),
                "x:1": at(50) - timedelta(microseconds=1),
            }
            assert past.findings() == [early]
            (batch,) = past.scan("verdicts", columns=["reversed_at"])
            assert batch.schema.field(0).type == pa.timestamp("us", tz="UTC")
            assert list(as_of(view, at(-1)).scan("verdicts")) == []
