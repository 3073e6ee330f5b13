"""Reliability and its error, held to values by hand."""

from __future__ import annotations

import math
import random

import pytest
from sklearn.calibration import calibration_curve

from detectors.scoring.calibration import calibration_error, reliability


def test_the_error_by_hand() -> None:
    bins = reliability([0.1, 0.1, 0.8, 0.8], [False, True, True, True], bins=2)
    assert [b.said for b in bins] == pytest.approx([0.1, 0.8])
    assert [(b.was, b.count) for b in bins] == [(0.5, 2), (1, 2)]
    assert calibration_error(bins) == pytest.approx(0.5 * 0.4 + 0.5 * 0.2)


def test_scores_that_are_shares_have_no_error_and_the_opposite_has_the_most() -> None:
    scores = [0.0] * 10 + [0.5] * 10 + [1.0] * 10
    truth = [False] * 10 + [True, False] * 5 + [True] * 10
    assert calibration_error(reliability(scores, truth)) == 0
    assert calibration_error(reliability([0.0, 1.0], [True, False])) == 1
    assert math.isnan(calibration_error(reliability([], [])))


def test_equal_scores_are_never_parted() -> None:
    bins = reliability([0.3] * 50 + [0.4], [True] * 51)
    assert [(b.low, b.high, b.count) for b in bins] == [(0.3, 0.3, 50), (0.4, 0.4, 1)]


def test_bins_are_those_of_scikit_learn_where_no_scores_are_equal() -> None:
    rng = random.Random(1)
    scores = [rng.random() for _ in range(200)]
    truth = [rng.random() < s for s in scores]
    was, said = calibration_curve(truth, scores, n_bins=10, strategy="quantile")
    bins = reliability(scores, truth)
    assert [b.said for b in bins] == pytest.approx(said.tolist())
    assert [b.was for b in bins] == pytest.approx(was.tolist())


def test_a_weight_of_two_is_the_same_as_being_there_twice() -> None:
    one = reliability([0.2, 0.2, 0.7], [True, False, True], [2, 1, 0], bins=3)
    assert one == reliability([0.2, 0.2, 0.2], [True, True, False], bins=3)
