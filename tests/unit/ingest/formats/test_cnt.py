from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import ConfigError
from ingest.files import head
from ingest.formats.base import Options
from ingest.formats.cnt import CoordinationNetworkToolkit
from tests.reading import Outcome, outcome

HEADER = "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n"


def read(folder: Path, rows: str, options: Options | None = None) -> Outcome:
    path = folder / "network.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return outcome(path, options)


def test_reposts_replies_and_plain_posts(tmp_path: Path) -> None:
    result = read(tmp_path, "1,a,,9,,RT,60,\n2,a,,,8,yes,61,\n3,a,,,,gm,62,\n4,a,,9,8,both,63,\n")
    assert result.format == "cnt"
    assert result.rows("posts", "post", "kind", "parent") == [
        ("local:1", "repost", "local:9"),
        ("local:2", "reply", "local:8"),
        ("local:3", "post", None),
        ("local:4", "repost", "local:9"),
    ]
    assert result.rejected == []


def test_urls_are_canonical_and_opaque_ones_are_kept(tmp_path: Path) -> None:
    rows = "1,a,,,,,60,http://U1 https://b.example/?utm_source=x&b=1  link-7\n2,a,,,,www.c.example $BTC,61,\n"
    result = read(tmp_path, rows)
    assert result.rows("posts", "links", "tickers") == [
        (["https://b.example/?b=1", "https://u1/", "link-7"], []),
        (["https://www.c.example/"], ["BTC"]),
    ]


def test_names_become_handles_and_absent_ones_nothing(tmp_path: Path) -> None:
    result = read(tmp_path, "1,a,Ann,,,x,60,\n2,b,,,,y,61,\n", Options(platform="forum"))
    assert result.rows("accounts", "account", "handle") == [("forum:a", "Ann")]
    assert result.rows("posts", "account") == [("forum:a",), ("forum:b",)]


def test_hostile_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    rows = (
        '1,a,,,,"two\nlines, quoted",60,\n'
        "2,a,,,,short\n"
        ",a,,,,no id,61,\n"
        "3,,,,,no user,61,\n"
        "4,a,,,,no time,,\n"
        "5,a,,,,x,soon,\n"
        "6,a,,,,ok,62,\n"
    )
    result = read(tmp_path, rows)
    assert result.rows("posts", "post", "text") == [("local:1", "two\nlines, quoted"), ("local:6", "ok")]
    assert [(r.line, r.type, r.field) for r in sorted(result.rejected, key=lambda r: r.line) if r.type == "posts"] == [
        (5, "posts", "post_id"),
        (6, "posts", "account_id"),
        (7, "posts", "created_at"),
        (8, "posts", "created_at"),
    ]
    assert [r.line for r in result.rejected if "has 6 values" in r.reason] == [4]


def test_more_columns_are_still_this_format_and_fewer_are_not(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("lang," + HEADER, encoding="utf-8")
    assert CoordinationNetworkToolkit().sniff(head(path)) > 0.9
    path.write_text(HEADER.replace(",urls", ""), encoding="utf-8")
    assert CoordinationNetworkToolkit().sniff(head(path)) == 0
    path.write_bytes(b"\x00\x01" + HEADER.encode())
    assert CoordinationNetworkToolkit().sniff(head(path)) == 0


def test_a_mapping_goes_before_the_own_meaning(tmp_path: Path) -> None:
    record = {"type": "labels", "account_id": "user_id", "label": {"value": "benign"}}
    result = read(tmp_path, "1,a,,,,x,60,\n", Options(mapping={"record": [record]}))
    assert result.rows("labels", "account", "label") == [("local:a", "benign")]
    assert "posts" not in result.tables


def test_a_missing_column_is_named_where_the_format_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("message_id,user_id\n1,a\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="repost_id"):
        outcome(path, wanted="cnt")


def test_the_worked_example(shared_data: Path) -> None:
    result = outcome(shared_data / "examples" / "ex1.csv")
    assert len(result.tables["posts"]) == 13
    assert result.rejected == []
    assert result.tables["posts"][0]["links"] == ["https://u1/"]
