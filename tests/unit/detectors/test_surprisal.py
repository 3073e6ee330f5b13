"""The rarity of pairs, against the definition in plain Python: cells, layers, messages, periods, sums."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from detectors.coaction import board
from detectors.coaction import surprisal_kernels as kernels
from detectors.coaction.surprisal import Layer, Surprisal
from graph.projection import SCHEMA
from tests.coactions import Event, events_of
from tests.surprises import brute, draw_layers, exact, found, surprisal_of

ROOT = Path(__file__).parents[3]
DAY = 86_400.0


def test_one_meeting() -> None:
    rows: list[Event] = [("a", "X", 0, "1"), ("b", "X", 60, "2"), ("c", "X", 121, "3"), ("d", "Y", 0, "4")]
    assert found([(rows, 60.0)]) == {("a", "b"): (pytest.approx(-math.log(2 / 16)), 1)}


def test_the_most_surprising_meeting_of_a_cell_counts() -> None:
    """One cell, three objects: on two of them others met as well."""
    rows: list[Event] = [
        *((who, "busy", t, f"{who}{t}") for t in (0.0, 5.0) for who in "abcd"),
        *((who, "rare", 9.0, f"{who}r") for who in "ab"),
        *((who, "half", 12.0, f"{who}h") for who in "abc"),
    ]
    messages = len({r[3] for r in rows})
    assert found([(rows, 60.0)])["a", "b"] == (pytest.approx(-math.log(2 * 1 * 4 * 4 / messages**2)), 1)


@pytest.mark.parametrize(("second", "occasions"), [(599.0, 1), (601.0, 2), (1201.0, 2)])
def test_a_cell_is_ten_windows(second: float, occasions: int) -> None:
    rows: list[Event] = [(who, "X", t, f"{who}{t}") for t in (1.0, second) for who in "ab"]
    assert found([(rows, 60.0)])["a", "b"][1] == occasions


def test_a_meeting_is_of_the_cell_of_its_earlier_event() -> None:
    """Events come by a's time; what b did before the cell's border belongs to the cell before."""
    rows: list[Event] = [
        ("a", "X", 590.0, "1"),
        ("b", "X", 605.0, "2"),  # with 1: the first cell
        ("a", "X", 610.0, "3"),  # with 2: the second
        ("b", "Y", 595.0, "4"),
        ("a", "Y", 620.0, "5"),  # with 4: the first again, after the second
        ("a", "Z", 1300.0, "6"),
        ("b", "Z", 1301.0, "7"),
    ]
    assert found([(rows, 60.0)])["a", "b"][1] == 3
    assert found([(rows, 60.0)]) == brute([(rows, 60.0)])


def test_two_objects_of_one_message_are_one_occasion() -> None:
    links: list[Event] = [(who, link, 0.0, who) for who in "ab" for link in ("L1", "L2", "L3")]
    assert found([(links, 60.0)]) == {("a", "b"): (pytest.approx(-math.log(2 / 4)), 1)}


def test_a_message_in_two_layers_is_one_message() -> None:
    links: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 1.0, "2")]
    tags: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 1.0, "2"), ("c", "X", 0.5, "3")]
    layers = [(links, 60.0), (tags, 60.0)]
    assert found(layers)["a", "b"] == (pytest.approx(-math.log(2 / 9)), 1)  # N = 3; the same text is another object
    assert found(layers) == brute(layers)


def test_each_layer_has_its_own_window() -> None:
    rows: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 30.0, "2")]
    assert found([(rows, 10.0)]) == {}
    other: list[Event] = [("c", "Y", 0.0, "3"), ("d", "Y", 30.0, "4")]
    assert found([(rows, 10.0), (other, 40.0)]).keys() == {("c", "d")}


def test_a_message_does_not_meet_itself() -> None:
    """One that two accounts made is a message of each, and they meet in it as in any other."""
    alone: list[Event] = [("a", "X", 0.0, "1"), ("a", "X", 3.0, "2")]
    assert found([(alone, 60.0)]) == {}
    shared: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 0.0, "1")]
    assert found([(shared, 60.0)]) == {("a", "b"): (pytest.approx(-math.log(2 / 4)), 1)}


def test_a_window_of_0_holds_the_same_microsecond() -> None:
    rows: list[Event] = [("a", "X", 1.0, "1"), ("b", "X", 1.0, "2"), ("c", "X", 1.000001, "3")]
    assert found([(rows, 0.0)]).keys() == {("a", "b")}
    later: list[Event] = [(who, "X", t, f"{who}{t}") for t in (10.0, 3599.0, 3601.0) for who in "ab"]
    assert found([(later, 0.0)])["a", "b"][1] == 2  # a cell is an hour then


def test_before_1970_time_goes_the_same_way() -> None:
    rows: list[Event] = [(who, "X", t, f"{who}{t}") for t in (100.0, 700.0, 1300.0) for who in "abc"]
    earlier: list[Event] = [(a, o, t - 40 * DAY, m) for a, o, t, m in rows]
    assert found([(rows, 60.0)]) == found([(earlier, 60.0)]) == brute([(earlier, 60.0)])
    across: list[Event] = [(who, "X", t, f"{who}{t}") for t in (-30.0, 30.0) for who in "ab"]
    assert found([(across, 60.0)])["a", "b"][1] == 2


def test_activity_is_that_of_the_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days; b posts much on the second, so that meeting it then says less."""
    monkeypatch.setattr(board, "ENOUGH", 3)
    rows: list[Event] = [("a", "X", 100.0, "1"), ("b", "X", 101.0, "2"), ("c", "Z", 500.0, "3")]
    rows += [("b", f"own{i}", DAY + 1000.0 * i, f"o{i}") for i in range(20)]
    rows += [("a", "Y", DAY + 50_000.0, "4"), ("b", "Y", DAY + 50_001.0, "5")]
    first, second = -math.log(2 * 1 * 1 / 9), -math.log(2 * 1 * 21 / 22**2)
    assert found([(rows, 60.0)])["a", "b"] == (pytest.approx(first + second), 2)
    assert found([(rows, 60.0)], hold_s=0.0) == brute([(rows, 60.0)], hold_s=0.0)


def test_days_with_few_messages_are_joined_to_what_follows() -> None:
    sizes = [10, 400, 300, 700, 600, 3, 20]
    spans = np.repeat(np.arange(len(sizes)) * 3 - 5, sizes)
    np.random.default_rng(0).shuffle(spans)
    found_periods = board._periods(spans)
    by_span = {int(s): sorted({int(p) for p in found_periods[spans == s]}) for s in np.unique(spans)}
    assert list(by_span.values()) == [[0], [0], [0], [1], [2], [2], [2]]
    assert board._periods(spans[:0]).tolist() == []
    assert set(board._periods(np.arange(499)).tolist()) == {0}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("hold_s", [0.0, 50.0, 250.0, DAY])
def test_random_streams_give_what_the_definition_says(
    seed: int, hold_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ENOUGH", 7)
    layers = draw_layers(seed)
    expected = brute(layers, hold_s=hold_s)
    assert found(layers, hold_s=hold_s) == expected
    assert len(expected) > 3


@pytest.mark.parametrize("seed", range(6))
def test_rarity_is_a_compound_poisson_tail_from_below(seed: int) -> None:
    """Against sums enumerated exactly: never a smaller p, and no larger than bins and what is beyond them make it."""
    layers = draw_layers(seed, accounts=9, messages=60)
    surprisal = surprisal_of(layers, hold_s=0.0)
    pairs = surprisal.pairs(floor=0.0)
    assert len(pairs) > 5
    for row in range(len(pairs)):
        p = float(pairs.p[row])
        low, high = exact(layers, surprisal, pairs, row)
        assert low * (1 - 1e-9) <= p <= high * (1 + 1e-9) + 1e-12


def test_more_meetings_and_more_surprising_ones_are_rarer() -> None:
    quiet: list[Event] = [(f"u{i}", f"own{i}", 10.0 * i, f"m{i}") for i in range(300)]
    rarities = []
    for times in (1, 2, 3, 5, 12, 13, 20, 40):
        meetings: list[Event] = [(who, f"t{i}", 5000.0 * i, f"{who}{i}") for i in range(times) for who in "ab"]
        padding: list[Event] = [(who, f"{who}p{i}", 0.0, f"{who}p{i}") for i in range(times, 40) for who in "ab"]
        others: list[Event] = [(f"v{i}", f"t{i}", 900_000.0 + j, f"v{i}{j}") for i in range(40) for j in range(2)]
        layers = [([*quiet, *meetings, *padding, *others], 60.0)]
        pairs = surprisal_of(layers, hold_s=0.0).pairs(floor=0.0)
        rarities.append(float(pairs.rarity[0]))
    assert rarities == sorted(rarities)
    assert rarities[3] > rarities[0] + 5


@pytest.mark.parametrize("mean", [0.02, 0.5, 3.0, 9.0, 40.0])
def test_rarity_errs_towards_chance_by_little(mean: float) -> None:
    """Against sums drawn at random, one meeting being worth 1 + depth; with many expected, by Chernoff's factor."""
    rng = np.random.default_rng(4)
    rows: list[Event] = [(f"u{i}", f"X{i % 40}", float(rng.integers(0, 900)), f"m{i}") for i in range(400)]
    tails = surprisal_of([(rows, 60.0)], hold_s=0.0).tails
    board_ = surprisal_of([(rows, 60.0)], hold_s=0.0).board
    ahead = board_.high - np.arange(len(board_.high)) - 1
    counts = rng.poisson(mean, 200_000)
    depths = rng.choice(board_.depths, counts.sum(), p=ahead / ahead.sum())
    sums = np.bincount(np.repeat(np.arange(len(counts)), counts), weights=1 + depths, minlength=len(counts))
    for quantile in (0.9, 0.99, 0.999):
        s = float(np.quantile(sums[sums > 0], quantile))
        seen = float((sums >= s - 1e-9).mean())
        cells = 5
        p = math.exp(-kernels.rarity(s, s - cells, cells, mean, tails))
        assert p >= seen - 4 * math.sqrt(seen / len(sums))
        assert p <= 12 * seen


def test_accounts_that_meet_all_the_time_are_rare_however_active() -> None:
    """Thirty meetings where three are expected are beyond any table of twelve."""
    rows: list[Event] = [(who, f"t{i}", 5000.0 * i, f"{who}{i}") for i in range(30) for who in "ab"]
    rows += [(f"v{i % 30}", f"t{i % 30}", 5000.0 * (i % 30) + 2500 + i, f"v{i}") for i in range(500)]
    surprisal = surprisal_of([(rows, 60.0)], hold_s=0.0)
    pairs = surprisal.pairs(floor=0.0)
    (row,) = np.flatnonzero((pairs.source == 0) & (pairs.target == 1)).tolist()
    assert surprisal.expected(pairs)[row] > 2
    assert pairs.rarity[row] > 30


def test_windows_are_those_of_a_plain_comparison() -> None:
    rng = np.random.default_rng(8)
    thing = np.sort(rng.integers(0, 5, 80))
    at = rng.integers(-50, 50, 80)
    order = np.lexsort((at, thing))
    thing, at, width = thing[order], at[order], np.array([0, 3, 7, 20, 0])[thing[order]]
    low, high = np.empty(80, np.int64), np.empty(80, np.int64)
    kernels.windows(thing, at, width, low, high)
    for i in range(80):
        near = np.flatnonzero((thing == thing[i]) & (np.abs(at - at[i]) <= width[i]))
        assert (low[i], high[i]) == (near[0], near[-1] + 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_layer_alone_is_its_events_with_everybodys_activity(seed: int) -> None:
    """The layers' messages enter once more as events on objects of their own, which nobody shares."""
    layers = draw_layers(seed)
    whole = surprisal_of(layers)
    for number, (rows, window) in enumerate(layers):
        part = whole.layer(number)
        mine = {r[3] for r in rows}
        others: dict[str, Event] = {
            m: (a, f"only {m}", t, m) for other, _ in layers for a, _, t, m in other if m not in mine
        }
        alone = surprisal_of([([*rows, *others.values()], window)], names=whole.names, cell_s=whole.cell / 1e6)
        got, expected = part.pairs(floor=0.0), alone.pairs(floor=0.0)
        assert len(got) == len(expected)
        assert got.source.tolist() == expected.source.tolist()
        assert got.surprise == pytest.approx(expected.surprise)
        assert got.rarity == pytest.approx(expected.rarity)
        assert part.expected(got) == pytest.approx(alone.expected(expected))
        everybody = np.arange(whole.count, dtype=np.int32)
        assert part.among(everybody).rarity == pytest.approx(got.rarity)


def test_one_layer_is_itself() -> None:
    whole = surprisal_of(draw_layers(3)[:1])
    assert whole.layer(0) is whole


@pytest.mark.parametrize("seed", range(4))
def test_among_all_accounts_is_everything_and_among_some_their_pairs(seed: int) -> None:
    whole = surprisal_of(draw_layers(seed))
    every = whole.pairs(floor=0.0)
    assert whole.among(np.arange(whole.count, dtype=np.int32)).rarity.tolist() == every.rarity.tolist()
    some = np.array([0, 2, 3, 5], np.int32)
    inside = every.where(np.isin(every.source, some) & np.isin(every.target, some))
    got = whole.among(some)
    assert got.source.tolist() == inside.source.tolist()
    assert got.target.tolist() == inside.target.tolist()
    assert got.rarity == pytest.approx(inside.rarity)
    assert len(whole.among(some[:0])) == 0


def test_without_an_object_its_meetings_are_gone_and_nothing_else() -> None:
    rows: list[Event] = [(who, o, 5000.0 * n, f"{who}{o}") for n, o in enumerate("XYZ") for who in "ab"]
    tags: list[Event] = [(who, "X", 50_000.0, f"{who}tag") for who in "ab"]
    whole = surprisal_of([(rows, 60.0), (tags, 60.0)])
    both = np.array([0, 1], np.int32)
    assert whole.among(both).occasions.tolist() == [4]
    assert whole.among(both, [whole.code(0, "X")]).occasions.tolist() == [3]
    assert whole.among(both, [whole.code(1, "X"), whole.code(0, "Z")]).occasions.tolist() == [2]
    assert [whole.events.name(whole.code(n, k)) for n, k in ((0, "Y"), (1, "X"))] == ["Y", "X"]
    assert whole.code(0, "nothing") == -1
    assert whole.among(both, [-1]).occasions.tolist() == [4]
    every = [whole.code(0, o) for o in "XYZ"] + [whole.code(1, "X")]
    assert len(whole.among(both, every)) == 0


def test_the_floor_leaves_out_the_less_rare() -> None:
    whole = surprisal_of(draw_layers(2))
    every = whole.pairs(floor=0.0)
    middle = float(np.median(every.rarity))
    kept = whole.pairs(floor=middle)
    assert kept.rarity.tolist() == every.rarity[every.rarity >= middle].tolist()
    assert 0 < len(kept) < len(every)


def test_many_partners_make_the_table_of_results_grow() -> None:
    rows: list[Event] = [(f"u{i:03}", f"X{j}", 1000.0 * j, f"m{i}.{j}") for j in range(2) for i in range(300)]
    assert len(found([(rows, 60.0)])) == 300 * 299 // 2


def test_order_of_rows_changes_nothing() -> None:
    layers = draw_layers(4)
    rng = np.random.default_rng(0)
    shuffled = [([rows[i] for i in rng.permutation(len(rows))], window) for rows, window in layers]
    first, second = surprisal_of(layers).pairs(floor=0.0), surprisal_of(shuffled).pairs(floor=0.0)
    assert first.rarity.tolist() == second.rarity.tolist()
    assert first.source.tolist() == second.source.tolist()


def test_nothing_in_nothing_out() -> None:
    names = pa.array([], pa.string())
    for layers in ([], [Layer("co_link", SCHEMA.empty_table(), 60.0)]):
        nothing = Surprisal(layers, names)
        assert len(nothing.pairs()) == len(nothing.pairs(floor=0.0)) == len(nothing.events) == 0
        assert nothing.floor == 0
        assert len(nothing.among(np.empty(0, np.int32))) == 0
    empty = Layer("co_link", SCHEMA.empty_table(), 60.0)
    full = Layer("co_ticker", events_of([("a", "X", 0.0, "1"), ("b", "X", 0.0, "2")]), 60.0)
    both = Surprisal([empty, full], pa.array(["a", "b"]))
    assert len(both.pairs(floor=0.0)) == 1
    assert [len(both.layer(n).pairs(floor=0.0)) for n in (0, 1)] == [0, 1]


def test_one_account_meets_nobody() -> None:
    rows: list[Event] = [("a", "X", float(i), f"m{i}") for i in range(9)]
    assert found([(rows, 60.0)]) == {}


def test_what_is_not_whole_takes_no_part() -> None:
    whole: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 1.0, "2"), ("c", "X", 2.0, "3")]
    broken = events_of([*whole, *((f"d{i}", "X", 3.0, f"n{i}") for i in range(4))]).to_pylist()
    for row, column in zip(broken[3:], ("actor", "object", "at", "message"), strict=True):
        row[column] = None
    table = pa.Table.from_pylist(broken, schema=SCHEMA)
    names = pa.array(["a", "b", "d0", "d1", "d2", "d3"])  # c is nobody we know
    got = Surprisal([Layer("co_link", table, 60.0)], names)
    assert len(got.events) == 2
    assert got.pairs(floor=0.0).surprise.tolist() == pytest.approx([-math.log(2 / 4)])


@pytest.mark.parametrize("window", [-1.0, math.nan, math.inf])
def test_a_window_is_a_number_of_seconds_from_0(window: float) -> None:
    with pytest.raises(ValueError, match="window_s is"):
        found([([("a", "X", 0.0, "1")], window)])


def test_a_cell_is_no_shorter_than_a_window() -> None:
    rows: list[Event] = [(who, "X", t, f"{who}{t}") for t in (1.0, 65.0, 130.0) for who in "ab"]
    with pytest.raises(ValueError, match="less than a window of 60 s"):
        found([(rows, 60.0)], cell_s=59.0)
    assert found([(rows, 60.0)], cell_s=60.0) == brute([(rows, 60.0)], cell_s=60.0)
    assert found([(rows, 60.0)], cell_s=60.0)["a", "b"][1] == 3


def test_a_window_wider_than_all_time() -> None:
    rows: list[Event] = [("a", "X", -1e12, "1"), ("b", "X", 1e12, "2")]
    assert found([(rows, 1e15)])["a", "b"][1] == 1


def test_accounts_that_did_nothing_are_counted_and_found_nowhere() -> None:
    rows: list[Event] = [("b", "X", 0.0, "1"), ("d", "X", 1.0, "2")]
    names = pa.array(["a", "b", "c", "d", "e"])
    pairs = surprisal_of([(rows, 60.0)], names=names).pairs(floor=0.0)
    assert (pairs.source.tolist(), pairs.target.tolist()) == ([1], [3])


def test_kernels_do_the_same_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = [name for name, value in vars(kernels).items() if hasattr(value, "py_func")]

    def everything() -> list[object]:
        whole = surprisal_of([*draw_layers(5), ([(f"u{i:03}", "X", 0.0, f"z{i}") for i in range(40)], 9.0)])
        return [
            [getattr(pairs, n).tolist() for n in ("source", "target", "rarity", "surprise", "occasions")]
            for pairs in (whole.pairs(floor=0.0), whole.layer(1).pairs(floor=0.0), whole.among(whole.pairs().source))
        ]

    fast = everything()
    for name in compiled:
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    slow = everything()
    for one, other in zip(fast, slow, strict=True):
        for a, b in zip(one, other, strict=True):  # type: ignore[call-overload]
            assert a == pytest.approx(b, rel=1e-12)


def test_it_works_with_the_compiler_switched_off() -> None:
    code = (
        "from tests.surprises import draw_layers, found, brute; layers = draw_layers(1);"
        "print(found(layers) == brute(layers), len(found(layers)) > 3)"
    )
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True"


def test_the_engine_is_imported_without_the_compiler() -> None:
    code = "import sys, detectors.coaction.engine; print('numba' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False False"
