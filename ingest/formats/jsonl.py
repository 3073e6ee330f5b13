"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import orjson

from graph.errors import IngestError
from ingest.files import BOM, Lines, clip, head, line_blocks, utf8_fault
from ingest.formats.base import Bad, Block, Format, Head, Options, Records
from ingest.mapping import Mapped
from ingest.records import RECORDS, settle_type
from lockstep.config import nearest

MAX_COLUMNS = 500  # of one block; hostile input has a new key in every row


@dataclass
class LineRecords(Records):
    """Records that still have their lines, as they are in the file."""

    texts: list[bytes]

    def raw(self, row: int) -> str:
        """The line."""
        return clip(self.texts[row])


class JsonLines(Format):
    """One JSON object a line, of one record type or each with a field ``type``."""

    name: ClassVar[str] = "jsonl"
    about: ClassVar[str] = "JSON Lines: one object a line, named like the record types' columns"
    types: ClassVar[tuple[str, ...]] = tuple(RECORDS)

    def sniff(self, head: Head) -> float:
        """Sure of its own columns, less so of any object on a line, least of a name alone."""
        named = head.name.casefold().endswith((".jsonl", ".ndjson"))
        start = head.start.removeprefix(BOM).lstrip()
        if not start:
            return 0.3 if named else 0.0
        if not start.startswith(b"{"):
            return 0.2 if named else 0.0
        line = start.partition(b"\n")[0]
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            return 0.3 if named else 0.0
        ours = row.get("type") in RECORDS or any(row.keys() >= set(t.required) for t in RECORDS.values())
        return 0.7 if ours else 0.4 if named else 0.35

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of lines; a line that is no JSON object is bad, the others go on."""
        mapped = None if options.mapping is None else Mapped(options.mapping)
        fixed = settle_type(options.type, head(path).name)
        for lines in line_blocks(path, skip):
            block = Block(lines.end, bad=list(lines.bad))
            rows, numbers, texts = parse(lines, block.bad)
            if mapped is not None:
                block.records = mapped.apply(columns_of(rows, mapped.columns()), numbers)
            elif fixed is not None:
                block.records = [_typed(fixed, rows, numbers, texts)]
            else:
                block.records = list(_by_type(path, rows, numbers, texts, block.bad))
            block.bad.sort(key=lambda bad: bad.line)
            yield block


def parse(lines: Lines, bad: list[Bad]) -> tuple[list[dict[str, Any]], list[int], list[bytes]]:
    """Objects with their line numbers and texts; empty lines are nothing."""
    try:
        rows = list(map(orjson.loads, lines.rows))
        if set(map(type, rows)) <= {dict}:
            return rows, list(lines.numbers), lines.rows
    except orjson.JSONDecodeError:
        pass
    rows, numbers, texts = [], [], []
    for number, line in zip(lines.numbers, lines.rows, strict=True):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as e:
            bad.append(Bad(number, utf8_fault(line) or _fault(line, e), clip(line)))
            continue
        if not isinstance(row, dict):
            bad.append(Bad(number, "not a JSON object", clip(line)))
            continue
        rows.append(row)
        numbers.append(number)
        texts.append(line)
    return rows, numbers, texts


def _fault(line: bytes, error: orjson.JSONDecodeError) -> str:
    if b"\0" in line:
        return "contains a NUL byte"
    return f"not JSON: {error.msg} at column {error.colno}"


def columns_of(rows: list[dict[str, Any]], wanted: frozenset[str] | None = None) -> dict[str, list[Any]]:
    """Columns of the rows' own keys, or of the wanted ones, where ``a.b`` reaches into an object."""
    keys = set(chain.from_iterable(rows))
    if wanted is not None:
        return {k: [r.get(k) for r in rows] if k in keys else [_reach(r, k) for r in rows] for k in wanted}
    if len(keys) > MAX_COLUMNS:
        known = {f.name for t in RECORDS.values() for f in t.fields}
        keys = {k for k in keys if k.partition(":")[0] in known}
    return {k: [r.get(k) for r in rows] for k in sorted(keys)}


def _reach(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _by_type(
    path: Path, rows: list[dict[str, Any]], numbers: list[int], texts: list[bytes], bad: list[Bad]
) -> Iterator[Records]:
    """Records of each type that the rows name."""
    if rows and not any("type" in row for row in rows):
        raise IngestError(
            "does not say what its rows are",
            str(path),
            "give --type, a name that begins with the type (posts.jsonl), or a field `type` in each row",
        )
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        kind = row.get("type")
        if isinstance(kind, str) and kind in RECORDS:
            groups.setdefault(kind, []).append(i)
        else:
            reason = f"no record type {str(kind)[:40]!r}: {nearest(str(kind), RECORDS)}"
            bad.append(Bad(numbers[i], reason if kind is not None else "no record type", clip(texts[i]), "type"))
    for kind, members in groups.items():
        yield _typed(kind, [rows[i] for i in members], [numbers[i] for i in members], [texts[i] for i in members])


def _typed(kind: str, rows: list[dict[str, Any]], numbers: list[int], texts: list[bytes]) -> LineRecords:
    columns = columns_of(rows)
    columns.pop("type", None)  # it has been heard
    return LineRecords(kind, columns, numbers, texts)
