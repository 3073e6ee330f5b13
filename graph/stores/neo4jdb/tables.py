"""Rows of tables other than posts, as nodes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from graph.schema import TABLES
from graph.stores.neo4jdb.codec import digests, rows_batch, times_of
from graph.stores.neo4jdb.database import Transaction, cypher
from graph.stores.neo4jdb.model import ROWS, indexed
from graph.stores.neo4jdb.nodes import Work, void
from graph.stores.neo4jdb.pending import Kept

CHUNK = 2_000
"""Rows of one statement, at most."""
CHUNK_BYTES = 2_000_000
"""Bytes of the rows of one statement, on average at most."""


def makings(table: str, kept: Kept, numbers: Sequence[int], seq: int) -> Iterator[Work]:
    """Statements that make rows."""
    text = cypher("row_new", label=ROWS[table])
    size = max(1, min(CHUNK, CHUNK_BYTES * len(kept.batch) // max(1, kept.batch.nbytes)))
    for start in range(0, len(kept.batch), size):
        part = kept.batch.slice(start, size)
        rows = part.to_pylist()
        for i, (row, digest) in enumerate(zip(rows, digests(part), strict=True), start=start):
            row |= {"id": kept.ids[i], "row": numbers[i], "digest": digest, "seq": seq}
            if table == "accounts" and row["handle"] is not None:
                row["folded_handle"] = indexed(row["handle"].casefold())
        yield _making(text, rows)


def _making(text: str, rows: list[dict[str, Any]]) -> Work:
    return lambda transaction: void(transaction.run(text, {"rows": rows}))


def read(transaction: Transaction, table: str, ids: Sequence[str]) -> tuple[pa.RecordBatch, list[int], dict[int, int]]:
    """Current rows: their columns, numbers, and the commit that wrote each number."""
    schema = TABLES[table].schema
    asked = {"columns": schema.names, "times": times_of(TABLES[table], schema.names)}
    rows = [
        row
        for start in range(0, len(ids), CHUNK)
        for row in transaction.run(
            cypher("row_read", label=ROWS[table]), {"ids": list(ids[start : start + CHUNK]), **asked}
        )
    ]
    numbers = [row[0] for row in rows]
    return rows_batch([row[2] for row in rows], schema), numbers, {row[0]: row[1] for row in rows}


def end(transaction: Transaction, table: str, ids: Sequence[str], seq: int) -> None:
    """Make current rows past ones."""
    for start in range(0, len(ids), CHUNK):
        params = {"ids": list(ids[start : start + CHUNK]), "table": table, "seq": seq}
        transaction.run(cypher("row_end", label=ROWS[table]), params)


def show_accounts(transaction: Transaction, observed: Sequence[pa.RecordBatch], further: Sequence[str]) -> None:
    """Let accounts show their newest observation to readers of the database."""
    keys = sorted({key for batch in observed for key in batch.column("account").to_pylist()} | {*further})
    for start in range(0, len(keys), CHUNK):
        pairs = [[indexed(key), key] for key in keys[start : start + CHUNK]]
        transaction.run(cypher("account_show"), {"ids": pairs})
