"""A snapshot's network as SVG: nodes where the analyst saw them, drawn by :mod:`cases.package.grammar`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from cases.package import grammar
from cases.package.paper import environment
from cases.untrusted import one_line

WIDTH, HEIGHT, EDGE = 960.0, 620.0, 60.0
_LABEL = 22  # characters of a name
_NAMED = 200  # nodes that room for a name is looked for, the largest first
_LETTER, _LINE = 7.8, 15.0  # room of a letter, of a line
Place = dict[str, tuple[float, float]]
Box = tuple[float, float, float, float]


def svg(snapshot: Mapping[str, Any], say: Callable[[str], str] = str) -> str:
    """A snapshot's picture.

    Parameters
    ----------
    say : callable
        What becomes of a name before it is written, where the letters at hand are few.
    """
    return environment().get_template("picture.svg.j2").render(drawing(snapshot, say))


def drawing(snapshot: Mapping[str, Any], say: Callable[[str], str] = str) -> dict[str, Any]:
    """What is drawn where: nodes, lines, names, and the legend of what occurs."""
    roles = {m["account"]: m["role"] for m in snapshot["finding"]["members"]}
    nodes = sorted(snapshot["nodes"], key=lambda n: n["id"])
    places, height = _fitted(_places(nodes, snapshot["layout"]))
    drawn, taken = [], []
    for node in nodes:
        looks = grammar.look(node["kind"], roles.get(_key(node), ""))
        x, y = places[node["id"]]
        points = grammar.outline(looks.shape, x, y, _size(looks, len(nodes)))
        drawn.append({"x": x, "y": y, "r": _size(looks, len(nodes)), "look": looks, "points": points, "node": node})
        taken.append((x - drawn[-1]["r"], y - drawn[-1]["r"], x + drawn[-1]["r"], y + drawn[-1]["r"]))
    names, unnamed = _names(drawn, taken, height, say)
    drawn.sort(key=lambda d: -d["r"])
    return {
        "width": WIDTH,
        "height": height,
        "nodes": drawn,
        "lines": _lines(snapshot["edges"], places),
        "names": names,
        "unnamed": unnamed,
        "legend": _legend(drawn),
        "relations": sorted({e["kind"] for e in snapshot["edges"]}),
        "dashes": grammar.DASHES,
        "colours": grammar.LINES,
        "grey": grammar.GREY,
    }


def _key(node: Mapping[str, Any]) -> str:
    return str(node["id"]).partition("/")[2]


def _size(looks: grammar.Look, count: int) -> float:
    return looks.size * (0.75 if count <= 40 else 0.5 if count <= 150 else 0.3)


def _places(nodes: list[Mapping[str, Any]], layout: Mapping[str, Any]) -> Place:
    """Where the snapshot says; what has no place stands on a ring around the others, in order."""
    found: Place = {}
    for node in nodes:
        at = layout.get(node["id"])
        if isinstance(at, list | tuple) and len(at) == 2 and all(math.isfinite(float(v)) for v in at):
            found[node["id"]] = (float(at[0]), float(at[1]))
    missing = [node for node in nodes if node["id"] not in found]
    reach = max([1.0, *(math.hypot(x, y) for x, y in found.values())]) * 1.2
    rings = {
        True: [n for n in missing if n["kind"] == "account"],
        False: [n for n in missing if n["kind"] != "account"],
    }
    for outer, ring in rings.items():
        for i, node in enumerate(ring):
            turn = 2 * math.pi * (i + (0 if outer else 0.5)) / len(ring)
            radius = reach * (1.0 if outer else 0.55) * (0 if not outer and len(ring) == 1 and not found else 1)
            found[node["id"]] = (radius * math.cos(turn), radius * math.sin(turn))
    return found


def _fitted(places: Place) -> tuple[Place, float]:
    """The same, with equal scales on both axes, within the picture's edges; and the picture's height."""
    if not places:
        return {}, 2 * EDGE
    xs, ys = [x for x, _ in places.values()], [y for _, y in places.values()]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min((WIDTH - 2 * EDGE) / (wide or 1), (HEIGHT - 2 * EDGE) / (high or 1), 400.0)
    height = round(scale * high + 2 * EDGE, 1)
    left, top = WIDTH / 2 - scale * (max(xs) + min(xs)) / 2, height / 2 - scale * (max(ys) + min(ys)) / 2
    return {n: (round(left + scale * x, 1), round(top + scale * y, 1)) for n, (x, y) in places.items()}, height


def _lines(edges: list[Mapping[str, Any]], places: Place) -> list[dict[str, Any]]:
    drawn = []
    for edge in sorted(edges, key=lambda e: (e["source"], e["target"], e["kind"])):
        if edge["source"] in places and edge["target"] in places and edge["source"] != edge["target"]:
            kind = edge["kind"]
            style = {"stroke": grammar.LINES.get(kind, grammar.GREY), "dash": grammar.DASHES.get(kind, "")}
            drawn.append({"from": places[edge["source"]], "to": places[edge["target"]], **style})
    return drawn


def _names(
    drawn: list[dict[str, Any]], taken: list[Box], height: float, say: Callable[[str], str]
) -> tuple[list[dict[str, Any]], int]:
    """Names beside their nodes, the largest first, where each has room; and how many have none."""
    names: list[dict[str, Any]] = []
    worth = sorted((d for d in drawn if d["node"]["kind"] != "post"), key=lambda d: (-d["r"], d["node"]["id"]))
    unnamed = len(worth[_NAMED:])
    for one in worth[:_NAMED]:
        text = one_line(str(one["node"]["label"] or _key(one["node"])))
        text = say(text if len(text) <= _LABEL else text[: _LABEL - 1] + "…")
        for at in _around(one, len(text) * _LETTER):
            if _free(at, taken, height):
                taken.append(at)
                names.append({"x": at[0], "y": at[3] - 3, "text": text})
                break
        else:
            unnamed += 1
    return names, unnamed


def _around(one: Mapping[str, Any], width: float) -> list[Box]:
    x, y, r = one["x"], one["y"], one["r"] + 2
    corners = [
        (x - width / 2, y + r),
        (x - width / 2, y - r - _LINE),
        (x + r, y - _LINE / 2),
        (x - r - width, y - _LINE / 2),
    ]
    return [(a, b, a + width, b + _LINE) for a, b in corners]


def _free(box: Box, taken: list[Box], height: float) -> bool:
    if box[0] < 2 or box[1] < 2 or box[2] > WIDTH - 2 or box[3] > height - 2:
        return False
    return not any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in taken)


def _legend(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    looks = {d["look"].name: d["look"] for d in drawn}
    return [{"look": looks[n], "points": grammar.outline(looks[n].shape, 8, 8, 7)} for n in sorted(looks)]
