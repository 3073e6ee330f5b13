"""Snapshots and custody whatever they hold: one text for one content, and no byte changes unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from cases.audit import GENESIS, canonical, sha256
from cases.evidence import custody
from cases.evidence.gathering import with_captured

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def turned(value: Any) -> Any:
    """The same with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {k: turned(v) for k, v in reversed(value.items())}
    return [turned(v) for v in value] if isinstance(value, list) else value


@given(PLAIN)
def test_one_content_is_one_text_whatever_the_order_of_its_keys(value: Any) -> None:
    text = canonical(value)
    assert canonical(turned(value)) == text
    assert canonical(orjson.loads(text)) == text


@given(PLAIN, st.data())
def test_no_byte_changes_unseen(value: Any, data: st.DataObject) -> None:
    content = bytearray(canonical(value).encode())
    before = sha256(content.decode())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        assert sha256(content.decode()) != before
    except UnicodeDecodeError:
        return  # no database gives such a text back


def chain(told: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Records as :func:`cases.evidence.custody.record` writes them."""
    rows: list[dict[str, Any]] = []
    for number, (who, place, why) in enumerate(told, 1):
        row = {"id": f"r{number}", "case_id": "c", "seq": number, "item": "0" * 64, "event": "accessed", "who": who}
        row |= {"at": datetime(2026, 3, 2, 9, number, tzinfo=UTC), "place": place, "why": why}
        row |= {"prev": rows[-1]["hash"] if rows else GENESIS}
        rows.append(row | {"hash": custody.digest(row)})
    return rows


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6), st.data())
def test_any_record_that_is_changed_moved_or_taken_out_before_the_last_is_found(
    told: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    rows = chain(told)
    assert custody.wrong(rows) == []
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(["who", "place", "why", "event", "item", "case_id", "id", "prev", "hash"]))
    changed = data.draw(TEXT.filter(lambda t: t != rows[place][column]))
    assert custody.wrong([*rows[:place], rows[place] | {column: changed}, *rows[place + 1 :]])
    if place < len(rows) - 1:
        assert custody.wrong([*rows[:place], *rows[place + 1 :]])
        assert custody.wrong([*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]])


TEXTS = st.dictionaries(st.sampled_from([f"x:p{n}" for n in range(5)]), st.none() | st.sampled_from(["a", "b"]))


def told(texts: dict[str, str | None]) -> dict[str, Any]:
    """What :func:`cases.evidence.gathering.gather` gives of a finding that names all five posts."""
    named = [["post", f"x:p{n}"] for n in range(5)]
    finding = {"id": "f", "members": [], "tickers": [], "links": [], "evidence": [{"nodes": named}]}
    posts: list[dict[str, Any]] = [{"id": p, "text": t, "events": []} for p, t in texts.items()]
    nodes = [{"id": f"post/{p}"} for p in texts]
    return {"finding": finding, "posts": posts, "nodes": nodes, "edges": []}


@given(TEXTS, TEXTS)
def test_a_text_that_was_captured_is_never_lost(then: dict[str, str | None], now: dict[str, str | None]) -> None:
    found = with_captured(told(now), told(then))
    texts = {p["id"]: p["text"] for p in found["posts"]}
    assert texts == now | {p: t for p, t in then.items() if t is not None or p not in now}
    assert {n["id"] for n in found["nodes"]} == {f"post/{p}" for p in {*then, *now}}
    for post in found["posts"]:
        if post.get("as_captured"):
            assert post["text_now"] == now.get(post["id"])
