"""With and without the cache, and whatever was written, corrected or deleted, a projection is the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import projection_cache
from graph.projection import events
from graph.store import Store, open_store
from tests.stores import STORES, at, drop, put

names = st.sampled_from(["x:p0", "x:p1", "x:p2", "x:p3"])
people = st.sampled_from(["x:anna", "x:bo", "x:cy"])
coins = st.lists(st.sampled_from(["BTC", "ETH", "PEPE"]), unique=True, max_size=2).map(sorted)
moments = st.integers(0, 3).map(at)

posts = st.fixed_dictionaries(
    {"post": names, "account": people, "created_at": moments, "tickers": coins}
    | {"kind": st.sampled_from(["post", "repost"]), "text": st.sampled_from(["gm", "GM @x", "wen"])}
)
acts = st.fixed_dictionaries(
    {"interaction": st.sampled_from(["i0", "i1"]), "account": people, "kind": st.sampled_from(["share", "like"])}
    | {"target_type": st.just("ticker"), "target": st.sampled_from(["BTC", "PEPE"]), "at": st.none() | moments}
    | {"post": st.none() | names}
)
steps = st.one_of(
    st.tuples(st.just("posts"), st.lists(posts, min_size=1, max_size=3)),
    st.tuples(st.just("interactions"), st.lists(acts, min_size=1, max_size=2)),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("undo"), st.sampled_from(["i0", "i1"])),
    st.tuples(st.just("look"), st.sampled_from(["ticker", "text", "like"])),
)


WAYS: tuple[dict[str, Any], ...] = ({}, {"reposts": True}, {"start": at(1)}, {"end": at(2), "reposts": True})


def _look(store: Store, cache: Path, trace: str, seq: int | None = None) -> None:
    """Read a projection with the cache and without."""
    view: Any
    with store.view(seq) as view:
        for way in WAYS:
            view.cache_dir = None
            expected = events(view, trace, **way)
            view.cache_dir = cache
            found = events(view, trace, **way)
            assert found.equals(expected, check_metadata=True)
            for name in ("actor", "object", "message"):
                column, wanted = (t[name].combine_chunks() for t in (found, expected))
                assert column.dictionary.equals(wanted.dictionary)


@given(st.sampled_from(STORES), st.sampled_from([0.1, 100.0]), st.lists(steps, max_size=12))
def test_the_cache_never_changes_an_answer(backend: Any, share: float, script: list[tuple[str, Any]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        backend.open(Path(folder)) as store,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(projection_cache, "SHARE", share)
        cache = Path(folder) / "cache"
        for what, with_ in script:
            if what in {"posts", "interactions"}:
                put(store, what, *with_)
            elif what == "delete":
                drop(store, "posts", {"post": with_})
            elif what == "undo":
                drop(store, "interactions", {"interaction": with_})
            else:
                _look(store, cache, with_)
        for trace in ("ticker", "text", "like"):
            _look(store, cache, trace)
            _look(store, cache, trace, store.head() // 2)
            _look(store, cache, trace)


def test_readers_at_once_share_a_folder_without_harm(tmp_path: Path) -> None:
    with STORES[0].open(tmp_path) as store:

        def look(_: int) -> bool:
            view: Any
            with store.view() as view:
                view.cache_dir = None
                expected = events(view, "ticker")
                view.cache_dir = tmp_path / "cache"
                return bool(events(view, "ticker").equals(expected))

        for i in range(8):
            put(store, "posts", {"post": f"x:p{i}", "tickers": ["BTC", f"T{i}"], "created_at": at(-i)})
            if i % 3 == 2:
                drop(store, "posts", {"post": f"x:p{i - 1}"})
            with ThreadPoolExecutor(4) as pool:
                assert all(pool.map(look, range(8)))
        assert {p.name for p in (tmp_path / "cache").iterdir()} <= {"ticker.arrow", "ticker.later.arrow"}


READER = """
import sys
from pathlib import Path
from graph import projection_cache
from graph.projection import events
from graph.store import open_store
folder, projection_cache.SHARE = Path(sys.argv[1]), float(sys.argv[2])
with open_store(f"sqlite:///{folder / 'graph.db'}", folder / "data") as store:
    for seq in range(1, store.head() + 1):
        with store.view(seq) as view:
            cache, view.cache_dir = folder / "cache", None
            expected = events(view, "ticker")
            view.cache_dir = cache
            assert events(view, "ticker").equals(expected, check_metadata=True), seq
"""


def test_processes_at_once_share_a_folder_without_harm(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as store:
        for i in range(12):
            put(
                store, "posts", *({"post": f"x:p{i * j}", "tickers": [f"T{i}"], "created_at": at(-i)} for j in range(9))
            )
            drop(store, "posts", {"post": f"x:p{i}"})
    readers = [subprocess.Popen([sys.executable, "-c", READER, tmp_path, share]) for share in ("0.1", "100")]
    assert [reader.wait() for reader in readers] == [0, 0]
