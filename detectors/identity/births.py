"""Accounts that were made together: more in a short time than the days around explain.

A scan statistic: for each account and each of a few spans, the accounts made within the span after it are held against
the rate of the days around (or of the hours around, where that is higher, so that a wave of honest sign-ups is its own
measure), the span itself left out. Expected bursts as full, over all accounts and spans, are at most :data:`EXPECTED`.
Alone a burst flags nobody: people come together after a film, a listing, a talk. It counts where the same accounts
share something else.
"""

from __future__ import annotations

import numpy as np

from detectors.coaction.null import tail
from detectors.identity.people import UNDATED, Floats, Longs, People
from detectors.identity.ties import Group, Shared

MINUTE = 60_000_000  # µs
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SPANS = (10 * MINUTE, HOUR, 6 * HOUR, DAY)
AROUND = ((14 * DAY, 0), (DAY, 6 * HOUR))  # what is looked at on either side, and the longest span it is asked for
EXPECTED = 0.05
LEAST = 3


def births(known: People) -> list[Shared]:
    """The layer of bursts; none where no dates are known."""
    dated = np.flatnonzero(known.created != UNDATED)
    if len(dated) < LEAST:
        return []
    at = known.created[dated]
    order = np.argsort(at, kind="stable")
    dated, at = dated[order], at[order]
    fine = _resolution(at)
    found = _bursts(at, [s for s in SPANS if s >= 2 * fine])
    place = np.full(len(at), -1, np.int64)
    groups = []
    for number, (first, last, expected) in enumerate(found):
        place[first : last + 1] = number
        span = _said(int(at[last] - at[first]), fine)
        label = f"made within {span}"
        detail = f"{last - first + 1} accounts, {expected:.2g} expected at the rate of the days around"
        p = float(tail(last - first, expected))
        groups.append(Group("burst", label, detail=detail, expected=expected, p_value=p))
    place[place < 0] = len(groups) + np.arange(int((place < 0).sum()))
    rows = np.lexsort((dated, place))
    return [Shared("births", dated[rows].astype(np.int32), place[rows], groups)]


def _bursts(at: Longs, spans: list[int]) -> list[tuple[int, int, float]]:
    """First and last place of each burst and the accounts expected in it, in the order of time."""
    candidates: list[tuple[float, int, int, int, float]] = []
    for span in spans:
        last = np.searchsorted(at, at + span, side="right") - 1
        count = last - np.arange(len(at))  # that follow the first
        rate = _rate(at, np.arange(len(at)), last, span)
        chance = tail(count, rate) * len(at) * len(spans)
        candidates += [
            (float(chance[i]), -int(count[i]), int(i), int(last[i]), float(rate[i]))
            for i in np.flatnonzero((chance <= EXPECTED) & (count >= LEAST - 1))
        ]
    taken = np.zeros(len(at), bool)
    found = []
    for _, _, begin, end, expected in sorted(candidates):
        if not taken[begin : end + 1].any():
            taken[begin : end + 1] = True
            found.append((begin, end, expected))
    return sorted(found)


def _rate(at: Longs, first: Longs, last: Longs, span: int) -> Floats:
    """Accounts expected within a span, from those made around it."""
    inside = last - first + 1
    expected = np.zeros(len(at))
    for width, longest in AROUND:
        if longest and span > longest:
            continue
        low = np.searchsorted(at, at[first] - width)
        high = np.searchsorted(at, at[first] + span + width, side="right")
        begins = np.maximum(at[first] - width, at[0])
        ends = np.minimum(at[first] + span + width, at[-1])
        length = np.maximum(ends - begins - span, width // 4)
        expected = np.maximum(expected, (high - low - inside + 1) * (span / length))
    return expected


def _resolution(at: Longs) -> int:
    """How finely times are given, µs: whole days, hours, minutes, seconds or finer."""
    for unit in (DAY, HOUR, MINUTE, 1_000_000):
        if not (at % unit).any():
            return unit
    return 1


def _said(span: int, fine: int) -> str:
    span = max(span, fine if fine > 1 else 0)
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1_000_000, "second")):
        if span >= 2 * unit or (span >= unit and unit == fine):
            n = round(span / unit)
            return f"{n} {name}{'' if n == 1 else 's'}"
    return "a second"
