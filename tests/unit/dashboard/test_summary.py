"""What the first page says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from scipy.stats import binomtest

from dashboard import summary
from graph.findings import Finding, Member, Role
from tests.stores import at, finding, run


def ring(name: str, *accounts: str, **changed: Any) -> Finding:
    base = finding(name)
    members = tuple(Member(a, 0.5, Role.CORE, (base.evidence[0].ref,)) for a in accounts)
    return replace(base, members=members, id="", lineage_id="", **changed)


def test_detectors_are_in_time_late_failing_or_have_never_run() -> None:
    runs = [
        run("a", detector="in time", started_at=at(3_000)),
        run("b", detector="late", started_at=at(0)),
        run("c", detector="failing", started_at=at(3_000)),
        run("d", detector="failing", started_at=at(3_500), error="broke"),
        run("e", detector="hopeless", started_at=at(3_500), error="broke"),
    ]
    found = summary.health(["in time", "never"], runs, at(3_600), timedelta(minutes=30))
    assert {h.detector: h.stale for h in found} == {
        "in time": False, "late": True, "failing": True, "hopeless": True, "never": True,
    }  # fmt: skip
    said = {h.detector: h.text for h in found}
    assert said["in time"] == "last success 10 min ago, data up to commit 1"
    assert said["failing"].endswith("the newest run failed: broke")
    assert said["never"] == "has not run"


def test_a_ring_seen_before_says_what_is_new() -> None:
    old = ring("a", "x:1", "x:2")
    new = ring("b", "x:1", "x:2", "x:3", supersedes=old.id)
    assert summary.standing(old, {}) == "new"
    assert "1 account joined" in summary.standing(new, {old.id: old})


def test_confirmed_counts_rings_and_reversals() -> None:
    one, two = ring("a", "x:1", "x:2"), ring("b", "x:3", "x:4")
    rows = [
        {"finding_id": one.id, "outcome": "violation", "at": at(1), "reversed_at": None},
        {"finding_id": one.id, "outcome": "violation", "at": at(2), "reversed_at": None},
        {"finding_id": two.id, "outcome": "violation", "at": at(1), "reversed_at": at(3)},
        {"finding_id": two.id, "outcome": "thinking", "at": at(4), "reversed_at": None},
        {"finding_id": "unknown", "outcome": "violation", "at": at(4), "reversed_at": None},
    ]
    tally = summary.confirmed(rows, [one, two])
    assert tally == {"shilling_cluster": (1, 2)}
    assert summary.confirmed_line(tally).startswith("shilling cluster: 1 of 2 decided were confirmed (95 %: 9% to 91%)")
    assert "not known" in summary.confirmed_line({})


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (3, 17), (40, 50)])
def test_wilsons_interval(k: int, n: int) -> None:
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert summary.interval(k, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_map_joins_rings_that_have_something_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    rings = [
        ring("a", "x:1", "x:2", tickers=("ABC",)),
        ring("b", "x:2", "x:3", tickers=("ABC",)),
        ring("c", "x:9", "x:8"),
    ]
    nodes, edges, left_out = summary.map_of_rings(rings)
    assert [n["id"] for n in nodes] == [f"finding/{f.id}" for f in rings]
    assert [(e["from"], e["to"], e["title"]) for e in edges] == [
        (f"finding/{rings[0].id}", f"finding/{rings[1].id}", "in common: 1 account, 1 ticker")
    ]
    assert left_out == ""
    monkeypatch.setattr(summary, "RINGS", 2)
    assert summary.map_of_rings(rings)[2] == "1 less urgent ones are not drawn"


def test_what_everybody_has_in_common_joins_nobody() -> None:
    rings = [ring(chr(97 + i), f"x:{i}", f"y:{i}", tickers=("BTC",)) for i in range(25)]
    assert summary.map_of_rings(rings)[1] == []
