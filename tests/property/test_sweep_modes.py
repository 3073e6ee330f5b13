"""Every way of counting against a comparison of everything with everything, on random streams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.coaction import walks
from detectors.coaction.edges import Gathered
from detectors.coaction.sweep import Hubs, Sweep, sweeps
from tests.coactions import Event, events_of, naive, weights
from tests.property.test_sweep import streams, windows

floors = st.integers(1, 3)
TINY_MB = 1e-4  # a hundred bytes: every account is a partition, and every result goes to a file


def decayed(rows: Sequence[Event], window: float, tau: float, *, loops: bool = False) -> dict[tuple[str, str], float]:
    """Sum over the messages of u of exp(−|Δt| / τ) to the nearest partner message of v, within the window."""
    nearest: dict[tuple[str, str], dict[str, int]] = {}
    width = round(window * 1e6)
    for u, thing, t, message in rows:
        for v, other, s, partner in rows:
            apart = abs(round(t * 1e6) - round(s * 1e6))
            if thing == other and apart <= width and message != partner and (loops or u != v):
                near = nearest.setdefault((u, v), {})
                near[message] = min(near.get(message, apart), apart)
    return {pair: sum(math.exp(-d / (tau * 1e6)) for d in near.values()) for pair, near in nearest.items()}


@st.composite
def crossed(draw: st.DrawFn) -> list[Event]:
    """Like ``streams``, but a message may have events of several accounts, at several times."""
    rows = st.tuples(
        st.sampled_from("abcd"), st.sampled_from("XYZ"), st.sampled_from([0.0, 1.0, 2.5, 30.0]), st.sampled_from("mnop")
    )
    return draw(st.lists(rows, max_size=25, unique=True))


rows_of_any_kind = streams() | crossed()


@given(rows_of_any_kind, st.lists(windows, min_size=1, max_size=5), floors, st.booleans(), st.integers(1, 3))
def test_windows_do_not_share_a_result(
    rows: list[Event], several: list[float], floor: int, loops: bool, threads: int
) -> None:
    """coordination-network-toolkit writes every window into one table: its issue 56."""
    found = sweeps(events_of(rows), several, min_weight=floor, loops=loops, threads=threads)
    for window, result in zip(several, found, strict=True):
        expected = {pair: w for pair, w in naive(rows, window, loops=loops).items() if w >= floor}
        assert weights(result.table()) == expected


@given(rows_of_any_kind, windows, st.sampled_from([0.5, 3.0, 100.0]), st.booleans(), st.integers(1, 3))
def test_decayed_weights_take_each_messages_nearest_partner(
    rows: list[Event], window: float, tau: float, loops: bool, threads: int
) -> None:
    found = Sweep(events_of(rows), window, threads=threads).by_decay(tau, loops=loops)
    expected = decayed(rows, window, tau, loops=loops)
    assert weights(found.table()) == {pair: pytest.approx(w, rel=1e-12, abs=1e-300) for pair, w in expected.items()}
    assert list(zip(found.source, found.target, strict=True)) == sorted(zip(found.source, found.target, strict=True))


@given(streams(), st.sampled_from([0.5, 3.0, 20.0]))
def test_cutting_a_kernel_off_loses_no_more_than_is_said(rows: list[Event], tau: float) -> None:
    cut = weights(Sweep(events_of(rows), 2 * tau).by_decay(tau).table())
    posts = {u: len({m for a, _, _, m in rows if a == u}) for u in {r[0] for r in rows}}
    for (u, v), whole in decayed(rows, 1e6, tau).items():
        assert 0 <= whole - cut.get((u, v), 0.0) + 1e-12 < posts[u] * math.exp(-2) + 2e-12


@given(rows_of_any_kind, windows, floors)
def test_a_decayed_weight_is_at_most_the_counted_one(rows: list[Event], window: float, floor: int) -> None:
    swept = Sweep(events_of(rows), window)
    counted = weights(swept.by_message().table())
    found = weights(swept.by_decay(5.0, min_weight=floor).table())
    assert all(floor <= w <= counted[pair] + 1e-9 for pair, w in found.items())


@given(rows_of_any_kind, windows, st.sampled_from([0.0, 1.0, 2.5, 5.0]))
def test_hubs_are_left_out_of_the_count_and_named(rows: list[Event], window: float, most: float) -> None:
    swept = Sweep(events_of(rows), window, hubs=Hubs(most))
    width, posts = round(window * 1e6), {r[3] for r in rows}
    expected: dict[str, Any] = {}
    for thing in {r[1] for r in rows}:
        times = [round(t * 1e6) for _, o, t, _ in rows if o == thing]
        mean = sum(abs(a - b) <= width for a in times for b in times) / len(times) - 1
        if mean > most:
            share = len({r[3] for r in rows if r[1] == thing}) / len(posts)
            expected[thing] = (len(times), pytest.approx(share), pytest.approx(mean))
    assert {h.key: (h.events, h.share, h.per_window) for h in swept.hubs} == expected
    assert weights(swept.by_message().table()) == naive([r for r in rows if r[1] not in expected], window)
    assert 2 * swept.pairs <= most * len(swept.times)


@given(rows_of_any_kind, windows, st.sampled_from([None, 0.0, 1.0, 3.0]), st.integers(1, 3))
def test_given_pairs_are_counted_on_hubs_too(
    rows: list[Event], window: float, most: float | None, threads: int
) -> None:
    assume(rows)
    swept = Sweep(events_of(rows), window, hubs=None if most is None else Hubs(most), threads=threads)
    names = swept.names.to_pylist()
    every = range(len(names))
    u, v = (np.array([p[k] for p in [(a, b) for a in every for b in every]], np.int32) for k in range(2))
    hubs = {h.key for h in swept.hubs}
    for hubs_only in (False, True):
        expected = naive([r for r in rows if r[1] in hubs or not hubs_only], window, loops=True)
        found = swept.given(u, v, hubs_only=hubs_only).tolist()
        assert found == [expected.get((names[a], names[b]), 0) for a, b in zip(u, v, strict=True)]


limits = st.tuples(st.sampled_from([TINY_MB, 0.002, 64.0]), st.integers(1, 3))


@given(rows_of_any_kind, windows, floors, st.booleans(), limits)
def test_memory_changes_nothing(
    rows: list[Event], window: float, floor: int, loops: bool, limits: tuple[float, int]
) -> None:
    memory, threads = limits
    table = events_of(rows)
    much, little = Sweep(table, window), Sweep(table, window, memory_mb=memory, threads=threads)
    edges = much.by_message(min_weight=floor, loops=loops)
    assert little.by_message(min_weight=floor, loops=loops).table() == edges.table()
    for a, b in zip(little.spans(edges), much.spans(edges), strict=True):
        assert a.tolist() == b.tolist()
    assert little.by_occasion(min_weight=floor).table() == much.by_occasion(min_weight=floor).table()
    assert little.by_decay(3.0, loops=loops).table() == much.by_decay(3.0, loops=loops).table()
    several = [window / 2, window, 0.0]
    for one, other in zip(little.by_message_within(several), much.by_message_within(several), strict=True):
        assert one.table() == other.table()
    needs = much.needs(min_weight=floor)
    assert 12 * len(much.by_message(min_weight=floor)) <= needs.results_mb * 1e6 + 1e-6


@given(st.lists(st.integers(0, 7), max_size=60), st.integers(1, 400))
def test_partitions_cover_every_account_once(actors: list[int], room: int) -> None:
    found = walks.partitions(np.array(actors, np.int32), 8, 1, room)
    assert [code for a, b in found for code in range(a, b)] == list(range(8))
    size = 8 + walks.ORDER_BYTES
    for a, b in found:
        inside = [actors.count(code) for code in range(a, b) if code in actors]
        assert sum(inside) * size <= room + max(inside, default=0) * size


@given(st.lists(st.lists(st.integers(-9, 9), max_size=5), max_size=6), st.integers(0, 60))
def test_gathered_columns_are_the_parts_in_order(parts: list[list[int]], limit: int) -> None:
    gathered = Gathered([np.int32, np.float64], limit)
    for part in parts:
        gathered.add(np.array(part, np.int32), np.array(part, np.float64) / 2)
    assert gathered.spilled == (limit < 12 * sum(map(len, parts)))
    first, second = gathered.columns()
    every = [x for part in parts for x in part]
    assert (first.tolist(), second.tolist()) == (every, [x / 2 for x in every])
    assert (first.dtype, second.dtype) == (np.dtype(np.int32), np.dtype(np.float64))
