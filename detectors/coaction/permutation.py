"""Accounts dealt out anew: what pairs and rings would be found if nobody acted together.

The null hypothesis: given when each message was made and on what, every assignment of the authors to the messages of
one period is equally likely (accounts keep how much they did in each period, objects keep all their bursts). Datasets
drawn under it, and the one observed, are treated alike; so the chance that the observed one has a ring as strong as the
strongest of B drawn ones is at most 1 / (B + 1) whatever the distribution, and a ring's p-value holds although the ring
was searched for (the maximum statistic of Westfall and Young, 1993).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
import numpy.typing as npt

from detectors.coaction.fused import Fused
from detectors.coaction.rings import labelled
from detectors.coaction.surprisal import Floats, Pairs, Surprisal

EDGES = 5
"""Edges above the threshold in a dataset without coordination, on average."""


@dataclass(frozen=True)
class Chance:
    """What the datasets drawn under the null say.

    Attributes
    ----------
    observed : Pairs
        Pairs of the observed dataset that are rare enough to be looked at.
    threshold : float
        Rarity from which a pair is an edge of the graph in which rings are looked for.
    drawn : ndarray of float64
        Rarities of all such pairs in all drawn datasets, sorted.
    strongest : ndarray of float64, shape (draws,)
        Strength of the strongest ring of each drawn dataset; 0: none has a ring.
    least : int
        Accounts of a ring, at least.
    """

    observed: Pairs
    threshold: float
    drawn: Floats
    strongest: Floats
    least: int

    @property
    def draws(self) -> int:
        """How many datasets were drawn."""
        return len(self.strongest)

    def q(self) -> Floats:
        """By observed pair, the false-discovery rate among those at least as rare.

        The expected number of such pairs in a drawn dataset over the number observed, made monotone.
        """
        rarity = self.observed.rarity
        order = np.argsort(-rarity, kind="stable")
        ahead = np.searchsorted(np.sort(rarity), rarity[order], side="left")
        found = len(rarity) - ahead
        false = (len(self.drawn) - np.searchsorted(self.drawn, rarity[order], side="left")) / max(self.draws, 1)
        rates = np.minimum(np.minimum.accumulate((false / np.maximum(found, 1))[::-1])[::-1], 1.0)
        q = np.empty(len(rarity))
        q[order] = rates
        return q

    def ring_p(self, strength: npt.ArrayLike) -> Floats:
        """Chance that a dataset without coordination has a ring at least as strong, elementwise; ≥ 1/(draws + 1)."""
        ordered = np.sort(self.strongest)
        stronger = self.draws - np.searchsorted(ordered, np.asarray(strength, float), side="left")
        p: Floats = (1 + stronger) / (self.draws + 1)
        return p


def chance(
    surprisal: Surprisal | Fused,
    *,
    draws: int = 99,
    least: int = 3,
    seed: int = 0,
    threads: int = 0,
) -> Chance:
    """Judge the observed pairs against datasets drawn under the null.

    Parameters
    ----------
    draws : int
        Datasets drawn; the smallest p-value of a ring is 1/(draws + 1).
    seed : int
        Each dataset follows from it and its number alone, so that threads change nothing.
    """

    def draw(number: int) -> Pairs:
        return surprisal.pairs(surprisal.messages.dealt(seed, number)) if number else surprisal.pairs()

    with ThreadPoolExecutor(threads or cpu_count() or 1) as pool:
        datasets = list(pool.map(draw, range(draws + 1)))
    threshold = float(np.median([_nth(d.rarity, surprisal.floor) for d in datasets]))
    strongest = np.array([max(_strengths(d, threshold, least), default=0.0) for d in datasets[1:]])
    drawn = np.sort(np.concatenate([d.rarity for d in datasets[1:]])) if draws else np.empty(0)
    return Chance(datasets[0], threshold, drawn, strongest, least)


def strength(pairs: Pairs, threshold: float) -> float:
    """How strong a ring with these edges is: the sum of what each exceeds the threshold by, plus one each."""
    return float((pairs.rarity - threshold + 1.0).sum())


def _strengths(pairs: Pairs, threshold: float, least: int) -> list[float]:
    """Strengths of a dataset's rings."""
    edges = pairs.where(pairs.rarity >= threshold)
    if not len(edges):
        return []
    nodes, label = labelled(edges.source, edges.target)
    sums = np.bincount(label[np.searchsorted(nodes, edges.source)], weights=edges.rarity - threshold + 1.0)
    strong: list[float] = sums[np.bincount(label) >= least].tolist()
    return strong


def _nth(rarity: Floats, floor: float) -> float:
    """The rarity that a few of a dataset's pairs reach."""
    return float(np.partition(rarity, -EDGES)[-EDGES]) if len(rarity) >= EDGES else floor
