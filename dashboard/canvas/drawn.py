"""A scene as vis-network draws it: pyvis's nodes, edges and options, and the badges and marks that are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyvis.network import Network

from dashboard.canvas import grammar, looks
from dashboard.canvas.facets import Line, facets_of
from dashboard.canvas.groups import Group
from dashboard.canvas.scene import More, Player, Scene
from dashboard.times import utc
from dashboard.untrusted import one_line
from graph.findings import Member
from graph.model import Account, NodeRef, NodeType, Post

GROUP = "group/"
"""Beginning of a group's id in the picture; no node type is named so."""
REST = "rest/"
"""Beginning of the id of what an expansion left out, where it is drawn as one."""
KEYS = (
    "Keys, when the picture has the focus: e expand · m menu · c collapse · h hide · p pin · g combine · s separate · "
    "w way between two · z undo · y redo · f fit · + − zoom · arrows move · Esc clear. Shift and drag draws a lasso."
)
OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},  # places are the server's, so that a picture looks the same twice
    "layout": {"randomSeed": 1, "improvedLayout": False},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "multiselect": True,
        "keyboard": {"enabled": False},
        "hideEdgesOnDrag": False,
        "selectConnectedEdges": False,
    },
    "edges": {"smooth": False},
}


def draw(scene: Scene, player: Player) -> Network:
    """The scene as a pyvis network, not to be changed; groups stand for their accounts. A scene is drawn once."""
    return player.known.drawing(scene, lambda: _drawn(scene, player))


def _drawn(scene: Scene, player: Player) -> Network:
    net = Network(directed=True)
    net.options = OPTIONS
    inside = grouping(scene)
    members = player.known.members
    single = [n for n in scene.nodes if n not in inside]
    accounts = {n.key: a for n in single if n.type is NodeType.ACCOUNT and (a := player.account(n.key))}
    posts = {p.post: p for p in player.view.posts([n.key for n in single if n.type is NodeType.POST])}
    nodes = [_node(n, scene, (accounts, posts, members)) for n in single]
    nodes += [_group(g, scene, members) for g in scene.groups]
    left = rests(scene)
    net.nodes = nodes + [_rest(name, more) for name, (_, more) in left.items()]
    net.edges = edges(scene.lines, inside) + [_to_rest(name, node, inside) for name, (node, _) in left.items()]
    return net


def badges(scene: Scene) -> dict[str, str]:
    """``shown/total`` of each expanded node, where not all is shown; a + where not all was read."""
    found = {}
    for node, more in scene.more.items():
        shown, total = sum(m.shown for m in more), sum(m.total for m in more)
        if shown < total or not all(m.whole for m in more):
            found[str(node)] = f"{shown:,}/{total:,}{'' if all(m.whole for m in more) else '+'}"
    return found


def rests(scene: Scene) -> dict[str, tuple[NodeRef, More]]:
    """What expansions left out and is drawn as one node each: by its id, whose neighbours they are, and how many."""
    return {f"{REST}{m.facet}/{n}": (n, m) for n, more in scene.more.items() for m in more if m.rest}


def group_menu(group: Group) -> list[dict[str, Any]]:
    """What can be done with accounts that are drawn as one."""
    return [
        {"words": f"show its {len(group.nodes):,} accounts", "event": {"do": "separate"}},
        {"words": "hide them", "event": {"do": "hide"}},
    ]


def rest_menu(more: More) -> list[dict[str, Any]]:
    """How to see some of those that an expansion left out."""
    return [{"words": f"show {_next(more):,} more of {more.total - more.shown:,}", "event": {"do": "expand"}}]


def _next(more: More) -> int:
    """How many the next step of an expansion brings."""
    return min(more.total - more.shown, more.asked.limit if more.asked else 25)


def menu(node: NodeRef, scene: Scene, player: Player) -> list[dict[str, Any]]:
    """What can be done with a node: ways on with their counts, then the rest."""
    items = []
    for facet, count in facets_of(player.view, node):
        known = next((m for m in scene.more.get(node, ()) if m.facet == facet.name), None)
        unit = " posts" if facet.through else ""
        event: dict[str, Any] = {"do": "facet", "facet": facet.name}
        items.append({"words": f"{facet.words} ({count:,}{unit})", "event": event})
        if known and known.shown < known.total:
            words = f"↳ {_next(known):,} more; {known.shown:,} of {known.total:,} shown"
            items.append({"words": words, "event": {**event, "more": True}})
    if node in scene.brought:
        items.append({"words": "collapse", "event": {"do": "collapse"}})
    pinned = node in scene.pinned
    items.append({"words": "let loose" if pinned else "pin here", "event": {"do": "unpin" if pinned else "pin"}})
    items.append({"words": "hide", "event": {"do": "hide"}})
    return items


def legend(scene: Scene, player: Player) -> dict[str, list[dict[str, Any]]]:
    """What shapes and lines mean, for those that occur, in the grammar's order."""
    members = player.known.members
    used = {looks.look_of(n, members) for n in scene.nodes}
    used |= {_group_look(g, members) for g in scene.groups} | ({grammar.GROUP} if rests(scene) else set())
    shapes = [
        look
        for look in (*grammar.ROLES.values(), *grammar.NODES.values(), grammar.GROUP, grammar.GROUP_FLAGGED)
        if look in used
    ]
    rels = sorted({line.rel for line in scene.lines})
    return {
        "nodes": [{"shape": k.shape, "fill": k.fill, "outline": k.outline, "words": k.name} for k in shapes],
        "lines": [
            {"colour": grammar.line_colour(r), "dashes": list(grammar.DASHES[r]), "words": grammar.words(r)}
            for r in rels
        ],
    }


def _node(
    node: NodeRef, scene: Scene, known: tuple[Mapping[str, Account], Mapping[str, Post], Mapping[str, Member]]
) -> dict[str, Any]:
    accounts, posts, members = known
    look = looks.look_of(node, members)
    x, y = scene.places[node]
    title = looks.title_of(node, accounts, posts, members.get(node.key))
    notes = [one_line(text, 300) for n, text in scene.notes if n == node]
    title += "".join(f"\nnote: {text}" for text in notes)
    title += "".join(f"\nnot shown: {m.rest}" for m in scene.more.get(node, ()) if m.rest)
    return {
        "id": str(node),
        "label": "\n".join([looks.label_of(node, accounts), *(f"✎ {_cut(text)}" for text in notes)]).strip(),
        "pinned": node in scene.pinned,
        "title": title,
        "shape": look.shape,
        "size": look.size,
        "borderWidth": look.width,
        "font": _FONT,
        "color": looks.colours(look),
        "x": x,
        "y": y,
    }


def _cut(text: str, most: int = 32) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _rest(name: str, more: More) -> dict[str, Any]:
    """Neighbours that are not drawn, as one node that says what they are."""
    look = grammar.GROUP
    left = more.total - more.shown
    return {
        "id": name,
        "label": more.rest.replace(": ", "\n", 1).replace(", ", "\n"),
        "title": f"not shown: {more.rest}\ndouble-click for {_next(more):,} more",
        "shape": look.shape,
        "size": round(min(look.size + left**0.5, 40), 1),
        "borderWidth": look.width,
        "font": _FONT,
        "color": looks.colours(look),
        "x": more.at[0],
        "y": more.at[1],
    }


def _to_rest(name: str, node: NodeRef, inside: Mapping[NodeRef, Group]) -> dict[str, Any]:
    return {
        "id": f"{name}|",
        "from": GROUP + inside[node].id if node in inside else str(node),
        "to": name,
        "title": "neighbours that are not drawn one by one",
        "color": _inked(grammar.GREY),
        "dashes": [1, 4],
        "width": 3,
    }


_FONT = {"size": 13, "face": "sans-serif", "strokeWidth": 3, "strokeColor": "#ffffff"}


def _group(group: Group, scene: Scene, members: Mapping[str, Member]) -> dict[str, Any]:
    """A group stands in the middle of its accounts, larger the more they are, in the colour of what it holds."""
    x, y = middle(group, scene)
    look = _group_look(group, members)
    return {
        "id": GROUP + group.id,
        "label": f"{len(group.nodes):,} accounts",
        "title": f"{one_line(group.about)}\ncombined by {group.by}: {one_line(group.what, 80)}",
        "shape": look.shape,
        "size": round(min(look.size + 3 * len(group.nodes) ** 0.5, 60), 1),
        "borderWidth": look.width,
        "font": _FONT,
        "color": looks.colours(look),
        "x": x,
        "y": y,
    }


def _group_look(group: Group, members: Mapping[str, Member]) -> grammar.Look:
    flagged = sum(n.key in members for n in group.nodes)
    return grammar.GROUP_FLAGGED if 2 * flagged >= len(group.nodes) else grammar.GROUP


def middle(group: Group, scene: Scene) -> tuple[float, float]:
    """Where a group stands: in the middle of its accounts."""
    xs, ys = zip(*(scene.places[n] for n in group.nodes), strict=True)
    return round(sum(xs) / len(xs), 1), round(sum(ys) / len(ys), 1)


def ends_of(line: Line, inside: Mapping[NodeRef, Group]) -> tuple[str, str]:
    """Ids that a line is drawn between: of a combined account, its group's."""
    source, target = (GROUP + inside[n].id if n in inside else str(n) for n in (line.source, line.target))
    return source, target


def edge_of(line: Line, inside: Mapping[NodeRef, Group]) -> str:
    """Id of the edge that a line is part of: lines of a group's accounts to the same node are one."""
    source, target = ends_of(line, inside)
    return f"{source}|{line.rel}|{target}|{int(line.folded)}"


def grouping(scene: Scene) -> dict[NodeRef, Group]:
    """The group that each combined account is in."""
    return {n: g for g in scene.groups for n in g.nodes}


def edges(lines: Iterable[Line], inside: Mapping[NodeRef, Group]) -> list[dict[str, Any]]:
    """Lines, those of a group's accounts to the same node as one."""
    joined: dict[str, list[Line]] = {}
    for line in lines:
        source, target = ends_of(line, inside)
        if source != target:
            joined.setdefault(edge_of(line, inside), []).append(line)
    return [_line(name, lines, ends_of(lines[0], inside)) for name, lines in joined.items()]


def _line(name: str, lines: Sequence[Line], ends: tuple[str, str]) -> dict[str, Any]:
    rel, weight = lines[0].rel, sum(line.weight for line in lines)
    firsts = [line.first for line in lines if line.first]
    lasts = [line.last for line in lines if line.last]
    when = f"\n{utc(min(firsts))} to {utc(max(lasts))}" if firsts else ""
    dashes = grammar.DASHES[rel]
    return {
        "id": name,
        "from": ends[0],
        "to": ends[1],
        "title": f"{grammar.words(rel)}{f', {weight:,} times' if weight > 1 else ''}"
        f"{' (through posts that are not drawn)' if lines[0].folded else ''}{when}",
        "color": _inked(grammar.line_colour(rel)),
        "dashes": list(dashes) or False,
        "width": round(min(1.2 * weight**0.5, 8), 2),
        "arrows": {"to": {"enabled": rel in grammar.ARROWS, "scaleFactor": 0.6}},
    }


def _inked(colour: str) -> dict[str, Any]:
    """A line keeps its colour under the pointer."""
    return {"color": colour, "hover": colour, "highlight": colour, "opacity": 0.6}
