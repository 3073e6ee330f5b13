"""Events of several layers laid out for judging pairs: who, on what, when, in which message, and how busy it was there.

A *cell* is a stretch of time that counts as one occasion, a *place* an object in a cell, and a *period* the stretch in
which an account's number of messages is taken as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.coded import width_of
from detectors.coaction.hubs import Hubs
from detectors.coaction.sweep import DEFAULT_HUBS, Ints, Longs

if TYPE_CHECKING:
    from detectors.coaction.surprisal_kernels import Board

Floats = npt.NDArray[np.float64]
LATEST = int(np.iinfo(np.int64).max)
ENOUGH = 500
"""Messages of a period, at least, where there are as many."""


@dataclass(frozen=True)
class Layer:
    """One action's events and the window in which two of them are together.

    Attributes
    ----------
    action : str
        Name in :data:`detectors.coaction.actions.ACTIONS`.
    events : pyarrow.Table
        As :func:`graph.projection.events` gives it.
    window_s : float
        In seconds, ≥ 0.
    hubs : Hubs or None
        Which objects are not enumerated, as in :class:`detectors.coaction.sweep.Sweep`.
    """

    action: str
    events: pa.Table
    window_s: float
    hubs: Hubs | None = DEFAULT_HUBS

    @property
    def width(self) -> int:
        """The window in µs; ValueError where it is negative, infinite or no number."""
        return width_of(self.window_s)


@dataclass(frozen=True)
class Events:
    """The events of all layers, by layer, object and time.

    Attributes
    ----------
    actor : ndarray of int32, shape (n_events,)
        Account codes.
    thing : ndarray of int64, shape (n_events,)
        Objects; those of different layers have different codes.
    at : ndarray of int64, shape (n_events,)
        Times in µs.
    message : ndarray of int64, shape (n_events,)
        Codes into ``messages``.
    layer : ndarray of int64, shape (n_events,)
        Places in the list of layers.
    things, messages : pyarrow.Array
        Names of objects (by code modulo their number) and of messages.
    """

    actor: Ints
    thing: Longs
    at: Longs
    message: Longs
    layer: Longs
    things: pa.Array
    messages: pa.Array

    def __len__(self) -> int:
        return len(self.actor)

    def name(self, thing: int) -> str:
        """An object's name."""
        return str(self.things[thing % len(self.things)])

    def some(self, chosen: slice | Longs) -> Events:
        """Some of them."""
        columns = {n: getattr(self, n)[chosen] for n in ("actor", "thing", "at", "message", "layer")}
        return replace(self, **columns)

    @cached_property
    def _by_account(self) -> tuple[Longs, Longs]:
        """Places of the events account by account, and where each account's begin."""
        order = np.argsort(self.actor, kind="stable")
        return order, np.searchsorted(self.actor[order], np.arange(int(self.actor.max(initial=-1)) + 2))

    def of(self, codes: Ints) -> Longs:
        """Places of some accounts' events, in order."""
        order, bounds = self._by_account
        known = [code for code in np.unique(codes).tolist() if code < len(bounds) - 1]
        return np.sort(_joined([order[bounds[code] : bounds[code + 1]] for code in known]))

    def widths(self, layers: Sequence[Layer]) -> Longs:
        """Each event's window, in µs."""
        found: Longs = np.array([layer.width for layer in layers], np.int64)[self.layer]
        return found


@dataclass(frozen=True)
class Messages:
    """The messages of all layers, each with one author.

    Attributes
    ----------
    author : ndarray of int32, shape (n_messages,)
        Account codes.
    period : ndarray of int64, shape (n_messages,)
        Codes of the periods in which they were made, from 0, in order of time.
    busy : ndarray of float64, shape (n_messages,)
        Messages of the author in that period.
    total : ndarray of float64, shape (n_periods,)
        Messages of all accounts in each period.
    starts : ndarray of int64, shape (n_periods,)
        Number of each period's first stretch of time: what a period is named by, whatever lies before it.
    """

    author: Ints
    period: Longs
    busy: Floats
    total: Floats
    starts: Longs

    def __len__(self) -> int:
        return len(self.author)

    @cached_property
    def _places(self) -> Longs:
        """Messages by period."""
        found: Longs = np.argsort(self.period, kind="stable")
        return found

    @cached_property
    def _bounds(self) -> list[int]:
        """Where each period's begin among them; one more than periods."""
        found: list[int] = np.concatenate([[0], np.cumsum(self.total)]).astype(np.int64).tolist()
        return found

    def dealt(self, seed: int, number: int) -> Longs:
        """For each message one of its period, whose author it is given in a dataset drawn under the null.

        A dataset follows from the seed and its number, a period of it from these and the period: what comes before or
        after makes no difference.
        """
        mine = self._places.copy()
        for start, begin, end in zip(self.starts.tolist(), self._bounds, self._bounds[1:], strict=False):
            np.random.default_rng([seed, number, start % 2**64]).shuffle(mine[begin:end])
        found = np.empty_like(mine)
        found[self._places] = mine
        return found


class Reading:
    """Reads the events of layers; where only the windows differ from those read last, what was read then serves."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._found: tuple[Events, Longs] | None = None

    def __call__(self, layers: Sequence[Layer], names: pa.Array) -> tuple[Events, Longs]:
        """As :func:`read`."""
        of = (*(layer.events for layer in layers), names)
        same = len(of) == len(self._of) and all(a is b for a, b in zip(of, self._of, strict=True))
        if self._found is None or not same:
            self._of, self._found = of, read(layers, names)
        return self._found


def read(layers: Sequence[Layer], names: pa.Array) -> tuple[Events, Longs]:
    """The events of all layers, and the message of each (as many as there are pairs of message and account).

    Those without an account that is known, an object, a time or a message take no part.
    """
    tables = [_whole(layer.events, names) for layer in layers]
    actors, things, messages = (_codes(tables, column) for column in ("actor", "object", "message"))
    place = pc.index_in(actors[1], names).fill_null(-1).to_numpy().astype(np.int64)
    which = np.repeat(np.arange(len(layers)), [t.num_rows for t in tables])
    at = _joined([t["at"].cast(pa.int64()).to_numpy() for t in tables])
    thing = things[0] + which * len(things[1])  # the same text in two layers is two objects
    order = np.lexsort((at, thing))
    actor = place[actors[0][order]].astype(np.int32)
    events = Events(actor, thing[order], at[order], messages[0][order], which[order], things[1], messages[1])
    _, units = np.unique(events.message * (len(names) + 1) + events.actor, return_inverse=True)
    return events, units


def authored(events: Events, units: Longs, hold: int) -> Messages:
    """The messages, ``hold`` µs to a period (0: all of time is one), more where there are few messages."""
    count = int(units.max(initial=-1)) + 1
    author, at = np.zeros(count, np.int32), np.zeros(count, np.int64)
    author[units], at[units] = events.actor, events.at
    spans = at // hold if hold else np.zeros_like(at)
    period = _periods(spans)
    total = np.bincount(period).astype(float)
    starts = np.full(len(total), LATEST)
    np.minimum.at(starts, period, spans)
    _, place, busy = np.unique(author.astype(np.int64) * len(total) + period, return_inverse=True, return_counts=True)
    return Messages(author, period.astype(np.int64), busy[place].astype(float), total, starts)


def _periods(spans: Longs) -> Longs:
    """The period of each message: its span, with those that follow while there are too few to be dealt out anew.

    Where a ring makes most of a day's messages, exchanging that day's authors changes nothing.
    """
    _, place, sizes = np.unique(spans, return_inverse=True, return_counts=True)
    number, held, found = 0, 0, np.zeros(len(sizes), np.int64)
    left = len(spans)
    for i, size in enumerate(sizes.tolist()):
        if held >= ENOUGH <= left:
            number, held = number + 1, 0
        found[i] = number
        held, left = held + size, left - size
    periods: Longs = found[place] if len(sizes) else np.empty(0, np.int64)
    return periods


def laid_out(
    events: Events, units: Longs, layers: Sequence[Layer], messages: Messages, cell: int
) -> tuple[Board, Floats]:
    """The board, and the meetings of each period.

    The events may be some of those of the messages.
    """
    from detectors.coaction import surprisal_kernels as kernels

    low, high = windows(events, layers)
    hubs = hub_events(events, layers, low, high)
    low[hubs], high[hubs] = np.flatnonzero(hubs), np.flatnonzero(hubs) + 1  # they meet nobody
    cells, period = events.at // cell, messages.period[units]
    ahead = (high - np.arange(len(events)) - 1).astype(float)
    changes = [np.diff(x, prepend=x[:1]) != 0 for x in (events.thing, cells, period)]
    group = np.cumsum(np.logical_or.reduce(changes))
    here: Floats = np.bincount(group, weights=ahead)[group] if len(events) else ahead
    meetings: Floats = np.bincount(period, weights=ahead, minlength=len(messages.total)).astype(float)
    depths = np.log(here.max(initial=1.0) / np.maximum(here, 1.0))
    rates = 2 * here / messages.total[period] ** 2
    chrono = np.argsort(events.at, kind="stable")
    return kernels.Board(chrono, units.astype(np.int32), cells, low, high, rates, depths), meetings


def windows(events: Events, layers: Sequence[Layer]) -> tuple[Longs, Longs]:
    """For each event the range of events on its object within its layer's window."""
    from detectors.coaction import surprisal_kernels as kernels

    low, high = np.empty(len(events), np.int64), np.empty(len(events), np.int64)
    kernels.windows(events.thing, events.at, events.widths(layers), low, high)
    return low, high


def hub_events(events: Events, layers: Sequence[Layer], low: Longs, high: Longs) -> npt.NDArray[np.bool_]:
    """Which events are on objects that are not enumerated, by the windows of all events."""
    if not len(events):
        return np.empty(0, bool)
    most = np.array([layer.hubs.per_window if layer.hubs else np.inf for layer in layers])[events.layer]
    group = np.cumsum(np.diff(events.thing, prepend=events.thing[0]) != 0)
    others = np.bincount(group, weights=high - low - 1) / np.bincount(group)
    hub: npt.NDArray[np.bool_] = others[group] > most
    return hub


def _whole(table: pa.Table, names: pa.Array) -> pa.Table:
    """The events that have an account that is known, an object, a time and a message."""
    actor = table["actor"].unify_dictionaries().combine_chunks()
    known = pc.is_in(actor.dictionary, value_set=names)
    if pc.all(known, min_count=0).as_py() and not any(
        table[c].null_count for c in ("actor", "object", "message", "at")
    ):
        return table
    keep = known.take(actor.indices).fill_null(False)  # noqa: FBT003 - a value, not a switch
    for column in ("object", "message", "at"):
        keep = pc.and_(keep, pc.is_valid(table[column].combine_chunks()))
    return table.filter(keep)


def _codes(tables: Sequence[pa.Table], column: str) -> tuple[Longs, pa.Array]:
    """A dictionary column of several tables, coded by one sorted dictionary.

    Sorted, so that the datasets drawn for a seed do not depend on the order in which events come.
    """
    parts = [t[column].unify_dictionaries().combine_chunks() for t in tables]
    dictionaries = pa.chunked_array([p.dictionary for p in parts], pa.string())
    coded = dictionaries.dictionary_encode().combine_chunks()
    order = pc.sort_indices(coded.dictionary)
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    starts = np.cumsum([0, *(len(p.dictionary) for p in parts)])
    codes = rank[coded.indices.to_numpy()]
    rows = [codes[start + p.indices.to_numpy().astype(np.int64)] for start, p in zip(starts, parts, strict=False)]
    return _joined(rows), coded.dictionary.take(order)


def _joined(parts: Sequence[Longs]) -> Longs:
    return np.concatenate([*parts, np.empty(0, np.int64)])
