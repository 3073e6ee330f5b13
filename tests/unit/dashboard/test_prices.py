"""Candles on the axis of a window, and what a market did by a detector's rule."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dashboard import prices
from dashboard import timeline as tl
from graph.findings import Window
from graph.market import write_market
from graph.schema import MARKET_TABLES
from tests import flagged

MINUTE = 60 * tl.SECOND
START = tl.micros(flagged.START)
ONSET = 2_000  # minutes after the start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of quiet minutes and one sharp rise, in two intervals; the hours begin earlier."""
    folder = tmp_path_factory.mktemp("prices")
    rng = np.random.default_rng(7)
    price = 1 + 0.001 * rng.standard_normal(2_880).cumsum() / 30
    price[ONSET:] *= 1.5 - 0.3 * np.clip((np.arange(2_880 - ONSET) - 3) / 20, 0, 1)
    volume = rng.uniform(90, 110, 2_880)
    volume[ONSET : ONSET + 4] *= 60
    rows = [_row("1m", i * MINUTE, price[max(i - 1, 0)], p, volume[i]) for i, p in enumerate(price)]
    rows += [_row("1h", h * 60 * MINUTE, 1.0, 1.0, 6_000.0) for h in range(-240, 48)]
    write_market(folder, "candles", _table(rows))
    return folder


def _table(rows: list[dict[str, object]]) -> pa.RecordBatch:
    schema = MARKET_TABLES["candles"].schema
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    return pa.RecordBatch.from_pylist(full, schema=schema)


def _row(interval: str, at: int, opened: float, close: float, volume: float) -> dict[str, object]:
    about = {"venue": "v", "base": "XYZ", "quote": "USDT", "interval": interval, "open_time": tl.moment(START + at)}
    prices_ = {"open": opened, "close": close, "high": max(opened, close), "low": min(opened, close)}
    return {**about, **prices_, "volume": volume, "quote_volume": volume}


def test_candles_of_a_bin_are_one(folder: Path) -> None:
    (several,) = prices.markets(folder, "XYZ").values()
    span = START + 1_900 * MINUTE, START + 2_800 * MINUTE
    found, length = prices.drawn(several, span)
    assert length == 5 * MINUTE == tl.step_of(span)
    fine, _ = prices.drawn(several, (START + 1_900 * MINUTE, START + 2_000 * MINUTE))
    inside = [k for k in fine if found[3].at <= k.at < found[3].end]
    assert len(inside) == 5
    assert (found[3].open, found[3].close) == (inside[0].open, inside[-1].close)
    assert found[3].high == max(k.high for k in inside)
    assert found[3].volume == pytest.approx(sum(k.volume for k in inside))


def test_the_interval_is_the_shortest_that_covers_the_window(folder: Path) -> None:
    (several,) = prices.markets(folder, "XYZ").values()
    assert prices.drawn(several, (START, START + 60 * MINUTE))[1] == MINUTE
    before = prices.drawn(several, (START - 200 * 60 * MINUTE, START - 100 * 60 * MINUTE))
    assert before[1] == 60 * MINUTE
    assert prices.drawn(several, (START - 9_000 * 60 * MINUTE, START - 8_000 * 60 * MINUTE)) == ([], 0)
    assert prices.markets(folder, "NOPE") == {}


def test_a_pump_has_the_marks_of_its_market(folder: Path) -> None:
    onset = flagged.START + timedelta(minutes=ONSET)
    window = Window(onset - timedelta(minutes=10), onset + timedelta(minutes=5))
    pump = flagged.shilling(kind="coordinated_pump", window=window, params={"volume": 4.0, "move": 1.05})
    marks = prices.marks(pump, "XYZ", folder)
    assert [m.words.split(" (")[0].split(",")[0] for m in marks] == [
        "first announcement or call", "market's onset", "extreme by then", "half given back",
    ]  # fmt: skip
    assert marks[1].at == START + ONSET * MINUTE
    later = Window(onset + timedelta(hours=9), onset + timedelta(hours=9, minutes=5))
    assert len(prices.marks(flagged.shilling(kind="pump_call", window=later), "XYZ", folder)) == 1
    assert [m.words for m in prices.marks(flagged.shilling(), "XYZ", folder)] == ["the finding's window"]


def test_a_span_is_told_in_a_line(folder: Path) -> None:
    (several,) = prices.markets(folder, "XYZ").values()
    found, _ = prices.drawn(several, (START + (ONSET - 5) * MINUTE, START + (ONSET + 5) * MINUTE))
    span = START + (ONSET - 1) * MINUTE, START + (ONSET + 1) * MINUTE
    assert "0.9974 to 1.496 (+50.0%)" in prices.told(found, span)
    assert prices.told(found, (0, 1)) == ""
