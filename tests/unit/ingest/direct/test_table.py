"""Tables read by columns: the same rows from Arrow's readers and from the row-wise ones, and where they stand."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import IngestError
from ingest.direct.table import Batch, Irregular, Table


def rows(batches: Any, *names: str) -> list[tuple[Any, ...]]:
    """Rows of the columns named, whatever the columns are made of."""
    out: list[tuple[Any, ...]] = []
    for batch in batches:
        columns = [batch.columns[n] for n in names]
        plain = [c.to_pylist() if isinstance(c, pa.Array) else list(c) for c in columns]
        assert all(len(c) == batch.rows for c in plain)
        out += zip(*plain, strict=True)
    return out


def put(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CSV = 'a;b;c\n1;"x\r\ny";\n2;;"q""q"\n\n3;z;"1;2"\n'


def test_both_readers_give_the_same_rows(tmp_path: Path) -> None:
    table = Table(put(tmp_path, "t.csv", CSV), "csv")
    assert table.names == ["a", "b", "c"]
    expected = [("1", "x\ny", ""), ("2", "", 'q"q'), ("3", "z", "1;2")]
    assert rows(table.batches({"a", "b", "c"}), "a", "b", "c") == expected
    assert rows(table.by_row({"a", "b", "c"}), "a", "b", "c") == expected
    assert rows(table.batches({"c", "nothing"}), "c") == [(r[2],) for r in expected]


def test_rows_are_found_again_by_their_number(tmp_path: Path) -> None:
    table = Table(put(tmp_path, "t.csv", CSV), "csv")
    placed = table.locate({0, 2})
    assert {i: p.line for i, p in placed.items()} == {0: 2, 2: 6}
    assert placed[2].raw == '{"a":"3","b":"z","c":"1;2"}'
    assert table.locate(set()) == {}
    lines = Table(put(tmp_path, "t.jsonl", '{"a":1}\nnot json\n{"a":2,"b":"x"}\n'), "jsonl")
    assert {i: (p.line, p.raw) for i, p in lines.locate({1}).items()} == {1: (3, '{"a":2,"b":"x"}')}
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), tmp_path / "t.parquet")
    assert Table(tmp_path / "t.parquet", "parquet").locate({1})[1].raw == '{"a":2,"b":null}'


@pytest.mark.parametrize(
    ("content", "bad"),
    [
        ("a,b\n1,x\n2\n3,y\n", [3]),
        (b"a,b\n1,x\n2,\xff\n3,y\n", [3]),
        ('a,b\n1,x\n2,"y\n', [3]),
        ("a,b\n1,x\n2,y,z\n", [3]),
    ],
)
def test_a_row_that_cannot_be_read_costs_itself_alone(tmp_path: Path, content: str | bytes, bad: list[int]) -> None:
    table = Table(put(tmp_path, "t.csv", content), "csv")
    with pytest.raises(Irregular):
        list(table.batches({"a", "b"}))
    batches: list[Batch] = list(table.by_row({"a", "b"}))
    assert [b.line for batch in batches for b in batch.bad] == bad
    assert ("1", "x") in rows(batches, "a", "b")


@pytest.mark.parametrize(
    "lines",
    [
        '{"a":"x"}\n{"a":1}\n',  # a column of two kinds
        '{"a":"x"}\nnot json\n',
        '{"a":"x","n":{"b":"deep"}}\n',
        '{"b":"x"}\n' * 300 + '{"a":["list"]}\n',  # of a kind that the first rows do not show
        '{"a":"x"}\n{"a":"\\ud800"}\n',
    ],
)
def test_json_that_arrow_reads_otherwise_is_left_to_the_row_wise_reader(tmp_path: Path, lines: str) -> None:
    table = Table(put(tmp_path, "t.jsonl", lines), "jsonl")
    wanted = {"a", "n.b"} if "deep" in lines else {"a"}
    with pytest.raises(Irregular):
        list(table.batches(wanted))
    assert sum(b.rows for b in table.by_row(wanted)) >= 1
    if "deep" in lines:
        assert rows(table.by_row(wanted), "n.b") == [("deep",)]


def test_json_of_one_kind_is_read_by_columns(tmp_path: Path) -> None:
    text = '{"a":null,"b":1,"c":1.5,"d":true,"e":["x"]}\n{"a":"y","b":2,"e":[]}\n{"z":"late"}\n'
    table = Table(put(tmp_path, "t.jsonl.gz", gzip.compress(text.encode())), "jsonl")
    assert table.names == ["a", "b", "c", "d", "e", "z"]
    expected = [(None, 1, 1.5, True, ["x"], None), ("y", 2, None, None, [], None), (None,) * 5 + ("late",)]
    assert rows(table.batches(["a", "b", "c", "d", "e", "z"]), "a", "b", "c", "d", "e", "z") == expected


def test_files_without_rows_or_columns(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="the file is empty"):
        Table(put(tmp_path, "t.csv", ""), "csv")
    with pytest.raises(IngestError, match="the file is empty"):
        Table(put(tmp_path, "t.jsonl", "\n"), "jsonl")
    table = Table(put(tmp_path, "only.csv", "a,b\n"), "csv")
    assert rows(table.batches({"a"}), "a") == []
    assert rows(table.by_row({"a"}), "a") == []
    with pytest.raises(IngestError, match="Parquet"):
        Table(put(tmp_path, "t.parquet", "PAR1 not"), "parquet")


def test_a_file_that_is_cut_off_is_said(tmp_path: Path) -> None:
    packed = gzip.compress(("a,b\n" + "1,x\n" * 50_000).encode())
    table = Table(put(tmp_path, "t.csv.gz", packed[: len(packed) // 2]), "csv")
    with pytest.raises(IngestError, match="cut off"):
        list(table.batches({"a"}))
