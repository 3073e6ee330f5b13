"""The compiled loops of the sweep, and nothing else: whoever imports this module waits for numba.

Machine code is kept beside this file, or in the user's cache where this folder cannot be written; where neither can,
it is compiled anew in each process. With ``NUMBA_DISABLE_JIT=1`` the same functions run as plain Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled at its first call; it runs without the interpreter's lock."""
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder in which to keep the code
        return cast("F", numba.njit(nogil=True)(function))


class Plan(NamedTuple):
    """What a count walks over: events sorted by object and time, and the order in which accounts meet them."""

    order: Longs  # events, account by account
    bounds: Longs  # where each account's begin in ``order``; one more than accounts
    low: Longs  # of each event, the range of events in its window
    high: Longs
    actors: Ints
    objects: Ints
    messages: Ints
    times: Longs


@compiled
def room(out: Ints, used: int, more: int) -> Ints:
    """The table of results, made larger where ``more`` columns would not fit."""
    size = out.shape[1]
    if used + more <= size:
        return out
    bigger = np.empty((3, max(2 * size, used + more)), np.int32)
    bigger[:, :used] = out[:, :used]
    return bigger


@compiled
def windows(objects: Ints, times: Longs, width: int, low: Longs, high: Longs) -> int:
    """For each event, the range ``low:high`` of events on its object within ±width, itself among them.

    Events are sorted by object and time. Returns the number of unordered pairs of events in a window.
    """
    n = len(objects)
    first = 0
    last = 0
    pairs = 0
    for i in range(n):
        if i == 0 or objects[i] != objects[i - 1]:
            first = i
            last = i
        while times[i] - times[first] > width:
            first += 1
        last = max(last, i)
        while last < n and objects[last] == objects[i] and times[last] - times[i] <= width:
            last += 1
        low[i] = first
        high[i] = last
        pairs += last - i - 1
    return pairs


@compiled
def messages(plan: Plan, begin: int, end: int, floor: int, loops: bool) -> Ints:
    """Weights of the accounts ``begin … end``: how many of their messages have a partner, by partner.

    The plan's order keeps the events of one message together. A message meets each partner once and never itself.
    Returns rows source, target and weight.
    """
    count = len(plan.bounds) - 1
    weight = np.zeros(count, np.int32)
    seen = np.full(count, -1, np.int32)  # by partner, the last message that met it
    touched = np.empty(count, np.int32)
    out = np.empty((3, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        met = 0
        for i in plan.order[plan.bounds[u] : plan.bounds[u + 1]]:
            message = plan.messages[i]
            for j in range(plan.low[i], plan.high[i]):
                v = plan.actors[j]
                if plan.messages[j] == message or seen[v] == message or (v == u and not loops):
                    continue
                if weight[v] == 0:
                    touched[met] = v
                    met += 1
                weight[v] += 1
                seen[v] = message
        out = room(out, used, met)
        for v in touched[:met]:
            if weight[v] >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, weight[v]
                used += 1
            weight[v], seen[v] = 0, -1
    return out[:, :used]


@compiled
def occasions(plan: Plan, begin: int, end: int, floor: int, width: int) -> Ints:
    """Like :func:`messages`, but counts occasions: of a partner's meetings within ``width`` only the first counts.

    The plan's order keeps each account's events by time, so that a burst of posts, or one post with several objects,
    is one occasion however many meetings it holds.
    """
    count = len(plan.bounds) - 1
    weight = np.zeros(count, np.int32)
    last = np.zeros(count, np.int64)  # by partner, when the last occasion began
    touched = np.empty(count, np.int32)
    out = np.empty((3, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        met = 0
        for i in plan.order[plan.bounds[u] : plan.bounds[u + 1]]:
            for j in range(plan.low[i], plan.high[i]):
                v = plan.actors[j]
                same = v == u or plan.messages[j] == plan.messages[i]
                if same or (weight[v] > 0 and plan.times[i] - last[v] <= width):
                    continue
                if weight[v] == 0:
                    touched[met] = v
                    met += 1
                weight[v] += 1
                last[v] = plan.times[i]
        out = room(out, used, met)
        for v in touched[:met]:
            if weight[v] >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, weight[v]
                used += 1
            weight[v] = 0
    return out[:, :used]


@compiled
def spans(plan: Plan, edges: Longs, targets: Ints, out: Longs) -> None:
    """For given edges: when the source's first and last meeting was, and on how many objects they met.

    The plan's order keeps each account's events by object; ``edges`` says where each source's begin in ``targets``.
    Fills the rows of ``out``, one column an edge, which come as zeros.
    """
    count = len(plan.bounds) - 1
    slot = np.full(count, -1, np.int64)  # by partner, its edge
    seen = np.full(count, -1, np.int32)  # by partner, the last object they met on
    for u in range(count):
        for e in range(edges[u], edges[u + 1]):
            slot[targets[e]] = e
        for i in plan.order[plan.bounds[u] : plan.bounds[u + 1]]:
            for j in range(plan.low[i], plan.high[i]):
                v = plan.actors[j]
                e = slot[v]
                if e < 0 or plan.messages[j] == plan.messages[i]:
                    continue
                if out[2, e] == 0 or plan.times[i] < out[0, e]:
                    out[0, e] = plan.times[i]
                if out[2, e] == 0 or plan.times[i] > out[1, e]:
                    out[1, e] = plan.times[i]
                if seen[v] != plan.objects[i]:
                    seen[v] = plan.objects[i]
                    out[2, e] += 1
        for v in targets[edges[u] : edges[u + 1]]:
            slot[v], seen[v] = -1, -1
