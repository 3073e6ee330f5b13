"""Combining p-values of layers: against scipy, at the ends of what floats hold, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from detectors.coaction.fusion import TINY, brown, cauchy, null_covariance

SOME = np.array([[0.5, 0.01], [0.2, 0.9], [1e-5, 0.3], [0.04, 0.04]])
INDEPENDENT = 4 * np.eye(2)


def plain_cauchy(p: list[float], weights: list[float]) -> float:
    """The definition."""
    share = [w / sum(weights) for w in weights]
    statistic = sum(w * math.tan((0.5 - x) * math.pi) for w, x in zip(share, p, strict=True))
    return float(stats.cauchy.sf(statistic))


@pytest.mark.parametrize("weights", [[1.0, 1.0], [3.0, 1.0], [1.0, 0.0]])
def test_cauchy_is_its_definition(weights: list[float]) -> None:
    expected = [plain_cauchy(row, weights) for row in SOME.tolist()]
    assert cauchy(SOME, weights) == pytest.approx(expected, rel=1e-9)


def test_layers_weigh_the_same_unless_told_otherwise() -> None:
    assert cauchy(SOME) == pytest.approx(cauchy(SOME, [2.0, 2.0]), rel=1e-12)


@pytest.mark.parametrize("combine", [cauchy, lambda p: brown(p, 4 * np.eye(p.shape[1]))])
def test_one_layer_is_its_own_p(combine: object) -> None:
    p = np.array([[1e-250], [1e-30], [1e-9], [0.9e-8], [1.1e-8], [0.3], [0.9]])
    assert combine(p) == pytest.approx(p[:, 0], rel=1e-6)  # type: ignore[operator]


def test_in_the_tail_cauchy_is_the_mean_of_reciprocals() -> None:
    """1/p = mean of 1/p_l where all are small; one of 1 among two costs a factor of 2."""
    small = [1e-290, 1e-300, 1e-100, 1e-12]
    found = cauchy(np.array([[p, 1.0] for p in small]))
    assert found == pytest.approx([2 * p for p in small], rel=1e-6)
    assert cauchy([[1e-20, 4e-20]]) == pytest.approx([1 / (0.5 * (1e20 + 0.25e20))], rel=1e-9)
    assert (np.diff(cauchy(np.stack([np.geomspace(1e-12, 1, 500), np.full(500, 0.5)], axis=1))) > 0).all()


def test_a_layer_without_meetings_hides_no_other() -> None:
    assert cauchy([[1.0, 1e-6]])[0] < 1e-5
    assert cauchy([[1.0, 1e-6, 1.0, 1.0]])[0] < 1e-5
    assert cauchy([[1.0, 1.0]])[0] == pytest.approx(0.995)


def test_no_p_is_0_and_none_above_1() -> None:
    ends = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [TINY, 0.5]])
    for found in (cauchy(ends), brown(ends, INDEPENDENT)):
        assert ((found > 0) & (found <= 1)).all()
        assert np.isfinite(-np.log(found)).all()


def test_brown_of_independent_layers_is_fishers_method() -> None:
    expected = [stats.combine_pvalues(row, "fisher").pvalue for row in SOME]
    assert brown(SOME, INDEPENDENT) == pytest.approx(expected, rel=1e-9)


def test_brown_of_one_layer_twice_is_that_layer() -> None:
    p = np.array([0.2, 0.03, 1e-6])
    same = np.full((2, 2), 4.0)
    assert brown(np.stack([p, p], axis=1), same) == pytest.approx(p, rel=1e-9)


def test_dependence_makes_brown_more_careful() -> None:
    p = [[0.01, 0.01]]
    found = [brown(p, np.array([[4.0, c], [c, 4.0]]))[0] for c in (0.0, 1.0, 2.0, 4.0)]
    assert found == sorted(found)
    assert found[0] < found[-1]
    negative = np.array([[4.0, -3.0], [-3.0, 4.0]])  # is taken for none
    assert brown(p, negative) == pytest.approx(brown(p, INDEPENDENT))


def test_covariance_is_four_times_the_correlation() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(1e-6, 1, (400, 3))
    p[:, 1] = p[:, 0] ** 1.5
    # 600 further pairs never met: p = 1 in each layer
    whole = np.concatenate([p, np.ones((600, 3))])
    expected = 4 * np.corrcoef(-2 * np.log(whole), rowvar=False)
    found = null_covariance(p, 1000)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert np.diag(found).tolist() == [4.0, 4.0, 4.0]


def test_a_layer_in_which_nobody_met_depends_on_none() -> None:
    p = np.array([[0.1, 1.0], [0.3, 1.0]])
    assert null_covariance(p, 10).tolist() == [[4.0, 0.0], [0.0, 4.0]]
    assert null_covariance(np.empty((0, 2)), 0).tolist() == [[4.0, 0.0], [0.0, 4.0]]


def test_nothing_in_nothing_out() -> None:
    assert cauchy(np.empty((0, 2))).tolist() == []
    assert brown(np.empty((0, 2)), INDEPENDENT).tolist() == []


@pytest.mark.parametrize("p", [[[1.1]], [[-0.1]], [[math.nan]], [0.5, 0.1], 0.5])
def test_what_is_no_p_is_refused(p: object) -> None:
    with pytest.raises(ValueError, match="p-values"):
        cauchy(p)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="p-values"):
        brown(p, np.eye(1) * 4)  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [1.0, math.nan], [math.inf, 1.0]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        cauchy(SOME, weights)


def test_a_covariance_of_other_layers_is_refused() -> None:
    with pytest.raises(ValueError, match="2 × 2"):
        brown(SOME, np.eye(3))
