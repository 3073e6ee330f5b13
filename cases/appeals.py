"""Appeals: reviewed by a person who neither made nor approved the decision; one step reverses what was done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import orjson
from sqlalchemy import RowMapping

from cases import proposals
from cases.audit import canonical
from cases.casebook import Change
from cases.caseload import within
from cases.decisions import in_force, supersede
from cases.drafts import Draft, draft_from
from cases.escalation import releases
from cases.escalation.releases import Step
from cases.lifecycles import APPEAL, AppealState, Outcome, Severity
from cases.people import Kind
from cases.roles import Permission
from cases.storage.schema import appeals, cases, decisions
from cases.storage.schema import proposals as proposal_rows
from graph.errors import ApprovalRequired, CaseError, NotPermitted

KIND = "reversal"
_MOVES = {
    AppealState.UPHELD: "uphold",
    AppealState.REVERSED: "reverse",
    AppealState.PARTIALLY_REVERSED: "reverse_partly",
    AppealState.OMITTED: "omit",
}


def receive(change: Change, decision_id: str, appellant: str, text: str) -> str:
    """Take an appeal against the decision in force; gives its id.

    Raises
    ------
    CaseError
        It says nothing, the decision was superseded, or the same person's appeal against it is open.
    """
    change.actor.need(Permission.APPEALS)
    decision = within(change, decisions, decision_id)
    holds = in_force(change, decision["case_id"])
    if holds is None or holds["id"] != decision_id:
        raise CaseError("another decision took its place", f"decision {decision_id}", "appeal against that one")
    if not text.strip():
        raise CaseError("it does not say why", f"decision {decision_id}")
    if change.rows(appeals, appeals.c.decision_id == decision_id, appeals.c.appellant == appellant, _OPEN):
        raise CaseError("their appeal is open", f"decision {decision_id}", "add to that one")
    values = {"case_id": decision["case_id"], "decision_id": decision_id, "appellant": appellant, "text": text}
    key = change.add("receive", appeals, {**values, "state": APPEAL.first, "received_at": change.now})
    releases.draw(change, decision["case_id"], key, Step.ANSWER)
    return key


def acknowledge(change: Change, appeal_id: str) -> None:
    """Say that it has arrived."""
    change.step(APPEAL, appeals, within(change, appeals, appeal_id), "acknowledge")


def assign(change: Change, appeal_id: str, reviewer: str) -> None:
    """Give it to a reviewer.

    Raises
    ------
    NotPermitted
        They made or approved the decision.
    """
    row = within(change, appeals, appeal_id)
    _apart(change.row(decisions, row["decision_id"]), reviewer, appeal_id)
    change.step(APPEAL, appeals, row, "assign", reviewer=reviewer)


def resolve(change: Change, appeal_id: str, outcome: AppealState, why: str, *, reverse: Collection[str] = ()) -> None:
    """Answer an appeal, and reverse at once what the answer reverses.

    Parameters
    ----------
    outcome : AppealState
        One of the four that end it.
    reverse : collection of str
        For a partial reversal, the subjects whose actions are taken back.

    Raises
    ------
    ApprovalRequired
        The decision is of severity S0 or S1: :func:`propose` the reversal.
    NotPermitted
        The actor is not its reviewer, or is a program.
    """
    row = _own(change, appeal_id)
    decision = change.row(decisions, row["decision_id"])
    if outcome in _REVERSALS and decision["severity"] <= Severity.S1:
        where = f"appeal {appeal_id}"
        raise ApprovalRequired(f"a decision of {decision['severity']} is reversed by two", where, "propose it")
    _answer(change, row, outcome, why, reverse)


def propose(
    change: Change, appeal_id: str, outcome: AppealState, why: str, *, reverse: Collection[str] = ()
) -> RowMapping:
    """Lay a reversal before a second person; gives the proposal.

    Raises
    ------
    CaseError
        The outcome reverses nothing, or what it would leave is no decision.
    """
    row = _own(change, appeal_id)
    if outcome not in _REVERSALS:
        raise CaseError(f"{outcome} needs nobody else", f"appeal {appeal_id}", "resolve it")
    _left(draft_from(change.row(decisions, row["decision_id"])["content"]), outcome, why, reverse, appeal_id)
    content = canonical({"appeal": appeal_id, "outcome": outcome, "why": why, "reverse": sorted(reverse)})
    return proposals.propose(change, row["case_id"], KIND, content, ["a reversal of S0 or S1"], subject=appeal_id)


def approve(change: Change, proposal_id: str, seen: str) -> None:
    """Approve a proposed reversal, which does it. Who decided or approved the decision may not."""
    proposal = _proposal(change, proposal_id)
    row = change.row(appeals, proposal["subject"])
    decision = change.row(decisions, row["decision_id"])
    others = {decision["decided_by"], decision["approved_by"]} - {None}
    proposals.approve(change, proposal_id, seen, apart_from=others)
    told = orjson.loads(proposal["content"])
    outcome = AppealState(told["outcome"])
    _answer(change, row, outcome, told["why"], told["reverse"], approved_by=change.actor.name)


def refuse(change: Change, proposal_id: str, why: str) -> None:
    """Say no to a proposed reversal: the appeal waits for another answer."""
    _proposal(change, proposal_id)
    proposals.refuse(change, proposal_id, why)


def withdraw(change: Change, proposal_id: str, why: str) -> None:
    """Take one's own proposed reversal back."""
    _proposal(change, proposal_id)
    proposals.withdraw(change, proposal_id, why)


def _proposal(change: Change, proposal_id: str) -> RowMapping:
    row = within(change, proposal_rows, proposal_id)
    if row["kind"] != KIND:
        raise CaseError(f"it proposes a {row['kind']}", f"proposal {proposal_id}", "answer it where it belongs")
    return row


def _answer(
    change: Change,
    row: RowMapping,
    outcome: AppealState,
    why: str,
    reverse: Collection[str],
    *,
    approved_by: str | None = None,
) -> None:
    if outcome not in _MOVES:
        raise CaseError(f"{outcome} is no answer", f"appeal {row['id']}", f"one of: {', '.join(_MOVES)}")
    change.step(APPEAL, appeals, row, _MOVES[outcome], why=why, reason=why, resolved_at=change.now)
    releases.need(change, row["case_id"], Step.ANSWER, row["id"])
    if outcome not in _REVERSALS:
        return
    decision = in_force(change, row["case_id"])
    if decision is None or decision["id"] != row["decision_id"]:
        raise CaseError("another decision took its place", f"appeal {row['id']}", "omit it, or appeal against that one")
    left = _left(draft_from(decision["content"]), outcome, why, reverse, row["id"])
    supersede(
        change,
        change.row(cases, row["case_id"]),
        left,
        decided_by=str(row["reviewer"]),
        approved_by=approved_by,
        why=f"appeal: {why}",
    )


def _left(draft: Draft, outcome: AppealState, why: str, reverse: Collection[str], appeal_id: str) -> Draft:
    """What a decision still says after the appeal."""
    if outcome is AppealState.REVERSED:
        return replace(draft, outcome=Outcome.NO_VIOLATION, actions=(), ground=None, explanation=why, reference="")
    kept = tuple(a for a in draft.actions if a.subject not in reverse)
    if not kept or len(kept) == len(draft.actions):
        some = "none of its actions" if kept else "all of its actions"
        raise CaseError(
            f"it would reverse {some}", f"appeal {appeal_id}", "name some of the subjects, or answer otherwise"
        )
    return replace(draft, outcome=Outcome.VIOLATION_PARTIAL, actions=kept)


def _own(change: Change, appeal_id: str) -> RowMapping:
    row = within(change, appeals, appeal_id)
    if change.actor.kind is not Kind.PERSON:
        raise NotPermitted("a person answers an appeal", f"appeal {appeal_id}")
    if row["reviewer"] != change.actor.name:
        raise NotPermitted("it is not yours to answer", f"appeal {appeal_id}", "have it assigned to you")
    _apart(change.row(decisions, row["decision_id"]), change.actor.name, appeal_id)
    return row


def _apart(decision: RowMapping, reviewer: str, appeal_id: str) -> None:
    if reviewer in {decision["decided_by"], decision["approved_by"]}:
        raise NotPermitted(f"{reviewer} decided it", f"appeal {appeal_id}", "have somebody else review it")


_REVERSALS = frozenset({AppealState.REVERSED, AppealState.PARTIALLY_REVERSED})
_OPEN = appeals.c.resolved_at.is_(None)
