"""What a finding rests on, read from the graph as it is at one commit: accounts, posts, links, and the market."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from detectors.trading.reading import candles
from graph.explore import short_identifier
from graph.findings import Finding, to_json
from graph.model import NodeRef, NodeType, Post
from graph.store import View

FORMAT = 1
POSTS, NODES, CANDLES = 5_000, 2_000, 2_000
"""What is captured of a finding, at most; what was left out is said."""
_NEAR = timedelta(hours=1)  # of the market, before and after the window


def gather(view: View, finding: Finding) -> dict[str, Any]:
    """All that there is to keep of a finding; the same view and finding give the same.

    Returns
    -------
    dict
        ``finding``, ``nodes``, ``edges``, ``posts``, ``market``, ``store`` and ``left_out``, ready for JSON.
    """
    left_out: list[str] = []
    nodes = _nodes(finding, left_out)
    posts = [_post(view, p) for p in view.posts([n.key for n in nodes if n.type is NodeType.POST])]
    for post, events in zip(posts, _events(view, [p["id"] for p in posts]), strict=True):
        post["events"] = events
    shown = view.subgraph(nodes)
    return {
        "format": FORMAT,
        "program": importlib.metadata.version("lockstep-graph"),
        "finding": plain(finding),
        "nodes": [_node(view, n) for n in shown.nodes],
        "edges": [_edge(e) for e in shown.edges],
        "posts": posts,
        "market": _market(view, finding, left_out),
        "store": {"data_cut": view.seq},
        "left_out": left_out,
    }


def plain(finding: Finding) -> dict[str, Any]:
    """A finding as JSON holds it, its evidence numbered ``E1``, ``E2`` … and named so wherever it is referred to."""
    raw: dict[str, Any] = orjson.loads(to_json(finding))
    names = {e.ref: f"E{n}" for n, e in enumerate(finding.evidence, 1)}
    raw["evidence"] = [{**e, "id": f"E{n}"} for n, e in enumerate(raw["evidence"], 1)]
    raw["rests_on"] = [names[r] for r in finding.rests_on]
    for member, told in zip(raw["members"], finding.members, strict=True):
        member["evidence"] = [names[r] for r in told.evidence]
    return raw


def _nodes(finding: Finding, left_out: list[str]) -> list[NodeRef]:
    """Members first, then what the evidence names, each once; of many posts the first ones."""
    named = [NodeRef(NodeType.ACCOUNT, m.account) for m in finding.members]
    named += [n for e in finding.evidence for n in e.nodes]
    named += [NodeRef(NodeType.TICKER, t) for t in finding.tickers] + [NodeRef(NodeType.LINK, u) for u in finding.links]
    every = list(dict.fromkeys(named))
    kept: list[NodeRef] = []
    for is_post, most, what in ((False, NODES, "accounts and objects"), (True, POSTS, "posts")):
        some = [n for n in every if (n.type is NodeType.POST) is is_post]
        kept += some[:most]
        if len(some) > most:
            left_out.append(f"{len(some) - most} of {len(some)} {what} of the evidence")
    return kept


def _node(view: View, node: NodeRef) -> dict[str, Any]:
    told: dict[str, Any] = {"id": str(node), "kind": str(node.type), "label": node.key}
    if node.type is NodeType.ACCOUNT and (account := view.account(node.key)) is not None:
        told |= {f.name: _value(getattr(account, f.name)) for f in fields(account)}
        told["label"] = account.handle or node.key
    if node.type is NodeType.IDENTIFIER and (short := short_identifier(node.key)):
        told["label"] = "{} #{}".format(*short)
    return told


def _edge(edge: Any) -> dict[str, Any]:
    return {"source": str(edge.source), "target": str(edge.target), "kind": str(edge.rel), "at": _value(edge.at)}


def _post(view: View, post: Post) -> dict[str, Any]:
    told = {f.name: _value(getattr(post, f.name)) for f in fields(post)}
    told["id"] = told.pop("post")
    versions = view.history("posts", {"post": post.post})
    recorded = versions[-1]["recorded_at"] if versions else None
    return told | {"recorded_at": _value(recorded), "versions": len(versions)}


def _events(view: View, posts: Sequence[str]) -> list[list[dict[str, Any]]]:
    """What the platform said became of each post: edited, deleted, restored; the oldest first."""
    found: dict[str, list[dict[str, Any]]] = {post: [] for post in posts}
    wanted = pa.array(list(found), pa.string())
    for batch in view.scan("post_events") if found else ():
        for row in batch.filter(pc.is_in(batch.column("post"), wanted)).to_pylist():
            found[row["post"]].append({"kind": row["kind"], "at": _value(row["at"]), "text": row["text"]})
    return [sorted(found[post], key=lambda e: (e["at"], e["kind"])) for post in posts]


def _market(view: View, finding: Finding, left_out: list[str]) -> list[dict[str, Any]]:
    if not finding.tickers:
        return []
    start, end = finding.window.start - _NEAR, finding.window.end + _NEAR
    rows = []
    for s in candles(view.data_dir, start=start, end=end, bases=finding.tickers):
        told = {"venue": s.venue, "base": s.base, "quote": s.quote, "interval_s": s.interval / 1e6}
        for at, *prices in zip(*(x.tolist() for x in (s.at, s.open, s.high, s.low, s.close, s.volume)), strict=True):
            moment = datetime.fromtimestamp(at / 1e6, UTC)
            named = dict(zip(("open", "high", "low", "close", "volume"), prices, strict=True))
            rows.append({**told, "at": _value(moment), **named})
    if len(rows) > CANDLES:
        left_out.append(f"{len(rows) - CANDLES} of {len(rows)} candles around the finding's window")
    return rows[:CANDLES]


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return list(value) if isinstance(value, tuple) else value


def with_captured(gathered: Mapping[str, Any], captured: Mapping[str, Any]) -> dict[str, Any]:
    """What was gathered now, with what is gone or was changed since as an earlier capture has it.

    Of a capture that was made for another finding of the same ring, only what this finding names is taken.
    """
    named = _named(gathered["finding"])
    if captured["finding"]["id"] == gathered["finding"]["id"]:
        named |= _named(captured["finding"])
    then = {p["id"]: p for p in captured["posts"] if f"{NodeType.POST}/{p['id']}" in named}
    posts = []
    for post in gathered["posts"]:
        before = then.pop(post["id"], None)
        if before is not None and before["text"] is not None and before["text"] != post["text"]:
            posts.append({**before, "events": post["events"], "as_captured": True, "text_now": post["text"]})
        else:
            posts.append(post)
    posts += [{**p, "as_captured": True, "text_now": None} for p in then.values()]
    there = {n["id"] for n in gathered["nodes"]}
    lost = [n for n in captured["nodes"] if n["id"] in named - there]
    ends = {_ends(e) for e in gathered["edges"]}
    edges = [e for e in captured["edges"] if _ends(e) not in ends and {e["source"], e["target"]} <= named]
    return {
        **gathered,
        "posts": posts,
        "nodes": [*gathered["nodes"], *({**n, "as_captured": True} for n in lost)],
        "edges": [*gathered["edges"], *({**e, "as_captured": True} for e in edges)],
    }


def _named(told: Mapping[str, Any]) -> set[str]:
    """Nodes that a finding names, as :func:`plain` tells it."""
    found = {f"{NodeType.ACCOUNT}/{m['account']}" for m in told["members"]}
    found |= {f"{NodeType.TICKER}/{t}" for t in told["tickers"]} | {f"{NodeType.LINK}/{u}" for u in told["links"]}
    return found | {f"{kind}/{key}" for e in told["evidence"] for kind, key in e["nodes"]}


def _ends(edge: Mapping[str, Any]) -> tuple[str, str, str, str | None]:
    return edge["source"], edge["target"], edge["kind"], edge["at"]
