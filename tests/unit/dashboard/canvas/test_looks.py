"""How pictures look: one grammar, texts that stay texts, and places that are the same every time."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.canvas import grammar, layout, looks
from graph.findings import Role
from graph.model import Account, Edge, NodeRef, NodeType, Post, Rel, Subgraph
from tests import flagged
from tests.flagged import START


def test_every_type_role_and_relation_has_a_look_of_its_own() -> None:
    assert set(grammar.NODES) == set(NodeType)
    assert set(grammar.ROLES) == set(Role)
    assert set(grammar.DASHES) == set(Rel)
    every = [*grammar.NODES.values(), *grammar.ROLES.values()]
    assert len({(x.shape, x.fill, x.outline, x.size, x.width) for x in every}) == len(every)
    without_colour = [(x.shape, x.size, x.width, x.fill == "#FFFFFF") for x in grammar.ROLES.values()]
    assert len(set(without_colour)) >= 4, "roles can be told apart without colour, but for the two that are outlined"


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
    assert looks.label_of(node, {"x:8": Account("x:8", handle="ev\u202eil")}) == label


def test_pop_ups() -> None:
    finding = flagged.shilling()
    account = NodeRef(NodeType.ACCOUNT, "x:100")
    title = looks.title_of(account, {"x:100": Account("x:100", "moon", START)}, {}, finding.members[0])
    assert title.splitlines() == [
        "account: x:100", "@moon", "created 2026-03-03 14:00:00 UTC",
        "core, uncalibrated rank 0.97, evidence of its own",
    ]  # fmt: skip
    assert looks.title_of(account, {}, {}, finding.members[7]).endswith("no evidence of its own")
    assert looks.title_of(account, {}, {}) == "account: x:100"
    post = NodeRef(NodeType.POST, "x:1")
    lines = looks.title_of(post, {}, {"x:1": Post("x:1", "x:100", START, text="word " * 30)}).splitlines()
    assert lines[1] == "2026-03-03 14:00:00 UTC"
    assert max(map(len, lines)) <= 60
    assert looks.title_of(post, {}, {"x:1": Post("x:1")}).endswith("(not loaded, or removed)")


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
