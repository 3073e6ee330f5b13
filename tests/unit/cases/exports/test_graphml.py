"""The network as GraphML: typed, opened again equal, whatever strangers wrote."""

from __future__ import annotations

import io
import re
from typing import Any

import networkx as nx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.exports import graphml
from cases.exports.base import Material
from cases.exports.reading import masked
from tests import exporting, flagged


def opened(content: bytes) -> Any:
    return nx.read_graphml(io.BytesIO(content))


def test_it_opens_again_equal_and_typed(told: Material) -> None:
    graph = opened(graphml.make(told))
    (sha,) = told.snapshots
    assert graph.is_directed()
    assert set(graph) == {n["id"] for n in told.snapshots[sha]["nodes"]} | {f"post/{flagged.post_key(0, 0)}"}
    assert graph.nodes["account/x:100"] == {
        "kind": "account",
        "label": "moon_0",
        "role": "core",
        "score": 0.97,
        "own_evidence": True,
        "snapshots": sha[:12],
    }
    assert graph.nodes["account/x:107"]["own_evidence"] is False
    assert graph.nodes["ticker/XYZ"] == {"kind": "ticker", "label": "XYZ", "snapshots": sha[:12]}
    assert {(u, v, d["kind"]) for u, v, d in graph.edges(data=True)} == {
        (e["source"], e["target"], e["kind"]) for e in told.snapshots[sha]["edges"]
    }
    moved = graph.edges[f"wallet/{exporting.WALLET}", "wallet/eth:0xdef"]
    assert moved == {"kind": "TRANSFERRED", "at": "2026-03-03T14:00:00Z", "snapshots": sha[:12]}


def test_the_same_case_gives_the_same_bytes(told: Material) -> None:
    assert graphml.make(told) == graphml.make(told)


def test_several_snapshots_are_one_network(told: Material) -> None:
    later = exporting.snapshot()
    later["nodes"][0] = {**later["nodes"][0], "label": "renamed"}
    later["nodes"].append({"id": "account/x:900", "kind": "account", "label": "new"})
    later["edges"] += [{**later["edges"][0], "kind": "LIKES", "weight": 3}]
    both = exporting.holding(told, exporting.snapshot(), later)
    graph = opened(graphml.make(both))
    first, second = (sha[:12] for sha in both.snapshots)
    assert graph.nodes["account/x:100"]["label"] == "moon_0"
    assert graph.nodes["account/x:100"]["snapshots"] == f"{first} {second}"
    assert graph.nodes["account/x:900"]["snapshots"] == second
    between = graph.get_edge_data("account/x:100", f"identifier/wallet:{exporting.WALLET}")
    assert sorted(e["kind"] for e in between.values()) == ["LIKES", "USES"]
    assert [e["weight"] for e in between.values() if "weight" in e] == [3.0]


@settings(max_examples=60)
@given(st.text(min_size=1))
@example('<img src=x onerror="alert(1)">&amp;\x00\x1b]]>')
@example("\u202egnp\r\n\ud7ff\uffff")
def test_hostile_texts_are_texts(told: Material, text: str) -> None:
    graph = opened(graphml.make(exporting.holding(told, exporting.hostile(text))))
    shown = {d["label"] for _, d in graph.nodes(data=True) if "label" in d}
    assert len(shown) == 1
    if text.isprintable():
        assert shown == {text}
    assert len(graph) == len(exporting.hostile(text)["nodes"]) + 1


def test_devices_are_told_apart_and_not_named(told: Material) -> None:
    held = exporting.snapshot()
    for value in ("6f1d", "77aa"):
        held["nodes"].append({"id": f"identifier/device:{value}", "kind": "identifier", "label": f"device:{value}"})
        held["edges"].append(
            {"source": "account/x:100", "target": f"identifier/device:{value}", "kind": "USES", "at": None}
        )
    content = graphml.make(exporting.holding(told, held))
    assert b"6f1d" not in content
    assert b"77aa" not in content
    devices = [(n, d["label"]) for n, d in opened(content).nodes(data=True) if n.startswith("identifier/device")]
    assert len(devices) == 2
    assert all(re.fullmatch(r"device #[0-9a-f]{6}", label) and name == f"identifier/{label}" for name, label in devices)
    assert {n for n, _ in devices} < set(opened(content)["account/x:100"])


@pytest.mark.parametrize(
    ("node", "shown"),
    [
        ("account/x:1", "account/x:1"),
        ("identifier/wallet:eth:0xabc", "identifier/wallet:eth:0xabc"),
        ("identifier/referral:moon", "identifier/referral:moon"),
        ("identifier/device", "identifier/device"),
        ("link/https://identifier/device:1", "link/https://identifier/device:1"),
    ],
)
def test_what_is_public_is_shown_as_it_is(node: str, shown: str) -> None:
    assert masked(node) == shown


def test_a_case_without_snapshots_is_an_empty_network(told: Material) -> None:
    assert len(opened(graphml.make(exporting.holding(told)))) == 0
