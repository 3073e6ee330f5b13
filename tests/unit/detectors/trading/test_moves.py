"""Candles out of the ordinary, and the moves they make: causal, robust, and at one level over all tickers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from bench.planting.markets import MINUTE, Market, hours, market
from detectors.trading.baseline import episodes, kk_form
from detectors.trading.candles import measure
from detectors.trading.moves import Move, Rule, moves_of, said, watch
from detectors.trading.reading import Series, candles, length_of
from detectors.trading.surges import surge, threshold
from graph.market import bases_of, write_market
from graph.store import open_store
from tests.pumps import FALLS, PUMPS, QUIET, RALLIES, load, world
from tests.stores import at, batch


@pytest.fixture(scope="module")
def made() -> Market:
    return market(11, coins=6, days=9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of the small platform."""
    path = tmp_path_factory.mktemp("market")
    with open_store("memory://", path) as store:
        load(store, world())
    return path


def by_ticker(folder: Path, **bounds: Any) -> dict[str, Move]:
    return {m.ticker: m for m in watch(folder, Rule(), **bounds).moves}


def test_what_comes_later_changes_nothing(made: Market) -> None:
    for series in made.series[:3]:
        whole = measure(series)
        for cut in (700, len(series) // 2):
            part = measure(series.some(slice(0, cut)))
            for name in ("volume_ratio", "up", "down", "jump", "p", "trades_ratio"):
                np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:cut])


def test_moves_at_a_cut_are_those_that_were_known(made: Market) -> None:
    series = [*made.series, *map(hours, made.series)]
    whole = moves_of(series, Rule())
    cut = sorted(m.known for m in whole)[len(whole) // 2] + 3 * MINUTE
    then = moves_of([s.part(-(2**62), cut) for s in series], Rule())
    assert [(m.ticker, m.known, m.sign) for m in then] == [(m.ticker, m.known, m.sign) for m in whole if m.known <= cut]


def test_the_scale_of_price_and_volume_does_not_matter(made: Market) -> None:
    s = made.series[0]
    prices = {n: getattr(s, n) * 1024.0 for n in ("open", "high", "low", "close")}
    scaled = Series(*s.market, s.interval, s.at, **prices, volume=s.volume * 8, trades=s.trades, bought=s.bought * 8)
    np.testing.assert_allclose(measure(scaled).p, measure(s).p)


def test_a_short_past_says_nothing(made: Market) -> None:
    short = measure(made.series[0].some(slice(0, 15)))
    assert np.isnan(short.p).all()
    assert not short.gated(0.0, 1.0).any()


def test_pumps_and_falls_are_seen_where_they_are(folder: Path) -> None:
    found = by_ticker(folder)
    assert set(found) == {*PUMPS, *FALLS, *RALLIES}
    for coin, when in PUMPS.items():
        move = found[coin]
        assert move.sign == 1
        assert move.sure
        assert move.onset == pytest.approx(at(when).timestamp() * 1e6, abs=60e6)
        assert move.phases.extreme == pytest.approx(1.4, rel=0.05)
        assert move.phases.before == pytest.approx(3, rel=0.2)
        assert move.phases.ended is not None
        assert move.phases.ended > move.phases.peak
    (fall,) = (found[coin] for coin in FALLS)
    assert fall.sign == -1
    (rally,) = (found[coin] for coin in RALLIES)
    assert rally.phases.before == pytest.approx(1, rel=0.2)
    assert rally.phases.ended is None


def test_a_candle_counts_when_it_is_complete(folder: Path) -> None:
    when = PUMPS["ZORBA"]
    assert "ZORBA" not in by_ticker(folder, end=at(when + 59))
    assert by_ticker(folder, end=at(when + 60))["ZORBA"].phases.peak <= at(when + 60).timestamp() * 1e6


def test_markets_that_were_looked_at_are_known(folder: Path) -> None:
    watched = watch(folder, Rule())
    (when,) = FALLS.values()
    moment = round(at(when).timestamp() * 1e6)
    assert watched.covered("WUMPO", moment, moment + 60_000_000)
    assert not watched.covered("WUMPO", moment, moment + 10**12)
    assert set(QUIET) <= set(watched.spans)


def test_trades_tell_the_beginning_to_seconds_and_rush_orders(tmp_path: Path) -> None:
    rows = [
        (number * 20.0, 1.0 + 0.0005 * (number % 3) + 0.0003 * k, 1.0)
        for number in range(4 * 3600 // 20)
        for k in range(1 + (number % 7 == 0))
    ]
    begins = 3.5 * 3600 + 7
    rows += [(begins + s, 1.05 + 0.02 * s + 0.003 * k, 30.0) for s in range(15) for k in range(4)]
    trades = [
        {"venue": "v", "base": "ABC", "quote": "USD", "trade_id": f"{i}", "time": at(t), "price": p}
        | {"quantity": q, "side": "buy"}
        for i, (t, p, q) in enumerate(rows)
    ]
    write_market(tmp_path, "trades", batch("trades", *trades))
    assert bases_of(tmp_path, "trades") == {"ABC"}
    (move,) = watch(tmp_path, Rule()).moves
    assert move.onset == pytest.approx(at(begins).timestamp() * 1e6, abs=5e6)
    assert move.resolution == 5_000_000
    assert move.rush is not None
    assert move.rush >= 10
    assert move.rush_usual is not None
    assert move.rush_usual < 1
    assert "trades" in move.source


def test_candles_are_read_whatever_is_missing(tmp_path: Path) -> None:
    base = {"venue": "v", "base": "ABC", "quote": "USD", "interval": "1h"}
    rows = [{**base, "open_time": at(3600 * i), "volume": 10.0 + i} for i in range(30)]
    rows[3] |= {"close": float("nan")}
    rows[4] |= {"quote_volume": 7.0, "taker_buy_base": 1.0}
    odd = [{**base, "interval": "soon", "open_time": at(0)}]
    write_market(tmp_path, "candles", batch("candles", *rows, *odd))
    (series,) = candles(tmp_path)
    assert len(series) == 29
    assert series.volume[:4].tolist() == [15.0, 16.5, 18.0, 7.0]
    assert series.bought[3] == 1.5
    assert np.isnan(series.trades).all()
    assert len(candles(tmp_path, end=at(3600 * 10) - timedelta(seconds=1))[0]) == 8
    assert candles(tmp_path, bases={"XYZ"}) == []


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("5m", 300), ("4h", 14_400), ("1d", 86_400), ("1M", None)])
def test_intervals(text: str, seconds: int | None) -> None:
    assert length_of(text) == (None if seconds is None else seconds * 1_000_000)


def test_kk_form_is_strictly_past() -> None:
    n = 30
    flat = np.ones(n)
    volume = flat.copy()
    volume[20], volume[21] = 4.1, 60.0
    high = flat.copy()
    high[20] = high[21] = 1.2
    at_ = np.arange(n, dtype=np.int64) * MINUTE
    series = Series("v", "A", "B", MINUTE, at_, flat, high, flat, flat, volume, flat, flat)
    found = np.flatnonzero(kk_form(series, 4.0, 1.1, 12))
    assert found.tolist() == [20, 21]  # with the candle itself in the mean, 20 would not be
    assert episodes(at_, kk_form(series, 4.0, 1.1, 12), 10 * MINUTE).tolist() == [20]
    assert not kk_form(series.some(slice(0, 5))).any()


def test_a_surge_is_poisson_or_negative_binomial() -> None:
    even = np.tile([1, 1, 1, 1], 25)
    expected, p = surge(6, 300, even, 300)
    assert expected == pytest.approx(1.005)
    assert p == pytest.approx(poisson.sf(5, expected))
    uneven = np.array([0] * 90 + [10] * 10)
    expected, p = surge(6, 300, uneven, 300)
    shape = 1.0**2 / (uneven.var(ddof=1) - 1)
    assert p == pytest.approx(nbinom.sf(5, shape, shape / (shape + expected)))
    assert p > poisson.sf(5, expected)
    assert surge(1, 300, [], 300) == (0.0, 1.0)


def test_the_threshold_is_shared_by_all_tests_of_a_day() -> None:
    assert threshold(0.5, 1000) == pytest.approx(5e-4)
    assert threshold(0.5, 0) == 0.5


def test_lengths_are_said_as_people_say_them() -> None:
    assert [said(s * 1_000_000) for s in (1, 300, 3600, 172_800)] == ["1 second", "5 minutes", "1 hour", "2 days"]
    assert said(1_500_000) == "1.5 seconds"


def test_few_false_alarms_and_no_pump_missed_on_made_up_markets(made: Market) -> None:
    found = [m for m in moves_of([*made.series, *map(hours, made.series)], Rule()) if m.sure]
    pumps = [e for e in made.events if e.kind == "pump"]
    assert pumps
    for event in pumps:
        assert any(m.ticker == event.ticker and -5 <= (m.known - event.at) / MINUTE <= 15 for m in found), event
    near = {(e.ticker, e.at) for e in made.events}
    strange = [m for m in found if not any(t == m.ticker and -60 <= (m.known - a) / MINUTE <= 360 for t, a in near)]
    assert len(strange) <= 1


def test_stores_keep_their_market_beside_them(folder: Path) -> None:
    with open_store("memory://", folder) as store:
        assert bases_of(store.data_dir, "candles") == {*PUMPS, *FALLS, *RALLIES, *QUIET}
        assert bases_of(store.data_dir, "trades") == set()
