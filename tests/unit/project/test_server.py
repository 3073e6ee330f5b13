"""The Neo4j server that tests start: a real one, its own, and gone when they are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import ClientError

from tests import jars, processes, server
from tests.needs import lacking
from tests.server import Neo4jServer, StartError

ROOT = Path(__file__).resolve().parents[3]

# the server


@pytest.fixture(scope="module")
def own(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A second server, on a graph that the bulk import made, the first port that it was to have being taken."""
    home = tmp_path_factory.mktemp("own")
    files = {
        "accounts.csv": 'key:ID(Account),handle,followers:long\nx:anna,"Anna ""A"", 🚀",5\nx:bo,bo,\n',
        "tickers.csv": "key:ID(Ticker)\nBTC\n",
        "mentions.csv": ":START_ID(Account),:END_ID(Ticker),at:long\nx:anna,BTC,1\nx:bo,BTC,2\n",
    }
    for name, text in files.items():
        (home / name).write_text(text)
    made = Neo4jServer(home)
    nodes = [f"--nodes=Account={home / 'accounts.csv'}", f"--nodes=Ticker={home / 'tickers.csv'}"]
    said = made.admin(
        "database", "import", "full", "neo4j", *nodes, f"--relationships=MENTIONS={home / 'mentions.csv'}"
    )
    assert "2 relationships" in said
    with socket.socket() as stranger, pytest.MonkeyPatch.context() as patch:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        answers = iter([(stranger.getsockname()[1], processes.free_ports()[1]), processes.free_ports()])
        patch.setattr(server, "free_ports", lambda: next(answers))
        made.start()
    with made:
        yield made


def test_the_shared_server_is_found_by_its_routing_table(neo4j_server: Neo4jServer) -> None:
    with GraphDatabase.driver(neo4j_server.url, auth=neo4j_server.auth) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1


def test_it_is_emptied_with_its_schema(neo4j_server: Neo4jServer) -> None:
    neo4j_server.run("CREATE CONSTRAINT `odd ``name` FOR (n:Emptied) REQUIRE n.key IS UNIQUE")
    neo4j_server.run("CREATE INDEX emptied FOR ()-[r:NEXT]-() ON (r.at)")
    neo4j_server.run("UNWIND range(1, 50) AS i CREATE (n:Emptied {key: i})-[:NEXT {at: i}]->(n)")
    neo4j_server.wipe()
    assert neo4j_server.run("MATCH (n) RETURN count(n) AS found") == [{"found": 0}]
    assert "emptied" in {row["name"] for row in neo4j_server.run("SHOW INDEXES")}
    neo4j_server.drop_schema()
    assert {row["type"] for row in neo4j_server.run("SHOW INDEXES")} <= {"LOOKUP"}
    assert neo4j_server.run("SHOW CONSTRAINTS") == []


def test_two_servers_share_nothing(neo4j_server: Neo4jServer, own: Neo4jServer) -> None:
    assert own.pid != neo4j_server.pid
    assert own.password != neo4j_server.password
    for pid in (own.pid, neo4j_server.pid):
        listening = [c for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}
    own.run("CREATE (:Own)")
    assert neo4j_server.run("MATCH (n:Own) RETURN n") == []


def test_what_the_import_tool_made_is_its_graph(own: Neo4jServer) -> None:
    found = own.run(
        "MATCH (a:Account)-[m:MENTIONS]->(t:Ticker) RETURN properties(a) AS a, m.at AS at, t.key AS t ORDER BY at"
    )
    assert found == [
        {"a": {"key": "x:anna", "handle": 'Anna "A", 🚀', "followers": 5}, "at": 1, "t": "BTC"},
        {"a": {"key": "x:bo", "handle": "bo"}, "at": 2, "t": "BTC"},
    ]


def test_data_survives_a_kill_and_settings_hold_for_one_start(own: Neo4jServer) -> None:
    url, pid = own.url, own.pid
    own.run("CREATE (:Survives)")
    own.kill()
    assert not psutil.pid_exists(pid)
    own.restart(settings={"server.databases.read_only": "neo4j"})
    assert own.url == url
    assert own.run("MATCH (n:Survives) RETURN count(n) AS found") == [{"found": 1}]
    with pytest.raises(ClientError) as refused:
        own.run("CREATE (:Refused)")
    assert refused.value.code == "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase"
    own.restart()
    own.run("MATCH (n:Survives) DELETE n")


def test_a_start_that_fails_shows_the_log_and_leaves_no_process(tmp_path: Path) -> None:
    failing = Neo4jServer(tmp_path, settings={"server.no_such_setting": "1"})
    with pytest.raises(StartError, match=r"exit code 1 before it could listen[\s\S]*console.log[\s\S]*no_such_setting"):
        failing.start()
    assert not failing.running
    failing.stop()  # is no error, as often as it is called
    with pytest.raises(RuntimeError, match="not running"):
        _ = failing.pid


def test_a_start_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READY", 0.0)
    with pytest.raises(StartError, match="could not listen within 0 s"):
        Neo4jServer(tmp_path).start()


def test_a_running_server_is_not_started_twice(neo4j_server: Neo4jServer) -> None:
    with pytest.raises(RuntimeError, match="is running"):
        neo4j_server.start()


def test_the_import_tools_refusal_is_shown(neo4j_server: Neo4jServer, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with [1-9][0-9]*[\s\S]*no-such-command"):
        Neo4jServer(tmp_path).admin("no-such-command")


# the watchdog


def test_the_server_dies_with_the_process_that_started_it() -> None:
    code = """
import subprocess, sys, time
from tests.processes import watch
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
watch(child.pid)
print(child.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        starter.send_signal(signal.SIGKILL)
    gone, _ = psutil.wait_procs([child], timeout=60)
    assert gone == [child]


# the jars

FAKE_MAVEN = """#!/bin/sh
for a; do case $a in -DoutputDirectory=*) out=${a#*=};; esac; done
echo fetch >> "$(dirname "$0")/calls"
echo jar > "$out/a.jar"
"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Maven, first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "mvn"
    script.write_text(FAKE_MAVEN)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return script


def test_jars_are_fetched_once_by_whoever_comes_first(maven: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    got: list[Path] = []
    threads = [threading.Thread(target=lambda: got.append(jars.jars(cache))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert [p.name for p in got[0].iterdir()] == ["a.jar"]
    assert (maven.parent / "calls").read_text() == "fetch\n"
    assert jars.fetched(cache)


def test_a_fetch_that_fails_leaves_nothing_and_says_why(maven: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    left = cache / jars.VERSION / "partial-of-a-killed-one"
    left.mkdir(parents=True)
    maven.write_text(FAKE_MAVEN + "echo Could not transfer artifact; exit 1\n")
    with pytest.raises(jars.FetchError, match=r"exit 1\)[\s\S]*Could not transfer"):
        jars.jars(cache)
    assert not jars.fetched(cache)
    assert list((cache / jars.VERSION).iterdir()) == []


def test_without_maven_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(jars.FetchError, match="apt-get install maven"):
        jars.jars(tmp_path / "cache")
    with pytest.raises(StartError, match="apt-get install openjdk-17"):
        Neo4jServer(tmp_path / "home").start()


def test_what_is_lacking_skips_by_name_and_never_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    assert lacking("java", "mvn") == "needs java, mvn: apt-get install openjdk-17-jre-headless maven"
    monkeypatch.setenv("CI", "true")
    assert not lacking("java", "mvn")
