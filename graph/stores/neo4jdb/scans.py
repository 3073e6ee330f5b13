"""Reading tables as Arrow, in the order of their commits: chunks of row numbers, some at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TIME, Table
from graph.stores.neo4jdb.codec import batch_of, times_of
from graph.stores.neo4jdb.database import READERS, Database, cypher
from graph.stores.neo4jdb.model import LONG, ROWS

CHUNK = 20_000
"""Row numbers of one chunk: rows in a batch, at most."""
AHEAD = READERS + 1
"""Chunks read before they are asked for."""


class Scan:
    """Rows of one table between two row numbers that a view sees.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table, or ``seq``.
    bounds : pair of datetime or None
        Only rows with ``start <= time < end`` in the table's time column.
    """

    def __init__(
        self,
        database: Database,
        table: Table,
        columns: Sequence[str],
        seq: int,
        bounds: tuple[datetime | None, datetime | None] = (None, None),
    ) -> None:
        self._database = database
        self._table = table
        self._columns = list(columns)
        self._seq = seq
        self._bounds = bounds
        self._timed = table.time is not None and any(bounds)
        # the row number is read first and last: a row that is replaced while it is read shows two
        inner = [*dict.fromkeys([*columns, *([table.time] if table.time and self._timed else [])])]
        self._asked = ["row", *inner, "row"]
        self._inner = inner
        self._statement = cypher("scan", label=ROWS[table.name])

    def batches(self, after: int, until: int) -> Iterator[pa.RecordBatch]:
        """The rows in bounded batches, by row number."""
        spans = ((start, min(start + CHUNK, until)) for start in range(after, until, CHUNK))
        if until - after <= CHUNK:
            yield from (batch for span in spans if len(batch := self._chunk(*span)))
            return
        with ThreadPoolExecutor(READERS, thread_name_prefix="lockstep-scan") as pool:
            ahead: deque[Future[pa.RecordBatch]] = deque()
            try:
                for span in spans:
                    ahead.append(pool.submit(self._chunk, *span))
                    if len(ahead) > AHEAD and len(batch := ahead.popleft().result()):
                        yield batch
                while ahead:
                    if len(batch := ahead.popleft().result()):
                        yield batch
            finally:
                for future in ahead:
                    future.cancel()

    def _chunk(self, after: int, until: int) -> pa.RecordBatch:
        params = {
            "table": self._table.name,
            "after": after,
            "until": until,
            "seq": self._seq,
            "columns": [_stored(self._table, c) for c in self._asked],
            "times": times_of(self._table, self._inner),
        }
        while True:
            first, *columns, last = self._database.value(self._statement, params)
            if first == last and all(row is not None and after < row <= until for row in first):
                break
        numbers = np.array(first, dtype=np.int64)
        batch = batch_of(columns, pa.schema([_field(self._table, c) for c in self._inner]))
        if (np.diff(numbers) <= 0).any():  # past ones among others; or read before its version ended, and after
            batch = batch.take(pa.array(np.unique(numbers, return_index=True)[1]))
        batch = self._whole(batch)
        if self._timed:
            batch = _between(batch, self._table.time or "", *self._bounds)
        return batch.select(self._columns)

    def _whole(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Keys of posts in full: the nodes hold long ones shortened."""
        if self._table.name != "posts" or "post" not in batch.schema.names:
            return batch
        keys = batch.column("post")
        long = pc.match_substring_regex(keys, f"(?s){LONG}")
        if not pc.any(long).as_py():
            return batch
        short = keys.filter(long).to_pylist()
        full = dict(self._database.read(cypher("post_full"), {"ids": short}))
        whole = [full.get(key, key) for key in keys.to_pylist()]
        return batch.set_column(batch.schema.get_field_index("post"), batch.schema.field("post"), pa.array(whole))


def _stored(table: Table, column: str) -> str:
    """The property that holds a column: a post's key is that of its node."""
    return "key" if table.name == "posts" and column == "post" else column


def _field(table: Table, column: str) -> pa.Field:
    return pa.field("seq", pa.int64()) if column == "seq" else table.schema.field(column)


def _between(batch: pa.RecordBatch, column: str, start: datetime | None, end: datetime | None) -> pa.RecordBatch:
    if start is not None:
        batch = batch.filter(pc.greater_equal(batch.column(column), pa.scalar(start, TIME)))
    if end is not None:
        batch = batch.filter(pc.less(batch.column(column), pa.scalar(end, TIME)))
    return batch
