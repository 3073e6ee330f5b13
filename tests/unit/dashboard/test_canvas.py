"""Pictures: one grammar, the same every time, and nothing loaded from anywhere."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import views
from dashboard.canvas import grammar, html, layout, network
from graph.findings import Finding, Role
from graph.model import Account, Edge, NodeRef, NodeType, Post, Rel, Subgraph
from graph.store import Store, open_store
from tests import flagged
from tests.flagged import START


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path) as store:
        flagged.load(store, flagged.HOSTILE)
        yield store


def drawn(store: Store, finding: Finding) -> network.Picture:
    with store.view() as view:
        return network.draw(view, finding, views.nodes_of(finding))


def dataset(page: str, name: str) -> list[dict[str, Any]]:
    """Nodes or edges as the page hands them to vis-network."""
    found = re.search(rf"{name} = new vis\.DataSet\((\[.*?\])\);\n", page)
    assert found
    values: list[dict[str, Any]] = json.loads(found.group(1))
    return values


def test_every_type_role_and_relation_has_a_look_of_its_own() -> None:
    assert set(grammar.NODES) == set(NodeType)
    assert set(grammar.ROLES) == set(Role)
    assert set(grammar.DASHES) == set(Rel)
    looks = [*grammar.NODES.values(), *grammar.ROLES.values()]
    assert len({(x.shape, x.fill, x.outline, x.size, x.width) for x in looks}) == len(looks)
    without_colour = [(x.shape, x.size, x.width, x.fill == "#FFFFFF") for x in grammar.ROLES.values()]
    assert len(set(without_colour)) >= 4, "roles can be told apart without colour, but for the two that are outlined"
    assert {x.shape for x in looks} <= set(html._SHAPES)


def test_picture_of_a_finding(store: Store) -> None:
    picture = drawn(store, flagged.shilling())
    nodes = {n["id"]: n for n in dataset(picture.html, "nodes")}
    edges = dataset(picture.html, "edges")
    assert picture.shown == picture.total == len(nodes) == 8 + 48 + 2
    assert (picture.left_out, picture.note) == ({}, "")
    assert nodes["account/x:100"]["label"] == "@moon_0"
    assert nodes["account/x:100"]["color"]["background"] == grammar.VERMILLION
    assert nodes["ticker/XYZ"]["shape"] == "diamond"
    assert nodes["post/x:p1-0"]["label"] == " "
    assert len(edges) == 48 + 48 + 30
    assert {e["from"] for e in edges} | {e["to"] for e in edges} <= set(nodes)
    assert "58 nodes, 126 relations" in picture.alt
    for name in ("core member", "possibly compromised", "ticker", "posted", "links to"):
        assert name in picture.html.rpartition('<ul class="legend"')[2]


def test_picture_is_the_same_every_time(store: Store) -> None:
    assert drawn(store, flagged.shilling()) == drawn(store, flagged.shilling())


def test_picture_loads_nothing_and_texts_stay_text(store: Store) -> None:
    page = drawn(store, flagged.shilling()).html
    assert html.outside_loads(page) == []
    assert "jsdelivr" not in page
    assert "default-src 'none'" in page
    assert "<img" not in page.partition("vis.DataSet(")[2], "post texts are escaped inside the script"
    assert "popup.innerHTML" not in page, "pyvis shows titles that contain href as HTML"
    titles = [n["title"] for n in dataset(page, "nodes")]
    hostile = next(" ".join(t.split()) for t in titles if "⟨U+202E⟩" in t)
    assert "<a href='http://evil.example/a'>" in hostile


def test_what_does_not_fit_is_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_NODES", 20)
    picture = drawn(store, flagged.shilling())
    assert (picture.shown, picture.total) == (20, 58)
    assert picture.left_out == {NodeType.POST: 38}
    assert picture.note == "20 of 58 nodes drawn; left out: 38 posts. The tables below show all of them."
    kinds = {n["id"].partition("/")[0] for n in dataset(picture.html, "nodes")}
    assert kinds == {"account", "ticker", "link", "post"}


def test_members_come_first_then_what_they_share(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_NODES", 9)
    finding = flagged.shilling()
    stranger, ticker = NodeRef(NodeType.ACCOUNT, "x:999"), NodeRef(NodeType.TICKER, "XYZ")
    with store.view() as view:
        picture = network.draw(view, finding, [stranger, NodeRef(NodeType.POST, "x:p0-0"), ticker])
    assert "ticker/XYZ" in {n["id"] for n in dataset(picture.html, "nodes")}
    assert picture.left_out == {NodeType.ACCOUNT: 1, NodeType.POST: 1}
    assert "1 account, 1 post" in picture.note


def test_evidence_without_posts(store: Store) -> None:
    nodes = {n["id"]: n for n in dataset(drawn(store, flagged.sybil()).html, "nodes")}
    assert nodes["identifier/device:d7"]["shape"] == "hexagon"
    assert len(nodes) == 4


def test_nothing_that_exists_is_an_empty_picture(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path) as empty:
        picture = drawn(empty, flagged.shilling())
    assert picture.shown == 0
    assert dataset(picture.html, "nodes") == []


@pytest.mark.parametrize(
    ("node", "label"),
    [
        (NodeRef(NodeType.HASHTAG, "moon"), "#moon"),
        (NodeRef(NodeType.LINK, "https://a.example/" + "b" * 40), "a.example/bbbbbbbbbbb…"),
        (NodeRef(NodeType.LINK, "opaque-17"), "opaque-17"),
        (NodeRef(NodeType.ACCOUNT, "x:7"), "7"),
        (NodeRef(NodeType.ACCOUNT, "x:8"), "@ev⟨U+202E⟩il"),
    ],
)
def test_labels(node: NodeRef, label: str) -> None:
    assert network.label_of(node, {"x:8": Account("x:8", handle="ev\u202eil")}) == label


def test_pop_ups() -> None:
    finding = flagged.shilling()
    account = NodeRef(NodeType.ACCOUNT, "x:100")
    title = network.title_of(account, {"x:100": Account("x:100", "moon", START)}, {}, finding.members[0])
    assert title.splitlines() == [
        "account: x:100", "@moon", "created 2026-03-03 14:00:00 UTC",
        "core, uncalibrated rank 0.97, evidence of its own",
    ]  # fmt: skip
    assert network.title_of(account, {}, {}, finding.members[7]).endswith("no evidence of its own")
    assert network.title_of(account, {}, {}) == "account: x:100"
    post = NodeRef(NodeType.POST, "x:1")
    lines = network.title_of(post, {}, {"x:1": Post("x:1", "x:100", START, text="word " * 30)}).splitlines()
    assert lines[1] == "2026-03-03 14:00:00 UTC"
    assert max(map(len, lines)) <= 60
    assert network.title_of(post, {}, {"x:1": Post("x:1")}).endswith("(not loaded, or removed)")


def test_lines_are_dashed_by_relation_and_point_where_types_do_not_tell() -> None:
    a, b = NodeRef(NodeType.ACCOUNT, "x:1"), NodeRef(NodeType.ACCOUNT, "x:2")
    follows = network.line(Edge(a, Rel.FOLLOWS, b))
    assert follows["dashes"] == [5, 5]
    assert follows["arrows"]["to"]["enabled"]
    assert follows["title"] == "follows\ntime unknown"
    posted = network.line(Edge(a, Rel.POSTED, NodeRef(NodeType.POST, "x:3"), START))
    assert posted["dashes"] is False
    assert not posted["arrows"]["to"]["enabled"]


@given(st.sets(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=30))
def test_layout_gives_every_node_a_place_and_keeps_pieces_apart(pairs: set[tuple[int, int]]) -> None:
    nodes = tuple(NodeRef(NodeType.ACCOUNT, f"x:{i}") for i in range(15))
    sub = Subgraph(nodes, tuple(Edge(nodes[a], Rel.FOLLOWS, nodes[b]) for a, b in sorted(pairs)))
    places = layout.places(sub)
    assert sorted(places) == sorted(nodes)
    assert places == layout.places(sub)
    graph = nx.Graph([(nodes[a], nodes[b]) for a, b in pairs])
    graph.add_nodes_from(nodes)
    boxes = []
    for piece in nx.connected_components(graph):
        xs, ys = zip(*(places[n] for n in piece), strict=True)
        boxes.append((min(xs), max(xs), min(ys), max(ys)))
    for p, q in itertools.combinations(boxes, 2):
        assert p[1] < q[0] or q[1] < p[0] or p[3] < q[2] or q[3] < p[2]


def test_layout_of_nothing() -> None:
    assert layout.places(Subgraph((), ())) == {}


@pytest.mark.parametrize(
    ("page", "loads"),
    [
        ('<img src="http://a.example/x">', ["http://a.example/x"]),
        ("<a href='//a.example/x'>", ["//a.example/x"]),
        ("<div style='background: url(https://a.example/x)'>", ["https://a.example/x"]),
        ("<style>@import 'http://a.example/x';</style>", ["http://a.example/x"]),
        ("<style>b { background: url(data:image/png;base64,AA) }</style>", []),
        ("<script>var x = 'url(http://a.example/x)'</script>", []),
        ('<svg xmlns="http://www.w3.org/2000/svg"></svg><img src="data:,x">', []),
    ],
)
def test_outside_loads(page: str, loads: list[str]) -> None:
    assert html.outside_loads(page) == loads


def test_a_template_that_changed_is_refused() -> None:
    with pytest.raises(RuntimeError, match="would load http"):
        html.closed('<html><head></head><body><img src="http://a.example/x"></body></html>')
    with pytest.raises(RuntimeError, match="no head or body"):
        html.closed("<html></html>")


def test_outside_tags_are_removed() -> None:
    raw = (
        '<html>\n<head><link href="https://a.example/x.css" rel="stylesheet"/></head><body>'
        '<script\n src="//a.example/x.js" integrity="i"></script><p>kept</p></body></html>'
    )
    page = html.closed(raw, "<ul></ul>")
    assert "a.example" not in page
    assert "<p>kept</p><ul></ul></body>" in page


def test_data_url_is_the_page() -> None:
    head, _, body = html.data_url("<p>⟨é⟩</p>").partition(",")
    assert head == "data:text/html;charset=utf-8;base64"
    assert base64.b64decode(body).decode() == "<p>⟨é⟩</p>"


def test_pictures_are_values(store: Store) -> None:
    picture = drawn(store, flagged.sybil())
    assert dataclasses.replace(picture, shown=1, total=3, left_out={NodeType.POST: 2}).note.startswith("1 of 3 nodes")
