"""The observed dataset and drawn ones, period by period, so that a period that is over is counted once.

Whose messages are dealt out anew, how busy an object was and how active an account, all lie within a period; only a
burst across the border of two touches both. So the meetings of a period follow from its own messages (and the next
one's, where a burst goes on there), from the windows and from the seed. They are kept under a digest of just that
(:mod:`graph.kept`); when posts come in, periods that they do not touch are looked up. What joins periods, the sum of a
pair's surprises and its rarity, is computed anew each time, in the order of periods, so that what was kept and what
was counted give the same to the last digit.

Of the pairs of a dataset most met once and are nowhere near as rare as those that are looked at. For a pair that met
in one cell, P(its meetings or more) ≥ (1 − e^{−λ}) P(Y ≥ y) with λ at least what the period itself brings; where that
is more than the least rarity allows the pair is left out without further ado.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from os import cpu_count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.coaction.surprisal import Floats, Pairs, Surprisal
from detectors.coaction.sweep import Ints, Longs
from graph.kept import Kept

if TYPE_CHECKING:
    from detectors.coaction.surprisal_kernels import Rows

VERSION = 1
MOST = 24_000_000
"""Meetings of all datasets, at most, for which they are kept: they take 36 bytes each."""
SLACK = 1.001  # of the bound: what rounding may do


class Part(NamedTuple):
    """The meetings of one period in one dataset, with codes of accounts: columns of :class:`Met`."""

    source: Ints
    target: Ints
    cells: Ints
    surprise: Floats
    logs: Floats
    mean: Floats


@dataclass(frozen=True)
class Met:
    """The meetings of one period in all datasets.

    Attributes
    ----------
    bounds : ndarray of int64
        Where each dataset's begin; one more than datasets.
    source, target : ndarray of int32
        Codes among the period's accounts.
    cells : ndarray of int32
        Cells in which the two met.
    surprise, logs, mean : ndarray of float64
        Sums of surprise and of −ln m; the meetings of the two that chance brings in the period.
    """

    bounds: Longs
    source: Ints
    target: Ints
    cells: Ints
    surprise: Floats
    logs: Floats
    mean: Floats


class Period:
    """One period of a surprisal's events.

    Parameters
    ----------
    active : sequence of ndarray of int64
        By period, the places of its events that meet any.
    number : int
        Which period.
    """

    def __init__(self, surprisal: Surprisal, active: Sequence[Longs], number: int) -> None:
        self._surprisal, self._number = surprisal, number
        self.start = int(surprisal.messages.starts[number])
        messages, events = surprisal.messages, surprisal.events
        mine = active[number]
        after = active[number + 1] if number + 1 < len(active) else mine[:0]
        width = max(layer.width for layer in surprisal.layers)
        reach = int(events.at[mine].max(initial=0)) + width if len(mine) else 0
        after = after[events.at[after] <= reach] if len(mine) else mine[:0]
        self.places: Longs = np.sort(np.concatenate([mine, after]))
        self.later: npt.NDArray[np.bool_] = np.isin(self.places, after)
        own = [messages.of(number), messages.of(number + 1) if len(after) else mine[:0]]
        self._authors = [messages.author[units] for units in own]
        self.accounts: Ints = np.unique(np.concatenate(self._authors)).astype(np.int32)
        self._local = [np.searchsorted(self.accounts, a).astype(np.int32) for a in self._authors]
        units = surprisal.board.units[self.places].astype(np.int64)
        ranks = np.empty(len(units), np.int64)
        for part, chosen in zip(own, (~self.later, self.later), strict=True):
            ranks[chosen] = np.searchsorted(part, units[chosen])
        self._units, self._ranks = units, ranks

    def digest(self, about: bytes) -> str:
        """A digest of all that the period's meetings follow from.

        ``about`` says with which parameters.
        """
        events, places = self._surprisal.events, self.places
        starts = self._surprisal.messages.starts[self._number : self._number + (2 if self.later.any() else 1)]
        said = hashlib.blake2b(about, digest_size=16)
        fresh = np.diff(events.thing[places], prepend=-1) != 0
        parts = (starts, *self._local, fresh, events.at[places], events.layer[places], self._ranks, self.later)
        for part in parts:
            said.update(len(part).to_bytes(8))
            said.update(np.ascontiguousarray(part).tobytes())
        return said.hexdigest()

    def met(self, seed: int, numbers: Sequence[int]) -> Met:
        """The meetings in some datasets; 0 is the observed one."""
        from detectors.coaction import surprisal_kernels as kernels

        rate = 2 * self.pairs / float(self._surprisal.messages.total[self._number]) ** 2
        bounds, found = kernels.meetings(self._rows, self._dealt(seed, numbers), self._busy, rate)
        source, target, cells = (found[row].astype(np.int32) for row in range(3))
        return Met(bounds, source, target, cells, *(row.copy() for row in found[3:]))

    @property
    def pairs(self) -> int:
        """Pairs of events in windows."""
        ahead = self._rows.high - np.arange(len(self.places)) - 1
        return int(ahead[~self.later].sum())

    @cached_property
    def _busy(self) -> Floats:
        """Messages of each account in the period and in the next, where a burst goes on there."""
        size = len(self.accounts)
        found: Floats = np.stack([np.bincount(local, minlength=size) for local in self._local]).astype(float)
        return found

    @cached_property
    def _rows(self) -> Rows:
        from detectors.coaction import surprisal_kernels as kernels

        surprisal, places = self._surprisal, self.places
        events, board = surprisal.events, surprisal.board
        low, high = np.empty(len(places), np.int64), np.empty(len(places), np.int64)
        widths = events.widths(surprisal.layers)[places] if len(places) else places
        kernels.windows(events.thing[places], events.at[places], widths, low, high)
        pairs = np.rint(board.rates[places] * surprisal.messages.total[surprisal.messages.period[self._units]] ** 2 / 2)
        order = np.argsort(events.at[places], kind="stable")
        logs = -np.log(np.maximum(pairs, 1.0))
        return kernels.Rows(order, self._units, board.cells[places], low, high, board.rates[places], logs, self.later)

    def _dealt(self, seed: int, numbers: Sequence[int]) -> Ints:
        """Authors of the rows in each dataset, as local codes, shape (n_datasets, n_rows)."""
        messages = self._surprisal.messages
        found = np.empty((len(numbers), len(self.places)), np.int32)
        parts = [(self._number, self._local[0], ~self.later), (self._number + 1, self._local[1], self.later)]
        for period, local, chosen in parts:
            if chosen.any():
                ranks = self._ranks[chosen]
                for row, number in enumerate(numbers):
                    dealt = messages.order(period, seed, number)[ranks] if number else ranks
                    found[row, chosen] = local[dealt]
        return found


def _part(period: Period, met: Met, number: int) -> Part:
    """One dataset's meetings."""
    part = slice(int(met.bounds[number]), int(met.bounds[number + 1]))
    source, target = (period.accounts[codes[part]] for codes in (met.source, met.target))
    return Part(source, target, met.cells[part], met.surprise[part], met.logs[part], met.mean[part])


class Periods:
    """All periods of a surprisal, its datasets, and what of them is kept.

    Parameters
    ----------
    surprisal : Surprisal
        Its cells must not cross the borders of periods (:attr:`Surprisal.apart`).
    kept : Kept
        Where meetings are kept.
    """

    def __init__(self, surprisal: Surprisal, kept: Kept) -> None:
        self._surprisal, self._kept = surprisal, kept
        self.counted = 0  # periods whose meetings were not looked up

    def datasets(self, draws: int, seed: int, threads: int = 0) -> list[Pairs]:
        """The observed dataset's pairs, then those of drawn ones, at least as rare as the surprisal's floor."""
        surprisal = self._surprisal
        if not len(surprisal.messages):
            return [surprisal.pairs()] * (draws + 1)
        board = surprisal.board
        many = int((board.high - board.low - 1).sum() // 2) * (draws + 1) > MOST
        periods = [Period(surprisal, self._active, number) for number in range(len(self._active))]
        with ThreadPoolExecutor(threads or cpu_count() or 1) as pool:
            met = [] if many else list(pool.map(lambda period: self._met(period, draws, seed), periods))

            def draw(number: int) -> Pairs:
                if many:  # one dataset at a time is what memory holds
                    return self._dataset([_part(p, p.met(seed, [number]), 0) for p in periods])
                return self._dataset([_part(p, m, number) for p, m in zip(periods, met, strict=True)])

            datasets = list(pool.map(draw, range(draws + 1)))
        if self.counted:
            self._kept.tidy()
        return datasets

    @cached_property
    def _active(self) -> list[Longs]:
        """By period, the places of the events that meet any."""
        surprisal = self._surprisal
        on = np.flatnonzero(surprisal.board.high - surprisal.board.low > 1)
        period = surprisal.messages.period[surprisal.board.units[on]]
        order = np.argsort(period, kind="stable")
        bounds = np.searchsorted(period[order], np.arange(len(surprisal.messages.total) + 1))
        return [on[order[bounds[p] : bounds[p + 1]]] for p in range(len(bounds) - 1)]

    def _met(self, period: Period, draws: int, seed: int) -> Met:
        """The meetings of a period in all datasets: those kept, else counted."""
        surprisal = self._surprisal
        widths = [layer.width for layer in surprisal.layers]
        about = repr((VERSION, seed, draws, surprisal.cell, widths)).encode()
        digest = period.digest(about)
        name = f"met-{hashlib.blake2b(about, digest_size=6).hexdigest()}-{period.start}"
        kept = self._kept.get(name, digest)
        if kept is not None:
            return Met(**kept)
        self.counted += 1
        met = period.met(seed, range(draws + 1))
        self._kept.put(name, digest, {n: getattr(met, n) for n in Met.__dataclass_fields__})
        return met

    def _dataset(self, parts: Sequence[Part]) -> Pairs:
        """One dataset's pairs that are rare enough, from its meetings by period."""
        from detectors.coaction import surprisal_kernels as kernels
        from detectors.coaction.surprisal import compiled_shares

        surprisal, size = self._surprisal, np.int64(max(self._surprisal.count, 1))
        keys = np.concatenate([p.source * size + p.target for p in parts])
        cells = np.concatenate([p.cells for p in parts])
        surprise, logs, mean = (np.concatenate([getattr(p, n) for p in parts]) for n in ("surprise", "logs", "mean"))
        some = kernels.repeated(keys) | (cells > 1)
        some |= -np.expm1(-mean) * self._below(logs) < np.exp(-surprisal.floor) * SLACK
        keys, cells, surprise, logs = (column[some] for column in (keys, cells, surprise, logs))
        order = np.argsort(keys, kind="stable")
        first = np.flatnonzero(np.diff(keys[order], prepend=-1))
        if not len(first):
            return Pairs(*(np.empty(0, t) for t in (np.int32, np.int32, float, float, np.int32)))
        sums = np.stack([np.add.reduceat(column[order].astype(float), first) for column in (cells, surprise, logs)])
        sums[2] += sums[0] * self._most
        pairs = keys[order][first]
        ends = np.stack([pairs // size, pairs % size]).astype(np.int32)
        rare = kernels.judged(ends, sums, compiled_shares(surprisal.shares), surprisal.tails)
        found = Pairs(ends[0], ends[1], rare, sums[1], sums[0].astype(np.int32))
        return found.where(rare >= surprisal.floor)

    @cached_property
    def _most(self) -> float:
        """Ln of the most pairs of events of a place."""
        return float(self._levels[0][-1]) if len(self._levels[0]) else 0.0

    @cached_property
    def _levels(self) -> tuple[Floats, Floats]:
        """Ln m of the places, rising, and the share of meetings at places with at most as many pairs."""
        board, messages = self._surprisal.board, self._surprisal.messages
        ahead = board.high - np.arange(len(board.high)) - 1
        on = np.flatnonzero(ahead > 0)
        here = np.rint(board.rates[on] * messages.total[messages.period[board.units[on]]] ** 2 / 2)
        levels, place = np.unique(here, return_inverse=True)
        share: Floats = np.cumsum(np.bincount(place, weights=ahead[on].astype(float))).astype(float)
        found: Floats = np.log(levels)
        return found, share / max(float(share.max(initial=0.0)), 1.0)

    def _below(self, logs: Floats) -> Floats:
        """Chance that a meeting lies at a place with at most as many pairs, given −ln m."""
        levels, share = self._levels
        place = np.searchsorted(levels, -logs + 1e-9, side="right") - 1
        found: Floats = share[np.clip(place, 0, None)]
        return found
