"""How many meetings of two accounts chance alone would bring, and which pairs exceed it.

Two null hypotheses, and the larger expectation of the two counts:

*Shuffled accounts.* Events keep their times and objects, so every burst stays; who acted is dealt out anew, each
account keeping its number of events: λ = 2 M n_u n_v / N², M the pairs of events in a window, N the events.

*Shared interests.* Both accounts keep their objects (two fans of one coin meet more often than two strangers), but each
acts on an object at times drawn, independently, from the hours in which that object is acted on by anybody:
λ = Σ_o n_uo n_vo c_o with c_o = 2 W Σ_b (n_ob / n_o)² / b, b the length of an hourly bin. Where objects begin with a
publication that people react to (a repost), c_o is at least the usual promptness, the chance that two events of one
object lie in a window, of the trace's objects that are about as popular (within a factor of two): a popular source
brings its readers together within seconds, a post that three people share does not.

What is counted against λ are *occasions*: of two accounts' meetings within one window only the first, whatever the
object, so that a burst of posts or a post with ten tickers is one. λ expects meetings, of which there are at least as
many: the test errs towards saying nothing. p = P(Poisson(λ) ≥ k).

Assumed, and not always true: accounts act independently given the above. Members of one audience who all follow one
trigger faster than the hour (an alert service, a listing) do not; nor do schedules on the full minute. What of this was
there is said with each finding.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detectors.coaction.sweep import MICROSECONDS, Ints, Longs, Sweep

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
BIN_S = 3600
BIN_WINDOWS = 10  # a bin is at least this many windows long
LIKE = 20  # objects about as popular as one from which their promptness is known


class Null:
    """The null model of one event table and window.

    Parameters
    ----------
    sweep : Sweep
        The events.
    prompt : bool
        Whether objects begin with a publication that people react to.
    """

    def __init__(self, sweep: Sweep, *, prompt: bool = False) -> None:
        self.sweep = sweep
        self.prompt = prompt
        self.activity: Longs = np.bincount(sweep.actors, minlength=len(sweep.names)).astype(np.int64)
        self.popularity: Longs = np.bincount(sweep.objects, minlength=len(sweep.things)).astype(np.int64)

    @cached_property
    def meetings(self) -> Longs:
        """Pairs of events in a window, by object."""
        _ = self.sweep.pairs
        ahead = self.sweep.high - np.arange(len(self.sweep.high)) - 1
        return np.bincount(self.sweep.objects, weights=ahead, minlength=len(self.sweep.things)).astype(np.int64)

    @cached_property
    def chance(self) -> Floats:
        """By object, the chance that two independent events on it lie in one window."""
        width = max(BIN_S * MICROSECONDS, BIN_WINDOWS * self.sweep.width)
        since = self.sweep.times.min(initial=np.iinfo(np.int64).max)  # hours are counted from the first event
        bins = np.stack([self.sweep.objects.astype(np.int64), (self.sweep.times - since) // width])
        (things, _), counts = np.unique(bins, axis=1, return_counts=True)
        squares = np.bincount(things, weights=counts.astype(float) ** 2, minlength=len(self.popularity))
        chance = 2 * self.sweep.width / width * squares / np.maximum(self.popularity, 1) ** 2
        result: Floats = np.maximum(chance, self._prompt_on) if self.prompt else chance
        return result

    @cached_property
    def promptness(self) -> float:
        """The chance that an event has another one of its object, picked at random, in its window."""
        other = self.popularity - 1
        several = other > 0
        if not several.any():
            return 0.0
        rate = 2 * self.meetings[several] / (self.popularity[several] * other[several])
        return float(np.average(rate, weights=other[several]))

    @cached_property
    def _prompt_on(self) -> Floats:
        """By object, the promptness of those about as popular; of all, where fewer than :data:`LIKE` are."""
        level = np.log2(np.maximum(self.popularity, 1)).astype(np.int64)
        pairs = (self.popularity * (self.popularity - 1)).astype(float)
        held, met = (np.bincount(level, weights=x) for x in (pairs, 2.0 * self.meetings))
        enough = (np.bincount(level) >= LIKE) & (held > 0)
        rate = np.where(enough, met / np.maximum(held, 1.0), self.promptness)
        found: Floats = rate[level]
        return found

    @cached_property
    def _interest(self) -> csr_array[np.float64]:
        """Events by account and object, weighted by the root of the object's chance (sparse)."""
        from scipy.sparse import coo_array

        n = len(self.sweep.actors)
        shape = (len(self.sweep.names), len(self.sweep.things))
        counts = coo_array((np.ones(n), (self.sweep.actors, self.sweep.objects)), shape=shape).tocsr()
        counts.sum_duplicates()
        counts.data *= np.sqrt(self.chance)[counts.indices]
        return counts

    def expected(self, source: Ints, target: Ints) -> Floats:
        """Meetings expected of pairs of accounts, shape (n_pairs,)."""
        total = max(len(self.sweep.actors), 1)
        shuffled = 2 * self.sweep.pairs * self.activity[source] * self.activity[target] / total**2
        shared = np.zeros(len(source))
        for at in range(0, len(source), 100_000):
            part = slice(at, at + 100_000)
            shared[part] = (self._interest[source[part]] * self._interest[target[part]]).sum(axis=1)
        return np.maximum(shuffled, shared)

    def expected_on(self, accounts: Ints) -> Floats:
        """Meetings among a group expected on each object, shape (n_objects,)."""
        things, _, counts = self._acts(accounts)
        size = len(self.popularity)
        mine = np.bincount(things, weights=counts, minlength=size)
        squares = np.bincount(things, weights=counts**2, minlength=size)
        active = self.activity[accounts].astype(float)
        shuffled = self.meetings * (active.sum() ** 2 - (active**2).sum()) / max(len(self.sweep.actors), 1) ** 2
        expected: Floats = np.maximum(shuffled, (mine**2 - squares) / 2 * self.chance)
        return expected

    def expected_of(self, accounts: Ints) -> Floats:
        """Meetings of each account with the rest of a group expected, shape (n_accounts,)."""
        things, actors, counts = self._acts(accounts)
        mine = np.bincount(things, weights=counts, minlength=len(self.popularity))
        with_rest = counts * (mine[things] - counts) * self.chance[things]
        place = np.searchsorted(accounts, actors)
        shared = np.bincount(place, weights=with_rest, minlength=len(accounts))
        active = self.activity[accounts].astype(float)
        rest = active.sum() - active
        shuffled = 2 * self.sweep.pairs * active * rest / max(len(self.sweep.actors), 1) ** 2
        expected: Floats = np.maximum(shuffled, shared)
        return expected

    def _acts(self, accounts: Ints) -> tuple[Ints, Ints, Floats]:
        """Objects, accounts and number of events, of each object that an account of a (sorted) group acted on."""
        among = np.zeros(len(self.activity), bool)
        among[accounts] = True
        mask = among[self.sweep.actors]
        pairs = np.stack([self.sweep.objects[mask], self.sweep.actors[mask]])
        (things, actors), counts = np.unique(pairs, axis=1, return_counts=True)
        return things, actors, counts.astype(float)


def tail(occasions: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """P(Poisson(expected) ≥ occasions), elementwise; 1 where nothing was seen."""
    from scipy.special import gammainc

    k, rate = np.asarray(occasions, float), np.asarray(expected, float)
    chance: Floats = np.where(k > 0, gammainc(np.maximum(k, 1), rate), 1.0)
    return chance


def significant(p: Floats, tests: int, level: float) -> float:
    """The bound up to which Benjamini and Hochberg (1995) reject at this false-discovery rate; 0: they reject none.

    Parameters
    ----------
    p : ndarray, shape (n_seen,)
        p-values of the pairs that were seen to meet.
    tests : int
        All pairs there are, met or not; those not given have p = 1.
    level : float
        False-discovery rate, in (0, 1).
    """
    ordered = np.sort(p)
    bounds = level * np.arange(1, len(p) + 1) / max(tests, 1)
    passing = np.flatnonzero(ordered <= bounds)
    return float(bounds[passing[-1]]) if len(passing) else 0.0
