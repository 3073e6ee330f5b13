"""Members that pairs do not show: accounts that are in a ring's bursts, but meet no one member often.

A ring's *burst* is a run of its members' events on one object that chance would hardly bring together. Who else acts in
a burst is a candidate, and as likely a bystander as the object is busy: with c candidates in a burst, and λ accounts
expected in its span by the number around it, about λ / c of them are bystanders. One whose chances of being one, taken
as independent over the ring's bursts (one an occasion), multiply to less than :data:`LIMIT`, and that is around so
seldom that it would be in as many of them by itself with less than that chance, is taken in; the bursts are looked at
again with it.

This lowers what a test can promise: the ring was significant without the accounts taken in, and none of them is flagged
for its own sake. They are the ring's fringe until they have evidence of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.coaction.null import tail
from detectors.coaction.surprisal import Floats, Surprisal
from detectors.coaction.sweep import MICROSECONDS, Ints, Longs

LIMIT = 0.2
"""Chance of being a bystander up to which a candidate is taken in."""
RARE = 0.01
"""Meetings of members expected by chance where their events count as a burst, at most."""
GAP, MARGIN = 1.5, 0.5  # of a window: between events of a burst, and around it
AROUND_S = 3600  # span on both sides that tells how busy an object is, at least
AROUND = 20  # and at least as many windows
UNSEEN = 0.5  # added to the accounts seen around, since none seen does not mean none expected
ROUNDS = 3


@dataclass(frozen=True)
class Burst:
    """Events ``begin:end`` in the span of a burst, its cell of time, and the accounts expected in it by chance.

    Of the accounts ``around`` it, outside the ring, each is in the span with its chance in ``likely``.
    """

    begin: int
    end: int
    cell: int
    bystanders: float
    around: Ints
    likely: Floats


class Growth:
    """Looks for further members of rings.

    Parameters
    ----------
    surprisal : Surprisal
        The events.
    rings : sequence of ndarray of int32
        The rings that are significant by themselves; no account is in two. A burst in which more members of another one
        act is that one's, so that two rings that share members do not swallow each other.
    """

    def __init__(self, surprisal: Surprisal, rings: Sequence[Ints] = ()) -> None:
        self._surprisal = surprisal
        self._owner: Longs = np.full(surprisal.count, -1)
        for number, ring in enumerate(rings):
            self._owner[ring] = number
        self._events = surprisal.events
        self._widths = surprisal.events.widths(surprisal.layers)
        self._things = np.searchsorted(self._events.thing, np.arange(int(self._events.thing.max(initial=-1)) + 2))

    def grow(self, ring: Ints) -> tuple[Ints, dict[int, float]]:
        """Further members.

        Parameters
        ----------
        ring : ndarray of int32
            Sorted codes of a significant ring.

        Returns
        -------
        ring : ndarray of int32
            With those taken in, sorted.
        chances : dict
            Of each account taken in, its chance of being a bystander.
        """
        taken: dict[int, float] = {}
        for _ in range(ROUNDS):
            found = {a: p for a, p in self._candidates(ring).items() if p < LIMIT}
            if not found:
                break
            taken |= found
            ring = np.union1d(ring, np.array(sorted(found), np.int32)).astype(np.int32)
        return ring, taken

    def _candidates(self, ring: Ints) -> dict[int, float]:
        """By account outside the ring, the chance that it is in the ring's bursts as a bystander."""
        chances: dict[int, dict[int, float]] = {}
        likely = np.zeros(self._surprisal.count)
        for burst in self.bursts(ring):
            there = np.unique(self._events.actor[burst.begin : burst.end])
            foreign = there[~np.isin(there, ring)]
            if self._anothers(foreign, len(there) - len(foreign)):
                continue
            likely[burst.around] += burst.likely
            others = foreign.tolist()
            for account in others:
                mine = chances.setdefault(account, {})
                mine[burst.cell] = min(mine.get(burst.cell, 1.0), burst.bystanders / len(others))
        seldom = [float(np.prod(list(mine.values()))) for mine in chances.values()]
        often = tail([len(mine) for mine in chances.values()], likely[list(chances)])
        return dict(zip(chances, np.maximum(seldom, often).tolist(), strict=True))

    def _anothers(self, foreign: Ints, members: int) -> bool:
        """Whether more of another ring's members act in a burst than the ring's own."""
        owners = self._owner[foreign]
        owners = owners[owners >= 0]
        return bool(len(owners) > members and np.bincount(owners).max() > members)

    def bursts(self, ring: Ints) -> Iterator[Burst]:
        """The ring's bursts, by object and time."""
        events = self._events
        mine = events.of(ring)
        apart = np.diff(events.thing[mine]) != 0
        late = np.diff(events.at[mine]) > GAP * self._widths[mine[1:]]
        active = self._surprisal.activity(ring)
        pairs = (active.sum(axis=0) ** 2 - (active**2).sum(axis=0)) / 2
        for run in np.split(mine, np.flatnonzero(apart | late) + 1):
            several = len(run) > 1 and (events.actor[run] != events.actor[run[0]]).any()
            if several and self._expected(run, pairs) <= RARE:
                yield self._span(run, ring)

    def _expected(self, run: Longs, pairs: Floats) -> float:
        """Meetings of members that chance brings where a run lies, by the meetings there that are not its own.

        ``pairs`` is the number of pairs of members' messages in each period.
        """
        board, messages, at = self._surprisal.board, self._surprisal.messages, self._events.at[run]
        rate = float(board.rates[run].max())
        if not rate:  # a hub, where meetings are not counted
            return np.inf
        period = messages.period[board.units[run[0]]]
        near = np.searchsorted(at, at + self._widths[run], side="right") - np.arange(len(run)) - 1
        others = max(rate - 2 * float(near.sum()) / float(messages.total[period]) ** 2, 0.0)
        return others * float(pairs[period])

    def _span(self, run: Longs, ring: Ints) -> Burst:
        """A burst with what lies around it."""
        events, width = self._events, int(self._widths[run[0]])
        first, last = self._things[events.thing[run[0]]], self._things[events.thing[run[0]] + 1]
        low, high = events.at[run[0]] - round(MARGIN * width), events.at[run[-1]] + round(MARGIN * width)
        around = max(AROUND_S * MICROSECONDS, AROUND * width)
        moments = np.array([low - around, low, high, high + around])
        times = events.at[first:last]
        start, begin = first + np.searchsorted(times, moments[:2])
        end, stop = first + np.searchsorted(times, moments[2:], side="right")
        outside = np.concatenate([events.actor[start:begin], events.actor[end:stop]])
        share = min(float(high - low) / (2 * around), 1 - 1e-9)
        who, often = np.unique(outside, return_counts=True)
        foreign = ~np.isin(who, ring)
        likely: Floats = -np.expm1(np.log1p(-share) * often[foreign].astype(np.float64))
        cell = int(events.at[run[0]]) // max(self._surprisal.cell, 1)
        return Burst(int(begin), int(end), cell, float(likely.sum()) + UNSEEN * share, who[foreign], likely)
