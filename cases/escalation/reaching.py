"""Who is to be reached about a case: never anybody who may not know of it."""

from __future__ import annotations

from sqlalchemy import RowMapping

from cases.casebook import Change
from cases.roles import Permission
from cases.storage.schema import access
from graph.errors import CaseError, NotPermitted


def closed(case: RowMapping) -> bool:
    """Whether only those on its access list may know of a case."""
    return bool(case["restricted"]) or case["track"] != "platform"


def whom(change: Change, case: RowMapping, *teams: str) -> list[str]:
    """Who holds the case, then the people of these teams; of a case that is closed, those on its access list."""
    wanted = [case["assignee"] or "", *change.office.people(*teams)]
    found = [p for p in dict.fromkeys(wanted) if p]
    if not closed(case):
        return found
    listed = [r["person"] for r in change.rows(access, access.c.case_id == case["id"], order=access.c.granted_at)]
    return [p for p in found if p in listed] or listed


def let_in(change: Change, case: RowMapping, person: str, team: str) -> None:
    """Put somebody whom the case is given to on its access list, where it has one that counts.

    Raises
    ------
    NotPermitted
        The organisation does not name them in that team, and the actor may not say who knows of a case.
    CaseError
        No one is named.
    """
    where = f"case {case['id']}"
    if not person.strip():
        raise CaseError("nobody is named", where, "only those on its access list know of it: name a person")
    if change.rows(access, access.c.case_id == case["id"], access.c.person == person):
        return
    if person not in change.office.people(team) and not change.actor.may(Permission.GRANT):
        raise NotPermitted(f"{person} is not named in {team}", where, "ask a lead or Legal to grant them access")
    row = {"case_id": case["id"], "person": person, "granted_by": change.actor.name, "granted_at": change.now}
    change.add("grant", access, row)
