from __future__ import annotations

import dataclasses
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.errors import ConfigError, StoreError
from graph.store import Store, Writer, open_store
from ingest import load as loading
from ingest import pipeline
from ingest.files import fingerprint
from ingest.formats.base import Options
from ingest.load import load
from ingest.report import FileReport, Progress
from tests.samples import samples

T = 1_700_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "COMMIT_ROWS", 10)
    monkeypatch.setattr("ingest.files.BLOCK_ROWS", 5)
    monkeypatch.setattr("ingest.formats.delimited.BLOCK_ROWS", 5)


def post(i: int, **more: Any) -> dict[str, Any]:
    return {"post_id": str(i), "account_id": "a", "created_at": T + i, "text": f"$BTC {i}", **more}


def put(path: Path, *rows: dict[str, Any] | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join((r if isinstance(r, bytes) else orjson.dumps(r)) + b"\n" for r in rows))
    return path


def texts(store: Store) -> dict[str, str | None]:
    with store.view() as view:
        return {
            row["post"]: row["text"]
            for batch in view.scan("posts", columns=["post", "text"])
            for row in batch.to_pylist()
        }


def test_a_file_is_loaded_once(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl", *(post(i) for i in range(23)))
    told: list[Progress] = []
    report = load(store, [path], progress=told.append)
    (file,) = report.files
    assert (file.status, file.format, file.rows, file.tables["posts"].new) == ("loaded", "jsonl", 23, 23)
    assert [step.rows for step in told] == [5, 10, 15, 20, 23]
    assert told[-1].bytes == told[-1].total_bytes == path.stat().st_size
    head = store.head()
    again = load(store, [path])
    assert again.files[0].status == "already loaded"
    assert store.head() == head
    forced = load(store, [path], again=True)
    assert forced.files[0].tables["posts"].unchanged == 23


def test_other_options_are_another_load(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl", post(1))
    load(store, [path])
    assert load(store, [path], options=Options(platform="x")).files[0].status == "loaded"
    assert set(texts(store)) == {"local:1", "x:1"}


def test_the_same_bytes_twice_in_one_call(store: Store, tmp_path: Path) -> None:
    a, b = put(tmp_path / "a" / "posts.jsonl", post(1)), put(tmp_path / "b" / "posts.jsonl", post(1))
    assert [f.status for f in load(store, [a, b]).files] == ["loaded", "already loaded"]


def test_interrupted_load_goes_on_after_its_last_commit(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "posts.jsonl", *(post(i) for i in range(40)))
    real, commits = loading._Load._commit, []

    def failing(self: Any, group: Any, *, done: bool) -> None:
        commits.append(group[-1].end)
        if len(commits) == 3:
            raise StoreError("disk full", "db", "free some")
        real(self, group, done=done)

    with monkeypatch.context() as patch:
        patch.setattr(loading._Load, "_commit", failing)
        with pytest.raises(StoreError, match=r"disk full.*free some; 30 rows had been read.*goes on from there"):
            load(store, [path])
    assert len(texts(store)) == 20
    (file,) = load(store, [path]).files
    assert (file.status, file.resumed_after, file.rows) == ("resumed", 20, 20)
    assert len(texts(store)) == 40
    assert load(store, [path]).files[0].status == "already loaded"


def test_resumed_load_keeps_the_units_it_decided(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [post(i) for i in range(10)] + [post(i, created_at=(T + i) * 1000) for i in range(10, 20)]
    path = put(tmp_path / "posts.jsonl", *rows)
    real: Any = loading._Load._commit

    def once(self: Any, group: Any, *, done: bool) -> None:
        real(self, group, done=done)
        raise StoreError("stop")

    with monkeypatch.context() as patch:
        patch.setattr(loading._Load, "_commit", once)
        with pytest.raises(StoreError):
            load(store, [path])
    (file,) = load(store, [path]).files
    assert file.status == "resumed"
    assert file.rejected == 10
    assert list(file.reasons) == ["posts.created_at: epoch in ms where this file's times are s"]


def test_bad_rows_are_kept_in_the_quarantine_once(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl", post(1), b"{", post(2, created_at="x"), post(3))
    (file,) = load(store, [path]).files
    assert (file.rows, file.rejected, file.tables["posts"].new) == (4, 2, 2)
    load(store, [path], again=True)
    assert [(r.source, r.line, r.field) for r in store.rejected()] == [
        (str(path), 2, ""),
        (str(path), 3, "created_at"),
    ]
    assert any("rows in the quarantine: 2" in line for line in file.lines())


def test_repeated_ids_are_corrections_within_and_across_commits(store: Store, tmp_path: Path) -> None:
    rows = [post(i) for i in range(30)]
    rows[2] = post(1, text="same block")
    rows[7] = post(0, text="same commit")
    rows[25] = post(3, text="later commit")
    (file,) = load(store, [put(tmp_path / "posts.jsonl", *rows)]).files
    assert file.corrections == 3
    assert file.corrections_exact
    got = texts(store)
    assert [got[f"local:{i}"] for i in (1, 0, 3)] == ["same block", "same commit", "later commit"]
    assert any("came again with other content" in line for line in file.lines())


def test_equal_rows_are_kept_once_and_counted(store: Store, tmp_path: Path) -> None:
    rows = [post(i) for i in range(10)]
    (file,) = load(store, [put(tmp_path / "posts.jsonl", *rows, rows[9], rows[8], rows[0])]).files
    assert file.tables["posts"].new == 10
    assert (file.corrections, file.repeated + file.tables["posts"].unchanged) == (0, 3)
    (file,) = load(store, [put(tmp_path / "posts-2.jsonl", rows[1], rows[2], rows[1])]).files
    assert "  rows that repeat another, kept once: 1" in file.lines()


def test_changes_to_earlier_files_are_no_corrections(store: Store, tmp_path: Path) -> None:
    load(store, [put(tmp_path / "posts-1.jsonl", post(1))])
    (file,) = load(store, [put(tmp_path / "posts-2.jsonl", post(1, text="edited"))]).files
    assert (file.corrections, file.tables["posts"].changed) == (0, 1)


def test_more_changes_than_examples_are_said_to_be_a_lower_bound(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "COMMIT_ROWS", 150)
    rows = [post(i) for i in range(150)] + [post(i, text="new") for i in range(150)]
    (file,) = load(store, [put(tmp_path / "posts.jsonl", *rows)]).files
    assert file.corrections >= 100
    assert not file.corrections_exact
    assert any("at least 100" in line for line in file.lines())


def test_cut_off_file_keeps_what_came_before_and_says_so(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    packed = gzip.compress(b"".join(orjson.dumps(post(i, text=str(i**9))) + b"\n" for i in range(3000)))
    path.write_bytes(packed[: len(packed) // 2])
    (file,) = load(store, [path]).files
    assert file.status == "failed"
    assert "cut off" in str(file.error)
    assert 0 < file.rows == len(texts(store)) < 3000
    (again,) = load(store, [path]).files
    assert (again.status, again.resumed_after, again.rows) == ("failed", file.rows, 0)


def test_directories_are_read_in_order_and_unknown_files_reported(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder / "sub" / "posts.jsonl", post(2))
    put(folder / "posts.jsonl", post(1))
    put(folder / "notes.txt", b"hello")
    report = load(store, [folder])
    assert [(Path(f.path).name, f.status) for f in report.files] == [
        ("notes.txt", "failed"),
        ("posts.jsonl", "loaded"),
        ("posts.jsonl", "loaded"),
    ]
    assert "no format recognises" in str(report.files[0].error)
    assert report.failed == [report.files[0]]
    assert "3 files, 1 failed: 2 records, 2 new" in report.summary()[-1]


def test_empty_directory_and_empty_file_and_missing_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "posts.jsonl")
    report = load(store, [tmp_path / "empty", tmp_path / "posts.jsonl", tmp_path / "none"])
    assert [f.status for f in report.files] == ["failed", "loaded", "failed"]
    assert "holds no files" in str(report.files[0].error)
    assert report.files[1].lines() == [f"{tmp_path / 'posts.jsonl'}: loaded, 0 records (jsonl): the file is empty"]
    assert "no such file" in str(report.files[2].error)


def test_unreadable_directory(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    (file,) = load(store, [tmp_path]).files
    assert file.status == "failed"
    assert "cannot be listed: Permission denied" in str(file.error)


def test_personal_identifiers_need_a_key(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "identifiers.jsonl", {"account_id": "a", "kind": "ip", "value": "192.0.2.1"})
    with pytest.raises(ConfigError, match="LOCKSTEP_PSEUDONYM_KEY"):
        load(store, [path])
    assert load(store, [path], secret=b"key").files[0].status == "loaded"
    with store.view() as view:
        (batch,) = view.scan("identifiers")
    assert "192" not in batch["value"][0].as_py()


def test_a_mapping_applies_to_tables_whatever_else_claims_them(store: Store, tmp_path: Path) -> None:
    mapping = {"record": [{"type": "labels", "account_id": "message_id", "label": {"value": "x"}}]}
    path = tmp_path / "x.csv"
    path.write_text("message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n1,2,3,4,5,6,7,8\n")
    (file,) = load(store, [path], options=Options(mapping=mapping)).files
    assert (file.format, file.rows, file.tables["labels"].new) == ("csv", 1, 1)
    assert load(store, [path], format="csv", options=Options(mapping=mapping)).files[0].status == "already loaded"


def test_market_tables_go_beside_the_store(store: Store, tmp_path: Path) -> None:
    from graph.market import scan_market

    trade = {"venue": "x", "base": "BTC", "quote": "USDT", "price": 1, "quantity": 1, "side": "buy"}
    path = put(tmp_path / "trades.jsonl", *({**trade, "time": T + i, "trade_id": i} for i in range(7)))
    (file,) = load(store, [path]).files
    assert file.tables["trades"].new == 7
    assert sum(b.num_rows for b in scan_market(store.data_dir, "trades")) == 7
    load(store, [path], again=True)
    assert sum(b.num_rows for b in scan_market(store.data_dir, "trades")) == 7


def test_report_as_json_and_reasons_are_bounded(store: Store, tmp_path: Path) -> None:
    rows = [post(i, created_at=f"day {i}", mood=1, tickers=["1.5"]) for i in range(50)]
    report = load(store, [put(tmp_path / "posts.jsonl", *rows, post(1, tickers=["1.5"]))])
    raw = orjson.loads(report.to_json())
    assert (raw["rows"], raw["rejected"], raw["failed"], raw["corrections"]) == (51, 50, 0, 0)
    assert raw["tables"]["posts"]["new"] == 1
    assert len(raw["files"][0]["reasons"]) == 21
    assert raw["files"][0]["ignored"] == ["posts.mood"]
    text = "\n".join(report.summary())
    assert "columns not used: posts.mood" in text
    assert "left out of lists, being no ticker, link or hashtag: " in text
    assert orjson.loads(orjson.dumps(dataclasses.asdict(report), default=str))["files"]


def test_failed_file_shows_its_error() -> None:
    file = FileReport("f", status="failed", error="why")
    assert file.lines() == ["f: failed", "  error: why"]


@pytest.mark.parametrize("name", sorted(samples()))
def test_every_format_loads_twice_to_the_same_graph(
    name: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CHILD_FROM", 10**12)
    sample = samples()[name]
    path = tmp_path / sample.name
    path.write_bytes(sample.make(12))
    first = load(store, [path], options=sample.options, secret=b"key")
    assert first.files[0].error is None
    again = load(store, [path], options=sample.options, secret=b"key", again=True)
    assert all(w.new == w.changed == 0 for table, w in again.tables.items())
    assert fingerprint(path).size == path.stat().st_size


def test_writer_failure_rolls_back_rows_and_checkpoint(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.writer

    def broken() -> Writer:
        writer = real()
        monkeypatch.setattr(writer, "checkpoint", lambda *_: (_ for _ in ()).throw(StoreError("no space")))
        return writer

    path = put(tmp_path / "posts.jsonl", post(1))
    with monkeypatch.context() as patch:
        patch.setattr(store, "writer", broken)
        with pytest.raises(StoreError, match="no space"):
            load(store, [path])
    assert texts(store) == {}
    assert load(store, [path]).files[0].status == "loaded"


def test_a_name_that_is_no_text_fails_alone(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "posts.jsonl", post(1))
    put(tmp_path / "x", post(2)).rename(tmp_path / os.fsdecode(b"posts-\xff.jsonl"))
    good, bad = sorted(load(store, [tmp_path]).files, key=lambda f: f.status == "failed")
    assert (good.status, bad.path) == ("loaded", f"{tmp_path}/posts-\\xff.jsonl")
    assert "rename it" in str(bad.error)


def test_linked_directories_are_read_once_and_loops_end(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "posts.jsonl", post(1))
    top = tmp_path / "top"
    put(top / "posts.jsonl", post(2))
    (top / "link").symlink_to(tmp_path / "elsewhere")
    (top / "self").symlink_to(top)
    (tmp_path / "elsewhere" / "back").symlink_to(top)
    assert [f.path for f in load(store, [top]).files] == [f"{top}/link/posts.jsonl", f"{top}/posts.jsonl"]
    assert set(texts(store)) == {"local:1", "local:2"}


def test_a_folder_above_that_may_not_be_entered_is_an_error(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "stat", denied)
    monkeypatch.setattr(Path, "open", denied)
    assert "no permission" in str(load(store, [tmp_path / "secret" / "posts.jsonl"]).files[0].error)


def test_a_file_that_changes_while_it_is_read_is_not_held_for_loaded(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl", *(post(i) for i in range(12)))

    def grow(_: Progress) -> None:
        with path.open("ab") as file:
            file.write(orjson.dumps(post(99)) + b"\n")

    (file,) = load(store, [path], progress=grow).files
    assert (file.status, len(texts(store)) >= 12) == ("failed", True)
    assert "changed while it was read" in str(file.error)
    assert [f.status for f in load(store, [path]).files] == ["loaded"]
    assert "local:99" in texts(store)


BROKEN = {
    "identifiers.jsonl": b'{"account_id": "a", "kind": "email", "value": "me@example.org"\n'
    b'["a", "email", "me@example.org"]\n',
    "mixed.jsonl": b'{"type": "labels", "account_id": "a", "label": "x"}\n'
    b'{"type": "identifier", "kind": "email", "value": "me@example.org"}\n'
    b'{"type": "identifiers", "kind": "email", "value": "me@example.org"\n',
    "identifiers.csv": b'account_id,kind,value\na,email,me@example.org,more\na,email,"me@example.org\n',
    "identifiers-swapped.csv": b"account_id,kind,value,first_seen\na,me@example.org,email,\n"
    b"a,ip,,me@example.org\na,wallet,0x1,me@example.org\n",
    "users.csv": b"uid,mail\na,me@example.org,more\n",
}


@pytest.mark.parametrize("key", [None, b"k" * 32])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_rows_that_may_identify_a_person_are_withheld(
    name: str, key: bytes | None, store: Store, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    mapping = {"record": [{"type": "identifiers", "account_id": "uid", "kind": {"value": "email"}, "value": "mail"}]}
    options = Options(mapping=mapping if name == "users.csv" else None)
    said = ""
    try:
        said = load(store, [tmp_path / name], options=options, secret=key).to_json()
    except ConfigError as e:  # there is no key
        said = str(e)
    assert key is None or store.rejected()
    kept = [said, *map(str, store.rejected())]
    with store.view() as view:
        kept += [str(batch.to_pylist()) for batch in view.scan("identifiers")]
    assert not [text for text in kept if "me@example.org" in text]


def test_a_wrong_setting_says_what_was_left_out(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "identifiers.jsonl", {"account_id": "a", "kind": "ip", "value": "192.0.2.1"})
    put(tmp_path / "posts.jsonl", post(1))
    with pytest.raises(ConfigError) as e:
        load(store, [tmp_path])
    assert "nothing after it was loaded" in e.value.hint
    assert texts(store) == {}
