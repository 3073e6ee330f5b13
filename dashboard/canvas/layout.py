"""Where nodes stand: connected pieces apart, each by its own springs, the same for the same graph every time."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import numpy.typing as npt

from graph.model import NodeRef, Subgraph

_SPREAD = 70.0  # pixels: room a node gets on average
_ITERATIONS = 120
_SEED = 7
_STILL = 1e-4
_RATIO = 1.35  # width of the picture by its height, about

Place = tuple[float, float]
Floats = npt.NDArray[np.float64]


def places(sub: Subgraph) -> dict[NodeRef, Place]:
    """A place (pixels) for every node.

    Pieces are laid out by Fruchterman and Reingold's springs (1991), then packed in rows, the largest first.
    """
    graph: nx.Graph[NodeRef] = nx.Graph()
    graph.add_nodes_from(sub.nodes)
    graph.add_edges_from((e.source, e.target) for e in sub.edges if e.source != e.target)
    order = {node: i for i, node in enumerate(sub.nodes)}
    pieces = [sorted(piece, key=order.__getitem__) for piece in nx.connected_components(graph)]
    pieces.sort(key=lambda piece: (-len(piece), order[piece[0]]))
    return _packed([_piece(graph, piece) for piece in pieces])


def _piece(graph: nx.Graph[NodeRef], nodes: list[NodeRef]) -> dict[NodeRef, Place]:
    """One piece, its corner at the origin."""
    if len(nodes) == 1:
        return {nodes[0]: (0.0, 0.0)}
    index = {node: i for i, node in enumerate(nodes)}
    joined = np.zeros((len(nodes), len(nodes)))
    for node in nodes:
        joined[index[node], [index[far] for far in graph[node]]] = 1.0
    raw = dict(zip(nodes, _springs(joined, 1.6 / math.sqrt(len(nodes))), strict=True))
    scale = _SPREAD * math.sqrt(len(nodes))
    left, top = min(p[0] for p in raw.values()), min(p[1] for p in raw.values())
    return {
        n: (round(float(p[0] - left) * scale * _RATIO, 1), round(float(p[1] - top) * scale, 1)) for n, p in raw.items()
    }


def _springs(joined: Floats, rest: float) -> Floats:
    """Places within −1 … 1 by Fruchterman and Reingold's springs (1991), as networkx computes them for few nodes.

    Parameters
    ----------
    joined : array of shape (n, n)
        1 where two nodes are joined, else 0.
    rest : float
        Length at which a spring neither pulls nor pushes, where the first places are in 0 … 1.
    """
    at = np.random.RandomState(_SEED).rand(len(joined), 2)
    heat = 0.1 * float(np.ptp(at, axis=0).max())
    step = heat / (_ITERATIONS + 1)
    across, down, squared, pull = (np.empty(joined.shape) for _ in range(4))  # reused in each round
    for _ in range(_ITERATIONS):
        np.subtract(at[:, :1], at[:, 0], out=across)
        np.subtract(at[:, 1:], at[:, 1], out=down)
        np.multiply(across, across, out=squared)
        np.multiply(down, down, out=pull)
        squared += pull
        np.maximum(squared, 1e-4, out=squared)
        np.sqrt(squared, out=pull)
        pull *= joined
        pull /= -rest
        np.divide(rest * rest, squared, out=squared)
        pull += squared
        moved = np.stack([np.einsum("ij,ij->i", across, pull), np.einsum("ij,ij->i", down, pull)], axis=1)
        moved *= (heat / np.maximum(np.hypot(moved[:, 0], moved[:, 1]), 0.01))[:, None]
        at += moved
        heat -= step
        if np.sqrt((moved * moved).sum()) / len(at) < _STILL:
            break
    at -= at.mean(axis=0)
    found: Floats = at / np.abs(at).max()
    return found


def _packed(pieces: list[dict[NodeRef, Place]]) -> dict[NodeRef, Place]:
    """Pieces side by side in rows."""
    sizes = [(max(x for x, _ in p.values()), max(y for _, y in p.values())) for p in pieces]
    area = sum((w + _SPREAD) * (h + _SPREAD) for w, h in sizes)
    widest = max(math.sqrt(area * _RATIO), max((w for w, _ in sizes), default=0.0))
    placed: dict[NodeRef, Place] = {}
    x = y = row = 0.0
    for piece, (width, height) in zip(pieces, sizes, strict=True):
        if x > 0 and x + width > widest:
            x, y, row = 0.0, y + row + _SPREAD, 0.0
        placed |= {n: (round(px + x, 1), round(py + y, 1)) for n, (px, py) in piece.items()}
        x, row = x + width + _SPREAD * 1.5, max(row, height)
    return placed
