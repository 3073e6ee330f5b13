"""Several actions side by side: which pairs of accounts act together, in any of them, more often than chance allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.null import Floats, Null, tail
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

    def places(self, codes: Ints) -> Ints:
        """The sweep's own code of each account, −1 where it is not in this stream."""
        found: Ints = self._local[codes]
        return found

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


def names_of(tables: Sequence[pa.Table]) -> pa.Array:
    """Sorted keys of all accounts in some event tables."""
    keys = [t["actor"].combine_chunks().dictionary for t in tables if t.num_rows]
    found = pc.unique(pa.concat_arrays(keys)) if keys else pa.array([], pa.string())
    return found.take(pc.sort_indices(found))


def pairs(streams: Sequence[Stream], count: int) -> Pairs:
    """All pairs that met in some stream.

    A pair's p is its least over the streams times the number of streams (Bonferroni): streams repeat each other's
    posts, so that nothing is assumed about their dependence.
    """
    return _least([_met(s, s.sweep, np.arange(len(s.codes)), count) for s in streams], count)


class Rare(Protocol):
    """Pairs that are to be judged, however they were found."""

    @property
    def source(self) -> Ints:
        """Codes, each less than its target."""

    @property
    def target(self) -> Ints:
        """Codes."""

    @property
    def occasions(self) -> Ints:
        """Stretches of time in which they met, in whichever layer."""


class Interests:
    """Whether pairs meet on more occasions than their interests account for; judges pairs that a search found.

    A pair has two chances, each at half the limit: its occasions in the layer that is rarest, and its occasions in all
    layers together beside the sum of what each layer expects.

    Parameters
    ----------
    streams : sequence of Stream
        The layers.
    count : int
        Accounts there are.
    limit : float
        Chance of as many occasions up to which a pair holds, in (0, 1].
    apart : sequence of ndarray of int32
        Groups of accounts whose pairs are let be.
    """

    def __init__(self, streams: Sequence[Stream], count: int, limit: float, apart: Sequence[Ints] = ()) -> None:
        self.streams, self.count, self.limit, self.apart = streams, count, limit, tuple(apart)
        self.let_be: int = 0  # pairs of those groups among those judged last

    def __call__(self, found: Rare) -> npt.NDArray[np.bool_]:
        """Which pairs hold."""
        some = np.unique(np.concatenate([found.source, found.target]))
        left = [s.sweep.only(s.among(some)) for s in self.streams]  # few accounts are in pairs that are judged
        return self.on([part for part, _ in left], [codes for _, codes in left])(found)

    def on(self, parts: Sequence[Sweep], codes: Sequence[Longs]) -> Callable[[Rare], npt.NDArray[np.bool_]]:
        """The same for what is left of the streams, as :meth:`detectors.coaction.sweep.Sweep.only` gives it."""
        met = [_met(s, part, code, self.count) for s, part, code in zip(self.streams, parts, codes, strict=True)]
        left = _least(met, self.count)
        return lambda found: self._judge(found, left)

    def _judge(self, found: Rare, met: Pairs) -> npt.NDArray[np.bool_]:
        size = np.int64(max(self.count, 1))
        wanted, known = (p.source * size + p.target for p in (found, met))
        place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        if not len(known):
            return np.zeros(len(wanted), bool)
        best = np.where(known[place] == wanted, met.p[place], 1.0)
        left = np.flatnonzero(2 * best > self.limit)
        best[left] = np.minimum(best[left], tail(found.occasions[left], self._expected(found, left)))
        holds = (known[place] == wanted) & (np.minimum(2 * best, 1.0) <= self.limit)
        free = np.zeros(len(wanted), bool)
        for group in self.apart:
            free |= np.isin(found.source, group) & np.isin(found.target, group)
        self.let_be = int((holds & free).sum())
        kept: npt.NDArray[np.bool_] = holds & ~free
        return kept

    def _expected(self, found: Rare, chosen: Longs) -> Floats:
        """Meetings that interests bring some of the pairs, over all layers."""
        rate = np.zeros(len(chosen))
        for stream in self.streams:
            ends = stream.places(found.source[chosen]), stream.places(found.target[chosen])
            both = np.flatnonzero((ends[0] >= 0) & (ends[1] >= 0))
            rate[both] += stream.null.expected(ends[0][both], ends[1][both])
        return rate


def _met(stream: Stream, part: Sweep, codes: Longs, count: int) -> tuple[Longs, Floats]:
    """Keys and p of the pairs of one stream; of two directions, the one with fewer occasions counts."""
    edges = part.by_occasion()
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
