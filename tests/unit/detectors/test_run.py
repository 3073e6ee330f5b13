"""Runs: failures stay apart, empty runs are recorded, and a ring seen again is the same ring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import detectors.run as module
from detectors.base import Detector, Scope
from detectors.run import lineage, run
from graph.errors import ConfigError, DetectorError
from graph.findings import Finding, Member, Role, Status, Window
from graph.store import Store, View, open_store
from tests.stores import at, fill, finding, put
from tests.stores import run as a_run


def ring(*accounts: str, name: str = "ring", **changed: object) -> Finding:
    """A finding of these members."""
    return finding(name, members=tuple(Member(a, 0.5, Role.CORE) for a in accounts), detector="said", **changed)


class Said(Detector):
    """Flags what it is told to."""

    name, version, kinds, about, params = "said", "1", ("shilling_cluster",), "Says.", ()
    result: Sequence[Finding] | Exception = ()

    def detect(self, *_: object) -> Sequence[Finding]:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Other(Said):
    """Another one."""

    name = "other"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """The only detectors there are."""
    mine = Said()
    monkeypatch.setattr(module, "discover", lambda: {"said": mine, "other": Other()})
    return mine


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        put(opened, "posts", {"post": "x:p1"})
        yield opened


def test_a_run_is_recorded_also_when_nothing_is_found(said: Said, store: Store) -> None:
    (result,) = run(store, ["said"], {})
    with store.view() as view:
        assert view.runs() == [result.run]
    assert (result.run.summary, result.run.findings, result.run.error) == ("nothing flagged among 1 post", 0, None)
    assert result.run.data_cut == 1


@pytest.mark.parametrize("error", [DetectorError("no luck", "said", "wait"), ZeroDivisionError("division by zero")])
def test_one_that_fails_does_not_stop_the_others(said: Said, store: Store, error: Exception) -> None:
    said.result = error
    failed, other = run(store, ["said", "other"], {})
    assert failed.run.error
    assert str(error).split(":")[-1].split("(")[0].strip() in failed.run.error
    assert failed.run.summary.startswith("failed: ")
    assert other.run.error is None
    with store.view() as view:
        assert len(view.runs()) == 2


def test_a_kind_that_was_not_declared_is_a_failure(said: Said, store: Store) -> None:
    said.result = [ring("x:anna", kind="sybil_ring")]
    (result,) = run(store, ["said"], {})
    assert result.findings == ()
    assert "sybil_ring" in str(result.run.error)


def test_wrong_settings_stop_everything_before_it_starts(said: Said, store: Store) -> None:
    with pytest.raises(ConfigError, match="did you mean 'said'"):
        run(store, ["saidd"], {})
    with pytest.raises(ConfigError, match="unknown name 'x'"):
        run(store, ["other", "said"], {"said": {"x": 1}})
    said.result = ConfigError("no layer")
    with pytest.raises(ConfigError, match="no layer"):
        run(store, ["said"], {})
    with store.view() as view:
        assert view.runs() == []


def test_findings_carry_their_run_and_status(said: Said, store: Store) -> None:
    said.result = [ring("x:anna", "x:bo")]
    live, other = run(store, ["said"], {}, shadow=["other"])
    assert [f.run_id for f in live.findings] == [live.run.id]
    assert live.findings[0].status is Status.LIVE
    assert other.run.detector == "other"
    assert live.run.summary == "1 finding among 1 post: 1 medium"
    assert live.run.counts["medium"] == 1
    said.result = [ring("x:cy", name="another")]
    (shadow,) = run(store, [], {}, shadow=["said"])
    assert shadow.findings[0].status is Status.SHADOW


def test_a_ring_seen_again_continues_its_lineage(said: Said, store: Store) -> None:
    said.result = [first := ring("x:a", "x:b", "x:c", "x:d")]
    run(store, ["said"], {})
    said.result = [ring("x:b", "x:c", "x:d", "x:e", name="later"), ring("x:q", "x:r", name="elsewhere")]
    (result,) = run(store, ["said"], {})
    again, fresh = result.findings
    assert (again.lineage_id, again.supersedes) == (first.id, first.id)
    assert (fresh.lineage_id, fresh.supersedes) == (fresh.id, None)
    with store.view() as view:
        assert {f.id for f in view.findings()} == {again.id, fresh.id}
        kept = view.finding(first.id)
    assert kept is not None
    assert kept.accounts == first.accounts


def test_the_very_same_finding_is_kept_as_it_was(said: Said, store: Store) -> None:
    said.result = [ring("x:a", "x:b", "x:c")]
    (first,), (second,) = run(store, ["said"], {}), run(store, ["said"], {})
    assert second.findings == first.findings
    assert second.run.id != first.run.id
    with store.view() as view:
        assert [f.run_id for f in view.findings()] == [first.run.id]


def test_of_two_likenesses_the_greater_continues(store: Store) -> None:
    old = ring("x:a", "x:b", "x:c", "x:d")
    with store.writer() as writer:
        writer.add_run(a_run(), [old])
    half, most = ring("x:a", "x:b", name="half"), ring("x:a", "x:b", "x:c", name="most")
    with store.view() as view:
        got = lineage([half, most], view)
    assert [f.supersedes for f in got] == [None, old.id]


def test_what_was_only_a_shadow_is_live_when_it_is_run_live(said: Said, store: Store) -> None:
    said.result = [ring("x:a", "x:b", "x:c")]
    (shadow,), (live,) = run(store, [], {}, shadow=["said"]), run(store, ["said"], {})
    (again,), (shadow_again,) = run(store, ["said"], {}), run(store, [], {}, shadow=["said"])
    assert [f.status for f in live.findings] == [Status.LIVE]
    assert live.findings[0].lineage_id == live.findings[0].id
    assert (again.findings, shadow_again.findings) == (live.findings, shadow.findings)
    with store.view() as view:
        assert {(f.id, f.status, f.run_id) for f in view.findings()} == {
            (shadow.findings[0].id, Status.SHADOW, shadow.run.id),
            (live.findings[0].id, Status.LIVE, live.run.id),
        }


def test_a_superseded_ring_that_returns_is_listed_again(said: Said, store: Store) -> None:
    first, other = ring("x:a", "x:b", "x:c"), ring("x:a", "x:b", name="other")
    for said.result in ([first], [other]):
        run(store, ["said"], {})
    said.result = [first]
    (back,), (again,) = run(store, ["said"], {}), run(store, ["said"], {})
    assert back.findings[0].id not in {first.id, other.id}
    assert (back.findings[0].supersedes, back.findings[0].lineage_id) == (other.id, first.id)
    assert again.findings == back.findings
    with store.view() as view:
        assert view.findings() == list(back.findings)
        assert view.finding(first.id) is not None
    said.result = [other]
    (turned,) = run(store, ["said"], {})
    with store.view() as view:
        assert view.findings() == list(turned.findings)


def test_one_that_returns_beside_its_successor_goes_on_with_its_lineage(said: Said, store: Store) -> None:
    first, other = ring("x:a", "x:b", "x:c"), ring("x:a", "x:b", name="other")
    for said.result in ([first], [other], [first, other]):
        (result,) = run(store, ["said"], {})
    back, kept = result.findings
    assert (kept.id, back.supersedes, back.lineage_id) == (other.id, None, first.id)
    with store.view() as view:
        assert {f.id for f in view.findings()} == {back.id, kept.id}


@pytest.mark.parametrize("changed", [{"kind": "sybil_ring"}, {"status": Status.SHADOW}])
def test_another_kind_or_status_is_another_ring(store: Store, changed: dict[str, object]) -> None:
    with store.writer() as writer:
        writer.add_run(a_run(), [ring("x:a", "x:b")])
    with store.view() as view:
        (got,) = lineage([ring("x:a", "x:b", name="new", **changed)], view)
    assert got.supersedes is None


def test_findings_that_name_no_account_continue_by_ticker_and_time(store: Store) -> None:
    def moved(ticker: str, start: float, end: float, name: str) -> Finding:
        window = Window(at(start), at(end))
        return ring(kind="market_anomaly", tickers=(ticker,), window=window, score=len(name) / 10)

    with store.writer() as writer:
        writer.add_run(a_run(), [old := moved("AAA", 0, 60, "old")])
    later = [moved("AAA", 30, 90, "longer"), moved("AAA", 900, 960, "next"), moved("BBB", 0, 60, "other")]
    with store.view() as view:
        assert [f.supersedes for f in lineage(later, view)] == [old.id, None, None]


def test_the_scope_reaches_the_detector(said: Said, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[int, object, object]] = []

    def detect(view: View, params: object, scope: object) -> list[Finding]:
        got.append((view.seq, params, scope))
        return []

    monkeypatch.setattr(said, "detect", detect)
    run(store, ["said", "said"], {}, Scope(at(0), at(9)))
    assert got == [(1, {}, Scope(at(0), at(9)))]


def test_interactions_are_counted_among_what_was_read(store: Store, said: Said) -> None:
    act = {
        "interaction": "x:1",
        "account": "x:a",
        "kind": "share",
        "target_type": "link",
        "target": "https://a.example",
    }
    fill(store, {"interactions": [act]})
    (result,) = run(store, ["said"], {})
    assert result.run.summary == "nothing flagged among 1 post and 1 interaction"
