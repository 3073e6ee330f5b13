"""Combined p-values hold their level where layers depend on each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import chi2

from detectors.coaction.fusion import Floats, brown, cauchy, null_covariance

DRAWS = 200_000


def dependent(correlation: float, layers: int, seed: int) -> Floats:
    """One-sided p-values of equally correlated normal statistics."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((DRAWS, 1))
    own = rng.standard_normal((DRAWS, layers))
    found: Floats = ndtr(-(math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own))
    return found


def rate(p: Floats, level: float) -> float:
    return float((p <= level).mean())


@pytest.mark.parametrize("layers", [2, 5])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7])
def test_brown_with_the_nulls_own_covariance(correlation: float, layers: int) -> None:
    """It matches two moments, not a tail: within a factor of 1.6 at 1 % and 1.2 at 5 %; Fisher's own is far off."""
    p = dependent(correlation, layers, 1)
    covariance = null_covariance(p, len(p))
    fresh = dependent(correlation, layers, 2)
    combined = brown(fresh, covariance)
    assert rate(combined, 0.05) == pytest.approx(0.05, rel=0.2)
    assert rate(combined, 0.01) <= 0.016
    fisher = chi2.sf(-2 * np.log(fresh).sum(axis=1), 2 * layers)
    if correlation > 0.5:
        assert rate(fisher, 0.01) > 0.02


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7, 0.95])
def test_cauchy_in_its_tail_whatever_the_dependence(correlation: float) -> None:
    combined = cauchy(dependent(correlation, 4, 3))
    for level in (0.01, 0.001):
        spread = 4 * math.sqrt(level / DRAWS)
        assert rate(combined, level) <= 1.15 * level + spread
    assert rate(combined, 0.01) >= 0.005
