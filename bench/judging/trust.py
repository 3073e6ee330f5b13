"""Trust over follows on the SNAP Facebook graph with a sybil half: attack edges added, seed labels flipped.

The test accounts' AUC, mean of ten seeds (two when quick) with the worst and the best. Random attack edges close no
triangles, which flatters methods that look at triangles; so the control adds as many random edges within the classes,
and attacks that close triangles, or copy the neighbourhoods of honest accounts, stand beside it without a target.
Tuned on seeds from 1000 on.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from scipy.sparse import coo_array

from bench.report import Result
from detectors.trust import residual, sybilrank, trust_scores

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Draw = np.random.Generator

SEEDS = 10
VISIT = 10  # edges that an account of the closing attack makes in one neighbourhood


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The graph as it is: edges, what accounts are (-1 benign, 1 sybil), and which are seeds and which are judged."""

    edges: Longs  # (m, 2)
    label: Longs  # (n,)
    train: Bools
    test: Bools


Attack = Callable[[Truth, Draw], Longs]


def results(data: Path, *, quick: bool) -> list[Result]:
    """AUC of each method under each attack, with 0 and 20 % of the seed labels flipped."""
    truth = _read(data / "sybil_graph")
    found: list[Result] = []
    seeds = range(2 if quick else SEEDS)
    for name, attack, targets in _questions(quick=quick):
        for flipped, target in zip((0.0, 0.2), targets, strict=True):
            scores = [_judged(truth, attack, flipped, seed) for seed in seeds]
            for method in scores[0]:
                values = [s[method] for s in scores]
                title = f"trust: {name}, {flipped:.0%} of seeds flipped, {method}, AUC"
                found.append(_mean(title, values, target if method == "lockstep" else None))
    return found


def _questions(*, quick: bool) -> Iterator[tuple[str, Attack, tuple[float | None, float | None]]]:
    yield "20,000 random attack edges", _random(20_000), (0.98, 0.97)
    if quick:
        return
    yield "40,000 random attack edges", _random(40_000), (0.97, 0.96)
    for count in (20_000, 40_000):
        yield f"control, {count:,} attack edges and as many within", _control(count), (0.97, 0.97)
    untargeted = (None, None)
    yield "20,000 attack edges that close triangles", _triangles(20_000), untargeted
    yield "20,000 attack edges to accounts and their friends", _visits(20_000, VISIT), untargeted
    yield "20,000 edges of sybils that copy honest neighbourhoods", _visits(20_000, None), untargeted


def _mean(name: str, values: Sequence[float], target: float | None) -> Result:
    middle = statistics.mean(values)
    met = None if target is None else middle >= target
    return Result(name, middle, "1", target, met, min(values), max(values))


def _read(folder: Path) -> Truth:
    table = pq.read_table(folder / "edges.parquet")
    edges = np.stack([table[c].to_numpy().astype(np.int64) for c in ("u", "v")], axis=1)
    rows = pa_csv.read_csv(folder / "labels.csv")
    n = int(edges.max()) + 1
    label, train, test = np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    nodes = rows["node"].to_numpy()
    label[nodes] = np.where(np.array(rows["label"].to_pylist()) == "sybil", 1, -1)
    split = np.array(rows["split"].to_pylist())
    train[nodes], test[nodes] = split == "train", split == "test"
    return Truth(edges, label, train, test)


def _judged(truth: Truth, attack: Attack, flipped: float, seed: int) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(seed)
    edges = np.concatenate([truth.edges, attack(truth, draw)])
    seeds = np.where(truth.train, truth.label, 0)
    known = draw.permutation(np.flatnonzero(truth.train))
    seeds[known[: round(flipped * len(known))]] *= -1
    ends = edges[:, 0], edges[:, 1]
    scores: dict[str, Floats] = {
        "lockstep": trust_scores(*ends, seeds, directed=False).score,
        "SybilRank": -sybilrank(*ends, seeds),
        "SybilSCAR": residual(*ends, seeds),
    }
    answer = truth.label[truth.test] > 0
    return {method: float(roc_auc_score(answer, score[truth.test])) for method, score in scores.items()}


def _classes(truth: Truth) -> tuple[Longs, Longs]:
    return np.flatnonzero(truth.label < 0), np.flatnonzero(truth.label > 0)


def _random(count: int) -> Attack:
    def attack(truth: Truth, draw: Draw) -> Longs:
        benign, sybil = _classes(truth)
        return np.stack([draw.choice(benign, count), draw.choice(sybil, count)], axis=1)

    return attack


def _control(count: int) -> Attack:
    def attack(truth: Truth, draw: Draw) -> Longs:
        within = [draw.choice(accounts, (count // 2, 2)) for accounts in _classes(truth)]
        return np.concatenate([_random(count)(truth, draw), *within])

    return attack


def _triangles(count: int) -> Attack:
    """A sybil befriends both ends of an honest edge."""

    def attack(truth: Truth, draw: Draw) -> Longs:
        honest = truth.edges[(truth.label[truth.edges] < 0).all(axis=1)]
        ends = honest[draw.integers(0, len(honest), count // 2)]
        sybil = draw.choice(_classes(truth)[1], count // 2)
        return np.concatenate([np.stack([ends[:, side], sybil], axis=1) for side in (0, 1)])

    return attack


def _visits(count: int, each: int | None) -> Attack:
    """A sybil befriends an honest account and its friends: so many in all, or every one of them."""

    def attack(truth: Truth, draw: Draw) -> Longs:
        n = len(truth.label)
        one, other = np.concatenate([truth.edges, truth.edges[:, ::-1]]).T
        friends = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(n, n)).tocsr()
        benign, sybil = _classes(truth)
        made: list[Longs] = []
        while sum(map(len, made)) < count:
            host = int(draw.choice(benign))
            near = friends.indices[friends.indptr[host] : friends.indptr[host + 1]].astype(np.int64)
            near = draw.permutation(near[truth.label[near] < 0])
            met = np.append(host, near if each is None else near[: each - 1])
            made.append(np.stack([met, np.full(len(met), draw.choice(sybil))], axis=1))
        return np.concatenate(made)[:count]

    return attack
