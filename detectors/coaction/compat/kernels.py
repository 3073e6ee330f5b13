"""The compiled loops of the compatibility modes: windows over times as the other tools compare them, and their counts.

They are apart from the sweep's own, which may change: what other tools say does not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.coaction.kernels import compiled

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Times = npt.NDArray[Any]


class Tokens(NamedTuple):
    """Documents as sorted sets of token numbers, one behind the other."""

    bounds: Longs  # where each document's begin; one more than documents
    tokens: Ints


class Kept(NamedTuple):
    """What decides which pairs of events CooRTweet keeps."""

    own: npt.NDArray[np.bool_]  # events whose content is the object itself
    actors: Ints
    contents: Ints
    loopless: bool


@compiled
def ranges(objects: Ints, times: Times, since: Times, until: Times, low: Longs, high: Longs) -> None:
    """For each event, the range ``low:high`` of events on its object with ``since <= time <= until``, the event's own.

    Events are sorted by object and time; ``since`` and ``until`` grow with the time.
    """
    n = len(objects)
    first = 0
    last = 0
    for i in range(n):
        if i == 0 or objects[i] != objects[i - 1]:
            first = i
            last = i
        while first < n and objects[first] == objects[i] and times[first] < since[i]:
            first += 1
        last = max(last, first)
        while last < n and objects[last] == objects[i] and times[last] <= until[i]:
            last += 1
        low[i] = first
        high[i] = last


@compiled
def weights(
    begin: int, end: int, order: Longs, bounds: Longs, low: Longs, high: Longs, actors: Ints, messages: Ints, floor: int
) -> Ints:
    """Of the accounts ``begin … end``: how many of their messages have a partner message, by partner.

    A message is a partner of itself. ``order`` holds the events account by account, those of a message together.
    Returns rows source, target and weight.
    """
    count = len(bounds) - 1
    weight = np.zeros(count, np.int32)
    seen = np.full(count, -1, np.int32)  # by partner, the last message that met it
    touched = np.empty(count, np.int32)
    out = np.empty((3, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        met = 0
        for i in order[bounds[u] : bounds[u + 1]]:
            message = messages[i]
            for j in range(low[i], high[i]):
                v = actors[j]
                if seen[v] == message:
                    continue
                if weight[v] == 0:
                    touched[met] = v
                    met += 1
                weight[v] += 1
                seen[v] = message
        out = roomy(out, used, met)
        for v in touched[:met]:
            if weight[v] >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, weight[v]
                used += 1
            weight[v], seen[v] = 0, -1
    return out[:, :used]


@compiled
def similar_weights(
    begin: int,
    end: int,
    order: Longs,
    bounds: Longs,
    low: Longs,
    high: Longs,
    actors: Ints,
    documents: Ints,
    sets: Tokens,
    threshold: float,
    smallest: float,
    floor: int,
) -> Ints:
    """Like :func:`weights`, of events that are a message each, whose partners are those with similar documents.

    Similar is a Jaccard similarity of at least ``threshold``; a document of fewer than ``smallest`` tokens has
    similarity 0 with everything.
    """
    count = len(bounds) - 1
    weight = np.zeros(count, np.int32)
    seen = np.full(count, -1, np.int64)
    touched = np.empty(count, np.int32)
    out = np.empty((3, 1024), np.int32)
    used = 0
    for u in range(begin, end):
        met = 0
        for i in order[bounds[u] : bounds[u + 1]]:
            for j in range(low[i], high[i]):
                v = actors[j]
                if seen[v] == i or jaccard(sets, documents[i], documents[j], threshold, smallest) < threshold:
                    continue
                if weight[v] == 0:
                    touched[met] = v
                    met += 1
                weight[v] += 1
                seen[v] = i
        out = roomy(out, used, met)
        for v in touched[:met]:
            if weight[v] >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, weight[v]
                used += 1
            weight[v], seen[v] = 0, -1
    return out[:, :used]


@compiled
def jaccard(sets: Tokens, one: int, other: int, threshold: float, smallest: float) -> float:
    """Similarity of two documents; −1 where their sizes alone keep it below the threshold."""
    a, a_end = sets.bounds[one], sets.bounds[one + 1]
    b, b_end = sets.bounds[other], sets.bounds[other + 1]
    size, size_b = a_end - a, b_end - b
    if size < smallest or size_b < smallest:
        return 0.0
    if size == 0 and size_b == 0:
        return 0.0  # the caller has seen to it that this is not asked
    if min(size, size_b) / max(size, size_b) < threshold:
        return -1.0
    if one == other:
        return 1.0
    common = 0
    while a < a_end and b < b_end:
        if sets.tokens[a] == sets.tokens[b]:
            common += 1
            a += 1
            b += 1
        elif sets.tokens[a] < sets.tokens[b]:
            a += 1
        else:
            b += 1
    return float(common / (size + size_b - common))


@compiled
def pairs_within(objects: Ints, times: Floats, window: float, later: Longs) -> int:
    """Of each event, the end of the events after it that are within the window; returns how many pairs there are.

    Events are sorted by object and time.
    """
    n = len(objects)
    last = 0
    total = 0
    for i in range(n):
        last = max(last, i + 1)
        while last < n and objects[last] == objects[i] and times[last] - times[i] <= window:
            last += 1
        later[i] = last
        total += last - i - 1
    return total


@compiled
def listed(later: Longs, keep: Kept, one: Ints, other: Ints) -> int:
    """Write the pairs that are kept, as places of events, and say how many there are.

    Without loops those are pairs of two accounts with two contents, neither of them the object.
    """
    used = 0
    for i in range(len(later)):
        for j in range(i + 1, later[i]):
            if keep.loopless and (
                keep.own[i] or keep.own[j] or keep.actors[i] == keep.actors[j] or keep.contents[i] == keep.contents[j]
            ):
                continue
            one[used] = i
            other[used] = j
            used += 1
    return used


@compiled
def roomy(out: Ints, used: int, more: int) -> Ints:
    """The table of results, made larger where ``more`` columns would not fit."""
    size = out.shape[1]
    if used + more <= size:
        return out
    bigger = np.empty((3, max(2 * size, used + more)), np.int32)
    bigger[:, :used] = out[:, :used]
    return bigger
