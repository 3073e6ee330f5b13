"""Rings: groups of accounts that hang together by significant edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.coaction.sweep import Ints, Longs

SPLIT = 3
"""Accounts of a part that can be split off, at least."""
TRIALS = 10
"""Runs of the Leiden algorithm of which the best counts: one alone often ends in a division worse than none."""


def components(source: Ints, target: Ints, *, least: int = 3) -> list[Ints]:
    """Connected components of an undirected graph with at least ``least`` accounts.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Ends of the edges; directions do not matter.
    least : int
        Accounts of a component, at least.

    Returns
    -------
    list of ndarray
        Sorted codes of each component, in the order of their first account.
    """
    if not len(source):
        return []
    nodes, label = labelled(source, target)
    order = np.argsort(label, kind="stable")
    groups = np.split(nodes[order].astype(np.int32), np.flatnonzero(np.diff(label[order])) + 1)
    return sorted((g for g in groups if len(g) >= least), key=lambda g: int(g[0]))


def labelled(source: Ints, target: Ints) -> tuple[Ints, Ints]:
    """The accounts that edges touch, sorted, and the component of each; components are numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, places = np.unique(np.concatenate([source, target]), return_inverse=True)
    ends = places[: len(source)], places[len(source) :]
    graph = coo_array((np.ones(len(source), np.int8), ends), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=False)
    return nodes, label


def communities(source: Ints, target: Ints, seed: int = 0) -> Ints:
    """The community of each account of a connected graph, by the Leiden algorithm (Traag, Waltman and van Eck, 2019).

    The constant Potts model at half the graph's own density: a part is split off where it is tied to the rest less than
    half as densely as the whole hangs together, so that two rings joined by a bridge come apart and one sparse ring
    does not. A division that is no better than none, by the model's own quality, is none.

    Returns
    -------
    ndarray of int32, shape (n_nodes,)
        By sorted account code, numbered in the order of each community's first account.
    """
    from graspologic_native import leiden

    nodes = np.unique(np.concatenate([source, target]))
    if len(nodes) < 2 * SPLIT:
        return np.zeros(len(nodes), np.int32)
    pairs = np.unique(np.stack([np.minimum(source, target), np.maximum(source, target)]), axis=1)
    resolution = pairs.shape[1] / (len(nodes) * (len(nodes) - 1))
    edges = [(str(u), str(v), 1.0) for u, v in pairs.T.tolist()]
    _, found = leiden(edges, resolution=resolution, use_modularity=False, seed=seed, iterations=2, trials=TRIALS)
    named = np.array([found[str(node)] for node in nodes.tolist()])
    _, first, label = np.unique(named, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    ends = np.searchsorted(nodes, pairs)
    whole = np.zeros_like(label)
    if _quality(ends, label, resolution) <= _quality(ends, whole, resolution) + 1e-9:
        return whole.astype(np.int32)
    return rank[label].astype(np.int32)


def _quality(ends: Longs, label: Longs, resolution: float) -> float:
    """The constant Potts model's: edges inside communities less what the resolution asks of their pairs."""
    sizes = np.bincount(label)
    return float(np.sum(label[ends[0]] == label[ends[1]]) - resolution * np.sum(sizes * (sizes - 1.0)) / 2)


def merged(rings: Sequence[Ints], share: float = 0.5) -> list[list[int]]:
    """Which rings are one: those that share ``share`` of the smaller one's accounts or more, and so on.

    Others are kept apart, and an account that belongs to several is in each.

    Returns
    -------
    list of list of int
        Places of rings that are one, in the order of each group's first.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(rings):
        return []
    sizes = np.array([len(ring) for ring in rings])
    _, account = np.unique(np.concatenate(rings), return_inverse=True)
    places = np.repeat(np.arange(len(rings)), sizes), account
    belongs = coo_array((np.ones(len(account), np.int64), places), shape=(len(rings), int(account.max()) + 1)).tocsr()
    shared = (belongs @ belongs.T).tocoo()
    one, other = shared.coords
    close = shared.data >= share * np.minimum(sizes[one], sizes[other])
    graph = coo_array((np.ones(int(close.sum()), np.int8), (one[close], other[close])), shape=shared.shape)
    _, label = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for ring, number in enumerate(label.tolist()):
        groups.setdefault(number, []).append(ring)
    return list(groups.values())
