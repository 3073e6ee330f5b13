"""The sweep against a comparison of everything with everything, on random streams."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.coaction.evidence import _partnered
from detectors.coaction.sweep import Sweep, sweep
from tests.coactions import Event, events_of, naive, weights

windows = st.sampled_from([0.0, 0.000001, 1.0, 2.5, 30.0, 1e6])


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Posts with one object or several; times often exactly one window apart."""
    rows: list[Event] = []
    for message in range(draw(st.integers(0, 25))):
        actor = draw(st.sampled_from("abcde"))
        when = draw(
            st.sampled_from([0.0, 1.0, 2.5, 2.500001, 3.5, 30.0, 32.5]) | st.floats(0, 100).map(lambda x: round(x, 6))
        )
        things = draw(st.sets(st.sampled_from("XYZ"), min_size=1))
        rows += [(actor, thing, when, f"m{message}") for thing in sorted(things)]
    return rows


@given(streams(), windows, st.booleans(), st.integers(1, 3), st.integers(1, 4))
def test_weights_are_those_of_the_naive_join(
    rows: list[Event], window: float, loops: bool, floor: int, threads: int
) -> None:
    expected = {pair: w for pair, w in naive(rows, window, loops=loops).items() if w >= floor}
    found = sweep(events_of(rows), window, min_weight=floor, loops=loops, threads=threads)
    assert weights(found.table()) == expected


@given(streams(), windows, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows: list[Event], window: float, rng: random.Random) -> None:
    shuffled = rng.sample(rows, len(rows))
    assert sweep(events_of(rows), window).table().equals(sweep(events_of(shuffled), window).table())


@given(streams(), windows)
def test_occasions_are_meetings_a_window_apart(rows: list[Event], window: float) -> None:
    expected: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], float] = {}
    width = round(window * 1e6)
    for u, thing, t, message in sorted(rows, key=lambda r: r[2]):
        for v, other, s, partner in rows:
            us, them = round(t * 1e6), round(s * 1e6)
            if u == v or thing != other or message == partner or abs(us - them) > width:
                continue
            if (u, v) not in last or us - last[u, v] > width:
                expected[u, v] = expected.get((u, v), 0) + 1
                last[u, v] = us
    found = Sweep(events_of(rows), window).by_occasion()
    assert weights(found.table()) == expected


@given(streams(), windows)
def test_spans_are_of_the_sources_meetings(rows: list[Event], window: float) -> None:
    swept = Sweep(events_of(rows), window)
    edges = swept.by_message()
    first, last, things = swept.spans(edges)
    for i, (u, v) in enumerate(weights(edges.table())):
        met = [
            (round(t * 1e6), thing)
            for a, thing, t, m in rows
            for b, other, s, n in rows
            if (a, b, thing) == (u, v, other) and m != n and abs(round(t * 1e6) - round(s * 1e6)) <= round(window * 1e6)
        ]
        assert (first[i], last[i], things[i]) == (min(met)[0], max(met)[0], len({thing for _, thing in met}))


@given(streams(), windows)
def test_events_with_a_partner_are_those_that_a_search_finds(rows: list[Event], window: float) -> None:
    swept = Sweep(events_of(rows), window)
    codes = list(zip(swept.actors, swept.objects, swept.times, strict=True))
    expected = [any(a != b and o == p and abs(s - t) <= swept.width for b, p, t in codes) for a, o, s in codes]
    assert _partnered(swept.actors, swept.objects, swept.times, swept.width).tolist() == expected


@given(streams(), windows, st.sets(st.sampled_from("abcde")))
def test_a_part_of_a_sweep_is_the_sweep_of_a_part(rows: list[Event], window: float, some: set[str]) -> None:
    swept = Sweep(events_of(rows), window)
    names = swept.names.to_pylist()
    part, codes = swept.only(np.array([names[a] in some for a in swept.actors], bool))
    mine = [r for r in rows if r[0] in some]
    assert weights(part.by_message().table()) == naive(mine, window)
    assert [names[c] for c in codes] == part.names.to_pylist()
