"""CSV, and text separated by tabs or semicolons, with a header line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from graph.errors import IngestError
from ingest.files import BOM, clip, head, line_blocks, lines, utf8_fault
from ingest.formats.base import BLOCK_BYTES, BLOCK_ROWS, Bad, Block, Format, Head, Options, Records
from ingest.mapping import Mapped
from ingest.records import RECORDS, require, settle_type

_DELIMITERS = ",\t;|"


class Delimited(Format):
    """A table as text: quoted as RFC 4180 says, the first line names the columns."""

    name: ClassVar[str] = "csv"
    about: ClassVar[str] = "CSV (or tabs, semicolons) with a header line that names columns like the record types'"
    types: ClassVar[tuple[str, ...]] = tuple(RECORDS)

    def sniff(self, head: Head) -> float:
        """Sure of a header with a record type's columns, less so of a name."""
        named = head.name.casefold().endswith((".csv", ".tsv", ".tab"))
        first = head.start.removeprefix(BOM).lstrip().partition(b"\n")[0].decode(errors="replace")
        header = set(_cells(first, _delimiter(first)))
        if any(header >= set(t.required) for t in RECORDS.values()):
            return 0.6
        return 0.3 if named else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of rows; quoted fields may span lines. Positions are line numbers; the header is always read."""
        mapped = None if options.mapping is None else Mapped(options.mapping)
        kind = settle_type(options.type, head(path).name)
        if mapped is None and kind is None:
            raise IngestError(
                "does not say what its rows are",
                str(path),
                "give --type or --map, or a name that begins with the type (posts.csv)",
            )
        header, after, delimiter = read_header(path)
        if not header:
            return
        if mapped is not None:
            mapped.require(header, path)
        elif kind is not None:
            require(kind, header, path)
        for table in tables(path, max(skip, after), delimiter, len(header)):
            by_column = zip(*table.rows, strict=True) if table.rows else ([] for _ in header)
            columns = {c: [v or None for v in values] for c, values in zip(header, by_column, strict=True)}
            if mapped is not None:
                records = mapped.apply(columns, table.lines)
            else:
                records = [Records(str(kind), columns, table.lines)]
            yield Block(table.end, records, table.bad)


@dataclass
class Rows:
    """A block of rows as read: the cells, the line each row begins in, and the rows that cannot be read."""

    end: int = 0
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    size: int = 0

    def full(self) -> bool:
        """Whether it is as large as a block may be."""
        return len(self.rows) + len(self.bad) >= BLOCK_ROWS or self.size >= BLOCK_BYTES


def tables(path: Path, skip: int, delimiter: str, width: int) -> Iterator[Rows]:
    """Blocks of rows after the line ``skip``, of ``width`` cells each; what precedes a damage comes before the error.

    Raises
    ------
    IngestError
        As for :func:`ingest.files.line_blocks`.
    """
    return _Reader(path, skip, delimiter, width).tables()


class _Reader:
    """Rows of a file from a row's first line on."""

    def __init__(self, path: Path, skip: int, delimiter: str, width: int) -> None:
        self._blocks = line_blocks(path, skip)
        self._rows = csv.reader(self._feed(), delimiter=delimiter, strict=True)
        self._width = width
        self._number = skip  # of the line handed out last
        self._raw: list[bytes] = []  # lines of the row under way
        self._first = skip  # number of the first of them
        self._fault = ""  # why the row under way is bad whatever it says
        self._long: list[Bad] = []

    def tables(self) -> Iterator[Rows]:
        """Blocks of rows; what precedes a damage is yielded before the error."""
        table = Rows()
        try:
            while self._next(table):
                if table.full():
                    yield table
                    table = Rows()
        except IngestError:
            if table.rows or table.bad:
                yield table
            raise
        table.bad += self._long
        if table.rows or table.bad:
            table.end = max(self._number, *(bad.line for bad in table.bad), 0)
            yield table

    def _next(self, table: Rows) -> bool:
        """Read one row into the table; False at the end."""
        self._raw, self._fault = [], ""
        try:
            row = next(self._rows, None)
        except csv.Error as e:
            row, self._fault = [], f"not CSV: {e} (lines {self._first}–{self._number})"
        due = [bad for bad in self._long if bad.line < self._number]
        if due:
            table.bad += due
            self._long = self._long[len(due) :]
        if row is None:
            return False
        table.end = self._number
        table.size += sum(map(len, self._raw))
        if not self._fault and row and len(row) != self._width:
            self._fault = f"has {len(row)} values where the header has {self._width}"
        if self._fault:
            table.bad.append(Bad(self._first, self._fault, clip(b"\n".join(self._raw))))
        elif row:
            table.rows.append(row)
            table.lines.append(self._first)
        return True

    def _feed(self) -> Iterator[str]:
        for block in self._blocks:
            self._long += block.bad
            for number, line in zip(block.numbers, block.rows, strict=True):
                if not self._raw:
                    self._first = number
                self._number = number
                self._raw.append(line)
                try:
                    text = line.decode()
                except UnicodeDecodeError:
                    self._fault = utf8_fault(line) or ""
                    text = line.decode(errors="replace")
                if "\0" in text:
                    self._fault = "contains a NUL byte"
                yield f"{text}\n"


def read_header(path: Path) -> tuple[list[str], int, str]:
    """Names of the columns, the line they stand in, and the delimiter; no columns in an empty file.

    Raises
    ------
    IngestError
        The first line that is not empty is no header.
    """
    for number, line in lines(path):
        if not line.strip():
            continue
        if (fault := utf8_fault(line)) is not None:
            raise IngestError(f"the header is {fault}", str(path), "convert the file to UTF-8")
        text = line.decode()
        delimiter = _delimiter(text)
        header = _cells(text, delimiter)
        if not header:
            raise IngestError("the header cannot be read", str(path), "check the quotes in the first line")
        if len(set(header)) < len(header):
            twice = sorted({c for c in header if header.count(c) > 1})
            raise IngestError(f"names columns twice: {', '.join(twice)}", str(path), "rename them in the first line")
        return header, number, delimiter
    return [], 0, ","


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error:
        return []
