"""The newest post is the same whether all posts are read or those since an earlier commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.projection import newest_post
from graph.store import Store
from tests.stores import STORES, Backend, at, drop, put


def both(store: Store, earlier: int) -> object:
    """Read whole, and going on from a commit."""
    with store.view(earlier) as view:
        known = (earlier, newest_post(view))
    with store.view() as view:
        found = newest_post(view)
        assert newest_post(view, known) == found
    return found


@pytest.mark.parametrize("backend", STORES, ids=lambda b: b.name)
def test_newest_post_going_on_from_an_earlier_commit(backend: Backend, tmp_path: Path) -> None:
    with backend.open(tmp_path) as store:
        assert both(store, store.head()) is None
        first = store.head()
        put(store, "posts", *({"post": f"x:{i}", "account": "x:a", "created_at": at(i)} for i in range(3)))
        assert both(store, first) == at(2)
        second = store.head()
        put(store, "posts", {"post": "x:old", "account": "x:a", "created_at": at(1)})
        assert both(store, second) == at(2)
        third = store.head()
        drop(store, "posts", {"post": "x:2"})
        assert both(store, third) == both(store, first) == at(1)
