"""Who begins and who follows: the order in which the members of a ring act on its occasions.

On each occasion (a burst on one object) members are ranked by their first event; ties share a rank. A member's *lead*
is the mean over its occasions of 1 − 2 (rank − 1) / (members there − 1): 1 for always first, −1 for always last, 0 on
average where order is random. Whether it leads more than chance is tested by the sum of these shares, which has mean 0
and a known variance where all orders are equally likely and occasions independent; p is one-sided and normal, and
stated from five occasions on. Order is not causation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.coaction.sweep import MICROSECONDS, Ints, Longs

Floats = npt.NDArray[np.float64]
ENOUGH = 5
"""Occasions from which a p-value is stated."""


@dataclass(frozen=True, slots=True)
class Lead:
    """How one member acts in time beside the others.

    Attributes
    ----------
    account : int
        Its code.
    occasions : int
        Occasions with somebody else that it took part in.
    first : int
        How often nobody was earlier.
    lead : float
        In [−1, 1]; 1: always first.
    lag_s : float
        Median of its seconds after the first event of an occasion.
    p_value : float or None
        Chance of leading this much where all orders are equally likely; None: too few occasions.
    """

    account: int
    occasions: int
    first: int
    lead: float
    lag_s: float
    p_value: float | None


def leads(actors: Ints, times: Longs, bursts: Longs) -> list[Lead]:
    """The members of a ring, leaders first.

    Parameters
    ----------
    actors : ndarray of int32, shape (n_events,)
        Who acted.
    times : ndarray of int64, shape (n_events,)
        When, in µs.
    bursts : ndarray of int64, shape (n_events,)
        The occasion that each event belongs to.
    """
    from scipy.special import ndtr

    if not len(actors):
        return []
    order = np.lexsort((times, actors, bursts))
    who, when, burst = actors[order], times[order], bursts[order]
    firsts = np.flatnonzero((np.diff(who, prepend=-1) != 0) | (np.diff(burst, prepend=-1) != 0))
    who, when, burst = who[firsts], when[firsts], burst[firsts]  # each member's first event on each occasion
    _, place, size = np.unique(burst, return_inverse=True, return_counts=True)
    several = size[place] > 1
    who, when, place = who[several], when[several], place[several]
    if not len(who):
        return []
    rank, begin, variance = _ranks(when, place, size)
    share = 1 - 2 * (rank - 1) / (size[place] - 1)
    found = []
    order = np.argsort(who, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(who[order])) + 1):
        n = len(mine)
        score = float(share[mine].sum())
        spread = float(np.sqrt(variance[place[mine]].sum()))
        p = float(ndtr(-score / spread)) if n >= ENOUGH and spread > 0 else None
        late = when[mine] - begin[place[mine]]
        lag = float(np.median(late)) / MICROSECONDS
        found.append(Lead(int(who[mine[0]]), n, int((late == 0).sum()), score / n, lag, p))
    return sorted(found, key=lambda lead: (-lead.lead, -lead.occasions, lead.account))


def _ranks(when: Longs, place: Longs, size: Longs) -> tuple[Floats, Longs, Floats]:
    """Of each event its rank (ties share the mean); of each occasion its begin and the variance of shares."""
    order = np.lexsort((when, place))
    starts = np.searchsorted(place[order], np.arange(len(size)))
    fresh = (np.diff(place[order], prepend=-1) != 0) | (np.diff(when[order], prepend=0) != 0)
    tie = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(order)) - 1
    rank = np.empty(len(when))
    rank[order] = ((first + last) / 2)[tie] - starts[place[order]] + 1
    begin = np.zeros(len(size), np.int64)
    begin[place[order][::-1]] = when[order][::-1]
    share = 1 - 2 * (rank - 1) / (size[place] - 1)
    variance: Floats = np.bincount(place, weights=share**2, minlength=len(size)) / size  # their mean is 0
    return rank, begin, variance
