"""Working time: which hours of which days count, in a zone, without holidays; right when clocks change.

A span of working time is counted in real seconds: an hour that a change of the clocks repeats counts twice, one that it
skips not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.escalation import files
from graph.errors import ConfigError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY = 24 * 60
_FAR = 3_700  # days after which a calendar is taken to have no working time left
Hours = tuple[tuple[int, int], ...]  # minutes of the day, from and up to


@dataclass(frozen=True)
class Calendar:
    """Which time is working time.

    Parameters
    ----------
    name : str
    zone : str
        IANA name.
    week : tuple of Hours
        For Monday to Sunday, the minutes of the day from and up to which is worked.
    holidays : frozenset of date
        Days of that zone on which nobody works.
    """

    name: str
    zone: str = "UTC"
    week: tuple[Hours, ...] = (((0, _DAY),),) * 7
    holidays: frozenset[date] = field(default=frozenset())

    @property
    def day(self) -> timedelta:
        """How long a working day is, on average over the week."""
        lengths = [sum(b - a for a, b in hours) for hours in self.week if hours]
        return timedelta(minutes=sum(lengths) / len(lengths))

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which so much working time has passed since ``start``.

        Raises
        ------
        ConfigError
            Within ten years there is not so much of it.
        """
        left, now = span, start.astimezone(UTC)
        for begin, end in self._working(now):
            opens = max(begin, now)
            if opens + left <= end:
                return opens + left
            left -= max(timedelta(), end - opens)
        raise ConfigError(f"it has no {span} of working time", f"calendar {self.name}", "name its hours")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments; nothing where the second is not later."""
        found, first, last = timedelta(), start.astimezone(UTC), end.astimezone(UTC)
        for begin, stop in self._working(first):
            if begin >= last:
                break
            found += max(timedelta(), min(stop, last) - max(begin, first))
        return found

    def _working(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans of working time in UTC, in order, from the day before ``start`` on."""
        first = start.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        for number in range(_FAR):
            day = first + timedelta(days=number)
            if day not in self.holidays and self.week[day.weekday()]:
                yield from self._of(day)

    def _of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """A day's working spans: the day is cut where its clocks change, and each part has one offset from UTC."""
        zone = ZoneInfo(self.zone)
        begin, end = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
        cut = _change(begin, end, zone)
        for left, right in ((begin, cut), (cut, end)):
            offset = left.astimezone(zone).utcoffset() or timedelta()
            midnight = datetime.combine(day, time(), UTC) - offset
            for opens, closes in self.week[day.weekday()]:
                one = max(left, midnight + timedelta(minutes=opens))
                other = min(right, midnight + timedelta(minutes=closes))
                if one < other:
                    yield one, other


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """When a day's clocks change, to the second; its end where they do not."""
    before = begin.astimezone(zone).utcoffset()
    if (end - timedelta(seconds=1)).astimezone(zone).utcoffset() == before:
        return end
    low, high = 0, int((end - begin).total_seconds()) - 1
    while high - low > 1:
        middle = (low + high) // 2
        same = (begin + timedelta(seconds=middle)).astimezone(zone).utcoffset() == before
        low, high = (middle, high) if same else (low, middle)
    return begin + timedelta(seconds=high)


ALWAYS = Calendar("around the clock")


def load(path: Path) -> tuple[dict[str, Calendar], dict[str, str]]:
    """The calendars of a file, and which queue (track) goes by which.

    Raises
    ------
    ConfigError
        A name, zone, day or hour in it is none.
    """
    raw = files.read(path)
    files.known(raw, ("calendars", "queues"), str(path))
    found = {
        name: _calendar(name, entry, f"{path}, calendars.{name}")
        for name, entry in files.value(raw, "calendars", dict, str(path), {}).items()
    }
    queues = files.value(raw, "queues", dict, str(path), {})
    return found, {queue: files.value(queues, queue, str, f"{path}, queues") for queue in queues}


def _calendar(name: str, raw: Any, where: str) -> Calendar:
    if not isinstance(raw, Mapping):
        raise ConfigError("it is no table", where, f"write [calendars.{name}]")
    files.known(raw, ("zone", "hours", "holidays"), where)
    zone = files.value(raw, "zone", str, where)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"{zone!r} is no time zone", where, "write one like Europe/Berlin") from error
    hours = files.value(raw, "hours", dict, where)
    files.known(hours, DAYS, f"{where}.hours")
    week = tuple(_hours(files.texts(hours, day, where), f"{where}.hours.{day}") for day in DAYS)
    if not any(week):
        raise ConfigError("nobody ever works", where, "name the hours of at least one day")
    holidays = files.value(raw, "holidays", list, where, [])
    if not all(type(day) is date for day in holidays):
        raise ConfigError("a holiday is no day", where, "write days like 2026-12-25, without quotes")
    return Calendar(name, zone, week, frozenset(holidays))


def _hours(spans: tuple[str, ...], where: str) -> Hours:
    found: list[tuple[int, int]] = []
    for span in spans:
        read = _HOURS.fullmatch(span)
        begin, end = (int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])) if read else (0, 0)
        if not begin < end <= _DAY or (found and begin < found[-1][1]):
            raise ConfigError(f"{span!r} are no hours", where, "write 09:00-17:00, in order, within one day")
        found.append((begin, end))
    return tuple(found)
