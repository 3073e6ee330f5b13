"""CSV files as Neo4j's import tool reads them: a header in a file of its own, the rows compressed.

A quoted field is text, also where it is empty; nothing between two commas is an absent property. Texts keep every
character. Lists are joined by a character that must not occur in them; an empty list is an absent property.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from graph.errors import StoreError
from graph.schema import TEXTS, TIME

SEPARATOR = "\x1f"
"""Between the elements of a list: the unit separator."""
LEVEL = 1
"""How hard to compress: a higher level costs more time than it saves in reading."""
PENDING = 4
"""Blocks of one file that may wait to be compressed."""
LONGS = pa.list_(pa.int64())
_TYPES = {
    TIME: "datetime",
    pa.bool_(): "boolean",
    pa.int64(): "long",
    pa.string(): "string",
    TEXTS: "string[]",
    LONGS: "long[]",
}
_OPTIONS = csv.WriteOptions(include_header=False, quoting_style="needed")


@dataclass(frozen=True, slots=True)
class Group:
    """What a file's rows are."""

    labels: str  # labels of nodes joined by a colon, or a relationship's type
    node: bool


class CsvFile:
    """One kind of node or relationship.

    Parameters
    ----------
    folder : Path
        Where it lies.
    name : str
        Its name without the ending.
    group : Group
        What its rows are.
    columns : mapping of str to Arrow type or str
        Header: property names and their types; a type given as text is one of the tool's own (``ID(Account)``).
    thread : Executor
        Compresses and writes, one block after another.
    """

    def __init__(
        self, folder: Path, name: str, group: Group, columns: Mapping[str, pa.DataType | str], thread: Executor
    ) -> None:
        self.name = name
        self.group = group
        self.columns = tuple(columns)
        self.rows = 0
        self.longest = 0  # bytes of a value, at most
        self.multiline = False  # whether a value holds the end of a line
        self._thread = thread
        self._pending: deque[Future[None]] = deque()
        # one stream from end to end: of several gzip members the tool makes short reads, which cost it minutes
        self._gzip = zlib.compressobj(LEVEL, wbits=31)
        header = ",".join(_title(column, kind) for column, kind in columns.items())
        (folder / self.header).write_text(header + "\n", encoding="utf-8")
        self._file: BinaryIO = (folder / self.data).open("wb")

    @property
    def header(self) -> str:
        """Name of the file that holds the header."""
        return f"{self.name}.header.csv"

    @property
    def data(self) -> str:
        """Name of the file that holds the rows."""
        return f"{self.name}.csv.gz"

    def write(self, columns: Mapping[str, pa.Array]) -> None:
        """Add rows; every column of the header is there."""
        arrays = [_rendered(columns[name], self.name, name) for name in self.columns]
        rows = len(arrays[0])
        self.longest = max([self.longest, *(_longest(a) for a in arrays if a.type == pa.string())])
        sink = pa.BufferOutputStream()
        csv.write_csv(pa.RecordBatch.from_arrays(arrays, list(self.columns)), sink, _OPTIONS)
        block = sink.getvalue().to_pybytes()
        self.multiline = self.multiline or block.count(b"\n") > rows or b"\r" in block
        self.rows += rows
        self._pending.append(self._thread.submit(self._compress, block))
        while len(self._pending) > PENDING:
            self._pending.popleft().result()

    def _compress(self, block: bytes) -> None:
        self._file.write(self._gzip.compress(block))

    def close(self) -> None:
        """Write what is waiting."""
        with self._file:
            while self._pending:
                self._pending.popleft().result()
            self._file.write(self._gzip.flush())


def _title(column: str, kind: pa.DataType | str) -> str:
    if isinstance(kind, str):
        return column if kind == "" else f"{column}:{kind}"
    return f"{column}:{_TYPES[kind]}"


def _rendered(column: pa.Array, name: str, property_: str) -> pa.Array:
    """A column as text where CSV has no form of its own."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type == TIME:
        text = column.cast(pa.string())  # 2026-03-01 00:00:00.000000Z
        return pc.utf8_replace_slice(text, 10, 11, "T")
    if column.type == LONGS:
        return pc.binary_join(column.cast(TEXTS), SEPARATOR)
    if column.type == TEXTS:
        values = pc.list_flatten(column)
        if pc.any(pc.match_substring(values, SEPARATOR)).as_py() or pc.any(pc.equal(values, "")).as_py():
            raise StoreError(
                "an element of a list is empty, or holds the unit separator (U+001F): the import tool cannot take it",
                where=f"{name}, {property_}",
                hint="move this store with `lockstep copy`",
            )
        return pc.binary_join(column, SEPARATOR)
    return column


def _longest(column: pa.Array) -> int:
    return int(pc.max(pc.binary_length(column)).as_py() or 0)


@dataclass
class Files:
    """All files of one folder, opened when first written to."""

    folder: Path
    files: dict[str, CsvFile] = field(default_factory=dict)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "compress"))

    def nodes(self, name: str, labels: str, columns: Mapping[str, pa.DataType | str], rows: Mapping[str, Any]) -> None:
        """Write nodes of these labels."""
        self._write(Group(labels, node=True), name, columns, rows)

    def relationships(
        self, name: str, type_: str, columns: Mapping[str, pa.DataType | str], rows: Mapping[str, Any]
    ) -> None:
        """Write relationships of this type."""
        self._write(Group(type_, node=False), name, columns, rows)

    def _write(
        self, group: Group, name: str, columns: Mapping[str, pa.DataType | str], rows: Mapping[str, pa.Array]
    ) -> None:
        if not len(next(iter(rows.values()))):
            return  # a file that would be empty is not made
        file = self.files.get(name)
        if file is None:
            file = self.files[name] = CsvFile(self.folder, name, group, columns, self._thread)
        file.write(rows)

    def close(self) -> None:
        """Finish all files, also after a failure."""
        with ExitStack() as stack:
            stack.callback(self._thread.shutdown)
            for file in self.files.values():
                stack.callback(file.close)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        names = [name for file in self.files.values() for name in (file.header, file.data)]
        return sum((self.folder / name).stat().st_size for name in names)
