"""A small platform with markets: pumps that were announced, a rally on news, a coin that falls on rumours, and rest."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from detectors.trading.reading import length_of
from graph.market import write_market
from graph.schema import MARKET_TABLES
from graph.store import Store
from tests.coactions import WORDS
from tests.stores import at, batch, fill

Rows = dict[str, list[dict[str, Any]]]
MINUTE = 60.0
DAY = 86_400.0
GANG, RUMOUR = [f"x:gang{i}" for i in range(6)], [f"x:rumour{i}" for i in range(5)]
CROWD = [f"x:person{i:02}" for i in range(60)]
PUMPS = {"ZORBA": 4.5 * DAY, "QUIX": 6.5 * DAY}
FALLS, RALLIES, QUIET = {"WUMPO": 5.6 * DAY}, {"GLINT": 5.1 * DAY}, ("STILL", "CALMO")
SPAN = 240  # minutes of candles before and after


def world(seed: int = 5) -> Rows:
    """Rows of posts, candles and events; times in seconds from the tests' beginning."""
    made = _World(random.Random(seed))
    for coin, when in PUMPS.items():
        made.pump(coin, when)
    for coin, when in FALLS.items():
        made.rumours(coin, when)
    for coin, when in RALLIES.items():
        made.rally(coin, when)
    for coin in QUIET:
        made.market(coin, 5 * DAY, lambda _: (1.0, 1.0))
    return {"posts": made.posts, "candles": made.candles, "events": made.events}


def known_at(rows: Rows, moment: datetime) -> Rows:
    """What of the rows was known at a moment: candles only when they were complete."""
    keep: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
        "posts": lambda r: bool(r["created_at"] < moment),
        "events": lambda r: bool(r["at"] < moment),
        "trades": lambda r: bool(r["time"] < moment),
        "candles": lambda r: bool(r["open_time"] + timedelta(microseconds=length_of(r["interval"]) or 0) <= moment),
    }
    return {table: [r for r in some if keep[table](r)] for table, some in rows.items()}


class _World:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.posts: list[dict[str, Any]] = []
        self.candles: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        for who in (*CROWD, *GANG, *RUMOUR):
            for _ in range(rng.randrange(4, 16)):
                coin = rng.choice(["BTC", "ETH", "SOL", "DOGE"])
                self.post(who, rng.uniform(0, 9 * DAY), f"{' '.join(rng.choices(WORDS, k=6))} ${coin}", coin)

    def post(self, who: str, when: float, text: str, coin: str = "") -> None:
        row = {"post": f"x:p{len(self.posts)}", "account": who, "created_at": at(when), "kind": "post", "text": text}
        self.posts.append({**row, "tickers": [coin] if coin else [], "lang": "en"})

    def pump(self, coin: str, when: float) -> None:
        """A countdown, the call, a sharp rise that goes back, and people who ask what it was."""
        for before, text in ((60, "pump event: 1 hour left"), (10, "pump event: 10 minutes left, be ready")):
            for who in GANG[:4]:
                self.post(who, when - before * MINUTE + self.rng.uniform(0, 20), text)
        for who in GANG:
            self.post(who, when - 2 + self.rng.uniform(0, 12), f"the coin is ${coin}", coin)
            self.post(who, when + 120 + self.rng.uniform(0, 50), f"${coin} flying, hold", coin)
        for who in self.rng.sample(CROWD, 8):
            self.post(who, when + self.rng.uniform(150, 850), f"what is happening with ${coin}", coin)
        self.market(coin, when, _shape([(-60, 0), (0, 0.02), (1, 0.4), (10, 0.1), (60, 0.0)], 60.0))

    def rumours(self, coin: str, when: float) -> None:
        """Doubts for days, alarms together, and a slide."""
        for shift in (-4 * DAY, -3 * DAY, -2 * DAY, -DAY, -1500.0, 0.0, 200.0, 600.0):
            for who in RUMOUR:
                if shift in {-1500.0, 0.0} or self.rng.random() < 0.7:
                    words = " ".join(self.rng.choices(WORDS, k=4))
                    self.post(who, when + shift + self.rng.uniform(0, 40), f"{words} get out of ${coin}", coin)
        for who in self.rng.sample(CROWD, 6):
            self.post(who, when + self.rng.uniform(300, 890), f"why does ${coin} fall", coin)
        self.market(coin, when, _shape([(0, 0), (6, -0.15), (20, -0.3), (90, -0.15)], 15.0))

    def rally(self, coin: str, when: float) -> None:
        """News, and many who talk about it."""
        self.events.append({"ticker": coin, "at": at(when), "kind": "news", "source": "desk"})
        for who in self.rng.sample(CROWD, 40):
            text = " ".join(self.rng.choices(WORDS, k=5))
            self.post(who, when + 30 + self.rng.expovariate(1 / 1500), f"{text} ${coin}", coin)
        self.market(coin, when, _shape([(0, 0), (3, 0.07), (40, 0.2), (200, 0.25)], 12.0))

    def market(self, coin: str, when: float, shape: Callable[[float], tuple[float, float]]) -> None:
        """Minute candles around a moment; ``shape`` gives price and volume by minutes from it."""
        price = self.rng.uniform(0.1, 2)
        for minute in range(-SPAN, SPAN):
            before, after = shape(minute), shape(minute + 1)
            noise = [1 + self.rng.gauss(0, 0.0008) for _ in range(2)]
            low, high = sorted((before[0] * noise[0], after[0] * noise[1]))
            volume = after[1] * self.rng.uniform(50, 150)
            row: dict[str, Any] = {"venue": "fair", "base": coin, "quote": "USD", "interval": "1m"}
            row |= {"open_time": at(when // MINUTE * MINUTE + minute * MINUTE), "open": price * before[0]}
            row |= {"high": price * high, "low": price * low, "close": price * after[0] * noise[1]}
            self.candles.append({**row, "volume": volume, "quote_volume": volume * price, "trades": int(volume / 10)})


def _shape(knots: Sequence[tuple[float, float]], volume: float) -> Callable[[float], tuple[float, float]]:
    """Price along straight lines between knots (minutes, change), and volume up while it moves."""

    xs, ys = zip(*knots, strict=True)

    def value(minute: float) -> tuple[float, float]:
        busy = volume if 0 < minute <= 15 else 3.0 if -60 < minute <= 0 and volume > 13 else 1.0
        return 1 + float(np.interp(minute, xs, ys)), busy

    return value


def load(store: Store, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write rows, market data beside the store."""
    fill(store, {t: r for t, r in rows.items() if t not in MARKET_TABLES and r})
    for table in MARKET_TABLES:
        if rows.get(table):
            write_market(store.data_dir, table, batch(table, *rows[table]))
