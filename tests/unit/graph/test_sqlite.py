"""What is particular to the SQLite store: the file, its schema, its errors, its limits."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph.errors import ConfigError, SchemaMismatch, StoreError, StoreUnavailable, Transient
from graph.model import NodeRef, NodeType, Rel
from graph.schema import TABLES
from graph.store import open_store
from graph.stores import sqlite
from graph.stores.sqlite import SqliteStore
from graph.stores.sqlitedb import database, edges, nodes
from graph.stores.sqlitedb.codec import decode, encode
from graph.stores.sqlitedb.database import APPLICATION_ID, SQL, Database, migrations, sql, statements, translate
from tests.stores import batch, node, put, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "graph.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with sqlite.open(f"sqlite:///{path}", path.parent / "data") as opened:
        yield opened


def plain(path: Path, *script: str) -> None:
    """Do something to a file behind the store's back."""
    connection = sqlite3.connect(path)
    for statement in script:
        connection.execute(statement)
    connection.commit()
    connection.close()


# where the file is


def test_folders_are_made_and_the_path_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///a/b c?/store.db", tmp_path) as store:
        assert store.head() == 0
    assert (tmp_path / "a" / "b c?" / "store.db").exists()


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://host/x.db", "sqlite:///", "sqlite:////"])
def test_a_url_without_a_file_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file is named"):
        open_store(url, tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(f"sqlite:///{tmp_path}/file/store.db", tmp_path)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}", tmp_path)


def test_two_stores_in_one_data_directory_have_caches_of_their_own(tmp_path: Path) -> None:
    caches = set()
    for name in ("one", "two", "one"):
        with open_store(f"sqlite:///{tmp_path}/{name}.db", tmp_path) as store, store.view() as view:
            caches.add(view.cache_dir)
    assert len(caches) == 2
    assert all(c is not None and c.is_relative_to(tmp_path / "cache") for c in caches)


# what kind of file it is


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"post_id,account_id\n" * 1000)
    with pytest.raises(StoreError, match="not a SQLite database") as caught:
        open_store(f"sqlite:///{path}", path.parent)
    assert not isinstance(caught.value, Transient)


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    plain(path, "CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a Lockstep store"):
        open_store(f"sqlite:///{path}", path.parent)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(store: SqliteStore, path: Path) -> None:
    store.close()
    plain(path, "PRAGMA user_version = 99")
    with pytest.raises(SchemaMismatch, match="99"):
        open_store(f"sqlite:///{path}", path.parent)


def test_an_older_schema_is_brought_up_on_request(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "posts", {"post": "x:p1"})
    store.close()
    steps = [*migrations(), ("0002_more", "-- purpose: more\nCREATE TABLE more (x);\n")]
    for module in (database, sqlite):
        monkeypatch.setattr(module, "migrations", lambda: steps)
    with sqlite.open(f"sqlite:///{path}", path.parent) as old:
        for refused in (old.view, old.writer, old.index_text, old.check):
            with pytest.raises(SchemaMismatch, match="lockstep migrate"):
                refused()
        assert old.migrate() == ["0002_more"]
        assert old.migrate() == []
        assert old.head() == 1


def test_a_failing_step_changes_nothing(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [*migrations(), ("0002_bad", "CREATE TABLE more (x);\nCREATE TABLE more (x);\n")]
    monkeypatch.setattr(database, "migrations", lambda: steps)
    with pytest.raises(StoreError, match="refused a statement"):
        store.migrate()
    monkeypatch.undo()
    assert store.check()["integrity"] == "ok"
    with Database(path).translated():
        assert Database(path).value("SELECT count(*) FROM sqlite_schema WHERE name = 'more'") == 0


def test_the_schema_declares_the_tables_of_the_graph(store: SqliteStore) -> None:
    for name, table in TABLES.items():
        for suffix, extra in (("", ["id", "seq"]), ("_past", ["id", "seq", "ended"])):
            found = [row[1] for row in store._database.run(f"PRAGMA table_info({name}{suffix})")]
            assert found == [*extra, *table.schema.names]
    assert store._database.value("PRAGMA application_id") == APPLICATION_ID


def test_every_query_says_its_purpose_and_stands_alone() -> None:
    for file in SQL.rglob("*.sql"):
        first, _, rest = file.read_text(encoding="utf-8").partition("\n")
        assert first.startswith("-- purpose: "), file.name
        assert rest.strip(), file.name
        if file.parent == SQL:
            assert len(statements(rest)) == 1, file.name


def test_every_type_and_relation_has_a_code() -> None:
    assert set(nodes.TYPE_CODES) == set(NodeType)
    assert set(nodes.REL_CODES) == set(Rel)
    assert max(nodes.REL_CODES.values()) * 2 + 1 < nodes.SLOTS
    assert list(nodes.TYPE_CODES.values()) == list(range(len(NodeType)))


# errors


def test_every_result_code_of_sqlite_is_mapped() -> None:
    codes = [getattr(sqlite3, name) for name in dir(sqlite3) if name.startswith("SQLITE_") and name.isupper()]
    for code in (c for c in codes if isinstance(c, int)):
        error = sqlite3.OperationalError("text that decides nothing: database is locked")
        error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_X"
        mapped = translate(error, "store")
        busy = code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
        assert isinstance(mapped, StoreUnavailable) == (busy or code & 0xFF == sqlite3.SQLITE_INTERRUPT)


def _subclasses(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


@pytest.mark.parametrize("kind", sorted(set(_subclasses(sqlite3.Error)), key=str))
def test_no_exception_of_sqlite_escapes(kind: type[sqlite3.Error], store: SqliteStore) -> None:
    with pytest.raises(StoreError, match=r"graph\.db"), store._database.translated():
        raise kind("what it says")


@pytest.mark.parametrize("failing", ["COMMIT", sql("next"), sql("commit_put")], ids=["commit", "begin", "number"])
def test_a_commit_that_fails_is_taken_back(failing: str, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store._database.run

    def refuse(statement: str, params: Any = ()) -> list[Any]:
        if statement == failing:
            raise StoreUnavailable("refused")
        return run(statement, params)

    monkeypatch.setattr(store._database, "run", refuse)
    with pytest.raises(StoreUnavailable, match="refused"):
        put(store, "posts", {"post": "x:p1", "account": "x:new"})
    monkeypatch.undo()
    store.writer().__exit__(None, None, None)  # that was never entered: nothing to do
    assert store.head() == 0
    assert put(store, "posts", {"post": "x:p1", "account": "x:new"}).new == 1
    with store.view() as view:
        assert view.neighbours(node("account/x:new")).total == 1


def test_a_full_disk_loses_nothing_committed(store: SqliteStore) -> None:
    put(store, "posts", *({"post": f"x:{i}"} for i in range(10)))
    pages = store._database.value("PRAGMA page_count")
    store._database.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="the disk is full") as caught, store.writer() as writer:
        writer.write("posts", batch("posts", *({"post": f"x:{i}", "text": "long " * 100} for i in range(500))))
    assert not isinstance(caught.value, Transient)
    assert store.head() == 1
    store._database.run("PRAGMA max_page_count = 1000000")
    assert put(store, "posts", *({"post": f"x:{i}"} for i in range(20))).new == 10
    with store.view() as view:
        assert view.count("posts") == 20
        assert store.check()["integrity"] == "ok"


def test_a_full_disk_at_the_commit_is_said_too(store: SqliteStore) -> None:
    writer = store.writer()
    writer.__enter__()
    writer.write("posts", batch("posts", *({"post": f"x:{i}", "links": [f"l{i}"]} for i in range(300))))
    pages = store._database.value("PRAGMA page_count")
    store._database.run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        writer.__exit__(None, None, None)
    assert store.head() == 0
    store._database.run("PRAGMA max_page_count = 1000000")
    assert put(store, "posts", {"post": "x:1", "links": ["l1"]}).new == 1
    with store.view() as view:
        assert view.neighbours(node("link/l1")).total == 1


def test_a_damaged_database_is_said(store: SqliteStore, path: Path) -> None:
    put(store, "posts", *({"post": f"x:{i}", "text": "words " * 50} for i in range(2000)))
    store.close()
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(StoreError, match="damaged"), sqlite.open(f"sqlite:///{path}", path.parent) as hurt:
        put(hurt, "posts", {"post": "x:new"})


def test_another_process_that_writes_for_too_long_is_transient(store: SqliteStore, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._database.run("PRAGMA busy_timeout = 1")
    with pytest.raises(StoreUnavailable, match="another process"):
        put(store, "posts", {"post": "x:p1"})
    with store.view() as view:  # reading goes on
        assert view.count("posts") == 0
    other.execute("ROLLBACK")
    other.close()
    assert put(store, "posts", {"post": "x:p1"}).new == 1


def test_another_thread_that_writes_for_too_long_is_transient(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT_S", 0.01)
    caught: list[BaseException] = []

    def other() -> None:
        try:
            put(store, "posts", {"post": "x:p1"})
        except StoreUnavailable as error:
            caught.append(error)

    with store.writer():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_switching_to_the_log_waits_for_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Database(path)
    refused: list[int] = []
    run = opened.run

    def busy(statement: str) -> list[object]:
        if not refused:
            refused.append(1)
            raise StoreUnavailable("busy")
        return run(statement)

    monkeypatch.setattr(opened, "run", busy)
    database._use_wal(opened)
    assert run("PRAGMA journal_mode") == [("wal",)]
    refused.clear()
    monkeypatch.setattr(database, "WAIT_S", -1.0)
    with pytest.raises(StoreUnavailable):
        database._use_wal(opened)
    opened.close()


def test_a_view_cannot_write(store: SqliteStore) -> None:
    with store.view() as view, pytest.raises(StoreError, match="may not be written"):
        view._database.run("DELETE FROM posts")


def test_a_null_where_a_value_is_required_is_a_programming_error(store: SqliteStore) -> None:
    good = batch("posts", {"post": "x:p1"})
    columns = [pa.nulls(1, f.type) if f.name == "account" else good.column(f.name) for f in good.schema]
    bad = pa.RecordBatch.from_arrays(columns, schema=good.schema)
    with pytest.raises(ValueError, match="null in account"), store.writer() as writer:
        writer.write("posts", bad)


# values, ids and order


@pytest.mark.parametrize("values", [[[], ["a"], ["b", "c"]], [['say "hi"', "a\\b"], [], ["x\ny", "\x00"]], [[]], []])
def test_lists_come_back_as_they_were(values: list[list[str]]) -> None:
    column = pa.array(values, TABLES["posts"].column("tickers").type)
    assert decode(encode(column), column.type).equals(column)


def test_a_list_is_written_the_same_in_any_company() -> None:
    kind = TABLES["posts"].column("tickers").type
    alone, beside = pa.array([["é", "b"]], kind), pa.array([["é", "b"], ['"']], kind)
    assert encode(alone)[0] == encode(beside)[0]


def test_keys_with_odd_characters_are_found_again(path: Path) -> None:
    keys = ["x:\x00", "x:\x00b", 'x:"', "x:\\u0000", "x:é", "x:𝕏"]
    for _ in range(2):  # the second time without anything remembered
        with sqlite.open(f"sqlite:///{path}", path.parent) as store:
            put(
                store, "posts", *({"post": k, "account": k, "tickers": [k], "parent": k, "kind": "reply"} for k in keys)
            )
            put(store, "posts", {"post": "x:other", "account": keys[0], "tickers": keys, "parent": keys[1]})
    with sqlite.open(f"sqlite:///{path}", path.parent) as store, store.view() as view:
        assert sorted(row["post"] for row in read(view, "posts")) == sorted([*keys, "x:other"])
        for key in keys:
            assert view.neighbours(NodeRef(NodeType.TICKER, key), rels=[Rel.MENTIONS]).total == 2


def test_ids_that_are_used_are_never_forgotten_and_others_are() -> None:
    memory = nodes.Memory(2)
    for number in range(0, 20, 2):
        assert memory.get(["hub"]) in ([None], [-1])
        memory.put(["hub", str(number), str(number + 1)], [-1, number, number + 1])
        assert memory.get(["hub", str(number)]) == [-1, number]
    assert memory.get(["0"]) == [None]
    assert len(memory.young) + len(memory.old) <= 8


def test_nothing_depends_on_what_is_remembered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes.Memory.__init__, "__defaults__", (1,))
    monkeypatch.setattr(edges, "FLUSH", 3)
    rows = [
        {
            "post": f"x:{i}",
            "account": f"x:a{i % 3}",
            "links": [f"https://l{i % 2}.example/{i % 4}"],
            "parent": f"x:{i + 4}",
        }
        for i in range(12)
    ]
    for _ in range(2):
        with sqlite.open(f"sqlite:///{path}", path.parent) as store:
            for start in range(0, 12, 5):
                put(store, "posts", *rows[start : start + 5])
            with store.view() as view:
                assert store.head() == 3
                assert view.degree(node("link/https://l1.example/1")) == {(Rel.LINKS_TO, "in"): 3, (Rel.ON, "out"): 1}
                assert view.degree(node("domain/l1.example")) == {(Rel.ON, "in"): 2}
                assert view.degree(node("account/x:a0")) == {(Rel.POSTED, "out"): 4}


def test_links_know_their_host_whatever_they_look_like(store: SqliteStore) -> None:
    links = [
        "https://a.example/x",
        "http://A.example:8/",
        "https://[::1]/x",
        "https://u@b.example/y",
        "opaque",
        "http://[",
    ]
    put(store, "posts", {"post": "x:p1", "links": links})
    with store.view() as view:
        for host in ("a.example", "b.example", "::1"):
            assert view.has(node(f"domain/{host}"))
        assert view.degree(node("domain/a.example")) == {(Rel.ON, "in"): 2}
        assert view.degree(node("link/opaque")) == {(Rel.LINKS_TO, "in"): 1}


# search


def test_the_index_follows_corrections_and_deletions(store: SqliteStore) -> None:
    put(store, "posts", {"post": "x:P1", "text": "buy pepe"}, {"post": "x:P2", "text": "buy doge"}, {"post": "x:p3"})
    assert store.index_text() == 2
    put(store, "posts", {"post": "x:P1", "text": "sell pepe"})
    with store.writer() as writer:
        writer.delete("posts", batch("posts", {"post": "x:P2"}).select(["post"]))
    assert store.index_text() == 1
    put(store, "posts", {"post": "x:P2", "text": "buy again"})
    assert store.index_text() == 1
    assert store.index_text() == 0

    def found(seq: int, text: str) -> list[str]:
        with store.view(seq) as view:
            return [hit.node.key for hit in view.search(text)]

    assert found(1, "buy") == ["x:P1", "x:P2"]
    assert found(2, "buy") == ["x:P2"]
    assert found(3, "buy") == []
    assert found(4, "buy") == ["x:P2"]
    assert [found(4, text) for text in ("sell", "doge", "p1", "X:P")] == [
        ["x:P1"],
        [],
        ["x:P1"],
        ["x:P1", "x:P2", "x:p3"],
    ]
    assert store.check()["integrity"] == "ok"


def test_names_are_found_before_and_after_indexing(store: SqliteStore) -> None:
    put(store, "accounts", {"account": "x:Anna", "handle": "Queen"}, {"account": "tg:anna", "handle": None})
    put(store, "posts", {"post": "y:1", "account": "x:Anna", "links": ["https://Big.example/Q"], "parent": "y:Stub"})
    asked = ("anna", "QUEEN", "x:a", "https://big", "y:s", "stub")
    with store.view() as view:
        before = [view.search(text) for text in asked]
    store.index_text()
    put(store, "accounts", {"account": "x:Anna", "handle": "King"})
    with store.view(2) as view:
        assert [view.search(text) for text in asked] == before
        assert [len(hits) for hits in before] == [2, 1, 1, 1, 1, 1]
        assert view.search("anna", limit=1) == before[0][:1]
    with store.view() as view:
        assert view.search("queen") == []
        assert [hit.text for hit in view.search("king")] == ["King"]


@pytest.mark.parametrize("count", [0, 1, 332, 333, 334, 700])
def test_rows_inserted_together_are_the_same_as_one_by_one(count: int, tmp_path: Path) -> None:
    database = Database(tmp_path / "d.db")
    database.run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c INTEGER)")
    rows = [(i, f"row {i}", i % 7) for i in range(count)]
    insert = "INSERT OR IGNORE INTO t VALUES (?, ?, ?)\n"  # 333 of them are as many values as one statement takes
    columns = [[row[i] for row in rows] for i in range(3)]
    assert database.insert(insert, columns) == count
    assert database.run("SELECT * FROM t ORDER BY a") == rows
    assert (
        database.insert(insert, [[*column, new] for column, new in zip(columns, (count, "new", 0), strict=True)]) == 1
    )
    database.close()
