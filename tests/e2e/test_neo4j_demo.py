"""The whole way over a real Neo4j server: the demo, its findings beside SQLite's, and the store's own verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.schema import TABLES
from graph.store import open_store
from tests.cli import Ran, lockstep
from tests.server import Neo4jServer

MADE = ("--size", 800, "--days", 20)
NAMES = ("run_id", "lineage_id")
"""What differs between two runs over the same rows."""


@pytest.fixture(scope="module")
def both(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Ran, Ran]:
    """The same demo over SQLite and over Neo4j."""
    folder = tmp_path_factory.mktemp("both")
    neo4j_server.wipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
        plain = lockstep("demo", "--out", folder / "sqlite", *MADE)
        graph = lockstep("demo", "--out", folder / "neo4j", *MADE, "--store", neo4j_server.url)
    return folder / "sqlite", folder / "neo4j", plain, graph


@pytest.fixture(scope="module")
def exported(both: tuple[Path, Path, Ran, Ran], neo4j_server: Neo4jServer) -> list[list[Any]]:
    """Findings as both say them, before any test has run a detector again."""
    plain, graph, _, _ = both
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)
        for url, data in ((f"sqlite:///{plain}/lockstep.db", plain), (neo4j_server.url, graph)):
            where = ("--store", url, "--data-dir", data / "store")
            ran = lockstep("findings", "list", "--json", *where)
            assert ran.code == 0, ran.err
            found.append([lockstep("findings", "show", row["id"], "--json", *where).json for row in ran.json])
    return found


@pytest.fixture(autouse=True)
def _allowed(neo4j_server: Neo4jServer, exported: list[list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", neo4j_server.password)


def said(shown: dict[str, Any]) -> dict[str, Any]:
    finding = {name: value for name, value in shown["finding"].items() if name not in NAMES}
    return {**shown, "finding": finding}


def test_findings_are_the_same_over_both_stores(both: tuple[Path, Path, Ran, Ran], exported: list[list[Any]]) -> None:
    _, _, first, second = both
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert len(exported[0]) > 1
    assert list(map(said, exported[0])) == list(map(said, exported[1]))


def test_rows_are_the_same_over_both_stores(both: tuple[Path, Path, Ran, Ran], neo4j_server: Neo4jServer) -> None:
    plain, graph, _, _ = both
    tables = []
    for url, folder in ((f"sqlite:///{plain}/lockstep.db", plain), (neo4j_server.url, graph)):
        with open_store(url, folder / "store", create=False) as store, store.view() as view:
            answers = {t: sorted(map(str, (r for b in view.scan(t) for r in b.to_pylist()))) for t in TABLES}
            tables.append(answers)
    for table in TABLES:
        assert tables[0][table] == tables[1][table], table


def test_the_demo_again_changes_nothing_and_another_is_refused(
    both: tuple[Path, Path, Ran, Ran], neo4j_server: Neo4jServer, tmp_path: Path
) -> None:
    with open_store(neo4j_server.url, tmp_path / "data", create=False) as store, store.view() as view:
        before = {table: view.count(table) for table in TABLES}
    again = lockstep("demo", "--out", tmp_path / "again", *MADE, "--store", neo4j_server.url)
    assert again.code == 0, again.err
    with open_store(neo4j_server.url, tmp_path / "data", create=False) as store, store.view() as view:
        assert {table: view.count(table) for table in TABLES} == before
    other = lockstep("demo", "--out", tmp_path / "other", "--seed", 2, "--store", neo4j_server.url)
    assert other.code == 2
    assert "not empty" in other.err


def test_the_doctor_and_the_network_verb_read_it(both: tuple[Path, Path, Ran, Ran], neo4j_server: Neo4jServer) -> None:
    _, graph, _, _ = both
    where = ("--store", neo4j_server.url, "--data-dir", graph / "store")
    doctor = lockstep("doctor", *where)
    assert doctor.code == 0, doctor.out
    assert "5.26" in doctor.out
    ran = lockstep("network", "--action", "co_ticker", "--window", 60, "--out", graph / "edges.csv", *where)
    assert ran.code == 0, ran.err
    assert len((graph / "edges.csv").read_text().splitlines()) > 1
