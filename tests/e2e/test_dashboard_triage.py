"""The page of triage, run without a server: one alert or many, by each act, and taken back."""

from __future__ import annotations

import pytest

from cases import alerts
from cases.lifecycles import AlertState, Severity
from cases.people import Actor, lone
from cases.roles import Role
from cases.storage.schema import alerts as alert_rows
from tests import flagged
from tests.apptest import frame, page, ran, texts
from tests.casework import ANNA
from tests.office import Office, press, submit, submit_form

BOSS = lone()
LEGAL = Actor("lou", frozenset({Role.LEGAL}))
ANNA_REVIEWS = Actor("anna", frozenset({Role.ANALYST, Role.REVIEWER}))


def test_the_queue_is_worked_and_each_step_taken_back(office: Office) -> None:
    first, second = office.alert(), office.alert(1, score=0.5, members=flagged.shilling().members[:3])
    app = page("triage")
    assert "2 wait: 0.0 days of work at 50 a day" in texts(app)
    table = frame(app, "What was flagged")
    assert table[""].tolist() == ["▶", ""]
    app = press(app, "down")
    assert frame(app, "What was flagged")[""].tolist() == ["", "▶"]
    app = press(press(app, "up"), "act-dismiss")
    app = submit_form(app, "Dismiss")
    assert "Write why" in texts(app)
    current = str(app.session_state["triage-current"])
    app.text_input(key=f"why-dismiss-{current}").set_value("a campaign explains it")
    app = submit_form(app, "Dismiss")
    assert office.state(alert_rows, current) == AlertState.DISMISSED
    assert len(frame(app, "What was flagged")) == 1
    app = press(app, "undo")
    assert office.state(alert_rows, current) == AlertState.NEW
    assert "It was taken back." in texts(app)
    app = press(app, "act-triage")
    assert {office.state(alert_rows, k) for k in (first, second)} == {AlertState.NEW, AlertState.TRIAGED}
    assert office.work.wrong() == []


def test_alerts_are_put_off_merged_and_found_again_in_their_lists(office: Office) -> None:
    first, second = office.alert(), office.alert(1, score=0.5, members=flagged.shilling().members[:3])
    app = press(page("triage"), "act-merge")
    current = str(app.session_state["triage-current"])
    other = ({first, second} - {current}).pop()
    app = submit_form(app, "Merge")
    assert office.work.row(alert_rows, current)["merged_into"] == other
    app = press(app, "act-snooze")
    app.text_input(key=f"why-snooze-{other}").set_value("wait for the listing")
    app = submit_form(app, "Put off")
    row = office.work.row(alert_rows, other)
    assert (row["state"], row["reason"]) == (AlertState.SNOOZED, "wait for the listing")
    assert "Nothing waits." in texts(app)
    app = ran(app.segmented_control(key="triage-list").set_value("Merged"))
    app = press(app, "act-unmerge")
    app.text_input(key=f"why-unmerge-{current}").set_value("another ring")
    app = submit_form(app, "Take out")
    assert office.state(alert_rows, current) == AlertState.NEW
    assert "No alert is in this list." in texts(app)


def test_an_alert_becomes_a_case_about_its_accounts(office: Office) -> None:
    key = office.alert()
    app = press(page("triage"), "act-promote")
    assert app.text_input(key=f"title-{key}").value == "Shilling cluster about $XYZ: 8 accounts"
    assert app.selectbox(key=f"severity-{key}").value == Severity.S1, "high priority suggests it; a person says it"
    app = submit(app, "Open the case")
    row = office.work.row(alert_rows, key)
    assert row["state"] == AlertState.PROMOTED
    app = page("cases", case=row["case_id"])
    table = frame(app, "Evidence of its own")
    assert table["Evidence of its own"].tolist() == ["yes"] * 7 + ["none: member only"]
    assert "7 of 8 with evidence of their own" in texts(app)


def test_many_at_once_are_shown_before_anything_is_done(office: Office) -> None:
    keys = [office.alert(n, members=flagged.shilling().members[: 3 + n]) for n in range(4)]
    office.work.do(ANNA, alerts.dismiss, keys[3], "seen")
    app = ran(page("triage").toggle(key="triage-several").set_value(True))
    assert "Tick alerts in the table" in texts(app)
    app.session_state["triage-several-0"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app = ran(app)
    app = ran(app.selectbox(key="triage-many-act").set_value("dismiss"))
    next(t for t in app.text_input if t.label == "Why").set_value("known and innocent")
    app = submit(app, "Show what it would do")
    said = texts(app)
    assert "Dismiss: 2 alerts" in said
    assert "nothing is done about an account by this" in said
    assert [office.state(alert_rows, k) for k in keys[:3]].count(AlertState.NEW) == 3, "it was only shown"
    app = press(app, "triage-do")
    assert [office.state(alert_rows, k) for k in keys].count(AlertState.DISMISSED) == 3
    app = press(app, "undo")
    assert [office.state(alert_rows, k) for k in keys].count(AlertState.DISMISSED) == 1


def test_queues_and_lists_have_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.queue.PAGE", 2)
    monkeypatch.setattr("dashboard.screens.cases.PAGE", 2)
    for n in range(3):
        office.alert(n, members=flagged.shilling().members[: 3 + n])
        office.work.case(by=ANNA, ready=False)
    app = page("triage")
    assert len(frame(app, "What was flagged")) == 2
    app = press(app, "page-next")
    assert len(frame(app, "What was flagged")) == 1
    app = press(app, "page-before")
    assert len(frame(app, "What was flagged")) == 2
    app = page("cases")
    assert len(frame(app, "Held by")) == 2
    app = press(app, "cases-next")
    assert len(frame(app, "Held by")) == 1
    assert len(frame(press(app, "cases-before"), "Held by")) == 2
