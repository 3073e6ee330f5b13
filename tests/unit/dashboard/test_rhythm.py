"""When in the week somebody posts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard import rhythm

SUNDAY = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def test_a_post_is_of_another_day_in_another_zone() -> None:
    assert rhythm.pattern([SUNDAY])[6, 23] == 1
    assert rhythm.pattern([SUNDAY], ZoneInfo("Asia/Tokyo"))[0, 8] == 1
    rows = rhythm.rows(rhythm.pattern([SUNDAY, SUNDAY]))
    assert len(rows) == 7 * 24
    assert rows[-1] == {"Day": "Sun", "Hour": 23, "Posts": 2}
    assert sum(int(str(r["Posts"])) for r in rows) == 2


def test_patterns_are_alike_by_their_hours_not_by_their_numbers() -> None:
    few = rhythm.pattern([SUNDAY] * 10)
    many = rhythm.pattern([SUNDAY + timedelta(weeks=w) for w in range(40)])
    other = rhythm.pattern([SUNDAY + timedelta(hours=5)] * 10)
    assert rhythm.alike(few, many) == pytest.approx(1.0)
    assert rhythm.alike(few, other) == 0.0
    assert rhythm.alike(few, few + other) == pytest.approx(0.5**0.5)
    assert rhythm.alike(few, rhythm.pattern([SUNDAY] * 9)) is None
