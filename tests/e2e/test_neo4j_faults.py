"""What happens to servers and to those who load into them: a clear error with what to do, or a retry that ends.

After each fault the same command, run again, ends in the graph of a load that nothing disturbed; that one is made in
SQLite, so that the stores are compared as well. Processes and the server are real.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from graph.errors import StoreConflict, StoreError
from graph.store import Store, open_store
from graph.stores.neo4jdb import database as driver
from graph.stores.neo4jdb import migrations
from graph.stores.neo4jdb.database import Address, Database, Transaction
from graph.stores.neo4jdb.faults import PASSWORD
from tests.cli import lockstep
from tests.loading import await_head, finish, held, lines, loaded, start, verb, whole
from tests.loads import contents
from tests.needs import needs
from tests.proxy import Proxy
from tests.server import Neo4jServer
from tests.stores import put

pytestmark = needs("java")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in") / "posts.jsonl"
    path.write_bytes(lines())
    return path


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loaded(tmp_path_factory.mktemp("whole"), source)


@pytest.fixture
def server(neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch) -> Neo4jServer:
    """The server that tests share, emptied; nobody ends it."""
    neo4j_server.wipe()
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    return neo4j_server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot succeed is not tried again for long."""
    monkeypatch.setattr(driver, "RETRY_S", 0.5)


# the loading process


def test_a_loader_killed_in_mid_load_leaves_a_graph_that_goes_on(
    server: Neo4jServer, source: Path, undisturbed: Any, tmp_path: Path
) -> None:
    for commits in (1, 4):
        process = start(server.url, tmp_path, source)
        try:
            await_head(server, process, commits)
            os.kill(process.pid, signal.SIGKILL)
        finally:
            process.kill()
            process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
    whole(server, tmp_path, source, undisturbed)


def test_two_loaders_of_overlapping_files_end_as_one_after_the_other(server: Neo4jServer, tmp_path: Path) -> None:
    def row(i: int) -> bytes:
        made = {"post_id": str(i), "account_id": f"a{i % 9}", "created_at": 1_700_000_000 + i, "text": f"$T{i % 7}"}
        return orjson.dumps(made) + b"\n"

    first, second = tmp_path / "posts-first.jsonl", tmp_path / "posts-second.jsonl"
    first.write_bytes(b"".join(row(i) for i in range(2_000)))
    second.write_bytes(b"".join(row(i) for i in reversed(range(1_000, 3_000))))
    loaders = [start(server.url, tmp_path / path.stem, path) for path in (first, second)]
    said = [loader.communicate(timeout=200) for loader in loaders]
    for loader, (out, err) in zip(loaders, said, strict=True):
        assert loader.returncode == 0, err.decode()
        assert orjson.loads(out)["files"][0]["rows"] == 2_000
    assert held(server.url, tmp_path) == loaded(tmp_path, first, second)


def test_a_deadlock_is_tried_again_until_both_are_done(server: Neo4jServer) -> None:
    database = Database(Address(server.bolt, server.user, None, server.url), server.password)
    database.write("UNWIND range(0, 1) AS i CREATE (:Lock {key: i, writes: 0})")
    meet, tries = threading.Barrier(2), [0, 0]
    step = "MATCH (n:Lock {key: $key}) SET n.writes = n.writes + 1 RETURN n.writes"

    def work(number: int) -> None:
        def both(transaction: Transaction) -> None:
            tries[number] += 1
            transaction.run(step, {"key": number})
            if tries[number] == 1:
                meet.wait(60)  # each holds what the other wants
            transaction.run(step, {"key": 1 - number})

        database.writing(both)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sorted(tries) == [1, 2]
        assert database.read("MATCH (n:Lock) RETURN n.writes") == [[2], [2]]
    finally:
        database.close()


def test_a_deadlock_of_a_transaction_that_is_not_tried_again_is_a_conflict(server: Neo4jServer) -> None:
    database = Database(Address(server.bolt, server.user, None, server.url), server.password)
    database.write("UNWIND range(0, 1) AS i CREATE (:Lock {key: i})")
    meet, errors = threading.Barrier(2), []
    step = "MATCH (n:Lock {key: $key}) SET n.by = $by"

    def work(number: int) -> None:
        try:
            with database.transaction() as transaction:
                transaction.run(step, {"key": number, "by": number})
                meet.wait(60)
                transaction.run(step, {"key": 1 - number, "by": number})
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    finally:
        database.close()
    assert [type(error) for error in errors] == [StoreConflict]


# the way to the server


def test_a_server_that_is_not_there(hasty: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "any")
    with Proxy(1) as nobody:  # listens, and has nobody to pass anything on to
        port = nobody.port
    ran = lockstep("ingest", tmp_path, "--store", f"neo4j://127.0.0.1:{port}", "--data-dir", tmp_path / "data")
    assert ran.code == 4
    assert "cannot be reached" in ran.err
    assert "is it running" in ran.err
    assert f"127.0.0.1:{port}" in ran.err


def test_a_server_that_does_not_encrypt(server: Neo4jServer, hasty: None, tmp_path: Path) -> None:
    for scheme in ("neo4j+s", "bolt+ssc"):
        ran = verb(server, tmp_path, "doctor", url=server.url.replace("neo4j", scheme, 1))
        assert ran.code == 4
        assert "no encrypted connection" in ran.out
        assert "without +s" in ran.out


def through(proxy: Proxy, server: Neo4jServer) -> str:
    """The server's URL by way of the proxy: without routing, which would lead around it."""
    url = urlsplit(server.bolt)
    return f"{url.scheme}://{url.hostname}:{proxy.port}"


def port_of(server: Neo4jServer) -> int:
    port = urlsplit(server.bolt).port
    assert port
    return port


def test_a_connection_cut_in_the_middle_of_a_result(
    server: Neo4jServer, source: Path, undisturbed: Any, tmp_path: Path
) -> None:
    finish(server, tmp_path, source)
    with Proxy(port_of(server)) as proxy, open_store(through(proxy, server), tmp_path / "through") as store:
        for after in (0, 20_000, 200_000):
            proxy.cut(after)
            assert contents(store) == undisturbed
        assert proxy.cuts == 3


def test_connections_that_are_always_cut_end_in_a_clear_error(
    server: Neo4jServer, hasty: None, source: Path, tmp_path: Path
) -> None:
    finish(server, tmp_path, source)
    with Proxy(port_of(server)) as proxy, open_store(through(proxy, server), tmp_path / "through") as store:
        proxy.cut(20_000, again=True)
        with pytest.raises(StoreError, match="cannot be reached"):
            contents(store)
        proxy.spare()
        assert contents(store)[0]["posts"]


def test_connections_cut_while_loading_end_in_the_same_graph(
    server: Neo4jServer, source: Path, undisturbed: Any, tmp_path: Path
) -> None:
    with Proxy(port_of(server)) as proxy:
        url = through(proxy, server)
        with open_store(url, tmp_path):  # the schema is there
            pass
        for after in (700, 2_500, 6_000, 20_000):
            proxy.cut(after)
            out, err = start(url, tmp_path, source).communicate(timeout=200)
            assert out or b"error:" in err, err.decode()
            assert b"Traceback" not in err
        assert proxy.cuts
        proxy.spare()
        whole(server, tmp_path, source, undisturbed)


# who asks, and for what


@contextmanager
def user(server: Neo4jServer, name: str, password: str, then: str = "CHANGE NOT REQUIRED") -> Iterator[str]:
    """A user of the server's, and the store's URL with that name."""
    with server.driver().session(database="system") as system:
        system.run(f"CREATE USER {name} SET PASSWORD $password {then}", password=password).consume()
        try:
            yield server.url.replace("://", f"://{name}@")
        finally:
            system.run(f"DROP USER {name}").consume()


def test_a_wrong_password(server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with user(server, "anna", "right-password") as url:
        monkeypatch.setenv(PASSWORD, "wrong-password")
        ran = verb(server, tmp_path, "findings", "list", url=url)
        assert ran.code == 2
        assert "user anna" in ran.err
        assert PASSWORD in ran.err
        assert "wrong-password" not in ran.err
        for _ in range(4):
            again = verb(server, tmp_path, "findings", "list", url=url)
        assert "too many wrong passwords" in again.err
        assert again.code == 4


def test_a_password_that_has_expired(server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with user(server, "bert", "right-password", "CHANGE REQUIRED") as url:
        monkeypatch.setenv(PASSWORD, "right-password")
        ran = verb(server, tmp_path, "findings", "list", url=url)
    assert ran.code == 2
    assert "has expired" in ran.err
    assert "ALTER CURRENT USER" in ran.err


def test_a_database_that_is_missing(server: Neo4jServer, tmp_path: Path) -> None:
    ran = verb(server, tmp_path, "findings", "list", url=f"{server.url}/rings")
    assert ran.code == 4
    assert "no database rings" in ran.err
    assert "neo4j://HOST/DATABASE" in ran.err


def test_a_database_without_a_graph_is_not_made_by_reading(server: Neo4jServer, tmp_path: Path) -> None:
    ran = verb(server, tmp_path, "findings", "list")
    assert ran.code == 4
    assert "no Lockstep graph" in ran.err
    assert server.run("MATCH (n) RETURN n") == []


def test_a_newer_schema_is_left_alone(server: Neo4jServer, source: Path, tmp_path: Path) -> None:
    with open_store(server.url, tmp_path):
        pass
    server.run("MATCH (m:Lockstep {name: 'graph'}) SET m.schema = 99")
    for arguments in (("ingest", source), ("findings", "list"), ("migrate",)):
        ran = verb(server, tmp_path, *arguments)
        assert ran.code == 4
        assert "schema version 99" in ran.err
        assert "upgrade Lockstep" in ran.err
    assert server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.schema AS schema") == [{"schema": 99}]


def test_an_older_schema_is_migrated_when_asked(
    server: Neo4jServer, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(server, tmp_path, source)
    before = held(server.url, tmp_path)
    step = tmp_path / "999_later.cypher"
    step.write_text("// purpose: a later step\nCREATE INDEX later IF NOT EXISTS FOR (n:Post) ON (n.later);\n")
    known = migrations.steps()
    monkeypatch.setattr(migrations, "steps", lambda: (*known, step))
    try:
        ran = verb(server, tmp_path, "ingest", source, "--again")
        assert ran.code == 4
        assert f"schema version {len(known)}" in ran.err
        assert "lockstep migrate" in ran.err
        assert verb(server, tmp_path, "migrate").code == 0
        assert verb(server, tmp_path, "ingest", source, "--again").code == 0
        assert held(server.url, tmp_path) == before
    finally:
        server.run("DROP INDEX later IF EXISTS")


# what looks like a statement

HOSTILE = (
    "}) DETACH DELETE n //",
    "x' OR 1=1 RETURN n; MATCH (n) DELETE n",
    '"}]-() SET n.key = "',
    "`) CREATE (:Owned) //",
    "$key {key: $rows} <label> <type>",
    r"\u0027}) DELETE n \u0060 \\",
    "\u2028\u202e'\"`\\{}",
)


def hostile(store: Store) -> None:
    """Rows whose every text looks like Cypher."""
    for i, text in enumerate(HOSTILE):
        named = {"post": f"x:{text}", "account": f"x:{text}", "text": text, "tickers": [text], "hashtags": [text]}
        put(store, "posts", {**named, "links": [f"https://a.example/{text}"]})
        put(store, "accounts", {"account": f"x:{text}", "handle": text, "attributes": orjson.dumps(text).decode()})
        put(store, "identifiers", {"account": f"x:{text}", "kind": text, "value": text})
        acted = {"interaction": f"{i}{text}", "account": f"x:{text}", "kind": text, "target": f"x:{text}"}
        put(store, "interactions", acted)
        put(store, "labels", {"account": f"x:{text}", "label": text, "source": text})
        with store.writer() as writer:
            writer.checkpoint(text, {text: text})


def test_what_looks_like_cypher_is_data(server: Neo4jServer, tmp_path: Path) -> None:
    with (
        open_store(server.url, tmp_path) as store,
        open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path) as other,
    ):
        hostile(store)
        hostile(other)
        assert contents(store) == contents(other)
        assert store.checkpoints() == other.checkpoints()
        with store.view() as view, other.view() as expected:
            for text in HOSTILE:
                assert view.account(f"x:{text}") == expected.account(f"x:{text}")
                assert view.search(text) == expected.search(text)
                for row in view.search(text):
                    assert view.degree(row.node) == expected.degree(row.node)
                    assert view.neighbours(row.node) == expected.neighbours(row.node)
    assert server.run("MATCH (n:Owned) RETURN n") == []
    labels = {name for row in server.run("CALL db.labels() YIELD label RETURN label") for name in row.values()}
    assert labels.isdisjoint(HOSTILE)
