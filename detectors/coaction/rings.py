"""Rings: groups of accounts that hang together by significant edges."""

from __future__ import annotations

import numpy as np

from detectors.coaction.sweep import Ints


def components(source: Ints, target: Ints, count: int, *, least: int = 3) -> list[Ints]:
    """Connected components of an undirected graph with at least ``least`` accounts.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Ends of the edges; directions do not matter.
    count : int
        Number of accounts.

    Returns
    -------
    list of ndarray
        Sorted codes of each component, in the order of their first account.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(source):
        return []
    graph = coo_array((np.ones(len(source), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable").astype(np.int32)
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted((g for g in groups if len(g) >= least), key=lambda g: int(g[0]))
