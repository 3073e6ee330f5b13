"""What the memory store does beyond the behaviour suite in tests/contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import StoreUnavailable
from graph.model import NodeRef, NodeType
from graph.stores import memory
from tests.stores import at, batch, node, put


def test_batches_are_kept_not_copied(tmp_path: Path) -> None:
    posts = batch("posts", *({"post": f"x:p{i}", "text": "moon"} for i in range(10)))
    with memory.open("memory://", tmp_path) as store:
        with store.writer() as writer:
            writer.write("posts", posts)
        with store.view() as view:
            (found,) = view.scan("posts")
    mine, theirs = (b.column("text").buffers()[2].address for b in (posts, found))
    assert mine == theirs


def test_two_stores_share_nothing(tmp_path: Path) -> None:
    with memory.open("memory://", tmp_path) as one, memory.open("memory://", tmp_path) as other:
        put(one, "posts", {"post": "x:p1"})
        assert (one.head(), other.head()) == (1, 0)


def test_a_writer_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "WAIT_S", 0.0)
    with memory.open("memory://", tmp_path) as store, store.writer() as first:
        with pytest.raises(StoreUnavailable, match="another writer"), store.writer():
            pass
        assert first.write("posts", batch("posts", {"post": "x:p1"})).new == 1
    with memory.open("memory://", tmp_path) as store:
        put(store, "posts", {"post": "x:p1"})
        put(store, "posts", {"post": "x:p2"})


def test_views_of_one_commit_explore_the_same_arrays(tmp_path: Path) -> None:
    with memory.open("memory://", tmp_path) as store:
        put(store, "posts", {"post": "x:p1"})
        with store.view() as one, store.view() as other:
            assert one._graph is other._graph
        put(store, "posts", {"post": "x:p2"})
        with store.view() as later:
            assert later.has(node("post/x:p2"))
        assert len(store._contents.graphs) == 1


def test_a_target_of_no_node_type_stays_in_its_table(tmp_path: Path) -> None:
    with memory.open("memory://", tmp_path) as store:
        put(store, "interactions", {"interaction": "i1", "target_type": "planet", "target": "Mars", "at": at(1)})
        with store.view() as view:
            assert view.count("interactions") == 1
            assert view.has(NodeRef(NodeType.ACCOUNT, "x:anna"))
            assert view.degree(NodeRef(NodeType.ACCOUNT, "x:anna")) == {}


def test_doctor_names_what_is_there(tmp_path: Path) -> None:
    with memory.open("memory://", tmp_path) as store:
        assert store.check()["rows"] == "none"
        put(store, "posts", {"post": "x:p1"}, {"post": "x:p2"})
        assert store.check()["rows"] == "2 posts"
