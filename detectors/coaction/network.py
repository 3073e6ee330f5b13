"""The co-action network as a table, and as the files other tools read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.actions import ACTIONS, sweep_of
from detectors.text import LOWEST, THRESHOLD
from graph.errors import ConfigError
from graph.model import unscoped
from graph.schema import TIME
from graph.store import View

if TYPE_CHECKING:
    import networkx as nx

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
    """Directed edges between accounts that did the same thing within a window.

    Parameters
    ----------
    similarity : float
        Least Jaccard similarity of two texts that are nearly the same (only ``co_similar``).

    Returns
    -------
    pyarrow.Table
        source, target (ids without the platform where there is only one); weight: the source's messages that met one of
        the target's; first, last: when the first and the last of them were; objects: on how many things they met.
        Sorted by source and target. Its schema's metadata says in ``left_out`` what of the action was not counted.

    Raises
    ------
    ConfigError
        There is no such action, or the window or the similarity is none.
    """
    if action not in ACTIONS:
        raise ConfigError(f"no action {action!r}", hint=f"one of {', '.join(ACTIONS)}")
    if not 0 <= window_s <= LONGEST_S:
        raise ConfigError(f"a window of {window_s:g} s", action, f"from 0 to {LONGEST_S} s")
    if not LOWEST <= similarity <= 1:
        raise ConfigError(f"a similarity of {similarity:g}", action, f"from {LOWEST:g} to 1")
    sweep, left_out = sweep_of(view, action, window_s, similarity=similarity, start=start, end=end)
    edges = sweep.by_message(min_weight=min_weight, loops=loops)
    first, last, objects = sweep.spans(edges)
    table = edges.table()
    return pa.table(
        {
            **_named(table["source"], table["target"]),
            "weight": pc.cast(table["weight"], pa.int64()),
            "first": pa.array(first).cast(TIME),
            "last": pa.array(last).cast(TIME),
            "objects": pa.array(objects),
        }
    ).replace_schema_metadata({"left_out": "; ".join(left_out)})


def _named(source: pa.ChunkedArray, target: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """The ends' keys, without the platform where there is only one."""
    names = pc.unique(pa.chunked_array([*source.chunks, *target.chunks], pa.string()))
    platforms = {unscoped(key)[0] for key in names.to_pylist()}
    if len(platforms) != 1:
        return {"source": source, "target": target}
    cut = len(next(iter(platforms))) + 1
    return {"source": pc.utf8_slice_codeunits(source, cut), "target": pc.utf8_slice_codeunits(target, cut)}


def _csv(table: pa.Table, path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(_timed(table), path)


def _parquet(table: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


def _graphml(table: pa.Table, path: Path) -> None:
    import networkx as nx

    nx.write_graphml_xml(_graph(table), path)


def _gexf(table: pa.Table, path: Path) -> None:
    import networkx as nx

    nx.write_gexf(_graph(table), path)


def _graph(table: pa.Table) -> nx.DiGraph[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for row in _timed(table).to_pylist():
        graph.add_edge(row.pop("source"), row.pop("target"), **row)
    return graph


def _timed(table: pa.Table) -> pa.Table:
    """Times as RFC 3339 text, the same in every file."""
    for name in ("first", "last"):
        text = pc.strftime(table[name], format="%Y-%m-%dT%H:%M:%SZ")
        table = table.set_column(table.schema.get_field_index(name), name, text)
    return table


SUFFIXES: Mapping[str, Callable[[pa.Table, Path], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".graphml": _graphml,
    ".gexf": _gexf,
}
"""Writer of each kind of file, by the file's suffix."""


def write(edges: pa.Table, path: Path) -> None:
    """Write a table of :func:`network` in the form that the file's suffix names; the file is there whole or not at all.

    Raises
    ------
    ConfigError
        No such form, or the file cannot be written.
    """
    form = SUFFIXES.get(path.suffix)
    if form is None:
        raise ConfigError(f"cannot write {path.suffix!r} files", str(path), f"one of {', '.join(SUFFIXES)}")
    temporary = path.with_name(f".{path.name}.part")
    try:
        form(edges, temporary)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"cannot be written: {error.strerror}", str(path), "choose another place") from error
