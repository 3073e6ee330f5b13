"""Events straight from files: what is counted, told and refused beside the differential tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError
from ingest.direct.events import Key, events
from ingest.direct.sources import recognise
from ingest.direct.verbatim import messages
from ingest.formats.base import Options

BASE = 1_700_000_000


def posts(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.Table.from_pylist([{"account_id": "a", "created_at": BASE, **row} for row in rows]), path)
    return path


def of(path: Path, trace: str | Key, **more: Any) -> tuple[list[dict[str, Any]], Any]:
    found = recognise(path, None, more.pop("options", Options()))
    assert found is not None
    table, report = events(found, trace, **more)
    return table.to_pylist(), report


def test_the_last_of_repeated_posts_counts(tmp_path: Path) -> None:
    path = posts(
        tmp_path, {"post_id": "1", "text": "$BTC"}, {"post_id": "2", "text": "$BTC"}, {"post_id": "1", "text": "no"}
    )
    found, report = of(path, "ticker")
    assert [r["message"] for r in found] == ["local:2"]
    assert report.repeated == 1


@pytest.mark.parametrize("ids", [("1", "2", "10"), ("2", "1", "10"), ("a", "b", "c"), ("9007199254740993", "2", "3")])
def test_ids_are_kept_apart_whether_they_rise_or_not(tmp_path: Path, ids: tuple[str, ...]) -> None:
    found, report = of(posts(tmp_path, *({"post_id": i, "text": "$BTC"} for i in ids)), "ticker")
    assert sorted(r["message"] for r in found) == sorted(f"local:{i}" for i in ids)
    assert report.repeated == 0


def test_platforms_may_differ_by_row(tmp_path: Path) -> None:
    path = posts(
        tmp_path,
        {"post_id": "1", "text": "$BTC", "platform": "x"},
        {"post_id": "1", "text": "$BTC", "platform": "y"},
        {"post_id": "3", "text": "$BTC", "platform": "No!"},
    )
    found, report = of(path, "ticker")
    assert [(r["actor"], r["message"]) for r in found] == [("x:a", "x:1"), ("y:a", "y:1")]
    assert report.reasons == {"posts.platform: not a platform name: a–z, 0–9, _ . - only": 1}
    assert report.lines == {"posts.platform: not a platform name: a–z, 0–9, _ . - only": [3]}


def test_kinds_and_parents_must_agree(tmp_path: Path) -> None:
    path = posts(
        tmp_path,
        {"post_id": "1", "kind": "repost", "parent_id": "9"},
        {"post_id": "2", "kind": "post", "parent_id": "9"},
        {"post_id": "3", "kind": "shout", "parent_id": None},
    )
    found, report = of(path, "repost", keep_rejects=True)
    assert [r["object"] for r in found] == ["local:9"]
    assert sorted(report.reasons) == [
        "posts.kind: 'shout' is none of post, repost, quote, reply",
        "posts.kind: a plain post has no parent",
    ]
    assert [(r.line, r.field) for r in report.rejected] == [(2, "kind"), (3, "kind")]
    assert next(iter(report.sentences())) == "2 of 3 rows could not be used:"


def test_a_time_window_selects(tmp_path: Path) -> None:
    rows = ({"post_id": str(i), "text": "$BTC", "created_at": BASE + i} for i in range(5))
    start, end = (datetime.fromtimestamp(BASE + i, UTC) for i in (1, 4))
    found, _ = of(posts(tmp_path, *rows), "ticker", start=start, end=end)
    assert [r["message"] for r in found] == ["local:1", "local:2", "local:3"]


def test_interactions_without_a_time_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "interactions.csv"
    path.write_text(
        "account_id,kind,target_id,target_type,at\na,like,p,post,\nb,like,p,post,1700000000\nc,like,,post,1700000000\n"
    )
    found, report = of(path, "like")
    assert [r["actor"] for r in found] == ["local:b"]
    assert report.reasons == {"interactions.target_id: missing": 1, "interactions.at: missing": 1}


def test_a_column_of_lists_gives_each_of_its_values(tmp_path: Path) -> None:
    path = posts(tmp_path, {"post_id": "1", "images": ["h1", "h2", ""]}, {"post_id": "2", "images": None})
    found, _ = of(path, Key("images"))
    assert [r["object"] for r in found] == ["h1", "h2"]
    with pytest.raises(ConfigError, match="did you mean 'images'"):
        of(path, Key("image"))
    with pytest.raises(ConfigError, match="no trace 'imagery'"):
        of(path, "imagery")


def test_a_column_of_interactions(tmp_path: Path) -> None:
    path = tmp_path / "interactions.jsonl"
    path.write_text(
        '{"account_id":"a","kind":"like","target_id":"p","target_type":"post","at":1700000000,"via":"app 1"}\n'
        '{"account_id":"b","kind":"follow","target_id":"q","target_type":"account","at":1700000001,"via":"app 1"}\n'
        '{"account_id":"c","kind":"like","target_id":"p","target_type":"post","at":1700000001,"via":7}\n'
    )
    found, report = of(path, Key("via"))
    assert [(r["actor"], r["object"]) for r in found] == [("local:a", "app 1"), ("local:b", "app 1"), ("local:c", "7")]
    assert len({r["message"] for r in found}) == 3
    assert report.unusable == 0


def test_messages_are_read_as_they_stand(tmp_path: Path) -> None:
    path = posts(
        tmp_path,
        {"post_id": "1", "kind": "Reply", "parent_id": "9", "text": " a ", "links": ["x", ""]},
        {"post_id": "2", "kind": "repost", "parent_id": "9", "text": None, "links": None},
        {"post_id": "3", "created_at": None},
        {"post_id": None},
    )
    found = recognise(path, None, Options())
    assert found is not None
    table, report = messages(found, ("parents", "text", "links"))
    assert table.select(["message", "at", "repost", "reply", "text", "objects"]).to_pylist() == [
        {"message": "1", "at": float(BASE), "repost": None, "reply": "9", "text": " a ", "objects": ["x"]},
        {"message": "2", "at": float(BASE), "repost": "9", "reply": None, "text": None, "objects": []},
    ]
    assert report.reasons == {"posts.created_at: missing": 1, "posts.post_id: missing": 1}
    keyed, _ = messages(found, (), "links", keep_rejects=True)
    assert keyed["objects"].to_pylist()[0] == ["x"]


def test_times_of_all_kinds_become_seconds(tmp_path: Path) -> None:
    when = datetime(2026, 3, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    for name, value in (("a", when), ("b", when.isoformat()), ("c", when.timestamp())):
        path = tmp_path / f"posts-{name}.parquet"
        pq.write_table(pa.Table.from_pylist([{"post_id": "1", "account_id": "a", "created_at": value}]), path)
        found = recognise(path, None, Options(type="posts"))
        assert found is not None
        assert messages(found, ())[0]["at"].to_pylist() == [when.timestamp()]
    mapping = {
        "record": [{"type": "posts", "post_id": "i", "account_id": "w", "created_at": {"column": "t", "unit": "ms"}}]
    }
    path = tmp_path / "t.csv"
    path.write_text("i,w,t\n1,a,1700000000500\n2,a,soon\n")
    found = recognise(path, None, Options(mapping=mapping))
    assert found is not None
    table, report = messages(found, ())
    assert table["at"].to_pylist() == [BASE + 0.5]
    assert report.reasons == {"posts.created_at: not a number of seconds: 'soon'": 1}
    assert report.lines == {"posts.created_at: not a number of seconds: 'soon'": [3]}


def test_compressed_coortweet_parquet_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "shares.parquet"
    row = {"object_id": "o", "account_id": "a", "content_id": "c", "timestamp_share": float(BASE)}
    pq.write_table(pa.Table.from_pylist([row]), path)
    found, _ = of(path, "link")
    assert [(r["actor"], r["object"], r["message"]) for r in found] == [("local:a", "o", "local:c")]
