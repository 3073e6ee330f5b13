"""A store as it was at a moment of its data: nothing that is dated later is seen, though it was loaded before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from graph.findings import Finding
from graph.schema import TABLES
from graph.store import View

_BORN = {"accounts": "created_at"}  # tables without a time of their own, and what dates their rows
_AFTERWARDS = {"verdicts": "reversed_at", "identifiers": "last_seen"}  # what is added to a row later


def as_of(view: View, end: datetime) -> View:
    """A view of the rows dated before ``end``, and of undated ones.

    Findings are those whose window had ended, a verdict is not yet reversed, an identifier that is used later was last
    used just before, an account that was made later is not there. Undated rows (labels without a time, many likes)
    stay, since nothing says that they came later: what they tell may be known too early. Projections of this view are
    not cached.
    """
    return cast("View", _AsOf(view, end))


class _AsOf:
    """Everything else is asked of the view behind it."""

    cache_dir: Path | None = None

    def __init__(self, view: View, end: datetime) -> None:
        self._view, self._end = view, end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def scan(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        after: int = 0,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """As :meth:`graph.store.View.scan`, without rows of a later date."""
        wanted = list(TABLES[table].schema.names if columns is None else columns)
        dated = TABLES[table].time or _BORN.get(table)
        extra = [dated] if dated and dated not in wanted else []
        last = None if end is None else min(end, self._end)
        for batch in self._view.scan(table, columns=[*wanted, *extra], after=after, start=start, end=last):
            rows = batch
            if dated is not None:
                early = pc.less(batch[dated], pa.scalar(self._end, batch[dated].type))
                rows = batch.filter(pc.fill_null(early, fill_value=True))
            if rows.num_rows:
                yield self._not_yet(table, rows.select(wanted))

    def count(self, table: str) -> int:
        """Number of rows that are seen."""
        return sum(b.num_rows for b in self.scan(table, columns=TABLES[table].key[:1]))

    def findings(self, **how: Any) -> list[Finding]:
        """Findings whose window had ended."""
        return [f for f in self._view.findings(**how) if f.window.end < self._end]

    def _not_yet(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        name = _AFTERWARDS.get(table, "")
        if name not in batch.schema.names:
            return batch
        place, column = batch.schema.get_field_index(name), batch[name]
        later = pc.fill_null(pc.greater_equal(column, pa.scalar(self._end, column.type)), fill_value=False)
        before = self._end - timedelta(microseconds=1) if table == "identifiers" else None
        return batch.set_column(place, name, pc.if_else(later, pa.scalar(before, column.type), column))
