"""Dense blocks: found where they are, whatever else members do, and judged against what chance makes."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.coaction.peeling import column_weights
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from detectors.promotion.blocks import Blocks, densest
from tests.coactions import Event, events_of

RNG = np.random.default_rng(3)


def acts(camouflage: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight accounts on two objects in ten hours, among others at random; each of the eight also acts elsewhere."""
    inside = [(a, o, h) for a in range(8) for o in range(2) for h in range(0, 100, 10)]
    noise = [(int(RNG.integers(8, 400)), int(RNG.integers(2, 300)), int(RNG.integers(100))) for _ in range(3000)]
    hiding = [(a, int(RNG.integers(2, 300)), int(RNG.integers(100))) for a in range(8) for _ in range(camouflage)]
    columns = np.array([*inside, *noise, *hiding], np.int64).T
    return columns[0], columns[1], columns[2]


@pytest.mark.parametrize("camouflage", [0, 60])
def test_the_planted_block_is_found_whatever_its_accounts_do_elsewhere(camouflage: int) -> None:
    accounts, objects, hours = acts(camouflage)
    found = densest(accounts, objects, hours, column_weights(np.bincount(objects)))
    assert set(range(8)) == set(found.accounts.tolist())
    assert set(found.objects.tolist()) == {0, 1}
    assert found.acts == 160
    assert found.density == pytest.approx(
        3 * 160 * float(column_weights(np.bincount(objects)[0])) / (8 + 2 + 10), rel=1e-6
    )


def test_an_act_counts_once_and_nothing_has_no_block() -> None:
    one, weights = np.zeros(5, np.int64), np.ones(1)
    assert densest(one, one, one, weights).acts == 1
    none = np.empty(0, np.int64)
    assert densest(none, none, none, weights).density == 0


def test_a_ring_is_denser_than_what_chance_makes_and_strangers_are_not() -> None:
    rng = np.random.default_rng(5)
    rows: list[Event] = []
    rows += [
        (f"p{rng.integers(200):03}", f"C{rng.integers(150)}", float(rng.uniform(0, 10 * 86_400)), f"m{i}")
        for i in range(3000)
    ]
    for call in range(12):
        rows += [(f"r{k}", "PUSHED", 70_000.0 * call + k, f"r{call}-{k}") for k in range(6)]
    table = events_of(rows)
    names = names_of([table])
    blocks = Blocks(Surprisal([Layer("co_ticker", table, 60)], names))
    codes = {name: i for i, name in enumerate(names.to_pylist())}
    ring = blocks.of(np.array(sorted(codes[f"r{k}"] for k in range(6)), np.int32))
    strangers = blocks.of(np.array(sorted(codes[f"p{k:03}"] for k in range(6)), np.int32))
    assert ring is not None
    assert strangers is not None
    assert ring.p_value == pytest.approx(1 / 20)
    assert ring.block.density > 1.5 * ring.expected
    assert strangers.p_value == 1
    assert blocks.of(np.empty(0, np.int32)) is None
