"""When in the week somebody posts: a pattern of 7 days of 24 hours, and how alike two are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

import numpy as np
import numpy.typing as npt

from dashboard.views import Row

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FEWEST = 10
"""Posts of each below which two patterns are not compared."""

Pattern = npt.NDArray[np.int64]  # (7, 24)


def pattern(times: Iterable[datetime], zone: tzinfo = UTC) -> Pattern:
    """Posts by day of the week, from Monday, and hour, in a zone; shape (7, 24)."""
    found = np.zeros((7, 24), np.int64)
    for at in times:
        local = at.astimezone(zone)
        found[local.weekday(), local.hour] += 1
    return found


def rows(found: Pattern) -> list[Row]:
    """One row an hour of the week, quiet ones too."""
    return [{"Day": DAYS[day], "Hour": hour, "Posts": int(found[day, hour])} for day in range(7) for hour in range(24)]


def alike(a: Pattern, b: Pattern) -> float | None:
    """Cosine of two patterns, from 0 (never in the same hours) to 1; None where one has fewer than :data:`FEWEST`."""
    if min(a.sum(), b.sum()) < FEWEST:
        return None
    x, y = a.ravel().astype(float), b.ravel().astype(float)
    return float(min(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)), 1.0))
