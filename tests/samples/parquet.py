from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from tests.samples import Sample


def make(n: int) -> bytes:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    table = pa.table(
        {
            "account_id": pa.array([i % 7 for i in range(n)], pa.int64()).dictionary_encode(),
            "kind": pa.array(["like"] * n, pa.large_string()),
            "target_id": pa.array([str(i) for i in range(n)], pa.string()),
            "target_type": pa.array(["post"] * n, pa.string()).dictionary_encode(),
            "at": pa.array([start + timedelta(seconds=i) for i in range(n)], pa.timestamp("ns", "UTC")),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


SAMPLE = Sample(
    "parquet",
    "interactions.parquet",
    make,
    lambda n: {"interactions": n},
    text=False,
    by_line=False,
    compressible=False,
)
