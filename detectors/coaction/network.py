"""The co-action network as a table: who acted together with whom, how often, when first and last, and on how much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.actions import ACTIONS, swept
from detectors.coaction.exports import SUFFIXES, write
from detectors.coaction.similar import Similar
from detectors.coaction.sweep import Edges, Sweep
from detectors.text import LOWEST, THRESHOLD
from graph.errors import ConfigError
from graph.projection import SCHEMA, events
from graph.schema import TIME
from graph.store import View

__all__ = ["SUFFIXES", "network", "networks", "prepare", "write"]

LONGEST_S = 100 * 365 * 86_400  # a window longer than any data; what follows counts µs in 64 bits


def network(
    view: View,
    action: str,
    window_s: float,
    *,
    min_weight: int = 2,
    loops: bool = False,
    similarity: float = THRESHOLD,
    start: datetime | None = None,
    end: datetime | None = None,
) -> pa.Table:
    """Directed edges between accounts of a store that did the same thing within a window.

    Parameters and result are those of :func:`networks`, for one window.

    Raises
    ------
    ConfigError
        There is no such action, or the window or the similarity is none.
    """
    if action not in ACTIONS:
        raise ConfigError(f"no action {action!r}", hint=f"one of {', '.join(ACTIONS)}")
    table = events(view, ACTIONS[action].trace, start=start, end=end)
    return networks(table, action, [window_s], min_weight=min_weight, loops=loops, similarity=similarity)[0]


def networks(
    events: pa.Table,
    action: str,
    windows_s: Sequence[float],
    *,
    min_weight: int = 2,
    loops: bool = False,
    similarity: float = THRESHOLD,
    min_participation: int = 1,
    edge_weight: float | None = None,
) -> list[pa.Table]:
    """Directed edges between accounts that did the same thing, for each of several windows.

    Parameters
    ----------
    events : pyarrow.Table
        As :data:`graph.projection.SCHEMA` has it.
    action : str
        A name in :data:`detectors.coaction.actions.ACTIONS`, or any other name where the objects speak for themselves.
    windows_s : sequence of float
        Widths in seconds; the results come in their order, each its own.
    min_weight : int
        Least weight of an edge; each direction is judged by itself.
    loops : bool
        Whether an account that meets itself by two messages has an edge to itself.
    similarity : float
        Least Jaccard similarity of two texts that are nearly the same (only ``co_similar``).
    min_participation : int
        Accounts with fewer messages among the events take no part, on either end of an edge.
    edge_weight : float, optional
        Quantile in [0, 1] of the weights that an edge must reach: at 1 the heaviest edges remain.

    Returns
    -------
    list of pyarrow.Table
        source, target (ids without the platform where there is only one); weight: the source's messages that met one of
        the target's; first, last: when the first and the last of them were; objects: on how many things they met.
        Sorted by source and target. The schemas' metadata say in ``left_out`` what of the action was not counted.

    Raises
    ------
    ConfigError
        A window, the similarity or the quantile is none.
    """
    for window in windows_s:
        if not 0 <= window <= LONGEST_S:
            raise ConfigError(f"a window of {window:g} s", action, f"from 0 to {LONGEST_S} s")
    if not LOWEST <= similarity <= 1:
        raise ConfigError(f"a similarity of {similarity:g}", action, f"from {LOWEST:g} to 1")
    if edge_weight is not None and not 0 <= edge_weight <= 1:
        raise ConfigError(f"an edge weight of {edge_weight:g}", action, "a quantile, from 0 to 1")
    if min_participation > 1:
        events = _taking_part(events, min_participation)
    found = []
    for sweep, left_out, edges in _counted(events, action, windows_s, min_weight, similarity, loops=loops):
        if edge_weight is not None and len(edges):
            edges = _heavy(edges, edge_weight)  # noqa: PLW2901
        found.append(_table(sweep, edges).replace_schema_metadata({"left_out": "; ".join(left_out)}))
    return found


def prepare() -> None:
    """Load the compiled loops of :func:`networks`: half a second that can pass while a file is read."""
    few = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), pa.array(["local:a"]))
    both = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["local:a", "local:b"]))
    at = pa.array([0, 0]).cast(TIME)
    networks(pa.table([both, few, at, both], schema=SCHEMA), "co_link", [1.0], min_weight=1)


def _counted(
    events: pa.Table, action: str, windows_s: Sequence[float], min_weight: int, similarity: float, *, loops: bool
) -> list[tuple[Sweep | Similar, tuple[str, ...], Edges]]:
    """A sweep of each window with its edges; windows share one walk where their sweeps leave out the same."""
    widest = max(windows_s)
    sweep, left_out = swept(events, action, widest, similarity=similarity)
    if isinstance(sweep, Sweep) and not sweep.hubs:
        walked = sweep.by_message_within(windows_s, min_weight=min_weight, loops=loops)
        sweeps = [sweep if window == widest else Sweep(events, window) for window in windows_s]
        return [(own, left_out, edges) for own, edges in zip(sweeps, walked, strict=True)]
    found = []
    for window in windows_s:
        own, out = (sweep, left_out) if window == widest else swept(events, action, window, similarity=similarity)
        found.append((own, out, own.by_message(min_weight=min_weight, loops=loops)))
    return found


def _taking_part(events: pa.Table, least: int) -> pa.Table:
    """Events of accounts that made at least so many messages."""
    actor, message = (events[n].combine_chunks() for n in ("actor", "message"))
    codes = actor.indices.to_numpy().astype(np.int64)
    made = np.unique(codes * max(len(message.dictionary), 1) + message.indices.to_numpy())
    count = np.bincount(made // max(len(message.dictionary), 1), minlength=len(actor.dictionary))
    return events.filter(pa.array((count >= least)[codes]))


def _heavy(edges: Edges, quantile: float) -> Edges:
    """Edges whose weight reaches a quantile of all weights (type 7 of Hyndman and Fan, 1996)."""
    keep = edges.weight >= np.quantile(edges.weight, quantile)
    return Edges(edges.source[keep], edges.target[keep], edges.weight[keep], edges.names)


def _table(sweep: Sweep | Similar, edges: Edges) -> pa.Table:
    first, last, objects = sweep.spans(edges)
    return pa.table(
        {
            **_named(edges),
            "weight": pa.array(edges.weight.astype(np.int64)),
            "first": pa.array(first).cast(TIME),
            "last": pa.array(last).cast(TIME),
            "objects": pa.array(objects),
        }
    )


def _named(edges: Edges) -> dict[str, pa.Array]:
    """The ends' keys, without the platform where there is only one."""
    used = np.flatnonzero(np.bincount(np.concatenate([edges.source, edges.target]), minlength=len(edges.names)))
    names = edges.names
    platforms = pc.unique(pc.replace_substring_regex(names.take(pa.array(used)), "(?s):.*", "")).to_pylist()
    if len(platforms) == 1:
        names = pc.utf8_slice_codeunits(names, len(platforms[0]) + 1)
    return {"source": names.take(pa.array(edges.source)), "target": names.take(pa.array(edges.target))}
