"""Projections: what makes an event of each trace, how it is encoded, and what the cache does with odd files."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph import projection_cache
from graph.errors import ConfigError
from graph.projection import SCHEMA, TRACES, coded, events, fold_text, restrict
from graph.store import Store, View, open_store
from tests.coactions import events_of, rows_of
from tests.stores import at, drop, put

POST = {"post": "x:p1", "account": "x:anna", "created_at": at(1)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def seen(view: View, trace: str, **how: Any) -> list[tuple[str, str, float, str]]:
    """Events with their seconds."""
    return [(a, o, (t - at(0)).total_seconds(), m) for a, o, t, m in rows_of(events(view, trace, **how))]


def cached(store: Store, folder: Path) -> View:
    """A view that may keep its projections in a folder."""
    view: Any = store.view()
    view.cache_dir = folder
    found: View = view
    return found


def test_each_object_of_a_post_is_an_event(store: Store) -> None:
    put(store, "posts", {**POST, "tickers": ["BTC", "PEPE"], "hashtags": ["gem"], "links": ["https://a.example/1"]})
    with store.view() as view:
        assert seen(view, "ticker") == [("x:anna", "BTC", 1.0, "x:p1"), ("x:anna", "PEPE", 1.0, "x:p1")]
        assert seen(view, "hashtag") == [("x:anna", "gem", 1.0, "x:p1")]
        assert seen(view, "link") == [("x:anna", "https://a.example/1", 1.0, "x:p1")]
        assert seen(view, "post") == [("x:anna", "*", 1.0, "x:p1")]


def test_a_domain_counts_once_a_post_and_opaque_links_have_none(store: Store) -> None:
    links = ["https://a.example/1", "https://a.example/2", "https://b.example/", "l77"]
    put(store, "posts", {**POST, "links": links})
    with store.view() as view:
        assert [e[1] for e in seen(view, "domain")] == ["a.example", "b.example"]


def test_texts_are_folded_and_empty_ones_make_no_event(store: Store) -> None:
    texts = ["Buy  $BTC\nNOW @x", "buy $btc now", "@a @b", None, ""]
    put(store, "posts", *({**POST, "post": f"x:p{i}", "text": t} for i, t in enumerate(texts)))
    with store.view() as view:
        assert [e[1:] for e in seen(view, "text")] == [("buy $btc now", 1.0, "x:p0"), ("buy $btc now", 1.0, "x:p1")]


def test_what_a_repost_carries_counts_only_if_asked_for(store: Store) -> None:
    put(store, "posts", {**POST, "kind": "repost", "parent": "x:p0", "tickers": ["BTC"]})
    with store.view() as view:
        assert seen(view, "ticker") == []
        assert seen(view, "ticker", reposts=True) == [("x:anna", "BTC", 1.0, "x:p1")]
        assert seen(view, "repost") == [("x:anna", "x:p0", 1.0, "x:p1")]
        assert len(seen(view, "post")) == 1


@pytest.mark.parametrize("kind", ["repost", "quote", "reply"])
def test_reacting_to_a_post_is_an_event_on_it(store: Store, kind: str) -> None:
    put(store, "posts", {**POST, "kind": kind, "parent": "x:p0"}, {**POST, "post": "x:p2", "kind": kind})
    with store.view() as view:
        assert seen(view, kind) == [("x:anna", "x:p0", 1.0, "x:p1")]
        assert {t for t in ("repost", "quote", "reply") if seen(view, t)} == {kind}


def test_shares_join_the_traces_of_what_they_share(store: Store) -> None:
    share = {"account": "x:bo", "kind": "share", "at": at(2)}
    put(
        store,
        "interactions",
        {**share, "interaction": "i1", "target_type": "link", "target": "https://a.example/1", "post": "x:through"},
        {**share, "interaction": "i2", "target_type": "ticker", "target": "BTC"},
        {**share, "interaction": "i3", "target_type": "domain", "target": "b.example"},
        {**share, "interaction": "i4", "target_type": "hashtag", "target": "gem"},
        {**share, "interaction": "i5", "target_type": "post", "target": "x:p0"},
        {**share, "interaction": "i6", "target_type": "post", "target": "x:p0", "kind": "like"},
        {**share, "interaction": "i7", "target_type": "account", "target": "x:cy", "kind": "follow"},
    )
    with store.view() as view:
        assert seen(view, "link") == [("x:bo", "https://a.example/1", 2.0, "x:through")]
        assert seen(view, "ticker") == [("x:bo", "BTC", 2.0, "i2")]
        assert [e[1] for e in seen(view, "domain")] == ["a.example", "b.example"]
        assert seen(view, "hashtag") == [("x:bo", "gem", 2.0, "i4")]
        assert seen(view, "repost") == [("x:bo", "x:p0", 2.0, "i5")]
        assert seen(view, "like") == [("x:bo", "post/x:p0", 2.0, "i6")]
        assert seen(view, "follow") == [("x:bo", "account/x:cy", 2.0, "i7")]
        assert len(seen(view, "share")) == 5


def test_undated_events_are_left_out_and_counted(store: Store) -> None:
    row = {"account": "x:bo", "kind": "like", "target_type": "post", "target": "x:p1"}
    put(store, "interactions", {**row, "interaction": "i1"}, {**row, "interaction": "i2", "at": at(3)})
    with store.view() as view:
        table = events(view, "like")
    assert table.num_rows == 1
    assert table.schema.metadata == {b"undated": b"1"}


def test_the_time_window_is_half_open(store: Store) -> None:
    put(store, "posts", *({**POST, "post": f"x:p{s}", "created_at": at(s)} for s in (1, 2, 3)))
    with store.view() as view:
        assert [e[2] for e in seen(view, "post", start=at(1), end=at(3))] == [1.0, 2.0]
        assert [e[2] for e in seen(view, "post", start=at(2))] == [2.0, 3.0]


def test_every_trace_has_the_same_shape_also_when_empty(store: Store) -> None:
    with store.view() as view:
        for trace in TRACES:
            assert events(view, trace).schema.equals(SCHEMA)
        with pytest.raises(ConfigError, match="no trace 'tickers'"):
            events(view, "tickers")


def test_codes_follow_the_sorted_values_in_use() -> None:
    column = pa.chunked_array([pa.array(["c", "a"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])
    found = coded(column.slice(1))
    assert found.dictionary.to_pylist() == ["a", "b"]
    assert found.indices.to_pylist() == [0, 1, 0]
    assert coded(pa.chunked_array([], pa.string())).dictionary.to_pylist() == []


def test_a_part_of_a_table_forgets_the_other_values() -> None:
    table = restrict(events_of([("a", "X", 0, "1"), ("b", "Y", 1, "2")]), [False, True])
    assert [(r[0], r[1], r[3]) for r in rows_of(table)] == [("b", "Y", "2")]
    assert table["actor"].combine_chunks().dictionary.to_pylist() == ["b"]


def test_folding_is_lower_case_single_spaces_without_mentions() -> None:
    assert fold_text("  Hi @Bo,\tBUY \u2003it @x") == "hi buy it"
    assert fold_text("@only") == ""


class TestCache:
    """The files are a convenience: what they hold never changes an answer."""

    def test_only_newer_rows_are_read(self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        events(cached(store, tmp_path), "ticker")
        put(store, "posts", {**POST, "post": "x:p2", "tickers": ["PEPE"]})
        view = cached(store, tmp_path)
        asked: list[int] = []
        scan = view.scan

        def noted(table: str, **how: Any) -> Iterator[pa.RecordBatch]:
            asked.append(how["after"])
            return scan(table, **how)

        monkeypatch.setattr(view, "scan", noted)
        assert [e[1] for e in seen(view, "ticker")] == ["BTC", "PEPE"]
        assert set(asked) == {1}
        asked.clear()
        assert len(seen(view, "ticker")) == 2
        assert asked == []

    def test_corrections_and_deletions_reach_the_file(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]}, {**POST, "post": "x:p2", "tickers": ["BTC"]})
        row = {"interaction": "i1", "account": "x:bo", "kind": "share", "target_type": "ticker", "target": "BTC"}
        put(store, "interactions", {**row, "at": at(5)})
        assert len(seen(cached(store, tmp_path), "ticker")) == 3
        put(store, "posts", {**POST, "tickers": ["PEPE"]})
        drop(store, "posts", {"post": "x:p2"})
        drop(store, "interactions", {"interaction": "i1"})
        assert [e[1] for e in seen(cached(store, tmp_path), "ticker")] == ["PEPE"]

    def test_little_more_lies_beside_the_base_until_it_is_a_share_of_it(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", *({**POST, "post": f"x:p{i}", "tickers": ["BTC"]} for i in range(30)))
        seen(cached(store, tmp_path), "ticker")
        base = (tmp_path / "ticker.arrow").read_bytes()
        put(store, "posts", {**POST, "post": "x:p0", "tickers": ["PEPE"]})  # one event lost, one made
        assert len(seen(cached(store, tmp_path), "ticker")) == 30
        put(store, "posts", {**POST, "post": "x:p0", "tickers": ["DOGE"]})  # the same again
        drop(store, "posts", {"post": "x:p1"})
        assert [e[1] for e in seen(cached(store, tmp_path), "ticker")] == ["BTC"] * 28 + ["DOGE"]
        assert (tmp_path / "ticker.arrow").read_bytes() == base
        assert (tmp_path / "ticker.later.arrow").exists()
        put(store, "posts", {**POST, "post": "x:new", "tickers": ["BTC"]})
        assert len(seen(cached(store, tmp_path), "ticker")) == 30
        assert (tmp_path / "ticker.arrow").read_bytes() != base
        assert not (tmp_path / "ticker.later.arrow").exists()

    def test_a_view_of_the_past_does_without(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        old = cached(store, tmp_path)
        put(store, "posts", {**POST, "post": "x:p2", "tickers": ["PEPE"]})
        assert len(seen(cached(store, tmp_path), "ticker")) == 2
        assert [e[1] for e in seen(old, "ticker")] == ["BTC"]
        assert len(seen(cached(store, tmp_path), "ticker")) == 2

    def test_a_view_between_the_base_and_what_came_later_leaves_the_files_alone(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(projection_cache, "SHARE", 10)
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        seen(cached(store, tmp_path), "ticker")
        put(store, "posts", {**POST, "post": "x:p2", "tickers": ["PEPE"]})
        between = cached(store, tmp_path)
        put(store, "posts", {**POST, "post": "x:p3", "tickers": ["DOGE"]})
        seen(cached(store, tmp_path), "ticker")
        before = {file.name: file.read_bytes() for file in tmp_path.glob("*.arrow")}
        assert [e[1] for e in seen(between, "ticker")] == ["BTC", "PEPE"]
        assert {file.name: file.read_bytes() for file in tmp_path.glob("*.arrow")} == before
        assert len(before) == 2

    def test_a_commit_that_changes_nothing_here_leaves_the_file_alone(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        seen(cached(store, tmp_path), "ticker")
        before = (tmp_path / "ticker.arrow").stat().st_mtime_ns
        put(store, "labels", {"account": "x:anna", "label": "benign"})
        assert len(seen(cached(store, tmp_path), "ticker")) == 1
        assert (tmp_path / "ticker.arrow").stat().st_mtime_ns == before
        assert not (tmp_path / "ticker.later.arrow").exists()

    @pytest.mark.parametrize("content", [b"", b"ARROW1", b"no table at all", bytes(4096)])
    def test_a_damaged_file_is_made_anew(self, store: Store, tmp_path: Path, content: bytes) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        (tmp_path / "ticker.arrow").write_bytes(content)
        assert len(seen(cached(store, tmp_path), "ticker")) == 1
        assert projection_cache.Files(tmp_path, "ticker").base() is not None

    @pytest.mark.parametrize("name", ["ticker.arrow", "ticker.later.arrow"])
    def test_no_byte_of_a_file_can_change_unnoticed(
        self, store: Store, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(projection_cache, "SHARE", 10)
        for post in ("x:p1", "x:p2"):
            put(store, "posts", {**POST, "post": post, "tickers": ["BTC"]})
            seen(cached(store, tmp_path), "ticker")
        whole = (tmp_path / name).read_bytes()
        kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        for place in range(0, len(whole), 61):
            for damaged in (whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :], whole[:place]):
                for file, content in {**kept, name: damaged}.items():
                    (tmp_path / file).write_bytes(content)
                assert len(seen(cached(store, tmp_path), "ticker")) == 2

    @pytest.mark.parametrize("spoil", [{"VERSION": 1}, {"META": b"another program's"}])
    def test_a_file_of_another_make_is_not_trusted(
        self, store: Store, tmp_path: Path, spoil: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        with monkeypatch.context() as other:
            for name, value in spoil.items():
                other.setattr(projection_cache, name, value)
            seen(cached(store, tmp_path), "ticker")
        assert projection_cache.Files(tmp_path, "ticker").base() is None
        assert [e[1] for e in seen(cached(store, tmp_path), "ticker")] == ["BTC"]

    def test_a_file_of_another_database_is_not_trusted(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        seen(cached(store, tmp_path), "ticker")
        with open_store("memory://", tmp_path / "other") as other:
            put(other, "posts", {**POST, "tickers": ["PEPE"]})
            assert [e[1] for e in seen(cached(other, tmp_path), "ticker")] == ["PEPE"]

    def test_a_database_put_back_to_an_earlier_state_uses_what_still_holds(self, tmp_path: Path) -> None:
        url, kept = f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "backup.db"
        rows = [{**POST, "post": f"x:p{i}", "tickers": ["BTC"]} for i in range(30)]
        with open_store(url, tmp_path / "data") as store:
            put(store, "posts", *rows)
            with store.view() as view:
                seen(view, "ticker")
        shutil.copy(tmp_path / "graph.db", kept)
        with open_store(url, tmp_path / "data") as store:
            put(store, "posts", {**POST, "post": "x:lost", "tickers": ["PEPE"]})
            with store.view() as view:
                assert len(seen(view, "ticker")) == 31
        shutil.copy(kept, tmp_path / "graph.db")
        with open_store(url, tmp_path / "data") as store:
            with store.view() as view:  # the newest commit is older than what is kept
                assert len(seen(view, "ticker")) == 30
            put(store, "posts", {**POST, "post": "x:other", "tickers": ["DOGE"]})
            with store.view() as view:  # a commit of the same number is another one
                assert [e[1] for e in seen(view, "ticker")] == ["BTC"] * 30 + ["DOGE"]
                assert [e[1] for e in seen(view, "ticker")] == ["BTC"] * 30 + ["DOGE"]

    def test_a_base_that_another_process_replaced_has_no_later_events(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", *({**POST, "post": f"x:p{i}", "tickers": ["BTC"]} for i in range(30)))
        seen(cached(store, tmp_path), "ticker")
        put(store, "posts", {**POST, "post": "x:p31", "tickers": ["PEPE"]})
        seen(cached(store, tmp_path), "ticker")
        later = (tmp_path / "ticker.later.arrow").read_bytes()
        (tmp_path / "ticker.arrow").unlink()
        assert len(seen(cached(store, tmp_path), "ticker")) == 31
        (tmp_path / "ticker.later.arrow").write_bytes(later)
        assert len(seen(cached(store, tmp_path), "ticker")) == 31

    def test_a_folder_that_cannot_be_written_costs_nothing_else(self, store: Store, tmp_path: Path) -> None:
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        (tmp_path / "file").write_text("in the way")
        assert len(seen(cached(store, tmp_path / "file"), "ticker")) == 1

    def test_a_write_that_fails_leaves_nothing_behind(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pa.ipc, "new_file", full)
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        assert len(seen(cached(store, tmp_path), "ticker")) == 1
        assert list(tmp_path.glob("*.arrow*")) == list(tmp_path.glob(".*")) == []

    def test_what_a_killed_process_left_is_removed_later(self, store: Store, tmp_path: Path) -> None:
        left, at_work = tmp_path / ".link.arrow-old", tmp_path / ".link.arrow-new"
        for file in (left, at_work):
            file.write_bytes(b"ARROW1")
        long_ago = time.time() - projection_cache.STALE_S - 60
        os.utime(left, (long_ago, long_ago))
        put(store, "posts", {**POST, "tickers": ["BTC"]})
        seen(cached(store, tmp_path), "ticker")
        assert {p.name for p in tmp_path.glob("*.arrow*")} == {"ticker.arrow", at_work.name}

    def test_an_empty_projection_is_not_kept(self, store: Store, tmp_path: Path) -> None:
        assert seen(cached(store, tmp_path), "ticker") == []
        assert not (tmp_path / "ticker.arrow").exists()


def test_traces_say_what_they_are() -> None:
    assert all(dataclasses.asdict(t)["about"] for t in TRACES.values())
