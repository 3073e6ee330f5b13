"""Pictures of snapshots: drawn as on the canvas, every node within the frame, no name over another."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.package import grammar, picture
from dashboard.canvas import grammar as canvas
from graph.findings import Role
from graph.model import NodeType, Rel


def snapshot(nodes: list[dict[str, Any]], layout: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"finding": {"members": []}, "nodes": nodes, "edges": [], "layout": layout or {}, **more}


def account(n: int, label: str = "") -> dict[str, Any]:
    return {"id": f"account/x:{n}", "kind": "account", "label": label or f"handle_{n}"}


@pytest.mark.parametrize("kind", NodeType)
def test_kinds_are_drawn_as_on_the_canvas(kind: NodeType) -> None:
    ours, theirs = grammar.KINDS[str(kind)], canvas.NODES[kind]
    assert (ours.shape, ours.fill, ours.outline, ours.size, ours.width, ours.name) == (
        *(theirs.shape, theirs.fill, theirs.outline, theirs.size, theirs.width, theirs.name),
    )


@pytest.mark.parametrize("role", Role)
def test_roles_are_drawn_as_on_the_canvas(role: Role) -> None:
    ours, theirs = grammar.ROLES[str(role)], canvas.ROLES[role]
    assert (ours.shape, ours.fill, ours.outline, ours.size, ours.width, ours.name) == (
        *(theirs.shape, theirs.fill, theirs.outline, theirs.size, theirs.width, theirs.name),
    )


@pytest.mark.parametrize("rel", Rel)
def test_lines_are_drawn_as_on_the_canvas(rel: Rel) -> None:
    assert grammar.DASHES.get(str(rel), "") == " ".join(map(str, canvas.DASHES[rel]))
    assert grammar.LINES.get(str(rel), grammar.GREY) == canvas.line_colour(rel)


@pytest.mark.parametrize(
    ("shape", "corners"), [("dot", 0), ("square", 4), ("star", 10), ("triangle", 3), ("hexagon", 6)]
)
def test_each_shape_has_its_corners(shape: str, corners: int) -> None:
    assert len(grammar.outline(shape, 0, 0, 10).split()) == corners


place = st.floats(-1e6, 1e6)


@settings(max_examples=40)
@given(st.lists(st.tuples(place, place, st.text(max_size=30)), max_size=30), st.integers(0, 5))
def test_everything_is_within_the_frame_and_names_keep_apart(
    placed: list[tuple[float, float, str]], unplaced: int
) -> None:
    nodes = [account(n, label) for n, (_, _, label) in enumerate(placed)]
    layout = {f"account/x:{n}": [x, y] for n, (x, y, _) in enumerate(placed)}
    nodes += [{"id": f"ticker/T{n}", "kind": "ticker", "label": f"$T{n}"} for n in range(unplaced)]
    drawn = picture.drawing(snapshot(nodes, layout))
    assert len(drawn["nodes"]) == len(nodes)
    assert all(
        0 <= n["x"] <= picture.WIDTH and 0 <= n["y"] <= drawn["height"] <= picture.HEIGHT for n in drawn["nodes"]
    )
    assert len(drawn["names"]) + drawn["unnamed"] == len(nodes)
    for one, other in itertools.combinations(drawn["names"], 2):
        apart = abs(one["y"] - other["y"]) >= 15 or one["x"] + 7.8 * len(one["text"]) <= other["x"] + 1e-6
        assert apart or other["x"] + 7.8 * len(other["text"]) <= one["x"] + 1e-6
    assert drawn == picture.drawing(snapshot(list(reversed(nodes)), layout))


def test_a_layout_keeps_its_shape() -> None:
    layout = {"account/x:0": [0, 0], "account/x:1": [10, 0], "account/x:2": [0, 5]}
    drawn = picture.drawing(snapshot([account(n) for n in range(3)], layout))
    at = {n["node"]["id"]: (n["x"], n["y"]) for n in drawn["nodes"]}
    wide = at["account/x:1"][0] - at["account/x:0"][0]
    high = at["account/x:2"][1] - at["account/x:0"][1]
    assert wide == pytest.approx(2 * high, abs=0.5)


def test_lines_lead_between_nodes_that_are_there() -> None:
    nodes = [account(1), {"id": "post/x:p", "kind": "post", "label": "x:p"}]
    edges = [
        {"source": "account/x:1", "target": "post/x:p", "kind": "POSTED"},
        {"source": "post/x:p", "target": "ticker/GONE", "kind": "MENTIONS"},
        {"source": "account/x:1", "target": "account/x:1", "kind": "FOLLOWS"},
    ]
    drawn = picture.drawing(snapshot(nodes, edges=edges))
    assert [(line["stroke"], line["dash"]) for line in drawn["lines"]] == [(grammar.GREY, "")]
    assert "posted" in picture.svg(snapshot(nodes, edges=edges))


def test_members_are_drawn_by_their_role_and_what_is_unknown_as_an_account() -> None:
    told = snapshot([account(1), {"id": "thing/x", "kind": "thing", "label": "x"}])
    told["finding"] = {"members": [{"account": "x:1", "role": "core"}]}
    looks = {n["node"]["id"]: n["look"].name for n in picture.drawing(told)["nodes"]}
    assert looks == {"account/x:1": "core member", "thing/x": "account, not a member"}


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert picture.svg(snapshot([])).startswith("<svg")


def test_names_without_room_are_counted_in_the_picture() -> None:
    crowd = snapshot(
        [account(n) for n in range(9)], {f"account/x:{n}": [0.001 * n, 0] for n in range(9)} | {"account/x:8": [900, 0]}
    )
    assert f"{picture.drawing(crowd)['unnamed']} without room for a name" in picture.svg(crowd)
