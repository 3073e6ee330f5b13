"""Hand-offs: a case given to Legal, Compliance, Policy, Communications or Security, with what they need to answer.

The case itself goes on. One that only its access list may know of is handed to a person by name, who is put on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, select

from cases.casebook import Change, Look
from cases.caseload import find, visible, within
from cases.escalation.forms import Desk
from cases.escalation.reaching import closed, let_in, whom
from cases.lifecycles import HANDOFF, HandoffState, Severity
from cases.outbox import put
from cases.people import Kind
from cases.roles import Permission
from cases.storage.escalation import handoffs
from cases.storage.schema import cases
from graph.errors import CaseError, NotPermitted

OPEN = (HandoffState.REQUESTED, HandoffState.ACCEPTED)
_MOST = 10_000  # characters of one answer


def desk(look: Look, team: str) -> Desk:
    """A team's desk: what it needs, and how long it has.

    Raises
    ------
    CaseError
        There is none.
    """
    found = look.office.desks.get(team)
    if found is None:
        raise CaseError(f"there is no desk {team!r}", hint=f"one of: {', '.join(look.office.desks)}")
    return found


def request(change: Change, case_id: str, team: str, told: Mapping[str, str], *, person: str = "") -> str:
    """Hand a case to a team; gives the hand-off's id.

    Parameters
    ----------
    told : mapping of str to str
        What the team needs, by the names of the desk's fields.
    person : str
        Whom it is given to; empty for anybody of the team, where the case is not closed to others.

    Raises
    ------
    CaseError
        Something that the team needs is missing, or is not one of the answers it may be.
    NotPermitted
        The case is closed to others, and the actor may not let this person know of it.
    """
    change.actor.need(Permission.WORK)
    case = find(change, case_id)
    wanted = desk(change, team)
    kept = _checked(wanted, told, f"case {case_id}")
    if closed(case):
        let_in(change, case, person, team)
    due = change.office.due(wanted.due, Severity(case["severity"]), case["track"], change.now)
    values: dict[str, Any] = {"case_id": case_id, "team": team, "person": person or None, "state": HANDOFF.first}
    values |= {"told": kept, "asked_by": change.actor.name, "asked_at": change.now, "due_at": due}
    key = change.add("request", handoffs, values)
    page = [person] if person else whom(change, case, team)
    put(change, "handoff", key, {"case": case_id, "team": team, "due": due.isoformat(), "page": page})
    return key


def accept(change: Change, handoff_id: str) -> None:
    """Say that one is at it."""
    row = _theirs(change, handoff_id)
    change.step(HANDOFF, handoffs, row, "accept", accepted_by=change.actor.name)


def answer(change: Change, handoff_id: str, text: str) -> None:
    """Answer a hand-off.

    Raises
    ------
    CaseError
        The answer is empty.
    NotPermitted
        The actor is a program, or of another team.
    """
    row = _theirs(change, handoff_id)
    if not text.strip():
        raise CaseError("the answer is empty", f"hand-off {handoff_id}", "write it, or give it back with a reason")
    said: dict[str, Any] = {"answer": text.strip(), "answered_by": change.actor.name, "answered_at": change.now}
    change.step(HANDOFF, handoffs, row, "answer", **said)


def give_back(change: Change, handoff_id: str, why: str) -> None:
    """Give a hand-off back unanswered, and say what is missing."""
    row = _theirs(change, handoff_id)
    change.step(HANDOFF, handoffs, row, "give_back", why=why, reason=why)


def ask_again(change: Change, handoff_id: str, told: Mapping[str, str]) -> None:
    """Ask again with what was missing; the time begins anew."""
    row = within(change, handoffs, handoff_id)
    case = find(change, row["case_id"])
    wanted = desk(change, row["team"])
    kept = _checked(wanted, {**row["told"], **told}, f"hand-off {handoff_id}")
    due = change.office.due(wanted.due, Severity(case["severity"]), case["track"], change.now)
    new: dict[str, Any] = {"told": kept, "due_at": due, "raised_at": None, "reason": "", "accepted_by": None}
    change.step(HANDOFF, handoffs, row, "ask_again", **new)


def withdraw(change: Change, handoff_id: str, why: str) -> None:
    """Take a hand-off back: its answer is not needed any more."""
    change.step(HANDOFF, handoffs, within(change, handoffs, handoff_id), "withdraw", why=why, reason=why)


def waiting(look: Look, team: str = "") -> list[RowMapping]:
    """Open hand-offs of cases that the actor may know of, what is due first at the top.

    Each has the case's ``title`` and ``severity`` too.

    Parameters
    ----------
    team : str
        Only this one's; empty for all.
    """
    where = [visible(look.actor), handoffs.c.state.in_(OPEN)]
    if team:
        where.append(handoffs.c.team == team)
    query = select(handoffs, cases.c.title, cases.c.severity).join(cases, cases.c.id == handoffs.c.case_id)
    return list(look.connection.execute(query.where(*where).order_by(handoffs.c.due_at, handoffs.c.id)).mappings())


def overdue(change: Change) -> list[str]:
    """Say once of each open hand-off whose time has passed that it is late; gives their ids."""
    late = (handoffs.c.state.in_(OPEN), handoffs.c.due_at <= change.now, handoffs.c.raised_at.is_(None))
    found = change.rows(handoffs, *late, order=handoffs.c.id)
    for row in found:
        change.alter("overdue", handoffs, row, {"raised_at": change.now})
        case = change.row(cases, row["case_id"])
        page = [p for p in [row["accepted_by"] or row["person"], *whom(change, case, row["team"], "lead")] if p]
        told = {"case": row["case_id"], "team": row["team"], "due": row["due_at"].isoformat()}
        put(change, "overdue", f"{row['id']}-{row['version']}", told | {"page": list(dict.fromkeys(page))})
    return [str(row["id"]) for row in found]


def _theirs(change: Change, handoff_id: str) -> RowMapping:
    """A hand-off that the actor may answer: a person of the team, or whom it was given to."""
    row = within(change, handoffs, handoff_id)
    where = f"hand-off {handoff_id}"
    if change.actor.kind is not Kind.PERSON:
        raise NotPermitted("a person answers a hand-off", where)
    named = change.actor.name in {row["person"], *change.office.people(row["team"])}
    if not named and not change.actor.roles & desk(change, row["team"]).roles:
        raise NotPermitted(f"it is for {row['team']} to answer", where, "have it given to you by name")
    return row


def _checked(wanted: Desk, told: Mapping[str, str], where: str) -> dict[str, str]:
    kept = {name: text.strip() for name, text in told.items() if text.strip()}
    wrong = [f"{name} is not asked for" for name in sorted(set(kept) - {f.name for f in wanted.fields})]
    for field in wanted.fields:
        given = kept.get(field.name, "")
        if field.required and not given:
            wrong.append(f"{field.name} is missing ({field.about})")
        elif given and field.choices and given not in field.choices:
            wrong.append(f"{field.name} is {given!r}, not one of: {', '.join(field.choices)}")
        elif len(given) > _MOST:
            wrong.append(f"{field.name} is longer than {_MOST} characters")
    if wrong:
        raise CaseError(f"{wanted.title} cannot answer: {'; '.join(wrong)}", where, "say it, then hand it over")
    return kept
