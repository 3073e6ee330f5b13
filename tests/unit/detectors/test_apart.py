"""Detectors side by side: the same findings as one after the other, and an ended process takes no other with it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors import apart
from detectors.apart import Answer, answered
from detectors.base import discover
from detectors.run import run
from graph.store import Store, open_store
from tests.noise import noise, ring
from tests.stores import at, put

ROUNDS: dict[str, dict[str, Any]] = {"shilling": {"draws": 19}}


def ended(code: int) -> Answer:
    os._exit(code)


def load(store: Store) -> None:
    """Strangers who share links, and four who share them together."""
    rows = [*noise(1), *ring(["a", "b", "c", "d"], 1)]
    put(
        store,
        "posts",
        *(
            {
                "post": f"x:{message}",
                "account": f"x:{who}",
                "created_at": at(when),
                "links": [f"https://{thing}.example/"],
            }
            for who, thing, when, message in rows
        ),
    )


def known(store: Store) -> dict[str, tuple[str, ...]]:
    """Ids of what each detector flags."""
    return {r.run.detector: tuple(f.id for f in r.findings) for r in run(store, sorted(discover()), ROUNDS)}


def test_the_same_is_found_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name, many in (("alone", 10**9), ("beside", 1)):
        monkeypatch.setattr(apart, "MANY", many)
        with open_store(f"sqlite:///{tmp_path / name}.db", tmp_path / name) as store:
            load(store)
            found.append(known(store))
            with store.view() as view:
                assert not [r.error for r in view.runs() if r.error]
    assert found[0] == found[1]
    assert found[0]["shilling"]


def test_an_ended_process_is_one_detectors_failure() -> None:
    found, error = answered(ended, 9)
    assert found == []
    assert error is not None
    assert "its process was ended" in error


def test_what_has_nothing_to_do_needs_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(f"sqlite:///{tmp_path}/graph.db", tmp_path) as store:
        load(store)
        run(store, ["shilling", "sybil"], ROUNDS, watch=timedelta(days=28))
        monkeypatch.setattr(apart, "MANY", 1)
        monkeypatch.setattr(apart, "side_by_side", None)  # would be called to begin processes
        again = run(store, ["shilling", "sybil"], ROUNDS, watch=timedelta(days=28))
    assert [r.run.watch for r in again] == ["idle", "idle"]


def test_a_store_that_only_this_process_has_is_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MANY", 1)
    with open_store("memory://", tmp_path) as store, store.view() as view:
        assert not apart.worthwhile(store, view, 2)
