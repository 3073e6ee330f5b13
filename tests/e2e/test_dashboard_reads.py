"""What a page reads of the store: once a commit for everybody, and nothing whole when it is run again."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard import state
from graph.store import open_store
from graph.stores.sqlitedb.view import SqliteView
from tests import flagged

WHOLE = ("scan", "findings", "runs")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store that the pages are configured to show."""
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path) as store:
        flagged.load(store)
        flagged.flag(store)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_STORE_URL", f"sqlite:///{tmp_path / 'graph.db'}")
    monkeypatch.setenv("LOCKSTEP_STORE_DATA_DIR", str(tmp_path))
    yield tmp_path
    config.set_option("server.address", before)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often views read something whole."""
    found: Counter[str] = Counter()

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def read(*given: Any, **named: Any) -> Any:
            found[name] += 1
            return real(*given, **named)

        return read

    for name in WHOLE:
        monkeypatch.setattr(SqliteView, name, counted(name, getattr(SqliteView, name)))
    return found


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_string(f"from dashboard.screens import {name}\n{name}.render()", default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return ran(app)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "query"), [("overview", {}), ("findings", {}), ("investigate", {"finding": flagged.shilling().id})]
)
def test_a_page_that_is_run_again_reads_nothing_whole(name: str, query: dict[str, str], reads: Counter[str]) -> None:
    app = page(name, **query)
    assert reads["findings"] == 1
    reads.clear()
    ran(app)
    page(name, **query)  # somebody else
    assert reads == Counter()


def test_a_new_commit_is_read_anew(folder: Path, reads: Counter[str]) -> None:
    app = page("findings")
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        flagged.flag(store, [flagged.shilling(version="2", score=0.1)])
    ran(app)
    assert reads["findings"] == 2


@pytest.mark.usefixtures("folder")
def test_what_is_kept_is_not_looked_at_again_and_collecting_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MUCH", 1)
    page("findings")
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
