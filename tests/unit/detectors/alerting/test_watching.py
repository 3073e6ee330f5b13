"""Runs that go on from the last: a baseline is silent, then what is new is told, each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import detectors.run as module
from detectors.alerting.alert import alert_from_json
from detectors.alerting.watching import arrived, inputs
from detectors.base import Scope
from detectors.coaction.allowlist import Allowed
from detectors.run import run
from graph.errors import StoreConflict
from graph.findings import Status, run_from_json, to_json
from graph.store import Store, open_store
from tests.alerting import Said, ring, told, watch
from tests.stores import at, drop, put


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    mine = Said()
    monkeypatch.setattr(module, "discover", lambda: {"said": mine, "other": Said("other")})
    return mine


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def test_the_first_run_is_a_baseline_and_the_next_tells_what_is_new(said: Said, store: Store) -> None:
    said.result = [old := ring("x:a", "x:b")]
    (first,) = watch(store)
    assert (first.run.watch, first.run.follows, first.run.alerts) == ("baseline", None, ())
    assert first.run.found == (old.id,)
    said.result = [old, new := ring("x:q", "x:r")]
    (second,) = watch(store)
    assert (second.run.watch, second.run.follows) == ("again", first.run.id)
    assert told(second) == [("new", new.id)]
    (third,) = watch(store)
    assert told(third) == []
    assert third.run.found == (old.id, new.id)


def test_where_nothing_has_arrived_nothing_is_done_but_a_record(said: Said, store: Store) -> None:
    said.result = [ring("x:a", "x:b")]
    watch(store)
    (idle,) = watch(store, arrives=False)
    assert said.runs == 1
    assert (idle.run.watch, idle.run.findings, idle.run.counts["arrived"]) == ("idle", 1, 0)
    assert idle.run.summary.startswith("nothing has arrived since commit 1")
    assert idle.run.data_cut == 2  # the first run's own commit is no news
    said.result = [*said.result, ring("x:q", "x:r")]
    (later,) = watch(store)
    assert [reason for reason, _ in told(later)] == ["new"]
    assert later.run.counts["arrived"] == 1


def test_a_deletion_a_market_file_and_an_allow_list_are_news(said: Said, store: Store) -> None:
    watch(store)
    drop(store, "posts", {"post": "x:p0"})
    watch(store, arrives=False)
    part = store.data_dir / "market" / "candles" / "a.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x")
    watch(store, arrives=False)
    entry = Allowed("ticker", ("BTC",), "why", datetime(2027, 1, 1, tzinfo=UTC), "anna")
    watch(store, arrives=False, scope=Scope(allow=(entry,)))
    watch(store, arrives=False, scope=Scope(allow=(entry,), end=at(1)))
    assert said.runs == 5
    watch(store, arrives=False, scope=Scope(allow=(entry,), end=at(1)))
    assert said.runs == 5


def test_a_grown_ring_says_what_is_new_and_is_told_once(said: Said, store: Store) -> None:
    said.result = [old := ring("x:a", "x:b", "x:c")]
    watch(store)
    said.result = [ring("x:a", "x:b", "x:c", name="more posts")]
    (longer,) = watch(store)
    assert told(longer) == []  # the ring is updated, people are not told
    said.result = [ring("x:a", "x:b", "x:c", "x:d", name="joined")]
    (grown,) = watch(store)
    (alert,) = map(alert_from_json, grown.run.alerts)
    assert (alert.reason, alert.lineage) == ("grown", old.id)
    assert alert.change is not None
    assert (alert.change.since, alert.change.joined) == (longer.findings[0].id, ("x:d",))
    said.result = [ring("x:a", "x:b", "x:c", name="left")]
    assert told(watch(store)[0]) == []
    said.result = [ring("x:a", "x:b", "x:c", "x:d", name="back")]
    assert told(watch(store)[0]) == []


def test_one_that_vanished_and_returns_is_told_again(said: Said, store: Store) -> None:
    rings = [ring("x:a", "x:b")]
    ids = []
    for said.result in (rings, [], rings, [], rings):
        (result,) = watch(store)
        ids += [a["id"] for a in result.run.alerts]
    assert told(result) == [("returned", rings[0].id)]
    assert len(set(ids)) == 2  # another return is another alert


def test_what_somebody_recorded_by_hand_is_still_told(said: Said, store: Store) -> None:
    watch(store)
    said.result = [new := ring("x:a", "x:b")]
    run(store, ["said"], {})
    (result,) = watch(store)
    assert told(result) == [("new", new.id)]


def test_another_version_is_another_baseline(said: Said, store: Store) -> None:
    said.result = [ring("x:a", "x:b")]
    watch(store)
    said.version = "2"  # type: ignore[misc]
    said.result = [ring("x:a", "x:b", version="2"), new := ring("x:q", "x:r", version="2")]
    (result,) = watch(store)
    assert (result.run.watch, result.run.follows) == ("baseline", None)
    assert [(a["finding"], a["shown"]) for a in result.run.alerts] == [(new.id, "baseline")]
    (after,) = watch(store)
    assert (after.run.watch, told(after)) == ("again", [])


def test_a_shadow_is_recorded_and_never_told(said: Said, store: Store) -> None:
    for said.result in ([], [ring("x:a", "x:b")]):
        (result,) = run(store, [], {}, shadow=["said"], watch=timedelta(days=1))
        put(store, "posts", {"post": f"x:p{store.head()}"})
    assert [f.status for f in result.findings] == [Status.SHADOW]
    assert (result.run.watch, result.run.status, result.run.alerts) == ("again", Status.SHADOW, ())
    (live,) = watch(store)
    assert (live.run.watch, live.run.alerts) == ("baseline", ())  # live for the first time


def test_a_failure_stops_no_other_and_hides_nothing(said: Said, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Said("other")
    monkeypatch.setattr(module, "discover", lambda: {"said": said, "other": other})
    watch(store, "said", "other")
    said.result = ZeroDivisionError("by nothing")
    other.result = [ring("x:q", "x:r", detector="other")]
    failed, fine = watch(store, "said", "other")
    assert (failed.run.error, failed.run.found, failed.run.alerts) == ("ZeroDivisionError: by nothing", None, ())
    assert [reason for reason, _ in told(fine)] == ["new"]
    said.result = [new := ring("x:a", "x:b")]
    (mended, idle) = watch(store, "said", "other", arrives=False)
    assert told(mended) == [("new", new.id)]
    assert idle.run.watch == "idle"


def test_a_command_that_was_interrupted_goes_on(said: Said, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Said("other")
    monkeypatch.setattr(module, "discover", lambda: {"said": said, "other": other})
    watch(store, "said", "other")
    said.result, other.result = [ring("x:a", "x:b")], [ring("x:q", "x:r", detector="other")]
    (done,) = watch(store, "said")
    idle, rest = watch(store, "said", "other", arrives=False)
    assert (idle.run.watch, said.runs, len(done.run.alerts)) == ("idle", 2, 1)
    assert [reason for reason, _ in told(rest)] == ["new"]


def test_of_two_runs_at_once_one_is_recorded(said: Said, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    detect = said.detect

    def slow(*rest: object) -> object:
        monkeypatch.setattr(said, "detect", detect)
        watch(store, arrives=False)  # another machine's
        return detect(*rest)

    monkeypatch.setattr(said, "detect", slow)
    with pytest.raises(StoreConflict, match="recorded meanwhile"):
        watch(store)
    with store.view() as view:
        assert len(view.runs()) == 1


def test_a_run_says_what_it_depends_on(said: Said, store: Store) -> None:
    said.result = [ring("x:a", "x:b")]
    watch(store)
    (result,) = watch(store)
    record = result.run
    assert run_from_json(to_json(record)) == record
    assert set(record.stages) == {"detect", "lineage", "alerts"}
    assert {"lockstep-graph", "python", "numpy"} <= set(record.versions)
    assert record.inputs == {"allow_list": "", "market": "", "start": "", "end": ""}
    assert record.counts["posts"] == 2


def test_arrivals_are_counted_by_table(store: Store) -> None:
    put(store, "posts", {"post": "x:p1"}, {"post": "x:p2"})
    with store.view() as view:
        assert arrived(view, 1) == {}
        assert arrived(view, 0)["posts"] == 2
        assert inputs(store.data_dir, (), at(0), None)["start"] == str(at(0))
