"""Trailing windows of wall-clock time over candles or chunks: quantiles and means of what came strictly before.

A window of an hour is an hour, however many trades fell into it: slots in which nothing was traded count as zero.
Whoever imports this module waits for numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.coaction.kernels import compiled

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class Past(NamedTuple):
    """What lay in the window before each value; arrays of shape (n,), NaN where nothing did."""

    median: Floats
    high: Floats  # 90th percentile
    mean: Floats
    slots: Longs  # slots in the window since the first value, empty ones among them


def past(at: Longs, values: Floats, interval: int, window: int, *, empty: bool = True) -> Past:
    """Statistics of the values in ``[at − window, at)``.

    Parameters
    ----------
    at : ndarray of int64, shape (n,)
        Beginnings of slots, rising, µs.
    values : ndarray of float64, shape (n,)
        Finite; not negative where empty slots count.
    interval, window : int
        Length of a slot and of the window, µs.
    empty : bool
        Whether slots without a value count as zero; else they are left out.
    """
    n = len(at)
    found = Past(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64))
    if n:
        _past(at, values, (interval, window), empty, found)
    return found


@compiled
def _past(at: Longs, values: Floats, lengths: tuple[int, int], empty: bool, found: Past) -> None:
    """Fill the statistics: a sorted copy of the window is kept while it moves."""
    interval, window = lengths
    median, high, mean, slots = found
    ordered = np.empty(len(at) + 1, np.float64)
    held = first = 0
    total = 0.0
    for i in range(len(at)):
        while at[first] < at[i] - window:
            place = np.searchsorted(ordered[:held], values[first])
            for j in range(place, held - 1):
                ordered[j] = ordered[j + 1]
            held -= 1
            total -= values[first]
            first += 1
        if held == 0:
            total = 0.0
        count = held
        if empty:
            count = max(held, (at[i] - max(at[0], at[i] - window)) // interval)
        slots[i] = count
        if count:
            zeros = count - held
            mean[i] = total / count
            for part in range(2):
                place = (count - 1) * (0.5 if part == 0 else 0.9)
                low = int(place)
                up = min(low + 1, count - 1)
                a = ordered[low - zeros] if low >= zeros else 0.0
                b = ordered[up - zeros] if up >= zeros else 0.0
                value = a + (b - a) * (place - low)
                if part == 0:
                    median[i] = value
                else:
                    high[i] = value
        place = np.searchsorted(ordered[:held], values[i])
        for j in range(held, place, -1):
            ordered[j] = ordered[j - 1]
        ordered[place] = values[i]
        held += 1
        total += values[i]
