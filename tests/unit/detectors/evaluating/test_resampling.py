"""Intervals cover as often as they say, whole groups are drawn, and no split parts a group or looks ahead."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from detectors.evaluating.resampling import codes, forward, grouped, intervals, mean_interval, weights
from tests.stores import at


def test_rows_of_a_group_are_drawn_together() -> None:
    group = codes(["a", "b", "a", "c", "b"])
    assert group.tolist() == [0, 1, 0, 2, 1]
    for weight in weights(group, draws=20):
        assert weight[0] == weight[2]
        assert weight[1] == weight[4]
        assert weight[[0, 1, 3]].sum() == 3
    assert next(iter(weights(group, draws=5, seed=1))).tolist() == next(iter(weights(group, draws=5, seed=1))).tolist()


def test_an_interval_of_a_mean_covers_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for trial in range(200):
        found = mean_interval(rng.normal(1.0, 2.0, 40).tolist(), draws=300, seed=trial)
        covered += found.low <= 1.0 <= found.high
    assert 180 <= covered <= 199  # 95 % of 200 is 190, a percentile interval of 40 values a little less


def test_groups_widen_an_interval_where_their_rows_say_the_same() -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(0, 1, 20), 50)

    def mean(weight: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float | None]:
        return {"mean": float(np.average(values, weights=weight)), "never": None}

    together = intervals(mean, np.repeat(np.arange(20), 50))
    apart = intervals(mean, np.arange(1000))
    assert set(together) == {"mean"}
    assert together["mean"].high - together["mean"].low > 4 * (apart["mean"].high - apart["mean"].low)


def test_no_values_have_no_interval() -> None:
    assert math.isnan(mean_interval([]).low)
    assert next(iter(weights(codes([]), draws=2))).size == 0
    assert list(forward([], [])) == []
    assert list(grouped(["one", "one"])) == []


def test_no_fold_parts_a_group() -> None:
    groups = [f"g{i % 7}" for i in range(50)]
    seen = []
    for learnt, judged in grouped(groups):
        assert not {groups[i] for i in learnt} & {groups[i] for i in judged}
        seen += judged.tolist()
    assert sorted(seen) == list(range(50))


@pytest.mark.parametrize("span", [1, 40])
def test_forward_splits_never_look_ahead(span: int) -> None:
    groups = [f"g{i // 5}" for i in range(100)]
    times = [at(0) + timedelta(days=i // 5 + span * (i % 5)) for i in range(100)]
    splits = list(forward(times, groups))
    assert len(splits) == 4
    for learnt, judged in splits:
        assert not {groups[i] for i in learnt} & {groups[i] for i in judged}
        assert max(times[i] for i in learnt) < min(times[i] for i in judged)
