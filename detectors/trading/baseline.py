"""The rule of the form that Kamps and Kleinberg (2018) gave, as the baseline to beat: KK-form(v, p, W).

A candle is anomalous when volume > v · mean(volume) and high > p · mean(close), the means over the W candles before it.
Public re-implementations let the mean include the candle itself, which caps the volume ratio at W, and confirm with
what comes W candles later; this one is strictly past and causal. The parameters of the paper's own settings could not
be verified, so no setting carries its names.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detectors.trading.reading import Longs, Series


def kk_form(series: Series, v: float = 4.0, p: float = 1.1, count: int = 12) -> npt.NDArray[np.bool_]:
    """Which candles the rule calls anomalous, shape (n,); the first ``count`` never are.

    Parameters
    ----------
    v, p : float
        Multiples of the mean volume and of the mean close.
    count : int
        Candles in the mean, W.
    """
    n = len(series)
    found = np.zeros(n, bool)
    if n > count:
        before = [np.concatenate([[0.0], np.cumsum(x)]) for x in (series.volume, series.close)]
        volume, close = ((c[count:-1] - c[: -count - 1]) / count for c in before)
        found[count:] = (series.volume[count:] > v * volume) & (series.high[count:] > p * close)
    return found


def episodes(at: Longs, hits: npt.NDArray[np.bool_], apart: int) -> Longs:
    """Places of the hits that begin an episode: no hit lies within ``apart`` (µs) before them in the same episode."""
    chosen: list[int] = []
    last = -(2**62)
    for place in np.flatnonzero(hits):
        if at[place] - last >= apart:
            chosen.append(int(place))
            last = int(at[place])
    return np.array(chosen, np.int64)
