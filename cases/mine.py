"""What waits for one person: cases, proposals to approve, appeals to answer, notes that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, Select, Table, func, select

from cases.alerts import WAITING
from cases.casebook import Look
from cases.caseload import visible
from cases.escalation.handoffs import waiting
from cases.lifecycles import AppealState, CaseState, ProposalState
from cases.people import Kind
from cases.privacy.listing import for_list
from cases.roles import Permission
from cases.storage.escalation import clocks
from cases.storage.schema import alerts, appeals, cases, notes, proposals

ENDED = frozenset({CaseState.CLOSED})
_MOST = 50


@dataclass(frozen=True, slots=True)
class Mine:
    """What waits for a person, each list with the most urgent first; only of cases that they may know of.

    Parameters
    ----------
    cases : tuple of RowMapping
        Cases that they hold, closed ones left out.
    approvals : tuple of RowMapping
        Proposals of others that they may approve, with ``title`` and ``severity`` of the case.
    handoffs : tuple of RowMapping
        Open hand-offs to them or to a team of theirs, what is due first at the top; with ``title`` and ``severity``.
    appeals : tuple of RowMapping
        Appeals given to them, or to nobody yet where they may take them; with ``title`` and ``severity``.
    mentions : tuple of RowMapping
        Notes of open cases in which somebody wrote their name, newest first; with ``title`` and ``severity``.
    due : mapping of str to RowMapping
        By the id of a case that they hold, its clock that is due next: ``due_at`` and ``kind``.
    free : int
        Cases that nobody holds.
    alerts : int
        Alerts that wait for somebody; 0 for who may not see them.
    """

    cases: tuple[RowMapping, ...] = ()
    approvals: tuple[RowMapping, ...] = ()
    handoffs: tuple[RowMapping, ...] = ()
    appeals: tuple[RowMapping, ...] = ()
    mentions: tuple[RowMapping, ...] = ()
    due: Mapping[str, RowMapping] = field(default_factory=dict)
    free: int = 0
    alerts: int = 0

    @property
    def nothing(self) -> bool:
        """Whether nothing waits for this person alone."""
        return not (self.cases or self.approvals or self.handoffs or self.appeals or self.mentions)


def called(name: str) -> str:
    """What people call an actor: a login's subject without its issuer, the single user without ``local:``."""
    return name.rpartition("|")[2].removeprefix("local:")


def mine(look: Look) -> Mine:
    """What waits for the actor."""
    me, actor = look.actor.name, look.actor
    open_ = cases.c.state.not_in(ENDED)
    held = select(cases).where(visible(actor), open_, cases.c.assignee == me)
    unheld = select(func.count()).select_from(cases).where(visible(actor), open_, cases.c.assignee.is_(None))
    alerted = select(func.count()).select_from(alerts).where(alerts.c.state.in_(WAITING))
    return Mine(
        cases=_rows(look, held.order_by(cases.c.severity, cases.c.opened_at, cases.c.id)),
        approvals=_approvals(look),
        handoffs=_handoffs(look),
        appeals=_appeals(look),
        mentions=_mentions(look),
        due=_due(look),
        free=int(look.connection.execute(unheld).scalar_one()),
        alerts=int(look.connection.execute(alerted).scalar_one()) if actor.may(Permission.SEE) else 0,
    )


def _approvals(look: Look) -> tuple[RowMapping, ...]:
    if not look.actor.may(Permission.APPROVE) or look.actor.kind is not Kind.PERSON:
        return ()
    open_ = (proposals.c.state == ProposalState.PROPOSED, proposals.c.expires_at > look.now)
    query = _of(look, proposals).where(*open_, proposals.c.proposed_by != look.actor.name)
    return _rows(look, query.order_by(cases.c.severity, proposals.c.expires_at, proposals.c.id))


def _handoffs(look: Look) -> tuple[RowMapping, ...]:
    if look.actor.kind is not Kind.PERSON:
        return ()
    me, desks = look.actor.name, look.office.desks

    def is_mine(row: RowMapping) -> bool:
        if row["person"]:
            return bool(row["person"] == me)
        team = desks.get(row["team"])
        return me in look.office.people(row["team"]) or bool(team and look.actor.roles & team.roles)

    return tuple(filter(is_mine, waiting(look)))[:_MOST]


def _due(look: Look) -> dict[str, RowMapping]:
    running = (clocks.c.nearest, cases.c.assignee == look.actor.name, visible(look.actor))
    query = select(clocks).join(cases, cases.c.id == clocks.c.case_id).where(*running)
    return {str(row["case_id"]): row for row in _rows(look, query.order_by(clocks.c.due_at, clocks.c.id))}


def _appeals(look: Look) -> tuple[RowMapping, ...]:
    if not look.actor.may(Permission.APPEALS):
        return ()
    mine_ = (appeals.c.state == AppealState.ASSIGNED) & (appeals.c.reviewer == look.actor.name)
    free = appeals.c.state.in_([AppealState.RECEIVED, AppealState.ACKNOWLEDGED])
    query = _of(look, appeals).where(mine_ | free)
    return _rows(look, query.order_by(appeals.c.reviewer.is_(None), appeals.c.received_at, appeals.c.id))


def _mentions(look: Look) -> tuple[RowMapping, ...]:
    """Notes are read newest first, and only some: JSON lists are searched alike in no two databases."""
    query = _of(look, notes).where(cases.c.state.not_in(ENDED), notes.c.author != look.actor.name)
    recent = look.connection.execute(query.order_by(notes.c.at.desc(), notes.c.id).limit(1_000)).mappings()
    names = {look.actor.name, called(look.actor.name)}
    return tuple(for_list(look, [row for row in recent if not names.isdisjoint(row["mentions"])][:_MOST]))


def _of(look: Look, table: Table) -> Select[Any]:
    """Rows of a table with title and severity of their case, of cases that the actor may know of."""
    joined = select(table, cases.c.title, cases.c.severity)
    return joined.join(cases, cases.c.id == table.c.case_id).where(visible(look.actor))


def _rows(look: Look, query: Select[Any]) -> tuple[RowMapping, ...]:
    return tuple(for_list(look, look.connection.execute(query.limit(_MOST)).mappings().all()))
