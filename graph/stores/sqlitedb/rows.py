"""Writing rows: new ones at once, known ones compared, changed ones as new versions.

Fresh rows are the common case, so that all are inserted first and only what the database already had is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pyarrow as pa

from graph.schema import TABLES, Table, check
from graph.store import Written
from graph.stores.sqlitedb import edges
from graph.stores.sqlitedb.codec import Statements, encode, record_batch, statements
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.edges import Edges, numbers
from graph.stores.sqlitedb.nodes import Ids, lookup


class Rows:
    """Writes into the versioned tables within one transaction."""

    def __init__(self, database: Database, ids: Ids, ends: Edges) -> None:
        self.database = database
        self.ids = ids
        self.ends = ends
        self.seq = ids.seq
        self.changed = False  # whether anything was stored or ended

    def write(self, name: str, batch: pa.RecordBatch) -> Written:
        """Add rows."""
        table = check(name, batch)
        if name not in TABLES:
            raise ValueError(f"{name}: market data is kept in files, see graph.market")
        for column in table.columns:
            if column.required and batch.column(column.name).null_count:
                raise ValueError(f"{name}: null in {column.name}")
        report = Written()
        columns = [encode(c) for c in batch.columns]
        width = len(table.key)
        keys = columns[0] if width == 1 else list(zip(*columns[:width], strict=True))
        if len(set(keys)) != len(keys):
            keep = _last_wins(table, batch, keys, list(zip(*columns, strict=True)), report)
            batch = batch.take(pa.array(keep, pa.int64()))
            columns = [[column[i] for i in keep] for column in columns]
        if len(batch):
            put = self._put_posts if name == "posts" else self._put
            report.add(put(table, batch, columns))
        return report

    def _put(self, table: Table, batch: pa.RecordBatch, columns: list[list[Any]]) -> Written:
        """Add rows of any table but posts; keys are distinct."""
        made = statements(table.name)
        count = len(batch)
        first = self.ids.take(count)
        given = list(range(first, first + count))
        if self.database.insert(made.insert, [given, [self.seq] * count, *columns]) == count:
            self._connect(table, batch, given)
            return Written(new=count)
        report, fresh, changed, old = Written(), [], [], []
        for i, row in enumerate(zip(*columns, strict=True)):
            there = self.database.run(made.find, row[: len(table.key)])[0]
            if there[0] == given[i]:
                fresh.append(i)
            elif there[2:] == row:
                report.unchanged += 1
            else:
                changed.append(i)
                old.append(there)
        report.new = len(fresh)
        self._end(table, made, old)
        again = [(given[i], self.seq, *(column[i] for column in columns)) for i in changed]
        self.database.many(made.insert, again)
        self._connect(table, batch.take(pa.array(fresh + changed, pa.int64())), [given[i] for i in fresh + changed])
        report.note(table, batch, changed)
        return report

    def _connect(self, table: Table, batch: pa.RecordBatch, refs: Sequence[int]) -> None:
        if not len(batch):
            return
        self.changed = True
        edges.nodes(table.name, batch, self.ids)
        self.ends.add(edges.of_rows(table.name, batch, numbers(refs), self.ids))

    def _end(self, table: Table, made: Statements, rows: Sequence[Sequence[Any]]) -> None:
        """End current rows, given with id and seq before their columns."""
        if not rows:
            return
        self.changed = True
        refs = numbers([row[0] for row in rows])
        self.database.many(made.retire, [{"id": row[0], "until": self.seq} for row in rows])
        self.database.many(made.delete, [(row[0],) for row in rows])
        batch = record_batch(rows, table.schema, skip=2)
        if table.name == "posts":
            self.ends.end(edges.of_posts(batch, refs, self.ids))
        else:
            self.ends.end(edges.of_rows(table.name, batch, refs, self.ids))

    def _put_posts(self, table: Table, batch: pa.RecordBatch, columns: list[list[Any]]) -> Written:
        """Add posts: their id is their node's, perhaps that of a stub."""
        keys, count = columns[0], len(batch)
        first = self.ids.take(count)
        given: Sequence[int] = range(first, first + count)
        if self.database.insert(sql("post_id_insert"), (keys, given, [self.seq] * count)) == count:
            self._add_posts(batch, columns, given)
            return Written(new=count)
        known = lookup(self.database, "post_ids", keys)
        given = [known[key] for key in keys]
        listed = orjson.dumps([i for i in given if i < first]).decode()
        there = {row[0]: row for row in self.database.run(sql("posts_by_id"), {"ids": listed})}
        report, keep, changed = Written(), [], []
        for i, row in enumerate(zip(*columns, strict=True)):
            current = there.get(given[i])
            if current is not None and current[2:] == row:
                report.unchanged += 1
                continue
            keep.append(i)
            if current is None:
                report.new += 1
            else:
                changed.append(i)
        self._end(table, statements("posts"), [there[given[i]] for i in changed])
        chosen = [[column[i] for i in keep] for column in columns]
        self._add_posts(batch.take(pa.array(keep, pa.int64())), chosen, [given[i] for i in keep])
        report.note(table, batch, changed)
        return report

    def _add_posts(self, batch: pa.RecordBatch, columns: list[list[Any]], given: Sequence[int]) -> None:
        if len(batch):
            self.changed = True
            self.database.insert(sql("post_insert"), [given, [self.seq] * len(given), *columns])
            self.ends.add(edges.of_posts(batch, numbers(given), self.ids))

    def delete(self, name: str, keys: pa.RecordBatch) -> int:
        """End the current rows of these keys; returns how many there were."""
        table = TABLES.get(name)
        if table is None:
            raise ValueError(f"no table {name!r}")
        if set(keys.schema.names) != set(table.key):
            raise ValueError(f"{name}: rows are named by {', '.join(table.key)}, not {', '.join(keys.schema.names)}")
        made = statements(name)
        wanted = dict.fromkeys(zip(*(encode(keys.column(k)) for k in table.key), strict=True))
        rows = [row for key in wanted for row in self.database.run(made.find, key)]
        self._end(table, made, rows)
        if name == "posts":  # the node stays, as a stub
            self.database.many(sql("stub_insert"), [(row[0], row[2]) for row in rows])
        return len(rows)


def _last_wins(
    table: Table, batch: pa.RecordBatch, keys: Sequence[Any], rows: Sequence[Any], report: Written
) -> list[int]:
    """Rows to keep where keys are repeated; the others count as changed, or unchanged where they are equal."""
    last = {key: i for i, key in enumerate(keys)}
    lost = [i for i, key in enumerate(keys) if last[key] != i]
    changed = [i for i in lost if rows[i] != rows[last[keys[i]]]]
    report.unchanged += len(lost) - len(changed)
    report.note(table, batch, changed)
    return sorted(last.values())
