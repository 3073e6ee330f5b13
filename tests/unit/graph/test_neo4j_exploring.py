"""Exploring Neo4j against the memory store: nodes read whole or by their lists, now, then, and while others write."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.errors import StoreConflict, StoreError
from graph.model import Neighbours, NodeRef, NodeType, Rel
from graph.store import Store, View, Writer
from graph.stores.neo4jdb import lists, reading
from graph.stores.neo4jdb.database import Transaction, cypher
from graph.stores.neo4jdb.lists import COUNTED, divided, type_of
from graph.stores.neo4jdb.model import LISTS
from graph.stores.neo4jdb.view import Neo4jView
from tests import histories
from tests.plans import statements
from tests.server import Neo4jServer
from tests.stores import STORES, at, batch, drop, node, put

_BACKENDS = {backend.name: backend for backend in STORES}
ANNA, BTC = node("account/x:anna"), node("ticker/BTC")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty Neo4j store."""
    with _BACKENDS["neo4j"].open(tmp_path) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """The store to compare with."""
    with _BACKENDS["memory"].open(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["whole", "by its lists", "either"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many relationships are few."""
    monkeypatch.setattr(reading, "FEW", {"whole": 10_000, "by its lists": -1, "either": 12}[request.param])


@pytest.fixture
def by_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """No node is read whole."""
    monkeypatch.setattr(reading, "FEW", -1)


def staged(server: Neo4jServer, *, seq: int | None) -> None:
    """Say that a commit is being written, or that none is."""
    server.run("MATCH (m:Lockstep {name: 'graph'}) SET m.staging = $seq", seq=seq)


def compare(view: View, known: View, rng: random.Random, number: int) -> None:
    """Ask both views the same."""
    everyone = histories.nodes(known)
    for here in rng.sample(everyone[:30], number) + everyone[-2:]:
        assert view.has(here) == known.has(here)
        assert view.degree(here) == known.degree(here)
        for asked in histories.questions(rng, everyone, 4):
            assert view.neighbours(here, **asked) == known.neighbours(here, **asked), (here, asked)
    for some in (everyone, rng.sample(everyone, 10)):
        found, expected = view.subgraph(some), known.subgraph(some)
        assert (found.nodes, Counter(found.edges)) == (expected.nodes, Counter(expected.edges))
    ends = rng.sample(everyone[:20], 2)
    for most in (5, 1000):
        asked = {"k": 4, "max_hops": 3, "max_degree": most}
        assert view.paths(ends[0], ends[1], **asked) == known.paths(ends[0], ends[1], **asked)
    keys = [here.key for here in everyone if here.type == NodeType.POST]
    assert view.posts(keys) == known.posts(keys)


@pytest.mark.usefixtures("few")
def test_a_network_with_a_past_is_that_of_the_memory_store(
    store: Store, other: Store, neo4j_server: Neo4jServer
) -> None:
    histories.write({"neo4j": store, "memory": other}, seed=1)
    rng = random.Random(2)
    with store.view() as view, other.view() as known, store.view(2) as past, other.view(2) as then:
        compare(view, known, rng, 4)
        compare(past, then, rng, 4)
        staged(neo4j_server, seq=5)
        compare(view, known, rng, 2)
    with store.view(0) as empty:
        assert not any(map(empty.has, histories.nodes(empty)))


def test_nobody_sees_what_is_no_part_of_the_record(store: Store, neo4j_server: Neo4jServer) -> None:
    put(store, "posts", {"post": "x:p1", "tickers": ["BTC"]})
    neo4j_server.run(
        "MATCH (a:Account {key: 'x:anna'}) SET a:Watched "
        "CREATE (f:Finding {key: 'f1'})-[:INVOLVES]->(a)-[:KNOWS]->(:Person {name: 'a user’s own'})"
    )
    with store.view() as view:
        assert view.neighbours(ANNA).total == 1
        assert view.degree(ANNA) == {(Rel.POSTED, "out"): 1}
        assert not view.has(node("finding/f1"))
        assert view.neighbours(node("finding/f1")) == Neighbours((), 0)
        assert view.neighbours(node("post/x:p1")).edges[1].source == ANNA


def test_a_closed_view_says_so(store: Store) -> None:
    view = store.view()
    view.close()
    with pytest.raises(StoreError, match="closed"):
        view.has(ANNA)


# while others write


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], None]], list[int]]:
    """Does something before the next statement of a file runs, as another process would."""

    def arrange(name: str, work: Callable[[], None]) -> list[int]:
        run, text, done = Transaction.run, cypher(name).split("\n", 1)[0], [0]

        def disturbed(self: Transaction, statement: str, params: Any = None) -> list[list[Any]]:
            if statement.startswith(text) and not done[0]:
                done[0] = 1
                work()
            return run(self, statement, params)

        monkeypatch.setattr(Transaction, "run", disturbed)
        return done

    return arrange


def network(store: Store) -> None:
    put(
        store,
        "posts",
        *({"post": f"x:p{i}", "account": "x:bo", "created_at": at(i), "tickers": ["BTC"]} for i in range(6)),
    )
    put(store, "interactions", {"interaction": "1", "target": "BTC", "target_type": "ticker", "at": at(9)})


@pytest.mark.usefixtures("by_lists")
@pytest.mark.parametrize("name", ["nodes", "neighbours_degrees", "neighbours_newest"])
def test_a_commit_in_the_middle_changes_no_page(
    store: Store, between: Callable[[str, Callable[[], None]], list[int]], name: str
) -> None:
    network(store)
    with store.view() as view:
        expected = view.neighbours(BTC)

        def commit() -> None:
            with store.writer() as writer:
                put_into(writer, "x:p7")
            drop(store, "posts", {"post": "x:p3"})
            drop(store, "interactions", {"interaction": "1"})

        done = between(name, commit)
        assert view.neighbours(BTC) == expected
        assert view.degree(BTC) == {(Rel.MENTIONS, "in"): 6, (Rel.LIKES, "in"): 1}
        assert done == [1]
    with store.view() as view:
        assert view.neighbours(BTC).total == 6


def put_into(writer: Writer, *posts: str) -> None:
    writer.write("posts", batch("posts", *({"post": post, "created_at": at(60), "tickers": ["BTC"]} for post in posts)))


@pytest.mark.usefixtures("by_lists")
def test_what_is_staged_is_not_there_yet(store: Store) -> None:
    network(store)
    with store.view() as view:
        before = view.neighbours(BTC), view.degree(BTC), view.subgraph([BTC, ANNA])
        with store.writer() as writer:
            put_into(writer, *(f"x:p{i}" for i in range(3, 30)))
            assert (view.neighbours(BTC), view.degree(BTC), view.subgraph([BTC, ANNA])) == before
        assert (view.neighbours(BTC), view.degree(BTC), view.subgraph([BTC, ANNA])) == before


def test_a_graph_that_never_rests_is_a_conflict_to_try_again(
    store: Store, neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network(store)
    run = Transaction.run

    def disturbed(self: Transaction, statement: str, params: Any = None) -> list[list[Any]]:
        neo4j_server.run("MATCH (m:Lockstep {name: 'graph'}) SET m.epoch = m.epoch + 1")
        return run(self, statement, params)

    with store.view() as view:
        monkeypatch.setattr(Transaction, "run", disturbed)
        with pytest.raises(StoreConflict, match="changed each time"):
            view.has(BTC)


# the parts


def test_a_post_as_it_was(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "created_at": at(1), "text": "then", "parent": "x:p0", "kind": "reply"})
    put(store, "posts", {"post": "x:p1", "created_at": at(2), "text": "now"})
    with store.view(1) as past, store.view() as view:
        assert isinstance(past, Neo4jView)
        assert isinstance(view, Neo4jView)
        then, now = past._post_row("x:p1"), view._post_row("x:p1")
        assert then is not None
        assert now is not None
        assert (then["text"], then["created_at"], then["parent"]) == ("then", at(1), "x:p0")
        assert (now["text"], now["created_at"], now["tickers"]) == ("now", at(2), [])
        assert past._post_row("x:p0") is None
        assert [p.post for p in past._posts(["x:p0", "x:none", "x:p1", "x:p0"])] == ["x:p0", "x:p1", "x:p0"]


def test_many_paths_are_read_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"interaction": f"{way}{i}", "account": end, "kind": "follow", "target_type": "account", "target": f"x:m{i}"}
        for i in range(7)
        for way, end in (("a", "x:anna"), ("b", "x:bo"))
    ]
    put(store, "interactions", *rows)
    monkeypatch.setattr("graph.stores.neo4jdb.exploring._Nearby.many", 2)
    with store.view() as view:
        found = view.paths(ANNA, node("account/x:bo"), k=9)
    assert [path.nodes[1].key for path in found] == [f"x:m{i}" for i in range(7)]


def test_every_list_is_among_the_types_that_are_read() -> None:
    assert {x.type for x in LISTS} | {"PAST"} == set(COUNTED)
    walked = {name: text for name, text in statements() if "-[r:POSTED|" in text}
    assert set(walked) == {"neighbours_around", "neighbours_among", "neighbours_between"}
    for name, text in walked.items():
        types = set(text.replace("\n", "").replace(" ", "").split("-[r:")[1].split("]")[0].split("|"))
        assert types | {"PAST"} == set(COUNTED), name
    degrees = cypher("neighbours_degrees")
    assert [degrees.index(f"-[:{kind}]->") for kind in COUNTED] == sorted(degrees.index(f"-[:{k}]->") for k in COUNTED)
    assert [degrees.index(f"<-[:{kind}]-") for kind in COUNTED] == sorted(degrees.index(f"<-[:{k}]-") for k in COUNTED)


def test_times_and_labels_are_read_back() -> None:
    assert divided(-1) == (-1, 999_999_000)
    assert divided(1_500_000) == (1, 500_000_000)
    assert type_of(["Watched", "Account"]) == NodeType.ACCOUNT
    assert lists.RANKED[0] == "Account"
    assert NodeRef(type_of(["Post", "Stub"]), "x:1") == node("post/x:1")
