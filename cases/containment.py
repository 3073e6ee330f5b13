"""Emergency measures before a decision: reach limited or a link blocked, by one lead, for four hours, reversible.

Nothing here can end an account. What nobody approves in time is paged upward; accounts are then released, and a link
stays blocked until somebody reviews it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping

from cases.casebook import Change
from cases.caseload import find, within
from cases.escalation import ticking
from cases.escalation.reaching import whom
from cases.lifecycles import CONTAINMENT, ClockKind, ContainmentState, Severity
from cases.outbox import put
from cases.people import Kind
from cases.roles import Permission
from cases.storage.schema import cases, containments, subjects
from graph.errors import CaseError, NotPermitted

LASTS = timedelta(hours=4)


class Containment(StrEnum):
    """What can be done before a decision."""

    LIMIT_REACH = "limit_reach"
    BLOCK_LINK = "block_link"


def contain(change: Change, case_id: str, kind: Containment, subject: str, why: str) -> str:
    """Take an emergency measure in a case of severity S0; gives its id.

    Raises
    ------
    CaseError
        The case is of another severity, no reason is written, or there is no evidence against the account itself.
    """
    change.actor.need(Permission.CONTAIN, f"case {case_id}")
    row = find(change, case_id)
    if row["severity"] != Severity.S0:
        raise CaseError(
            f"the case is of severity {row['severity']}", f"case {case_id}", "only an emergency is contained"
        )
    if not why.strip() or not subject.strip():
        raise CaseError("it needs a subject and a reason", f"case {case_id}")
    own = {r["account"] for r in change.rows(subjects, subjects.c.case_id == case_id, subjects.c.own_evidence)}
    if kind is Containment.LIMIT_REACH and subject not in own:
        hint = "membership alone is none; block the link instead, or add what is known of the account"
        raise CaseError(f"the case has no evidence against {subject} itself", f"case {case_id}", hint)
    values: dict[str, Any] = {
        "case_id": case_id,
        "kind": kind.value,
        "subject": subject,
        "state": CONTAINMENT.first,
        "reason": why,
    }
    values |= {"opened_by": change.actor.name, "opened_at": change.now, "due": change.now + LASTS}
    key = change.add("contain", containments, values)
    put(change, "contain", key, {"measure": kind.value, "subject": subject})
    ticking.meet(change, case_id, ClockKind.FIRST_DECISION)
    return key


def approve(change: Change, containment_id: str) -> None:
    """Approve an emergency measure after the fact.

    Raises
    ------
    NotPermitted
        The actor took it, or is a program.
    """
    row = within(change, containments, containment_id)
    if change.actor.kind is not Kind.PERSON or change.actor.name == row["opened_by"]:
        raise NotPermitted("who took it does not approve it", f"measure {containment_id}", "ask somebody else")
    change.step(CONTAINMENT, containments, row, "approve", approved_by=change.actor.name)


def release(change: Change, containment_id: str, why: str) -> None:
    """End an emergency measure."""
    row = within(change, containments, containment_id)
    _undo(change, row, "release", why)


def overdue(change: Change) -> list[RowMapping]:
    """Page upward what nobody approved in time, and release accounts; gives what was late."""
    late = (containments.c.state == ContainmentState.CONTAINED, containments.c.due <= change.now)
    found = change.rows(containments, *late, order=containments.c.id)
    for row in found:
        upward = whom(change, change.row(cases, row["case_id"]), "lead")
        told = {"case": row["case_id"], "measure": row["kind"], "due": row["due"].isoformat(), "page": upward}
        put(change, "page", row["id"], told)
        if row["kind"] == Containment.LIMIT_REACH:
            _undo(change, row, "lapse", "not approved in time")
        else:
            change.step(CONTAINMENT, containments, row, "page")
    return found


def _undo(change: Change, row: RowMapping, name: str, why: str) -> None:
    change.step(CONTAINMENT, containments, row, name, why=why)
    put(change, "release", row["id"], {"measure": row["kind"], "subject": row["subject"]})
