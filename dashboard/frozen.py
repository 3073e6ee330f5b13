"""A frozen picture as it is drawn again: from a snapshot's content alone, so that nothing in it can have changed since.

Pure functions from the content to rows and to what vis-network draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.mine import called
from dashboard.canvas import grammar, layout, looks
from dashboard.untrusted import one_line, visible
from dashboard.views import Row
from graph.findings import Role
from graph.model import Edge, NodeRef, NodeType, Rel, Subgraph

MOST = 400
"""Nodes that are drawn; members first, posts last."""
_LABEL = 22


def drawn(content: Mapping[str, Any]) -> tuple[list[Row], list[Row], str]:
    """Nodes and lines as they are drawn, where they stood when it was frozen; and what is left out, in words."""
    known = {str(n["id"]): n for n in content["nodes"]}
    order = sorted(known, key=lambda i: known[i]["kind"] == NodeType.POST)
    kept = order[:MOST]
    edges = [e for e in content["edges"] if e["source"] in known and e["target"] in known]
    places = _places(kept, edges, content.get("layout") or {})
    roles = {str(m["account"]): Role(m["role"]) for m in content["finding"]["members"]}
    nodes = [_node(known[i], places[i], roles) for i in kept]
    lines = [_line(n, e) for n, e in enumerate(edges) if e["source"] in places and e["target"] in places]
    left = len(order) - len(kept)
    return nodes, lines, f"{left:,} of {len(order):,} nodes are not drawn" if left else ""


def _places(
    kept: Sequence[str], edges: Sequence[Mapping[str, Any]], stood: Mapping[str, Sequence[float]]
) -> dict[str, tuple[float, float]]:
    """Where they stood; what the picture did not show is laid out beside it."""
    found = {i: (float(stood[i][0]), float(stood[i][1])) for i in kept if i in stood}
    rest = [i for i in kept if i not in found]
    if not rest:
        return found
    refs = {i: NodeRef(NodeType.POST, i) for i in rest}
    among = tuple(
        Edge(refs[e["source"]], Rel.INVOLVES, refs[e["target"]])
        for e in edges
        if e["source"] in refs and e["target"] in refs
    )
    made = layout.places(Subgraph(tuple(refs.values()), among))
    shift = max((x for x, _ in found.values()), default=0.0) + (300.0 if found else 0.0)
    least = min((p[0] for p in made.values()), default=0.0)
    return found | {i: (p[0] - least + shift, p[1]) for i, p in ((i, made[refs[i]]) for i in rest)}


def _node(node: Mapping[str, Any], place: tuple[float, float], roles: Mapping[str, Role]) -> Row:
    kind = NodeType(node["kind"])
    key = str(node["id"]).partition("/")[2]
    look = grammar.ROLES[roles[key]] if kind is NodeType.ACCOUNT and key in roles else grammar.NODES[kind]
    text = one_line(str(node["label"]))
    short = "" if kind is NodeType.POST else text[: _LABEL - 1] + "…" if len(text) > _LABEL else text
    return {
        "id": node["id"],
        "label": short,
        "title": f"{kind}: {one_line(str(node['label']), 200)}\n{look.name}",
        "shape": look.shape,
        "size": look.size,
        "borderWidth": look.width,
        "color": looks.colours(look),
        "font": {"size": 13, "face": "sans-serif", "strokeWidth": 3, "strokeColor": "#ffffff"},
        "x": place[0],
        "y": place[1],
    }


def _line(number: int, edge: Mapping[str, Any]) -> Row:
    rel = Rel(edge["kind"])
    colour = grammar.line_colour(rel)
    dashes = grammar.DASHES[rel]
    return {
        "id": f"line-{number}",
        "from": edge["source"],
        "to": edge["target"],
        "title": grammar.words(rel),
        "width": 1,
        "dashes": list(dashes) or False,
        "color": {"color": colour, "hover": colour, "highlight": colour},
    }


def post_rows(content: Mapping[str, Any]) -> list[Row]:
    """The posts as they were captured."""
    return [
        {
            "Created": str(p.get("created_at") or ""),
            "Account": one_line(str(p.get("account") or ""), 100),
            "Text as captured": visible(str(p.get("text") or "(none)"), 2_000),
            "Post": one_line(str(p["id"]), 100),
            "Captured": str(p.get("recorded_at") or ""),
        }
        for p in content["posts"]
    ]


def evidence_rows(content: Mapping[str, Any]) -> list[Row]:
    """What was measured."""
    return [
        {
            "Evidence": e["id"],
            "Measure": one_line(str(e["measure"]), 300),
            "Value": e["value"],
            "Expected": e["expected"],
            "Unit": one_line(str(e["unit"]), 40),
        }
        for e in content["finding"]["evidence"]
    ]


def facts(content: Mapping[str, Any]) -> list[str]:
    """When, by whom and from what it was frozen."""
    finding = content["finding"]
    found = [
        (
            f"Frozen {content['taken_at'][:19].replace('T', ' ')} UTC"
            f" by {one_line(called(str(content['taken_by'])), 80)}, from commit"
            f" {content['store']['data_cut']:,}, by version {one_line(str(content['program']), 40)} of this program"
        ),
        (
            f"{one_line(str(finding['detector']), 60)} {one_line(str(finding['version']), 40)}:"
            f" {len(content['nodes']):,} nodes, {len(content['edges']):,} edges, {len(content['posts']):,} posts,"
            f" {len(content['market']):,} candles, {len(content['commands']):,} steps of the picture"
        ),
    ]
    return found + [f"Left out: {one_line(str(line), 300)}" for line in content["left_out"]]
