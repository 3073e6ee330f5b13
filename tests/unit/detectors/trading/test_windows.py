"""Trailing windows against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.trading.windows import past

SLOT = 60


@given(
    st.lists(st.tuples(st.integers(1, 6), st.floats(0, 100)), min_size=1, max_size=40),
    st.integers(1, 8),
    st.booleans(),
)
def test_it_is_what_numpy_makes_of_the_slots_before(rows: list[tuple[int, float]], slots: int, empty: bool) -> None:
    at = np.cumsum([gap for gap, _ in rows]).astype(np.int64) * SLOT
    values = np.array([v for _, v in rows])
    found = past(at, values, SLOT, slots * SLOT, empty=empty)
    for i, now in enumerate(at):
        before = [v for t, v in zip(at, values, strict=True) if now - slots * SLOT <= t < now]
        if empty:
            whole = (now - max(at[0], now - slots * SLOT)) // SLOT
            before = [0.0] * (whole - len(before)) + before
        assert found.slots[i] == len(before)
        if before:
            assert found.median[i] == pytest.approx(np.median(before))
            assert found.high[i] == pytest.approx(np.quantile(before, 0.9))
            assert found.mean[i] == pytest.approx(np.mean(before), abs=1e-9)
        else:
            assert np.isnan(found.median[i])


def test_nothing_has_no_past() -> None:
    none = np.empty(0, np.int64)
    assert len(past(none, none.astype(float), SLOT, SLOT).median) == 0
