"""Every query in docs/neo4j.md runs on a real server, finds what is there, and gives Neo4j nothing to warn of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase

from graph.store import WritesBack, open_store
from graph.stores.neo4jdb.model import LABELS, ROWS
from tests.server import Neo4jServer
from tests.stores import at, batch, fill, run
from tests.writtenback import ring

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "neo4j.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^#{2,3} ", PAGE, flags=re.MULTILINE)
BLOCKS = {
    section.splitlines()[0]: (section.split("```cypher")[0], block)
    for section in SECTIONS
    for block in re.findall(r"^```cypher\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
}
LINK, CALL = "https://moon.example/presale", "x:p0"
PEOPLE = [f"x:u{n}" for n in range(5)]
ONE, TWO = ring("one", PEOPLE[:3], ["x:p1", "x:p2"]), ring("two", PEOPLE[1:], ["x:p2"])
PARAMETERS: dict[str, Any] = {
    "ticker": "XYZ",
    "account": PEOPLE[0],
    "link": LINK,
    "seconds": 60,
    "post": CALL,
    "day": datetime(2026, 3, 1, tzinfo=UTC),
    "commit": 1,
    "finding": ONE.id,
    "least": 2,
}
WHOLE_SCANS = {"AllNodesScan", "DirectedAllRelationshipsScan", "UndirectedAllRelationshipsScan"}
FEW = {"Ticker", "Finding"}
"""Labels that a query may read from end to end."""


def small_network() -> dict[str, list[dict[str, Any]]]:
    """Five accounts that post a ticker with one link, repost one of them, and share a device and a wallet."""
    own = [
        {"post": f"x:p{n}", "account": a, "created_at": at(10 * n), "tickers": ["XYZ"], "links": [LINK], "text": "moon"}
        for n, a in enumerate(PEOPLE)
    ]
    again = [
        {"post": f"x:r{n}", "account": a, "created_at": at(200 + n), "kind": "repost", "parent": CALL}
        for n, a in enumerate(PEOPLE[1:])
    ]
    sent = [
        {"transfer": f"t{n}", "source_type": "wallet", "source": "eth:0x1", "target": a, "at": at(n), "asset": "USDT"}
        for n, a in enumerate(PEOPLE)
    ]
    used = [{"account": a, "kind": "device", "value": "d7", "first_seen": at(-n)} for n, a in enumerate(PEOPLE)]
    seen = [{"account": a, "observed_at": at(0), "handle": a[2:]} for a in PEOPLE]
    return {"accounts": seen, "posts": own + again, "transfers": sent, "identifiers": used}


@pytest.fixture(scope="module")
def network(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
        neo4j_server.wipe()
        with open_store(neo4j_server.url, tmp_path_factory.mktemp("data")) as store:
            fill(store, small_network())
            with store.writer() as writer:
                writer.add_run(run(), [ONE, TWO])
                writer.write("posts", batch("posts", {"post": "x:late", "account": PEOPLE[0]}))
            assert isinstance(store, WritesBack)
            store.write_back([ONE, TWO])
    yield neo4j_server
    neo4j_server.wipe()


def asked(server: Neo4jServer, query: str) -> tuple[list[dict[str, Any]], list[Any], Mapping[str, Any]]:
    """Rows, what the server has to say of the query, and its plan."""
    with GraphDatabase.driver(server.bolt, auth=server.auth) as driver, driver.session(database="neo4j") as session:
        result = session.run(query, PARAMETERS)
        rows = result.data()
        summary = result.consume()
        notes = [s for s in summary.gql_status_objects if s.is_notification]
        plan = session.run("EXPLAIN " + query, PARAMETERS).consume().plan
        return rows, notes, plan or {}


def operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every operator of a plan and what it is about."""
    yield plan["operatorType"].partition("@")[0], plan["args"].get("Details", "")
    for child in plan.get("children", ()):
        yield from operators(child)


def test_there_are_ten_and_one() -> None:
    assert len(BLOCKS) == 11
    assert [title.partition(".")[0] for title in list(BLOCKS)[:10]] == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize("title", BLOCKS)
def test_a_query_finds_what_is_there_and_nothing_is_wrong_with_it(title: str, network: Neo4jServer) -> None:
    words, query = BLOCKS[title]
    rows, notes, plan = asked(network, query)
    assert rows
    assert [(n.gql_status, n.status_description) for n in notes] == []
    for operator, about in operators(plan):
        assert operator not in WHOLE_SCANS, about
        if "LabelScan" in operator:
            assert about.split(":")[-1] in FEW, f"{operator} {about}"
    names = set(re.findall(r"\$(\w+)", query))
    assert names
    assert names <= set(re.findall(r"`\$(\w+)`", words)), "a parameter is not explained"


@pytest.mark.parametrize("title", [t for t in BLOCKS if t[0] in "14" and t[1] == "."])
def test_the_newest_and_the_first_come_in_the_order_of_an_index(title: str, network: Neo4jServer) -> None:
    _, _, plan = asked(network, BLOCKS[title][1])
    used = {operator for operator, _ in operators(plan)}
    assert not any("Sort" in operator or "Top" in operator for operator in used), used


def answer(server: Neo4jServer, number: int) -> list[dict[str, Any]]:
    (query,) = (q for title, (_, q) in BLOCKS.items() if title.startswith(f"{number}."))
    return asked(server, query)[0]


def test_the_answers_are_right(network: Neo4jServer) -> None:
    assert [row["account"] for row in answer(network, 1)] == PEOPLE[::-1]
    (shared,) = answer(network, 2)
    assert (shared["identifier"], shared["accounts"]) == ("device:d7", 4)
    pairs = answer(network, 3)
    assert len(pairs) == 10
    assert {row["seconds_later"] for row in pairs} == {10, 20, 30, 40}
    assert [row["account"] for row in answer(network, 4)] == PEOPLE[1:]
    assert answer(network, 5) == [{"ticker": "XYZ", "accounts": 5, "posts": 5}]
    assert len(answer(network, 6)) == 9
    (device,) = answer(network, 7)
    assert (device["identifier"], sorted(device["members"])) == ("device:d7", PEOPLE[:3])
    (wallet,) = answer(network, 8)
    assert (wallet["source"], wallet["transfers"], wallet["assets"]) == ("eth:0x1", 3, ["USDT"])
    assert [row["account"] for row in answer(network, 9)] == PEOPLE[1:3]
    assert [row["account"] for row in answer(network, 10)] == PEOPLE[1:3]


def test_what_the_page_says_of_the_graph_is_there(network: Neo4jServer) -> None:
    """Labels, types and the properties of a Finding; the page names all, and none besides."""
    for label in {*LABELS.values(), *ROWS.values()}:
        assert f"`{label}`" in PAGE, label
    (row,) = network.run("MATCH (f:Finding {key: $key}) RETURN keys(f) AS keys", key=ONE.id)
    table = PAGE[PAGE.index("| property of `Finding`") :].split("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == set(row["keys"])
    joined = network.run("MATCH (:Finding)-[r]->() RETURN DISTINCT type(r) AS t, keys(r) AS k")
    for r in joined:
        (shown,) = re.findall(rf"\[{r['t']} {{(.*?)}}\]", PAGE)
        assert sorted(shown.split(", ")) == sorted(r["k"])


def test_relationships_carry_what_the_page_says_they_are_indexed_by(network: Neo4jServer) -> None:
    table = PAGE[PAGE.index("| type | indexed by |") :].split("\n\n")[0].splitlines()[2:]
    shown = network.run(
        "SHOW RANGE INDEXES YIELD entityType, labelsOrTypes AS types, properties WHERE entityType = 'RELATIONSHIP'"
        " RETURN types, properties"
    )
    indexes = {(kind, tuple(row["properties"])) for row in shown for kind in row["types"]}
    for line in table:
        types, ways = line.strip("|").split("|")
        for kind in re.findall(r"`(\w+)`", types):
            for way in ways.split(";"):
                assert (kind, tuple(re.findall(r"`(\w+)`", way))) in indexes, (kind, way)
