"""Guards that only somebody meets who tries what is not theirs: found by breaking each one (``tests/mutation``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from cases import alerts, appeals, caseload, containment, decisions
from cases import proposals as four_eyes
from cases.containment import Containment
from cases.drafts import Measure
from cases.escalation import forms, handoffs, playbook, releases
from cases.lifecycles import AppealState, CaseState, Outcome, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.escalation import emergencies, log_entries
from cases.storage.escalation import handoffs as given
from cases.storage.escalation import releases as released
from cases.storage.schema import actions, proposals, tasks
from cases.storage.schema import appeals as rows
from graph.errors import CaseError, NotPermitted
from tests.casework import ACCOUNTS, ANNA, BOT, LENA, LUIS, RUTH, VERA, Work, alert, draft

POLLY = Actor("polly", frozenset({Role.POLICY}))
LEGAL = Actor("lea", frozenset({Role.LEGAL}))
OTTO = Actor("otto", frozenset({Role.AUDITOR}))
LEAD = Actor("anna", frozenset({Role.LEAD}))  # on the list of what she opened, and may put others on it


def proposed(work: Work, **more: Any) -> dict[str, Any]:
    """A decision of severity S1 that anna proposed."""
    case_id = work.case(**more)
    found: dict[str, Any] = dict(work.do(ANNA, decisions.propose, case_id, draft(Severity.S1)))
    return found


def reversal(work: Work, **more: Any) -> dict[str, Any]:
    """A reversal that ruth proposed, of a decision by anna and lena; all three know of its case."""
    case_id = work.case(Severity.S1, **more)
    for person in (LENA, RUTH) if more else ():
        work.do(LEAD, caseload.grant, case_id, person.name)
    answer = work.do(ANNA, decisions.propose, case_id, draft(Severity.S1, Measure.SUSPEND_ACCOUNT))
    decision = work.do(LENA, decisions.approve, answer["id"], answer["hash"])
    key = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "It was a friend's idea.")
    work.do(RUTH, appeals.acknowledge, key)
    work.do(RUTH, appeals.assign, key, "ruth")
    return dict(work.do(RUTH, appeals.propose, key, AppealState.REVERSED, "hijacked"))


@pytest.mark.parametrize("who", [POLLY, LEGAL, OTTO], ids=lambda a: a.name)
def test_only_who_may_propose_decides_or_proposes(work: Work, who: Actor) -> None:
    key = work.case()
    for step in (decisions.decide, decisions.propose):
        with pytest.raises(NotPermitted, match=f"{who.name} .* may not propose"):
            work.do(who, step, key, draft())
    assert work.rows(proposals) == []


@pytest.mark.parametrize("who", [RUTH, POLLY, OTTO], ids=lambda a: a.name)
def test_only_who_may_enforce_says_that_it_was_done(work: Work, who: Actor) -> None:
    work.decided()
    with pytest.raises(NotPermitted, match="may not enforce"):
        work.do(who, decisions.confirm, work.rows(actions)[0]["id"])
    assert {a["state"] for a in work.rows(actions)} == {"sent"}


def test_a_decision_rests_on_nothing_that_is_not_of_its_case(work: Work) -> None:
    key = work.case()
    with pytest.raises(CaseError, match="no snapshot of the case"):
        work.do(ANNA, decisions.decide, key, draft(snapshots=("ab" * 32,)))


@pytest.mark.parametrize("step", [decisions.approve, decisions.refuse, decisions.withdraw], ids=lambda s: s.__name__)
def test_a_proposal_of_a_case_one_does_not_know_is_not_there(work: Work, step: Callable[..., Any]) -> None:
    answer = proposed(work, restricted=True)
    with pytest.raises(CaseError, match=f"no proposal '{answer['id']}'") as refused:
        work.do(LUIS, step, answer["id"], answer["hash"])
    assert answer["case_id"] not in str(refused.value)


@pytest.mark.parametrize("step", [appeals.approve, appeals.refuse, appeals.withdraw], ids=lambda s: s.__name__)
def test_a_decision_is_not_answered_as_a_reversal(work: Work, step: Callable[..., Any]) -> None:
    answer = proposed(work)
    for who in (ANNA, LENA):
        with pytest.raises(CaseError, match="it proposes a decision"):
            work.do(who, step, answer["id"], answer["hash"])
    assert work.row(proposals, answer["id"])["state"] == "proposed"


@pytest.mark.parametrize("step", [decisions.approve, decisions.refuse, decisions.withdraw], ids=lambda s: s.__name__)
def test_a_reversal_is_not_answered_as_a_decision(work: Work, step: Callable[..., Any]) -> None:
    answer = reversal(work)
    for who in (RUTH, LUIS):
        with pytest.raises(CaseError, match="it proposes a reversal"):
            work.do(who, step, answer["id"], answer["hash"])
    assert work.row(proposals, answer["id"])["state"] == "proposed"


@pytest.mark.parametrize("step", [appeals.approve, appeals.refuse, appeals.withdraw], ids=lambda s: s.__name__)
def test_a_reversal_in_a_case_one_does_not_know_is_not_there(work: Work, step: Callable[..., Any]) -> None:
    answer = reversal(work, restricted=True)
    for who in (LUIS, Actor("ruth-elsewhere", frozenset(Role))):
        with pytest.raises(CaseError, match=f"no proposal '{answer['id']}'"):
            work.do(who, step, answer["id"], answer["hash"])
    assert work.row(proposals, answer["id"])["state"] == "proposed"


def test_the_reviewer_alone_upholds_even_a_grave_decision(work: Work) -> None:
    _, decision = work.decided(Severity.S1, Measure.SUSPEND_ACCOUNT)
    key = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "no")
    work.do(RUTH, appeals.acknowledge, key)
    work.do(LUIS, appeals.assign, key, "ruth")
    work.do(RUTH, appeals.resolve, key, AppealState.UPHELD, "the posts are the same")
    assert work.row(rows, key)["state"] == "upheld"


@pytest.mark.parametrize("outcome", [AppealState.RECEIVED, AppealState.ASSIGNED])
def test_only_four_outcomes_answer_an_appeal(work: Work, outcome: AppealState) -> None:
    _, decision = work.decided()
    key = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "no")
    work.do(RUTH, appeals.acknowledge, key)
    work.do(LUIS, appeals.assign, key, "ruth")
    with pytest.raises(CaseError, match=f"{outcome} is no answer"):
        work.do(RUTH, appeals.resolve, key, outcome, "why")


def test_who_decided_answers_no_appeal_however_they_came_by_it(work: Work) -> None:
    _, decision = work.decided()
    key = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "no")
    work.do(RUTH, appeals.acknowledge, key)
    work.do(LUIS, appeals.assign, key, "ruth")
    with work.book.database.writing() as connection:
        connection.execute(update(rows).where(rows.c.id == key).values(reviewer="anna"))
    with pytest.raises(NotPermitted, match="anna decided it"):
        work.do(Actor("anna", frozenset({Role.REVIEWER})), appeals.resolve, key, AppealState.UPHELD, "fine")


def test_a_reviewer_who_lost_the_case_answers_nothing_in_it(work: Work) -> None:
    answer = reversal(work, restricted=True)
    work.do(LEAD, caseload.revoke, answer["case_id"], "ruth")
    with pytest.raises(CaseError, match="no appeal"):
        work.do(RUTH, appeals.resolve, answer["subject"], AppealState.UPHELD, "fine")


@pytest.mark.parametrize("step", [containment.release, containment.approve], ids=lambda s: s.__name__)
def test_a_measure_in_a_case_one_does_not_know_is_not_there(work: Work, step: Callable[..., Any]) -> None:
    case_id = work.case(Severity.S0, by=LENA, ready=False, restricted=True)
    key = work.do(LENA, containment.contain, case_id, Containment.BLOCK_LINK, "x.example", "live drainer")
    with pytest.raises(CaseError, match=f"no containment '{key}'"):
        work.do(LUIS, step, key, *(["why"] if step is containment.release else []))


def test_a_list_of_cases_is_of_the_severities_and_states_that_are_asked(work: Work) -> None:
    grave, mild = work.case(Severity.S1, ready=False), work.case(Severity.S3)
    with work.book.look(ANNA, "cases") as look:
        assert [r["id"] for r in caseload.listed(look, severities=["S1"])] == [grave]
        assert [r["id"] for r in caseload.listed(look, states=[CaseState.PENDING_DECISION])] == [mild]
        assert [r["id"] for r in caseload.listed(look, severities=["S1", "S3"])] == [grave, mild]


def test_an_alert_that_is_not_there_is_said(work: Work) -> None:
    with pytest.raises(CaseError, match="no alert 'nothing'"):
        work.do(ANNA, alerts.triage, "nothing")


STEPS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "add_subject": (caseload.add_subject, (caseload.Subject("local/x"),)),
    "claim": (caseload.claim, ()),
    "release": (caseload.release, ("why",)),
    "assign": (caseload.assign, ("ada", "why")),
    "move": (caseload.move, ("escalate", "why")),
    "conclude": (caseload.conclude, (Outcome.INCONCLUSIVE, "why")),
    "grade": (caseload.grade, (Severity.S1, "why")),
    "write": (caseload.write, ("a note",)),
    "set_tasks": (caseload.set_tasks, ("template", ["a task"])),
    "grant": (caseload.grant, ("ada",)),
    "revoke": (caseload.revoke, ("anna",)),
    "contain": (containment.contain, (Containment.BLOCK_LINK, "x.example", "why")),
}


@pytest.mark.parametrize("name", STEPS)
def test_no_step_in_a_case_is_for_who_may_not_work_or_may_not_know_of_it(work: Work, name: str) -> None:
    step, told = STEPS[name]
    seen = work.case(Severity.S0, ready=False)
    hidden = work.case(Severity.S0, by=ANNA, ready=False, restricted=True)
    for who in (POLLY, OTTO):
        with pytest.raises(NotPermitted):
            work.do(who, step, seen, *told)
    with pytest.raises(CaseError, match=f"no case '{hidden}'"):
        work.do(LENA, step, hidden, *told)


def test_who_may_not_work_opens_takes_and_finishes_nothing(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.set_tasks, key, "template", ["a task"])
    for who in (POLLY, OTTO):
        for step, told in (
            (caseload.open_case, ("a case", Severity.S2)),
            (caseload.claim_next, ()),
            (caseload.finish, (work.rows(tasks)[0]["id"],)),
        ):
            with pytest.raises(NotPermitted):
                work.do(who, step, *told)


def test_nothing_that_hangs_on_a_hidden_case_is_there_for_others(work: Work) -> None:
    key = work.case(ready=False, track=caseload.Track.MARKET)
    work.do(ANNA, caseload.set_tasks, key, "template", ["a task"])
    with pytest.raises(CaseError, match="no task"):
        work.do(LENA, caseload.finish, work.rows(tasks)[0]["id"])
    work.do(ANNA, caseload.write, key, "an internal note")
    work.do(LEAD, caseload.grant, key, "polly")
    one = work.do(ANNA, alerts.take, alert())
    with pytest.raises(NotPermitted, match="may not work"):
        work.do(POLLY, alerts.promote, one, key)


def test_the_queue_of_alerts_is_for_who_may_see_findings(work: Work) -> None:
    with work.book.look(VERA, "alerts") as look, pytest.raises(NotPermitted, match="may not see"):
        alerts.queue(look)
    with work.book.look(VERA, "alerts") as look, pytest.raises(NotPermitted, match="may not see"):
        alerts.counts(look)


@pytest.mark.parametrize("step", [four_eyes.approve, four_eyes.refuse, four_eyes.withdraw], ids=lambda s: s.__name__)
def test_nobody_answers_a_proposal_of_a_hidden_case_by_its_id_alone(work: Work, step: Callable[..., Any]) -> None:
    answer = proposed(work, restricted=True)
    with pytest.raises(CaseError, match=f"no proposal '{answer['id']}'"):
        work.do(LUIS, step, answer["id"], answer["hash"])


NEEDS = {"indicators": "x.example", "first_seen": "2026-03-02T08:55Z"}
QUESTION = {"question": "May we act in DE?", "track": "platform", "jurisdictions": "DE", "snapshot": "ab" * 32}


def emergency(work: Work, **more: Any) -> tuple[str, str]:
    """A case of severity S0 and its emergency, which lena commands; of a restricted one anna and she know."""
    case_id = work.case(Severity.S0, ready=False, **more)
    if more:
        work.do(LEAD, caseload.grant, case_id, "lena")
    return case_id, work.do(LENA, playbook.declare, case_id, "drainer", "a link empties wallets")


@pytest.mark.parametrize("who", [POLLY, OTTO], ids=lambda a: a.name)
def test_who_may_not_work_hands_nothing_over_and_writes_no_log(work: Work, who: Actor) -> None:
    case_id, key = emergency(work)
    with pytest.raises(NotPermitted, match="may not work"):
        work.do(who, handoffs.request, case_id, "security", NEEDS)
    with pytest.raises(NotPermitted, match="may not work"):
        work.do(who, playbook.log, key, "I was there")
    assert work.rows(given) == work.rows(log_entries) == []


@pytest.mark.parametrize("who", [LENA, LUIS, RUTH], ids=lambda a: a.name)
def test_a_hand_off_of_a_case_one_does_not_know_is_not_there(work: Work, who: Actor) -> None:
    case_id = work.case(restricted=True)
    key = work.do(LEAD, handoffs.request, case_id, "legal", QUESTION, person="lea")
    work.do(LEGAL, handoffs.give_back, key, "which countries?")
    for step, told in ((handoffs.ask_again, {}), (handoffs.withdraw, "solved")):
        with pytest.raises(CaseError, match=f"no handoff '{key}'") as refused:
            work.do(who, step, key, told)
        assert case_id not in str(refused.value)
    assert work.row(given, key)["state"] == "returned"
    work.do(ANNA, handoffs.ask_again, key, {"jurisdictions": "DE, FR"})
    work.do(ANNA, handoffs.withdraw, key, "solved")


def test_what_a_desk_need_not_be_told_may_be_left_out_but_not_be_anything(work: Work) -> None:
    office, case_id = work.book.office, work.case()
    when = forms.Field("when", "how soon", choices=("soon", "later"))
    desk = replace(office.desks["security"], fields=(*office.desks["security"].fields, when))
    work.book.office = replace(office, desks={**office.desks, "security": desk})
    with pytest.raises(CaseError, match="when is 'never', not one of: soon, later"):
        work.do(ANNA, handoffs.request, case_id, "security", NEEDS | {"when": "never"})
    for answer in ("", "soon"):
        key = work.do(ANNA, handoffs.request, case_id, "security", NEEDS | {"when": answer})
        assert work.row(given, key)["told"].get("when", "") == answer


def test_an_emergency_of_a_case_one_does_not_know_is_not_there(work: Work) -> None:
    case_id, key = emergency(work, restricted=True)
    said = dict.fromkeys(work.book.office.review, "as the log says")
    steps: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
        (playbook.log, ("I should not know",)),
        (playbook.hand_over, ("luis", "mine")),
        (playbook.contained, ()),
        (playbook.resolve, ("over",)),
        (playbook.stand_down, ("over",)),
        (playbook.review, (said,)),
    )
    for ended in (False, True):
        if ended:
            work.do(LENA, playbook.stand_down, key, "a test of a researcher's")
        for step, told in steps:
            with pytest.raises(CaseError, match=f"no emergency '{key}'") as refused:
                work.do(LUIS, step, key, *told)
            assert case_id not in str(refused.value)
    with work.book.look(LUIS, "case", case_id) as look, pytest.raises(CaseError, match=f"no case '{case_id}'"):
        playbook.standing(look, case_id)
    assert [e["state"] for e in work.rows(emergencies)] == ["stood_down"]


def test_no_program_commands_an_emergency_whatever_its_roles_or_its_name(work: Work) -> None:
    _, key = emergency(work)
    for who in (BOT, replace(BOT, name="lena")):
        for step, told in (
            (playbook.hand_over, {"person": "luis", "why": "it is late"}),
            (playbook.contained, {"left": "nobody is affected"}),
            (playbook.stand_down, {"why": "nobody is affected"}),
        ):
            with pytest.raises(NotPermitted, match="lena commands"):
                work.do(who, step, key, **told)
    row = work.row(emergencies, key)
    assert (row["state"], row["commander"]) == ("declared", "lena")


def test_nobody_of_legal_releases_in_a_case_they_do_not_know(work: Work) -> None:
    answer = proposed(work, restricted=True)
    work.do(LEAD, caseload.grant, answer["case_id"], "lena")
    decision = work.do(LENA, decisions.approve, answer["id"], answer["hash"])
    told = (answer["case_id"], releases.Step.ENFORCE, decision, "nothing stands against it")
    with pytest.raises(CaseError, match=f"no case '{answer['case_id']}'"):
        work.do(LEGAL, releases.release, *told)
    assert work.rows(released) == []
    work.do(LEAD, caseload.grant, answer["case_id"], "lea")
    work.do(LEGAL, releases.release, *told)
