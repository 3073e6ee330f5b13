"""The rarity of pairs in plain Python, slow and after the letter of its definition, and streams to try it on."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from detectors.coaction import board
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import DEEP, STEP, Layer, Pairs, Surprisal
from tests.coactions import Event, events_of

Layers = Sequence[tuple[Sequence[Event], float]]  # events and window in seconds
Met = dict[tuple[str, str], tuple[Any, int]]
"""By pair, S and the number of occasions."""
DAY_S = 86_400.0


def surprisal_of(layers: Layers, **settings: Any) -> Surprisal:
    """The layers, with the names that are in them unless others are given."""
    tables = [events_of(rows) for rows, _ in layers]
    names = settings.pop("names", None)
    names = names_of(tables) if names is None else names
    given = [Layer(f"co_{n}", t, window) for n, (t, (_, window)) in enumerate(zip(tables, layers, strict=True))]
    return Surprisal(given, names, **settings)


def found(layers: Layers, **settings: Any) -> Met:
    """What the engine says, by names."""
    surprisal = surprisal_of(layers, **settings)
    pairs = surprisal.pairs(floor=0.0)
    names = surprisal.names.to_pylist()
    rows = zip(pairs.source.tolist(), pairs.target.tolist(), pairs.surprise, pairs.occasions.tolist(), strict=True)
    return {(names[u], names[v]): (pytest.approx(float(s), rel=1e-9, abs=1e-9), n) for u, v, s, n in rows}


class Naive:
    """Counts by comparing everything with everything."""

    def __init__(self, layers: Layers, cell_s: float | None, hold_s: float) -> None:
        longest = max(window for _, window in layers)
        self.cell = round((cell_s or 10 * longest or 3600.0) * 1e6)
        self.events = [
            (number, thing, round(t * 1e6), actor, message, round(window * 1e6))
            for number, (rows, window) in enumerate(layers)
            for actor, thing, t, message in rows
        ]
        made = {(message, actor): at for _, _, at, actor, message, _ in self.events}
        self.period = periods(list(made.values()), round(hold_s * 1e6))
        self.total = Counter(self.period[at] for at in made.values())
        self.active = Counter((actor, self.period[at]) for (_, actor), at in made.items())
        self.together = [
            (e, f)
            for i, e in enumerate(self.events)
            for f in self.events[i + 1 :]
            if e[:2] == f[:2] and abs(e[2] - f[2]) <= e[5]
        ]
        self.busy = Counter(self.place(e, f) for e, f in self.together)

    def place(self, e: Sequence[Any], f: Sequence[Any]) -> tuple[int, str, int, int]:
        """Layer, object, cell and period of a meeting's earlier event."""
        at = min(e[2], f[2])
        return (e[0], e[1], at // self.cell, self.period[at])

    def expected(self, e: Sequence[Any], f: Sequence[Any]) -> float:
        """Meetings of these two accounts at this place that chance brings."""
        place = self.place(e, f)
        mine, theirs = (self.active[x[3], self.period[x[2]]] for x in (e, f))
        return 2 * self.busy[place] * mine * theirs / self.total[place[3]] ** 2


def periods(times: Sequence[int], hold: int) -> dict[int, int]:
    """The period of each time: spans of ``hold``, each joined to the one before until that has enough messages."""
    spans: dict[int, list[int]] = defaultdict(list)
    for at in times:
        spans[at // hold if hold else 0].append(at)
    groups: list[list[int]] = []
    ordered = sorted(spans)
    for number, span in enumerate(ordered):
        left = sum(len(spans[s]) for s in ordered[number:])
        if not groups or len(groups[-1]) < board.ENOUGH or left < board.ENOUGH:
            groups = groups or [[]]
            groups[-1] += spans[span]
        else:
            groups.append(list(spans[span]))
    return {at: number for number, group in enumerate(groups) for at in group}


def brute(layers: Layers, cell_s: float | None = None, hold_s: float = DAY_S) -> Met:
    """What the definition says."""
    naive = Naive(layers, cell_s, hold_s)
    best: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for e, f in naive.together:
        if e[3] == f[3]:
            continue
        pair = (min(e[3], f[3]), max(e[3], f[3]))
        cell = naive.place(e, f)[2]
        surprise = max(-math.log(naive.expected(e, f)), 0.0)
        best[pair][cell] = max(best[pair].get(cell, 0.0), surprise)
    return {pair: (sum(cells.values()), len(cells)) for pair, cells in best.items()}


def exact(layers: Layers, surprisal: Surprisal, pairs: Pairs, row: int) -> tuple[float, float]:
    """A pair's p with sums of surprises enumerated, one period; and the most that rounding can make of it.

    p is that of as large a sum, from at least one meeting, where meetings are a Poisson number.
    """
    naive = Naive(layers, None, 0.0)
    names = surprisal.names.to_pylist()
    active = math.prod(naive.active[names[code], 0] for code in (pairs.source[row], pairs.target[row]))
    total = naive.total[0]
    mean = 2 * len(naive.together) * active / total**2
    share = Counter(round(max(-math.log(2 * m * active / total**2), 0.0), 9) for m in _each(naive))
    one = {s: n / len(naive.together) for s, n in share.items()}
    wanted = float(pairs.surprise[row]) - 1e-6
    sums, low, high = {0.0: 1.0}, 0.0, 0.0
    for k in range(1, DEEP + 1):
        following: dict[float, float] = defaultdict(float)
        for s, p in sums.items():
            for more, q in one.items():
                following[round(s + more, 6)] += p * q
        sums = following
        weight = math.exp(-mean) * mean**k / math.factorial(k)
        low += weight * sum(p for s, p in sums.items() if s >= wanted + 2e-6 * k)
        high += weight * sum(p for s, p in sums.items() if s >= wanted - k * STEP - 2e-6 * k)
    return low, min(high + _beyond(mean), 1.0)


def _each(naive: Naive) -> list[int]:
    """Of each meeting, how many there are at its place."""
    return [naive.busy[naive.place(e, f)] for e, f in naive.together]


def _beyond(mean: float) -> float:
    """P(Poisson(mean) > DEEP), generously."""
    from scipy.stats import poisson

    return float(poisson.sf(DEEP, mean)) * 1.5


def draw_layers(seed: int, accounts: int = 7, messages: int = 60) -> list[tuple[list[Event], float]]:
    """Two layers of random messages, dense in time, that share some; around 1970."""
    rng = np.random.default_rng(seed)
    rows: tuple[list[Event], list[Event]] = ([], [])
    for message in range(messages):
        actor = "abcdefghijkl"[int(rng.integers(accounts))]
        when = float(rng.integers(-300, 300)) if rng.random() < 0.5 else float(rng.uniform(-300, 300))
        for layer, things in zip(rows, ("XYZ", "PQ"), strict=True):
            for thing in things:
                if rng.random() < 0.4:
                    layer.append((actor, thing, round(when, 6), f"m{message}"))
    return [(rows[0], float(rng.choice([0.0, 5.0, 9.0]))), (rows[1], 6.0)]
