"""Coded events: merging and leaving out give what coding all of the rest anew would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import coded
from graph.coded import Coded, merged, of_raw
from graph.projection import RAW, SCHEMA
from tests.stores import at

texts = st.text("abü🚀", max_size=3)
raws = st.lists(
    st.fixed_dictionaries(
        {"actor": texts, "object": texts, "message": texts, "row": st.none() | texts}
        | {"at": st.none() | st.integers(0, 3).map(at), "repost": st.booleans()}
    ),
    max_size=12,
)


def made(rows: list[dict[str, Any]]) -> Coded:
    return of_raw(pa.Table.from_pylist(rows, schema=RAW))


def alike(found: Coded, expected: Coded) -> bool:
    """The same events and values; events that are equal as seen from outside may stand in another order."""
    assert {n: v.to_pylist() for n, v in found.values.items()} == {n: v.to_pylist() for n, v in expected.values.items()}
    names = ("object", "at", "actor", "message", "row", "repost")
    rows = [sorted(zip(*(c.columns[n].tolist() for n in names), strict=True)) for c in (found, expected)]
    return rows[0] == rows[1] and found.table(SCHEMA).equals(expected.table(SCHEMA))


@given(raws, raws, st.sampled_from([0, 100]))
def test_merging_is_coding_both_at_once(some: list[dict[str, Any]], more: list[dict[str, Any]], runs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coded, "RUNS", runs)
        assert alike(merged(made(some), made(more)), made(some + more))


@given(raws, st.lists(texts, max_size=3), st.lists(texts, max_size=3))
def test_what_rows_made_is_left_out_with_its_values(
    rows: list[dict[str, Any]], posts: list[str], acts: list[str]
) -> None:
    keys = pa.array(posts, pa.string()), pa.array(acts, pa.string())
    whole = made(rows)
    rest = [r for r in rows if (r["message"] not in posts if r["row"] is None else r["row"] not in acts)]
    assert alike(whole.keep(~whole.made_by(*keys)), made(rest))


def test_nothing_left_out_is_the_same_object() -> None:
    whole = made([{"actor": "a", "object": "o", "message": "m", "row": None, "at": at(1), "repost": False}])
    assert whole.keep(np.ones(1, bool)) is whole
    assert merged(whole, made([])) is whole
    assert merged(made([]), whole) is whole


def test_parts_may_come_coded() -> None:
    row = {"actor": "a", "object": "o", "message": "m", "row": None, "at": at(1), "repost": False}
    raw = pa.Table.from_pylist([row], schema=RAW)
    light = raw.set_column(0, "actor", raw["actor"].dictionary_encode())
    other = raw.set_column(0, "actor", pa.array(["b"]).dictionary_encode())
    assert of_raw(pa.concat_tables([light, other])).values["actor"].to_pylist() == ["a", "b"]
