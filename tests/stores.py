"""Stores under test, and rows, findings and random graphs to fill them with.

Another store is one line in :data:`STORES`. What a store cannot do is declared on the test, with a reason:
``@pytest.mark.never("memory", raises=StoreError, reason="…")``; the test must then fail in that way.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow as pa
import pytest

from graph.findings import Evidence, Finding, Member, Priority, Role, Run, Window
from graph.model import INTERACTION_RELS, PARENT_RELS, Edge, NodeRef, NodeType, Rel, host_of
from graph.schema import MARKET_TABLES, TABLES, TEXTS
from graph.store import Store, View, Written, open_store

BASE = datetime(2026, 3, 1, tzinfo=UTC)
PASSWORD = "LOCKSTEP_NEO4J_PASSWORD"  # noqa: S105 - the variable's name


@dataclass(frozen=True)
class Backend:
    """A store under test and its URL in a folder."""

    name: str
    url: Callable[[Path], str]

    def open(self, folder: Path) -> Store:
        return open_store(self.url(folder), folder / "data")

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables by which another program finds the store."""
        found = {"LOCKSTEP_STORE_URL": self.url(folder), "LOCKSTEP_STORE_DATA_DIR": str(folder / "data")}
        return found | ({PASSWORD: os.environ[PASSWORD]} if self.name == "neo4j" else {})


def _neo4j(folder: Path) -> str:
    """The database of this process's server, emptied for a folder that is asked about for the first time."""
    from tests.server import shared

    server, known = shared(), folder / "neo4j"
    os.environ[PASSWORD] = server.password
    if not known.exists():
        server.wipe()
        folder.mkdir(parents=True, exist_ok=True)
        known.touch()
    return server.url


STORES = [
    Backend("memory", lambda _: "memory://"),
    Backend("sqlite", lambda folder: f"sqlite:///{folder / 'graph.db'}"),
    Backend("neo4j", _neo4j),
]
KEPT = [backend for backend in STORES if backend.name != "memory"]
"""Those that another process finds again."""
GAPS = ("notimpl", "notyet", "never")


def declare_gaps(request: pytest.FixtureRequest, backend: Backend) -> None:
    """Expect the failure that a test's markers declare for this store."""
    for kind in GAPS:
        for mark in request.node.iter_markers(kind):
            unknown = set(mark.args) - {b.name for b in STORES}
            assert not unknown, f"{kind}: no store {unknown}"
            assert mark.kwargs["reason"], f"{kind}: a gap has a reason"
            if backend.name in mark.args:
                reason = f"{kind}: {mark.kwargs['reason']}"
                request.applymarker(pytest.mark.xfail(reason=reason, raises=mark.kwargs["raises"], strict=True))


def at(seconds: float) -> datetime:
    """A moment, counted from the beginning of the tests' time."""
    return BASE + timedelta(seconds=seconds)


_DEFAULTS: dict[str, dict[str, Any]] = {
    "posts": {"account": "x:anna", "created_at": BASE, "kind": "post"},
    "interactions": {"account": "x:anna", "kind": "like", "target_type": "post", "target": "x:p1"},
    "transfers": {"source_type": "account", "source": "x:anna", "target_type": "account", "target": "x:bo"},
    "campaigns": {"start": BASE, "end": BASE},
    "account_states": {"state": "active"},
    "candles": {"open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 10.0},
    "trades": {"time": BASE, "price": 1.0, "quantity": 2.0, "side": "buy"},
}


FULL: dict[str, dict[str, Any]] = {
    "accounts": {
        "account": "x:anna",
        "observed_at": at(1),
        "handle": "Anna 🚀",
        "created_at": at(-1e8),
        "verified": False,
        "followers": 0,
        "lang": "pt-BR",
        "attributes": '{"a": "ü"}',
    },
    "posts": {
        "post": "x:p1",
        "kind": "reply",
        "parent": "x:p0",
        "text": "",
        "lang": "en",
        "created_at": at(0.000001),
        "tickers": ["BTC", "PEPE"],
        "links": ["https://a.example/?q=%00", "l'77"],
        "hashtags": ["gem"],
    },
    "engagements": {"post": "x:p1", "observed_at": at(1), "views": 2**62, "likes": 0},
    "interactions": {"interaction": "i1", "at": at(1), "post": "x:p2", "kind": "waves at"},
    "identifiers": {"account": "x:anna", "kind": "device", "value": "a:b", "first_seen": at(1), "last_seen": at(2)},
    "transfers": {"transfer": "t1", "at": at(1), "chain": "eth", "asset": "USDT", "amount": "0.1", "tx": "0xf"},
    "labels": {"account": "x:anna", "label": "benign", "source": "desk", "at": at(1), "until": at(2), "ring_id": "r"},
    "campaigns": {"campaign_id": "c1", "tickers": ["PEPE"], "participants": ["x:bo"], "disclosure_required": True},
    "verdicts": {"subject": "x:anna", "outcome": "upheld", "at": at(1), "finding_id": "f", "reversed_at": at(2)},
    "account_states": {"account": "x:anna", "at": at(1), "state": "hijacked"},
    "post_events": {"post": "x:p1", "kind": "edited", "at": at(1), "text": "new\ntext\x00'\""},
    "events": {"ticker": "PEPE", "at": at(1), "kind": "listing", "source": "desk"},
}
"""One row of every table, every column filled, odd characters included."""


def batch(table: str, *rows: Mapping[str, Any]) -> pa.RecordBatch:
    """A canonical batch of a table; columns left out take a default or are null."""
    declared = TABLES.get(table) or MARKET_TABLES[table]
    lists: dict[str, Any] = {c.name: [] for c in declared.columns if c.type == TEXTS}
    full = [{**lists, **_DEFAULTS.get(table, {}), **row} for row in rows]
    return pa.RecordBatch.from_pylist(full, schema=declared.schema)


def keys(table: str, *rows: Mapping[str, Any]) -> pa.RecordBatch:
    """A batch of a table's key columns."""
    declared = TABLES[table]
    return pa.RecordBatch.from_pylist(
        [{name: row.get(name) for name in declared.key} for row in rows],
        schema=pa.schema([declared.schema.field(name) for name in declared.key]),
    )


def put(store: Store, table: str, *rows: Mapping[str, Any]) -> Written:
    """Write rows in a transaction of their own."""
    with store.writer() as writer:
        return writer.write(table, batch(table, *rows))


def drop(store: Store, table: str, *rows: Mapping[str, Any]) -> int:
    """Delete rows in a transaction of their own."""
    with store.writer() as writer:
        return writer.delete(table, keys(table, *rows))


def read(view: View, table: str, **how: Any) -> list[dict[str, Any]]:
    """Rows that a scan gives."""
    return [row for found in view.scan(table, **how) for row in found.to_pylist()]


def node(text: str) -> NodeRef:
    """A node written ``type/key``."""
    return NodeRef.parse(text)


def finding(name: str = "ring", **changed: Any) -> Finding:
    """A small valid finding; its window depends on the name, and so does its id."""
    seconds = float(sum(map(ord, name)))
    evidence = Evidence(f"co-posting {name}", 3.0, 0.1, 0.01, "posts", (NodeRef(NodeType.POST, "x:p1"),))
    values: dict[str, Any] = {
        "kind": "shilling_cluster",
        "detector": "shilling",
        "version": "1",
        "params": {"window": 60, "name": name},
        "data_cut": 1,
        "members": (Member("x:anna", 0.9, Role.CORE, (evidence.ref,)), Member("x:bo", 0.5, Role.FRINGE)),
        "window": Window(at(0), at(seconds)),
        "score": 0.5,
        "priority": Priority.MEDIUM,
        "summary": f"{name}: 2 accounts posted the same within 60 s 3 times (expected 0.1).",
        "evidence": (evidence,),
    }
    return Finding(**{**values, **changed})


def run(name: str = "run-1", **changed: Any) -> Run:
    """A small valid run."""
    values: dict[str, Any] = {
        "detector": "shilling",
        "version": "1",
        "params": {"window": 60},
        "data_cut": 1,
        "started_at": at(0),
        "seconds": 0.5,
        "findings": 0,
        "summary": "Nothing was flagged.",
    }
    return Run(id=name, **{**values, **changed})


# the same graph, made a second time and in another way: row by row


def edges_of(table: str, row: Mapping[str, Any]) -> Iterator[Edge]:
    """Relationships that one row makes (those of links to their domains aside)."""
    if table == "posts":
        post = NodeRef(NodeType.POST, row["post"])
        yield Edge(NodeRef(NodeType.ACCOUNT, row["account"]), Rel.POSTED, post, row["created_at"])
        for name, rel, kind in (
            ("tickers", Rel.MENTIONS, NodeType.TICKER),
            ("hashtags", Rel.TAGGED, NodeType.HASHTAG),
            ("links", Rel.LINKS_TO, NodeType.LINK),
        ):
            for key in row[name]:
                yield Edge(post, rel, NodeRef(kind, key), row["created_at"])
        if row["parent"] is not None and row["kind"] in PARENT_RELS:
            yield Edge(post, PARENT_RELS[row["kind"]], NodeRef(NodeType.POST, row["parent"]), row["created_at"])
    elif table == "interactions" and row["kind"] in INTERACTION_RELS:
        target = NodeRef(NodeType(row["target_type"]), row["target"])
        yield Edge(NodeRef(NodeType.ACCOUNT, row["account"]), INTERACTION_RELS[row["kind"]], target, row["at"])
    elif table == "identifiers":
        target = NodeRef(NodeType.IDENTIFIER, f"{row['kind']}:{row['value']}")
        yield Edge(NodeRef(NodeType.ACCOUNT, row["account"]), Rel.USES, target, row["first_seen"])
    elif table == "transfers":
        source = NodeRef(NodeType(row["source_type"]), row["source"])
        yield Edge(source, Rel.TRANSFERRED, NodeRef(NodeType(row["target_type"]), row["target"]), row["at"])


def reference(view: View) -> nx.MultiDiGraph[NodeRef]:
    """The view's graph in networkx."""
    graph: nx.MultiDiGraph[NodeRef] = nx.MultiDiGraph()
    edges = [e for table in TABLES for row in read(view, table) for e in edges_of(table, row)]
    links = {n for e in edges for n in (e.source, e.target) if n.type == NodeType.LINK}
    for link in links:
        host = host_of(link.key)
        if host is not None:
            edges.append(Edge(link, Rel.ON, NodeRef(NodeType.DOMAIN, host)))
    for edge in edges:
        graph.add_edge(edge.source, edge.target, edge=edge)
    return graph


def random_rows(seed: int, accounts: int = 12, posts: int = 40) -> dict[str, list[dict[str, Any]]]:
    """Rows of a small random network: hubs, parallel relationships, undated ones, self-loops, stubs."""
    rng = random.Random(seed)
    people = [f"x:u{i}" for i in range(accounts)]
    names = [f"x:p{i}" for i in range(posts)]
    written = [
        {
            "post": name,
            "account": rng.choice(people),
            "created_at": at(rng.randrange(0, 600)),
            "kind": (kind := rng.choice(["post", "post", "repost", "quote", "reply"])),
            "parent": None if kind == "post" else rng.choice([*names, "x:elsewhere"]),
            "text": " ".join(rng.choices(["moon", "buy", "Sell", "pump"], k=3)),
            "tickers": sorted(set(rng.choices(["BTC", "BTC", "PEPE", "DOGE"], k=rng.randrange(3)))),
            "links": sorted(set(rng.choices(["https://a.example/1", "https://b.example/", "l77"], k=rng.randrange(2)))),
            "hashtags": rng.choices(["gem"], k=rng.randrange(2)),
        }
        for name in names
    ]
    acts = [
        {
            "interaction": f"i{i}",
            "account": rng.choice(people),
            "kind": rng.choice(["like", "follow", "view", "share", "waves at"]),
            "target_type": (kind := rng.choice(["account", "post", "ticker", "link"])),
            "target": {
                "account": rng.choice(people),
                "post": rng.choice(names),
                "ticker": "PEPE",
                "link": "https://c.example/",
            }[kind],
            "at": rng.choice([None, at(rng.randrange(0, 600))]),
            "post": rng.choice([None, "x:through"]),
        }
        for i in range(posts // 2)
    ]
    used = [
        {"account": person, "kind": "device", "value": f"d{rng.randrange(3)}", "first_seen": rng.choice([None, at(5)])}
        for person in people
        if rng.random() < 0.5
    ]
    moved = [
        {
            "transfer": f"t{i}",
            "source_type": "wallet",
            "source": f"eth:0x{rng.randrange(3)}",
            "target_type": "account",
            "target": rng.choice(people),
            "at": at(rng.randrange(0, 600)),
        }
        for i in range(5)
    ]
    return {"posts": written, "interactions": acts, "identifiers": used, "transfers": moved}


def fill(store: Store, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Write rows of several tables in one transaction."""
    with store.writer() as writer:
        for table, rows in tables.items():
            writer.write(table, batch(table, *rows))
