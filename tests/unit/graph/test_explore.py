"""Path search against networkx, and the small things that stores share."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import networkx as nx
import pytest

from graph import explore
from graph.model import Edge, Neighbours, NodeRef, NodeType, Rel


class Drawn:
    """A networkx graph as a view; counts what is read."""

    def __init__(self, graph: nx.Graph[NodeRef]) -> None:
        self.graph = graph
        self.read = 0

    def has(self, node: NodeRef) -> bool:
        return node in self.graph

    def neighbours(self, node: NodeRef, *, limit: int = 25) -> Neighbours:
        edges = tuple(Edge(node, Rel.LIKES, other) for other in self.graph[node])
        self.read += min(limit, len(edges))
        return Neighbours(edges[:limit], len(edges))


def ref(number: int) -> NodeRef:
    return NodeRef(NodeType.ACCOUNT, f"x:{number}")


@pytest.mark.parametrize("seed", range(60))
def test_paths_are_the_first_of_all_simple_paths(seed: int) -> None:
    rng = Random(seed)
    size = rng.randint(2, 14)
    plain = nx.gnp_random_graph(size, rng.random() * 0.5, seed=seed)
    graph = nx.relabel_nodes(plain, {i: ref(i) for i in plain})
    source, target = rng.sample(sorted(graph), 2)
    k, hops, limit = rng.randint(1, 6), rng.randint(1, 5), rng.choice([3, 5, 1000])
    passable = graph.subgraph([n for n in graph if n in {source, target} or graph.degree(n) <= limit])
    expected = sorted((len(p), tuple(p)) for p in nx.all_simple_paths(passable, source, target, cutoff=hops))[:k]
    found = explore.paths(Drawn(graph), source, target, k=k, max_hops=hops, max_degree=limit)
    assert [(len(p.nodes), p.nodes) for p in found] == expected
    for path in found:
        for edge, (a, b) in zip(path.edges, pairwise(path.nodes), strict=True):
            assert {edge.source, edge.target} == {a, b}


def test_a_hub_is_not_expanded_where_the_other_end_is_cheaper() -> None:
    graph = nx.star_graph([ref(i) for i in range(500)])
    view = Drawn(graph)
    assert len(explore.paths(view, ref(0), ref(7), max_hops=1)) == 1
    assert view.read == 1


def test_a_node_is_joined_to_itself_and_to_nothing_unknown() -> None:
    view = Drawn(nx.path_graph([ref(0), ref(1)]))
    assert [p.nodes for p in explore.paths(view, ref(0), ref(0))] == [(ref(0),)]
    assert explore.paths(view, ref(0), ref(9)) == []
    assert explore.paths(view, ref(0), ref(1), k=0) == []


def test_an_interaction_makes_a_relation_only_where_there_is_one() -> None:
    assert explore.relation("like") == Rel.LIKES
    assert explore.relation("posted") == Rel.POSTED
    assert explore.relation("waves at") is None


def test_words_are_folded_runs_of_letters_and_digits() -> None:
    assert explore.words("Buy_NOW, buy Straße 1000x!") == ["buy", "now", "strasse", "1000x"]
    assert explore.identifier_key("ip", "a:b") == "ip:a:b"
