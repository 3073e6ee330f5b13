"""Versions of a table's rows in memory: Arrow batches in the order of their commits, and which rows ended when.

Nothing is copied on the way in: a batch of new keys is kept as it is. A row has a number, counted over all batches. It
is current at a seq if it was written by then and had not ended by then, so that readers pinned to an earlier commit see
neither later rows nor later endings, and taking a transaction back is cutting off what it appended.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TIME, Table, named_by_key
from graph.store import EXAMPLES, Written

SCAN_ROWS = 65_536
"""Rows in a batch that a scan gives, at most."""


@dataclass(slots=True)
class Segment:
    """Rows of one write: the seq they belong to, the number of the first, and the seq at which some of them ended."""

    seq: int
    base: int
    batch: pa.RecordBatch
    ended: dict[int, int] = field(default_factory=dict)

    def current(self, seq: int) -> pa.RecordBatch:
        """The rows current at ``seq``, which is not before its own."""
        over = [row for row, until in list(self.ended.items()) if until <= seq]
        if not over:
            return self.batch
        keep = np.ones(len(self.batch), dtype=bool)
        keep[over] = False
        return self.batch.filter(pa.array(keep))


@dataclass(slots=True)
class Version:
    """One version of a row; ``until`` is the seq that ended it."""

    row: dict[str, Any]
    seq: int
    until: int | None


class Log:
    """One table's rows and their versions.

    Parameters
    ----------
    table : Table
        Its declaration.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.segments: list[Segment] = []
        self._rows = 0
        self._current: dict[Hashable, int] = {}
        self._past: dict[Hashable, list[int]] = {}  # rows that ended, oldest first
        self._undo: list[tuple[Sequence[Hashable], Sequence[int] | None]] = []

    def write(self, batch: pa.RecordBatch, seq: int) -> Written:
        """Append what is new or differs from the current rows."""
        keys = keys_of(self.table, batch)
        if len(set(keys)) == len(keys) and self._current.keys().isdisjoint(keys):
            self._append(batch, keys, seq, keys)
            return Written(new=len(keys))
        return self._merge(batch, keys, seq)

    def delete(self, keys: Sequence[Hashable], seq: int) -> int:
        """End the current rows of these keys; returns how many there were."""
        there = [k for k in dict.fromkeys(keys) if k in self._current]
        self._end(there, seq)
        for key in there:
            del self._current[key]
        return len(there)

    def commit(self) -> bool:
        """Keep what was done since the last commit; returns whether there was anything."""
        changed, self._undo = bool(self._undo), []
        return changed

    def rollback(self, seq: int) -> None:
        """Take back what was done under ``seq``."""
        for keys, rows in reversed(self._undo):
            if rows is None:
                for key in keys:
                    self._current.pop(key, None)
                continue
            for key, row in zip(keys, rows, strict=True):
                self._current[key] = row
                segment = self._segment(row)
                segment.ended.pop(row - segment.base)
                if segment.seq < seq:
                    self._past[key].pop()
        self._undo = []
        while self.segments and self.segments[-1].seq == seq:
            self._rows = self.segments.pop().base

    def scan(self, seq: int, after: int = 0) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Rows current at ``seq`` whose version was written after ``after``, each batch with its seq."""
        for segment in list(self.segments):
            if after < segment.seq <= seq:
                batch = segment.current(seq)
                for at in range(0, len(batch), SCAN_ROWS):
                    yield segment.seq, batch.slice(at, SCAN_ROWS)

    def ever(self, seq: int) -> Iterator[pa.RecordBatch]:
        """Rows written up to ``seq``, also those that have ended since."""
        for segment in list(self.segments):
            if segment.seq <= seq:
                yield segment.batch

    def gone(self, seq: int, after: int) -> pa.RecordBatch:
        """Keys of rows that were current at ``after`` and are no longer at ``seq``."""
        parts = []
        for segment in list(self.segments):
            rows = sorted(row for row, until in list(segment.ended.items()) if after < until <= seq)
            if rows and segment.seq <= after:
                parts.append(segment.batch.select(list(self.table.key)).take(pa.array(rows, pa.int64())))
        if not parts:
            schema = pa.schema([self.table.schema.field(name) for name in self.table.key])
            return pa.RecordBatch.from_pylist([], schema=schema)
        return pa.concat_batches(parts)

    def versions(self, key: Hashable, seq: int) -> list[Version]:
        """All versions of a row up to ``seq``, oldest first."""
        newest = self._current.get(key)  # read first: a writer moves a row to the past before it replaces it here
        rows = sorted({*self._past.get(key, ()), *(() if newest is None else (newest,))})
        found = []
        for row in rows:
            segment = self._segment(row)
            if segment.seq <= seq:
                until = segment.ended.get(row - segment.base)
                values = segment.batch.slice(row - segment.base, 1).to_pylist()[0]
                found.append(Version(values, segment.seq, until if until is not None and until <= seq else None))
        return found

    def _append(self, batch: pa.RecordBatch, keys: Sequence[Hashable], seq: int, new: Sequence[Hashable]) -> None:
        if not keys:
            return
        self._undo.append((new, None))
        self.segments.append(Segment(seq, self._rows, batch))
        self._current.update(zip(keys, range(self._rows, self._rows + len(keys)), strict=True))
        self._rows += len(keys)

    def _merge(self, batch: pa.RecordBatch, keys: Sequence[Hashable], seq: int) -> Written:
        """Write a batch in which a key is repeated, or known already."""
        last = {key: i for i, key in enumerate(keys)}
        content = contents(batch)
        known = {key: self._current[key] for key in last if key in self._current}
        stored = self._contents(sorted(known.values()))
        report, keep = Written(), []
        for i, key in enumerate(keys):
            if last[key] != i:
                same = content[i] == content[last[key]]
            elif key not in known:
                report.new += 1
                keep.append(i)
                continue
            else:
                same = content[i] == stored[known[key]]
                keep += [] if same else [i]
            report.unchanged += same
            report.changed += not same
            if not same and len(report.changed_keys) < EXAMPLES:
                report.changed_keys.append(tuple(batch.column(name)[i].as_py() for name in self.table.key))
        fresh = [keys[i] for i in keep]
        self._end([key for key in fresh if key in known], seq)
        self._append(batch.take(pa.array(keep, pa.int64())), fresh, seq, [key for key in fresh if key not in known])
        return report

    def _end(self, keys: Sequence[Hashable], seq: int) -> None:
        rows = [self._current[key] for key in keys]
        for key, row in zip(keys, rows, strict=True):
            segment = self._segment(row)
            segment.ended[row - segment.base] = seq
            if segment.seq < seq:
                self._past.setdefault(key, []).append(row)
        if keys:
            self._undo.append((keys, rows))

    def _segment(self, row: int) -> Segment:
        return self.segments[bisect_right(self.segments, row, key=lambda s: s.base) - 1]

    def _contents(self, rows: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        """Contents of rows (sorted by number), read segment by segment."""
        found: dict[int, tuple[Any, ...]] = {}
        start = 0
        while start < len(rows):
            segment = self._segment(rows[start])
            stop = bisect_right(rows, segment.base + len(segment.batch) - 1)
            part = rows[start:stop]
            picked = segment.batch.take(pa.array([r - segment.base for r in part], pa.int64()))
            found.update(zip(part, contents(picked), strict=True))
            start = stop
        return found


def keys_of(table: Table, batch: pa.RecordBatch) -> list[Hashable]:
    """Keys of a batch's rows: the value of a single key column, else a tuple; times as µs, null as None."""
    columns = [_plain(batch.column(name)) for name in table.key]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def key_of(table: Table, key: dict[str, Any]) -> Hashable:
    """The same for one row's key columns.

    Raises
    ------
    ValueError
        Other columns than the table's key columns.
    """
    named_by_key(table, key)
    fields = [table.schema.field(name) for name in table.key]
    return keys_of(table, pa.RecordBatch.from_pylist([key], schema=pa.schema(fields)))[0]


def contents(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """Rows as tuples that compare equal where the rows are."""
    return list(zip(*(_plain(column) for column in batch.columns), strict=True))


def window(table: Table, batch: pa.RecordBatch, start: datetime | None, end: datetime | None) -> pa.RecordBatch:
    """Rows with ``start <= time < end`` in the table's time column; undated ones only where there is no bound."""
    if start is not None:
        batch = batch.filter(pc.greater_equal(batch.column(table.time), pa.scalar(start, TIME)))
    if end is not None:
        batch = batch.filter(pc.less(batch.column(table.time), pa.scalar(end, TIME)))
    return batch


def _plain(column: pa.Array) -> list[Any]:
    """Values that compare fast: times as µs."""
    values: list[Any] = (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
    return values
