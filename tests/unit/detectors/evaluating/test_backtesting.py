"""What a change of parameters would newly flag, and what would vanish, over runs of the past."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from detectors.base import Detector, Param, Scope, Value
from detectors.evaluating.backtesting import Backtest, Change, alike, as_dict, backtest, markdown, moments
from graph.errors import ConfigError, DetectorError
from graph.findings import Finding, Member, Role, Window
from graph.store import View, open_store
from tests.stores import at, finding

DAY = timedelta(days=1)


def ring(name: str, accounts: str, *, tickers: tuple[str, ...] = (), start: float = 0.0) -> Finding:
    members = tuple(Member(a, 0.5, Role.CORE) for a in accounts)
    kind = "shilling_cluster" if members else "market_anomaly"
    window = Window(at(start), at(start + 60))
    how = {"id": name, "lineage_id": name, "members": members, "kind": kind, "tickers": tickers, "window": window}
    return dataclasses.replace(finding(name), **how)  # type: ignore[arg-type]


class Counts(Detector):
    """Flags rings of at least ``least`` accounts, one more account of each a day; counts how often it is run."""

    name = "counts"
    version = "1"
    kinds = ("shilling_cluster",)
    about = "For a test."
    params = (Param("least", int, "accounts", 3, 1, None, "least size"),)
    runs = 0

    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:  # noqa: ARG002
        self.runs += 1
        assert scope.end is not None
        days = (scope.end - at(0)).days
        rings = [whole[: len(whole) - 3 + days] for whole in ("abcdef", "uvw", "pqrst")]
        return [ring(r, r) for r in rings if len(r) >= int(params["least"])]


class Fails(Counts):
    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:  # noqa: ARG002
        raise KeyError("x") if params["least"] == 3 else ConfigError("no", "least")


@contextmanager
def past(when: datetime) -> Iterator[tuple[View, Scope]]:
    with open_store("memory://", Path("unused")) as store, store.view() as view:
        yield view, Scope(end=when)


def run(before: int, after: int, *decided: tuple[Finding, bool]) -> Backtest:
    times = [at(0) + i * DAY for i in range(1, 4)]
    return backtest(Counts(), {"least": before}, {"least": after}, times, at=past, decided=decided)


def test_rings_fire_vanish_and_stay() -> None:
    result = run(4, 6)
    assert [(r.change, "".join(r.last.accounts)) for r in result.rings] == [
        (Change.GONE, "pqrst"),
        (Change.STAYS, "abcdef"),
    ]
    gone, stays = result.rings
    assert [s.at for s in stays.before] == list(result.times)
    assert [s.at for s in stays.after] == [result.times[-1]]
    assert len(gone.before) == 2
    assert result.changed == {"least": (4, 6)}
    back = run(6, 4)
    assert [r.change for r in back.rings] == [Change.NEW, Change.STAYS]


def test_a_change_is_judged_by_what_people_decided() -> None:
    result = run(4, 6, (ring("old", "pqrstx"), False), (ring("other", "abc"), True), (ring("far", "xyz"), True))
    assert result.counts() == {
        "newly fires": {"rings": 0, "confirmed": 0, "cleared": 0, "undecided": 0},
        "vanishes": {"rings": 1, "confirmed": 0, "cleared": 1, "undecided": 0},
        "stays": {"rings": 1, "confirmed": 1, "cleared": 0, "undecided": 0},
    }
    document = as_dict(result)
    assert document["rings"][0]["decided"] == "cleared"
    assert document["rings"][0]["first_after"] is None
    page = markdown(result)
    assert "- least: 4 → 6" in page
    assert "| vanishes | cleared |" in page


def test_the_same_parameters_are_run_once() -> None:
    detector = Counts()
    result = backtest(detector, {"least": 3}, {"least": 3}, [at(0) + DAY], at=past)
    assert detector.runs == 1
    assert {r.change for r in result.rings} == {Change.STAYS}
    assert "nothing is changed" in markdown(result)


def test_a_detector_that_fails_is_named() -> None:
    with pytest.raises(DetectorError, match="KeyError"):
        backtest(Fails(), {"least": 3}, {"least": 3}, [at(0)], at=past)
    with pytest.raises(ConfigError):
        backtest(Fails(), {"least": 4}, {"least": 4}, [at(0)], at=past)


def test_findings_that_name_nobody_are_alike_by_ticker_and_time() -> None:
    one = ring("a", "", tickers=("ABC",))
    assert alike(one, ring("b", "", tickers=("ABC",), start=3600)) == 1
    assert alike(one, ring("c", "", tickers=("ABC",), start=3 * 86_400)) == 0
    assert alike(one, ring("d", "", tickers=("XYZ",))) == 0
    assert alike(one, ring("e", "ab", tickers=("ABC",))) == 0


def test_moments_end_at_the_last_and_go_back_by_steps() -> None:
    assert moments(at(0), at(0) + 3 * DAY, DAY) == [at(0) + i * DAY for i in (1, 2, 3)]
    assert moments(at(0), at(0) + 2.5 * DAY, DAY) == [at(0) + i * DAY for i in (0.5, 1.5, 2.5)]
    assert moments(at(5), at(0), DAY) == moments(at(0), at(5), timedelta(0)) == []
