"""Pump calls read from announcements: a year of Telegram messages with a log of pumps.

An alert is a hit within 15 minutes of an event on its coin; a coin has one alert in half an hour. Judged is the time
that the log covers, a day before its first event to a day after its last; earlier messages are history. The log is
incomplete, so precision is a lower bound. The *rule* is judged as it ships: calls in the order of their scores. The
*learner* is judged at each threshold by what it would have raised at it (the first crossing, then half an hour's
silence): recall is that of the least threshold with so many alerts, AP the sum of precision over gains of recall.

Forward blocks: a block is four events; its model learns only from events of earlier blocks, at least a day before. In
the first two blocks nothing can be learnt and the rule (without cues: the burst's rarity) ranks; they are part of the
figures, and figures without them stand beside. Constants of the rule are reasoned and not fitted; the lexicon and the
learner's settings were looked at on the first half of the events; the share of the learnt voices (two thirds at most)
and the size of blocks were settled after figures of two other settings on the whole had been seen. Placebos: the same
posts a day later, and the events' coins dealt out anew.
"""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from bench.judging.channels import fill
from bench.report import Result
from detectors.announcing.calls import TIERS, calls_of
from detectors.announcing.features import Table, features
from detectors.announcing.learner import EVERY, LEAST, Events, ranked
from detectors.announcing.naming import named, posts_of
from detectors.announcing.rule import QUIET, Read, read
from detectors.announcing.together import Meetings
from detectors.announcing.windows import DAY, MINUTE
from graph.store import View, open_store

Floats = npt.NDArray[np.float64]
NEAR = 15 * MINUTE
MANY, FEW = 500, 100
SEED, DRAWS = 5, 1000
MOST = 1500  # alerts beyond which thresholds are not looked at: the gain there is nothing
THRESHOLDS = 250


@dataclass(frozen=True)
class Curve:
    """By threshold, down: alerts, of these false ones, and which events were hit."""

    alerts: Floats
    wrong: Floats
    hit: npt.NDArray[np.bool_]  # shape (n_thresholds, n_events)
    times: Floats  # of the events

    def figures(self, weight: Floats) -> Floats:
        """Recall at :data:`MANY` and at :data:`FEW` alerts and AP, with events counted so often."""
        recall = self.hit @ weight / weight.sum()
        right = self.hit @ weight
        precision = right / np.maximum(right + self.wrong, 1e-9)
        gains = np.diff(np.maximum.accumulate(recall), prepend=0.0)
        at = [float(recall[self.alerts <= n].max(initial=0.0)) for n in (MANY, FEW)]
        return np.array([*at, float((gains * precision).sum())])

    def some(self, mask: npt.NDArray[np.bool_]) -> Curve:
        """The same with some of the events."""
        return replace(self, hit=self.hit[:, mask], times=self.times[mask])

    def reported(self, name: str, targets: Sequence[float | None] = (None, None, None)) -> list[Result]:
        """The figures with 95 % intervals over events drawn anew."""
        count = self.hit.shape[1]
        if not count:
            return []
        values = self.figures(np.ones(count))
        rng = np.random.default_rng(SEED)
        drawn = [
            self.figures(np.bincount(rng.integers(count, size=count), minlength=count).astype(float))
            for _ in range(DRAWS)
        ]
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        names = (f"recall of events at {MANY} alerts", f"recall of events at {FEW} alerts", "AP of alerts")
        return [
            Result(f"{what}, {name}", float(v), "1", t, None if t is None else bool(v >= t), float(a), float(b))
            for what, v, t, a, b in zip(names, values, targets, low, high, strict=True)
        ]


@dataclass(frozen=True)
class Truth:
    """Events in order of time."""

    coins: list[str]
    times: list[int]

    @classmethod
    def of(cls, path: Path) -> Truth:
        """Those of a file with the columns coin and t (seconds)."""
        with path.open(newline="") as file:
            rows = sorted((int(float(r["t"])) * 1_000_000, r["coin"]) for r in csv.DictReader(file))
        return cls([c for _, c in rows], [t for t, _ in rows])

    def events(self) -> Events:
        """For the learner."""
        found: dict[str, list[int]] = {}
        for coin, at in zip(self.coins, self.times, strict=True):
            found.setdefault(coin, []).append(at)
        return Events(found)

    def shifted(self, by: int) -> Truth:
        """The same at other times."""
        return Truth(self.coins, [t + by for t in self.times])

    def permuted(self) -> Truth:
        """The same times with the coins dealt out anew."""
        order = np.random.default_rng(SEED).permutation(len(self.coins))
        return Truth([self.coins[i] for i in order], self.times)

    def curve(self, coins: Sequence[str], at: Sequence[int], score: Floats, *, raised: bool) -> Curve:
        """Alerts against these events; ``raised``: rows are alerts, else they are raised at each threshold."""
        start, end = self.times[0] - DAY, self.times[-1] + DAY
        rows = sorted(
            (c, t, s) for c, t, s in zip(coins, at, score.tolist(), strict=True) if start <= t < end and np.isfinite(s)
        )
        values = np.array([s for _, _, s in rows])
        near: dict[str, list[int]] = {}
        for number, coin in enumerate(self.coins):
            near.setdefault(coin, []).append(number)
        levels = np.sort(values)[::-1]
        if not raised and len(levels):
            levels = levels[np.unique(np.geomspace(1, len(levels), THRESHOLDS).astype(int)) - 1]
        alerts, wrong, hits = [], [], []
        for level in np.unique(levels)[::-1]:
            hit, count, bad, last = np.zeros(len(self.times), bool), 0, 0, ("", 0)
            for place in np.flatnonzero(values >= level).tolist():
                coin, when, _ = rows[place]
                if not raised and coin == last[0] and when - last[1] < QUIET:
                    continue
                last, count = (coin, when), count + 1
                mine = [i for i in near.get(coin, ()) if abs(when - self.times[i]) <= NEAR]
                hit[mine] = True
                bad += not mine
            alerts.append(count)
            wrong.append(bad)
            hits.append(hit)
            if count > MOST:
                break
        shape = (len(hits), len(self.times))
        return Curve(
            np.array(alerts, float),
            np.array(wrong, float),
            np.array(hits, bool).reshape(shape),
            np.array(self.times, float),
        )


def results(data: Path, *, quick: bool) -> list[Result]:
    """The rule, the learner, without cues, and placebos."""
    truth = Truth.of(data / "telegram" / "truth_events.csv")
    symbols = data / "telegram" / "binance_symbols.json"
    known = set(json.loads(symbols.read_text())) if symbols.exists() else set()
    with tempfile.TemporaryDirectory() as folder, open_store("memory://", Path(folder)) as store:
        fill(store, data / "telegram" / "messages.parquet", 40_000 if quick else None)
        view = store.view()
        truth = _between(truth, np.array(truth.times) > _first_post(view))
        began = time.perf_counter()
        found = _rule(view, truth, known)
        spent = time.perf_counter() - began
        count = view.count("posts")
        found.append(Result(f"rule, {count} messages", spent, "s", 60.0, spent < 60.0))
        if quick:
            return found
        posts = posts_of(view)
        state = read(posts, named(posts, known))
    return found + _learner(state, truth)


def _first_post(view: View) -> int:
    first = min(pc.min(batch["created_at"]).as_py() for batch in view.scan("posts", columns=["created_at"]))
    return int(first.timestamp()) * 1_000_000


def _rule(view: View, truth: Truth, known: set[str]) -> list[Result]:
    calls = calls_of(view, known=known)
    judged: list[Result] = []
    targets = (0.90, 0.45, 0.45)
    for name, tiers in (("untrained rule", TIERS[:1]), ("untrained rule with pushes that were not announced", TIERS)):
        mine = [c for c in calls if c.tier in tiers]
        coins, score = [c.ticker for c in mine], np.array([c.score for c in mine])
        at = [int(c.at.timestamp()) * 1_000_000 for c in mine]
        curve = truth.curve(coins, at, score, raised=True)
        judged += curve.reported(name, targets)
        if tiers == TIERS:
            break
        half = curve.times < np.median(curve.times)
        for part, mask in (("first half", half), ("second half", ~half)):
            some = _between(truth, mask)
            judged += some.curve(coins, at, score, raised=True).reported(f"{name}, {part}")
        for what, other in (("posts a day later", truth.shifted(-DAY)), ("coins permuted", truth.permuted())):
            judged += other.curve(coins, at, score, raised=True).reported(f"{name}, placebo: {what}")
        judged.append(Result("events judged", float(len(truth.times)), "events"))
    return judged


def _between(truth: Truth, mask: npt.NDArray[np.bool_]) -> Truth:
    kept = np.flatnonzero(mask)
    return Truth([truth.coins[i] for i in kept], [truth.times[i] for i in kept])


def _learner(state: Read, truth: Truth) -> list[Result]:
    table: Table = features(state, Meetings.of(state))
    symbols = state.named.symbols
    coins, at = [symbols[c] for c in table.symbol], table.at.tolist()
    judged: list[Result] = []
    for cues, name, targets in (
        (True, "learner, forward blocks", (0.92, 0.55, 0.55)),
        (False, "learner without any cue, forward blocks", (0.80, None, None)),
    ):
        score = ranked(table, symbols, truth.events(), cues=cues)
        judged += truth.curve(coins, at, score, raised=False).reported(name, targets)
        later = np.arange(len(truth.times)) >= EVERY * -(-LEAST // EVERY)
        if later.any():
            judged += (
                _between(truth, later)
                .curve(coins, at, score, raised=False)
                .reported(f"{name}, only where it had learnt")
            )
    for what, other in (("posts a day later", truth.shifted(-DAY)), ("coins permuted", truth.permuted())):
        score = ranked(table, symbols, other.events())
        judged += other.curve(coins, at, score, raised=False).reported(f"learner, placebo: {what}")
    for name, column in (("bursts of mentions", "accounts"), ("rarity of bursts", "rarity")):
        judged += truth.curve(coins, at, table.values[column], raised=False).reported(f"baseline: {name}")
    return judged
