"""The files of a network: one per record type, written row by row."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import orjson

from lockstep.demo.truth import BadRow

LAYOUT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "accounts": (
        "accounts.csv",
        ("platform", "account_id", "handle", "created_at", "verified", "followers", "lang", "attributes"),
    ),
    "posts": (
        "posts.jsonl.gz",
        (
            *("platform", "post_id", "account_id", "created_at", "kind", "parent_id", "text", "lang"),
            *("views", "likes", "reposts"),
        ),
    ),
    "interactions": (
        "interactions.csv.gz",
        ("platform", "account_id", "kind", "target_id", "target_type", "at"),
    ),
    "identifiers": ("identifiers.csv", ("platform", "account_id", "kind", "value", "first_seen", "last_seen")),
    "transfers": (
        "transfers.jsonl",
        ("platform", "source", "source_type", "target", "target_type", "chain", "at", "asset", "amount", "tx"),
    ),
    "labels": ("labels.csv", ("platform", "account_id", "label", "source", "at", "until", "ring_id")),
    "campaigns": (
        "campaigns.jsonl",
        (
            *("platform", "campaign_id", "start", "end", "tickers", "hashtags", "links", "sponsor", "participants"),
            "disclosure_required",
        ),
    ),
    "verdicts": ("verdicts.jsonl", ("subject", "outcome", "at", "policy", "action", "reversed_at")),
    "account_states": ("account_states.jsonl", ("platform", "account_id", "state", "at")),
    "post_events": ("post_events.jsonl", ("platform", "post_id", "kind", "at", "text")),
    "events": ("events.jsonl", ("ticker", "at", "kind", "source")),
    "candles": (
        "candles.csv",
        (
            *("venue", "base", "quote", "interval", "open_time", "open", "high", "low", "close", "volume"),
            *("quote_volume", "trades", "taker_buy_base", "taker_buy_quote"),
        ),
    ),
    "trades": ("trades.csv.gz", ("venue", "base", "quote", "time", "price", "quantity", "side", "trade_id")),
}
"""File name and columns of every record type."""


class Files:
    """Writers of all record types, opened together and closed together.

    Parameters
    ----------
    folder : Path
        An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self.rows: Counter[str] = Counter()
        self.bad: list[BadRow] = []
        self._lines: Counter[str] = Counter()
        self._stack = ExitStack()
        self._out: dict[str, IO[bytes]] = {}
        for kind, (name, columns) in LAYOUT.items():
            self._out[kind] = self._open(folder / name)
            if ".csv" in name:
                self._raw(kind, (",".join(columns) + "\n").encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, kind: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Append rows; a row's values stand in the order of the layout's columns, None where absent."""
        name, columns = LAYOUT[kind]
        rows = list(rows)
        if not rows:
            return
        if ".csv" in name:
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator="\n").writerows([_cell(v) for v in row] for row in rows)
            data = buffer.getvalue().encode()
        else:
            data = b"".join(
                orjson.dumps({c: v for c, v in zip(columns, row, strict=True) if v is not None}) + b"\n" for row in rows
            )
        self.rows[kind] += len(rows)
        self._raw(kind, data)

    def spoil(self, kind: str, line: bytes, why: str) -> None:
        """Append a row that is wrong on purpose; the quarantine has to show it."""
        self._raw(kind, line + b"\n")
        self.bad.append(BadRow(LAYOUT[kind][0], self._lines[kind], why))

    def _raw(self, kind: str, data: bytes) -> None:
        self._out[kind].write(data)
        self._lines[kind] += data.count(b"\n")

    def _open(self, path: Path) -> IO[bytes]:
        file: IO[bytes] = self._stack.enter_context(path.open("wb"))
        if path.suffix != ".gz":
            return file
        # No name and no time in the header: only zlib's version can make the compressed bytes differ.
        packed = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)

        return cast("IO[bytes]", self._stack.enter_context(packed))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
