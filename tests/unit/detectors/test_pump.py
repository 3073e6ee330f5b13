"""Coordinated pumps: both legs, each leg alone, who is named in which part, and only what was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import Scope, resolve
from detectors.pump import PumpDetector
from graph.findings import Checked, Finding, Priority, Role, finding_from_json, to_json
from graph.store import open_store
from tests.pumps import CROWD, FALLS, GANG, PUMPS, QUIET, RALLIES, RUMOUR, Rows, known_at, load, world
from tests.stores import at


def found(folder: Path, rows: Rows, scope: Scope | None = None, **given: Any) -> list[Finding]:
    """What the detector says of the rows."""
    detector = PumpDetector()
    with open_store("memory://", folder / "data") as store:
        load(store, rows)
        with store.view() as view:
            return list(detector.detect(view, resolve(detector, given, "test"), scope or Scope()))


@pytest.fixture(scope="module")
def rows() -> Rows:
    return world()


@pytest.fixture(scope="module")
def findings(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    return found(tmp_path_factory.mktemp("pumps"), rows)


def of(findings: Sequence[Finding], ticker: str) -> Finding:
    """The finding on a coin that says most."""
    mine = [f for f in findings if f.tickers == (ticker,)]
    return max(mine, key=lambda f: f.score)


def accused(finding: Finding) -> set[str]:
    return {m.account for m in finding.members if m.role in {Role.CORE, Role.AMPLIFIER}}


@pytest.mark.parametrize("ticker", PUMPS)
def test_a_pump_names_who_pushed_and_only_them(findings: list[Finding], ticker: str) -> None:
    finding = of(findings, ticker)
    assert finding.kind == "coordinated_pump"
    assert accused(finding) == set(GANG)
    reacted = {m.account for m in finding.members} - set(GANG)
    assert reacted
    assert reacted <= set(CROWD)
    assert {m.role for m in finding.members if m.account in reacted} == {Role.FRINGE}
    assert "rose" in finding.summary
    assert "benefit is unknown" in finding.summary
    assert "countdown" in finding.summary


def test_both_legs_are_what_it_rests_on(findings: list[Finding]) -> None:
    finding = of(findings, "ZORBA")
    resting = [e.measure for e in finding.evidence if e.ref in finding.rests_on]
    assert len(resting) == 2
    assert any("volume of $ZORBA" in m for m in resting)
    assert any("pushers who named $ZORBA" in m for m in resting)
    states = {c.text: c.state for c in finding.would_clear}
    assert states["a listing or news before it"] is Checked.EXCLUDED
    assert states["accounts merely reacted to the price"] is Checked.PRESENT
    assert any("candles" in limit for limit in finding.limits)
    assert finding_from_json(to_json(finding)) == finding


def test_short_and_distort_points_down(findings: list[Finding]) -> None:
    (coin,) = FALLS
    finding = of(findings, coin)
    assert finding.kind == "coordinated_pump"
    assert accused(finding) == set(RUMOUR)
    assert "fell" in finding.summary


def test_a_rally_on_news_is_a_market_anomaly_that_names_nobody(findings: list[Finding]) -> None:
    (coin,) = RALLIES
    kinds = {f.kind for f in findings if f.tickers == (coin,)}
    assert "coordinated_pump" not in kinds
    anomaly = next(f for f in findings if f.kind == "market_anomaly")
    assert anomaly.tickers == (coin,)
    assert anomaly.members == ()
    assert anomaly.priority is Priority.NOTE
    assert {c.text: c.state for c in anomaly.would_clear}["a listing or news before it"] is Checked.PRESENT


def test_nothing_is_said_of_quiet_coins(findings: list[Finding]) -> None:
    assert not {f.tickers[0] for f in findings} & set(QUIET)


def test_without_its_news_the_rally_still_accuses_nobody(rows: Rows, tmp_path: Path) -> None:
    without = {table: some for table, some in rows.items() if table != "events"}
    (coin,) = RALLIES
    mine = [f for f in found(tmp_path, without) if f.tickers == (coin,)]
    assert "coordinated_pump" not in {f.kind for f in mine}
    states = {c.text: c.state for f in mine if f.kind == "market_anomaly" for c in f.would_clear}
    assert states["a listing or news before it"] is Checked.NOT_CHECKABLE


def test_news_before_the_push_explains_it_and_news_after_it_does_not(rows: Rows, tmp_path: Path) -> None:
    when = PUMPS["ZORBA"]
    for shift, kind in ((-5400.0, "market_anomaly"), (600.0, "coordinated_pump")):
        event = {"ticker": "ZORBA", "at": at(when + shift), "kind": "listing", "source": "desk"}
        changed = {**rows, "events": [*rows["events"], event]}
        mine = [f.kind for f in found(tmp_path / kind, changed) if f.tickers == ("ZORBA",)]
        assert kind in mine
        assert ("coordinated_pump" in mine) == (kind == "coordinated_pump")


def test_a_known_pump_in_the_feed_changes_nothing(rows: Rows, findings: list[Finding], tmp_path: Path) -> None:
    told = [{"ticker": c, "at": at(t + 180), "kind": "pump", "source": "watch"} for c, t in PUMPS.items()]
    again = found(tmp_path, {**rows, "events": [*rows["events"], *told]})
    assert [(f.kind, f.members, f.score) for f in again] == [(f.kind, f.members, f.score) for f in findings]


def test_a_call_without_a_market_says_so(rows: Rows, tmp_path: Path) -> None:
    alone = [f for f in found(tmp_path, {"posts": rows["posts"]}) if f.tickers[0] in PUMPS]
    assert {f.kind for f in alone} == {"pump_call"}
    for finding in alone:
        assert "market unchecked" in finding.summary
        assert set(GANG[:4]) <= accused(finding) <= set(GANG)
        assert finding.score <= 0.5


def test_a_call_on_a_market_that_did_not_move_says_that(rows: Rows, tmp_path: Path) -> None:
    quiet = [r for r in rows["candles"] if r["base"] == "STILL"]
    shift = timedelta(seconds=PUMPS["ZORBA"]) - timedelta(days=5)
    moved = [{**r, "base": "ZORBA", "open_time": r["open_time"] + shift} for r in quiet]
    mine = [f for f in found(tmp_path, {"posts": rows["posts"], "candles": moved}) if f.tickers == ("ZORBA",)]
    assert [f.kind for f in mine] == ["pump_call"]
    assert "market checked: no move" in mine[0].summary


def test_those_who_only_come_after_the_move_are_nobody(rows: Rows, tmp_path: Path) -> None:
    late = timedelta(hours=2)
    gang = {*GANG}
    posts = [
        {**r, "created_at": r["created_at"] + late} if r["account"] in gang and "pump" not in r["text"] else r
        for r in rows["posts"]
        if not (r["account"] in gang and "pump event" in r["text"])
    ]
    kinds = {f.kind for f in found(tmp_path, {**rows, "posts": posts}) if f.tickers[0] in PUMPS}
    assert "coordinated_pump" not in kinds


MOMENTS = [PUMPS["ZORBA"] + 45, PUMPS["ZORBA"] + 65, PUMPS["ZORBA"] + 420, PUMPS["QUIX"] + 130, FALLS["WUMPO"] + 500]


def test_an_alert_uses_only_what_was_known_then(rows: Rows, tmp_path: Path) -> None:
    seen = []
    for number, seconds in enumerate(MOMENTS):
        moment = at(seconds)
        whole = found(tmp_path / f"whole{number}", rows, Scope(end=moment))
        then = known_at(rows, moment)
        assert list(map(said, whole)) == list(map(said, found(tmp_path / f"then{number}", then, Scope(end=moment))))
        seen.append({f.tickers[0] for f in whole if f.kind == "coordinated_pump"})
    assert "ZORBA" not in seen[0]  # its candle was not complete
    assert "ZORBA" in seen[1]


def said(finding: Finding) -> dict[str, Any]:
    """All that a finding says but its ids and cut."""
    raw: dict[str, Any] = {name: getattr(finding, name) for name in ("kind", "members", "window", "score", "summary")}
    more = {name: getattr(finding, name) for name in ("evidence", "would_clear", "limits", "reasons", "layers")}
    return raw | more


def test_benefit_is_told_where_transfers_show_it(rows: Rows, tmp_path: Path) -> None:
    when = PUMPS["ZORBA"]

    def transfer(number: int, who: str, seconds: float, *, out: bool) -> dict[str, Any]:
        ends = [("account", who), ("wallet", "chain:pool")]
        (a, source), (b, target) = ends if out else reversed(ends)
        row = {"transfer": f"t{number}", "source_type": a, "source": source, "target_type": b, "target": target}
        return {**row, "at": at(seconds), "asset": "ZORBA", "amount": "5", "chain": "chain"}

    moved = [transfer(i, who, when - 3600, out=False) for i, who in enumerate(GANG[:3])]
    moved += [transfer(10 + i, who, when + 600, out=True) for i, who in enumerate(GANG[:2])]
    finding = of(found(tmp_path, {**rows, "transfers": moved}), "ZORBA")
    assert "2 pushers had been sent $ZORBA before and sent some on" in finding.summary


def test_the_window_of_a_finding_covers_push_and_move(findings: list[Finding]) -> None:
    window = of(findings, "ZORBA").window
    begins: datetime = at(PUMPS["ZORBA"])
    assert window.start <= begins - timedelta(minutes=9)
    assert begins < window.end <= begins + timedelta(minutes=15)
