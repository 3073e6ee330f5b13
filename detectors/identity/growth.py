"""Accounts that belong to a ring although no one pair would have tied them.

A farm's accounts share a device with some and an address with others. For an account outside, the surprises of all
groups in which it meets members are summed, each once and less ln m, since it might have met any of m members. It joins
where the sum exceeds ln(N / :data:`JOINED`), so that chance brings a ring :data:`JOINED` such bystanders, and where an
identifier or money is part of it: what accounts are called or do widens no ring. So do all users of a device (or the
like) of whose users more than half are of the ring. This is repeated while it adds; a ring that another takes in by
half is no ring of its own. Two rings that meet in groups by which no two of all rings would meet are one: the summed
surprise of groups that are mostly rings' own, less ln(m m') for each, exceeds the logarithm of the number of pairs of
rings over :data:`JOINED`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.identity.people import Floats, Ints, Longs
from detectors.identity.ties import MAKING, Layers, Shared

JOINED = 0.05
ROUNDS = 5
HALF = 0.5


@dataclass(frozen=True, eq=False)
class FoundRing:
    """A ring.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_members,)
        Sorted account codes, those that joined among them.
    core : frozenset of int
        Those it was found by.
    p_value : float
        Chance of any ring as strong.
    strength : float
        T, nats; 0 for a group on its own.
    """

    codes: Ints
    core: frozenset[int]
    p_value: float
    strength: float


class Meetings:
    """Every meeting of two accounts in a group, found by account.

    Parameters
    ----------
    layers : Layers
        The layers.
    """

    def __init__(self, layers: Layers) -> None:
        self.count = layers.count
        parts: list[tuple[Longs, Longs, Longs, Floats, Longs]] = []
        offset, users, hands = 0, [np.empty(0, np.int64)], [np.empty(0, bool)]
        for layer in layers.layers:
            if isinstance(layer, Shared):
                first, second, group = layer.rows
                u, v, surprise = layer.user[first], layer.user[second], layer.surprise(layer.user)
                founding = int(layer.name not in MAKING)
                users.append(layer.degree)
                hands.append(np.array([g.hand and g.kind != "funding" for g in layer.groups], bool))
            else:
                u, v, surprise, founding = layer.source, layer.target, layer.rarity, 0
                group = np.zeros(len(u), np.int64)
                users.append(np.zeros(1, np.int64))
                hands.append(np.zeros(1, bool))
            one, other, kind = u.astype(np.int64), v.astype(np.int64), np.full(len(u), founding)
            parts += [(a, b, group + offset, surprise, kind) for a, b in ((one, other), (other, one))]
            offset += len(users[-1])
        nothing = np.empty(0, np.int64)
        columns = list(zip(*parts, strict=True)) or [(nothing,)] * 5
        order = np.lexsort(tuple(np.concatenate(columns[k]) for k in (2, 1, 0)))
        self.source, self.target, self.group, self.surprise, self.founding = (np.concatenate(c)[order] for c in columns)
        self.users, self.hands = np.concatenate(users), np.concatenate(hands)  # of each group
        self._bounds = np.searchsorted(self.source, np.arange(layers.count + 1))

    def of(self, codes: Ints) -> Longs:
        """Places of the meetings of some accounts."""
        slices = [np.arange(self._bounds[c], self._bounds[c + 1]) for c in codes]
        return np.concatenate([np.empty(0, np.int64), *slices])

    def joining(self, codes: Ints) -> Ints:
        """Accounts that meet a (sorted) ring as no bystander would."""
        places = self.of(codes)
        outer = places[~np.isin(self.target[places], codes)]
        if not len(outer):
            return np.empty(0, np.int32)
        own = np.isin(self.group[outer], self._own(places))
        joins: Ints = np.union1d(self.target[outer[own]], self._summed(outer, len(codes))).astype(np.int32)
        return joins

    def _own(self, places: Longs) -> Longs:
        """Groups of one hand that :meth:`mostly` those are, two of them at least, whose meetings these are."""
        group = self.mostly(places)
        chosen: Longs = group[self.hands[group]]
        return chosen

    def mostly(self, places: Longs) -> Longs:
        """Groups of whose users more than half, and two at least, are those whose meetings these are."""
        member = np.unique(np.stack([self.group[places], self.source[places]]), axis=1)
        group, held = np.unique(member[0], return_counts=True)
        chosen: Longs = group[(held >= 2) & (2 * held > self.users[group])]
        return chosen

    def _summed(self, outer: Longs, members: int) -> Longs:
        """Those whose summed surprise is no bystander's."""
        order = outer[np.lexsort((-self.surprise[outer], self.group[outer], self.target[outer]))]
        target, group = self.target[order], self.group[order]
        first = np.concatenate([[True], (np.diff(target) != 0) | (np.diff(group) != 0)])  # the rarest meeting of each
        place, target = order[first], target[first]
        gain = np.maximum(self.surprise[place] - np.log(members), 0.0)
        names, at = np.unique(target, return_inverse=True)
        founded = np.bincount(at, gain * self.founding[place]) > 0
        chosen: Longs = names[(np.bincount(at, gain) > np.log(self.count / JOINED)) & founded]
        return chosen


def grown(rings: Sequence[FoundRing], layers: Layers) -> list[FoundRing]:
    """Rings with those that belong to them, the first first; what one has taken, the next cannot."""
    if not rings:
        return []
    meetings = Meetings(layers)
    taken: set[int] = set()
    found = []
    for ring in rings:
        core = ring.core - taken
        if len(core) < HALF * len(ring.core) or len(core) < min(len(ring.core), 2):
            continue
        codes = np.array(sorted(core), np.int32)
        for _ in range(ROUNDS):
            joined = np.array([c for c in meetings.joining(codes).tolist() if c not in taken], np.int32)
            if not len(joined):
                break
            codes = np.union1d(codes, joined).astype(np.int32)
        taken.update(codes.tolist())
        found.append(FoundRing(codes, frozenset(core), ring.p_value, ring.strength))
    return _merged(found, meetings)


def _merged(rings: Sequence[FoundRing], meetings: Meetings) -> list[FoundRing]:
    """Rings, those that meet as no two would made one; the more certain one's p holds for both."""
    home = np.full(meetings.count, -1)
    for number, ring in enumerate(rings):
        home[ring.codes] = number
    whole = np.arange(len(rings))
    bound = np.log(max(len(rings) * (len(rings) - 1) / 2, 1.0) / JOINED)
    own = meetings.mostly(meetings.of(np.flatnonzero(home >= 0).astype(np.int32)))
    for number, ring in enumerate(rings):
        places = meetings.of(ring.codes)
        other = home[meetings.target[places]]
        kept = (other > number) & (meetings.founding[places] > 0) & np.isin(meetings.group[places], own)
        places, other = places[kept], other[kept]
        order = np.lexsort((-meetings.surprise[places], meetings.group[places], other))
        places, other = places[order], other[order]
        first = np.diff(other, prepend=-1).astype(bool) | np.diff(meetings.group[places], prepend=-1).astype(bool)
        sizes = np.array([len(rings[k].codes) for k in other[first].tolist()], float)
        gain = np.maximum(meetings.surprise[places[first]] - np.log(len(ring.codes) * sizes), 0.0)
        total = np.bincount(other[first], gain, len(rings))
        for k in np.flatnonzero(total > bound):
            whole[whole == whole[k]] = whole[number]
    found = []
    for number in np.unique(whole):
        parts = [rings[k] for k in np.flatnonzero(whole == number).tolist()]
        codes = np.unique(np.concatenate([r.codes for r in parts])).astype(np.int32)
        core = frozenset[int]().union(*(r.core for r in parts))
        p, strength = min(r.p_value for r in parts), sum(r.strength for r in parts)
        found.append(FoundRing(codes, core, p, round(strength, 6)))
    return found
