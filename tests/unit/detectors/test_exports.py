"""Files of networks: whatever columns there are come back, XML keeps to its schema, and Gephi does not complain."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detectors.coaction.exports import GEXF, SUFFIXES, write
from graph.errors import ConfigError
from graph.schema import TIME
from tests.gephi import seen
from tests.needs import needs
from tests.stores import at

ANNA = "a<\"&'>n\u00e9\u2028a"
EDGES = pa.table(
    {
        "source": [ANNA, "bo", "cy"],
        "target": ["bo", ANNA, ANNA],
        "weight": [2, 5, 1],
        "first": pa.array([at(0), at(0.25), None], TIME),
        "p_value": [0.5, None, 1e-300],
        "expected": [float("inf"), float("nan"), -0.0],
        "live": [True, None, False],
        "layer": ["co_link", "x<y", ""],
        "layers": [["co_link", "co_text"], [], None],
        "objects": [1, 2, None],
    }
)
NODES = pa.table({"id": [ANNA, "zoe"], "score": [0.25, None], "ring": ["r1", None], "label": ["Anna", None]})
FIRST = {0: "2026-03-01T00:00:00.000000Z", 1: "2026-03-01T00:00:00.250000Z"}


@pytest.fixture
def written(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / f"edges{request.param}"
    write(EDGES, path, NODES)
    return path


def expected() -> list[dict[str, Any]]:
    """Rows as a reader of text has them, without what is absent."""
    rows = EDGES.to_pylist()
    for i, row in enumerate(rows):
        row["first"] = FIRST.get(i)
        row["layers"] = None if row["layers"] is None else " | ".join(row["layers"])
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


def same(a: Any, b: Any) -> bool:
    return bool(a == b) or str(a) == str(b) == "nan"


@pytest.mark.parametrize("written", [".gexf", ".graphml"], indirect=True)
def test_graphs_come_back_with_all_their_columns(written: Path) -> None:
    graph = (nx.read_gexf if written.suffix == ".gexf" else nx.read_graphml)(written)
    assert graph.is_directed()
    assert set(graph) == {ANNA, "bo", "cy", "zoe"}
    assert graph.nodes[ANNA]["score"] == 0.25
    assert graph.nodes[ANNA]["ring"] == "r1"
    assert "score" not in graph.nodes["zoe"]
    for row in expected():
        found = {"source": row["source"], "target": row["target"], **graph.edges[row["source"], row["target"]]}
        found.pop("id", None)
        assert set(found) - set(row) <= {"layer"}
        assert all(same(found[k], v) for k, v in row.items() if v != ""), (found, row)


def test_tables_come_back(tmp_path: Path) -> None:
    for suffix in (".csv", ".parquet"):
        write(EDGES, tmp_path / f"edges{suffix}", NODES)
    assert str(pq.read_table(tmp_path / "edges.parquet").to_pylist()) == str(EDGES.to_pylist())
    with (tmp_path / "edges.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["source"] for r in rows] == EDGES["source"].to_pylist()
    assert [r["first"] for r in rows] == [*FIRST.values(), ""]
    assert [r["layers"] for r in rows] == ["co_link | co_text", "", ""]


@pytest.mark.parametrize("written", [".gexf"], indirect=True)
def test_gexf_keeps_to_its_schema(written: Path) -> None:
    """The structure of GEXF 1.3: elements in their places, attributes, their kinds, and references that hold."""
    root = ET.parse(written).getroot()  # noqa: S314 - written by this test
    tag = f"{{{GEXF}}}".__add__
    assert (root.tag, root.get("version")) == (tag("gexf"), "1.3")
    meta, graph = root
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", meta.attrib["lastmodifieddate"])
    assert [child.tag for child in meta] == [tag("creator")]
    assert graph.attrib == {"defaultedgetype": "directed", "idtype": "string", "mode": "static"}
    assert [child.tag for child in graph] == [tag(t) for t in ("attributes", "attributes", "nodes", "edges")]
    kinds: dict[str, dict[str, str]] = {}
    for attributes in graph.findall(tag("attributes")):
        assert set(attributes.attrib) == {"class", "mode"}
        for one in attributes:
            assert set(one.attrib) == {"id", "title", "type"}
            assert one.attrib["type"] in {"long", "double", "boolean", "string"}
        kinds[attributes.attrib["class"]] = {a.attrib["id"]: a.attrib["type"] for a in attributes}
    nodes, edges = graph.find(tag("nodes")), graph.find(tag("edges"))
    assert nodes is not None
    assert edges is not None
    ids = [node.attrib["id"] for node in nodes]
    assert len(set(ids)) == len(ids) == int(nodes.attrib["count"])
    assert [e.attrib["id"] for e in edges] == ["0", "1", "2"] and edges.attrib["count"] == "3"  # noqa: PT018
    for kind, elements in (("node", nodes), ("edge", edges)):
        required = {"id", "label"} if kind == "node" else {"id", "source", "target", "weight"}
        for element in elements:
            assert set(element.attrib) == required
            assert kind == "node" or {element.attrib["source"], element.attrib["target"]} <= set(ids)
            assert [child.tag for child in element] in ([], [tag("attvalues")])
            for value in element.iter(tag("attvalue")):
                assert set(value.attrib) == {"for", "value"}
                _of_its_kind(value.attrib["value"], kinds[kind][value.attrib["for"]])
            for holder in element:
                assert len(holder)  # the schema asks for at least one value


def _of_its_kind(value: str, kind: str) -> None:
    if kind == "boolean":
        assert value in {"true", "false"}
    elif kind == "long":
        assert re.fullmatch(r"-?\d+", value)
    elif kind == "double":
        assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity", value)


@needs("java", "javac", "mvn")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("written", [".gexf", ".graphml"], indirect=True)
def test_gephi_reads_it_without_complaint(written: Path) -> None:
    found = seen(written)
    assert {level for level, _ in found.issues} <= {"INFO"}, found.issues
    assert found.directed
    assert set(found.nodes) == {ANNA, "bo", "cy", "zoe"}
    assert found.nodes[ANNA]["score"] == "0.25"
    assert {ends: float(e["weight"]) for ends, e in found.edges.items()} == {
        (ANNA, "bo"): 2,
        ("bo", ANNA): 5,
        ("cy", ANNA): 1,
    }
    assert found.edges[ANNA, "bo"]["layers"] == "co_link | co_text"
    assert found.edges["bo", ANNA]["first"] == FIRST[1]
    assert found.edges["bo", ANNA]["objects"] == "2"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_networks_without_edges_weights_or_direction(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"edges{suffix}"
    write(EDGES.slice(0, 0), path)
    assert path.stat().st_size
    write(EDGES.select(["source", "target"]), path, directed=False)
    if suffix in {".gexf", ".graphml"}:
        graph = (nx.read_gexf if suffix == ".gexf" else nx.read_graphml)(path)
        assert not graph.is_directed()
        assert graph.number_of_nodes() == 3


def test_characters_that_xml_has_not_are_shown(tmp_path: Path) -> None:
    edges = pa.table({"source": ["a\x01\r\n\tb"], "target": ["c\ufffe"], "text": ["x\x00y\rz"]})
    for suffix, read in ((".gexf", nx.read_gexf), (".graphml", nx.read_graphml)):
        write(edges, tmp_path / f"e{suffix}")
        graph = read(tmp_path / f"e{suffix}")
        assert set(graph) == {"a\\x01\r\n\tb", "c\\xfffe"}
        assert next(iter(graph.edges(data=True)))[2]["text"] == "x\\x00y\rz"


def test_codes_are_written_as_what_they_stand_for(tmp_path: Path) -> None:
    coded = EDGES.set_column(0, "source", EDGES["source"].dictionary_encode())
    write(coded, tmp_path / "e.csv")
    write(coded, tmp_path / "e.gexf")
    assert ANNA in (tmp_path / "e.csv").read_text(encoding="utf-8").replace('""', '"')
    assert ANNA in nx.read_gexf(tmp_path / "e.gexf")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot write '\.xlsx'"):
        write(EDGES, tmp_path / "edges.xlsx")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(EDGES, tmp_path / "nowhere" / "edges.gexf")
    assert list(tmp_path.iterdir()) == []
