from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.files import head
from ingest.formats.base import BLOCK_ROWS, Options
from ingest.formats.binance import Binance
from tests.reading import Outcome, outcome

KLINE = "{0},10.0,12.0,9.0,11.0,27.5,{0},2540.1,47,20.1,190.2,0\n"
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore\n"
)
US, MS = 1_735_689_600_000_000, 1_735_689_600_000
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def read(folder: Path, name: str, text: str, options: Options | None = None) -> Outcome:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return outcome(path, options)


@pytest.mark.parametrize("header", ["", HEADER], ids=["bare", "header"])
@pytest.mark.parametrize("time", [US, MS], ids=["us", "ms"])
def test_klines(header: str, time: int, tmp_path: Path) -> None:
    result = read(tmp_path, "BTCUSDT-1m-2025-01.csv", header + KLINE.format(time))
    assert result.format == "binance"
    assert result.tables["candles"] == [
        {
            "venue": "binance",
            "base": "BTC",
            "quote": "USDT",
            "interval": "1m",
            "open_time": NEW_YEAR,
            "open": 10.0,
            "high": 12.0,
            "low": 9.0,
            "close": 11.0,
            "volume": 27.5,
            "quote_volume": 2540.1,
            "trades": 47,
            "taker_buy_base": 20.1,
            "taker_buy_quote": 190.2,
        }
    ]
    assert result.rejected == []
    assert result.ignored == set()


def test_aggregated_trades(tmp_path: Path) -> None:
    rows = f"1,0.05,2.5,10,12,{MS},true,true\n2,0.06,1,13,13,{US},False,True\n"
    result = read(tmp_path, "ETHBTC-aggTrades-2025-01-01.csv", rows)
    columns = ("base", "quote", "trade_id", "time", "price", "quantity", "side", "first_id", "last_id")
    assert result.rows("trades", *columns) == [
        ("ETH", "BTC", "a1", NEW_YEAR, 0.05, 2.5, "sell", 10, 12),
        ("ETH", "BTC", "a2", NEW_YEAR, 0.06, 1.0, "buy", 13, 13),
    ]


def test_trades_with_a_header(tmp_path: Path) -> None:
    rows = f"id,price,qty,quote_qty,time,is_buyer_maker\n7,0.5,2,1.0,{MS},false\n"
    result = read(tmp_path, "ETHFDUSD-trades-2025-01.csv", rows, Options(venue="binance-futures"))
    assert result.rows("trades", "venue", "quote", "trade_id", "side", "first_id") == [
        ("binance-futures", "FDUSD", "7", "buy", None)
    ]


def test_a_zip_of_several_markets_and_units(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1h-2025-01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/BTCUSDT-1h-2024-12.csv", KLINE.format(MS))
        archive.writestr("README.txt", "not data")
        archive.writestr("ETHUSDC-1d-2025-01.csv", "\ufeff" + HEADER + KLINE.format(US))
    result = outcome(path)
    assert result.format == "binance"
    assert result.rows("candles", "base", "quote", "interval", "open_time") == [
        ("BTC", "USDT", "1h", NEW_YEAR),
        ("ETH", "USDC", "1d", NEW_YEAR),
    ]
    assert result.ends == [1, 3]
    assert outcome(path, skip=1).rows("candles", "base") == [("ETH",)]


def test_zips_that_are_empty_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1h-2025-01.zip"
    zipfile.ZipFile(path, "w").close()
    result = outcome(path)
    assert (result.format, result.tables, result.error) == ("binance", {}, None)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("BTCUSDT-1h-2025-01.csv", KLINE.format(US) * 3)
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 2])
    cut = outcome(path).error
    assert cut is not None
    assert "damaged or cut off" in cut.message
    data[60] ^= 1
    path.write_bytes(data)
    changed = outcome(path)
    assert changed.error is not None
    assert changed.error.hint


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [
        ("BTCUSDT", "BTC", "USDT"),
        ("USDCUSDT", "USDC", "USDT"),
        ("BNBBTC", "BNB", "BTC"),
        ("BTCUSD_PERP", "BTC", "USD"),
        ("ETHUSDT_250328", "ETH", "USDT"),
        ("DOGETRY", "DOGE", "TRY"),
    ],
)
def test_base_and_quote(symbol: str, base: str, quote: str, tmp_path: Path) -> None:
    result = read(tmp_path, f"{symbol}-1d-2025-01.csv", KLINE.format(US))
    assert result.rows("candles", "base", "quote") == [(base, quote)]


def test_a_market_that_cannot_be_split_is_an_error(tmp_path: Path) -> None:
    error = read(tmp_path, "FOOBAR-1d-2025-01.csv", KLINE.format(US)).error
    assert error is not None
    assert "FOOBAR" in error.message
    assert "--map" in error.hint


def test_a_name_that_says_nothing_is_an_error_where_the_format_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(KLINE.format(US), encoding="utf-8")
    error = outcome(path, wanted="binance").error
    assert error is not None
    assert "which market" in error.message
    path = tmp_path / "BTCUSDT-1d-2025-01.csv"
    path.write_text("nothing like it\n", encoding="utf-8")
    assert Binance().sniff(head(path)) == 0


def test_hostile_rows_cost_themselves_only(tmp_path: Path) -> None:
    good = KLINE.format(US)
    rows = [
        good,
        "1,2,3\n",
        "\n",
        good.replace("10.0", "ten"),
        good.replace("10.0", "nan"),
        good.replace("10.0", "-1"),
        KLINE.format("173568960000"),
        KLINE.format("later"),
        good.replace("0\n", "0" * 9000 + "\n"),
        good.replace("9.0", "11.5"),  # low above open
        KLINE.format(US + 60_000_000),
    ]
    result = read(tmp_path, "BTCUSDT-1m-2025-01.csv", "".join(rows))
    assert len(result.tables["candles"]) == 2
    assert sorted(r.line for r in result.rejected) == [2, 4, 5, 6, 7, 8, 9, 10]
    assert all(r.reason and r.type == "candles" for r in result.rejected)


def test_a_side_that_is_no_truth_value_is_refused(tmp_path: Path) -> None:
    result = read(tmp_path, "BTCUSDT-trades-2025-01.csv", f"7,0.5,2,1.0,{MS},maybe\n")
    assert [r.field for r in result.rejected] == ["side"]


def test_block_boundaries(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1m-2025-01.csv"
    path.write_text("".join(KLINE.format(US + i * 60_000_000) for i in range(BLOCK_ROWS)), encoding="utf-8")
    assert outcome(path).ends == [BLOCK_ROWS]
