"""Pairs that something rarer proposed, counted on the objects that were not enumerated.

An object that everybody uses proposes nobody: its pairs are too many and say too little. Of the few pairs that other
objects proposed it can still be said how often they met on it, and how often chance would have brought that.
"""

from __future__ import annotations

import numpy as np

from detectors.coaction.board import Floats, hub_events, windows
from detectors.coaction.hubs import Hub
from detectors.coaction.surprisal import Pairs, Surprisal
from detectors.coaction.sweep import Ints, Longs


class OnHubs:
    """The hubs of a search.

    Parameters
    ----------
    surprisal : Surprisal
        What was searched.
    """

    def __init__(self, surprisal: Surprisal) -> None:
        self._surprisal = surprisal
        events = surprisal.events
        low, high = windows(events, surprisal.layers)
        self._ahead = (high - np.arange(len(events)) - 1).astype(float)
        self._on = np.flatnonzero(hub_events(events, surprisal.layers, low, high))
        self._low, self._high = low, high
        self._order: Longs = self._on[np.argsort(events.actor[self._on], kind="stable")]
        self._bounds = np.searchsorted(events.actor[self._order], np.arange(surprisal.count + 1))

    def hubs(self) -> list[Hub]:
        """The objects that were not enumerated, most events first."""
        events = self._surprisal.events
        codes, counts = np.unique(events.thing[self._on], return_counts=True)
        total = max(len(self._surprisal.messages), 1)
        found = []
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            mine = self._on[events.thing[self._on] == code]
            others = float((self._high[mine] - self._low[mine] - 1).mean())
            found.append(Hub(code, events.name(code), count, count / total, others))
        return sorted(found, key=lambda hub: (-hub.events, hub.code))

    def met(self, pairs: Pairs) -> tuple[Ints, Floats]:
        """How often pairs met on hubs, and how often chance would have brought them together there.

        Returns
        -------
        occasions : ndarray of int32, shape (n_pairs,)
            Cells of time.
        expected : ndarray of float64, shape (n_pairs,)
            Meetings, of which there are at least as many as occasions.
        """
        occasions = np.zeros(len(pairs), np.int32)
        expected = np.zeros(len(pairs))
        if len(self._on):
            rates = self._rates()
            for row, (u, v) in enumerate(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)):
                occasions[row] = self._occasions(u, v)
                active = self._surprisal.activity(np.array([u, v], np.int32))
                expected[row] = float((rates * active[0] * active[1]).sum())
        return occasions, expected

    def _rates(self) -> Floats:
        """Meetings on hubs of two accounts with one message each, by period."""
        period = self._surprisal.messages.period[self._surprisal.board.units[self._on]]
        total = self._surprisal.messages.total
        found: Floats = 2 * np.bincount(period, weights=self._ahead[self._on], minlength=len(total)) / total**2
        return found

    def _occasions(self, source: int, target: int) -> int:
        events, board = self._surprisal.events, self._surprisal.board
        mine, theirs = (self._order[self._bounds[a] : self._bounds[a + 1]] for a in (source, target))
        first = [
            min(i, j)
            for i in mine.tolist()
            for j in theirs[(theirs >= self._low[i]) & (theirs < self._high[i])].tolist()
            if board.units[i] != board.units[j]
        ]
        return len(set((events.at[first] // self._surprisal.cell).tolist())) if first else 0
