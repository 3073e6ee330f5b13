"""The market side of pumps on made-up markets: the shipped rule beside the rule of Kamps and Kleinberg's form.

Synthetic, and said so in every name: the real pumps at hand have times only. The rule's parameters are its defaults;
the baseline's are the usual ones (v 4, p 1.05 and 1.10, W 12), strictly past. An event counts as found when an alert is
known from 5 minutes before it to two hours after it; an alert is false where no event of any kind is near (an hour
before to six after). Rallies and the whole market falling are no pumps, and a market alone cannot tell: how many of
them are flagged is reported, and what the join is for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.planting.markets import MINUTE, PLANTED, Event, Market, hours, market
from bench.report import Result
from detectors.evaluating.resampling import mean_interval
from detectors.trading.baseline import episodes, kk_form
from detectors.trading.moves import Rule, moves_of
from detectors.trading.reading import Series

SEEDS = range(301, 309)
EARLY, LATE = 5 * MINUTE, 120 * MINUTE
BEFORE, AFTER = 60 * MINUTE, 360 * MINUTE
APART = 360 * MINUTE
Alerts = list[tuple[str, int]]
"""Coin and time at which it was known, µs."""


def results(data: Path, *, quick: bool) -> list[Result]:  # noqa: ARG001 - markets are made here
    """Recall by kind, false alerts per coin-day, delay, and how fast candles are read."""
    rows: dict[str, list[dict[str, float]]] = {}
    speed = []
    for seed in SEEDS[:1] if quick else SEEDS:
        made = market(seed, coins=12 if quick else 40)
        hourly = [hours(s) for s in made.series]
        began = time.perf_counter()
        moves = moves_of([*made.series, *hourly], Rule())
        speed.append(sum(map(len, made.series)) / (time.perf_counter() - began))
        found = {
            "shipped rule": [(m.ticker, m.known) for m in moves if m.sure],
            "shipped rule, whatever its chance": [(m.ticker, m.known) for m in moves],
            "KK-form(4, 1.05, 12), 1 h": _baseline(hourly, 1.05, 12),
            "KK-form(4, 1.10, 12), 1 h": _baseline(hourly, 1.10, 12),
            "KK-form(4, 1.05, 720), 1 min": _baseline(made.series, 1.05, 720),
        }
        for name, alerts in found.items():
            rows.setdefault(name, []).append(judged(made, alerts))
    said = [_mean(f"synthetic markets, {n}: {w}", [r[w] for r in many], w) for n, many in rows.items() for w in many[0]]
    return [*said, Result("candles a second", float(np.median(speed)), "1/s")]


def _baseline(series: Sequence[Series], p: float, count: int) -> Alerts:
    hits = ((s, episodes(s.at, kk_form(s, 4.0, p, count), APART)) for s in series)
    return [(s.base, int(s.known[place])) for s, places in hits for place in places]


def judged(made: Market, alerts: Alerts) -> dict[str, float]:
    """What the alerts find, by kind, what they cost, and how late they are."""
    by_coin: dict[str, list[int]] = {}
    for coin, at in sorted(alerts):
        by_coin.setdefault(coin, []).append(at)
    row, late = {}, []
    for kind in sorted({e.kind for e in made.events}):
        some = [e for e in made.events if e.kind == kind]
        delays = [_delay(e, by_coin.get(e.ticker, ())) for e in some]
        what = "recall of" if kind in PLANTED else "flagged of look-alikes:"
        row[f"{what} {kind}"] = sum(d is not None for d in delays) / len(some)
        late += [d / 1e6 for d in delays if d is not None and kind in PLANTED]
    near: dict[str, list[int]] = {}
    for e in made.events:
        near.setdefault(e.ticker, []).append(e.at)
    false = sum(not any(t - BEFORE <= at <= t + AFTER for t in near.get(coin, ())) for coin, at in alerts)
    return {
        **row,
        "false alerts a coin-day": false / made.coin_days,
        "median delay": float(np.median(late or [np.nan])),
    }


def _delay(event: Event, alerts: Sequence[int]) -> int | None:
    """From the event to its first alert, µs; None where there is none in time."""
    inside = [at - event.at for at in alerts if -EARLY <= at - event.at <= LATE]
    return min(inside, default=None)


def _mean(name: str, values: Sequence[float], what: str) -> Result:
    spread = mean_interval(values)
    unit = "s" if what == "median delay" else "1"
    return Result(name, float(np.mean(values)), unit, low=spread.low, high=spread.high)
