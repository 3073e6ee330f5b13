"""The picture on the page: what goes to the browser, and what its events come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.canvas import commands as c
from dashboard.canvas import drawn
from dashboard.canvas.looks import label_of
from dashboard.canvas.scene import Player, Scene
from graph.errors import RecordInvalid
from graph.model import NodeRef, NodeType

NAME = "lockstep-graph.canvas"
HEIGHT = 620
_MOST = 1_000  # nodes that one event may name
_FAR = 1e6  # pixels
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
    menu: str = "",
    dark: bool = False,
    height: int = HEIGHT,
    film: Mapping[str, Any] | None = None,
    heard: Callable[[], None],
) -> None:
    """Put the picture on the page; ``heard`` is called after each event, which the session's state has by the key.

    ``film`` is what :mod:`dashboard.canvas.film` makes, where spans of the picture are shown in the browser.
    """
    net = drawn.draw(scene, player)
    data: dict[str, Any] = {
        "nodes": net.nodes,
        "edges": net.edges,
        "options": net.options,
        "badges": drawn.badges(scene),
        "marked": [str(n) for n in scene.marked if n in scene.nodes],
        "selected": _drawn_as(selected, scene),
        "menu": _menu(menu, scene, player, turn),
        "fit": _opened(scene),
        "turn": turn,
        "dark": dark,
        "height": height,
        "keys": drawn.KEYS,
        "legend": drawn.legend(scene, player),
        "film": film,
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


def command_of(event: Mapping[str, Any], scene: Scene) -> c.Command | None:  # noqa: C901, PLR0911, PLR0912 - one line an event
    """The command that an event of the picture asks for; None where it asks for none that can be done."""
    nodes = nodes_of(event, scene)
    match event.get("do"), nodes:
        case "expand", _ if _group(event, scene):
            return c.Separate(_group(event, scene))
        case "expand", (node, *_) if node.type in FIRST_FACET:
            return c.Expand(node, FIRST_FACET[node.type])
        case "expand", ():
            return _more_of_rest(event, scene)
        case "facet", (node, *_) if event.get("more") is True:
            return _more(node, str(event.get("facet")), scene)
        case "facet", (node, *_):
            return c.Expand(node, str(event.get("facet")))
        case "collapse", (node, *_):
            return c.Collapse(node)
        case "hide", (_, *_):
            return c.Hide(nodes)
        case "pin", (node,):
            return c.Unpin(node) if node in scene.pinned else c.Pin(node, *scene.places[node])
        case "pin", (_, *_):
            return _put({n: scene.places[n] for n in nodes})
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


def _more(node: NodeRef, facet: str, scene: Scene) -> c.Command | None:
    """The next neighbours of a facet, in the way they were asked for last."""
    for more in scene.more.get(node, ()):
        if more.facet == facet and more.asked and more.shown < more.total:
            return replace(more.asked, skip=max(more.shown, 1))
    return None


def _more_of_rest(event: Mapping[str, Any], scene: Scene) -> c.Command | None:
    left = drawn.rests(scene)
    return next((_more(left[n][0], left[n][1].facet, scene) for n in _list(event.get("nodes")) if n in left), None)


def _moved(event: Mapping[str, Any], scene: Scene) -> c.Command | None:
    """What was dragged is pinned where it was left; a group's accounts move with it."""
    places = event.get("places")
    groups = {drawn.GROUP + g.id: g for g in scene.groups}
    found: dict[NodeRef, tuple[float, float]] = {}
    for place in places[:_MOST] if isinstance(places, list) else ():
        match place:
            case [str(name), int() | float() as x, int() | float() as y] if abs(x) < _FAR and abs(y) < _FAR:
                if name in groups:
                    left, top = drawn.middle(groups[name], scene)
                    at = scene.places
                    found |= {n: (at[n][0] + x - left, at[n][1] + y - top) for n in groups[name].nodes}
                found |= {node: (float(x), float(y)) for node in _node(name) if node in scene.nodes}
    return _put(found)


def _put(places: Mapping[NodeRef, tuple[float, float]]) -> c.Command | None:
    if len(places) == 1:
        return next(c.Pin(node, x, y) for node, (x, y) in places.items())
    xs, ys = (tuple(round(p[i], 1) for p in places.values()) for i in (0, 1))
    return c.Move(tuple(places), xs, ys) if places else None


def first_of(event: Mapping[str, Any]) -> str:
    """Id in the picture of the first that an event names."""
    return next(iter(_list(event.get("nodes"))), "")


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


def _drawn_as(nodes: Sequence[NodeRef], scene: Scene) -> list[str]:
    """Ids in the picture: of what is combined, its group's."""
    inside = drawn.grouping(scene)
    return list(dict.fromkeys(drawn.GROUP + inside[n].id if n in inside else str(n) for n in nodes))


def _menu(name: str, scene: Scene, player: Player, turn: int) -> dict[str, Any] | None:
    """The menu of what has this id in the picture: a node, a group, or what was left out."""
    made: dict[str, Any] = {"node": name, "turn": turn}
    for group in scene.groups:
        if name == drawn.GROUP + group.id:
            return {**made, "title": group.about, "items": drawn.group_menu(group)}
    if left := drawn.rests(scene).get(name):
        return {**made, "title": left[1].rest, "items": drawn.rest_menu(left[1])}
    for node in _node(name):
        if node in scene.nodes:
            account = player.account(node.key) if node.type is NodeType.ACCOUNT else None
            title = label_of(node, {node.key: account} if account else {}) or str(node.type)
            return {**made, "title": title, "items": drawn.menu(node, scene, player)}
    return None


def _opened(scene: Scene) -> str:
    """What the picture was opened with: it is fitted into the frame anew when that changes, and never otherwise."""
    return ",".join(scene.findings) or next((str(n) for n in scene.nodes), "")
