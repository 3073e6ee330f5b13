"""How far an edge can be relied on: local false discovery rate against ends that met at random.

Two accounts that know each other have neighbours in common; a follow bought or begged from a stranger, or given to one,
closes no triangle but by chance. Each edge's cosine of neighbourhoods is held against pairs drawn at random (by their
degrees), among pairs of about the same product of degrees:

    r(w) = 1 - π0 f_random(w) / f_edges(w)            (Efron, 2004)

π0, the share of edges whose ends met at random, is for each class of degrees the ratio of edges to random pairs below
the random pairs' median. It differs between classes: one for all lets attack edges at accounts of low degree pass.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from detectors.coaction.kernels import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

PAIRS = 400_000  # random pairs drawn, at most
PER_EDGE = 4
CLASSES, BINS = 8, 30  # of degrees, and of cosines within each
CLASS_EDGES, BIN_EDGES = 200, 20  # edges of one, at least, on average
UNKNOWN = 0.5  # reliability where too few pairs of such degrees are there to compare with


def common(matrix: csr_array, one: Longs, other: Longs) -> Floats:
    """Cosine of two accounts' neighbourhoods for each of many pairs.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Symmetric weights, indices sorted.
    one, other : ndarray of int64, shape (n_pairs,)
        The pairs.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
        In [0, 1]; 0 where either has no neighbour.
    """
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    shared = _products(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float64), one, other
    )
    cosine: Floats = np.divide(shared, lengths[one] * lengths[other], out=np.zeros(len(one)), where=shared > 0)
    return cosine


@compiled
def _products(starts: Longs, columns: Ints, weights: Floats, one: Longs, other: Longs) -> Floats:
    """Products of rows of a sparse matrix: the shorter row's columns are looked up in the longer, from the last on."""
    out = np.zeros(len(one))
    for pair in range(len(one)):
        a, b = one[pair], other[pair]
        if starts[a + 1] - starts[a] > starts[b + 1] - starts[b]:
            a, b = b, a
        here, end = starts[b], starts[b + 1]
        total = 0.0
        for i in range(starts[a], starts[a + 1]):
            low, high = here, end
            while low < high:
                middle = (low + high) // 2
                if columns[middle] < columns[i]:
                    low = middle + 1
                else:
                    high = middle
            here = low
            if here == end:
                break
            if columns[here] == columns[i]:
                total += weights[i] * weights[here]
        out[pair] = total
    return out


def reliability(matrix: csr_array, one: Longs, other: Longs, seed: int = 0) -> tuple[Floats, Floats]:
    """Reliability of each edge and the cosine it is judged by.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Symmetric weights, indices sorted.
    one, other : ndarray of int64, shape (n_edges,)
        Ends of the edges, each once.
    seed : int
        Of the random pairs.

    Returns
    -------
    reliability : ndarray of float64, shape (n_edges,)
        In [0, 1]: 1 less the local false discovery rate; it does not fall as the cosine rises among edges between
        accounts of like degree.
    cosine : ndarray of float64, shape (n_edges,)
    """
    cosine = common(matrix, one, other)
    ends = np.concatenate([one, other])
    draw = np.random.default_rng(seed)
    u, v = ends[draw.integers(0, len(ends), (2, min(PER_EDGE * len(one), PAIRS)))]
    u, v = u[u != v], v[u != v]
    random = common(matrix, u, v)
    degree = np.diff(matrix.indptr).astype(np.float64)
    size, random_size = degree[one] * degree[other], degree[u] * degree[v]
    classes = int(np.clip(len(one) // CLASS_EDGES, 1, CLASSES))
    cuts = np.unique(np.quantile(size, np.linspace(0, 1, classes + 1)[1:-1]))
    mine, theirs = np.searchsorted(cuts, size), np.searchsorted(cuts, random_size)
    found = np.full(len(one), UNKNOWN)
    for k in range(len(cuts) + 1):
        edges, pairs = cosine[mine == k], random[theirs == k]
        if len(edges) >= BIN_EDGES and len(pairs) >= 2 * BIN_EDGES:
            found[mine == k] = _local(edges, pairs)
    return found, cosine


def _local(edges: Floats, pairs: Floats) -> Floats:
    low = np.median(pairs)
    none = min(1.0, float(np.mean(edges <= low) / np.mean(pairs <= low)))
    bins = int(np.clip(len(edges) // BIN_EDGES, 2, BINS))
    cuts = np.unique(np.quantile(np.concatenate([edges, pairs]), np.linspace(0, 1, bins + 1)[1:-1]))
    mine, theirs = np.searchsorted(cuts, edges), np.searchsorted(cuts, pairs)
    of_edges = (np.bincount(mine, minlength=len(cuts) + 1) + 0.5) / len(edges)
    of_pairs = (np.bincount(theirs, minlength=len(cuts) + 1) + 0.5) / len(pairs)
    rate = np.minimum.accumulate(none * of_pairs / of_edges)
    local: Floats = np.clip(1 - rate, 0.0, 1.0)[mine]
    return local
