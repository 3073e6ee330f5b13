from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from graph.errors import IngestError
from ingest.formats import jsonl
from ingest.formats.base import Block, Head, Options
from ingest.formats.jsonl import JsonLines


def sniff(name: str, start: bytes) -> float:
    return JsonLines().sniff(Head(Path(name), name, start))


def read(path: Path, text: bytes, options: Options | None = None) -> list[Block]:
    path.write_bytes(text)
    return list(JsonLines().read(path, options or Options()))


def test_sniffing_is_surest_of_own_columns() -> None:
    own = sniff("a", b'{"post_id":1,"account_id":2,"created_at":3}\n')
    typed = sniff("a", b'{"type":"posts"}')
    other = sniff("a.jsonl", b'{"x":1}\n')
    unnamed = sniff("a", b'{"x":1}\n')
    cut = sniff("a.jsonl", b'{"x":"' + b"y" * 100)
    assert own == typed > other > unnamed >= cut > sniff("a.jsonl", b"x") > 0
    assert sniff("a.jsonl", b"") > 0
    assert sniff("a", b"") == sniff("a", b"[1]") == sniff("a", b'{\n"data"') == 0


def test_types_may_be_named_by_each_row(tmp_path: Path) -> None:
    text = b'{"type":"posts","post_id":"1"}\n{"type":"accounts","account_id":"a"}\n{"type":"x"}\n{"a":1}\n'
    (block,) = read(tmp_path / "mixed.jsonl", text)
    assert {(r.type, tuple(r.lines)) for r in block.records} == {("posts", (1,)), ("accounts", (2,))}
    assert [(b.line, b.field) for b in block.bad] == [(3, "type"), (4, "type")]
    assert "no record type" in block.bad[1].reason
    posts = block.records[0]
    assert posts.raw(0) == '{"type":"posts","post_id":"1"}'
    assert "type" not in posts.columns


def test_no_type_anywhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="does not say what its rows are"):
        read(tmp_path / "x.jsonl", b'{"a":1}\n')
    with pytest.raises(IngestError, match="no record type"):
        read(tmp_path / "x.jsonl", b'{"a":1}\n', Options(type="pots"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"5", "not a JSON object"),
        (b'{"a":"\xff"}', "not UTF-8: byte 0xff at byte 7"),
        (b'{"a":"\0"}', "NUL byte"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b"[" * 2000, "not JSON"),
    ],
)
def test_bad_lines_are_set_aside(line: bytes, reason: str, tmp_path: Path) -> None:
    (block,) = read(tmp_path / "posts.jsonl", b'{"post_id":"1"}\n\n' + line + b'\n{"post_id":"2"}')
    assert block.records[0].columns["post_id"] == ["1", "2"]
    assert list(block.records[0].lines) == [1, 4]
    assert block.bad[0].line == 3
    assert reason in block.bad[0].reason


def test_hostile_numbers_of_columns_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_COLUMNS", 10)
    rows = b"".join(orjson.dumps({"post_id": str(i), f"k{i}": i}) + b"\n" for i in range(20))
    (block,) = read(tmp_path / "posts.jsonl", rows)
    assert list(block.records[0].columns) == ["post_id"]


def test_mappings_reach_into_objects(tmp_path: Path) -> None:
    mapping = {"record": [{"type": "accounts", "account_id": "user.id", "handle": "user.name.first"}]}
    rows = b'{"user":{"id":1,"name":{"first":"A"}}}\n{"user":{"id":2,"name":"B"}}\n{"user.id":3}\n'
    (block,) = read(tmp_path / "x.jsonl", rows, Options(mapping=mapping))
    assert block.records[0].columns["handle"] == ["A", None, None]
    assert block.records[0].columns["account_id"][2] == 3
