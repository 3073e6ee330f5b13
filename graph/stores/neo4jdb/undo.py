"""Removing what a writer staged and did not publish."""

from __future__ import annotations

import pyarrow as pa

from graph.model import NodeType
from graph.schema import TABLES
from graph.stores.neo4jdb import acts
from graph.stores.neo4jdb.codec import rows_batch, times_of
from graph.stores.neo4jdb.commits import Commit
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.lanes import Lanes
from graph.stores.neo4jdb.lease import Lease
from graph.stores.neo4jdb.model import LABELS, ROWS
from graph.stores.neo4jdb.nodes import Work

CHUNK = 2_000
"""Rows or nodes removed by one transaction."""


def unpublished(database: Database, lease: Lease, base: Commit) -> None:
    """Remove every row, relationship and node beyond the commit ``base``, which is the newest."""
    lanes = Lanes(database, lease.token)
    for table, label in ROWS.items():
        last = base.rows[table]
        if table == "posts":
            _repeat(lanes, cypher("undo_posts"), {"last": last})
            _repeat(lanes, cypher("undo_fills"), {"last": last})
            continue
        if table in acts.TYPES:
            _acts(database, lanes, table, last)
        _repeat(lanes, cypher("undo_rows", label=label), {"last": last})
    for kind in NodeType:
        if kind != NodeType.FINDING:
            label = "Stub" if kind == NodeType.POST else LABELS[kind]
            _repeat(lanes, cypher("undo_nodes", label=label), {"head": base.seq})

    def done(transaction: Transaction) -> None:
        lease.hold(transaction)
        transaction.run(cypher("unstage"))

    database.writing(done)


def _repeat(lanes: Lanes, statement: str, params: dict[str, int]) -> None:
    """Run a statement that removes a bounded number until nothing is left."""
    left = CHUNK

    def piece(transaction: Transaction) -> None:
        nonlocal left
        left = transaction.value(statement, {**params, "limit": CHUNK})

    while left == CHUNK:
        lanes.run([piece])


def _acts(database: Database, lanes: Lanes, table: str, last: int) -> None:
    """Remove relationships of unpublished rows, while the rows are there to name them."""
    schema = TABLES[table].schema
    asked = {"columns": schema.names, "times": times_of(TABLES[table], schema.names), "limit": CHUNK}
    while rows := database.read(cypher("unpublished", label=ROWS[table]), {**asked, "last": last}):
        batch: pa.RecordBatch = rows_batch([row[1] for row in rows], schema)
        numbers = [row[0] for row in rows]
        work: list[Work] = [*acts.undoings(acts.of(table, batch, numbers))]
        lanes.run(work)
        last = numbers[-1]
