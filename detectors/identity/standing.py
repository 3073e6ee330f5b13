"""What a ring's members do and whom they follow, compared within the ring: rhythm and follows.

*Rhythm*: each account's acts by hour of the week and by the time to its next act (powers of two of a second), as two
distributions; two accounts are as alike as the product of their cosines. A ring's mean likeness is held against groups
of as many accounts drawn among those about as active. Members are compared with each other, never with a "normal" day:
a ring in one time zone is a little alike for that, and the groups drawn say how much.

*Follows*: edges within the ring against Σ out_u in_v / E, what their numbers of followed and followers bring.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.null import tail
from detectors.identity.people import Floats, Ints, Longs, People, before
from graph.projection import events
from graph.store import View

HOUR = 3_600_000_000
WEEK = 168
GAPS = 24  # powers of two of a second
ENOUGH = 12  # acts from which an account has a rhythm
DRAWS = 199
NEAR = 2.0  # times as active, or as little


class Rhythms:
    """Rhythms of all accounts, drawn from posts.

    Parameters
    ----------
    actors : ndarray of int32
        Account codes of acts.
    times : ndarray of int64
        When, µs.
    count : int
        Number of accounts.
    """

    def __init__(self, actors: Ints, times: Longs, count: int) -> None:
        order = np.lexsort((times, actors))
        self._actors = actors[order]
        self._times = times[order] - times.min(initial=np.iinfo(np.int64).max)  # hours count from the first act of all
        self._bounds = np.searchsorted(self._actors, np.arange(count + 1))
        self.acts = np.diff(self._bounds)
        enough = np.flatnonzero(self.acts >= ENOUGH)
        self._ranked = enough[np.argsort(self.acts[enough], kind="stable")]

    def of(self, codes: Ints) -> tuple[Floats, Floats]:
        """Unit vectors of hours and of gaps, shapes (n, 168) and (n, 24); zero where an account acts too little."""
        hours, gaps = np.zeros((len(codes), WEEK)), np.zeros((len(codes), GAPS))
        for i, code in enumerate(codes):
            at = self._times[self._bounds[code] : self._bounds[code + 1]]
            if len(at) >= ENOUGH:
                hours[i] = np.bincount((at // HOUR) % WEEK, minlength=WEEK)
                steps = np.log2(np.maximum(np.diff(at) / 1e6, 1.0)).astype(int)
                gaps[i] = np.bincount(np.minimum(steps, GAPS - 1), minlength=GAPS)
        return _unit(hours), _unit(gaps)

    def alike(self, codes: Ints) -> tuple[float, float, float] | None:
        """Mean likeness of a ring's pairs, that of groups drawn, and p; None where fewer than three have a rhythm."""
        mine = codes[self.acts[codes] >= ENOUGH]
        if len(mine) < 3 or len(self._ranked) < 3 * len(mine):
            return None
        seen = _likeness(*self.of(mine))
        generator = np.random.default_rng([6, len(mine), int(self.acts[mine].sum())])
        ranks = self.acts[self._ranked]
        low = np.searchsorted(ranks, self.acts[mine] / NEAR)
        high = np.searchsorted(ranks, self.acts[mine] * NEAR, side="right")
        picked = low + (generator.random((DRAWS, len(mine))) * (high - low)).astype(np.int64)
        pool, place = np.unique(self._ranked[picked], return_inverse=True)
        hours, gaps = self.of(pool.astype(np.int32))
        place = place.reshape(picked.shape)
        drawn = np.array([_likeness(hours[row], gaps[row]) for row in place])
        p = (1 + int((drawn >= seen).sum())) / (1 + DRAWS)
        return round(seen, 6), round(float(drawn.mean()), 6), p


def rhythms(view: View, known: People, start: datetime | None, end: datetime | None) -> Rhythms:
    """Rhythms by all posts within a window."""
    actors, times = _coded(events(view, "post", start=start, end=end), known)
    return Rhythms(actors, times, known.count)


class Follows:
    """Who follows whom, each pair once.

    Parameters
    ----------
    source, target : ndarray of int32
        Account codes.
    count : int
        Number of accounts.
    """

    def __init__(self, source: Ints, target: Ints, count: int) -> None:
        keys = np.unique(source.astype(np.int64) * count + target) if len(source) else np.empty(0, np.int64)
        self.source, self.target = (a.astype(np.int32) for a in np.divmod(keys, max(count, 1)))
        self.out = np.bincount(self.source, minlength=count)
        self.into = np.bincount(self.target, minlength=count)

    def within(self, codes: Ints) -> tuple[int, float, float]:
        """Edges within a ring, how many chance brings, and p."""
        seen = int((np.isin(self.source, codes) & np.isin(self.target, codes)).sum())
        out, into = self.out[codes].astype(float), self.into[codes].astype(float)
        expected = float((out.sum() * into.sum() - (out * into).sum()) / max(len(self.source), 1))
        return seen, round(expected, 6), float(tail(seen, expected))


def follows(view: View, known: People, end: datetime | None) -> Follows:
    """Every follow known before a moment; undated ones count."""
    ends: list[tuple[Ints, Ints]] = []
    columns = ["account", "kind", "target", "target_type"]
    for batch in before(view, "interactions", columns, end):
        table = pa.Table.from_batches([batch])
        chosen = table.filter(pc.and_(pc.equal(table["kind"], "follow"), pc.equal(table["target_type"], "account")))
        pair = known.codes(chosen["account"]), known.codes(chosen["target"])
        kept = (pair[0] >= 0) & (pair[1] >= 0) & (pair[0] != pair[1])
        ends.append((pair[0][kept], pair[1][kept]))
    source, target = (np.concatenate([np.empty(0, np.int32), *(e[i] for e in ends)]) for i in (0, 1))
    return Follows(source, target, known.count)


def _coded(table: pa.Table, known: People) -> tuple[Ints, Longs]:
    if not table.num_rows:
        return np.empty(0, np.int32), np.empty(0, np.int64)
    actor = table["actor"].combine_chunks()
    codes = known.codes(actor.dictionary)[actor.indices.to_numpy()]
    times = table["at"].cast(pa.int64()).to_numpy()
    return codes[codes >= 0], times[codes >= 0]


def _likeness(hours: Floats, gaps: Floats) -> float:
    """Mean over pairs of rows of the product of their cosines."""
    n = len(hours)
    product = (hours @ hours.T) * (gaps @ gaps.T)
    return float((product.sum() - np.trace(product)) / (n * (n - 1)))


def _unit(rows: Floats) -> Floats:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    found: Floats = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return found
