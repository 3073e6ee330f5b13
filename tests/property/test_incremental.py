"""A run that reuses what earlier runs kept finds what a run from nothing finds, for every detector."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Scope, discover, resolve
from graph.findings import Finding
from graph.store import Store, View, open_store
from tests.coactions import planted
from tests.noise import noise, ring
from tests.stores import at, drop, put
from tests.surprises import surprisal_of

Row = Mapping[str, Any]
DETECTORS = list(discover().values())
PROMPT = {"shilling": {"draws": 19}}


@contextmanager
def stored() -> Iterator[tuple[Store, Path]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/graph.db", Path(folder) / "d") as store,
    ):
        yield store, Path(folder) / "d"


def people(rows: Sequence[Row], made: int) -> dict[str, list[dict[str, Any]]]:
    """Accounts, devices, follows, transfers and candles beside the posts."""
    names = sorted({r["account"] for r in rows})
    members = [n for n in names if "member" in n]
    return {
        "accounts": [{"account": n, "handle": n[2:], "created_at": at(-1e7 + 9999 * i)} for i, n in enumerate(names)],
        "identifiers": [
            {"account": n, "kind": "device", "value": "one" if n in members else f"d{i}", "first_seen": at(i)}
            for i, n in enumerate(names)
        ],
        "transfers": [
            {"transfer": f"t{i}", "source_type": "wallet", "source": "eth:0x1", "target": n, "at": at(made + 60 * i)}
            for i, n in enumerate(members)
        ],
    }


def found(view: View, cache: Path | None) -> dict[str, list[Finding]]:
    """What each detector finds with a cache, or without."""
    view.cache_dir = cache
    return {d.name: list(d.detect(view, resolve(d, PROMPT.get(d.name, {}), "test"), Scope())) for d in DETECTORS}


@settings(max_examples=2)
@given(st.integers(0, 2**16), st.floats(0.5, 0.95), st.integers(0, 12), st.integers(0, 12))
def test_findings_after_more_data_are_those_of_a_full_run(seed: int, share: float, late: int, gone: int) -> None:
    """Newer posts, late ones, deletions and edits of what was there."""
    rng = np.random.default_rng(seed)
    posts = sorted(planted(seed % 7)["posts"], key=lambda r: r["created_at"])
    cut = int(share * len(posts))
    held_back = set(rng.choice(cut, late, replace=False).tolist())
    first = [row for i, row in enumerate(posts[:cut]) if i not in held_back]
    second = posts[cut:] + [posts[i] for i in sorted(held_back)]
    with stored() as (store, folder):
        put(store, "posts", *first)
        for table, rows in people(posts, 5000).items():
            put(store, table, *rows)
        with store.view() as view:
            assert found(view, folder / "kept") == found(view, None)
        put(store, "posts", *second)
        for i in rng.choice(len(first), gone, replace=False).tolist():
            if i % 3:
                drop(store, "posts", {"post": first[i]["post"]})
            else:
                put(store, "posts", {**first[i], "created_at": first[i]["created_at"] + timedelta(hours=7)})
        with store.view() as view:
            full = found(view, None)
            assert found(view, folder / "kept") == full
            assert found(view, folder / "kept") == full  # what the second run kept


def test_something_is_found_in_what_the_property_is_tried_on() -> None:
    posts = planted()["posts"]
    with stored() as (store, _):
        put(store, "posts", *posts)
        for table, rows in people(posts, 5000).items():
            put(store, table, *rows)
        with store.view() as view:
            flagged = found(view, None)
    assert flagged["shilling"]
    assert flagged["sybil"]


@settings(max_examples=8)
@given(st.integers(0, 2**16), st.sampled_from([0.0, 3600.0, 86_400.0]), st.floats(0.5, 12.0))
def test_what_is_left_out_at_a_glance_is_not_rare(seed: int, hold_s: float, floor: float) -> None:
    """Pairs from a rarity on are those of a reckoning of all pairs, to the last digit."""
    crowd = noise(seed, accounts=60, posts=2500, things=10, days=4.0)
    rows = [*crowd, *ring([f"a{i}" for i in range(6)], seed)]
    surprisal = surprisal_of([(rows, 60.0), (noise(seed + 90, posts=300, days=4.0), 30.0)], hold_s=hold_s)
    for number in range(4):
        dealt = surprisal.messages.dealt(5, number) if number else None
        whole, some = surprisal.pairs(dealt, 0.0), surprisal.pairs(dealt, floor)
        expected = whole.where(whole.rarity >= floor)
        for name in ("source", "target", "rarity", "surprise", "occasions"):
            assert getattr(some, name).tolist() == getattr(expected, name).tolist()
        assert len(whole) > 100


def test_a_period_is_dealt_out_alike_whatever_comes_after_it() -> None:
    rows = sorted(noise(3, days=6.0, posts=6000), key=lambda r: r[2])
    newest = rows[-1][2]
    more = [*rows, ("a1", "X1", newest + 1.0, "zz1"), ("another", "X1", newest + 90_000.0, "zz2")]
    dealt = []
    for events in (rows, more):
        surprisal = surprisal_of([(events, 60.0)], hold_s=86_400.0)
        names, ids = surprisal.names.to_pylist(), surprisal.events.messages.to_pylist()
        author = surprisal.messages.author[surprisal.messages.dealt(3, 1)]
        unit = surprisal.board.units
        dealt.append({ids[m]: names[author[u]] for m, u in zip(surprisal.events.message, unit, strict=True)})
    old = {m for _, _, t, m in rows if t < newest - 86_400.0}
    assert len(old) > 3000
    assert all(dealt[0][m] == dealt[1][m] for m in old)
