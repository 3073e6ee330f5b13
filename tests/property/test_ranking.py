"""A score lies in [0, 1], is the sum of what is shown, and grows with what speaks for abuse, whatever is known."""

from __future__ import annotations

import math
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.coaction.features import FEATURES
from detectors.scoring.features import Values
from detectors.scoring.ranking import Example, Learnt, Ranking, Weighted
from tests.stores import at

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.none()
known = st.dictionaries(st.sampled_from([f.name for f in FEATURES]), numbers)


@cache
def learnt() -> Ranking:
    """A model of rings of which half of everything is unknown."""
    rng = random.Random(3)

    def ring(i: int) -> Example:
        bad = i % 2 == 0
        values = {
            f.name: f.low + (f.high - f.low) * min(max(rng.gauss(0.6 if bad else 0.4, 0.2), 0), 1)
            for f in FEATURES
            if rng.random() < 0.5
        }
        return Example(values, bad, f"r{i}", at(i))

    return Learnt([ring(i) for i in range(80)], FEATURES)


@given(known)
def test_a_stated_score_is_the_sum_of_its_parts(values: Values) -> None:
    said = Weighted(FEATURES).judge(values)
    assert 0 <= said.score <= 1
    assert sum(r.contribution for r in said.reasons) == pytest.approx(said.score, abs=1e-4)
    assert [r.name for r in said.reasons if r.value is None and r.contribution] == []


@given(known, st.sampled_from([f for f in FEATURES if f.weight]), st.floats(0, 1), st.floats(0, 1))
def test_what_speaks_for_abuse_never_lowers_it(values: Values, feature: object, one: float, other: float) -> None:
    f = next(f for f in FEATURES if f is feature)
    low, high = (f.low + (f.high - f.low) * x for x in sorted((one, other)))
    scores = [Weighted(FEATURES).judge({**values, f.name: x}).score for x in (low, high)]
    assert (scores[1] - scores[0]) * f.abuse >= -1e-6


@settings(max_examples=50, deadline=None)
@given(known)
def test_a_learnt_score_is_a_share_whatever_is_missing(values: Values) -> None:
    said = learnt().judge(values)
    assert 0 <= said.score <= 1
    assert all(math.isfinite(r.contribution) for r in said.reasons)
    assert said.means.endswith(" similar confirmed")
