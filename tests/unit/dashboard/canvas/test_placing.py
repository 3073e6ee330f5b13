"""Places: what stood stays, what is new finds room, the same every time."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.canvas.facets import Line
from dashboard.canvas.placing import APART, place
from graph.model import NodeRef, NodeType, Rel

NODES = [NodeRef(NodeType.ACCOUNT, f"x:{i}") for i in range(16)]
pairs = st.sets(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=30)


def lines(among: set[tuple[int, int]], count: int) -> list[Line]:
    return [Line(NODES[a], NODES[b], Rel.FOLLOWS) for a, b in sorted(among) if a != b and max(a, b) < count]


@settings(deadline=None, max_examples=40)
@given(pairs, st.integers(1, 15))
def test_old_nodes_never_move_when_new_ones_come(among: set[tuple[int, int]], first: int) -> None:
    before = place(NODES[:first], lines(among, first), {})
    after = place(NODES, lines(among, 16), before)
    assert {n: after[n] for n in before} == before
    assert after == place(NODES, lines(among, 16), before)
    assert all(map(math.isfinite, (v for at in after.values() for v in at)))


def test_new_nodes_stand_by_their_neighbour_and_apart() -> None:
    first = place(NODES[:2], [], {})
    star = [Line(NODES[0], n, Rel.FOLLOWS) for n in NODES[2:10]]
    after = place(NODES[:10], star, first, NODES[0])
    new = [after[n] for n in NODES[2:10]]
    assert all(math.dist(p, after[NODES[0]]) < 5 * APART for p in new)
    assert min(math.dist(p, q) for i, p in enumerate(new) for q in new[:i]) > APART / 4


def test_nothing_new_changes_nothing() -> None:
    first = place(NODES[:3], [], {})
    assert place(NODES[:2], [], first) == {n: first[n] for n in NODES[:2]}
