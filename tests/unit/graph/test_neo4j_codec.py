"""Values on their way to Neo4j and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import TABLES, TIME
from graph.stores.neo4jdb.codec import digests, id_of, ids, moment, parts, split_times
from graph.stores.neo4jdb.model import HEAD, KEY_BYTES, indexed
from tests.stores import FULL, at, batch

MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is the strategy's


@given(st.lists(st.none() | MOMENTS, min_size=1, max_size=5))
def test_times_are_whole_seconds_and_nanoseconds_in_any_year(moments: list[datetime | None]) -> None:
    seconds, nanos = split_times(pa.array(moments, TIME))
    for one, second, nano in zip(moments, seconds, nanos, strict=True):
        if one is None:
            assert (second, nano) == (None, None)
        else:
            assert second is not None
            assert nano is not None
            assert 0 <= nano < 1_000_000_000
            assert (second, nano) == parts(one)
            assert moment(second * 1_000_000 + nano // 1000) == one


@pytest.mark.parametrize("table", TABLES)
def test_a_row_has_one_id_however_it_is_named(table: str) -> None:
    rows = batch(table, FULL[table])
    key = {name: rows.to_pylist()[0][name] for name in TABLES[table].key}
    assert ids(TABLES[table], rows) == [id_of(TABLES[table], key)]


def test_null_and_empty_keys_are_two_ids() -> None:
    rows = batch("labels", {"account": "x:a", "label": "l"}, {"account": "x:a", "label": "l", "source": ""})
    assert len(set(ids(TABLES["labels"], rows))) == 2


def test_other_content_has_another_digest_and_equal_content_the_same() -> None:
    first, again, text, when, none = digests(
        batch(
            "posts",
            {"post": "x:1", "text": "a"},
            {"post": "x:1", "text": "a"},
            {"post": "x:1", "text": "b"},
            {"post": "x:1", "text": "a", "created_at": at(0) + timedelta(microseconds=1)},
            {"post": "x:1", "text": None},
        )
    )
    assert first == again
    assert len({first, text, when, none}) == 4


def test_long_keys_are_shortened_and_stay_apart() -> None:
    assert indexed("é" * (KEY_BYTES // 2)) == "é" * (KEY_BYTES // 2)
    one, two = indexed("k" * 9000), indexed("k" * 9001)
    assert one != two
    assert len(one) == len(two) == HEAD + 33
    assert one.startswith("k" * HEAD)
