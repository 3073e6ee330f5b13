"""The first places of a picture: networkx's springs, in less time."""

from __future__ import annotations

import math
import random

import networkx as nx
import pytest

from dashboard.canvas import layout
from graph.model import Edge, NodeRef, NodeType, Rel, Subgraph


def tree(nodes: int, seed: int) -> Subgraph:
    """A connected graph."""
    rng = random.Random(seed)
    refs = tuple(NodeRef(NodeType.ACCOUNT, f"x:{i}") for i in range(nodes))
    return Subgraph(refs, tuple(Edge(refs[i], Rel.FOLLOWS, refs[rng.randrange(i)]) for i in range(1, nodes)))


@pytest.mark.parametrize("nodes", [2, 3, 12, 40])
def test_places_are_those_of_networkx(nodes: int) -> None:
    sub = tree(nodes, seed=nodes)
    graph = nx.Graph((str(e.source), str(e.target)) for e in sub.edges)
    ordered: nx.Graph[str] = nx.Graph()
    ordered.add_nodes_from(map(str, sub.nodes))
    ordered.add_edges_from(graph.edges)
    raw = nx.spring_layout(ordered, seed=7, iterations=120, k=1.6 / math.sqrt(nodes))
    left, top = min(p[0] for p in raw.values()), min(p[1] for p in raw.values())
    scale = 70 * math.sqrt(nodes)
    found = layout.places(sub)
    for node in sub.nodes:
        x, y = raw[str(node)]
        assert found[node] == pytest.approx(((x - left) * scale * 1.35, (y - top) * scale), abs=0.2)


def test_pieces_do_not_lie_over_one_another() -> None:
    one, other = tree(6, 1), tree(4, 2)
    apart = tuple(NodeRef(NodeType.ACCOUNT, f"y:{i}") for i in range(4))
    renamed = dict(zip(other.nodes, apart, strict=True))
    edges = (*one.edges, *(Edge(renamed[e.source], e.rel, renamed[e.target]) for e in other.edges))
    found = layout.places(Subgraph((*one.nodes, *apart), edges))
    boxes = []
    for piece in (one.nodes, apart):
        xs, ys = zip(*(found[n] for n in piece), strict=True)
        boxes.append((min(xs), max(xs), min(ys), max(ys)))
    (a, b, e, f), (g, h, i, j) = boxes
    assert b < g or h < a or f < i or j < e
