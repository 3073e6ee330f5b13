"""An increment of a projection asks the server little: each statement costs as much as tens of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.projection import events
from graph.store import Store
from graph.stores.neo4jdb.commits import FEW
from graph.stores.neo4jdb.database import Database
from tests.stores import STORES, drop, put


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (backend,) = (b for b in STORES if b.name == "neo4j")
    with backend.open(tmp_path) as opened:
        yield opened


def asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Purposes of the statements that a projection takes, its view included."""
    found: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("read", "value"):
            method = getattr(Database, name)

            def noted(self: Database, statement: str, params: Any = None, method: Any = method) -> Any:
                found.append(statement.partition("\n")[0].removeprefix("// purpose: ").partition(":")[0])
                return method(self, statement, params)

            patch.setattr(Database, name, noted)
        with store.view() as view:
            events(view, "ticker")
    return found


def test_an_increment_takes_two_statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "posts", *({"post": f"x:p{i}", "tickers": ["BTC"]} for i in range(20)))
    put(store, "interactions", {"interaction": "i1", "kind": "share", "target_type": "ticker", "target": "BTC"})
    begin, known, scan = "the newest commits", "one commit", "rows of one table between two row numbers, as columns"
    assert asked(store, monkeypatch) == [begin, scan, scan]
    assert asked(store, monkeypatch) == [begin]
    put(store, "posts", {"post": "x:new", "tickers": ["BTC"]})
    assert asked(store, monkeypatch) == [begin, scan]
    put(store, "labels", {"account": "x:anna", "label": "benign"})
    assert asked(store, monkeypatch) == [begin]
    drop(store, "posts", {"post": "x:new"})
    gone = "rows seen at one commit and no more at another"
    assert asked(store, monkeypatch) == [begin, gone]
    for i in range(FEW):
        put(store, "labels", {"account": f"x:a{i}", "label": "benign"})
    assert asked(store, monkeypatch) == [begin, known]
