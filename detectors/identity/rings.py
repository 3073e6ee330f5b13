"""Rings of accounts that are tied by more than chance, each with what it is against chance.

*Edges* are pairs whose surprise, summed over layers (:mod:`detectors.identity.ties`), exceeds ln N and the bound above
which datasets dealt out by chance have :data:`STRAY` edges each, over all draws. *Rings* are their components, split
where two parts are tied less than half as much to each other as within. A ring's statistic is that of its strongest
spanning tree, T = Σ S − ln(N² / 2) − Σ_{k = 2}^{m − 1} ln(N k): nats by which m − 1 ties are rarer than the ways there
are to choose a first pair and, account by account, one more and where it hangs on. Each account counts for one tie, so
that a large group does not count for all its pairs. p = (1 + draws whose strongest ring is as strong) / (1 + draws): a
family-wise level over all rings.

A *group* can be beyond chance on its own, without a second layer: a device with more users than the tail of all others
explains, a party that funds more accounts than any other and at once. Then p is the number of such groups that chance
brings, at most 1; rings that hold most of such a group take it in.

Rings then grow (:mod:`detectors.identity.growth`); p is of the ring before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.coaction import rings as graphs
from detectors.identity.growth import FoundRing, grown
from detectors.identity.people import Floats, Ints
from detectors.identity.ties import Edges, Layers, dealt

STRAY = 5.0
APART = 0.5
SUREST = 1e-6  # no tail of a model is known further out than this
MOST = 0.5  # part of a group that a ring holds for it to be the ring's
SEED = 6


@dataclass(frozen=True, eq=False)
class Lone:
    """A group beyond chance on its own.

    Parameters
    ----------
    codes : ndarray of int32
        Sorted account codes.
    expected : float
        Such groups that chance brings.
    """

    codes: Ints
    expected: float


@dataclass(frozen=True, eq=False)
class Rules:
    """What is asked for.

    Parameters
    ----------
    draws : int
        Datasets dealt out by chance.
    level : float
        Chance of reporting any ring where layers are independent of one another.
    least : int
        Accounts of a ring.
    apart : sequence of ndarray of int32
        Groups of accounts that may be one hand: what ties them to each other does not count.
    """

    draws: int
    level: float
    least: int
    apart: Sequence[Ints] = ()


@dataclass(frozen=True, eq=False)
class Found:
    """Rings of a search, and the edges that they were found by.

    Parameters
    ----------
    edges : Edges
        Tied pairs.
    parts : ndarray of float64, shape (n_edges, n_layers)
        What each layer adds to their surprise.
    bound : float
        Surprise above which a pair is tied, nats.
    weakest : float
        Least T of a ring that is reported.
    rules : Rules
        What was asked for.
    rings : list of FoundRing
        The least likely first.
    nearest : ndarray of float64, shape (n_accounts,)
        The greatest surprise of any pair that an account is in, tied or not.
    let_be : int
        Pairs that may be one hand.
    """

    edges: Edges
    parts: Floats
    bound: float
    weakest: float
    rules: Rules
    rings: list[FoundRing]
    nearest: Floats
    let_be: int = 0


def search(layers: Layers, lone: Sequence[Lone], rules: Rules) -> Found:
    """Rings over all layers.

    Parameters
    ----------
    lone : sequence of Lone
        Groups beyond chance on their own.
    """
    edges, let_be = _parted(layers.edges(), rules.apart)
    noise = dealt(layers, rules.draws, SEED) if len(edges.source) else []
    chance = np.sort(np.concatenate([np.empty(0), *(e.surprise for e in noise)]))[::-1]
    bound = max(_bound(chance, STRAY * rules.draws), layers.floor)
    strongest = np.array(
        [max((t for _, t in rings_of(e.above(bound), layers.count, rules.least)), default=0.0) for e in noise]
    )
    weakest = _weakest(strongest, rules)
    found = []
    for codes, strength in rings_of(edges.above(bound), layers.count, rules.least):
        p = (1 + int((strongest >= strength).sum())) / (1 + rules.draws)
        if p <= rules.level:
            found.append(FoundRing(codes, frozenset(codes.tolist()), p, strength))
    found = _with_lone(found, lone, rules)
    found.sort(key=lambda r: (r.p_value, -r.strength, r.codes.tolist()))
    found = grown(found, layers)
    tied = edges.above(bound)
    nearest = np.zeros(layers.count)
    for ends in (edges.source, edges.target):
        np.maximum.at(nearest, ends, edges.surprise)
    return Found(tied, layers.parts(tied), bound, weakest, rules, found, nearest, let_be)


def _parted(edges: Edges, apart: Sequence[Ints]) -> tuple[Edges, int]:
    """Edges without those within groups that may be one hand, and how many those were."""
    kept = np.ones(len(edges.source), bool)
    for codes in apart:
        kept &= ~(np.isin(edges.source, codes) & np.isin(edges.target, codes))
    return Edges(edges.source[kept], edges.target[kept], edges.surprise[kept]), int((~kept).sum())


def _weakest(strongest: Floats, rules: Rules) -> float:
    """The least T that is reported: above all but so many draws as the level allows."""
    allowed = int(rules.level * (1 + rules.draws)) - 1
    ordered = np.sort(strongest)[::-1]
    return float(ordered[allowed]) if 0 <= allowed < len(ordered) else 0.0


def _bound(chance: Floats, edges: float) -> float:
    """The surprise above which so many edges lie over all draws."""
    place = int(edges)
    return float(chance[place]) if place < len(chance) else 0.0


def rings_of(edges: Edges, count: int, least: int) -> list[tuple[Ints, float]]:
    """Components of the edges, split where they hang together by little, and the statistic of each."""
    found: list[tuple[Ints, float]] = []
    for component in graphs.components(edges.source, edges.target, least=least):
        mine = edges.among(component)
        found += [(codes, strength_of(mine.among(codes), codes, count)) for codes in _split(mine, component, least)]
    return found


def _split(edges: Edges, codes: Ints, least: int) -> list[Ints]:
    """Parts of a connected group that are tied to each other less than half as much as either is within.

    Edges are taken away from the weakest; where that leaves several parts of at least ``least`` accounts, what has
    held them together is compared with the median edge of each part's strongest spanning tree.
    """
    weights = np.unique(_tree(edges, codes))
    for weight in weights[:-1]:
        above = edges.above(float(weight))
        parts = graphs.components(above.source, above.target, least=least)
        if len(parts) > 1 and all(weight < APART * np.median(_tree(above.among(p), p)) for p in parts):
            return [part for p in parts for part in _split(above.among(p), p, least)]
    return [codes]


def _tree(edges: Edges, codes: Ints) -> Floats:
    """Surprise of the edges of the strongest spanning tree (forest); the same whichever of equal edges are taken."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    ends = np.searchsorted(codes, edges.source), np.searchsorted(codes, edges.target)
    tree: Floats = -minimum_spanning_tree(coo_array((-edges.surprise, ends), shape=(len(codes), len(codes)))).data
    return tree


def strength_of(edges: Edges, codes: Ints, count: int) -> float:
    """T of the module's description."""
    tree = _tree(edges, codes)
    ways = np.log(count**2 / 2) + np.log(count * np.arange(2.0, len(tree) + 1)).sum()
    return round(float(tree.sum() - ways), 6)


def _with_lone(found: Sequence[FoundRing], lone: Sequence[Lone], rules: Rules) -> list[FoundRing]:
    """Rings, with groups that stand on their own: taken in where a ring holds most of one, else rings themselves."""
    rings = list(found)
    for group in sorted(lone, key=lambda g: (g.expected, g.codes.tolist())):
        members = set(group.codes.tolist())
        if len(members) < rules.least or group.expected > rules.level or _allowed(group.codes, rules):
            continue
        held = [(len(members & r.core) / len(members), i) for i, r in enumerate(rings)]
        best, i = max(held, key=lambda h: (h[0], -h[1]), default=(0.0, -1))
        if best >= MOST or (i >= 0 and len(members & rings[i].core) >= MOST * len(rings[i].core)):
            core = rings[i].core | members
            p = min(rings[i].p_value, max(group.expected, SUREST))
            rings[i] = FoundRing(np.array(sorted(core), np.int32), frozenset(core), p, rings[i].strength)
        else:
            rings.append(FoundRing(group.codes, frozenset(members), max(group.expected, SUREST), 0.0))
    return rings


def _allowed(codes: Ints, rules: Rules) -> bool:
    """Whether no group of accounts is left but such that may be one hand."""
    return any(len(np.setdiff1d(codes, group)) < rules.least - 1 for group in rules.apart)
