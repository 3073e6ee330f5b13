"""Decisions: made by one person or by two, never changed after; a correction supersedes the one before."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import RowMapping, select

from cases import proposals
from cases.audit import sha256
from cases.casebook import Change, Look
from cases.caseload import find, within
from cases.drafts import Draft, check, draft_from, grounds_for_approval
from cases.escalation import releases, ticking
from cases.escalation.releases import Step
from cases.lifecycles import ACTION, CASE, ActionState
from cases.outbox import put
from cases.people import Kind
from cases.roles import Permission
from cases.storage.evidence import snapshots
from cases.storage.schema import actions, cases, decisions, subjects
from cases.storage.schema import proposals as proposal_rows
from graph.errors import ApprovalRequired, CaseError, NotPermitted

KIND = "decision"


def decide(change: Change, case_id: str, draft: Draft, *, protected: Collection[str] = ()) -> str:
    """Make a decision alone; gives its id.

    Raises
    ------
    ApprovalRequired
        A second person must approve it.
    NotPermitted
        The actor is a program.
    """
    change.actor.need(Permission.PROPOSE, f"case {case_id}")
    if change.actor.kind is not Kind.PERSON:
        raise NotPermitted("a program proposes, and decides nothing", f"case {case_id}", "propose it")
    row = find(change, case_id)
    _checked(change, row, draft)
    if grounds := grounds_for_approval(draft, protected):
        raise ApprovalRequired(f"a second person must approve: {', '.join(grounds)}", f"case {case_id}", "propose it")
    change.step(CASE, cases, row, "decide", outcome=draft.outcome.value, severity=draft.severity.value)
    return _write(change, row, draft, change.actor.name)


def propose(change: Change, case_id: str, draft: Draft, *, protected: Collection[str] = ()) -> RowMapping:
    """Lay a decision before a second person; gives the proposal, whose hash the approval must name."""
    change.actor.need(Permission.PROPOSE, f"case {case_id}")
    row = find(change, case_id)
    _checked(change, row, draft)
    change.step(CASE, cases, row, "propose")
    grounds = grounds_for_approval(draft, protected) or ["asked for"]
    return proposals.propose(change, case_id, KIND, draft.content(), grounds)


def approve(change: Change, proposal_id: str, seen: str) -> str:
    """Approve a proposed decision, which makes it; gives its id. See :func:`cases.proposals.approve`.

    Raises
    ------
    CaseError
        The proposal is of something else, or the case is no longer about those it acts on.
    """
    case_id = _proposal(change, proposal_id)["case_id"]
    row = find(change, case_id)
    proposal = proposals.approve(change, proposal_id, seen)
    draft = draft_from(proposal["content"])
    check(draft, _about(change, case_id), f"case {case_id}")
    change.step(CASE, cases, row, "approve", outcome=draft.outcome.value, severity=draft.severity.value)
    return _write(change, row, draft, proposal["proposed_by"], approved_by=change.actor.name, proposal_id=proposal_id)


def refuse(change: Change, proposal_id: str, why: str) -> None:
    """Say no to a proposed decision: the case waits for another."""
    _back(change, proposal_id, proposals.refuse, why)


def withdraw(change: Change, proposal_id: str, why: str) -> None:
    """Take one's own proposed decision back."""
    _back(change, proposal_id, proposals.withdraw, why)


def in_force(look: Look, case_id: str) -> RowMapping | None:
    """The decision that holds: the one that no other supersedes; None where none was made."""
    after = select(decisions.c.supersedes).where(decisions.c.supersedes.is_not(None))
    query = select(decisions).where(decisions.c.case_id == case_id, decisions.c.id.not_in(after))
    return look.connection.execute(query).mappings().first()


def enforce(change: Change, case_id: str) -> list[str]:
    """Send what the decision in force says to those who carry it out; gives the actions' ids.

    Raises
    ------
    CaseError
        There is no decision.
    NotPermitted
        It waits for Legal's release (:mod:`cases.escalation.releases`).
    """
    change.actor.need(Permission.ENFORCE, f"case {case_id}")
    row = find(change, case_id)
    decision = in_force(change, case_id)
    if decision is None:
        raise CaseError("nothing is decided", f"case {case_id}", "decide first")
    change.step(CASE, cases, row, "enforce")
    releases.need(change, case_id, Step.ENFORCE, decision["id"])
    waiting = (actions.c.case_id == case_id, actions.c.state == ActionState.DECIDED)
    sent = change.rows(actions, *waiting, order=actions.c.id)
    for action in sent:
        change.step(ACTION, actions, action, "send")
        put(change, "enforce", action["id"], {"decision": decision["id"], **_named(action)})
    return [str(a["id"]) for a in sent]


def confirm(change: Change, action_id: str) -> None:
    """Note that the platform did what an action says."""
    change.actor.need(Permission.ENFORCE, f"action {action_id}")
    change.step(ACTION, actions, within(change, actions, action_id), "confirm")


def supersede(
    change: Change, row: RowMapping, draft: Draft, *, decided_by: str, approved_by: str | None, why: str
) -> str:
    """Put a decision in the place of the one in force, whatever state the case is in; gives its id."""
    change.alter("overturn", cases, row, {"outcome": draft.outcome.value}, why)
    return _write(change, row, draft, decided_by, approved_by=approved_by, why=why)


def _write(
    change: Change,
    row: RowMapping,
    draft: Draft,
    decided_by: str,
    *,
    approved_by: str | None = None,
    proposal_id: str | None = None,
    why: str = "a later decision does not say it",
) -> str:
    before = in_force(change, row["id"])
    content = draft.content()
    made = {
        "case_id": row["id"],
        "hash": sha256(content),
        "content": content,
        "outcome": draft.outcome.value,
        "severity": draft.severity.value,
        "decided_by": decided_by,
        "approved_by": approved_by,
        "proposal_id": proposal_id,
        "supersedes": before["id"] if before else None,
        "at": change.now,
    }
    decision_id = change.add("decide", decisions, made)
    ticking.meet(change, row["id"], *ticking.DECISION)
    releases.draw(change, row["id"], decision_id, Step.ENFORCE, Step.NOTICE)
    standing = _take_back(change, row["id"], draft, why)
    for action in draft.actions:
        if (action.measure.value, action.subject) not in standing:
            told = {"decision_id": decision_id, "case_id": row["id"], "subject": action.subject}
            told |= {"kind": action.measure.value, "state": ActionState.DECIDED}
            change.add("decide", actions, {**told, "updated_at": change.now})
    return decision_id


def _take_back(change: Change, case_id: str, draft: Draft, why: str) -> set[tuple[str, str]]:
    """Reverse what the case's actions do and the draft does not say; gives those that stay."""
    said = {(a.measure.value, a.subject) for a in draft.actions}
    staying = set()
    standing = (actions.c.case_id == case_id, actions.c.state != ActionState.REVERSED)
    for action in change.rows(actions, *standing, order=actions.c.id):
        key = (action["kind"], action["subject"])
        if key in said:
            staying.add(key)
            continue
        change.step(ACTION, actions, action, "reverse", why=why, reason=why)
        if action["state"] != ActionState.DECIDED:
            put(change, "reverse", action["id"], {"decision": action["decision_id"], **_named(action)})
    return staying


def _checked(change: Change, row: RowMapping, draft: Draft) -> None:
    by_program = change.actor.kind is not Kind.PERSON
    check(draft, _about(change, row["id"]), f"case {row['id']}", by_program=by_program)
    own = change.connection.execute(select(snapshots.c.id).where(snapshots.c.case_id == row["id"])).scalars()
    if strange := set(draft.snapshots) - set(own):
        told = ", ".join(sorted(strange))
        raise CaseError(f"it rests on what is no snapshot of the case: {told}", f"case {row['id']}", "freeze one first")


def _about(look: Look, case_id: str) -> dict[str, bool]:
    return {r["account"]: r["own_evidence"] for r in look.rows(subjects, subjects.c.case_id == case_id)}


def _proposal(change: Change, proposal_id: str) -> RowMapping:
    row = within(change, proposal_rows, proposal_id)
    if row["kind"] != KIND:
        raise CaseError(f"it proposes a {row['kind']}", f"proposal {proposal_id}", "answer it where it belongs")
    return row


def _back(change: Change, proposal_id: str, answer: Callable[[Change, str, str], RowMapping], why: str) -> None:
    case_row = find(change, _proposal(change, proposal_id)["case_id"])
    answer(change, proposal_id, why)
    change.step(CASE, cases, case_row, "refuse", why=why)


def _named(action: RowMapping) -> dict[str, str]:
    return {"action": action["id"], "measure": action["kind"], "subject": action["subject"]}
