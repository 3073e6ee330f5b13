"""What the growth benchmark says of points whose law is known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.coaction import Join, fitted


def points(off: float = 1.0) -> list[Join]:
    """Times of 3 ns · n · log2(n) + 20 ns · pairs, the last one off by a factor."""
    found = []
    for events in (10**4, 10**5, 10**6, 10**7):
        for pairs in (events, 30 * events):
            seconds = 3e-9 * events * math.log2(events) + 20e-9 * pairs
            found.append(Join(seconds, 0, 0, events=events, pairs=pairs))
    last = found.pop()
    return [*found, Join(last.seconds * off, 0, 0, events=last.events, pairs=last.pairs)]


def test_cpu_seconds_are_fitted_by_themselves() -> None:
    twice = [replace(p, cpu=2 * p.seconds) for p in points()]
    assert fitted(twice, cpu=True)[1] == pytest.approx(40e-9, rel=0.01)


def test_a_law_that_holds_is_found() -> None:
    a, b, off = fitted(points())
    assert a == pytest.approx(3e-9, rel=0.01)
    assert b == pytest.approx(20e-9, rel=0.01)
    assert off == pytest.approx(1, abs=0.01)


def test_a_point_off_the_law_is_shared_out_and_said() -> None:
    _, _, off = fitted(points(4.0))
    assert 1.3 < off <= 2.01
