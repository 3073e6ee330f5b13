"""Working time against a clock that asks each minute whether somebody works, in zones whose clocks change oddly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.escalation.calendars import ALWAYS, Calendar, Hours

MINUTE = timedelta(minutes=1)
#: A zone and a day near which its clocks change: by an hour, by half an hour, at midnight, or never.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
    ("UTC", date(2026, 12, 31)),
]


def hours(cuts: list[int]) -> Hours:
    """Every other part of a day that is cut at these minutes."""
    kept = sorted(set(cuts))
    return tuple(zip(kept[::2], kept[1::2], strict=False))


DAYS = st.lists(st.one_of(st.integers(0, 1440), st.sampled_from([0, 60, 90, 120, 150, 180, 1440])), max_size=6).map(
    hours
)
CALENDARS = st.builds(
    lambda change, week, free: (Calendar("c", change[0], tuple(week), frozenset(free)), change[1]),
    st.sampled_from(CHANGES),
    st.lists(DAYS, min_size=7, max_size=7).filter(lambda week: sum(b - a for day in week for a, b in day) >= 600),
    st.just(()),
)


def works(calendar: Calendar, minute: datetime) -> bool:
    """Whether this very minute is working time, by the clock on the wall."""
    wall = minute.astimezone(ZoneInfo(calendar.zone))
    at = wall.hour * 60 + wall.minute
    day = wall.date()
    return day not in calendar.holidays and any(a <= at < b for a, b in calendar.week[day.weekday()])


def counted(calendar: Calendar, start: datetime, end: datetime) -> int:
    found, now = 0, start
    while now < end:
        found += works(calendar, now)
        now += MINUTE
    return found


@settings(max_examples=30)
@given(CALENDARS, st.integers(-2000, 2000), st.integers(0, 2000), st.sets(st.integers(-1, 2), max_size=2))
def test_working_time_is_what_a_clock_on_the_wall_counts(
    drawn: tuple[Calendar, date], offset: int, length: int, free: set[int]
) -> None:
    plain, near = drawn
    calendar = Calendar("c", plain.zone, plain.week, frozenset(near + timedelta(days=n) for n in free))
    start = datetime(near.year, near.month, near.day, tzinfo=UTC) + offset * MINUTE
    end = start + length * MINUTE
    minutes = counted(calendar, start, end)
    assert calendar.between(start, end) == minutes * MINUTE
    assert calendar.between(end, start) == timedelta()


@settings(max_examples=30)
@given(CALENDARS, st.integers(-2000, 2000), st.integers(1, 700))
def test_a_span_ends_when_so_many_minutes_were_worked(drawn: tuple[Calendar, date], offset: int, span: int) -> None:
    calendar, near = drawn
    start = datetime(near.year, near.month, near.day, tzinfo=UTC) + offset * MINUTE
    due = calendar.after(start, span * MINUTE)
    assert calendar.between(start, due) == span * MINUTE
    assert works(calendar, due - MINUTE), "it is the very minute, not a later one"
    if due - start < timedelta(days=2):
        assert counted(calendar, start, due) == span


@settings(max_examples=30)
@given(CALENDARS, st.integers(-2000, 2000), st.integers(0, 400), st.integers(0, 400))
def test_spans_add_up_and_never_run_back(drawn: tuple[Calendar, date], offset: int, one: int, other: int) -> None:
    calendar, near = drawn
    start = datetime(near.year, near.month, near.day, tzinfo=UTC) + offset * MINUTE
    first = calendar.after(start, one * MINUTE)
    assert start <= first <= calendar.after(start, (one + other) * MINUTE)
    both = calendar.after(first, other * MINUTE)
    assert calendar.between(start, both) == (one + other) * MINUTE


@pytest.mark.parametrize(
    ("day", "begin", "span", "due"),
    [  # nine to five in Berlin: clocks go forward on 29 March and back on 25 October
        ("2026-03-27", "15:00", 60, "2026-03-27T16:00+00:00"),  # Friday 16:00 there, an hour left
        ("2026-03-27", "15:30", 60, "2026-03-30T07:30+00:00"),  # half an hour left; Monday 9:00 is 7:00 UTC
        ("2026-10-23", "14:30", 60, "2026-10-26T08:30+00:00"),  # and is 8:00 UTC
        ("2026-12-24", "15:30", 60, "2026-12-28T08:30+00:00"),  # Christmas on a Friday
    ],
)
def test_business_hours_in_berlin(day: str, begin: str, span: int, due: str) -> None:
    week = (((540, 1020),),) * 5 + ((), ())
    berlin = Calendar("berlin", "Europe/Berlin", week, frozenset({date(2026, 12, 25)}))
    start = datetime.fromisoformat(f"{day}T{begin}+00:00")
    found = berlin.after(start, span * MINUTE)
    assert found == datetime.fromisoformat(due)
    assert berlin.day == timedelta(hours=8)


def test_around_the_clock_is_every_minute() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert ALWAYS.after(start, timedelta(hours=4)) == start + timedelta(hours=4)
    assert ALWAYS.day == timedelta(days=1)
