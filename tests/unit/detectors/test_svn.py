"""Statistically validated networks, against scipy's laws and Benjamini and Hochberg over all pairs there are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from detectors.coaction.svn import NULLS, hypergeometric, poisson, validated, validation
from tests.coactions import Event
from tests.noise import look, noise, ring, rings_of
from tests.surprises import draw_layers, surprisal_of

MEMBERS = [f"a{i}" for i in range(5)]


@pytest.mark.parametrize("hold_s", [0.0, 86_400.0])
def test_the_poisson_null_is_scipys(hold_s: float) -> None:
    surprisal = surprisal_of(draw_layers(1), hold_s=hold_s)
    pairs = surprisal.pairs(floor=0.0)
    expected = stats.poisson.sf(pairs.occasions - 1, surprisal.expected(pairs))
    assert poisson(surprisal, pairs) == pytest.approx(expected, rel=1e-9)
    assert len(pairs) > 5


def test_the_hypergeometric_null_is_scipys_of_shared_places() -> None:
    layers = draw_layers(2)
    surprisal = surprisal_of(layers)
    pairs = surprisal.pairs(floor=0.0)
    cell = surprisal.cell
    places = {
        (n, thing, round(t * 1e6) // cell): set[str]() for n, (rows, _) in enumerate(layers) for _, thing, t, _ in rows
    }
    for n, (rows, _) in enumerate(layers):
        for who, thing, t, _ in rows:
            places[n, thing, round(t * 1e6) // cell].add(who)
    names = surprisal.names.to_pylist()
    degree = {who: sum(who in there for there in places.values()) for who in names}
    found = hypergeometric(surprisal, pairs)
    for row, (u, v) in enumerate(zip(pairs.source, pairs.target, strict=True)):
        mine, theirs = degree[names[u]], degree[names[v]]
        k = min(int(pairs.occasions[row]), mine, theirs)
        assert found[row] == pytest.approx(stats.hypergeom.sf(k - 1, len(places), mine, theirs), rel=1e-9)


@pytest.mark.parametrize("null", sorted(NULLS))
def test_validated_pairs_are_benjamini_and_hochbergs_over_all_pairs(null: str) -> None:
    rows: list[Event] = [*noise(4, accounts=60, posts=600), *ring(MEMBERS, 4, actions=8)]
    surprisal = surprisal_of([(rows, 60.0)])
    met = surprisal.pairs(floor=0.0)
    count = surprisal.count * (surprisal.count - 1) // 2
    p = np.ones(count)
    p[: len(met)] = NULLS[null](surprisal, met)  # pairs that never met are tests too
    rejected = stats.false_discovery_control(p) <= 0.05
    pairs, values = validated(surprisal, 0.05, null)
    keys = set(zip(met.source[rejected[: len(met)]].tolist(), met.target[rejected[: len(met)]].tolist(), strict=True))
    assert set(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == keys
    assert sorted(values) == sorted(p[rejected])
    names = surprisal.names.to_pylist()
    assert {(names[u], names[v]) for u, v in keys} >= set(combinations(MEMBERS, 2))


@pytest.mark.parametrize("null", sorted(NULLS))
def test_strict_mode_finds_nothing_in_noise(null: str) -> None:
    assert len(validated(surprisal_of([(noise(1), 60.0)]), 0.05, null)[0]) == 0
    assert len(validated(surprisal_of([([], 60.0)]), 0.05, null)[0]) == 0


def test_validation_says_of_any_pairs_whether_they_are_validated() -> None:
    surprisal = surprisal_of([([*noise(4, accounts=60, posts=600), *ring(MEMBERS, 4, actions=8)], 60.0)])
    valid, _ = validated(surprisal)
    met = surprisal.pairs(floor=0.0)
    kept = met.where(validation(surprisal, 0.05)(met))
    assert kept.source.tolist() == valid.source.tolist()
    assert kept.target.tolist() == valid.target.tolist()
    assert 0 < len(kept) < len(met)


def test_a_strict_search_has_validated_edges_alone() -> None:
    rows: list[Event] = [*noise(5), *ring(MEMBERS, 5, actions=8), *ring([f"b{i}" for i in range(5)], 6, actions=2)]
    plain, strict = (look([(rows, 60.0)], grow=False, strict=s) for s in (False, True))
    valid, _ = validated(strict.surprisal)
    keys = set(zip(valid.source.tolist(), valid.target.tolist(), strict=True))
    assert {*zip(strict.edges.source.tolist(), strict.edges.target.tolist(), strict=True)} <= keys
    assert len(strict.edges) < len(plain.edges)
    assert MEMBERS in rings_of(strict)
    for found in strict.rings:
        assert {*zip(found.edges.source.tolist(), found.edges.target.tolist(), strict=True)} <= keys
