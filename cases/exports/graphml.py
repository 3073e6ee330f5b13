"""The network of a case's snapshots as GraphML, which other tools open."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from cases.exports import reading
from cases.exports.base import Export, Material
from detectors.coaction.exports import write

_NODES = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("label", pa.string()),
        ("role", pa.string()),
        ("score", pa.float64()),
        ("own_evidence", pa.bool_()),
        ("snapshots", pa.string()),
    ]
)
_EDGES = pa.schema(
    [(name, pa.string()) for name in ("source", "target", "kind", "at", "snapshots")] + [("weight", pa.float64())]
)


def make(material: Material) -> bytes:
    """Nodes and relations of all snapshots, each once, with the snapshots that have it.

    A node in several snapshots is described as in the first. Every attribute has its type; an absent value is left out.
    Devices, addresses and the like are told apart and not named.
    """
    nodes: dict[str, dict[str, Any]] = {}
    edges: dict[tuple[str, ...], dict[str, Any]] = {}
    for sha, snapshot in material.snapshots.items():
        for node in snapshot.get("nodes", ()):
            made = _node(node)
            _seen(nodes.setdefault(made["id"], made), sha)
        for edge in snapshot.get("edges", ()):
            drawn = _edge(edge)
            _seen(edges.setdefault((drawn["source"], drawn["target"], drawn["kind"], drawn["at"] or ""), drawn), sha)
    _accounts(material, nodes)
    return _written(
        pa.Table.from_pylist(list(nodes.values()), _NODES), pa.Table.from_pylist(list(edges.values()), _EDGES)
    )


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    name = reading.masked(str(node["id"]))
    label = str(node.get("label") or name) if name == node["id"] else name.removeprefix("identifier/")
    return {"id": name, "kind": str(node["kind"]), "label": label}


def _edge(edge: Mapping[str, Any]) -> dict[str, Any]:
    weight = edge.get("weight")
    return {
        "source": reading.masked(str(edge["source"])),
        "target": reading.masked(str(edge["target"])),
        "kind": str(edge["kind"]),
        "at": reading.utc(edge.get("at")) or None,
        "weight": None if weight is None else float(weight),
    }


def _seen(row: dict[str, Any], sha: str) -> None:
    row["snapshots"] = " ".join([*row.get("snapshots", "").split(), reading.short(sha)])


def _accounts(material: Material, nodes: dict[str, dict[str, Any]]) -> None:
    """Say of the case's accounts what it knows of them."""
    scored = {m["account"]: m.get("score") for m in reading.members(material.snapshots)}
    for subject in material.file.subjects:
        node = nodes.get(f"account/{subject['account']}")
        if node is not None:
            node |= {"role": subject["role"], "own_evidence": subject["own_evidence"]}
            node["score"] = scored.get(subject["account"])


def _written(nodes: pa.Table, edges: pa.Table) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.graphml")
        write(edges, path, nodes)
        return path.read_bytes()


EXPORT = Export("graphml", "Network of a case (GraphML)", ".graphml", make, track=None)
