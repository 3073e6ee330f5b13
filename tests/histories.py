"""A small network with a past: rows written, changed and deleted over several commits, full of what is awkward to list.

Hubs, parallel and undated relationships, ties in time, loops, keys that only their type tells apart or only their
end, relations that both posts and interactions make, posts that are stubs, loaded, deleted and loaded again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from graph.model import NodeRef, NodeType, Rel
from graph.store import Store, View
from tests.stores import at, batch, keys

LONG = "k" * 2400
TARGETS = {
    "account": ["x:u0", "x:u1", "x:same", "x:u2"],
    "post": ["x:p0", "x:p1", "x:same"],
    "ticker": ["BTC", "x:same", *(LONG + end for end in "cabd"), LONG[:400], LONG[:400] + "z"],
    "link": ["https://a.example/1", "x:same"],
    "wallet": ["eth:0x0", "x:same"],
}
KINDS = ("like", "like", "follow", "view", "share", "mentions", "posted", "waves at")


def write(stores: Mapping[str, Store], seed: int, commits: int = 4) -> None:
    """The same commits into each store."""
    rng = random.Random(seed)
    there: dict[str, dict[str, dict[str, Any]]] = {"posts": {}, "interactions": {}, "identifiers": {}, "transfers": {}}
    for _ in range(commits):
        rows = {"posts": _posts(rng), "interactions": _acts(rng), "identifiers": _used(rng), "transfers": _moved(rng)}
        drop = {table: rng.sample(sorted(known), len(known) // 6) for table, known in there.items()}
        for store in stores.values():
            with store.writer() as writer:
                for table, names in drop.items():
                    writer.delete(table, keys(table, *(there[table][name] for name in names)))
                for table, found in rows.items():
                    writer.write(table, batch(table, *found.values()))
        for table, found in rows.items():
            for name in drop[table]:
                del there[table][name]
            there[table].update(found)


def _posts(rng: random.Random) -> dict[str, dict[str, Any]]:
    names = rng.sample(["x:same", *(f"x:p{i}" for i in range(24))], 14)
    return {
        name: {
            "post": name,
            "account": rng.choice(TARGETS["account"]),
            "created_at": at(rng.randrange(6)),
            "kind": rng.choice(["post", "repost", "quote", "reply"]),
            "parent": rng.choice([None, name, "x:p0", "x:p1", "x:p99"]),
            "text": rng.choice([None, "", "moon"]),
            "tickers": sorted(set(rng.choices(["BTC", "BTC", "PEPE", "x:same", LONG + "a"], k=rng.randrange(3)))),
            "links": sorted(set(rng.choices(TARGETS["link"], k=rng.randrange(2)))),
            "hashtags": sorted(set(rng.choices(["gem", "x:same"], k=rng.randrange(2)))),
        }
        for name in names
    }


def _acts(rng: random.Random) -> dict[str, dict[str, Any]]:
    rows = {}
    for i in rng.sample(range(60), 36):
        kind = rng.choice(["account", "account", "post", "ticker", "link", "wallet"])
        rows[f"i{i}"] = {
            "interaction": f"i{i}",
            "account": rng.choice(["x:u0", "x:u0", "x:u1", "x:same"]),
            "kind": rng.choice(KINDS),
            "target_type": kind,
            "target": rng.choice(TARGETS[kind]),
            "at": rng.choice([None, None, at(rng.randrange(6))]),
        }
    return rows


def _used(rng: random.Random) -> dict[str, dict[str, Any]]:
    rows = {}
    for person in TARGETS["account"]:
        for value in rng.sample(["d0", "d1", "d2"], 2):
            seen = rng.choice([None, at(rng.randrange(6))])
            rows[f"{person} {value}"] = {"account": person, "kind": "device", "value": value, "first_seen": seen}
    return rows


def _moved(rng: random.Random) -> dict[str, dict[str, Any]]:
    rows = {}
    for i in rng.sample(range(16), 10):
        ends = {
            f"{end}{suffix}": value
            for end in ("source", "target")
            for suffix, value in zip(("_type", ""), _party(rng), strict=True)
        }
        rows[f"t{i}"] = {"transfer": f"t{i}", "at": rng.choice([None, at(rng.randrange(6))]), **ends}
    return rows


def _party(rng: random.Random) -> tuple[str, str]:
    kind = rng.choice(["account", "wallet"])
    return kind, rng.choice(TARGETS[kind])


def nodes(view: View) -> list[NodeRef]:
    """Every node that the network may have, whether the view sees it or not."""
    found = [NodeRef(NodeType(kind), key) for kind, names in TARGETS.items() for key in names]
    found += [NodeRef(NodeType.POST, f"x:p{i}") for i in (*range(2, 24), 99)]
    found += [NodeRef(NodeType.TICKER, key) for key in ("PEPE", LONG + "x")]
    found += [NodeRef(NodeType.HASHTAG, key) for key in ("gem", "x:same")]
    found += [NodeRef(NodeType.IDENTIFIER, f"device:d{i}") for i in range(3)]
    found += [NodeRef(NodeType.DOMAIN, "a.example"), NodeRef(NodeType.FINDING, "x:same")]
    return sorted(found, key=lambda node: (not view.has(node), node))


def questions(rng: random.Random, everyone: list[NodeRef], number: int) -> Iterator[dict[str, Any]]:
    """Arguments of :meth:`graph.store.View.neighbours`: some of everything."""
    yield {"limit": 10_000}
    for _ in range(number):
        asked: dict[str, Any] = {"limit": rng.randrange(12), "direction": rng.choice(["both", "both", "in", "out"])}
        if rng.random() < 0.3:
            asked["rels"] = rng.sample(list(Rel), 6)
        if rng.random() < 0.3:
            asked[rng.choice(["start", "end"])] = at(rng.randrange(6))
        if rng.random() < 0.5:
            asked["exclude"] = rng.sample(everyone, 4)
        yield asked
