"""The sweep: worked example, other tools' results, the kernels as plain Python, and where compiled code is kept."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from detectors.coaction import kernels
from detectors.coaction.sweep import Hubs, Sweep, decayed, sweep, sweeps
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


KERNELS = sorted(name for name, value in vars(kernels).items() if hasattr(value, "py_func"))
MANY: list[Event] = [*SOME, *((f"u{i:02}", "Z", 0.0, f"z{i}") for i in range(40)), ("b", "Z", 1.0, "m1")]


def _everything(rows: list[Event]) -> list[object]:
    """What every kernel computes, as plain values."""
    table = events_of(rows)
    by_time = events_of(sorted(rows, key=lambda r: r[2]))
    swept = Sweep(table, 60, threads=1)
    edges = swept.by_message(loops=True)
    several = sweeps(by_time, [60, 0, 1], loops=True)
    return [
        edges.table().to_pylist(),
        [e.table().to_pylist() for e in several],
        [s.tolist() for s in swept.spans(edges)],
        swept.by_occasion(min_weight=2).table().to_pylist(),
        swept.by_decay(9.0).table().to_pylist(),
        swept.given(edges.source, edges.target).tolist(),
        [str(h) for h in Sweep(table, 60, hubs=Hubs(10)).hubs],
        Sweep(table, 60, memory_mb=0.001).by_message(loops=True).table().to_pylist(),
    ]


def test_kernels_do_the_same_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = _everything(MANY)
    called = set()
    for name in KERNELS:
        plain = getattr(kernels, name).py_func

        def noted(*given: Any, plain: Callable[..., Any] = plain, name: str = name) -> Any:
            called.add(name)
            return plain(*given)

        monkeypatch.setattr(kernels, name, noted)
    slow = _everything(MANY)
    assert fast[:4] + fast[5:] == slow[:4] + slow[5:]
    for a, b in zip(fast[4], slow[4], strict=True):  # type: ignore[call-overload]
        assert {**a, "weight": 0} == {**b, "weight": 0}
        assert a["weight"] == pytest.approx(b["weight"], rel=1e-14)
    assert {(e["source"], e["target"]): e["weight"] for e in slow[0]} == naive(MANY, 60, loops=True)  # type: ignore[attr-defined]
    if KERNELS:  # with the compiler switched off there is nothing to compare
        assert called == set(KERNELS)


def test_several_windows_are_several_results() -> None:
    """coordination-network-toolkit writes every window into one table (its issue 56): the last one computed is all."""
    rows: list[Event] = [("a", "X", 0, "1"), ("b", "X", 5, "2"), ("c", "X", 50, "3")]
    wide, narrow, none = sweeps(events_of(rows), [60, 10, 0])
    assert weights(wide.table()) == naive(rows, 60)
    assert weights(narrow.table()) == {("a", "b"): 1, ("b", "a"): 1}
    assert len(none) == 0
    assert sweeps(events_of(rows), []) == []
    assert Sweep(events_of(rows), 60).by_message_within([]) == []
    with pytest.raises(ValueError, match="a window of 61 s in a sweep of 60 s"):
        Sweep(events_of(rows), 60).by_message_within([61])


def test_a_message_counts_its_nearest_partner() -> None:
    rows: list[Event] = [("a", "X", 0, "1"), ("b", "X", 10, "2"), ("b", "X", -20, "3"), ("a", "X", 70, "4")]
    found = weights(Sweep(events_of(rows), 60).by_decay(10.0).table())
    assert found == {
        ("a", "b"): pytest.approx(math.exp(-1) + math.exp(-6)),
        ("b", "a"): pytest.approx(math.exp(-1) + math.exp(-2)),
    }
    assert weights(Sweep(events_of(rows), 60).by_decay(10.0, min_weight=0.4).table()).keys() == {("b", "a")}


def test_a_kernel_is_followed_to_eight_time_constants() -> None:
    rows: list[Event] = [("a", "X", 0, "1"), ("b", "X", 80, "2"), ("c", "X", 80.1, "3")]
    found = weights(decayed(events_of(rows), 10).table())
    assert found["a", "b"] == pytest.approx(math.exp(-8))
    assert ("a", "c") not in found
    assert set(weights(decayed(events_of(rows), 10, cutoff=0.5).table())) == {("b", "c"), ("c", "b")}


@pytest.mark.parametrize("tau", [0.0, -1.0, math.nan, math.inf])
def test_a_time_constant_is_a_positive_number(tau: float) -> None:
    with pytest.raises(ValueError, match="tau_s"):
        Sweep(SCHEMA.empty_table(), 60).by_decay(tau)


def test_a_hub_is_named_with_its_share() -> None:
    rows: list[Event] = [(f"u{i}", "BTC" if i < 69 else f"own{i}", 0.0, f"m{i}") for i in range(500)]
    rows += [("u0", "rare", 0.0, "r0"), ("u1", "rare", 0.0, "r1")]
    swept = Sweep(events_of(rows), 60, hubs=Hubs(per_window=20))
    (hub,) = swept.hubs
    assert (hub.key, hub.events, hub.per_window) == ("BTC", 69, 68)
    assert hub.sentence("$BTC") == "$BTC skipped: 13.7 % of all posts"
    assert str(hub) == "BTC skipped: 13.7 % of all posts"
    rare = swept.by_message()
    assert weights(rare.table()) == {("u0", "u1"): 1, ("u1", "u0"): 1}
    assert swept.given(rare.source, rare.target).tolist() == [2, 2]
    assert swept.given(rare.source, rare.target, hubs_only=True).tolist() == [1, 1]
    assert swept.codes(["u1", "nobody", "u0"]).tolist() == [swept.names.to_pylist().index("u1"), -1, 0]
    part, _ = swept.only(np.ones(len(swept.times), bool))
    assert part.hubs == ()
    assert part.given(rare.source[:0], rare.target[:0]).tolist() == []


def test_edges_come_in_pieces_too() -> None:
    edges = sweep(events_of(MANY), 60)
    pieces = list(edges.parts(7))
    assert [len(p) for p in pieces[:-1]] == [7] * (len(pieces) - 1)
    assert pa.concat_tables([p.table() for p in pieces]).equals(edges.table().combine_chunks())


def test_nothing_is_left_of_what_was_spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    little = sweep(events_of(MANY), 60, memory_mb=0.0001)
    assert isinstance(little.source.base, np.memmap)
    assert weights(little.table()) == naive(MANY, 60)
    assert list(tmp_path.iterdir()) == []


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


def test_compiled_code_goes_to_the_users_cache_where_the_package_cannot_be_written(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "kernels.py").write_bytes(Path(kernels.__file__).read_bytes())
    (package / "__pycache__").touch()  # a file in its place: nobody, not even root, can write into that folder
    env = {n: v for n, v in os.environ.items() if n not in {"NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT"}}
    env |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    code = "import numpy as np, kernels; print(kernels.starts(np.zeros(3, np.int32), 1).tolist())"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0, 3]"
    assert list((tmp_path / "cache" / "numba").rglob("kernels.starts-*.nbc"))


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
