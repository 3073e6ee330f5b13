"""Pairs of accounts that act on the same object within a window, without ever listing the pairs of events.

Events are sorted by object and time once; a two-pointer pass gives each event the range of events in its window. Then,
account by account, those ranges are walked with one counter per partner (Gustavson's sparse product with stamps): no
pair is stored, memory is O(events + accounts), and time is proportional to the pairs in windows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from os import cpu_count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from detectors.coaction.kernels import Plan

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Edges:
    """Directed weights between accounts, sorted by source and target.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Codes into ``names``.
    weight : ndarray of int32, shape (n_edges,)
        How often the source met the target, ≥ 1.
    names : pyarrow.Array
        Account keys.
    """

    source: Ints
    target: Ints
    weight: Ints
    names: pa.Array

    def __len__(self) -> int:
        return len(self.source)

    def table(self) -> pa.Table:
        """Columns source, target (account keys) and weight."""
        return pa.table(
            {
                "source": self.names.take(pa.array(self.source)),
                "target": self.names.take(pa.array(self.target)),
                "weight": self.weight,
            }
        )


class Sweep:
    """An event table prepared for one window; every count of it starts here.

    Parameters
    ----------
    events : pyarrow.Table
        As :func:`graph.projection.events` gives it; other orders of rows are sorted first.
    window_s : float
        Width in seconds, ≥ 0: two events are together when their times differ by at most this much.
    threads : int, optional
        How many threads count; all processors by default. The result does not depend on it.
    """

    def __init__(self, events: pa.Table, window_s: float, *, threads: int | None = None) -> None:
        if not window_s >= 0:
            raise ValueError(f"window_s is {window_s}, less than 0")
        columns = {n: events[n].combine_chunks() for n in ("actor", "object", "message")} if events.num_rows else {}
        none = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
        actor, thing, message = (columns.get(n, none) for n in ("actor", "object", "message"))
        self.names: pa.Array = actor.dictionary
        self.things: pa.Array = thing.dictionary
        self.ids: pa.Array = message.dictionary
        self.width = round(window_s * MICROSECONDS)
        self.threads = threads or cpu_count() or 1
        codes = [a.indices.to_numpy().astype(np.int32, copy=False) for a in (actor, thing, message)]
        times = events["at"].cast(pa.int64()).to_numpy() if events.num_rows else np.empty(0, np.int64)
        order = _sorting(codes[1], times)
        self.actors, self.objects, self.messages = (c if order is None else c[order] for c in codes)
        self.times: Longs = times if order is None else times[order]
        self.low = np.empty(len(times), np.int64)
        self.high = np.empty(len(times), np.int64)

    def only(self, mask: npt.NDArray[np.bool_]) -> tuple[Sweep, Longs]:
        """The sweep of some of the events, and of each of its accounts the code it has here.

        Objects and messages keep their codes; accounts are numbered anew, so that a small part costs little.
        """
        part = copy.copy(self)
        part.__dict__.pop("pairs", None)
        mine, actors = np.unique(self.actors[mask], return_inverse=True)
        part.names = self.names.take(pa.array(mine))
        part.actors, part.objects = actors.astype(np.int32), self.objects[mask]
        part.messages, part.times = self.messages[mask], self.times[mask]
        part.low, part.high = np.empty(len(actors), np.int64), np.empty(len(actors), np.int64)
        return part, mine.astype(np.int64)

    @cached_property
    def pairs(self) -> int:
        """Unordered pairs of events in a window, those of one account included."""
        from detectors.coaction import kernels

        return int(kernels.windows(self.objects, self.times, self.width, self.low, self.high))

    def by_message(self, *, min_weight: int = 1, loops: bool = False) -> Edges:
        """Weight u → v: number of distinct messages of u with a partner message of v."""
        from detectors.coaction import kernels

        plan = self._plan(self.messages)
        return self._count(plan, lambda begin, end: kernels.messages(plan, begin, end, min_weight, loops))

    def by_occasion(self, *, min_weight: int = 1) -> Edges:
        """Weight u → v: number of u's meetings with v, those within a window of the last one counted not again."""
        from detectors.coaction import kernels

        plan = self._plan(self.times)
        return self._count(plan, lambda begin, end: kernels.occasions(plan, begin, end, min_weight, self.width))

    def spans(self, edges: Edges) -> tuple[Longs, Longs, Longs]:
        """Of edges of this sweep: the source's first and last meeting (µs), and the number of objects they met on."""
        from detectors.coaction import kernels

        plan = self._plan(self.objects)
        bounds = np.searchsorted(edges.source, np.arange(len(self.names) + 1))
        out = np.zeros((3, len(edges)), np.int64)
        kernels.spans(plan, bounds, edges.target, out)
        return out[0], out[1], out[2]

    def _plan(self, within: npt.NDArray[np.int32 | np.int64]) -> Plan:
        """The events account by account, in the given order within an account."""
        from detectors.coaction.kernels import Plan

        _ = self.pairs  # fills low and high
        order = np.lexsort((within, self.actors))
        bounds = np.searchsorted(self.actors[order], np.arange(len(self.names) + 1))
        return Plan(order, bounds, self.low, self.high, self.actors, self.objects, self.messages, self.times)

    def _count(self, plan: Plan, count: Callable[[int, int], Ints]) -> Edges:
        """Run a kernel over the accounts, split so that the threads walk about as many pairs each."""
        work = np.concatenate([[0], np.cumsum((self.high - self.low)[plan.order])])[plan.bounds]
        cuts = np.searchsorted(work, np.linspace(0, work[-1], self.threads + 1)).tolist()
        cuts[0], cuts[-1] = 0, len(self.names)
        with ThreadPoolExecutor(self.threads) as pool:
            parts = list(pool.map(count, cuts[:-1], cuts[1:]))
        source, target, weight = np.concatenate(parts, axis=1)
        order = np.lexsort((target, source))
        return Edges(source[order], target[order], weight[order], self.names)


def sweep(
    events: pa.Table, window_s: float, *, min_weight: int = 1, loops: bool = False, threads: int | None = None
) -> Edges:
    """Directed co-action weights of an event table.

    The weight u → v is the number of distinct messages of u for which v has another message on the same object within
    ``window_s`` seconds, both ends included: coordination-network-toolkit's weight, whatever the trace.

    Parameters
    ----------
    min_weight : int
        Least weight of an edge; each direction is judged by itself.
    loops : bool
        Whether an account that meets itself by two messages has an edge to itself.

    Examples
    --------
    >>> from detectors.coaction.sweep import sweep
    >>> from graph.projection import SCHEMA
    >>> len(sweep(SCHEMA.empty_table(), 60))
    0
    """
    return Sweep(events, window_s, threads=threads).by_message(min_weight=min_weight, loops=loops)


def _sorting(objects: Ints, times: Longs) -> Longs | None:
    """The order by object and time; None where the events already have it."""
    step = np.diff(objects)
    if np.all((step > 0) | ((step == 0) & (np.diff(times) >= 0))):
        return None
    return np.lexsort((times, objects))
