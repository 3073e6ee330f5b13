"""Search on every store: held against the memory store, which reads everything, and with texts that strangers write."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from graph.model import NodeType
from graph.store import Store, View, open_store
from tests.stores import at, drop, put

LONG = "x:" + "Long" * 300
LETTERS = "aAbBkKsSß\u017f\u212aİ1:é"


def found(view: View, text: str, **how: Any) -> list[str]:
    return [str(hit.node) for hit in view.search(text, **how)]


def name(rng: random.Random) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randrange(1, 5)))


def rows_of(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Nodes whose names differ in case, platform and length; posts with few words, at times that repeat."""
    rng = random.Random(seed)
    keys = sorted({f"{rng.choice('xyX')}:{name(rng)}" for _ in range(40)} | {LONG, LONG + "a", LONG + "A", "none"})
    accounts = [{"account": key, "handle": rng.choice([None, name(rng)]), "observed_at": at(1)} for key in keys]
    posts = [
        {
            "post": key,
            "account": rng.choice(keys),
            "created_at": at(86_400 * rng.randrange(4)),
            "text": " ".join(rng.choices(["Moon", "moon.", "buy", "BUY!", "ſell", "sell", "k", "Straße"], k=3)),
            "tickers": sorted({name(rng) for _ in range(2)}),
            "links": sorted({f"https://{name(rng)}", name(rng)}),
        }
        for key in keys
    ]
    return {"accounts": accounts, "posts": posts}


def changes(store: Store, seed: int, indexed: Sequence[int]) -> None:
    """Five commits: rows, some of them again with other content, some deleted; indexed after those named."""

    def index(seq: int) -> None:
        if seq in indexed:
            store.index_text()

    rng, tables = random.Random(seed), rows_of(seed)
    for table, rows in tables.items():
        put(store, table, *rows)
    index(2)
    some = rng.sample(tables["posts"], 12)
    put(store, "posts", *({**row, "text": row["text"] + " again"} for row in some[:8]))
    put(store, "accounts", *({**row, "handle": "aBk"} for row in rng.sample(tables["accounts"], 9)))
    index(4)
    drop(store, "posts", *({"post": row["post"]} for row in some[4:]))
    index(5)


@pytest.mark.parametrize(("seed", "indexed"), [(1, ()), (2, (2,)), (3, (2, 4)), (4, (5,))])
def test_search_finds_what_reading_everything_finds(
    store: Store, tmp_path: Path, seed: int, indexed: tuple[int, ...]
) -> None:
    reference = open_store("memory://", tmp_path)
    changes(reference, seed, ())
    changes(store, seed, indexed)
    texts = ["A", "ss", "k", "x:", "X:s", "i\u0307", "é", "h", "none", "zzz", LONG, LONG[:900]]
    texts += ["moon", "buy moon", "sell", "strasse", "again"]
    for seq in (0, 2, 3, 5):
        with reference.view(seq) as expected, store.view(seq) as view:
            for text, limit in itertools.product(texts, (3, 1_000)):
                assert view.search(text, limit=limit) == expected.search(text, limit=limit), (seq, text, limit)
            assert view.search("a", types=[NodeType.POST]) == expected.search("a", types=[NodeType.POST])


@pytest.mark.parametrize("indexed", [True, False])
def test_texts_that_strangers_write(store: Store, *, indexed: bool) -> None:
    """Half a surrogate pair, thousands of words, words longer than an index takes, letters beyond the first plane."""
    many = " ".join(f"w{n}" for n in range(3_000))
    long, bold = "k" * 300, "\U0001d41b\U0001d42e\U0001d432" * 100
    put(
        store,
        "posts",
        {"post": "x:1", "text": many},
        {"post": "x:2", "text": long + "a"},
        {"post": "x:3", "text": long + "b"},
        {"post": "x:4", "text": bold},
        {"post": "x:5", "text": "\x00nul\x00 buy"},
        {"post": "x:6", "text": "—!…"},
        {"post": "x:7", "text": ""},
        {"post": "x:8", "text": "buy " * 20_000},
    )
    if indexed:
        store.index_text()
    with store.view() as view:
        assert found(view, "w7 w2999") == found(view, many) == ["post/x:1"]
        assert found(view, many + " w3000") == []
        assert found(view, long + "b") == ["post/x:3"]
        assert found(view, long) == []
        assert found(view, bold) == ["post/x:4"]
        assert found(view, "nul\x00") == ["post/x:5"]
        assert found(view, "\ud800 buy \udfff") == ["post/x:5", "post/x:8"]
        assert found(view, "\ud83d") == found(view, "\x00") == found(view, "—") == found(view, "@20260301") == []
        assert found(view, "buy", limit=1) == ["post/x:5"]
        assert found(view, "z" * 200_000) == []


def test_what_is_written_back_or_only_referred_to(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "kind": "reply", "parent": "x:Parent"})
    with store.view() as view, store.view(0) as before:
        assert found(view, "x:p") == ["post/x:Parent", "post/x:p1"]
        assert found(view, "pAr") == ["post/x:Parent"]
        assert found(before, "x:p") == []
        assert found(view, "x", types=[NodeType.FINDING]) == []
