"""Single trades in chunks of wall-clock time: rush orders, both sides, and chunks as candles.

A *rush order* is a taker order that eats through several price levels: its fills share side and millisecond (Kamps and
Kleinberg's pumps begin with them; feature of La Morgia et al., 2020). Times in microseconds are floored to
milliseconds, or fills of one order would seem to be orders of their own. Exchanges that merge fills of one order at one
price (aggTrades) say so by first and last id: such a row counts as so many trades, and two rows of one side in one
millisecond are two levels.

Chunks follow the clock, also empty ones: a window of the last hour is an hour whether the coin trades or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.trading.reading import SECOND, Floats, Longs, Series, numbers
from graph.market import market_tables
from graph.schema import TIME

MILLISECOND = 1000  # µs
CHUNKS = (5, 15, 25)  # seconds


@dataclass(frozen=True)
class Trades:
    """One market's trades by time; arrays of shape (n,).

    Attributes
    ----------
    at : ndarray of int64
        µs.
    price, value : ndarray of float64
        Price, and price times quantity, in quote units.
    buy : ndarray of bool
        Whether the taker bought.
    count : ndarray of float64
        Trades that the row stands for.
    """

    venue: str
    base: str
    quote: str
    at: Longs
    price: Floats
    value: Floats
    buy: npt.NDArray[np.bool_]
    count: Floats

    def __len__(self) -> int:
        return len(self.at)

    def between(self, start: int, end: int) -> Trades:
        """Those with ``start <= at < end`` (µs)."""
        a, b = np.searchsorted(self.at, [start, end])
        return self.some(slice(a, b))

    def some(self, places: slice | Longs) -> Trades:
        """Those at some places."""
        market = (self.venue, self.base, self.quote)
        return Trades(
            *market, self.at[places], self.price[places], self.value[places], self.buy[places], self.count[places]
        )


@dataclass(frozen=True)
class Chunks:
    """Trades by chunk: only chunks that have any; arrays of shape (n,).

    Attributes
    ----------
    series : Series
        Opening, highest, lowest and last price, volume, trades and taker buys.
    rush : ndarray of float64
        Rush orders of buyers.
    rush_sells : ndarray of float64
        The same of sellers.
    rush_value : ndarray of float64
        Volume of all of them, quote units.
    """

    series: Series
    rush: Floats
    rush_sells: Floats
    rush_value: Floats


def trades(data_dir: Path, base: str, *, start: datetime | None = None, end: datetime | None = None) -> list[Trades]:
    """The trades of a bought asset with ``start <= time < end``, by market.

    Rows that cannot be (no price, a quantity below 0, a side that is neither) are left out.
    """
    found = []
    for table in market_tables(data_dir, "trades", bases={base}, start=start, end=end):
        venue, quote = table["venue"][0].as_py(), table["quote"][0].as_py()
        at = table["time"].cast(TIME).cast(pa.int64()).to_numpy()
        price, quantity = numbers(table, "price"), numbers(table, "quantity")
        side = pc.utf8_lower(table["side"].combine_chunks())
        buy = np.asarray(pc.equal(side, "buy").to_numpy(zero_copy_only=False), bool)
        known = buy | np.asarray(pc.equal(side, "sell").to_numpy(zero_copy_only=False), bool)
        first, last = numbers(table, "first_id"), numbers(table, "last_id")
        count = np.where(np.isfinite(last - first) & (last >= first), last - first + 1, 1.0)
        good = known & np.isfinite(price) & (price > 0) & np.isfinite(quantity) & (quantity >= 0)
        if start is not None:
            good &= at >= round(start.timestamp() * SECOND)
        if end is not None:
            good &= at < round(end.timestamp() * SECOND)
        # of one moment: in the order of the ids where they are numbers, which is that of the fills
        number = numbers_of(table["trade_id"])
        order = np.lexsort((price, number, at))
        found.append(Trades(venue, base, quote, at, price, price * quantity, buy, count).some(order[good[order]]))
    return [t for t in found if len(t)]


def numbers_of(ids: pa.ChunkedArray) -> Longs:
    """The number at an id's end, 0 where it has none."""
    digits = pc.struct_field(pc.extract_regex(ids.combine_chunks(), r"(?P<n>\d{1,18})$"), "n")
    found: Longs = pc.fill_null(digits.cast(pa.int64()), 0).to_numpy()
    return found


def rush_orders(found: Trades) -> tuple[Longs, npt.NDArray[np.bool_], Floats, Longs]:
    """Taker orders filled at several price levels within one millisecond.

    Returns
    -------
    at, buy, value, levels : ndarray, shape (n_orders,)
        Millisecond (µs), side, volume in quote units, and price levels, at least 2.
    """
    key = (found.at // MILLISECOND) * 2 + found.buy
    order = np.lexsort((found.price, key))
    key, price, value = key[order], found.price[order], found.value[order]
    if not len(key):
        return np.empty(0, np.int64), np.empty(0, bool), np.empty(0), np.empty(0, np.int64)
    begins = np.flatnonzero(np.concatenate([[True], np.diff(key) != 0]))
    fresh = np.concatenate([[True], (np.diff(key) != 0) | (np.diff(price) != 0)])
    levels = np.add.reduceat(fresh.astype(np.int64), begins)
    several = levels >= 2
    at = key[begins] // 2 * MILLISECOND
    return at[several], (key[begins] % 2 == 1)[several], np.add.reduceat(value, begins)[several], levels[several]


def chunks(found: Trades, seconds: int) -> Chunks:
    """The trades in chunks of so many seconds of the clock (5, 15 and 25 are usual)."""
    width = seconds * SECOND
    slot = found.at // width
    begins = np.flatnonzero(np.concatenate([[True], np.diff(slot) != 0])) if len(slot) else np.empty(0, np.int64)
    ends = np.concatenate([begins[1:], [len(slot)]]) - 1 if len(slot) else begins
    at = slot[begins] * width

    def total(values: Floats) -> Floats:
        return np.add.reduceat(values, begins) if len(begins) else np.empty(0)

    series = Series(
        found.venue,
        found.base,
        found.quote,
        width,
        at,
        found.price[begins],
        np.maximum.reduceat(found.price, begins) if len(begins) else np.empty(0),
        np.minimum.reduceat(found.price, begins) if len(begins) else np.empty(0),
        found.price[ends],
        total(found.value),
        total(found.count),
        total(np.where(found.buy, found.value, 0.0)),
        traded=True,
    )
    when, buys, value, _ = rush_orders(found)
    place = np.searchsorted(at, when // width * width).astype(np.int64)
    return Chunks(
        series,
        np.bincount(place[buys], minlength=len(at)).astype(float),
        np.bincount(place[~buys], minlength=len(at)).astype(float),
        np.bincount(place, weights=value, minlength=len(at)).astype(float),
    )
