"""The null model against its formulae, and against streams in which nobody coordinates."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import poisson

from detectors.coaction.null import Null, significant, tail
from detectors.coaction.rings import components
from detectors.coaction.sweep import Sweep
from tests.coactions import Event, events_of

ROWS: list[Event] = [
    ("a", "X", 0, "1"),
    ("b", "X", 30, "2"),
    ("a", "X", 8_000, "3"),
    ("b", "Y", 10, "4"),
    ("c", "Y", 20, "5"),
    ("a", "Y", 50_000, "6"),
]


def test_expectations_follow_the_formulae() -> None:
    null = Null(Sweep(events_of(ROWS), 60))
    assert null.sweep.pairs == 2
    assert null.meetings.tolist() == [1, 1]
    assert null.chance == pytest.approx([120 / 3600 * (4 + 1) / 9, 120 / 3600 * (4 + 1) / 9])
    pairs = np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32)
    shuffled = [2 * 2 * 3 * 2 / 36, 2 * 2 * 3 * 1 / 36, 2 * 2 * 2 * 1 / 36]
    assert null.expected(*pairs) == pytest.approx(shuffled)  # the larger of the two here


def test_shared_interests_count_where_they_are_the_larger() -> None:
    fans: list[Event] = [(who, "X", 600.0 * i, f"{who}{i}") for who in "ab" for i in range(20)]
    crowd: list[Event] = [(f"u{i}", f"T{i}", 10_000.0 * i, f"u{i}") for i in range(200)]
    null = Null(Sweep(events_of([*fans, *crowd]), 60))
    one = np.array([0], np.int32)
    things = null.sweep.things.to_pylist()
    assert null.expected(one, one + 1)[0] == pytest.approx(20 * 20 * null.chance[things.index("X")])


def test_where_people_react_their_usual_promptness_is_expected() -> None:
    rows: list[Event] = [(f"u{i}", f"post{p}", 86_400.0 * p + i, f"{p}-{i}") for p in range(3) for i in range(5)]
    table = events_of(rows)
    assert Null(Sweep(table, 60)).chance.max() < 0.1
    assert Null(Sweep(table, 60), prompt=True).chance == pytest.approx([1, 1, 1])
    alone = Null(Sweep(events_of(ROWS[:1]), 60), prompt=True)
    assert alone.promptness == 0


def test_a_groups_expectation_is_the_sum_over_its_pairs() -> None:
    rng = random.Random(2)
    rows: list[Event] = [(rng.choice("abcd"), rng.choice("XYZ"), rng.uniform(0, 9e4), f"m{i}") for i in range(80)]
    null = Null(Sweep(events_of(rows), 600))
    group = np.array([0, 1, 3], np.int32)
    counts = np.zeros((4, 3))
    np.add.at(counts, (null.sweep.actors, null.sweep.objects), 1)
    shared = {(u, v): counts[u] * counts[v] * null.chance for u, v in combinations(group, 2)}
    shuffled = {
        (u, v): 2 * null.meetings * null.activity[u] * null.activity[v] / 80**2 for u, v in combinations(group, 2)
    }
    assert null.expected_on(group) == pytest.approx(np.maximum(sum(shared.values()), sum(shuffled.values())))
    for k, u in enumerate(group):
        mine = sum(x.sum() for pair, x in shared.items() if u in pair)
        dealt = sum(x.sum() for pair, x in shuffled.items() if u in pair)
        assert null.expected_of(group)[k] == pytest.approx(max(mine, dealt))


def test_tails_are_those_of_poisson() -> None:
    k, rate = np.array([0, 1, 3, 40]), np.array([0.5, 0.5, 2.0, 1.4])
    assert tail(k, rate) == pytest.approx(poisson.sf(k - 1, rate), rel=1e-9)


def test_the_false_discovery_rate_is_over_all_pairs() -> None:
    p = np.array([0.001, 0.008, 0.9, 0.02])
    assert significant(p, 4, 0.05) == pytest.approx(0.05 * 3 / 4)
    assert significant(p, 40, 0.05) == pytest.approx(0.05 / 40)
    assert significant(p, 4000, 0.05) == 0
    assert significant(np.empty(0), 10, 0.05) == 0


@pytest.mark.parametrize("seed", range(5))
def test_without_coordination_next_to_nothing_is_significant(seed: int) -> None:
    rng = random.Random(seed)
    coins = [f"T{int(1 / (rng.random() + 0.01))}" for _ in range(2000)]
    rows: list[Event] = [
        (f"u{int(300 * rng.random() ** 2)}", coin, rng.uniform(0, 864_000), f"m{i}") for i, coin in enumerate(coins)
    ]
    sweep = Sweep(events_of(rows), 600)
    edges = sweep.by_occasion()
    one_way = edges.source < edges.target
    u, v = edges.source[one_way], edges.target[one_way]
    p = tail(edges.weight[one_way], Null(sweep).expected(u, v))
    n = len(sweep.names)
    assert (p <= significant(p, n * (n - 1) // 2, 0.05)).sum() <= 1


def test_rings_are_components_of_three_or_more() -> None:
    ends = np.array([0, 5, 7, 8], np.int32), np.array([5, 2, 8, 7], np.int32)
    assert [r.tolist() for r in components(*ends)] == [[0, 2, 5]]
    assert [r.tolist() for r in components(*ends, least=2)] == [[0, 2, 5], [7, 8]]
    assert components(ends[0][:0], ends[1][:0]) == []


def test_a_post_that_few_share_is_held_to_the_promptness_of_such_posts() -> None:
    rows = [(f"q{k}", f"big{n}", 10_000 * n + k, f"b{n}-{k}") for n in range(30) for k in range(20)]
    rows += [(f"s{k}", f"few{n}", 10_000 * n + 4000 * k, f"f{n}-{k}") for n in range(30) for k in range(3)]
    null = Null(Sweep(events_of(rows), 60), prompt=True)
    things = null.sweep.things.to_pylist()
    few, big = (null.chance[[i for i, t in enumerate(things) if t.startswith(kind)]] for kind in ("few", "big"))
    assert big == pytest.approx(np.ones(30))
    assert (few < 0.1).all()
    assert null.promptness > 0.9
    # where too few objects are as popular as one, what is known of all stands for it
    alone = Null(Sweep(events_of(rows[: 30 * 20 + 3 * 19]), 60), prompt=True)
    few = alone.chance[[i for i, t in enumerate(alone.sweep.things.to_pylist()) if t.startswith("few")]]
    assert few == pytest.approx(np.full(19, alone.promptness))
