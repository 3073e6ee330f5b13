"""The judging of pump calls, on the newest of the messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.judging import calls


@pytest.mark.data("telegram")
def test_the_untrained_rule_finds_announced_pumps_and_placebos_find_none(shared_data: Path) -> None:
    figures = {r.name: r for r in calls.results(shared_data, quick=True)}
    assert figures["events judged"].value >= 20
    for what in ("recall of events at 500 alerts", "recall of events at 100 alerts", "AP of alerts"):
        assert figures[f"{what}, untrained rule"].met
        for placebo in ("posts a day later", "coins permuted"):
            assert figures[f"{what}, untrained rule, placebo: {placebo}"].value < 0.2
