"""Clocks of a case in words: what is due, when, and whether it is late; and a colour that never stands alone."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cases.escalation.clocks import Clock
from cases.lifecycles import ClockState
from dashboard.times import duration

Colour = Literal["green", "orange", "red", "gray"]
_COLOURS: dict[ClockState, Colour] = {ClockState.AT_RISK: "orange", ClockState.BREACHED: "red"}


def words(kind: str) -> str:
    """A clock's name as it is read."""
    return {"full": "full decision"}.get(kind, kind.replace("_", " "))


def due(at: datetime, now: datetime) -> str:
    """``due in 3 h`` or ``late by 20 min``."""
    return f"due in {duration(at - now)}" if at > now else f"late by {duration(now - at)}"


def badge(clock: Clock, now: datetime) -> tuple[str, Colour]:
    """What a clock says, and its colour."""
    name = words(clock.kind).capitalize()
    if clock.done_at is not None:
        late = clock.state is ClockState.BREACHED
        return f"{name}: done{', late' if late else ' in time'}", "gray"
    if clock.due_at is None:
        return f"{name}: paused", "gray"
    risk = ", at risk" if clock.state is ClockState.AT_RISK else ""
    return f"{name}: {due(clock.due_at, now)}{risk}", _COLOURS.get(clock.state, "green")
