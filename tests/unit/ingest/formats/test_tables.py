from __future__ import annotations

import gzip
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError, IngestError
from ingest.formats import delimited, parquet
from ingest.formats.base import Block, Head, Options
from ingest.formats.delimited import Delimited
from ingest.formats.parquet import Parquet

HEADER = b"account_id,label,source\n"


def read(path: Path, data: bytes, options: Options | None = None, skip: int = 0) -> list[Block]:
    path.write_bytes(data)
    return list(Delimited().read(path, options or Options(), skip))


def sniff(name: str, start: bytes) -> float:
    return Delimited().sniff(Head(Path(name), name, start))


def test_sniffing() -> None:
    assert sniff("x", HEADER) > sniff("x.csv", b"a,b\n") > sniff("x", b"a,b\n") == 0
    assert sniff("x", b'\xef\xbb\xbf"account_id"\tlabel\n') > 0.5
    assert sniff("x", b'"' + b"x" * 200_000) == 0


@pytest.mark.parametrize("delimiter", [b",", b"\t", b";", b"|"])
def test_delimiters(delimiter: bytes, tmp_path: Path) -> None:
    (block,) = read(tmp_path / "labels.csv", (HEADER + b"a,sybil,\n").replace(b",", delimiter))
    assert block.records[0].columns == {"account_id": ["a"], "label": ["sybil"], "source": [None]}
    assert block.records[0].lines == [2]


def test_quoted_fields_may_span_lines_and_hold_anything(tmp_path: Path) -> None:
    (block,) = read(tmp_path / "labels.csv", b"\n" + HEADER + b'a,"x\ny ""z"", w",s\n\nb,c,d\n')
    assert block.records[0].columns["label"] == ['x\ny "z", w', "c"]
    assert block.records[0].lines == [3, 6]
    assert block.end == 6


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"a,b", "has 2 values where the header has 3"),
        (b"a,\0,b", "NUL byte"),
        (b"a,\xff,b", "not UTF-8: byte 0xff at byte 3"),
        (b'a,"b"c,d', "not CSV: .*lines 3–3"),
    ],
)
def test_bad_rows_are_set_aside(row: bytes, reason: str, tmp_path: Path) -> None:
    (block,) = read(tmp_path / "labels.csv", HEADER + b"1,x,y\n" + row + b"\n2,x,y\n")
    assert block.records[0].columns["account_id"] == ["1", "2"]
    assert [b.line for b in block.bad] == [3]
    assert re.search(reason, block.bad[0].reason)


def test_quote_that_never_closes_is_said(tmp_path: Path) -> None:
    (block,) = read(tmp_path / "labels.csv", HEADER + b'1,x,y\n2,"x,y\n3,x,y\n')
    assert block.records[0].columns["account_id"] == ["1"]
    assert "lines 3–4" in block.bad[0].reason
    assert block.end == 4


def test_wrong_headers(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with pytest.raises(IngestError, match="twice: a"):
        read(path, b"a,b,a\n")
    with pytest.raises(IngestError, match="need the column label"):
        read(path, b"account_id,x\n1,2\n")
    with pytest.raises(IngestError, match="the header is not UTF-8"):
        read(path, b"a\xff,b\n")
    with pytest.raises(IngestError, match="need the columns account_id, label"):
        read(path, b"x\n")
    with pytest.raises(IngestError, match="header cannot be read"):
        read(path, b'"' + b"x" * 200_000 + b"\n1\n")
    with pytest.raises(IngestError, match="does not say what its rows are"):
        read(tmp_path / "x.csv", HEADER)
    mapping = {"record": [{"type": "labels", "account_id": "id", "label": {"value": "x"}}]}
    with pytest.raises(ConfigError, match="does not have: id"):
        read(path, b"a,b\n", Options(mapping=mapping))


def test_blocks_and_resuming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_ROWS", 3)
    data = HEADER + b"".join(b'%d,"x\ny",z\n' % i if i % 2 else b"%d,x\n" % i for i in range(10))
    whole = read(tmp_path / "labels.csv", data)
    assert [len(b.bad) + len(b.records[0].lines) for b in whole] == [3, 3, 3, 1]
    for i, block in enumerate(whole):
        assert read(tmp_path / "labels.csv", data, skip=block.end) == whole[i + 1 :]


def test_rows_before_a_cut_are_kept(tmp_path: Path) -> None:
    packed = gzip.compress(HEADER + b"".join(b"%d,x,%d\n" % (i, i * 7919 % 1000) for i in range(9000)))
    path = tmp_path / "labels.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    seen: list[Block] = []
    with pytest.raises(IngestError, match="cut off"):
        seen.extend(Delimited().read(path, Options()))
    assert len(seen[0].records[0].lines) > 1000


def put(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_unpacks_dictionaries_and_large_types(tmp_path: Path) -> None:
    path = put(
        tmp_path / "posts.parquet",
        post_id=pa.array([1, 2]),
        account_id=pa.array(["a", "b"]).dictionary_encode(),
        created_at=pa.array([1, 2]),
        text=pa.array(["x", "y"], pa.large_string()),
        tickers=pa.array([["a"], None], pa.large_list(pa.large_string())),
        links=pa.array([[1], [2]]),
        hashtags=pa.array([[{"x": 1}], None]),
    )
    (block,) = Parquet().read(path, Options())
    columns = block.records[0].columns
    assert columns["account_id"].to_pylist() == ["a", "b"]
    assert columns["text"].type == pa.string()
    assert columns["tickers"].to_pylist() == [["a"], None]
    assert columns["links"].to_pylist() == [["1"], ["2"]]
    assert columns["hashtags"].to_pylist() == [[{"x": 1}], None]
    assert block.records[0].raw(0).startswith("{")


def test_parquet_reads_mapped_columns_only(tmp_path: Path) -> None:
    path = put(tmp_path / "x.parquet", id=pa.array(["a"]), label=pa.array(["b"]), other=pa.array([1]))
    mapping = {"record": [{"type": "labels", "account_id": "id", "label": "label"}]}
    (block,) = Parquet().read(path, Options(mapping=mapping))
    assert set(block.records[0].columns) == {"account_id", "label"}
    with pytest.raises(IngestError, match="does not say"):
        list(Parquet().read(path, Options()))
    with pytest.raises(IngestError, match="need the column account_id"):
        list(Parquet().read(path, Options(type="labels")))


def test_parquet_blocks_are_smaller_where_rows_are_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(parquet, "_SMALLEST", 2)
    words = [str(i) * 50 for i in range(100)]
    path = put(tmp_path / "labels.parquet", account_id=pa.array(words), label=pa.array(words))
    blocks = list(Parquet().read(path, Options()))
    assert max(len(b.records[0].lines) for b in blocks) < 20
    assert next(Parquet().read(path, Options(), blocks[2].end)).end == blocks[3].end
