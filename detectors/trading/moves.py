"""Market anomalies, ticker by ticker: candles that are out of the ordinary, joined to moves over all their markets.

A ticker has several markets, intervals and perhaps single trades. Whichever shows an anomaly first raises the move;
the finest source around it says when it began. What follows within six hours belongs to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detectors.trading.candles import Measured, measure
from detectors.trading.phases import LASTS, MINUTE, Phases, phases, positioned
from detectors.trading.reading import SECOND, Longs, Series, candles
from detectors.trading.surges import threshold
from detectors.trading.trades import CHUNKS, chunks, trades
from graph.market import bases_of

DAY = 86_400 * SECOND
FINE = 5 * MINUTE  # intervals up to this tell what came before what
FROM_TRADES = 60  # seconds of the candles that are made where there are trades alone


@dataclass(frozen=True, slots=True)
class Rule:
    """What is out of the ordinary.

    Attributes
    ----------
    volume : float
        Least volume over its usual value.
    move : float
        Least price over the usual price, or of the usual price over it.
    level : float
        Anomalies a day that chance makes, over all tickers.
    """

    volume: float = 4.0
    move: float = 1.05
    level: float = 0.5


@dataclass(frozen=True, slots=True)
class Move:
    """One move of one ticker; times in µs.

    Attributes
    ----------
    ticker, venue, quote : str
        The bought asset, and the market that shows it best.
    sign : int
        +1 up, −1 down.
    known : int
        When the first anomalous candle was complete.
    resolution : int
        How exactly the onset is known: it lies in ``[onset, onset + resolution)``.
    p : float
        Of the least likely candle of its first hour.
    sure : bool
        Whether p is below the threshold over tickers and time.
    volume_ratio : float
        Greatest volume of a candle over its usual value, in the first hour.
    taker_share, trades_ratio : float or None
        Of the candle of the onset; None: not given.
    rush, rush_usual : float or None
        Rush orders in the 25 s from the onset, and the mean of such chunks before; None: no trades.
    source : str
        What it was read from.
    """

    ticker: str
    venue: str
    quote: str
    sign: int
    known: int
    resolution: int
    p: float
    sure: bool
    volume_ratio: float
    taker_share: float | None
    trades_ratio: float | None
    rush: float | None
    rush_usual: float | None
    source: str
    phases: Phases

    @property
    def onset(self) -> int:
        """When it began."""
        return self.phases.onset

    @property
    def fine(self) -> bool:
        """Whether posts can be told to be before or after its beginning."""
        return self.resolution <= FINE


@dataclass(frozen=True)
class Watched:
    """A market search: the moves, and the markets that were looked at."""

    moves: tuple[Move, ...]
    spans: dict[str, list[tuple[int, int]]]  # by ticker, from when to when there are candles or trades

    def covered(self, ticker: str, start: int, end: int) -> bool:
        """Whether the market of a ticker was observed all through a span (µs)."""
        return any(a <= start and end <= b for a, b in self.spans.get(ticker, ()))


def watch(
    data_dir: Path,
    rule: Rule,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    bases: Collection[str] | None = None,
) -> Watched:
    """Moves that were known by ``end``, by the time at which they were known; only of ``bases``, where they are given.

    Candles that were not complete by then, and trades after it, are not looked at.
    """
    series = candles(data_dir, start=start, end=end, bases=bases)
    with_trades = bases_of(data_dir, "trades")
    wanted = with_trades if bases is None else with_trades & {*bases}
    series += _made(data_dir, wanted - {s.base for s in series}, start, end)
    found = [_refined(m, data_dir, end) if m.ticker in with_trades else m for m in moves_of(series, rule)]
    spans: dict[str, list[tuple[int, int]]] = {}
    for s in series:
        spans.setdefault(s.base, []).append((int(s.at[0]), int(s.known[-1])))
    return Watched(tuple(found), spans)


def moves_of(series: Sequence[Series], rule: Rule) -> list[Move]:
    """Moves in candles of any markets and intervals, by the time at which they were known."""
    done = np.sort(np.concatenate([s.known for s in series])) if series else np.empty(0, np.int64)
    by_base: dict[str, list[Measured]] = {}
    for s in series:
        by_base.setdefault(s.base, []).append(measure(s))
    found = [
        _move([m.series for m in several], hits, sure=_sure(hits, rule, done))
        for _, several in sorted(by_base.items())
        for hits in _groups(several, rule)
    ]
    return sorted(found, key=lambda m: (m.known, m.ticker))


def _made(data_dir: Path, bases: Collection[str], start: datetime | None, end: datetime | None) -> list[Series]:
    """Minute candles of tickers of which there are trades alone."""
    high = 2**62 if end is None else round(end.timestamp() * SECOND)
    return [
        made
        for base in sorted(bases)
        for t in trades(data_dir, base, start=start, end=end)
        if len(made := chunks(t, FROM_TRADES).series.part(-(2**62), high))
    ]


@dataclass(frozen=True, slots=True)
class _Hit:
    """An anomalous candle."""

    known: int
    place: int
    of: Measured

    @property
    def interval(self) -> int:
        return self.of.series.interval

    @property
    def order(self) -> tuple[int, int, tuple[str, str, str]]:
        return self.known, self.interval, self.of.series.market


def _groups(several: Sequence[Measured], rule: Rule) -> list[list[_Hit]]:
    """Anomalous candles of one ticker, those of one move together, in the order in which they were known."""
    places = [(m, np.flatnonzero(m.gated(rule.volume, rule.move))) for m in several]
    hits = sorted(
        (_Hit(int(m.series.known[i]), int(i), m) for m, found in places for i in found), key=lambda h: h.order
    )
    groups: list[list[_Hit]] = []
    for hit in hits:
        if not groups or hit.known - hit.interval >= groups[-1][0].known + LASTS:
            groups.append([])
        groups[-1].append(hit)
    return groups


def _early(hits: Sequence[_Hit]) -> list[_Hit]:
    """Those of the first hour."""
    return [h for h in hits if h.known <= hits[0].known + 60 * MINUTE]


def _sure(hits: Sequence[_Hit], rule: Rule, done: Longs) -> bool:
    """Whether one of them is below the threshold over the candles that were looked at in the day before it."""
    for hit in _early(hits):
        a, b = np.searchsorted(done, [hit.known - DAY, hit.known], side="right")
        tests = max(int(b - a), DAY // hit.interval)
        if hit.of.p[hit.place] <= threshold(rule.level, tests):
            return True
    return False


def _move(several: Sequence[Series], hits: Sequence[_Hit], *, sure: bool) -> Move:
    """One move from the anomalous candles that belong to it."""
    early = _early(hits)
    best = min(early, key=lambda h: (h.interval, h.known, -h.of.series.volume[h.place], h.of.series.market))
    m, s = best.of, best.of.series
    sign = 1 if m.up[best.place] * m.down[best.place] >= 1 else -1
    shape = phases(s, best.place, sign, float(m.usual_price[best.place]))
    far = min((o for o in several if o.market == s.market), key=lambda o: (int(o.at[0]), o.interval))
    shape = replace(shape, before=positioned(s, far, shape.onset, sign))
    place = int(np.searchsorted(s.at, shape.onset))
    return Move(
        ticker=s.base,
        venue=s.venue,
        quote=s.quote,
        sign=sign,
        known=hits[0].known,
        resolution=s.interval,
        p=min(float(h.of.p[h.place]) for h in early),
        sure=sure,
        volume_ratio=max(float(h.of.volume_ratio[h.place]) for h in early),
        taker_share=_known(m.taker_share[place]),
        trades_ratio=_known(m.trades_ratio[place]),
        rush=None,
        rush_usual=None,
        source=f"{'trades' if s.traded else 'candles'} of {said(s.interval)}, {s.venue} {s.base}/{s.quote}",
        phases=shape,
    )


def _refined(move: Move, data_dir: Path, end: datetime | None) -> Move:
    """The same with its beginning read from single trades, where the market has them around it."""
    since = datetime.fromtimestamp((move.onset - 60 * MINUTE) / SECOND, UTC)
    until = datetime.fromtimestamp((move.onset + move.resolution + MINUTE) / SECOND, UTC)
    until = until if end is None else min(until, end)
    for t in trades(data_dir, move.ticker, start=since, end=until):
        if (t.venue, t.quote) != (move.venue, move.quote):
            continue
        fine = chunks(t, CHUNKS[0]).series
        a, b = np.searchsorted(fine.at, [move.onset - MINUTE, move.onset + move.resolution])
        a = max(int(a), 1)
        if a >= b:
            continue
        far = (fine.high if move.sign > 0 else fine.low)[a:b]
        jumps = move.sign * np.log(far / fine.close[a - 1 : b - 1])
        onset = int(fine.at[a + int(np.flatnonzero(jumps >= jumps.max() / 2)[0])])
        wide = chunks(t, CHUNKS[-1])
        orders = wide.rush if move.sign > 0 else wide.rush_sells
        here, now = np.searchsorted(wide.series.at, [onset - CHUNKS[-1] * SECOND, onset + CHUNKS[-1] * SECOND], "right")
        before = max((onset - int(t.at[0])) // (CHUNKS[-1] * SECOND), 1)
        return replace(
            move,
            resolution=CHUNKS[0] * SECOND,
            phases=replace(move.phases, onset=onset),
            rush=float(orders[here:now].max(initial=0.0)),
            rush_usual=float(orders[:here].sum() / before),
            source=f"trades, {move.venue} {move.ticker}/{move.quote}",
        )
    return move


def said(length: int) -> str:
    """A length of time (µs) as people say it: 1 minute, 4 hours."""
    for size, unit in ((DAY, "day"), (60 * MINUTE, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if length >= size and length % size == 0:
            return f"{length // size} {unit}{'' if length == size else 's'}"
    return f"{length / SECOND:g} seconds"


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
