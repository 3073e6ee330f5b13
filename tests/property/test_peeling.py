"""Peeling against every subset there is, on small graphs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.coaction.peeling import densest

edges = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=15)
weights = st.lists(st.floats(0.05, 1.0), min_size=5, max_size=5)


def density(chosen: set[tuple[int, int]], share: list[float], accounts: set[int], objects: set[int]) -> float:
    inside = sum(share[o] for a, o in chosen if a in accounts and o in objects)
    return inside / (len(accounts) + len(objects))


def subsets(values: set[int]) -> list[set[int]]:
    return [set(c) for size in range(1, len(values) + 1) for c in combinations(sorted(values), size)]


@given(edges, weights)
def test_at_least_half_as_dense_as_the_densest(chosen: set[tuple[int, int]], share: list[float]) -> None:
    rows, columns = (np.array([e[i] for e in sorted(chosen)], np.int64) for i in range(2))
    accounts, found = densest(rows, columns, np.array(share))
    objects = subsets({o for _, o in chosen})
    best = max(density(chosen, share, a, o) for a in subsets({a for a, _ in chosen}) for o in objects)
    assert best / 2 - 1e-9 <= found <= best + 1e-9
    mine = set(accounts.tolist())
    assert mine
    assert found <= max(density(chosen, share, mine, o) for o in objects) + 1e-9  # it is what the accounts reach
