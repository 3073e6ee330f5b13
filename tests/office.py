"""The screens of casework for tests, run without a server: a store with findings, a casebook, and who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from cases import alerts
from cases.casebook import Casebook, utc_now
from cases.people import Actor, system
from cases.roles import permitted
from cases.storage.database import Database
from dashboard.access.people import Person, Standing
from detectors.alerting.alert import alert_of
from graph.store import Store, open_store
from tests import casework, flagged
from tests.apptest import ran
from tests.casework import Work


@dataclass
class Office:
    """A store with findings, a casebook, and who looks at the pages."""

    work: Work
    store: Store
    log_in: Callable[[Actor], None]

    def alert(self, n: int = 0, **changed: Any) -> str:
        """An alert of the store's finding."""
        finding = flagged.shilling(version=f"1.{n}", **changed) if n else flagged.shilling(**changed)
        told = alert_of(finding, flagged.run(), "new")
        key: str = self.work.do(system("alerts"), alerts.take, told)
        return key

    def state(self, table: Any, key: str) -> str:
        return str(self.work.row(table, key)["state"])


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    served_from = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    monkeypatch.setenv("LOCKSTEP_STORE_URL", f"sqlite:///{tmp_path}/lockstep.db")
    monkeypatch.setenv("LOCKSTEP_STORE_DATA_DIR", str(tmp_path / "store"))
    url = casework.sqlite_url(tmp_path)
    monkeypatch.setenv("LOCKSTEP_CASES_URL", url)

    def log_in(actor: Actor) -> None:
        person = Person(Standing.LOGGED_IN, actor.name, actor.name, actor.roles, permitted(actor.roles))
        for module in ("dashboard.access.gate", "dashboard.access.people", "dashboard.desk", "dashboard.navigation",
                       "dashboard.app", "dashboard.screens.overview", "dashboard.screens.casework.acts"):  # fmt: skip
            monkeypatch.setattr(f"{module}.who", lambda: person, raising=False)

    with open_store(f"sqlite:///{tmp_path}/lockstep.db", tmp_path / "store") as store:
        flagged.load(store)
        flagged.flag(store)
        yield Office(Work(Casebook(Database(url), utc_now), casework.Clock()), store, log_in)
    config.set_option("server.address", served_from)
    st.cache_data.clear()
    st.cache_resource.clear()


def press(app: AppTest, key: str) -> AppTest:
    return ran(app.button(key=key).click())


def submit(app: AppTest, label: str) -> AppTest:
    """Press the button of a form."""
    return ran(next(b for b in app.button if b.label == label).click())


def submit_form(app: AppTest, label: str) -> AppTest:
    """Press the button of the form, where another button has the same words."""
    return ran(next(b for b in app.button if b.label == label and b.form_id).click())


def case_of(app: AppTest) -> str:
    """The case that the address names."""
    return "".join(app.query_params["case"])


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]
