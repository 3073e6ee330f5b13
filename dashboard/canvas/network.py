"""A finding's evidence as a picture: nodes and relations in the common grammar, laid out the same way every time."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyvis.network import Network

from dashboard.canvas import grammar, html, layout
from dashboard.untrusted import one_line, visible
from dashboard.views import utc
from graph.findings import Finding, Member
from graph.model import Account, Edge, NodeRef, NodeType, Post, Subgraph, unscoped
from graph.store import View

MAX_NODES = 300
HEIGHT = 560  # pixels, without the legend
_FIELD = (660.0, 480.0)  # pixels of the picture that nodes take
_NAME = 22  # characters of a label
_OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},  # positions are computed here, so that a picture looks the same twice
    "layout": {"randomSeed": 1, "improvedLayout": False},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "multiselect": True,
        "keyboard": {"enabled": False},
        "zoomView": False,
        "navigationButtons": True,
    },
    "edges": {"smooth": False},
}


@dataclass(frozen=True)
class Picture:
    """A self-contained page, and what it leaves out."""

    html: str
    height: int
    shown: int
    total: int
    left_out: Mapping[NodeType, int] = field(default_factory=dict)
    alt: str = ""

    @property
    def note(self) -> str:
        """What the picture leaves out, in a sentence; empty where it shows everything."""
        if not self.left_out:
            return ""
        parts = ", ".join(f"{n:,} {kind}{'' if n == 1 else 's'}" for kind, n in self.left_out.items())
        return f"{self.shown:,} of {self.total:,} nodes drawn; left out: {parts}. The tables below show all of them."


def draw(view: View, finding: Finding, nodes: Sequence[NodeRef]) -> Picture:
    """The picture of these nodes of a finding, its members included.

    At most :data:`MAX_NODES` are drawn: members first, then what they have in common (tickers, links, identifiers …),
    then other accounts, then posts; each in the order given.
    """
    wanted = list(dict.fromkeys([*(NodeRef(NodeType.ACCOUNT, a) for a in finding.accounts), *nodes]))
    members = set(finding.accounts)
    wanted.sort(key=lambda n: _turn(n, members))
    sub = view.subgraph(wanted[:MAX_NODES])
    left_out: dict[NodeType, int] = {}
    for node in wanted[MAX_NODES:]:
        left_out[node.type] = left_out.get(node.type, 0) + 1
    accounts = {n.key: a for n in sub.nodes if n.type is NodeType.ACCOUNT and (a := view.account(n.key))}
    posts = {p.post: p for p in view.posts([n.key for n in sub.nodes if n.type is NodeType.POST])}
    net = build(sub, finding, accounts, posts)
    legend = html.legend(looks(sub, finding), sorted({e.rel for e in sub.edges}))
    alt = f"Evidence graph: {len(sub.nodes)} nodes, {len(sub.edges)} relations. The tables hold the same facts."
    return Picture(html.page(net, legend), HEIGHT + html.LEGEND_HEIGHT, len(sub.nodes), len(wanted), left_out, alt)


def _turn(node: NodeRef, members: set[str]) -> int:
    if node.type is NodeType.ACCOUNT:
        return 0 if node.key in members else 2
    return 3 if node.type is NodeType.POST else 1


def build(sub: Subgraph, finding: Finding, accounts: Mapping[str, Account], posts: Mapping[str, Post]) -> Network:
    """A pyvis network of the sub-graph."""
    net = Network(height=f"{HEIGHT}px", width="100%", directed=True, cdn_resources="in_line")
    net.options = _OPTIONS
    places = layout.places(sub)
    zoom = _zoom(list(places.values()))
    members = {m.account: m for m in finding.members}
    for node in sub.nodes:
        look = look_of(node, members)
        x, y = places[node]
        net.add_node(
            str(node),
            label=label_of(node, accounts),
            title=title_of(node, accounts, posts, members.get(node.key)),
            shape=look.shape,
            size=round(look.size * zoom**0.7, 1),
            borderWidth=look.width,  # pixels of the screen, whatever the zoom
            font={
                "size": round(13 * zoom),
                "face": "sans-serif",
                "strokeWidth": round(3 * zoom),
                "strokeColor": "#ffffff",
            },
            color=_colours(look),
            x=x,
            y=y,
        )
    net.edges = [line(e, zoom) for e in dict.fromkeys(sub.edges)]  # add_edge compares with every edge there is
    return net


def _colours(look: grammar.Look) -> dict[str, Any]:
    """A node keeps its colour under the pointer: colour says what it is."""
    plain = {"background": look.fill, "border": look.outline}
    return {**plain, "hover": plain, "highlight": plain}


def _zoom(places: Sequence[layout.Place]) -> float:
    """How much larger than life things are drawn, so that they can be read when all of the picture is fitted in."""
    if not places:
        return 1.0
    width, height = (max(p[i] for p in places) - min(p[i] for p in places) for i in (0, 1))
    return round(max(1.0, width / _FIELD[0], height / _FIELD[1]), 2)


def looks(sub: Subgraph, finding: Finding) -> list[grammar.Look]:
    """The looks that occur, in the grammar's order."""
    members = {m.account: m for m in finding.members}
    used = {look_of(n, members) for n in sub.nodes}
    return [look for look in (*grammar.ROLES.values(), *grammar.NODES.values()) if look in used]


def look_of(node: NodeRef, members: Mapping[str, Member]) -> grammar.Look:
    """How a node is drawn: a member by its role, anything else by its type."""
    if node.type is NodeType.ACCOUNT and node.key in members:
        return grammar.ROLES[members[node.key].role]
    return grammar.NODES[node.type]


def label_of(node: NodeRef, accounts: Mapping[str, Account]) -> str:
    """Short name beside a node; posts have none, their text is in the pop-up."""
    if node.type is NodeType.POST:
        return " "  # pyvis puts the key where there is nothing
    if node.type is NodeType.ACCOUNT:
        known = accounts.get(node.key)
        return _short(f"@{known.handle}" if known and known.handle else unscoped(node.key)[1] or node.key)
    prefix = {NodeType.TICKER: "$", NodeType.HASHTAG: "#"}.get(node.type, "")
    key = node.key.partition("://")[2] if node.type is NodeType.LINK and "://" in node.key else node.key
    return _short(prefix + key)


def title_of(
    node: NodeRef, accounts: Mapping[str, Account], posts: Mapping[str, Post], member: Member | None = None
) -> str:
    """Lines of the pop-up; plain text."""
    lines = [f"{node.type}: {one_line(node.key, 200)}"]
    if node.type is NodeType.ACCOUNT:
        known = accounts.get(node.key)
        if known and known.handle:
            lines.append(f"@{one_line(known.handle, 60)}")
        if known and known.created_at:
            lines.append(f"created {utc(known.created_at)}")
        if member:
            own = "evidence of its own" if member.evidence else "no evidence of its own"
            lines.append(f"{member.role}, uncalibrated rank {member.score:.2f}, {own}")
    post = posts.get(node.key) if node.type is NodeType.POST else None
    if post:
        lines += [utc(post.created_at), *_wrapped(visible(post.text or "(not loaded, or removed)", 280))]
    return "\n".join(lines)


def line(edge: Edge, zoom: float = 1.0) -> dict[str, Any]:
    """One relation as vis-network draws it."""
    dashes = grammar.DASHES[edge.rel]
    return {
        "from": str(edge.source),
        "to": str(edge.target),
        "title": f"{grammar.words(edge.rel)}\n{utc(edge.at)}",
        "color": {"color": grammar.line_colour(edge.rel), "opacity": 0.55},
        "dashes": [round(d * zoom) for d in dashes] or False,
        "width": 1.2 * zoom,
        "arrows": {"to": {"enabled": edge.rel in grammar.ARROWS, "scaleFactor": 0.6}},
    }


def _short(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"


def _wrapped(text: str, width: int = 60) -> list[str]:
    return [part for row in text.splitlines() for part in textwrap.wrap(row, width)]
