"""What doctor says of a Neo4j server: each piece of advice from made answers, and all of it from a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import pytest

from graph.errors import StoreError, StoreUnavailable
from graph.store import Checked
from graph.stores.neo4jdb import checks, migrations
from graph.stores.neo4jdb.database import Address, Database, cypher
from tests.server import Neo4jServer

ONLINE = [[name, "ONLINE", 100.0] for name in checks.expected()]
HELD = [[name] for name, kind in checks.expected().items() if kind == "CONSTRAINT"]
NEWEST = len(migrations.steps())


def healthy() -> dict[str, Any]:
    """Answers, by statement, of a server in which all is well."""
    return {
        "doctor_server": [["5.26.30", "community"]],
        "doctor_name": [["neo4j"]],
        "doctor_database": [["read-write", "online", ""]],
        "doctor_user": [["anna"]],
        "doctor_write": [],
        "doctor_indexes": [list(row) for row in ONLINE],
        "doctor_constraints": [list(row) for row in HELD],
        "doctor_settings": [[checks.HEAP, "1.00GiB"], [checks.PAGES, "512.00MiB"]],
        "doctor_sizes": [[1000, 5000]],
        "doctor_clock": None,
        "meta": [["id", NEWEST, 7, None, 1]],
    }


class Answers:
    """Stands for a database that gives prepared answers; an exception among them is raised."""

    address = Address("neo4j://db.example:7687", "anna", None, "neo4j://db.example")

    def __init__(self, **changed: Any) -> None:
        answers = healthy() | changed
        self.ahead = 0.0
        self._by_text = {cypher(name): rows for name, rows in answers.items()}
        self._nodes = {cypher("doctor_nodes", label=label): n for label, n in (("Post", 12), ("Stub", 2))}

    def read(self, statement: str, _params: Mapping[str, Any] | None = None) -> list[list[Any]]:
        if statement in self._nodes or statement not in self._by_text:
            return [[self._nodes.get(statement, 0)]]
        found = self._by_text[statement]
        if isinstance(found, Exception):
            raise found
        return cast("list[list[Any]]", found if found is not None else [[(time.time() + self.ahead) * 1000]])

    def value(self, statement: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.read(statement, params)[0][0]

    run = read

    @contextmanager
    def transaction(self, timeout: float | None = None) -> Iterator[Answers]:
        assert timeout
        yield self


def checked(ahead: float = 0.0, **changed: Any) -> dict[str, str]:
    answers = Answers(**changed)
    answers.ahead = ahead
    return checks.check(cast("Database", answers))


def states(found: Mapping[str, str]) -> dict[str, str]:
    return {name: text.state for name, text in found.items() if isinstance(text, Checked)}


def test_where_all_is_well_there_is_no_advice() -> None:
    found = checked()
    assert states(found) == {}
    assert found["server"] == "Neo4j 5.26.30 community"
    assert (found["database"], found["user"], found["writing"]) == ("neo4j, online, read-write", "anna", "allowed")
    assert (found["schema"], found["seq"], found["rows"]) == (f"{NEWEST} of {NEWEST}", "7", "10 posts")
    assert (found["heap"], found["page cache"]) == ("1.1 GB", "537 MB")
    assert found["size"].startswith("about ")
    assert "commit under way" not in found


FULL = "No space left on device"
HIDDEN = StoreError("may not", "x", "ask")
AWAY = StoreUnavailable("gone", "x", "look")


@pytest.mark.parametrize(
    ("name", "state", "words", "changed"),
    [
        ("server", "warning", "5.26", {"doctor_server": [["5.20.1", "enterprise"]]}),
        ("server", "warning", "4.4.12", {"doctor_server": [["4.4.12", "community"]]}),
        ("server", "warning", "not visible", {"doctor_server": HIDDEN}),
        ("database", "error", "offline", {"doctor_database": [["read-write", "offline", ""]]}),
        ("database", "warning", "read-only", {"doctor_database": [["read-only", "online", ""]]}),
        ("database", "error", FULL, {"doctor_database": [["read-write", "online", FULL]]}),
        ("writing", "warning", "not possible: may not", {"doctor_write": HIDDEN}),
        ("writing", "warning", "not tried: gone", {"doctor_write": AWAY}),
        ("schema", "error", f"{NEWEST + 1} of {NEWEST}", {"meta": [["id", NEWEST + 1, 7, None, 1]]}),
        ("indexes", "error", "missing: ", {"doctor_indexes": ONLINE[9:]}),
        ("indexes", "error", f"missing: {HELD[0][0]}", {"doctor_constraints": HELD[1:]}),
        ("indexes", "error", "failed: ", {"doctor_indexes": [[ONLINE[0][0], "FAILED", 3.0], *ONLINE[1:]]}),
        ("indexes", "warning", " 42 %", {"doctor_indexes": [[ONLINE[0][0], "POPULATING", 42.4], *ONLINE[1:]]}),
        ("heap", "warning", "268 MB", {"doctor_settings": [[checks.HEAP, "256.00MiB"]]}),
        (
            "page cache",
            "warning",
            "10 MB",
            {"doctor_settings": [[checks.PAGES, "10m"]], "doctor_sizes": [[10**6, 10**7]]},
        ),
    ],
)
def test_what_is_not_well_comes_with_advice(name: str, state: str, words: str, changed: dict[str, Any]) -> None:
    found = checked(**changed)
    text = found[name]
    assert isinstance(text, Checked)
    assert states(found) == {name: state}
    assert words in f"{text} {text.hint}"
    assert text.hint


def test_what_the_user_may_not_see_is_said_to_be_so_and_is_no_fault() -> None:
    found = checked(doctor_settings=HIDDEN, doctor_database=HIDDEN, doctor_user=HIDDEN)
    assert states(found) == {}
    for name in ("heap", "page cache", "user", "database"):
        assert "not visible to this user" in found[name]


def test_settings_that_nobody_made_are_left_to_the_server() -> None:
    found = checked(doctor_settings=[[checks.HEAP, "No Value"], [checks.PAGES, None]])
    assert states(found) == {}
    assert "left to" in found["heap"]
    assert "left to" in found["page cache"]


def test_many_missing_indexes_are_counted() -> None:
    assert f"and {len(ONLINE) - 5} more" in checked(doctor_indexes=[])["indexes"]


def test_a_database_without_a_graph_and_one_with_a_commit_under_way() -> None:
    empty = checked(meta=[])
    assert (empty["seq"], states(empty)) == ("none", {"schema": "error"})
    assert checked(meta=[["id", NEWEST, 7, 8, 1]])["commit under way"].startswith("8;")


@pytest.mark.parametrize(("ahead", "words"), [(60.0, "ahead of"), (-60.0, "behind")])
def test_clocks_that_differ(ahead: float, words: str) -> None:
    found = checked(ahead)
    assert states(found) == {"clock": "warning"}
    assert words in found["clock"]


def test_a_server_that_goes_away_meanwhile_is_an_error() -> None:
    with pytest.raises(StoreUnavailable):
        checked(doctor_user=AWAY)


@pytest.mark.parametrize(
    ("text", "number"),
    [("512.00MiB", 2**29), ("2g", 2**31), ("0B", 0), ("1.5 KiB", 1536), ("", None), ("No Value", None), (None, None)],
)
def test_sizes_of_settings(text: str | None, number: int | None) -> None:
    assert checks.size(text) == number


def test_expected_indexes_follow_the_schema_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        "one": [
            "CREATE CONSTRAINT a IF NOT EXISTS FOR (n:A) REQUIRE n.k IS UNIQUE",
            "CREATE FULLTEXT INDEX b FOR (n:A) ON EACH [n.t]",
        ],
        "two": ["DROP INDEX b IF EXISTS", "CREATE INDEX c FOR (n:A) ON (n.c)", "MATCH (n) RETURN n"],
    }
    monkeypatch.setattr(migrations, "steps", lambda: tuple(steps))
    monkeypatch.setattr(migrations, "statements", lambda step: steps[step])
    assert checks.expected() == {"a": "CONSTRAINT", "c": "INDEX"}


def test_a_real_server(neo4j_server: Neo4jServer) -> None:
    neo4j_server.wipe()
    database = Database(Address(neo4j_server.url, neo4j_server.user, None, neo4j_server.url), neo4j_server.password)
    try:
        migrations.upgrade(database)
        found = checks.check(database)
        before = neo4j_server.run("MATCH (m:Lockstep) RETURN m ORDER BY m.name")
        assert checks.check(database)["writing"] == "allowed"
        assert neo4j_server.run("MATCH (m:Lockstep) RETURN m ORDER BY m.name") == before
    finally:
        database.close()
    assert states(found) == {}
    assert (found["database"], found["user"]) == ("neo4j, online, read-write", "neo4j")
    assert found["indexes"].endswith(" online")
    assert found["heap"] == "537 MB"
    for name in ("doctor_sizes", "doctor_nodes"):
        with neo4j_server.driver().session(database="neo4j") as session:
            plan = session.run(f"EXPLAIN {cypher(name, label='Post')}").consume().plan
        assert "CountFromCountStore" in str(plan)
        assert "Scan" not in str(plan)
    assert (found["rows"], found["seq"], found["quarantine"]) == ("none", "0", "0")
