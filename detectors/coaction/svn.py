"""Statistically validated networks: the strict mode, whose p-values assume the least and find the least.

A pair is validated when its number of occasions together exceeds what two accounts as active would have by chance, at a
false-discovery rate over *all* pairs of accounts, those that never met among them (Benjamini and Hochberg, 1995).

*Poisson*: k ~ Poisson(λ_uv), λ_uv = 2 M n_u n_v / N². *Hypergeometric* (Tumminello et al., 2011): of the T places where
anything happened (an object in a cell of time), u was in d_u and v in d_v; under independence they share
k ~ Hypergeometric(T, d_u, d_v).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from detectors.coaction.null import Floats, significant, tail
from detectors.coaction.surprisal import Pairs, Surprisal


def poisson(surprisal: Surprisal, pairs: Pairs) -> Floats:
    """P(Poisson(λ_uv) ≥ occasions) of each pair."""
    return tail(pairs.occasions, surprisal.expected(pairs))


def hypergeometric(surprisal: Surprisal, pairs: Pairs) -> Floats:
    """P(Hypergeometric(T, d_u, d_v) ≥ occasions) of each pair."""
    from scipy.stats import hypergeom

    events, cells = surprisal.events, surprisal.board.cells
    places = np.unique(np.stack([events.thing, cells]), axis=1).shape[1]
    taken = np.unique(np.stack([events.thing, cells, events.actor.astype(np.int64)]), axis=1)[2]
    degree = np.bincount(taken, minlength=surprisal.count)
    shared = np.minimum(pairs.occasions, np.minimum(degree[pairs.source], degree[pairs.target]))
    chance = hypergeom.sf(shared - 1, places, degree[pairs.source], degree[pairs.target])
    return np.clip(np.asarray(chance, np.float64), 0.0, 1.0)


NULLS: Mapping[str, Callable[[Surprisal, Pairs], Floats]] = {"poisson": poisson, "hypergeometric": hypergeometric}
"""Every null by name."""


def validated(surprisal: Surprisal, level: float = 0.05, null: str = "poisson") -> tuple[Pairs, Floats]:
    """The validated pairs and their p-values.

    Parameters
    ----------
    level : float
        False-discovery rate over all pairs, in (0, 1).
    null : str
        Name in :data:`NULLS`.
    """
    met = surprisal.pairs(floor=0.0)
    p = NULLS[null](surprisal, met)
    keep = p <= significant(p, surprisal.count * (surprisal.count - 1) // 2, level)
    return met.where(keep), p[keep]


def validation(surprisal: Surprisal, level: float, null: str = "poisson") -> Callable[[Pairs], npt.NDArray[np.bool_]]:
    """Says of pairs whether they are validated."""
    valid, _ = validated(surprisal, level, null)
    size = np.int64(max(surprisal.count, 1))
    known = valid.source * size + valid.target

    def holds(pairs: Pairs) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.isin(pairs.source * size + pairs.target, known)
        return found

    return holds
