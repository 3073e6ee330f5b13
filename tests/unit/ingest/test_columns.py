from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import columns


def one(convert: Any, value: Any, *args: Any, **named: Any) -> tuple[Any, str | None]:
    """The value read in a column of its own and beside a value that makes the column fail as a whole."""
    array, faults = convert([value], *args, **named)
    beside, more = convert([value, {"not": "this"}], *args, **named)
    assert beside[0].as_py() == array[0].as_py()
    assert more.get(0) == faults.get(0)
    return array[0].as_py(), faults.get(0)


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (12, "12"), (2**70, str(2**70)), (3.0, "3"), ("", None), (None, None)]
)
def test_text(value: Any, text: str | None) -> None:
    assert one(columns.texts, value, 30) == (text, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0.5, "lost digits"),
        (2.0**60, "lost digits"),
        (True, "a truth value"),
        ([], "a list"),
        ({}, "an object"),
        ("a\0b", "NUL"),
        ("x" * 31, "longer than 30"),
        ("\ud800", "lone surrogate"),
    ],
)
def test_what_is_no_text(value: Any, reason: str) -> None:
    array, fault = one(columns.texts, value, 30)
    assert array is None
    assert fault is not None
    assert reason in fault


def test_length_is_counted_in_characters_and_empty_text_may_be_kept() -> None:
    assert one(columns.texts, "ü" * 30, 30) == ("ü" * 30, None)
    assert one(columns.texts, "", 30, keep_empty=True)[1] is None
    assert columns.texts(["", "a"], 5, keep_empty=True)[0].to_pylist() == ["", "a"]


@pytest.mark.parametrize(
    "array",
    [
        pa.array([7, None]), pa.array(["7", None], pa.large_string()), pa.array(["7", None]).dictionary_encode(),
        pa.array([7.0, None]),
    ],
    ids=str,
)  # fmt: skip
def test_text_from_arrow(array: pa.Array) -> None:
    assert columns.texts(array, 9)[0].to_pylist() == ["7", None]


def test_text_from_arrow_nulls_and_others() -> None:
    assert columns.texts(pa.nulls(2), 9)[0].to_pylist() == [None, None]
    assert "truth" in columns.texts(pa.array([True]), 9)[1][0]


@pytest.mark.parametrize(
    ("value", "truth"), [(True, True), ("Yes", True), ("0", False), (1, True), ("f", False), (None, None)]
)
def test_flags(value: Any, truth: bool | None) -> None:
    assert one(columns.flags, value) == (truth, None)


def test_flags_refused() -> None:
    assert "not true or false" in str(one(columns.flags, "perhaps")[1])
    assert columns.flags(pa.array([1, 0]))[0].to_pylist() == [True, False]
    assert columns.flags(pa.array(["yes"]))[0].to_pylist() == [True]


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (5.0, 5), (None, None), ("", None)])
def test_counts(value: Any, number: int | None) -> None:
    assert one(columns.counts, value) == (number, None)


@pytest.mark.parametrize("value", [-1, "x", 0.5, True, 2**63, [], "5.5"])
def test_counts_refused(value: Any) -> None:
    array, fault = one(columns.counts, value)
    assert array is None
    assert fault


def test_counts_from_arrow() -> None:
    assert columns.counts(pa.array(["5", None]))[0].to_pylist() == [5, None]
    assert columns.counts(pa.array([0.5, 1.0]))[1] == {0: "not a whole number: '0.5'"}


@pytest.mark.parametrize(("value", "number"), [(5, 5.0), ("5.5", 5.5), (0, 0.0), (None, None)])
def test_floats(value: Any, number: float | None) -> None:
    assert one(columns.floats, value) == (number, None)


@pytest.mark.parametrize("value", [-1, "x", True, float("nan"), float("inf"), [], 10**400])
def test_floats_refused(value: Any) -> None:
    array, fault = one(columns.floats, value)
    assert array is None
    assert fault
    assert one(columns.floats, 0, above=0.0)[1] == "not a finite number > 0"


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.10", "1.10"), (3, "3"), ("1e18", "1000000000000000000"), (0.1, "0.1"), ("-2", "-2"), (None, None)],
)
def test_decimals_keep_their_digits(value: Any, text: str | None) -> None:
    assert one(columns.decimals, value) == (text, None)


@pytest.mark.parametrize("value", ["1,5", "x", True, "1e9999", "0x10", "nan"])
def test_decimals_refused(value: Any) -> None:
    assert "not a decimal number" in str(one(columns.decimals, value)[1])
    assert "below" not in str(columns.decimals(["-1"])[1])


def test_objects() -> None:
    assert one(columns.objects, {"b": 1, "a": 2}, 99) == ('{"a":2,"b":1}', None)
    assert one(columns.objects, '{"b": 1}', 99) == ('{"b":1}', None)
    for wrong in ("[1]", "{", 5):
        assert columns.objects([wrong], 99)[1] == {0: "not a JSON object"}
    assert "longer" in columns.objects([{"a": "x" * 99}], 99)[1][0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["a", "b"], ["a", "b"]), ("a b,c;d|e", ["a", "b", "c", "d", "e"]), ('["a", "b c"]', ["a", "b c"]),
        ([1, None, ""], ["1"]), ("a", ["a"]), ([], []), (None, None), ("", None),
    ],
)  # fmt: skip
def test_lists(value: Any, words: list[str] | None) -> None:
    array, faults = columns.lists([value, "x"])
    assert array[0].as_py() == words
    assert faults == {}


def test_lists_refused_and_cut_at_spaces_only() -> None:
    assert columns.lists([{}, "[1", [{}]])[1].keys() == {0, 1, 2}
    assert columns.lists(["http://a/,b http://c"], columns.SPACES)[0].to_pylist() == [["http://a/,b", "http://c"]]
    assert columns.lists(pa.array([["a"]]))[0].to_pylist() == [["a"]]
    assert columns.lists(pa.array([[1]]))[0].to_pylist() == [["1"]]


def test_canonical_lists_look_once_at_each_word() -> None:
    seen: list[str] = []

    def canonical(word: str) -> str | None:
        seen.append(word)
        return None if word == "bad" else word.upper()

    array = pa.array([["b", "a", "b"], None, ["bad", "a"], []])
    forms, dropped = columns.canonical_lists(array, canonical)
    assert forms.to_pylist() == [["A", "B"], [], ["A"], []]
    assert dropped == 1
    assert sorted(seen) == ["a", "b", "bad"]


def test_verbatim_words_have_limits() -> None:
    assert columns.verbatim_word("url_id_1") == "url_id_1"
    assert columns.verbatim_word("") is None
    assert columns.verbatim_word("a\0") is None
    assert columns.verbatim_word("x" * 9000) is None


WORDS = st.lists(st.one_of(st.none(), st.lists(st.text(max_size=3), max_size=4)), min_size=1, max_size=8)


@given(WORDS, st.randoms(use_true_random=False))
def test_union_is_the_union_of_sets(left: list[list[str] | None], random: Any) -> None:
    right = [[*random.sample(row or [], random.randint(0, len(row or []))), "z"] for row in left]
    kind = pa.list_(pa.string())
    united = columns.united([pa.array(left, kind), pa.array(right, kind)])
    assert united.to_pylist() == [sorted({*(a or []), *b}) for a, b in zip(left, right, strict=True)]


def test_union_of_nothing_and_of_no_rows() -> None:
    empty = pa.array([[], []], pa.list_(pa.string()))
    assert columns.united([empty, empty]).to_pylist() == [[], []]
    assert columns.nested(0, np.empty(0, np.int64), pa.array([], pa.string())).to_pylist() == []
