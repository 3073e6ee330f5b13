"""The search for rings, on people who post at random and rings planted among them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from detectors.coaction.engine import Options, _homes, layer_vector, search, together
from detectors.coaction.permutation import strength
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Pairs
from graph.projection import SCHEMA
from tests.coactions import Event
from tests.noise import DAY, layers_of, look, noise, ring, rings_of

FIRST, SECOND = [f"a{i}" for i in range(6)], [f"b{i}" for i in range(7)]


@pytest.mark.parametrize("seed", range(4))
def test_planted_rings_are_found_and_nobody_else(seed: int) -> None:
    found = look([([*noise(seed), *ring(FIRST, seed), *ring(SECOND, seed + 50)], 60.0)], grow=False)
    assert sorted(rings_of(found)) == [FIRST, SECOND]
    for one in found.rings:
        assert one.p_value == 0.01
        assert one.core.tolist() == one.codes.tolist()
        assert one.fringe.tolist() == []
        assert one.bystander == {}
        assert len(one.edges) == len(one.codes) * (len(one.codes) - 1) // 2
        assert one.strength == pytest.approx(strength(one.edges, found.chance.threshold))
        assert {lead.account for lead in one.leads} == set(one.codes.tolist())
        assert one.density > 0
    assert [r.strength for r in found.rings] == sorted((r.strength for r in found.rings), reverse=True)


def test_growing_takes_in_nobody_of_the_noise() -> None:
    strangers = 0
    for seed in range(8):
        found = look([([*noise(seed), *ring(FIRST, seed)], 60.0)])
        (one,) = rings_of(found)
        assert set(FIRST) <= set(one)
        strangers += len(set(one) - set(FIRST))
    assert strangers <= 4  # half an account a ring, if chances of being a bystander are what they say


def test_edges_are_the_rings_pairs_with_a_rarity_in_each_layer() -> None:
    links = ring(FIRST, 3, prefix="link")
    found = look([(noise(3), 60.0), ([*noise(33), *links], 60.0)])
    ends = {tuple(found.names(np.array(e, np.int32))) for e in zip(found.edges.source, found.edges.target, strict=True)}
    assert {(a, b) for a in FIRST for b in FIRST if a < b} <= ends
    assert (found.q <= 0.05).all()
    inside = np.isin(found.edges.source, found.rings[0].codes) & np.isin(found.edges.target, found.rings[0].codes)
    assert found.layers.shape == (len(found.edges), 2)
    assert (found.layers[inside, 1] > 5).all()
    assert np.median(found.layers[inside, 0]) == 0


@pytest.mark.parametrize("seed", range(6))
def test_in_noise_alone_there_is_nothing(seed: int) -> None:
    """Seeds that the level of 5 % would let one of twenty fail at; how often is a statistical test's matter."""
    found = look([(noise(100 + seed), 60.0)])
    assert rings_of(found) == []
    assert len(found.edges) == 0


def test_a_bridge_joins_no_rings() -> None:
    bridge: list[Event] = [
        (who, f"t{40 + i}", DAY * i + 7000 + j, f"bridge{i}{who}")
        for i in range(5)
        for j, who in enumerate((FIRST[0], SECOND[0]))
    ]
    rows = [*noise(5), *ring(FIRST, 5), *ring(SECOND, 55), *bridge]
    found = look([(rows, 60.0)], grow=False)
    ends = {
        frozenset(found.names(np.array(e, np.int32))) for e in zip(found.edges.source, found.edges.target, strict=True)
    }
    assert frozenset((FIRST[0], SECOND[0])) in ends
    assert sorted(rings_of(found)) == [FIRST, SECOND]


def test_a_part_that_does_not_stand_alone_goes_where_most_of_its_edges_lead() -> None:
    ties = {
        (0, 0): 9,
        (0, 2): 2,
        (1, 1): 9,
        (1, 2): 3,
        (2, 2): 4,
        (2, 3): 1,
        (3, 4): 5,
        (0, 4): 2,
        (5, 1): 1,
        (5, 0): 1,
    }
    assert _homes(ties, [0, 1]) == {0: 0, 1: 1, 2: 1, 4: 0, 3: 0, 5: 0}
    # two of 0 for 4, then three of 1 for 2; 3 has five edges to 4, now of 0, and one to 2; 5 is between both
    rng = np.random.default_rng(4)
    for _ in range(30):
        pairs = [(int(a), int(b)) for a, b in rng.integers(0, 9, (40, 2))]
        joined = {**{(i, i + 1): 1 for i in range(8)}, **{pair: pairs.count(pair) for pair in pairs}}
        home = {0: 0, 4: 4}
        while len(home) < 9:  # one after the other, all edges counted each time
            pull = [
                (home[inner], outer)
                for (a, b), n in joined.items()
                for inner, outer in ((a, b), (b, a))
                for _ in range(n)
                if inner in home and outer not in home
            ]
            where, who = min(set(pull), key=lambda t: (-pull.count(t), t))
            home[who] = where
        assert _homes(joined, [0, 4]) == home


def test_rings_that_share_two_members_stay_apart_or_share_them() -> None:
    first, second = [f"a{i}" for i in range(8)], ["a0", "a1", *(f"b{i}" for i in range(6))]
    found = look([([*noise(6), *ring(first, 6, actions=8), *ring(second, 66, actions=8)], 60.0)])
    got = rings_of(found)
    assert len(got) == 2
    assert sorted(set().union(*got)) == sorted({*first, *second})
    for one in got:
        assert set(one) <= set(first) or set(one) <= set(second) | {"a0", "a1"}
    assert max(len(set(one) & {"a0", "a1"}) for one in got) == 2


def test_a_ring_in_one_layer_and_one_over_two() -> None:
    """Every second action of the second ring is in another layer."""
    tags, links = noise(7), noise(77)
    mine, both = ring(FIRST, 7), ring(SECOND, 8)
    even = [row for row in both if int(row[3].split(".")[1]) % 2 == 0]
    odd = [row for row in both if row not in even]
    for fusion in ("joint", "cauchy", "brown"):
        found = look([([*tags, *mine, *even], 60.0), ([*links, *odd], 60.0)], fusion=fusion, grow=False)
        assert sorted(rings_of(found)) == [FIRST, SECOND], fusion


def test_layers_combined_are_judged_by_what_combines_them() -> None:
    """Left without its objects a ring is none any more, whichever way layers are joined; with them it is one."""
    for fusion in ("joint", "cauchy", "brown"):
        rows = ring(FIRST, 9)
        found = look([([*noise(9), *rows], 60.0), (noise(99), 60.0)], fusion=fusion, grow=False)
        (one,) = found.rings
        assert found.fires(one.codes)
        objects = {r[1] for r in rows}
        assert not found.fires(one.codes, [found.surprisal.code(0, o) for o in objects])
        assert not found.fires(one.codes[:2])
        assert not found.fires(one.codes, holds=lambda pairs: np.zeros(len(pairs), bool))


def test_what_an_explanation_accounts_for_is_no_edge() -> None:
    rows = [*noise(1), *ring(FIRST, 1), *ring(SECOND, 51)]
    given = layers_of([(rows, 60.0)])
    names = names_of([given[0].events])
    explained = np.array([names.to_pylist().index(a) for a in FIRST])

    def holds(pairs: Pairs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        kept: np.ndarray[tuple[int], np.dtype[np.bool_]] = ~(
            np.isin(pairs.source, explained) & np.isin(pairs.target, explained)
        )
        return kept

    found = search(given, names, Options(grow=False), holds=holds)
    assert rings_of(found) == [SECOND]
    assert not np.isin(found.edges.source, explained).any()
    plain = search(given, names, Options(grow=False))
    assert {tuple(r) for r in rings_of(plain)} == {tuple(FIRST), tuple(SECOND)}
    assert plain.chance.threshold == found.chance.threshold


def test_other_names_give_the_same_rings_under_other_names() -> None:
    rows = [*noise(2), *ring(FIRST, 2), *ring(SECOND, 52)]
    accounts = sorted({r[0] for r in rows})
    other = dict(
        zip(accounts, np.random.default_rng(1).permutation([f"z{i}" for i in range(len(accounts))]), strict=True)
    )
    renamed: list[Event] = [(str(other[a]), o, t, m) for a, o, t, m in rows]
    one, two = look([(rows, 60.0)]), look([(renamed, 60.0)])
    mine = {(frozenset(other[a] for a in names), r.p_value) for names, r in zip(rings_of(one), one.rings, strict=True)}
    theirs = {(frozenset(names), r.p_value) for names, r in zip(rings_of(two), two.rings, strict=True)}
    assert mine == theirs
    assert len(mine) == 2
    assert one.chance.threshold == two.chance.threshold
    assert [r.strength for r in one.rings] == pytest.approx([r.strength for r in two.rings])


def test_the_order_of_rows_and_layers_changes_nothing() -> None:
    links, tags = [*noise(4), *ring(FIRST, 4)], [*noise(44), *ring(SECOND, 54, prefix="tag")]
    rng = np.random.default_rng(3)
    shuffled = [links[i] for i in rng.permutation(len(links))]
    first = look([(links, 60.0), (tags, 30.0)])
    second = look([(tags, 30.0), (shuffled, 60.0)])
    assert rings_of(first) == rings_of(second)
    assert first.chance.strongest.tolist() == pytest.approx(second.chance.strongest.tolist())
    for one, two in zip(first.rings, second.rings, strict=True):
        assert one.p_value == two.p_value
        assert one.core.tolist() == two.core.tolist()
        assert [x.account for x in one.leads] == [x.account for x in two.leads]
    assert first.layers[:, ::-1] == pytest.approx(second.layers)


def test_the_same_seed_gives_the_same_result() -> None:
    rows = [*noise(8), *ring(FIRST, 8, part=0.5)]
    first, second, third = (look([(rows, 60.0)], seed=s) for s in (1, 1, 2))
    assert first.chance.strongest.tolist() == second.chance.strongest.tolist()
    assert first.chance.strongest.tolist() != third.chance.strongest.tolist()
    assert rings_of(first) == rings_of(second)


def test_what_is_given_is_not_changed() -> None:
    given = layers_of([([*noise(1), *ring(FIRST, 1)], 60.0)])
    before = given[0].events.to_pylist()
    search(given, names_of([given[0].events]))
    assert given[0].events.to_pylist() == before


@pytest.mark.parametrize(
    "settings",
    [
        {"level": 0.0},
        {"level": 1.0},
        {"fdr": 0.0},
        {"fdr": 1.5},
        {"draws": 18},
        {"draws": 0},
        {"draws": 99, "level": 0.005},
        {"least": 1},
        {"hold_s": -1.0},
        {"level": float("nan")},
        {"hold_s": float("nan")},
    ],
)
def test_options_that_are_none_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"level|drawn|ring|periods"):
        Options(**settings)  # type: ignore[arg-type]


def test_a_fusion_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="fisher"):
        look([(noise(1), 60.0)], fusion="fisher")


@pytest.mark.parametrize("fusion", ["joint", "cauchy", "brown"])
def test_input_that_nobody_wishes_for(fusion: str) -> None:
    """Defined results, no crash, and no ring: whoever is dealt what, all of this stays as it is."""
    rng = np.random.default_rng(12)

    def drawn(accounts: int, things: int, posts: int, every: float, begin: float = 0.0) -> list[Event]:
        who, what = rng.integers(0, accounts, posts), rng.integers(0, things, posts)
        return [(f"u{who[i]}", f"X{what[i]}", begin + every * i, f"m{i}") for i in range(posts)]

    cases: dict[str, list[Event]] = {
        "nothing": [],
        "one event": [("a", "X", 0.0, "1")],
        "one account": [("a", f"X{i % 3}", float(i), f"m{i}") for i in range(30)],
        "one message": [(who, "X", 0.0, "1") for who in "abcd"],
        "three accounts": drawn(3, 5, 90, 40.0),
        "all at once": drawn(40, 7, 300, 0.0),
        "one object": drawn(50, 1, 400, 300.0),
        "huge counts of one object": drawn(60, 1, 1500, 0.1),
        "before 1970": drawn(20, 9, 200, 37.0, -1e9),
    }
    for name, rows in cases.items():
        for window in (60.0, 0.0):
            found = look([(rows, window), ([], 60.0)], fusion=fusion, draws=19)
            assert found.rings == [], name
            assert found.layers.shape == (len(found.edges), 2)
            assert not found.fires(np.arange(min(3, found.surprisal.count), dtype=np.int32))


def test_three_accounts_that_are_always_together_are_a_ring() -> None:
    """Even where there is nobody else: each takes part once each time, which chance would not bring about."""
    rows: list[Event] = [(who, "X", 1000.0 * i, f"{who}{i}") for i in range(30) for who in "abc"]
    assert rings_of(look([(rows, 60.0)])) == [["a", "b", "c"]]


def test_a_search_in_no_layers() -> None:
    found = search([], pa.array([], pa.string()))
    assert (found.rings, len(found.edges), found.layers.shape) == ([], 0, (0, 0))
    nobody = search(layers_of([([], 60.0)]), pa.array(["a", "b"]))
    assert nobody.rings == []
    assert SCHEMA.empty_table().num_rows == 0


def test_together_are_runs_on_one_object() -> None:
    rows: list[Event] = [
        ("a", "X", 0.0, "1"),
        ("b", "X", 50.0, "2"),
        ("a", "X", 100.0, "3"),  # each within a window of the one before: one occasion
        ("a", "X", 500.0, "4"),
        ("a", "X", 510.0, "5"),  # one account alone: none
        ("c", "X", 5.0, "6"),
        ("a", "Y", 101.0, "7"),
        ("b", "Y", 161.5, "8"),  # too late
        ("b", "Z", 0.0, "9"),
        ("a", "Z", 60.0, "10"),
    ]
    found = look([(rows, 60.0)], draws=19)
    events, bursts = together(found.surprisal, np.array([0, 1], np.int32))
    messages = found.surprisal.events.messages
    made = [messages[int(found.surprisal.events.message[e])].as_py() for e in events]
    groups = sorted(tuple(m for m, b in zip(made, bursts, strict=True) if b == n) for n in set(bursts.tolist()))
    assert groups == [("1", "2", "3"), ("9", "10")]
    assert [len(x) for x in together(found.surprisal, np.empty(0, np.int32))] == [0, 0]


def test_the_layer_vector_is_0_where_a_pair_did_not_meet() -> None:
    links: list[Event] = [("a", "X", 0.0, "1"), ("b", "X", 1.0, "2")]
    tags: list[Event] = [("b", "X", 0.0, "3"), ("c", "X", 1.0, "4")]
    found = look([(links, 60.0), (tags, 60.0)], draws=19)
    every = found.surprisal.pairs(floor=0.0)
    vector = layer_vector(found.surprisal, every)
    assert (vector > 0).tolist() == [[True, False], [False, True]]
    assert layer_vector(found.surprisal, every.where(np.zeros(2, bool))).shape == (0, 2)
