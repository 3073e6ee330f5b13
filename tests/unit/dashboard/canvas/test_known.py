"""What is kept for all who look at one commit: each thing made once, and no more of them than was said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyvis.network import Network

from dashboard.canvas import commands as c
from dashboard.canvas import drawn, known
from dashboard.canvas.known import Known, Recent
from dashboard.canvas.scene import Player, Scene
from graph.model import Account
from graph.store import open_store
from tests import flagged

RING, SHADOW = flagged.shilling(), flagged.shadow()


def test_what_was_asked_for_longest_ago_is_let_go() -> None:
    kept: Recent[str, int] = Recent(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(k) for k in "abc"] == [1, None, 3]


def test_shadows_flag_nobody() -> None:
    assert Known([RING, SHADOW]).findings == [RING]
    assert Known([SHADOW]).members == {}


def test_an_account_is_shown_as_in_the_finding_where_its_score_is_highest() -> None:
    lower = flagged.shilling(version="2", members=tuple(replace(m, score=m.score / 2) for m in RING.members))
    members = {m.account: m for m in RING.members}
    assert Known([lower, RING]).members == Known([RING, lower]).members == members
    assert Known([RING]).suspicion == {a: m.score for a, m in members.items()}


def test_an_account_is_read_once_known_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def read(key: str) -> Account | None:
        asked.append(key)
        return Account(key) if key == "x:1" else None

    kept = Known([])
    assert [kept.account(key, read) for key in ("x:1", "x:2", "x:1", "x:2")] == [Account("x:1"), None] * 2
    assert asked == ["x:1", "x:2"]
    monkeypatch.setattr(known, "MOST_ACCOUNTS", 2)
    kept.account("x:3", read)
    assert list(kept.accounts) == ["x:3"]


def test_labels_are_read_once() -> None:
    batches = [pa.record_batch({"account": ["x:1"]})]
    kept = Known([])
    assert kept.labels(lambda: iter(batches)) == batches
    assert kept.labels(lambda: pytest.fail("read again")) == batches


def test_a_scene_is_drawn_once_and_another_one_anew() -> None:
    kept, one, other = Known([]), Scene(), Scene()
    first = kept.drawing(one, Network)
    assert kept.drawing(one, lambda: pytest.fail("drawn again")) is first
    assert kept.drawing(other, Network) is not first


def test_players_of_one_commit_share_what_they_read(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path) as store:
        flagged.load(store)
        flagged.flag(store, [RING])
        with store.view() as view:
            kept = Known(view.findings())
            scene = Player(view, kept).play([c.Open(RING.id)])
            net = drawn.draw(scene, Player(view, kept))
            assert drawn.draw(scene, Player(view, kept)) is net
            assert drawn.draw(scene, Player(view)).nodes == net.nodes
