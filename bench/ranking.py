"""Rings planted into unshuffled real posts, ranked among the rings that are there anyway.

Each kind of planter is left out in turn: the model learns from rings of the other kinds, planted in the first half of
the posts (by time), and ranks rings of the kind left out, planted in the second half under other seeds. What is real
coordination in the background is not known, so every background ring counts as wrong: the figures are lower bounds.
The same rings are ranked by the stated weighing as well, which learns nothing.

All planters make new accounts and hide them in the same way, and many of the background's rings are there in both
halves. So three more figures are given: without the features of what members do apart from their ring; with no
account of the background that the model learnt from in what it ranks; and learnt from as few verdicts as will do.
Seeds in which no planted ring is found have no average precision; how many rings were found is said beside it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.planting.planters import PLANTERS, Settings, plant
from bench.planting.streams import Posts, german_elections
from bench.report import Result
from detectors.coaction import engine
from detectors.coaction.features import FEATURES, features
from detectors.coaction.streams import Stream, names_of
from detectors.coaction.subject import Acts, of_events
from detectors.coaction.surprisal import Layer
from detectors.scoring.features import Values
from detectors.scoring.ranking import LEAST, Example, Learnt, Ranking, Weighted

WINDOW_S = 60.0
TAUGHT, TESTED, ON_CURVES = range(1000, 1005), range(5000, 5010), range(6000, 6002)  # seeds
TRIED = range(2000, 2002)  # seeds of the quick form, which was run while features were made; the others were not
APART = ("activity outside", "interests", "variety", "known before", "activity", "rhythm", "lingering")
CURVES: Mapping[str, Sequence[tuple[str, Settings]]] = {
    "participation": [(f"{x:g}", Settings(participation=x)) for x in (1.0, 0.8, 0.6, 0.4)],
    "jitter": [(f"{x:g} s", Settings(jitter_s=x)) for x in (30.0, 90.0, 180.0, 300.0)],
    "camouflage": [(f"{a}-{b} posts", Settings(camouflage=(a, b))) for a, b in ((0, 4), (5, 24), (25, 50), (100, 100))],
    "ring size": [(f"{a}-{b}", Settings(size=(a, b))) for a, b in ((3, 4), (5, 15), (16, 30), (40, 40))],
}


@dataclass(frozen=True)
class Found:
    """Rings found after planting: features, which are planted rings, and how many of those planted were found."""

    values: Sequence[Values]
    planted: Sequence[bool]  # at least half of its accounts are one planted ring's
    lineages: Sequence[str]
    caught: int  # planted rings at least half of whose accounts are in one ring found
    rings: int  # planted


def search(posts: Posts) -> tuple[list[set[str]], list[Values]]:
    """The engine: the accounts and the features of each ring in the posts."""
    tables = posts.tables()
    keys = names_of(list(tables.values()))
    names = keys.to_pylist()
    found = engine.search([Layer(action, table, WINDOW_S) for action, table in tables.items()], keys)
    acts = Acts([Stream(action, table, WINDOW_S, keys, prompt=False) for action, table in tables.items()])
    rings = [ring.codes for ring in found.rings]
    return [{names[c] for c in codes} for codes in rings], [features(of_events(codes, names, acts)) for codes in rings]


def planted(half: Posts, kind: str, seed: int, settings: Settings | None = None) -> Found:
    """Plant, search, and tell the planted rings from the others."""
    posts, truth = plant(half, kind, seed, settings)
    rings, values = search(posts)
    labels = [any(2 * len(ring & true) >= len(ring) for true in truth) for ring in rings]
    caught = sum(any(2 * len(ring & true) >= len(true) for ring in rings) for true in truth)
    lineages = [
        f"{kind} {seed} {i}" if label else "background " + " ".join(sorted(ring)[:3])
        for i, (ring, label) in enumerate(zip(rings, labels, strict=True))
    ]
    return Found(values, labels, lineages, caught, len(truth))


def halves(posts: Posts) -> tuple[Posts, Posts]:
    """The posts before and after the middle one."""
    middle = int(np.median(posts.at))
    return _some(posts, posts.at <= middle), _some(posts, posts.at > middle)


def strangers(first: Posts, second: Posts, rings: Sequence[set[str]]) -> tuple[Posts, Posts]:
    """Of two halves, the posts of some accounts and of the others; nobody is apart from those of its rings."""
    group = np.arange(1 + max(int(p.actor.max()) for p in (first, second)))
    for ring in rings:
        codes = [int(name[1:]) for name in sorted(ring)]
        group[np.isin(group, group[codes])] = group[codes].min()
    return _some(first, group[first.actor] % 2 == 0), _some(second, group[second.actor] % 2 == 1)


def _some(posts: Posts, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Posts:
    _, thing = np.unique(posts.thing[mask], return_inverse=True)
    actor, at, message = posts.actor[mask], posts.at[mask], posts.message[mask]
    return Posts(actor, thing.astype(np.int64), at, message, posts.layer[mask], posts.layers)


def examples(found: Iterable[Found]) -> list[Example]:
    """What a model learns from: the background's rings come back in each planting, and are one lineage."""
    return [
        Example(values, label, lineage)
        for f in found
        for values, label, lineage in zip(f.values, f.planted, f.lineages, strict=True)
    ]


def blind(found: Found) -> Found:
    """The same without what members did apart from their ring: all planters hide in the same way."""
    return replace(found, values=[{n: v for n, v in row.items() if n not in APART} for row in found.values])


def precision(ranking: Ranking, found: Found) -> float | None:
    """Average precision of the rings found; None where no planted ring is among them."""
    from sklearn.metrics import average_precision_score

    if not any(found.planted):
        return None
    return float(average_precision_score(found.planted, [ranking.judge(v).rank for v in found.values]))


def precisions(ranking: Ranking, found: Sequence[Found]) -> list[float]:
    """Those of the seeds in which a planted ring was found."""
    return [p for p in (precision(ranking, f) for f in found) if p is not None]


def interval(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of the groups' means, seeds drawn anew within each group."""
    rng = np.random.default_rng(1)
    means = [np.mean(np.asarray(g)[rng.integers(len(g), size=(2000, len(g)))], axis=1) for g in groups]
    low, high = np.quantile(np.mean(means, axis=0), [0.025, 0.975])
    return float(low), float(high)


def reported(name: str, groups: Iterable[Sequence[float]], target: float | None = None) -> list[Result]:
    """The mean of the groups' means with its interval; nothing where no group has a value."""
    some = [g for g in groups if g]
    if not some:
        return []
    value = float(np.mean([np.mean(g) for g in some]))
    low, high = interval(some)
    return [Result(name, value, "1", target, None if target is None else value >= target, low, high)]


def run(*, quick: bool = False) -> list[Result]:
    """Leave each planter out; then the curves."""
    kinds = ["volley", "relay", "drops"] if quick else sorted(PLANTERS)
    taught, tested, curves = (TAUGHT[:2], TRIED[:1], TRIED[1:]) if quick else (TAUGHT, TESTED, ON_CURVES)
    first, second = halves(german_elections())
    began = time.perf_counter()
    lessons = {kind: [planted(first, kind, seed) for seed in taught] for kind in kinds}
    models = {out: _taught(lessons, out) for out in kinds}
    print(f"lessons: {time.perf_counter() - began:.0f} s", flush=True)
    tests = {kind: [planted(second, kind, seed) for seed in tested] for kind in kinds}
    blindly = {out: _taught({kind: [blind(f) for f in found] for kind, found in lessons.items()}, out) for out in kinds}
    unseen = [precisions(blindly[kind], [blind(f) for f in found]) for kind, found in tests.items()]
    results = [
        *_point("mean of planters left out", models, tests, target=0.8),
        *reported("AP without what members do apart, mean of planters left out", unseen),
        *reported(
            f"AP learnt from {LEAST} rings of either outcome, mean of planters left out",
            [[p for draw in range(5) for p in precisions(_few(lessons, kind, draw), t)] for kind, t in tests.items()],
        ),
        *reported("planted among rings found, mean", [[float(np.mean(f.planted)) for f in t] for t in tests.values()]),
    ]
    for kind, found in tests.items():
        results += _point(f"{kind} left out", models, {kind: found})
    one, other = strangers(first, second, [ring for half in (first, second) for ring in search(half)[0]])
    few = taught[: len(tested)]
    known = {kind: [planted(one, kind, seed) for seed in few] for kind in kinds}
    unknown = {kind: [planted(other, kind, seed) for seed in tested[: len(few)]] for kind in kinds}
    results += _point("other accounts in the background", {out: _taught(known, out) for out in kinds}, unknown)
    for what, points in CURVES.items():
        for at, settings in points[:: 3 if quick else 1]:
            some = kinds[: 1 if quick else None]
            varied = {kind: [planted(second, kind, seed, settings) for seed in curves] for kind in some}
            results += _point(f"{what} {at}", models, varied)
    print(f"in all: {time.perf_counter() - began:.0f} s", flush=True)
    return results


def _few(lessons: Mapping[str, Sequence[Found]], out: str, draw: int) -> Ranking:
    """A model of the least number of rings of either outcome, of all kinds but one."""
    every = examples(f for kind, found in lessons.items() if kind != out for f in found)
    chosen: list[Example] = []
    for confirmed in (True, False):
        one = list({e.lineage: e for e in every if e.confirmed is confirmed}.values())
        chosen += random.Random(draw).sample(one, LEAST)
    return Learnt(chosen, FEATURES)


def _taught(lessons: Mapping[str, Sequence[Found]], out: str) -> Ranking:
    """A model of all kinds but one."""
    return Learnt(examples(f for kind, found in lessons.items() if kind != out for f in found), FEATURES)


def _point(
    name: str, models: Mapping[str, Ranking], tests: Mapping[str, Sequence[Found]], target: float | None = None
) -> list[Result]:
    return [
        *reported(f"AP, {name}", [precisions(models[k], t) for k, t in tests.items()], target),
        *reported(f"AP unfitted, {name}", [precisions(Weighted(FEATURES), t) for t in tests.values()]),
        *reported(f"rings found, {name}", [[f.caught / f.rings for f in t] for t in tests.values()]),
    ]
