"""The compiled loops of the sweep, and nothing else: whoever imports this module waits for numba.

Machine code is kept beside this file, or in the user's cache where this folder cannot be written; where neither can,
it is compiled anew in each process. With ``NUMBA_DISABLE_JIT=1`` the same functions run as plain Python. Kernels that
call each other are in this one module: what numba keeps does not notice a change in another file.

Indices are unsigned where a loop runs once a pair: a signed one is checked for being negative each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])

EARLIEST = int(np.iinfo(np.int64).min)
LATEST = int(np.iinfo(np.int64).max)
LOW_HALF = (1 << 32) - 1
OWN = 1 << 30  # weight of an account's cell for itself: never a floor, never counted
BY_OBJECT, BY_TIME, UNSORTED = 2, 1, 0
ONE_EVENT, ONE_ACCOUNT, SHARED = 0, 1, 2
index = np.uint64


def compiled(function: F) -> F:
    """The function, compiled at its first call; it runs without the interpreter's lock."""
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder in which to keep the code
        return cast("F", numba.njit(nogil=True)(function))


class Plan(NamedTuple):
    """What a count walks over: the events of a range of accounts, account by account, and the windows they look into.

    The first columns are of the range's own events; ``actors``, ``messages`` and ``times`` of all events, sorted by
    object and time.
    """

    order: Ints  # own events, account by account; of one message, all but the first as −1 − their number
    bounds: Ints  # where each account's begin in ``order``; one more than accounts in the range
    begin: int  # code of the range's first account
    reach: Ints  # of each own event, low and high of the events in its window; two columns a window, narrowest first
    message: Ints
    time: Longs
    thing: Ints
    actors: Ints
    messages: Ints
    times: Longs
    check: bool  # whether an event in a window may be of the same message: then messages are compared
    work: Longs  # by account of the range, the events in its widest windows


@compiled
def room(out: Ints, used: int, more: int) -> Ints:
    """The table of results, made larger where ``more`` columns would not fit."""
    rows, size = out.shape
    if used + more <= size:
        return out
    bigger = np.empty((rows, max(2 * size, used + more)), np.int32)
    bigger[:, :used] = out[:, :used]
    return bigger


@compiled
def sortedness(objects: Ints, times: Longs) -> int:
    """Whether events are sorted by object and time, by time alone, or by neither."""
    both = True
    single = True
    for i in range(1, len(times)):
        later = times[i] >= times[i - 1]
        single = single and later
        both = both and (objects[i] > objects[i - 1] or (objects[i] == objects[i - 1] and later))
        if not (single or both):
            return UNSORTED
    return BY_OBJECT if both else BY_TIME


@compiled
def starts(codes: Ints, count: int) -> Ints:
    """Where each code's items begin once they are sorted by code; one more than codes."""
    begin = np.zeros(count + 1, np.int32)
    for code in codes:
        begin[code + 1] += 1
    for code in range(count):
        begin[code + 1] += begin[code]
    return begin


@compiled
def dealt(codes: Ints, order: Ints, begin: Ints) -> Ints:
    """``order`` sorted by code, ties as they stand (counting sort); an empty order stands for 0, 1, 2, and so on."""
    place = begin[:-1].copy()
    out = np.empty(len(codes), np.int32)
    for k in range(len(codes)):
        i = order[k] if len(order) else k
        code = codes[i]
        out[place[code]] = i
        place[code] += 1
    return out


@compiled
def grouped(actors: Ints, messages: Ints, begin: Ints, bounds: Ints) -> Ints:
    """Events account by account, those of one message together; −1 − i stands for an event i of the message before it.

    ``begin`` and ``bounds`` are where each message's and each account's events begin, once sorted by it.
    """
    n = len(actors)
    place = begin[:-1].copy()
    packed = np.empty(n, np.int64)  # account and event: what follows reads in order
    for i in range(n):
        message = messages[i]
        packed[place[message]] = np.int64(actors[i]) << 32 | i
        place[message] += 1
    place = bounds[:-1].copy()
    latest = np.full(len(place), -1, np.int32)
    out = np.empty(n, np.int32)
    for message in range(len(begin) - 1):
        for k in range(begin[message], begin[message + 1]):
            u = packed[k] >> 32
            i = packed[k] & LOW_HALF
            out[place[u]] = -1 - i if latest[u] == message else i
            latest[u] = message
            place[u] += 1
    return out


@compiled
def arranged(
    order: Ints, begin: Ints, actors: Ints, objects: Ints, messages: Ints, times: Longs
) -> tuple[Ints, Ints, Ints, Longs]:
    """The columns sorted by object, and within an object by ``order``; an empty order stands for 0, 1, 2, and so on."""
    n = len(times)
    place = begin[:-1].copy()
    out = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)
    for k in range(n):
        i = order[k] if len(order) else k
        thing = objects[i]
        to = place[thing]
        place[thing] += 1
        out[0][to], out[1][to], out[2][to], out[3][to] = actors[i], thing, messages[i], times[i]
    return out


@compiled
def sharing(actors: Ints, messages: Ints, count: int) -> int:
    """Whether each message has one event, or each has one account, or some have several accounts."""
    owner = np.full(count, -1, np.int32)
    found = ONE_EVENT
    for i in range(len(actors)):
        message = messages[i]
        if owner[message] == -1:
            owner[message] = actors[i]
        elif owner[message] == actors[i]:
            found = ONE_ACCOUNT
        else:
            return SHARED
    return found


@compiled
def windows(
    objects: Ints, times: Longs, begin: Ints, chosen: Ints, width: int, reach: Ints, column: int
) -> tuple[int, int]:
    """For chosen events, the range low … high of events on their object within ±width, themselves among them.

    Events are sorted by object and time, ``begin`` is where each object's begin; ``chosen`` ascends, and is empty where
    all are. Fills columns ``column`` and ``column + 1`` of ``reach``, one row a chosen event. Times may lie anywhere in
    64 bits: bounds are held at the ends instead of running over. Returns how many unordered pairs begin at a chosen
    event, and how many ordered ones, with itself, it has.
    """
    pairs = 0
    walked = 0
    first = 0
    last = 0
    thing = -1
    for k in range(len(reach)):
        i = chosen[k] if len(chosen) else k
        if objects[i] != thing:
            thing = objects[i]
            first = begin[thing]
            last = first
        end = begin[thing + 1]
        bound = times[i] - width if times[i] >= EARLIEST + width else EARLIEST
        while times[first] < bound:
            first += 1
        last = max(last, i)
        bound = times[i] + width if times[i] <= LATEST - width else LATEST
        while last < end and times[last] <= bound:
            last += 1
        reach[k, column] = first
        reach[k, column + 1] = last
        pairs += last - i - 1
        walked += last - first
    return pairs, walked


@compiled
def work(actors: Ints, reach: Ints, count: int) -> Longs:
    """By account, the events in the widest windows of its events."""
    last = reach.shape[1] - 1
    out = np.zeros(count, np.int64)
    for i in range(len(actors)):
        out[actors[i]] += reach[i, last] - reach[i, last - 1]
    return out


@compiled
def messages(plan: Plan, begin: int, end: int, floor: int, loops: bool, cells: Longs, nearer: Ints) -> Ints:
    """Weights of the range's accounts ``begin … end``: how many of their messages have a partner, by partner.

    The plan's order keeps the events of one message together. A message meets each partner once and never itself.
    Windows are nested: a message first looks into the narrowest one of each of its events, then only into what each
    wider one adds, so that all are counted at the cost of the widest. A partner's cell holds the last message that
    met it (its place in the order, plus one) and how many did; cells of an earlier account are told by that place and
    need no clearing. ``nearer`` counts, by partner and window but the widest, the messages that met it there first.

    Parameters
    ----------
    cells, nearer : ndarray
        Zeros at first; as many cells as accounts, and nearer counts as cells times windows but one.

    Returns
    -------
    ndarray of int32, shape (2 + n_windows, n_edges)
        Source, target and a weight for each window, for those whose weight in the widest reaches ``floor``; sorted.
    """
    spread = plan.reach.shape[1] // 2 - 1
    touched = np.empty(len(cells) + 1, np.int32)
    out = np.empty((3 + spread, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        if plan.bounds[u + 1] - plan.bounds[u] < floor:
            continue
        met = 0
        fresh = (np.int64(plan.bounds[u]) + 1) << 32
        k = plan.bounds[u]
        while k < plan.bounds[u + 1]:
            message = plan.message[plan.order[k]] if plan.check else -1
            now = (np.int64(k) + 1) << 32
            following = k + 1
            while following < plan.bounds[u + 1] and plan.order[following] < 0:
                following += 1
            if not loops:
                cells[plan.begin + u] = now | OWN
            for q in range(2 * spread + 1):  # the narrowest, then what each wider one adds before and after
                window = (q + 1) // 2
                for e in range(k, following):
                    i = max(plan.order[e], -1 - plan.order[e])
                    if q == 0:
                        low, high = plan.reach[i, 0], plan.reach[i, 1]
                    elif q % 2:
                        low, high = plan.reach[i, q + 1], plan.reach[i, q - 1]
                    else:
                        low, high = plan.reach[i, q - 1], plan.reach[i, q + 1]
                    for j in range(low, high):
                        v = index(plan.actors[index(j)])
                        cell = cells[v]
                        if cell >= now or (plan.check and plan.messages[index(j)] == message):
                            continue
                        weight = np.int64(1)
                        if cell >= fresh:
                            weight = (cell & LOW_HALF) + 1
                        elif spread:
                            for w in range(spread):
                                nearer[v * index(spread) + index(w)] = 0
                        cells[v] = now | weight
                        if window < spread:
                            nearer[v * index(spread) + index(window)] += 1
                        touched[index(met)] = v
                        if weight == floor:
                            met += 1
            k = following
        if met == 0:
            continue
        out = room(out, used, met)
        partners = touched[:met]
        partners.sort()
        for v in partners:
            out[0, used], out[1, used] = plan.begin + u, v
            near = 0
            for w in range(spread):
                near += nearer[v * spread + w]
                out[2 + w, used] = near
            out[2 + spread, used] = cells[v] & LOW_HALF
            used += 1
    return out[:, :used].copy()


@compiled
def occasions(plan: Plan, begin: int, end: int, floor: int, width: int, cells: Longs, since: Longs) -> Ints:
    """Like :func:`messages` for one window, but counts occasions: of meetings within ``width`` only the first.

    The plan's order keeps each account's events by time, so that a burst of posts, or one post with several objects,
    is one occasion however many meetings it holds. A cell holds the last account that met the partner (plus one) and
    how often; ``since``, when the last occasion began.
    """
    touched = np.empty(len(cells) + 1, np.int32)
    out = np.empty((3, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        me = plan.begin + u
        mine = (np.int64(me) + 1) << 32
        met = 0
        for k in range(plan.bounds[u], plan.bounds[u + 1]):
            i = plan.order[k]
            time = plan.time[i]
            bound = time - width if time >= EARLIEST + width else EARLIEST
            for j in range(plan.reach[i, 0], plan.reach[i, 1]):
                v = index(plan.actors[index(j)])
                if v == me or (plan.check and plan.messages[index(j)] == plan.message[i]):
                    continue
                cell = cells[v]
                weight = np.int64(1)
                if cell >= mine:
                    if since[v] >= bound:
                        continue
                    weight = (cell & LOW_HALF) + 1
                cells[v] = mine | weight
                since[v] = time
                touched[index(met)] = v
                if weight == floor:
                    met += 1
        out = room(out, used, met)
        partners = touched[:met]
        partners.sort()
        for v in partners:
            out[0, used], out[1, used], out[2, used] = me, v, cells[v] & LOW_HALF
            used += 1
    return out[:, :used].copy()


@compiled
def decays(
    plan: Plan, begin: int, end: int, floor: float, loops: bool, tau: float, cells: Longs, sums: Floats, nearest: Longs
) -> tuple[Ints, Floats]:
    """Like :func:`messages` for one window, but a message counts exp(−|Δt| / tau) for the partner's nearest message.

    ``cells`` (zeros at first) holds the last message that met a partner, ``nearest`` how near it came, ``sums`` the
    weight so far. A sum's terms are added in the order of the messages' codes, whatever the order of events.
    """
    touched = np.empty(len(cells), np.int32)
    recent = np.empty(len(cells), np.int32)
    out = np.empty((2, 1024), np.int32)
    weights = np.empty(1024, np.float64)
    used = 0
    for u in range(begin, end):
        met = 0
        k = plan.bounds[u]
        while k < plan.bounds[u + 1]:
            message = plan.message[plan.order[k]] if plan.check else -1
            now = np.int64(k) + 1
            following = k + 1
            while following < plan.bounds[u + 1] and plan.order[following] < 0:
                following += 1
            seen = 0
            for e in range(k, following):
                i = max(plan.order[e], -1 - plan.order[e])
                for j in range(plan.reach[i, 0], plan.reach[i, 1]):
                    v = plan.actors[j]
                    if (plan.check and plan.messages[j] == message) or (v == plan.begin + u and not loops):
                        continue
                    apart = abs(plan.times[j] - plan.time[i])
                    if cells[v] == now:
                        nearest[v] = min(nearest[v], apart)
                        continue
                    if cells[v] <= plan.bounds[u]:
                        sums[v] = 0.0
                        touched[met] = v
                        met += 1
                    cells[v], nearest[v] = now, apart
                    recent[seen] = v
                    seen += 1
            k = following
            for v in recent[:seen]:
                sums[v] += math.exp(-nearest[v] / tau)
        out = room(out, used, met)
        if out.shape[1] > len(weights):
            more = np.empty(out.shape[1], np.float64)
            more[:used] = weights[:used]
            weights = more
        partners = touched[:met]
        partners.sort()
        for v in partners:
            if sums[v] >= floor:
                out[0, used], out[1, used], weights[used] = plan.begin + u, v, sums[v]
                used += 1
    return out[:, :used].copy(), weights[:used].copy()


@compiled
def spans(plan: Plan, begin: int, end: int, edges: Longs, targets: Ints, slot: Longs, seen: Ints, out: Longs) -> None:
    """For given edges: when the source's first and last meeting was, and on how many objects they met.

    The plan's order keeps each account's events by object; ``edges`` says where the edges of each account of the range
    begin in ``targets``. Fills the rows of ``out``, one column an edge, which come as zeros. ``slot`` and ``seen`` are
    by account and hold −1.
    """
    for u in range(begin, end):
        mine = targets[edges[u] : edges[u + 1]]
        if not len(mine):
            continue
        for e in range(edges[u], edges[u + 1]):
            slot[targets[e]] = e
        for k in range(plan.bounds[u], plan.bounds[u + 1]):
            i = plan.order[k]
            for j in range(plan.reach[i, 0], plan.reach[i, 1]):
                v = index(plan.actors[index(j)])
                e = slot[v]
                if e < 0 or (plan.check and plan.messages[index(j)] == plan.message[i]):
                    continue
                if out[2, e] == 0 or plan.time[i] < out[0, e]:
                    out[0, e] = plan.time[i]
                if out[2, e] == 0 or plan.time[i] > out[1, e]:
                    out[1, e] = plan.time[i]
                if seen[v] != plan.thing[i]:
                    seen[v] = plan.thing[i]
                    out[2, e] += 1
        for v in mine:
            slot[v], seen[v] = -1, -1


@compiled
def given(
    lists: tuple[Ints, Ints], columns: tuple[Ints, Longs, Ints], pairs: tuple[Ints, Ints], width: int, marks: Ints
) -> Ints:
    """For given pairs, how many of the source's messages have a partner message of the target, by merging their events.

    ``lists`` is an order of events that keeps each account's by object and time, and where each account's begin;
    ``columns`` are the events' objects, times and messages; ``marks``, by message, −1. The cost of a pair is the number
    of its two accounts' events, however many others there are.
    """
    order, bounds = lists
    objects, times, messages = columns
    source, target = pairs
    out = np.zeros(len(source), np.int32)
    for p in range(len(source)):
        low = bounds[target[p]]
        last = bounds[target[p] + 1]
        for k in range(bounds[source[p]], bounds[source[p] + 1]):
            i = order[k]
            bound = times[i] - width if times[i] >= EARLIEST + width else EARLIEST
            while low < last:
                j = order[low]
                if objects[j] > objects[i] or (objects[j] == objects[i] and times[j] >= bound):
                    break
                low += 1
            if marks[messages[i]] == p:
                continue
            bound = times[i] + width if times[i] <= LATEST - width else LATEST
            for m in range(low, last):
                j = order[m]
                if objects[j] != objects[i] or times[j] > bound:
                    break
                if messages[j] != messages[i]:
                    marks[messages[i]] = p
                    out[p] += 1
                    break
    return out
