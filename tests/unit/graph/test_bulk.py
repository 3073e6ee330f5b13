"""Files for Neo4j's import tool: what is in them, without the tool itself (tests/e2e/test_bulk.py runs it)."""

from __future__ import annotations

import csv
import gzip
import random
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graph.errors import StoreError
from graph.model import NodeType, Rejected
from graph.schema import TABLES, TEXTS, TIME
from graph.store import Store, open_store
from graph.stores.neo4jdb.bulk import command, export, spool
from graph.stores.neo4jdb.bulk.files import LONGS, CsvFile, Group
from graph.stores.neo4jdb.model import LABELS
from graph.stores.relations import nodes_of
from tests import histories
from tests.stores import at, batch, fill, finding, put, random_rows, read, run

POST = Group("Post", node=True)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of a pair of files; empty where a property is absent (or empty)."""
    header = (folder / f"{name}.header.csv").read_text().strip().split(",")
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [dict(zip(header, row, strict=True)) for row in csv.reader(file)]


def written(folder: Path, columns: dict[str, pa.DataType], *blocks: dict[str, Any]) -> CsvFile:
    with ThreadPoolExecutor(1) as thread:
        file = CsvFile(folder, "Post", POST, dict(columns), thread)
        for block in blocks:
            file.write({name: pa.array(block[name], kind) for name, kind in columns.items()})
        file.close()
    return file


def source(folder: Path) -> Store:
    return open_store(f"sqlite:///{folder / 'graph.db'}", folder / "data")


# files


def test_nothing_and_the_empty_text_are_told_apart(tmp_path: Path) -> None:
    columns = {"text": pa.string(), "at": TIME, "n": pa.int64(), "ok": pa.bool_(), "list": TEXTS, "numbers": LONGS}
    file = written(
        tmp_path,
        columns,
        {
            "text": ['say "hi", you'],
            "at": [at(0.5)],
            "n": [-1],
            "ok": [True],
            "list": [["a", "b"]],
            "numbers": [[1, 2]],
        },
        {"text": [""], "at": [None], "n": [None], "ok": [None], "list": [[]], "numbers": [[]]},
        {"text": [None], "at": [None], "n": [None], "ok": [False], "list": [None], "numbers": [None]},
    )
    assert gzip.decompress((tmp_path / file.data).read_bytes()).decode().splitlines() == [
        '"say ""hi"", you","2026-03-01T00:00:00.500000Z",-1,true,"a\x1fb","1\x1f2"',
        '"",,,,"",""',
        ",,,false,,",
    ]
    assert (tmp_path / file.header).read_text() == (
        "text:string,at:datetime,n:long,ok:boolean,list:string[],numbers:long[]\n"
    )
    assert (file.rows, file.multiline, file.longest) == (3, False, 27)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\r", "\n"])
def test_it_is_known_whether_values_hold_ends_of_lines(tmp_path: Path, text: str) -> None:
    assert written(tmp_path, {"text": pa.string()}, {"text": ["plain", text, None]}).multiline


@pytest.mark.parametrize("element", ["", "a\x1fb"])
def test_a_list_that_the_tool_would_read_otherwise_is_refused(tmp_path: Path, element: str) -> None:
    with source(tmp_path) as store:
        put(store, "posts", {"post": "x:p1", "links": [element]})
        with pytest.raises(StoreError, match="lockstep copy") as caught:
            export.export(store, tmp_path / "out")
    assert caught.value.where == "Post, links"
    assert not (tmp_path / "out" / "import.sh").exists()
    assert not (tmp_path / "out" / "spool").exists()


# spools


@pytest.mark.parametrize("spill", [1, 3_000, 1 << 20])
def test_a_spool_brings_keys_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spill: int) -> None:
    monkeypatch.setattr(spool, "SPILL_BYTES", spill)
    schema = pa.schema([("key", pa.string()), ("n", pa.int64())])
    kept, rng, rows = spool.Spool(tmp_path / "s", schema), random.Random(1), []
    for _ in range(20):
        more = [(f"k{rng.randrange(300)}", rng.randrange(9)) for _ in range(rng.randrange(40))]
        rows += more
        kept.add(
            pa.table(
                [pa.array(c, t) for c, t in zip(zip(*more, strict=True), schema.types, strict=False)] or [[], []],
                schema=schema,
            )
        )
    assert kept.rows == len(rows)
    parts = [part.to_pylist() for part in kept.parts()]
    assert Counter((r["key"], r["n"]) for part in parts for r in part) == Counter(rows)
    assert sum(len({r["key"] for r in part}) for part in parts) == len({key for key, _ in rows})
    assert (kept.rows, [*kept.parts()], [*tmp_path.iterdir()]) == (0, [], [])


def test_parts_of_numbers_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SPILL_BYTES", 500)
    kept = spool.Spool(tmp_path / "s", pa.schema([("row", pa.int64())]), spool.by_range(1_000))
    for rows in np.random.default_rng(3).permutation(np.arange(1, 1_001)).reshape(10, 100):
        kept.add(pa.table({"row": rows}))
    parts = [sorted(part["row"].to_pylist()) for part in kept.parts()]
    assert len(parts) > 100
    assert [row for part in parts for row in part] == list(range(1, 1_001))


# what an export holds


def first_named(store: Store) -> dict[tuple[NodeType, str], int]:
    """By current rows alone, row by row: the commit that first named each node."""
    found: dict[tuple[NodeType, str], int] = {}
    with store.view() as view:
        for name, declared in TABLES.items():
            for row in read(view, name, columns=(*declared.schema.names, "seq")):
                seq = row.pop("seq")
                for kind, keys in nodes_of(name, batch(name, row)):
                    for key in keys.to_pylist():
                        found[kind, key] = min(seq, found.get((kind, key), seq))
    return found


@pytest.mark.parametrize("spill", [1, 32 << 20])
@pytest.mark.parametrize("seed", range(3))
def test_nodes_are_as_old_as_what_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, spill: int
) -> None:
    monkeypatch.setattr(spool, "SPILL_BYTES", spill)
    with source(tmp_path) as store:
        histories.write({"graph": store}, seed, commits=5)
        fill(store, random_rows(seed))
        export.export(store, out := tmp_path / "out")
        expected = first_named(store)
    found: dict[tuple[NodeType, str], int] = {}
    for kind, label in LABELS.items():
        if kind not in {NodeType.DOMAIN, NodeType.FINDING, NodeType.POST}:
            for row in table(out, label):
                found[kind, row["full:string"] or row[f"key:ID({label})"]] = int(row["since:long"])
    for name in ("Post", "Stub"):
        for row in table(out, name):
            found[NodeType.POST, row["key:ID(Post)"]] = int(row["since:long"] or row["seq:long"])
    assert found == expected
    assert {row["key:ID(Domain)"] for row in table(out, "Domain")} == {"a.example", "b.example", "c.example"}


def test_rows_are_numbered_in_the_order_of_their_commits(tmp_path: Path) -> None:
    with source(tmp_path) as store:
        histories.write({"graph": store}, 2, commits=5)
        report = export.export(store, tmp_path / "out")
        posts, commits = table(tmp_path / "out", "Post"), table(tmp_path / "out", "Commit")
        with store.view() as view:
            assert report.rows["posts"] == view.count("posts") == len(posts)
    assert not report.continues
    assert [int(row["row:long"]) for row in posts] == list(range(1, len(posts) + 1))
    for row in commits:
        until = [int(n) for n in row["rows:long[]"].split("\x1f")]
        assert until[1] == sum(int(post["seq:long"]) <= int(row["seq:long"]) for post in posts)


def test_an_account_shows_its_newest_observation(tmp_path: Path) -> None:
    with source(tmp_path) as store:
        put(store, "accounts", {"account": "x:a", "observed_at": at(2), "handle": "new", "followers": 0})
        put(store, "accounts", {"account": "x:a", "handle": "undated"}, {"account": "x:b", "handle": "B"})
        put(store, "accounts", {"account": "x:a", "observed_at": at(1), "handle": "old"})
        put(store, "posts", {"post": "x:p1", "account": "x:c"})
        export.export(store, tmp_path / "out")
    shown = {
        row["key:ID(Account)"]: (row["handle:string"], row["since:long"]) for row in table(tmp_path / "out", "Account")
    }
    assert shown == {"x:a": ("new", "1"), "x:b": ("B", "2"), "x:c": ("", "4")}


def test_the_quarantine_and_findings_come_along(tmp_path: Path) -> None:
    rows = [Rejected("a.csv", 1, "posts", "", "bad", "{}"), Rejected("a.csv", 2, "posts", "", "bad", "{}")]
    with source(tmp_path) as store:
        with store.writer() as writer:
            writer.reject(rows)
            writer.add_run(run("r"), [finding("a")])
        report = export.export(store, tmp_path / "out")
    assert (report.quarantine, report.runs, report.findings) == (2, 1, 1)
    assert [row["line:long"] for row in table(tmp_path / "out", "Rejected")] == ["1", "2"]
    assert [row["seq:long"] for row in table(tmp_path / "out", "FindingRecord")] == ["1"]


def test_an_empty_store_is_a_graph_without_rows(tmp_path: Path) -> None:
    with source(tmp_path) as store:
        report = export.export(store, tmp_path / "out")
    assert (report.seq, report.nodes, report.relationships) == (0, 1, 0)
    assert [row["head:long"] for row in table(tmp_path / "out", "Lockstep")] == ["0"]


# the folder and the command


def test_the_command_says_only_what_is_needed(tmp_path: Path) -> None:
    with source(tmp_path) as store:
        put(store, "posts", {"post": "x:p1", "text": "short"})
        plain = export.export(store, tmp_path / "one").command
        put(store, "posts", {"post": "x:p2", "text": "long\n" * 500_000})
        long = export.export(store, tmp_path / "two").command
    assert plain[3].startswith("--nodes=Account=Account.header.csv,Account.csv.gz")
    assert set(long) - set(plain) == {
        "--multiline-fields-format=v1",
        "--multiline-fields=true",
        f"--read-buffer-size={4 * 2_500_000 + command.BUFFER}",
    }
    # the tool takes what follows these for more files: never the database's name
    assert plain[-1] == "--id-type=string"


def test_the_script_runs_the_command_from_its_folder(tmp_path: Path) -> None:
    with source(tmp_path) as store:
        put(store, "posts", {"post": "x:p1"})
        report = export.export(store, out := tmp_path / "out put")
    said = tmp_path / "said"
    (admin := tmp_path / "neo4j-admin").write_text(f'#!/bin/sh\npwd > "{said}"\nprintf "%s\\n" "$@" >> "{said}"\n')
    admin.chmod(0o755)
    for given, expected in (([], ["neo4j"]), (["other", "--threads=1"], ["--threads=1", "other"])):
        subprocess.run(["sh", str(out / "import.sh"), *given], env={"NEO4J_ADMIN": str(admin)}, check=True)
        assert said.read_text().splitlines() == [str(out), *report.command, *expected]
    assert "cannot add" not in (out / "README.md").read_text()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with source(tmp_path) as store, pytest.raises(StoreError, match="not empty"):
        export.export(store, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with source(tmp_path) as store, pytest.raises(StoreError, match="cannot be written") as caught:
        export.export(store, tmp_path / "file" / "out")
    assert "free space" in caught.value.hint


def test_a_full_disk_is_an_error_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: CsvFile, _block: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CsvFile, "_compress", full)
    with source(tmp_path) as store:
        put(store, "posts", {"post": "x:p1"})
        with pytest.raises(StoreError, match="No space left"):
            export.export(store, tmp_path / "out")
    assert not (tmp_path / "out" / "import.sh").exists()
