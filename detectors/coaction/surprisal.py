"""How rare the meetings of two accounts are, given how active both are and how busy each object was at the time.

A meeting of u and v on object o in a stretch of time c (a *cell*) has the surprise

    s = −ln(2 m_oc n_u n_v / N²)

with m_oc the pairs of events on o in a window whose earlier one lies in c, n the accounts' messages and N all messages:
minus the log of how many such meetings there would be if authors were dealt out at random. A hashtag that all use at
noon surprises nobody at noon. Of a pair's meetings in one cell the most surprising counts, whatever the objects and
layers, so that a burst, or a post with ten links, is one occasion. S_uv is the sum.

Under the null the number of meetings is Poisson with mean λ_uv = 2 M n_u n_v / N² (M all pairs in windows), and each of
them falls on a pair of events drawn at random; so p_uv = Σ_k P(Poisson(λ_uv) = k) P(Y_1 + … + Y_k ≥ S_uv), a compound
Poisson tail, with the distribution of Y read off the events. The *rarity* of a pair is −ln p_uv.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.sweep import MICROSECONDS, Ints, Longs

if TYPE_CHECKING:
    from detectors.coaction.surprisal_kernels import Board, Tails

Floats = npt.NDArray[np.float64]
STEP = 0.05  # bins of the distribution of surprises, in nats
DEEP = 12  # meetings up to which their sum's distribution is computed
CELL_WINDOWS = 10
KEPT = 1000.0
"""Pairs of a dataset without coordination that are rare enough to be kept, on average."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of accounts that met, and how rare that is.

    Attributes
    ----------
    source, target : ndarray of int32, shape (n_pairs,)
        ``source < target``.
    rarity : ndarray of float64
        −ln p, in nats.
    surprise : ndarray of float64
        S, in nats.
    occasions : ndarray of int32
        Cells of time in which they met.
    """

    source: Ints
    target: Ints
    rarity: Floats
    surprise: Floats
    occasions: Ints

    def __len__(self) -> int:
        return len(self.source)

    def where(self, keep: npt.NDArray[np.bool_] | Longs) -> Pairs:
        """Those chosen by a mask or by places."""
        return Pairs(self.source[keep], self.target[keep], self.rarity[keep], self.surprise[keep], self.occasions[keep])

    @property
    def p(self) -> Floats:
        """Chance of the pattern under the null."""
        chance: Floats = np.exp(-self.rarity)
        return chance


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
    """

    action: str
    events: pa.Table
    window_s: float

    @property
    def width(self) -> int:
        """The window in µs."""
        return round(self.window_s * MICROSECONDS)


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


class Surprisal:
    """The events of some layers, laid out so that pairs can be judged for any assignment of authors.

    Parameters
    ----------
    layers : sequence of Layer
        The layers.
    names : pyarrow.Array
        Sorted keys of all accounts; codes of accounts are places in it.
    cell_s : float, optional
        Length of a cell, in seconds; by default ten of the longest window, an hour where that is zero.
    """

    def __init__(self, layers: Sequence[Layer], names: pa.Array, cell_s: float | None = None) -> None:
        self.layers, self.names, self.count = tuple(layers), names, len(names)
        width = max((layer.width for layer in layers), default=0)
        self.cell = round(cell_s * MICROSECONDS) if cell_s else CELL_WINDOWS * width or 3600 * MICROSECONDS
        self.board, self.authors, self.events = _layout(layers, names, self.cell)
        self.activity: Floats = np.bincount(self.authors, minlength=self.count).astype(float)
        self.tails = _tails(self.board, len(self.authors))
        pairs = self.count * (self.count - 1) / 2
        self.floor = float(np.log(max(pairs / KEPT, 1.0)))

    def layer(self, number: int) -> Surprisal:
        """One of the layers alone; accounts, messages and their activity stay those of all layers."""
        if len(self.layers) == 1:
            return self
        part = copy.copy(self)
        begin, end = np.searchsorted(self.events.layer, [number, number + 1])
        mine = slice(begin, end)
        board = self.board
        low, high = board.low[mine] - begin, board.high[mine] - begin
        chrono = board.chrono[(board.chrono >= begin) & (board.chrono < end)] - begin
        part.board = type(board)(chrono, board.units[mine], board.cells[mine], low, high, board.rates[mine])
        part.layers = (self.layers[number],)
        part.tails = _tails(part.board, len(self.authors))
        part.events = replace(
            self.events, **{n: getattr(self.events, n)[mine] for n in ("actor", "thing", "at", "message", "layer")}
        )
        return part

    def code(self, layer: int, key: str) -> int:
        """The code of a layer's object; −1: there is none of that name."""
        place = pc.index(self.events.things, pa.scalar(key, pa.string())).as_py()
        return int(place) + layer * len(self.events.things) if place >= 0 else -1

    def among(self, codes: Ints, without: Iterable[int] = ()) -> Pairs:
        """Pairs of some accounts, as rare as they would be without their events on some objects.

        Activity, and how busy objects are, stay those of all events.

        Parameters
        ----------
        codes : ndarray of int32
            Accounts.
        without : iterable of int
            Codes of objects to leave out.
        """
        from detectors.coaction import surprisal_kernels as kernels

        events, board = self.events, self.board
        gone = np.fromiter(without, np.int64)
        mine = np.flatnonzero(np.isin(events.actor, codes))
        mine = mine[~np.isin(events.thing[mine], gone)]
        some = np.unique(events.actor[mine])
        made, units = np.unique(board.units[mine], return_inverse=True)
        authors = np.searchsorted(some, self.authors[made]).astype(np.int32)
        low, high = np.empty(len(mine), np.int64), np.empty(len(mine), np.int64)
        widths = np.array([layer.width for layer in self.layers], np.int64)[events.layer[mine]]
        kernels.windows(events.thing[mine], events.at[mine], widths, low, high)
        chrono = np.argsort(events.at[mine], kind="stable")
        part = kernels.Board(chrono, units.astype(np.int32), board.cells[mine], low, high, board.rates[mine])
        out = kernels.surprisals(part, authors, self.activity[some], self.tails, 0.0)
        return _sorted(out, some.astype(np.int32))

    def pairs(self, authors: Ints | None = None, floor: float | None = None) -> Pairs:
        """Pairs that met and are at least as rare as ``floor`` (nats), for the given authors of messages."""
        from detectors.coaction import surprisal_kernels as kernels

        who = self.authors if authors is None else authors
        if not len(who):
            return Pairs(*(np.empty(0, t) for t in (np.int32, np.int32, float, float, np.int32)))
        out = kernels.surprisals(self.board, who, self.activity, self.tails, self.floor if floor is None else floor)
        return _sorted(out, np.arange(self.count, dtype=np.int32))

    def moments(self) -> Longs:
        """When each message was made, shape (n_units,)."""
        found = np.zeros(len(self.authors), np.int64)
        found[self.board.units] = self.events.at
        return found

    def expected(self, pairs: Pairs) -> Floats:
        """Meetings that the null expects of each pair, λ_uv."""
        found: Floats = self.tails.mean * self.activity[pairs.source] * self.activity[pairs.target]
        return found


def _sorted(out: Floats, codes: Ints) -> Pairs:
    """A kernel's pairs by source and target; its account i is ``codes[i]``, in rising order."""
    source, target, occasions = (out[row].astype(np.int32) for row in (0, 1, 4))
    order = np.lexsort((target, source))
    return Pairs(codes[source][order], codes[target][order], out[2][order], out[3][order], occasions[order])


def _layout(layers: Sequence[Layer], names: pa.Array, cell: int) -> tuple[Board, Ints, Events]:
    """The events of all layers, and who made each message."""
    from detectors.coaction import surprisal_kernels as kernels

    tables = [layer.events.combine_chunks() for layer in layers]
    actors, things, messages = (_codes(tables, column) for column in ("actor", "object", "message"))
    place = pc.index_in(actors[1], names).to_numpy(zero_copy_only=False).astype(np.int64)
    sizes = [t.num_rows for t in tables]
    which = np.repeat(np.arange(len(layers)), sizes)
    at = _joined([t["at"].cast(pa.int64()).to_numpy() for t in tables])
    thing = things[0] + which * len(things[1])  # the same text in two layers is two objects
    order = np.lexsort((at, thing))
    thing, at, which = thing[order], at[order], which[order]
    actor, message = place[actors[0][order]], messages[0][order]
    units, authors = _units(message, actor)
    low, high = np.empty(len(at), np.int64), np.empty(len(at), np.int64)
    widths = np.array([layer.width for layer in layers], np.int64)[which]
    kernels.windows(thing, at, widths, low, high)
    cells = at // cell
    group = np.cumsum(np.concatenate([[0], (np.diff(thing) != 0) | (np.diff(cells) != 0)]))[: len(at)]
    ahead = (high - np.arange(len(at)) - 1).astype(float)
    m = np.bincount(group, weights=ahead)[group] if len(at) else ahead
    rates = 2 * m / max(len(authors), 1) ** 2
    board = kernels.Board(np.argsort(at, kind="stable"), units, cells, low, high, rates)
    return board, authors, Events(actor.astype(np.int32), thing, at, message, which, things[1], messages[1])


def _codes(tables: Sequence[pa.Table], column: str) -> tuple[Longs, pa.Array]:
    """A dictionary column of several tables, coded by one dictionary."""
    parts = [t[column].combine_chunks() for t in tables]
    dictionaries = pa.chunked_array([p.dictionary for p in parts], pa.string())
    coded = dictionaries.dictionary_encode().combine_chunks()
    starts = np.cumsum([0, *(len(p.dictionary) for p in parts)])
    codes = coded.indices.to_numpy().astype(np.int64)
    rows = [codes[start + p.indices.to_numpy().astype(np.int64)] for start, p in zip(starts, parts, strict=False)]
    return _joined(rows), coded.dictionary


def _joined(parts: Sequence[Longs]) -> Longs:
    return np.concatenate([*parts, np.empty(0, np.int64)])


def _units(messages: Longs, actors: Longs) -> tuple[Ints, Ints]:
    """The unit that each event belongs to, and each unit's author: a message, once for each account that made it."""
    span = int(actors.max(initial=0)) + 1
    keys, units = np.unique(messages * span + actors, return_inverse=True)
    return units.astype(np.int32), (keys % span).astype(np.int32)


def _tails(board: Board, units: int) -> Tails:
    """The distribution of the surprise of meetings that chance makes, and of sums of them."""
    from detectors.coaction.surprisal_kernels import Tails

    ahead = (board.high - np.arange(len(board.high)) - 1).astype(float)
    some = ahead > 0
    bins = np.maximum(-np.log(board.rates[some]) / STEP, 0).astype(np.int64)
    mass = np.bincount(bins, weights=ahead[some]) if some.any() else np.ones(1)
    mass = mass / mass.sum()
    table = np.zeros((DEEP, DEEP * len(mass) + 1))
    part = mass
    for row in range(DEEP):
        table[row, : len(part)] = np.cumsum(part[::-1])[::-1]
        part = np.convolve(part, mass)
    return Tails(2 * float(ahead.sum()) / max(units, 1) ** 2, STEP, np.minimum(table, 1.0))
