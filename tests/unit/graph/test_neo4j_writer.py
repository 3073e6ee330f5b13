"""How commits are staged and published in Neo4j, and what becomes of those that fail on the way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from graph.errors import ConfigError, SchemaMismatch, StoreConflict, StoreError, StoreUnavailable
from graph.model import NodeRef, NodeType
from graph.schema import TABLES
from graph.store import open_store
from graph.stores.neo4jdb import acts, lease, posts
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.lanes import DENSE, Dense, Lanes, lane_of
from graph.stores.neo4jdb.nodes import Work
from graph.stores.neo4jdb.store import Neo4jStore
from graph.stores.neo4jdb.writer import SMALL
from tests.server import Neo4jServer
from tests.stores import at, batch, drop, fill, put, read

MANY = 2 * SMALL


@pytest.fixture
def store(neo4j_server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neo4jStore]:
    neo4j_server.wipe()
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
    with open_store(neo4j_server.url, tmp_path / "data") as opened:
        assert isinstance(opened, Neo4jStore)
        yield opened


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    rng = random.Random(first)
    return [
        {
            "post": f"x:p{i}",
            "account": f"x:a{rng.randrange(40)}",
            "created_at": at(i),
            "kind": "repost" if i % 5 == 0 else "post",
            "parent": f"x:p{rng.randrange(count)}" if i % 5 == 0 else None,
            "tickers": sorted({f"T{rng.randrange(9)}", "BTC"}),
            "hashtags": ["gem"] if i % 7 == 0 else [],
            "links": [f"https://a.example/{rng.randrange(30)}"] if i % 3 == 0 else [],
        }
        for i in range(first, first + count)
    ]


# sharing out


class Watching(Lanes):
    """Lanes that write nothing and note which nodes they would touch at the same time, and which are sparse then."""

    def __init__(self, dense: Dense) -> None:
        self.dense = dense
        self.met: set[tuple[str, str]] = set()
        self.sparse: set[tuple[str, str]] = set()
        self.together = self.made = 0

    def run(self, *lanes: Iterable[Work]) -> None:
        """Each lane's next transaction begins as soon as its last one has ended, while the others' are open."""
        works, touched = [iter(lane) for lane in lanes], [set[tuple[str, str]]() for _ in lanes]
        ended: set[int] = set()
        while len(ended) < len(lanes):
            for i, work in enumerate(works):
                touched[i] = set()
                piece = next(work, None)
                if piece is None:
                    ended.add(i)
                    continue
                asked = Asked()
                piece(asked)  # type: ignore[arg-type]  # only its run is used
                touched[i] = asked.nodes
                self.made += asked.made
                if len(lanes) > 1:
                    met = set.intersection(*touched)
                    self.together += all(touched)
                    self.met |= met
                    self.sparse |= {node for node in met if node not in self.dense}


class Asked:
    """A transaction that notes the nodes of relationships."""

    def __init__(self) -> None:
        self.nodes: set[tuple[str, str]] = set()
        self.made = 0

    def run(self, statement: str, params: dict[str, Any]) -> list[Any]:
        for row in params["rows"]:
            if "POSTED" in statement:
                self.nodes |= {("Account", row[posts.ACCOUNT]), ("Post", row[posts.KEY])}
                objects = [
                    (label, key)
                    for place, label in zip(
                        range(posts.NAMES, posts.NAMES + 3), ("Ticker", "Link", "Hashtag"), strict=True
                    )
                    for key in row[place]
                ]
                self.nodes |= set(objects)
                self.made += 1 + len(objects)
            else:
                self.nodes |= {(_label(statement, 0), row[0]), (_label(statement, 1), row[1])}
                self.made += 1
        return []


def _label(statement: str, which: int) -> str:
    matches = [line for line in statement.splitlines() if line.startswith("MATCH")]
    return matches[which].partition(":")[2].partition(" ")[0]


def test_lanes_meet_at_dense_nodes_only() -> None:
    """Two transactions that write at the same time share no node that Neo4j would lock as a whole."""
    lanes, made = Watching(Dense()), batch("posts", *rows(3_000))
    found = posts.rows(made, range(3_000))
    halves = [partial(posts.shared_out, made.slice(i, 1_500), range(1_500), set()) for i in (0, 1_500)]
    posts.write(lanes, lanes.dense, halves, 1)
    assert lanes.together
    assert not lanes.sparse
    assert "Ticker" in {label for label, _ in lanes.met}
    objects = sum(len(row[place]) for row in found for place in range(posts.NAMES, posts.NAMES + 3))
    assert lanes.made == len(found) + objects + len(posts.parents(found))


def test_relationships_of_rows_are_shared_out_likewise() -> None:
    rng = random.Random(3)
    rows_ = [
        {"interaction": str(i), "account": f"x:a{rng.randrange(30)}", "kind": "follow", "target_type": "account",
         "target": f"x:a{rng.randrange(30)}", "at": at(i)}
        for i in range(500)
    ]  # fmt: skip
    lanes, made = Watching(Dense()), batch("interactions", *rows_)
    acts.write(lanes, Dense(), acts.of("interactions", made, range(500)))
    assert lanes.made == 500
    assert not lanes.met


def test_a_node_is_dense_after_so_many_relationships() -> None:
    dense, node = Dense(), ("Ticker", "BTC")
    dense.add([node] * (DENSE - 1))
    assert node not in dense
    dense.add([node])
    assert node in dense
    dense.clear()
    assert node not in dense
    assert {lane_of(str(i)) for i in range(50)} == {0, 1}


# failing on the way


def everything(server: Neo4jServer) -> tuple[Any, ...]:
    """All nodes and relationships, but for what the writers' turns leave."""
    nodes = server.run("MATCH (n) WHERE NOT n:Lockstep RETURN labels(n) AS l, properties(n) AS p")
    rels = server.run("MATCH (a)-[r]->(b) RETURN type(r) AS t, properties(r) AS p, a.key AS a, b.key AS b")
    state = server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.head AS h, m.staging AS s")
    return sorted(map(str, nodes)), sorted(map(str, rels)), state


@pytest.mark.parametrize("where", ["post_names", "post_new", "publish"])
def test_a_commit_that_fails_leaves_nothing(
    store: Neo4jStore, neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    put(store, "posts", *rows(20))
    before = everything(neo4j_server)
    run, text, left = Transaction.run, cypher(where).split("\n")[0], [1]

    def failing(self: Transaction, statement: str, params: Any = None) -> Any:
        if statement.startswith(text):
            left[0] -= 1
            if left[0] < 0:
                raise StoreError("pulled the plug")
        return run(self, statement, params)

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "run", failing)
        left[0] = 0 if where == "publish" else 1
        with pytest.raises(StoreError, match="plug"):
            put(store, "posts", *rows(MANY, first=10))
    assert everything(neo4j_server) == before
    put(store, "posts", *rows(MANY, first=10))
    with store.view() as view:
        assert (view.seq, view.count("posts"), len(read(view, "posts"))) == (2, MANY + 10, MANY + 10)


def test_what_a_dead_writer_left_is_removed_by_the_next(
    store: Neo4jStore, neo4j_server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first dies before it can take anything back; stubs that it filled are stubs again."""
    put(store, "posts", {"post": "x:p0", "kind": "reply", "parent": "x:p1"})
    put(store, "interactions", {"interaction": "a", "target": "x:p3"})
    before = everything(neo4j_server)
    monkeypatch.setattr(lease, "LASTS_S", 0.2)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("graph.stores.neo4jdb.writer.Neo4jWriter._publish", die)
        patch.setattr("graph.stores.neo4jdb.undo.unpublished", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            fill(
                store,
                {"posts": rows(MANY, first=1), "interactions": [{"interaction": "b", "target": "x:p9", "at": at(1)}]},
            )
    assert everything(neo4j_server) != before
    with store.view() as view:
        assert (view.seq, view.count("posts"), len(read(view, "posts"))) == (2, 1, 1)
        assert view.neighbours(NodeRef(NodeType.TICKER, "BTC")).total == 0
    with open_store(neo4j_server.url, tmp_path / "other") as other, other.writer():
        pass
    assert everything(neo4j_server) == before


def overtaken(store: Neo4jStore, server: Neo4jServer, count: int) -> None:
    """A writer whose turn another one takes before it commits."""
    with store.writer() as writer:
        writer.write("posts", batch("posts", *rows(count, first=100)))
        server.run("MATCH (l:Lockstep) SET l.writer = 'another'")


def test_a_writer_that_lost_its_turn_writes_nothing(store: Neo4jStore, neo4j_server: Neo4jServer) -> None:
    put(store, "posts", *rows(5))
    for count in (3, MANY):  # in one transaction, and staged
        with pytest.raises(StoreConflict, match="turn"):
            overtaken(store, neo4j_server, count)
        neo4j_server.run("MATCH (l:Lockstep) REMOVE l.writer, l.until")
    assert store.head() == 1
    with store.view() as view:
        assert len(read(view, "posts")) == 5


def test_a_lane_whose_writer_lost_its_turn_writes_nothing(store: Neo4jStore, neo4j_server: Neo4jServer) -> None:
    database = store._open()
    lanes = Lanes(database, "mine")
    wrote: list[int] = []
    neo4j_server.run("MATCH (l:Lockstep) SET l.writer = 'another'")
    with pytest.raises(StoreConflict, match="turn"):
        lanes.run([lambda _: wrote.append(1)], [lambda _: wrote.append(2)])
    lanes.close()
    assert wrote == []


def test_writers_wait_for_each_other_and_not_for_ever(
    store: Neo4jStore, neo4j_server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "WAIT_S", 0.3)
    with (
        open_store(neo4j_server.url, tmp_path / "other") as other,
        store.writer(),
        pytest.raises(StoreUnavailable, match="another writer"),
        other.writer(),
    ):
        pass
    with open_store(neo4j_server.url, tmp_path / "other") as other:
        assert put(other, "posts", {"post": "x:p1"}).new == 1


def test_a_turn_is_renewed_while_its_writer_is_at_work(
    store: Neo4jStore, neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LASTS_S", 0.3)
    with store.writer() as writer:
        first = neo4j_server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.until AS u")[0]["u"]
        while neo4j_server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.until AS u")[0]["u"] == first:
            pass
        writer.write("posts", batch("posts", {"post": "x:p1"}))
    assert store.head() == 1


def test_a_commit_whose_acknowledgement_was_lost_is_kept(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = Database.writing
    published: list[int] = []

    def lost(self: Database, work: Callable[[Transaction], Any]) -> Any:
        result = writing(self, work)
        if work.__qualname__.startswith("Neo4jWriter._finish"):
            published.append(1)
            raise StoreUnavailable("the connection was lost while the server committed")
        return result

    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", lost)
        assert put(store, "posts", {"post": "x:p1"}).new == 1
    assert published == [1]
    assert store.head() == 1
    assert put(store, "posts", {"post": "x:p1"}).unchanged == 1


# contents


def test_keys_longer_than_an_index_takes(store: Neo4jStore) -> None:
    long = "k" * 20_000
    post = {"post": f"x:{long}", "account": "x:anna", "tickers": [long], "links": [f"https://a.example/{long}"]}
    put(store, "posts", post, {"post": "x:p2", "kind": "reply", "parent": f"x:{long}"})
    with store.view() as view:
        assert [p.post for p in view.posts([f"x:{long}"])] == [f"x:{long}"]
        assert view.neighbours(NodeRef(NodeType.TICKER, long)).edges[0].source.key == f"x:{long}"
        assert {row["post"] for row in read(view, "posts")} == {f"x:{long}", "x:p2"}
        assert view.has(NodeRef(NodeType.LINK, f"https://a.example/{long}"))
    drop(store, "posts", post)
    with store.view() as view:
        assert [row["post"] for row in view.gone("posts", 1).to_pylist()] == [f"x:{long}"]


def test_words_that_look_like_cypher_are_data(store: Neo4jStore, neo4j_server: Neo4jServer) -> None:
    evil = "x'}) DETACH DELETE n //"
    put(
        store,
        "posts",
        {"post": f"x:{evil}", "account": f"x:{evil}", "tickers": [evil], "text": "`) MATCH (n) DELETE n"},
    )
    put(store, "accounts", {"account": f"x:{evil}", "handle": "$param {} `b` \\u0027"})
    with store.view() as view:
        assert view.search("match delete")[0].node.key == f"x:{evil}"
        account = view.account(f"x:{evil}")
        assert account is not None
        assert account.handle == "$param {} `b` \\u0027"
    assert neo4j_server.run("MATCH (p:Post) RETURN count(p) AS n") == [{"n": 1}]


def test_accounts_show_their_newest_observation(store: Neo4jStore, neo4j_server: Neo4jServer) -> None:
    put(store, "accounts", {"account": "x:a", "handle": "old", "observed_at": at(1)})
    put(store, "accounts", {"account": "x:a", "handle": "new", "observed_at": at(5)}, {"account": "x:a", "handle": "?"})
    handle = "MATCH (a:Account {key: 'x:a'}) RETURN a.handle AS h"
    assert neo4j_server.run(handle) == [{"h": "new"}]
    drop(store, "accounts", {"account": "x:a", "observed_at": at(5)})
    assert neo4j_server.run(handle) == [{"h": "old"}]


# opening


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("neo4j://", "not a Neo4j URL"),
        ("neo4j://host/a/b", "not a Neo4j URL"),
        ("neo4j://host?x=1", "not a Neo4j URL"),
        ("neo4j://host:port", "not a Neo4j URL"),
        ("neo4j://me:s3cret@host", "does not belong in the URL"),
    ],
)
def test_urls_that_name_no_database(url: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", "unused")
    with pytest.raises(ConfigError, match=words) as caught:
        open_store(url, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_the_password_must_be_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="password"):
        open_store("neo4j://localhost", tmp_path)


def test_readers_make_no_graph_and_other_versions_are_refused(
    neo4j_server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
    neo4j_server.wipe()
    with pytest.raises(StoreError, match="no Lockstep graph"):
        open_store(neo4j_server.url, tmp_path, create=False)
    with open_store(f"{neo4j_server.bolt}/neo4j", tmp_path) as store:
        assert store.head() == 0
        assert all(len(read(view, table)) == 0 for view in [store.view()] for table in TABLES)
    neo4j_server.run("MATCH (m:Lockstep {name: 'graph'}) SET m.schema = 99")
    with pytest.raises(SchemaMismatch, match="upgrade"):
        open_store(neo4j_server.url, tmp_path)
    neo4j_server.wipe()


def test_only_names_of_the_program_fill_a_statement() -> None:
    with pytest.raises(ValueError, match="not a label"):
        cypher("row_find", label="Post) DETACH DELETE (n")
