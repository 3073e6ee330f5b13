from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import TIME
from ingest.times import Clock

T = 1_700_000_000
AT = datetime.fromtimestamp(T, UTC)


def one(value: Any, unit: str | None = None) -> tuple[Any, str | None]:
    array, faults = Clock().read("t", [value], unit)
    assert array.type == TIME
    return array[0].as_py(), faults.get(0)


@pytest.mark.parametrize(
    "value",
    [
        T, T * 1000, T * 1_000_000, float(T), str(T), f"{T}.0", "2023-11-14T22:13:20Z", "2023-11-14t22:13:20z",
        "2023-11-15T00:13:20+02:00", "2023-11-14 22:13:20+0000", "2023-11-14T22:13:20.0000000Z", AT,
        AT.replace(tzinfo=None),
    ],
)  # fmt: skip
def test_one_moment_in_every_spelling(value: Any) -> None:
    assert one(value) == (AT, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2023-11-14T22:13:20", "no zone offset"),
        ("2023-11-14", "not a time"),
        ("yesterday", "not a time"),
        ("2023-11-14T99:00:00Z", "not a time"),
        ("1.2.3", "not a time"),
        ("1989-12-31T23:59:59Z", "outside 1990–2100"),
        ("2101-01-01T00:00:00Z", "outside 1990–2100"),
        ("9999-12-31T23:59:60Z", "outside 1990–2100"),
        (True, "truth value"),
        ({}, "not a time but dict"),
        (-5, "no time in s"),
        (20231114, "no time in s"),
        (2**70, "no time in s"),
        (float("nan"), "not a finite number"),
    ],
)
def test_what_is_no_time_says_why(value: Any, reason: str) -> None:
    array, fault = one(value)
    assert array is None
    assert fault is not None
    assert reason in fault


def test_leap_second_is_the_moment_after() -> None:
    assert one("2016-12-31T23:59:60Z")[0] == datetime(2017, 1, 1, tzinfo=UTC)


def test_mixed_units_in_a_column_are_refused_not_guessed() -> None:
    clock = Clock()
    array, faults = clock.read("t", [T, T + 1, T * 1000, 0, None])
    assert array.null_count == 3
    assert faults[2] == "epoch in ms where this file's times are s"
    assert "outside" in faults[3]
    assert clock.units == {"t": "s"}


def test_unit_is_remembered_across_blocks_and_resumes() -> None:
    clock = Clock()
    clock.read("t", [T * 1000])
    again = Clock(clock.units)
    assert again.read("t", [T])[1] == {0: "epoch in s where this file's times are ms"}
    assert again.read("other", [T])[1] == {}


def test_small_numbers_are_seconds_where_all_are_small() -> None:
    clock = Clock()
    array, faults = clock.read("t", [0, 60, 1000])
    assert faults == {}
    assert array[1].as_py() == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    assert clock.read("t", [T])[1] == {0: "epoch in s where this file's times are small numbers of s"}


def test_numbers_that_are_no_times_teach_nothing() -> None:
    clock = Clock()
    clock.read("t", [20_231_114])
    assert clock.units == {}
    assert clock.read("t", [T * 1000])[1] == {}


def test_unit_given_by_the_user_wins() -> None:
    assert one(T, "s") == (AT, None)
    assert "epoch in s where this file's times are ms" in str(one(T, "ms")[1])


def test_text_and_numbers_may_stand_in_one_column() -> None:
    array, faults = Clock().read("t", ["2023-11-14T22:13:20Z", T, None, "", "x"])
    assert array.to_pylist()[:4] == [AT, AT, None, None]
    assert list(faults) == [4]


@pytest.mark.parametrize(
    "array",
    [
        pa.array([AT, None], pa.timestamp("ns", "UTC")),
        pa.array([AT.replace(tzinfo=None), None], pa.timestamp("ms")),
        pa.array([T, None], pa.int64()),
        pa.array([T * 1000, None], pa.float64()),
        pa.array([str(T), None], pa.large_string()),
    ],
    ids=str,
)
def test_arrow_columns(array: pa.Array) -> None:
    assert Clock().read("t", array)[0].to_pylist() == [AT, None]


def test_arrow_dates_nulls_and_other_types() -> None:
    assert Clock().read("t", pa.array([date(2024, 1, 1)]))[0][0].as_py() == datetime(2024, 1, 1, tzinfo=UTC)
    assert Clock().read("t", pa.nulls(2))[0].null_count == 2
    assert Clock().read("t", [None, None])[0].null_count == 2
    assert Clock().read("t", pa.array([True, None]))[1] == {0: "not a time but bool"}
    assert Clock().read("t", pa.array([], pa.int64()))[0].to_pylist() == []


@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans()), max_size=20))
def test_anything_is_a_time_or_refused_or_absent(values: list[Any]) -> None:
    array, faults = Clock().read("t", values)
    assert len(array) == len(values)
    for i, value in enumerate(values):
        assert (array[i].as_py() is None) or i not in faults
        if array[i].as_py() is None and i not in faults:
            assert value is None or value == ""
