"""How rare the meetings of two accounts are, given how active both are and how busy each object was at the time.

A meeting of u and v at a *place* (object o in a stretch of time c, the *cell*) in period d has the surprise

    s = −ln(2 m_oc n_ud n_vd / N_d²)

with m_oc the pairs of events there that lie in one window, n_ud an account's messages in the period and N_d all of its
messages: minus the log of how many such meetings there would be if the period's authors were dealt out at random. A
hashtag that all use at noon surprises nobody at noon. Of a pair's meetings in one cell the most surprising counts,
whatever the objects and layers, so that a burst, or a post with ten links, is one occasion. S_uv is the sum.

Under the null the number of meetings is Poisson with mean λ_uv = Σ_d 2 M_d n_ud n_vd / N_d² (M_d: all pairs in
windows), and each falls on a pair of events drawn at random. The part of its surprise that is due to where it lies is
the *depth* Y = ln(m_max / m_oc); the rest is due to how active the two are, ρ on average over the meetings seen. So
p_uv = Σ_k P(Poisson(λ_uv) = k) P(Y_1 + … + Y_k ≥ S_uv − kρ), a compound Poisson tail, with the distribution of Y read
off the events. The *rarity* of a pair is −ln p_uv.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.board import Floats, Layer, Reading, authored, laid_out, windows
from detectors.coaction.coded import LONGEST, width_of
from detectors.coaction.sweep import MICROSECONDS, Ints, Longs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from detectors.coaction.surprisal_kernels import Board, Bounds, Shares, Tails

__all__ = ["KEPT", "Floats", "Layer", "Pairs", "Surprisal"]

STEP = 0.05  # bins of the distribution of depths, in nats
DEEP = 12  # meetings up to which their sum's distribution is computed
TILTS = np.geomspace(0.02, 5.0, 24)  # of Chernoff's bound, for more of them
CELL_WINDOWS = 10
DAY_S = 86_400.0
SLACK = 1.001  # of the chance from which pairs are not looked at: what rounding may do
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
    hold_s : float
        Length of a period, in seconds: accounts keep how much they do in each. 0: there is one. Periods of few messages
        are joined.
    reading : Reading, optional
        Reads the events; shared by searches that differ in their windows alone.

    Raises
    ------
    ValueError
        A cell is shorter than a window, so that neighbours in time would be several cells apart.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        names: pa.Array,
        cell_s: float | None = None,
        hold_s: float = DAY_S,
        reading: Reading | None = None,
    ) -> None:
        self.layers, self.names, self.count = tuple(layers), names, len(names)
        width = max((layer.width for layer in layers), default=0)
        usual = min(CELL_WINDOWS * width or 3600 * MICROSECONDS, LONGEST)
        self.cell = width_of(cell_s) if cell_s else usual
        if self.cell < width:
            raise ValueError(f"cell_s is {cell_s}, less than a window of {width / MICROSECONDS:g} s")
        self.events, units = (reading or Reading())(layers, names)
        self.messages = authored(self.events, units, width_of(hold_s))
        self._lay_out(units)
        self.floor = float(np.log(max(self.count * (self.count - 1) / 2 / KEPT, 1.0)))

    def _lay_out(self, units: Longs) -> None:
        for name in ("_active", "_ranks", "_bounds"):
            self.__dict__.pop(name, None)  # of other layers
        self.board, meetings = laid_out(self.events, units, self.layers, self.messages, self.cell)
        self.tails = _tails(self.board)
        self.shares = self._shares(meetings)

    def _shares(self, meetings: Floats) -> csr_array[np.float64]:
        """By account and period, n √(2 M) / N: the product of two rows is the number of meetings expected."""
        scale = np.sqrt(2 * meetings) / np.maximum(self.messages.total, 1.0)
        found = self._counts.copy()
        found.data *= scale[found.indices]
        return found

    def layer(self, number: int) -> Surprisal:
        """One of the layers alone; accounts, messages and their activity stay those of all layers."""
        if len(self.layers) == 1:
            return self
        part = copy.copy(self)
        begin, end = np.searchsorted(self.events.layer, [number, number + 1])
        part.events = self.events.some(slice(begin, end))
        part._lay_out(self.board.units[begin:end].astype(np.int64))  # noqa: SLF001 - its own class
        return part

    def code(self, layer: int, key: str) -> int:
        """The code of a layer's object; −1: there is none of that name."""
        place = pc.index(self.events.things, pa.scalar(key, pa.string())).as_py()
        return int(place) + layer * len(self.events.things) if place >= 0 else -1

    def pairs(self, dealt: Longs | None = None, floor: float | None = None) -> Pairs:
        """Pairs that met and are at least as rare as ``floor`` (nats).

        Parameters
        ----------
        dealt : ndarray of int64, shape (n_messages,), optional
            For each message the one whose author it is given, of the same period.
        """
        from detectors.coaction import surprisal_kernels as kernels

        if not len(self.messages):
            return Pairs(*(np.empty(0, t) for t in (np.int32, np.int32, float, float, np.int32)))
        author, busy = self.messages.author, self.messages.busy
        if dealt is not None:
            author, busy = author[dealt], busy[dealt]
        least = self.floor if floor is None else floor
        shares, everybody = compiled_shares(self.shares), np.arange(self.count, dtype=np.int32)
        if least <= 0 or self.count**2 * (len(self._ranks) + 1) > LONGEST:  # pairs and times fit into 63 bits
            return _sorted(kernels.surprisals(self._active, author, busy, shares, self.tails, least), everybody)
        board, bounds, ranks = self._active, self._bounds, self._ranks
        bounds = bounds._replace(limit=float(np.exp(-least)) * SLACK)
        actors, busy = author[board.units], busy[board.units]
        keys, times, *ends = kernels.survivors(board, actors, busy, bounds, ranks, self.count)
        order = np.argsort(keys * (len(ranks) + 1) + times, kind="stable")
        met = (keys[order], ends[0][order], ends[1][order])
        return _sorted(kernels.judged(board, met, busy, shares, self.tails, bounds, least, self.count), everybody)

    @cached_property
    def _active(self) -> Board:
        """The board of the events that meet any: most meet none, and all are gone through for each dataset."""
        from detectors.coaction import surprisal_kernels as kernels

        whole = self.board
        some = whole.high - whole.low > 1
        place = np.cumsum(some) - 1
        chrono = place[whole.chrono[some[whole.chrono]]]
        low, high = place[whole.low[some]], place[whole.high[some] - 1] + 1
        units, cells = whole.units[some], whole.cells[some]
        return kernels.Board(chrono, units, cells, low, high, whole.rates[some], whole.depths[some])

    @cached_property
    def _ranks(self) -> Longs:
        """Of each event that meets any, its place in time."""
        ranks = np.empty(len(self._active.chrono), np.int64)
        ranks[self._active.chrono] = np.arange(len(ranks))
        return ranks

    @cached_property
    def _bounds(self) -> Bounds:
        """What tells of an event that meets any how likely a meeting is there."""
        from detectors.coaction import surprisal_kernels as kernels

        board, total = self._active, self.messages.total
        period = self.messages.period[board.units]
        ahead = (board.high - np.arange(len(board.high)) - 1).astype(float)
        pairs = np.bincount(period, weights=ahead, minlength=len(total))
        levels, place = np.unique(board.depths, return_inverse=True)  # the deeper, the fewer pairs
        deeper = np.cumsum(np.bincount(place, weights=ahead, minlength=len(levels))[::-1])[::-1]
        share = deeper / max(float(ahead.sum()), 1.0)
        return kernels.Bounds(period, (2 * pairs / total**2)[period], share[place], 0.0)

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

        board = self.board
        mine = self.events.of(codes)
        # who meets nobody among all, as on hubs, meets nobody here
        mine = mine[(board.high - board.low)[mine] > 1]
        mine = mine[~np.isin(self.events.thing[mine], np.fromiter(without, np.int64))]
        events = self.events.some(mine)
        some = np.unique(events.actor)
        made, units = np.unique(board.units[mine], return_inverse=True)
        low, high = windows(events, self.layers)
        chrono = np.argsort(events.at, kind="stable")
        part = kernels.Board(
            chrono, units.astype(np.int32), board.cells[mine], low, high, board.rates[mine], board.depths[mine]
        )
        author = np.searchsorted(some, self.messages.author[made]).astype(np.int32)
        out = kernels.surprisals(
            part, author, self.messages.busy[made], compiled_shares(self.shares[some]), self.tails, 0.0
        )
        return _sorted(out, some.astype(np.int32))

    def activity(self, codes: Ints) -> Floats:
        """Messages of some accounts by period, shape (n_accounts, n_periods)."""
        found: Floats = self._counts[codes].toarray()
        return found

    @cached_property
    def _counts(self) -> csr_array[np.float64]:
        """Messages by account and period."""
        from scipy.sparse import coo_array

        author, period = self.messages.author, self.messages.period
        shape = (self.count, len(self.messages.total))
        found = coo_array((np.ones(len(author)), (author, period)), shape=shape).tocsr()
        found.sum_duplicates()
        return found

    def expected(self, pairs: Pairs) -> Floats:
        """Meetings that the null expects of each pair, λ_uv."""
        found = np.zeros(len(pairs))
        for start in range(0, len(pairs), 100_000):
            part = slice(start, start + 100_000)
            found[part] = (self.shares[pairs.source[part]] * self.shares[pairs.target[part]]).sum(axis=1)
        return found


def compiled_shares(shares: csr_array[np.float64]) -> Shares:
    """The shares as compiled loops read them."""
    from detectors.coaction.surprisal_kernels import Shares

    return Shares(shares.indptr.astype(np.int64), shares.indices.astype(np.int64), shares.data)


def _sorted(out: Floats, codes: Ints) -> Pairs:
    """A kernel's pairs by source and target; its account i is ``codes[i]``, in rising order."""
    source, target, occasions = (out[row].astype(np.int32) for row in (0, 1, 4))
    order = np.lexsort((target, source))
    return Pairs(codes[source][order], codes[target][order], out[2][order], out[3][order], occasions[order])


def _tails(board: Board) -> Tails:
    """The distribution of depths over the meetings that chance makes, and of sums of them."""
    from detectors.coaction.surprisal_kernels import Tails

    ahead = (board.high - np.arange(len(board.high)) - 1).astype(float)
    some = ahead > 0
    bins = (board.depths[some] / STEP + 1e-6).astype(np.int64)
    mass = np.bincount(bins, weights=ahead[some]) if some.any() else np.ones(1)
    mass = mass / mass.sum()
    table = np.zeros((DEEP, DEEP * len(mass) + 1))
    part = mass
    for row in range(DEEP):
        table[row, : len(part)] = np.cumsum(part[::-1])[::-1]
        part = np.convolve(part, mass)
    moments = np.array([_log_mean_exp(tilt * board.depths[some], ahead[some]) for tilt in TILTS])
    return Tails(STEP, np.minimum(table, 1.0), TILTS, moments)


def _log_mean_exp(values: Floats, weights: Floats) -> float:
    """Ln of the weighted mean of exp(values); 0: there are none."""
    top = values.max(initial=0.0)
    return float(top + np.log(np.average(np.exp(values - top), weights=weights))) if len(values) else 0.0
