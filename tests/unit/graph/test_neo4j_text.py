"""The text index of Neo4j: what is in it after each step, how far back a search looks, and names that are many."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graph.errors import StoreError
from graph.model import NodeType
from graph.store import Store
from graph.stores.neo4jdb import text
from graph.stores.neo4jdb.database import Transaction
from tests.server import Neo4jServer, shared
from tests.stores import STORES, at, batch, drop, put


@pytest.fixture
def server() -> Neo4jServer:
    return shared()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (backend,) = [b for b in STORES if b.name == "neo4j"]
    with backend.open(tmp_path) as opened:
        yield opened


def found(store: Store, asked: str, seq: int | None = None, **how: Any) -> list[str]:
    with store.view(seq) as view:
        return [hit.node.key for hit in view.search(asked, **how)]


def words_in(server: Neo4jServer) -> dict[str, str]:
    rows = server.run("MATCH (p:Post) WHERE p.words IS NOT NULL RETURN p.key AS key, p.words AS words")
    return {row["key"]: row["words"] for row in rows}


def state(server: Neo4jServer) -> list[Any]:
    (row,) = server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.indexed AS row, m.days AS days")
    return [row["row"], row["days"]]


def fill(store: Store, count: int, **more: Any) -> None:
    """Posts that all say "buy", one a day, every fourth "moon"."""
    rows = [
        {
            "post": f"x:{n:03}",
            "created_at": at(86_400 * n),
            "text": "buy moon" if n % 4 == 0 else f"buy {n}",
            **more,
        }
        for n in range(count)
    ]
    put(store, "posts", *rows)


def test_the_index_follows_the_posts(store: Store, server: Neo4jServer) -> None:
    assert store.index_text() == 0
    put(
        store, "posts", {"post": "x:1", "text": "Buy MOON"}, {"post": "x:2", "text": None}, {"post": "x:3", "text": "!"}
    )
    assert store.index_text() == 2
    assert words_in(server) == {"x:1": "buy moon @20260301", "x:3": "@20260301"}
    assert state(server) == [3, [20260301, 2]]
    put(store, "posts", {"post": "x:1", "text": "sell"}, {"post": "x:4", "text": "buy"})
    drop(store, "posts", {"post": "x:3"})
    assert words_in(server) == {}
    assert found(store, "buy") == ["x:4"]
    assert found(store, "buy", seq=1) == ["x:1"]
    assert store.index_text() == 2
    assert words_in(server) == {"x:1": "sell @20260301", "x:4": "buy @20260301"}
    assert found(store, "buy") == ["x:4"]
    assert found(store, "buy", seq=1) == ["x:1"]


def test_a_run_that_is_cut_off_goes_on(store: Store, server: Neo4jServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "CHUNK", 10)
    fill(store, 35)
    real, calls = text._counted, []

    def cut(*given: Any) -> list[int]:
        calls.append(given)
        if len(calls) == 3:
            raise StoreError("the connection is gone")
        return real(*given)

    monkeypatch.setattr(text, "_counted", cut)
    with pytest.raises(StoreError):
        store.index_text()
    assert len(words_in(server)) == state(server)[0] == 20
    assert len(found(store, "buy", limit=99)) == 35
    assert store.index_text() == 15
    assert len(words_in(server)) == state(server)[0] == 35
    assert len(found(store, "buy", limit=99)) == 35


def test_long_texts_are_taken_fewer_at_a_time(
    store: Store, server: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CHUNK", 8)
    monkeypatch.setattr(text, "CHARACTERS", 30)
    fill(store, 30)
    sizes, real = [], text._limit

    def noted(texts: list[str]) -> int:
        sizes.append(len(texts))
        return real(texts)

    monkeypatch.setattr(text, "_limit", noted)
    assert len(found(store, "moon")) == 8
    assert sizes[:3] == [8, 5, 4]
    assert store.index_text() == 30
    assert len(words_in(server)) == 30


def test_only_what_is_committed_is_indexed(store: Store, server: Neo4jServer) -> None:
    put(store, "posts", {"post": "x:1", "text": "buy"})
    server.run("CREATE (:Post {key: 'x:staged', row: 2, text: 'buy', created_at: datetime(), account: 'x:a', seq: 2})")
    assert store.index_text() == 1
    assert list(words_in(server)) == ["x:1"]
    assert found(store, "buy") == ["x:1"]
    assert found(store, "x:") == ["x:anna", "x:1"]


def test_a_post_replaced_while_it_is_indexed_has_no_words(
    store: Store, server: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "posts", {"post": "x:1", "text": "buy"}, {"post": "x:2", "text": "buy"}, {"post": "x:3", "text": "buy"})
    real = Transaction.run
    raced: list[str] = []

    def run(self: Transaction, statement: str, params: Any = None) -> Any:
        if "SET p.words" in statement and not raced:
            raced.append(statement)
            put(store, "posts", {"post": "x:1", "text": "sell"})
            drop(store, "posts", {"post": "x:2"})
        return real(self, statement, params)

    monkeypatch.setattr(Transaction, "run", run)
    store.index_text()
    monkeypatch.undo()
    assert list(words_in(server)) == ["x:3"]
    assert found(store, "buy") == ["x:3"]
    assert found(store, "sell") == ["x:1"]
    assert found(store, "buy", seq=1) == ["x:1", "x:2", "x:3"]
    assert store.index_text() == 1
    assert found(store, "sell") == ["x:1"]


def test_common_words_are_looked_for_in_the_newest_days(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "NEWEST", 10)
    monkeypatch.setattr(text, "FEW", 12)
    fill(store, 150)
    put(store, "posts", {"post": "x:stray", "created_at": at(86_400 * 9_999), "text": "buy"})
    store.index_text()
    asked = watched(monkeypatch)
    newest = [f"x:{n:03}" for n in reversed(range(150))]
    assert found(store, "buy", limit=5) == ["x:stray", *newest[:4]]
    assert [("AND [@" in query) for query in asked] == [True]
    asked.clear()
    assert found(store, "buy", limit=40) == ["x:stray", *newest[:39]]
    assert len(asked) == 2
    asked.clear()
    assert found(store, "buy", limit=500) == ["x:stray", *newest]
    assert [("AND [@" in query) for query in asked] == [True, True, False]
    asked.clear()
    assert found(store, "moon 7") == []  # few hits: all at once
    assert [("AND [@" in query) for query in asked] == [True, False]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Queries that posts are searched by from now on."""
    asked: list[str] = []
    real = Transaction.run

    def run(self: Transaction, statement: str, params: Any = None) -> Any:
        if "p.text" in statement and "query" in params:
            asked.append(params["query"])
        return real(self, statement, params)

    monkeypatch.setattr(Transaction, "run", run)
    return asked


def test_an_older_view_sees_its_own_newest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "NEWEST", 5)
    monkeypatch.setattr(text, "FEW", 3)
    monkeypatch.setattr(text, "CHUNK", 7)
    fill(store, 20)
    store.index_text()
    put(store, "posts", *({"post": f"x:{n:03}", "created_at": at(0), "text": "sold"} for n in range(0, 20, 2)))
    put(store, "posts", *({"post": f"x:new{n}", "created_at": at(10**8 + n), "text": "buy"} for n in range(9)))
    for _ in range(2):
        assert found(store, "buy", seq=1, limit=99) == [f"x:{n:03}" for n in reversed(range(20))]
        assert found(store, "buy", seq=2, limit=99) == [f"x:{n:03}" for n in reversed(range(1, 20, 2))]
        assert found(store, "buy", limit=3) == ["x:new8", "x:new7", "x:new6"]
        store.index_text()


def test_days_far_back_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "DAYS", 3)
    known = text._counted([], [20260301, 20260302, 20260302, 20260303])
    assert known == [20260303, 1, 20260302, 2, 20260301, 1]
    assert text._counted(known, [20260305, 20260305]) == [20260305, 2, 20260303, 1, 20260302, 2, 20260301, 1]
    assert text._counted(known, [20260305, 20260304]) == [20260305, 1, 20260304, 1, 20260303, 1, 20260301, 3]


@pytest.mark.parametrize(("year", "token"), [(1, "@00010301"), (9999, "@99990301")])
def test_years_far_off(store: Store, server: Neo4jServer, year: int, token: str) -> None:
    put(store, "posts", {"post": "x:1", "text": "buy"})
    server.run("MATCH (p:Post {key: 'x:1'}) SET p.created_at = datetime({year: $year, month: 3, day: 1})", year=year)
    store.index_text()
    assert words_in(server) == {"x:1": f"buy {token}"}
    assert found(store, "buy") == ["x:1"]
    assert text._token(123_450_101) == "@99999999"
    assert text._token(-10_101) == "@00000000"


def test_names_that_are_many_are_found_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where most of them differ from their folded form, and where the index knows only how they begin."""
    rng = random.Random(5)
    tails = sorted({"".join(rng.choices("aAbBsSß", k=4)) for _ in range(150)})
    head = "https://A.example/" + "q" * 600
    links = [
        *(f"https://{tail}" for tail in tails),
        *(f"{head}{tail}" for tail in tails),
        *(f"{head}{tail}" * 5 for tail in tails),
    ]
    with store.writer() as writer:
        keys = [f"{rng.choice('xy')}:{tail}" for tail in tails]
        writer.write("accounts", batch("accounts", *({"account": key, "handle": key[::-1]} for key in keys)))
        writer.write("posts", batch("posts", {"post": "x:1", "account": keys[0], "links": sorted(links)}))
    for few in (2_000, 20):
        monkeypatch.setattr(text, "FEW", few)
        for asked in (
            "a",
            "ab",
            "ass",
            "x:a",
            "s",
            "https://",
            "https://a",
            head,
            head[:400],
            head + "as",
            head[:399] + "q" * 50,
        ):
            for limit in (1, 7, 30, 1_000):
                wanted = asked.casefold()
                for kind, names in ((NodeType.ACCOUNT, keys), (NodeType.LINK, links)):
                    begin = [
                        key
                        for key in sorted(names)
                        if key.casefold().startswith(wanted)
                        or (kind == NodeType.ACCOUNT and key[2:].casefold().startswith(wanted))
                    ]
                    if kind == NodeType.ACCOUNT:
                        begin = sorted({*begin, *(k for k in names if k[::-1].casefold().startswith(wanted))})
                    assert found(store, asked, types=[kind], limit=limit) == begin[:limit], (asked, limit, kind, few)


def test_handles_that_are_longer_than_an_index_takes(store: Store) -> None:
    long = "H" * 3_000
    rows = [{"account": f"x:{n}", "handle": f"{long}{n}", "observed_at": at(n)} for n in range(5)]
    put(store, "accounts", *rows, {"account": "x:4", "handle": "other", "observed_at": at(9)})
    assert found(store, long.lower() + "3") == ["x:3"]
    assert found(store, "h", limit=2) == ["x:0", "x:1"]
    assert found(store, "h", limit=0) == []
    assert found(store, "h") == ["x:0", "x:1", "x:2", "x:3", "x:4"]
    put(store, "accounts", {"account": "x:2", "handle": "else", "observed_at": at(2)})
    assert found(store, "hh") == ["x:0", "x:1", "x:3", "x:4"]
    assert found(store, "hh", seq=1) == ["x:0", "x:1", "x:2", "x:3", "x:4"]


def test_times_are_told_apart_to_the_microsecond(store: Store) -> None:
    late = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    put(
        store,
        "posts",
        *({"post": f"x:{n}", "created_at": late - timedelta(microseconds=n), "text": "buy"} for n in range(4)),
    )
    assert found(store, "buy") == ["x:0", "x:1", "x:2", "x:3"]
    store.index_text()
    assert found(store, "buy") == ["x:0", "x:1", "x:2", "x:3"]
