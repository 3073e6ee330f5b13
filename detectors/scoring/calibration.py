"""Whether scores are the shares they claim to be: reliability, expected calibration error, Brier's score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Things of about the same score.

    Attributes
    ----------
    low, high : float
        Least and greatest score in it.
    said : float
        Mean score.
    was : float
        Share that is positive.
    count : float
        How many things (the sum of their weights).
    """

    low: float
    high: float
    said: float
    was: float
    count: float


def reliability(
    scores: npt.ArrayLike, positive: npt.ArrayLike, weights: npt.ArrayLike | None = None, bins: int = BINS
) -> list[Bin]:
    """Scores against what was true, in bins of about equal size; equal scores are never parted.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
        In [0, 1].
    positive : array_like of bool, shape (n,)
        What was true of each.
    weights : array_like of float, shape (n,), optional
        How often each counts, ≥ 0; once by default.
    bins : int
        At most so many.

    Returns
    -------
    list of Bin
        By rising score; none for no scores.
    """
    score, true = np.asarray(scores, float), np.asarray(positive, float)
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, float)
    kept = weight > 0
    if not kept.any():
        return []
    order = np.argsort(score[kept], kind="stable")
    score, true, weight = (a[kept][order] for a in (score, true, weight))
    values, first = np.unique(score, return_index=True)
    mass = np.add.reduceat(weight, first)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    bin_of = np.minimum((middle * bins).astype(int), bins - 1)
    found = []
    for b in np.unique(bin_of):
        of = np.isin(score, values[bin_of == b])
        count = float(weight[of].sum())
        said, was = (float(np.average(a[of], weights=weight[of])) for a in (score, true))
        found.append(Bin(float(score[of].min()), float(score[of].max()), said, was, count))
    return found


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error Σ n_b / n · |said_b − was_b| (Naeini et al., 2015); NaN for no bins."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.said - b.was) for b in bins) / total if total else float("nan")
