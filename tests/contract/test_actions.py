"""Every action gives the same network whatever the store it is read from."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.coaction.actions import ACTIONS, events_of
from detectors.coaction.network import network
from graph.store import Store
from tests.coactions import Weights, weights
from tests.stores import at, fill

# anna and bo do everything together, cy does one of each thing too late, dee something else at the same time
_POSTS: list[tuple[str, float, dict[str, Any]]] = [
    ("anna", 0, {"text": "$PEPE to the moon tonight, do not miss it", "tickers": ["PEPE"], "hashtags": ["gem"]}),
    ("bo", 9, {"text": "$PEPE to the moon tonight, do not miss it", "tickers": ["PEPE"], "hashtags": ["gem"]}),
    ("eve", 20, {"text": "@all $PEPE to the MOON tonight,\u200b do not miss it! https://sho.rt/7"}),
    ("cy", 500, {"text": "$PEPE to the moon tonight, do not miss it", "tickers": ["PEPE"], "hashtags": ["gem"]}),
    ("dee", 5, {"text": "what a nice day it is", "tickers": ["BTC"], "hashtags": ["sun"]}),
    ("anna", 1000, {"links": ["https://a.example/1"]}),
    ("bo", 1001, {"links": ["https://a.example/1"]}),
    ("dee", 1002, {"links": ["https://a.example/2"]}),
    *((who, 2000 + i, {"kind": "repost", "parent": "x:p0"}) for i, who in enumerate(["anna", "bo"])),
    *((who, 3000 + i, {"kind": "quote", "parent": "x:p0"}) for i, who in enumerate(["anna", "bo"])),
    *((who, 4000 + i, {"kind": "reply", "parent": "x:p0"}) for i, who in enumerate(["anna", "bo"])),
    ("dee", 2000, {"kind": "repost", "parent": "x:p4"}),
]
_ACTS = [
    ("anna", "like", "post", "x:p0", 0),
    ("bo", "like", "post", "x:p0", 60),
    ("cy", "like", "post", "x:p0", None),
    ("dee", "like", "link", "x:p0", 0),
    ("anna", "follow", "account", "x:eve", 0),
    ("bo", "follow", "account", "x:eve", 1),
    ("cy", "follow", "account", "x:eve", 90_000),
    ("dee", "follow", "account", "x:eve", None),
]


def _both(pairs: str) -> Weights:
    """Edges in both directions."""
    rows = [row.split() for row in pairs.split(", ")]
    return {edge: int(w) for u, v, w in rows for edge in ((u, v), (v, u))}


TWO = _both("anna bo 1")
EXPECTED: dict[str, Weights] = {
    "co_ticker": TWO,
    "co_link": TWO,
    "co_domain": _both("anna bo 1, anna dee 1, bo dee 1"),
    "co_hashtag": TWO,
    "co_text": TWO,
    "co_similar": _both("anna bo 1, anna eve 1, bo eve 1"),
    "co_repost": TWO,
    "co_quote": TWO,
    "co_reply": TWO,
    "co_post": _both("anna bo 5, anna dee 3, bo dee 3, anna eve 1, bo eve 1, dee eve 1"),
    "co_like": TWO,
    "co_follow": TWO,
}


@pytest.fixture
def filled(store: Store) -> Store:
    """A store in which some accounts do everything together."""
    posts = [
        {"post": f"x:p{i}", "account": f"x:{who}", "created_at": at(s), **r} for i, (who, s, r) in enumerate(_POSTS)
    ]
    acts = [
        {
            "interaction": f"i{i}",
            "account": f"x:{who}",
            "kind": kind,
            "target_type": node,
            "target": target,
            "at": None if when is None else at(when),
            "post": None,
        }
        for i, (who, kind, node, target, when) in enumerate(_ACTS)
    ]
    fill(store, {"posts": posts, "interactions": acts})
    return store


def test_every_action_is_expected_to_give_something() -> None:
    assert list(EXPECTED) == list(ACTIONS)


def test_every_action_gives_its_network(filled: Store) -> None:
    with filled.view() as view:
        for action, expected in EXPECTED.items():
            assert weights(network(view, action, 60, min_weight=1)) == expected, action


def test_a_long_window_joins_those_who_follow_one_account_days_apart(filled: Store) -> None:
    with filled.view() as view:
        found = network(view, "co_follow", 86_400 * 7, min_weight=1)
        likes = network(view, "co_like", 60, min_weight=1)
    assert weights(found) == _both("anna bo 1, anna cy 1, bo cy 1")
    assert found.schema.metadata == {b"left_out": b"1 without a time was left out"}
    assert likes.schema.metadata == {b"left_out": b"1 without a time was left out"}


def test_similar_texts_have_the_text_at_their_centre_as_object(filled: Store) -> None:
    with filled.view() as view:
        table, left_out = events_of(view, "co_similar", 1000)
    assert [r["object"] for r in table.to_pylist()] == ["$pepe to the moon tonight, do not miss it"] * 4 + [
        "what a nice day it is"
    ]
    assert left_out == ()
