"""What differs between two stores is named, with figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.comparing import CHECKPOINT, Loads, compare
from graph.errors import StoreError
from graph.model import Rejected
from graph.store import Store, open_store
from tests.stores import at, batch, finding, keys, run

BAD = Rejected("posts.jsonl", 7, "posts", "", "bad", "{}")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    with open_store("memory://a", tmp_path) as one, open_store("memory://b", tmp_path) as other:
        yield one, other


def commit(store: Store, text: str = "a", when: float = 0, posts: tuple[str, ...] = ("x:p1",), **also: Any) -> None:
    with store.writer(recorded_at=at(when)) as writer:
        writer.write("posts", batch("posts", *({"post": p, "text": text} for p in posts)))
        for act, what in also.items():
            getattr(writer, act)(*what)


def differences(one: Store, other: Store) -> str:
    loads = Loads(one.head(), one.checkpoints(), one.rejected())
    with pytest.raises(StoreError) as error:
        compare(one, other, loads, lambda _done, _total: None)
    assert error.value.where == other.url
    assert error.value.message.startswith(f"differs from {one.url} at commit {one.head()}: ")
    return error.value.message


def twice(store: Store, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Two commits, the second with another text."""
    commit(store, **first)
    commit(store, "b", **second)


PAIRS: list[tuple[str, Callable[[Store], Any], Callable[[Store], Any]]] = [
    ("posts: 1 rows with hash", commit, lambda s: commit(s, "b")),
    ("posts, counted: 1 rows in the source, 2 rows in the target", commit, lambda s: commit(s, posts=("x:p1", "x:p2"))),
    ("times of 1 commits, the first of which is 1", commit, lambda s: commit(s, when=1)),
    (
        "runs: 1 are in the source only, 1 in the target only",
        lambda s: commit(s, add_run=(run("r1"),)),
        lambda s: commit(s, add_run=(run("r1", seconds=9.0),)),
    ),
    (
        f"findings: 1 in the source, 0 in the target, 1 differ ({finding().id})",
        lambda s: commit(s, add_run=(run(), [finding()])),
        lambda s: commit(s, add_run=(run(),)),
    ),
    (
        "checkpoints: 2 in the source, 1 in the target, 2 differ (a, b)",
        lambda s: twice(s, {"checkpoint": ("a", {"n": 1})}, {"checkpoint": ("b", {})}),
        lambda s: twice(s, {"checkpoint": ("a", {"n": 2})}, {}),
    ),
    ("quarantine: 1 rows are in the source only, 0 in the target only", lambda s: commit(s, reject=([BAD],)), commit),
]


@pytest.mark.parametrize(("said", "one", "other"), PAIRS)
def test_a_difference_is_named(
    said: str, one: Callable[[Store], Any], other: Callable[[Store], Any], stores: tuple[Store, Store]
) -> None:
    one(stores[0])
    other(stores[1])
    assert said in differences(*stores)


def test_a_past_that_differs_is_noticed_where_the_present_is_the_same(stores: tuple[Store, Store]) -> None:
    for store, text in zip(stores, ("a", "b"), strict=True):
        commit(store, text)
        commit(store, "c")
    said = differences(*stores)
    assert "posts written by commit 1: 1 rows with hash" in said
    assert "posts: " not in said


def test_a_row_that_was_there_meanwhile_is_noticed(stores: tuple[Store, Store]) -> None:
    one, other = stores
    commit(one)
    commit(other, posts=("x:p1", "x:p2"))
    commit(one, "b")
    commit(other, "b", delete=("posts", keys("posts", {"post": "x:p2"})))
    said = differences(one, other)
    assert "posts at commit 1: 1 rows in the source, 2 rows in the target" in said
    assert "posts ended by commit 2: 1 rows" in said


def test_many_differences_are_counted_and_some_named(stores: tuple[Store, Store]) -> None:
    one, other = stores
    for n in range(4):
        commit(one, str(n), checkpoint=("a", {}), reject=([BAD],), add_run=(run(),))
        commit(other, "other", n, posts=(f"x:p{n}",), checkpoint=("b", {}))
    assert differences(one, other).count(";") == 5
    assert " more" in differences(one, other)


def test_how_far_a_copy_has_come_is_no_difference(stores: tuple[Store, Store]) -> None:
    one, other = stores
    for store in stores:
        commit(store, checkpoint=(CHECKPOINT, {"source": store.identity, "seq": 1}), reject=([BAD],))
    seen: list[tuple[int, int]] = []
    found = compare(one, other, Loads(1, one.checkpoints(), one.rejected()), lambda *step: seen.append(step))
    assert (found.checkpoints, found.quarantine, found.commits) == (0, 1, [1])
    assert found.tables["posts"]["rows"] == 1
    assert seen == [(0, 2), (1, 2), (2, 2)]
