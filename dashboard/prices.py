"""A ticker's candles on the axis of a window, and what the market did by the rule of the finding's own detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dashboard.timeline import SECOND, Longs, Span, micros, moment, step_of
from dashboard.times import utc
from dashboard.untrusted import one_line
from detectors.trading.moves import FROM_TRADES, Move, Rule, watch
from detectors.trading.reading import Series, candles
from detectors.trading.trades import chunks, trades
from graph.findings import Finding

_PUMPS = frozenset({"coordinated_pump", "pump_call", "market_anomaly"})
_NEAR = 3_600 * SECOND  # from a finding's window to the onset of its market's move, at most
_ENOUGH = 0.9  # of what the fullest series covers


@dataclass(frozen=True, slots=True)
class Candle:
    """What a market did from ``at`` to ``end`` (µs): prices and volume in units of what is paid."""

    at: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or a stretch of time, that something is known of."""

    at: int
    words: str
    until: int | None = None


def markets(data_dir: Path, ticker: str) -> dict[str, list[Series]]:
    """What is known of a ticker's prices, by market, the one with most of it first; of trades where that is all."""
    found = candles(data_dir, bases=[ticker])
    if not found:
        found = [chunks(t, FROM_TRADES).series for t in trades(data_dir, ticker)]
    by_name: dict[str, list[Series]] = {}
    for s in found:
        if len(s):
            by_name.setdefault(f"{one_line(s.venue, 40)} {one_line(s.base, 40)}/{one_line(s.quote, 40)}", []).append(s)
    return dict(sorted(by_name.items(), key=lambda item: (-sum(map(len, item[1])), item[0])))


def ends(known: Mapping[str, Sequence[Series]]) -> Span | None:
    """From the first candle of any market to the end of the last."""
    every = [s for several in known.values() for s in several]
    return (min(int(s.at[0]) for s in every), max(int(s.known[-1]) for s in every)) if every else None


def drawn(several: Sequence[Series], span: Span) -> tuple[list[Candle], int]:
    """A market's candles in a window, and the length of one (µs): those of a bin as one, where they are shorter.

    Of several intervals it is the shortest that covers about as much of the window as any.
    """
    near = [part for s in several if len(part := _near(s, span))]
    if not near:
        return [], 0
    covered = [int((np.minimum(s.known, span[1]) - np.maximum(s.at, span[0])).sum()) for s in near]
    enough = [s for s, length in zip(near, covered, strict=True) if length >= _ENOUGH * max(covered)]
    series = min(enough, key=lambda s: s.interval)
    length = max(step_of(span), series.interval)
    return _gathered(series, length), length


def _near(series: Series, span: Span) -> Series:
    """The candles of a window; those that it cuts are in it."""
    first, last = np.searchsorted(series.known, span[0], "right"), np.searchsorted(series.at, span[1], "left")
    return series.some(slice(first, max(first, last)))


def _gathered(series: Series, length: int) -> list[Candle]:
    bins = series.at // length
    first = np.flatnonzero(np.concatenate([[True], np.diff(bins) > 0]))
    last = np.append(first[1:], len(bins)) - 1
    high, low = np.maximum.reduceat(series.high, first), np.minimum.reduceat(series.low, first)
    volume = np.add.reduceat(series.volume, first)
    starts: Longs = bins[first] * length if length > series.interval else series.at[first]
    columns: tuple[npt.NDArray[np.float64], ...] = (series.open[first], high, low, series.close[last], volume)
    return [
        Candle(int(at), int(at) + length, *(float(v) for v in values))
        for at, *values in zip(starts, *columns, strict=True)
    ]


def marks(finding: Finding, ticker: str | None, data_dir: Path) -> list[Mark]:
    """A finding's window, and for a pump when it was announced and what the market did.

    The phases are read from the market as it is loaded now, by the rule that the finding's detector went by; nothing is
    marked where no move is found near the window.
    """
    start, end = _of(finding)
    if finding.kind not in _PUMPS:
        return [Mark(start, "the finding's window", end)] if end > start else []
    found = [Mark(start, "first announcement or call")] if finding.members else []
    move = _move(finding, ticker, data_dir) if ticker else None
    if move is not None:
        way, change = ("up" if move.sign > 0 else "down"), abs(move.phases.extreme - 1)
        found.append(Mark(move.onset, f"market's onset (known to {move.resolution / SECOND:.3g} s)"))
        found.append(Mark(move.phases.peak, f"extreme by then, {change:.0%} {way}"))
        if move.phases.ended is not None:
            found.append(Mark(move.phases.ended, "half given back"))
    return sorted(found, key=lambda m: m.at)


def _move(finding: Finding, ticker: str, data_dir: Path) -> Move | None:
    """The market's move that is nearest to the finding, by the rule its detector was given."""
    given = {name: finding.params[p] for name, p in _RULE.items() if p in finding.params}
    numbers = {name: float(v) for name, v in given.items() if isinstance(v, int | float)}
    start, end = _of(finding)
    near = [
        m
        for m in watch(data_dir, Rule(**numbers), bases=[ticker]).moves
        if m.ticker == ticker and start - _NEAR <= m.onset <= end + _NEAR
    ]
    return min(near, key=lambda m: abs(m.onset - end), default=None)


_RULE = {"volume": "volume", "move": "move", "level": "anomalies"}


def _of(finding: Finding) -> Span:
    return micros(finding.window.start), micros(finding.window.end)


def told(found: Sequence[Candle], span: Span) -> str:
    """What a market did in a span, in one line: from the candles that lie in it, which may be a little more."""
    inside = [c for c in found if c.at < span[1] and c.end > span[0]]
    if not inside:
        return ""
    first, last = inside[0].open, inside[-1].close
    return (
        f"price {first:.4g} to {last:.4g} ({last / first - 1:+.1%}), highest {max(c.high for c in inside):.4g}, "
        f"lowest {min(c.low for c in inside):.4g}, volume {sum(c.volume for c in inside):,.0f}"
    )


def mark_rows(found: Sequence[Mark]) -> list[dict[str, object]]:
    """The marks as a table."""
    return [
        {"When": utc(moment(m.at)) + (f" to {utc(moment(m.until))}" if m.until else ""), "What": m.words} for m in found
    ]
