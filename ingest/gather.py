"""What formats of nested JSON share: rows of several record types side by side, and whose ids they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from graph.errors import IngestError
from ingest import jsonscan
from ingest.files import BOM, Lines, chunks, clip, line_blocks, utf8_fault
from ingest.formats.base import BLOCK_BYTES, BLOCK_ROWS, MAX_LINE, Bad, Block, Options, Records

_UNSAID = Options().platform


def platform_of(options: Options, own: str) -> str:
    """The platform the user named, else the one the format is of."""
    return own if options.platform == _UNSAID else options.platform


@dataclass
class Gathered:
    """Rows of one block by record type; a field that a row lacks is None in its column.

    Formats subclass it with what they make of their objects; what must outlive a block (the chat under way) lives there
    too, for :meth:`block` only empties the rows.
    """

    platform: str
    bad: list[Bad] = field(default_factory=list)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, kind: str, line: int, row: dict[str, Any]) -> None:
        """Add a row of a record type, read from that line or position."""
        self._rows.setdefault(kind, []).append({**row, "platform": self.platform})
        self._lines.setdefault(kind, []).append(line)

    def refuse(self, line: int, reason: str, value: Any) -> None:
        """Note an object that is no record."""
        self.bad.append(Bad(line, reason, clip(orjson.dumps(value))))

    def block(self, end: int) -> Block:
        """Everything since the last block."""
        out = Block(end, bad=sorted(self.bad, key=lambda bad: bad.line))
        for kind, rows in self._rows.items():
            names = sorted({name for row in rows for name in row})
            out.records.append(Records(kind, {n: [row.get(n) for row in rows] for n in names}, self._lines[kind]))
        self.bad, self._rows, self._lines = [], {}, {}
        return out


Take = Callable[[int, dict[str, Any]], None]
TakeItem = Callable[[int, jsonscan.Path, dict[str, Any]], None]


def line_objects(path: Path, skip: int, into: Gathered, take: Take) -> Iterator[Block]:
    """Blocks of a file with one JSON object a line, each given to ``take`` with its line number."""
    for lines in line_blocks(path, skip):
        into.bad += lines.bad
        for number, value in objects(lines, into.bad):
            take(number, value)
        yield into.block(lines.end)


def document_objects(
    path: Path,
    wanted: Collection[jsonscan.Path],
    skip: int,
    into: Gathered,
    take: TakeItem,
    *,
    note: Callable[[jsonscan.Value], None] = lambda _: None,
) -> Iterator[Block]:
    """Blocks of a JSON document: its wanted objects go to ``take`` with their position, other values to ``note``.

    Positions number the wanted objects of the document from 1.
    """
    number = size = 0
    try:
        for event in jsonscan.Scanner(_without_bom(chunks(path)), wanted, str(path)):
            if isinstance(event, jsonscan.Value):
                note(event)
                continue
            number += 1
            size += len(event.raw or b"")
            if number > skip:
                _take_one(number, event, into, take)
            if number % BLOCK_ROWS == 0 or size >= BLOCK_BYTES:
                size = 0
                if number > skip:
                    yield into.block(number)
    except IngestError:
        if number > skip:
            yield into.block(number)
        raise
    if (last := into.block(number)).records or last.bad:
        yield last


def _take_one(number: int, item: jsonscan.Item, into: Gathered, take: TakeItem) -> None:
    if item.raw is None:
        into.bad.append(Bad(number, f"the object is larger than {MAX_LINE:,} bytes", ""))
        return
    value, reason = parse(item.raw)
    if value is None:
        into.bad.append(Bad(number, reason, clip(item.raw)))
    else:
        take(number, item.path, value)


def _without_bom(pieces: Iterator[bytes]) -> Iterator[bytes]:
    start = b""
    while len(start) < len(BOM) and (piece := next(pieces, b"")):
        start += piece
    return chain([start.removeprefix(BOM)] if start != BOM else [], pieces)


def objects(block: Lines, bad: list[Bad]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a block of lines with their numbers; other lines become bad rows, empty ones nothing."""
    for number, line in zip(block.numbers, block.rows, strict=True):
        if not line.strip():
            continue
        value, reason = parse(line)
        if value is None:
            bad.append(Bad(number, reason, clip(line)))
        else:
            yield number, value


def parse(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """One JSON object, or None and the reason why it is none."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as e:
        nul = "contains a NUL byte" if b"\0" in raw else None
        return None, utf8_fault(raw) or nul or f"not JSON: {e.msg} at column {e.colno}"
    return (value, "") if isinstance(value, dict) else (None, "not a JSON object")


def dig(value: Any, *keys: str) -> Any:
    """What lies under the keys; None where a step is missing or no object."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def dicts(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def words(*values: Any) -> list[str] | None:
    """Those values that are text and not empty; None where there are none."""
    return [v for v in values if isinstance(v, str) and v] or None
