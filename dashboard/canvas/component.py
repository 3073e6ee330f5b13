"""The picture on the page: what goes to the browser, and what its events come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.canvas import commands as c
from dashboard.canvas import drawn
from dashboard.canvas.scene import Player, Scene
from graph.errors import RecordInvalid
from graph.model import NodeRef, NodeType

NAME = "lockstep-graph.canvas"
HEIGHT = 620
_MOST = 1_000  # nodes that one event may name
FIRST_FACET: Mapping[NodeType, str] = {
    NodeType.ACCOUNT: "tickers",
    NodeType.TICKER: "accounts",
    NodeType.LINK: "accounts",
    NodeType.HASHTAG: "accounts",
    NodeType.POST: "author",
    NodeType.IDENTIFIER: "users",
    NodeType.WALLET: "transfers",
    NodeType.DOMAIN: "pages",
}
"""Where a double click goes on from a node."""


def show(
    scene: Scene,
    player: Player,
    *,
    key: str,
    turn: int,
    selected: Sequence[NodeRef] = (),
    menu: NodeRef | None = None,
    dark: bool = False,
    height: int = HEIGHT,
    heard: Callable[[], None],
) -> None:
    """Put the picture on the page; ``heard`` is called after each event, which the session's state has by the key."""
    net = drawn.draw(scene, player)
    data: dict[str, Any] = {
        "nodes": net.nodes,
        "edges": net.edges,
        "options": net.options,
        "badges": drawn.badges(scene),
        "marked": [str(n) for n in scene.marked if n in scene.nodes],
        "selected": [str(n) for n in selected],
        "menu": _menu(menu, scene, player, turn),
        "fit": _opened(scene),
        "turn": turn,
        "dark": dark,
        "height": height,
        "keys": drawn.KEYS,
        "legend": drawn.legend(scene, player),
        "alt": f"Graph: {len(scene.nodes):,} nodes, {len(scene.lines):,} lines; the tables hold the same facts",
    }
    _mount(key, data, heard)


def show_map(
    nodes: Sequence[Mapping[str, Any]],
    edges: Sequence[Mapping[str, Any]],
    *,
    key: str,
    alt: str,
    words: str,
    dark: bool = False,
    height: int = 420,
    heard: Callable[[], None],
) -> None:
    """Put a picture of other things than the graph's nodes on the page; only clicks on nodes mean something."""
    data: dict[str, Any] = {
        "nodes": list(nodes),
        "edges": list(edges),
        "options": drawn.OPTIONS,
        "badges": {},
        "marked": [],
        "selected": [],
        "menu": None,
        "fit": str(len(nodes)),
        "turn": 0,
        "dark": dark,
        "height": height,
        "keys": words,
        "legend": {"nodes": [], "lines": []},
        "alt": alt,
    }
    _mount(key, data, heard)


def _mount(key: str, data: Mapping[str, Any], heard: Callable[[], None]) -> None:
    picture = st.components.v2.component(NAME, css="canvas.css", js="canvas.js")
    picture(key=key, data=dict(data), on_event_change=heard)


def nodes_of(event: Mapping[str, Any], scene: Scene) -> tuple[NodeRef, ...]:
    """The nodes that an event names, a group's accounts for a group; what is not shown is left out."""
    groups = {drawn.GROUP + g.id: g.nodes for g in scene.groups}
    found: dict[NodeRef, None] = {}
    for name in _list(event.get("nodes")):
        for node in groups.get(name) or _node(name):
            if node in scene.nodes:
                found[node] = None
    return tuple(found)


def command_of(event: Mapping[str, Any], scene: Scene) -> c.Command | None:  # noqa: C901, PLR0911 - one line an event
    """The command that an event of the picture asks for; None where it asks for none that can be done."""
    nodes = nodes_of(event, scene)
    match event.get("do"), nodes:
        case "expand", (node, *_) if node.type in FIRST_FACET:
            return c.Expand(node, FIRST_FACET[node.type])
        case "facet", (node, *_):
            return c.Expand(node, str(event.get("facet")), skip=_number(event.get("skip")))
        case "collapse", (node, *_):
            return c.Collapse(node)
        case "hide", (_, *_):
            return c.Hide(nodes)
        case "pin", (node, *_):
            return c.Unpin(node) if node in scene.pinned else c.Pin(node, *scene.places[node])
        case "unpin", (node, *_):
            return c.Unpin(node)
        case "move", _:
            return _moved(event, scene)
        case "combine", _:
            return c.Combine("chosen", nodes) if len(nodes) > 1 else c.Combine("ring")
        case "separate", _:
            return c.Separate(_group(event, scene))
        case "path", (source, target):
            return c.Path(source, target)
    return None


def _moved(event: Mapping[str, Any], scene: Scene) -> c.Command | None:
    """A dragged node is pinned where it was left; of several, the first."""
    for place in event.get("places") or ():
        match place:
            case [str(name), int() | float() as x, int() | float() as y]:
                for node in _node(name):
                    if node in scene.nodes:
                        return c.Pin(node, float(x), float(y))
    return None


def _group(event: Mapping[str, Any], scene: Scene) -> str:
    names = {drawn.GROUP + g.id: g.id for g in scene.groups}
    return next((names[n] for n in _list(event.get("nodes")) if n in names), "")


def _list(value: Any) -> list[str]:
    return [v for v in value[:_MOST] if isinstance(v, str)] if isinstance(value, list) else []


def _node(name: str) -> tuple[NodeRef, ...]:
    try:
        return (NodeRef.parse(name),)
    except RecordInvalid:
        return ()


def _number(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 1_000_000 else 0


def _menu(node: NodeRef | None, scene: Scene, player: Player, turn: int) -> dict[str, Any] | None:
    if node is None or node not in scene.nodes:
        return None
    from dashboard.canvas.looks import label_of

    account = player.account(node.key) if node.type is NodeType.ACCOUNT else None
    title = label_of(node, {node.key: account} if account else {})
    return {"node": str(node), "title": title, "items": drawn.menu(node, scene, player), "turn": turn}


def _opened(scene: Scene) -> str:
    """What the picture was opened with: it is fitted into the frame anew when that changes, and never otherwise."""
    return ",".join(scene.findings) or next((str(n) for n in scene.nodes), "")
