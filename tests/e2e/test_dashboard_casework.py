"""The screens of casework, run without a server: each state, each role, and words that strangers wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from cases import alerts, appeals, caseload, decisions
from cases.caseload import Subject, Track
from cases.drafts import Measure
from cases.escalation import handoffs
from cases.lifecycles import AppealState, CaseState, Severity
from cases.people import Actor, lone, system
from cases.privacy import pseudonyms
from cases.roles import Role
from cases.storage.escalation import handoffs as handoff_rows
from cases.storage.evidence import custody as custody_rows
from cases.storage.evidence import snapshots as snapshot_rows
from cases.storage.schema import appeals as appeal_rows
from cases.storage.schema import audit as audit_rows
from cases.storage.schema import cases as case_rows
from cases.storage.schema import decisions as decision_rows
from cases.storage.schema import proposals as proposal_rows
from dashboard import desk
from dashboard.access import people
from dashboard.canvas.commands import Open, to_plain
from detectors.alerting.alert import alert_of
from graph.errors import StoreUnavailable
from tests import casework, flagged
from tests.apptest import frame, page, ran, texts
from tests.casework import ANNA, LENA, RUTH, VERA, draft
from tests.office import Office, case_of, labels, press, submit

BOSS = lone()
LEGAL = Actor("lou", frozenset({Role.LEGAL}))
ANNA_REVIEWS = Actor("anna", frozenset({Role.ANALYST, Role.REVIEWER}))


def test_without_a_casebook_the_single_user_makes_one(
    tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_CASES_URL", f"sqlite:///{tmp_path}/new/cases.db")
    assert "There is no casebook yet: Triage says" in texts(page("overview"))
    app = page("triage")
    assert "lockstep cases migrate" in texts(app)
    assert not (tmp_path / "new" / "cases.db").exists(), "looking makes nothing"
    assert "Nothing waits." in texts(press(app, "make-casebook"))
    office.log_in(LENA)
    monkeypatch.setenv("LOCKSTEP_CASES_URL", f"sqlite:///{tmp_path}/other/cases.db")
    app = page("cases")
    assert "lockstep cases migrate" in texts(app)
    assert "Make it now" not in labels(app), "a team's casebook is made by who runs it"


def test_the_overview_begins_with_what_waits_for_oneself(office: Office) -> None:
    said = texts(page("overview"))
    assert "Mine first" in said
    assert "Nothing waits for you alone." in said
    office.alert()
    held = office.work.case(by=BOSS, ready=False)
    office.work.do(BOSS, caseload.claim, held)
    office.work.case(by=ANNA, ready=False)
    asked = office.work.case(by=ANNA, ready=False)
    office.work.do(
        ANNA, caseload.write, asked, f"@{desk.actor(people.alone()).name.removeprefix('local:')} please look"
    )
    told = {f.name: (f.choices or ("words",))[0] for f in office.work.book.office.desks["legal"].fields if f.required}
    office.work.do(ANNA, handoffs.request, asked, "legal", told)
    proposed = office.work.case(Severity.S1)
    office.work.do(ANNA, decisions.propose, proposed, draft(Severity.S1))
    decided, decision = office.work.decided()
    appeal = office.work.do(RUTH, appeals.receive, decision, "local/a1", "it was not me")
    app = page("overview")
    said = texts(app)
    for line in (
        "Your cases: 1",
        "Waiting for your approval: 1",
        "Handed to you: 1",
        "Appeals: 1",
        "You were named: 1",
    ):
        assert line in said
    assert {m.label: (m.value, m.delta) for m in app.metric}["Alerts waiting"] == ("1", "0.0 days of work")
    assert "first decision due in" in said, "the clock that is due next stands beside the case"
    app = press(app, f"open-appeal-{appeal}")
    assert case_of(app) == decided


def test_a_busy_casebook_does_not_close_the_overview(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Any:
        raise StoreUnavailable("database is locked", "the casebook", "try again")

    monkeypatch.setattr(desk, "desk", fails)
    said = texts(page("overview"))
    assert "what waits for you is not shown" in said
    assert "8 accounts posted $XYZ" in said
    assert "The data cannot be read." in texts(page("cases"))
    assert office.work.wrong() == []


def test_cases_are_listed_filtered_opened_and_taken(office: Office) -> None:
    app = page("cases")
    assert "There is no case that you may know of." in texts(app)
    assert "No open case is free." in texts(press(app, "claim-next"))
    app.text_input(key="new-title").set_value("a tip from outside")
    app = submit(app, "Open it")
    assert "a tip from outside" in texts(app)
    office.work.case(Severity.S1, by=ANNA, ready=False)
    app = page("cases")
    assert frame(app, "Held by")["Severity"].tolist() == ["S1", "S2"], "the worst first"
    app = ran(app.multiselect(key="cases-severities").set_value([Severity.S2]))
    assert frame(app, "Held by")["Title"].tolist() == ["a tip from outside"]
    app = press(page("cases"), "claim-next")
    assert office.work.row(case_rows, case_of(app))["assignee"] == BOSS.name
    app = ran(page("cases").segmented_control(key="cases-whose").set_value("Mine"))
    assert frame(app, "Held by")["Severity"].tolist() == ["S1"]
    app = ran(page("cases").segmented_control(key="cases-whose").set_value("Nobody's"))
    assert frame(app, "Held by")["Severity"].tolist() == ["S2"]


def test_a_case_is_moved_graded_marked_and_concluded(office: Office) -> None:
    key = office.work.case(by=ANNA, ready=False)
    app = page("cases", case=key)
    app = press(press(app, "claim"), "move-investigate")
    assert "Done: investigate." in texts(app)
    app = submit(app, "Change the severity")
    assert "a severity needs a reason" in texts(app)
    app.text_input(key="grade-why").set_value("more accounts")
    app = submit(app, "Change the severity")
    app.text_input(key="mark-why").set_value("names of victims")
    app.selectbox(key="mark-to").set_value("RED")
    app = submit(app, "Change the mark")
    assert "TLP:RED" in texts(app)
    app.text_input(key="why-hold").set_value("waits for the platform")
    app = submit(app, "Put on hold")
    assert office.state(case_rows, key) == CaseState.ON_HOLD
    app = press(app, "move-resume")
    assert "close" not in [b.key for b in app.button], "an outcome first"
    app.text_input(key="conclude-why").set_value("a fan club")
    app = submit(app, "Say the outcome")
    app.text_input(key="why-close").set_value("nothing to do")
    app = submit(app, "Close")
    row = office.work.row(case_rows, key)
    assert (row["state"], row["outcome"], row["assignee"]) == (CaseState.CLOSED, "no_violation", BOSS.name)


def test_notes_and_tasks(office: Office) -> None:
    key = office.work.case(by=ANNA, ready=False)
    app = page("cases", case=key, part="notes")
    assert "the note is empty" in texts(submit(app, "Write"))
    app.text_area(key="note-text").set_value("@anna look at the links")
    app = submit(app, "Write")
    assert "It was written. 1 named." in texts(app)
    app.text_area(key="task-lines").set_value("ask the platform\nread the posts")
    app = submit(app, "Add")
    task = next(b for b in app.button if b.key and b.key.startswith("finish-"))
    app = ran(task.click())
    assert "✓ ask the platform" in texts(app)


def fill(app: AppTest, **told: str) -> None:
    """Fill a decision's texts in."""
    for name, text in told.items():
        kind = app.text_area if name in {"facts", "explanation", "content"} else app.text_input
        kind(key=f"d-{name}").set_value(text)


def test_a_decision_is_shown_before_it_is_made_and_needs_two_where_it_is_grave(office: Office) -> None:
    key = office.work.case(Severity.S1, by=BOSS)
    app = page("cases", case=key, part="decision")
    app = submit(app, "Look at it")
    assert "policy is empty" in texts(app)
    app = ran(app.selectbox(key=f"measure-{key}").set_value(Measure.SUSPEND_ACCOUNT))
    fill(app, policy="inauthentic promotion", version="3", facts="Three posted alike.", reference="4.2")
    fill(app, explanation="Promotion that hides who is behind it.")
    app = submit(app, "Look at it")
    assert "A second person must approve it: severity S1" in texts(app)
    assert "Decide" not in labels(app)
    assert frame(app, "What is done")["To"].tolist() == list(casework.ACCOUNTS), "nobody without evidence of their own"
    app = press(app, "propose")
    proposal = office.work.rows(proposal_rows)[0]
    said = texts(app)
    assert proposal["hash"] in said
    assert "You proposed it: somebody else approves it" in said
    assert "Approve this text" not in labels(app), "not even for an admin"
    office.log_in(LENA)
    app = page("cases", case=key, part="decision")
    assert proposal["hash"] in texts(app)
    app = press(app, f"approve-{proposal['id']}")
    assert office.state(case_rows, key) == CaseState.DECIDED
    assert "approved by lena" in texts(app)
    app = press(app, "enforce")
    assert "Sent out: 3 actions." in texts(app)
    assert office.work.wrong() == []


def test_content_is_named_a_line_each_and_one_person_may_decide_the_rest(office: Office) -> None:
    key = office.work.case(by=BOSS)
    app = page("cases", case=key, part="decision")
    app = ran(app.selectbox(key=f"measure-{key}").set_value(Measure.LABEL_CONTENT))
    fill(app, policy="p", version="1", facts="Alike.", reference="4.2", explanation="Hidden.")
    fill(app, content="local/a1 post-7\nlocal/onlooker post-8")
    app = submit(app, "Look at it")
    assert "there is no evidence against local/onlooker itself" in texts(app)
    fill(app, content="local/a1 post-7")
    app = press(submit(app, "Look at it"), "decide")
    decision = office.work.rows(decision_rows)[0]
    assert (decision["decided_by"], decision["approved_by"]) == (BOSS.name, None)
    assert "It is decided." in texts(app)


def test_proposals_are_refused_and_taken_back(office: Office) -> None:
    key = office.work.case(Severity.S1)
    proposal = office.work.do(ANNA, decisions.propose, key, draft(Severity.S1))["id"]
    app = page("cases", case=key, part="decision")
    app.text_input(key=f"refuse-why-{proposal}").set_value("the facts are thin")
    app = submit(app, "Refuse it")
    assert office.state(proposal_rows, proposal) == "refused"
    assert "refused by" in texts(app)
    mine = office.work.do(BOSS, decisions.propose, key, draft(Severity.S1))["id"]
    app = page("cases", case=key, part="decision")
    app.text_input(key=f"withdraw-why-{mine}").set_value("a word is wrong")
    submit(app, "Take it back")
    assert office.state(proposal_rows, mine) == "withdrawn"


def test_an_appeal_is_received_reviewed_and_reversed_by_another_person(office: Office) -> None:
    key, _ = office.work.decided()
    app = page("cases", case=key, part="appeals")
    app.text_input(key="appellant").set_value("local/a1")
    app.text_area(key="appeal-text").set_value("it was a campaign")
    app = submit(app, "Take it in")
    appeal = office.work.rows(appeal_rows)[0]["id"]
    office.log_in(ANNA_REVIEWS)
    app = press(page("cases", case=key, part="appeals"), f"ack-{appeal}")
    app = press(app, f"take-{appeal}")
    assert "anna decided it" in texts(app)
    office.log_in(RUTH)
    app = press(page("cases", case=key, part="appeals"), f"take-{appeal}")
    app = ran(app.selectbox(key=f"answer-{appeal}").set_value(AppealState.REVERSED))
    app.text_area(key=f"answer-why-{appeal}").set_value("the campaign is loaded now")
    app = submit(app, "Answer")
    assert office.state(appeal_rows, appeal) == AppealState.REVERSED
    assert "taken back at once" in texts(app)
    app = page("cases", case=key, part="decision")
    assert set(frame(app, "State")["State"]) == {"reversed"}


def test_a_grave_reversal_is_proposed_to_a_second_person(office: Office) -> None:
    key, decision = office.work.decided(Severity.S1, Measure.SUSPEND_ACCOUNT)
    appeal = office.work.do(RUTH, appeals.receive, decision, "local/a1", "not me")
    office.work.do(RUTH, appeals.acknowledge, appeal)
    office.work.do(RUTH, appeals.assign, appeal, RUTH.name)
    office.log_in(RUTH)
    app = page("cases", case=key, part="appeals")
    app = ran(app.selectbox(key=f"answer-{appeal}").set_value(AppealState.PARTIALLY_REVERSED))
    app.multiselect(key=f"reverse-{appeal}").set_value(["local/a1"])
    app.text_area(key=f"answer-why-{appeal}").set_value("this one was hijacked")
    app = submit(app, "Propose it to a second person")
    proposal = next(p for p in office.work.rows(proposal_rows) if p["kind"] == appeals.KIND)
    office.log_in(casework.LUIS)
    app = page("cases", case=key, part="appeals")
    assert "Taken back: local/a1" in texts(app)
    press(app, f"approve-{proposal['id']}")
    assert office.state(appeal_rows, appeal) == AppealState.PARTIALLY_REVERSED


def test_a_case_is_handed_to_legal_and_answered(office: Office) -> None:
    key = office.work.case(by=ANNA, ready=False)
    office.log_in(ANNA)
    app = page("cases", case=key, part="handoffs")
    app = ran(app.selectbox(key=f"team-{key}").set_value("legal"))
    app = submit(app, "Hand it off")
    assert "cannot answer" in texts(app)
    for field in office.work.book.office.desks["legal"].fields:
        name = f"field-{field.name}-legal-{key}"
        if field.choices:
            app.selectbox(key=name).set_value(field.choices[0])
        elif field.required:
            app.text_area(key=name).set_value(f"about {field.name}")
    app = submit(app, "Hand it off")
    row = office.work.rows(handoff_rows)[0]
    assert "due in" in texts(app)
    assert "Answer it" not in labels(app), "analysts do not answer for Legal"
    office.log_in(LEGAL)
    app = page("cases", case=key, part="handoffs")
    app.text_input(key=f"return-why-{row['id']}").set_value("which country?")
    app = submit(app, "Give it back")
    office.log_in(ANNA)
    app = submit(page("cases", case=key, part="handoffs"), "Ask again")
    office.log_in(LEGAL)
    app = press(page("cases", case=key, part="handoffs"), f"accept-{row['id']}")
    app.text_area(key=f"answer-text-{row['id']}").set_value("go ahead")
    app = submit(app, "Answer it")
    assert "go ahead" in texts(app)


def _adding(finding: str, *, picture: bool) -> None:
    """What the dialog shows: a dialog itself does not outlast a run of the whole page."""
    from dashboard import state
    from dashboard.canvas import commands as c
    from dashboard.screens.parts import tocase

    with state.opened() as opened:
        steps = (c.Open(finding),) if picture else ()
        places = state.scene(opened.key, steps, state.player(opened)).places
        tocase._form(opened.view, (finding,), c.to_plain(steps), {str(n): p for n, p in places.items()})


def test_a_finding_goes_into_a_case_and_is_frozen_as_it_is_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    monkeypatch.setattr("dashboard.screens.parts.going.to_case", lambda case_id, _part: gone.append(case_id))
    assert "add-to-case" in {b.key for b in page("findings", finding=flagged.sybil().id).button}
    opened = press(page("investigate", finding=flagged.shilling().id), "add-to-case")
    assert "The picture is frozen into it as it stands, without its notes." in texts(opened)
    app = AppTest.from_function(_adding, kwargs={"finding": flagged.shilling().id, "picture": True}, default_timeout=60)
    submit(ran(app), "Open the case")
    row = office.work.rows(snapshot_rows)[0]
    assert gone == [row["case_id"]]
    content = orjson.loads(row["content"])
    assert content["commands"] == to_plain((Open(flagged.shilling().id),))
    assert set(content["layout"]) > {f"account/{a}" for a in flagged.ACCOUNTS}, "where the nodes stood"
    app = page("cases", case=row["case_id"], part="evidence")
    assert row["id"] in texts(app)
    assert len(app.get("bidi_component")) == 1
    assert frame(app, "Text as captured").shape[0] == 48
    assert "accessed" in [c["event"] for c in office.work.rows(custody_rows)]
    app = AppTest.from_function(_adding, kwargs={"finding": flagged.sybil().id, "picture": False}, default_timeout=60)
    app = ran(ran(app).selectbox(key=f"case-finding-{flagged.sybil().id[:12]}").set_value(row["case_id"]))
    submit(app, "Add to it")
    assert {s["case_id"] for s in office.work.rows(snapshot_rows)} == {row["case_id"]}
    app = page("cases", case=row["case_id"])
    assert frame(app, "Evidence of its own")["Evidence of its own"].tolist() == ["yes"] * 7 + ["none: member only"]


def test_what_leaves_a_case_is_made_downloaded_and_on_the_record(office: Office) -> None:
    key, _ = office.work.decided()
    app = page("cases", case=key, part="leaving")
    app = ran(app.selectbox(key=f"leaves-{key}").set_value("tables"))
    app = submit(app, "Make it")
    made = [e for e in office.work.rows(audit_rows) if e["action"] == "export"]
    assert len(made) == 1
    assert orjson.loads(made[0]["detail"])["sha256"] in texts(app)
    assert len(app.get("download_button")) == 1
    app = ran(app.selectbox(key=f"leaves-{key}").set_value("package"))
    assert not app.get("download_button"), "another file is another choice"
    app = submit(app, "Make it")
    assert "package" in texts(app) or app.get("download_button")
    assert office.work.wrong() == []


def test_a_vendor_reads_under_pseudonyms_and_takes_nothing_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, "k" * 32)
    mine = office.work.case(by=ANNA, ready=False)
    office.work.case(by=ANNA, ready=False)
    office.work.do(LENA, caseload.grant, mine, VERA.name)
    office.log_in(VERA)
    app = page("cases")
    assert frame(app, "Held by")["Case"].tolist() == [mine]
    app = page("cases", case=mine)
    for part in ("about", "evidence", "notes", "timeline"):
        shown = page("cases", case=mine, part=part)
        whole = texts(shown) + "".join(d.value.to_string() for d in shown.dataframe)
        assert "local/a1" not in whole
    assert app.segmented_control(key=f"part-of-{mine}").options.count("Exports") == 0


def test_a_case_that_one_may_not_know_of_is_answered_like_one_that_is_not_there(office: Office) -> None:
    hidden = office.work.case(by=LENA, ready=False, track=Track.MARKET)
    office.log_in(ANNA)
    said = [texts(page("cases", case=i)).replace(i, "ID") for i in (hidden, "nosuchcase12")]
    assert said[0] == said[1]
    assert "no case 'ID'" in said[0]
    assert not page("cases").dataframe


def test_similar_cases_are_those_one_may_know_of(office: Office) -> None:
    one, other = office.work.case(by=ANNA, ready=False), office.work.case(by=ANNA, ready=False)
    hidden = office.work.case(by=LENA, ready=False, track=Track.MARKET)
    office.log_in(ANNA)
    app = page("cases", case=one)
    assert "4 accounts" in texts(app)
    assert f"open-alike-{other}" in {b.key for b in app.button}
    assert f"open-alike-{hidden}" not in {b.key for b in app.button}
    assert case_of(press(app, f"open-alike-{other}")) == other
    office.log_in(LENA)
    assert f"open-alike-{hidden}" in {b.key for b in page("cases", case=one).button}


def test_words_of_strangers_are_shown_as_they_are(office: Office) -> None:
    hostile = flagged.HOSTILE[2] + flagged.HOSTILE[3]
    finding = flagged.shilling(summary=hostile, tickers=(hostile[:40],))
    told = alert_of(finding, flagged.run(), "new")
    key = office.work.do(system("alerts"), alerts.take, told)
    case_id = office.work.do(
        BOSS,
        caseload.open_case,
        hostile,
        Severity.S2,
        alert_ids=(),
        about=[Subject(hostile[:90], "core", own_evidence=True)],
    )
    office.work.do(BOSS, caseload.write, case_id, hostile)
    office.work.do(BOSS, caseload.set_tasks, case_id, "", [hostile])
    pages = [page("triage"), press(page("triage"), "act-merge"), page("cases"), page("overview")]
    pages += [page("cases", case=case_id, part=p) for p in ("about", "notes", "decision", "timeline")]
    for app in pages:
        for kind in ("markdown", "caption", "info", "success", "warning", "error", "subheader", "title", "expander"):
            for e in app.get(kind):
                said = str(getattr(e, "value", "")) + str(getattr(e, "label", ""))
                assert "evil.example" not in said
        assert "evil.example" not in "".join(b.label for b in app.button)
        assert "\u202e" not in texts(app)
    assert key
