"""The findings screen, run without a server: every state it can be in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard import asgi
from graph.errors import StoreUnavailable
from graph.findings import Finding
from graph.store import Store
from tests import flagged
from tests.apptest import frame, page, ran, texts
from tests.stores import KEPT, Backend


@pytest.fixture(params=KEPT, ids=lambda backend: backend.name)
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store that the page is configured to show."""
    monkeypatch.chdir(tmp_path)
    served_from = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")  # as the dashboard is served
    backend: Backend = request.param
    for name, value in backend.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    with backend.open(tmp_path) as store:
        yield store
    config.set_option("server.address", served_from)
    st.cache_data.clear()
    st.cache_resource.clear()


def findings_page(**query: str) -> AppTest:
    """The page of findings after its first run."""
    return page("findings", **query)


def selection(*rows: int) -> dict[str, Any]:
    return {"selection": {"rows": list(rows), "columns": [], "cells": []}}


def flag(store: Store, findings: Sequence[Finding] | None = None, hostile: Sequence[str] = ()) -> None:
    flagged.load(store, hostile)
    flagged.flag(store, findings)


def test_empty_store_says_how_to_fill_it(store: Store) -> None:
    said = texts(findings_page())
    assert "No posts are loaded yet." in said
    assert "Store: " in said  # a mistyped path makes an empty store, and must be seen
    assert "lockstep demo" in said
    assert "Data up to commit 0 · no posts" in said


def test_the_first_page_says_what_is_urgent_and_how_fresh_it_is(store: Store) -> None:
    flag(store)
    app = ran(AppTest.from_file(str(asgi.SCRIPT), default_timeout=60))
    said = texts(app)
    assert "Flagged is not guilty" in said
    assert "8 accounts posted $XYZ within 60 s" in said
    assert "Stale: " in said, "no detector ran within a day"
    assert {m.label: m.value for m in app.metric}["Alerts today"] == "0 of 50"
    assert len(app.get("bidi_component")) == 1


def test_posts_without_a_run_say_how_to_detect(store: Store) -> None:
    flagged.load(store)
    said = texts(findings_page())
    assert "48 posts are loaded; no detector has run on them yet." in said
    assert "lockstep detect" in said


def test_runs_without_findings_are_shown(store: Store) -> None:
    flagged.load(store)
    with store.writer() as writer:
        writer.add_run(flagged.run())
    app = findings_page()
    assert "Nothing is flagged." in texts(app)
    assert frame(app, "Outcome")["Outcome"].tolist() == ["48 posts swept, nothing flagged"]


def test_a_failed_detector_is_named(store: Store) -> None:
    flag(store)
    with store.writer() as writer:
        writer.add_run(flagged.run("pump", error="ran out of memory <b>", started_at=flagged.START + timedelta(days=3)))
    said = texts(findings_page())
    assert "the newest run failed for 1 of 2 detectors" in said
    assert "pump, 2026-03-06 14:00:00 UTC: ran out of memory <b>" in said


def test_list_shows_live_findings_and_how_fresh_the_data_is(store: Store) -> None:
    flag(store)
    app = findings_page()
    rows = frame(app, "What was flagged")
    assert rows["Kind"].tolist() == ["Shilling cluster", "Sybil ring"]
    assert "Uncalibrated rank" in rows.columns
    said = texts(app)
    assert "2 flagged · 1 hidden by the filters" in said
    assert "newest post 2026-03-04 15:00:28 UTC" in said


def test_filters(store: Store) -> None:
    flag(store)
    app = findings_page()
    ran(app.multiselect(key="kinds").select("sybil_ring"))
    assert frame(app, "What was flagged")["Kind"].tolist() == ["Sybil ring"]
    ran(app.multiselect(key="tickers").select("XYZ"))
    assert "No finding matches" in texts(app)
    ran(app.multiselect(key="kinds").unselect("sybil_ring"))
    assert frame(app, "What was flagged")["Tickers"].tolist() == ["$XYZ"]
    app.multiselect(key="tickers").unselect("XYZ")
    ran(app.toggle(key="shadow").set_value(True))
    assert "low (shadow)" in frame(app, "What was flagged")["Priority"].tolist()


def test_selecting_a_row_opens_its_evidence(store: Store) -> None:
    flag(store)
    app = findings_page()
    app.session_state["findings-list-0"] = selection(0)
    ran(app)
    assert flagged.shilling().id in app.query_params["finding"]
    assert frame(app, "Measure")["Value"].tolist() == ["42", "30"]
    ran(app.button(key="back").click())
    assert "finding" not in app.query_params
    assert frame(app, "What was flagged").shape[0] == 2
    app.session_state["findings-list-0"] = selection(0)  # a tick that an interrupted run left behind
    ran(app)
    assert "finding" not in app.query_params


def test_filters_stay_while_findings_are_opened_one_after_the_other(store: Store) -> None:
    others = [flagged.shilling(version=f"1.{i}", score=0.5 - i / 10) for i in range(2)]
    flag(store, [flagged.shilling(), flagged.sybil(), *others])
    app = findings_page()
    app = ran(app.multiselect(key="kinds").select("shilling_cluster"))
    app.session_state["findings-list-0"] = selection(0)
    app = ran(app)
    assert "1 of 3 in the list" in texts(app)
    assert app.button(key="previous").disabled
    app = ran(app.button(key="next").click())
    app = ran(app.button(key="next").click())
    assert others[1].id in app.query_params["finding"]
    assert app.button(key="next").disabled
    app = ran(app.button(key="previous").click())
    assert others[0].id in app.query_params["finding"]
    app = ran(app.button(key="back").click())
    assert frame(app, "What was flagged")["Kind"].tolist() == ["Shilling cluster"] * 3
    assert app.multiselect(key="kinds").value == ["shilling_cluster"]


def test_one_finding_shows_everything_needed_to_check_it(store: Store) -> None:
    flag(store)
    app = findings_page(finding=flagged.shilling().id)
    said = texts(app)
    for part in (
        "8 accounts posted $XYZ within 60 s",
        "E1: posting $XYZ within 60 s of each other: 42 occasions, expected 1.37",
        "a common news trigger: for 4 of 42 occasions; 38 remain",
        "tickers of more than 10,000 posts were not swept",
        "Links (text only): https://moon.example/presale",
        "48 posts by time.",
        "Being a member is no guilt",
    ):
        assert part in said
    assert {m.label for m in app.metric} == {"Priority", "Uncalibrated rank", "Members", "Posts in evidence"}
    members = frame(app, "Role")
    assert members["Evidence of its own"].tolist() == ["E1"] * 7 + ["none: member only"]
    assert members["Labels"].tolist()[-1] == "“verified”, labelled by platform on 2026-03-03"
    assert len(app.get("bidi_component")) == 1
    assert "Posts were loaded since" not in said


def test_posts_of_one_piece_of_evidence_and_one_post_in_full(store: Store) -> None:
    flag(store, hostile=flagged.HOSTILE)
    finding = flagged.shilling()
    first = flagged.posts(flagged.HOSTILE)[0]
    with store.writer() as writer:
        writer.write("posts", flagged.table("posts", [{**first, "text": "nothing to see"}]))
    app = findings_page(finding=finding.id)
    ran(app.selectbox(key=f"posts-of-{finding.id}").set_value(finding.evidence[1].ref))
    assert "30 posts by time." in texts(app)
    app.session_state[f"posts-{finding.id}-{finding.evidence[1].ref}-0"] = selection(0)
    said = texts(ran(app))
    assert "@moon_0 (x:100) · post x:p0-0" in said
    assert "nothing to see" in said
    assert "Before it was changed or removed:" in said
    assert flagged.HOSTILE[0] in said
    assert "Posts were loaded since this was found (on commit 1 of 3)" in said


def test_hostile_text_reaches_no_component_that_interprets_it(store: Store) -> None:
    loud = flagged.shilling(summary="![x](http://evil.example/p.png) <script>", limits=("<img src=x>",))
    flag(store, [loud], hostile=flagged.HOSTILE)
    app = findings_page(finding=loud.id)
    assert "![x](http://evil.example/p.png) <script>" in [t.value for t in app.text]
    interpreted = [*app.markdown, *app.caption, *app.info, *app.warning, *app.subheader, *app.title, *app.get("badge")]
    assert not [e.value for e in interpreted if "evil.example" in str(e.value) or "<img" in str(e.value)]
    shown = frame(app, "Text")["Text"].tolist()
    assert "⟨U+202E⟩gnp.exe⟨U+202C⟩" in shown[3]


@pytest.mark.parametrize(
    ("path", "query", "button"),
    [
        ("findings", {"finding": flagged.shilling().id}, "to-time"),
        ("investigate", {"finding": flagged.shilling().id}, "to-time"),
        ("ticker", {"key": "XYZ"}, "to-time"),
    ],
)
def test_a_finding_and_a_ticker_lead_to_the_page_of_time(
    store: Store, path: str, query: dict[str, str], button: str
) -> None:
    flag(store)
    app = ran(page(path, **query).button(key=button).click())
    assert app.title[0].value == "Time"
    assert "The axis: " in texts(app)
    assert set(app.query_params) == {"ticker" if path == "ticker" else "finding"}


def test_many_measurements_come_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    flag(store)
    monkeypatch.setattr("dashboard.screens.parts.paging.part.__defaults__", (1,))
    app = findings_page(finding=flagged.shilling().id)
    assert frame(app, "Measure")["Value"].tolist() == ["42"]
    assert "1 to 1 of 2" in texts(app)


def test_evidence_without_posts_says_so(store: Store) -> None:
    flag(store)
    said = texts(findings_page(finding=flagged.sybil().id))
    assert "This evidence is not made of posts" in said
    assert "The detector does not say." in said
    assert "The detector names none" in said


def test_many_posts_come_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    flag(store)
    app = findings_page(finding=flagged.shilling().id)
    assert len(frame(app, "Text")) == 48
    monkeypatch.setattr("dashboard.screens.parts.detail._PAGE", 20)
    ran(app)
    assert len(frame(app, "Text")) == 20
    assert app.get("pagination")


def test_what_a_removed_post_said_can_still_be_read(store: Store) -> None:
    flag(store)
    with store.writer() as writer:
        writer.delete("posts", flagged.table("posts", flagged.posts()[:1]).select(["post"]))
    finding = flagged.shilling()
    app = findings_page(finding=finding.id)
    assert frame(app, "Text")["Text"].tolist()[-1] == "(not loaded, or removed)"
    app.session_state[f"posts-{finding.id}--0"] = selection(47)
    said = texts(ran(app))
    assert "Before it was changed or removed:" in said
    assert "$XYZ is about to fly, 3 days left!" in said


def test_unknown_deep_link(store: Store) -> None:
    flag(store)
    said = texts(findings_page(finding="ffffffff<b>"))
    assert "a finding that this store does not have" in said
    assert "Finding: ffffffff<b>" in said


def test_superseded_finding_can_still_be_opened(store: Store) -> None:
    old = flagged.shilling()
    flag(store, [old])
    new = flagged.shilling(version="1.1", supersedes=old.id, lineage_id=old.id)
    with store.writer() as writer:
        writer.add_run(flagged.run(id="run-2"), [new])
    assert "A later finding supersedes this one" in texts(findings_page(finding=old.id))


def test_store_that_cannot_be_opened(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(url: str, *_: object, **__: object) -> Store:
        raise StoreUnavailable("locked for 30 s", where=url, hint="wait for the other writer")

    monkeypatch.setattr("dashboard.state.open_store", locked)
    said = texts(findings_page())
    for part in ("The data cannot be read.", "locked for 30 s", f"Where: {store.url}", "wait for the other writer"):
        assert part in said
    assert "The same may succeed in a moment." in said


def test_store_that_is_not_there_is_not_made(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCKSTEP_STORE_URL", f"sqlite:///{tmp_path}/mistyped.db")
    assert "there is no store here yet" in texts(findings_page())
    assert not (tmp_path / "mistyped.db").exists()


def test_wrong_setting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_STOER_URL", "x")
    said = texts(findings_page())
    assert "unknown setting 'LOCKSTEP_STOER_URL'" in said
    assert "did you mean 'LOCKSTEP_STORE_URL'?" in said


def test_unknown_kind_of_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_STORE_URL", "nosuch:///x")
    said = texts(findings_page())
    assert "no store for 'nosuch' URLs" in said
    assert "The same may succeed" not in said
