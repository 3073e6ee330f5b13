"""The hash of many rows: of their content alone, not of their order or batches."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.content import Content, content, encoded
from graph.schema import TABLES, TEXTS, TIME
from tests.stores import FULL, batch

SCHEMA = pa.schema({"text": pa.string(), "at": TIME, "number": pa.int64(), "flag": pa.bool_(), "list": TEXTS})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(max_size=4),
            "at": st.none() | st.datetimes(timezones=st.just(UTC)),
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "flag": st.none() | st.booleans(),
            "list": st.none() | st.lists(st.text(max_size=3), max_size=3),
        }
    ),
    max_size=6,
)


def rows(*found: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(found), schema=SCHEMA)


def plain(value: Any) -> bytes:
    """The same encoding once more, value by value."""
    if value is None:
        return b"-"
    if isinstance(value, list):
        return f"{len(value)}[".encode() + b"".join(map(plain, value))
    if isinstance(value, datetime):
        since = value - EPOCH
        value = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
    text = str(int(value) if isinstance(value, bool) else value).encode()
    return f"{len(text)}:".encode() + text


@given(found=ROWS)
def test_a_row_is_its_values_with_their_lengths(found: list[dict[str, Any]]) -> None:
    expected = [b"".join(plain(row[name]) for name in SCHEMA.names) for row in found]
    assert encoded(rows(*found)).to_pylist() == expected
    total = sum(int.from_bytes(blake2b(row, digest_size=16).digest(), "big") for row in expected)
    assert content([rows(*found)]) == Content(len(found), total % 2**128)


@given(found=ROWS, cut=st.integers(0, 6))
def test_neither_order_nor_batches_matter(found: list[dict[str, Any]], cut: int) -> None:
    whole = rows(*found)
    assert content([whole[cut:], whole[:cut]]) == content([rows(*found[::-1])])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"text": None}, {"text": ""}),
        ({"text": None}, {"text": "-"}),
        ({"list": None}, {"list": []}),
        ({"list": []}, {"list": [""]}),
        ({"list": ["a", "b"]}, {"list": ["ab"]}),
        ({"list": ["a", "b"]}, {"list": ["b", "a"]}),
        ({"text": "1:a"}, {"text": "a"}),
        ({"flag": False}, {"flag": None}),
        ({"flag": True}, {"number": 1}),
    ],
)
def test_rows_that_differ_have_other_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content([rows(one)]).hash != content([rows(other)]).hash


def test_a_row_twice_is_not_a_row_once_and_nothing_is_nothing() -> None:
    once = rows({"text": "a"})
    assert content([once, once]) != content([once])
    assert content([]) == content([once[:0]]) == Content(0, 0)
    assert str(Content(1200, 255)) == "1,200 rows with hash " + "0" * 30 + "ff"


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_hashed(table: str) -> None:
    full = batch(table, FULL[table])
    sparse = batch(table, {name: FULL[table][name] for name in TABLES[table].key if name in FULL[table]})
    assert content([full]) != content([sparse])
