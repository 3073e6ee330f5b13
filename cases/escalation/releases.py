"""The two tracks: what goes out of a case waits for Legal where a case of the market track touches the same accounts.

Nobody off that case's access list may learn of it, so the refusal must not tell. It comes before three kinds of step
(enforcing, the statement to the user, the answer to an appeal) and always says the same: it waits for Legal's release.
It says so where a case of the market track touches the accounts, and **by lot** for a share of all other steps, drawn
when the decision is made or the appeal comes in, and never shown. Whatever order of steps that pass and steps that wait
can come of a market case can come of the lot as well: steps draw together and each for itself, and once one waited, all
later ones about an account of its case wait. What passed or was released has done so for good, and never changes.

Legal may release any step at any time, waiting or not, so that trying it tells nothing. Where the organisation names a
release desk (``releases = true`` in ``contacts.toml``), only its people release, and each is on the list of every
case of the market track: who releases knows what is at stake, who is refused learns only who the desk is.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import RowMapping, Select, insert, select, update

from cases.casebook import Change, Look
from cases.caseload import Track, find, visible
from cases.people import Kind
from cases.roles import Role
from cases.storage.escalation import lots, releases
from cases.storage.schema import access, appeals, cases, decisions, subjects
from graph.errors import CaseError, NotPermitted

WAITS = "it waits for Legal's release"
HINT = "hand the case to Legal, who releases it"


class Step(StrEnum):
    """What goes out of a case."""

    ENFORCE = "enforce"
    NOTICE = "notice"
    ANSWER = "answer"


def draw(change: Change, case_id: str, about: str, *steps: Step) -> None:
    """Draw for the steps of a decision or an appeal that has just been written; what was drawn is in no trail.

    Half of the share falls on all steps together and half on each: about the share of all steps waits by lot.
    """
    half = change.office.release_share / 2
    same = select(subjects.c.case_id).where(subjects.c.account.in_(_accounts(case_id)))
    related = (lots.c.held, (lots.c.case_id == case_id) | lots.c.case_id.in_(same))
    together = bool(change.rows(lots, *related)) or change.office.draw() < half
    for step in steps:
        held = together or change.office.draw() < half
        change.connection.execute(insert(lots).values(id=f"{step}-{about}", case_id=case_id, held=held))


def need(change: Change, case_id: str, step: Step, about: str) -> None:
    """Go on with a step only where it need not wait, or was released; a step that goes on has passed for good.

    Parameters
    ----------
    about : str
        The decision that is enforced or told, or the appeal that is answered.

    Raises
    ------
    NotPermitted
        It waits for Legal's release.
    """
    where = f"case {case_id}"
    if change.rows(releases, releases.c.about == about, releases.c.step == step):
        return
    key = f"{step}-{about}"
    lot = change.connection.execute(select(lots).where(lots.c.id == key)).mappings().first()
    if lot is not None and lot["passed_at"] is not None:
        return
    if (lot is not None and lot["held"]) or _touched(change, case_id):
        raise NotPermitted(WAITS, where, HINT)
    if lot is not None:
        change.connection.execute(update(lots).where(lots.c.id == key).values(passed_at=change.now))


def release(change: Change, case_id: str, step: Step, about: str, why: str) -> str:
    """Record Legal's release of a step, whether or not it waits; gives its id.

    Raises
    ------
    NotPermitted
        The actor is no person of Legal's, or not of the release desk.
    CaseError
        No reason is written, or the decision or appeal is not the case's.
    """
    find(change, case_id)
    where = f"case {case_id}"
    if change.actor.kind is not Kind.PERSON or Role.LEGAL not in change.actor.roles:
        raise NotPermitted("only Legal releases", where, HINT)
    if (desk := change.office.release_desk) and change.actor.name not in desk:
        raise NotPermitted("only Legal's release desk releases", where, f"it is: {', '.join(sorted(desk))}")
    if not why.strip():
        raise CaseError("a release needs a reason", where, "write it, in a sentence")
    table = appeals if step is Step.ANSWER else decisions
    if not change.rows(table, table.c.id == about, table.c.case_id == case_id):
        raise CaseError(
            f"the case has no such {'appeal' if step is Step.ANSWER else 'decision'}", where, "check the id"
        )
    values = {"case_id": case_id, "step": step.value, "about": about, "reason": why.strip()}
    return change.add("release", releases, {**values, "released_by": change.actor.name, "at": change.now})


def touching(look: Look, case_id: str) -> list[RowMapping]:
    """Cases of the other track about the same accounts, of those that the actor may know of."""
    case = find(look, case_id)
    same = select(subjects.c.case_id).where(subjects.c.account.in_(_accounts(case_id)))
    query = select(cases).where(cases.c.id.in_(same), cases.c.track != case["track"], visible(look.actor))
    return list(look.connection.execute(query.order_by(cases.c.opened_at, cases.c.id)).mappings())


def admit(change: Change) -> list[str]:
    """Put the release desk on the access list of every case of the market track; gives the cases it was put on."""
    desk = change.office.release_desk
    if not desk:
        return []
    found = set()
    market = {r["id"] for r in change.rows(cases, cases.c.track == Track.MARKET)}
    has = {(r["case_id"], r["person"]) for r in change.rows(access, access.c.case_id.in_(market))}
    for case_id, person in sorted({(c, p) for c in market for p in desk} - has):
        row = {"case_id": case_id, "person": person, "granted_by": change.actor.name, "granted_at": change.now}
        change.add("grant", access, row)
        found.add(case_id)
    return sorted(found)


def _touched(change: Change, case_id: str) -> bool:
    """Whether a case of the market track is about an account of this one, or this is one: closed cases count."""
    same = select(subjects.c.case_id).where(subjects.c.account.in_(_accounts(case_id)))
    market = (cases.c.track == Track.MARKET, (cases.c.id == case_id) | cases.c.id.in_(same))
    return bool(change.rows(cases, *market))


def _accounts(case_id: str) -> Select[tuple[str]]:
    return select(subjects.c.account).where(subjects.c.case_id == case_id)
