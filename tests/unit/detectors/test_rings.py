"""Groups of accounts: components, communities, and which rings are one."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from detectors.coaction.rings import communities, components, labelled, merged
from detectors.coaction.sweep import Ints

Pairs = list[tuple[int, int]]


def ends(pairs: Pairs) -> tuple[Ints, Ints]:
    return np.array([a for a, _ in pairs], np.int32), np.array([b for _, b in pairs], np.int32)


def clique(accounts: range) -> Pairs:
    return list(combinations(accounts, 2))


def sets(*groups: list[int]) -> list[Ints]:
    return [np.array(g, np.int32) for g in groups]


def test_components_are_networkxs() -> None:
    rng = np.random.default_rng(2)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, 60, (40, 2)) if a != b]
    graph = nx.Graph(pairs)
    expected = sorted(sorted(c) for c in nx.connected_components(graph))
    nodes, label = labelled(*ends(pairs))
    assert nodes.tolist() == sorted(graph)
    assert sorted(sorted(nodes[label == c].tolist()) for c in range(label.max() + 1)) == expected
    for least in (1, 2, 3, 5):
        found = [c.tolist() for c in components(*ends(pairs), least=least)]
        assert found == [c for c in expected if len(c) >= least]
    assert components(*ends([])) == []


def test_two_cliques_with_a_bridge_come_apart() -> None:
    for bridge in ([(4, 5)], [(4, 5), (3, 6)]):
        found = communities(*ends(clique(range(5)) + clique(range(5, 12)) + bridge))
        assert found.tolist() == [0] * 5 + [1] * 7


def test_communities_are_numbered_by_their_first_account() -> None:
    pairs = [(a * 10 + 3, b * 10 + 3) for a, b in [*clique(range(5)), *clique(range(5, 10)), (0, 9)]]
    assert communities(*ends(pairs)).tolist() == [0] * 5 + [1] * 5
    flipped = [(b, a) for a, b in pairs]
    assert communities(*ends(flipped)).tolist() == [0] * 5 + [1] * 5
    assert communities(*ends(pairs * 2)).tolist() == [0] * 5 + [1] * 5


def quality(pairs: Pairs, label: list[int]) -> float:
    """The constant Potts model's, at half the graph's density."""
    n = len(label)
    inside = sum(label[a] == label[b] for a, b in pairs)
    asked = sum(label[a] == label[b] for a, b in combinations(range(n), 2))
    return inside - len(pairs) / (n * (n - 1)) * asked


@pytest.mark.parametrize("seed", range(12))
def test_one_sparse_ring_does_not_come_apart(seed: int) -> None:
    """Of a ring whose members met each other half of the time three quarters stay, and what goes is better gone."""
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in clique(range(14)) if rng.random() < 0.5]
    found = communities(*ends(pairs), seed).tolist()
    assert np.bincount(found).max() >= 0.75 * 14
    assert not any(found) or quality(pairs, found) > quality(pairs, [0] * 14)


def test_small_graphs_are_not_divided() -> None:
    assert communities(*ends([(0, 1), (1, 2), (2, 3), (3, 4)])).tolist() == [0] * 5


def test_the_same_graph_gives_the_same_communities() -> None:
    rng = np.random.default_rng(9)
    pairs = sorted({(min(a, b), max(a, b)) for a, b in rng.integers(0, 80, (200, 2)).tolist() if a != b})
    first = communities(*ends(pairs), seed=4).tolist()
    shuffled = [pairs[i] for i in rng.permutation(len(pairs))]
    assert communities(*ends(pairs), seed=4).tolist() == first
    assert communities(*ends(shuffled), seed=4).tolist() == first


def test_rings_that_share_half_of_the_smaller_are_one() -> None:
    assert merged(sets([1, 2, 3, 4], [3, 4, 5, 6])) == [[0, 1]]
    assert merged(sets([1, 2, 3, 4, 5], [4, 5, 6, 7, 8])) == [[0], [1]]
    assert merged(sets([1, 2, 3, 4, 5], [5, 6, 7, 8], [4, 5, 9])) == [[0, 2], [1]]
    assert merged(sets([1, 2], [2, 3], [3, 4])) == [[0, 1, 2]]  # and so on
    assert merged(sets([4, 5, 6], [1, 2, 3], [1, 2, 9], [4, 6, 8])) == [[0, 3], [1, 2]]
    assert merged(sets([1, 2, 3], [4, 5, 6])) == [[0], [1]]
    assert merged([]) == []


def test_the_share_is_a_setting() -> None:
    rings = sets([1, 2, 3, 4], [4, 5, 6, 7])
    assert merged(rings, 0.25) == [[0, 1]]
    assert merged(rings, 0.26) == [[0], [1]]
    assert merged(sets([1, 2], [3, 4]), 0.0) == [[0], [1]]  # nothing shared is never one


def test_merging_is_the_transitive_closure() -> None:
    rng = np.random.default_rng(6)
    rings = [np.unique(rng.integers(0, 120, int(rng.integers(3, 12)))).astype(np.int32) for _ in range(60)]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(60))
    for i, j in combinations(range(60), 2):
        both = len(set(rings[i].tolist()) & set(rings[j].tolist()))
        if both and both >= 0.3 * min(len(rings[i]), len(rings[j])):
            graph.add_edge(i, j)
    expected = sorted(sorted(c) for c in nx.connected_components(graph))
    assert merged(rings, 0.3) == expected
    assert 1 < len(expected) < 60
