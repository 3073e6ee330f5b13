"""Candles and trades as arrays, market by market, whatever the store; only what was complete at the end of a scope."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.market import market_tables
from graph.schema import TIME

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

SECOND = 1_000_000  # µs
_INTERVAL = re.compile(r"(\d+)(s|m|h|d|w)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class Series:
    """One market's candles of one interval, in the order of their times, each time once.

    Attributes
    ----------
    venue, base, quote : str
        Exchange, bought asset, paid asset.
    interval : int
        Length of a candle in µs.
    at : ndarray of int64, shape (n,)
        Openings, µs; a candle is known from ``at + interval`` on.
    open, high, low, close : ndarray of float64
        Prices in quote units.
    volume : ndarray of float64
        Traded in quote units; estimated from base units and the close where only those are given.
    trades : ndarray of float64
        Number of trades; NaN where not given.
    bought : ndarray of float64
        Part of the volume that takers bought, quote units; NaN where not given.
    traded : bool
        Whether the candles were made here from single trades.
    """

    venue: str
    base: str
    quote: str
    interval: int
    at: Longs
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    trades: Floats
    bought: Floats
    traded: bool = False

    def __len__(self) -> int:
        return len(self.at)

    @property
    def market(self) -> tuple[str, str, str]:
        """Venue, base and quote."""
        return self.venue, self.base, self.quote

    @property
    def known(self) -> Longs:
        """When each candle was complete, µs."""
        return self.at + self.interval

    def part(self, start: int, end: int) -> Series:
        """Candles that open at ``start`` or later and are known by ``end`` (µs)."""
        a, b = np.searchsorted(self.at, start), np.searchsorted(self.known, end, side="right")
        return self.some(slice(a, max(a, b)))

    def some(self, places: slice | npt.NDArray[np.bool_]) -> Series:
        """Candles at some places."""
        columns = {n: getattr(self, n)[places] for n in COLUMNS}
        return Series(*self.market, self.interval, **columns, traded=self.traded)


COLUMNS = ("at", "open", "high", "low", "close", "volume", "trades", "bought")


def length_of(interval: str) -> int | None:
    """Length of an interval as exchanges write it (``1m``, ``4h``, ``1d``), in µs; None if it is none."""
    found = _INTERVAL.fullmatch(interval.strip().lower() if interval != "1M" else "")
    return int(found[1]) * _UNITS[found[2]] * SECOND if found and int(found[1]) else None


def candles(
    data_dir: Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    bases: Collection[str] | None = None,
) -> list[Series]:
    """All candles, by market and interval (the shortest first).

    Parameters
    ----------
    start, end : datetime, optional
        Only candles that open at ``start`` or later and are complete by ``end``.
    bases : collection of str, optional
        Only markets that sell these.
    """
    found = [s for table in market_tables(data_dir, "candles", bases=bases) for s in _series(table)]
    if start is not None or end is not None:
        low = -(2**62) if start is None else round(start.timestamp() * SECOND)
        high = 2**62 if end is None else round(end.timestamp() * SECOND)
        found = [s.part(low, high) for s in found]
    return sorted((s for s in found if len(s)), key=lambda s: (*s.market, s.interval))


def _series(table: pa.Table) -> Iterator[Series]:
    """The series in a market's candles; rows that no market can have (a price of 0, no number) are left out."""
    venue, base, quote = (table[name][0].as_py() for name in ("venue", "base", "quote"))
    intervals = table["interval"].combine_chunks().dictionary_encode()
    for code, name in enumerate(intervals.dictionary.to_pylist()):
        length = length_of(name)
        if length is None:
            continue
        rows = table.filter(pc.equal(intervals.indices, code))
        at = rows["open_time"].cast(TIME).cast(pa.int64()).to_numpy()
        price = {n: numbers(rows, n) for n in ("open", "high", "low", "close")}
        volume, trades = numbers(rows, "quote_volume"), numbers(rows, "trades")
        base_volume, bought = numbers(rows, "volume"), numbers(rows, "taker_buy_quote")
        volume = np.where(np.isfinite(volume), volume, base_volume * price["close"])
        bought = np.where(np.isfinite(bought), bought, numbers(rows, "taker_buy_base") * price["close"])
        good = np.isfinite(volume) & (volume >= 0)
        for column in price.values():
            good &= np.isfinite(column) & (column > 0)
        order = np.flatnonzero(good)[np.argsort(at[good], kind="stable")]
        order = order[np.concatenate([np.diff(at[order]) > 0, [True]])] if len(order) else order
        opened, high, low, close = (price[n][order] for n in ("open", "high", "low", "close"))
        about = (venue, base, quote, length, at[order])
        yield Series(*about, opened, high, low, close, volume[order], trades[order], bought[order])


def numbers(table: pa.Table, name: str) -> Floats:
    """A column as floats, NaN for null."""
    values = table[name].cast(pa.float64()).combine_chunks()
    found: Floats = np.asarray(pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False), np.float64)
    return found
