"""What waits for one person, cases alike, and alerts that are taken in; over each database."""

from __future__ import annotations

from typing import Any

import pytest

from cases import alerts, appeals, caseload, decisions, intake, proposals
from cases.alike import alike
from cases.caseload import Subject, Track
from cases.lifecycles import AlertState, Severity
from cases.mine import called, mine
from cases.people import Actor, system
from cases.storage.schema import alerts as alert_rows
from cases.storage.schema import proposals as proposal_rows
from cases.storage.schema import subjects
from graph.errors import CaseError
from tests import flagged
from tests.casework import ACCOUNTS, ANNA, BOT, LENA, LUIS, RUTH, VERA, Work, alert, draft


def waiting(work: Work, actor: Actor) -> Any:
    with work.book.look(actor, "desk") as look:
        return mine(look)


def test_what_waits_is_ones_own_and_of_cases_one_may_know_of(work: Work) -> None:
    assert waiting(work, ANNA).nothing
    work.do(system("alerts"), alerts.take, alert())
    held = work.case(Severity.S1, ready=False)
    work.do(ANNA, caseload.claim, held)
    hidden = work.case(by=LENA, ready=False, track=Track.MARKET)
    work.do(LENA, caseload.write, hidden, "@anna this must not be seen")
    free = work.case(ready=False)
    work.do(LENA, caseload.write, free, "@anna, please")
    found = waiting(work, ANNA)
    assert ([r["id"] for r in found.cases], found.free, found.alerts) == ([held], 1, 1)
    assert [r["case_id"] for r in found.mentions] == [free]
    assert [r["kind"] for r in found.due.values()] == ["first_decision"], "claiming met the first clock"
    assert (waiting(work, LENA).free, waiting(work, VERA).free, waiting(work, VERA).alerts) == (2, 0, 0)


def test_who_proposes_is_not_asked_to_approve_and_programs_never_are(work: Work) -> None:
    case_id = work.case(Severity.S1)
    proposal = work.do(LENA, decisions.propose, case_id, draft(Severity.S1))["id"]
    assert [r["id"] for r in waiting(work, LUIS).approvals] == [proposal]
    assert not waiting(work, LENA).approvals
    assert not waiting(work, ANNA).approvals
    assert not waiting(work, BOT).approvals
    work.clock.later(hours=25)
    assert not waiting(work, LUIS).approvals, "its time has passed"


def test_appeals_wait_for_their_reviewer_or_for_whoever_may_take_them(work: Work) -> None:
    _, decision = work.decided()
    appeal = work.do(RUTH, appeals.receive, decision, "local/a1", "not me")
    assert [r["id"] for r in waiting(work, LUIS).appeals] == [appeal]
    assert not waiting(work, ANNA).appeals
    work.do(RUTH, appeals.acknowledge, appeal)
    work.do(RUTH, appeals.assign, appeal, RUTH.name)
    assert [r["id"] for r in waiting(work, RUTH).appeals] == [appeal]
    assert not waiting(work, LUIS).appeals


def test_a_proposal_of_a_case_that_one_may_not_know_of_is_answered_like_none(work: Work) -> None:
    case_id = work.case(Severity.S1, by=LENA, track=Track.MARKET)
    proposal = work.do(LENA, decisions.propose, case_id, draft(Severity.S1))["id"]
    for step in (proposals.refuse, proposals.withdraw):
        with pytest.raises(CaseError, match="no proposal"):
            work.do(LUIS, step, proposal, "not for me")
    assert work.row(proposal_rows, proposal)["state"] == "proposed"


def test_names_as_people_say_them() -> None:
    assert [called(n) for n in ("local:anna", "https://login.example|7", "ruth")] == ["anna", "7", "ruth"]


def test_alerts_that_people_were_told_of_are_taken_in_once(work: Work) -> None:
    told = [alert(1, shown="alerted"), alert(2, lineage="ring-2", shown="below")]
    assert len(intake.take_in(work.book, system("alerts"), told)) == 1
    assert intake.take_in(work.book, system("alerts"), told) == []
    assert len(work.rows(alert_rows)) == 1


def test_a_finding_brings_its_accounts_and_the_alert_of_its_ring(work: Work) -> None:
    finding = flagged.shilling()
    raised = alert(detector=finding.detector, lineage=finding.lineage_id)
    key = work.do(system("alerts"), alerts.take, raised)
    case_id = work.case(ready=False)
    work.do(ANNA, caseload.add_subject, case_id, Subject(flagged.ACCOUNTS[7], "core", own_evidence=True))
    assert work.do(ANNA, intake.put_finding, case_id, finding) == [key]
    assert work.row(alert_rows, key)["state"] == AlertState.PROMOTED
    own = {r["account"]: r["own_evidence"] for r in work.rows(subjects) if r["case_id"] == case_id}
    assert own[flagged.ACCOUNTS[7]], "evidence that somebody wrote down stays, though this finding has none"
    assert set(own) >= {*ACCOUNTS, *flagged.ACCOUNTS}
    other = work.case(ready=False)
    assert work.do(ANNA, intake.put_finding, other, finding) == [], "the alert is in a case"


def test_cases_alike_share_something_and_tell_nothing_of_the_other_track(work: Work) -> None:
    one, other = work.case(ready=False), work.case(ready=False)
    hidden = work.case(by=LENA, ready=False, track=Track.MARKET)
    apart = work.do(ANNA, caseload.open_case, "the same ticker", Severity.S3)
    for number, case_id in enumerate((one, apart)):
        key = work.do(system("alerts"), alerts.take, alert(number, lineage=f"ring-{number}", tickers=("XYZ",)))
        work.do(ANNA, alerts.promote, key, case_id)
    with work.book.look(ANNA, "case", one) as look:
        found = alike(look, one)
    assert [a.case["id"] for a in found] == [other, apart], "accounts weigh more than a ticker"
    assert (set(found[0].accounts) > set(ACCOUNTS), found[1].tickers) == (True, ("XYZ",))
    with work.book.look(LENA, "case", one) as look:
        assert hidden in [a.case["id"] for a in alike(look, one)]
