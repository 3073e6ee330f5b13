from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import IngestError
from ingest.jsonscan import EACH, Item, Path, Scanner, Value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
ONE = ("m", EACH)


def scan(text: bytes, wanted: set[Path], size: int = 10_000, limit: int = 1_000_000) -> list[Item | Value]:
    pieces = (text[i : i + size] for i in range(0, len(text), size))
    return list(Scanner(pieces, wanted, "a file", limit))


def leaves(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    if isinstance(value, dict):
        return [leaf for k, v in value.items() for leaf in leaves(v, (*path, k))]
    if isinstance(value, list):
        return [leaf for v in value for leaf in leaves(v, (*path, EACH))]
    return [(path, value)]


@given(JSON, st.integers(1, 9), st.booleans())
def test_every_value_is_handed_out_however_the_pieces_fall(value: Any, size: int, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1).encode()
    found = [(v.path, v.value) for v in scan(text, set(), size) if isinstance(v, Value)]
    assert found == leaves(value)


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=5), st.integers(1, 9))
def test_wanted_objects_come_whole_however_the_pieces_fall(objects: list[Any], size: int) -> None:
    text = json.dumps({"a": [1, {"m": [{}]}], "m": objects, "z": "}"}).encode()
    events = scan(text, {ONE}, size)
    assert [json.loads(e.raw or b"") for e in events if isinstance(e, Item)] == objects
    assert [e.path for e in events if isinstance(e, Value)] == [("a", EACH), ("z",)]


@given(st.text(max_size=30), st.integers(1, 9))
def test_an_object_over_the_limit_is_passed_over(text: str, size: int) -> None:
    large = {"x": text + '\\"}{' * 20, "y": [{"z": text}]}
    document = json.dumps({"m": [{"a": 1}, large, {"b": 2}], "end": True}).encode()
    events = scan(document, {ONE}, size, limit=40)
    assert [e.raw for e in events if isinstance(e, Item)] == [b'{"a": 1}', None, b'{"b": 2}']
    assert events[-1] == Value(("end",), value=True)


@pytest.mark.parametrize(
    "text",
    [
        b'{"m": [{"a": 1}',
        b'{"m": [{"a": 1',
        b'{"m": [{"a": "x',
        b'{"m"',
        b'{"m',
        b"[",
        b'{"m": [{"a": 1}], "b": "' + b"x" * 99,
    ],
)
def test_cut_off(text: bytes) -> None:
    with pytest.raises(IngestError, match="cut off"):
        scan(text, {ONE}, 3, limit=1000)


def test_cut_off_within_an_object_over_the_limit() -> None:
    with pytest.raises(IngestError, match="cut off"):
        scan(b'{"m": [{"a": "' + b"x" * 500, {ONE}, 10, limit=50)


@pytest.mark.parametrize(
    "text", [b"]", b"{]", b'{"a": nope}', b"\x00", b"{[1]}", b'{"a": 1, {}}', b'{"a": "' + b"x" * 500]
)
def test_damage_outside_objects_says_where(text: bytes) -> None:
    with pytest.raises(IngestError, match=r"at byte \d"):
        scan(text, {ONE}, 10, limit=100)


def test_broken_text_outside_objects_is_shown_escaped() -> None:
    assert scan(b'{"name": "a\xff"}', set()) == [Value(("name",), "a\\xff")]


def test_a_wanted_object_may_stand_by_itself_or_at_the_root() -> None:
    assert scan(b'{"data": {"id": 1}}', {("data",)}) == [Item(("data",), b'{"id": 1}')]
    assert [e.raw for e in scan(b'{"a": 1}\n{"b": 2}', {()}) if isinstance(e, Item)] == [b'{"a": 1}', b'{"b": 2}']
    assert scan(b"", {()}) == []
