"""Counts that are high against their own past, and thresholds that hold over all tickers and all of time.

A count in a span is Poisson with the rate of the days before, or, where those were uneven, negative binomial with their
mean and variance. The rate is never taken to be zero: half an event is added to what was seen (Jeffreys' prior).

*Multiplicity.* Anomalies are looked for in every slot of every market. ``threshold`` is the p-value at which chance
makes at most ``level`` of them a day, over all markets there were (the per-family error rate, Bonferroni by day): it
needs no independence, and a slot's threshold depends on nothing that comes after it. Rates of false discovery would
need a day's later p-values (Benjamini and Hochberg) or an order of markets (online procedures).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom, poisson

DAY_S = 86_400.0


def surge(count: float, span_s: float, before: npt.ArrayLike, spans_s: float) -> tuple[float, float]:
    """How many events were to be expected in a span, and the chance of at least ``count``.

    Parameters
    ----------
    count : float
        Events in the span.
    span_s : float
        Its length, seconds.
    before : array_like of float, shape (n,)
        Events in equal spans before it.
    spans_s : float
        Length of each of those.

    Returns
    -------
    expected, p : float
        Mean of the null and the upper tail.
    """
    seen = np.asarray(before, float)
    known = len(seen) * spans_s
    if known <= 0:
        return 0.0, 1.0
    expected = (seen.sum() + 0.5) / known * span_s
    mean, variance = (float(seen.mean()), float(seen.var(ddof=1))) if len(seen) > 1 else (0.0, 0.0)
    if variance > mean > 0:
        shape = mean**2 / (variance - mean)  # of a gamma-mixed rate; the span's own mean keeps it
        p = float(nbinom.sf(count - 1, shape, shape / (shape + expected)))
    else:
        p = float(poisson.sf(count - 1, expected))
    return float(expected), p


def threshold(level: float, tests_a_day: float) -> float:
    """The p-value at which so many tests a day make ``level`` false alarms a day."""
    return min(level / max(tests_a_day, 1.0), 1.0)
