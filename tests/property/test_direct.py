"""A file read straight gives the events that loading it and projecting the graph gives, whatever its form."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from graph.projection import TRACES
from graph.projection import events as of_store
from graph.store import open_store
from ingest.direct.events import events
from ingest.direct.sources import recognise
from ingest.formats.base import Options
from ingest.load import load
from tests.hostile import Post, stream

CNT = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
MAPPING = {
    "platform": "x",
    "record": [
        {
            "type": "posts",
            "post_id": "id",
            "account_id": {"column": "who"},
            "created_at": {"column": "when", "unit": "s"},
            "text": "what",
            "kind": {"when": "rt", "then": "repost", "otherwise": "post"},
            "parent_id": "rt",
            "links": {"column": "urls", "split": " ", "verbatim": True},
        },
        {
            "type": "interactions",
            "only_if": "re",
            "account_id": "who",
            "kind": {"value": "share"},
            "target_type": {"value": "post"},
            "target_id": "re",
            "at": {"column": "when", "unit": "s"},
        },
    ],
}


def as_cnt(posts: Sequence[Post], path: Path) -> Options:
    rows = ((p.message, p.user, p.user.upper(), p.repost, p.reply, p.text, p.time, p.urls) for p in posts)
    _write(path, CNT, rows)
    return Options()


def as_coortweet(posts: Sequence[Post], path: Path) -> Options:
    _write(path, ("object_id", "account_id", "content_id", "timestamp_share"),
           ((u, p.user, p.message, p.time) for p in posts for u in (p.urls or "none").split(" ") if u))  # fmt: skip
    return Options()


def as_mapped(posts: Sequence[Post], path: Path) -> Options:
    rows = ((p.message, p.user, p.time, p.text, p.repost, p.reply, p.urls) for p in posts)
    _write(path, ("id", "who", "when", "what", "rt", "re", "urls"), rows)
    return Options(mapping=MAPPING)


def _own(p: Post) -> dict[str, Any]:
    """A post as Lockstep's own tables have it."""
    kind = "repost" if p.repost else "reply" if p.reply else None
    row = {"post_id": p.message, "account_id": p.user, "created_at": float(p.time), "text": p.text, "kind": kind}
    return row | {"parent_id": p.repost or p.reply or None, "links": p.urls.split()}


def as_own_csv(posts: Sequence[Post], path: Path) -> Options:
    rows = [{**_own(p), "created_at": p.time, "links": p.urls} for p in posts]
    _write(path, tuple(rows[0]), (r.values() for r in rows))
    return Options(type="posts")


def as_jsonl(posts: Sequence[Post], path: Path) -> Options:
    path.write_text("".join(json.dumps(_own(p)) + "\n" for p in posts), encoding="utf-8")
    return Options(type="posts")


def as_typed_jsonl(posts: Sequence[Post], path: Path) -> Options:
    lines = [{"type": "posts", **{k: v for k, v in _own(p).items() if v}} for p in posts]
    lines += [
        {"type": "interactions", "account_id": p.user, "kind": "share", "target_type": "link", "target_id": u,
         "at": float(p.time), **({"post_id": p.message} if p.reply else {})}
        for p in posts for u in p.urls.split()
    ]  # fmt: skip
    lines += [{"type": "accounts", "account_id": p.user} for p in posts[:5]]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return Options()


def as_parquet(posts: Sequence[Post], path: Path) -> Options:
    pq.write_table(pa.Table.from_pylist([_own(p) for p in posts]), path)
    return Options(type="posts")


FORMS: dict[str, tuple[str, Callable[[Sequence[Post], Path], Options]]] = {
    "cnt": ("network.csv", as_cnt),
    "coortweet": ("shares.csv", as_coortweet),
    "mapped": ("table.csv", as_mapped),
    "csv": ("rows.csv", as_own_csv),
    "jsonl": ("rows.jsonl", as_jsonl),
    "types": ("rows.jsonl", as_typed_jsonl),
    "parquet": ("rows.parquet", as_parquet),
}


def _write(path: Path, header: Sequence[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def told(table: pa.Table) -> list[tuple[Any, ...]]:
    """Different events in one order."""
    return sorted({tuple(row.values()) for row in table.to_pylist()})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(4))
def test_straight_from_a_file_is_the_same_as_through_a_store(form: str, seed: int, tmp_path: Path) -> None:
    name, make = FORMS[form]
    path = tmp_path / name
    options = make(stream(seed), path)
    found = recognise(path, None, options)
    assert found is not None
    with open_store("memory://", tmp_path / "data") as store:
        report = load(store, [path], options=options)
        assert not report.failed
        with store.view() as view:
            for trace in TRACES:
                direct, read = events(found, trace)
                projected = of_store(view, trace)
                assert told(direct) == told(projected), (form, trace)
                assert read.rows == len(stream(seed)) or form in {"coortweet", "types"}
    assert any(told(events(found, t)[0]) for t in TRACES)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_compressed_files_are_read_as_they_are(suffix: str, tmp_path: Path) -> None:
    plain = tmp_path / "network.csv"
    as_cnt(stream(9), plain)
    data = plain.read_bytes()
    pack = {"": lambda b: b, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}[suffix]
    path = tmp_path / f"packed.csv{suffix}"
    path.write_bytes(pack(data))
    one, other = (recognise(p, None, Options()) for p in (plain, path))
    assert one is not None
    assert other is not None
    assert told(events(one, "link")[0]) == told(events(other, "link")[0])
