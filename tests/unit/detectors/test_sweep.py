"""The sweep: worked example, other tools' results, the kernels as plain Python, and where compiled code is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from detectors.coaction import kernels
from detectors.coaction.sweep import Sweep, sweep
from graph.projection import SCHEMA, coded
from graph.schema import TIME
from tests.coactions import Event, events_of, naive, weights

SOME: list[Event] = [
    ("a", "X", 0, "m1"),
    ("b", "X", 60, "m2"),
    ("c", "X", 60.000001, "m3"),
    ("a", "Y", 100, "m4"),
    ("b", "Y", 101, "m5"),
    ("b", "Y", 102, "m6"),
    ("a", "X", 100, "m4"),
]


def test_the_window_includes_its_ends() -> None:
    rows: list[Event] = [("a", "X", 0, "1"), ("b", "X", 60, "2"), ("c", "X", 60.000001, "3")]
    assert weights(sweep(events_of(rows), 60).table()) == {("a", "b"): 1, ("b", "a"): 1, ("b", "c"): 1, ("c", "b"): 1}


def test_each_direction_counts_its_own_messages() -> None:
    rows: list[Event] = [("a", "X", 0, "1"), *(("b", "X", float(i), f"b{i}") for i in range(10))]
    assert weights(sweep(events_of(rows), 60).table()) == {("a", "b"): 1, ("b", "a"): 10}


def test_a_message_with_several_objects_counts_once() -> None:
    rows: list[Event] = [(who, thing, 0.0, f"m{who}") for who in "ab" for thing in "XYZ"]
    assert weights(sweep(events_of(rows), 1).table()) == {("a", "b"): 1, ("b", "a"): 1}


def test_nothing_in_nothing_out() -> None:
    empty = sweep(SCHEMA.empty_table(), 60)
    assert len(empty) == 0
    assert empty.table().num_rows == 0
    assert Sweep(SCHEMA.empty_table(), 60).pairs == 0


def test_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 0"):
        sweep(SCHEMA.empty_table(), -1)


def test_many_partners_make_the_table_of_results_grow() -> None:
    rows: list[Event] = [(f"u{i:03}", "X", 0.0, f"m{i}") for i in range(60)]
    assert len(sweep(events_of(rows), 0, threads=1)) == 60 * 59


def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels as the Python that they are written in."""
    for name in ("room", "windows", "messages", "occasions", "spans"):
        function = getattr(kernels, name)
        monkeypatch.setattr(kernels, name, getattr(function, "py_func", function))


def test_kernels_do_the_same_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    many: list[Event] = [*SOME, *((f"u{i:02}", "Z", 0.0, f"z{i}") for i in range(40))]
    table = events_of(many)
    fast = (sweep(table, 60, loops=True), Sweep(table, 60).by_occasion(min_weight=2))
    spans = Sweep(table, 60).spans(fast[0])
    _plain(monkeypatch)
    slow = (sweep(table, 60, loops=True), Sweep(table, 60).by_occasion(min_weight=2))
    assert [e.table() for e in fast] == [e.table() for e in slow]
    assert [s.tolist() for s in Sweep(table, 60).spans(slow[0])] == [s.tolist() for s in spans]
    assert weights(slow[0].table()) == naive(many, 60, loops=True)


def test_without_a_place_for_compiled_code_it_is_compiled_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def njit(**how: bool) -> object:
        asked.append(how)
        if how.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert kernels.compiled(len) is len
    assert [h.get("cache", False) for h in asked] == [True, False]


def test_it_works_with_the_compiler_switched_off() -> None:
    code = (
        "from detectors.coaction.sweep import sweep; from tests.coactions import events_of, weights;"
        "print(weights(sweep(events_of([('a','X',0,'1'),('b','X',1,'2')]), 1).table()))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "{('a', 'b'): 1, ('b', 'a'): 1}"


def test_the_sweep_is_imported_without_the_compiler() -> None:
    code = (
        "import sys, detectors.coaction.network, detectors.shilling;"
        "print('numba' in sys.modules, 'scipy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "False False"


@pytest.mark.data("cnt")
@pytest.mark.parametrize("size", ["1e4", "1e5"])
@pytest.mark.parametrize("window", [60, 600])
def test_weights_equal_those_of_coordination_network_toolkit(shared_data: Path, size: str, window: int) -> None:
    folder = shared_data / "cnt"
    posts = pq.read_table(folder / f"stream_{size}.parquet")
    posts = posts.filter(pc.is_null(posts["repost_id"]))
    tags = posts["tags"].combine_chunks()
    rows = posts.take(pc.list_parent_indices(tags))
    table = pa.table(
        [
            coded(rows["user_id"]),
            coded(pc.list_flatten(tags)),
            pc.multiply(rows["ts"], 1_000_000).cast(TIME),
            coded(rows["mid"].cast(pa.string())),
        ],
        schema=SCHEMA,
    )
    lines = (folder / f"expected_stream_{size}_co_link_w{window}_min2.csv").read_text().split()
    expected = {(u, v): int(w) for u, v, w in (line.split(",") for line in lines)}
    assert weights(sweep(table, window, min_weight=2).table()) == expected
