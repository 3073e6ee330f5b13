"""The dense part of a bipartite graph of accounts and what they acted on, in a way that camouflage cannot hide.

Density of a set S of accounts and objects: g(S) = Σ_{edges inside} c_j / |S|, c_j = 1 / ln(d_j + 5) with d_j all the
events on object j, whoever made them (Hooi et al., FRAUDAR, KDD 2016). Nodes are taken away, that with the least weight
first, and the best set on the way is kept: at least half as dense as the densest. What members do elsewhere touches
neither the edges inside nor the columns' weights.
"""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from detectors.coaction.sweep import Ints, Longs

Floats = npt.NDArray[np.float64]
OFFSET = 5.0


def column_weights(degree: npt.ArrayLike) -> Floats:
    """FRAUDAR's weight of objects by their number of events, ≥ 0: 1 / ln(degree + 5)."""
    found: Floats = 1.0 / np.log(np.asarray(degree, float) + OFFSET)
    return found


def densest(rows: Ints | Longs, columns: Ints | Longs, weights: Floats) -> tuple[Longs, float]:
    """Peel a bipartite graph greedily.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (n_edges,)
        Codes of accounts and objects; an edge given twice counts once.
    weights : ndarray of float64
        Weight of each column's edges, by code.

    Returns
    -------
    rows : ndarray of int64
        Sorted codes of the accounts in the best set; empty where there are no edges.
    density : float
        Its g(S).
    """
    if not len(rows):
        return np.empty(0, np.int64), 0.0
    edges = np.unique(np.stack([np.asarray(rows, np.int64), np.asarray(columns, np.int64)]), axis=1)
    accounts, left = np.unique(edges[0], return_inverse=True)
    objects, right = np.unique(edges[1], return_inverse=True)
    nodes = len(accounts) + len(objects)
    neighbours: list[list[int]] = [[] for _ in range(nodes)]
    weight = weights[objects]
    mass = np.zeros(nodes)
    for a, o in zip(left.tolist(), (right + len(accounts)).tolist(), strict=True):
        neighbours[a].append(o)
        neighbours[o].append(a)
        mass[a] += weight[o - len(accounts)]
        mass[o] += weight[o - len(accounts)]
    removed, best, density = _peel(neighbours, mass, weight, len(accounts))
    kept = np.ones(nodes, bool)
    kept[removed[:best]] = False
    return accounts[kept[: len(accounts)]], density


def _peel(neighbours: list[list[int]], mass: Floats, weight: Floats, accounts: int) -> tuple[list[int], int, float]:
    """The order in which nodes go, after how many of them the rest is densest, and that density."""
    nodes = len(neighbours)
    inside = float(mass[:accounts].sum())
    best, density = 0, inside / nodes
    heap = [(float(m), n) for n, m in enumerate(mass)]
    heapq.heapify(heap)
    gone = [False] * nodes
    removed: list[int] = []
    while len(removed) < nodes - 1:
        least, node = heapq.heappop(heap)
        if gone[node] or least > mass[node] + 1e-12:
            continue
        gone[node] = True
        removed.append(node)
        inside -= mass[node]
        for other in neighbours[node]:
            if not gone[other]:
                mass[other] -= weight[max(node, other) - accounts]
                heapq.heappush(heap, (float(mass[other]), other))
        now = inside / (nodes - len(removed))
        if now > density + 1e-12:
            best, density = len(removed), now
    return removed, best, density
