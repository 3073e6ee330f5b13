"""An emergency on a case's page: who leads it, what may be done before a decision, and who sees it at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases import caseload, containment
from cases.casebook import Casebook, utc_now
from cases.escalation import playbook
from cases.lifecycles import ContainmentState, EmergencyState, Severity
from cases.people import Actor
from cases.privacy import pseudonyms
from cases.roles import Role
from cases.storage.escalation import emergencies as emergency_rows
from cases.storage.escalation import log_entries as log_rows
from cases.storage.schema import containments as containment_rows
from tests import flagged
from tests.apptest import page, ran, texts
from tests.casework import ANNA, LENA, LUIS, ONLOOKER, VERA
from tests.office import Office, labels, press, submit

POLLY = Actor("polly", frozenset({Role.POLICY}))
AUDREY = Actor("audrey", frozenset({Role.AUDITOR}))
HOSTILE = flagged.HOSTILE[2]


def test_an_emergency_is_declared_led_contained_ended_and_reviewed(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / "contacts.toml").write_text('[[contacts]]\nteam = "legal"\nperson = "lou"\nreach = "duty phone"\n')
    monkeypatch.setenv("LOCKSTEP_CASES_OFFICE", str(folder))
    case = office.work.case(Severity.S0, ready=False)
    office.log_in(LENA)
    app = page("cases", case=case, part="emergency")
    assert "No emergency was declared." in texts(app)
    assert "there is no playbook" in texts(submit(app, "Declare it"))
    app.selectbox(key=f"playbook-{case}").set_value("drainer")
    app.text_input(key=f"declare-why-{case}").set_value(HOSTILE)
    app.text_input(key=f"lead-{case}").set_value("anna")
    app = submit(app, "Declare it")
    row = office.work.rows(emergency_rows)[0]
    key, said = row["id"], texts(app)
    assert row["commander"] == "anna"
    assert "Declare it" not in labels(app), "one at a time"
    for words in (
        "Live drainer",
        "Led by anna",
        "legal: lou · duty phone",
        "Checklist: 0 of 6 done",
        "○ Block the link",
    ):
        assert words in said
    assert "Contained: due in" in "".join(str(b.value) for b in app.markdown)
    app.text_input(key=f"command-to-{key}").set_value("luis")
    app.text_input(key=f"command-why-{key}").set_value("the shift ends")
    submit(app, "Give the command")
    assert office.work.rows(emergency_rows)[0]["commander"] == "luis"
    office.log_in(ANNA)
    app = page("cases", case=case, part="emergency")
    assert not {"Give the command", "It spreads no further", "Say so", "Declare it"} & set(labels(app))
    app.text_input(key=f"log-text-{key}").set_value("blocked at 9:04")
    assert "anna: blocked at 9:04" in texts(submit(app, "Write into the log"))
    assert office.work.rows(log_rows)[0]["text"] == "blocked at 9:04"
    office.log_in(LUIS)
    app = page("cases", case=case, part="emergency")
    assert "6 steps of the checklist are not done" in texts(submit(app, "It spreads no further"))
    app.text_input(key=f"contained-why-{key}").set_value("one link, blocked by the platform")
    app = submit(app, "It spreads no further")
    assert office.state(emergency_rows, key) == EmergencyState.CONTAINED
    app.text_input(key=f"stand_down-why-{key}").set_value("a test of a wallet maker")
    app = ran(next(b for b in app.button if b.form_id == f"stand_down-{key}").click())
    assert office.state(emergency_rows, key) == EmergencyState.STOOD_DOWN
    assert "the review does not say: what happened" in texts(submit(app, "Write the review"))
    for name in office.work.book.office.review:
        app.text_area(key=f"review-{name}-{key}").set_value(f"about {name}")
    app = submit(app, "Write the review")
    assert office.state(emergency_rows, key) == EmergencyState.REVIEWED
    assert "about harm" in texts(app)
    assert "Write into the log" not in labels(app)
    assert office.work.wrong() == []


def test_measures_are_two_reversible_and_never_approved_by_who_took_them(office: Office) -> None:
    case = office.work.case(Severity.S0, ready=False)
    office.log_in(LENA)
    app = page("cases", case=case, part="emergency")
    offered = app.selectbox(key=f"measure-account-{case}").options
    assert ONLOOKER not in offered, "there is no evidence against it itself"
    assert app.selectbox(key=f"measure-kind-{case}").options == ["Limit reach", "Block a link"]
    app.selectbox(key=f"measure-account-{case}").set_value("local/a1")
    assert "it needs a subject and a reason" in texts(submit(app, "Take the measure"))
    app.text_input(key=f"measure-why-{case}").set_value("it posts the link each minute")
    app = submit(app, "Take the measure")
    row = office.work.rows(containment_rows)[0]
    said = texts(app)
    assert "In force, not approved yet · approval due in 4 h" in said
    assert "You took it: somebody else approves it." in said
    assert f"approve-measure-{row['id']}" not in {b.key for b in app.button}
    office.log_in(ANNA)
    app = page("cases", case=case, part="emergency")
    assert not {"Approve the measure", "Release it", "Take the measure", "Declare it"} & set(labels(app))
    office.log_in(POLLY)
    app = page("cases", case=case, part="emergency")
    assert "Release it" not in labels(app)
    press(app, f"approve-measure-{row['id']}")
    assert office.state(containment_rows, row["id"]) == ContainmentState.APPROVED
    office.log_in(LENA)
    app = page("cases", case=case, part="emergency")
    app.text_input(key=f"release-measure-why-{row['id']}").set_value("a parody")
    assert "Approve the measure" not in labels(app)
    app = submit(app, "Release it")
    assert office.state(containment_rows, row["id"]) == ContainmentState.RELEASED
    app = ran(app.selectbox(key=f"measure-kind-{case}").set_value(containment.Containment.BLOCK_LINK))
    app.text_input(key=f"measure-link-{case}").set_value(HOSTILE)
    app.text_input(key=f"measure-why-{case}").set_value("it empties wallets")
    app = submit(app, "Take the measure")
    assert [r["kind"] for r in office.work.rows(containment_rows)] == ["limit_reach", "block_link"]
    assert "evil.example" not in "".join(b.label for b in app.button)
    assert office.work.wrong() == []


def test_what_is_late_says_so_and_nobody_outside_sees_any_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, "k" * 32)
    case, calm = office.work.case(Severity.S0, ready=False), office.work.case(ready=False)
    then = replace(office.work, book=Casebook(office.work.book.database, lambda: utc_now() - timedelta(hours=5)))
    then.do(LENA, playbook.declare, case, "pump", "calls each minute")
    then.do(LENA, containment.contain, case, containment.Containment.LIMIT_REACH, "local/a1", "it calls")
    office.work.do(LENA, caseload.grant, case, VERA.name)
    office.log_in(AUDREY)
    app = page("cases", case=case, part="emergency")
    assert "approval late by 1 h" in texts(app)
    assert "Contained: late by 4.5 h" in "".join(str(b.value) for b in app.markdown)
    assert "Nobody is named in contacts.toml" in texts(app)
    assert not {b.label for b in app.button if b.form_id}, "an auditor reads"
    office.log_in(VERA)
    app = page("cases", case=case, part="emergency")
    assert not {"Emergency", "Emergency 1"} & set(app.segmented_control(key=f"part-of-{case}").options)
    for part in ("emergency", "notes", "timeline"):
        shown = page("cases", case=case, part=part)
        whole = texts(shown) + "".join(d.value.to_string() for d in shown.dataframe)
        assert not any(words in whole for words in ("calls each minute", "it calls", "market slice", "emergency"))
    office.log_in(LENA)
    app = page("cases", case=calm, part="emergency")
    assert "Emergency" not in app.segmented_control(key=f"part-of-{calm}").options, "it is not of severity S0"
