"""Pairs of accounts that act on the same object within a window, without ever listing the pairs of events.

Events are sorted by object and time once; a two-pointer pass gives each event the range of events in its window. Then,
account by account, those ranges are walked with one counter per partner (Gustavson's sparse product with stamps): no
pair is stored, memory is O(events + accounts), and time is proportional to the pairs in windows. Objects that would
cost more than a stated number of pairs an event are not walked (:mod:`detectors.coaction.hubs`). What does not fit into
the memory that is set is done in partitions of accounts, and results go to temporary files; they are the same in any
case.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from os import cpu_count
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction import walks
from detectors.coaction.coded import ALL, MICROSECONDS, MOST_EVENTS, Events, read, still, width_of
from detectors.coaction.edges import Decays, Edges, Gathered, Ints, Longs
from detectors.coaction.hubs import Hub, Hubs, split

if TYPE_CHECKING:
    from detectors.coaction.kernels import Plan

__all__ = ["MICROSECONDS", "Decays", "Edges", "Hub", "Hubs", "Ints", "Longs", "Sweep", "decayed", "sweep", "sweeps"]

T = TypeVar("T")
S = TypeVar("S")

MEMORY_MB = 2_048
CUTOFF = 8.0
"""An exponential kernel is followed to so many time constants; a message's term beyond is < e⁻⁸ = 0.00034."""
DEFAULT_HUBS = Hubs()


class Sweep:
    """An event table prepared for one window; every count of it starts here.

    Parameters
    ----------
    events : pyarrow.Table
        As :func:`graph.projection.events` gives it; other orders of rows are sorted first. An event without an account,
        object, time or message takes no part (``left_out`` says how many).
    window_s : float
        Width in seconds, ≥ 0: two events are together when their times differ by at most this much.
    threads : int, optional
        How many threads count; all processors by default. The result does not depend on it.
    hubs : Hubs or None
        Which objects are not enumerated; None: all are, whatever it costs. ``Sweep.hubs`` names those that are not, and
        their events are not among the sweep's own.
    memory_mb : float
        Megabytes (10⁶ bytes) that windows, orders and results may take beside the events themselves. More than that is
        done in partitions and spilled to temporary files; the result does not depend on it.

    Raises
    ------
    ValueError
        The window is negative, infinite or no number, there are 2³¹ events or more, or the memory is none.
    """

    def __init__(
        self,
        events: pa.Table,
        window_s: float,
        *,
        threads: int | None = None,
        hubs: Hubs | None = DEFAULT_HUBS,
        memory_mb: float = MEMORY_MB,
    ) -> None:
        self.width = width_of(window_s)
        if not memory_mb > 0:
            raise ValueError(f"memory_mb is {memory_mb}, not more than 0")
        self.threads = threads or cpu_count() or 1
        self.memory = memory_mb * 1e6
        ordered, (self.names, self.things, self.ids) = read(events)
        self.left_out = events.num_rows - len(ordered.times)
        self._events, self._on_hubs, self.hubs = split(
            ordered, ordered.begin(len(self.things)), self.things, self.width, hubs
        )

    @property
    def actors(self) -> Ints:
        """Codes of the events' accounts, shape (n_events,); events are sorted by object and time."""
        return self._events.actors

    @property
    def objects(self) -> Ints:
        """Codes of the events' objects."""
        return self._events.objects

    @property
    def messages(self) -> Ints:
        """Codes of the events' messages."""
        return self._events.messages

    @property
    def times(self) -> Longs:
        """Times of the events, µs since 1970."""
        return self._events.times

    @cached_property
    def _begin(self) -> Ints:
        return self._events.begin(len(self.things))

    def only(self, mask: npt.NDArray[np.bool_]) -> tuple[Sweep, Longs]:
        """The sweep of some of the events, and of each of its accounts the code it has here.

        Objects and messages keep their codes; accounts are numbered anew, so that a small part costs little. Events on
        hubs are left behind.
        """
        part = copy.copy(self)
        for name in ("pairs", "_begin", "_reach", "_sharing"):
            part.__dict__.pop(name, None)
        mine, actors = np.unique(self.actors[mask], return_inverse=True)
        part.names = self.names.take(pa.array(mine))
        own = self._events.take(mask)._replace(actors=still(actors.astype(np.int32)))
        part._events, part._on_hubs, part.hubs = own, None, ()  # noqa: SLF001 (a sweep as this one)
        return part, mine.astype(np.int64)

    @cached_property
    def _reach(self) -> Ints:
        """Of each event, the first event in its window and the one after the last, shape (n_events, 2)."""
        from detectors.coaction import kernels

        reach = np.empty((len(self.times), 2), np.int32)
        if len(self.times):
            kernels.windows(self.objects, self.times, self._begin, ALL, self.width, reach, 0)
        return still(reach)

    @property
    def low(self) -> Ints:
        """Of each event, the first event in its window, shape (n_events,)."""
        return self._reach[:, 0]

    @property
    def high(self) -> Ints:
        """Of each event, the one after the last event in its window, shape (n_events,)."""
        return self._reach[:, 1]

    @cached_property
    def pairs(self) -> int:
        """Unordered pairs of events in a window, those of one account included."""
        n = len(self.times)
        return int(self.high.sum(dtype=np.int64)) - n * (n + 1) // 2

    @cached_property
    def _sharing(self) -> int:
        from detectors.coaction import kernels

        return kernels.sharing(self.actors, self.messages, len(self.ids))

    @property
    def _shared(self) -> bool:
        """Whether some message has several accounts, so that one in a window may be the one that looks."""
        from detectors.coaction import kernels

        return self._sharing == kernels.SHARED

    def by_message(self, *, min_weight: int = 1, loops: bool = False) -> Edges:
        """Weight u → v: number of distinct messages of u with a partner message of v.

        Parameters
        ----------
        min_weight : int
            Least weight of an edge, ≥ 1; each direction is judged by itself.
        loops : bool
            Whether an account that meets itself by two messages has an edge to itself.
        """
        return self._by_message([self.width], min_weight, loops=loops)[0]

    def by_message_within(self, windows_s: Sequence[float], *, min_weight: int = 1, loops: bool = False) -> list[Edges]:
        """:meth:`by_message` for several windows, each its own result, at the cost of walking the widest once.

        Parameters
        ----------
        windows_s : sequence of float
            Widths in seconds, none wider than the sweep's own; in any order, which is that of the results.

        Raises
        ------
        ValueError
            A window is wider than the sweep's, or is none.
        """
        widths = [width_of(w) for w in windows_s]
        if any(w > self.width for w in widths):
            raise ValueError(f"a window of {max(windows_s):g} s in a sweep of {self.width / MICROSECONDS:g} s")
        different = sorted(set(widths))
        if not different:
            return []
        found = dict(zip(different, self._by_message(different, min_weight, loops=loops), strict=True))
        return [found[w] for w in widths]

    def _by_message(self, widths: Sequence[int], min_weight: int, *, loops: bool) -> list[Edges]:
        from detectors.coaction import kernels

        floor = _floor(min_weight)
        accounts, more = len(self.names), len(widths) - 1

        def scratch() -> tuple[Longs, Ints]:
            return np.zeros(accounts, np.int64), np.zeros(accounts * more, np.int32)

        def count(plan: Plan, begin: int, end: int, mine: tuple[Longs, Ints]) -> Ints:
            return kernels.messages(plan, begin, end, floor, loops, *mine)

        found = [self._gathered(len(widths)) for _ in widths]
        within = "message" if self._sharing else "any"
        for part in self._walk(within, widths, scratch, count, floor, check=loops or self._shared):
            for k, window in enumerate(found):
                weight = part[2 + k]
                enough = slice(None) if k == more else weight >= floor
                window.add(part[0][enough], part[1][enough], weight[enough])
        return [self._edges(window) for window in found]

    def by_occasion(self, *, min_weight: int = 1) -> Edges:
        """Weight u → v: number of u's meetings with v, those within a window of the last one counted not again."""
        from detectors.coaction import kernels

        floor, accounts = _floor(min_weight), len(self.names)

        def scratch() -> tuple[Longs, Longs]:
            return np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)

        def count(plan: Plan, begin: int, end: int, mine: tuple[Longs, Longs]) -> Ints:
            return kernels.occasions(plan, begin, end, floor, self.width, *mine)

        found = self._gathered(1)
        for part in self._walk("time", [self.width], scratch, count, floor, check=self._shared):
            found.add(*part)
        return self._edges(found)

    def by_decay(self, tau_s: float, *, min_weight: float = 0.0, loops: bool = False) -> Decays:
        """Weight u → v: sum over u's messages of exp(−|Δt| / τ), Δt to the nearest partner message of v.

        The exponential kernel of Iannucci et al. (2025, arXiv:2512.19677) on distinct messages: a message counts a
        partner once, by the partner's nearest message. It is followed to the sweep's window W; each message further
        away than that would add less than exp(−W / τ), so that a weight is too small by less than that times the
        source's messages.

        Parameters
        ----------
        tau_s : float
            Time constant τ in seconds, > 0.
        min_weight : float
            Least weight of an edge.

        Raises
        ------
        ValueError
            ``tau_s`` is not a positive number.
        """
        from detectors.coaction import kernels

        if not (tau_s > 0 and math.isfinite(tau_s)):
            raise ValueError(f"tau_s is {tau_s}: a number of seconds above 0 is needed")
        accounts, tau = len(self.names), tau_s * MICROSECONDS

        def scratch() -> tuple[Longs, npt.NDArray[np.float64], Longs]:
            return np.zeros(accounts, np.int64), np.zeros(accounts), np.zeros(accounts, np.int64)

        def count(
            plan: Plan, begin: int, end: int, mine: tuple[Longs, npt.NDArray[np.float64], Longs]
        ) -> tuple[Ints, npt.NDArray[np.float64]]:
            return kernels.decays(plan, begin, end, float(min_weight), loops, tau, *mine)

        found = Gathered([np.int32, np.int32, np.float64], int(self.memory / 4))
        for part, weight in self._walk("message", [self.width], scratch, count, 1, check=loops or self._shared, row=16):
            found.add(part[0], part[1], weight)
        source, target, weight = found.columns()
        return Decays(source, target, weight, self.names)

    def spans(self, edges: Edges | Decays) -> tuple[Longs, Longs, Longs]:
        """Of edges of this sweep: the source's first and last meeting (µs), and the number of objects they met on."""
        from detectors.coaction import kernels

        accounts = len(self.names)
        bounds = np.searchsorted(edges.source, np.arange(accounts + 1))
        target = still(np.ascontiguousarray(edges.target))
        out = np.zeros((3, len(edges)), np.int64)

        def scratch() -> tuple[Longs, Ints]:
            return np.full(accounts, -1, np.int64), np.full(accounts, -1, np.int32)

        def count(plan: Plan, begin: int, end: int, mine: tuple[Longs, Ints]) -> None:
            cut = bounds[plan.begin : plan.begin + len(plan.bounds)]
            kernels.spans(plan, begin, end, cut, target, *mine, out)

        check = self._shared or bool(np.any(edges.source == edges.target))
        for _ in self._walk("object", [self.width], scratch, count, 1, check=check) if len(edges) else ():
            pass
        return out[0], out[1], out[2]

    def given(self, source: Ints, target: Ints, *, hubs_only: bool = False) -> Ints:
        """Weights of given pairs over all objects, those on hubs included: what :meth:`by_message` would have counted.

        For pairs that something rarer proposed: the cost of a pair is the number of its two accounts' events, not of
        the events of the objects they share.

        Parameters
        ----------
        source, target : ndarray of int32, shape (n_pairs,)
            Codes of accounts; a pair may be an account with itself.
        hubs_only : bool
            Count messages that met on hubs only. A message may have met on a hub and elsewhere: the two counts do not
            add up to the whole.

        Returns
        -------
        ndarray of int32, shape (n_pairs,)
        """
        from detectors.coaction import kernels

        source, target = (still(np.ascontiguousarray(a, np.int32)) for a in (source, target))
        events = self._everything(hubs_only=hubs_only)
        if not len(source) or not len(events.times):
            return np.zeros(len(source), np.int32)
        bounds = kernels.starts(events.actors, len(self.names))
        order = kernels.dealt(events.actors, ALL, bounds)
        columns = (events.objects, events.times, events.messages)
        sizes = np.diff(bounds)
        cuts = walks.blocks(
            (sizes[source] + sizes[target]).astype(np.int64), self.threads, np.zeros(len(source), np.int64), 1
        )

        def count(begin: int, end: int, marks: Ints) -> Ints:
            marks[:] = -1
            pairs = (source[begin:end], target[begin:end])
            return kernels.given((still(order), still(bounds)), columns, pairs, self.width, marks)

        parts = walks.in_order(cuts, self.threads, lambda: np.empty(len(self.ids), np.int32), count)
        return np.concatenate(list(parts))

    def codes(self, keys: Sequence[str] | pa.Array) -> Ints:
        """Codes of accounts by their keys; −1 for those not in the sweep."""
        found = pc.index_in(pa.array(keys, self.names.type), self.names).fill_null(-1)
        codes: Ints = found.to_numpy(zero_copy_only=False).astype(np.int32)
        return codes

    def needs(self, *, min_weight: int = 1, windows: int = 1) -> walks.Needs:
        """What :meth:`by_message` will take, before it is done; ``windows``: how many are counted at once."""
        ranges = self._partitions(windows)
        row, accounts = 4 * (2 + windows), len(self.names)
        results = 0
        for plan in self._plans("any", [self.width], ranges, check=False):
            results += int(self._bound(plan, _floor(min_weight), row).sum())
        largest = max((int(np.count_nonzero((self.actors >= a) & (self.actors < b))) for a, b in ranges), default=0)
        walk = largest * (8 * windows + walks.ORDER_BYTES) + self.threads * accounts * 4 * (2 + windows)
        return walks.Needs(len(self.times) * walks.EVENT_BYTES / 1e6, walk / 1e6, results / 1e6, len(ranges))

    def _edges(self, found: Gathered) -> Edges:
        source, target, weight = found.columns()
        return Edges(source, target, weight, self.names)

    def _gathered(self, windows: int) -> Gathered:
        return Gathered([np.int32] * 3, int(self.memory / 4 / windows))

    def _everything(self, *, hubs_only: bool) -> Events:
        """Enumerated events and those on hubs; or the latter alone."""
        hubs = self._events.take(ALL) if self._on_hubs is None else self._on_hubs
        if hubs_only:
            return hubs
        return self._events if self._on_hubs is None else self._events.join(hubs, len(self.things))

    def _partitions(self, windows: int) -> list[tuple[int, int]]:
        return walks.partitions(self.actors, len(self.names), windows, int(self.memory / 2))

    def _plans(
        self, within: str, widths: Sequence[int], ranges: Sequence[tuple[int, int]], *, check: bool
    ) -> Iterator[Plan]:
        for accounts in ranges if len(self.times) else ():
            whole = self._reach if len(ranges) == 1 and list(widths) == [self.width] else None
            yield walks.plan(self._events, self._begin, widths, within, accounts, whole=whole, check=check)

    def _bound(self, plan: Plan, floor: int, row: int) -> Longs:
        """Bytes that each account's edges take at most."""
        bound: Longs = np.minimum(plan.work // floor, len(self.names)) * row
        return bound

    def _walk(
        self,
        within: str,
        widths: Sequence[int],
        scratch: Callable[[], S],
        count: Callable[[Plan, int, int, S], T],
        floor: int,
        *,
        check: bool,
        row: int = 0,
    ) -> Iterator[T]:
        """Run a kernel over all accounts, in partitions and blocks; results come in the accounts' order."""
        room = int(max(self.memory / 8 / (self.threads + 2), 1))
        for plan in self._plans(within, widths, self._partitions(len(widths)), check=check):
            bound = self._bound(plan, floor, row or 4 * (2 + len(widths)))
            cuts = walks.blocks(plan.work, self.threads, bound, room)

            def block(begin: int, end: int, mine: S, plan: Plan = plan) -> T:
                return count(plan, begin, end, mine)

            yield from walks.in_order(cuts, self.threads, scratch, block)


def sweep(
    events: pa.Table,
    window_s: float,
    *,
    min_weight: int = 1,
    loops: bool = False,
    threads: int | None = None,
    hubs: Hubs | None = DEFAULT_HUBS,
    memory_mb: float = MEMORY_MB,
) -> Edges:
    """Directed co-action weights of an event table.

    The weight u → v is the number of distinct messages of u for which v has another message on the same object within
    ``window_s`` seconds, both ends included: coordination-network-toolkit's weight, whatever the trace. Parameters are
    those of :class:`Sweep` and :meth:`Sweep.by_message`.

    Examples
    --------
    >>> from detectors.coaction.sweep import sweep
    >>> from graph.projection import SCHEMA
    >>> len(sweep(SCHEMA.empty_table(), 60))
    0
    """
    prepared = Sweep(events, window_s, threads=threads, hubs=hubs, memory_mb=memory_mb)
    return prepared.by_message(min_weight=min_weight, loops=loops)


def sweeps(
    events: pa.Table,
    windows_s: Sequence[float],
    *,
    min_weight: int = 1,
    loops: bool = False,
    threads: int | None = None,
    hubs: Hubs | None = DEFAULT_HUBS,
    memory_mb: float = MEMORY_MB,
) -> list[Edges]:
    """:func:`sweep` for several windows in one pass; each has a result of its own, in the order given.

    Which objects are hubs is decided by the widest window, for all.
    """
    if not windows_s:
        return []
    prepared = Sweep(events, max(windows_s, key=width_of), threads=threads, hubs=hubs, memory_mb=memory_mb)
    return prepared.by_message_within(windows_s, min_weight=min_weight, loops=loops)


def decayed(
    events: pa.Table,
    tau_s: float,
    *,
    cutoff: float = CUTOFF,
    min_weight: float = 0.0,
    loops: bool = False,
    threads: int | None = None,
    hubs: Hubs | None = DEFAULT_HUBS,
    memory_mb: float = MEMORY_MB,
) -> Decays:
    """Directed co-action weights by the exponential kernel, followed to ``cutoff`` time constants (> 0).

    See :meth:`Sweep.by_decay`: a weight is too small by less than exp(−``cutoff``) times the source's messages.
    """
    prepared = Sweep(events, cutoff * tau_s, threads=threads, hubs=hubs, memory_mb=memory_mb)
    return prepared.by_decay(tau_s, min_weight=min_weight, loops=loops)


def _floor(min_weight: int) -> int:
    if min_weight < 1:
        raise ValueError(f"min_weight is {min_weight}, less than 1")
    return min(int(min_weight), MOST_EVENTS)
