"""How far a figure would move with other data: groups drawn anew; and splits that keep groups and time apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DRAWS = 200
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap interval; NaN where too few draws gave a figure."""

    low: float
    high: float


def codes(groups: Sequence[Hashable]) -> Ints:
    """Numbers for the groups, in the order of their first use."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(g, len(number)) for g in groups], np.int64)


def weights(group: Ints, draws: int = DRAWS, seed: int = 0) -> Iterator[Floats]:
    """How often each row counts when as many groups as there are are drawn with replacement.

    Rows of one group are drawn together: accounts of one ring are no independent witnesses.

    Parameters
    ----------
    group : ndarray of int64, shape (n,)
        Number of each row's group, from 0.
    """
    rng = np.random.default_rng(seed)
    count = int(group.max()) + 1 if len(group) else 0
    for _ in range(draws):
        yield rng.multinomial(count, np.full(count, 1 / count))[group].astype(float) if count else np.empty(0)


def intervals(
    figures: Callable[[Floats], Mapping[str, float | None]],
    group: Ints,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Percentile intervals (Efron, 1979) of figures, groups drawn anew.

    Parameters
    ----------
    figures : callable
        From weights of rows, shape (n,), to figures by name; None or NaN where there is none.
    group : ndarray of int64, shape (n,)
        Number of each row's group, from 0.
    """
    found: dict[str, list[float]] = {}
    for weight in weights(group, draws, seed):
        for name, value in figures(weight).items():
            if value is not None and np.isfinite(value):
                found.setdefault(name, []).append(value)
    return {name: interval(values, level) for name, values in found.items() if len(values) >= draws / 2}


def interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The middle part of the values."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def mean_interval(groups: Sequence[float], draws: int = 2000, seed: int = 0) -> Interval:
    """Bootstrap interval of a mean over independent groups, one value each; NaN for no values."""
    values = np.asarray(groups, float)
    if not len(values):
        return Interval(float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    return interval(values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1).tolist())


def grouped(groups: Sequence[Hashable], folds: int = 5) -> Iterator[tuple[Ints, Ints]]:
    """Folds (rows to learn from, rows to judge) that never part a group; none where there are fewer than two groups."""
    from sklearn.model_selection import GroupKFold

    count = min(folds, len(set(groups)))
    if count >= 2:
        yield from GroupKFold(count).split(np.zeros((len(groups), 1)), groups=codes(groups))


def forward(times: Sequence[datetime], groups: Sequence[Hashable], blocks: int = 5) -> Iterator[tuple[Ints, Ints]]:
    """Splits in which all that is judged begins after all that is learnt from has begun.

    Groups are put in order of their first time and cut into blocks of about equal number of groups; block k is judged
    by what blocks before it teach. A group is never parted; a row of an earlier group that is as late as the block
    judged is left out of what is learnt from, so that nothing of the time judged is known.

    Parameters
    ----------
    times : sequence of datetime, length n
        When each row was known.
    groups : sequence, length n
        What belongs together.
    """
    at = np.array([t.timestamp() for t in times])
    group = codes(groups)
    if not len(group):
        return
    first = np.full(int(group.max()) + 1, np.inf)
    np.minimum.at(first, group, at)
    order = np.argsort(first, kind="stable")
    block = np.empty(len(order), np.int64)
    block[order] = np.arange(len(order)) * blocks // len(order)
    for k in range(1, blocks):
        judged = np.flatnonzero(block[group] == k)
        if len(judged):
            taught = np.flatnonzero((block[group] < k) & (at < at[judged].min()))
            if len(taught):
                yield taught, judged
