"""The compiled loops of near-duplicate texts and of counting them; whoever imports this module waits for numba.

Kernels that call each other are in this one module: what numba keeps does not notice a change in another file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.coaction.kernels import Ints, Longs, compiled

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

NARROW, WIDE = 12, 16  # bits that a character takes in a packed shingle; a wide one also weighs two
WEIGHT = 5  # of a shingle


@compiled
def shingle_ends(wide: Bytes, offsets: Longs, out: Bytes) -> None:
    """Length of the shingle that begins at each character; 0 where the rest of its text is too light for one.

    A text that is too light as a whole is one shingle.
    """
    for t in range(len(offsets) - 1):
        begin, end = offsets[t], offsets[t + 1]
        for i in range(begin, end):
            weight, j = 0, i
            while j < end and weight < WEIGHT:
                weight += 1 + wide[j]
                j += 1
            out[i] = j - i if weight >= WEIGHT or i == begin else 0


@compiled
def packed(codes: Codes, wide: Bytes, lengths: Bytes, out: Keys) -> None:
    """Each shingle as one number, exactly: a prefix code of its characters, aligned to the left.

    A narrow character is 0 and 11 bits, of which not all are 0, a wide one 1 and 15 bits: at most 4 × 12 + 16 bits.
    """
    for i in range(len(codes)):
        key, used = np.uint64(0), 0
        for j in range(i, i + np.int64(lengths[i])):
            bits = WIDE if wide[j] else NARROW
            key = (key << np.uint64(bits)) | np.uint64(codes[j])
            used += bits
        out[i] = key << np.uint64(64 - used) if used else np.uint64(0)


@compiled
def mixed(x: np.uint64) -> np.uint64:
    """A permutation of 64-bit numbers that looks random (Appleby, 2011: the finaliser of MurmurHash3)."""
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


@compiled
def sketched(keys: Keys, offsets: Longs, factors: Keys, addends: Keys, out: Keys) -> None:
    """For each text and band, one number that texts share when all the band's minima are equal.

    MinHash (Broder, 1997) with the functions (a·mix(x) + b) ≫ 32. ``out`` has a row a text and a column a band; every
    band takes as many of the functions. A key of 0 is no shingle.
    """
    count, bands = len(factors), out.shape[1]
    rows = count // bands
    least = np.empty(count, np.uint32)
    for t in range(len(offsets) - 1):
        least[:] = np.uint32(0xFFFFFFFF)
        for i in range(offsets[t], offsets[t + 1]):
            if keys[i]:
                x = mixed(keys[i])
                for k in range(count):
                    least[k] = min(least[k], np.uint32((factors[k] * x + addends[k]) >> np.uint64(32)))
        for band in range(bands):
            key = np.uint64(band)
            for k in range(band * rows, (band + 1) * rows):
                key = mixed(key + np.uint64(least[k]) + np.uint64(0x9E3779B97F4A7C15))
            out[t, band] = key


@compiled
def as_sets(keys: Keys, offsets: Longs, out: Longs) -> None:
    """Sort each text's keys in place and move its distinct ones to its front; ``out`` says how many there are.

    A key of 0 is no shingle.
    """
    for t in range(len(offsets) - 1):
        mine = keys[offsets[t] : offsets[t + 1]]
        mine.sort()
        used, last = 0, np.uint64(0)
        for key in mine:
            if key != last:
                mine[used] = key
                last = key
                used += 1
        out[t] = used


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
def first_at(values: Longs, low: int, high: int, value: int) -> int:
    """Place of the first of some sorted values ``low:high`` that is at least the value."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def crowds(order: Longs, band: Keys, spans: Longs, width: int) -> tuple[Ints, Bytes]:
    """How many later members of its bucket each text has to be compared with, and the texts that meet any.

    ``order`` sorts the texts by ``band`` and their first use; ``spans`` has each text's first and last use.
    """
    n = len(order)
    ahead = np.zeros(n, np.int32)
    met = np.zeros(len(spans), np.uint8)
    firsts = np.empty(n, np.int64)
    for p in range(n):
        firsts[p] = spans[order[p], 0]
    begin = 0
    while begin < n:
        end = begin + 1
        while end < n and band[order[end]] == band[order[begin]]:
            end += 1
        reach = begin
        for p in range(begin, end):
            stop = first_at(firsts, p + 1, end, spans[order[p], 1] + width + 1)
            ahead[p] = stop - p - 1
            if stop > p + 1 or p < reach:
                met[order[p]] = 1
            reach = max(reach, stop)
        begin = end
    return ahead, met


@compiled
def common(one: Keys, other: Keys, least: int) -> int:
    """Number of equal keys in two sorted ranges; −1 as soon as there cannot be ``least``."""
    found, a, b = 0, 0, 0
    while a < len(one) and b < len(other):
        if found + min(len(one) - a, len(other) - b) < least:
            return -1
        x, y = one[a], other[b]
        found += x == y
        a += x <= y
        b += y <= x
    return found if found >= least else -1


class Buckets(NamedTuple):
    """Texts by what they share in one band."""

    order: Longs  # texts, by their key in the band and their first use
    ahead: Ints  # of each of these, the number of later ones to compare it with
    bands: Keys  # (text, band): their keys in all bands
    band: int  # the one meant


class Sets(NamedTuple):
    """Sorted distinct shingles of texts."""

    keys: Keys
    starts: Longs  # where each text's begin
    sizes: Longs


@compiled
def shared(bands: Keys, a: int, b: int, count: int) -> bool:
    """Whether two texts share one of the first bands."""
    k = 0
    while k < count and bands[a, k] != bands[b, k]:
        k += 1
    return k < count


@compiled
def joined(buckets: Buckets, sets: Sets, most: int, threshold: float) -> tuple[Ints, Floats]:
    """Pairs of one band's buckets whose similarity is at least the threshold, those of an earlier band left out.

    A text is compared with at most ``most`` later ones. Returns rows (lesser, greater) and the similarities.
    """
    out = np.empty((3, 1024), np.int32)
    jaccard = np.empty(1024, np.float64)
    used = 0
    for p in range(len(buckets.order)):
        a = buckets.order[p]
        one = sets.keys[sets.starts[a] : sets.starts[a] + sets.sizes[a]]
        for b in buckets.order[p + 1 : p + 1 + min(buckets.ahead[p], most)]:
            size = sets.sizes[b]
            if min(size, len(one)) / max(size, len(one)) < threshold or shared(buckets.bands, a, b, buckets.band):
                continue
            # o / (|a| + |b| − o) ≥ t is o ≥ t (|a| + |b|) / (1 + t); one less, for what rounding may do
            least = int(threshold / (1 + threshold) * (size + len(one))) - 1
            found = common(one, sets.keys[sets.starts[b] : sets.starts[b] + size], least)
            if found < 0 or found / (size + len(one) - found) < threshold:
                continue
            out = room(out, used, 1)
            if len(jaccard) < out.shape[1]:
                jaccard = np.concatenate((jaccard, np.empty(out.shape[1] - len(jaccard), np.float64)))
            out[0, used], out[1, used] = min(a, b), max(a, b)
            jaccard[used] = found / (size + len(one) - found)
            used += 1
    return out[:2, :used], jaccard[:used]


@compiled
def starred(order: Longs, bounds: Longs, near: Ints, out: Ints) -> None:
    """Stars: in the given order, each text that is in none yet takes those of its neighbours that are in none.

    ``out`` comes as −1 and gets each text's centre.
    """
    for t in order:
        if out[t] < 0:
            out[t] = t
            for other in near[bounds[t] : bounds[t + 1]]:
                if out[other] < 0:
                    out[other] = t


class NearPlan(NamedTuple):
    """What a count walks over: events sorted by text and time, the order of accounts, and which texts are similar."""

    order: Longs  # events, account by account
    bounds: Longs  # where each account's begin in ``order``; one more than accounts
    actors: Ints
    texts: Ints
    messages: Ints
    times: Longs
    starts: Longs  # where each text's events begin; one more than texts
    near_bounds: Longs  # where the texts similar to each begin in ``near``
    near: Ints  # among them each text itself
    width: int


@compiled
def near_crowds(starts: Longs, times: Longs, near_bounds: Longs, near: Ints, width: int) -> Longs:
    """Of each text, how many events on texts similar to it are in the windows of its events, added up."""
    out = np.zeros(len(starts) - 1, np.int64)
    for text in range(len(out)):
        for other in near[near_bounds[text] : near_bounds[text + 1]]:
            low, high, stop = starts[other], starts[other], starts[other + 1]
            for i in range(starts[text], starts[text + 1]):
                while low < stop and times[i] - times[low] > width:
                    low += 1
                high = max(low, high)
                while high < stop and times[high] - times[i] <= width:
                    high += 1
                out[text] += high - low
    return out


@compiled
def near_messages(plan: NearPlan, begin: int, end: int, floor: int, loops: bool) -> Ints:
    """Weights of the accounts ``begin … end``: how many of their messages have a partner with a similar text.

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
            for text in plan.near[plan.near_bounds[plan.texts[i]] : plan.near_bounds[plan.texts[i] + 1]]:
                stop = plan.starts[text + 1]
                j = first_at(plan.times, plan.starts[text], stop, plan.times[i] - plan.width)
                while j < stop and plan.times[j] - plan.times[i] <= plan.width:
                    v = plan.actors[j]
                    if plan.messages[j] != message and seen[v] != message and (v != u or loops):
                        if weight[v] == 0:
                            touched[met] = v
                            met += 1
                        weight[v] += 1
                        seen[v] = message
                    j += 1
        out = room(out, used, met)
        for v in touched[:met]:
            if weight[v] >= floor:
                out[0, used], out[1, used], out[2, used] = u, v, weight[v]
                used += 1
            weight[v], seen[v] = 0, -1
    return out[:, :used]


@compiled
def widen(out: Longs, e: int, at: int) -> None:
    """Have an edge's span, the first two rows, reach a time; while the third row is 0 it has none."""
    if out[2, e] == 0 or at < out[0, e]:
        out[0, e] = at
    if out[2, e] == 0 or at > out[1, e]:
        out[1, e] = at


@compiled
def near_spans(plan: NearPlan, edges: Longs, targets: Ints, out: Longs) -> None:
    """For given edges: when the source's first and last meeting was, and with how many of its texts.

    The plan's order keeps each account's events by text; ``edges`` says where each source's begin in ``targets``.
    Fills the rows of ``out``, one column an edge, which come as zeros.
    """
    count = len(plan.bounds) - 1
    slot = np.full(count, -1, np.int64)  # by partner, its edge
    seen = np.full(count, -1, np.int32)  # by partner, the last text that met it
    for u in range(count):
        for e in range(edges[u], edges[u + 1]):
            slot[targets[e]] = e
        for i in plan.order[plan.bounds[u] : plan.bounds[u + 1]]:
            for text in plan.near[plan.near_bounds[plan.texts[i]] : plan.near_bounds[plan.texts[i] + 1]]:
                stop = plan.starts[text + 1]
                j = first_at(plan.times, plan.starts[text], stop, plan.times[i] - plan.width)
                while j < stop and plan.times[j] - plan.times[i] <= plan.width:
                    v = plan.actors[j]
                    e = slot[v]
                    if e >= 0 and plan.messages[j] != plan.messages[i]:
                        widen(out, e, plan.times[i])
                        if seen[v] != plan.texts[i]:
                            seen[v] = plan.texts[i]
                            out[2, e] += 1
                    j += 1
        for v in targets[edges[u] : edges[u + 1]]:
            slot[v], seen[v] = -1, -1
