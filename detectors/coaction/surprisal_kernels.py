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
    rates: Floats  # of each event, 2 m / N²: m the pairs at its place, N the messages of its period
    depths: Floats  # of each event, ln(largest m / m)


class Shares(NamedTuple):
    """How the accounts' activity lies in time, a sparse matrix by account: n_a √(2 M) / N in each period."""

    bounds: Longs  # where each account's begin; one more than accounts
    periods: Longs
    weights: Floats


class Tails(NamedTuple):
    """How the depths of meetings that chance makes are spread: see :mod:`detectors.coaction.surprisal`."""

    step: float  # width of a bin
    tails: Floats  # row k − 1: chance that the depths of k meetings, drawn at random, sum to at least each bin's
    tilts: Floats  # θ, rising
    moments: Floats  # ln of the mean of exp(θ Y) over them


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
def rarity(surprise: float, depth: float, cells: int, mean: float, tails: Tails) -> float:
    """−ln P(the sum of surprises of a Poisson number of meetings ≥ surprise).

    ``mean`` is the number of meetings expected; ``depth`` the part of the surprise of the ``cells`` meetings seen that
    is due to where they lie, the rest being due to how active the two are. Beyond the table stands the chance of more
    meetings than it has rows, or, where that says little, Chernoff's bound on all: the result errs towards chance.
    """
    offset = (depth - surprise) / cells
    deep, width = tails.tails.shape
    chance = 0.0
    part = math.exp(-mean)
    below = part
    for row in range(deep):
        part *= mean / (row + 1)
        below += part
        # k depths, each rounded down to its bin, fall short of their sum's bin by at most k − 1 bins
        place = math.floor((surprise + (row + 1) * offset) / tails.step + 1e-6) - row
        if place <= 0:
            chance += part
        elif place < width:
            chance += part * tails.tails[row, place]
    ratio = mean / (deep + 2)
    beyond = max(1.0 - below, 0.0) + 1e-15
    if ratio < 0.5:  # the terms that follow fall at least as fast as a geometric series
        beyond = part * mean / (deep + 1) / (1.0 - ratio)
    least = -math.log(min(max(chance + beyond, 1e-300), 1.0))
    if beyond > 0.01 * chance:
        least = max(least, min(chernoff(surprise, offset, mean, tails), 690.0))
    return least


@compiled
def chernoff(surprise: float, offset: float, mean: float, tails: Tails) -> float:
    """−ln of Chernoff's bound on the same chance: max over θ of θ S − λ (E exp(θ (Y − offset)) − 1), at least 0."""
    best = 0.0
    for row in range(len(tails.tilts)):
        tilt = tails.tilts[row]
        now = tilt * surprise - mean * (math.exp(tails.moments[row] - tilt * offset) - 1.0)
        if now < best:  # concave, and 0 at 0: no larger θ does better
            break
        best = max(best, now)
    return best


@compiled
def expected(shares: Shares, v: int, mine: Floats) -> float:
    """Meetings with v that chance brings an account whose weights are ``mine``."""
    total = 0.0
    for at in range(shares.bounds[v], shares.bounds[v + 1]):
        total += mine[shares.periods[at]] * shares.weights[at]
    return total


@compiled
def room(out: Floats, used: int, more: int) -> Floats:
    """The table of results, made larger where ``more`` columns would not fit."""
    if used + more <= out.shape[1]:
        return out
    bigger = np.empty((out.shape[0], max(2 * out.shape[1], used + more)))
    bigger[:, :used] = out[:, :used]
    return bigger


class Met(NamedTuple):
    """One account's meetings so far, by partner; rows 0 and 1 of the sums are surprise and depth."""

    total: Floats  # of the cells before the last two, shape (2, accounts)
    cells: Ints  # in how many they met
    top: Longs  # the newest of them
    now: Floats  # of the most surprising meeting in that cell
    last: Floats  # and in the one before it; surprise −1: none


@compiled
def better(best: Floats, v: int, surprise: float, depth: float) -> None:
    """Put a meeting in the place of a less surprising one; of equals the deeper stays."""
    if surprise > best[0, v] or (surprise == best[0, v] and depth > best[1, v]):
        best[0, v], best[1, v] = surprise, depth


@compiled
def meet(met: Met, v: int, cell: int, surprise: float, depth: float) -> None:
    """Add a meeting. An account's events come by time, so that its cells go back by one at most."""
    if met.cells[v] == 0:
        met.cells[v], met.top[v], met.last[0, v] = 1, cell, -1.0
        met.now[0, v], met.now[1, v], met.total[0, v], met.total[1, v] = surprise, depth, 0.0, 0.0
    elif cell == met.top[v]:
        better(met.now, v, surprise, depth)
    elif cell < met.top[v]:  # the partner's event came first, in the cell before
        met.cells[v] += met.last[0, v] < 0.0
        better(met.last, v, surprise, depth)
    else:
        add(met.total, v, met.last)
        if cell == met.top[v] + 1:
            met.last[0, v], met.last[1, v] = met.now[0, v], met.now[1, v]
        else:
            add(met.total, v, met.now)
            met.last[0, v] = -1.0
        met.cells[v] += 1
        met.top[v], met.now[0, v], met.now[1, v] = cell, surprise, depth


@compiled
def add(total: Floats, v: int, best: Floats) -> None:
    """Add a cell's best meeting, if there is one."""
    if best[0, v] >= 0.0:
        total[0, v] += best[0, v]
        total[1, v] += best[1, v]


@compiled
def surprisals(board: Board, authors: Ints, busy: Floats, shares: Shares, tails: Tails, floor: float) -> Floats:
    """Pairs of accounts that met, and how rare so many and such meetings are.

    Of a pair's meetings in one cell of time the most surprising counts, whatever the objects and layers.

    Parameters
    ----------
    authors : ndarray of int32, shape (n_units,)
        Who made each message.
    busy : ndarray of float64, shape (n_units,)
        How many messages that author made in that period.
    shares : Shares
        How the accounts' activity lies in time.
    floor : float
        Least rarity of a pair that is returned.

    Returns
    -------
    ndarray of float64, shape (5, n_pairs)
        Rows: source, target (``source < target``), rarity, surprise, cells in which they met. Codes are floats, which
        hold them exactly.
    """
    actors = authors[board.units]
    count = len(shares.bounds) - 1
    mine = np.zeros(shares.periods.max() + 1 if len(shares.periods) else 1)
    order, bounds = by_actor(actors, count, board.chrono)
    met = Met(
        np.zeros((2, count)),
        np.zeros(count, np.int32),
        np.zeros(count, np.int64),
        np.zeros((2, count)),
        np.zeros((2, count)),
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
                rate = board.rates[first] * busy[board.units[i]] * busy[board.units[j]]
                if met.cells[v] == 0:
                    partners[several] = v
                    several += 1
                meet(met, v, board.cells[first], max(-math.log(rate), 0.0), board.depths[first])
        out = room(out, used, several)
        for at in range(shares.bounds[u], shares.bounds[u + 1]):
            mine[shares.periods[at]] = shares.weights[at]
        for v in partners[:several]:
            add(met.total, v, met.now)
            add(met.total, v, met.last)
            surprise = met.total[0, v]
            mean = expected(shares, v, mine)
            if mean <= 0.0:  # they met across the border of two periods, and share none
                mean = math.exp(-surprise / met.cells[v])
            rare = rarity(surprise, met.total[1, v], met.cells[v], mean, tails)
            if rare >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, rare
                out[3, used], out[4, used] = surprise, met.cells[v]
                used += 1
            met.cells[v] = 0
        for at in range(shares.bounds[u], shares.bounds[u + 1]):
            mine[shares.periods[at]] = 0.0
    return out[:, :used]


class Bounds(NamedTuple):
    """What tells at a glance that a pair which met once is not rare enough."""

    periods: Longs  # of each event
    likely: Floats  # of each event, meetings of two accounts with one message each in its period: 2 M / N²
    shares: Floats  # of each event, the chance that a meeting lies at a place with at most as many pairs
    limit: float  # chance from which a pair is not looked at


@compiled
def slot(key: int, mask: int) -> int:
    """Where a key belongs in a table of a power of two."""
    return (key ^ (key >> 11) ^ (key >> 25)) & mask


@compiled
def survivors(
    board: Board, actors: Ints, busy: Floats, bounds: Bounds, ranks: Longs, count: int
) -> tuple[Longs, Longs, Ints, Ints]:
    """The meetings of pairs that may be rare enough: of those that met more than once, or where few do.

    Under the null a pair that met once has at least the chance (1 − e^{−λ}) P(Y ≥ y), with λ no less than what the
    period alone brings, and 1 − e^{−λ} ≥ λ / (1 + λ). Most pairs of a dataset met once, and that is known of them
    without a logarithm. Pairs are told apart by a hash: who shares one with another pair is looked at as well.

    Parameters
    ----------
    actors : ndarray of int32, shape (n_events,)
        Who made each event.
    busy : ndarray of float64, shape (n_events,)
        Messages of that account in the event's period.
    ranks : ndarray of int64, shape (n_events,)
        Places of the events in order of time.
    count : int
        Accounts.

    Returns
    -------
    keys : ndarray of int64, shape (n_meetings,)
        source · accounts + target, with source < target.
    times : ndarray of int64, shape (n_meetings,)
        Rank of the source's event.
    sources, targets : ndarray of int32, shape (n_meetings,)
        The two events.
    """
    size, pairs = 1 << 12, 0
    for i in range(len(actors)):
        pairs += board.high[i] - i - 1
    while size < 16 * pairs and size < 1 << 28:
        size *= 2
    seen = np.zeros(size >> 2, np.uint8)  # two bits each: never, once, more often
    for i in range(len(actors)):
        for j in range(i + 1, board.high[i]):
            a, b = actors[i], actors[j]
            if a != b and board.units[i] != board.units[j]:
                at = slot(min(a, b) * count + max(a, b), size - 1)
                old = (seen[at >> 2] >> (2 * (at & 3))) & 3
                if old < 2:
                    seen[at >> 2] += 1 << (2 * (at & 3))
    keys, times = np.empty(1024, np.int64), np.empty(1024, np.int64)
    ends = np.empty((2, 1024), np.int32)
    used = 0
    for i in range(len(actors)):
        for j in range(i + 1, board.high[i]):
            a, b = actors[i], actors[j]
            if a == b or board.units[i] == board.units[j]:
                continue
            key = min(a, b) * count + max(a, b)
            at = slot(key, size - 1)
            if (seen[at >> 2] >> (2 * (at & 3))) & 3 < 2 and bounds.periods[i] == bounds.periods[j]:
                mean = bounds.likely[i] * busy[i] * busy[j]
                if mean * bounds.shares[i] >= bounds.limit * (1.0 + mean):
                    continue
            if used == len(keys):
                keys, times = np.append(keys, np.empty_like(keys)), np.append(times, np.empty_like(times))
                ends = np.concatenate((ends, np.empty_like(ends)), axis=1)
            mine, other = (i, j) if a < b else (j, i)
            keys[used], times[used], ends[0, used], ends[1, used] = key, ranks[mine], mine, other
            used += 1
    return keys[:used], times[:used], ends[0, :used], ends[1, :used]


@compiled
def judged(
    board: Board,
    met: tuple[Longs, Ints, Ints],
    busy: Floats,
    shares: Shares,
    tails: Tails,
    bounds: Bounds,
    floor: float,
    count: int,
) -> Floats:
    """What :func:`surprisals` says of the pairs of some meetings, all of theirs.

    Parameters
    ----------
    met : tuple of arrays, shape (n_meetings,)
        Keys of the pairs, the source's event and the target's; by key, by time of the source's event, by target's.
    floor : float
        Least rarity of a pair that is returned.
    count : int
        Accounts.
    """
    keys, sources, targets = met
    mine = np.zeros(shares.periods.max() + 1 if len(shares.periods) else 1)
    alone = True  # whether it is the first of its pair
    state = Met(np.zeros((2, 1)), np.zeros(1, np.int32), np.zeros(1, np.int64), np.zeros((2, 1)), np.zeros((2, 1)))
    out = np.empty((5, 256))
    used, last = 0, -1
    for k in range(len(keys)):
        i, j = sources[k], targets[k]
        first = min(i, j)
        more = k + 1 < len(keys) and keys[k + 1] == keys[k]
        if alone and not more and bounds.periods[i] == bounds.periods[j]:
            mean = bounds.likely[first] * busy[i] * busy[j]
            if mean * bounds.shares[first] >= bounds.limit * (1.0 + mean):
                continue
        alone = not more
        rate = board.rates[first] * busy[i] * busy[j]
        meet(state, 0, board.cells[first], max(-math.log(rate), 0.0), board.depths[first])
        if more:
            continue
        add(state.total, 0, state.now)
        add(state.total, 0, state.last)
        surprise, depth, cells = state.total[0, 0], state.total[1, 0], state.cells[0]
        state.cells[0] = 0
        u, v = keys[k] // count, keys[k] % count
        if u != last:
            if last >= 0:
                for at in range(shares.bounds[last], shares.bounds[last + 1]):
                    mine[shares.periods[at]] = 0.0
            for at in range(shares.bounds[u], shares.bounds[u + 1]):
                mine[shares.periods[at]] = shares.weights[at]
            last = u
        mean = expected(shares, v, mine)
        if likely(depth, cells, mean, tails) >= bounds.limit:
            continue
        if mean <= 0.0:  # they met across the border of two periods, and share none
            mean = math.exp(-surprise / cells)
        rare = rarity(surprise, depth, cells, mean, tails)
        if rare >= floor:
            out = room(out, used, 1)
            out[0, used], out[1, used], out[2, used] = u, v, rare
            out[3, used], out[4, used] = surprise, cells
            used += 1
    return out[:, :used]


@compiled
def likely(depth: float, cells: int, mean: float, tails: Tails) -> float:
    """A chance that a pair has at least: that of just as many meetings, at places as deep."""
    deep, width = tails.tails.shape
    place = math.ceil(depth / tails.step)
    if cells > deep or place >= width:
        return 0.0
    chance = math.exp(-mean) * tails.tails[cells - 1, place]
    for row in range(cells):
        chance *= mean / (row + 1)
    return float(chance)
