"""Check a list, profiles, compare, similar rings and jobs, run without a server; then walked in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit import config
from streamlit.testing.v1 import AppTest

from graph.model import Rejected
from tests import browser, flagged
from tests.needs import needs
from tests.stores import KEPT, Backend

A, B = flagged.shilling(), flagged.sybil()
LATER = flagged.shilling(version="1.1", supersedes=A.id, lineage_id=A.id, members=A.members[1:])


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store of each kind that is kept, with findings; what the dashboard finds it by."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "data").mkdir()
    backend: Backend = request.param
    with backend.open(folder) as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [A, B])
        with store.writer() as writer:
            writer.add_run(flagged.run(id="run-2", stages={"sweep": 0.4}), [LATER])
            writer.checkpoint("posts.jsonl", {"rows": 48})
            writer.reject([Rejected("posts.jsonl", 7, "posts", "created_at", "no time", "<script>")])
    return backend.environment(folder)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """As the dashboard is served: who looks is the user of this machine."""
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.fixture
def store(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store that the pages are configured to show."""
    configure(monkeypatch, environment)
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def configure(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    monkeypatch.chdir(Path(environment["LOCKSTEP_STORE_DATA_DIR"]).parent)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def page(name: str, **query: str) -> AppTest:
    """A screen after its first run."""
    app = AppTest.from_string(f"from dashboard.screens import {name}\n{name}.render()", default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = ("text", "caption", "info", "warning", "error", "success", "subheader", "title", "code")
    return "\n".join(str(getattr(e, "value", "")) for kind in kinds for e in app.get(kind))


def frame(app: AppTest, column: str) -> Any:
    return next(d.value for d in app.dataframe if column in d.value.columns)


SQLITE = KEPT[0]
SCREENS = ("check", "account", "ticker", "link", "compare", "similar", "jobs")


@pytest.mark.parametrize("name", SCREENS)
def test_an_empty_store_breaks_no_page(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, SQLITE.environment(tmp_path))
    assert "The data cannot be read." in texts(page(name)), "a store that is not there"
    SQLITE.open(tmp_path).close()
    app = page(name)
    assert "The data cannot be read." not in texts(app)
    assert app.title[0].value
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.usefixtures("store")
def test_a_list_is_checked_and_said_not_to_be_clean() -> None:
    app = page("check")
    app.text_area(key="pasted").set_value("@moon_1 @nobody")
    next(b for b in app.button if b.label == "Check").click()
    said = texts(ran(app))
    assert "1 in a finding · 1 not found" in said
    assert "Not found is not clean" in said
    assert frame(app, "Entry")["Entry"].tolist() == ["@moon_1", "@nobody"]
    assert [getattr(d, "label", "") for d in app.get("download_button")] == ["CSV"]
    app.session_state["answers-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    said = texts(ran(app))
    assert "x:101: by handle" in said
    assert len(frame(app, "As what")) == 2


def test_without_a_finding_the_picture_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, SQLITE.environment(tmp_path))
    with SQLITE.open(tmp_path) as store:
        assert "No posts are loaded yet." in texts(page("investigate"))
        assert not page("investigate").get("bidi_component")
        flagged.load(store)
        said = texts(page("overview"))
        assert "no detector has run on them yet" in said
        assert "Stale" not in said, "nothing that ran is late"
    app = page("investigate")
    assert "to begin a picture with" in texts(app)
    assert app.get("bidi_component")
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.usefixtures("store")
def test_steps_of_the_picture_that_come_with_a_run_of_the_whole_page() -> None:
    app = page("investigate", finding=B.id)
    assert app.button(key="undo").disabled
    app.text_input(key="note-text").set_value("seen before")
    next(b for b in app.button if b.label == "Write").click()
    assert "✎ seen before" in texts(ran(app))
    app.button(key="undo").click()
    assert "seen before" not in texts(ran(app))
    assert not app.button(key="redo").disabled


@pytest.mark.usefixtures("store")
def test_a_finding_of_more_nodes_than_a_picture_begins_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("dashboard.canvas.scene", "dashboard.screens.parts.picture"):
        monkeypatch.setattr(f"{module}.FIRST", 6)
    app = page("investigate", finding=A.id)
    assert "4 of the finding's 10 nodes are not drawn" in texts(app)
    next(b for b in app.button if b.label == "4 more of 10").click()
    assert "not drawn" not in texts(ran(app))
    assert not [b for b in app.button if "more of" in b.label]
    app.button(key="undo").click()
    assert [b.label for b in ran(app).button if "more of" in b.label] == ["4 more of 10"]


@pytest.mark.usefixtures("store")
def test_nothing_pasted_is_said() -> None:
    app = page("check")
    next(b for b in app.button if b.label == "Check").click()
    assert "Nothing to check" in texts(ran(app))


@pytest.mark.usefixtures("store")
def test_profiles_show_findings_and_nearest() -> None:
    app = page("account", key="x:107")
    said = texts(app)
    assert "“verified”, labelled by platform on 2026-03-03" in said
    assert "6 posts, by day (UTC)." in said
    assert frame(app, "Evidence of its own")["Evidence of its own"].tolist() == ["none: member only"]
    assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert len(frame(page("ticker", key="XYZ"), "How")) == 8
    assert frame(page("link", key=flagged.LINK), "Finding")["Finding"].tolist() == [LATER.id]


@pytest.mark.usefixtures("store")
def test_an_unknown_profile_is_not_said_to_be_clean() -> None:
    app = page("account", key="x:none<b>")
    said = texts(app)
    assert "That does not make it clean" in said
    assert "x:none<b>" in said
    app.text_input(key="find-account").set_value("moon_")
    assert "moon_0 x:100" in texts(ran(app))


@pytest.mark.usefixtures("store")
def test_one_ring_at_two_dates() -> None:
    app = page("compare", a=A.id, b=LATER.id)
    assert "1 account left" in texts(app)
    assert frame(app, "In")["In"].tolist() == ["both"] * 7 + ["A alone"]
    assert "Two rings" in texts(page("compare", a=A.id, b=B.id))
    assert "a finding that this store does not have" in texts(page("compare", a="nope"))


@pytest.mark.usefixtures("store")
def test_similar_rings_are_listed_and_measured() -> None:
    app = page("similar", finding=LATER.id)
    assert frame(app, "Identifiers")["Accounts"].tolist() == [2]
    app.session_state["similar-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app = ran(app)
    assert "identifiers" in frame(app, "Of others")["Measure"].tolist()
    assert "The evidence of one of them has no posts." in texts(app)


@pytest.mark.usefixtures("store")
def test_jobs_tell_runs_loads_and_quarantine() -> None:
    app = page("jobs")
    said = texts(app)
    assert "1 rows could not be loaded" in said
    assert "lockstep quarantine replay" in said
    assert frame(app, "As read")["As read"].tolist() == ["<script>"]
    assert frame(app, "Load")["Load"].tolist() == ["posts.jsonl"]
    app.session_state["runs-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    assert frame(ran(app), "Stage")["Stage"].tolist() == ["sweep"]


@pytest.mark.usefixtures("store")
def test_several_findings_are_exported_after_a_dry_run() -> None:
    app = page("findings")
    app.toggle(key="several").set_value(True)
    ran(app)
    assert "Nothing is selected." in texts(app)
    app.toggle(key="all-listed").set_value(True)
    app = ran(app)
    app.selectbox(key="action").set_value("csv")
    said = texts(ran(app))
    assert "Writes 2 findings, which name 8 accounts" in said
    assert "Nothing in the store changes" in said
    assert [getattr(d, "label", "") for d in app.get("download_button")] == ["Do it"]


@needs("chromium")
@pytest.mark.xdist_group("browser")
def test_from_the_first_page_to_a_comparison(environment: dict[str, str]) -> None:
    with (
        browser.serving_in(environment) as address,
        browser.chromium() as chromium,
    ):
        page = chromium.new_page(viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo")
        guard = browser.Guard()
        guard.watch(page)
        page.goto(address)
        first = page.get_by_role("button", name="Open", exact=True).first  # the one click from the first page
        browser.press(first, page.get_by_role("heading", name="Why flagged"))
        assert browser.pixels_drawn(browser.picture(page)) > 2_000
        back = page.get_by_role("button", name="Back")
        browser.press(back, page.get_by_role("heading", name="Overview"))
        page.goto(f"{address}/findings?finding={LATER.id}")
        expect(page.get_by_role("heading", name="Members")).to_be_visible()
        browser.tick(page, f".st-key-members-{LATER.id}-0-0", 0, page.get_by_role("heading", name="Activity"))
        expect(page.get_by_text("6 posts, by day")).to_be_visible()
        expect(
            page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
        ).to_be_visible()
        compare = page.get_by_role("button", name="Compare with before")
        browser.press(back, compare)
        browser.press(compare, page.get_by_role("heading", name="One ring at two dates"))
        expect(page.get_by_text("1 account left")).to_be_visible()
        page.close()
    assert guard.outside == []
    assert guard.errors == []
