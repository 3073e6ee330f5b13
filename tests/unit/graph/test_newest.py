"""The newest post is the same whether all posts are read or those since a commit that is remembered."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from graph import newest
from graph.newest import FILE, newest_post
from graph.store import Store, View
from tests.stores import STORES, Backend, at, drop, put


def both(store: Store) -> datetime | None:
    """Going on from what is remembered, and read whole."""
    with store.view() as view, store.view() as whole:
        whole.cache_dir = None
        found = newest_post(view)
        assert found == newest_post(whole) == newest_post(view)
    return found


def posts(store: Store, *numbers: int) -> None:
    put(store, "posts", *({"post": f"x:{i}", "account": "x:a", "created_at": at(i)} for i in numbers))


@pytest.mark.parametrize("backend", STORES, ids=lambda b: b.name)
def test_newest_post_commit_by_commit(backend: Backend, tmp_path: Path) -> None:
    with backend.open(tmp_path) as store:
        assert both(store) is None
        posts(store, 0, 1, 5)
        assert both(store) == at(5)
        posts(store, 3)
        assert both(store) == at(5)
        drop(store, "posts", {"post": "x:5"})
        assert both(store) == at(3)
        posts(store, 4)
        assert both(store) == at(4)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return next(b for b in STORES if b.name == "sqlite").open(tmp_path / "one")


def test_only_what_came_later_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    posts(store, 1)
    both(store)
    posts(store, 2)
    asked: list[int] = []
    real = newest._read

    def read(view: View, after: int, before: datetime | None) -> datetime | None:
        asked.append(after)
        return real(view, after, before)

    monkeypatch.setattr(newest, "_read", read)
    with store.view() as view:
        assert newest_post(view) == at(2)
        assert asked == [view.seq - 1]
    with store.view(store.head() - 1) as past:
        assert newest_post(past) == at(1), "what others know is not of this commit"
    assert asked[1:] == [0]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"seq": 0, "recorded_at": "", "at": null}', b'{"seq": 1}'])
def test_a_damaged_file_is_made_anew(store: Store, content: bytes) -> None:
    posts(store, 1)
    both(store)
    with store.view() as view:
        assert view.cache_dir is not None
        (view.cache_dir / FILE).write_bytes(content)
        assert newest_post(view) == at(1)
        assert (view.cache_dir / FILE).read_bytes() != content


def test_what_another_database_left_is_recognised(store: Store, tmp_path: Path) -> None:
    posts(store, 1)
    with next(b for b in STORES if b.name == "sqlite").open(tmp_path / "other") as other:
        posts(other, 9)
        both(other)
        with store.view() as view, other.view() as there:
            view.cache_dir = there.cache_dir
            assert newest_post(view) == at(1)
