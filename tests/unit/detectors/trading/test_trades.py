"""Trades in chunks of the clock, and orders that ate several levels at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.trading.trades import Trades, chunks, rush_orders, trades
from graph.market import write_market
from tests.stores import at, batch


def row(number: int, seconds: float, price: float, side: str = "buy", **more: Any) -> dict[str, Any]:
    base = {"venue": "v", "base": "ABC", "quote": "USD", "trade_id": f"t{number}", "time": at(seconds)}
    return {**base, "price": price, "quantity": 2.0, "side": side, **more}


def read(folder: Path, *rows: dict[str, Any], **bounds: Any) -> Trades:
    write_market(folder, "trades", batch("trades", *rows))
    (found,) = trades(folder, "ABC", **bounds)
    return found


def test_microseconds_are_floored_so_that_one_order_is_one(tmp_path: Path) -> None:
    fills = [row(i, 10.0 + i * 0.0002, 1 + i / 100) for i in range(4)]  # four levels within one millisecond
    other = [row(9, 10.002, 1.2)]  # another millisecond
    when, buy, value, levels = rush_orders(read(tmp_path, *fills, *other))
    assert when.tolist() == [round(at(10.0).timestamp() * 1e6)]
    assert buy.tolist() == [True]
    assert levels.tolist() == [4]
    assert value.tolist() == pytest.approx([2 * (1 + 1.01 + 1.02 + 1.03)])


def test_one_level_or_two_sides_are_no_rush(tmp_path: Path) -> None:
    same = [row(1, 5.0, 1.0), row(2, 5.0, 1.0)]
    sides = [row(3, 6.0, 1.0), row(4, 6.0, 1.1, side="sell")]
    assert len(rush_orders(read(tmp_path, *same, *sides))[0]) == 0


def test_merged_rows_count_as_the_trades_they_stand_for(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(1, 5.0, 1.0, first_id=10, last_id=13),
        row(2, 5.0, 1.1, first_id=14, last_id=14),
        row(3, 5.0, 1.2),
        row(4, 7.0, 1.2, first_id=20, last_id=19),  # nonsense counts once
    )
    assert found.count.tolist() == [4, 1, 1, 1]
    made = chunks(found, 5)
    assert made.series.trades.tolist() == [7]
    assert made.rush.tolist() == [1]


def test_chunks_follow_the_clock_and_know_both_sides(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(1, 1.0, 2.0),
        row(2, 4.0, 3.0, side="sell"),
        row(3, 64.0, 1.0),
        row(4, 64.0, 1.5),
        row(5, 64.0, 1.0, side="sell"),
        row(6, 64.0, 0.5, side="SELL"),
    )
    made = chunks(found, 25)
    start = round(at(0).timestamp() * 1e6)
    assert ((made.series.at - start) / 1e6).tolist() == [0, 50]
    assert made.series.interval == 25_000_000
    assert made.series.open.tolist() == [2.0, 1.0]
    assert made.series.high.tolist() == [3.0, 1.5]
    assert made.series.low.tolist() == [2.0, 0.5]
    assert made.series.volume.tolist() == [10.0, 8.0]
    assert made.series.bought.tolist() == [4.0, 5.0]
    assert made.rush.tolist() == [0, 1]
    assert made.rush_sells.tolist() == [0, 1]
    assert made.rush_value.tolist() == [0, 8.0]


def test_what_cannot_be_is_left_out_and_bounds_hold(tmp_path: Path) -> None:
    rows = [row(1, 1, 1.0), row(2, 2, float("nan")), row(3, 3, -1.0), row(4, 4, 1.0, side="none"), row(5, 5, 1.0)]
    rows += [row(6, 6, 1.0, quantity=-1.0), row(7, 7, 1.0)]
    found = read(tmp_path, *rows, start=at(1), end=at(7))
    assert ((found.at - round(at(0).timestamp() * 1e6)) / 1e6).tolist() == [1, 5]
    assert len(found.between(0, int(found.at[1]))) == 1


def test_no_trades_make_no_chunks(tmp_path: Path) -> None:
    found = read(tmp_path, row(1, 1, 1.0))
    none = found.between(0, 1)
    assert len(chunks(none, 5).series) == 0
    assert trades(tmp_path, "XYZ") == []
    assert trades(tmp_path, "ABC", end=at(0) - timedelta(days=3)) == []
    assert np.isfinite(chunks(found, 5).series.close).all()
