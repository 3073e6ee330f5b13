"""Findings written back into a real Neo4j: equal to what was given, whole at every moment, and gone without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.errors import StoreError
from graph.findings import Checked, Evidence, Explanation, Finding, Member, Role
from graph.model import NodeRef, NodeType
from graph.store import WrittenBack
from graph.stores.neo4jdb import writeback
from graph.stores.neo4jdb.database import Database, Transaction
from graph.stores.neo4jdb.writeback import withdraw, write_back
from tests.server import Neo4jServer
from tests.writtenback import nodes, opened, ring, whole

PEOPLE = [f"x:{n}" for n in range(6)]
POSTS = [f"x:p{n}" for n in range(4)]
EVIL = [
    "x:') DETACH DELETE n //",
    "x:`}]->() SET n.p = 1 RETURN 'ü\u202e\x00",
    "x:$key {key: 1} <label>",
    "x:" + "long🚀" * 900,
]


@pytest.fixture
def database(neo4j_server: Neo4jServer) -> Iterator[Database]:
    found = opened(neo4j_server)
    yield found
    found.close()


def members(server: Neo4jServer) -> list[tuple[str, str]]:
    rows = server.run("MATCH (f:Finding)-[:INVOLVES]->(a:Account) RETURN f.key AS f, coalesce(a.full, a.key) AS a")
    return sorted((row["f"], row["a"]) for row in rows)


def test_a_ring_can_be_seen_with_plain_cypher(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    clears = (Explanation("a campaign", Checked.EXCLUDED, "none is loaded"), Explanation("news", Checked.PRESENT))
    one = ring("one", PEOPLE[:3], [*POSTS, "x:stub"], would_clear=clears, limits=("capped",), run_id="r1", links=("l",))
    assert write_back(database, [one]) == WrittenBack(written=1, relationships=3 + 6)
    (row,) = neo4j_server.run("MATCH (f:Finding) RETURN properties(f) AS f")
    f = row["f"]
    evidence = one.evidence[0]
    chance = "p 0.0031 under the stated null, not a chance of innocence"
    named = {"measure": evidence.measure, "evidence": evidence.ref}
    assert len(f.pop("digest")) == 20
    assert f["window_start"].to_native() == datetime(2026, 3, 1, tzinfo=UTC)
    assert f.pop("window_end").to_native() == one.window.end
    del f["window_start"]
    assert f == {
        "key": one.id,
        "kind": "shilling_cluster",
        "detector": "shilling",
        "version": "1",
        "priority": "medium",
        "score": 0.5,
        "summary": one.summary,
        "tickers": ["XYZ"],
        "links": ["l"],
        "limits": ["capped"],
        "run": "r1",
        "lineage": one.id,
        "data_cut": 1,
        "members": 3,
        "absent": 0,
        "evidence": [
            f"{evidence.ref} {evidence.measure}: 4 times, 0.125 expected; {chance}",
        ],
        "would_clear": ["a campaign: excluded (none is loaded)", "news: present"],
        "words": "flagged for a person to check: no verdict, no proof",
    }
    rows = neo4j_server.run("MATCH (:Finding)-[r]->(n) RETURN type(r) AS t, properties(r) AS p, n.key AS n")
    assert {row["n"] for row in rows if row["t"] == "RESTS_ON"} == {"XYZ", "x:stub", *POSTS}
    assert all(row["p"] == named for row in rows if row["t"] == "RESTS_ON")
    involved = [row["p"] for row in rows if row["t"] == "INVOLVES"]
    assert involved == [{"role": "core", "score": 0.75, "evidence": [evidence.ref]}] * 3


def test_twice_is_once_and_removing_leaves_the_graph_as_it_was(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    before = whole(neo4j_server)
    rings = [ring("one", PEOPLE[:3], POSTS[:2]), ring("two", PEOPLE[2:], POSTS)]
    assert write_back(database, rings).written == 2
    after = whole(neo4j_server)
    assert write_back(database, rings) == WrittenBack(unchanged=2)
    assert whole(neo4j_server) == after
    assert withdraw(database) == WrittenBack(removed=2, removed_relationships=3 + 3 + 4 + 5)
    assert whole(neo4j_server) == before
    assert withdraw(database) == WrittenBack()


def test_what_is_no_longer_in_the_set_disappears(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    one, two = ring("one", PEOPLE[:3]), ring("two", PEOPLE[2:])
    write_back(database, [one, two])
    later = ring("later", PEOPLE[:4], supersedes=one.id, lineage_id=one.id)
    done = write_back(database, [later])
    assert (done.written, done.removed, done.removed_relationships) == (1, 2, 3 + 1 + 4 + 1)
    assert members(neo4j_server) == [(later.id, a) for a in PEOPLE[:4]]


def test_a_successor_comes_in_the_transaction_in_which_the_superseded_one_goes(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes(neo4j_server, PEOPLE)
    one = ring("one", PEOPLE[:3])
    write_back(database, [one])
    seen: list[list[str]] = []
    plain = Database.writing

    def spied(self: Database, work: Any) -> Any:
        done = plain(self, work)
        seen.append([row["f"] for row in neo4j_server.run("MATCH (f:Finding) RETURN f.key AS f")])
        return done

    monkeypatch.setattr(Database, "writing", spied)
    later = ring("later", PEOPLE[:3], supersedes=one.id)
    write_back(database, [later])
    assert seen == [[later.id]]


def test_who_is_not_in_the_graph_is_counted_and_never_made(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, PEOPLE[:2], POSTS[:1])
    one = ring("one", [*PEOPLE[:3], "x:staged"], [*POSTS[:2], "x:staged"])
    done = write_back(database, [one])
    assert done == WrittenBack(written=1, relationships=2 + 2, absent_members=2, absent_evidence=2)
    assert members(neo4j_server) == [(one.id, a) for a in PEOPLE[:2]]
    assert neo4j_server.run("MATCH (f:Finding) RETURN f.absent AS a, f.members AS m") == [{"a": 2, "m": 4}]
    # those that came meanwhile are joined by the next one
    neo4j_server.run("CREATE (:Account {key: $key, since: 1})", key=PEOPLE[2])
    neo4j_server.run("MATCH (g:Lockstep) SET g.head = 2 CREATE (:Commit {seq: 2, rows: $rows})", rows=[0, 2] + [0] * 10)
    assert write_back(database, [one]) == WrittenBack(written=1, relationships=4 + 3, absent_evidence=1)
    assert neo4j_server.run("MATCH (f:Finding) RETURN f.absent AS a") == [{"a": 0}]


def test_a_database_without_a_graph_joins_nothing(neo4j_server: Neo4jServer, database: Database) -> None:
    assert write_back(database, [ring("one", PEOPLE[:2])]).absent_members == 2
    assert withdraw(database).removed == 1


def test_what_looks_like_cypher_is_data(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, EVIL, EVIL)
    evil = "')\n// DETACH DELETE `n` {$x} <label> \x00 \u202e"
    one = ring(evil, EVIL, EVIL, summary=evil, kind=evil, detector=evil, tickers=(evil,), limits=(evil,), run_id=evil)
    done = write_back(database, [one])
    assert done == WrittenBack(written=1, relationships=len(EVIL) * 2 + 1)
    (row,) = neo4j_server.run("MATCH (f:Finding) RETURN f.summary AS s, f.kind AS k, f.tickers AS t, f.run AS r")
    assert row == {"s": evil, "k": evil, "t": [evil], "r": evil}
    assert write_back(database, [one]) == WrittenBack(unchanged=1)


def test_a_finding_is_joined_to_a_bounded_number_of_things_and_says_so(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writeback, "RESTS_ON", 3)
    nodes(neo4j_server, PEOPLE, POSTS)
    write_back(database, [ring("one", PEOPLE[:2], POSTS)])
    (row,) = neo4j_server.run("MATCH (f:Finding) RETURN f.limits AS limits, COUNT { (f)-[:RESTS_ON]->() } AS joined")
    assert row == {"limits": ["3 of 5 things that it rests on are joined to it in this database"], "joined": 3}


def test_it_rests_on_what_it_names_and_on_everything_where_it_names_nothing(
    neo4j_server: Neo4jServer, database: Database
) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    parts = [Evidence(p, 1, 0.5, None, "posts", (NodeRef(NodeType.POST, p),)) for p in POSTS]
    own = Evidence("own", 2, 1, None, "posts", (NodeRef(NodeType.ACCOUNT, PEOPLE[0]), NodeRef(NodeType.FINDING, "f")))
    people = (Member(PEOPLE[0], 0.5, Role.TARGET),)
    some = ring("some", [], members=people, evidence=(*parts, own), rests_on=(parts[0].ref, own.ref))
    every = ring("every", [], members=people, evidence=(*parts, own), rests_on=())
    write_back(database, [some, every])
    rows = neo4j_server.run("MATCH (f:Finding)-[:RESTS_ON]->(n) RETURN f.key AS f, collect(n.key) AS n")
    assert {row["f"]: sorted(row["n"]) for row in rows} == {some.id: POSTS[:1], every.id: POSTS}
    (row,) = neo4j_server.run("MATCH (f:Finding {key: $key}) RETURN f.evidence AS e", key=some.id)
    assert row["e"][-1] == f"{own.ref} {PEOPLE[0]}: own: 2 posts, 1 expected"


def test_damage_is_mended(neo4j_server: Neo4jServer, database: Database) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    rings = [ring("one", PEOPLE[:3], POSTS), ring("two", PEOPLE, POSTS)]
    write_back(database, rings)
    right = whole(neo4j_server)
    neo4j_server.run("MATCH (f:Finding {key: $key})-[r:INVOLVES]->() WITH r LIMIT 1 DELETE r", key=rings[0].id)
    neo4j_server.run("MATCH (f:Finding {key: $key}) SET f.digest = 'of another version', f.old = 1", key=rings[1].id)
    neo4j_server.run("CREATE (:Finding {key: 'of another set'})")
    done = write_back(database, rings)
    assert (done.written, done.removed) == (2, 1)
    assert whole(neo4j_server) == right


def test_two_thousand_come_in_bounded_transactions(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"x:{n}" for n in range(3_000)]
    nodes(neo4j_server, people, POSTS)
    rings = [ring(f"{n}", people[n : n + 10], POSTS, params={"n": n}) for n in range(2_000)]
    sizes: list[int] = []
    plain = Transaction.run

    def spied(self: Transaction, statement: str, params: Any = None) -> Any:
        sizes.append(max([len(v) for v in (params or {}).values() if isinstance(v, list)], default=0))
        return plain(self, statement, params)

    monkeypatch.setattr(Transaction, "run", spied)
    assert write_back(database, rings).relationships == 2_000 * 15
    assert max(sizes) <= writeback.ROWS
    assert len(sizes) < 100  # statements: nothing is sent finding by finding
    assert len(members(neo4j_server)) == 20_000
    assert withdraw(database).removed == 2_000


def test_one_that_is_larger_than_a_transaction_is_written_whole(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writeback, "ROWS", 4)
    nodes(neo4j_server, PEOPLE, POSTS)
    batches: list[int] = []
    plain = writeback._put

    def spied(tx: Transaction, batch: Any, replaced: Any) -> WrittenBack:
        batches.append(len(batch))
        return plain(tx, batch, replaced)

    monkeypatch.setattr(writeback, "_put", spied)
    rings = [ring("large", PEOPLE, POSTS), *(ring(f"{n}", PEOPLE[:1], params={"n": n}) for n in range(2))]
    assert write_back(database, rings).relationships == 11 + 2 * 2
    assert batches == [1, 1, 1]


def test_interrupted_it_is_finished_by_the_next(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes(neo4j_server, PEOPLE, POSTS)
    rings = [ring(f"{n}", PEOPLE[:3], POSTS, params={"n": n}) for n in range(6)]
    write_back(database, rings[:2])
    monkeypatch.setattr(writeback, "ROWS", 10)
    plain, calls = Database.writing, 0

    def failing(self: Database, work: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StoreError("cut off")
        return plain(self, work)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", failing)
        with pytest.raises(StoreError):
            write_back(database, rings[1:])
    assert {len(x) for x in _joined(neo4j_server).values()} == {8}  # each that is there is whole
    write_back(database, rings[1:])
    resumed = whole(neo4j_server)
    withdraw(database)
    write_back(database, rings[1:])
    assert whole(neo4j_server) == resumed


def _joined(server: Neo4jServer) -> dict[str, list[str]]:
    rows = server.run("MATCH (f:Finding)-[r]->(n) RETURN f.key AS f, collect(n.key) AS n")
    return {row["f"]: row["n"] for row in rows}


def test_readers_see_no_half_finding(
    neo4j_server: Neo4jServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at from outside before every statement of every transaction, and after it."""
    nodes(neo4j_server, PEOPLE, POSTS)
    one, other = ring("one", PEOPLE, POSTS), ring("other", PEOPLE, POSTS)
    later = ring("later", PEOPLE, POSTS, supersedes=one.id)
    plain = Transaction.run
    seen: list[tuple[str, ...]] = []

    def spied(self: Transaction, statement: str, params: Any = None) -> Any:
        joined = _joined(neo4j_server)
        assert {len(x) for x in joined.values()} <= {11}
        seen.append(tuple(sorted(joined)))
        done = plain(self, statement, params)
        assert tuple(sorted(_joined(neo4j_server))) == seen[-1]  # nothing before the commit
        return done

    monkeypatch.setattr(Transaction, "run", spied)
    write_back(database, [one, other])
    write_back(database, [later])
    neo4j_server.run("MATCH (f:Finding)-[r:INVOLVES]->() SET f.digest = 'of another version'")
    write_back(database, [later])
    withdraw(database)
    assert dict.fromkeys(seen) == dict.fromkeys([(), _two(one, other), _two(later, other), (later.id,)])


def _two(*rings: Finding) -> tuple[str, ...]:
    return tuple(sorted(f.id for f in rings))
