"""An order of accounts that follows from the graph and the seeds alone, not from names or the order of rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

ROUNDS = 8
_OUT, _IN = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def colours(source: Longs, target: Longs, seeds: Longs) -> Hashes:
    """A number for each account that accounts alike in the graph share (Weisfeiler and Leman's refinement, hashed).

    Parameters
    ----------
    source, target : ndarray of int64, shape (n_edges,)
        Who follows whom, each pair once.
    seeds : ndarray of int64, shape (n,)
        -1, 0 or 1.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Accounts that :data:`ROUNDS` steps around them do not tell apart have one number; others differ but for
        collisions of 64 bits.
    """
    n = len(seeds)
    ones = np.ones(len(source), np.uint64)
    out = csr_array((ones, (source, target)), shape=(n, n))
    back = csr_array((ones, (target, source)), shape=(n, n))
    colour = _mixed((seeds + 2).astype(np.uint64))
    for _ in range(ROUNDS):
        mixed = _mixed(colour)
        colour = _mixed(colour + out @ _mixed(mixed ^ _OUT) + back @ _mixed(mixed ^ _IN))
    return colour


def _mixed(x: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele, Lea and Flood, 2014); arithmetic wraps."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
