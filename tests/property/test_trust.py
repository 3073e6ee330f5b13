from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from detectors.trust import PRIOR, residual, sybilrank, trust_scores
from detectors.trusting.reliability import common, reliability

Longs = npt.NDArray[np.int64]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Longs, Longs]:
    n = draw(st.integers(2, 40))
    place = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(place, place), max_size=120))
    seeds = draw(st.lists(st.sampled_from((-1, 0, 0, 1)), min_size=n, max_size=n))
    return np.array(edges, np.int64).reshape(-1, 2), np.array(seeds, np.int64)


def ends(edges: Longs) -> tuple[Longs, Longs]:
    return edges[:, 0], edges[:, 1]


def dense(edges: Longs, n: int) -> npt.NDArray[np.float64]:
    matrix = np.zeros((n, n))
    matrix[edges[:, 0], edges[:, 1]] = matrix[edges[:, 1], edges[:, 0]] = 1.0
    np.fill_diagonal(matrix, 0.0)
    return matrix


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_baselines_equal_the_dense_formulae(graph: tuple[Longs, Longs]) -> None:
    edges, seeds = graph
    n = len(seeds)
    matrix = dense(edges, n)
    degree = np.maximum(matrix.sum(axis=0), 1)
    good = seeds == -1
    trust = good * n / max(good.sum(), 1)
    for _ in range(math.ceil(math.log2(n))):
        trust = (matrix / degree) @ trust
    assert np.allclose(sybilrank(*ends(edges), seeds), trust / degree)
    p = PRIOR * seeds
    for _ in range(6):
        p = np.clip(PRIOR * seeds + matrix @ p / max(matrix.sum() / n, 1e-12), -0.5, 0.5)
    assert np.allclose(residual(*ends(edges), seeds), p)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_cosines_equal_the_dense_formula(graph: tuple[Longs, Longs]) -> None:
    edges, seeds = graph
    n = len(seeds)
    draw = np.random.default_rng(n + len(edges))
    weights = np.triu(dense(edges, n) * draw.random((n, n)))
    weights += weights.T
    sparse = coo_array(weights).tocsr()
    sparse.sort_indices()
    one, other = (x.ravel() for x in np.indices((n, n)))
    lengths = np.linalg.norm(weights, axis=0)
    products = np.outer(lengths, lengths)
    expected = np.divide(weights @ weights, products, out=np.zeros((n, n)), where=products > 0)
    assert np.allclose(common(sparse, one, other), expected.ravel())


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_scores_are_ranks_in_range_and_the_same_each_time(graph: tuple[Longs, Longs]) -> None:
    edges, seeds = graph
    for directed in (True, False):
        found = trust_scores(*ends(edges), seeds, directed=directed)
        assert found.score.shape == seeds.shape
        assert ((found.score >= 0) & (found.score <= 1)).all()
        assert (found.score[~found.known] == 0.5).all()
        assert np.array_equal(found.score, trust_scores(*ends(edges), seeds, directed=directed).score)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("directed", [True, False])
def test_names_and_the_order_of_follows_change_nothing(seed: int, directed: bool) -> None:
    draw = np.random.default_rng(seed)
    n = 240
    edges = np.concatenate(
        [draw.integers(f, f + 40, (260, 2)) for f in range(0, n, 40)] + [draw.integers(0, n, (60, 2))]
    )
    seeds = draw.choice([-1, 0, 0, 0, 1], n)
    names = draw.permutation(n)
    renamed = np.empty(n, np.int64)
    renamed[names] = seeds
    plain = trust_scores(*ends(edges), seeds, directed=directed)
    other = trust_scores(*ends(names[draw.permutation(edges)]), renamed, directed=directed)
    assert np.array_equal(plain.score, other.score[names])
    assert np.array_equal(plain.known, other.known[names])


def test_reliability_tells_triangles_from_strangers_and_rises_with_the_cosine() -> None:
    draw = np.random.default_rng(5)
    close = np.concatenate([draw.integers(f, f + 25, (200, 2)) for f in range(0, 500, 25)])
    strange = draw.integers(0, 500, (700, 2))
    kinds = np.repeat([True, False], [len(close), len(strange)])
    edges = np.sort(np.concatenate([close, strange]), axis=1)
    keys, first = np.unique(edges[:, 0] * 500 + edges[:, 1], return_index=True)
    one, other, real = keys // 500, keys % 500, kinds[first]
    loop = one == other
    one, other, real = one[~loop], other[~loop], real[~loop]
    places = np.concatenate([one, other]), np.concatenate([other, one])
    matrix = coo_array((np.ones(2 * len(one)), places), shape=(500, 500)).tocsr()
    matrix.sort_indices()
    reliable, _ = reliability(matrix, one, other)
    assert reliable[real].mean() > 0.85
    assert reliable[~real].mean() < 0.2
