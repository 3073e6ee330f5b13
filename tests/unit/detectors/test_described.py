"""What is said of a search: its edges, accounts, rings and meetings, and pairs on objects that were not enumerated."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.coaction import described
from detectors.coaction.board import Layer
from detectors.coaction.engine import Found, search
from detectors.coaction.hubpairs import OnHubs
from detectors.coaction.hubs import Hubs
from detectors.coaction.streams import names_of
from detectors.coaction.terms import SCHEMA, Terms
from tests.coactions import Event, events_of
from tests.noise import DAY, look, noise, ring

MEMBERS = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def found() -> Found:
    """A ring of four in a noise of strangers, in two layers."""
    return look(
        [([*noise(1), *ring(MEMBERS, 1, prefix="u")], 60.0), ([*noise(2), *ring(MEMBERS, 2, prefix="v")], 60.0)]
    )


def test_edges_name_their_ring_and_their_layers(found: Found) -> None:
    rows = described.edges(found).to_pylist()
    inside = [r for r in rows if {r["source"], r["target"]} <= set(MEMBERS)]
    assert len(inside) == 6
    for row in inside:
        assert row["ring"] == 0
        assert row["occasions"] >= 6
        assert row["expected"] < 1
        assert row["p_value"] < 1e-6
        assert row["q_value"] <= 0.05
        assert row["co_0"] > 0
        assert row["co_1"] > 0
    assert "hub_occasions" not in rows[0]


def test_each_account_of_a_ring_has_a_role(found: Found) -> None:
    rows = described.accounts(found).to_pylist()
    assert [r["id"] for r in rows] == MEMBERS
    assert {r["role"] for r in rows} == {"core"}
    assert all(r["taken_in"] is None and -1 <= r["lead"] <= 1 for r in rows)
    assert described.nodes(found)["id"].to_pylist() == MEMBERS


def test_a_ring_says_what_it_did_and_rests_on(found: Found) -> None:
    (said,) = described.rings(found)
    assert said["accounts"] == MEMBERS
    assert said["p_value"] == pytest.approx(0.01)
    assert said["summary"].startswith("4 accounts were sharing the same co_0 within 60 s of each other ")
    assert said["rests_on_is_enough"] is True
    codes = [found.surprisal.code(int(thing["action"][-1]), thing["object"]) for thing in said["rests_on"]]
    ring_ = found.rings[0]
    assert found.fires(ring_.codes)
    assert not found.fires(ring_.codes, codes)
    for one in codes:  # none of them is there for nothing
        assert found.fires(ring_.codes, [c for c in codes if c != one])


def test_who_always_begins_is_named() -> None:
    rows: list[Event] = []
    for action in range(12):
        begin = action * 0.6 * DAY
        rows += [(who, f"u{action:02}", begin + 8.0 * i, f"r{action}{who}") for i, who in enumerate(MEMBERS)]
    (said,) = described.rings(look([([*noise(1), *rows], 60.0)]))
    assert next((s["account"], s["first"], s["occasions"]) for s in said["starts"]) == ("a", 12, 12)
    assert "; a was first on 12 of 12 occasions." in said["summary"]


def test_the_meetings_counted_make_up_an_edges_surprise(found: Found) -> None:
    terms = Terms(found.surprisal)
    for row in range(len(found.edges)):
        mine = terms.of(int(found.edges.source[row]), int(found.edges.target[row]))
        counted = [t for t in mine if t.counted]
        assert sum(t.surprise for t in counted) == pytest.approx(found.edges.surprise[row])
        assert len(counted) == found.edges.occasions[row]
        assert [min(t.at) for t in mine] == sorted(min(t.at) for t in mine)


def test_meetings_name_both_messages(found: Found) -> None:
    table = Terms(found.surprisal).table(found.edges)
    assert table.schema == SCHEMA
    for row in table.to_pylist():
        assert row["source"] < row["target"]
        assert row["source_message"] != row["target_message"]
        assert abs((row["source_at"] - row["target_at"]).total_seconds()) <= 60
    assert Terms(found.surprisal).table(found.edges.where(np.zeros(len(found.edges), bool))).num_rows == 0
    assert Terms(found.surprisal).of(0, 0) == []


def test_nothing_found_is_said_in_empty_tables() -> None:
    nothing = look([(noise(3), 60.0)])
    assert nothing.rings == []
    assert described.rings(nothing) == []
    assert described.accounts(nothing).num_rows == 0
    assert described.nodes(nothing).num_rows == 0
    assert described.edges(nothing).num_rows == len(nothing.edges)


def test_pairs_that_something_rarer_proposed_are_counted_on_hubs() -> None:
    rng = np.random.default_rng(5)
    hub: list[Event] = [
        (f"p{i % 60:03}", "BTC", float(t), f"h{i}") for i, t in enumerate(rng.uniform(0, 8 * DAY, 30_000))
    ]
    hub += [(who, "BTC", 3 * DAY + 5.0 * i, f"hub{who}") for i, who in enumerate(MEMBERS)]
    table = events_of([*noise(1), *ring(MEMBERS, 1, prefix="u"), *hub])
    layer = Layer("co_ticker", table, 60.0, Hubs(4.0))
    found = search([layer], names_of([table]))
    on = OnHubs(found.surprisal)
    assert [(h.key, h.events) for h in on.hubs()] == [("BTC", 30_004)]
    rows = {(r["source"], r["target"]): r for r in described.edges(found).to_pylist()}
    assert rows["a", "b"]["hub_occasions"] == 1
    assert 0 < rows["a", "b"]["hub_expected"] < 1
    (said,) = described.rings(found)
    assert said["limits"][0].startswith("co_ticker: posting $BTC skipped: ")
    assert all(thing["object"] != "BTC" for thing in said["objects"])
