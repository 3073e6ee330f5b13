"""Made-up markets, minute by minute, with pumps and with what looks like them; seeded, and no likeness of any coin.

Returns are Student's t with 3 degrees of freedom under a volatility that clusters; volumes are heavy-tailed, follow the
day, and burst at times without a move. Coins differ in how much they are traded, from one trade in minutes to dozens a
minute. Planted are pumps (sharp, and drawn out over minutes), dumps by rumour, and, as look-alikes, rallies on news,
the whole market falling at once, and large orders that move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.trading.reading import SECOND, Floats, Series

MINUTE = 60 * SECOND
DAY = 1440  # minutes
BASE = 1_772_323_200 * SECOND
PLANTED = ("pump", "slow pump", "dump")
ALIKE = ("rally", "whole market", "large order")


Knots = tuple[list[float], list[float]]
_PATHS: dict[str, Knots] = {
    "pump": ([-60, -2, 0, 1, 4, 15, 60, 180], [0, 0.08, 0.1, 1, 0.7, 0.3, 0.05, 0]),
    "slow pump": ([-60, 0, 8, 15, 60, 180], [0, 0.08, 1, 0.8, 0.3, 0]),
    "dump": ([-60, 0, 10, 25, 120, 300], [0, 0.06, 0.6, 1, 0.6, 0.4]),
    "rally": ([0, 3, 20, 60, 150, 300], [0, 0.15, 0.45, 0.65, 1, 0.95]),
    "whole market": ([0, 20, 60, 300], [0, 1, 0.7, 0.5]),
    "large order": ([0, 1], [0, 0]),
}
"""Minutes from the event, and the share of its size that the price has gone."""
_VOLUMES: dict[str, Knots] = {
    "pump": ([-61, -60, -2, -1, 0, 3, 15, 60], [1, 3, 3, 3, 60, 30, 8, 1]),
    "slow pump": ([-61, -60, -1, 0, 10, 60], [1, 2.5, 2.5, 20, 15, 1]),
    "dump": ([-61, -60, -1, 5, 30, 120], [1, 2, 2, 15, 20, 1]),
    "rally": ([-1, 0, 3, 60, 200], [1, 4, 12, 10, 1]),
    "whole market": ([-1, 0, 20, 90], [1, 6, 6, 1]),
    "large order": ([-1, 0, 2, 3], [1, 25, 25, 1]),
}
"""Minutes from the event, and the multiple of the usual volume."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was made to happen to one coin.

    Attributes
    ----------
    ticker, kind : str
        Which coin; a kind of :data:`PLANTED` or :data:`ALIKE`.
    at : int
        µs.
    """

    ticker: str
    kind: str
    at: int


@dataclass(frozen=True)
class Market:
    """Minute candles of some coins, and what happened to them."""

    series: list[Series]
    events: list[Event]
    coin_days: float


def market(seed: int, coins: int = 40, days: int = 10) -> Market:
    """Coins over days, an event on most days.

    Each coin has its events days apart, from the second day on; on one moment the whole market falls.
    """
    rng = np.random.default_rng(seed)
    fall = int(rng.integers(2 * DAY, (days - 1) * DAY))
    series, events = [], []
    for number in range(coins):
        ticker = f"C{number:03}"
        made = _Coin(rng, days * DAY)
        kinds = rng.permutation([*PLANTED, "rally", "large order", "rally"])
        days_of = rng.permutation(np.arange(1, days - 1))[: len(kinds)]
        made.add("whole market", fall, rng)
        events.append(Event(ticker, "whole market", BASE + fall * MINUTE))
        for kind, day in zip(kinds.tolist(), days_of.tolist(), strict=False):
            at = int(day) * DAY + int(rng.integers(300, DAY - 400))
            if abs(at - fall) < 600:
                continue
            made.add(kind, at, rng)
            events.append(Event(ticker, kind, BASE + at * MINUTE))
        series.append(made.series(ticker, rng))
    return Market(series, events, coins * days)


class _Coin:
    """One coin's minutes while events are put into it."""

    def __init__(self, rng: np.random.Generator, minutes: int) -> None:
        self.n = minutes
        calm = 0.0004 * np.exp(rng.normal(0, 0.5))
        shocks = rng.normal(0, 0.06, minutes)
        level = np.zeros(minutes)
        for i in range(1, minutes):
            level[i] = 0.995 * level[i - 1] + shocks[i]
        self.log_price = np.cumsum(calm * np.exp(level / 2) * rng.standard_t(3, minutes))
        rate = np.exp(rng.normal(0.8, 1.4))
        day = 1 + 0.5 * np.sin(2 * np.pi * (np.arange(minutes) / DAY + rng.random()))
        self.trades = rng.poisson(rate * day * np.exp(level / 2)).astype(float)
        self.boost = np.ones(minutes)
        self.buy = np.full(minutes, 0.5)

    def add(self, kind: str, at: int, rng: np.random.Generator) -> None:
        """Put an event into the coin."""
        size = {
            "pump": rng.uniform(0.08, 0.6),
            "slow pump": rng.uniform(0.08, 0.25),
            "dump": -rng.uniform(0.08, 0.3),
            "rally": rng.uniform(0.08, 0.3),
            "whole market": -0.07 * rng.uniform(0.5, 1.5),
            "large order": 0.0,
        }[kind]
        minutes = np.arange(self.n) - at
        self.log_price += np.log1p(size) * np.interp(minutes, *_PATHS[kind])
        self.boost *= np.interp(minutes, *_VOLUMES[kind])
        if kind != "large order":
            near = (minutes >= 0) & (minutes < 15)
            self.buy[near] = 0.5 + 0.3 * np.sign(size)

    def series(self, ticker: str, rng: np.random.Generator) -> Series:
        """Its candles; minutes without trades have none, as at exchanges that leave them out."""
        count = rng.poisson(self.trades * self.boost).astype(float)
        lot = (1 - rng.random(self.n)) ** (-1 / 1.7)
        volume = 50.0 * count * lot
        close = np.exp(self.log_price)
        opened = np.concatenate([close[:1], close[:-1]])
        spread = 1 + 0.0007 * rng.random(self.n)
        share: Floats = np.clip(self.buy + rng.normal(0, 0.12, self.n), 0, 1)
        traded: npt.NDArray[np.bool_] = count > 0
        at = BASE + np.arange(self.n) * MINUTE
        high, low = np.maximum(opened, close) * spread, np.minimum(opened, close) / spread
        whole = Series("made", ticker, "USD", MINUTE, at, opened, high, low, close, volume, count, volume * share)
        return whole.some(traded)


def hours(series: Series) -> Series:
    """The same in hourly candles."""
    slot = series.at // (60 * MINUTE)
    begins = np.flatnonzero(np.concatenate([[True], np.diff(slot) != 0]))
    ends = np.concatenate([begins[1:], [len(slot)]]) - 1
    volume, trades, bought = (np.add.reduceat(x, begins) for x in (series.volume, series.trades, series.bought))
    return Series(
        *series.market,
        60 * MINUTE,
        slot[begins] * 60 * MINUTE,
        series.open[begins],
        np.maximum.reduceat(series.high, begins),
        np.minimum.reduceat(series.low, begins),
        series.close[ends],
        volume,
        trades,
        bought,
    )
