"""How Neo4j answers: by index, in index order, and a hub in as few steps as any other node."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from neo4j.exceptions import CypherSyntaxError

from graph.model import Rel
from graph.store import View, open_store
from graph.stores.neo4jdb.database import Transaction
from graph.stores.neo4jdb.model import LABELS, LISTS, PAST, ROWS, TABLE_ORDER
from tests.plans import FRAGMENTS, WHOLE, WORDS, faults, operator, statements, steps
from tests.server import Neo4jServer
from tests.stores import at, node

POSTS = 100_000
ACCOUNTS = 1_000
_HUB = f"""
UNWIND range(1, {POSTS}) AS i
CALL (i) {{
  MATCH (t:Ticker {{key: 'BTC'}})
  MATCH (a:Account {{key: 'x:u' + (i % {ACCOUNTS})}})
  WITH t, a, i, $start + duration({{seconds: i}}) AS at
  CREATE (p:Post {{key: 'x:p' + i, account: a.key, created_at: at, kind: 'post', tickers: ['BTC'], row: i, seq: 1}})
  CREATE (a)-[:POSTED {{source: a.key, at: at}}]->(p)
  CREATE (p)-[:MENTIONS {{target: 'BTC', at: at}}]->(t)
}} IN TRANSACTIONS OF 10000 ROWS
"""
_CROWD = """
MATCH (hub:Account {key: 'x:u0'})
MATCH (a:Account)
FOREACH (i IN range(1, 3) | CREATE (a)-[:FOLLOWS {source: a.key, target: hub.key, undated: true, row: 1}]->(hub))
"""
_NODES = """
UNWIND range(1, 200) AS i
CREATE (n:<label> {row: $first + i, since: i + 1, seq: i + 1, ended: i + 2, table: 'posts'})
WITH n, '<label>' + i AS k
SET n += {key: k, id: k, name: k, digest: k, folded: k, folded_id: k, folded_handle: k, account: k}
"""
_RELATIONSHIPS = """
MATCH (a:Account), (b:Account)
WHERE a.key STARTS WITH 'x:u9' AND b.key STARTS WITH 'x:u99'
CREATE (a)-[:<type> {source: a.key, target: b.key, at: $start, rel: 'MENTIONS', row: 2, since: 2, ended: 2}]->(b)
CREATE (a)-[:<type> {source: a.key, target: b.key, undated: true, rel: 'MENTIONS', row: 2, since: 2, ended: 2}]->(b)
"""  # beyond what the view sees: of a type that nothing has, the server makes a plan for nothing
BOUND = 450  # db hits of a page of 25, whatever the node's degree: 201 are the page's own
BTC, HUB, TYPICAL = node("ticker/BTC"), node("account/x:u0"), node("account/x:u7")


@pytest.fixture(scope="module")
def hub(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """A ticker that 100,000 posts mention, as the writer would have written them, and an account that 3,000 follow."""
    neo4j_server.wipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
        with open_store(neo4j_server.url, tmp_path_factory.mktemp("hub")) as store:
            run = neo4j_server.run
            run("CREATE (:Ticker {key: 'BTC', since: 1})")
            run(f"UNWIND range(0, {ACCOUNTS - 1}) AS i CREATE (:Account {{key: 'x:u' + i, since: 1}})")
            run(_HUB, start=at(0))
            run(_CROWD)
            _some_of_everything(run)
            last = [POSTS if table == "posts" else 1 for table in TABLE_ORDER]
            run(
                "MATCH (m:Lockstep {name: 'graph'}) SET m.head = 1 "
                "CREATE (:Commit {seq: 1, rows: $rows, counts: $rows, recorded_at: $at})",
                rows=last,
                at=at(0),
            )
            run("CALL db.awaitIndexes(300)")
            run("CALL db.prepareForReplanning(300)")
            with store.view() as view:
                yield view


def _some_of_everything(run: Callable[..., Any]) -> None:
    for label in {*LABELS.values(), *ROWS.values(), "Past", "Stub", "Run", "FindingRecord", "Checkpoint", "Rejected"}:
        run(_NODES.replace("<label>", label), first=2 * POSTS)
    for kind in {x.type for x in LISTS} - {Rel.POSTED, Rel.MENTIONS} | {PAST}:
        run(_RELATIONSHIPS.replace("<type>", kind), start=at(0))


Ask = Callable[[Callable[[], Any]], list[Mapping[str, Any]]]


@pytest.fixture
def profiled(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs something and gives the profiles of its statements."""

    def profiles(ask: Callable[[], Any]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []

        def run(self: Transaction, statement: str, params: Mapping[str, Any] | None = None) -> list[list[Any]]:
            result = self._transaction.run("PROFILE " + statement, dict(params or {}))
            rows = result.values()
            profile = result.consume().profile
            assert profile is not None
            found.append(profile)
            return rows

        with monkeypatch.context() as patch:
            patch.setattr(Transaction, "run", run)
            ask()
        return found

    return profiles


def hits(profiles: list[Mapping[str, Any]]) -> int:
    return sum(int(step.get("dbHits", 0)) for profile in profiles for step in steps(profile))


def longest(profiles: list[Mapping[str, Any]]) -> int:
    """Most rows that pass through any operator."""
    return max(int(step.get("rows", 0)) for profile in profiles for step in steps(profile))


def operators(profiles: list[Mapping[str, Any]]) -> set[str]:
    return {operator(step) for profile in profiles for step in steps(profile)}


def test_no_statement_reads_more_than_it_is_asked_for(hub: View, neo4j_server: Neo4jServer) -> None:
    assert hub.seq == 1
    wrong: dict[str, list[str]] = {}
    seen = set()
    with neo4j_server.driver().session(database="neo4j") as session:
        for name, statement in statements():
            seen.add(name)
            try:
                plan = session.run("EXPLAIN " + statement).consume().plan
            except CypherSyntaxError as error:  # a placeholder that tests.plans does not know is one too
                wrong[name] = [str(error)]
                continue
            assert plan is not None
            if name not in WHOLE and (found := faults(plan)):
                wrong[name] = found
    assert wrong == {}
    assert {*WORDS, *WHOLE, *FRAGMENTS} <= seen


def test_the_newest_of_a_hub_are_read_in_the_order_of_the_index(hub: View, profiled: Ask) -> None:
    profiles = profiled(lambda: hub.neighbours(BTC))
    assert hits(profiles) < BOUND
    assert longest(profiles) <= 26
    assert not operators(profiles) & {"Top", "Sort", "PartialSort", "EagerAggregation"}
    page = hub.neighbours(BTC)
    assert page.total == POSTS
    assert [e.source.key for e in page.edges] == [f"x:p{i}" for i in range(POSTS, POSTS - 25, -1)]


def test_excluded_nodes_are_looked_at_alone(hub: View, profiled: Ask) -> None:
    barred = [node(f"post/x:p{POSTS - i}") for i in range(50)]
    profiles = profiled(lambda: hub.neighbours(BTC, exclude=barred))
    assert hits(profiles) < BOUND + 50 * 30
    assert longest(profiles) <= 80
    assert hub.neighbours(BTC, exclude=barred).total == POSTS - 50


def test_a_window_reads_no_more_than_the_window(hub: View, profiled: Ask) -> None:
    profiles = profiled(lambda: hub.neighbours(BTC, start=at(500), end=at(700)))
    assert hits(profiles) < BOUND + 200 * 4
    assert longest(profiles) <= 200
    assert hub.neighbours(BTC, start=at(500), end=at(700)).total == 200


def test_undated_ones_are_read_in_the_order_of_their_keys(hub: View, profiled: Ask) -> None:
    profiles = profiled(lambda: hub.neighbours(HUB, rels=[Rel.FOLLOWS], direction="in"))
    assert hits(profiles) < BOUND + 60  # the last key's three are read again
    assert longest(profiles) <= 26
    keys = [e.source.key for e in hub.neighbours(HUB, rels=[Rel.FOLLOWS], direction="in").edges]
    assert keys == sorted(f"x:u{i}" for i in range(ACCOUNTS) for _ in range(3))[:25]


@pytest.mark.parametrize("here", [BTC, HUB])
def test_degrees_are_known_without_walking(hub: View, profiled: Ask, here: Any) -> None:
    profiles = profiled(lambda: hub.degree(here))
    assert hits(profiles) < 200
    assert longest(profiles) == 1


def test_a_typical_account_costs_a_statement_for_all_its_relationships(hub: View, profiled: Ask) -> None:
    profiles = profiled(lambda: hub.neighbours(TYPICAL))
    assert len(profiles) == 4  # the graph's state, the node, its relationships, the state again
    assert hits(profiles) < 2_000  # of 101 posts and 3 accounts
    assert hub.neighbours(TYPICAL).total == POSTS // ACCOUNTS + 3


def test_two_hubs_are_joined_without_reading_either(hub: View, profiled: Ask) -> None:
    profiles = profiled(lambda: hub.subgraph([BTC, HUB, TYPICAL]))
    assert hits(profiles) < 3_000
    assert len(hub.subgraph([BTC, HUB, TYPICAL]).edges) == 3 + 3  # what two accounts follow, one of them itself


def test_the_shape_of_a_plan_is_judged() -> None:
    seek = {"operatorType": "NodeUniqueIndexSeek@neo4j"}
    scan = {"operatorType": "NodeByLabelScan@neo4j"}
    product = {"operatorType": "CartesianProduct@neo4j"}
    assert faults({**product, "children": [seek, {"operatorType": "Filter@neo4j", "children": [seek]}]}) == []
    assert faults({**product, "children": [seek, scan]}) == ["CartesianProduct", "NodeByLabelScan"]


def test_every_statement_says_what_it_is_for() -> None:
    assert [name for name, text in statements() if not text.startswith("// purpose: ")] == []
