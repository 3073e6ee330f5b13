"""``findings write-back`` and ``store.write_back``: who may, what is said, and what stays out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import detectors.run as running
from detectors.base import Detector
from graph.errors import StoreUnavailable
from graph.store import Store, WritesBack, open_store
from graph.stores.neo4jdb.store import Neo4jStore
from lockstep import locks
from lockstep.showing import SEEN
from tests.cli import lockstep
from tests.flagged import ACCOUNTS, flag, load, shadow, shilling, sybil
from tests.server import Neo4jServer


@pytest.fixture
def where(neo4j_server: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Options that name a Neo4j store with two live findings and a shadow."""
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
    monkeypatch.setattr(running, "discover", lambda: {"said": Said()})
    monkeypatch.setattr("lockstep.parameters.discover", lambda: {"said": Said()})
    neo4j_server.wipe()
    with opened(neo4j_server, tmp_path) as store:
        load(store)
        flag(store)
    yield ["--store", neo4j_server.url, "--data-dir", tmp_path]
    neo4j_server.wipe()


def opened(server: Neo4jServer, folder: Path) -> Store:
    return open_store(server.url, folder)


def shown(server: Neo4jServer) -> set[str]:
    return {row["f"] for row in server.run("MATCH (f:Finding) RETURN f.key AS f")}


class Said(Detector):
    """Flags what the sybil detector flagged before, in another version."""

    name, version, kinds, about, params = "said", "1", ("shilling_cluster",), "Says.", ()

    def detect(self, *_: Any) -> Any:
        return [shilling(detector="said", run_id="")]


def test_live_findings_are_shown_and_taken_away(neo4j_server: Neo4jServer, where: list[object]) -> None:
    before = lockstep("findings", "list", "--json", *where).json
    ran = lockstep("findings", "write-back", *where)
    assert (ran.code, SEEN in " ".join(ran.err.split())) == (0, True)
    assert ran.out.startswith("2 findings written with ")
    assert shown(neo4j_server) == {shilling().id, sybil().id}
    again = lockstep("findings", "write-back", "--json", *where).json
    assert (again["warning"], again["written"], again["unchanged"]) == (SEEN, 0, 2)
    assert lockstep("findings", "list", "--json", *where).json == before
    gone = lockstep("findings", "write-back", "--remove", *where)
    assert (gone.code, gone.err) == (0, "")
    assert "2 findings removed with " in gone.out
    assert shown(neo4j_server) == set()
    assert lockstep("findings", "write-back", "--remove", "--json", *where).json["warning"] is None


def test_superseded_ones_disappear(neo4j_server: Neo4jServer, where: list[object], tmp_path: Path) -> None:
    lockstep("findings", "write-back", *where)
    later = shilling(2, version="2", supersedes=shilling().id)
    with opened(neo4j_server, tmp_path) as store:
        flag(store, [later])
    assert lockstep("findings", "write-back", *where).code == 0
    assert shown(neo4j_server) == {later.id, sybil().id}


def test_views_never_show_them(neo4j_server: Neo4jServer, where: list[object], tmp_path: Path) -> None:
    with opened(neo4j_server, tmp_path) as store, store.view() as view:
        before = [view.account(ACCOUNTS[0]), view.count("posts"), view.findings(), store.head()]
        assert lockstep("findings", "write-back", *where).code == 0
        assert [view.account(ACCOUNTS[0]), view.count("posts"), view.findings(), store.head()] == before
    assert shadow().id not in shown(neo4j_server)


def test_who_is_not_in_the_graph_is_reported(neo4j_server: Neo4jServer, where: list[object]) -> None:
    neo4j_server.run("MATCH (a:Account {key: $key}) DETACH DELETE a", key=ACCOUNTS[0])
    ran = lockstep("findings", "write-back", *where)
    assert "not in the graph, and so not joined: 2 members, 0 posts and other evidence" in ran.out


def test_detect_shows_what_it_found_where_that_is_set(
    neo4j_server: Neo4jServer, where: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lockstep("detect", "said", *where).code == 0
    assert shown(neo4j_server) == set()
    monkeypatch.setenv("LOCKSTEP_STORE_WRITE_BACK", "on")
    ran = lockstep("detect", "said", *where)
    assert ran.code == 0
    assert " ".join(ran.err.split()).count(SEEN) == 1
    assert len(shown(neo4j_server)) == 3


def test_what_could_not_be_shown_is_recorded_all_the_same(
    neo4j_server: Neo4jServer, where: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("cut off")

    monkeypatch.setenv("LOCKSTEP_STORE_WRITE_BACK", "on")
    monkeypatch.setattr(Neo4jStore, "write_back", fail)
    ran = lockstep("detect", "said", *where)
    assert ran.code == 4
    assert "recorded, but not shown" in ran.err
    assert "said: 1 finding" in ran.out
    assert len(lockstep("findings", "list", "--json", *where).json) == 4


def test_a_store_that_cannot_says_which_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ["--store", f"sqlite:///{tmp_path}/s.db", "--data-dir", str(tmp_path)]
    assert lockstep("migrate", *where).code == 0
    for more in ([], ["--remove"]):
        ran = lockstep("findings", "write-back", *more, *where)
        assert ran.code == 2
        assert "a Neo4j store can: --store neo4j://HOST" in ran.err
    monkeypatch.setenv("LOCKSTEP_STORE_WRITE_BACK", "on")
    ran = lockstep("detect", *where)
    assert ran.code == 2
    assert lockstep("findings", "list", *where).out.startswith("no findings: no detector has run yet")


def test_only_neo4j_writes_back() -> None:
    assert issubclass(Neo4jStore, WritesBack)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    where = ["--store", f"sqlite:///{tmp_path}/s.db", "--data-dir", str(tmp_path)]
    assert lockstep("migrate", *where).code == 0
    with locks.hold(tmp_path / "detect.lock", wait=0):
        assert "another run of detect is under way" in lockstep("findings", "write-back", *where).err
