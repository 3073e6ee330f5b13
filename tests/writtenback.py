"""A graph as the Neo4j store lays it out, made with plain Cypher, and findings over it: what write-back's tests use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.findings import Evidence, Finding, Member, Role
from graph.model import NodeRef, NodeType
from graph.stores.neo4jdb.database import CYPHER, Address, Database
from graph.stores.neo4jdb.model import TABLE_ORDER, indexed
from tests.server import Neo4jServer
from tests.stores import finding

MIGRATION = "migrations/001_graph"


def opened(server: Neo4jServer) -> Database:
    """The server's database, with Lockstep's constraints and no node."""
    database = Database(Address(server.bolt, server.user, "neo4j", server.url), server.password)
    server.wipe()
    database.schema(statements())
    server.run("CALL db.awaitIndexes(60)")
    return database


def statements() -> list[str]:
    """The schema's statements."""
    lines = (CYPHER / f"{MIGRATION}.cypher").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("//"))
    return [s.strip() for s in text.split(";") if s.strip()]


def nodes(server: Neo4jServer, accounts: Sequence[str], posts: Sequence[str] = (), **more: Any) -> None:
    """A published commit of accounts and posts, a ticker with them, and one account that is not published yet."""
    rows = [0] * len(TABLE_ORDER)
    rows[TABLE_ORDER.index("posts")] = len(posts)
    server.run(
        "CREATE (:Lockstep {name: 'graph', head: 1}), (:Commit {seq: 1, rows: $rows}), (:Ticker {key: 'XYZ', since: 1})"
        " CREATE (:Account {key: 'x:staged', since: 2}), (:Post {key: 'x:staged', row: $rows[1] + 1})"
        " CREATE (:Post:Stub {key: 'x:stub', since: 1})",
        rows=rows,
    )
    server.run("UNWIND $keys AS key CREATE (:Account {key: key, since: 1})", keys=[indexed(a) for a in accounts])
    server.run(
        "UNWIND range(0, size($keys) - 1) AS i CREATE (:Post {key: $keys[i], row: i + 1})",
        keys=[indexed(p) for p in posts],
    )


def ring(name: str, accounts: Sequence[str], posts: Sequence[str] = (), **changed: Any) -> Finding:
    """A finding of these members that rests on these posts."""
    things = (NodeRef(NodeType.TICKER, "XYZ"), *(NodeRef(NodeType.POST, p) for p in posts))
    people = tuple(NodeRef(NodeType.ACCOUNT, a) for a in accounts)
    together = Evidence(f"posting $XYZ within 60 s of each other ({name})", 4, 0.125, 0.0031, "times", things + people)
    members = tuple(Member(a, 0.75, Role.CORE, (together.ref,)) for a in accounts)
    given = {"members": members, "evidence": (together,), "rests_on": (together.ref,), "tickers": ("XYZ",)}
    return finding(name, **{**given, **changed})


def whole(server: Neo4jServer) -> list[dict[str, Any]]:
    """Everything in the database, in an order of its own: two states are equal iff these are."""
    found = server.run("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p")
    found += server.run("MATCH (a)-[r]->(b) RETURN a.key AS a, type(r) AS type, properties(r) AS p, b.key AS b")
    return sorted(found, key=repr)
