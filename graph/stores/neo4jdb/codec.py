"""Arrow columns as values that Neo4j keeps, and back; ids and digests of rows.

Times go to the server as seconds and nanoseconds or as ``datetime`` and come back as µs since 1970: the driver's own
times are slow to make and to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from graph.content import encoded
from graph.schema import TEXTS, TIME, Table
from graph.stores.neo4jdb.model import KEY_BYTES, indexed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLION = 1_000_000


def ids(table: Table, batch: pa.RecordBatch) -> list[str]:
    """The rows' ids: the key, or the key columns as a JSON array (times in µs); see :func:`indexed`."""
    columns = [plain(batch.column(name)) for name in table.key]
    if len(columns) == 1:
        short = max(map(len, columns[0]), default=0) <= KEY_BYTES // 4
        return columns[0] if short else [indexed(key) for key in columns[0]]
    return [indexed(orjson.dumps(key).decode()) for key in zip(*columns, strict=True)]


def id_of(table: Table, key: Mapping[str, Any]) -> str:
    """The id of one row, from its key columns."""
    fields = [table.schema.field(name) for name in table.key]
    return ids(table, pa.RecordBatch.from_pylist([dict(key)], schema=pa.schema(fields)))[0]


def digests(batch: pa.RecordBatch) -> list[int]:
    """A 64-bit number for each row's content; rows of one key that differ share one with probability 2^-64."""
    rows = encoded(batch).to_pylist()
    return [int.from_bytes(blake2b(row, digest_size=8).digest(), "big", signed=True) for row in rows]


def plain(column: pa.Array) -> list[Any]:
    """Values as Python's own, times as µs."""
    values: list[Any] = (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
    return values


def split_times(column: pa.Array) -> tuple[list[int | None], list[int | None]]:
    """Whole seconds and nanoseconds of times; None where undated."""
    micros = column.cast(pa.int64())
    seconds, rest = np.divmod(micros.fill_null(0).to_numpy(), _MILLION)
    missing = None if not micros.null_count else micros.is_null().to_numpy(zero_copy_only=False)
    return pa.array(seconds, mask=missing).to_pylist(), pa.array(rest * 1000, mask=missing).to_pylist()


def times_of(table: Table, columns: Sequence[str]) -> list[str]:
    """Those of the columns that are times."""
    return [name for name in columns if name != "seq" and table.column(name).type == TIME]


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column back from what the server gave."""
    if kind == TIME:
        return pa.array(values, pa.int64()).cast(TIME)
    if kind == TEXTS:
        return pa.array([v or [] for v in values], TEXTS)
    return pa.array(values, kind)


def batch_of(columns: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Columns as a batch."""
    arrays = [array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def rows_batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows as a batch."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return batch_of(columns, schema)


def moment(micros: int) -> datetime:
    """A time as people read it."""
    return _EPOCH + timedelta(microseconds=micros)


def parts(moment_: datetime) -> tuple[int, int]:
    """Whole seconds and nanoseconds of a time."""
    micros = (moment_ - _EPOCH) // timedelta(microseconds=1)
    return micros // _MILLION, micros % _MILLION * 1000
