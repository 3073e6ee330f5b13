from __future__ import annotations

import pyarrow as pa
import pytest

from graph.schema import MARKET_TABLES, TABLES, TEXT, TEXTS, TIME, Table, check
from tests.stores import FULL, batch

ALL = {**TABLES, **MARKET_TABLES}


@pytest.mark.parametrize("table", ALL.values(), ids=ALL)
def test_a_table_declares_what_a_store_needs(table: Table) -> None:
    names = table.schema.names
    assert table.about
    assert len(set(names)) == len(names)
    assert not {"seq", "recorded_at", "ended"} & set(names)  # what a history adds
    assert table.key
    assert tuple(names[: len(table.key)]) == table.key
    assert table.time is None or table.column(table.time).type == TIME
    for column in table.columns:
        assert column.about, column.name
        assert column.type in {TEXT, TEXTS, TIME, pa.bool_(), pa.int64(), pa.float64()}
        assert table.column(column.name) is column
        assert table.schema.field(column.name).nullable is not column.required
        assert column.required or column.type != TEXTS


def test_graph_and_market_tables_are_two_things() -> None:
    assert not TABLES.keys() & MARKET_TABLES.keys()
    assert all(name == table.name for name, table in ALL.items())
    assert FULL.keys() == TABLES.keys()


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        TABLES["posts"].column("colour")


@pytest.mark.parametrize("table", ALL)
def test_a_batch_of_the_tables_schema_passes(table: str) -> None:
    assert check(table, batch(table)) is ALL[table]


@pytest.mark.parametrize("column", ["post", "account", "created_at", "links"])
def test_a_null_where_there_is_none_is_a_programming_error(column: str) -> None:
    with pytest.raises(ValueError, match=f"posts: null in {column}"):
        check("posts", batch("posts", {"post": "x:p1", column: None}))


def test_a_batch_of_another_schema_is_a_programming_error() -> None:
    posts = batch("posts", {"post": "x:p1"})
    with pytest.raises(ValueError, match="no table 'robots'"):
        check("robots", posts)
    for other in (posts.drop_columns(["lang"]), posts.select(posts.schema.names[::-1]), batch("labels")):
        with pytest.raises(ValueError, match="posts: batch schema differs"):
            check("posts", other)
