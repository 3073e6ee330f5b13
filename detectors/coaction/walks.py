"""How a sweep's walk is divided: accounts into partitions that fit into memory, partitions into blocks for threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from detectors.coaction.coded import ALL, Events, still
from detectors.coaction.edges import Floats, Ints, Longs

if TYPE_CHECKING:
    from detectors.coaction.kernels import Plan

T = TypeVar("T")
S = TypeVar("S")

BLOCKS = 8  # blocks a thread: few enough to cost nothing, enough that threads end together
EVENT_BYTES = 20  # of a sorted event: three codes and a time
ORDER_BYTES = 16  # of an event of a partition: its place among its account's, and what making that takes


@dataclass(frozen=True)
class Needs:
    """What a count takes, computed before it is done (MB = 10⁶ bytes).

    Parameters
    ----------
    events_mb : float
        Sorted events; held throughout.
    walk_mb : float
        Windows and orders of one partition, and the counters of all threads.
    results_mb : float
        Edges at most: an account has no more than there are accounts, and none for less than the least weight.
    partitions : int
        Ranges of accounts that are walked one after the other.
    """

    events_mb: float
    walk_mb: float
    results_mb: float
    partitions: int


def partitions(actors: Ints, count: int, windows: int, room: int) -> list[tuple[int, int]]:
    """Ranges of accounts whose events, with their windows and order, take at most ``room`` bytes each.

    An account is never divided: one with more events than fit is a partition of its own.
    """
    need = len(actors) * (8 * windows + ORDER_BYTES)
    if need <= room:
        return [(0, count)]
    bytes_ = np.cumsum(np.bincount(actors, minlength=count) * (8 * windows + ORDER_BYTES))
    return ranges(bytes_ / room)


def ranges(load: Floats) -> list[tuple[int, int]]:
    """Ranges of accounts over which a running total grows by about one."""
    edges = np.flatnonzero(np.diff(np.ceil(load))) + 1
    cuts = [0, *edges.tolist(), len(load)]
    return list(pairwise(cuts)) if len(load) else []


def plan(
    events: Events,
    begin: Ints,
    widths: Sequence[int],
    within: str,
    accounts: tuple[int, int],
    *,
    whole: Ints | None,
    check: bool,
) -> Plan:
    """The walk of a range of accounts: their events account by account, and within an account as ``within`` says.

    Parameters
    ----------
    begin : ndarray
        Where each object's events begin.
    widths : sequence of int
        Windows in µs, narrowest first.
    within : {'message', 'time', 'object', 'any'}
        What an account's events are sorted by; ``object`` is also by time.
    accounts : (int, int)
        The range.
    whole : ndarray or None
        The windows of all events, if they are known and the range is all accounts.
    """
    from detectors.coaction import kernels

    first, last = accounts
    actors, objects, messages, times = events
    chosen, own = ALL, events
    if whole is None and not (first == 0 and (len(actors) == 0 or last > actors.max())):
        chosen = np.flatnonzero((actors >= first) & (actors < last)).astype(np.int32)
        own = events.take(chosen)
    reach = np.empty((len(own.times), 2 * len(widths)), np.int32) if whole is None else whole
    if whole is None:
        for column, width in enumerate(widths):
            kernels.windows(objects, times, begin, still(chosen), width, reach, 2 * column)
    mine = still((own.actors - first).astype(np.int32)) if first else own.actors
    bounds = still(kernels.starts(mine, last - first))
    if within == "message":
        count = int(own.messages.max(initial=-1)) + 1
        order = kernels.grouped(mine, own.messages, still(kernels.starts(own.messages, count)), bounds)
    else:
        order = np.argsort(own.times).astype(np.int32) if within == "time" else ALL
        order = kernels.dealt(mine, still(order), bounds)
    return kernels.Plan(
        still(order),
        bounds,
        first,
        still(reach),
        own.messages,
        own.times,
        own.objects,
        actors,
        messages,
        times,
        check,
        kernels.work(mine, still(reach), last - first),
    )


def blocks(work: Longs, threads: int, bound: Longs, room: int) -> list[tuple[int, int]]:
    """Ranges of accounts of about equal work, whose results (``bound`` bytes an account at most) fit into ``room``."""
    load = work / max(int(work.sum()), 1) * (threads * BLOCKS) + bound / room
    return ranges(np.cumsum(load))


def in_order(
    items: Sequence[tuple[int, int]], threads: int, scratch: Callable[[], S], count: Callable[[int, int, S], T]
) -> Iterator[T]:
    """Count every block, several at once; results come in the blocks' order, and few of them wait.

    Each thread has scratch of its own and takes blocks in their order, so that what it counts only ever comes later.
    """
    mine = threading.local()

    def run(begin: int, end: int) -> T:
        if not hasattr(mine, "scratch"):
            mine.scratch = scratch()
        return count(begin, end, mine.scratch)

    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for begin, end in items:
            waiting.append(pool.submit(run, begin, end))
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
