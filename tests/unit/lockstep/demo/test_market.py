"""Candles and trades agree, and moves look like what they are."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from lockstep.demo.generate import generate
from lockstep.demo.market import SPAN
from lockstep.demo.truth import Truth
from tests.network import Rows, rows

Markets = dict[tuple[str, str], Rows]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Markets, dict[str, Rows]]:
    folder: Path = tmp_path_factory.mktemp("market") / "data"
    truth = generate(folder, size=500, seed=5, days=12)
    candles: Markets = defaultdict(list)
    for row in rows(folder, "candles"):
        candles[row["base"], row["interval"]].append(row)
    trades: dict[str, Rows] = defaultdict(list)
    for row in rows(folder, "trades"):
        trades[row["base"]].append(row)
    return truth, candles, trades


Made = tuple[Truth, Markets, dict[str, Rows]]


def test_candles_are_whole_and_possible(made: Made) -> None:
    truth, candles, _ = made
    listed = {t for g in truth.groups if g.kind == "exchange listing" for t in g.tickers}
    for (base, interval), series in candles.items():
        times = [r["open_time"] for r in series]
        assert times == sorted(set(times))
        if interval == "1h":
            assert (len(series) == truth.days * 24) == (base not in listed)
        for r in series:
            low, high = float(r["low"]), float(r["high"])
            assert 0 < low <= min(float(r["open"]), float(r["close"]))
            assert max(float(r["open"]), float(r["close"])) <= high
            assert 0 <= int(r["taker_buy_base"]) <= int(r["volume"])
            assert 0 <= float(r["taker_buy_quote"]) <= float(r["quote_volume"])


def test_minute_candles_say_what_the_trades_say(made: Made) -> None:
    _, candles, trades = made
    assert trades
    for base, fills in trades.items():
        assert len({r["trade_id"] for r in fills}) == len(fills)
        assert [r["time"] for r in fills] == sorted(r["time"] for r in fills)
        by_minute: dict[str, Rows] = defaultdict(list)
        for r in fills:
            by_minute[r["time"][:16]].append(r)
        minutes = {r["open_time"][:16]: r for r in candles[base, "1m"]}
        assert set(by_minute) <= set(minutes)
        for minute, candle in minutes.items():
            inside = by_minute.get(minute, [])
            assert int(candle["trades"]) == len(inside)
            assert int(candle["volume"]) == sum(int(r["quantity"]) for r in inside)
            if inside:
                assert candle["open"] == inside[0]["price"]
                assert candle["high"] == max((r["price"] for r in inside), key=float)


def test_every_coin_of_a_pump_moves_and_most_of_it_is_given_back(made: Made) -> None:
    truth, candles, trades = made
    for group in truth.planted:
        for ticker in group.tickers if group.kind == "coordinated_pump" else ():
            prices = [float(r["price"]) for r in trades[ticker]]
            first, last = prices[0], prices[-1]
            peak = max(prices, key=lambda p: abs(p - first))
            assert abs(peak / first - 1) > 0.08
            assert (last - first) / (peak - first) < 0.75  # it may end beyond where it began
            assert (peak < first) == group.id.startswith("distort")
            volume = [int(r["volume"]) for r in candles[ticker, "1m"]]
            assert max(volume) > 10 * (sum(volume[:60]) / 60)


def test_a_listed_coin_has_no_market_before(made: Made) -> None:
    truth, candles, trades = made
    group = next(g for g in truth.groups if g.kind == "exchange listing")
    start = group.start.isoformat()[:13]
    first = min(t[0]["time"] for t in (trades[ticker] for ticker in group.tickers))
    assert first.startswith(start)
    for ticker in group.tickers:
        assert candles[ticker, "1h"][0]["open_time"] <= trades[ticker][0]["time"]
        assert candles[ticker, "1h"][0]["open_time"][:13] == trades[ticker][0]["time"][:13]


def test_a_rally_stays_and_a_quiet_coin_has_no_trades(made: Made) -> None:
    truth, candles, trades = made
    rally = next(g for g in truth.groups if g.kind == "organic rally").tickers[0]
    prices = [float(r["price"]) for r in trades[rally]]
    assert prices[-1] > prices[0] * 1.15
    assert "BTC" not in trades
    assert ("BTC", "1h") in candles
    assert ("BTC", "1m") not in candles
    assert SPAN == 3 * 3_600_000
