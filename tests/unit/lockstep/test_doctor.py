"""``lockstep doctor`` hands on a store's advice, and fails where the store cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.store import Checked, open_store
from graph.stores.sqlite import SqliteStore
from graph.stores.sqlitedb.database import Database
from tests.cli import lockstep


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path / 'graph.db'}"
    open_store(found, tmp_path).close()
    return found


@pytest.mark.parametrize(("state", "code"), [("warning", 0), ("error", 4)])
def test_advice_is_shown_and_an_error_fails(
    state: str, code: int, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"heap": Checked("10 MB", state, "raise it"), "seq": "0"}
    monkeypatch.setattr(SqliteStore, "check", lambda _: found)
    where = ("--store", url, "--data-dir", tmp_path / "data")
    ran = lockstep("doctor", *where)
    assert ran.code == code
    assert f"{state:<8} store heap: 10 MB – raise it" in ran.out
    shown = {c["name"]: c for c in lockstep("doctor", "--json", *where).json}
    assert shown["store heap"] == {"name": "store heap", "state": state, "found": "10 MB", "hint": "raise it"}
    assert shown["store seq"] == {"name": "store seq", "state": "ok", "found": "0", "hint": ""}


def test_a_damaged_file_is_an_error(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Database.run

    def damaged(self: Database, statement: str, *values: Any) -> Any:
        return [("row 7 missing from index names",)] if "quick_check" in statement else run(self, statement, *values)

    monkeypatch.setattr(Database, "run", damaged)
    with open_store(url, tmp_path) as store:
        found = store.check()["integrity"]
    assert found == "row 7 missing from index names"
    assert isinstance(found, Checked)
    assert (found.state, bool(found.hint)) == ("error", True)
