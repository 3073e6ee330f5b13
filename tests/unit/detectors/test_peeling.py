"""Peeling a bipartite graph: half the optimum at least, and camouflage changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.coaction.peeling import column_weights, densest

Edge = tuple[int, int]


def peel(edges: list[Edge], weights: dict[int, float] | None = None) -> tuple[list[int], float]:
    """Accounts and density."""
    rows, columns = (np.array([e[i] for e in edges], np.int64) for i in range(2))
    size = int(columns.max(initial=-1)) + 1
    share = np.array([(weights or {}).get(c, 1.0) for c in range(size)])
    accounts, density = densest(rows, columns, share)
    return accounts.tolist(), density


def block(accounts: range, objects: range) -> list[Edge]:
    return [(a, o) for a in accounts for o in objects]


def test_column_weights_are_fraudars() -> None:
    assert column_weights([0, 1, 100]).tolist() == pytest.approx([1 / math.log(5), 1 / math.log(6), 1 / math.log(105)])


def test_a_block_in_sparse_noise_is_the_core() -> None:
    noise = [(100 + i, 50 + i % 17) for i in range(60)]
    accounts, density = peel(block(range(6), range(5)) + noise)
    assert accounts == [0, 1, 2, 3, 4, 5]
    assert density == pytest.approx(30 / 11)


def test_an_edge_given_twice_counts_once() -> None:
    edges = block(range(3), range(4))
    assert peel(edges * 3) == peel(edges)


def test_rare_objects_weigh_more() -> None:
    """Two blocks of one shape, one on objects that everybody uses."""
    edges = block(range(4), range(4)) + block(range(10, 14), range(10, 14))
    weights = {o: float(column_weights(4)) for o in range(4)} | {o: float(column_weights(1000)) for o in range(10, 14)}
    assert peel(edges, weights)[0] == [0, 1, 2, 3]


def test_nothing_and_next_to_nothing() -> None:
    assert peel([]) == ([], 0.0)
    assert peel([(7, 3)]) == ([7], 0.5)


def test_camouflage_neither_lowers_the_density_nor_hides_the_block() -> None:
    """Members act on whatever others act on, as much as they like (Hooi et al., theorem 2)."""
    rng = np.random.default_rng(3)
    honest = [(100 + int(a), 50 + int(o)) for a, o in rng.integers(0, 200, (400, 2))]
    ring = block(range(8), range(6))

    def found(camouflage: int) -> tuple[list[int], float]:
        more = [(int(rng.integers(0, 8)), 50 + int(rng.integers(0, 200))) for _ in range(camouflage)]
        edges = sorted({*honest, *ring, *more})
        degree = np.bincount([o for _, o in edges])
        return peel(edges, dict(enumerate(column_weights(degree).tolist())))

    plain = found(0)
    assert plain[0] == list(range(8))
    for camouflage in (10, 50, 150):
        accounts, density = found(camouflage)
        assert set(range(8)) <= set(accounts)
        assert density >= plain[1] - 1e-12
    # columns of the block weigh the same: nobody else's events are on them
    assert plain[1] == pytest.approx(48 / 14 * float(column_weights(8)))
