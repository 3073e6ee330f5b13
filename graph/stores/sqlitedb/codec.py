"""Arrow columns as values that SQLite keeps, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TABLES, TEXTS, TIME, Table

_ESCAPED = '["\\\\\x00-\x1f]'  # characters that JSON writes otherwise
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(column: pa.Array) -> list[Any]:
    """Values as SQLite keeps them: times as µs, lists as JSON arrays (null where empty)."""
    if column.type == TEXTS:
        return _encode_lists(column)
    values: list[Any] = (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
    return values


def _encode_lists(column: pa.Array) -> list[str | None]:
    values = pc.list_flatten(column)
    if pc.any(pc.match_substring_regex(values, _ESCAPED)).as_py() or values.null_count:
        return [orjson.dumps(v).decode() if v else None for v in column.to_pylist()]
    arrays = pc.binary_join_element_wise('["', pc.binary_join(column, '","'), '"]', "")
    empty = pc.equal(pc.list_value_length(column), 0)
    found: list[str | None] = pc.if_else(empty, pa.scalar(None, pa.string()), arrays).to_pylist()
    return found


def decode(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column back from what SQLite kept."""
    if kind == TEXTS:
        return _decode_lists(values)
    if kind == TIME:
        return pa.array(values, pa.int64()).cast(TIME)
    if kind == pa.bool_():
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def _decode_lists(values: Sequence[str | None]) -> pa.Array:
    texts = pa.array(values, pa.string())
    if pc.any(pc.match_substring(texts, "\\")).as_py():
        return pa.array([orjson.loads(v) if v else [] for v in values], TEXTS)
    split = pc.split_pattern(pc.utf8_slice_codeunits(texts, 2, -2), '","')
    return pa.ListArray.from_arrays(split.offsets, split.values)  # without the nulls, which have no values


def record_batch(rows: Sequence[Sequence[Any]], schema: pa.Schema, skip: int = 0) -> pa.RecordBatch:
    """Rows as a batch, leaving out their first ``skip`` values."""
    columns = list(zip(*rows, strict=True))[skip:] if rows else [()] * len(schema)
    return from_columns(columns, schema)


def plain(row: Sequence[Any], schema: pa.Schema, skip: int = 0) -> dict[str, Any]:
    """One row as plain values by name, leaving out its first ``skip``: for one row Arrow takes many times as long."""
    return {
        name: _PLAIN.get(kind, _as_is)(value) for name, kind, value in zip(*_fields(schema), row[skip:], strict=True)
    }


@cache
def _fields(schema: pa.Schema) -> tuple[tuple[str, ...], tuple[pa.DataType, ...]]:
    return tuple(schema.names), tuple(schema.types)


def _as_is(value: Any) -> Any:
    return value


_PLAIN: dict[pa.DataType, Callable[[Any], Any]] = {
    TEXTS: lambda v: orjson.loads(v) if v else [],
    TIME: lambda v: None if v is None else _EPOCH + timedelta(microseconds=v),
    pa.bool_(): lambda v: None if v is None else bool(v),
}


def from_columns(columns: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Columns as a batch."""
    arrays = [decode(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def statements(name: str) -> Statements:
    """Statements for a table, made once."""
    return Statements(TABLES[name])


class Statements:
    """The statements that are alike for all tables, from the table's declaration; values are parameters."""

    def __init__(self, table: Table) -> None:
        names = [f'"{c.name}"' for c in table.columns]
        every = ", ".join(names)
        marks = ", ".join("?" * len(names))
        name = table.name
        self.find = f"SELECT id, seq, {every} FROM {name} WHERE {_key(table, lambda _: '?')}"  # noqa: S608 - the same
        self.insert = f"INSERT OR IGNORE INTO {name} VALUES (?, ?, {marks})"  # noqa: S608 - names of our own tables
        self.delete = f"DELETE FROM {name} WHERE id = ?"  # noqa: S608 - the same
        self.retire = (
            f"INSERT INTO {name}_past SELECT id, seq, :until, {every} "  # noqa: S608 - the same
            f"FROM {name} WHERE id = :id AND seq < :until"
        )
        keys = ", ".join(f'"{k}"' for k in table.key)
        self.gone = (
            f"SELECT {keys} FROM {name}_past "  # noqa: S608 - the same
            "WHERE ended > :after AND ended <= :pin AND seq <= :after ORDER BY seq, id"
        )
        self.count = (
            f"SELECT (SELECT count(*) FROM {name} WHERE seq <= :pin) + "  # noqa: S608 - the same
            f"(SELECT count(*) FROM {name}_past WHERE ended > :pin AND seq <= :pin)"
        )
        past = " AND ".join(f'"{k}" IS :{k}' for k in table.key)
        if name == "posts":  # the past of a post lies by its id, too
            past = _key(table, lambda k: f":{k}")
        self.history = (
            f"SELECT seq, ended, {every} FROM {name}_past WHERE {past} AND seq <= :pin UNION ALL "  # noqa: S608
            f"SELECT seq, NULL, {every} FROM {name} WHERE {_key(table, lambda k: f':{k}')} AND seq <= :pin ORDER BY 1"
        )


def _key(table: Table, mark: Callable[[str], str]) -> str:
    """The condition that names a current row, in the form that an index knows; ``mark`` gives a column's parameter."""
    if table.name == "posts":
        return f"id = (SELECT id FROM post_ids WHERE key = {mark('post')})"  # noqa: S608 - a parameter's mark
    # a null among the keys equals a null: in the unique index the empty blob stands for it
    return " AND ".join(
        f'"{k}" = {mark(k)}' if table.column(k).required else f"ifnull(\"{k}\", x'') = ifnull({mark(k)}, x'')"
        for k in table.key
    )


# ids follow commits: those given after :after, and up to :pin (a search by seq would look at every row)
_ID_SPAN = "".join(
    f" AND id {sign} ifnull((SELECT first_id FROM commits WHERE seq > {seq} ORDER BY seq LIMIT 1), 1 << 62)"  # noqa: S608
    for sign, seq in ((">=", ":after"), ("<", ":pin"))
)


def scan_sql(table: Table, columns: Sequence[str], *, start: bool, end: bool) -> str:
    """The statement of a scan: current and past rows seen at ``:pin``, in the order of their commits."""
    order = "seq, id" if table.name == "posts" else "id"
    chosen = ", ".join(["seq", "id", *(f'"{c}"' for c in columns)])
    bounds = (f' AND "{table.time}" >= :start' if start else "") + (f' AND "{table.time}" < :end' if end else "")
    span = "" if table.name == "posts" else _ID_SPAN
    where = f"seq > :after AND seq <= :pin{span}{bounds}"
    return (
        f"SELECT {chosen} FROM {table.name} WHERE {where} UNION ALL "  # noqa: S608 - names of our own columns
        f"SELECT {chosen} FROM {table.name}_past WHERE {where} AND ended > :pin ORDER BY {order}"
    )
