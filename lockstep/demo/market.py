"""Prices: hourly candles of the whole time, minute candles and single trades around the moves that scenarios ask for.

Where there are trades, the minute candles are made from them, so that the files agree with each other.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lockstep.demo.draw import Draw, Floats, Ints
from lockstep.demo.names import VENUE
from lockstep.demo.world import HOUR, MINUTE, SECOND, Move, World, stamp

QUOTE = "USDT"
SPAN = 3 * HOUR  # trades reach this far before and after a move
QUIET = (("BTC", 64_000.0), ("ETH", 3_200.0), ("SOL", 140.0))  # moves like a large market, for comparison

# Knots (ms from the move, share of the full height): price; and (ms from the move, multiple) of the usual volume.
_SHAPES: dict[str, tuple[tuple[tuple[int, float], ...], tuple[tuple[int, float], ...]]] = {
    # Insiders buy for an hour, the call sends the price up within a minute, members sell into it, it ends lower.
    "pump": (
        (
            (-70 * MINUTE, 0.0),
            (-4 * MINUTE, 0.09),
            (2 * SECOND, 0.1),
            (38 * SECOND, 1.0),
            (3 * MINUTE, 0.7),
            (12 * MINUTE, 0.3),
            (60 * MINUTE, 0.02),
            (150 * MINUTE, -0.12),
        ),
        (
            (-70 * MINUTE, 1.0),
            (-60 * MINUTE, 3.4),
            (-3 * MINUTE, 3.0),
            (0, 3.0),
            (SECOND, 90.0),
            (2 * MINUTE, 50.0),
            (10 * MINUTE, 12.0),
            (60 * MINUTE, 2.0),
            (150 * MINUTE, 1.0),
        ),
    ),
    # Sold short for an hour and a half, rumours, a slide, buying back, half of the way back by itself.
    "crash": (
        (
            (-95 * MINUTE, 0.0),
            (0, 0.06),
            (9 * MINUTE, 0.5),
            (26 * MINUTE, 1.0),
            (80 * MINUTE, 0.8),
            (170 * MINUTE, 0.4),
        ),
        (
            (-95 * MINUTE, 1.0),
            (-80 * MINUTE, 2.4),
            (0, 2.6),
            (5 * MINUTE, 20.0),
            (30 * MINUTE, 26.0),
            (90 * MINUTE, 5.0),
            (170 * MINUTE, 2.0),
        ),
    ),
    # News: no buying beforehand, a slower climb in steps, and it stays.
    "rally": (
        (
            (0, 0.0),
            (2 * MINUTE, 0.2),
            (15 * MINUTE, 0.5),
            (40 * MINUTE, 0.62),
            (110 * MINUTE, 1.0),
            (175 * MINUTE, 0.93),
        ),
        ((0, 1.0), (2 * MINUTE, 18.0), (40 * MINUTE, 14.0), (110 * MINUTE, 11.0), (175 * MINUTE, 5.0)),
    ),
    # A listing: first trades in a rush, wild, then a level.
    "listing": (
        ((0, 0.0), (5 * SECOND, 0.8), (MINUTE, 1.0), (8 * MINUTE, 0.45), (60 * MINUTE, 0.6), (175 * MINUTE, 0.5)),
        ((0, 0.3), (SECOND, 60.0), (6 * MINUTE, 30.0), (60 * MINUTE, 9.0), (175 * MINUTE, 4.0)),
    ),
}


class Trade(NamedTuple):
    """One fill."""

    at: int
    price: float
    units: int
    buy: bool


@dataclass
class Minutes:
    """One market minute by minute, shape (minutes,)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    units: Ints
    trades: Ints
    bought: Ints  # units that takers bought


def write(world: World) -> None:
    """Write candles and trades of every ticker that a scenario moves, and of a few that nothing happens to."""
    moves: dict[str, list[Move]] = {}
    for move in world.moves:
        moves.setdefault(move.ticker, []).append(move)
    draw = Draw(world.seed, "prices")
    start = {**dict(QUIET), **{t: round(draw.between(0.004, 2.5), 4) for t in moves}}
    for ticker, price in start.items():
        _market(world, ticker, price, moves.get(ticker, []), large=ticker in dict(QUIET))


def _market(world: World, ticker: str, price: float, moves: list[Move], *, large: bool) -> None:
    draw = Draw(world.seed, "market", ticker)
    walk = _walk(draw, world.days * 1440, price, 0.0006 if large else 0.0011)
    minutes = _minutes(draw, walk, rate=40.0 if large else 1.5, lot=60_000.0 / price)
    number = 0
    opened = min((m.at // HOUR * 60 for m in moves if m.kind == "listing"), default=0)  # no market before a listing
    written: set[int] = set()
    for move in sorted(moves, key=lambda m: m.at):
        trades = _trades(draw, move, walk, lot=60_000.0 / price)
        _overwrite(minutes, move, trades)
        world.files.write("trades", (_trade_row(ticker, t, number + k) for k, t in enumerate(trades)))
        number += len(trades)
        span = [m for m in _around(move, len(walk)) if m not in written]
        written.update(span)
        world.files.write("candles", (_candle(ticker, "1m", minutes, m, m + 1) for m in span))
    world.files.write("candles", (_candle(ticker, "1h", minutes, h, h + 60) for h in range(opened, len(walk), 60)))


def _around(move: Move, minutes: int) -> range:
    """Minutes in which a move's single trades are known."""
    first = move.at if move.kind == "listing" else move.at - SPAN
    return range(max(0, first // MINUTE), min((move.at + SPAN) // MINUTE, minutes))


def _walk(draw: Draw, count: int, price: float, step: float) -> Floats:
    """A price that wanders."""
    walk: Floats = price * np.cumprod(1.0 + step * draw.bell(count)).astype(np.float64)
    return walk


def _minutes(draw: Draw, walk: Floats, rate: float, lot: float) -> Minutes:
    count = len(walk)
    trades = (rate * 3.0 * draw.uniform(count) * draw.uniform(count) + draw.uniform(count)).astype(np.int64)
    units = (trades * lot * 0.01 * draw.tail(count)).astype(np.int64)
    close = walk.copy()
    open_ = np.concatenate([walk[:1], walk[:-1]])
    spread = 1.0 + 0.0008 * draw.uniform(count)
    bought = (units * (0.3 + 0.4 * draw.uniform(count))).astype(np.int64)
    return Minutes(
        open_, np.maximum(open_, close) * spread, np.minimum(open_, close) / spread, close, units, trades, bought
    )


def _trades(draw: Draw, move: Move, walk: Floats, lot: float) -> list[Trade]:
    """Fills around a move: more and larger ones where the volume's shape says so, bunched in the first rush."""
    price_knots, volume_knots = _SHAPES[move.kind]
    made = []
    for offset in range(0 if move.kind == "listing" else -SPAN, SPAN, 10 * SECOND):
        base = move.at + offset
        minute = base // MINUTE
        if not 0 <= minute < len(walk):
            continue
        times = _between(volume_knots, offset + 5 * SECOND)
        count = int(0.25 * times * 2.0 * draw.one() + draw.one())
        for u, side, size, rush in sorted(draw.grid(count, 4)):
            at = base + int(u * 10 * SECOND)
            share = _between(price_knots, at - move.at)
            ahead = _between(price_knots, at - move.at + 20 * SECOND)
            price = float(walk[minute]) * (1.0 + move.height * share) * (1.0 + 0.002 * (side - 0.5))
            rising = (ahead - share) * move.height
            buy = side < (0.82 if rising > 0.0005 else 0.3 if rising < -0.0005 else 0.5)
            units = max(1, int(lot * 0.01 * (0.2 + 2.5 * size * size)))
            fills = 1 + int(4 * rush) if times > 30 else 1  # one impatient order eats several offers
            made += [Trade(at, round(price * (1 + 0.0007 * k), 8), units, buy) for k in range(fills)]
    return made


def _overwrite(minutes: Minutes, move: Move, trades: list[Trade]) -> None:
    """Let the minutes around a move say what its trades say."""
    by_minute: dict[int, list[Trade]] = {}
    for trade in trades:
        by_minute.setdefault(trade.at // MINUTE, []).append(trade)
    last = None
    for m in _around(move, len(minutes.open)):
        inside = by_minute.get(m, [])
        prices = [t.price for t in inside] or [last if last is not None else float(minutes.open[m])]
        last = prices[-1]
        minutes.open[m], minutes.close[m] = prices[0], last
        minutes.high[m], minutes.low[m] = max(prices), min(prices)
        minutes.units[m] = sum(t.units for t in inside)
        minutes.trades[m] = len(inside)
        minutes.bought[m] = sum(t.units for t in inside if t.buy)


def _candle(ticker: str, interval: str, m: Minutes, first: int, last: int) -> tuple[object, ...]:
    middle = [(h + low) / 2 for h, low in zip(m.high[first:last].tolist(), m.low[first:last].tolist(), strict=True)]
    units, bought = m.units[first:last].tolist(), m.bought[first:last].tolist()
    value = math.fsum(a * b for a, b in zip(middle, units, strict=True))
    taken = math.fsum(a * b for a, b in zip(middle, bought, strict=True))
    return (
        *(VENUE, ticker, QUOTE, interval, stamp(first * MINUTE), _price(m.open[first])),
        *(_price(max(m.high[first:last].tolist())), _price(min(m.low[first:last].tolist())), _price(m.close[last - 1])),
        *(sum(units), f"{value:.4f}", sum(m.trades[first:last].tolist()), sum(bought), f"{taken:.4f}"),
    )


def _trade_row(ticker: str, t: Trade, number: int) -> tuple[object, ...]:
    side = "buy" if t.buy else "sell"
    return (VENUE, ticker, QUOTE, stamp(t.at), _price(t.price), t.units, side, f"{ticker}-{number}")


def _between(knots: tuple[tuple[int, float], ...], at: int) -> float:
    """Straight line between the knots, level outside (``numpy.interp`` may round otherwise on other processors)."""
    after = bisect.bisect_right(knots, at, key=lambda k: k[0])
    if after == 0 or after == len(knots):
        return knots[min(after, len(knots) - 1)][1]
    (x0, y0), (x1, y1) = knots[after - 1], knots[after]
    return y0 + (y1 - y0) * ((at - x0) / (x1 - x0))


def _price(value: float) -> str:
    return f"{value:.8f}"
