from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from detectors.trust import _Graph, _prior, residual, sybilrank, trust_scores

Longs = npt.NDArray[np.int64]


def world(seed: int = 0, half: int = 150, size: int = 30, attack: int = 0) -> tuple[Longs, Longs]:
    """Two halves of tight groups, loosely joined within a half; edges (m, 2) and what each account is."""
    draw = np.random.default_rng(seed)
    made = [draw.integers(first, first + size, (size * 6, 2)) for first in range(0, 2 * half, size)]
    made += [draw.integers(first, first + half, (half // 2, 2)) for first in (0, half)]
    label = np.where(np.arange(2 * half) < half, -1, 1)
    made.append(np.stack([draw.integers(0, half, attack), draw.integers(half, 2 * half, attack)], axis=1))
    return np.concatenate(made), label


def ends(edges: Longs) -> tuple[Longs, Longs]:
    return edges[:, 0], edges[:, 1]


def some(label: Longs, each: int, seed: int = 1) -> Longs:
    draw = np.random.default_rng(seed)
    seeds = np.zeros(len(label), np.int64)
    for sign in (-1, 1):
        seeds[draw.choice(np.flatnonzero(label == sign), each, replace=False)] = sign
    return seeds


def auc(score: npt.NDArray[np.float64], label: Longs, among: npt.NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(label[among] > 0, score[among]))


def test_attack_edges_and_wrong_labels_are_outvoted() -> None:
    edges, label = world(attack=300)
    seeds = some(label, 25)
    flipped = np.flatnonzero(seeds)[::5]
    seeds[flipped] *= -1
    unlabelled = seeds == 0
    ours = auc(trust_scores(*ends(edges), seeds, directed=False).score, label, unlabelled)
    assert ours > 0.97
    assert ours > auc(-sybilrank(*ends(edges), seeds), label, unlabelled)
    assert ours > auc(residual(*ends(edges), seeds), label, unlabelled)


def test_without_labels_it_says_that_there_is_no_start() -> None:
    edges, label = world()
    found = trust_scores(*ends(edges), np.zeros(len(label), np.int64))
    assert (found.score == 0.5).all()
    assert not found.known.any()
    assert found.notes == ("no labelled accounts: trust has no start",)


@pytest.mark.parametrize("sign", [-1, 1])
def test_labels_of_one_class_are_enough_for_a_rank(sign: int) -> None:
    edges, label = world(attack=60)
    seeds = some(label, 40)
    seeds[seeds != sign] = 0
    found = trust_scores(*ends(edges), seeds, directed=False)
    assert auc(found.score, label, seeds == 0) > 0.9
    assert "scores say how near" in found.notes[0]


def test_few_labels_of_one_class_beside_many_of_the_other() -> None:
    edges, label = world(attack=100)
    seeds = some(label, 60)
    seeds[np.flatnonzero(seeds == 1)[8:]] = 0
    assert auc(trust_scores(*ends(edges), seeds, directed=False).score, label, seeds == 0) > 0.95


def test_of_accounts_that_no_follow_joins_to_a_label_nothing_is_said() -> None:
    seeds = np.array([1, 0, 0, 0, 0])
    found = trust_scores(np.array([0, 2]), np.array([1, 3]), seeds)
    assert found.known.tolist() == [True, True, False, False, False]
    assert found.score[2:].tolist() == [0.5, 0.5, 0.5]
    assert "3 of 5 accounts are joined to no labelled account by follows" in found.notes


def test_labels_without_any_follow_speak_for_themselves_alone() -> None:
    nothing = np.zeros(0, np.int64)
    found = trust_scores(nothing, nothing, np.array([1, -1, 0]))
    assert found.score[0] > 0.5 > found.score[1]
    assert found.score[2] == 0.5


def test_repeated_follows_and_loops_count_nothing() -> None:
    edges, label = world(attack=50)
    seeds = some(label, 10)
    twice = np.concatenate([edges, edges[:100], np.stack([np.arange(20)] * 2, axis=1)])
    assert np.array_equal(trust_scores(*ends(edges), seeds).score, trust_scores(*ends(twice), seeds).score)


def test_whom_one_follows_is_ones_own_doing_and_who_follows_one_is_not() -> None:
    edges, label = world(half=90)
    edges = np.concatenate([edges, edges[:, ::-1]])  # follows are returned, but for those below
    seeds = some(label, 30)
    n = len(label)
    fan, star = n, n + 1  # the one follows sybils, the other is followed by them
    sybils = np.arange(100, 130)
    more = np.concatenate([np.stack([np.full(30, fan), sybils], axis=1), np.stack([sybils, np.full(30, star)], axis=1)])
    seeds = np.append(seeds, [0, 0])
    graph = _Graph(*ends(np.concatenate([edges, more])), n + 2, directed=True)
    p = graph.propagated(_prior(seeds), np.ones(len(graph.one)))
    assert p[fan] > 0
    assert p[star] <= 0
    found = trust_scores(*ends(np.concatenate([edges, more])), seeds)
    assert found.score[fan] > found.score[star]


def test_where_follows_close_no_triangles_they_are_used_all_the_same() -> None:
    draw = np.random.default_rng(3)
    made = [draw.integers(first, first + 300, (900, 2)) for first in (0, 300)]  # random within each half
    cross = np.stack([draw.integers(0, 300, 90), draw.integers(300, 600, 90)], axis=1)
    label = np.where(np.arange(600) < 300, -1, 1)
    seeds = some(label, 40)
    found = trust_scores(*ends(np.concatenate([*made, cross])), seeds, directed=False)
    assert found.worth > 0.1
    assert auc(found.score, label, seeds == 0) > 0.9


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 … 1"):
        trust_scores(np.array([0]), np.array([2]), np.array([1, 0]))
    with pytest.raises(ValueError, match="a seed is"):
        trust_scores(np.array([0]), np.array([1]), np.array([1, 7]))
