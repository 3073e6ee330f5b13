"""Where nothing is coordinated, rings are reported as seldom as the level says: counted over many seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from bench.planting.streams import german_elections
from bench.rings import WINDOW_S, find
from detectors.coaction.engine import Options
from detectors.coaction.permutation import _strengths, chance
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from tests.noise import layers_of, look, noise

DOUBT = 0.001
"""Chance that a test fails though the level holds."""


def strongest_p(surprisal: Surprisal, seed: int) -> float:
    """p of the strongest ring observed; 1 where there is none."""
    found = chance(surprisal, draws=19, seed=seed)
    strength = max(_strengths(found.observed, found.threshold, 3), default=0.0)
    return float(found.ring_p(strength))


@pytest.mark.parametrize("hold_s", [0.0, 86_400.0])
def test_p_of_the_strongest_ring_is_not_too_small(hold_s: float) -> None:
    """Super-uniform: P(p ≤ k/20) ≤ k/20 for each k, the permutation's guarantee whatever rarity is worth."""
    seeds = 200
    p = []
    for seed in range(seeds):
        layers = layers_of([(noise(seed, accounts=50, posts=700, things=15, days=2.0), 60.0)])
        names = names_of([layers[0].events])
        p.append(strongest_p(Surprisal(layers, names, hold_s=hold_s), seed))
    for k in range(1, 20):
        hits = sum(x <= k / 20 + 1e-9 for x in p)
        assert binom.sf(hits - 1, seeds, k / 20) > DOUBT / 19, (k, hits)
    assert sum(x < 1 for x in p) > seeds / 4  # there are rings to be judged


@pytest.mark.parametrize("fusion", ["cauchy", "brown"])
def test_the_level_holds_however_layers_are_joined(fusion: str) -> None:
    """Both layers are made by the same posts, so that they depend on each other as much as can be."""
    seeds = 60
    hits = 0
    for seed in range(seeds):
        rows = noise(seed, accounts=40, posts=500, things=10, days=2.0)
        again = [(a, f"other{o}", t, m) for a, o, t, m in rows]
        hits += bool(look([(rows, 60.0), (again, 60.0)], fusion=fusion, draws=19, seed=seed).rings)
    assert binom.sf(hits - 1, seeds, 0.05) > DOUBT


@pytest.mark.data("coortweet")
def test_in_shuffled_posts_rings_are_reported_at_the_level_at_most(shared_data: Path) -> None:
    """The quick form of what ``python -m bench rings`` counts over 200 seeds."""
    posts = german_elections(shared_data / "coortweet" / "german_elections.parquet")
    seeds = 24
    hits = 0
    for seed in range(seeds):
        tables = posts.shuffled(np.random.default_rng([seed, 9])).tables()
        hits += bool(find(tables, Options(draws=19, seed=seed)).rings)
    assert binom.sf(hits - 1, seeds, 0.05) > DOUBT


@pytest.mark.data("coortweet")
def test_in_shuffled_posts_pairs_are_no_rarer_than_they_say(shared_data: Path) -> None:
    """Pairs with p ≤ e^−r are at most e^−r of all pairs, at each r where there are enough to tell."""
    posts = german_elections(shared_data / "coortweet" / "german_elections.parquet")
    levels = np.arange(8.0, 15.0)
    seen, nominal = np.zeros(len(levels)), np.zeros(len(levels))
    for seed in range(8):
        tables = posts.shuffled(np.random.default_rng([seed, 10])).tables()
        names = names_of(list(tables.values()))
        layers = [Layer(name, table, WINDOW_S) for name, table in tables.items()]
        rarity = np.sort(Surprisal(layers, names).pairs(floor=8.0).rarity)
        seen += len(rarity) - np.searchsorted(rarity, levels)
        nominal += len(names) * (len(names) - 1) / 2 * np.exp(-levels)
    assert nominal.min() > 5
    assert (seen <= nominal + 4 * np.sqrt(nominal)).all(), (seen / nominal).round(2).tolist()
