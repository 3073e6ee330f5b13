"""New accounts: how many of a ring's members were made shortly before it began, beside what all accounts would have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from detectors.coaction.profiles import NEW
from graph.store import View

FEW = 20  # accounts with a date from which the usual share of new ones is known


def made(view: View, end: datetime | None = None) -> npt.NDArray[np.int64]:
    """When all accounts were made (µs), sorted, as far as is known; those made after ``end`` left out."""
    found = [
        batch.column(0).cast("int64").drop_null().to_numpy() for batch in view.scan("accounts", columns=["created_at"])
    ]
    times = np.sort(np.concatenate([np.empty(0, np.int64), *found]))
    limit = len(times) if end is None else int(np.searchsorted(times, round(end.timestamp() * 1e6)))
    kept: npt.NDArray[np.int64] = times[:limit]
    return kept


def usual(everybody: npt.NDArray[np.int64], begins: int, ends: int) -> float | None:
    """Share of all accounts there were by the ring's last burst that were made in the month before its first or later.

    None where fewer than :data:`FEW` are known.
    """
    known = int(np.searchsorted(everybody, ends, side="right"))
    if known < FEW:
        return None
    return 1 - int(np.searchsorted(everybody, begins - NEW)) / known


def count(created: Sequence[int], begins: int) -> int:
    """Of some accounts' dates, those in the month before, or later."""
    return sum(at >= begins - NEW for at in created)
