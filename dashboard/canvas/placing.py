"""Where nodes stand: what stood stays where it was, what is new is pulled to its neighbours and pushed off the others.

The first picture is laid out whole (:mod:`dashboard.canvas.layout`). Later nodes settle by Fruchterman and Reingold's
springs (1991) with everything else held fixed. The same picture and the same new nodes give the same places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from dashboard.canvas import layout
from dashboard.canvas.facets import Line
from graph.model import Edge, NodeRef, Subgraph

Place = layout.Place
Floats = npt.NDArray[np.float64]

APART = 70.0
"""Pixels between nodes that settle, about."""
_ROUNDS = 60
_GOLDEN = np.pi * (3 - np.sqrt(5))


def place(
    nodes: Sequence[NodeRef], lines: Sequence[Line], places: Mapping[NodeRef, Place], near: NodeRef | None = None
) -> dict[NodeRef, Place]:
    """A place for every node; those in ``places`` keep theirs.

    Parameters
    ----------
    near : NodeRef, optional
        Where nodes without a neighbour that is placed begin.
    """
    if not places:
        edges = tuple(Edge(line.source, line.rel, line.target) for line in lines)
        return layout.places(Subgraph(tuple(nodes), edges))
    known = {n: places[n] for n in nodes if n in places}
    fresh = [n for n in nodes if n not in places]
    if not fresh:
        return known
    order = {n: i for i, n in enumerate([*known, *fresh])}
    at = np.array([*known.values(), *_starts(fresh, lines, known, near)], float)
    pairs = [(order[x.source], order[x.target]) for x in lines if x.source in order and x.target in order]
    ends = np.array([p for p in pairs if max(p) >= len(known)], np.int64).reshape(-1, 2)
    settled = _settle(at, len(known), ends)
    found = {n: (round(float(x), 1), round(float(y), 1)) for n, (x, y) in zip(fresh, settled, strict=True)}
    return {n: known.get(n) or found[n] for n in nodes}


def free(places: Mapping[NodeRef, Place], beside: NodeRef) -> Place:
    """A place near a node that is as far from all others as any around it."""
    x, y = places[beside]
    others = np.array([p for n, p in places.items() if n != beside] or [(x - APART, y)], float)
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rings = [np.stack([x + r * np.cos(turns), y + r * np.sin(turns)], 1) for r in (120, 180, 240, 300, 360)]
    spots = np.concatenate(rings)
    apart = np.hypot(*(spots[:, None] - others).transpose(2, 0, 1)).min(axis=1)
    best = int(np.argmax(np.minimum(apart, 2 * APART)))  # the nearest of those that are far enough from everything
    return round(float(spots[best, 0]), 1), round(float(spots[best, 1]), 1)


def _starts(
    fresh: Sequence[NodeRef], lines: Sequence[Line], known: Mapping[NodeRef, Place], near: NodeRef | None
) -> list[Place]:
    """Around the middle of each one's placed neighbours, on a spiral, so that no two begin in one place."""
    beside: dict[NodeRef, list[Place]] = {n: [] for n in fresh}
    for line in lines:
        for mine, far in ((line.source, line.target), (line.target, line.source)):
            if mine in beside and far in known:
                beside[mine].append(known[far])
    everywhere = np.array([*known.values()], float)
    middle = known.get(near) if near else None
    if middle is None:
        middle = (float(everywhere[:, 0].max()) + 2 * APART, float(everywhere[:, 1].mean()))
    starts = []
    for i, node in enumerate(fresh):
        x, y = np.mean(beside[node], axis=0) if beside[node] else middle
        radius = APART * np.sqrt(i + 1.0)
        starts.append((float(x + radius * np.cos(i * _GOLDEN)), float(y + radius * np.sin(i * _GOLDEN))))
    return starts


def _settle(at: Floats, fixed: int, ends: npt.NDArray[np.int64]) -> Floats:
    """Places of all but the first ``fixed`` after they have settled."""
    heat = 2 * APART
    shape = (len(at) - fixed, len(at))
    across, down, weight, part = (np.empty(shape) for _ in range(4))  # reused: making them took most of the time
    near = np.empty(shape, bool)
    for _ in range(_ROUNDS):
        np.subtract(at[fixed:, :1], at[:, 0], out=across)
        np.subtract(at[fixed:, 1:], at[:, 1], out=down)
        np.multiply(across, across, out=weight)
        np.multiply(down, down, out=part)
        weight += part
        np.maximum(weight, 1.0, out=weight)
        np.less(weight, (6 * APART) ** 2, out=near)
        np.divide(APART**2, weight, out=weight)
        weight *= near
        push = np.stack([np.einsum("ij,ij->i", across, weight), np.einsum("ij,ij->i", down, weight)], axis=1)
        if len(ends):
            along = at[ends[:, 0]] - at[ends[:, 1]]
            pull = along * (np.hypot(along[:, 0], along[:, 1]) / APART)[:, None]
            force = np.zeros_like(at)
            np.add.at(force, ends[:, 0], -pull)
            np.add.at(force, ends[:, 1], pull)
            push += force[fixed:]
        size = np.maximum(np.hypot(push[:, 0], push[:, 1]), 1e-9)
        at[fixed:] += push / size[:, None] * np.minimum(size, heat)[:, None]
        heat = max(heat * 0.92, 1.0)
    return at[fixed:]
