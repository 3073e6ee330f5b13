"""Rings: groups of accounts that hang together by significant edges."""

from __future__ import annotations

import numpy as np

from detectors.coaction.sweep import Ints


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
