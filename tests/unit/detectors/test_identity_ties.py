"""What ties accounts, how rare that is, and what chance brings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from detectors.identity.births import DAY, HOUR, MINUTE, births
from detectors.identity.growth import FoundRing, grown
from detectors.identity.handles import handles, shape, template
from detectors.identity.identifiers import crowds, identifiers
from detectors.identity.people import UNDATED, Longs, People, people
from detectors.identity.rings import Rules, rings_of, search, strength_of
from detectors.identity.standing import Follows, Rhythms
from detectors.identity.ties import Edges, Group, Layers, Shared, Together
from graph.store import open_store
from tests.stores import at, fill


def shared(memberships: dict[str, list[int]], *, name: str = "device", hand: bool = True) -> Shared:
    """A layer; groups of one member come last."""
    several = [k for k in sorted(memberships) if len(memberships[k]) > 1]
    order = several + [k for k in sorted(memberships) if len(memberships[k]) == 1]
    rows = [(g, u) for g, k in enumerate(order) for u in sorted(memberships[k])]
    group, user = np.array(rows, np.int64).T
    return Shared(name, user.astype(np.int32), group, [Group(name, k, hand=hand) for k in several])


def known(count: int, created: Longs | None = None, handle: list[str | None] | None = None) -> People:
    return People(
        keys=[f"x:{i}" for i in range(count)],
        created=np.full(count, UNDATED) if created is None else created,
        handle=handle or [None] * count,
        attributes=[None] * count,
        verified=[None] * count,
    )


def alone(first: int, last: int) -> dict[str, list[int]]:
    return {f"own{i:04}": [i] for i in range(first, last)}


def test_surprise_is_that_of_meeting_in_a_group_as_small() -> None:
    layer = shared({"a": [0, 1], "b": [2, 3], "c": [2, 4, 5, 6], **alone(7, 30)})
    key, surprise = layer.pairs(30)
    found = dict(zip(key.tolist(), surprise.tolist(), strict=True))
    rows = 2 + 2 + 4 + 23
    small = -np.log(-np.expm1(-1 * 1 * 2 * 2 / rows**2))  # two pairs meet in groups of two
    assert found[0 * 30 + 1] == pytest.approx(small)
    busy = -np.log(-np.expm1(-2 * 1 * 2 * 8 / rows**2))  # eight pairs meet in groups of up to four; 2 has two rows
    assert found[2 * 30 + 4] == pytest.approx(busy)
    assert set(found) == {1, 63, *(2 * 30 + v for v in (4, 5, 6)), 4 * 30 + 5, 4 * 30 + 6, 5 * 30 + 6}


def test_dealing_out_keeps_degrees_and_counts_a_member_once() -> None:
    layer = shared({"a": [0, 1, 2], "b": [0, 1, 2], "c": [0, 1, 2], **alone(3, 9)})
    edges = Layers(9, [layer]).edges()
    assert len(edges.source) == 3
    one = float(layer.surprise(layer.user)[0])
    assert edges.surprise == pytest.approx(3 * one, abs=1e-5)
    for seed in range(20):
        key, surprise = layer.pairs(9, np.random.default_rng(seed))
        assert len(key) <= 9
        assert max(Counter(key.tolist()).values()) <= 3
        assert (surprise <= -np.log(-np.expm1(-layer.rate(0))) + 1e-9).all()


def test_acting_together_adds_only_where_identity_speaks() -> None:
    layer = shared({"a": [0, 1], **alone(2, 9)})
    both = Together(
        "acting",
        np.array([0, 2], np.int32),
        np.array([1, 3], np.int32),
        np.array([5.0, 5.0]),
        np.array([2, 2]),
        np.arange(4, dtype=np.int32),
    )
    edges = Layers(9, [layer, both]).edges()
    assert edges.source.tolist() == [0]
    assert edges.surprise[0] == pytest.approx(float(layer.surprise(layer.user)[0]) + 5.0, abs=1e-5)
    assert Layers(9, [layer, both]).parts(edges).sum(axis=1) == pytest.approx(edges.surprise, abs=1e-5)


def test_a_ring_is_weighed_against_the_ways_to_choose_it() -> None:
    edges = Edges(np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32), np.array([20.0, 15.0, 18.0]))
    expected = 20 + 18 - np.log(100**2 / 2) - np.log(100 * 2)
    assert strength_of(edges, np.arange(3, dtype=np.int32), 100) == pytest.approx(expected, abs=1e-5)


def test_two_rings_that_hang_together_by_little_are_two() -> None:
    pairs = [(0, 1, 40.0), (1, 2, 42.0), (3, 4, 41.0), (4, 5, 43.0), (2, 3, 12.0)]
    source, target, surprise = (np.array(c) for c in zip(*pairs, strict=True))
    edges = Edges(source.astype(np.int32), target.astype(np.int32), surprise)
    assert [c.tolist() for c, _ in rings_of(edges, 100, 3)] == [[0, 1, 2], [3, 4, 5]]
    strong = Edges(edges.source, edges.target, np.where(surprise == 12.0, 30.0, surprise))
    assert [c.tolist() for c, _ in rings_of(strong, 100, 3)] == [[0, 1, 2, 3, 4, 5]]


def test_a_ring_takes_in_the_other_users_of_its_device_and_not_those_of_a_shop() -> None:
    device = shared({"ours": [0, 1, 2, 3], "shop": [0, 1, *range(4, 12)], **alone(12, 200)})
    ring = FoundRing(np.arange(3, dtype=np.int32), frozenset(range(3)), 0.01, 9.0)
    (found,) = grown([ring], Layers(200, [device]))
    assert found.codes.tolist() == [0, 1, 2, 3]
    assert found.core == frozenset(range(3))


def test_rings_on_one_address_are_one_where_few_rings_are() -> None:
    address = shared({"home": [0, 1, 2, 3, 4, 5], **alone(6, 300)}, name="ip", hand=False)
    rings = [FoundRing(np.arange(k, k + 3, dtype=np.int32), frozenset(range(k, k + 3)), 0.01, 9.0) for k in (0, 3)]
    (found,) = grown(rings, Layers(300, [address]))
    assert found.codes.tolist() == list(range(6))
    assert found.strength == 18.0


def test_the_tail_of_all_others_says_when_a_device_has_too_many_users() -> None:
    some = {f"pair{k:03}": [k, k + 500] for k in range(40)}
    few = crowds(shared({"farm": list(range(100, 108)), **some, **alone(0, 500)}), 1.0)
    assert [len(c.layer.members(c.group)) for c in few] == [8]
    assert few[0].expected < 0.01
    heavy = {f"many{k:03}": list(range(9 * k, 9 * k + 8)) for k in range(40)}
    assert crowds(shared({"farm": list(range(400, 408)), **heavy, **alone(0, 500)}), 1.0) == []
    assert crowds(shared({"farm": list(range(8)), **alone(9, 500)}, name="ip", hand=False), 1.0) == []


def test_addresses_count_where_they_are_used_at_one_time(tmp_path: Path) -> None:
    uses = [("x:a", 0, 10), ("x:b", 5, 15), ("x:c", 20, 30)]
    rows = [
        {"account": a, "kind": kind, "value": "v", "first_seen": at(first), "last_seen": at(last)}
        for kind in ("ip", "device")
        for a, first, last in uses
    ]
    with open_store("memory://", tmp_path) as store:
        fill(store, {"identifiers": rows})
        with store.view() as view:
            who = people(view)
            device, ip = identifiers(view, who)
    assert len(device.rows[0]) == 3
    (first,), (second,), _ = ip.rows
    assert {who.keys[ip.user[first]], who.keys[ip.user[second]]} == {"x:a", "x:b"}


def test_a_burst_is_found_and_a_wave_of_sign_ups_is_its_own_measure() -> None:
    rng = np.random.default_rng(3)
    ordinary = rng.integers(0, 400 * DAY, 400)
    burst = 200 * DAY + rng.integers(0, 40 * MINUTE, 8)
    (layer,) = births(known(408, np.concatenate([ordinary, burst])))
    (group,) = [g for g in range(len(layer.groups)) if set(range(400, 408)) <= set(layer.members(g).tolist())]
    assert (layer.groups[group].expected or 9.0) < 0.5
    wave = 200 * DAY + rng.integers(0, 12 * HOUR, 800)
    (layer,) = births(known(1200, np.concatenate([ordinary, wave])))
    assert all(d >= 800 for d in layer.degree)  # the wave itself, and nothing within it


def test_dates_alone_make_no_bursts_within_a_day() -> None:
    days = np.repeat(np.arange(100), 4).astype(np.int64) * DAY
    assert [layer.groups for layer in births(known(400, days))] == [[]]


def test_templates_and_shapes() -> None:
    assert template("Dusty_Quill_4107") == "dusty_quill_#4"
    assert shape("dusty_quill_#4") == "w_w_#4"
    assert shape("dusty_quill") is None
    assert shape("dusty#4") is None


def test_handles_from_one_template_one_letter_apart_and_of_one_make() -> None:
    names: list[str | None] = [
        "ada_kite_4711",
        "ada_kite_4718",
        "moonlighter",
        "moonlightes",
        "blu_fog_1234",
        "red_sky_777",
    ]
    names += ["ol_cat_9876", "anna", None]
    (layer, *_) = handles(known(len(names), handle=names))
    found = {g.detail: layer.members(k).tolist() for k, g in enumerate(layer.groups)}
    assert found == {"ada_kite_####": [0, 1], "moonlighte?": [2, 3], "w_w_####": [4, 6]}


def test_the_platform_s_own_numbering_is_no_template() -> None:
    names: list[str | None] = [f"user{100000 + 7 * i}" for i in range(40)]
    created = np.arange(40, dtype=np.int64) * DAY
    assert [g for layer in handles(known(40, created, names)) for g in layer.groups] == []
    shuffled = np.random.default_rng(0).permutation(created)
    assert len([g for layer in handles(known(40, shuffled, names)) for g in layer.groups]) == 1


def test_follows_within_a_ring_against_what_their_numbers_bring() -> None:
    source, target = np.array([0, 1, 2, 0, 5, 6], np.int32), np.array([1, 2, 0, 9, 9, 9], np.int32)
    seen, expected, p = Follows(source, target, 10).within(np.arange(3, dtype=np.int32))
    assert (seen, expected) == (3, round((4 * 3 - (2 * 1 + 1 + 1)) / 6, 6))
    assert 0 < p < 1


def test_rhythms_alike_stand_out_from_groups_as_active() -> None:
    rng = np.random.default_rng(5)
    week = np.sort(rng.integers(0, 7 * DAY, 30))
    actors = [np.repeat(np.arange(4, dtype=np.int32), 30)]
    times = [np.concatenate([week + rng.integers(0, MINUTE, 30) for _ in range(4)])]
    for i in range(4, 60):
        actors.append(np.full(30, i, np.int32))
        times.append(rng.integers(0, 28 * DAY, 30))
    rhythms = Rhythms(np.concatenate(actors), np.concatenate(times), 60)
    alike = rhythms.alike(np.arange(4, dtype=np.int32))
    assert alike is not None
    assert alike[0] > 2 * alike[1]
    assert alike[2] <= 0.01
    other = rhythms.alike(np.arange(20, 24, dtype=np.int32))
    assert other is not None
    assert other[2] > 0.01
    assert Rhythms(np.empty(0, np.int32), np.empty(0, np.int64), 9).alike(np.arange(3, dtype=np.int32)) is None


def test_where_layers_are_independent_rings_are_as_rare_as_said() -> None:
    rng = np.random.default_rng(11)
    reported = 0
    for _ in range(40):
        layers = []
        for name in ("device", "ip"):
            groups = {f"{k:03}": rng.choice(300, rng.integers(2, 7), replace=False).tolist() for k in range(50)}
            layers.append(shared({**groups, **alone(0, 300)}, name=name))
        reported += bool(search(Layers(300, layers), [], Rules(draws=19, level=0.05, least=3)).rings)
    assert reported <= 6  # two of forty expected; more than six with chance .003
