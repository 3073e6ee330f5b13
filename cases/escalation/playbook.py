"""Emergencies in a case of severity S0: declared, commanded by one person, contained, ended, and reviewed.

The measures themselves are :mod:`cases.containment`'s; here is who leads, what is to be done, and what was done when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from cases.casebook import Change, Look
from cases.caseload import find, set_tasks, within
from cases.escalation.calendars import ALWAYS
from cases.escalation.forms import Contact
from cases.escalation.reaching import closed, let_in, whom
from cases.lifecycles import EMERGENCY, ContainmentState, EmergencyState, Severity
from cases.outbox import put
from cases.people import Kind
from cases.roles import Permission, Role
from cases.storage.escalation import emergencies, log_entries
from cases.storage.schema import cases, containments, tasks
from graph.errors import CaseError, NotPermitted

OPEN = (EmergencyState.DECLARED, EmergencyState.CONTAINED)
ENDED = (EmergencyState.RESOLVED, EmergencyState.STOOD_DOWN)
_TEAMS = ("lead", "legal", "compliance", "communications", "security")


@dataclass(frozen=True, slots=True)
class Standing:
    """An emergency as it stands at a moment.

    Parameters
    ----------
    row : RowMapping
        :data:`cases.storage.escalation.emergencies`.
    steps : tuple of RowMapping
        Its checklist, as the case's tasks.
    log : tuple of RowMapping
    runs : timedelta
        How long it has run, or ran.
    left : timedelta or None
        Until it must be contained, or reviewed; negative once that is late; None where nothing is due.
    contacts : tuple of Contact
    review : mapping of str to str
        What its review must say.
    """

    row: RowMapping
    steps: tuple[RowMapping, ...]
    log: tuple[RowMapping, ...]
    runs: timedelta
    left: timedelta | None
    contacts: tuple[Contact, ...]
    review: Mapping[str, str]


def declare(change: Change, case_id: str, playbook: str, why: str, *, commander: str = "") -> str:
    """Declare an emergency: its checklist becomes the case's tasks, and its contacts are paged; gives its id.

    Parameters
    ----------
    playbook : str
        One of the office's.
    commander : str
        Who leads; empty for who declares it.

    Raises
    ------
    CaseError
        The case is of another severity or has an emergency, there is no such playbook, or no reason is written.
    """
    change.actor.need(Permission.CONTAIN, f"case {case_id}")
    case = find(change, case_id)
    where = f"case {case_id}"
    if case["severity"] != Severity.S0:
        raise CaseError(f"the case is of severity {case['severity']}", where, "grade it S0 first, with the reason")
    if change.rows(emergencies, emergencies.c.case_id == case_id, emergencies.c.state.in_(OPEN)):
        raise CaseError("it is an emergency already", where, "write into its log")
    book = change.office.playbooks.get(playbook)
    if book is None:
        raise CaseError(f"there is no playbook {playbook!r}", where, f"one of: {', '.join(change.office.playbooks)}")
    if not why.strip():
        raise CaseError("it needs a reason", where, "say what is happening, in a sentence")
    leads = commander or change.actor.name
    if closed(case):
        let_in(change, case, leads, "lead")
    values: dict[str, Any] = {"case_id": case_id, "playbook": playbook, "state": EMERGENCY.first, "commander": leads}
    values |= {"declared_by": change.actor.name, "reason": why.strip(), "declared_at": change.now, "review": {}}
    key = change.add("declare", emergencies, {**values, "due_at": change.now + book.contain_within.on(ALWAYS)})
    set_tasks(change, case_id, _list(key), book.checklist)
    page = [leads, *whom(change, case, *_TEAMS)]
    put(change, "emergency", key, {"case": case_id, "playbook": playbook, "page": list(dict.fromkeys(page))})
    return key


def log(change: Change, emergency_id: str, text: str) -> None:
    """Write what happened into the log; nothing in it is ever changed.

    Raises
    ------
    CaseError
        It is empty, or the emergency was reviewed.
    """
    change.actor.need(Permission.WORK)
    row = within(change, emergencies, emergency_id)
    if not text.strip() or row["state"] == EmergencyState.REVIEWED:
        wrong = "it was reviewed" if text.strip() else "the entry is empty"
        raise CaseError(wrong, f"emergency {emergency_id}", "write a note in the case")
    place = len(change.rows(log_entries, log_entries.c.emergency_id == emergency_id))
    values = {"emergency_id": emergency_id, "case_id": row["case_id"], "place": place, "text": text.strip()}
    change.add("log", log_entries, {**values, "author": change.actor.name, "at": change.now})


def hand_over(change: Change, emergency_id: str, person: str, why: str) -> None:
    """Give the command to somebody else: by who has it, or by a lead.

    Raises
    ------
    CaseError
        The emergency has ended, nobody or the same person is named, or no reason is written.
    NotPermitted
        It is neither the commander nor a lead who gives it.
    """
    row = _commanded(change, emergency_id)
    if row["state"] not in OPEN or not person.strip() or person == row["commander"] or not why.strip():
        hint = "name somebody else, and why, before it ends"
        raise CaseError("the command cannot be given so", f"emergency {emergency_id}", hint)
    case = find(change, row["case_id"])
    if closed(case):
        let_in(change, case, person, "lead")
    change.alter("hand_over", emergencies, row, {"commander": person}, why)
    put(change, "command", f"{row['id']}-{row['version']}", {"case": row["case_id"], "page": [person]})


def contained(change: Change, emergency_id: str, *, left: str = "") -> None:
    """Say that it is contained.

    Parameters
    ----------
    left : str
        Why steps of the checklist that are not done need not be.

    Raises
    ------
    CaseError
        Steps are not done, and no reason says why.
    """
    row = _commanded(change, emergency_id)
    if open_ := [t["title"] for t in _steps(change, row) if not t["done_by"]]:
        _explained(left, f"{len(open_)} steps of the checklist are not done, the first: {open_[0]}", emergency_id)
    change.step(EMERGENCY, emergencies, row, "contain", why=left, contained_at=change.now)


def resolve(change: Change, emergency_id: str, why: str) -> None:
    """Say that it is over.

    Raises
    ------
    CaseError
        An emergency measure of the case waits for its approval.
    """
    _end(change, emergency_id, "resolve", why)


def stand_down(change: Change, emergency_id: str, why: str) -> None:
    """Say that it was none, or is none any more: a false alarm is reviewed too."""
    _end(change, emergency_id, "stand_down", why)


def review(change: Change, emergency_id: str, said: Mapping[str, str]) -> None:
    """Write the review of an emergency that has ended.

    Raises
    ------
    CaseError
        Something that a review must say is missing.
    NotPermitted
        A program writes it.
    """
    row = within(change, emergencies, emergency_id)
    if change.actor.kind is not Kind.PERSON:
        raise NotPermitted("a person writes the review", f"emergency {emergency_id}")
    kept = {name: text.strip() for name, text in said.items() if name in change.office.review and text.strip()}
    if missing := [about for name, about in change.office.review.items() if name not in kept]:
        raise CaseError(f"the review does not say: {'; '.join(missing)}", f"emergency {emergency_id}", "say each")
    change.step(EMERGENCY, emergencies, row, "review", review=kept, reviewed_at=change.now)


def standing(look: Look, case_id: str) -> tuple[Standing, ...]:
    """The emergencies of a case that the actor may know of, the first at the top, as they stand now."""
    find(look, case_id)
    return tuple(
        _standing(look, row)
        for row in look.rows(emergencies, emergencies.c.case_id == case_id, order=emergencies.c.declared_at)
    )


def overdue(change: Change) -> list[str]:
    """Page the leads once of each emergency that is not contained, or not reviewed, in time; gives their ids."""
    waits = emergencies.c.state.in_([EmergencyState.DECLARED, *ENDED])
    late = (waits, emergencies.c.due_at <= change.now, emergencies.c.raised_at.is_(None))
    found = change.rows(emergencies, *late, order=emergencies.c.id)
    for row in found:
        change.alter("overdue", emergencies, row, {"raised_at": change.now})
        page = [row["commander"], *whom(change, change.row(cases, row["case_id"]), "lead")]
        told = {"case": row["case_id"], "state": row["state"], "due": row["due_at"].isoformat()}
        put(change, "emergency_late", f"{row['id']}-{row['version']}", told | {"page": list(dict.fromkeys(page))})
    return [str(row["id"]) for row in found]


def _end(change: Change, emergency_id: str, name: str, why: str) -> None:
    row = _commanded(change, emergency_id)
    unapproved = containments.c.state.in_([ContainmentState.CONTAINED, ContainmentState.PAGED])
    if left := change.rows(containments, containments.c.case_id == row["case_id"], unapproved):
        hint = "have each approved by a second person, or release it"
        raise CaseError(f"{len(left)} emergency measures wait for approval", f"emergency {emergency_id}", hint)
    book = change.office.playbooks.get(row["playbook"])
    calendar = change.office.calendar(Severity.S4, find(change, row["case_id"])["track"])
    due = change.now if book is None else calendar.after(change.now, book.review_within.on(calendar))
    change.step(EMERGENCY, emergencies, row, name, why=why, ended_at=change.now, due_at=due, raised_at=None)


def _commanded(change: Change, emergency_id: str) -> RowMapping:
    row = within(change, emergencies, emergency_id)
    leads = Role.LEAD in change.actor.roles or change.actor.name == row["commander"]
    if change.actor.kind is not Kind.PERSON or not leads:
        raise NotPermitted(
            f"{row['commander']} commands", f"emergency {emergency_id}", "write into the log, and tell them"
        )
    return row


def _explained(why: str, wrong: str, emergency_id: str) -> None:
    if not why.strip():
        raise CaseError(wrong, f"emergency {emergency_id}", "do them, or say why they need not be done")


def _standing(look: Look, row: RowMapping) -> Standing:
    teams = [c for c in look.office.contacts if c.team in _TEAMS]
    entries = look.rows(log_entries, log_entries.c.emergency_id == row["id"], order=log_entries.c.place)
    ended: datetime = row["ended_at"] or look.now
    waits = row["state"] == EmergencyState.DECLARED or row["state"] in ENDED
    left = row["due_at"] - look.now if waits else None
    steps = tuple(_steps(look, row))
    return Standing(row, steps, tuple(entries), ended - row["declared_at"], left, tuple(teams), look.office.review)


def _steps(look: Look, row: RowMapping) -> list[RowMapping]:
    mine = (tasks.c.case_id == row["case_id"], tasks.c.template == _list(row["id"]))
    return look.rows(tasks, *mine, order=tasks.c.place)


def _list(emergency_id: str) -> str:
    return f"emergency {emergency_id}"
