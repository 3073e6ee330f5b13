"""Input that nobody wishes for: what it means, and that it costs no more than it should."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from detectors.coaction.sweep import Hubs, Sweep, sweep, sweeps
from graph.projection import SCHEMA
from graph.schema import TIME
from tests.coactions import Event, events_of, naive, weights

FIRST, LAST = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
ROOT = Path(__file__).parents[3]


def at(times: list[int], actors: str) -> pa.Table:
    """Events on one object at times in µs, which reach as far as 64 bits do."""
    rows = [(who, "X", 0.0, f"m{i}") for i, who in enumerate(actors)]
    table = events_of(rows)
    return table.set_column(2, SCHEMA.field("at"), pa.array(times, pa.int64()).cast(TIME))


@pytest.mark.parametrize("window", [-1.0, -1e-9, math.nan, math.inf, -math.inf])
def test_a_window_is_a_number_of_seconds_from_0(window: float) -> None:
    for call in (lambda: Sweep(SCHEMA.empty_table(), window), lambda: sweeps(SCHEMA.empty_table(), [1.0, window])):
        with pytest.raises(ValueError, match="window_s is"):
            call()


@pytest.mark.parametrize("least", [0, -3])
def test_a_least_weight_is_at_least_1(least: int) -> None:
    with pytest.raises(ValueError, match="min_weight"):
        sweep(SCHEMA.empty_table(), 1, min_weight=least)


@pytest.mark.parametrize("memory", [0.0, -1.0, math.nan])
def test_memory_is_more_than_none(memory: float) -> None:
    with pytest.raises(ValueError, match="memory_mb"):
        Sweep(SCHEMA.empty_table(), 1, memory_mb=memory)


def test_a_hub_rate_is_a_number() -> None:
    with pytest.raises(ValueError, match="per_window"):
        Hubs(math.nan)


def test_no_events() -> None:
    for table in (SCHEMA.empty_table(), events_of([])):
        swept = Sweep(table, 60)
        assert [len(e) for e in (swept.by_message(), swept.by_occasion(), swept.by_decay(9.0))] == [0, 0, 0]
        assert [len(e) for e in sweeps(table, [60, 1])] == [0, 0]
        assert [s.tolist() for s in swept.spans(swept.by_message())] == [[], [], []]
        assert (swept.pairs, swept.hubs, swept.left_out) == (0, (), 0)
        assert swept.needs().results_mb == 0


def test_one_account_meets_nobody_but_itself() -> None:
    rows: list[Event] = [("a", "X", float(i), f"m{i}") for i in range(9)]
    assert len(sweep(events_of(rows), 60)) == 0
    assert weights(sweep(events_of(rows), 60, loops=True).table()) == {("a", "a"): 9}
    assert len(Sweep(events_of(rows), 60).by_occasion()) == 0


def test_all_at_the_same_time_on_one_object() -> None:
    rows: list[Event] = [(f"u{i % 7}", "X", 5.0, f"m{i}") for i in range(50)]
    for window in (0, 60):
        assert weights(sweep(events_of(rows), window).table()) == naive(rows, window)


def test_a_window_of_0_holds_the_same_microsecond() -> None:
    rows: list[Event] = [("a", "X", 1.0, "1"), ("b", "X", 1.0, "2"), ("c", "X", 1.000001, "3")]
    assert weights(sweep(events_of(rows), 0).table()) == {("a", "b"): 1, ("b", "a"): 1}


def test_times_before_1970_and_far_ahead() -> None:
    rows: list[Event] = [
        ("a", "X", -5e9, "1"),
        ("b", "X", -5e9 + 60, "2"),
        ("a", "X", 2e11, "3"),
        ("c", "X", 2e11, "4"),
    ]
    assert weights(sweep(events_of(rows), 60).table()) == naive(rows, 60)


def test_times_at_both_ends_of_64_bits() -> None:
    table = at([FIRST, FIRST + 1, 0, LAST - 1, LAST], "abcde")
    pairs = {("a", "b"), ("b", "a"), ("d", "e"), ("e", "d")}
    for swept in (Sweep(table, 1e-6), Sweep(table, 60)):
        assert set(weights(swept.by_message().table())) == pairs
        assert set(weights(swept.by_occasion().table())) == pairs
        assert set(weights(swept.by_decay(30.0).table())) == pairs
        edges = swept.by_message()
        assert swept.given(edges.source, edges.target).tolist() == [1, 1, 1, 1]
    everything = Sweep(table, 1e13)  # wider than 64 bits of µs: as far as they reach, 2⁶³ − 1
    assert everything.width == LAST
    assert set(weights(everything.by_message().table())) == {
        *pairs,  # from a to c it is one microsecond further
        *[("b", "c"), ("c", "b"), ("c", "d"), ("d", "c"), ("c", "e"), ("e", "c")],
    }


def test_an_event_that_lacks_something_takes_no_part() -> None:
    rows = {
        "actor": ["a", None, "b", "c", "d", "e"],
        "object": ["X", "X", None, "X", "X", "X"],
        "at": pa.array([0, 0, 0, None, 0, 1], pa.int64()).cast(TIME),
        "message": ["1", "2", "3", "4", None, "6"],
    }
    table = pa.table(rows)
    swept = Sweep(table, 60)
    assert swept.left_out == 4
    assert weights(swept.by_message().table()) == {("a", "e"): 1, ("e", "a"): 1}


@pytest.mark.parametrize("column", ["actor", "object", "message", "at"])
def test_a_column_of_nulls_makes_no_event(column: str) -> None:
    table = events_of([("a", "X", 0, "1"), ("b", "X", 0, "2")])
    place = table.schema.get_field_index(column)
    for kind in (pa.null(), SCHEMA.field(column).type):
        swept = Sweep(table.set_column(place, column, pa.nulls(2, kind)), 60)
        assert (swept.left_out, len(swept.by_message())) == (2, 0)


def test_tables_in_chunks_with_dictionaries_of_their_own() -> None:
    rows: list[Event] = [("b", "X", 0, "1"), ("a", "X", 1, "2"), ("c", "Y", 1, "3"), ("a", "Y", 1, "4")]
    table = pa.concat_tables([events_of(rows[:2]), events_of(rows[2:])])
    assert weights(sweep(table, 60).table()) == naive(rows, 60)


SCRIPT = """
import json, sys
import numpy as np, pyarrow as pa
from bench.joining import peak_mb
from detectors.coaction.sweep import Sweep
from graph.projection import SCHEMA
from graph.schema import TIME
posts, accounts, seconds, window = map(int, sys.argv[1:])
rng = np.random.default_rng(7)
def coded(values, prefix):
    keys = np.char.add(prefix, np.arange(values.max() + 1).astype(str))
    return pa.DictionaryArray.from_arrays(pa.array(values.astype(np.int32)), pa.array(keys))
times = np.sort(rng.integers(0, seconds * 1_000_000, posts))
table = pa.table([coded(rng.integers(0, accounts, posts), "u"), coded(np.zeros(posts, int), "X"),
                  pa.array(times).cast(TIME), coded(np.arange(posts), "m")], schema=SCHEMA)
before = peak_mb()
swept = Sweep(table, window, memory_mb=64)
edges = swept.by_message(min_weight=2)
some = swept.given(np.arange(100, dtype=np.int32), np.arange(100, 200, dtype=np.int32))
print(json.dumps({"hubs": [str(h) for h in swept.hubs], "edges": len(edges), "given": int(some.sum()),
                  "mb": peak_mb() - before}))
"""


def _one_object(posts: int, accounts: int, seconds: int, window: int) -> dict[str, float | list[str]]:
    """What a sweep of posts on one object finds, in a process of its own, and what it takes beside the table."""
    numbers = [str(n) for n in (posts, accounts, seconds, window)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *numbers], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, float | list[str]] = json.loads(done.stdout)
    return found


def test_a_million_posts_on_one_object_in_one_window_are_a_hub() -> None:
    found = _one_object(1_000_000, 50_000, 86_400, 86_400)
    assert found["hubs"] == ["X0 skipped: 100 % of all posts"]
    assert found["edges"] == 0
    assert float(str(found["given"])) > 0  # but pairs that something else proposed are counted
    assert float(str(found["mb"])) < 400


def test_a_million_posts_on_one_object_in_short_windows_are_counted() -> None:
    found = _one_object(1_000_000, 50_000, 10_000_000, 60)
    assert found["hubs"] == []
    assert float(str(found["edges"])) > 0
    assert float(str(found["mb"])) < 400
