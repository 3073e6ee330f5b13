"""The compiled loops of the pair surprisal, and nothing else: whoever imports this module waits for numba."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.coaction.kernels import compiled

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Board(NamedTuple):
    """Events of all layers, by layer, object and time: what stays when accounts are dealt out anew."""

    chrono: Longs  # events by time
    units: Ints  # of each event, the message that made it
    cells: Longs  # of each event, the cell of time that an occasion lies in
    low: Longs  # of each event, the range of events in its window
    high: Longs
    rates: Floats  # of each event, 2 m / N²: m the pairs on its object whose earlier event lies in its cell


class Tails(NamedTuple):
    """How rare the meetings of a pair are: see :class:`detectors.coaction.surprisal.Surprisal`."""

    mean: float  # meetings of two accounts with one message each
    step: float  # width of a bin
    tails: Floats  # row k − 1: chance that k meetings, drawn at random, sum to at least each bin's surprise


@compiled
def windows(things: Longs, times: Longs, widths: Longs, low: Longs, high: Longs) -> None:
    """Fill ``low`` and ``high``: for each event the range of events on its object within ± its layer's width."""
    first = last = 0
    for i in range(len(things)):
        if i == 0 or things[i] != things[i - 1]:
            first = last = i
        while times[i] - times[first] > widths[i]:
            first += 1
        last = max(last, i)
        while last < len(things) and things[last] == things[i] and times[last] - times[i] <= widths[i]:
            last += 1
        low[i], high[i] = first, last


@compiled
def by_actor(actors: Ints, count: int, events: Longs) -> tuple[Longs, Longs]:
    """Events account by account, in the given order, and where each account's begin (a counting sort)."""
    bounds = np.zeros(count + 1, np.int64)
    for a in actors:
        bounds[a + 1] += 1
    for a in range(count):
        bounds[a + 1] += bounds[a]
    place = bounds.copy()
    order = np.empty(len(actors), np.int64)
    for i in events:
        order[place[actors[i]]] = i
        place[actors[i]] += 1
    return order, bounds


@compiled
def rarity(surprise: float, active: float, tails: Tails) -> float:
    """−ln P(the sum of surprises of a Poisson number of meetings ≥ surprise).

    ``active`` is the product of the two accounts' numbers of messages. What lies beyond the table is bounded from
    above, so that the result errs towards chance.
    """
    mean = tails.mean * active
    offset = math.log(active)
    chance = 0.0
    part = math.exp(-mean)
    below = part
    for row in range(len(tails.tails)):
        part *= mean / (row + 1)
        below += part
        # k surprises, each rounded down to its bin, fall short of their sum's bin by at most k − 1 bins
        place = math.floor((surprise + (row + 1) * offset) / tails.step) - row
        if place <= 0:
            chance += part
        elif place < tails.tails.shape[1]:
            chance += part * tails.tails[row, place]
        if part < 1e-18 * chance:
            break
    else:
        chance += max(1.0 - below, 0.0) if mean > 1e-3 else part * mean
    return -math.log(min(max(chance, 1e-300), 1.0))


@compiled
def room(out: Floats, used: int, more: int) -> Floats:
    """The table of results, made larger where ``more`` columns would not fit."""
    if used + more <= out.shape[1]:
        return out
    bigger = np.empty((out.shape[0], max(2 * out.shape[1], used + more)))
    bigger[:, :used] = out[:, :used]
    return bigger


class Met(NamedTuple):
    """One account's meetings so far, by partner."""

    total: Floats  # surprise of the cells before the last two
    cells: Ints  # in how many they met
    top: Longs  # the newest of them
    now: Floats  # the largest surprise in that cell
    last: Floats  # and in the one before it; −1: none


@compiled
def meet(met: Met, v: int, cell: int, surprise: float) -> None:
    """Add a meeting. An account's events come by time, so that its cells go back by one at most."""
    if met.cells[v] == 0:
        met.cells[v], met.top[v], met.now[v], met.last[v], met.total[v] = 1, cell, surprise, -1.0, 0.0
    elif cell == met.top[v]:
        met.now[v] = max(met.now[v], surprise)
    elif cell < met.top[v]:  # the partner's event came first, in the cell before
        met.cells[v] += met.last[v] < 0.0
        met.last[v] = max(met.last[v], surprise)
    else:
        met.total[v] += max(met.last[v], 0.0)
        if cell == met.top[v] + 1:
            met.last[v] = met.now[v]
        else:
            met.total[v] += met.now[v]
            met.last[v] = -1.0
        met.cells[v] += 1
        met.top[v], met.now[v] = cell, surprise


@compiled
def surprisals(board: Board, authors: Ints, activity: Floats, tails: Tails, floor: float) -> Floats:
    """Pairs of accounts that met, and how rare so many and such meetings are.

    Of a pair's meetings in one cell of time the most surprising counts, whatever the objects and layers.

    Parameters
    ----------
    authors : ndarray of int32, shape (n_units,)
        Who made each message.
    activity : ndarray of float64, shape (n_accounts,)
        Messages of each account.
    floor : float
        Least rarity of a pair that is returned.

    Returns
    -------
    ndarray of float64, shape (5, n_pairs)
        Rows: source, target (``source < target``), rarity, surprise, cells in which they met. Codes are floats, which
        hold them exactly.
    """
    actors = authors[board.units]
    count = len(activity)
    order, bounds = by_actor(actors, count, board.chrono)
    met = Met(
        np.zeros(count, np.float64),
        np.zeros(count, np.int32),
        np.zeros(count, np.int64),
        np.zeros(count, np.float64),
        np.zeros(count, np.float64),
    )
    partners = np.empty(count, np.int32)
    out = np.empty((5, 256))
    used = 0
    for u in range(count):
        several = 0
        for i in order[bounds[u] : bounds[u + 1]]:
            for j in range(board.low[i], board.high[i]):
                v = actors[j]
                if v <= u or board.units[j] == board.units[i]:
                    continue
                first = min(i, j)
                rate = board.rates[first] * activity[u] * activity[v]
                if met.cells[v] == 0:
                    partners[several] = v
                    several += 1
                meet(met, v, board.cells[first], max(-math.log(rate), 0.0))
        out = room(out, used, several)
        for v in partners[:several]:
            surprise = met.total[v] + met.now[v] + max(met.last[v], 0.0)
            rare = rarity(surprise, activity[u] * activity[v], tails)
            if rare >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, rare
                out[3, used], out[4, used] = surprise, met.cells[v]
                used += 1
            met.cells[v] = 0
    return out[:, :used]
