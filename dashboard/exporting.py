"""Rows taken out of the dashboard, as files that no spreadsheet runs anything of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.views import Row
from graph.findings import Finding, to_json

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: = + - @ tab CR and full-width forms get an apostrophe.

    Space before such a character does not hide it.
    """
    return "'" + cell if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _cell(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value


def to_csv(rows: Sequence[Row]) -> bytes:
    """Rows as CSV (UTF-8); the columns are those of the first row."""
    names = list(rows[0]) if rows else []
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(_cell, names))
    writer.writerows([_cell(row.get(name, "")) for name in names] for row in rows)
    return out.getvalue().encode()


def table_to_csv(table: pa.Table) -> bytes:
    """A table of plain columns as CSV (UTF-8); what is empty and what is missing look the same."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(harmless, table.column_names))
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [batch.column(i).to_pylist() for i in range(batch.num_columns)]
        writer.writerows([_plain(value) for value in row] for row in zip(*columns, strict=True))
    return out.getvalue().encode()


def _plain(value: object) -> object:
    """Numbers as they are, all else as text: a list's may begin with anything."""
    return value if value is None or isinstance(value, int | float) else harmless(str(value))


def table_to_parquet(table: pa.Table) -> bytes:
    """A table of plain columns as Parquet, every value as it is: no spreadsheet takes a formula from it."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def to_jsonl(findings: Iterable[Finding]) -> bytes:
    """Findings whole, one a line, as they are read back."""
    return "".join(f"{to_json(f)}\n" for f in findings).encode()
