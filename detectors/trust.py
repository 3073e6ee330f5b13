"""Trust over follows: what labels of few accounts, some of them wrong, say of the others.

:func:`trust_scores` is the method used. An operator can make its accounts follow anybody and buys follows back; that
blurs every method that counts edges. So each edge is first judged (:mod:`detectors.trusting.reliability`), and then:

1. *Residual* (Wang, Jia and Gong, 2017, in the row-normalised form): with priors ±.1 on seeds, p ← .01 q + .99 D⁻¹ W p,
   :data:`STEPS` times; W is reliability times cosine. Of follows that are not returned, suspicion goes from the
   followed to the follower and trust from the follower to the followed (as in GANG: Wang, Gong and Fu, 2017): whom one
   follows is one's own doing, who follows one is not.
2. *Votes of communities*: Leiden's algorithm (modularity) on reliabilities, at several resolutions; each community's
   vote is ln((sybil + 1) / (sybil expected + 1)) - ln((benign + 1) / (benign expected + 1)), expected by its size, and
   an account has the mean of its communities' votes. A wrong label is outvoted; a fine division follows the graph, and
   a coarse one has seeds enough.
3. The sum of the vote and half the residual in its own standard deviations.
4. *What unreliable edges are worth* is then measured: how much oftener than chance they join accounts that the sum puts
   on one side. Where people follow without closing triangles that is a lot, and the three steps are done again with
   that weight on these edges; where such edges are attacks it is next to nothing, and they stay out.

The score is the logistic function of the sum: a rank, not a probability. It says nothing (.5, and ``known`` is false)
of accounts that no path joins to a seed.

:func:`sybilrank` (Cao and others, 2012) and :func:`residual` on plain edges (SybilSCAR) are what it is compared with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from detectors.trusting.order import colours
from detectors.trusting.reliability import reliability

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRIOR = 0.1
STAYS = 0.01  # part of the prior in each step
STEPS = 40
RESOLUTIONS = (2.5, 1.0, 0.3, 0.1)
HALF = 0.5  # weight of the residual beside the vote
ONE_WAY = 0.5  # weight of a follow that is not returned, beside one that is
FLOOR = 1e-4  # weight of an edge of no reliability in the residual: a path, if a thin one
LEAST_WORTH = 0.1  # worth of unreliable edges from which they are used
DIGITS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """What follows say of each account.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        In [0, 1], high where the company is that of sybil seeds: a rank, not a probability.
    known : ndarray of bool, shape (n,)
        Whether a path joins the account to a seed; where none does, the score is .5.
    worth : float
        How much oftener than chance unreliable edges join accounts of one side, in [0, 1]; 0 where there are none.
    notes : tuple of str
        What should be said beside the scores.
    """

    score: Floats
    known: Bools
    worth: float = 0.0
    notes: tuple[str, ...] = ()


def trust_scores(source: Longs, target: Longs, seeds: Longs, *, directed: bool = True) -> Trust:
    """Scores for all accounts.

    Parameters
    ----------
    source, target : ndarray of int64, shape (n_edges,)
        Who follows whom, as numbers below n. Repeated edges and loops count nothing.
    seeds : ndarray of int64, shape (n,)
        What is said of each account: -1 benign, 1 sybil, 0 nothing. One class alone will do; some may be wrong.
    directed : bool
        Whether it matters who follows whom. If not, all edges are alike.

    Returns
    -------
    Trust
        Equal whatever the accounts' numbers and the order of edges; accounts that nothing tells apart have one score.

    Raises
    ------
    ValueError
        An end that is no account, or a seed that is none of the three.
    """
    source, target, seeds = (np.asarray(x, np.int64) for x in (source, target, seeds))
    n = len(seeds)
    if len(source) and (min(source.min(), target.min()) < 0 or max(source.max(), target.max()) >= n):
        raise ValueError(f"an edge has an end outside 0 … {n - 1}")
    if not np.isin(seeds, (-1, 0, 1)).all():
        raise ValueError("a seed is -1, 0 or 1")
    if not seeds.any():
        return Trust(np.full(n, 0.5), np.zeros(n, np.bool_), notes=("no labelled accounts: trust has no start",))
    source, target = _distinct(source, target, n)
    if not directed:
        source, target = _distinct(np.minimum(source, target), np.maximum(source, target), n)
    ways = (source, target) if directed else (np.append(source, target), np.append(target, source))
    colour = colours(ways[0], ways[1], seeds)
    order = np.argsort(colour, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    graph = _Graph(*_distinct(rank[source], rank[target], n), n, directed=directed)
    raw, worth = _sums(graph, seeds[order])
    raw = _levelled(raw, colour[order])
    known = graph.joined(seeds[order])
    score = np.empty(n)
    score[order] = np.where(known, np.round(expit(raw), DIGITS), 0.5)
    back = np.empty(n, np.bool_)
    back[order] = known
    return Trust(score, back, worth, _notes(seeds, back))


def sybilrank(source: Longs, target: Longs, seeds: Longs, *, steps: int | None = None) -> Floats:
    """Trust from benign seeds, by SybilRank: early-stopped power iteration, normalised by degree.

    Parameters
    ----------
    source, target : ndarray of int64, shape (n_edges,)
        Edges; directions do not matter.
    seeds : ndarray of int64, shape (n,)
        Those that are -1 share the trust of n accounts equally.
    steps : int, optional
        ⌈log₂ n⌉ if not given.

    Returns
    -------
    ndarray of float64, shape (n,)
        Trust per follow; low is suspicious. All 0 without a benign seed.
    """
    n = len(seeds)
    matrix = _symmetric(*_undirected(source, target, n), n)
    degree = np.maximum(matrix.sum(axis=1), 1.0)
    good = seeds == -1
    trust = np.where(good, n / max(int(good.sum()), 1), 0.0)
    for _ in range(math.ceil(math.log2(max(n, 2))) if steps is None else steps):
        trust = matrix @ (trust / degree)
    found: Floats = trust / degree
    return found


def residual(source: Longs, target: Longs, seeds: Longs, *, steps: int = 6) -> Floats:
    """Suspicion by SybilSCAR's residual form: p ← q + 2 ŵ W p, ŵ = 1 / (2 mean degree), clipped to ±½.

    Parameters
    ----------
    source, target : ndarray of int64, shape (n_edges,)
        Edges; directions do not matter.
    seeds : ndarray of int64, shape (n,)
        -1 benign, 1 sybil, 0 unknown; priors are ±.1.
    steps : int
        Iterations.

    Returns
    -------
    ndarray of float64, shape (n,)
        In [-.5, .5]; high is suspicious.
    """
    n = len(seeds)
    matrix = _symmetric(*_undirected(source, target, n), n)
    mean = max(matrix.sum() / max(n, 1), 1e-12)
    prior = PRIOR * seeds.astype(np.float64)
    p = prior
    for _ in range(steps):
        p = np.clip(prior + matrix @ p / mean, -0.5, 0.5)
    return p


class _Graph:
    """Pairs of accounts that follow, each once, and which of their follows are returned."""

    def __init__(self, source: Longs, target: Longs, n: int, *, directed: bool) -> None:
        self.n = n
        low, high = np.minimum(source, target), np.maximum(source, target)
        key = low * n + high
        order = np.argsort(key, kind="stable")
        key = key[order]
        new = np.diff(key, prepend=-1) != 0
        self.one, self.other = key[new] // max(n, 1), key[new] % max(n, 1)
        self.returned = (np.diff(np.flatnonzero(new), append=len(key)) > 1) | (not directed)
        self.forth = (source < target)[order][new]  # of a follow that is not returned: from the first to the other
        self.weight = np.where(self.returned, 1.0, ONE_WAY)

    def joined(self, seeds: Longs) -> Bools:
        """Accounts that a path of any follows joins to a seed."""
        _, label = connected_components(_symmetric(self.one, self.other, self.n), directed=False)
        found: Bools = np.isin(label, label[seeds != 0])
        return found

    def propagated(self, prior: Floats, weight: Floats) -> Floats:
        """The residual of a prior over weighted edges."""
        ahead, behind = (weight * self.weight * ~self.returned * way for way in (self.forth, ~self.forth))
        both = _symmetric(self.one, self.other, self.n, weight * self.weight * self.returned)
        follows = _matrix(self.one, self.other, self.n, ahead) + _matrix(self.other, self.one, self.n, behind)
        followed = follows.T.tocsr()
        total = both.sum(axis=1) + follows.sum(axis=1) + followed.sum(axis=1)
        share = np.divide(1.0, total, out=np.zeros(self.n), where=total > 0)
        p = prior
        for _ in range(STEPS):
            near = both @ p
            if follows.nnz:
                near += follows @ np.maximum(p, 0.0) + followed @ np.minimum(p, 0.0)
            p = STAYS * prior + (1 - STAYS) * share * near
        return p

    def votes(self, seeds: Longs, weight: Floats) -> Floats:
        """Mean of the votes of the communities that each account is in, over all resolutions."""
        from graspologic_native import leiden

        used = weight > 1e-3
        votes = np.zeros(self.n)
        if not used.any():
            return votes
        names = [str(i) for i in range(self.n)]
        ends = self.one[used].tolist(), self.other[used].tolist()
        edges = [(names[a], names[b], w) for a, b, w in zip(*ends, (weight * self.weight)[used].tolist(), strict=True)]
        found: dict[str, int] | None = None
        for resolution in RESOLUTIONS:  # each begins with the finer one before, which saves a third of the time
            _, found = leiden(edges, found, resolution=resolution, use_modularity=True, seed=0, iterations=1)
            label = np.full(self.n, -1)
            label[np.fromiter(map(int, found), np.int64)] = list(found.values())
            alone = label < 0
            label[alone] = label.max() + 1 + np.arange(int(alone.sum()))
            votes += _vote(label, seeds) / len(RESOLUTIONS)
        return votes


def _sums(graph: _Graph, seeds: Longs) -> tuple[Floats, float]:
    """The sum of vote and residual for each account, and what unreliable edges were found to be worth."""
    if not len(graph.one):
        return _prior(seeds) / PRIOR, 0.0
    matrix = _symmetric(graph.one, graph.other, graph.n, graph.weight)
    matrix.sort_indices()
    reliable, cosine = reliability(matrix, graph.one, graph.other)
    found = _sum(graph, seeds, reliable, cosine)
    worth = _worth(graph, found, reliable)
    if worth > LEAST_WORTH:
        found = _sum(graph, seeds, reliable + (1 - reliable) * worth, cosine)
    return found, worth


def _sum(graph: _Graph, seeds: Longs, reliable: Floats, cosine: Floats) -> Floats:
    p = graph.propagated(_prior(seeds), reliable * cosine + FLOOR)
    spread = float(p.std())
    return graph.votes(seeds, reliable) + (HALF * p / spread if spread > 0 else 0.0)


def _prior(seeds: Longs) -> Floats:
    """±.1, classes of unequal number weighing the same."""
    bad, good = int((seeds > 0).sum()), int((seeds < 0).sum())
    half = (bad + good) / 2 if bad and good else 1.0
    each = (half / max(bad, 1), half / max(good, 1)) if bad and good else (1.0, 1.0)
    return PRIOR * np.where(seeds > 0, each[0], np.where(seeds < 0, -each[1], 0.0))


def _vote(label: Longs, seeds: Longs) -> Floats:
    size = np.bincount(label) / len(label)
    lean = np.zeros(len(size))
    for sign in (1, -1):
        mine = seeds == sign
        lean += sign * np.log((np.bincount(label[mine], minlength=len(size)) + 1) / (mine.sum() * size + 1))
    return lean[label]


def _worth(graph: _Graph, found: Floats, reliable: Floats) -> float:
    """How much oftener than chance edges of low reliability join accounts of one side (Cohen's κ of their ends)."""
    low = reliable < 0.5
    if not low.any():
        return 0.0
    side = np.tanh(found / 2)
    ends = np.concatenate([graph.one[low], graph.other[low]])
    size = float(np.abs(side[ends]).mean())
    if size == 0:
        return 0.0
    one, other = side[graph.one[low]], side[graph.other[low]]
    agree = float((one * other).sum() / max(float(np.abs(one * other).sum()), 1e-12))
    chance = float((side[ends].mean() / size) ** 2)
    return float(np.clip((agree - chance) / (1 - chance), 0.0, 1.0)) if chance < 1 else 0.0


def _levelled(raw: Floats, colour: npt.NDArray[np.uint64]) -> Floats:
    """One value for accounts of one (sorted) colour: communities are drawn, and must not tell them apart either."""
    place = np.cumsum(np.diff(colour, prepend=colour[:1]) != 0)
    level: Floats = (np.bincount(place, weights=raw) / np.bincount(place))[place]
    return level


def _notes(seeds: Longs, known: Bools) -> tuple[str, ...]:
    said = []
    for sign, name, other in ((1, "sybil", "benign"), (-1, "benign", "sybil")):
        if not (seeds == sign).any():
            said.append(f"no {name} accounts are labelled: scores say how near the {other} ones are")
    if (alone := int((~known).sum())) > 0:
        said.append(f"{alone:,} of {len(known):,} accounts are joined to no labelled account by follows")
    return tuple(said)


def _distinct(source: Longs, target: Longs, n: int) -> tuple[Longs, Longs]:
    """Edges each once, sorted, without loops."""
    key = np.sort((source * n + target)[source != target])  # np.unique hashes, which takes ten times as long
    key = key[np.diff(key, prepend=-1) != 0]
    return key // max(n, 1), key % max(n, 1)


def _undirected(source: Longs, target: Longs, n: int) -> tuple[Longs, Longs]:
    source, target = np.asarray(source, np.int64), np.asarray(target, np.int64)
    return _distinct(np.minimum(source, target), np.maximum(source, target), n)


def _matrix(one: Longs, other: Longs, n: int, weight: Floats) -> csr_array:
    used = weight > 0
    return coo_array((weight[used], (one[used], other[used])), shape=(n, n)).tocsr()


def _symmetric(one: Longs, other: Longs, n: int, weight: Floats | None = None) -> csr_array:
    w = np.ones(len(one)) if weight is None else weight
    return _matrix(np.concatenate([one, other]), np.concatenate([other, one]), n, np.concatenate([w, w]))
