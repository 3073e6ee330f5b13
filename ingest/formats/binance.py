"""Binance public data: klines, aggregated trades and trades, as CSV or zipped."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from graph.errors import IngestError
from ingest.files import BOM, clip, head, open_stream, utf8_fault
from ingest.formats.base import BLOCK_ROWS, Bad, Block, Format, Head, Options, Records

QUOTES = tuple(
    sorted(
        "USDT FDUSD USDC BUSD TUSD USDP USD1 USDS DAI USD BTC ETH BNB XRP TRX DOGE SOL EUR TRY BRL GBP AUD RUB UAH NGN"  # noqa: SIM905 - words read best as words
        " ZAR IDRT BIDR BVND VAI PLN RON ARS JPY MXN CZK COP".split(),
        key=lambda q: (-len(q), q),
    )
)
"""What markets are paid in; the longest that fits ends the symbol."""

_NAME = re.compile(
    r"(?P<symbol>[A-Z0-9]{3,30}?)(?:_(?:PERP|\d{6}))?-(?P<kind>\d{1,2}(?:s|m|h|d|w|mo|M)|aggTrades|trades)-\d{4}-\d{2}(?:-\d{2})?\.(?:csv|zip)"
)
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_HEADER = re.compile(rb"[A-Za-z_ ]{2,},")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
_LONGEST = 4096  # bytes of a line
_KLINES = (
    "open_time:us",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "",
    "quote_volume",
    "trades",
    "taker_buy_base",
    "taker_buy_quote",
)
_AGGREGATED = ("trade_id", "price", "quantity", "first_id", "last_id", "time:us", "side")
_TRADES = ("trade_id", "price", "quantity", "", "time:us", "side")


@dataclass(frozen=True)
class _Layout:
    """What the rows of a file are, by its name."""

    type: str
    columns: tuple[str, ...]
    constants: dict[str, str]

    def row(self, cells: list[str]) -> list[str]:
        """The cells that are wanted, as the record type has them."""
        out = []
        for name, cell in zip(self.columns, cells, strict=False):
            if name.endswith(":us"):
                out.append(f"{cell}000" if len(cell) == 13 else cell)  # ms until 2024, µs since
            elif name == "side":
                out.append({"true": "sell", "false": "buy"}.get(cell.lower(), cell))
            elif name == "trade_id" and self.columns is _AGGREGATED:
                out.append(f"a{cell}")  # numbered apart from the trades they merge
            elif name:
                out.append(cell)
        return out


class Binance(Format):
    """Candles and trades; symbol and kind come from the file's name, or from each member's in a zip.

    The venue is ``binance`` unless said otherwise; spot and futures files are named alike, so say it for one of them
    where both are loaded.
    """

    name: ClassVar[str] = "binance"
    about: ClassVar[str] = "Binance public data (BTCUSDT-1m-2025-01.zip, …-aggTrades-…, …-trades-…), CSV or zip"
    types: ClassVar[tuple[str, ...]] = ("candles", "trades")

    def sniff(self, head: Head) -> float:
        """A name of its pattern on a zip or rows of numbers."""
        if not _NAME.fullmatch(head.name):
            return 0.0
        first = head.start.removeprefix(BOM).partition(b"\n")[0]
        return 0.95 if head.start.startswith((_ZIP, _EMPTY_ZIP)) or first.count(b",") >= 5 or not first else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of lines, numbered through all members of a zip."""
        before = 0
        for name, stream in _members(path):
            layout = _layout(name, path, options.venue or "binance")
            for block in _blocks(stream, layout, before, path):
                before = block.end
                if block.end > skip:
                    yield block


def _layout(name: str, path: Path, venue: str) -> _Layout:
    match = _NAME.fullmatch(name)
    if match is None:
        raise IngestError(
            f"{name!r} does not say which market it is of", str(path), "keep the name it had: BTCUSDT-1m-2025-01.csv"
        )
    symbol, kind = match["symbol"], match["kind"]
    quote = next((q for q in QUOTES if symbol.endswith(q) and symbol != q), None)
    if quote is None:
        known = ", ".join(sorted(QUOTES))
        raise IngestError(f"cannot tell base from quote in {symbol}", str(path), f"use --map; known quotes: {known}")
    market = {"venue": venue, "base": symbol.removesuffix(quote), "quote": quote}
    if kind == "aggTrades":
        return _Layout("trades", _AGGREGATED, market)
    if kind == "trades":
        return _Layout("trades", _TRADES, market)
    return _Layout("candles", _KLINES, {**market, "interval": kind})


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of the file, or of each CSV file in a zip."""
    start = head(path)
    if not start.start.startswith((_ZIP, _EMPTY_ZIP)):
        yield start.name, open_stream(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".csv"):
                    with archive.open(info) as member:
                        yield Path(info.filename).name, member
    except _DAMAGE as e:
        raise _damaged(path, e) from e


class _Rows:
    """The rows of a member since the last block."""

    def __init__(self, layout: _Layout, before: int) -> None:
        self._layout = layout
        self._before = before
        self.number = before
        self._empty()

    def _empty(self) -> None:
        self._rows: list[list[str]] = []
        self._lines: list[int] = []
        self._bad: list[Bad] = []

    def add(self, line: bytes) -> None:
        """Take a line; a header, which some files have, is nothing."""
        self.number += 1
        is_first = self.number == self._before + 1
        if is_first:
            line = line.removeprefix(BOM)
        if not line.strip() or (is_first and _HEADER.match(line)):
            return
        cells = line.strip().decode(errors="replace").split(",")
        if fault := self._fault(line, cells):
            self._bad.append(Bad(self.number, fault, clip(line.rstrip()), type=self._layout.type))
        else:
            self._rows.append(self._layout.row(cells))
            self._lines.append(self.number)

    def full(self) -> bool:
        """Whether as many lines have been taken as a block has."""
        return (self.number - self._before) % BLOCK_ROWS == 0

    def block(self) -> Block:
        """Everything since the last block."""
        names = [c for c in self._layout.columns if c]
        records = []
        if self._rows:
            columns: dict[str, object] = dict(zip(names, zip(*self._rows, strict=True), strict=True))
            columns |= {name: [value] * len(self._rows) for name, value in self._layout.constants.items()}
            records = [Records(self._layout.type, columns, self._lines)]
        out = Block(self.number, records, self._bad)
        self._empty()
        return out

    def _fault(self, line: bytes, cells: list[str]) -> str | None:
        if len(line) > _LONGEST:
            return f"the line is longer than {_LONGEST:,} bytes"
        if b"\0" in line:
            return "contains a NUL byte"
        wanted = len(self._layout.columns)
        if len(cells) < wanted:
            return f"has {len(cells)} values where {wanted} belong"
        return utf8_fault(line)


def _blocks(stream: IO[bytes], layout: _Layout, before: int, path: Path) -> Iterator[Block]:
    rows = _Rows(layout, before)
    try:
        for line in _lines(stream, path):
            rows.add(line)
            if rows.full():
                yield rows.block()
    except IngestError:
        if not rows.full():
            yield rows.block()
        raise
    if not rows.full():
        yield rows.block()


def _lines(stream: IO[bytes], path: Path) -> Iterator[bytes]:
    """Lines cut to a little more than the longest that is read."""
    try:
        while line := stream.readline(_LONGEST + 1):
            end = line
            while len(end) > _LONGEST and not end.endswith(b"\n"):
                end = stream.readline(_LONGEST + 1)
            yield line
    except _DAMAGE as e:
        raise _damaged(path, e) from e


def _damaged(path: Path, error: Exception) -> IngestError:
    return IngestError(f"the zip file is damaged or cut off: {error}", str(path), "fetch it again")
