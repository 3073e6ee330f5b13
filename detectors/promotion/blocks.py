"""Dense blocks: a few accounts, on a few objects, in a few hours, with more acts than their number lets expect.

Density of a block of accounts A, objects O and hours H is M-Zoom's (Shin, Hooi and Faloutsos, 2016), with FRAUDAR's
weights of columns (Hooi et al., 2016):

    g(A, O, H) = 3 Σ_{(a, o, h) inside} c_o / (|A| + |O| + |H|),   c_o = 1 / ln(d_o + 5)

with d_o all events on the object, whoever made them. What members do elsewhere, as camouflage, touches neither what is
inside nor the weights; an object that everybody names weighs little. From the mode that is largest whatever holds no
more than its mean is taken away, again and again (D-Cube's rounds: Shin et al., 2017); the best on the way is kept.

Its significance: authors are dealt out anew among the messages of a day, as for rings, and the densest block of each
dataset so drawn is found in the same way. A ring's block is one of all that the search could have come upon, so that it
is compared with the densest of all: p = (1 + draws at least as dense) / (draws + 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from detectors.coaction.peeling import column_weights
from detectors.coaction.surprisal import Surprisal
from detectors.coaction.sweep import MICROSECONDS, Ints, Longs

Floats = npt.NDArray[np.float64]
HOUR = 3_600 * MICROSECONDS
DRAWS = 19
KEEP = 1.0  # of a mode's mean mass, what a round leaves: D-Cube's θ
BUSY = 0.01  # share of all events from which an object is left out: its weight is nothing, its cost is most


@dataclass(frozen=True)
class Block:
    """A dense block.

    Attributes
    ----------
    accounts : ndarray of int64
        Codes, sorted.
    objects, hours : ndarray of int64
        Codes of objects; hours since the first event.
    acts : int
        Distinct (account, object, hour) inside.
    density : float
        g, ≥ 0.
    """

    accounts: Longs
    objects: Longs
    hours: Longs
    acts: int
    density: float


@dataclass(frozen=True)
class Judged:
    """A ring's block beside what chance brings.

    Attributes
    ----------
    block : Block
        The densest part of what the ring did.
    expected : float
        Density of the densest block of a dataset without coordination, on average.
    p_value : float
        Chance of a block as dense anywhere in such a dataset.
    """

    block: Block
    expected: float
    p_value: float


def densest(accounts: Ints | Longs, objects: Longs, hours: Longs, weights: Floats) -> Block:
    """The densest block found of some acts.

    Parameters
    ----------
    accounts, objects, hours : ndarray of int, shape (n_acts,)
        Codes; an act given twice counts once.
    weights : ndarray of float64
        Weight of each object's acts, by code.
    """
    acts = _distinct(np.asarray(accounts, np.int64), objects, hours)
    if not acts.shape[1]:
        none = np.empty(0, np.int64)
        return Block(none, none, none, 0, 0.0)
    mass = weights[acts[1]]
    names, modes = zip(*(np.unique(row, return_inverse=True) for row in acts), strict=True)
    inside = np.ones(len(mass), bool)
    alive = [np.ones(len(n), bool) for n in names]
    best, kept = -1.0, inside
    while inside.any():
        sizes = [int(a.sum()) for a in alive]
        density = 3 * float(mass[inside].sum()) / sum(sizes)
        if density > best + 1e-12:
            best, kept = density, inside.copy()
        mode = int(np.argmax(sizes))
        held = np.bincount(modes[mode][inside], weights=mass[inside], minlength=len(names[mode]))
        held[~alive[mode]] = np.inf
        limit = KEEP * float(held[alive[mode]].mean())
        alive[mode] &= held > max(limit - 1e-12, float(held.min()))
        inside &= alive[mode][modes[mode]]
        for other in range(3):  # what has lost all it held is gone as well
            if other != mode:
                alive[other] &= np.bincount(modes[other][inside], minlength=len(names[other])) > 0
    rows = [np.unique(row[kept]) for row in acts]
    return Block(rows[0], rows[1], rows[2], int(kept.sum()), round(best, 6))


def _distinct(*rows: Longs) -> npt.NDArray[np.int64]:
    """Distinct columns, sorted; each is one number meanwhile, which sorts ten times as fast."""
    if not len(rows[0]):
        return np.empty((len(rows), 0), np.int64)
    sizes = tuple(int(row.max()) + 1 for row in rows)
    return np.stack(np.unravel_index(np.unique(np.ravel_multi_index(rows, sizes)), sizes))


class Blocks:
    """The dense blocks of a search: of rings, and of datasets without coordination.

    Parameters
    ----------
    surprisal : Surprisal
        What was searched.
    draws : int
        Datasets drawn.
    seed : int
        Of these.
    """

    def __init__(self, surprisal: Surprisal, draws: int = DRAWS, seed: int = 0) -> None:
        self.surprisal = surprisal
        events = surprisal.events
        counts = np.bincount(events.thing)
        self.weights = column_weights(counts)
        self.hours: Longs = (events.at - events.at.min(initial=np.iinfo(np.int64).max)) // HOUR
        self.drawn: Floats = np.array([self._drawn(seed, n) for n in range(1, draws + 1)])

    def _drawn(self, seed: int, number: int) -> float:
        """Density of the densest block of one drawn dataset."""
        some = self._several
        messages, units = self.surprisal.messages, self.surprisal.board.units[some]
        author = messages.author[messages.dealt(seed, number)[units]]
        return densest(author, self.surprisal.events.thing[some], self.hours[some], self.weights).density

    @cached_property
    def _several(self) -> Longs:
        """Events on objects that are not in use all the time, in hours in which others act on them as well."""
        thing = self.surprisal.events.thing
        rare = self.weights[thing] >= column_weights(max(BUSY * len(thing), 100.0))
        cells = thing * (1 + int(self.hours.max(initial=0))) + self.hours
        _, place, count = np.unique(cells, return_inverse=True, return_counts=True)
        several: Longs = np.flatnonzero(rare & (count[place] > 1))
        return several

    def of(self, codes: Ints) -> Judged | None:
        """The densest block within what a ring's members did; None where they did nothing."""
        mine = self.surprisal.events.of(codes)
        if not len(mine):
            return None
        events = self.surprisal.events
        block = densest(events.actor[mine], events.thing[mine], self.hours[mine], self.weights)
        reached = int((self.drawn >= block.density - 1e-9).sum())
        return Judged(block, float(self.drawn.mean()), (1 + reached) / (len(self.drawn) + 1))
