"""Spans of working time as people write them, and until when they last by a case's calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from cases.escalation.calendars import Calendar
from graph.errors import ConfigError

_SPAN = re.compile(r"([1-9]\d{0,4})([mhd])")


@dataclass(frozen=True, slots=True)
class Span:
    """So many minutes, hours or days of working time; a day is a working day of the calendar.

    Parameters
    ----------
    number : int
    unit : str
        ``m``, ``h`` or ``d``.
    """

    number: int
    unit: str

    def on(self, calendar: Calendar) -> timedelta:
        """How much working time that is."""
        return {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": calendar.day}[self.unit] * self.number

    def __str__(self) -> str:
        return f"{self.number}{self.unit}"


def span(text: str, where: str) -> Span:
    """A span as it is written: ``30m``, ``4h``, ``3d``.

    Raises
    ------
    ConfigError
        The text is none.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no span", where, "write minutes, hours or working days: 30m, 4h, 3d")
    return Span(int(found[1]), found[2])
