from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph.errors import ConfigError
from ingest.mapping import Mapped, load_mapping, present

FULL = """
platform = "x"
[[record]]
type = "posts"
post_id = "id"
account_id = { column = "author" }
created_at = { column = "time", unit = "s" }
links = { column = "urls", split = " ", verbatim = true }
lang = { value = "en" }
kind = { when = "parent", then = "repost", otherwise = "post" }
parent_id = "parent"
[[record]]
type = "accounts"
only_if = "name"
account_id = "author"
handle = "name"
created_at = { column = "joined", zone = "Z" }
[[record]]
type = "events"
only_if = "coin"
ticker = "coin"
at = "time"
kind = { value = "pump" }
"""
TABLE: dict[str, Any] = {
    "id": ["1", "2"],
    "author": ["a", "b"],
    "time": ["1700000000", "1700000001"],
    "urls": ["u1 u2", None],
    "parent": ["", "9"],
    "name": ["Ann", None],
    "joined": ["2020-01-01 00:00:00", None],
    "coin": pa.array([None, "BTC"]),
}


def test_one_row_may_yield_several_records() -> None:
    posts, accounts, events = Mapped(tomllib.loads(FULL)).apply(TABLE, [2, 3])
    assert (posts.type, posts.lines) == ("posts", [2, 3])
    assert posts.columns == {
        "post_id": ["1", "2"],
        "account_id": ["a", "b"],
        "created_at:s": ["1700000000", "1700000001"],
        "links:verbatim": [["u1", "u2"], None],
        "lang": ["en", "en"],
        "kind": ["post", "repost"],
        "parent_id": ["", "9"],
        "platform": ["x", "x"],
    }
    assert accounts.columns["handle"] == ["Ann"]
    assert accounts.columns["created_at"] == ["2020-01-01 00:00:00Z"]
    assert accounts.lines == [2]
    assert events.columns["ticker"].to_pylist() == ["BTC"]
    assert "platform" not in events.columns
    assert events.lines == [3]


def test_arrow_columns_stay_arrow() -> None:
    table = {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in TABLE.items()}
    posts, accounts, events = Mapped(tomllib.loads(FULL)).apply(table, [1, 2])
    assert posts.columns["post_id"] is table["id"]
    assert posts.columns["links:verbatim"] == [["u1", "u2"], None]
    assert accounts.columns["handle"].to_pylist() == ["Ann"]
    assert events.columns["ticker"].to_pylist() == ["BTC"]


def test_columns_that_are_used_and_missing_ones() -> None:
    mapped = Mapped(tomllib.loads(FULL), "map.toml")
    assert mapped.columns() == set(TABLE)
    mapped.require(TABLE, Path("f.csv"))
    with pytest.raises(ConfigError, match="does not have: id, urls") as e:
        mapped.require(set(TABLE) - {"id", "urls"}, Path("f.csv"))
    assert "f.csv has:" in e.value.hint
    posts = mapped.apply({"id": ["1"]}, [1])[0]
    assert posts.columns["account_id"] == [None]
    assert posts.columns["kind"] == ["post"]


POSTS = '[[record]]\ntype = "posts"\npost_id = "a"\naccount_id = "b"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no records"),
        ("record = 5", "no records"),
        ("mode = 1\n" + POSTS, "unknown key 'mode'"),
        ('platform = "No"\n' + POSTS, "not a platform name"),
        ('[[record]]\ntype = "pots"', "no record type 'pots'.*did you mean 'posts'"),
        (POSTS, "posts need created_at"),
        (POSTS + 'created_at = "c"\nmood = "d"', "no field 'mood'"),
        (POSTS + "created_at = 5", "not a source: 5"),
        (POSTS + 'created_at = { colum = "c" }', "not a source"),
        (POSTS + 'created_at = { column = "c", sep = 1 }', "not a source"),
        (POSTS + "created_at = { column = 1 }", "column is text"),
        (POSTS + 'created_at = { column = "c", unit = "h" }', "cannot be 'h'.*s, ms, us"),
        (POSTS + 'created_at = "c"\ntext = { column = "d", verbatim = true }', "cannot be 'verbatim'.*leave it out"),
        (POSTS + 'created_at = "c"\nonly_if = 5', "only_if names one column"),
    ],
)
def test_wrong_mappings_say_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as e:
        load_mapping(path)
    assert e.value.where.startswith(str(path))


def test_mapping_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("= 5")
    with pytest.raises(ConfigError, match="not TOML"):
        load_mapping(tmp_path / "bad.toml")
    (tmp_path / "good.toml").write_text(FULL)
    assert load_mapping(tmp_path / "good.toml") == tomllib.loads(FULL)


def test_presence() -> None:
    assert present(None, 2).tolist() == [False, False]
    assert present(["", None, 0], 3).tolist() == [False, False, True]
    assert present(pa.array([1, None]), 2).tolist() == [True, False]
