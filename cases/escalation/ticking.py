"""What makes a case's clocks start, stop and rest; called where the case itself is changed.

Permission and need to know were looked at by who calls. :mod:`cases.escalation.clocks` reads them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, select, update

from cases.casebook import Change
from cases.escalation.calendars import Calendar
from cases.lifecycles import CLOCK, ClockKind, ClockState, Severity
from cases.storage.escalation import clocks

WARN = 0.75  # part of the span after which a clock is at risk
DECISION = (ClockKind.FIRST_DECISION, ClockKind.FULL)


def start(change: Change, case: Any, kinds: Collection[ClockKind] = tuple(ClockKind), why: str = "opened") -> None:
    """Start a case's clocks from now on, each in the place of one of its kind that runs.

    Parameters
    ----------
    case : mapping
        Row of the case: its id, severity and track.
    kinds : collection of ClockKind
        Those to start, where the severity has a span for them.
    """
    severity = Severity(case["severity"])
    calendar = change.office.calendar(severity, case["track"])
    for row in _running(change, case["id"]):
        if row["kind"] in kinds:
            change.alter("end", clocks, row, {"ended_at": change.now}, why)
    for kind, span in change.office.targets[severity].items():
        if kind not in kinds:
            continue
        length = span.on(calendar)
        values: dict[str, Any] = {"case_id": case["id"], "kind": kind.value, "state": CLOCK.first, "why": why}
        values |= {"severity": severity.value, "calendar": calendar.name, "span_s": length.total_seconds()}
        values |= _times(calendar, change.now, length, length)
        change.add("start", clocks, {**values, "started_at": change.now, "nearest": False})
    _mark(change, case["id"])


def meet(change: Change, case_id: str, *kinds: ClockKind) -> None:
    """Say that what these clocks run for is done; those that were met already stay as they are."""
    for row in _running(change, case_id):
        if row["kind"] in kinds:
            late = row["state"] == ClockState.BREACHED or (row["due_at"] is not None and change.now > row["due_at"])
            change.step(CLOCK, clocks, row, "meet_late" if late else "meet", done_at=change.now)
    _mark(change, case_id)


def restart(change: Change, case: Any, why: str, *, decided: bool) -> None:
    """Start again, by a new severity, the clocks of what is not done yet.

    Parameters
    ----------
    case : mapping
        Row of the case with its new severity.
    decided : bool
        Whether a decision holds, so that none is waited for.
    """
    done = {r["kind"] for r in change.rows(clocks, clocks.c.case_id == case["id"], clocks.c.done_at.is_not(None))}
    left = [k for k in ClockKind if k not in done and not (decided and k in DECISION)]
    start(change, case, left, why)


def pause(change: Change, case_id: str, why: str) -> None:
    """Let the clocks of a case on hold rest, and keep what is left of each."""
    for row in _running(change, case_id):
        if row["due_at"] is None:
            continue
        calendar = _calendar(change, row)
        left = calendar.between(change.now, row["due_at"])
        rest = {"left_s": left.total_seconds(), "warn_at": None, "due_at": None}
        change.alter("pause", clocks, row, {**rest, "why": why}, why)
    _mark(change, case_id)


def resume(change: Change, case_id: str) -> None:
    """Let the clocks run on with what was left of them."""
    for row in _running(change, case_id):
        if row["left_s"] is None:
            continue
        length, left = timedelta(seconds=row["span_s"]), timedelta(seconds=row["left_s"])
        times = _times(_calendar(change, row), change.now, length, left)
        change.alter("resume", clocks, row, {**times, "left_s": None, "why": ""})
    _mark(change, case_id)


def _times(calendar: Calendar, now: datetime, length: timedelta, left: timedelta) -> dict[str, datetime]:
    """When a clock is at risk and when it is due, with so much of its span left."""
    warn = max(timedelta(), left - length * (1 - WARN))
    return {"warn_at": calendar.after(now, warn), "due_at": calendar.after(now, left)}


def _calendar(change: Change, row: RowMapping) -> Calendar:
    """The calendar that a clock was started by; where the organisation has it no more, around the clock."""
    fallback = change.office.calendar(Severity.S0, "")
    return change.office.calendars.get(row["calendar"], fallback)


def _running(change: Change, case_id: str) -> list[RowMapping]:
    """The clocks of a case that are not met; another transaction that is at them is waited for."""
    open_ = (clocks.c.case_id == case_id, clocks.c.done_at.is_(None), clocks.c.ended_at.is_(None))
    query = select(clocks).where(*open_).order_by(clocks.c.id).with_for_update()
    return list(change.connection.execute(query).mappings())


def _mark(change: Change, case_id: str) -> None:
    """Say which running clock of a case is due first: the one that queues are ordered by."""
    due = [r for r in _running(change, case_id) if r["due_at"] is not None]
    first = min(due, key=lambda r: (r["due_at"], list(ClockKind).index(r["kind"])), default=None)
    of_case = clocks.c.case_id == case_id
    change.connection.execute(update(clocks).where(of_case, clocks.c.nearest).values(nearest=False))
    if first is not None:
        change.connection.execute(update(clocks).where(clocks.c.id == first["id"]).values(nearest=True))
