"""Rows taken out of the dashboard, as files that no spreadsheet runs anything of."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.views import Row
from graph import spreadsheets
from graph.findings import Finding, to_json


def to_csv(rows: Sequence[Row]) -> bytes:
    """Rows as CSV (UTF-8); the columns are those of the first row."""
    names = list(rows[0]) if rows else []
    return spreadsheets.to_csv(names, ([row.get(name, "") for name in names] for row in rows))


def table_to_csv(table: pa.Table) -> bytes:
    """A table of plain columns as CSV (UTF-8); what is empty and what is missing look the same."""
    return spreadsheets.to_csv(table.column_names, _rows(table))


def _rows(table: pa.Table) -> Iterable[tuple[object, ...]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(batch.column(i).to_pylist() for i in range(batch.num_columns)), strict=True)


def table_to_parquet(table: pa.Table) -> bytes:
    """A table of plain columns as Parquet, every value as it is: no spreadsheet takes a formula from it."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def to_jsonl(findings: Iterable[Finding]) -> bytes:
    """Findings whole, one a line, as they are read back."""
    return "".join(f"{to_json(f)}\n" for f in findings).encode()
