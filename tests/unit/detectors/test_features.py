"""Features of rings: what each says of a plain case, and nothing where nothing is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.coaction import measures, profiles
from detectors.coaction.context import Context
from detectors.coaction.features import BY_NAME, FEATURES, features
from detectors.coaction.streams import Stream, names_of
from detectors.coaction.subject import Acts, Subject, of_events
from graph.store import open_store
from tests.coactions import Event, events_of, planted
from tests.stores import at, fill

DAY = 86_400.0


def subject(*layers: Sequence[Event], ring: Sequence[str] = ("a", "b", "c"), window: float = 60) -> Subject:
    """A ring in some layers of events."""
    tables = [events_of(rows) for rows in layers]
    keys = names_of(tables)
    names = keys.to_pylist()
    actions = ("co_link", "co_hashtag")[: len(tables)]
    streams = [Stream(action, t, window, keys, prompt=False) for action, t in zip(actions, tables, strict=True)]
    codes = np.array(sorted(names.index(m) for m in ring), np.int32)
    return of_events(codes, names, Acts(streams))


def volley(thing: str, when: float, who: str = "abc", step: float = 10) -> list[Event]:
    """Some accounts on one thing, one after another."""
    return [(m, thing, when + step * i, f"{thing}-{m}-{when}") for i, m in enumerate(who)]


RING = [e for i in range(4) for e in volley(f"o{i}", i * DAY)]
APART: list[Event] = [(m, f"own{m}{i}", 5000 + 7000 * i, f"own{m}{i}") for m in "abc" for i in range(6)]


def test_every_feature_is_declared_once_and_in_words() -> None:
    assert len(BY_NAME) == len(FEATURES)
    for f in FEATURES:
        assert f.about
        assert f.low < f.high
        assert f.abuse in {-1, 0, 1}
        assert f.weight >= 0
        assert f.abuse or not f.weight
        assert [f.scaled(x) for x in (f.low - 1, f.low, f.high, f.high + 1)] == [0, 0, 1, 1]
    assert BY_NAME["burst size"].suspicion(1) == BY_NAME["lingering"].suspicion(0) == 1


def test_what_is_not_loaded_is_unknown_and_never_nought() -> None:
    found = features(subject(RING))
    assert list(found) == [f.name for f in FEATURES]
    unknown = {name for name, value in found.items() if value is None}
    assert unknown == {
        *("templates", "new accounts", "same week", "benefit", "verified", "followers", "followers mix"),
        *("disclosed", "explained", "rhythm", "interests", "variety"),
    }
    assert all(BY_NAME[name].needs for name in unknown)


def test_a_ring_that_does_nothing_else() -> None:
    found = features(subject(RING))
    assert found["activity outside"] == 0
    assert found["burst size"] == found["cohesion"] == found["evenness"] == 1
    assert found["concentration"] == found["lingering"] == found["crowd"] == found["known before"] == 0
    assert found["size"] == pytest.approx(np.log2(3), abs=1e-6)
    assert found["span"] == pytest.approx(np.log10(1 + 3 + 20 / DAY), abs=1e-6)


def test_activity_outside_is_a_share_of_messages_in_any_layer() -> None:
    both = [(m, "tag", t, key) for m, _, t, key in RING]
    assert measures.activity_outside(subject([*RING, *APART])) == pytest.approx(6 / 10)
    assert measures.activity_outside(subject([*RING, *APART], both)) == pytest.approx(6 / 10)


def test_concentration_counts_bursts_on_one_object() -> None:
    rows = [e for i in range(4) for e in volley("o", i * DAY)]
    assert measures.concentration(subject(rows)) == 1


def test_others_on_the_objects() -> None:
    others: list[Event] = [(f"x{i}", "o0", 100 + i, f"x{i}") for i in range(3)]
    later: list[Event] = [(f"y{i}", "o0", 40_000 + i, f"y{i}") for i in range(6)]
    s = subject([*RING, *others, *later])
    assert measures.crowd(s) == pytest.approx((0.5 + 0 + 0 + 0) / 4)
    assert measures.attention_elsewhere(s) == pytest.approx((9 / 12 + 0 + 0 + 0) / 4)


def test_a_leader_and_one_who_leads_by_chance() -> None:
    assert measures.leading(subject(RING)) == pytest.approx(2 / 3)
    turns = [e for i, who in enumerate(("abc", "bca", "cab")) for e in volley(f"o{i}", i * DAY, who)]
    assert measures.leading(subject(turns)) == pytest.approx(0, abs=1e-9)
    at_once = [e for i in range(3) for e in volley(f"o{i}", i * DAY, step=0)]
    assert measures.leading(subject(at_once)) == pytest.approx(0)


def test_promptness_lies_between_at_once_and_the_window() -> None:
    assert measures.promptness(subject([e for i in range(3) for e in volley(f"o{i}", i * DAY, step=0)])) == 1
    assert measures.promptness(subject([e for i in range(3) for e in volley(f"o{i}", i * DAY, step=60)])) == 0


def test_even_gaps_are_regular() -> None:
    assert measures.regularity(subject(RING)) == pytest.approx(1)
    assert measures.regularity(subject(RING[:9])) is None
    uneven = [e for i, t in enumerate((0, 1, 2, 30)) for e in volley(f"o{i}", t * DAY)]
    assert measures.regularity(subject(uneven)) == pytest.approx(0.448, abs=0.01)


def test_full_minutes_are_seen_where_times_have_seconds() -> None:
    on = [(m, f"o{i}", 600.0 * i + (1 if m == "a" else 0), f"{m}{i}") for i in range(5) for m in "abc"]
    assert measures.minutes(subject(on)) == 1
    assert measures.minutes(subject([(m, o, t // 60 * 60, k) for m, o, t, k in on])) is None


def test_days_are_compared_between_members_only() -> None:
    def living(hours: dict[str, float], shift: float = 0) -> Subject:
        rows: list[Event] = [
            (m, f"w{m}{d}{i}", d * DAY + (h + i) * 3600 + shift, f"w{m}{d}{i}")
            for m, h in hours.items()
            for d in range(4)
            for i in range(3)
        ]
        return subject([(m, o, t + shift, k) for m, o, t, k in RING] + rows)

    same, apart = living({"a": 9, "b": 9, "c": 9}), living({"a": 1, "b": 9, "c": 17})
    assert measures.rhythm(same) == pytest.approx(1)
    assert (measures.rhythm(apart) or 0) < 0
    at_night = living({"a": 9, "b": 9, "c": 9}, shift=11 * 3600 + 13)
    assert measures.rhythm(at_night) == pytest.approx(measures.rhythm(same))


def test_interests_overlap_outside_bursts() -> None:
    shared: list[Event] = [(m, f"i{i}", 9000 * i + 100 * "abc".index(m), f"{m}i{i}") for m in "abc" for i in range(6)]
    assert measures.interests(subject([*RING, *shared])) == pytest.approx(1)
    assert measures.interests(subject([*RING, *APART])) == pytest.approx(0, abs=1e-9)
    assert measures.variety(subject([*RING, *shared])) == pytest.approx(6 / 18)


def test_one_who_comes_back_alone_lingers() -> None:
    alone: list[Event] = [("a", "o0", (20 + i) * DAY, f"alone{i}") for i in range(4)]
    assert measures.lingering(subject([*RING, *alone])) == pytest.approx(4 / 16)
    early: list[Event] = [("a", "z", -5 * DAY, "early")]
    assert measures.known_before(subject([*RING, *early])) == pytest.approx(1 / 3)


def test_a_message_in_a_burst_of_another_layer_is_together() -> None:
    other = [(m, f"only{m}", t, key) for m, _, t, key in RING]
    s = subject(RING, other)
    assert all(own.together.all() for own in s.own)
    assert measures.layers(s) == 1


# -- what needs a store ------------------------------------------------------------------------------------------------


def stored(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> dict[str, float | None]:
    """Features of the planted ring, all of them, as the detector takes them."""
    from detectors.base import Scope, resolve
    from detectors.promotion.searching import Search
    from detectors.shilling import Shilling

    with open_store("memory://", folder / "data") as store:
        fill(store, tables)
        with store.view() as view:
            search = Search(view, resolve(Shilling(), {}, "test"), Scope())
            (seen,) = search.rings
            return features(Subject(search.ring(seen), seen.within.acts, search.context))


def accounts(**more: Sequence[Any]) -> list[dict[str, Any]]:
    """The planted ring's profiles."""
    rows: list[dict[str, Any]] = [{"account": f"x:member{i}", "handle": f"h{i}"} for i in range(5)]
    for column, values in more.items():
        for row, value in zip(rows, values, strict=False):
            row[column] = value
    return rows


def test_new_accounts_and_those_of_one_week(tmp_path: Path) -> None:
    made = [at(30_000), at(30_500), at(31_000), at(-90 * DAY), at(-400 * DAY)]
    found = stored(tmp_path, {**planted(), "accounts": accounts(created_at=made)})
    assert found["new accounts"] == found["same week"] == pytest.approx(3 / 5)
    few = stored(tmp_path, {**planted(), "accounts": accounts(created_at=made[:2])})
    assert few["new accounts"] is few["same week"] is None


def test_profiles_of_members(tmp_path: Path) -> None:
    found = stored(tmp_path, {**planted(), "accounts": accounts(verified=[True] * 2 + [False] * 3, followers=[9] * 5)})
    assert found["verified"] == pytest.approx(2 / 5)
    assert found["followers"] == pytest.approx(1)
    assert found["followers mix"] == pytest.approx(0)
    assert found["templates"] == 1
    assert found["disclosed"] == 0


def test_benefit_is_unknown_unless_transfers_show_it(tmp_path: Path) -> None:
    tables = planted()
    assert stored(tmp_path, tables)["benefit"] is None

    def move(name: str, source: str, target: str, when: float, asset: str = "PUMP") -> dict[str, Any]:
        kinds = {"source_type": "account" if source.startswith("x:") else "wallet", "target_type": "account"}
        kinds["target_type"] = "account" if target.startswith("x:") else "wallet"
        return {"transfer": name, "source": source, "target": target, "at": at(when), "asset": asset, **kinds}

    other = [move("1", "x:shop", "x:member0", 0, "BTC")]
    assert stored(tmp_path, {**tables, "transfers": other})["benefit"] is None
    strangers = [move("1", "x:shop", "x:person00", 0)]
    assert stored(tmp_path, {**tables, "transfers": strangers})["benefit"] is None
    kept = [move("1", "x:shop", "x:member0", 0)]
    assert stored(tmp_path, {**tables, "transfers": kept})["benefit"] == 0
    sold = [*kept, move("2", "x:member0", "x:shop", 600_000, "pump")]
    wallet = [move("3", "sol:shop", "sol:w1", 0), move("4", "sol:w1", "sol:shop", 600_000)]
    tied = [{"account": "x:member1", "kind": "wallet", "value": "sol:w1"}]
    found = stored(tmp_path, {**tables, "transfers": [*sold, *wallet], "identifiers": tied})
    assert found["benefit"] == pytest.approx(2 / 5)


def test_features_do_not_depend_on_the_order_of_rows_or_on_names(tmp_path: Path) -> None:
    tables = planted()
    tables["accounts"] = accounts(created_at=[at(30_000 + i) for i in range(5)])
    expected = stored(tmp_path, tables)
    shuffled = {t: random.Random(2).sample(rows, len(rows)) for t, rows in tables.items()}
    assert stored(tmp_path, shuffled) == expected
    keys = sorted({p["account"] for p in tables["posts"]})
    names = dict(zip(keys, reversed([f"x:n{i:03}" for i in range(len(keys))]), strict=True))
    renamed = {t: [{**r, "account": names[r["account"]]} for r in rows] for t, rows in tables.items()}
    assert stored(tmp_path, renamed) == pytest.approx(expected)


def test_a_store_is_read_once_for_an_account(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path) as store:
        fill(store, {"accounts": accounts()})
        with store.view() as view:
            context = Context(view)
            assert context.account("x:member0") is context.account("x:member0")
            assert context.account("x:nobody") is None
    assert profiles.verified(subject(RING)) is None
