"""Rings planted in real posts whose authors were shuffled: what is found, and what chance alone brings.

The background is german_elections (links and hashtags), its authors dealt out anew for each seed, so that nothing is
coordinated but what is planted. Beside it, on the same seeds, the rules of two tools: an edge from a minimal number of
messages (coordination-network-toolkit), an edge above a quantile of pair counts (CooRTweet).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
import pyarrow as pa

from bench.planting.calibration import draw
from bench.planting.planters import PLANTERS, Settings, plant
from bench.planting.streams import Posts, german_elections, scores
from bench.report import Result
from detectors.coaction.engine import Found, Options, search
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from detectors.coaction.sweep import sweep

WINDOW_S = 60.0
BASE = Settings()
CONDITIONS: Mapping[str, Settings] = {
    "full rings": BASE,
    "participation .6": replace(BASE, participation=0.6),
    "participation .4": replace(BASE, participation=0.4),
    "jitter of five windows": replace(BASE, jitter_s=5 * WINDOW_S),
}
TARGETS = {"full rings": 0.97, "participation .4": 0.85, "jitter of five windows": 0.85}
EVERYBODY = ("volley", "relay", "drops", "hammer", "traces")
"""Kinds in which every member is asked to take part in every action at once; the targets are theirs.

In shifts a third of the ring is never asked, in waves half of it acts up to an hour later.
"""
CURVES: Mapping[str, Sequence[Settings]] = {
    "participation": [replace(BASE, participation=x) for x in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)],
    "jitter_s": [replace(BASE, jitter_s=x) for x in (30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)],
    "camouflage": [replace(BASE, camouflage=(x, x)) for x in (0, 10, 25, 50, 100, 200)],
    "size": [replace(BASE, size=(x, x)) for x in (3, 4, 5, 8, 15, 30)],
}
TOOL_RULES = ("toolkit, weight ≥ 2", "toolkit, weight ≥ 3", "CooRTweet, q .5", "CooRTweet, q .99")


def run(*, quick: bool) -> list[Result]:
    """All conditions and kinds, then nothing planted, then curves; ``quick`` takes a few of each."""
    posts = german_elections()
    kinds, seeds, nulls = (("volley", "drops"), 1, 6) if quick else (tuple(PLANTERS), 20, 200)
    conditions = dict(list(CONDITIONS.items())[:1]) if quick else CONDITIONS
    results = [r for name in conditions for r in condition(posts, name, kinds, seeds)]
    results += nothing(posts, nulls, plot=not quick)
    if not quick:
        results += [r for name, settings in CURVES.items() for r in curve(posts, name, settings)]
    return results


def condition(posts: Posts, name: str, kinds: Sequence[str], seeds: int) -> Iterator[Result]:
    """F1 of accounts by kind, the tools' rules beside it, and the share of false edges."""
    mine: dict[str, list[float]] = {kind: [] for kind in kinds}
    rules: dict[str, list[float]] = {rule: [] for rule in TOOL_RULES}
    detail: dict[str, list[float]] = {"precision": [], "recall": []}
    edges: list[tuple[int, int]] = []
    for kind in kinds:
        for seed in range(seeds):
            planted, truth = plant(posts.shuffled(np.random.default_rng(seed)), kind, seed, CONDITIONS[name])
            tables = planted.tables()
            found = find(tables)
            judged = scores([set(found.names(ring.codes)) for ring in found.rings], truth)
            mine[kind].append(judged["f1"])
            for key, values in detail.items():
                values.append(judged[key])
            edges.append(false_edges(found, truth))
            for rule, accounts in tools(tables):
                rules[rule].append(scores([accounts], truth)["f1"])
    chosen = [f for kind in kinds if kind in EVERYBODY for f in mine[kind]]
    yield interval(f"{name}: account F1, kinds in which all are asked to act at once", chosen, TARGETS.get(name))
    yield interval(f"{name}: account F1, all kinds", [f for fs in mine.values() for f in fs], TARGETS.get(name))
    for key, values in detail.items():
        yield interval(f"{name}: account {key}, all kinds", values)
    for kind in kinds:
        yield interval(f"{name}: account F1, {kind}", mine[kind])
    yield share(f"{name}: false edges at a nominal 5 %", edges)
    for rule, values in rules.items():
        yield interval(f"{name}: account F1 of the rule {rule}, all kinds", values)


def find(tables: Mapping[str, pa.Table], options: Options | None = None) -> Found:
    """Search the layers."""
    return search([Layer(n, t, WINDOW_S) for n, t in tables.items()], names_of(list(tables.values())), options)


def false_edges(found: Found, truth: Sequence[set[str]]) -> tuple[int, int]:
    """Edges whose ends are not of one planted ring, and all edges."""
    ring = {account: number for number, accounts in enumerate(truth) for account in accounts}
    ends = zip(found.names(found.edges.source), found.names(found.edges.target), strict=True)
    false = sum(a not in ring or ring[a] != ring.get(b) for a, b in ends)
    return false, len(found.edges)


def tools(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, set[str]]]:
    """Accounts that have an edge by the rules of other tools, in any layer."""
    counted = {name: sweep(table, WINDOW_S).table() for name, table in tables.items()}
    for weight in (2, 3):
        chosen = [t.filter(pa.array(t["weight"].to_numpy() >= weight)) for t in counted.values()]
        yield f"toolkit, weight ≥ {weight}", {a for t in chosen for n in ("source", "target") for a in t[n].to_pylist()}
    for quantile in (0.5, 0.99):
        accounts: set[str] = set()
        for table in counted.values():
            weights = table["weight"].to_numpy()
            if len(weights):
                kept = table.filter(pa.array(weights > np.quantile(weights, quantile)))
                accounts |= {a for n in ("source", "target") for a in kept[n].to_pylist()}
        yield f"CooRTweet, q {quantile:.2g}".replace("0.", "."), accounts


def nothing(posts: Posts, seeds: int, *, plot: bool) -> Iterator[Result]:
    """What is reported where nothing was planted: any ring at all, and pairs by their p-values beside their number."""
    strongest: list[float] = []
    any_edge = 0
    levels = np.arange(10.0, 19.0)
    seen, expected = np.zeros(len(levels)), np.zeros(len(levels))
    for seed in range(seeds):
        tables = posts.shuffled(np.random.default_rng([seed, 1])).tables()
        names = names_of(list(tables.values()))
        found = find(tables, Options(seed=seed))
        strongest.append(min((ring.p_value for ring in found.rings), default=1.0))
        any_edge += bool(len(found.edges))
        rarity = np.sort(Surprisal([Layer(n, t, WINDOW_S) for n, t in tables.items()], names).pairs(floor=10.0).rarity)
        seen += len(rarity) - np.searchsorted(rarity, levels)
        expected += len(names) * (len(names) - 1) / 2 * np.exp(-levels)
    reported = sum(p <= 0.05 for p in strongest)
    yield proportion("nothing planted: runs with a ring reported", reported, seeds, 0.05)
    yield proportion("nothing planted: runs with an edge reported", any_edge, seeds)
    for level, mine, nominal in zip(levels, seen, expected, strict=True):
        ratio = float(mine / nominal)
        spread = 1.96 / math.sqrt(max(mine, 1.0)) * ratio
        name = f"nothing planted: pairs with −ln p ≥ {level:g} relative to their nominal number"
        yield Result(name, ratio, "ratio", 1.0, ratio <= 1.0, ratio - spread, ratio + spread)
    if plot:
        draw(strongest, list(zip(levels.tolist(), (seen / expected).tolist(), strict=True)))


def curve(posts: Posts, name: str, settings: Sequence[Settings], seeds: int = 5) -> Iterator[Result]:
    """F1 of accounts where one setting varies; each ring of another kind."""
    for one in settings:
        found = []
        for seed in range(seeds):
            planted, truth = plant(posts.shuffled(np.random.default_rng([seed, 2])), "mixed", seed, one)
            rings = find(planted.tables())
            found.append(scores([set(rings.names(r.codes)) for r in rings.rings], truth)["f1"])
        value = getattr(one, name)
        yield interval(
            f"curve, mixed kinds: account F1 at {name} {value[0] if isinstance(value, tuple) else value:g}", found
        )


def interval(name: str, values: Sequence[float], target: float | None = None) -> Result:
    """The mean over seeds with its 95 % interval (normal)."""
    mean = fmean(values)
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Result(name, mean, "1", target, None if target is None else mean >= target, mean - half, mean + half)


def share(name: str, counts: Sequence[tuple[int, int]]) -> Result:
    """The share of false edges among all of all seeds, and the least and largest of any seed."""
    false, total = (sum(c[i] for c in counts) for i in range(2))
    each = [a / b for a, b in counts if b]
    value = false / max(total, 1)
    return Result(name, value, "1", 0.05, value <= 0.05, min(each, default=0.0), max(each, default=0.0))


def proportion(name: str, hits: int, of: int, target: float | None = None) -> Result:
    """A share of runs with its 95 % interval (Clopper and Pearson)."""
    from scipy.stats import binomtest

    low, high = binomtest(hits, of).proportion_ci()
    value = hits / of
    return Result(name, value, "1", target, None if target is None else value <= target, float(low), float(high))
