"""Which candles are out of the ordinary, against the market's own trailing window of wall-clock time.

Two robust ratios gate a candle: its volume over the median of the window, and its high (low) over the median close of
the hour before. Its p-value is that of the least likely of three measurements: volume, the jump from the last close,
and the way from the hour's median. Each is held against the 90th percentile q of its own past; beyond that its tail is
taken to fall as (x/q)^−a, with a = 3 for prices (the inverse cubic law: Gopikrishnan et al., 1998) and 1.5 for volumes
(Gopikrishnan et al., 2000), so that p = 0.1 (q/x)^a. Three measurements make it p = 3 min p (Bonferroni): no
independence of volume and price is assumed, which they do not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.trading.reading import SECOND, Floats, Series
from detectors.trading.windows import past

HOUR = 3600 * SECOND
SLOTS = 720  # of a trailing window: 12 h of minutes, 30 d of hours …
LONGEST = 14 * 24 * HOUR
ENOUGH = 24  # slots from which a window says anything
PRICE_TAIL, VOLUME_TAIL = 3.0, 1.5
LEAST_MOVE = 0.002  # a 90th percentile of returns below it is tick size and spread


@dataclass(frozen=True)
class Measured:
    """A series measured against its own past; arrays of shape (n,), NaN where the past is too short.

    Attributes
    ----------
    volume_ratio : ndarray of float64
        Volume over its usual value.
    usual_volume : ndarray of float64
        Median of the window; where that is small (a market that mostly rests), a quarter of its mean.
    usual_price : ndarray of float64
        Median close of the hour before (of the candles of the window, where they are an hour or longer).
    up, down : ndarray of float64
        High and low over the usual price.
    jump : ndarray of float64
        High (for a rise) or low over the close before, whichever is farther: a log return with its sign.
    taker_share, trades_ratio : ndarray of float64
        Part of the volume that takers bought, and trades over their median; NaN where not given.
    p : ndarray of float64
        Chance, as above.
    """

    series: Series
    volume_ratio: Floats
    usual_volume: Floats
    usual_price: Floats
    up: Floats
    down: Floats
    jump: Floats
    taker_share: Floats
    trades_ratio: Floats
    p: Floats

    def gated(self, volume: float, move: float) -> npt.NDArray[np.bool_]:
        """Which candles have at least this volume ratio and are this far from the usual price, up or down."""
        far = (self.up >= move) | (self.down <= 1 / move)
        gated: npt.NDArray[np.bool_] = far & (self.volume_ratio >= volume) & np.isfinite(self.p)
        return gated


def measure(series: Series) -> Measured:
    """Every candle against the window before it."""
    window = int(min(max(SLOTS * series.interval, HOUR), LONGEST))
    near = max(HOUR, 3 * series.interval)
    volume = past(series.at, series.volume, series.interval, window)
    usual = np.fmax(volume.median, volume.mean / 4)
    price = past(series.at, series.close, series.interval, near, empty=False).median
    before = np.concatenate([[np.nan], series.close[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        rise, fall = np.log(series.high / before), np.log(series.low / before)
        jump = np.where(rise >= -fall, rise, fall)
        way = np.fmax(np.log(series.high / price), -np.log(series.low / price))
        ratio = series.volume / usual
        share = series.bought / series.volume
        busy = np.nan_to_num(series.trades)
        trades = series.trades / np.fmax(past(series.at, busy, series.interval, window).median, 1.0)
    p = np.fmin(1.0, 3 * _least(series, window, (jump, way), volume.high, usual))
    short = (volume.slots < ENOUGH) | ~np.isfinite(price) | ~(usual > 0)
    return Measured(
        series,
        np.where(short, np.nan, ratio),
        usual,
        price,
        series.high / price,
        series.low / price,
        jump,
        np.where(series.volume > 0, share, np.nan),
        trades,
        np.where(short, np.nan, p),
    )


def _least(series: Series, window: int, moves: tuple[Floats, Floats], heavy: Floats, usual: Floats) -> Floats:
    """The least of the three p-values; 1 where a measurement is within its past."""
    least = np.ones(len(series))
    with np.errstate(divide="ignore", invalid="ignore"):
        for move in moves:
            size = np.nan_to_num(np.abs(move))
            high = np.fmax(past(series.at, size, series.interval, window).high, LEAST_MOVE)
            least = np.fmin(least, 0.1 * (high / size) ** PRICE_TAIL)
        return np.fmin(least, 0.1 * (np.fmax(heavy, usual) / series.volume) ** VOLUME_TAIL)
