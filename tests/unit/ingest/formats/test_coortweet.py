from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.files import head
from ingest.formats.base import Options
from ingest.formats.coortweet import CooRTweet
from tests.reading import outcome

HEADER = "object_id,account_id,content_id,timestamp_share\n"
TABLE = {
    "object_id": ["https://A.example/?utm_source=x", "o2", "o2"],
    "account_id": ["a", "b", "b"],
    "content_id": [1, 2, 2],
    "timestamp_share": [1_700_000_000.0, 1_700_000_001.0, None],
}


def test_objects_stay_as_they_are_and_content_is_the_post(tmp_path: Path) -> None:
    path = tmp_path / "shares.csv"
    path.write_text(HEADER + "https://A.example/?utm_source=x,a,c1,60\no2,a,c1,60\n", encoding="utf-8")
    result = outcome(path)
    assert result.format == "coortweet"
    assert result.rows("interactions", "account", "kind", "target_type", "target", "post") == [
        ("local:a", "share", "link", "https://A.example/?utm_source=x", "local:c1"),
        ("local:a", "share", "link", "o2", "local:c1"),
    ]


def test_parquet_with_dictionaries_floats_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "shares.parquet"
    table = pa.table(TABLE)
    for name in ("object_id", "account_id"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].dictionary_encode())
    pq.write_table(table, path)
    result = outcome(path)
    assert result.format == "coortweet"
    assert result.rows("interactions", "account", "target", "post") == [
        ("local:a", "https://A.example/?utm_source=x", "local:1"),
        ("local:b", "o2", "local:2"),
        ("local:b", "o2", "local:2"),
    ]
    assert result.tables["interactions"][2]["at"] is None


def test_other_tables_are_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"object_id": ["o"]}), path)
    assert CooRTweet().sniff(head(path)) == 0
    path.write_bytes(path.read_bytes()[:40])
    assert CooRTweet().sniff(head(path)) == 0
    csv = tmp_path / "x.csv"
    csv.write_text("object_id,account_id\n", encoding="utf-8")
    assert CooRTweet().sniff(head(csv)) == 0
    csv.write_bytes(b"\x00" + HEADER.encode())
    assert CooRTweet().sniff(head(csv)) == 0


def test_rows_without_object_or_account_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shares.csv"
    path.write_text(HEADER + ",a,c1,60\no,,c1,60\no,a,c1,late\no,a,,\n", encoding="utf-8")
    result = outcome(path)
    assert [(r.line, r.field) for r in result.rejected] == [(2, "target_id"), (3, "account_id"), (4, "at")]
    assert len(result.tables["interactions"]) == 1


def test_a_mapping_goes_before_the_own_meaning(tmp_path: Path) -> None:
    path = tmp_path / "shares.csv"
    path.write_text(HEADER + "o,a,c1,60\n", encoding="utf-8")
    record = {"type": "labels", "account_id": "account_id", "label": {"value": "benign"}}
    assert "labels" in outcome(path, Options(mapping={"record": [record]})).tables


def test_published_tables(shared_data: Path) -> None:
    result = outcome(shared_data / "coortweet" / "russian_coord_tweets.parquet")
    assert result.ends[-1] == 35_125
    assert result.rejected == []
    assert outcome(shared_data / "coortweet" / "ger_url_id.csv").format == "coortweet"
