from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.errors import IngestError
from graph.model import Rejected
from graph.store import Store, open_store
from ingest import quarantine
from ingest.formats.base import Options
from ingest.load import load
from ingest.quarantine import export, replay

T = 1_700_000_000
SECRET = b"key"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def put(store: Store, *rows: Rejected) -> list[Rejected]:
    with store.writer() as writer:
        writer.reject(rows)
    return store.rejected()


def row(type_: str, raw: dict[str, Any] | str, **options: Any) -> Rejected:
    text = raw if isinstance(raw, str) else orjson.dumps(raw).decode()
    return Rejected(f"{type_ or 'posts'}.jsonl", 1, type_, "x", "why", text, orjson.dumps(options).decode())


POST = {"post_id": "1", "account_id": "a", "created_at": T}


def test_rows_that_pass_now_are_loaded_as_their_file_was_and_leave(store: Store) -> None:
    put(
        store,
        row("posts", {**POST, "type": "posts"}, platform="x"),
        row("posts", {**POST, "created_at": "never"}),
        row("trades", {"base": "BTC", "quote": "USDT", "time": T, "price": 1, "quantity": 1, "side": "buy"}, venue="v"),
    )
    report = replay(store)
    assert (report.tried, report.released) == (3, 2)
    assert [reason.partition(" (")[0] for reason in report.reasons] == ["not a time: 'never'"]
    assert {name: w.new for name, w in report.tables.items()} == {"posts": 1, "trades": 1}
    with store.view() as view:
        assert [p.post for p in view.posts(["x:1"])] == ["x:1"]
    assert [r.type for r in store.rejected()] == ["posts"]
    text = "\n".join(report.summary())
    assert "3 rows tried, 2 loaded and released, 1 stay" in text
    assert "posts: 1 new" in text
    assert replay(store).released == 0


def test_units_of_the_file_still_count(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(
        b"".join(orjson.dumps({**POST, "post_id": i, "created_at": t}) + b"\n" for i, t in enumerate([T, T * 1000]))
    )
    load(store, [path])
    assert replay(store).released == 0


def test_lines_that_could_not_be_read_are_read_again(store: Store) -> None:
    put(
        store,
        row("", orjson.dumps({**POST, "type": "posts"}).decode(), format="jsonl"),
        row("", "{", format="jsonl"),
        row("", "a,b", format="csv"),
        row("", '{"a": 1}', format="jsonl", type="none such"),
    )
    report = replay(store)
    assert report.released == 1
    assert sum(report.reasons.values()) == 3


def test_masked_identifiers_replay_to_the_same_value(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "identifiers.jsonl"
    path.write_bytes(b'{"account_id":"a","kind":"email","value":"me@example.org","first_seen":"x"}\n')
    load(store, [path], secret=SECRET)
    (bad,) = store.rejected()
    assert "me@" not in bad.raw
    mended = dataclasses.replace(bad, raw=bad.raw.replace('"x"', "null"))
    assert replay(store, [mended], secret=SECRET).released == 1
    with store.view() as view:
        (batch,) = view.scan("identifiers")
    path.write_bytes(b'{"account_id":"a","kind":"email","value":"me@example.org"}\n')
    (file,) = load(store, [path], secret=SECRET).files
    assert file.tables["identifiers"].unchanged == 1
    assert len(batch["value"][0].as_py()) == 64


def test_groups_are_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "GROUP", 2)
    put(store, *(row("posts", {**POST, "post_id": str(i)}) for i in range(5)))
    head = store.head()
    assert replay(store).released == 5
    assert store.head() - head == 3


def test_mapped_rows_replay_without_their_mapping(store: Store, tmp_path: Path) -> None:
    mapping = {
        "platform": "x",
        "record": [
            {
                "type": "posts",
                "post_id": "id",
                "account_id": "who",
                "created_at": {"column": "at", "unit": "ms"},
                "links": {"column": "l", "split": " ", "verbatim": True},
            }
        ],
    }
    path = tmp_path / "t.csv"
    path.write_text(f"id,who,at,l\n1,,{T * 1000},u1 u2\n")
    load(store, [path], options=Options(mapping=mapping))
    (bad,) = store.rejected()
    mended = dataclasses.replace(bad, raw=bad.raw.replace('"account_id":null', '"account_id":"a"'))
    assert replay(store, [mended]).released == 1
    with store.view() as view:
        (post,) = view.posts(["x:1"])
    assert post.links == ("u1", "u2")


def test_export_is_one_object_a_line(store: Store, tmp_path: Path) -> None:
    rows = put(store, row("posts", POST), row("", "{"))
    out = tmp_path / "out.jsonl"
    assert export(rows, out) == 2
    first, second = map(orjson.loads, out.read_bytes().splitlines())
    assert first == {
        "source": "posts.jsonl",
        "line": 1,
        "type": "posts",
        "field": "x",
        "reason": "why",
        "raw": rows[0].raw,
    }
    assert second["raw"] == "{"
    with pytest.raises(IngestError, match="cannot be written"):
        export(rows, tmp_path / "none" / "out.jsonl")
