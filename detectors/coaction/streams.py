"""Several actions side by side: which pairs of accounts act together, in any of them, more often than chance allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.null import Floats, Null, significant, tail
from detectors.coaction.rings import components
from detectors.coaction.sweep import Ints, Longs, Sweep


class Stream:
    """One action's events, ready to be counted and judged, with accounts numbered as all streams number them.

    Parameters
    ----------
    action : str
        Name in :data:`detectors.coaction.actions.ACTIONS`.
    events : pyarrow.Table
        Its events.
    names : pyarrow.Array
        Sorted keys of the accounts of all streams.
    """

    def __init__(self, action: str, events: pa.Table, window_s: float, names: pa.Array, *, prompt: bool) -> None:
        self.action = action
        self.sweep = Sweep(events, window_s)
        self.null = Null(self.sweep, prompt=prompt)
        self.codes: Ints = pc.index_in(self.sweep.names, names).to_numpy().astype(np.int32)
        self._local = np.full(len(names), -1, np.int32)
        self._local[self.codes] = np.arange(len(self.codes), dtype=np.int32)

    def local(self, ring: Ints) -> Ints:
        """The sweep's own codes of those of a group who are in this stream, sorted."""
        codes: Ints = self._local[ring]
        return codes[codes >= 0]

    def among(self, ring: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which events are a group's."""
        mine = np.zeros(len(self.codes), bool)
        mine[self.local(ring)] = True
        chosen: np.ndarray[tuple[int], np.dtype[np.bool_]] = mine[self.sweep.actors]
        return chosen


@dataclass(frozen=True)
class Pairs:
    """Pairs of accounts (``source < target``) and the chance of their meetings under the null."""

    source: Ints
    target: Ints
    p: Floats

    def __len__(self) -> int:
        return len(self.p)

    def within(self, limit: float) -> Pairs:
        """Those with p ≤ limit."""
        keep = self.p <= limit
        return Pairs(self.source[keep], self.target[keep], self.p[keep])

    def without(self, groups: Sequence[Ints]) -> Pairs:
        """Those that are not within one of some groups of accounts."""
        keep = np.ones(len(self.p), bool)
        for group in groups:
            keep &= ~(np.isin(self.source, group) & np.isin(self.target, group))
        return Pairs(self.source[keep], self.target[keep], self.p[keep])


def names_of(tables: Sequence[pa.Table]) -> pa.Array:
    """Sorted keys of all accounts in some event tables."""
    keys = [t["actor"].combine_chunks().dictionary for t in tables if t.num_rows]
    found = pc.unique(pa.concat_arrays(keys)) if keys else pa.array([], pa.string())
    return found.take(pc.sort_indices(found))


def pairs(streams: Sequence[Stream], count: int, min_weight: int) -> Pairs:
    """All pairs that met on at least ``min_weight`` occasions in some stream.

    A pair's p is its least over the streams times the number of streams (Bonferroni): streams repeat each other's
    posts, so that nothing is assumed about their dependence.
    """
    found = [_met(s, s.sweep, np.arange(len(s.codes)), count, min_weight) for s in streams]
    return _least(found, count)


def fires(streams: Sequence[Stream], parts: Sequence[Sweep], codes: Sequence[Longs], rule: Rule) -> bool:
    """Whether parts of the streams alone, judged by the same rule, still hold a ring."""
    found = [
        _met(s, part, code, rule.count, rule.min_weight) for s, part, code in zip(streams, parts, codes, strict=True)
    ]
    kept = _least(found, rule.count).within(rule.limit).without(rule.apart)
    return bool(components(kept.source, kept.target, least=rule.min_ring))


@dataclass(frozen=True)
class Rule:
    """When accounts make a ring: edges with p ≤ limit that join at least ``min_ring`` accounts."""

    count: int  # accounts there are
    min_weight: int
    limit: float
    min_ring: int
    apart: tuple[Ints, ...] = ()  # groups whose pairs make no edge


def rule(found: Pairs, count: int, min_weight: int, level: float, min_ring: int) -> Rule:
    """The rule that a false-discovery rate over all pairs of accounts gives."""
    return Rule(count, min_weight, significant(found.p, count * (count - 1) // 2, level), min_ring)


def _met(stream: Stream, part: Sweep, codes: Longs, count: int, min_weight: int) -> tuple[Longs, Floats]:
    """Keys and p of the pairs of one stream; of two directions, the one with fewer occasions counts."""
    edges = part.by_occasion(min_weight=min_weight)
    source, target = codes[edges.source], codes[edges.target]
    forth, back = source < target, source > target
    size = np.int64(len(stream.codes))
    key, i, j = np.intersect1d(
        source[forth] * size + target[forth],
        target[back] * size + source[back],
        assume_unique=True,
        return_indices=True,
    )
    occasions = np.minimum(edges.weight[forth][i], edges.weight[back][j])
    u, v = (key // max(size, 1)).astype(np.int32), (key % max(size, 1)).astype(np.int32)
    p = tail(occasions, stream.null.expected(u, v))
    return stream.codes[u].astype(np.int64) * count + stream.codes[v], p


def _least(found: Sequence[tuple[Longs, Floats]], count: int) -> Pairs:
    if not found:
        empty = np.empty(0, np.int32)
        return Pairs(empty, empty, np.empty(0))
    keys, p = (np.concatenate([f[k] for f in found]) for k in range(2))
    order = np.lexsort((p, keys))
    keys, first = np.unique(keys[order], return_index=True)
    least = np.minimum(p[order][first] * len(found), 1.0)
    return Pairs((keys // max(count, 1)).astype(np.int32), (keys % max(count, 1)).astype(np.int32), least)
