"""Times in UTC and in the analyst's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import times
from graph.findings import Window

AT = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (None, ""),
        ("UTC", ""),
        ("Etc/GMT", ""),
        ("Nowhere/At_all", ""),
        ("../../etc/passwd", ""),
        ("x" * 5_000, ""),
        ("Europe/London", " (23:30:00 +00:00)"),
        ("Asia/Kolkata", " (03-04 05:00:00 +05:30)"),
        ("America/St_Johns", " (20:00:00 -03:30)"),
        ("Asia/Tokyo", " (03-04 08:30:00 +09:00)"),
    ],
)
def test_utc_is_always_there_and_the_own_zone_where_it_is_another(zone: str | None, text: str) -> None:
    assert times.shown(AT, zone) == f"2026-03-03 23:30:00 UTC{text}"
    assert times.shown(None, zone) == "time unknown"


def test_fractions_stay_with_utc() -> None:
    assert times.shown(AT + timedelta(milliseconds=250), "Asia/Tokyo").startswith("2026-03-03 23:30:00.250 UTC (03-04")


def test_a_span_names_its_offset_twice_where_summer_time_begins_in_it() -> None:
    short = times.span(Window(AT, AT + timedelta(minutes=20)), "Asia/Tokyo")
    assert short == "2026-03-03 23:30:00 – 23:50:00 UTC (20 min; 03-04 08:30:00 – 03-04 08:50:00 +09:00)"
    long = times.span(Window(AT, AT + timedelta(days=30)), "Europe/Berlin")
    assert long.endswith("(30 days; 03-04 00:30:00 +01:00 – 04-03 01:30:00 +02:00)")
    assert times.span(Window(AT, AT), "Asia/Tokyo") == times.shown(AT, "Asia/Tokyo")


def test_a_page_says_which_times_it_has() -> None:
    assert times.named(None) == "All times are UTC."
    assert "Europe/Berlin" in times.named("Europe/Berlin")


def test_a_narrow_table_has_a_line_for_each_zone() -> None:
    assert times.lines("Created", AT, None) == [("Created", "2026-03-03 23:30:00 UTC")]
    assert times.lines("Created", AT, "Asia/Tokyo")[1] == ("… in Asia/Tokyo", "2026-03-04 08:30:00 +09:00")
