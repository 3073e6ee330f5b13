"""Four eyes: what somebody proposes, another approves, and the approval is of this very text.

Every way in comes through here, from a page, the command line or a job over many: the rules are kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from cases.audit import sha256
from cases.casebook import Change
from cases.caseload import within
from cases.lifecycles import PROPOSAL, ProposalState
from cases.people import Kind
from cases.storage.schema import proposals
from graph.errors import NotPermitted, StaleCase

LASTS = timedelta(hours=24)


def propose(
    change: Change, case_id: str, kind: str, content: str, grounds: Sequence[str], *, subject: str = ""
) -> RowMapping:
    """Lay something before a second person."""
    values: dict[str, Any] = {"case_id": case_id, "kind": kind, "subject": subject, "state": ProposalState.PROPOSED}
    values |= {"hash": sha256(content), "content": content, "grounds": list(grounds)}
    values |= {"proposed_by": change.actor.name, "proposed_at": change.now, "expires_at": change.now + LASTS}
    return change.row(proposals, change.add("propose", proposals, values))


def approve(change: Change, proposal_id: str, seen: str, *, apart_from: Collection[str] = ()) -> RowMapping:
    """Approve a proposal; gives it as it was. What it says is then done by who called this.

    Parameters
    ----------
    seen : str
        Hash of the text that the approver read.
    apart_from : collection of str
        Others who may not approve it either.

    Raises
    ------
    NotPermitted
        The approver proposed it, is no person, or is one of those others; or nobody is known to have proposed it.
    StaleCase
        It is not what the approver read, or its time has passed.
    """
    row = within(change, proposals, proposal_id)
    where = f"proposal {proposal_id}"
    if change.actor.kind is not Kind.PERSON:
        raise NotPermitted("a program approves nothing", where, "ask a person")
    if not row["proposed_by"] or change.actor.name == row["proposed_by"]:
        raise NotPermitted("who proposes does not approve", where, "ask somebody else, whatever your role is")
    if change.actor.name in apart_from:
        raise NotPermitted("who decided it before does not approve this", where, "ask somebody else")
    if seen != row["hash"] or sha256(row["content"]) != row["hash"]:
        raise StaleCase("it is not what you read", where, "read it again")
    if row["expires_at"] <= change.now:
        raise StaleCase("its time has passed", where, "propose it again")
    change.step(PROPOSAL, proposals, row, "approve", answered_by=change.actor.name, answered_at=change.now)
    return row


def refuse(change: Change, proposal_id: str, why: str) -> RowMapping:
    """Say no to a proposal, and why."""
    return _end(change, proposal_id, "refuse", why)


def withdraw(change: Change, proposal_id: str, why: str) -> RowMapping:
    """Take one's own proposal back.

    Raises
    ------
    NotPermitted
        It is somebody else's.
    """
    row = within(change, proposals, proposal_id)
    if row["proposed_by"] != change.actor.name:
        raise NotPermitted("it is somebody else's", f"proposal {proposal_id}", "refuse it instead")
    return _end(change, proposal_id, "withdraw", why)


def overdue(change: Change) -> list[RowMapping]:
    """Let those expire whose time has passed; gives them."""
    late = (proposals.c.state == ProposalState.PROPOSED, proposals.c.expires_at <= change.now)
    found = change.rows(proposals, *late, order=proposals.c.id)
    for row in found:
        change.step(PROPOSAL, proposals, row, "expire", answered_at=change.now)
    return found


def _end(change: Change, proposal_id: str, name: str, why: str) -> RowMapping:
    row = within(change, proposals, proposal_id)
    answer = {"answered_by": change.actor.name, "answered_at": change.now, "reason": why}
    change.step(PROPOSAL, proposals, row, name, why=why, **answer)
    return row
