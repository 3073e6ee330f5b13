"""Calls ranked by what labelled events have taught, each stretch of time by those before it.

Three voices are averaged: the untrained rule, gradient boosting, and a logistic regression over
:mod:`detectors.announcing.features`. With n events known the learnt two weigh n / (n + 20) together, two thirds at
most; below eight events the rule speaks alone. What each says is put on one scale: how many rows a day said as much in
the half year before the first event was labelled, when there was nothing to learn; fewer is rarer.

A model learns only from events that lie at least a day before what it ranks, and is made anew every few events. Nothing
fitted is shipped: a platform's model is made of its own events, in each run, and the same events make the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from detectors.announcing.features import CUES, Table, labelled
from detectors.announcing.windows import DAY, HOUR, MINUTE, Flags, Floats, Ints

LEAST = 8  # events below which the rule speaks alone
PRIOR = 20.0  # events at which the learnt voices weigh a half
SHARE = 2 / 3  # what they weigh at most
EVERY = 4  # events between two models
EMBARGO = DAY
BEFORE = 6 * HOUR  # a stretch begins so long before its first event
HISTORY = 180  # days
NEGATIVES = 10_000  # rows without an event that are learnt from, beside those that the rule ranks high
TOLERANCE = 15 * MINUTE
Voice = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Events:
    """What was labelled: when, by ticker (microseconds)."""

    by_ticker: Mapping[str, Sequence[int]]
    times: Ints = field(init=False)  # sorted

    def __post_init__(self) -> None:
        every = sorted(t for times in self.by_ticker.values() for t in times)
        object.__setattr__(self, "times", np.array(every, np.int64))

    def stretches(self) -> list[int]:
        """When models are made: from each of these times to the next, one model ranks."""
        if not len(self.times):
            return []
        starts = [int(self.times[0]) - DAY, *(int(t) - BEFORE for t in self.times[EVERY::EVERY])]
        return [*np.maximum.accumulate(starts).tolist(), np.iinfo(np.int64).max]


def ranked(table: Table, symbols: list[str], events: Events, *, cues: bool = True) -> Floats:
    """How rarely a row says as much: −log of rows a day; higher is rarer, −∞ before there are events.

    Parameters
    ----------
    table : Table
        Moments to rank, with their features.
    symbols : list of str
        Names of the table's symbols.
    events : Events
        What models learn from, each at least a day before what is ranked.
    cues : bool
        Whether announcements are read. Without them the fallback is the rarity of the burst.
    """
    matrix = table.matrix(() if cues else CUES)
    plain = table.values["rule" if cues else "rarity"]
    truth, weight, number = _targets(table, symbols, events)
    out = np.full(len(table.rows), -np.inf)
    cuts = events.stretches()
    if not cuts or not len(table.rows):
        return out
    history = _history(table.at, cuts[0])
    for start, end in pairwise(cuts):
        asked = (table.at >= start) & (table.at < end)
        if not asked.any():
            continue
        said = _rarity(plain, history, asked)
        known = (table.at >= cuts[0]) & (table.at < start - EMBARGO)
        count = len(np.unique(number[known & truth]))
        if count >= LEAST:
            chosen = _lesson(known, truth, plain)
            voices = _voices(matrix[chosen], truth[chosen], weight[chosen])
            share = min(count / (count + PRIOR), SHARE)
            learnt = np.mean([_rarity(voice(matrix), history, asked) for voice in voices], axis=0)
            said = (1 - share) * said + share * learnt
        out[asked] = said
    return out


def _history(at: Ints, first: int) -> Flags:
    """Rows of the half year before the first event; of what is there where that is less than a thousand rows."""
    before = (at < first) & (at >= first - HISTORY * DAY)
    return before if before.sum() >= 1000 else at < first + HISTORY * DAY


def _targets(table: Table, symbols: list[str], events: Events) -> tuple[Flags, Floats, Ints]:
    """Which rows lie at an event, what each weighs, and which event that is; all rows of an event weigh four."""
    truth = labelled(table, symbols, {s: list(t) for s, t in events.by_ticker.items()}, TOLERANCE)
    number = np.full(len(truth), -1, np.int64)
    seen: dict[tuple[str, int], int] = {}
    for row in np.flatnonzero(truth).tolist():
        ticker, at = symbols[table.symbol[row]], int(table.at[row])
        nearest = min(events.by_ticker[ticker], key=lambda t: (abs(t - at), t))
        number[row] = seen.setdefault((ticker, nearest), len(seen))
    weight = np.ones(len(truth))
    if seen:
        weight[truth] = 4.0 / np.bincount(number[truth])[number[truth]]
    return truth, weight, number


def _lesson(known: Flags, truth: Flags, plain: Floats) -> Ints:
    """Rows to learn from: all at events, those the rule ranks highest, and every k-th of the others."""
    others = np.flatnonzero(known & ~truth)
    high = others[plain[others] > np.quantile(plain[known], 0.9)]
    some = others[:: max(1, len(others) // NEGATIVES)]
    found: Ints = np.unique(np.concatenate([np.flatnonzero(known & truth), high, some]))
    return found


def _voices(matrix: Floats, truth: Flags, weight: Floats) -> list[Voice]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    boosted = HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.06,
        max_depth=3,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    ).fit(matrix, truth, sample_weight=weight)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    linear.fit(matrix, truth, logisticregression__sample_weight=weight)
    return [boosted.decision_function, linear.decision_function]


def _rarity(said: Floats, history: Flags, asked: Flags) -> Floats:
    """−log of how many rows a day said as much; beyond all of them, by how much more."""
    past = np.sort(said[history])
    if not len(past):
        return said[asked]
    rate = (len(past) - np.searchsorted(past, said[asked], "left") + 0.5) / HISTORY
    spread = float(said[history].std()) or 1.0
    found: Floats = -np.log(rate) + np.maximum(said[asked] - past[-1], 0.0) / spread * 0.1
    return found
