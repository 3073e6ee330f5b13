"""Parts of a case's page that not everybody has: who may know, Legal's release, notes on the law, task lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import alerts, appeals, caseload, decisions
from cases.caseload import Subject, Track
from cases.escalation import releases
from cases.escalation.releases import Step
from cases.lifecycles import Severity
from cases.people import Actor
from cases.privacy import pseudonyms
from cases.roles import Role
from cases.storage.escalation import releases as release_rows
from cases.storage.schema import access as access_rows
from cases.storage.schema import tasks as task_rows
from dashboard.screens.casework import law
from tests.apptest import page, ran, texts
from tests.casework import ACCOUNTS, ANNA, LENA, RUTH, VERA, draft
from tests.office import Office, labels, press, submit

LOU = Actor("lou", frozenset({Role.LEGAL}))
NOTE = """
[[notes]]
topic = "reports"
text = "{text}"
source = "A law, Art. 1"
countries = ["{country}"]
owner = "Legal"
checked = 2020-01-01
expires = {expires}
"""


def listed(office: Office) -> set[str]:
    return {r["person"] for r in office.work.rows(access_rows)}


def test_who_may_know_is_changed_by_lead_and_legal_alone(office: Office) -> None:
    case = office.work.case(by=LENA, ready=False, track=Track.MARKET)
    office.log_in(LENA)
    app = page("cases", case=case, part="access")
    assert "Only those on its access list may know of it" in texts(app)
    assert "lena · put on it by lena" in texts(app)
    assert "TLP:AMBER: it may be told inside" in texts(app)
    assert "nobody would know of it any more" in texts(press(app, "revoke-lena"))
    assert "Name somebody." in texts(submit(app, "Put on the list"))
    for person in ("anna", "lou"):
        app.text_input(key=f"grant-to-{case}").set_value(person)
        app = submit(app, "Put on the list")
    assert listed(office) == {"lena", "anna", "lou"}
    office.log_in(ANNA)
    app = page("cases", case=case, part="access")
    assert "A lead or Legal changes the list." in texts(app)
    assert not {"Take off", "Put on the list"} & set(labels(app))
    assert app.selectbox(key="mark-to").options == ["AMBER", "AMBER+STRICT", "RED"], "no looser mark"
    office.log_in(LOU)
    press(page("cases", case=case, part="access"), "revoke-anna")
    assert listed(office) == {"lena", "lou"}
    office.log_in(ANNA)
    assert f"no case '{case}'" in texts(page("cases", case=case, part="access"))
    plain = office.work.case(ready=False)
    app = page("cases", case=plain, part="access")
    assert "Everybody inside" in texts(app)
    assert "Nobody is on it." in texts(app)
    assert office.work.wrong() == []


def test_legal_releases_and_the_page_is_the_same_whether_or_not_a_step_waits(office: Office) -> None:
    def decided() -> tuple[str, str]:
        case = office.work.case()
        return case, office.work.do(ANNA, decisions.decide, case, draft())

    free, touched = decided(), decided()
    told = []
    office.log_in(LOU)
    for case, decision in (free, touched):
        if case == touched[0]:
            hidden = [Subject(a, "core", own_evidence=True) for a in ACCOUNTS]
            office.work.do(LENA, caseload.open_case, "calls", Severity.S1, about=hidden, track=Track.MARKET)
        app = page("cases", case=case, part="release")
        shown = texts(app)[texts(app).index("Legal may release any step") :]
        told.append((shown.replace(case, "CASE").replace(decision, "DECISION"), len(app.button)))
    assert told[0] == told[1]
    case, decision = touched
    assert "a release needs a reason" in texts(
        ran(next(b for b in app.button if b.form_id == f"let-out-enforce-{decision}").click())
    )
    app.text_input(key=f"let-out-why-enforce-{decision}").set_value("read by us")
    app = ran(next(b for b in app.button if b.form_id == f"let-out-enforce-{decision}").click())
    assert [(r["step"], r["about"], r["released_by"]) for r in office.work.rows(release_rows)] == [
        ("enforce", decision, "lou")
    ]
    assert "Released by lou" in texts(app)
    assert labels(app).count("Release it") == 1, "the statement is a step of its own"
    for actor in (ANNA, LENA):
        office.log_in(actor)
        app = page("cases", case=case, part="release")
        assert "Legal's release" not in app.segmented_control(key=f"part-of-{case}").options
        assert "Release it" not in labels(app)
    assert office.work.wrong() == []


def test_a_release_desk_releases_alone(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    desk = '[[contacts]]\nteam = "legal"\nperson = "lara"\nreach = "phone"\nreleases = true\n'
    (folder / "contacts.toml").write_text(desk)
    monkeypatch.setenv("LOCKSTEP_CASES_OFFICE", str(folder))
    case, decision = office.work.decided()
    office.work.do(LOU, releases.release, case, Step.NOTICE, decision, "read")
    appeal = office.work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "not me")
    office.log_in(LOU)
    app = page("cases", case=case, part="release")
    assert "Only the release desk releases: lara" in texts(app)
    assert "Release it" not in labels(app)
    assert "Released by lou" in texts(app)
    assert "No release is recorded." in texts(app)
    assert f"The answer to the appeal · appeal {appeal}" in texts(app)
    undecided = office.work.case(ready=False)
    assert "there is no decision in force" in texts(page("cases", case=undecided, part="release"))


def test_notes_on_the_law_stand_beside_the_hand_off(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "office"
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "own.toml").write_text(
        NOTE.format(text="Told within a day.", country="JP", expires="2021-01-01")
        + NOTE.format(text="Told in a week.", country="NO", expires="2999-01-01")
    )
    monkeypatch.setenv("LOCKSTEP_CASES_OFFICE", str(folder))
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, "k" * 32)
    case = office.work.case(ready=False)
    office.work.do(LENA, caseload.grant, case, VERA.name)
    office.log_in(ANNA)
    app = page("cases", case=case, part="handoffs")
    assert "Name a country" in texts(app)
    app = ran(app.text_input(key=f"law-{case}").set_value("jp, NO and BR, US"))
    said = texts(app)
    assert "JP: no note: ask Legal; expired, ask Legal: reports" in said
    assert "reports: Expired, not to be gone by: Told within a day." in said
    assert "NO: 1 note" in said
    assert "reports: Told in a week." in said
    assert "A law, Art. 1 · checked 2020-01-01 by Legal · good until 2999-01-01" in said
    assert "BR, US: no note: ask Legal" in said
    assert law.countries("DE (Germany), FR; the US") == ["DE", "FR", "US"]
    office.log_in(VERA)
    app = page("cases", case=case, part="handoffs")
    assert f"law-{case}" not in {t.key for t in app.text_input}
    assert not {"Who may know", "Who may know 1", "Legal's release"} & set(
        app.segmented_control(key=f"part-of-{case}").options
    )


def test_task_lists_that_fit_are_offered_once(office: Office) -> None:
    alert = office.alert()
    case = office.work.case(Severity.S1, ready=False)
    office.work.do(ANNA, alerts.promote, alert, case)
    office.log_in(ANNA)
    app = page("cases", case=case, part="notes")
    offered = {b.key for b in app.button if b.label == "Add these tasks"}
    assert offered == {"add-list-every case", "add-list-shilling cluster", "add-list-severe"}
    app = press(app, "add-list-severe")
    assert next(t["title"] for t in office.work.rows(task_rows)) == "Tell the lead on duty"
    assert "3 added." in texts(app)
    assert {b.key for b in app.button if b.label == "Add these tasks"} == offered - {"add-list-severe"}
    office.log_in(Actor("audrey", frozenset({Role.AUDITOR})))
    assert "Add these tasks" not in labels(page("cases", case=case, part="notes"))
