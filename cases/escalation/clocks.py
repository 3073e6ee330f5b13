"""How long a case has been waiting for what it is owed: acknowledgement, a first decision, the full one.

States are on track, at risk (from three quarters of the span on), breached and met; one met too late stays breached. A
clock rests only while its case is on hold, with that reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, and_, or_, select

from cases.casebook import Change, Look
from cases.caseload import find, visible
from cases.escalation.reaching import whom
from cases.lifecycles import CLOCK, ClockKind, ClockState
from cases.outbox import put
from cases.storage.columns import beyond
from cases.storage.escalation import clocks
from cases.storage.schema import cases


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a case, as it stands at a moment.

    Parameters
    ----------
    kind : ClockKind
    state : ClockState
    started_at : datetime
    due_at : datetime or None
        None while it is paused.
    span : timedelta
        Working time it has in all, by its calendar.
    calendar : str
    done_at : datetime or None
    why : str
        Why it was started (again), or is paused.
    """

    kind: ClockKind
    state: ClockState
    started_at: datetime
    due_at: datetime | None
    span: timedelta
    calendar: str
    done_at: datetime | None
    why: str

    @property
    def paused(self) -> bool:
        """Whether it rests because the case is on hold."""
        return self.due_at is None and self.done_at is None


def at(look: Look, case_id: str) -> tuple[Clock, ...]:
    """The clocks of a case that the actor may know of, as they stand now, in the order in which they come about.

    Raises
    ------
    CaseError
        There is no such case, or the actor may not know of it.
    """
    find(look, case_id)
    rows = look.rows(clocks, clocks.c.case_id == case_id, clocks.c.ended_at.is_(None))
    order = list(ClockKind)
    return tuple(sorted((clock_of(row, look.now) for row in rows), key=lambda c: (order.index(c.kind), c.started_at)))


def clock_of(row: RowMapping, now: datetime) -> Clock:
    """A clock's row as it stands at a moment, whether or not a sweep has seen it."""
    state = ClockState(row["state"])
    if row["done_at"] is None and row["due_at"] is not None:
        if now >= row["due_at"]:
            state = ClockState.BREACHED
        elif now >= row["warn_at"] and state is ClockState.ON_TRACK:
            state = ClockState.AT_RISK
    return Clock(
        ClockKind(row["kind"]),
        state,
        row["started_at"],
        row["due_at"],
        timedelta(seconds=row["span_s"]),
        row["calendar"],
        row["done_at"],
        row["why"],
    )


def by_due(look: Look, limit: int = 50, *, after: str = "", before: datetime | None = None) -> list[RowMapping]:
    """A page of the cases whose clocks run, what is due first at the top; each with ``due_at`` and ``clock``.

    Parameters
    ----------
    after : str
        The last id of the page before.
    before : datetime or None
        Only what is due before this moment.
    """
    order = (clocks.c.due_at, clocks.c.case_id)
    where = [clocks.c.nearest, visible(look.actor)]
    if before is not None:
        where.append(clocks.c.due_at < before)
    if after:
        find(look, after)
        last = look.rows(clocks, clocks.c.case_id == after, clocks.c.nearest)
        if not last:
            return []
        where.append(beyond(order, last[0]))
    query = select(cases, clocks.c.due_at, clocks.c.kind.label("clock")).join(clocks, clocks.c.case_id == cases.c.id)
    return list(look.connection.execute(query.where(*where).order_by(*order).limit(limit)).mappings())


def raise_due(change: Change) -> dict[str, list[str]]:
    """Say once of each clock that it is at risk, and once that it is breached; gives ids by what was said.

    What is at risk is told to who holds the case, what is breached to the leads as well. A clock that somebody is
    changing at this moment waits for the next sweep.
    """
    said: dict[str, list[str]] = {"at_risk": [], "breached": []}
    running = and_(clocks.c.done_at.is_(None), clocks.c.ended_at.is_(None))
    warned = and_(clocks.c.state == ClockState.ON_TRACK, clocks.c.warn_at <= change.now)
    broken = and_(clocks.c.state == ClockState.AT_RISK, clocks.c.due_at <= change.now)
    query = select(clocks).where(running, or_(warned, broken)).order_by(clocks.c.id).with_for_update(skip_locked=True)
    for row in change.connection.execute(query).mappings().all():
        late = row["due_at"] <= change.now
        topic = "breached" if late else "at_risk"
        case = change.row(cases, row["case_id"])
        change.step(CLOCK, clocks, row, "breach" if late else "warn")
        told = {"case": row["case_id"], "clock": row["kind"], "severity": row["severity"]}
        told |= {"due": row["due_at"].isoformat(), "page": whom(change, case, "lead" if late else "")}
        put(change, topic, row["id"], told)
        said[topic].append(str(row["id"]))
    return said
