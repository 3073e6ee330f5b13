"""When a move began, peaked and ended, and whether somebody had bought (or sold) before it: from what is known so far.

*Onset*: within the anomaly, the first candle whose jump is at least half of the greatest; quiet buying before a pump
raises the price as well, but not at a stroke. *Peak*: the extreme since. *Dump*: the first close that has given back
half of the way. *Accumulation*: buying in the hour before the onset, less its last 150 s, against the mean hour of the
22 hours before that (selling, where the price falls).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.trading.candles import HOUR
from detectors.trading.reading import SECOND, Floats, Series

MINUTE = 60 * SECOND
BACK, ON = 30 * MINUTE, 30 * MINUTE  # around the first anomalous candle, where the onset is looked for
LASTS = 6 * HOUR  # from the onset, where peak and end are looked for
APART = 150 * SECOND  # the onset's own trades may come this much before it
BEFORE = 22 * HOUR
LEAST_BEFORE = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Phases:
    """Times in µs.

    Attributes
    ----------
    onset : int
        Opening of the candle in which the move began.
    start_price : float
        Usual price before it, quote units.
    peak : int
        Close of the candle with the extreme: it was reached by then.
    extreme : float
        Its price over the start price.
    ended : int or None
        When half of the way had been given back; None: not yet.
    before : float or None
        Buying (selling) in the hour before over the usual hour; None: not known.
    """

    onset: int
    start_price: float
    peak: int
    extreme: float
    ended: int | None
    before: float | None


def phases(series: Series, first: int, sign: int, price: float) -> Phases:
    """The phases of a move.

    Parameters
    ----------
    series : Series
        Candles, as far as they are known.
    first : int
        Place of the first anomalous candle.
    sign : int
        +1: up, −1: down.
    price : float
        Usual price before it.
    """
    onset = _onset(series, first, sign)
    reach = np.searchsorted(series.at, series.at[onset] + LASTS)
    far = (series.high if sign > 0 else series.low)[onset:reach]
    peak = onset + int(np.argmax(sign * far))
    extreme = float(far[peak - onset] / price)
    half = price * (1 + (extreme - 1) / 2)
    back = np.flatnonzero(sign * (series.close[peak:reach] - half) < 0)
    ended = int(series.known[peak + back[0]]) if len(back) else None
    return Phases(int(series.at[onset]), price, int(series.known[peak]), extreme, ended, None)


def _onset(series: Series, first: int, sign: int) -> int:
    """Place of the candle in which a move began."""
    low = max(int(np.searchsorted(series.at, series.at[first] - BACK)), 1)
    high = max(int(np.searchsorted(series.at, series.at[first] + ON)), first + 1)
    if low >= high:
        return first
    far = (series.high if sign > 0 else series.low)[low:high]
    jumps = sign * np.log(far / series.close[low - 1 : high - 1])
    return low + int(np.flatnonzero(jumps >= jumps.max() / 2)[0])


def positioned(fine: Series, coarse: Series, onset: int, sign: int) -> float | None:
    """Buying (selling) in [onset − 60 min, onset − 150 s] over the mean hour of the 22 hours before.

    Parameters
    ----------
    fine, coarse : Series
        The market's shortest candles, and those that reach back farthest; may be the same.
    """
    volume = {id(s): _side(s, sign) for s in (fine, coarse)}
    near, far = onset - HOUR, onset - HOUR - BEFORE
    # markets are counted differently by different candles, so the same ones serve for both where they reach back
    source = fine if fine.at[0] <= near - LEAST_BEFORE else coarse
    if source.at[0] > near - LEAST_BEFORE:
        return None
    since = max(far, int(source.at[0]))
    usual = _between(source, volume[id(source)], since, near) / (near - since) * HOUR
    lately = _between(fine, volume[id(fine)], near, onset - APART) / (HOUR - APART) * HOUR
    return lately / usual if usual > 0 else None


def _side(series: Series, sign: int) -> Floats:
    """What takers bought (sold), half of the volume where that is not given."""
    bought = np.where(np.isfinite(series.bought), series.bought, series.volume / 2)
    return bought if sign > 0 else series.volume - bought


def _between(series: Series, values: Floats, start: int, end: int) -> float:
    """The sum over a span; of a candle that is partly in it, that part."""
    a, b = np.searchsorted(series.known, start, side="right"), np.searchsorted(series.at, end)
    inside = np.minimum(series.known[a:b], end) - np.maximum(series.at[a:b], start)
    return float((values[a:b] * np.maximum(inside, 0) / series.interval).sum())
