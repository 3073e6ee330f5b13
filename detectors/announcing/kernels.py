"""The compiled loops over windows, and nothing else: whoever imports this module waits for numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detectors.coaction.kernels import compiled

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@compiled
def summed(
    begins: Longs, at: Longs, who: Longs, points: Floats, back: int, ahead: int, out: Floats, many: Longs
) -> None:
    """For each row with points, those of its group within (at − back, at + ahead]: the most of each of ``who``, summed.

    Parameters
    ----------
    begins : ndarray of int64, shape (n_groups + 1,)
        Where each group's rows begin; within a group rows are by time.
    at, who : ndarray of int64, shape (n_rows,)
        Times; and what counts once, numbered from 0.
    points : ndarray of float64, shape (n_rows,)
        At least 0.
    back, ahead : int
        In the unit of ``at``.
    out, many : ndarray, shape (n_rows,)
        The sums, and over how many they are; filled.
    """
    best = np.zeros(who.max() + 1 if len(who) else 1)
    mark = np.zeros(len(best), np.int64)
    for group in range(len(begins) - 1):
        low = high = begins[group]
        for row in range(begins[group], begins[group + 1]):
            while at[low] <= at[row] - back:
                low += 1
            while high < begins[group + 1] and at[high] <= at[row] + ahead:
                high += 1
            if points[row] <= 0:
                continue
            for other in range(low, high):
                whose, given = who[other], points[other]
                if given <= 0:
                    continue
                if mark[whose] != row + 1:
                    mark[whose] = row + 1
                    best[whose] = given
                    out[row] += given
                    many[row] += 1
                elif given > best[whose]:
                    out[row] += given - best[whose]
                    best[whose] = given


@compiled
def acquainted(who: Longs, pairs: Longs, since: Longs, until: int, wide: int) -> int:
    """How many of ``who`` are in a pair of theirs that is among sorted ``pairs``, since before ``until``.

    Parameters
    ----------
    who : ndarray of int64, shape (n,)
        Accounts, each once.
    pairs, since : ndarray of int64, shape (n_pairs,)
        lower · wide + higher, ascending; and a time of each.
    """
    found = np.zeros(len(who), np.bool_)
    for i in range(len(who)):
        for j in range(i):
            if found[i] and found[j]:
                continue
            key = min(who[i], who[j]) * wide + max(who[i], who[j])
            at = np.searchsorted(pairs, key)
            if at < len(pairs) and pairs[at] == key and since[at] < until:
                found[i] = found[j] = True
    return int(found.sum())


@compiled
def met(begins: Longs, at: Longs, who: Longs, back: int, most: int, pairs: Longs, when: Longs, wide: int) -> int:
    """Pairs of ``who`` in rows of one group at most ``back`` apart, with the time of the later; returns how many.

    A row looks at ``most`` rows before it. With empty ``pairs`` they are only counted.
    """
    found = 0
    for group in range(len(begins) - 1):
        for row in range(begins[group], begins[group + 1]):
            other = row - 1
            while other >= begins[group] and other >= row - most and at[other] > at[row] - back:
                if who[other] != who[row]:
                    if found < len(pairs):
                        pairs[found] = min(who[row], who[other]) * wide + max(who[row], who[other])
                        when[found] = at[row]
                    found += 1
                other -= 1
    return found
