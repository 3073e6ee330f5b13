from __future__ import annotations

import errno
import os
import random
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import market
from graph.errors import StoreError
from graph.market import bases_of, market_tables, scan_market, write_market
from graph.store import Written
from tests.stores import BASE, at, batch

PAIR = {"venue": "binance", "base": "PEPE", "quote": "USDT"}
DAY = 86_400


def candle(minute: int, **more: Any) -> dict[str, Any]:
    return {**PAIR, "interval": "1m", "open_time": at(60 * minute), **more}


def trade(number: int, **more: Any) -> dict[str, Any]:
    return {**PAIR, "trade_id": str(number), "time": at(number), **more}


def rows(folder: Path, table: str = "candles", **how: Any) -> list[dict[str, Any]]:
    return [row for found in scan_market(folder, table, **how) for row in found.to_pylist()]


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")


@pytest.mark.parametrize("table", ["candles", "trades"])
def test_rows_come_back_as_they_went_in(tmp_path: Path, table: str) -> None:
    make = candle if table == "candles" else trade
    given_rows = batch(table, make(2), make(0, **({"trades": 7} if table == "candles" else {"first_id": 5})), make(1))
    assert write_market(tmp_path, table, given_rows) == Written(new=3)
    assert rows(tmp_path, table) == sorted(given_rows.to_pylist(), key=lambda r: r.get("open_time") or r["time"])
    assert all(found.schema.equals(given_rows.schema) for found in scan_market(tmp_path, table))


def test_nothing_written_nothing_found(tmp_path: Path) -> None:
    assert rows(tmp_path) == []
    assert write_market(tmp_path, "candles", batch("candles")) == Written()
    assert rows(tmp_path) == []


def test_loading_again_changes_nothing_on_disk(tmp_path: Path) -> None:
    load = batch("candles", *(candle(m) for m in range(3000)))
    write_market(tmp_path, "candles", load)
    before = {p: p.stat().st_mtime_ns for p in files(tmp_path)}
    assert write_market(tmp_path, "candles", load) == Written(unchanged=3000)
    assert {p: p.stat().st_mtime_ns for p in files(tmp_path)} == before
    assert len(before) == 3


def test_the_last_write_of_a_key_wins(tmp_path: Path) -> None:
    first = write_market(tmp_path, "candles", batch("candles", candle(0, close=1.0), candle(0, close=2.0), candle(1)))
    assert (first.new, first.changed, first.unchanged) == (2, 1, 0)
    second = write_market(tmp_path, "candles", batch("candles", candle(0, close=3.0), candle(0, close=3.0), candle(2)))
    assert (second.new, second.changed, second.unchanged) == (1, 1, 1)
    assert second.changed_keys == [("binance", "PEPE", "USDT", "1m", at(0))]
    assert [row["close"] for row in rows(tmp_path)] == [3.0, 1.5, 1.5]
    assert write_market(tmp_path, "candles", batch("candles", candle(0, interval="1h"))).new == 1


def test_no_number_equals_no_number(tmp_path: Path) -> None:
    load = batch("candles", candle(0, volume=float("nan")), candle(1, quote_volume=None))
    write_market(tmp_path, "candles", load)
    assert write_market(tmp_path, "candles", load) == Written(unchanged=2)


def test_scans_are_narrowed_and_ordered(tmp_path: Path) -> None:
    places = [("kraken", "BTC", "EUR"), ("binance", "PEPE", "USDT"), ("binance", "BTC", "USDT")]
    load = [candle(m * 720, venue=venue, base=base, quote=quote) for venue, base, quote in places for m in (3, 0, 1, 2)]
    write_market(tmp_path, "candles", batch("candles", *load))
    found = [(r["venue"], r["base"], r["open_time"]) for r in rows(tmp_path)]
    assert found == sorted(found)
    assert len(found) == 12
    assert {r["venue"] for r in rows(tmp_path, venue="kraken")} == {"kraken"}
    assert {r["venue"] for r in rows(tmp_path, base="BTC")} == {"binance", "kraken"}
    assert len(rows(tmp_path, quote="USDT", base="PEPE")) == 4
    assert rows(tmp_path, venue="BINANCE") == []
    noon = at(DAY / 2)
    assert [r["open_time"] for r in rows(tmp_path, base="PEPE", start=noon, end=at(DAY))] == [noon]
    assert [r["open_time"] for r in rows(tmp_path, base="PEPE", end=noon)] == [at(0)]
    assert [r["open_time"] for r in rows(tmp_path, base="PEPE", start=at(DAY))] == [at(DAY), at(DAY * 1.5)]


@pytest.mark.parametrize("name", ["..", "", "a/b", "a-b", "%2E", "~", "PEPE.P", "ПЕПЕ", "x\u0000y", "*"])
def test_names_never_leave_their_folder(tmp_path: Path, name: str) -> None:
    for column in ("venue", "base", "quote"):
        write_market(tmp_path / "in", "candles", batch("candles", candle(0, **{column: name})))
        assert [r[column] for r in rows(tmp_path / "in", **{column: name})] == [name]
    assert all(p.is_relative_to(tmp_path / "in" / "market" / "candles") for p in files(tmp_path))
    assert len(files(tmp_path)) == 3


def test_a_name_too_long_for_a_file_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="market data"):
        write_market(tmp_path, "candles", batch("candles", candle(0, base="B" * 300)))


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    write_market(tmp_path, "candles", batch("candles", candle(0)))
    (tmp_path / "market" / "candles" / "binance" / "PEPE-USDT" / "notes").mkdir()
    (tmp_path / "market" / "candles" / "binance" / "a-b-c" / "2026-01-01").mkdir(parents=True)
    (tmp_path / "market" / "candles" / "readme.txt").write_text("mine")
    assert len(rows(tmp_path)) == 1


def test_parts_are_merged_and_stay_few(tmp_path: Path) -> None:
    numbers = list(range(400))
    random.Random(1).shuffle(numbers)
    for i in range(0, 400, 10):
        write_market(tmp_path, "trades", batch("trades", *(trade(n, price=float(n)) for n in numbers[i : i + 10])))
        write_market(tmp_path, "trades", batch("trades", trade(numbers[0], price=float(i))))
    assert len(files(tmp_path)) <= market.PARTS
    assert [r["price"] for r in rows(tmp_path, "trades") if r["trade_id"] != str(numbers[0])] == [
        float(n) for n in sorted(numbers) if n != numbers[0]
    ]
    assert [r["price"] for r in rows(tmp_path, "trades") if r["trade_id"] == str(numbers[0])] == [390.0]


def test_a_crash_in_a_merge_loses_and_repeats_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(market.PARTS):
        write_market(tmp_path, "trades", batch("trades", trade(n), trade(0, price=float(n))))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            write_market(tmp_path, "trades", batch("trades", trade(50)))
    before = rows(tmp_path, "trades")
    assert [r["trade_id"] for r in before] == [*map(str, range(market.PARTS)), "50"]
    assert before[0]["price"] == market.PARTS - 1
    assert write_market(tmp_path, "trades", batch("trades", trade(60))).new == 1
    assert rows(tmp_path, "trades")[:-1] == before


def test_a_killed_writer_leaves_nothing_that_is_read(tmp_path: Path) -> None:
    write_market(tmp_path, "trades", batch("trades", trade(1)))
    (part,) = files(tmp_path)
    draft = part.with_name("000002.tmp")
    draft.write_bytes(part.read_bytes()[:50])
    assert len(rows(tmp_path, "trades")) == 1
    write_market(tmp_path, "trades", batch("trades", trade(2)))
    assert not draft.exists()
    assert len(rows(tmp_path, "trades")) == 2


def test_a_merge_under_a_readers_hands_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_market(tmp_path, "trades", batch("trades", trade(1)))
    write_market(tmp_path, "trades", batch("trades", trade(2)))
    read, first = pq.read_table, files(tmp_path)[0]

    def merged_meanwhile(path: Path, **how: Any) -> pa.Table:
        if path == first and first.exists():
            first.rename(first.with_name("000003.parquet"))
        return read(path, **how)

    monkeypatch.setattr(pq, "read_table", merged_meanwhile)
    assert [r["trade_id"] for r in rows(tmp_path, "trades")] == ["1", "2"]


def test_writers_in_threads_lose_nothing(tmp_path: Path) -> None:
    def work(offset: int) -> None:
        for n in range(12):
            write_market(tmp_path, "trades", batch("trades", trade(n * 10 + offset), trade(999, price=float(offset))))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(tmp_path, "trades")) == 49


@pytest.mark.parametrize(("code", "hint"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "data directory")])
def test_a_full_or_closed_disk_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, hint: str
) -> None:
    write_market(tmp_path, "trades", batch("trades", trade(1)))

    def full(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=hint):
        write_market(tmp_path, "trades", batch("trades", trade(2)))
    monkeypatch.undo()
    assert len(rows(tmp_path, "trades")) == 1
    assert write_market(tmp_path, "trades", batch("trades", trade(2))).new == 1


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    write_market(tmp_path, "trades", batch("trades", trade(1)))
    (part,) = files(tmp_path)
    part.write_bytes(b"PAR1 nothing")
    for ask in (lambda: rows(tmp_path, "trades"), lambda: write_market(tmp_path, "trades", batch("trades", trade(2)))):
        with pytest.raises(StoreError, match="load its source again") as told:
            ask()
        assert told.value.where == str(part)


def test_a_data_directory_that_is_a_file_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError):
        write_market(tmp_path / "data", "trades", batch("trades", trade(1)))


@pytest.mark.parametrize("table", ["posts", "nothing"])
def test_other_tables_are_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises(ValueError, match=table):
        scan_market(tmp_path, table)
    with pytest.raises(ValueError, match=table):
        write_market(tmp_path, table, batch("candles"))
    with pytest.raises(ValueError, match="candles"):
        write_market(tmp_path, "candles", batch("trades"))


def test_many_changes_are_counted_and_some_named(tmp_path: Path) -> None:
    write_market(tmp_path, "candles", batch("candles", *(candle(m) for m in range(200))))
    changed = write_market(tmp_path, "candles", batch("candles", *(candle(m, close=9.0) for m in range(200))))
    assert (changed.changed, len(changed.changed_keys)) == (200, 100)


STEPS = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 3)), max_size=6), max_size=12)


@settings(max_examples=20)
@given(STEPS)
def test_any_sequence_of_writes_is_a_dict(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("market")
    model: dict[tuple[str, Any], float] = {}
    for step in steps:
        load = [candle(0, base=f"B{b}", open_time=BASE + timedelta(hours=5 * h), close=float(c)) for h, b, c in step]
        report = write_market(folder, "candles", batch("candles", *load))
        before, model = dict(model), {**model, **{(r["base"], r["open_time"]): r["close"] for r in load}}
        assert report.new == len(model) - len(before)
        assert report.new + report.changed + report.unchanged == len(load)
        assert {(r["base"], r["open_time"]): r["close"] for r in rows(folder)} == model
        assert len(rows(folder)) == len(model)


def test_whole_markets_are_the_same_rows(tmp_path: Path) -> None:
    for folder in (tmp_path / "plain", tmp_path / "odd [name]*"):
        for part in range(3):  # the first day has several parts and a changed row, the second one
            write_market(
                folder, "candles", batch("candles", *(candle(m, close=1.5 + part) for m in range(part, part + 4)))
            )
        write_market(folder, "candles", batch("candles", candle(1500), candle(1500, base="OTHER")))
        tables = list(market_tables(folder, "candles"))
        assert [t["base"][0].as_py() for t in tables] == sorted({r["base"] for r in rows(folder)})
        found = [r for t in tables for r in t.sort_by("open_time").to_pylist()]
        assert found == rows(folder)
        assert all(t.schema.equals(tables[0].schema) for t in tables)
        assert bases_of(folder, "candles") == {r["base"] for r in found}
        assert list(market_tables(folder, "candles", bases={"none"})) == []
        assert bases_of(folder, "trades") == set()


def test_a_damaged_market_is_named(tmp_path: Path) -> None:
    write_market(tmp_path, "candles", batch("candles", candle(1)))
    (file,) = files(tmp_path)
    file.write_bytes(b"PAR1 not a table")
    with pytest.raises(StoreError, match="not a Parquet file"):
        list(market_tables(tmp_path, "candles"))


@pytest.mark.parametrize("read", [market_tables, bases_of])
def test_other_tables_have_no_markets(tmp_path: Path, read: Any) -> None:
    with pytest.raises(ValueError, match="no market table"):
        list(read(tmp_path, "posts"))
