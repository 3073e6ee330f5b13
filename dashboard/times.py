"""Times as the analyst reads them: always in UTC, and beside it in the analyst's own zone where that is another.

The zone is a name that the browser says (``Europe/Berlin``) and so may be anything. Exports have UTC alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graph.findings import Window

_WHOLE = "%Y-%m-%d %H:%M:%S"
_CLOCK = "%H:%M:%S"


def utc(at: datetime | None) -> str:
    """Time to the second, UTC; fractions only where there are any, in ms where that says all."""
    if at is None:
        return "time unknown"
    moment = at.astimezone(UTC)
    fraction = "" if not moment.microsecond else f".{moment.microsecond:06d}".removesuffix("000")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def shown(at: datetime | None, zone: str | None) -> str:
    """``2026-03-03 23:30:00 UTC (03-04 08:30:00 +09:00)``: the date only where it is another, never without UTC."""
    there = zone_of(zone)
    return utc(at) if at is None or there is None else f"{utc(at)} ({_there(at, at, there)})"


def second(at: datetime, zone: str | None) -> str:
    """:func:`shown`, to the second: for what people did, where fractions say nothing."""
    return shown(at.replace(microsecond=0), zone)


def lines(what: str, at: datetime, zone: str | None) -> list[tuple[str, str]]:
    """A time in a narrow table of names and values: a line in UTC, one in the analyst's zone where that is another."""
    there = zone_of(zone)
    local = at.astimezone(there) if there else None
    beside = [(f"… in {there.key}", f"{local.strftime(_WHOLE)} {offset(local)}")] if there and local else []
    return [(what, utc(at)), *beside]


def span(window: Window, zone: str | None = None) -> str:
    """A window in one line, the end's date left out where it is the start's; its length; then in the analyst's zone."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    if start == end:
        return shown(start, zone)
    there = zone_of(zone)
    length = duration(end - start)
    local = ""
    if there is not None:
        turned = start.astimezone(there).utcoffset() != end.astimezone(there).utcoffset()  # of summer time
        local = f"; {_there(start, start, there, signed=turned)} – {_there(end, start, there)}"
    last = end.strftime(_CLOCK if start.date() == end.date() else _WHOLE)
    return f"{start.strftime(_WHOLE)} – {last} UTC ({length}{local})"


def _there(at: datetime, beside: datetime, zone: ZoneInfo, *, signed: bool = True) -> str:
    """A time in another zone, its date left out where it is that of the UTC time that stands beside it."""
    local = at.astimezone(zone)
    day = "" if local.date() == beside.astimezone(UTC).date() else f"{local:%m-%d} "
    return f"{day}{local.strftime(_CLOCK)}{f' {offset(local)}' if signed else ''}"


def offset(local: datetime) -> str:
    """How far a zone is from UTC at that time: ``+05:30``."""
    text = local.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def zone_of(name: str | None) -> ZoneInfo | None:
    """The analyst's zone where it is known and is not UTC."""
    try:
        there = ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the browser may say anything
        return None
    return None if there.key in {"UTC", "Etc/UTC", "GMT", "Etc/GMT"} else there


def named(zone: str | None) -> str:
    """Which times a page has, in a sentence."""
    there = zone_of(zone)
    return (
        f"Times are UTC; in brackets the same in {there.key}, your browser's zone." if there else "All times are UTC."
    )


def duration(length: timedelta) -> str:
    """Length in the largest unit that leaves a number of at least 1."""
    seconds = length.total_seconds()
    for name, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} s"


def age(then: datetime, now: datetime) -> str:
    """How long ago; a time to come is named as such, since it is a sign of wrong clocks or units."""
    return f"{duration(now - then)} ago" if then <= now else f"{duration(then - now)} in the future: check the clock"
