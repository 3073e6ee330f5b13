"""Tables read column by column: only the columns asked for, as Arrow arrays, in batches of bounded size.

CSV and JSON Lines are read by Arrow's readers where the file is regular. Where it is not (a row with too many values,
bytes that are no text, a line that is no JSON) the same rows come from the formats' own row-wise readers, slower, and
the rows that cannot be read come with their lines.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import IngestError
from ingest.files import clip, head, line_blocks, open_stream
from ingest.formats import delimited, jsonl, parquet
from ingest.formats.base import Bad

PIECE = 1 << 23  # bytes of a file that become one batch
AHEAD = 2  # batches read while another is looked at
_LOOKED_AT = 200  # lines of JSON from which a column's type is taken
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


class Irregular(Exception):
    """The file is not what Arrow's readers take; reading it row by row says where."""


@dataclass
class Batch:
    """Consecutive rows of a table, by column: Arrow arrays, or Python values where a column mixes types."""

    rows: int
    columns: dict[str, Any]
    bad: list[Bad] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """Where a row stands, and all of it as text."""

    line: int
    raw: str


class Table:
    """One CSV, JSON Lines or Parquet file.

    Parameters
    ----------
    path : Path
        Plain, gzip or Zstandard, told by content.
    kind : {"csv", "jsonl", "parquet"}
        How its rows are written.

    Raises
    ------
    IngestError
        It cannot be opened, is empty, or its header cannot be read.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self.kind = kind
        self.names: list[str] = []  # of the columns; of JSON Lines those that the first rows have
        self._kinds: dict[str, pa.DataType] = {}  # of JSON Lines, as the first rows have them
        if kind == "csv":
            self.names, self._after, self._delimiter = delimited.read_header(path)
        elif kind == "jsonl":
            self._kinds = _kinds(path)
            self.names = sorted(self._kinds)
        else:
            with parquet.opened(path) as file:
                self.names = file.schema_arrow.names
        if not self.names:
            raise IngestError("the file is empty", str(path), "is the export complete?")

    def batches(self, wanted: Collection[str]) -> Iterator[Batch]:
        """Rows with the columns asked for; those that the file lacks are left out.

        Raises
        ------
        Irregular
            Arrow's reader gave up; :meth:`by_row` does not.
        IngestError
            The file is damaged.
        """
        if self.kind == "parquet":
            yield from self.by_row(wanted)
            return
        read = self._csv if self.kind == "csv" else self._jsonl
        try:
            with closing(_ahead(read(wanted))) as found:
                for batch in found:
                    yield Batch(batch.num_rows, dict(zip(batch.schema.names, batch.columns, strict=True)))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowKeyError) as e:
            raise Irregular(str(e)) from e

    def by_row(self, wanted: Collection[str]) -> Iterator[Batch]:
        """The same rows from the row-wise readers, and beside them those that cannot be read."""
        if self.kind == "parquet":
            with parquet.opened(self.path) as file:
                for _, numbers, part, bad in parquet.checked(file, [n for n in self.names if n in wanted]):
                    columns = {n: parquet.simple(c) for n, c in zip(part.schema.names, part.columns, strict=True)}
                    yield Batch(len(numbers), columns, bad)
        elif self.kind == "csv":
            for table in self._tables():
                cells = zip(*table.rows, strict=True) if table.rows else ([] for _ in self.names)
                texts = {n: pa.array(v, pa.string()) for n, v in zip(self.names, cells, strict=True) if n in wanted}
                yield Batch(len(table.rows), texts, table.bad)
        else:
            for block in line_blocks(self.path):
                bad = list(block.bad)
                rows, _, _ = jsonl.parse(block, bad)
                yield Batch(len(rows), jsonl.columns_of(rows, frozenset(wanted)), bad)

    def locate(self, wanted: Collection[int]) -> dict[int, Placed]:
        """Lines and contents of some rows, by their number among the rows that can be read."""
        found: dict[int, Placed] = {}
        if not wanted:
            return found
        first, last = 0, max(wanted)
        for lines, raw in self._placed():
            inside = range(first, first + len(lines))
            found |= {i: Placed(lines[i - first], raw(i - first)) for i in wanted if i in inside}
            first += len(lines)
            if first > last:
                break
        return found

    def _placed(self) -> Iterator[tuple[Sequence[int], Any]]:
        if self.kind == "csv":
            for table in self._tables():
                yield table.lines, lambda i, rows=table.rows: _json(dict(zip(self.names, rows[i], strict=True)))
        elif self.kind == "jsonl":
            for block in line_blocks(self.path):
                _, numbers, texts = jsonl.parse(block, [])
                yield numbers, lambda i, texts=texts: clip(texts[i])
        else:
            with parquet.opened(self.path) as file:
                for _, lines, part, _ in parquet.checked(file, self.names):
                    yield lines, lambda i, part=part: _json(part.slice(i, 1).to_pylist()[0])

    def _tables(self) -> Iterator[delimited.Rows]:
        return delimited.tables(self.path, self._after, self._delimiter, len(self.names))

    def _csv(self, wanted: Collection[str]) -> Iterator[pa.RecordBatch]:
        from pyarrow import csv

        names = [n for n in self.names if n in wanted]
        quoted, returns = self._marks()
        read = csv.ReadOptions(column_names=self.names, skip_rows=self._after, block_size=PIECE)
        parse = csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=quoted)
        types = dict.fromkeys(names, pa.string())
        convert = csv.ConvertOptions(include_columns=names, column_types=types, strings_can_be_null=False)
        with self._source() as source:
            for batch in csv.open_csv(source, read, parse, convert):
                columns = [pc.replace_substring(c, "\r\n", "\n") for c in batch.columns] if quoted and returns else None
                yield pa.RecordBatch.from_arrays(columns, names=names) if columns else batch

    def _marks(self) -> tuple[bool, bool]:
        """Whether there are quotes, within which lines may end, and carriage returns before line feeds.

        Raises
        ------
        Irregular
            A quote is never closed, with which Arrow is content.
        """
        if self._packed():
            return True, True
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            quotes = 0
            if data.find(b'"') >= 0:
                quotes = sum(data[at : at + PIECE].count(b'"') for at in range(0, len(data), PIECE))
            if quotes % 2:
                raise Irregular("a quote is never closed")
            return quotes > 0, data.find(b"\r") >= 0

    def _jsonl(self, wanted: Collection[str]) -> Iterator[pa.RecordBatch]:
        from pyarrow import json

        if any("." in n and n not in self.names for n in wanted):
            raise Irregular("a column within an object")
        # a column that the first rows lack is taken for text; where it is something else, Arrow gives up
        schema = pa.schema([(n, self._kinds.get(n, pa.string())) for n in wanted])
        parse = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
        with self._source() as source:
            yield from json.open_json(source, json.ReadOptions(block_size=PIECE), parse)

    def _packed(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(4).startswith(_PACKED)

    def _source(self) -> Any:
        return open_stream(self.path) if self._packed() else pa.OSFile(str(self.path), "rb")


def _ahead(batches: Iterator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
    """The same, a few read in a thread while the last is in use."""
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(next, batches, None) for _ in range(AHEAD)]
        while (batch := waiting.pop(0).result()) is not None:
            waiting.append(pool.submit(next, batches, None))
            yield batch


def _kinds(path: Path) -> dict[str, pa.DataType]:
    """Arrow types of the columns of JSON Lines, by the first value of each; text where it is null at first."""
    start = head(path).start.removeprefix(b"\xef\xbb\xbf")
    lines = start.splitlines()
    found: dict[str, pa.DataType] = {}
    for line in lines[: _LOOKED_AT if len(lines) > 1 else 1]:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # the last is cut, and others are bad rows
        for name, value in row.items() if isinstance(row, dict) else ():
            if value is not None and found.get(name, pa.null()) == pa.null():
                found[name] = _kind(value)
            else:
                found.setdefault(name, pa.null())
    return {n: pa.string() if pa.types.is_null(k) else k for n, k in found.items()}


def _kind(value: Any) -> pa.DataType:
    """Objects are given as text, at which Arrow gives up."""
    if isinstance(value, list):
        return pa.list_(pa.string())
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(type(value), pa.string())


def _json(row: dict[str, Any]) -> str:
    return clip(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS))
