"""Decisions and their second person, over each database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from cases import caseload, decisions
from cases.audit import sha256
from cases.drafts import Action, Automated, Draft, Measure, draft_from
from cases.lifecycles import Outcome, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.schema import actions, cases, outbox, proposals
from cases.storage.schema import decisions as rows
from cases.sweep import sweep
from graph.errors import ApprovalRequired, CaseError, IllegalTransition, NotPermitted, StaleCase, StoreError
from tests.casework import ACCOUNTS, ANNA, BOSS, BOT, LENA, LUIS, ONLOOKER, RUTH, VERA, Work, draft

POLLY = Actor("polly", frozenset({Role.POLICY}))
NOTHING = Draft(Outcome.NO_VIOLATION, Severity.S2, "inauthentic promotion", "3", "A fan club's meeting.")


def test_one_person_decides_what_needs_no_second(work: Work) -> None:
    key = work.case()
    decision = work.do(ANNA, decisions.decide, key, draft())
    row = work.row(rows, decision)
    assert (row["decided_by"], row["approved_by"], row["supersedes"]) == ("anna", None, None)
    assert sha256(row["content"]) == row["hash"]
    assert draft_from(row["content"]) == draft()
    assert (work.row(cases, key)["state"], work.row(cases, key)["outcome"]) == ("decided", "violation_confirmed")
    assert {(a["state"], a["kind"]) for a in work.rows(actions)} == {("decided", "demote_content")}
    assert work.rows(outbox) == []


def test_what_is_decided_goes_out_once_and_under_its_own_key(work: Work) -> None:
    key, decision = work.decided()
    sent = work.rows(outbox)
    assert {m["topic"] for m in sent} == {"enforce"}
    assert {orjson.loads(m["payload"])["decision"] for m in sent} == {decision}
    assert {m["id"] for m in sent} == {f"enforce-{a['id']}" for a in work.rows(actions)}
    with pytest.raises(IllegalTransition):
        work.do(ANNA, decisions.enforce, key)
    work.do(ANNA, decisions.confirm, work.rows(actions)[0]["id"])
    assert len(work.rows(outbox)) == len(ACCOUNTS)


@pytest.mark.parametrize(
    ("told", "protected", "why"),
    [
        (draft(Severity.S1), (), "severity S1"),
        (draft(Severity.S0), (), "severity S0"),
        (draft(Severity.S4, Measure.TERMINATE_ACCOUNT), (), "a termination"),
        (draft(Severity.S4, Measure.TERMINATE_MONETISATION), (), "a termination"),
        (draft(Severity.S4), ACCOUNTS[:1], "1 protected accounts"),
    ],
)
def test_what_needs_a_second_person_says_why(work: Work, told: Draft, protected: tuple[str, ...], why: str) -> None:
    key = work.case()
    with pytest.raises(ApprovalRequired, match=why):
        work.do(BOSS, decisions.decide, key, told, protected=protected)
    proposal = work.do(ANNA, decisions.propose, key, told, protected=protected)
    assert proposal["grounds"] == [why]
    work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    assert (work.rows(rows)[0]["decided_by"], work.rows(rows)[0]["approved_by"]) == ("anna", "lena")


def test_more_than_twenty_accounts_need_a_second_person(work: Work) -> None:
    about = [caseload.Subject(f"local/x{n}", "core", own_evidence=True) for n in range(21)]
    key = work.do(ANNA, caseload.open_case, "many", Severity.S3, about=about)
    for name in ("investigate", "ready"):
        work.do(ANNA, caseload.move, key, name)
    acts = tuple(Action(Measure.SUSPEND_ACCOUNT, s.account, s.account, date(2026, 4, 1)) for s in about)
    with pytest.raises(ApprovalRequired, match="21 accounts, more than 20"):
        work.do(ANNA, decisions.decide, key, draft(Severity.S3, actions=acts))
    work.do(ANNA, decisions.decide, key, draft(Severity.S3, actions=acts[:20]))


@pytest.mark.parametrize("proposer", [ANNA, BOSS, LENA])
def test_nobody_approves_what_they_propose_whatever_their_role(work: Work, proposer: Actor) -> None:
    proposal = work.do(proposer, decisions.propose, work.case(Severity.S1), draft(Severity.S1))
    everything = Actor(proposer.name, frozenset(Role))
    with pytest.raises(NotPermitted, match="who proposes does not approve"):
        work.do(everything, decisions.approve, proposal["id"], proposal["hash"])
    with pytest.raises(NotPermitted, match="a program approves nothing"):
        work.do(BOT, decisions.approve, proposal["id"], proposal["hash"])
    for other in (RUTH, VERA):
        with pytest.raises((NotPermitted, CaseError)):
            work.do(other, decisions.approve, proposal["id"], proposal["hash"])
    assert work.rows(rows) == []
    work.do(POLLY, decisions.approve, proposal["id"], proposal["hash"])


def test_an_approval_is_of_the_text_that_was_read(work: Work) -> None:
    proposal = work.do(ANNA, decisions.propose, work.case(Severity.S1), draft(Severity.S1))
    with pytest.raises(StaleCase, match="not what you read"):
        work.do(LENA, decisions.approve, proposal["id"], "0" * 64)
    changed = draft(Severity.S1, Measure.TERMINATE_ACCOUNT).content()
    with work.book.database.writing() as connection:
        connection.execute(update(proposals).values(content=changed))
    with pytest.raises(StaleCase, match="not what you read"):
        work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])


def test_a_proposal_without_a_proposer_is_refused(work: Work) -> None:
    proposal = work.do(ANNA, decisions.propose, work.case(Severity.S1), draft(Severity.S1))
    with work.book.database.writing() as connection:
        connection.execute(update(proposals).values(proposed_by=""))
    with pytest.raises(NotPermitted, match="who proposes"):
        work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])


def test_a_proposal_lasts_a_day(work: Work) -> None:
    key = work.case(Severity.S1)
    proposal = work.do(ANNA, decisions.propose, key, draft(Severity.S1))
    work.clock.later(hours=24)
    with pytest.raises(StaleCase, match="time has passed"):
        work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    assert sweep(work.book).expired == (proposal["id"],)
    assert work.row(cases, key)["state"] == "pending_decision"
    assert sweep(work.book).expired == ()
    with pytest.raises(StaleCase, match="time has passed"):
        work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])


@pytest.mark.parametrize(
    ("answer", "by", "state"), [(decisions.refuse, LENA, "refused"), (decisions.withdraw, ANNA, "withdrawn")]
)
def test_a_no_leaves_the_case_waiting(work: Work, answer: Callable[..., Any], by: Actor, state: str) -> None:
    key = work.case(Severity.S1)
    proposal = work.do(ANNA, decisions.propose, key, draft(Severity.S1))
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(by, answer, proposal["id"], " ")
    if answer is decisions.withdraw:
        with pytest.raises(NotPermitted, match="somebody else's"):
            work.do(LENA, answer, proposal["id"], "mine")
    work.do(by, answer, proposal["id"], "the posts disclose it")
    assert (work.rows(proposals)[0]["state"], work.row(cases, key)["state"]) == (state, "pending_decision")


def test_evidence_that_is_gone_by_then_stops_the_approval(work: Work) -> None:
    key = work.case(Severity.S1)
    proposal = work.do(ANNA, decisions.propose, key, draft(Severity.S1))
    work.do(ANNA, caseload.add_subject, key, caseload.Subject(ACCOUNTS[0], "fringe"))
    with pytest.raises(CaseError, match=f"no evidence against {ACCOUNTS[0]} itself"):
        work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    assert work.rows(proposals)[0]["state"] == "proposed"


def test_a_program_proposes_and_says_so(work: Work) -> None:
    key = work.case()
    with pytest.raises(NotPermitted, match="decides nothing"):
        work.do(BOT, decisions.decide, key, draft())
    with pytest.raises(CaseError, match="says that no program decided"):
        work.do(BOT, decisions.propose, key, draft())
    proposal = work.do(BOT, decisions.propose, key, draft(automated_decision=Automated.PARTIALLY))
    work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    assert work.rows(rows)[0]["decided_by"] == "bot"


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"policy": " "}, "policy is empty"),
        ({"policy_version": ""}, "policy_version is empty"),
        ({"facts": ""}, "facts is empty"),
        ({"ground": None}, "no ground is named"),
        ({"reference": ""}, "reference is empty"),
        ({"explanation": ""}, "explanation is empty"),
        ({"outcome": Outcome.NO_VIOLATION}, "no_violation has actions"),
        ({"actions": draft().actions[:1] * 2}, "the same action twice"),
        ({"actions": (Action(Measure.SUSPEND_ACCOUNT, "local/z", "local/z"),)}, "the case is not about local/z"),
        ({"actions": (Action(Measure.LABEL_CONTENT, "p", ONLOOKER),)}, f"no evidence against {ONLOOKER} itself"),
        ({"actions": (Action(Measure.SUSPEND_ACCOUNT, ACCOUNTS[1], ACCOUNTS[0]),)}, "is against an account"),
    ],
)
def test_what_is_no_decision(work: Work, changed: dict[str, Any], wrong: str) -> None:
    key = work.case()
    for way in (decisions.decide, decisions.propose):
        with pytest.raises(CaseError, match=wrong):
            work.do(ANNA, way, key, draft(**changed))
    assert (work.rows(rows), work.rows(proposals), work.row(cases, key)["version"]) == ([], [], 3)


def test_a_correction_supersedes_and_takes_back_what_it_no_longer_says(work: Work) -> None:
    key, first = work.decided()
    work.do(ANNA, caseload.move, key, "correct", "a2 disclosed it")
    mended = replace(draft(), outcome=Outcome.VIOLATION_PARTIAL, actions=draft().actions[:1])
    second = work.do(ANNA, decisions.decide, key, mended)
    assert work.row(rows, second)["supersedes"] == first
    with work.book.look(ANNA, "case", key) as look:
        holds = decisions.in_force(look, key)
        assert holds is not None
        assert holds["id"] == second
    states = {a["subject"]: a["state"] for a in work.rows(actions)}
    assert states == {"post-of-local/a1": "sent", "post-of-local/a2": "reversed", "post-of-local/a3": "reversed"}
    assert sum(m["topic"] == "reverse" for m in work.rows(outbox)) == 2
    assert work.do(ANNA, decisions.enforce, key) == []


def test_a_decision_never_changes(work: Work) -> None:
    work.decided()
    with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
        connection.execute(update(rows).values(content="{}"))
    with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
        connection.execute(rows.delete())


def test_that_no_rule_was_broken_is_a_decision_too(work: Work) -> None:
    key = work.case()
    work.do(ANNA, decisions.decide, key, NOTHING)
    assert work.do(ANNA, decisions.enforce, key) == []
    assert work.rows(outbox) == []


def test_nothing_is_enforced_that_is_not_decided(work: Work) -> None:
    key = work.case(Severity.S1)
    for _ in range(2):
        with pytest.raises(CaseError, match="nothing is decided"):
            work.do(BOSS, decisions.enforce, key)
        if work.row(cases, key)["state"] == "pending_decision":
            work.do(ANNA, decisions.propose, key, draft(Severity.S1))
    with pytest.raises(NotPermitted):
        work.do(RUTH, decisions.enforce, key)
    work.do(LUIS, decisions.refuse, work.rows(proposals)[0]["id"], "not yet")
    assert work.rows(outbox) == []
