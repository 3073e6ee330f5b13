"""One row read by itself is the row that Arrow reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import TEXTS, TIME
from graph.stores.sqlitedb.codec import encode, plain, record_batch

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("sure", pa.bool_()),
        ("at", TIME),
        pa.field("listed", TEXTS),
    ]
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
WHOLE = st.integers(-(2**40), 2**40)
ROWS = st.fixed_dictionaries(
    {
        "name": st.none() | TEXT,
        "number": st.none() | WHOLE,
        "share": st.none() | st.floats(-1e9, 1e9),
        "sure": st.none() | st.booleans(),
        "at": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "listed": st.lists(TEXT, max_size=3),
    }
)


@given(ROWS)
def test_a_row_by_itself_is_what_arrow_reads(row: dict[str, object]) -> None:
    values = [encode(column)[0] for column in pa.RecordBatch.from_pylist([row], schema=SCHEMA).columns]
    kept = [int(v) if isinstance(v, bool) else v for v in values]  # as SQLite has truth
    assert plain(["left out", *kept], SCHEMA, skip=1) == record_batch([kept], SCHEMA).to_pylist()[0] == row
