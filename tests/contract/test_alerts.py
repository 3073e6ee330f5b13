"""The way from a run to a sink is the same over every store."""

from __future__ import annotations

from pathlib import Path

import pytest

import detectors.run as module
from detectors.alerting.delivery import deliver
from detectors.alerting.routing import Room, listed, pending, route
from detectors.alerting.sinks.jsonl import File
from detectors.base import Scope
from graph.errors import StoreConflict
from graph.store import Store
from tests.alerting import Said, ring, told, watch
from tests.stores import at


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    mine = Said()
    monkeypatch.setattr(module, "discover", lambda: {"said": mine})
    return mine


def test_what_is_new_reaches_the_sink_once(store: Store, said: Said, tmp_path: Path) -> None:
    said.result = [ring("x:a", "x:b")]
    watch(store)
    assert route(store, ["jsonl"], Room(), at(0)) == []
    said.result = [*said.result, new := ring("x:q", "x:r"), ring("x:y", "x:z")]
    (result,) = watch(store)
    assert len(told(result)) == 2
    placed = route(store, ["jsonl"], Room(capacity=1), at(0))
    assert [a.shown for a in placed] == ["alerted", "below"]
    path = tmp_path / "alerts.jsonl"
    assert deliver(store, {"jsonl": File(path)}).sent == {"jsonl": 1}
    assert (len(path.read_text().splitlines()), pending(store)) == (1, {})
    with store.view() as view:
        assert {a.id: a.shown for a in listed(store, view)} == {a.id: a.shown for a in placed}
        assert view.runs()[-1] == result.run
        assert view.finding(new.id) is not None
    (idle,) = watch(store, arrives=False)
    assert (idle.run.watch, said.runs) == ("idle", 2)
    (scoped,) = watch(store, arrives=False, scope=Scope(end=at(9)))
    assert (scoped.run.watch, scoped.run.alerts) == ("again", ())


def test_of_two_runs_at_once_one_is_recorded(store: Store, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    detect = said.detect

    def slow(*rest: object) -> object:
        monkeypatch.setattr(said, "detect", detect)
        watch(store, arrives=False)
        return detect(*rest)

    monkeypatch.setattr(said, "detect", slow)
    with pytest.raises(StoreConflict):
        watch(store)
    with store.view() as view:
        assert [r.watch for r in view.runs()] == ["baseline"]
