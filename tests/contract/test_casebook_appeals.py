"""Appeals and emergency measures, over each database."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cases import appeals, caseload, containment, decisions
from cases.containment import Containment
from cases.drafts import Measure
from cases.lifecycles import AppealState, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.schema import actions, cases, containments, outbox, proposals
from cases.storage.schema import appeals as rows
from cases.storage.schema import decisions as decision_rows
from cases.sweep import sweep
from graph.errors import ApprovalRequired, CaseError, IllegalTransition, NotPermitted
from tests.casework import ACCOUNTS, ANNA, BOSS, BOT, LENA, LUIS, ONLOOKER, RUTH, Work, draft

RITA = Actor("rita", frozenset({Role.REVIEWER}))
POLLY = Actor("polly", frozenset({Role.POLICY}))


def assigned(work: Work, decision: str, reviewer: Actor = RUTH) -> str:
    key: str = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "I only answered a friend.")
    work.do(RUTH, appeals.acknowledge, key)
    work.do(LUIS, appeals.assign, key, reviewer.name)
    return key


def topics(work: Work) -> list[str]:
    clocks = {"at_risk", "breached"}  # of severity S0 run out beside it, and have tests of their own
    return sorted(m["topic"] for m in work.rows(outbox) if m["topic"] not in clocks)


def test_one_step_answers_and_reverses(work: Work) -> None:
    case_id, decision = work.decided()
    key = assigned(work, decision)
    work.do(RUTH, appeals.resolve, key, AppealState.REVERSED, "the posts disclose it")
    assert (work.row(rows, key)["state"], work.row(rows, key)["resolved_at"]) == ("reversed", work.clock.now)
    assert {a["state"] for a in work.rows(actions)} == {"reversed"}
    assert topics(work) == ["enforce"] * 3 + ["reverse"] * 3
    after = next(d for d in work.rows(decision_rows) if d["supersedes"] == decision)
    assert (after["decided_by"], after["outcome"], orjson.loads(after["content"])["actions"]) == (
        "ruth",
        "no_violation",
        [],
    )
    assert work.row(cases, case_id)["outcome"] == "no_violation"


def test_a_part_is_reversed_and_the_rest_stands(work: Work) -> None:
    _, decision = work.decided()
    key = assigned(work, decision)
    for reverse, wrong in (((), "none of its actions"), ([f"post-of-{a}" for a in ACCOUNTS], "all of its actions")):
        with pytest.raises(CaseError, match=wrong):
            work.do(RUTH, appeals.resolve, key, AppealState.PARTIALLY_REVERSED, "one is a friend", reverse=reverse)
    reverse = [f"post-of-{ACCOUNTS[0]}"]
    work.do(RUTH, appeals.resolve, key, AppealState.PARTIALLY_REVERSED, "one is a friend", reverse=reverse)
    assert sorted(a["state"] for a in work.rows(actions)) == ["reversed", "sent", "sent"]
    assert topics(work).count("reverse") == 1


@pytest.mark.parametrize("outcome", [AppealState.UPHELD, AppealState.OMITTED])
def test_other_answers_change_nothing_of_the_decision(work: Work, outcome: AppealState) -> None:
    _, decision = work.decided()
    key = assigned(work, decision)
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(RUTH, appeals.resolve, key, outcome, "")
    work.do(RUTH, appeals.resolve, key, outcome, "the posts are the same")
    assert len(work.rows(decision_rows)) == 1
    assert {a["state"] for a in work.rows(actions)} == {"sent"}
    with pytest.raises(IllegalTransition, match="it has ended"):
        work.do(RUTH, appeals.resolve, key, AppealState.REVERSED, "after all")
    assigned(work, decision)  # the same person may ask once more


def test_who_decided_does_not_review(work: Work) -> None:
    _, decision = work.decided(Severity.S1)
    key = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "no")
    work.do(RUTH, appeals.acknowledge, key)
    for involved in ("anna", "lena"):
        with pytest.raises(NotPermitted, match=f"{involved} decided it"):
            work.do(LUIS, appeals.assign, key, involved)
    work.do(LUIS, appeals.assign, key, "ruth")
    for other in (BOSS, LUIS, Actor("lena", frozenset(Role))):
        with pytest.raises(NotPermitted, match="not yours"):
            work.do(other, appeals.resolve, key, AppealState.UPHELD, "fine")
    with pytest.raises(NotPermitted, match="a person answers"):
        work.do(BOT, appeals.resolve, key, AppealState.UPHELD, "fine")


@pytest.mark.parametrize("severity", [Severity.S0, Severity.S1])
def test_a_grave_decision_is_reversed_by_two_others(work: Work, severity: Severity) -> None:
    _, decision = work.decided(severity, Measure.SUSPEND_ACCOUNT)
    key = assigned(work, decision)
    with pytest.raises(ApprovalRequired, match=f"of {severity} is reversed by two"):
        work.do(RUTH, appeals.resolve, key, AppealState.REVERSED, "hijacked")
    with pytest.raises(CaseError, match="needs nobody else"):
        work.do(RUTH, appeals.propose, key, AppealState.UPHELD, "fine")
    proposal = work.do(RUTH, appeals.propose, key, AppealState.REVERSED, "hijacked")
    for other, wrong in ((Actor("ruth", frozenset(Role)), "who proposes"), (LENA, "decided it before"), (BOT, "progr")):
        with pytest.raises(NotPermitted, match=wrong):
            work.do(other, appeals.approve, proposal["id"], proposal["hash"])
    with pytest.raises(CaseError, match="it proposes a reversal"):
        work.do(LUIS, decisions.approve, proposal["id"], proposal["hash"])
    work.do(POLLY, appeals.approve, proposal["id"], proposal["hash"])
    after = next(d for d in work.rows(decision_rows) if d["supersedes"] == decision)
    assert (after["decided_by"], after["approved_by"]) == ("ruth", "polly")
    assert {a["state"] for a in work.rows(actions)} == {"reversed"}


def test_an_appeal_is_against_what_holds(work: Work) -> None:
    case_id, decision = work.decided()
    with pytest.raises(CaseError, match="does not say why"):
        work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], " ")
    key = assigned(work, decision)
    with pytest.raises(CaseError, match="their appeal is open"):
        work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "again")
    other = work.do(RUTH, appeals.receive, decision, ACCOUNTS[1], "me too")
    work.do(RUTH, appeals.resolve, key, AppealState.REVERSED, "the posts disclose it")
    with pytest.raises(CaseError, match="another decision took its place"):
        work.do(RUTH, appeals.receive, decision, ACCOUNTS[2], "and I")
    work.do(RUTH, appeals.acknowledge, other)
    work.do(LUIS, appeals.assign, other, "ruth")
    with pytest.raises(CaseError, match="another decision took its place"):
        work.do(RUTH, appeals.resolve, other, AppealState.REVERSED, "so here")
    work.do(RUTH, appeals.resolve, other, AppealState.OMITTED, "already reversed")
    assert work.row(cases, case_id)["outcome"] == "no_violation"


def test_only_who_hears_appeals_receives_one(work: Work) -> None:
    _, decision = work.decided()
    with pytest.raises(NotPermitted):
        work.do(ANNA, appeals.receive, decision, ACCOUNTS[0], "no")


def emergency(work: Work, kind: Containment, **more: Any) -> tuple[str, str]:
    case_id = work.case(Severity.S0, ready=False)
    key: str = work.do(LENA, containment.contain, case_id, kind, ACCOUNTS[0], "live drainer", **more)
    return case_id, key


def test_one_lead_contains_an_emergency_with_a_reason(work: Work) -> None:
    case_id, key = emergency(work, Containment.BLOCK_LINK)
    assert topics(work) == ["contain"]
    for why, subject in ((" ", "x.example"), ("live drainer", "")):
        with pytest.raises(CaseError, match="a subject and a reason"):
            work.do(LENA, containment.contain, case_id, Containment.BLOCK_LINK, subject, why)
    for other in (ANNA, BOT):
        with pytest.raises(NotPermitted):
            work.do(other, containment.contain, case_id, Containment.BLOCK_LINK, "x.example", "live drainer")
    with pytest.raises(CaseError, match="of severity S2"):
        work.do(LENA, containment.contain, work.case(), Containment.BLOCK_LINK, "x.example", "spam")
    with pytest.raises(NotPermitted, match="who took it"):
        work.do(Actor("lena", frozenset(Role)), containment.approve, key)
    work.do(LUIS, containment.approve, key)
    work.clock.later(hours=5)
    assert sweep(work.book).overdue == ()
    work.do(LENA, containment.release, key, "the page is gone")
    assert topics(work) == ["contain", "release"]


def test_no_measure_before_a_decision_ends_an_account() -> None:
    assert {c.value for c in Containment} == {"limit_reach", "block_link"}


def test_reach_is_limited_of_accounts_with_evidence_of_their_own_alone(work: Work) -> None:
    case_id = work.case(Severity.S0)
    for account in (ONLOOKER, "local/stranger"):
        with pytest.raises(CaseError, match=f"no evidence against {account} itself"):
            work.do(LENA, containment.contain, case_id, Containment.LIMIT_REACH, account, "live drainer")
    assert work.do(LENA, containment.contain, case_id, Containment.BLOCK_LINK, "x.example", "live drainer")


@pytest.mark.parametrize(
    ("kind", "state", "sent"),
    [
        (Containment.LIMIT_REACH, "released", ["contain", "page", "release"]),
        (Containment.BLOCK_LINK, "paged", ["contain", "page"]),
    ],
)
def test_after_four_hours_it_pages_and_accounts_are_released(
    work: Work, kind: Containment, state: str, sent: list[str]
) -> None:
    _, key = emergency(work, kind)
    work.clock.later(hours=3, minutes=59)
    assert sweep(work.book).overdue == ()
    work.clock.later(minutes=1)
    assert sweep(work.book).overdue == (key,)
    assert work.row(containments, key)["state"] == state
    assert topics(work) == sent
    assert sweep(work.book).overdue == ()
    if state == "paged":
        work.do(LUIS, containment.approve, key)


def test_a_measure_of_a_case_one_may_not_know_of_is_not_there(work: Work) -> None:
    case_id = work.do(LENA, caseload.open_case, "a pump", Severity.S0, restricted=True)
    key = work.do(LENA, containment.contain, case_id, Containment.BLOCK_LINK, "x.example", "live drainer")
    with pytest.raises(CaseError, match="no containment"):
        work.do(LUIS, containment.approve, key)
    assert RITA.name != LUIS.name


def test_what_hangs_on_a_case_one_may_not_know_of_is_not_there(work: Work) -> None:
    key = work.case(by=LENA, restricted=True)
    decision = work.do(LENA, decisions.decide, key, draft())
    appeal = work.do(LENA, appeals.receive, decision, "local/a1", "it was a joke")
    (action, *_) = work.do(LENA, decisions.enforce, key)
    for step, told in (
        (appeals.receive, (decision, "local/a2", "no")),
        (appeals.acknowledge, (appeal,)),
        (appeals.assign, (appeal, "ruth")),
        (decisions.confirm, (action,)),
    ):
        with pytest.raises(CaseError, match=r"no (decision|appeal|action) '"):
            work.do(BOSS, step, *told)


def test_a_proposed_reversal_is_refused_or_taken_back(work: Work) -> None:
    _, decision = work.decided(Severity.S1)
    appeal = assigned(work, decision)
    for step, who, state in ((appeals.refuse, LUIS, "refused"), (appeals.withdraw, RUTH, "withdrawn")):
        proposal = work.do(RUTH, appeals.propose, appeal, AppealState.REVERSED, "so it was")
        with pytest.raises(CaseError, match="proposes a reversal"):
            work.do(who, decisions.refuse, proposal["id"], "not here")
        work.do(who, step, proposal["id"], "look again")
        assert work.row(proposals, proposal["id"])["state"] == state
        assert work.row(rows, appeal)["state"] == "assigned"
