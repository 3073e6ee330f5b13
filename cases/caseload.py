"""Cases: opened, claimed by one person, moved along their machine, written in; seen by those who may know of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from cases import alerts as alert_work
from cases.casebook import Change, Look
from cases.escalation import ticking
from cases.lifecycles import CASE, CaseState, ClockKind, Outcome, Severity
from cases.people import Actor
from cases.privacy.listing import for_list
from cases.roles import Permission, Role
from cases.storage.columns import beyond, one
from cases.storage.schema import access, cases, decisions, notes, subjects, tasks
from graph.errors import CaseError, NotPermitted

_ORDER = (cases.c.severity, cases.c.opened_at, cases.c.id)
_MENTION = re.compile(r"(?<![\w@])@([\w.-]{1,100})")


class Track(StrEnum):
    """Which law a case is under; nobody off its access list sees one of the market track (DESIGN §8.9)."""

    PLATFORM = "platform"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Subject:
    """An account in a case.

    Parameters
    ----------
    account : str
    role : str
        What it was in the finding: core · amplifier · fringe · …
    own_evidence : bool
        Whether there is evidence against the account itself; membership alone is none.
    """

    account: str
    role: str = ""
    own_evidence: bool = False


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which the actor may know of a case at all."""
    if not actor.may(Permission.CASES):
        return false()
    listed = cases.c.id.in_(select(access.c.case_id).where(access.c.person == actor.name))
    if actor.roles == {Role.VENDOR}:
        return listed
    return or_(and_(cases.c.track == Track.PLATFORM, cases.c.restricted.is_(False)), listed)


def find(look: Look, case_id: str) -> RowMapping:
    """A case that the actor may know of.

    Raises
    ------
    CaseError
        There is none, or the actor may not know of it: the two are not told apart.
    """
    query = select(cases).where(cases.c.id == case_id, visible(look.actor))
    found = look.connection.execute(query).mappings().first()
    if found is None:
        raise CaseError(f"no case {case_id!r}", hint="check the id, or ask a lead for access")
    return found


def within(look: Look, table: Table, key: str) -> RowMapping:
    """A row that hangs on a case that the actor may know of (a decision, an appeal, a proposal …).

    Raises
    ------
    CaseError
        There is none, or the actor may not know of its case: the two are not told apart.
    """
    query = select(table).where(table.c.id == key, table.c.case_id.in_(select(cases.c.id).where(visible(look.actor))))
    found = look.connection.execute(query).mappings().first()
    if found is None:
        raise CaseError(f"no {one(table)} {key!r}", hint="check the id")
    return found


def listed(
    look: Look,
    *,
    states: Collection[str] = (),
    severities: Collection[str] = (),
    assignee: str | None = None,
    limit: int = 50,
    after: str = "",
) -> list[RowMapping]:
    """A page of the cases that the actor may know of: the worst first, then the oldest.

    Parameters
    ----------
    states, severities : collection of str
        Only these; empty for all.
    assignee : str or None
        Only those of this person; an empty name for those of nobody.
    after : str
        The last id of the page before.
    """
    where = [visible(look.actor)]
    if states:
        where.append(cases.c.state.in_([str(s) for s in states]))
    if severities:
        where.append(cases.c.severity.in_([str(s) for s in severities]))
    if assignee is not None:
        where.append(cases.c.assignee == assignee if assignee else cases.c.assignee.is_(None))
    if after:
        last = find(look, after)
        where.append(beyond(_ORDER, last))
    query = select(cases).where(*where).order_by(*_ORDER).limit(limit)
    return for_list(look, look.connection.execute(query).mappings().all())


def open_case(
    change: Change,
    title: str,
    severity: Severity,
    *,
    alert_ids: Iterable[str] = (),
    about: Iterable[Subject] = (),
    track: Track = Track.PLATFORM,
    restricted: bool = False,
) -> str:
    """Open a case, with the alerts it came from and the accounts it is about; gives its id.

    Who opens one that is restricted, or of the market track, is the first on its access list.
    """
    change.actor.need(Permission.WORK)
    if not title.strip():
        raise CaseError("a case needs a title", hint="say in a few words what it is about")
    values: dict[str, Any] = {
        "title": title.strip(),
        "severity": severity.value,
        "track": track.value,
        "restricted": restricted,
    }
    values |= {"state": CASE.first, "assignee": None, "opened_by": change.actor.name}
    case_id = change.add("open", cases, {**values, "opened_at": change.now, "updated_at": change.now})
    if restricted or track is Track.MARKET:
        _list(change, case_id, change.actor.name)
    for alert_id in alert_ids:
        alert_work.promote(change, alert_id, case_id)
    for subject in about:
        add_subject(change, case_id, subject)
    ticking.start(change, {"id": case_id, **values})
    return case_id


def add_subject(change: Change, case_id: str, subject: Subject) -> None:
    """Say that a case is about an account too; said again, the newer words count."""
    change.actor.need(Permission.WORK)
    find(change, case_id)
    same = and_(subjects.c.case_id == case_id, subjects.c.account == subject.account)
    change.connection.execute(delete(subjects).where(same))
    told = {"account": subject.account, "role": subject.role, "own_evidence": subject.own_evidence}
    change.connection.execute(insert(subjects).values(case_id=case_id, **told))
    change.note("subject", "case", case_id, told)


def claim(change: Change, case_id: str) -> None:
    """Take a case that is nobody's.

    Raises
    ------
    CaseError
        Somebody has it.
    """
    change.actor.need(Permission.WORK)
    row = find(change, case_id)
    if not _take(change, row):
        holder = find(change, case_id)["assignee"]
        raise CaseError(f"{holder} has it", f"case {case_id}", "ask them to release it, or a lead to assign it")


def claim_next(change: Change, states: Collection[str] = (CaseState.OPEN, CaseState.REOPENED)) -> str | None:
    """Take the worst, oldest case that is nobody's; None where there is none. No two people get the same one."""
    change.actor.need(Permission.WORK)
    free = and_(visible(change.actor), cases.c.assignee.is_(None), cases.c.state.in_([str(s) for s in states]))
    query = select(cases).where(free).order_by(*_ORDER).limit(1).with_for_update(skip_locked=True)
    row = change.connection.execute(query).mappings().first()
    if row is None:
        change.note("claim", "case", "", {"found": False})
        return None
    if not _take(change, row):
        raise CaseError("it was taken in between", f"case {row['id']}", "try again")
    return str(row["id"])


def release(change: Change, case_id: str, why: str = "") -> None:
    """Give a case back; another's only as a lead."""
    _reassign(change, case_id, None, "release", why)


def assign(change: Change, case_id: str, person: str, why: str = "") -> None:
    """Give a case to somebody; one that another has only as a lead."""
    _reassign(change, case_id, person, "assign", why)


def move(change: Change, case_id: str, name: str, why: str = "") -> None:
    """Make a move of the case's machine that stands for itself; a decision has :mod:`cases.decisions`.

    Raises
    ------
    CaseError
        The move is a part of something else, or closes a case that has no outcome.
    """
    row = find(change, case_id)
    wanted = CASE.move(row["state"], name, f"case {case_id}")
    if wanted.needs is None:
        raise NotPermitted(f"{name} is not made by itself", f"case {case_id}", "propose a decision, or enforce one")
    if name == "close" and not row["outcome"]:
        raise CaseError("it has no outcome", f"case {case_id}", "say the outcome first, or decide it")
    change.step(CASE, cases, row, name, why=why)
    if name == "hold":
        ticking.pause(change, case_id, why)
    elif name == "resume" and row["state"] == CaseState.ON_HOLD:
        ticking.resume(change, case_id)
    elif name == "close":
        ticking.meet(change, case_id, *ClockKind)
    elif name == "reopen":
        ticking.start(change, row, why=why)


def conclude(change: Change, case_id: str, outcome: Outcome, why: str) -> None:
    """Say what a case without a decision came to.

    Raises
    ------
    CaseError
        The outcome says that a rule was broken: only a decision says that.
    """
    change.actor.need(Permission.WORK)
    row = find(change, case_id)
    if outcome in {Outcome.VIOLATION_CONFIRMED, Outcome.VIOLATION_PARTIAL}:
        raise CaseError("only a decision says that", f"case {case_id}", "propose a decision")
    if row["state"] != CaseState.INVESTIGATING:
        raise CaseError(f"it is {row['state']}", f"case {case_id}", "only a case under investigation is concluded so")
    change.alter("conclude", cases, row, {"outcome": outcome.value}, why)
    ticking.meet(change, case_id, *ticking.DECISION)


def grade(change: Change, case_id: str, severity: Severity, why: str) -> None:
    """Say how bad it is, and why that changed."""
    change.actor.need(Permission.WORK)
    if not why.strip():
        raise CaseError("a severity needs a reason", f"case {case_id}")
    row = find(change, case_id)
    change.alter("grade", cases, row, {"severity": severity.value}, why)
    decided = bool(change.rows(decisions, decisions.c.case_id == case_id))
    if severity.value != row["severity"] and row["state"] != CaseState.CLOSED:
        ticking.restart(change, {**row, "severity": severity.value}, why, decided=decided)
    if row["state"] == CaseState.ON_HOLD:
        ticking.pause(change, case_id, why)


def write(change: Change, case_id: str, text: str, *, public: bool = False) -> list[str]:
    """Write a note; gives who is mentioned in it (``@name``).

    Parameters
    ----------
    public : bool
        Whether those the case is about may read it; never on the market track.

    Raises
    ------
    CaseError
        The note is empty, or public on the market track.
    """
    change.actor.need(Permission.WORK)
    row = find(change, case_id)
    if not text.strip():
        raise CaseError("the note is empty", f"case {case_id}")
    if public and row["track"] == Track.MARKET:
        raise CaseError("nothing of this track is public", f"case {case_id}", "write an internal note")
    mentioned = sorted(set(_MENTION.findall(text)))
    values = {"case_id": case_id, "author": change.actor.name, "text": text, "public": public, "mentions": mentioned}
    change.add("write", notes, {**values, "at": change.now})
    return mentioned


def set_tasks(change: Change, case_id: str, template: str, titles: Iterable[str]) -> None:
    """Put a template's tasks after those that the case has."""
    change.actor.need(Permission.WORK)
    find(change, case_id)
    first = len(change.rows(tasks, tasks.c.case_id == case_id))
    for place, title in enumerate(titles, first):
        change.add("task", tasks, {"case_id": case_id, "title": title, "template": template, "place": place})


def finish(change: Change, task_id: str) -> None:
    """Say that a task is done.

    Raises
    ------
    CaseError
        It was already.
    """
    change.actor.need(Permission.WORK)
    row = within(change, tasks, task_id)
    if row["done_by"]:
        raise CaseError(f"{row['done_by']} did it", f"task {task_id}")
    change.alter("finish", tasks, row, {"done_by": change.actor.name, "done_at": change.now})


def grant(change: Change, case_id: str, person: str) -> None:
    """Put somebody on a case's access list.

    Raises
    ------
    CaseError
        They are on it.
    """
    change.actor.need(Permission.GRANT)
    find(change, case_id)
    if change.rows(access, access.c.case_id == case_id, access.c.person == person):
        raise CaseError(f"{person} is on its access list", f"case {case_id}")
    _list(change, case_id, person)


def revoke(change: Change, case_id: str, person: str) -> None:
    """Take somebody off a case's access list; never the last one.

    Raises
    ------
    CaseError
        Nobody would be left who knows of it.
    """
    change.actor.need(Permission.GRANT)
    find(change, case_id)
    left = [r["person"] for r in change.rows(access, access.c.case_id == case_id) if r["person"] != person]
    if not left:
        raise CaseError("nobody would know of it any more", f"case {case_id}", "grant somebody else access first")
    change.connection.execute(delete(access).where(access.c.case_id == case_id, access.c.person == person))
    change.note("revoke", "case", case_id, {"person": person})


def _list(change: Change, case_id: str, person: str) -> None:
    row = {"case_id": case_id, "person": person, "granted_by": change.actor.name, "granted_at": change.now}
    change.add("grant", access, row)


def _take(change: Change, row: RowMapping) -> bool:
    free = and_(cases.c.id == row["id"], cases.c.assignee.is_(None))
    new = {"assignee": change.actor.name, "version": cases.c.version + 1, "updated_at": change.now}
    taken = change.connection.execute(update(cases).where(free).values(new)).rowcount == 1
    if taken:
        change.note("claim", "case", row["id"], {"assignee": change.actor.name})
        ticking.meet(change, row["id"], ClockKind.ACKNOWLEDGEMENT)
    return taken


def _reassign(change: Change, case_id: str, person: str | None, action: str, why: str) -> None:
    change.actor.need(Permission.WORK)
    row = find(change, case_id)
    holder = row["assignee"]
    if holder not in {None, change.actor.name} and Role.LEAD not in change.actor.roles:
        raise NotPermitted(f"{holder} has it", f"case {case_id}", "a lead can give it to somebody else")
    change.alter(action, cases, row, {"assignee": person}, why)
    if person is not None:
        ticking.meet(change, case_id, ClockKind.ACKNOWLEDGEMENT)


def counts(look: Look) -> dict[str, int]:
    """How many of the cases that the actor may know of are in each state."""
    query = select(cases.c.state, func.count()).where(visible(look.actor)).group_by(cases.c.state)
    return {str(state): int(n) for state, n in look.connection.execute(query)}
